/* What the tracker costs: one malloc(64) and free behind 7 frames, beside glibc's own under its own
 * names, in the same rounds. The tracker is armed once per way of tracking, each with a file of its
 * own; a body puts the plan it measures in place. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
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
    chi_track_self = (chi_track_thread){0};
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

static void track_begin(const way *w) {
    *CHI_PLAN = w->plan;
    chi_track_self = w->self;
    __atomic_or_fetch(&chi_guard_flags, CHI_FLAG_TRACKING, __ATOMIC_RELEASE);
}

static void track_end(way *w) {
    __atomic_and_fetch(&chi_guard_flags, ~CHI_FLAG_TRACKING, __ATOMIC_RELEASE);
    w->self = chi_track_self;
}

static uint64_t tracked_pair(void *context, uint64_t iterations) {
    way *w = (way *)context;
    track_begin(w);
    guarded_pair(NULL, iterations);
    track_end(w);
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

static void prepare_all(void) {
    static bool prepared;
    if (!prepared) {
        prepare(&by_site, "site");
        prepare(&by_8, "eight");
        prepare(&sampled, "sampled");
        prepared = true;
    }
}

/* Limits are those of guard.md, section 4, as ratios: 40 and 55 where glibc alone is 22.3. */
BENCH_GROUP(by_call_site) {
    prepare_all();
    ch_bench_add("tracked by call site", tracked_pair, &by_site);
    ch_bench_add("glibc", glibc_pair, NULL);
    ch_bench_add("idle", guarded_pair, NULL);
    ch_bench_add("process counted", counted_pair, NULL);
    ch_bench_target_ratio("tracked by call site over glibc", "glibc", 1.8);
    ch_bench_run();
}

BENCH_GROUP(by_8_frames) {
    prepare_all();
    ch_bench_add("tracked by 8 frames", tracked_pair, &by_8);
    ch_bench_add("glibc", glibc_pair, NULL);
    ch_bench_target_ratio("tracked by 8 frames over glibc", "glibc", 2.5);
    ch_bench_run();
}

/* 5 ns more than the hook alone, which is 26.5 there. */
BENCH_GROUP(sampled) {
    prepare_all();
    ch_bench_add("sampled, 512 KiB", tracked_pair, &sampled);
    ch_bench_add("idle", guarded_pair, NULL);
    ch_bench_add("glibc", glibc_pair, NULL);
    ch_bench_target_ratio("sampled over idle", "idle", 1.2);
    ch_bench_run();
}

/* ---- two threads: another one does the same all the time ---- */

typedef struct peer {
    pthread_t thread;
    void (*pair)(void);
    int stop;
    int runs;
} peer;

static void *run_peer(void *context) {
    peer *p = (peer *)context;
    while (__atomic_load_n(&p->stop, __ATOMIC_RELAXED) == 0) {
        p->pair();
        __atomic_store_n(&p->runs, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static uint64_t with_peer(ch_bench_body body, void *context, uint64_t iterations,
                          void (*pair)(void)) {
    peer p = {.pair = pair};
    if (pthread_create(&p.thread, NULL, run_peer, &p) != 0) {
        return 0;
    }
    while (__atomic_load_n(&p.runs, __ATOMIC_RELAXED) == 0) {}
    const uint64_t result = body(context, iterations);
    __atomic_store_n(&p.stop, 1, __ATOMIC_RELAXED);
    pthread_join(p.thread, NULL);
    return result;
}

static uint64_t glibc_two(void *context, uint64_t iterations) {
    return with_peer(glibc_pair, context, iterations, glibc_7);
}

static uint64_t tracked_two(void *context, uint64_t iterations) {
    way *w = (way *)context;
    track_begin(w);
    const uint64_t result = with_peer(guarded_pair, NULL, iterations, guard_7);
    track_end(w);
    return result;
}

/* ---- the same by the threads' own clocks, which other programs disturb less ---- */

#define CLOCKED_PAIRS 400000u
#define CLOCKED_TRIES 7

typedef struct clocked {
    void (*pair)(void);
    pthread_barrier_t *start;
    double ns;
} clocked;

static double own_clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void *run_clocked(void *context) {
    clocked *c = (clocked *)context;
    c->pair();
    pthread_barrier_wait(c->start);
    const double before = own_clock_ns();
    for (uint32_t i = 0; i < CLOCKED_PAIRS; i++) {
        c->pair();
    }
    c->ns = (own_clock_ns() - before) / CLOCKED_PAIRS;
    return NULL;
}

/* The best of some tries of the slower of `count` threads. */
static double best_of(unsigned count, void (*pair)(void)) {
    double best = 1e9;
    for (int i = 0; i < CLOCKED_TRIES; i++) {
        pthread_barrier_t start;
        pthread_barrier_init(&start, NULL, count);
        clocked c[2] = {{pair, &start, 0}, {pair, &start, 0}};
        pthread_t threads[2];
        for (unsigned t = 0; t < count; t++) {
            if (pthread_create(&threads[t], NULL, run_clocked, &c[t]) != 0) {
                abort();
            }
        }
        for (unsigned t = 0; t < count; t++) {
            pthread_join(threads[t], NULL);
        }
        const double slower = c[0].ns > c[1].ns ? c[0].ns : c[1].ns;
        best = slower < best ? slower : best;
        pthread_barrier_destroy(&start);
    }
    return best;
}

static void print_scaling(const char *name, way *w, void (*pair)(void)) {
    if (w != NULL) {
        track_begin(w);
    }
    const double one = best_of(1, pair);
    const double two = best_of(2, pair);
    if (w != NULL) {
        track_end(w);
    }
    printf("# %s: %.1f ns in one thread, %.1f in two (%+.0f %%), by thread CPU time\n", name, one,
           two, (two / one - 1) * 100);
}

/* A batch is long enough for the start of a thread not to count. */
#define LONG_BATCH 200000u

BENCH_GROUP(two_threads) {
    prepare_all();
    ch_bench_check_iterations(LONG_BATCH);
    ch_bench_add("tracked by call site, 2 threads", tracked_two, &by_site);
    ch_bench_add("tracked by call site, 1 thread", tracked_pair, &by_site);
    ch_bench_add("tracked by 8 frames, 2 threads", tracked_two, &by_8);
    ch_bench_add("tracked by 8 frames, 1 thread", tracked_pair, &by_8);
    ch_bench_add("glibc, 2 threads", glibc_two, NULL);
    ch_bench_add("glibc, 1 thread", glibc_pair, NULL);
    ch_bench_target_ratio("tracked over glibc, 2 threads", "glibc, 2 threads", 1.9);
    ch_bench_run();
    print_scaling("glibc", NULL, glibc_7);
    print_scaling("tracked by call site", &by_site, guard_7);
    print_scaling("tracked by 8 frames", &by_8, guard_7);
}
