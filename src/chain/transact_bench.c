/* What a transaction costs around its code: a plain transfer from validation to the end, a call of
 * empty code with an access list, and what comes before: decoding, hashing, encoding, the signer
 * with and without its cache. */
#include <coldevm/hash.h>
#include <coldevm/transaction.h>

#include "bench.h"

#include <string.h>

static const chevm_address SENDER = {{0x10, [19] = 1}};
static const chevm_address TARGET = {{0x10, [19] = 2}};

typedef struct scene {
    chevm *vm;
    chevm_state *state;
    chevm_block block;
    chevm_transaction transaction;
} scene;

static uint64_t transactions(void *context, uint64_t iterations) {
    scene *const s = context;
    uint64_t sum = 0;
    chevm_account sender;
    if (!chevm_state_find(s->state, &SENDER, &sender)) {
        return 0;
    }
    s->transaction.nonce = sender.nonce;
    for (uint64_t i = 0; i < iterations; i++) {
        chevm_outcome outcome;
        chevm_transact(s->vm, s->state, &s->block, &s->transaction, &outcome);
        s->transaction.nonce++;
        sum += outcome.gas_used;
    }
    return sum;
}

static void measure(const chevm_access_entry *list, size_t count) {
    const chevm_u256 rich = {{0, 0, 1, 0}};
    scene s = {.block = {.fork = CHEVM_OSAKA,
                         .gas_limit = 30000000,
                         .gas_available = 30000000,
                         .base_fee = {{7, 0, 0, 0}},
                         .chain_id = {{1, 0, 0, 0}}},
               .transaction = {.type = count != 0 ? CHEVM_TRANSACTION_DYNAMIC_FEE
                                                  : CHEVM_TRANSACTION_LEGACY,
                               .gas_limit = 100000,
                               .max_fee = {{10, 0, 0, 0}},
                               .max_priority_fee = {{1, 0, 0, 0}},
                               .value = {{1, 0, 0, 0}},
                               .to = TARGET,
                               .sender = SENDER,
                               .access_list = list,
                               .access_count = count}};
    if (chevm_create(&s.vm, &(chevm_options){.fork = CHEVM_OSAKA}) != CH_OK ||
        chevm_state_create(&s.state, &(chevm_state_options){0}) != CH_OK) {
        chevm_destroy(s.vm);
        return;
    }
    (void)chevm_state_set_balance(s.state, &SENDER, &rich);
    ch_bench_add("state", transactions, &s);
    ch_bench_expect_no_heap();
    ch_bench_run();
    chevm_state_destroy(s.state);
    chevm_destroy(s.vm);
}

BENCH_GROUP(transact_transfer) {
    measure(NULL, 0);
}

BENCH_GROUP(transact_access_list_of_10_keys) {
    static chevm_u256 keys[10];
    for (uint64_t i = 0; i < 10; i++) {
        keys[i] = (chevm_u256){{i, 0, 0, 0}};
    }
    measure(&(chevm_access_entry){TARGET, keys, 10}, 1);
}

/* ---- Before it runs ------------------------------------------------------------------------- */

typedef struct wire {
    uint8_t bytes[256];
    size_t size;
    uint64_t scratch[256];
    uint64_t cache_memory[64];
    chevm_sender_cache cache;
    chevm_transaction transaction;
} wire;

/* The example of EIP-155. */
static void open_wire(wire *w) {
    w->transaction = (chevm_transaction){
        .has_chain_id = true,
        .chain_id = {{1, 0, 0, 0}},
        .nonce = 9,
        .gas_limit = 21000,
        .max_fee = {{20000000000u, 0, 0, 0}},
        .value = {{1000000000000000000u, 0, 0, 0}},
        .v = {{37, 0, 0, 0}},
        .r = {{0xe1590620aa636276u, 0x03e1a15d3c71ff63u, 0x2195fe5375678660u, 0x28ef61340bd939bcu}},
        .s = {{0x297fb1966a3b6d83u, 0x55c9f3dc64214b29u, 0x1aecb703304b3800u, 0x67cbe9d8997f76u}},
    };
    memset(w->transaction.to.bytes, 0x35, sizeof w->transaction.to.bytes);
    w->size = chevm_transaction_encode(&w->transaction, w->bytes, sizeof w->bytes);
}

static uint64_t decoding(void *context, uint64_t iterations) {
    wire *const w = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        chevm_rejection_facts facts;
        sum += (uint64_t)chevm_transaction_decode(&w->transaction, w->bytes, w->size, w->scratch,
                                                  &facts);
        sum += w->transaction.gas_limit;
    }
    return sum;
}

static uint64_t encoding(void *context, uint64_t iterations) {
    wire *const w = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        sum += chevm_transaction_encode(&w->transaction, w->bytes, sizeof w->bytes);
    }
    return sum;
}

static uint64_t hashing(void *context, uint64_t iterations) {
    wire *const w = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        chevm_u256 hash;
        chevm_transaction_hash(&w->transaction, &hash);
        sum += hash.limbs[0];
    }
    return sum;
}

static uint64_t recovering(void *context, uint64_t iterations) {
    wire *const w = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        sum += (uint64_t)chevm_transaction_recover(&w->transaction, CHEVM_OSAKA);
        sum += w->transaction.sender.bytes[0];
    }
    return sum;
}

static uint64_t recovering_cached(void *context, uint64_t iterations) {
    wire *const w = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        sum += (uint64_t)chevm_transaction_recover_cached(&w->transaction, CHEVM_OSAKA, &w->cache);
        sum += w->transaction.sender.bytes[0];
    }
    return sum;
}

static void measure_wire(const char *name, ch_bench_body body) {
    static wire w;
    open_wire(&w);
    ch_bench_add(name, body, &w);
    ch_bench_expect_no_heap();
    ch_bench_run();
}

BENCH_GROUP(transaction_decode) {
    measure_wire("decode", decoding);
}

BENCH_GROUP(transaction_encode) {
    measure_wire("encode", encoding);
}

BENCH_GROUP(transaction_hash) {
    measure_wire("hash", hashing);
}

BENCH_GROUP(transaction_signer) {
    static wire w;
    open_wire(&w);
    chevm_sender_cache_init(&w.cache, w.cache_memory, 4);
    ch_bench_add("cached", recovering_cached, &w);
    ch_bench_expect_no_heap();
    ch_bench_add("recover", recovering, &w);
    ch_bench_expect_no_heap();
    ch_bench_run();
}
