/* Whole programs under a session: what the command finds in the shared file when they are gone, in
 * whatever way they went. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "child.h"
#include "guard/session_rig.h"
#include "harness.h"

static char output[65536];
static session_rig rig;

static void begin(ch_guard_mode mode) {
    CHECK(session_rig_init(&rig));
    rig.session->config.mode = mode;
}

static int run(const char *program, const char *scenario) {
    char preload[1024];
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", PRELOAD);
    char variable[128];
    snprintf(variable, sizeof variable, "COLDHEAP=%s", rig.variable);
    const char *argv[] = {"/usr/bin/env", preload, variable, program, scenario, NULL};
    return ch_test_run_program(argv, output, sizeof output);
}

#ifdef SCENARIOS_STATIC
static int run_linked(const char *program, const char *scenario) {
    char variable[128];
    snprintf(variable, sizeof variable, "COLDHEAP=%s", rig.variable);
    const char *argv[] = {"/usr/bin/env", variable, program, scenario, NULL};
    return ch_test_run_program(argv, output, sizeof output);
}
#endif

static int run_starter(const char *how, const char *program, const char *argument) {
    char preload[1024];
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", PRELOAD);
    char variable[128];
    snprintf(variable, sizeof variable, "COLDHEAP=%s", rig.variable);
    const char *argv[] = {"/usr/bin/env", preload, variable, STARTER, how, program, argument, NULL};
    return ch_test_run_program(argv, output, sizeof output);
}

static const chi_session_image *only_image(void) {
    CHECK_EQUAL(rig.session->image_count, 1);
    return &rig.session->images[0];
}

TEST(g45_violations_outlive_the_process) {
    static const struct {
        ch_guard_mode mode;
        int status;
    } cases[] = {
        {CH_GUARD_LOG, 97}, {CH_GUARD_COUNT, 97}, {CH_GUARD_DENY, 97}, {CH_GUARD_ABORT, 134}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(cases[i].mode);
        CHECK_EQUAL(run(SCENARIOS_PLAIN, "malloc_in_scope"), cases[i].status);
        CHECK_TEXT(output, ""); /* quiet: the command reports */
        CHECK_EQUAL(rig.session->violations, 1);
        chi_session_violation *row;
        CHECK_EQUAL(session_rig_violations(&rig, &row), 1);
        CHECK_EQUAL(row->count, 1);
        CHECK_EQUAL(row->size_bytes, 3);
        CHECK_EQUAL(row->op, CH_OP_ALLOC);
        CHECK_TEXT(row->call, "malloc");
        CHECK(row->frame_count > 1 && row->frames[0].module != 0);
        const chi_session_section *section = &rig.session->sections[row->section - 1];
        CHECK_TEXT(section->name, "tick");
        CHECK(strstr(section->file, "flow.c") != NULL);
        CHECK_EQUAL(section->entered, 1);
        CHECK_EQUAL(section->violations, 1);
        CHECK_EQUAL(section->calls[0], 1);
        CHECK_EQUAL(section->bytes, 3);
        const chi_session_image *image = only_image();
        CHECK_EQUAL(image->state, CHI_IMAGE_ARMED);
        CHECK_EQUAL(image->violations, 1);
        CHECK_EQUAL(image->ended, cases[i].mode != CH_GUARD_ABORT);
        CHECK_EQUAL(image->status, 0);
        session_rig_fini(&rig);
    }
}

TEST(g19_clean_program_is_armed_and_ends) {
    begin(CH_GUARD_ABORT);
    CHECK_EQUAL(run(SCENARIOS_PLAIN, "plain_calls"), 0);
    const chi_session_image *image = only_image();
    CHECK(strstr(image->path, "scenarios_plain") != NULL);
    CHECK_EQUAL(image->state, CHI_IMAGE_ARMED);
    CHECK_EQUAL(image->ended, 1);
    CHECK_EQUAL(image->violations, 0);
    CHECK_EQUAL(rig.session->violations, 0);
    session_rig_fini(&rig);
}

TEST(g15_reports_go_on_where_they_are_wanted) {
    begin(CH_GUARD_LOG);
    rig.session->config.quiet = 0;
    rig.session->config.max_reports = 1;
    rig.session->config.depth = 2;
    CHECK_EQUAL(run(SCENARIOS_PLAIN, "malloc_in_scope"), 97);
    CHECK(strstr(output, "VIOLATION malloc 3 B") != NULL);
    CHECK(strstr(output, "#1 ") != NULL && strstr(output, "#2 ") == NULL);
    CHECK_EQUAL(run(SCENARIOS_PLAIN, "malloc_in_scope"), 97);
    CHECK(strstr(output, "VIOLATION") == NULL); /* all images together print one */
    CHECK_EQUAL(rig.session->violations, 2);
    chi_session_violation *row;
    CHECK_EQUAL(session_rig_violations(&rig, &row), 1); /* both at one place */
    CHECK_EQUAL(row->count, 2);
    session_rig_fini(&rig);
}

TEST(g19_bad_session_ends_with_98) {
    begin(CH_GUARD_LOG);
    rig.session->version++;
    CHECK_EQUAL(run(SCENARIOS_PLAIN, "plain_calls"), 98);
    CHECK(strstr(output, "coldheap: not armed: ") != NULL);
    CHECK(strstr(output, "another version") != NULL && strstr(output, rig.path) != NULL);
    session_rig_fini(&rig);
}

TEST(g19_fork_child_is_part_of_its_parent) {
    begin(CH_GUARD_COUNT);
    CHECK_EQUAL(run(SCENARIOS_PLAIN, "forks"), 0);
    const chi_session_image *image = only_image();
    CHECK(strstr(image->path, "scenarios_plain") != NULL);
    CHECK_EQUAL(image->ended, 1);
    session_rig_fini(&rig);
}

/* Violations of fork children are the image's, whatever becomes of the children's statuses. */
TEST(g19_violations_of_fork_children_count) {
    begin(CH_GUARD_COUNT);
    CHECK_EQUAL(run(SCENARIOS_PLAIN, "fork_child_has_own_account"), 97);
    CHECK_EQUAL(only_image()->violations, 4);
    CHECK_EQUAL(rig.session->violations, 4);
    session_rig_fini(&rig);
}

TEST(g19_self_test_that_fails_is_told) {
    begin(CH_GUARD_LOG);
    char preload[1024];
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s:%s", OWN_MALLOC, PRELOAD);
    char variable[128];
    snprintf(variable, sizeof variable, "COLDHEAP=%s", rig.variable);
    const char *argv[] = {"/usr/bin/env", preload, variable, SCENARIOS_PLAIN, "plain_calls", NULL};
    CHECK_EQUAL(ch_test_run_program(argv, output, sizeof output), 98);
    const chi_session_image *image = only_image();
    CHECK_EQUAL(image->state, CHI_IMAGE_REFUSED);
    CHECK(strstr(image->why, "malloc does not reach the guard") != NULL);
    session_rig_fini(&rig);
}

/* ---- other images ---- */

/* What the command makes of the rows: for each process its last row that is not gone. */
static size_t count_images(uint32_t state, const char *path) {
    size_t count = 0;
    for (uint32_t i = 0; i < rig.session->image_count; i++) {
        const chi_session_image *image = &rig.session->images[i];
        bool is_last = image->state != CHI_IMAGE_GONE;
        for (uint32_t j = i + 1; j < rig.session->image_count; j++) {
            const chi_session_image *later = &rig.session->images[j];
            is_last = is_last && (image->process == 0 || later->process != image->process ||
                                  later->state == CHI_IMAGE_GONE);
        }
        count += is_last && image->state == state && strstr(image->path, path) != NULL;
    }
    return count;
}

static const char *const all_ways[] = {
    "execve",  "execv",    "execvp", "execvpe",     "execl",        "execlp", "execle",
    "fexecve", "execveat", "vfork",  "posix_spawn", "posix_spawnp", "system", "popen"};

#define WAY_COUNT (sizeof all_ways / sizeof all_ways[0])

TEST(g19_image_started_in_any_way_is_armed) {
    for (size_t i = 0; i < WAY_COUNT; i++) {
        begin(CH_GUARD_COUNT);
        if (!CHECK_EQUAL(run_starter(all_ways[i], SCENARIOS_PLAIN, "malloc_in_scope"), 97) ||
            !CHECK_EQUAL(count_images(CHI_IMAGE_ARMED, "scenarios_plain"), 1) ||
            !CHECK_EQUAL(count_images(CHI_IMAGE_EXPECTED, ""), 0)) {
            printf("# %s: %s\n", all_ways[i], output);
        }
        CHECK_EQUAL(rig.session->violations, 1);
        session_rig_fini(&rig);
    }
}

TEST(g19_image_with_a_cleaned_environment_is_missing) {
    for (size_t i = 0; i < WAY_COUNT; i++) {
        begin(CH_GUARD_COUNT);
        char how[64];
        snprintf(how, sizeof how, "%s-clean", all_ways[i]);
        const bool by_shell =
            strcmp(all_ways[i], "system") == 0 || strcmp(all_ways[i], "popen") == 0;
        const char *missing = by_shell ? "/bin/sh" : "scenarios_plain";
        if (!CHECK_EQUAL(run_starter(how, SCENARIOS_PLAIN, "plain_calls"), 98) ||
            !CHECK_EQUAL(count_images(CHI_IMAGE_EXPECTED, missing), 1)) {
            printf("# %s: %s\n", how, output);
        }
        session_rig_fini(&rig);
    }
}

#ifdef STATIC_PLAIN
TEST(g19_static_image_is_missing) {
    for (size_t i = 0; i < WAY_COUNT; i++) {
        begin(CH_GUARD_COUNT);
        if (!CHECK_EQUAL(run_starter(all_ways[i], STATIC_PLAIN, "plain_calls"), 98) ||
            !CHECK_EQUAL(count_images(CHI_IMAGE_EXPECTED, "static_plain"), 1)) {
            printf("# %s: %s\n", all_ways[i], output);
        }
        session_rig_fini(&rig);
    }
}
#endif

TEST(g19_image_that_could_not_be_started_is_gone) {
    for (size_t i = 0; i < WAY_COUNT; i++) {
        begin(CH_GUARD_COUNT);
        const int status = run_starter(all_ways[i], "/no/such/program", "x");
        if (strcmp(all_ways[i], "fexecve") != 0 && !CHECK_EQUAL(status, 127)) {
            printf("# %s: %s\n", all_ways[i], output);
        }
        CHECK_EQUAL(count_images(CHI_IMAGE_EXPECTED, ""), 0);
        CHECK_EQUAL(count_images(CHI_IMAGE_ARMED, "starter"), 1);
        session_rig_fini(&rig);
    }
}

/* A script is not an image: its interpreter is. */
TEST(g19_script_is_its_interpreter) {
    begin(CH_GUARD_COUNT);
    FILE *script = fopen("session_test.sh", "w");
    fprintf(script, "#!/bin/sh\n%s plain_calls\n", SCENARIOS_PLAIN);
    fclose(script);
    CHECK_EQUAL(chmod("session_test.sh", 0700), 0);
    CHECK_EQUAL(run_starter("execve", "./session_test.sh", NULL), 0);
    CHECK_EQUAL(count_images(CHI_IMAGE_EXPECTED, ""), 0);
    CHECK_EQUAL(count_images(CHI_IMAGE_ARMED, "sh"), 1);
    CHECK_EQUAL(count_images(CHI_IMAGE_ARMED, "scenarios_plain"), 1);
    unlink("session_test.sh");
    session_rig_fini(&rig);
}

/* ---- sealed from outside ---- */

TEST(g24_program_that_is_ready_is_sealed) {
    begin(CH_GUARD_LOG);
    rig.session->config.seal_on = CHI_SEAL_ON_POLL | CHI_SEAL_ON_EPOLL_WAIT;
    rig.session->config.quiet = 0;
    CHECK_EQUAL(run(WAITER, NULL), 0);
    CHECK(strstr(output, "coldheap: sealed by \"poll\" after 0.") != NULL);
    CHECK(strstr(output, " s: init took 5 allocations, 5000 B, 0 frees\n") != NULL);
    const chi_session_image *image = only_image();
    CHECK_EQUAL(image->sealed, 1);
    CHECK_TEXT(image->seal, "poll");
    CHECK_EQUAL(image->init_allocs, 5);
    CHECK_EQUAL(image->init_bytes, 5000);
    CHECK_EQUAL(rig.session->violations, 0);
    session_rig_fini(&rig);
}

TEST(g24_first_allocation_after_the_seal_is_shown) {
    begin(CH_GUARD_LOG);
    rig.session->config.seal_on = CHI_SEAL_ON_POLL;
    rig.session->config.quiet = 0;
    rig.session->config.max_reports = 1;
    rig.session->config.depth = 8;
    CHECK_EQUAL(run(WAITER, "dirty"), 97);
    CHECK(strstr(output, "VIOLATION malloc 1000 B in section \"seal:poll\"") != NULL);
    CHECK(strstr(output, "#0 ") != NULL && strstr(output, "waiter+0x") != NULL);
    CHECK_EQUAL(rig.session->violations, 3);
    CHECK_EQUAL(only_image()->status, 0);
    session_rig_fini(&rig);
}

TEST(g24_strict_seal_outlives_main) {
    begin(CH_GUARD_COUNT);
    rig.session->config.seal_on = CHI_SEAL_ON_POLL;
    rig.session->config.seal_exit_strict = 1;
    CHECK_EQUAL(run(WAITER, NULL), 97);
    CHECK_EQUAL(rig.session->violations, 5);
    session_rig_fini(&rig);
}

TEST(g24_main_seals) {
    begin(CH_GUARD_COUNT);
    rig.session->config.seal_on = CHI_SEAL_ON_MAIN;
    CHECK_EQUAL(run(WAITER, NULL), 97);
    CHECK_EQUAL(rig.session->violations, 5);
    CHECK_TEXT(only_image()->seal, "main");
    session_rig_fini(&rig);
}

TEST(g24_program_that_is_never_ready_is_not_sealed) {
    begin(CH_GUARD_COUNT);
    rig.session->config.seal_on = CHI_SEAL_ON_ACCEPT;
    CHECK_EQUAL(run(WAITER, "dirty"), 0);
    CHECK_EQUAL(only_image()->sealed, 0);
    CHECK_EQUAL(rig.session->violations, 0);
    session_rig_fini(&rig);
}

TEST(g24_time_that_has_come_seals_without_a_call) {
    begin(CH_GUARD_COUNT);
    rig.session->config.seal_on = CHI_SEAL_ON_AFTER;
    rig.session->config.seal_after_ns = 1;
    rig.session->config.seal_exit_strict = 1;
    CHECK_EQUAL(run(WAITER, NULL), 97); /* it gives back at the end */
    CHECK_TEXT(only_image()->seal, "time");
    CHECK_EQUAL(only_image()->sealed, 1);
    session_rig_fini(&rig);
}

#ifdef SCENARIOS_STATIC
/* What a static program cannot do is refused, not left out. */
TEST(g20_static_program_refuses_what_it_cannot_check) {
    begin(CH_GUARD_COUNT);
    rig.session->config.seal_on = CHI_SEAL_ON_SIGUSR2;
    CHECK_EQUAL(run_linked(SCENARIOS_STATIC, "plain_calls"), 0);
    rig.session->config.seal_on = CHI_SEAL_ON_POLL;
    CHECK_EQUAL(run_linked(SCENARIOS_STATIC, "plain_calls"), 98);
    CHECK(strstr(rig.session->images[1].why, "a seal by a call") != NULL);
    CHECK_EQUAL(rig.session->images[1].state, CHI_IMAGE_REFUSED);
    rig.session->config.seal_on = 0;
    rig.session->config.ops = CH_OP_MAP;
    CHECK_EQUAL(run_linked(SCENARIOS_STATIC, "plain_calls"), 98);
    CHECK(strstr(rig.session->images[2].why, "operations besides the heap's") != NULL);
    session_rig_fini(&rig);
}
#endif
