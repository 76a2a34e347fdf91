/* Every scenario ends as it says, in every way the run time can be present. The programs come as
 * PROGRAMS "label=path,label=path"; those whose label says "preloaded" get LD_PRELOAD set. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "harness.h"

#define OUTPUT_BYTES 65536
#define SCENARIO_MAX 256
#define LIMIT_HOOKED 1u
#define LIMIT_STATIC 2u

typedef struct expectation {
    char name[64];
    int status;
    unsigned limits;
    char text[128];
} expectation;

static char output[OUTPUT_BYTES];
static expectation expectations[SCENARIO_MAX];

static size_t list_scenarios(const char *program) {
    static char list[OUTPUT_BYTES];
    const char *argv[] = {program, "--list", NULL};
    if (!CHECK_EQUAL(ch_test_run_program(argv, list, sizeof list), 0)) {
        return 0;
    }
    size_t count = 0;
    for (char *line = list; *line != 0 && count < SCENARIO_MAX;) {
        char *end = strchr(line, '\n');
        *end = 0;
        expectation *e = &expectations[count++];
        e->text[0] = 0;
        CHECK(sscanf(line, "%63[^\t]\t%d\t%u\t%127[^\n]", e->name, &e->status, &e->limits,
                     e->text) >= 3);
        line = end + 1;
    }
    return count;
}

static void run_scenarios(const char *label, const char *program, unsigned limits,
                          const char *preload) {
    const size_t count = list_scenarios(program);
    CHECK(count > 10 && count < SCENARIO_MAX);
    size_t ran = 0;
    for (size_t i = 0; i < count; i++) {
        const expectation *e = &expectations[i];
        if ((e->limits & limits) != 0) {
            continue;
        }
        ran++;
        const char *argv[] = {"/usr/bin/env", preload, program, e->name, NULL};
        const int status =
            ch_test_run_program(preload != NULL ? argv : argv + 2, output, sizeof output);
        if (status != e->status || strstr(output, e->text) == NULL) {
            printf("# %s: %s: status %d, want %d with \"%s\"; it printed:\n%s\n", label, e->name,
                   status, e->status, e->text, output);
            CHECK(false);
        }
    }
    printf("# %s: %zu of %zu scenarios\n", label, ran, count);
    CHECK(ran > count / 2);
}

#ifdef PRELOAD

static void run_preloaded(const char *label, const char *program, const char *library) {
    char variable[1024];
    snprintf(variable, sizeof variable, "LD_PRELOAD=%s", library);
    run_scenarios(label, program, 0, variable);
}

TEST(g11_linked_in) {
    run_scenarios("linked in", SCENARIOS_LINKED, 0, NULL);
}

TEST(g11_preloaded) {
    run_preloaded("preloaded", SCENARIOS_PLAIN, PRELOAD);
}

TEST(g11_linked_in_and_preloaded) {
    run_preloaded("linked in and preloaded", SCENARIOS_LINKED, PRELOAD);
}

TEST(g12_next_allocator_by_lookup) {
    run_preloaded("preloaded, next allocator by lookup", SCENARIOS_PLAIN, PRELOAD_NEXT);
}

#ifdef SCENARIOS_STATIC
TEST(g11_static_program) {
    run_scenarios("static", SCENARIOS_STATIC, LIMIT_STATIC, NULL);
}
#endif

#ifdef SCENARIOS_CXX_LINKED
TEST(g13_cxx_linked_in) {
    run_scenarios("C++, linked in", SCENARIOS_CXX_LINKED, 0, NULL);
}

TEST(g13_cxx_preloaded) {
    run_preloaded("C++, preloaded", SCENARIOS_CXX_PLAIN, PRELOAD);
}
#endif

/* Without the run time nothing is armed, and nothing passes for clean. */
TEST(g18_without_run_time_not_armed) {
    const char *argv[] = {SCENARIOS_PLAIN, "plain_calls", NULL};
    CHECK_EQUAL(ch_test_run_program(argv, output, sizeof output), 98);
    CHECK(strstr(output, "not armed") != NULL);
}

#else

/* The scenarios leak and allocate in signal handlers on purpose. */
static void calm_sanitizers(void) {
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    setenv("TSAN_OPTIONS", "report_signal_unsafe=0", 1);
}

TEST(g21_beside_a_sanitizer) {
    calm_sanitizers();
    run_scenarios("beside a sanitizer", SCENARIOS_LINKED, LIMIT_HOOKED, NULL);
}

#ifdef SCENARIOS_CXX_LINKED
TEST(g21_cxx_beside_a_sanitizer) {
    calm_sanitizers();
    run_scenarios("C++, beside a sanitizer", SCENARIOS_CXX_LINKED, LIMIT_HOOKED, NULL);
}
#endif

#endif
