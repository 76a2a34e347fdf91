/* What the tracker costs: one malloc(64) and free behind 7 frames, beside glibc's own under its own
 * names, in the same rounds. The tracker is armed once per way of tracking, each with a file of its
 * own; a body puts the plan it measures in place. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coldheap/guard.h>

#include "bench.h"
#include "internal.h"
#include "track.h"

void *__libc_malloc(size_t size_bytes);
void __libc_free(void *block);

#define BLOCK_BYTES 64

uint64_t ch_bench_heap_calls(void) {
    return 0;
}

bool bench_heap_is_counted(void) {
    return false;
}

/* ---- seven frames, with frame pointers (CMakeLists.txt), none of them a tail call ---- */

#define FRAME(name, next)                                                                          \
    static CH_NOINLINE void name(void) {                                                           \
        next();                                                                                    \
        __asm__ volatile("" : : : "memory");                                                       \
    }

static CH_NOINLINE void glibc_1(void) {
    void *block = __libc_malloc(BLOCK_BYTES);
    BENCH_KEEP(block);
    __libc_free(block);
    __asm__ volatile("" : : : "memory");
}
FRAME(glibc_2, glibc_1)
FRAME(glibc_3, glibc_2)
FRAME(glibc_4, glibc_3)
FRAME(glibc_5, glibc_4)
FRAME(glibc_6, glibc_5)
FRAME(glibc_7, glibc_6)

static CH_NOINLINE void guard_1(void) {
    void *block = malloc(BLOCK_BYTES);
    BENCH_KEEP(block);
    free(block);
    __asm__ volatile("" : : : "memory");
}
FRAME(guard_2, guard_1)
FRAME(guard_3, guard_2)
FRAME(guard_4, guard_3)
FRAME(guard_5, guard_4)
FRAME(guard_6, guard_5)
FRAME(guard_7, guard_6)

static uint64_t glibc_pair(void *context, uint64_t iterations) {
    (void)context;
    for (uint64_t i = 0; i < iterations; i++) {
        glibc_7();
    }
    return iterations;
}

static uint64_t guarded_pair(void *context, uint64_t iterations) {
    (void)context;
    for (uint64_t i = 0; i < iterations; i++) {
        guard_7();
    }
    return iterations;
}

/* ---- ways of tracking ---- */

typedef struct way {
    chi_session_config config;
    chi_track_plan plan;
    chi_track_thread self;
} way;

static void prepare(way *w, const char *name) {
    snprintf(w->config.track_path, sizeof w->config.track_path, "track_bench.%s.%%p", name);
    w->config.track = 1;
    const char *why = chi_track_arm(&w->config);
    if (why != NULL) {
        fprintf(stderr, "track_bench: %s\n", why);
        exit(1);
    }
    guarded_pair(NULL, 1);
    w->plan = *CHI_PLAN;
    w->self = chi_track_self;
    __atomic_and_fetch(&chi_guard_flags, ~CHI_FLAG_TRACKING, __ATOMIC_RELAXED);
    char path[64];
    snprintf(path, sizeof path, "track_bench.%s.%d", name, (int)getpid());
    unlink(path);
}

static uint64_t tracked_pair(void *context, uint64_t iterations) {
    way *w = (way *)context;
    *CHI_PLAN = w->plan;
    chi_track_self = w->self;
    __atomic_or_fetch(&chi_guard_flags, CHI_FLAG_TRACKING, __ATOMIC_RELAXED);
    guarded_pair(NULL, iterations);
    __atomic_and_fetch(&chi_guard_flags, ~CHI_FLAG_TRACKING, __ATOMIC_RELAXED);
    w->self = chi_track_self;
    return iterations;
}

static uint64_t counted_pair(void *context, uint64_t iterations) {
    ch_guard_count_process(true);
    guarded_pair(context, iterations);
    ch_guard_count_process(false);
    return iterations;
}

static way by_site = {.config = {.track_depth = 1}};
static way by_8 = {.config = {.track_depth = 8}};
static way sampled = {.config = {.track_depth = 1, .track_sample_bytes = 524288}};

static void add_all(void) {
    static bool prepared;
    if (!prepared) {
        prepare(&by_site, "site");
        prepare(&by_8, "eight");
        prepare(&sampled, "sampled");
        prepared = true;
    }
    ch_bench_add("tracked by call site", tracked_pair, &by_site);
    ch_bench_add("glibc", glibc_pair, NULL);
    ch_bench_add("idle", guarded_pair, NULL);
    ch_bench_add("process counted", counted_pair, NULL);
    ch_bench_add("tracked by 8 frames", tracked_pair, &by_8);
    ch_bench_add("sampled, 512 KiB", tracked_pair, &sampled);
}

BENCH_GROUP(one_thread) {
    add_all();
    ch_bench_target_ratio("tracked by call site over glibc", "glibc", 1.8);
    ch_bench_run();
}
