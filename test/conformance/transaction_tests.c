/* transaction_tests.c: the official transaction tests (fixtures.md 6): signed bytes and what each
 * fork says of them. Every verdict is a case: sender, hash and intrinsic gas of a valid one, which
 * must encode to the same bytes; the reason, by name, of an invalid one. And basic_tests/txtest:
 * fields, unsigned and signed form of old transactions.
 *
 * A transaction may be wrong in several ways while a verdict names one. So all judges are heard,
 * sealed: decoding, signature, check on a block that grants everything, and the same on a block of
 * the transaction's own chain. */
#include "rig.h"

#include "seal.h"
#include "store.h"

#include <coldevm/transaction.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define REASONS_MAX 4u

typedef struct verdict {
    chevm_transaction transaction;
    chevm_rejection reasons[REASONS_MAX];
    size_t reason_count;
    bool is_decoded;
    chevm_u256 hash;
    uint64_t intrinsic_gas;
} verdict;

static void note(verdict *v, chevm_rejection why) {
    if (why != CHEVM_ACCEPTED) {
        v->reasons[v->reason_count++] = why;
    }
}

/* Chain 1, and room for everything. */
static chevm_block generous_block(chevm_fork fork) {
    return (chevm_block){
        .fork = fork,
        .gas_limit = UINT64_MAX,
        .gas_available = UINT64_MAX,
        .chain_id = {{1, 0, 0, 0}},
        .blobs_max = UINT32_MAX,
        .blobs_available = UINT32_MAX,
    };
}

static void judge(verdict *v, byte_range bytes, void *scratch, chevm_fork fork) {
    chevm_rejection_facts facts;
    chevm_block block = generous_block(fork);
    *v = (verdict){.reason_count = 0};
    note(v, chevm_transaction_decode(&v->transaction, bytes.bytes, bytes.size, scratch, &facts));
    v->is_decoded = v->reason_count == 0;
    if (!v->is_decoded) {
        if (bytes.size != 0 && bytes.bytes[0] < 0x80) {
            note(v, chevm_transaction_type_check(bytes.bytes[0], fork));
        }
        return;
    }
    note(v, chevm_transaction_recover(&v->transaction, fork));
    note(v, chevm_transaction_check(&v->transaction, &block, &facts));
    if (facts.why == CHEVM_REJECTED_INVALID_CHAINID) {
        block.chain_id = v->transaction.chain_id;
        note(v, chevm_transaction_check(&v->transaction, &block, &facts));
    }
    chevm_transaction_hash(&v->transaction, &v->hash);
    v->intrinsic_gas = chevm_intrinsic_gas(&v->transaction, fork, NULL);
}

/* Judges with the heap sealed. */
static void judge_sealed(rig *r, verdict *v, byte_range bytes, void *scratch, chevm_fork fork) {
    seal_begin(SEAL_COUNT);
    judge(v, bytes, scratch, fork);
    seal_count heap = seal_end();
    r->plays++;
    r->heap_calls += heap.calls;
    if (heap.calls != 0) {
        rig_complain(r, "%" PRIu64 " heap calls while sealed", heap.calls);
    }
}

static void check_invalid(rig *r, const verdict *v, const char *expected) {
    bool is_known = false;
    for (size_t i = 0; i < v->reason_count; i++) {
        switch (chevm_rejection_expected(v->reasons[i], expected)) {
        case CHEVM_EXPECTATION_MET:
            return;
        case CHEVM_EXPECTATION_OTHER:
            is_known = true;
            break;
        case CHEVM_EXPECTATION_UNKNOWN:
            break;
        }
    }
    if (v->reason_count == 0) {
        rig_complain(r, "accepted, want %s", expected);
    } else {
        rig_complain(r, "%s, want %s%s", chevm_rejection_name(v->reasons[0]), expected,
                     is_known ? "" : ", a name that the table lacks");
    }
}

static void check_bytes(rig *r, const verdict *v, byte_range bytes) {
    uint8_t *again = store_alloc(bytes.size + 1, 1);
    const size_t size = chevm_transaction_encode(&v->transaction, again, bytes.size);
    if (size != bytes.size || memcmp(again, bytes.bytes, size) != 0) {
        rig_complain(r, "encodes to other bytes");
    }
}

static void check_valid(rig *r, const json_document *document, const json_node *want,
                        const verdict *v) {
    chevm_u256 hash;
    uint64_t gas = 0;
    chevm_address sender;
    if (json_u256(document, json_get(want, "hash"), &hash) != 0 ||
        json_u64(document, json_get(want, "intrinsicGas"), &gas) != 0 ||
        json_address(document, json_get(want, "sender"), &sender) != 0) {
        rig_complain(r, "malformed verdict");
        return;
    }
    if (v->reason_count != 0) {
        rig_complain(r, "%s, want valid", chevm_rejection_name(v->reasons[0]));
        return;
    }
    if (!chevm_u256_equal(&hash, &v->hash)) {
        rig_complain(r, "hash differs");
    }
    if (memcmp(&sender, &v->transaction.sender, sizeof sender) != 0) {
        rig_complain(r, "sender differs");
    }
    if (gas != v->intrinsic_gas) {
        rig_complain(r, "intrinsic gas %" PRIu64 ", want %" PRIu64, v->intrinsic_gas, gas);
    }
}

static void run_verdict(rig *r, const json_document *document, const json_node *want,
                        byte_range bytes) {
    verdict v;
    chevm_fork fork;
    if (!chevm_fork_parse(json_key(want), &fork)) {
        rig_complain(r, "unknown fork");
        return;
    }
    judge_sealed(r, &v, bytes, store_alloc(chevm_transaction_scratch(bytes.size), 8), fork);
    if (v.is_decoded) {
        check_bytes(r, &v, bytes);
    }
    if (json_get(want, "exception") != NULL) {
        check_invalid(r, &v, json_text(json_get(want, "exception")));
    } else {
        check_valid(r, document, want, &v);
    }
}

static void run_test(rig *r, const json_document *document, const json_node *test) {
    byte_range bytes = {NULL, 0};
    const json_node *result = json_get(test, "result");
    if (json_bytes(document, json_get(test, "txbytes"), &bytes) != 0 || result == NULL) {
        r->case_name = json_key(test);
        rig_complain(r, "malformed test");
        rig_end_case(r);
        return;
    }
    for (const json_node *want = json_first(result); want != NULL; want = json_next(want)) {
        if (rig_begin_case(r, store_format("%s[%s]", json_key(test), json_key(want)))) {
            run_verdict(r, document, want, bytes);
            rig_end_case(r);
        }
    }
}

static void each_file(void *context, const char *path) {
    rig *r = context;
    ch_arena_point mark = store_mark();
    json_document document;
    if (json_open(&document, path) != 0) {
        r->case_name = path;
        rig_complain(r, "cannot be read");
        rig_end_case(r);
    } else {
        for (const json_node *test = json_first(document.root); test != NULL;
             test = json_next(test)) {
            run_test(r, &document, test);
        }
    }
    store_release(mark);
}

/* ---- basic_tests/txtest --------------------------------------------------------------------- */

/* Bytes of a member that is written with or without 0x. */
static int bare_bytes(const json_node *test, const char *key, byte_range *range) {
    return input_hex(range, (flag_text){json_text(json_get(test, key)), 0});
}

static void check_fields(rig *r, const json_document *document, const json_node *test,
                         const chevm_transaction *t) {
    chevm_u256 price = {{0}};
    uint64_t nonce = 0, gas = 0;
    byte_range data = {NULL, 0}, to = {NULL, 0};
    if (json_u64(document, json_get(test, "nonce"), &nonce) != 0 ||
        json_u64(document, json_get(test, "startgas"), &gas) != 0 ||
        json_u256(document, json_get(test, "gasprice"), &price) != 0 ||
        bare_bytes(test, "data", &data) != 0 || bare_bytes(test, "to", &to) != 0) {
        rig_complain(r, "malformed test");
        return;
    }
    if (t->nonce != nonce || t->gas_limit != gas || !chevm_u256_equal(&t->max_fee, &price) ||
        t->is_creation != (to.size == 0) ||
        (to.size != 0 && memcmp(to.bytes, t->to.bytes, to.size) != 0) ||
        t->input_size != data.size ||
        (data.size != 0 && memcmp(t->input, data.bytes, data.size) != 0)) {
        rig_complain(r, "fields differ");
    }
}

static void run_basic(rig *r, const json_document *document, const json_node *test,
                      const char *form, bool is_signed, chevm_u256 *hash) {
    byte_range bytes;
    verdict v;
    if (bare_bytes(test, form, &bytes) != 0) {
        rig_complain(r, "malformed bytes");
        return;
    }
    judge_sealed(r, &v, bytes, store_alloc(chevm_transaction_scratch(bytes.size), 8),
                 CHEVM_FRONTIER);
    if (!v.is_decoded) {
        rig_complain(r, "%s", chevm_rejection_name(v.reasons[0]));
        return;
    }
    check_fields(r, document, test, &v.transaction);
    check_bytes(r, &v, bytes);
    if (is_signed == (v.reasons[0] == CHEVM_REJECTED_INVALID_SIGNATURE_VRS)) {
        rig_complain(r, is_signed ? "has no signer" : "has a signer");
    }
    chevm_transaction_signing_hash(&v.transaction, hash);
}

static void run_basic_file(rig *r, const char *path) {
    json_document document;
    if (json_open(&document, path) != 0) {
        r->case_name = path;
        rig_complain(r, "cannot be read");
        rig_end_case(r);
        return;
    }
    unsigned number = 0;
    for (const json_node *test = json_first(document.root); test != NULL; test = json_next(test)) {
        static const char *const forms[] = {"unsigned", "signed"};
        chevm_u256 hashes[2] = {{{0}}, {{0}}}; /* of what is signed: the same in both forms */
        for (size_t i = 0; i < 2; i++) {
            if (rig_begin_case(r, store_format("txtest %u %s", number, forms[i]))) {
                run_basic(r, &document, test, forms[i], i == 1, &hashes[i]);
                if (i == 1 && r->sample == 1 && !chevm_u256_equal(&hashes[0], &hashes[1])) {
                    rig_complain(r, "the unsigned form has another content");
                }
                rig_end_case(r);
            }
        }
        number++;
    }
}

void transaction_tests_run(rig *r, const char *root) {
    (void)root;
    if (rig_fixtures() == NULL) {
        rig_skip_suite(r, "transaction_tests");
        return;
    }
    rig_walk(store_format("%s/transaction_tests", rig_fixtures()), each_file, r);
    run_basic_file(r, store_format("%s/basic_tests/txtest.json", rig_fixtures()));
}
