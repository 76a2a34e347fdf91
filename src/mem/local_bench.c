/* What a thread's own memory costs: finding the arena, beside a thread-specific value of the
 * system; a mark, four blocks of 64 bytes and the release, beside an arena that is passed around
 * and the general allocators; and the same while a second thread does it too. */
#define _GNU_SOURCE
#include <coldheap/local.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "bench_beside.h"
#include "rivals.h"

enum { BLOCKS = 4, BLOCK = 64 };

static pthread_key_t key;

static uint64_t find_local(void *context, uint64_t iterations) {
    uint64_t same = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        ch_arena *arena = ch_local_arena();
        BENCH_KEEP(arena);
        same += arena == context;
    }
    return same;
}

static uint64_t find_specific(void *context, uint64_t iterations) {
    uint64_t same = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        ch_arena *arena = pthread_getspecific(key);
        BENCH_KEEP(arena);
        same += arena == context;
    }
    return same;
}

BENCH_GROUP(local_arena_lookup) {
    ch_arena *arena = ch_local_arena();
    if (arena == NULL || pthread_key_create(&key, NULL) != 0 ||
        pthread_setspecific(key, arena) != 0) {
        abort();
    }
    ch_bench_add("cold", find_local, arena);
    ch_bench_expect_no_heap();
    ch_bench_add("pthread_getspecific", find_specific, arena);
    ch_bench_target("lookup", 2.0);
    (void)ch_bench_run();
    pthread_key_delete(key);
}

/* ---- A mark, four blocks, a release ---------------------------------------------------------- */

static uint64_t scratch_rounds(void *context, uint64_t iterations) {
    uint64_t sum = 0;
    (void)context;
    for (uint64_t i = 0; i < iterations; i++) {
        const ch_arena_point mark = ch_scratch_mark();
        for (uint64_t k = 0; k < BLOCKS; k++) {
            uint64_t *block = ch_scratch_alloc(BLOCK, 8);
            *block = i + k;
            BENCH_KEEP(block);
            sum += *block;
        }
        (void)ch_scratch_release(mark);
    }
    return sum;
}

static uint64_t arena_rounds(void *context, uint64_t iterations) {
    ch_arena *arena = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        const ch_arena_point mark = ch_arena_mark(arena);
        for (uint64_t k = 0; k < BLOCKS; k++) {
            uint64_t *block = ch_arena_alloc(arena, BLOCK, 8);
            *block = i + k;
            BENCH_KEEP(block);
            sum += *block;
        }
        (void)ch_arena_release(arena, mark);
    }
    return sum;
}

static uint64_t rival_rounds(void *context, uint64_t iterations) {
    const ch_rival *rival = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t *blocks[BLOCKS];
        for (uint64_t k = 0; k < BLOCKS; k++) {
            blocks[k] = rival->alloc(BLOCK);
            *blocks[k] = i + k;
            BENCH_KEEP(blocks[k]);
            sum += *blocks[k];
        }
        for (size_t k = BLOCKS; k-- > 0;) {
            rival->free(blocks[k]);
        }
    }
    return sum;
}

BENCH_GROUP(local_scratch_mark_4x64_release) {
    size_t count = 0;
    const ch_rival *rivals = ch_rivals(&count);
    if (ch_local_prepare() != CH_OK) {
        abort();
    }
    ch_bench_add("cold", scratch_rounds, NULL);
    ch_bench_expect_no_heap();
    ch_bench_add("arena passed around", arena_rounds, ch_local_arena());
    ch_bench_expect_no_heap();
    for (size_t i = 0; i < count; i++) {
        ch_bench_add(rivals[i].name, rival_rounds, (void *)(uintptr_t)&rivals[i]);
    }
    (void)ch_bench_run();
}

/* ---- Two threads ----------------------------------------------------------------------------- */

static beside other;

static void tell_cores(void) {
    if (!other.apart) {
        printf("# both threads share one core: the figures say nothing about two\n");
    }
}

static void rounds_beside(void *context, uint64_t iterations) {
    (void)scratch_rounds(context, iterations);
}

static uint64_t two_threads(void *context, uint64_t iterations) {
    beside_begin(&other, rounds_beside, context, iterations);
    uint64_t sum = scratch_rounds(context, iterations);
    beside_wait(&other);
    return sum;
}

BENCH_GROUP(local_two_threads_beside_each_other) {
    if (ch_local_prepare() != CH_OK || !beside_start(&other)) {
        abort();
    }
    ch_bench_add("two threads", two_threads, NULL);
    ch_bench_expect_no_heap();
    ch_bench_add("one thread", scratch_rounds, NULL);
    ch_bench_check_iterations(100000);
    ch_bench_target_ratio("scaling of 95 %", "one thread", 1.0526);
    tell_cores();
    (void)ch_bench_run();
    beside_stop(&other);
}
