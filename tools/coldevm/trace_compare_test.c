/* Two traces that differ anywhere are found to differ there: in any line, in length, at the borders
 * of chunks; equal ones are equal. */
#include "trace_compare.h"

#include "harness.h"

#include <stdio.h>
#include <string.h>

static trace_compare compare;

/* A trace of `count` lines; line `odd` differs. */
static void play(compare_phase phase, uint64_t count, uint64_t odd) {
    trace_compare_start(&compare, phase);
    for (uint64_t i = 0; i < count; i++) {
        char line[64];
        int size = snprintf(line, sizeof line, "line %llu%s\n", (unsigned long long)i,
                            i == odd ? "'" : "");
        trace_compare_line(&compare, line, (size_t)size);
    }
    trace_compare_finish(&compare);
}

static const uint64_t NONE = UINT64_MAX;

TEST(compare_finds_equal_traces_equal) {
    static const uint64_t COUNTS[] = {0, 1, 1023, 1024, 1025, 5000};
    CHECK_EQUAL(trace_compare_open(&compare), 0);
    for (size_t i = 0; i < sizeof COUNTS / sizeof COUNTS[0]; i++) {
        play(COMPARE_RECORD, COUNTS[i], NONE);
        play(COMPARE_VERIFY, COUNTS[i], NONE);
        CHECK(!compare.different);
    }
    trace_compare_close(&compare);
}

static void find(uint64_t first_count, uint64_t second_count, uint64_t odd) {
    play(COMPARE_RECORD, first_count, NONE);
    play(COMPARE_VERIFY, second_count, odd);
    CHECK(compare.different);
    play(COMPARE_NARROW, first_count, NONE);
    play(COMPARE_FIND, second_count, odd);
    play(COMPARE_FETCH, first_count, NONE);
}

TEST(compare_finds_the_line_that_differs) {
    static const uint64_t ODD[] = {0, 1, 1023, 1024, 2047, 2048, 4998, 4999};
    CHECK_EQUAL(trace_compare_open(&compare), 0);
    for (size_t i = 0; i < sizeof ODD / sizeof ODD[0]; i++) {
        char text[64];
        find(5000, 5000, ODD[i]);
        CHECK_EQUAL(compare.differs, ODD[i]);
        snprintf(text, sizeof text, "line %llu", (unsigned long long)ODD[i]);
        CHECK_TEXT(compare.found[0], text);
        CHECK(strlen(compare.found[1]) == strlen(text) + 1);
    }
    trace_compare_close(&compare);
}

TEST(compare_finds_the_end_of_the_shorter_trace) {
    static const uint64_t LENGTHS[][2] = {{10, 11},     {11, 10},     {0, 1},       {1, 0},
                                          {1024, 1025}, {1025, 1024}, {2048, 1024}, {1024, 2048}};
    CHECK_EQUAL(trace_compare_open(&compare), 0);
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        uint64_t shorter = LENGTHS[i][0] < LENGTHS[i][1] ? LENGTHS[i][0] : LENGTHS[i][1];
        find(LENGTHS[i][0], LENGTHS[i][1], NONE);
        CHECK_EQUAL(compare.differs, shorter);
    }
    trace_compare_close(&compare);
}
