/* own_malloc.c: a library with an allocator of its own, as jemalloc would be: preloaded before the
 * guard it hides the heap from it, behind the guard it counts what comes through. */
#include <stddef.h>
#include <stdint.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *block);

#define SHOWN __attribute__((visibility("default")))

static uint64_t calls;

SHOWN uint64_t own_malloc_calls(void);
SHOWN void *memalign(size_t align, size_t size);
SHOWN void *aligned_alloc(size_t align, size_t size);
SHOWN int posix_memalign(void **block, size_t align, size_t size);
SHOWN void *malloc(size_t size);
SHOWN void *calloc(size_t count, size_t size);
SHOWN void *realloc(void *block, size_t size);
SHOWN void free(void *block);

uint64_t own_malloc_calls(void) {
    return __atomic_load_n(&calls, __ATOMIC_RELAXED);
}

static void count(void) {
    __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
}

void *malloc(size_t size) {
    count();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count();
    return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
    count();
    return __libc_realloc(block, size);
}

void free(void *block) {
    count();
    __libc_free(block);
}

void *memalign(size_t align, size_t size) {
    count();
    return __libc_memalign(align, size);
}

void *aligned_alloc(size_t align, size_t size) {
    return memalign(align, size);
}

int posix_memalign(void **block, size_t align, size_t size) {
    *block = memalign(align, size);
    return *block == NULL;
}
