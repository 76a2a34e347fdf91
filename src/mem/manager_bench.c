/* What the way through the manager costs: each getter alone (a load or two), and a pool object and
 * a buffer taken through it against the same objects at hand. */
#include <coldheap/manager.h>

#include <stdlib.h>

#include "bench.h"

static ch_manager *manager;

static void begin(void) {
    const ch_manager_config config = ch_manager_balanced();
    if (ch_manager_init_region(&manager, &config, NULL) != CH_OK) {
        abort();
    }
}

static void end(void) {
    if (ch_manager_fini(manager) != CH_OK) {
        abort();
    }
}

/* Pointers differ from run to run: what counts is that they are there. */
#define GETTER(name, expression)                                                                   \
    static uint64_t get_##name(void *context, uint64_t iterations) {                               \
        const ch_manager *from = context;                                                          \
        uint64_t found = 0;                                                                        \
        for (uint64_t i = 0; i < iterations; i++) {                                                \
            BENCH_HIDE(from);                                                                      \
            found += (expression) != NULL;                                                         \
        }                                                                                          \
        return found;                                                                              \
    }                                                                                              \
    BENCH_GROUP(manager_##name) {                                                                  \
        begin();                                                                                   \
        ch_bench_add("getter", get_##name, manager);                                               \
        ch_bench_expect_no_heap();                                                                 \
        ch_bench_target("getter", 2.0);                                                            \
        ch_bench_run();                                                                            \
        end();                                                                                     \
    }

GETTER(stack, ch_manager_stack(from))
GETTER(pool, ch_manager_pool(from, (size_t)(i % CH_KIND_COUNT)))
GETTER(arena, ch_manager_arena(from, (size_t)(i % 2)))

static inline uint64_t pool_pair(ch_pool *pool, uint64_t i) {
    uint64_t *word = ch_pool_acquire(pool);
    *word = i;
    BENCH_KEEP(word);
    return *word + (ch_pool_release(pool, word) == CH_OK);
}

static uint64_t pool_through(void *context, uint64_t iterations) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        sum += pool_pair(ch_manager_pool(context, CH_KIND_U256), i);
    }
    return sum;
}

static uint64_t pool_at_hand(void *context, uint64_t iterations) {
    ch_pool *pool = ch_manager_pool(context, CH_KIND_U256);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        sum += pool_pair(pool, i);
    }
    return sum;
}

BENCH_GROUP(manager_u256) {
    begin();
    ch_bench_add("through the manager", pool_through, manager);
    ch_bench_expect_no_heap();
    ch_bench_add("pool at hand", pool_at_hand, manager);
    ch_bench_expect_no_heap();
    ch_bench_run();
    end();
}

static uint64_t buffer_through(void *context, uint64_t iterations) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        ch_buffer buffer = {0};
        sum += ch_manager_buffer_acquire(context, &buffer, 64) == CH_OK;
        BENCH_KEEP(buffer.data);
        sum += ch_manager_buffer_release(context, &buffer) == CH_OK;
    }
    return sum;
}

static uint64_t buffer_at_hand(void *context, uint64_t iterations) {
    ch_bufpool *pool = &((ch_manager *)context)->buffers;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        ch_buffer buffer = {0};
        sum += ch_bufpool_acquire(pool, &buffer, 64) == CH_OK;
        BENCH_KEEP(buffer.data);
        sum += ch_bufpool_release(pool, &buffer) == CH_OK;
    }
    return sum;
}

BENCH_GROUP(manager_buffer) {
    begin();
    ch_bench_add("through the manager", buffer_through, manager);
    ch_bench_expect_no_heap();
    ch_bench_add("pool at hand", buffer_at_hand, manager);
    ch_bench_expect_no_heap();
    ch_bench_run();
    end();
}
