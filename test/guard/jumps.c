/* jumps.c: scopes that are left without their end: longjmp from here and there, fibres, signal
 * stacks. G5. */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "scenario.h"

typedef enum jump_kind { PLAIN, UNDERSCORE, SIGNAL } jump_kind;

static sigjmp_buf target;

__attribute__((noinline)) static void jump_out(jump_kind kind) {
    CH_HOT_SCOPE("left by a jump");
    switch (kind) {
    case PLAIN:
        longjmp(target, 1);
    case UNDERSCORE:
        _longjmp(target, 1);
    case SIGNAL:
        siglongjmp(target, 1);
    }
}

__attribute__((noinline)) static void jump_deep(unsigned levels, jump_kind kind) {
    volatile char frame[200];
    frame[0] = (char)levels;
    CH_HOT_SCOPE("level");
    if (levels > 0) {
        jump_deep(levels - 1, kind);
    }
    jump_out(kind);
    frame[1] = frame[0];
}

static void jump_and_allocate(jump_kind kind) {
    if (sigsetjmp(target, 0) == 0) {
        jump_deep(10, kind);
    }
    free(scenario_keep(malloc(3)));
}

SCENARIO(longjmp_ends_scopes, SCENARIO_CLEAN, "") {
    jump_and_allocate(PLAIN);
}

SCENARIO(underscore_longjmp_ends_scopes, SCENARIO_CLEAN, "") {
    jump_and_allocate(UNDERSCORE);
}

SCENARIO(siglongjmp_ends_scopes, SCENARIO_CLEAN, "") {
    jump_and_allocate(SIGNAL);
}

SCENARIO(longjmp_over_70_scopes, SCENARIO_CLEAN, "") {
    if (sigsetjmp(target, 0) == 0) {
        jump_deep(70, PLAIN);
    }
    free(scenario_keep(malloc(3)));
}

SCENARIO(longjmp_keeps_outer, SCENARIO_ABORT, "in hot section \"outer\"") {
    CH_HOT_SCOPE("outer");
    jump_and_allocate(PLAIN);
}

static void outer_around_jump(void) {
    CH_HOT_SCOPE("outer");
    if (sigsetjmp(target, 0) == 0) {
        jump_deep(3, PLAIN);
    }
}

SCENARIO(outer_end_heals, SCENARIO_CLEAN, "") {
    outer_around_jump();
    free(scenario_keep(malloc(3)));
}

SCENARIO(scope_of_setjmp_stays_open, SCENARIO_ABORT, "in hot section \"here\"") {
    volatile int turn = 0;
    if (sigsetjmp(target, 0) != 0) {
        scenario_keep(malloc(3));
        return;
    }
    CH_HOT_SCOPE("here");
    turn++;
    longjmp(target, turn);
}

SCENARIO(saved_state_is_restored, SCENARIO_CLEAN, "") {
    volatile int turn = 0;
    const uint64_t saved = ch_hot_save();
    if (sigsetjmp(target, 0) != 0) {
        ch_hot_restore(saved);
        free(scenario_keep(malloc(3)));
        return;
    }
    CH_HOT_SCOPE("here");
    turn++;
    longjmp(target, turn);
}

static ch_guard_mode jumping_callback(const ch_violation *violation, void *context) {
    (void)violation, (void)context;
    free(scenario_keep(malloc(100))); /* allowed here */
    longjmp(target, 1);
}

__attribute__((noinline)) static void violate(void) {
    CH_HOT_SCOPE("violating");
    free(scenario_keep(malloc(3)));
}

/* After the jump out of the callback the guard must watch as before. */
SCENARIO_LIMITED(callback_may_jump_away, SCENARIO_ABORT, "in hot section \"violating\"",
                 SCENARIO_NOT_HOOKED) {
    ch_guard_on_violation(jumping_callback, NULL);
    if (sigsetjmp(target, 0) == 0) {
        violate();
        scenario_fail("the callback was not called");
    }
    free(scenario_keep(malloc(3)));
    ch_guard_on_violation(NULL, NULL);
    violate();
}

/* ---- signal stacks ---- */

/* The customary size (SIGSTKSZ): a violation must fit. Sanitizers need more. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__has_feature)
static char signal_stack[65536];
#else
static char signal_stack[8192];
#endif

static void use_signal_stack(void (*handler)(int)) {
    const stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK;
    if (sigaltstack(&stack, NULL) != 0 || sigaction(SIGUSR1, &action, NULL) != 0) {
        scenario_fail("no signal stack");
    }
}

static void jump_from_handler(int signal) {
    (void)signal;
    siglongjmp(target, 1);
}

__attribute__((noinline)) static void allocate_deeper(unsigned levels) {
    volatile char frame[300];
    frame[0] = (char)levels;
    if (levels > 0) {
        allocate_deeper(levels - 1);
    } else {
        scenario_keep(malloc(3));
    }
    frame[1] = frame[0];
}

/* The signal stack lies below the thread's own: comparing addresses across would end "outer". */
SCENARIO_LIMITED(jump_from_signal_stack_keeps_outer, SCENARIO_ABORT, "in hot section \"outer\"",
                 SCENARIO_NOT_HOOKED) {
    use_signal_stack(jump_from_handler);
    CH_HOT_SCOPE("outer");
    if (sigsetjmp(target, 1) == 0) {
        raise(SIGUSR1);
        scenario_fail("the handler did not jump");
    }
    allocate_deeper(20);
}

/* The frames of the scopes that were left lie above the call: only the jump itself can tell. */
SCENARIO_LIMITED(longjmp_then_deeper, SCENARIO_CLEAN, "", SCENARIO_NOT_HOOKED) {
    if (sigsetjmp(target, 0) == 0) {
        jump_deep(3, PLAIN);
    }
    allocate_deeper(60);
}

static void allocate_in_handler(int signal) {
    (void)signal;
    scenario_keep(malloc(3));
}

SCENARIO(signal_stack_inherits_scope, SCENARIO_ABORT, "in hot section \"interrupted\"") {
    use_signal_stack(allocate_in_handler);
    CH_HOT_SCOPE("interrupted");
    raise(SIGUSR1);
}

static void scope_in_handler(int signal) {
    (void)signal;
    CH_HOT_SCOPE("handler");
}

SCENARIO(handler_leaves_state_as_found, SCENARIO_CLEAN, "") {
    use_signal_stack(scope_in_handler);
    raise(SIGUSR1);
    free(scenario_keep(malloc(3)));
}

/* ---- fibres ---- */

static ucontext_t main_context;
static ucontext_t fibre_context;
static char fibre_stack[131072];

static void start_fibre(void (*body)(void)) {
    getcontext(&fibre_context);
    fibre_context.uc_stack.ss_sp = fibre_stack;
    fibre_context.uc_stack.ss_size = sizeof fibre_stack;
    fibre_context.uc_link = &main_context;
    makecontext(&fibre_context, body, 0);
    swapcontext(&main_context, &fibre_context);
}

static void hot_fibre(void) {
    CH_HOT_SCOPE("fibre");
    swapcontext(&fibre_context, &main_context);
    scenario_keep(malloc(3)); /* on our stack again, still in our scope */
}

SCENARIO_LIMITED(fibre_switch_with_states, SCENARIO_ABORT, "4 B in hot section \"fibre\"",
                 SCENARIO_NOT_HOOKED) {
    const uint64_t mine = ch_hot_save();
    start_fibre(hot_fibre);
    const uint64_t fibre = ch_hot_save();
    ch_hot_restore(mine);
    free(scenario_keep(malloc(3)));
    ch_hot_restore(fibre);
    scenario_keep(malloc(4));
}

/* Frames of the fibre say nothing about those of the thread: "outer" must stay. */
static void allocating_fibre(void) {
    scenario_keep(malloc(3));
}

SCENARIO_LIMITED(fibre_inherits_scope, SCENARIO_ABORT, "in hot section \"outer\"",
                 SCENARIO_NOT_HOOKED) {
    CH_HOT_SCOPE("outer");
    start_fibre(allocating_fibre);
}

static void jumping_fibre(void) {
    if (sigsetjmp(target, 0) == 0) {
        jump_deep(2, PLAIN);
    }
    scenario_keep(malloc(3));
}

/* Not decided by address on a fibre: a false violation rather than a missed one. */
SCENARIO_LIMITED(jump_on_fibre_stays_hot, SCENARIO_ABORT, "VIOLATION", SCENARIO_NOT_HOOKED) {
    start_fibre(jumping_fibre);
}
