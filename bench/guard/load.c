/* bench-load WORK THREADS: what `coldheap bench` measures, as a program that knows nothing of the
 * guard: it is started with and without a run time preloaded, so the figures are those of a user's
 * program. All threads do the work at the same time; printed is the best of 63 short batches, each
 * the mean of the threads, in nanoseconds of thread CPU time per round of the work: short, because
 * other programs leave no long time undisturbed. */
#define _GNU_SOURCE
#include "bench.h"
#include "stack.h"

#include <coldheap/guard.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BATCHES     63
#define THREADS_MAX 64
#define STATUS_BAD  64
#define STATUS_FAIL 1

/* ---- works; each returns how many rounds it made ---- */

static uint64_t counted(uint64_t iterations) {
    ch_heap_calls count;
    ch_count_begin(&count);
    (void)stack_framed(iterations);
    ch_count_end(&count);
    return count.allocs;
}

static uint64_t scope(uint64_t iterations) {
    for (uint64_t i = 0; i < iterations; i++) {
        CH_HOT_SCOPE("scope");
        BENCH_KEEP(i);
    }
    return iterations;
}

#if defined(__x86_64__) && defined(__LP64__)
static uint64_t raw_calls(uint64_t iterations) {
    uint64_t done = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        long parent;
        __asm__ volatile("syscall"
                         : "=a"(parent)
                         : "a"(SYS_getppid)
                         : "rcx", "r11", "cc", "memory");
        done += parent >= 0;
    }
    return done;
}
#else
static uint64_t raw_calls(uint64_t iterations) {
    uint64_t done = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        done += syscall(SYS_getppid) >= 0;
    }
    return done;
}
#endif

/* Threads are armed by their first scope. */
static uint64_t calls_outside(uint64_t iterations) {
    (void)scope(1);
    return raw_calls(iterations);
}

static uint64_t calls_inside(uint64_t iterations) {
    CH_HOT_SCOPE("calls");
    return raw_calls(iterations);
}

static const struct work {
    const char *name;
    uint64_t (*body)(uint64_t iterations);
    uint64_t iterations; /* of a batch: about half a millisecond */
} works[] = {
    // clang-format off
    {"framed",        stack_framed,    20000},
    {"frameless",     stack_frameless, 20000},
    {"counted",       counted,         20000},
    {"traced",        stack_traced,      400},
    {"scope",         scope,          200000},
    {"section",       scope,            1000},
    {"calls-outside", calls_outside,    4000},
    {"calls-inside",  calls_inside,      400},
    // clang-format on
};

/* ---- threads ---- */

typedef struct crew {
    const struct work *work;
    pthread_barrier_t barrier;
    size_t count;
    double ns[BATCHES][THREADS_MAX];
    bool short_of_work;
} crew;

typedef struct member {
    crew *of;
    size_t index;
    pthread_t thread;
} member;

static double own_clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void *run_member(void *context) {
    const member *self = (const member *)context;
    crew *of = self->of;
    const uint64_t iterations = of->work->iterations;
    (void)of->work->body(iterations / 8 + 1); /* first use of everything */
    for (size_t batch = 0; batch < BATCHES; batch++) {
        pthread_barrier_wait(&of->barrier);
        const double before = own_clock_ns();
        const uint64_t done = of->work->body(iterations);
        of->ns[batch][self->index] = (own_clock_ns() - before) / (double)iterations;
        if (done != iterations) {
            __atomic_store_n(&of->short_of_work, true, __ATOMIC_RELAXED);
        }
    }
    return NULL;
}

static bool run_crew(crew *of) {
    member members[THREADS_MAX];
    if (pthread_barrier_init(&of->barrier, NULL, (unsigned)of->count) != 0) {
        return false;
    }
    for (size_t i = 0; i < of->count; i++) {
        members[i] = (member){.of = of, .index = i};
        if (pthread_create(&members[i].thread, NULL, run_member, &members[i]) != 0) {
            return false;
        }
    }
    for (size_t i = 0; i < of->count; i++) {
        pthread_join(members[i].thread, NULL);
    }
    return !of->short_of_work;
}

static double best_batch(const crew *of) {
    double best = 0;
    for (size_t batch = 0; batch < BATCHES; batch++) {
        double sum = 0;
        for (size_t i = 0; i < of->count; i++) {
            sum += of->ns[batch][i];
        }
        const double mean = sum / (double)of->count;
        best = batch == 0 || mean < best ? mean : best;
    }
    return best;
}

int main(int argc, char **argv) {
    static crew all;
    const long threads = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    for (size_t i = 0; argc == 3 && i < sizeof works / sizeof works[0]; i++) {
        if (strcmp(argv[1], works[i].name) == 0) {
            all.work = &works[i];
        }
    }
    if (all.work == NULL || threads < 1 || threads > THREADS_MAX) {
        fprintf(stderr, "usage: bench-load WORK THREADS (see coldheap bench)\n");
        return STATUS_BAD;
    }
    all.count = (size_t)threads;
    if (!run_crew(&all)) {
        fprintf(stderr, "bench-load: %s: not all of the work was done\n", argv[1]);
        return STATUS_FAIL;
    }
    printf("%.4f\n", best_batch(&all));
    /* What other libraries say at the end is not ours. */
    return fflush(stdout) == 0 && freopen("/dev/null", "w", stderr) != NULL ? 0 : STATUS_FAIL;
}
