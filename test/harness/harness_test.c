/* The harness seen from outside: a program with every outcome is run and what it prints is read. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "child.h"

static char text[65536];

static int run(const char *first, const char *second, const char *third, const char *fourth) {
    const char *const argv[] = {HARNESS_SAMPLE, first, second, third, fourth, NULL};
    return ch_test_run_program(argv, text, sizeof text);
}

static bool says(const char *part) {
    if (strstr(text, part) != NULL) {
        return true;
    }
    printf("# not printed: %s\n", part);
    return false;
}

TEST(harness_lists_all_tests_in_file_order) {
    CHECK_EQUAL(run("--list", NULL, NULL, NULL), 0);
    CHECK(strncmp(text, "sample_passes\nsample_fails\nsample_skips\n", 39) == 0);
}

TEST(harness_passing_test_exits_zero_with_a_plan) {
    CHECK_EQUAL(run("--filter", "sample_passes", NULL, NULL), 0);
    CHECK(says("TAP version 14\n# seed "));
    CHECK(says("ok 1 - sample_passes\n1..1\n"));
}

TEST(harness_failing_test_shows_values_place_and_how_to_repeat) {
    CHECK_EQUAL(run("--filter", "sample_fails", "--seed", "7"), 1);
    CHECK(says("failed: 2 + 2 == 5\n#   got 4 (0x4), want 5 (0x5)\n"));
    CHECK(says("#   got  [2] 03\n#   want [2] 04\n"));
    CHECK(says("#   got  \"abc\"\n#   want \"abd\"\n"));
    CHECK(says("--filter sample_fails --seed 7\nnot ok 1 - sample_fails\n1..1\n"));
}

TEST(harness_skipped_test_says_why) {
    CHECK_EQUAL(run("--filter", "sample_skips", NULL, NULL), 0);
    CHECK(says("ok 1 - sample_skips # SKIP no fixtures\n"));
}

TEST(harness_dying_test_gets_its_line) {
    CHECK(run("--filter", "sample_dies", "--seed", "9") != 0);
    CHECK(says("not ok 1 - sample_dies\n"));
    CHECK(says("--filter sample_dies --seed 9\n"));
    CHECK(strstr(text, "1..1") == NULL);
}

TEST(harness_same_seed_gives_same_random_numbers) {
    char first[64];
    CHECK_EQUAL(run("--filter", "sample_random", "--seed", "5"), 0);
    const char *line = strstr(text, "# random ");
    if (!CHECK(line != NULL)) {
        return;
    }
    snprintf(first, sizeof first, "%.*s", (int)strcspn(line, "\n"), line);
    CHECK_EQUAL(run("--filter", "sample_random", "--seed", "5"), 0);
    CHECK(says(first));
    CHECK_EQUAL(run("--filter", "sample_random", "--seed", "6"), 0);
    CHECK(strstr(text, first) == NULL);
}

TEST(harness_refuses_bad_usage_and_an_empty_choice) {
    CHECK_EQUAL(run("--sed", "1", NULL, NULL), 2);
    CHECK_EQUAL(run("--seed", "x1", NULL, NULL), 2);
    CHECK_EQUAL(run("--seed", NULL, NULL, NULL), 2);
    CHECK_EQUAL(run("--filter", "no such test", NULL, NULL), 1);
}

TEST(model_reports_what_differs_and_after_what) {
    CHECK_EQUAL(run("--filter", "model_agrees", NULL, NULL), 0);
    CHECK_EQUAL(run("--filter", "model_state", "--seed", "1"), 1);
    CHECK(says(", steal: states differ after it; steps before:"));
    CHECK_EQUAL(run("--filter", "model_answer", "--seed", "1"), 1);
    CHECK(says(", lie: answers differ; steps before:"));
    CHECK_EQUAL(run("--filter", "model_too_short", NULL, NULL), 1);
    CHECK(says("was never drawn"));
}
