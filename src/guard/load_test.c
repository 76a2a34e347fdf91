/* The variable COLDHEAP, on a scenario program: what it sets wins, what it cannot mean is refused.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "harness.h"
#include "state.h"

static char output[16384];

static int run(const char *variable, const char *scenario) {
    const char *argv[] = {SCENARIOS_LINKED, scenario, NULL};
    setenv("COLDHEAP", variable, 1);
    const int status = ch_test_run_program(argv, output, sizeof output);
    unsetenv("COLDHEAP");
    return status;
}

TEST(g15_variable_sets_the_mode) {
    CHECK_EQUAL(run("mode=abort", "malloc_in_scope"), 134);
    CHECK_EQUAL(run("mode=count", "malloc_in_scope"), 97);
    CHECK(strstr(output, "VIOLATION") == NULL && strstr(output, "violations=1 sites=1") != NULL);
    CHECK_EQUAL(run("mode=log", "malloc_in_scope"), 97);
    CHECK(strstr(output, "VIOLATION") != NULL && strstr(output, "violations=1 sites=1") != NULL);
    CHECK_EQUAL(run("", "malloc_in_scope"), 134);
    CHECK_EQUAL(run("mode=count", "plain_calls"), 0);
    CHECK_TEXT(output, "");
}

TEST(g15_variable_wins_over_the_program) {
    CHECK_EQUAL(run("mode=abort", "count_tells_at_the_end"), 134);
}

TEST(g15_variable_sets_depth_and_file) {
    CHECK_EQUAL(run("mode=log,depth=0", "malloc_in_scope"), 97);
    CHECK(strstr(output, "VIOLATION") != NULL && strstr(output, "#0") == NULL);
    CHECK_EQUAL(run("depth=1", "malloc_in_scope"), 134);
    CHECK(strstr(output, "#0") != NULL && strstr(output, "#1") == NULL);
    CHECK_EQUAL(run("mode=log,out=load_test.report,depth=32", "malloc_in_scope"), 97);
    CHECK_TEXT(output, "");
    FILE *file = fopen("load_test.report", "r");
    if (CHECK(file != NULL)) {
        output[fread(output, 1, sizeof output - 1, file)] = 0;
        CHECK(strstr(output, "VIOLATION") != NULL && strstr(output, "violations=1") != NULL);
        fclose(file);
    }
    unlink("load_test.report");
}

TEST(g15_variable_that_means_nothing_is_refused) {
    static const char *const bad[] = {"mode",
                                      "mode=",
                                      "mode=what",
                                      "mode=abortx",
                                      "depth=33",
                                      "depth=-1",
                                      "depth=",
                                      "depth=1x",
                                      "depth=4294967297",
                                      "out=",
                                      "out=/no/such/folder/file",
                                      "color=red",
                                      "mode=count,",
                                      ",",
                                      "mode=count,,depth=3",
                                      "MODE=count",
                                      " mode=count"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const bool only_comma = strcmp(bad[i], "mode=count,") == 0;
        CHECK_EQUAL(run(bad[i], "plain_calls"), only_comma ? 0 : 98);
        CHECK(only_comma || strstr(output, "coldheap: not armed: the variable COLDHEAP") != NULL);
    }
}

TEST(g15_variable_with_a_very_long_word) {
    static char variable[5000];
    memset(variable, 'x', sizeof variable - 1);
    CHECK_EQUAL(run(variable, "plain_calls"), 98);
    CHECK(strstr(output, "too long") != NULL);
}

TEST(g15_no_variable_nothing_fixed) {
    CHECK(!chi_guard_settings.mode_fixed);
    CHECK(!chi_guard_settings.asked);
    CHECK_EQUAL(ch_guard_set_mode(CH_GUARD_LOG), CH_GUARD_LOG);
    CHECK_EQUAL(ch_guard_set_mode(CH_GUARD_ABORT), CH_GUARD_ABORT);
}
