/* next.c: finding the definitions behind ours. See next.h. */
#define _GNU_SOURCE
#include "next.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "state.h"

#ifdef CHI_GUARD_STATIC

/* In a static program there is nothing behind us, and dlsym would only drag the loader in. */
void *chi_guard_next_symbol(const char *name) {
    (void)name;
    return NULL;
}

void *chi_guard_any_symbol(const char *name) {
    (void)name;
    return NULL;
}

#else
#include <dlfcn.h>
#ifdef __GLIBC__
#include <gnu/lib-names.h>
#endif

/* A lookup that fails allocates its error text: as a call of the run time it is no event. */
void *chi_guard_next_symbol(const char *name) {
    CHI_HOOK_SCOPE;
    void *symbol = dlsym(RTLD_NEXT, name);
    return symbol;
}

void *chi_guard_any_symbol(const char *name) {
    CHI_HOOK_SCOPE;
    void *symbol = dlsym(RTLD_DEFAULT, name);
    return symbol;
}
#endif

/* The definition in the same allocator as chi_next_malloc: blocks of two must not be mixed. */
static void *allocator_symbol(const char *name) {
#if defined(CHI_GUARD_STATIC) || defined(CHI_GUARD_NEXT_DLSYM)
    return chi_guard_next_symbol(name);
#else
    CHI_HOOK_SCOPE;
    void *libc = dlopen(LIBC_SO, RTLD_LAZY | RTLD_NOLOAD);
    return libc != NULL ? dlsym(libc, name) : NULL;
#endif
}

/* Looks `name` up once. Two threads may do so at the same time: they find the same. */
static void *cached_symbol(void **slot, const char *name) {
    void *symbol = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    if (CH_UNLIKELY(symbol == NULL)) {
        symbol = allocator_symbol(name);
        __atomic_store_n(slot, symbol, __ATOMIC_RELEASE);
    }
    return symbol;
}

typedef void *(*two_sizes_fn)(size_t, size_t);
typedef int (*posix_memalign_fn)(void **, size_t, size_t);
typedef size_t (*usable_size_fn)(void *);

void *chi_next_aligned_alloc(size_t align, size_t size_bytes) {
    static void *slot;
    two_sizes_fn function = (two_sizes_fn)(uintptr_t)cached_symbol(&slot, "aligned_alloc");
    return function != NULL ? function(align, size_bytes) : chi_next_memalign(align, size_bytes);
}

int chi_next_posix_memalign(void **pointer, size_t align, size_t size_bytes) {
    static void *slot;
    posix_memalign_fn function =
        (posix_memalign_fn)(uintptr_t)cached_symbol(&slot, "posix_memalign");
    if (function != NULL) {
        return function(pointer, align, size_bytes);
    }
    if (align < sizeof(void *) || (align & (align - 1)) != 0) {
        return EINVAL;
    }
    void *block = chi_next_memalign(align, size_bytes);
    if (block == NULL) {
        return ENOMEM;
    }
    *pointer = block;
    return 0;
}

size_t chi_next_usable_size(void *pointer) {
    static void *slot;
    usable_size_fn function = (usable_size_fn)(uintptr_t)cached_symbol(&slot, "malloc_usable_size");
    return function != NULL && pointer != NULL ? function(pointer) : 0;
}
