/* Whatever keeps heap calls away from the guard, the self-test says so and nothing passes. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "harness.h"

static char output[65536];

/* Runs a program with LD_PRELOAD, and COLDHEAP if it is not empty. */
static int run(const char *preload, const char *variable, const char *program,
               const char *argument) {
    char preloads[2048];
    char variables[256];
    snprintf(preloads, sizeof preloads, "LD_PRELOAD=%s", preload);
    snprintf(variables, sizeof variables, "COLDHEAP=%s", variable);
    const bool set = variable[0] != 0;
    const char *argv[] = {
        "/usr/bin/env",        preloads, set ? variables : program, set ? program : argument,
        set ? argument : NULL, NULL};
    return ch_test_run_program(argv, output, sizeof output);
}

TEST(g18_armed_when_first) {
    CHECK_EQUAL(run(PRELOAD, "", SCENARIOS_PLAIN, "plain_calls"), 0);
    CHECK_EQUAL(run(PRELOAD ":" OWN_MALLOC, "", SCENARIOS_PLAIN, "plain_calls"), 0);
    CHECK_EQUAL(run(PRELOAD ":" OWN_MALLOC, "", SCENARIOS_PLAIN, "malloc_in_scope"), 134);
}

TEST(g18_own_malloc_before_the_guard) {
    CHECK_EQUAL(run(OWN_MALLOC ":" PRELOAD, "", SCENARIOS_PLAIN, "plain_calls"), 98);
    CHECK_TEXT(output, "not armed\n");
    CHECK_EQUAL(run(OWN_MALLOC ":" PRELOAD, "mode=abort", SCENARIOS_PLAIN, "plain_calls"), 98);
    CHECK(strstr(output, "coldheap: not armed: a call of malloc does not reach the guard") != NULL);
}

TEST(g18_own_operator_new) {
    CHECK_EQUAL(run(OWN_NEW ":" PRELOAD, "", SCENARIOS_PLAIN, "plain_calls"), 98);
    CHECK_EQUAL(run(OWN_NEW ":" PRELOAD, "mode=abort", SCENARIOS_PLAIN, "plain_calls"), 98);
    CHECK(strstr(output, "a call of operator new does not reach the guard") != NULL);
}

/* The symbols of the executable come first: an allocator preloaded later does not hide from it. */
TEST(g18_linked_in_comes_before_any_preload) {
    CHECK_EQUAL(run(OWN_MALLOC, "", SCENARIOS_LINKED, "plain_calls"), 0);
    CHECK_EQUAL(run(OWN_MALLOC, "", SCENARIOS_LINKED, "malloc_in_scope"), 134);
}

#ifdef STATIC_PLAIN
TEST(g18_static_program_is_out_of_reach_of_a_preload) {
    CHECK_EQUAL(run(PRELOAD, "mode=abort", STATIC_PLAIN, "plain_calls"), 98);
    CHECK_TEXT(output, "not armed\n");
}
#endif

#ifdef VALGRIND
TEST(g22_valgrind_hides_the_heap) {
    const char *argv[] = {VALGRIND, "-q", SCENARIOS_LINKED, "plain_calls", NULL};
    CHECK_EQUAL(ch_test_run_program(argv, output, sizeof output), 98);
    CHECK(strstr(output, "not armed\n") != NULL);
}

TEST(g22_valgrind_told_to_leave_malloc_alone) {
    const char *argv[] = {
        VALGRIND,         "-q",          "--soname-synonyms=somalloc=nouserintercepts",
        SCENARIOS_LINKED, "plain_calls", NULL};
    CHECK_EQUAL(ch_test_run_program(argv, output, sizeof output), 0);
}
#endif

TEST(g16_report_makes_no_heap_call) {
    CHECK_EQUAL(run(PRELOAD_NEXT ":" OWN_MALLOC, "", QUIET_REPORT, NULL), 0);
    CHECK(strstr(output, "VIOLATION malloc 3 B in hot section \"tick\"") != NULL);
    CHECK(strstr(output, " main+0x") != NULL);
    CHECK(strstr(output, "calls: 1\n") != NULL); /* the violating one itself */
}
