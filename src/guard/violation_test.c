/* What a violation carries, who decides about it, and that deciding disturbs nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"
#include "state.h"

static ch_violation last;
static char last_section[128];
static const void *last_frame;
static int callback_runs;
static ch_guard_mode answer;

static ch_guard_mode remember(const ch_violation *violation, void *context) {
    last = *violation;
    memcpy(last_section, violation->section, strlen(violation->section) + 1);
    last_frame = violation->frame_count > 0 ? violation->frames[0] : NULL;
    callback_runs++;
    *(int *)context += 1;
    void *volatile block = malloc(1000); /* everything is permitted here */
    free(block);
    errno = 4321;
    return answer;
}

__attribute__((noinline)) static void *allocate(size_t size_bytes) {
    void *volatile block = malloc(size_bytes);
    return block;
}

static int begin(ch_guard_mode mode) {
    callback_runs = 0;
    answer = mode;
    memset(&last, 0, sizeof last);
    return 0;
}

TEST(g10_callback_sees_everything) {
    int context = begin(CH_GUARD_COUNT);
    ch_guard_on_violation(remember, &context);
    const int line = __LINE__ + 2;
    {
        CH_HOT_SCOPE("tick");
        errno = 17;
        free(allocate(123));
        CHECK_EQUAL(errno, 17);
    }
    CHECK_EQUAL(callback_runs, 2);
    CHECK_EQUAL(context, 2);
    CHECK_TEXT(last_section, "tick");
    CHECK_EQUAL(last.op, CH_OP_FREE);
    CHECK_TEXT(last.call, "free");
    CHECK(last.pointer != NULL);
    CHECK_EQUAL(last.line, line);
    CHECK(strstr(last.file, "violation_test.c") != NULL);
    CHECK_TEXT(last.func, __func__);
    CHECK_EQUAL(last.depth, 1);
    CHECK_EQUAL(last.number, 2);
    CHECK_EQUAL(last.repeat, 1);
    CHECK_EQUAL(last.sealed_ns, 0);
    CHECK_EQUAL(last.thread, syscall(SYS_gettid));
    CHECK(last.frame_count > 1);
    CHECK(last_frame == last.caller);
    ch_guard_reset();
    CHECK_EQUAL(ch_guard_violations(), 0);
}

TEST(g10_callback_sees_the_seal) {
    int context = begin(CH_GUARD_COUNT);
    ch_guard_on_violation(remember, &context);
    ch_seal("ready");
    void *block = allocate(64);
    ch_unseal();
    free(block);
    CHECK_EQUAL(callback_runs, 1);
    CHECK_TEXT(last_section, "seal:ready");
    CHECK(last.file == NULL && last.func == NULL);
    CHECK(last.sealed_ns > 0);
    CHECK_EQUAL(last.size_bytes, 64);
    ch_guard_reset();
}

TEST(g24_long_name_is_cut) {
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    int context = begin(CH_GUARD_COUNT);
    ch_guard_on_violation(remember, &context);
    ch_seal(name);
    void *block = allocate(64);
    ch_unseal();
    free(block);
    CHECK_EQUAL(strlen(last_section), 79);
    CHECK(memcmp(last_section, "seal:nnn", 8) == 0);
    ch_guard_reset();
}

TEST(g16_repeats_and_numbers) {
    int context = begin(CH_GUARD_COUNT);
    ch_guard_on_violation(remember, &context);
    void *blocks[10];
    for (volatile int i = 0; i < 10; i++) { /* volatile: one call in one place, not ten of them */
        CH_HOT_SCOPE("tick");
        blocks[i] = allocate(10);
    }
    CHECK_EQUAL(last.number, 10);
    CHECK_EQUAL(last.repeat, 10);
    for (int i = 0; i < 10; i++) {
        free(blocks[i]);
    }
    ch_guard_reset();
}

TEST(g15_count_is_silent_and_cheap) {
    ch_guard_set_mode(CH_GUARD_COUNT);
    for (int i = 0; i < 1000; i++) {
        CH_HOT_SCOPE("tick");
        free(allocate(10));
    }
    CHECK_EQUAL(ch_guard_violations(), 2000);
    ch_guard_reset();
    ch_guard_set_mode(CH_GUARD_ABORT);
}

static void violate(void *nothing) {
    (void)nothing;
    CH_HOT_SCOPE("fatal");
    free(allocate(10));
}

TEST(g15_abort_is_the_default) {
    char text[8192];
    CHECK_EQUAL(ch_guard_mode_now(), CH_GUARD_ABORT);
    CHECK(ch_test_child_dies(violate, NULL, text, sizeof text));
    CHECK(strstr(text, "coldheap: VIOLATION ") != NULL);
    CHECK(strstr(text, "10 B in hot section \"fatal\"") != NULL);
    CHECK(strstr(text, " allocate") != NULL);
}

TEST(g15_callback_may_abort) {
    char text[8192];
    int context = begin(CH_GUARD_ABORT);
    ch_guard_set_mode(CH_GUARD_COUNT);
    ch_guard_on_violation(remember, &context);
    CHECK(ch_test_child_dies(violate, NULL, text, sizeof text));
    CHECK(strstr(text, "\"fatal\"") != NULL);
    ch_guard_reset();
    ch_guard_set_mode(CH_GUARD_ABORT);
}

TEST(g15_unknown_mode_changes_nothing) {
    CHECK_EQUAL(ch_guard_set_mode((ch_guard_mode)99), CH_GUARD_ABORT);
    CHECK_EQUAL(ch_guard_set_mode((ch_guard_mode)-1), CH_GUARD_ABORT);
    CHECK_EQUAL(ch_guard_mode_now(), CH_GUARD_ABORT);
}

/* A dead scope does not make a violation: it is dropped, and the call goes on. */
TEST(g05_dead_scope_is_no_violation) {
    static const ch_hot_mark mark = {"dead", "f.c", "f", 1, CH_OP_HEAP};
    char *below = (char *)__builtin_frame_address(0) - 32768;
    ch_hot_enter(&mark, below);
    void *block = allocate(10);
    CHECK_EQUAL(chi_guard_self.state, 0);
    CHECK_EQUAL(ch_guard_violations(), 0);
    free(block);
}

TEST(g16_every_call_has_a_name) {
    CHECK_TEXT(chi_guard_call_text(CHI_CALL_MALLOC), "malloc");
    CHECK_TEXT(chi_guard_call_text(CHI_CALL_SOME_FREE), "free");
    CHECK_TEXT(chi_guard_call_text(CHI_CALL_POSIX_MEMALIGN), "posix_memalign");
}
