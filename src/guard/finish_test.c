/* The end of a process, in forked children: statuses and the summary, once. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "state.h"

static char text[16384];

/* The child's status; what it wrote to stderr is in `text`. */
static int end_of(void (*body)(void)) {
    int ends[2];
    if (pipe(ends) != 0) {
        return -1;
    }
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        ch_guard_set_mode(CH_GUARD_COUNT);
        body();
        exit(5);
    }
    close(ends[1]);
    size_t used = 0;
    ssize_t got;
    while ((got = read(ends[0], text + used, sizeof text - 1 - used)) > 0) {
        used += (size_t)got;
    }
    text[used] = 0;
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void violate(void) {
    CH_HOT_SCOPE("tick");
    void *volatile block = malloc(3);
    free(block);
}

static size_t occurrences(const char *word) {
    size_t count = 0;
    for (const char *hit = text; (hit = strstr(hit, word)) != NULL; hit++) {
        count++;
    }
    return count;
}

static void do_nothing(void) {
}

TEST(g15_clean_process_keeps_its_status) {
    CHECK_EQUAL(end_of(do_nothing), 5);
    CHECK_TEXT(text, "");
}

TEST(g15_violations_end_with_97) {
    CHECK_EQUAL(end_of(violate), CH_GUARD_STATUS_VIOLATION);
    CHECK_EQUAL(occurrences("coldheap: FAIL violations=2"), 1);
}

static void violate_late(void) {
    atexit(violate);
    violate();
}

/* The status is decided; the summary is not repeated. */
TEST(g15_summary_is_printed_once) {
    CHECK_EQUAL(end_of(violate_late), CH_GUARD_STATUS_VIOLATION);
    CHECK_EQUAL(occurrences("coldheap: FAIL"), 1);
}

static void only_violate_late(void) {
    atexit(violate);
}

TEST(g15_violations_in_exit_handlers_count) {
    CHECK_EQUAL(end_of(only_violate_late), CH_GUARD_STATUS_VIOLATION);
    CHECK_EQUAL(occurrences("coldheap: FAIL violations=2"), 1);
}

static void reset_after_violation(void) {
    violate();
    ch_guard_reset();
}

TEST(g10_reset_clears_the_account) {
    CHECK_EQUAL(end_of(reset_after_violation), 5);
}

static void own_verdict(void) {
    ch_guard_exit_status(0);
    violate();
    exit(20);
}

TEST(g15_tool_may_choose_the_status) {
    CHECK_EQUAL(end_of(own_verdict), 20);
    CHECK_TEXT(text, "");
}

static void *exits_from_thread(void *unused) {
    violate();
    exit(6);
    return unused;
}

static void exit_in_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, exits_from_thread, NULL);
    pthread_join(thread, NULL);
}

TEST(g15_exit_in_a_thread) {
    CHECK_EQUAL(end_of(exit_in_thread), CH_GUARD_STATUS_VIOLATION);
}

static void sealed_exit(void) {
    ch_seal("ready");
    exit(7);
}

TEST(g24_exit_ends_the_seal) {
    CHECK_EQUAL(end_of(sealed_exit), 7);
}
