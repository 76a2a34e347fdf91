/* selftest.c: does every heap call of this program reach us? Comparing addresses cannot tell (our
 * own references are interposed too, executables may hold canonical addresses), so each function
 * is called, as the program would find it, in a forced hot scope, and must be seen as a violation.
 * The symbol is looked up at run time, so that the compiler cannot leave the call out. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "state.h"

#define PROBE_BYTES 40u
#define PROBE_ALIGN 64u

/* The function as the program finds it; in a static program, or without an own symbol table,
 * the one linked in. */
static void *find(const char *name, void (*linked)(void)) {
    void *symbol = chi_guard_any_symbol(name);
    return symbol != NULL ? symbol : (void *)(uintptr_t)linked;
}

#define FIND(function) find(#function, (void (*)(void))(function))

/* True if a call has been seen since the last time. */
static bool seen(void) {
    const bool moved = chi_guard_self.probe_hits != 0;
    chi_guard_self.probe_hits = 0;
    return moved;
}

static const char *probe_malloc_free(void) {
    void *(*volatile take)(size_t) = (void *(*)(size_t))(uintptr_t)FIND(malloc);
    void (*volatile give)(void *) = (void (*)(void *))(uintptr_t)FIND(free);
    void *block = take(PROBE_BYTES);
    const bool taken = seen();
    give(block);
    return !taken ? "malloc" : !seen() ? "free" : NULL;
}

static const char *probe_calloc_realloc(void) {
    void *(*volatile take)(size_t, size_t) = (void *(*)(size_t, size_t))(uintptr_t)FIND(calloc);
    void *(*volatile resize)(void *, size_t) = (void *(*)(void *, size_t))(uintptr_t)FIND(realloc);
    void (*volatile give)(void *) = (void (*)(void *))(uintptr_t)FIND(free);
    void *block = take(PROBE_BYTES, 2);
    const bool taken = seen();
    void *moved = resize(block, PROBE_BYTES * 100);
    const bool resized = seen();
    give(moved != NULL ? moved : block);
    return !taken ? "calloc" : !resized ? "realloc" : NULL;
}

static const char *probe_aligned(void) {
    void *(*volatile take)(size_t, size_t) =
        (void *(*)(size_t, size_t))(uintptr_t)FIND(aligned_alloc);
    int (*volatile take_posix)(void **, size_t, size_t) =
        (int (*)(void **, size_t, size_t))(uintptr_t)FIND(posix_memalign);
    void (*volatile give)(void *) = (void (*)(void *))(uintptr_t)FIND(free);
    void *block = take(PROBE_ALIGN, PROBE_ALIGN);
    const bool taken = seen();
    void *second = NULL;
    (void)take_posix(&second, PROBE_ALIGN, PROBE_BYTES);
    const bool taken_posix = seen();
    give(second);
    give(block);
    return !taken ? "aligned_alloc" : !taken_posix ? "posix_memalign" : NULL;
}

/* A program may bring its own operator new, with a heap of its own behind it. A block of that heap
 * is not given back: jemalloc's operator delete calls free by its public name, which is ours, and
 * that would end the program before it could be told why it is not checked. */
static const char *probe_operator_new(void) {
    void *(*volatile take)(size_t) = (void *(*)(size_t))(uintptr_t)chi_guard_any_symbol("_Znwm");
    void (*volatile give)(void *) = (void (*)(void *))(uintptr_t)chi_guard_any_symbol("_ZdlPv");
    if (take == NULL || give == NULL) {
        return NULL;
    }
    void *block = take(PROBE_BYTES);
    if (!seen()) {
        return "operator new";
    }
    give(block);
    return !seen() ? "operator delete" : NULL;
}

/* What a sanitizer does not tell of, as far as libcoldheap-hooks.so can live with it: LeakSanitizer
 * says nothing of realloc, ThreadSanitizer nothing of aligned allocations. */
static const char *unseen;

static bool is_forgiven(const char *name) {
#if defined(CHI_GUARD_HOOKS) && !defined(CHI_GUARD_HOOKS_TSAN)
    const bool aligned = strcmp(name, "aligned_alloc") == 0 || strcmp(name, "posix_memalign") == 0;
    if (!aligned && strcmp(name, "realloc") != 0) {
        return false;
    }
    unseen = aligned ? "the sanitizer does not tell of aligned allocations"
                     : "the sanitizer does not tell of realloc";
    return true;
#else
    (void)name;
    return false;
#endif
}

const char *chi_guard_unseen(void) {
    return unseen;
}

bool chi_guard_probe(const char **missed) {
    static const char *(*const probes[])(void) = {probe_malloc_free, probe_calloc_realloc,
                                                  probe_aligned, probe_operator_new};
    static const ch_hot_mark mark = {"self-test", __FILE__, "chi_guard_probe", __LINE__,
                                     CH_OP_HEAP};
    chi_guard_thread *self = &chi_guard_self;
    const uint64_t token = chi_guard_enter(&mark, __builtin_frame_address(0));
    const char *name = NULL;
    for (size_t i = 0; i < sizeof probes / sizeof probes[0] && name == NULL; i++) {
        self->probe_hits = 0;
        self->probing++;
        name = probes[i]();
        self->probing--;
        name = name != NULL && is_forgiven(name) ? NULL : name;
    }
    chi_guard_leave(token);
    *missed = name;
    return name == NULL;
}
