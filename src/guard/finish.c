/* finish.c: the end of the process. exit(3) and the return from main start teardown, before any
 * exit handler runs, and a process with violations on its account ends with the guard's status,
 * after a summary.
 *
 * Where libc's exit cannot be interposed (static programs, beside a sanitizer), an exit handler
 * registered when the seal began and a destructor do the same, later. The destructor also catches
 * what calls exit inside libc, as the end of the last thread does. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sealon.h"
#include "session_shared.h"
#include "state.h"
#include "track.h"

static bool told;

/* What the process ends with instead of `status`. */
static int judged(int status) {
    chi_track_ended();
    if (chi_guard_settings.config.quiet == 0) {
        chi_faults_tell(chi_guard_settings.report_fd);
    }
    if (chi_guard_settings.exit_status == 0 || chi_guard_ledger_mine() == 0) {
        return status;
    }
    if (!told && chi_guard_settings.config.quiet == 0) {
        chi_guard_print_summary(chi_guard_settings.report_fd);
    }
    told = true;
    return chi_guard_settings.exit_status;
}

/* Whatever scopes are open: the code in them has come to its end. */
static void start_teardown(void) {
    chi_sealon_clock();
    if (chi_guard_settings.config.seal_exit_strict == 0) {
        (void)chi_guard_seal_end();
    }
    chi_guard_leave(0);
}

CH_NORETURN static void leave_process(int status) {
    for (;;) {
        (void)syscall(SYS_exit_group, status);
    }
}

__attribute__((destructor)) static void at_the_very_end(void) {
    if (told) {
        chi_track_ended();
        return;
    }
    start_teardown();
    const int status = judged(0);
    if (told) {
        (void)fflush(NULL);
        leave_process(status);
    }
}

#ifndef CHI_GUARD_HOOKS

static int verdict(int status) {
    chi_session_image_ended(status);
    return judged(status);
}

CHI_EXPORT void _exit(int status) {
    leave_process(verdict(status));
}

CHI_EXPORT void _Exit(int status) {
    leave_process(verdict(status));
}

#endif

#if defined(CHI_GUARD_HOOKS) || defined(CHI_GUARD_STATIC)

static int registered;

#ifdef __GLIBC__
static void note_status(int status, void *nothing) {
    (void)nothing;
    chi_session_image_ended(status);
}

/* The first handlers need no heap. */
__attribute__((constructor(104))) static void ask_for_status(void) {
    CHI_HOOK_SCOPE;
    (void)on_exit(note_status, NULL);
}
#endif

void chi_guard_seal_began(void) {
    if (__atomic_exchange_n(&registered, 1, __ATOMIC_RELAXED) == 0) {
        CHI_HOOK_SCOPE;
        (void)atexit(start_teardown);
    }
}

#else

typedef int (*main_fn)(int, char **, char **);
typedef int (*start_fn)(main_fn, int, char **, void (*)(void), void (*)(void), void (*)(void),
                        void *);
typedef void (*exit_fn)(int) CH_NORETURN;

int __libc_start_main(main_fn program, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*loader_fini)(void), void *stack_end);

static main_fn program_main;

void chi_guard_seal_began(void) {
}

CH_NORETURN static void exit_by(const char *name, int status) {
    start_teardown();
    status = verdict(status);
    exit_fn function = (exit_fn)(uintptr_t)chi_guard_next_symbol(name);
    if (function == NULL) {
        leave_process(status);
    }
    function(status);
}

CHI_EXPORT void exit(int status) {
    exit_by("exit", status);
}

CHI_EXPORT void quick_exit(int status) {
    exit_by("quick_exit", status);
}

static int guarded_main(int argc, char **argv, char **environment) {
    chi_sealon_at(CHI_SEAL_ON_MAIN, "main");
    const int status = program_main(argc, argv, environment);
    start_teardown();
    return verdict(status);
}

CHI_EXPORT int __libc_start_main(main_fn program, int argc, char **argv, void (*init)(void),
                                 void (*fini)(void), void (*loader_fini)(void), void *stack_end) {
    start_fn function = (start_fn)(uintptr_t)chi_guard_next_symbol("__libc_start_main");
    if (function == NULL) {
        chi_guard_say("no __libc_start_main behind the guard", "", "");
        leave_process(CH_GUARD_STATUS_NOT_ARMED);
    }
    program_main = program;
    return function(guarded_main, argc, argv, init, fini, loader_fini, stack_end);
}

#endif
