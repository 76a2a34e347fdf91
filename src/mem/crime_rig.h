/* crime_rig.h: a wrong access in a child process, and whether the memory checker of this run sees
 * it: AddressSanitizer by its report, Valgrind by its count of errors. Test programs only. */
#ifndef CHI_CRIME_RIG_H
#define CHI_CRIME_RIG_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "mem/checked.h"

#if defined(__has_include) && !defined(CHI_HAVE_ASAN)
#if __has_include(<valgrind/memcheck.h>)
#define CRIME_VALGRIND 1
#include <valgrind/memcheck.h>
#endif
#endif

typedef struct crime {
    void (*commit)(void *block);
    void *block;
} crime;

/* crime_is_watched tells whether a memory checker runs here. */
static inline bool crime_is_watched(void) {
#if defined(CHI_HAVE_ASAN)
    return true;
#elif defined(CRIME_VALGRIND)
    return RUNNING_ON_VALGRIND != 0;
#else
    return false;
#endif
}

static inline void crime_commit(void *context) {
    const crime *wish = context;
#if defined(CRIME_VALGRIND)
    const unsigned long before = VALGRIND_COUNT_ERRORS;
    wish->commit(wish->block);
    if (VALGRIND_COUNT_ERRORS > before) {
        fputs("seen by Valgrind\n", stderr);
        fflush(stderr);
        _exit(9);
    }
#else
    wish->commit(wish->block);
#endif
}

/* crime_is_seen commits a wrong access to `block` in a child: true if the child died of the memory
 * checker's diagnosis. */
static inline bool crime_is_seen(void (*commit)(void *block), void *block) {
    crime wish = {commit, block};
    char text[512];
    return ch_test_child_dies(crime_commit, &wish, text, sizeof text) &&
           (strstr(text, "AddressSanitizer") != NULL || strstr(text, "seen by Valgrind") != NULL);
}

#endif
