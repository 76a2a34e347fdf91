/* State roots beside the bare cost of their hashes: the rival hashes inputs of exactly the sizes
 * that the trie's keys and nodes have, out of one buffer, and does nothing else. One iteration is
 * one root: divide by the accounts or slots in the group's name. */
#include <coldevm/hash.h>
#include <coldevm/trie.h>

#include "bench.h"

#include <stdlib.h>
#include <string.h>

#define HASHES_MAX 65536u

typedef struct work {
    chevm_state *state;
    void *scratch;
    size_t scratch_size;
    size_t count;
    uint16_t sizes[HASHES_MAX]; /* of what is hashed */
    uint8_t keys[HASHES_MAX / 4][32];
} work;

static work w;

static uint64_t roots(void *context, uint64_t iterations) {
    uint64_t sum = 0;
    (void)context;
    for (uint64_t i = 0; i < iterations; i++) {
        chevm_u256 root = {{0, 0, 0, 0}};
        if (chevm_state_root(w.state, &root, w.scratch, w.scratch_size) != CH_OK) {
            abort();
        }
        sum += root.limbs[0];
    }
    return sum;
}

static uint64_t hashes(void *context, uint64_t iterations) {
    static uint8_t data[1024];
    uint64_t sum = 0;
    (void)context;
    for (uint64_t i = 0; i < iterations; i++) {
        uint8_t hash[32] = {0};
        for (size_t at = 0; at < w.count; at++) {
            chevm_keccak256(hash, data, w.sizes[at]);
            data[0] ^= hash[0];
        }
        sum += hash[0];
    }
    return sum;
}

static void note(size_t size) {
    if (w.count == HASHES_MAX || size > UINT16_MAX) {
        abort();
    }
    w.sizes[w.count++] = (uint16_t)size;
}

static int by_bytes(const void *a, const void *b) {
    return memcmp(a, b, 32);
}

static unsigned nibble(const uint8_t *key, unsigned at) {
    return at % 2 == 0 ? key[at / 2] >> 4 : key[at / 2] & 15u;
}

/* Sizes of the nodes above the leaves; no extension is likely. */
static void note_branches(const uint8_t (*keys)[32], size_t count, unsigned depth) {
    size_t children = 0;
    if (count < 2) {
        return;
    }
    for (size_t start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count && nibble(keys[end], depth) == nibble(keys[start], depth);
             end++) {}
        note_branches(keys + start, end - start, depth + 1);
        children++;
    }
    note(3 + 17 + 32 * children);
}

/* What a trie of the keys collected so far costs. */
static void note_trie(size_t count, size_t key_size, size_t leaf_size) {
    for (size_t i = 0; i < count; i++) {
        note(key_size);
        note(leaf_size);
    }
    qsort(w.keys, count, 32, by_bytes);
    note_branches((const uint8_t(*)[32])w.keys, count, 0);
}

static void fill_slots(const chevm_address *address, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        const chevm_u256 key = {{i, 0, 0, 0}};
        const chevm_u256 value = {{ch_bench_random(), ch_bench_random(), 0, 0}};
        uint8_t bytes[32];
        (void)chevm_state_set_storage(w.state, address, &key, &value);
        chevm_u256_to_be32(bytes, &key);
        chevm_keccak256(w.keys[i], bytes, 32);
    }
    note_trie(count, 32, 1 + 33 + 1 + 1 + 16);
}

static void run(unsigned accounts, unsigned slots) {
    if (chevm_state_create(&w.state, &(chevm_state_options){0}) != CH_OK) {
        return;
    }
    w.count = 0;
    for (unsigned i = 0; i < accounts; i++) {
        chevm_address address = {{1}};
        const uint64_t tail = ch_bench_random();
        const chevm_u256 balance = {{ch_bench_random() | UINT64_C(1) << 63, 0, 0, 0}};
        memcpy(address.bytes + 10, &tail, sizeof tail);
        (void)chevm_state_set_balance(w.state, &address, &balance);
        if (slots != 0) {
            fill_slots(&address, slots);
        }
    }
    chevm_account account;
    uint32_t cursor = 0;
    for (unsigned i = 0; chevm_state_account_next(w.state, &cursor, &account); i++) {
        chevm_keccak256(w.keys[i], account.address.bytes, 20);
    }
    note_trie(accounts, 20, 2 + 33 + 2 + 2 + 1 + 9 + 66);
    w.scratch_size = chevm_state_root_scratch(w.state);
    w.scratch = aligned_alloc(64, (w.scratch_size + 63) & ~(size_t)63);
    chevm_hash_init();
    ch_bench_results_differ();
    ch_bench_check_iterations(accounts * (slots + 1) > 1000 ? 2 : 100);
    ch_bench_add("state_root", roots, NULL);
    ch_bench_expect_no_heap();
    ch_bench_add("bare keccak, one by one", hashes, NULL);
    ch_bench_run();
    free(w.scratch);
    chevm_state_destroy(w.state);
}

BENCH_GROUP(trie_accounts_12) {
    run(12, 0);
}

BENCH_GROUP(trie_accounts_12_slots_5) {
    run(12, 5);
}

BENCH_GROUP(trie_accounts_1_slots_5000) {
    run(1, 5000);
}

BENCH_GROUP(trie_accounts_10000) {
    run(10000, 0);
}
