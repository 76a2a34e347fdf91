/* sample.c: groups with every verdict the bench harness knows; run by bench_test.c. */
#include "bench.h"

#include <stdlib.h>

static uint64_t multiply(void *context, uint64_t iterations) {
    (void)context;
    uint64_t value = 1;
    for (uint64_t i = 0; i < iterations; i++) {
        value = value * 6364136223846793005u + 1;
        BENCH_HIDE(value);
    }
    return value;
}

static uint64_t multiply_with_heap(void *context, uint64_t iterations) {
    (void)context;
    uint64_t value = 1;
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t *block = malloc(sizeof *block);
        if (block == NULL) {
            abort();
        }
        *block = value * 6364136223846793005u + 1;
        BENCH_KEEP(block);
        value = *block;
        free(block);
    }
    return value;
}

static uint64_t other_result(void *context, uint64_t iterations) {
    return multiply(context, iterations) ^ 1;
}

static uint64_t no_work(void *context, uint64_t iterations) {
    (void)context;
    return iterations;
}

BENCH_GROUP(good) {
    ch_bench_bytes(8);
    ch_bench_add("register", multiply, NULL);
    ch_bench_expect_no_heap();
    ch_bench_add("heap", multiply_with_heap, NULL);
    ch_bench_baseline("sample", "1.0");
    ch_bench_baseline("sample", "1.0");
    ch_bench_target_ratio("below the heap", "heap", 1.0);
    ch_bench_run();
}

BENCH_GROUP(unequal) {
    ch_bench_add("one", multiply, NULL);
    ch_bench_add("other", other_result, NULL);
    ch_bench_run();
}

BENCH_GROUP(unequal_on_purpose) {
    ch_bench_results_differ();
    ch_bench_add("one", multiply, NULL);
    ch_bench_add("other", other_result, NULL);
    ch_bench_run();
}

BENCH_GROUP(leaky) {
    ch_bench_add("heap", multiply_with_heap, NULL);
    ch_bench_expect_no_heap();
    ch_bench_run();
}

BENCH_GROUP(empty) {
    ch_bench_add("nothing", no_work, NULL);
    ch_bench_run();
}

/* Nothing but a chain of products: as steady as a machine is. For the gates' own tests. */
BENCH_GROUP(steady) {
    ch_bench_add("cold", multiply, NULL);
    ch_bench_expect_no_heap();
    ch_bench_add("raw chain", multiply, NULL);
    ch_bench_run();
}
