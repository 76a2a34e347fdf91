/* What the guard costs: a malloc and free through it, idle and counting, beside glibc's own; and
 * the two ends of a scope. The harness's own heap count would interpose malloc in our place, so it
 * is left out here. */
#include <stdlib.h>

#include <coldheap/guard.h>

#include "bench.h"
#include "internal.h"

void *__libc_malloc(size_t size_bytes);
void __libc_free(void *block);

#define BLOCK_BYTES 64

uint64_t ch_bench_heap_calls(void) {
    return 0;
}

bool bench_heap_is_counted(void) {
    return false;
}

static uint64_t glibc_pair(void *context, uint64_t iterations) {
    (void)context;
    for (uint64_t i = 0; i < iterations; i++) {
        void *block = __libc_malloc(BLOCK_BYTES);
        BENCH_KEEP(block);
        __libc_free(block);
    }
    return iterations;
}

static uint64_t guarded_pair(void *context, uint64_t iterations) {
    (void)context;
    for (uint64_t i = 0; i < iterations; i++) {
        void *block = malloc(BLOCK_BYTES);
        BENCH_KEEP(block);
        free(block);
    }
    return iterations;
}

static uint64_t thread_counted_pair(void *context, uint64_t iterations) {
    ch_heap_calls count;
    ch_count_begin(&count);
    guarded_pair(context, iterations);
    ch_count_end(&count);
    return count.allocs;
}

static uint64_t process_counted_pair(void *context, uint64_t iterations) {
    ch_guard_count_process(true);
    guarded_pair(context, iterations);
    ch_guard_count_process(false);
    return iterations;
}

static uint64_t permitted_pair(void *context, uint64_t iterations) {
    CH_PERMIT_SCOPE("measured");
    return guarded_pair(context, iterations);
}

BENCH_GROUP(malloc_free_64) {
    ch_bench_add("guard, idle", guarded_pair, NULL);
    ch_bench_add("glibc", glibc_pair, NULL);
    ch_bench_add("guard, thread counted", thread_counted_pair, NULL);
    ch_bench_add("guard, process counted", process_counted_pair, NULL);
    ch_bench_add("guard, permitted", permitted_pair, NULL);
    ch_bench_run();
}

static uint64_t scope_with_run_time(void *context, uint64_t iterations) {
    (void)context;
    for (uint64_t i = 0; i < iterations; i++) {
        CH_HOT_SCOPE("tick");
        BENCH_KEEP(i);
    }
    return iterations;
}

/* What CH_HOT_SCOPE is in a program without the run time. */
extern uint64_t scope_bench_absent(const ch_hot_mark *mark, void *frame) __attribute__((weak));

static uint64_t scope_without_run_time(void *context, uint64_t iterations) {
    (void)context;
    static const ch_hot_mark mark = {"tick", __FILE__, "", __LINE__, CH_OP_HEAP};
    for (uint64_t i = 0; i < iterations; i++) {
        __attribute__((cleanup(ch_hot_end))) uint64_t token = 0;
        if (scope_bench_absent != NULL) {
            token = scope_bench_absent(&mark, &token);
        }
        BENCH_KEEP(i);
    }
    return iterations;
}

BENCH_GROUP(scope) {
    ch_bench_add("with run time", scope_with_run_time, NULL);
    ch_bench_add("without run time", scope_without_run_time, NULL);
    ch_bench_run();
}
