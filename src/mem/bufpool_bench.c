/* A buffer borrowed, written to, given back and cleared, by size. Ours; a raw list of zeroed blocks
 * without any check (the bound); the general allocators of this machine, cleared before free. */
#include <coldheap/bufpool.h>

#include <stdlib.h>

#include "bench.h"
#include "rivals.h"

enum { COUNT = 8 };

static inline uint64_t lend(void *context, uint64_t iterations, size_t size_bytes) {
    ch_bufpool *pool = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        ch_buffer buffer = {0};
        sum += ch_bufpool_acquire(pool, &buffer, size_bytes) == CH_OK;
        buffer.data[0] = (uint8_t)i;
        BENCH_KEEP(buffer.data);
        sum += buffer.data[0];
        sum += ch_bufpool_release(pool, &buffer) == CH_OK;
    }
    return sum;
}

static void *raw_first;

static inline uint64_t raw(uint64_t iterations, size_t size_bytes) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint8_t *block = raw_first;
        memcpy(&raw_first, block, sizeof raw_first);
        block[0] = (uint8_t)i;
        BENCH_KEEP(block);
        sum += 2u + block[0];
        ch_zero(block, size_bytes);
        memcpy(block, &raw_first, sizeof raw_first);
        raw_first = block;
    }
    return sum;
}

static inline uint64_t general(const ch_rival *rival, uint64_t iterations, size_t size_bytes) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint8_t *block = rival->alloc(size_bytes);
        block[0] = (uint8_t)i;
        BENCH_KEEP(block);
        sum += 2u + block[0];
        ch_zero(block, size_bytes);
        rival->free(block);
    }
    return sum;
}

/* The three bodies of one size. */
#define BODIES(size)                                                                               \
    static uint64_t lend_##size(void *context, uint64_t iterations) {                              \
        return lend(context, iterations, size);                                                    \
    }                                                                                              \
    static uint64_t raw_##size(void *context, uint64_t iterations) {                               \
        (void)context;                                                                             \
        return raw(iterations, size);                                                              \
    }                                                                                              \
    static uint64_t general_##size(void *context, uint64_t iterations) {                           \
        return general(context, iterations, size);                                                 \
    }

BODIES(64)
BODIES(256)
BODIES(1024)
BODIES(4096)

static void compare(size_t size_bytes, ch_bench_body ours, ch_bench_body list,
                    ch_bench_body allocator, double limit) {
    static const ch_bufpool_class CLASSES[] = {
        {64, COUNT}, {256, COUNT}, {1024, COUNT}, {4096, COUNT}};
    const ch_bufpool_options options = {.classes = CLASSES, .class_count = 4};
    static CH_ALIGNED(64) uint8_t memory[65536];
    static CH_ALIGNED(64) uint8_t blocks[COUNT][4096];
    static ch_bufpool pool;
    ch_buffer warm = {0};
    if (ch_bufpool_init(&pool, memory, sizeof memory, &options) != CH_OK ||
        ch_bufpool_acquire(&pool, &warm, size_bytes) != CH_OK ||
        ch_bufpool_release(&pool, &warm) != CH_OK) {
        abort();
    }
    raw_first = NULL;
    for (size_t i = 0; i < COUNT; i++) {
        memcpy(blocks[i], &raw_first, sizeof raw_first);
        raw_first = blocks[i];
    }
    size_t rival_count = 0;
    const ch_rival *known = ch_rivals(&rival_count);
    ch_bench_bytes(size_bytes);
    ch_bench_add("bufpool", ours, &pool);
    ch_bench_expect_no_heap();
    ch_bench_add("raw list", list, NULL);
    ch_bench_expect_no_heap();
    for (size_t i = 0; i < rival_count; i++) {
        ch_bench_add(known[i].name, allocator, (void *)(uintptr_t)&known[i]);
    }
    ch_bench_target_ratio("against the raw list", "raw list", limit);
    ch_bench_run();
    (void)ch_bufpool_fini(&pool);
}

BENCH_GROUP(bufpool_64) {
    compare(64, lend_64, raw_64, general_64, 2.8 / 2.4);
}

BENCH_GROUP(bufpool_256) {
    compare(256, lend_256, raw_256, general_256, 4.0 / 3.9);
}

BENCH_GROUP(bufpool_1024) {
    compare(1024, lend_1024, raw_1024, general_1024, 1.0);
}

BENCH_GROUP(bufpool_4096) {
    compare(4096, lend_4096, raw_4096, general_4096, 1.0);
}
