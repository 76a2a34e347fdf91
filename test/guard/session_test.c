/* Whole programs under a session: what the command finds in the shared file when they are gone, in
 * whatever way they went. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
