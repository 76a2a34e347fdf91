/* measure.c: see measure.h. */
#define _GNU_SOURCE
#include "measure.h"

#include <coldheap/region.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

enum { REHEARSAL_ROUNDS = 64 };

size_t measure_leak_bytes;

/* A sanitizer's own memory stands beside that of the program. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RESIDENT_IS_KNOWN 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RESIDENT_IS_KNOWN 0
#endif
#endif
#ifndef RESIDENT_IS_KNOWN
#define RESIDENT_IS_KNOWN 1
#endif

/* ---- The malloc behind the twins ---------------------------------------------------------------
 */

static void *heap_alloc(void *user, size_t size_bytes, size_t align) {
    (void)user;
    return align <= 16 ? malloc(size_bytes)
                       : aligned_alloc(align, (size_bytes + align - 1) & -align);
}

static ch_status heap_free(void *user, void *block, size_t size_bytes) {
    (void)user;
    (void)size_bytes;
    free(block);
    return CH_OK;
}

/* ---- Figures of this process -------------------------------------------------------------------
 */

static uint64_t page_faults(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}

/* Anonymous resident bytes, exactly; 0 if the system does not say. */
static size_t resident_bytes(void) {
    FILE *file = RESIDENT_IS_KNOWN ? fopen("/proc/self/smaps_rollup", "r") : NULL;
    char line[256];
    size_t kilobytes = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "Anonymous: %zu kB", &kilobytes) == 1) {
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kilobytes * 1024;
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* what others do meanwhile is not ours */
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- One run -----------------------------------------------------------------------------------
 */

static void *volatile leaked; /* volatile: a compiler may take a block out that nobody reads */

static bool run_rounds(const workload *work, uint64_t *hash, uint64_t from, uint64_t count) {
    bool passed = true;
    for (uint64_t i = from; i < from + count; i++) {
        uint64_t result = work->round(i);
        if (measure_leak_bytes != 0) {
            leaked = malloc(measure_leak_bytes);
            memset(leaked, 1, measure_leak_bytes);
        }
        passed = passed && result != 0;
        *hash = workload_mix(*hash, result);
    }
    return passed;
}

/* The block comes from the system, page by page as it is touched: no heap call, and what is
 * resident is what was used. */
static bool with_block(measured *result, const workload *work, const ch_allocator *heap,
                       bool (*body)(measured *, const workload *, void *, const ch_allocator *)) {
    ch_region region = {0};
    ch_region_options options = {.size_bytes = result->footprint_bytes};
    if (ch_region_reserve(&region, &options) != CH_OK ||
        ch_region_commit(&region, 0, region.size_bytes) != CH_OK) {
        return false;
    }
    bool passed = body(result, work, region.base, heap);
    return ch_region_fini(&region) == CH_OK && passed;
}

/* Touches code, constants and stack once, so that the run after it finds them there. */
static bool rehearse(measured *result, const workload *work, void *memory,
                     const ch_allocator *heap) {
    uint64_t hash = 0;
    bool passed = work->init(memory, result->footprint_bytes, heap) &&
                  run_rounds(work, &hash, 0, REHEARSAL_ROUNDS);
    work->fini();
    return passed && resident_bytes() != SIZE_MAX;
}

static uint64_t warm_rounds;
static bool wants_memory;

static bool perform(measured *result, const workload *work, void *memory,
                    const ch_allocator *heap) {
    const size_t before_bytes = resident_bytes();
    uint64_t faults = page_faults();
    uint64_t calls = ch_bench_heap_calls();
    bool passed = work->init(memory, result->footprint_bytes, heap);
    result->setup_calls = ch_bench_heap_calls() - calls;
    calls = ch_bench_heap_calls();
    passed = passed && run_rounds(work, &result->hash, 0, warm_rounds);
    result->warm_calls = ch_bench_heap_calls() - calls;
    result->setup_faults = page_faults() - faults;

    const uint64_t half = wants_memory ? result->rounds / 2 : 0;
    if (half > 0) {
        passed = passed && run_rounds(work, &result->hash, warm_rounds, half);
        result->half_bytes = resident_bytes() - before_bytes;
    }
    calls = ch_bench_heap_calls();
    faults = page_faults();
    const uint64_t start = now_ns();
    passed = passed && run_rounds(work, &result->hash, warm_rounds + half, result->rounds - half);
    result->ns_per_round = (double)(now_ns() - start) / (double)(result->rounds - half);
    result->steady_faults = page_faults() - faults;
    result->steady_calls = ch_bench_heap_calls() - calls;
    if (wants_memory && before_bytes != 0) {
        result->peak_bytes = resident_bytes() - before_bytes;
    }
    calls = ch_bench_heap_calls();
    work->fini();
    result->warm_calls += ch_bench_heap_calls() - calls;
    return passed;
}

static void child(measured *result, const workload *cold, const workload *plain, backing on) {
    const ch_allocator heap = {.alloc = heap_alloc, .free = heap_free};
    const workload *work = on == BACKING_PLAIN ? plain : cold;
    const ch_allocator *source = on == BACKING_COLD ? NULL : &heap;
    if (wants_memory) {
        mallopt(M_TRIM_THRESHOLD, 1 << 30);
        mallopt(M_MMAP_THRESHOLD, 1 << 30);
        /* On the patterns, which leave the heap as it is. */
        result->footprint_bytes = cold->footprint(false);
        if (!with_block(result, cold, NULL, rehearse)) {
            return;
        }
    }
    result->footprint_bytes = work->footprint(on != BACKING_COLD);
    result->passed = with_block(result, work, source, perform);
}

bool measure(measured *result, const workload *cold, const workload *plain, backing on,
             purpose purpose, uint64_t warm, uint64_t rounds) {
    int ends[2];
    memset(result, 0, sizeof *result);
    if (pipe(ends) != 0) {
        return false;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        measured own = {.rounds = rounds};
        warm_rounds = warm;
        wants_memory = purpose == PURPOSE_MEMORY;
        child(&own, cold, plain, on);
        bool wrote = write(ends[1], &own, sizeof own) == (ssize_t)sizeof own;
        _exit(wrote ? 0 : 1);
    }
    close(ends[1]);
    bool got = pid > 0 && read(ends[0], result, sizeof *result) == (ssize_t)sizeof *result;
    close(ends[0]);
    int status = 1;
    if (pid > 0) {
        waitpid(pid, &status, 0);
    }
    return got && status == 0;
}
