/* checked.c: see checked.h. */
#include "mem/checked.h"

#ifdef CHI_HAVE_ASAN
#include <sanitizer/asan_interface.h>
#endif

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>) && !defined(CHI_HAVE_ASAN)
#define CHI_HAVE_VALGRIND 1
#include <valgrind/memcheck.h>
#endif
#endif

bool chi_checked(void) {
#if defined(CHI_HAVE_ASAN) || defined(CH_VERIFY)
    return true;
#elif defined(CHI_HAVE_VALGRIND)
    return RUNNING_ON_VALGRIND != 0;
#else
    return false;
#endif
}

const void *chi_thread_token(void) {
#ifdef CH_VERIFY
    /* initial-exec: in a library opened later, other models take the byte from the heap. */
    static _Thread_local char token __attribute__((tls_model("initial-exec")));
    return &token;
#else
    return NULL;
#endif
}

#if defined(CHI_HAVE_ASAN)

void chi_close(const void *memory, size_t size_bytes) {
    __asan_poison_memory_region(memory, size_bytes);
}

void chi_open(const void *memory, size_t size_bytes) {
    __asan_unpoison_memory_region(memory, size_bytes);
}

void chi_open_defined(const void *memory, size_t size_bytes) {
    __asan_unpoison_memory_region(memory, size_bytes);
}

#elif defined(CHI_HAVE_VALGRIND)

void chi_close(const void *memory, size_t size_bytes) {
    (void)VALGRIND_MAKE_MEM_NOACCESS(memory, size_bytes);
}

void chi_open(const void *memory, size_t size_bytes) {
    (void)VALGRIND_MAKE_MEM_UNDEFINED(memory, size_bytes);
}

void chi_open_defined(const void *memory, size_t size_bytes) {
    (void)VALGRIND_MAKE_MEM_DEFINED(memory, size_bytes);
}

#else

void chi_close(const void *memory, size_t size_bytes) {
    (void)memory;
    (void)size_bytes;
}

void chi_open(const void *memory, size_t size_bytes) {
    (void)memory;
    (void)size_bytes;
}

void chi_open_defined(const void *memory, size_t size_bytes) {
    (void)memory;
    (void)size_bytes;
}

#endif

#if defined(CHI_HAVE_VALGRIND)

void chi_group_begin(const void *group) {
    VALGRIND_CREATE_MEMPOOL(group, 0, 0);
}

void chi_group_add(const void *group, const void *block, size_t size_bytes) {
    VALGRIND_MEMPOOL_ALLOC(group, block, size_bytes);
}

void chi_group_drop(const void *group, const void *block) {
    VALGRIND_MEMPOOL_FREE(group, block);
}

void chi_group_change(const void *group, const void *block, size_t size_bytes) {
    VALGRIND_MEMPOOL_CHANGE(group, block, block, size_bytes);
}

void chi_group_keep(const void *group, const void *memory, size_t size_bytes) {
    VALGRIND_MEMPOOL_TRIM(group, memory, size_bytes);
}

void chi_group_end(const void *group) {
    VALGRIND_DESTROY_MEMPOOL(group);
}

#else

void chi_group_begin(const void *group) {
    (void)group;
}

void chi_group_add(const void *group, const void *block, size_t size_bytes) {
    (void)group;
    (void)block;
    (void)size_bytes;
}

void chi_group_drop(const void *group, const void *block) {
    (void)group;
    (void)block;
}

void chi_group_change(const void *group, const void *block, size_t size_bytes) {
    (void)group;
    (void)block;
    (void)size_bytes;
}

void chi_group_keep(const void *group, const void *memory, size_t size_bytes) {
    (void)group;
    (void)memory;
    (void)size_bytes;
}

void chi_group_end(const void *group) {
    (void)group;
}

#endif
