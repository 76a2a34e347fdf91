/* death_rig.h: misplaced accesses that a memory checker must see, each in a process of its own: a
 * forked child under ASan; elsewhere the test program again, under Valgrind, if that is installed.
 * The program is told what to break by COLDHEAP_BREAK. Test programs only. */
#ifndef CHI_DEATH_RIG_H
#define CHI_DEATH_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "harness.h"
#include "mem/checked.h"
#include "mem/mem_rig.h"

#define DEATH_VALGRIND "/usr/bin/valgrind"

typedef void (*death_body)(void *unused);

static inline void death_under_valgrind(const char *test, size_t count) {
    enum { TOLD = 97 };
    char self[4096] = {0};
    if (readlink("/proc/self/exe", self, sizeof self - 1) <= 0 ||
        access(DEATH_VALGRIND, X_OK) != 0) {
        ch_test_skip("no memory checker here");
        return;
    }
    const char *const argv[] = {DEATH_VALGRIND, "-q", "--error-exitcode=97", self, "--filter",
                                test,           NULL};
    for (size_t i = 0; i < count; i++) {
        char number[16];
        char text[8192];
        (void)snprintf(number, sizeof number, "%zu", i);
        CHECK_EQUAL(setenv("COLDHEAP_BREAK", number, 1), 0);
        CHECK_EQUAL(ch_test_run_program(argv, text, sizeof text), TOLD);
        CHECK(strstr(text, "Invalid write of size 1") != NULL);
    }
    CHECK_EQUAL(unsetenv("COLDHEAP_BREAK"), 0);
}

/* Each of the bodies writes one byte where it must not; `test` is the name of the calling test. */
static inline void death_check(const char *test, const death_body *bodies, size_t count) {
    const char *which = getenv("COLDHEAP_BREAK");
    if (which != NULL) {
        bodies[strtoul(which, NULL, 10) % count](NULL);
        return;
    }
#ifdef CHI_HAVE_ASAN
    (void)test;
    for (size_t i = 0; i < count; i++) {
        char text[8192];
        CHECK(ch_test_child_dies(bodies[i], NULL, text, sizeof text));
        CHECK(strstr(text, "use-after-poison") != NULL);
    }
#else
    if (RIG_SLOW) {
        ch_test_skip("Valgrind cannot run this build");
        return;
    }
    death_under_valgrind(test, count);
#endif
}

#endif
