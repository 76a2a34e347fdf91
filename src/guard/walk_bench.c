/* What a walk of 8 frames costs, with frame pointers and without, beside the compiler's unwinder;
 * and a malloc and free behind as many frames while functions are hot by name (none of these). */
#include <stdlib.h>

#include <coldheap/guard.h>

#include "bench.h"
#include "internal.h"
#include "ranges.h"
#include "state.h"
#include "walk.h"

#define FRAMES 8u

uint64_t ch_bench_heap_calls(void) {
    return 0;
}

bool bench_heap_is_counted(void) {
    return false;
}

typedef uint64_t (*work)(uint64_t iterations);

/* Eight functions, each with its own return address; `keep` forces a frame pointer. */
#define LEVEL(prefix, number, next, keep)                                                          \
    static CH_NOINLINE uint64_t prefix##number(work bottom, uint64_t iterations) {                 \
        keep;                                                                                      \
        const uint64_t result = next(bottom, iterations);                                          \
        __asm__ volatile("" : : : "memory");                                                       \
        return result;                                                                             \
    }
#define LEVELS(prefix, keep)                                                                       \
    static CH_NOINLINE uint64_t prefix##0(work bottom, uint64_t iterations) {                      \
        keep;                                                                                      \
        const uint64_t result = bottom(iterations);                                                \
        __asm__ volatile("" : : : "memory");                                                       \
        return result;                                                                             \
    }                                                                                              \
    LEVEL(prefix, 1, prefix##0, keep)                                                              \
    LEVEL(prefix, 2, prefix##1, keep)                                                              \
    LEVEL(prefix, 3, prefix##2, keep)                                                              \
    LEVEL(prefix, 4, prefix##3, keep)                                                              \
    LEVEL(prefix, 5, prefix##4, keep)                                                              \
    LEVEL(prefix, 6, prefix##5, keep)                                                              \
    LEVEL(prefix, 7, prefix##6, keep)

LEVELS(framed, BENCH_KEEP(__builtin_frame_address(0)))
LEVELS(frameless, (void)0)

static CH_NOINLINE uint64_t walk_framed(uint64_t iterations) {
    const void *frames[FRAMES];
    uint64_t count = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        count += chi_guard_walk(frames, FRAMES, __builtin_return_address(0), CHI_WALK_FRAME);
        BENCH_KEEP(frames);
    }
    return count;
}

static CH_NOINLINE uint64_t unwind(uint64_t iterations) {
    const void *frames[FRAMES];
    uint64_t count = 0;
    uintptr_t stack_pointer;
    for (uint64_t i = 0; i < iterations; i++) {
        count += chi_guard_backtrace(frames, &stack_pointer, __builtin_return_address(0), FRAMES);
        BENCH_KEEP(frames);
    }
    return count;
}

static uint64_t framed_walk(void *context, uint64_t iterations) {
    (void)context;
    return framed7(walk_framed, iterations);
}

static uint64_t frameless_walk(void *context, uint64_t iterations) {
    (void)context;
    return frameless7(walk_framed, iterations);
}

static uint64_t unwinder_walk(void *context, uint64_t iterations) {
    (void)context;
    return frameless7(unwind, iterations);
}

BENCH_GROUP(walk_8) {
    ch_bench_add("frame pointers", framed_walk, NULL);
    ch_bench_add("no frame pointers", frameless_walk, NULL);
    ch_bench_add("libgcc", unwinder_walk, NULL);
    ch_bench_run();
}

static CH_NOINLINE uint64_t pairs(uint64_t iterations) {
    for (uint64_t i = 0; i < iterations; i++) {
        void *block = malloc(64);
        BENCH_KEEP(block);
        free(block);
    }
    return iterations;
}

static uint64_t idle_pair(void *context, uint64_t iterations) {
    (void)context;
    return frameless7(pairs, iterations);
}

static uint64_t with_rules(uint64_t (*levels)(work, uint64_t), uint64_t iterations) {
    static bool ready;
    if (!ready) {
        (void)chi_guard_settings_words("hot=main!no_such_function");
        chi_ranges_begin();
        ready = true;
    }
    __atomic_fetch_or(&chi_guard_flags, CHI_FLAG_RANGES, __ATOMIC_RELAXED);
    const uint64_t done = levels(pairs, iterations);
    __atomic_fetch_and(&chi_guard_flags, ~CHI_FLAG_RANGES, __ATOMIC_RELAXED);
    return done;
}

static uint64_t hot_frameless(void *context, uint64_t iterations) {
    (void)context;
    return with_rules(frameless7, iterations);
}

static uint64_t hot_framed(void *context, uint64_t iterations) {
    (void)context;
    return with_rules(framed7, iterations);
}

BENCH_GROUP(malloc_free_64_hot_by_name) {
    ch_bench_add("guard, idle", idle_pair, NULL);
    ch_bench_add("hot by name, frame pointers", hot_framed, NULL);
    ch_bench_add("hot by name, no frame pointers", hot_frameless, NULL);
    ch_bench_run();
}
