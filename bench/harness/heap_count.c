/* heap_count.c: counts the heap calls of each thread. Plain builds interpose the allocator's entry
 * points and pass on to glibc's own names; builds under a sanitizer, which owns those entry points,
 * use the hooks it offers. Elsewhere nothing is counted and bench_heap_is_counted says so. */
#include "internal.h"

#include <errno.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BENCH_SANITIZER_HEAP 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BENCH_SANITIZER_HEAP 1
#endif

static _Thread_local uint64_t heap_calls;

uint64_t ch_bench_heap_calls(void) {
    return heap_calls;
}

#if defined(BENCH_SANITIZER_HEAP)

__attribute__((weak)) int
__sanitizer_install_malloc_and_free_hooks(void (*allocate)(const volatile void *, size_t),
                                          void (*release)(const volatile void *));

static bool is_counted;

static void note_allocate(const volatile void *block, size_t size) {
    (void)block;
    (void)size;
    heap_calls++;
}

static void note_release(const volatile void *block) {
    (void)block;
    heap_calls++;
}

__attribute__((constructor)) static void install_hooks(void) {
    is_counted = __sanitizer_install_malloc_and_free_hooks != NULL &&
                 __sanitizer_install_malloc_and_free_hooks(note_allocate, note_release) != 0;
}

bool bench_heap_is_counted(void) {
    return is_counted;
}

#elif defined(__GLIBC__)

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *block);

/* Visible, so that calls from shared libraries arrive here too. */
#define BENCH_INTERPOSED __attribute__((visibility("default")))

BENCH_INTERPOSED void *malloc(size_t size) {
    heap_calls++;
    return __libc_malloc(size);
}

BENCH_INTERPOSED void *calloc(size_t count, size_t size) {
    heap_calls++;
    return __libc_calloc(count, size);
}

BENCH_INTERPOSED void *realloc(void *block, size_t size) {
    heap_calls++;
    return __libc_realloc(block, size);
}

BENCH_INTERPOSED void free(void *block) {
    heap_calls++;
    __libc_free(block);
}

BENCH_INTERPOSED void *memalign(size_t align, size_t size) {
    heap_calls++;
    return __libc_memalign(align, size);
}

BENCH_INTERPOSED void *aligned_alloc(size_t align, size_t size) {
    heap_calls++;
    return __libc_memalign(align, size);
}

BENCH_INTERPOSED int posix_memalign(void **block, size_t align, size_t size) {
    heap_calls++;
    if (align < sizeof(void *) || (align & (align - 1)) != 0) {
        return EINVAL;
    }
    void *got = __libc_memalign(align, size);
    if (got == NULL) {
        return ENOMEM;
    }
    *block = got;
    return 0;
}

bool bench_heap_is_counted(void) {
    return true;
}

#else

bool bench_heap_is_counted(void) {
    return false;
}

#endif
