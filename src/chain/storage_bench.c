/* What the interpreter pays per storage instruction: an ERC-20 transfer's accesses (access, load,
 * access, store of two balances) over many holders, beside a conventional map of allocated nodes
 * keyed by the 52 bytes of address and key. */
#include <coldevm/state.h>

#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define HOLDERS 4096u

/* ---- Ours ----------------------------------------------------------------------------------- */

typedef struct world {
    chevm_state *state;
    chevm_u256 keys[HOLDERS];
} world;

static const chevm_address TOKEN = {{0x10, [19] = 0x20}};
static const chevm_tx_context CONTEXT = {.origin = {{1}}};

static void transfer(const chevm_host *host, world *w, const chevm_u256 *key, uint64_t amount,
                     uint64_t *sum) {
    chevm_u256 value;
    (void)host->access_storage(w->state, &TOKEN, key);
    host->get_storage(w->state, &TOKEN, key, &value);
    value.limbs[0] += amount;
    (void)host->access_storage(w->state, &TOKEN, key);
    (void)host->set_storage(w->state, &TOKEN, key, &value);
    *sum += value.limbs[0];
}

static uint64_t cold_transfers(void *context, uint64_t iterations) {
    world *const w = context;
    const chevm_host *const host = chevm_state_host();
    uint64_t sum = 0;
    if (chevm_state_begin_transaction(w->state, CHEVM_CANCUN, &CONTEXT) != CHEVM_OK) {
        return 0;
    }
    for (uint64_t i = 0; i < iterations; i++) {
        transfer(host, w, &w->keys[i % HOLDERS], 1, &sum);
        transfer(host, w, &w->keys[(i * 7 + 1) % HOLDERS], 2, &sum);
    }
    chevm_state_rollback_transaction(w->state);
    return sum;
}

/* ---- The rival ------------------------------------------------------------------------------ */

typedef struct node {
    struct node *next;
    uint8_t key[52];
    uint8_t value[32];
    uint8_t original[32];
    int warm;
} node;

typedef struct node_map {
    node *heads[8192];
    world *w;
} node_map;

static void bytes_of(uint8_t key[52], const chevm_u256 *slot) {
    memcpy(key, TOKEN.bytes, 20);
    chevm_u256_to_be32(key + 20, slot);
}

static node *node_find(node_map *map, const uint8_t key[52]) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (unsigned i = 0; i < 52; i++) {
        hash = (hash ^ key[i]) * 0x100000001b3u;
    }
    node **const head = &map->heads[hash % 8192];
    for (node *n = *head; n != NULL; n = n->next) {
        if (memcmp(n->key, key, 52) == 0) {
            return n;
        }
    }
    node *const made = calloc(1, sizeof *made);
    if (made == NULL) {
        abort();
    }
    memcpy(made->key, key, 52);
    made->next = *head;
    *head = made;
    return made;
}

static void node_transfer(node_map *map, const chevm_u256 *slot, uint64_t amount, uint64_t *sum) {
    uint8_t key[52];
    chevm_u256 value;
    bytes_of(key, slot);
    node_find(map, key)->warm = 1;
    chevm_u256_from_be32(&value, node_find(map, key)->value);
    value.limbs[0] += amount;
    bytes_of(key, slot);
    node_find(map, key)->warm = 1;
    chevm_u256_to_be32(node_find(map, key)->value, &value);
    *sum += value.limbs[0];
}

static uint64_t node_transfers(void *context, uint64_t iterations) {
    node_map *const map = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        node_transfer(map, &map->w->keys[i % HOLDERS], 1, &sum);
        node_transfer(map, &map->w->keys[(i * 7 + 1) % HOLDERS], 2, &sum);
    }
    for (unsigned i = 0; i < 8192; i++) { /* back to the start, as the rollback does */
        for (node *n = map->heads[i]; n != NULL; n = n->next) {
            chevm_u256_to_be32(n->value, &map->w->keys[0]);
            memcpy(n->value, n->original, 32);
        }
    }
    return sum;
}

BENCH_GROUP(storage_erc20_transfer) {
    world w;
    static node_map map;
    if (chevm_state_create(&w.state, &(chevm_state_options){0}) != CH_OK) {
        return;
    }
    map.w = &w;
    for (unsigned i = 0; i < HOLDERS; i++) { /* keys look like hashes */
        uint8_t key[52];
        for (unsigned limb = 0; limb < 4; limb++) {
            w.keys[i].limbs[limb] = ch_bench_random();
        }
        const chevm_u256 balance = {{1000 + i, 0, 0, 0}};
        (void)chevm_state_set_storage(w.state, &TOKEN, &w.keys[i], &balance);
        bytes_of(key, &w.keys[i]);
        chevm_u256_to_be32(node_find(&map, key)->original, &balance);
        chevm_u256_to_be32(node_find(&map, key)->value, &balance);
    }
    ch_bench_add("state", cold_transfers, &w);
    ch_bench_expect_no_heap();
    ch_bench_add("allocated nodes", node_transfers, &map);
    ch_bench_check_iterations(10000);
    ch_bench_run();
    chevm_state_destroy(w.state);
    for (unsigned i = 0; i < 8192; i++) {
        while (map.heads[i] != NULL) {
            node *const next = map.heads[i]->next;
            free(map.heads[i]);
            map.heads[i] = next;
        }
    }
}

/* One key over and over: what remains is the call, the account and the memory of the last slot. */
static uint64_t cold_counter(void *context, uint64_t iterations) {
    world *const w = context;
    const chevm_host *const host = chevm_state_host();
    uint64_t sum = 0;
    if (chevm_state_begin_transaction(w->state, CHEVM_CANCUN, &CONTEXT) != CHEVM_OK) {
        return 0;
    }
    for (uint64_t i = 0; i < iterations; i++) {
        transfer(host, w, &w->keys[0], 1, &sum);
    }
    chevm_state_rollback_transaction(w->state);
    return sum;
}

BENCH_GROUP(storage_one_counter) {
    world w = {.keys = {{{1, 2, 3, 4}}}};
    if (chevm_state_create(&w.state, &(chevm_state_options){0}) != CH_OK) {
        return;
    }
    ch_bench_add("state", cold_counter, &w);
    ch_bench_expect_no_heap();
    ch_bench_run();
    chevm_state_destroy(w.state);
}
