/* process.c: fork, the seal, the end of the process. G6, G15, G24. */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenario.h"

static void allocate(void) {
    free(scenario_keep(malloc(100)));
}

__attribute__((noinline)) static void violate(void) {
    CH_HOT_SCOPE("violating");
    free(scenario_keep(malloc(3)));
}

SCENARIO(forks, SCENARIO_CLEAN, "") {
    for (int i = 0; i < 200; i++) {
        if (scenario_child_status(allocate) != 0) {
            scenario_fail("a child did not end well");
        }
    }
}

static void enter_and_allocate(void) {
    { CH_HOT_SCOPE("forked"); }
    allocate();
}

SCENARIO(forks_that_enter, SCENARIO_CLEAN, "") {
    { CH_HOT_SCOPE("forking"); }
    for (int i = 0; i < 200; i++) {
        if (scenario_child_status(enter_and_allocate) != 0) {
            scenario_fail("a child did not end well");
        }
    }
}

SCENARIO(fork_child_keeps_scope, SCENARIO_CLEAN, "") {
    CH_HOT_SCOPE("forking");
    if (scenario_child_status(allocate) != SCENARIO_ABORT) {
        scenario_fail("the child's call was not caught");
    }
}

static void do_nothing(void) {
}

/* A child answers for its own violations, and only for those. */
SCENARIO_LIMITED(fork_child_has_own_account, SCENARIO_VIOLATION, "violations=2",
                 SCENARIO_NOT_HOOKED) {
    ch_guard_set_mode(CH_GUARD_COUNT);
    violate();
    if (ch_guard_violations() != 2) {
        scenario_fail("not counted");
    }
    if (scenario_child_status(do_nothing) != 0) {
        scenario_fail("the child answers for its parent");
    }
    if (scenario_child_status(violate) != SCENARIO_VIOLATION) {
        scenario_fail("the child does not answer for itself");
    }
}

/* ---- the seal ---- */

SCENARIO(seal_denies, SCENARIO_ABORT, "3 B in section \"seal:ready\", ") {
    if (!ch_seal("ready")) {
        scenario_fail("not sealed");
    }
    scenario_keep(malloc(3));
}

static sem_t started;
static sem_t is_sealed;

static void *allocates_after_seal(void *nothing) {
    sem_post(&started);
    sem_wait(&is_sealed);
    scenario_keep(malloc(5));
    return nothing;
}

SCENARIO(seal_denies_other_threads, SCENARIO_ABORT, "5 B in section \"seal:ready\", ") {
    pthread_t thread;
    sem_init(&started, 0, 0);
    sem_init(&is_sealed, 0, 0);
    pthread_create(&thread, NULL, allocates_after_seal, NULL);
    sem_wait(&started);
    ch_seal("ready");
    sem_post(&is_sealed);
    pthread_join(thread, NULL);
}

SCENARIO(seal_of_some_operations, SCENARIO_ABORT, "VIOLATION free") {
    ch_seal_ops("no frees", CH_OP_FREE);
    void *block = scenario_keep(malloc(3));
    free(block);
}

SCENARIO(seal_permits, SCENARIO_CLEAN, "") {
    ch_seal("ready");
    CH_PERMIT_SCOPE("once");
    allocate();
}

SCENARIO(seal_and_hot_inside_permit, SCENARIO_ABORT, "in hot section \"inner\"") {
    ch_seal("ready");
    CH_PERMIT_SCOPE("once");
    CH_HOT_SCOPE("inner");
    allocate();
}

SCENARIO(scope_is_named_before_seal, SCENARIO_ABORT, "in hot section \"tick\"") {
    ch_seal("ready");
    CH_HOT_SCOPE("tick");
    allocate();
}

SCENARIO(unseal_allows, SCENARIO_CLEAN, "") {
    ch_seal("ready");
    if (ch_seal("again") || !ch_unseal() || ch_unseal()) {
        scenario_fail("wrong answers");
    }
    allocate();
    if (!ch_seal("again") || !ch_seal_end() || ch_seal_end() || ch_seal("too late")) {
        scenario_fail("wrong answers");
    }
    allocate();
}

static void allocating_exit_handler(void) {
    allocate();
}

SCENARIO(return_from_main_ends_seal, SCENARIO_CLEAN, "") {
    atexit(allocating_exit_handler);
    ch_seal("ready");
}

SCENARIO(exit_ends_seal, SCENARIO_CLEAN, "") {
    atexit(allocating_exit_handler);
    ch_seal("ready");
    exit(0);
}

/* Exit handlers run in whatever scope exit was called: the scope's code has ended all the same. */
SCENARIO_LIMITED(exit_ends_scope, SCENARIO_CLEAN, "", SCENARIO_NOT_HOOKED | SCENARIO_NOT_STATIC) {
    atexit(allocating_exit_handler);
    CH_HOT_SCOPE("tick");
    exit(0);
}

SCENARIO_LIMITED(quick_exit_ends_seal, SCENARIO_CLEAN, "",
                 SCENARIO_NOT_HOOKED | SCENARIO_NOT_STATIC) {
    at_quick_exit(allocating_exit_handler);
    ch_seal("ready");
    quick_exit(0);
}

/* ---- statuses ---- */

static void violate_and_say(void) {
    ch_guard_set_mode(CH_GUARD_COUNT);
    printf("output is not lost\n");
    violate();
}

SCENARIO(status_at_return, SCENARIO_VIOLATION, "output is not lost") {
    violate_and_say();
}

SCENARIO(status_at_exit, SCENARIO_VIOLATION, "output is not lost") {
    violate_and_say();
    exit(3);
}

SCENARIO_LIMITED(status_at_underscore_exit, SCENARIO_VIOLATION, "violations=2",
                 SCENARIO_NOT_HOOKED) {
    violate_and_say();
    _exit(3);
}

SCENARIO_LIMITED(status_at_quick_exit, SCENARIO_VIOLATION, "violations=2",
                 SCENARIO_NOT_HOOKED | SCENARIO_NOT_STATIC) {
    violate_and_say();
    quick_exit(3);
}

SCENARIO(status_at_pthread_exit, SCENARIO_VIOLATION, "output is not lost") {
    violate_and_say();
    pthread_exit(NULL);
}

SCENARIO(status_of_violation_in_exit_handler, SCENARIO_VIOLATION, "violations=2") {
    ch_guard_set_mode(CH_GUARD_COUNT);
    atexit(violate);
}

SCENARIO(own_status_is_kept, 20, "") {
    ch_guard_set_mode(CH_GUARD_COUNT);
    ch_guard_exit_status(0);
    violate();
    exit(ch_guard_violations() == 2 ? 20 : 1);
}

SCENARIO(chosen_status, 20, "violations=2") {
    ch_guard_set_mode(CH_GUARD_COUNT);
    ch_guard_exit_status(20);
    violate();
}

static void violate_beside_parent(void) {
    const pid_t child = vfork();
    if (child == 0) {
        _exit(5);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 5) {
        scenario_fail("a vfork child answers for its parent");
    }
}

SCENARIO_LIMITED(vfork_child_keeps_its_status, SCENARIO_VIOLATION, "violations=2",
                 SCENARIO_NOT_HOOKED) {
    ch_guard_set_mode(CH_GUARD_COUNT);
    violate();
    violate_beside_parent();
}

SCENARIO(reset_forgets, SCENARIO_CLEAN, "") {
    ch_guard_set_mode(CH_GUARD_COUNT);
    violate();
    ch_guard_reset();
    if (ch_guard_violations() != 0) {
        scenario_fail("not forgotten");
    }
}
