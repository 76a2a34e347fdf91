/* effects.c: tables of names; see effects.h. */
#include "effects.h"

#include <stddef.h>
#include <string.h>

static const char *const ALLOCATORS[] = {"malloc",
                                         "calloc",
                                         "realloc",
                                         "reallocarray",
                                         "free",
                                         "cfree",
                                         "memalign",
                                         "aligned_alloc",
                                         "posix_memalign",
                                         "valloc",
                                         "pvalloc",
                                         "free_sized",
                                         "mmap",
                                         "mmap64",
                                         "munmap",
                                         "mremap",
                                         "brk",
                                         "sbrk",
                                         "__libc_malloc",
                                         "__libc_calloc",
                                         "__libc_realloc",
                                         "__libc_free",
                                         "__libc_memalign",
                                         "__libc_valloc",
                                         "__libc_pvalloc",
                                         "__mmap",
                                         "__mmap64",
                                         "__munmap",
                                         "__mremap",
                                         "__brk",
                                         "__sbrk",
                                         "__rust_alloc",
                                         "__rust_dealloc",
                                         "__rust_realloc",
                                         "__rust_alloc_zeroed",
                                         "free_aligned_sized",
                                         "__cxa_allocate_exception",
                                         "__cxa_free_exception"};

static const char *const OPERATORS[] = {"_Znw", "_Zna", "_Zdl", "_Zda"};

static const char *const MARKS[] = {"ch_hot_enter", "ch_hot_leave", "chi_hot_save", "ch_track_note",
                                    "ch_track_wanted"};

/* Written in assembly in glibc, with jumps that are computed from the length: leaves all the same.
 */
static const char *const LEAVES[] = {"memcpy", "memmove", "mempcpy", "memset",
                                     "memcmp", "bcmp",    "memchr",  "strlen"};

/* Where an exception is thrown, it was allocated before. */
static const char *const ENDS[] = {
    "abort", "_exit", "_Exit", "__assert_fail", "__stack_chk_fail", "__chk_fail", "__fortify_fail",
    "__libc_fatal", "__cxa_pure_virtual",
    /* The end of a thread that is cancelled, and the way on of an
       unwinding that began elsewhere, where it is charged. */
    "__pthread_unwind", "_Unwind_Resume", "__cxa_throw", "_Unwind_Resume", "_ZSt9terminatev"};

static bool is_among(const char *const *names, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

#define IS_AMONG(names, name) is_among((names), sizeof(names) / sizeof(names)[0], (name))

bool effects_allocates(const char *name) {
    for (size_t i = 0; i < sizeof OPERATORS / sizeof OPERATORS[0]; i++) {
        if (strncmp(name, OPERATORS[i], 4) == 0) {
            return true;
        }
    }
    return IS_AMONG(ALLOCATORS, name);
}

bool effects_none(const char *name) {
    return IS_AMONG(MARKS, name) || IS_AMONG(LEAVES, name);
}

bool effects_is_mark(const char *name) {
    return IS_AMONG(MARKS, name);
}

bool effects_ends(const char *name) {
    return IS_AMONG(ENDS, name);
}
