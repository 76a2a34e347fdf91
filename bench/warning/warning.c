/* warning.c: how a benchmark comes to say "0 ns, 40,000 million operations a second, 27,000 times
 * as fast", rebuilt from a real one, and what the same pool really costs.
 *
 * Group "wrong": a pool's pair of calls whose object nobody looks at. The compiler sees that what
 * comes off the list goes back on it, and deletes the loop: an empty function is measured. Beside
 * it stands an allocator that maps a page for every object, as general allocators of debug builds
 * do; no program would run on it. Both figures are true and neither says anything about pools.
 *
 * Group "right": the object escapes, so the loop is there, and the baseline is what the program
 * would otherwise call. The harness marks the first group INVALID and this program fails: so it
 * must. */
#define _GNU_SOURCE
#include <coldheap/pool.h>

#include <stdlib.h>
#include <sys/mman.h>

#include "bench.h"

enum { SLOTS = 64, OBJECT_BYTES = 64 };

typedef struct slot {
    struct slot *next;
    unsigned char rest[OBJECT_BYTES - sizeof(struct slot *)];
} slot;

static slot slots[SLOTS];

/* The list of the deleted loop: as quick as any, and gone. */
static uint64_t deleted(void *context, uint64_t iterations) {
    slot *first = context;
    for (uint64_t i = 0; i < iterations; i++) {
        slot *taken = first;
        first = taken->next;
        taken->next = first;
        first = taken;
    }
    return iterations;
}

static uint64_t pages_mapped(void *context, uint64_t iterations) {
    (void)context;
    for (uint64_t i = 0; i < iterations; i++) {
        unsigned char *page =
            mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED) {
            abort();
        }
        *page = 1;
        BENCH_KEEP(page);
        munmap(page, 4096);
    }
    return iterations;
}

static uint64_t kept(void *context, uint64_t iterations) {
    ch_pool *pool = context;
    for (uint64_t i = 0; i < iterations; i++) {
        unsigned char *taken = ch_pool_acquire(pool);
        BENCH_KEEP(taken);
        (void)ch_pool_release(pool, taken);
    }
    return iterations;
}

static uint64_t heap(void *context, uint64_t iterations) {
    (void)context;
    for (uint64_t i = 0; i < iterations; i++) {
        unsigned char *taken = malloc(OBJECT_BYTES);
        BENCH_KEEP(taken);
        free(taken);
    }
    return iterations;
}

BENCH_GROUP(wrong) {
    for (size_t i = 0; i + 1 < SLOTS; i++) {
        slots[i].next = &slots[i + 1];
    }
    ch_bench_add("deleted loop", deleted, &slots[0]);
    ch_bench_add("a page mapped each", pages_mapped, NULL);
    ch_bench_run();
}

BENCH_GROUP(right) {
    static _Alignas(64) unsigned char memory[4 * SLOTS * OBJECT_BYTES];
    const ch_pool_options options = {.object_bytes = OBJECT_BYTES, .align = 64, .count = SLOTS};
    static ch_pool pool;
    if (ch_pool_init(&pool, memory, sizeof memory, &options) != CH_OK) {
        abort();
    }
    ch_bench_add("pool, checks on", kept, &pool);
    ch_bench_expect_no_heap();
    ch_bench_add("malloc", heap, NULL);
    ch_bench_run();
    (void)ch_pool_fini(&pool);
}
