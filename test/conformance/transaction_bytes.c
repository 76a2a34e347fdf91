/* transaction_bytes.c: the signed bytes in the state tests (fixtures.md 3): each decodes, encodes
 * to the same bytes, hashes like them, and its sender is the one that the test names. A test is a
 * case. Those that are meant to be malformed are left to the suite transaction_tests. */
#include "rig.h"

#include "seal.h"
#include "store.h"

#include <coldevm/hash.h>
#include <coldevm/transaction.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct probe {
    chevm_transaction transaction;
    chevm_rejection decoded, recovered;
    size_t encoded_size;
    bool hash_agrees;
} probe;

static void examine(probe *p, byte_range bytes, void *scratch, uint8_t *again, chevm_fork fork,
                    chevm_sender_cache *cache) {
    chevm_rejection_facts facts;
    chevm_u256 hash, want;
    uint8_t hashed[32];
    *p = (probe){.recovered = CHEVM_ACCEPTED};
    p->decoded =
        chevm_transaction_decode(&p->transaction, bytes.bytes, bytes.size, scratch, &facts);
    if (p->decoded != CHEVM_ACCEPTED) {
        return;
    }
    p->recovered = chevm_transaction_recover_cached(&p->transaction, fork, cache);
    p->encoded_size = chevm_transaction_encode(&p->transaction, again, bytes.size);
    chevm_transaction_hash(&p->transaction, &hash);
    chevm_keccak256(hashed, bytes.bytes, bytes.size);
    chevm_u256_from_be32(&want, hashed);
    p->hash_agrees = chevm_u256_equal(&hash, &want);
}

static void check(rig *r, const probe *p, byte_range bytes, const uint8_t *again,
                  const chevm_address *sender) {
    if (p->decoded != CHEVM_ACCEPTED) {
        rig_complain(r, "%s", chevm_rejection_name(p->decoded));
        return;
    }
    if (p->encoded_size != bytes.size || memcmp(again, bytes.bytes, bytes.size) != 0) {
        rig_complain(r, "encodes to other bytes");
    }
    if (!p->hash_agrees) {
        rig_complain(r, "hash differs");
    }
    if (p->recovered != CHEVM_ACCEPTED) {
        rig_complain(r, "%s", chevm_rejection_name(p->recovered));
    } else if (sender != NULL && memcmp(sender, &p->transaction.sender, sizeof *sender) != 0) {
        rig_complain(r, "sender differs");
    }
}

static void run_entry(rig *r, const json_document *document, const json_node *entry,
                      chevm_fork fork, const chevm_address *sender, chevm_sender_cache *cache) {
    byte_range bytes = {NULL, 0};
    probe p;
    ch_arena_point mark = store_mark();
    if (json_bytes(document, json_get(entry, "txbytes"), &bytes) != 0) {
        rig_complain(r, "malformed bytes");
    } else if (bytes.size != 0) {
        void *scratch = store_alloc(chevm_transaction_scratch(bytes.size), 8);
        uint8_t *again = store_alloc(bytes.size, 1);
        seal_begin(SEAL_COUNT);
        examine(&p, bytes, scratch, again, fork, cache);
        seal_count heap = seal_end();
        r->plays++;
        r->heap_calls += heap.calls;
        if (heap.calls != 0) {
            rig_complain(r, "%" PRIu64 " heap calls while sealed", heap.calls);
        }
        check(r, &p, bytes, again, sender);
    }
    store_release(mark);
}

static void run_test(rig *r, const json_document *document, const json_node *test,
                     chevm_sender_cache *cache) {
    chevm_address address;
    const json_node *named = json_get(json_get(test, "transaction"), "sender");
    if (named != NULL && json_address(document, named, &address) != 0) {
        rig_complain(r, "malformed sender");
        return;
    }
    for (const json_node *post = json_first(json_get(test, "post")); post != NULL;
         post = json_next(post)) {
        chevm_fork fork;
        if (!chevm_fork_parse(json_key(post), &fork)) {
            rig_complain(r, "unknown fork %s", json_key(post));
            continue;
        }
        for (const json_node *entry = json_first(post); entry != NULL; entry = json_next(entry)) {
            run_entry(r, document, entry, fork, named != NULL ? &address : NULL, cache);
        }
    }
}

typedef struct walk {
    rig *r;
    chevm_sender_cache cache;
} walk;

static void each_file(void *context, const char *path) {
    walk *w = context;
    ch_arena_point mark = store_mark();
    json_document document;
    if (json_open(&document, path) != 0) {
        w->r->case_name = path;
        rig_complain(w->r, "cannot be read");
        rig_end_case(w->r);
    } else {
        for (const json_node *test = json_first(document.root); test != NULL;
             test = json_next(test)) {
            if (rig_begin_case(w->r, json_key(test))) {
                run_test(w->r, &document, test, &w->cache);
                rig_end_case(w->r);
            }
        }
    }
    store_release(mark);
}

void transaction_bytes_run(rig *r, const char *root) {
    static const char *const folders[] = {"eest_v5.4.0", "legacy_cancun", "ethtests_head",
                                          "ethtests_v12.4"};
    enum { SENDERS = 1024 };
    walk w = {.r = r};
    (void)root;
    if (rig_fixtures() == NULL) {
        rig_skip_suite(r, "transaction_bytes");
        return;
    }
    chevm_sender_cache_init(&w.cache, store_alloc(chevm_sender_cache_footprint(SENDERS), 8),
                            SENDERS);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        rig_walk(store_format("%s/state_tests/%s", rig_fixtures(), folders[i]), each_file, &w);
    }
    printf("# %" PRIu64 " signers recovered, %" PRIu64 " known already\n", w.cache.misses,
           w.cache.hits);
}
