/* A violation in words, line by line. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "harness.h"
#include "state.h"

static char text[16384];

static int begin(void) {
    int ends[2];
    CHECK(pipe(ends) == 0);
    chi_guard_settings.report_fd = ends[1];
    return ends[0];
}

static const char *end(int reader) {
    close(chi_guard_settings.report_fd);
    chi_guard_settings.report_fd = STDERR_FILENO;
    size_t used = 0;
    ssize_t got;
    while ((got = read(reader, text + used, sizeof text - 1 - used)) > 0) {
        used += (size_t)got;
    }
    text[used] = 0;
    close(reader);
    return text;
}

static const char *report(const ch_violation *violation) {
    const int reader = begin();
    chi_guard_report(violation);
    return end(reader);
}

static ch_violation in_scope(void) {
    return (ch_violation){.section = "tick",
                          .file = "engine.c",
                          .func = "step",
                          .call = "malloc",
                          .size_bytes = 64,
                          .line = 21,
                          .op = CH_OP_ALLOC,
                          .depth = 2,
                          .thread = 77};
}

TEST(g16_first_line) {
    ch_violation v = in_scope();
    prctl(PR_SET_NAME, "worker-1");
    CHECK_TEXT(report(&v), "coldheap: VIOLATION malloc 64 B in hot section \"tick\" (engine.c:21, "
                           "step), depth 2, thread 77 \"worker-1\"\n");
    v.align = 4096;
    v.call = "aligned_alloc";
    v.depth = 65;
    CHECK(strstr(report(&v),
                 "aligned_alloc 64 B aligned 4096 in hot section \"tick\" (engine.c:21, "
                 "step), depth 65 (names are kept for 64), thread 77") != NULL);
}

TEST(g16_operations) {
    ch_violation v = in_scope();
    v.pointer = (const void *)0x1234;
    v.op = CH_OP_FREE;
    v.call = "free";
    CHECK(strstr(report(&v), "VIOLATION free of 0x1234 in hot") != NULL);
    v.op = CH_OP_REALLOC;
    v.call = "realloc";
    CHECK(strstr(report(&v), "VIOLATION realloc 64 B from 0x1234 in hot") != NULL);
    v.op = CH_OP_ALLOC;
    v.call = "calloc";
    v.size_bytes = SIZE_MAX;
    CHECK(strstr(report(&v), "VIOLATION calloc (more than there are addresses) in hot") != NULL);
}

TEST(g24_seal_is_named_with_its_age) {
    ch_violation v = in_scope();
    v.section = "seal:ready";
    v.file = v.func = NULL;
    v.sealed_ns = UINT64_C(12003004999);
    CHECK(strstr(report(&v), "malloc 64 B in section \"seal:ready\", 12.003004 s after sealing, "
                             "thread 77") != NULL);
}

__attribute__((noinline)) static const void *here(void) {
    return __builtin_return_address(0);
}

TEST(g16_frames_have_names_and_modules) {
    ch_violation v = in_scope();
    const void *frames[3] = {here(), (const void *)8, here()};
    v.frames = frames;
    v.frame_count = 3;
    const char *got = report(&v);
    CHECK(strstr(got, "\n    #0 0x") != NULL);
    CHECK(strstr(got, " test_g16_frames_have_names_and_modules+0x") != NULL);
    CHECK(strstr(got, " (guard_report_test+0x") != NULL);
    CHECK(strstr(got, "\n    #1 0x8\n") != NULL);
    CHECK(strstr(got, "\n    #2 0x") != NULL);
    CHECK(strstr(got, "guard_report_test: build id ") != NULL);
}

TEST(g15_depth_limits_the_frames) {
    ch_violation v = in_scope();
    const void *frames[3] = {here(), here(), here()};
    v.frames = frames;
    v.frame_count = 3;
    chi_guard_settings.config.depth = 1;
    const char *got = report(&v);
    CHECK(strstr(got, "#0 ") != NULL && strstr(got, "#1 ") == NULL);
    chi_guard_settings.config.depth = 0;
    got = report(&v);
    CHECK(strstr(got, "#0 ") == NULL);
    chi_guard_settings.config.depth = CHI_FRAME_MAX;
}

__attribute__((noinline)) static void violate(void) {
    CH_HOT_SCOPE("summed up");
    void *volatile block = malloc(3);
    free(block);
}

TEST(g15_summary_has_places_and_numbers) {
    ch_guard_set_mode(CH_GUARD_COUNT);
    int reader = begin();
    ch_guard_print_summary(chi_guard_settings.report_fd);
    CHECK_TEXT(end(reader), "");
    violate();
    violate();
    reader = begin();
    ch_guard_print_summary(chi_guard_settings.report_fd);
    const char *got = end(reader);
    CHECK(strstr(got, "coldheap: x2 free in hot section \"summed up\" (") != NULL);
    CHECK(strstr(got, " from 0x") != NULL);
    CHECK(strstr(got, " violate+0x") != NULL);
    CHECK(strstr(got, "coldheap: FAIL violations=4 sites=2 unplaced=0\n") != NULL);
    ch_guard_reset();
    ch_guard_set_mode(CH_GUARD_ABORT);
}
