/* sample.c: tests with every outcome the harness knows; run by harness_test.c, never by CTest. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>

#include "model.h"

TEST(sample_passes) {
    CHECK(true);
    CHECK_EQUAL(2 + 2, 4);
    CHECK_BYTES("abc", "abc", 3);
    CHECK_TEXT("abc", "abc");
}

TEST(sample_fails) {
    CHECK_EQUAL(2 + 2, 5);
    CHECK_BYTES("\x01\x02\x03", "\x01\x02\x04", 3);
    CHECK_TEXT("abc", "abd");
}

TEST(sample_skips) {
    ch_test_skip("no fixtures");
}

TEST(sample_random) {
    printf("# random %llx\n", (unsigned long long)ch_test_random());
}

TEST(sample_dies) {
    abort();
}

/* A counter and its reference; `steal` breaks their agreement in the state, `lie` in the answer. */
static unsigned counts[2];

static bool raise_count(void *context) {
    (void)context;
    return ++counts[0] == ++counts[1];
}

static bool steal(void *context) {
    (void)context;
    counts[0]++;
    return true;
}

static bool lie(void *context) {
    (void)context;
    return false;
}

static bool is_same(void *context) {
    (void)context;
    return counts[0] == counts[1];
}

static bool run_model(const ch_model_operation *operations, size_t count, uint64_t steps) {
    return ch_model_run(&(ch_model){
        .operations = operations, .operation_count = count, .check = is_same, .steps = steps});
}

TEST(model_agrees) {
    const ch_model_operation operations[] = {{"raise", 1, raise_count}};
    CHECK(run_model(operations, 1, 100));
}

TEST(model_state_differs) {
    const ch_model_operation operations[] = {{"raise", 50, raise_count}, {"steal", 1, steal}};
    CHECK(run_model(operations, 2, 10000));
}

TEST(model_answer_differs) {
    const ch_model_operation operations[] = {{"raise", 50, raise_count}, {"lie", 1, lie}};
    CHECK(run_model(operations, 2, 10000));
}

TEST(model_too_short) {
    const ch_model_operation operations[] = {{"raise", 1, raise_count}, {"again", 1, raise_count}};
    CHECK(run_model(operations, 2, 1));
}
