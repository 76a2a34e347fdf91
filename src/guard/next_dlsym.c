/* next_dlsym.c: the next allocator by lookup, for C libraries without the __libc_ names and for
 * programs whose allocator is not libc's. The lookup itself may allocate: while it runs, calls of
 * that thread are served from a boot arena, whose blocks free and realloc recognise. */
#define _GNU_SOURCE
#include "next.h"

#ifdef CHI_GUARD_NEXT_DLSYM

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "state.h"

#define BOOT_BYTES 65536u
#define BOOT_ALIGN 16u

typedef struct next_table {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
    void *(*memalign)(size_t, size_t);
    void *(*valloc)(size_t);
    void *(*pvalloc)(size_t);
} next_table;

static next_table next;
static int next_known;
static _Alignas(BOOT_ALIGN) unsigned char boot[BOOT_BYTES];
static size_t boot_used;
static CHI_THREAD_LOCAL bool looking_up;

/* Each block is preceded by its size, for realloc. */
static void *boot_take(size_t size_bytes, size_t align) {
    if (size_bytes > BOOT_BYTES || align > BOOT_BYTES) {
        errno = ENOMEM;
        return NULL;
    }
    align = align < BOOT_ALIGN ? BOOT_ALIGN : align;
    const size_t take = size_bytes + align + BOOT_ALIGN;
    const size_t start = __atomic_fetch_add(&boot_used, take, __ATOMIC_RELAXED);
    if (start > BOOT_BYTES || take > BOOT_BYTES - start) {
        errno = ENOMEM;
        return NULL;
    }
    uintptr_t block = (uintptr_t)boot + start + BOOT_ALIGN;
    block = (block + align - 1) & ~(uintptr_t)(align - 1);
    memcpy((void *)(block - sizeof size_bytes), &size_bytes, sizeof size_bytes);
    return (void *)block;
}

static bool boot_owns(const void *pointer) {
    return (uintptr_t)pointer - (uintptr_t)boot < BOOT_BYTES;
}

/* Data pointers to functions: POSIX makes dlsym usable so, ISO C has no cast for it. */
static void assign(void *function_slot, const char *name) {
    void *symbol = chi_guard_next_symbol(name);
    memcpy(function_slot, &symbol, sizeof symbol);
}

static CH_COLD bool look_up(void) {
    if (looking_up) {
        return false;
    }
    looking_up = true;
    next_table found;
    assign(&found.malloc, "malloc");
    assign(&found.calloc, "calloc");
    assign(&found.realloc, "realloc");
    assign(&found.free, "free");
    assign(&found.memalign, "memalign");
    assign(&found.valloc, "valloc");
    assign(&found.pvalloc, "pvalloc");
    looking_up = false;
    if (found.malloc == NULL || found.calloc == NULL || found.realloc == NULL ||
        found.free == NULL) {
        chi_guard_say("no allocator found behind the guard", "", "");
        _exit(CH_GUARD_STATUS_NOT_ARMED);
    }
    next = found; /* two threads at once write the same values */
    __atomic_store_n(&next_known, 1, __ATOMIC_RELEASE);
    return true;
}

static inline bool known(void) {
    return CH_LIKELY(__atomic_load_n(&next_known, __ATOMIC_ACQUIRE) != 0) || look_up();
}

void *chi_next_malloc(size_t size_bytes) {
    return known() ? next.malloc(size_bytes) : boot_take(size_bytes, 0);
}

void *chi_next_calloc(size_t count, size_t size_bytes) {
    if (known()) {
        return next.calloc(count, size_bytes);
    }
    size_t total = 0;
    if (__builtin_mul_overflow(count, size_bytes, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return boot_take(total, 0); /* zero: static, never reused */
}

void *chi_next_realloc(void *pointer, size_t size_bytes) {
    if (pointer == NULL) {
        return chi_next_malloc(size_bytes);
    }
    if (CH_LIKELY(!boot_owns(pointer))) {
        return known() ? next.realloc(pointer, size_bytes) : NULL;
    }
    if (size_bytes == 0) {
        return NULL;
    }
    size_t old_bytes;
    memcpy(&old_bytes, (unsigned char *)pointer - sizeof old_bytes, sizeof old_bytes);
    void *moved = chi_next_malloc(size_bytes);
    if (moved != NULL) {
        memcpy(moved, pointer, old_bytes < size_bytes ? old_bytes : size_bytes);
    }
    return moved;
}

void chi_next_free(void *pointer) {
    if (pointer != NULL && !boot_owns(pointer) && known()) {
        next.free(pointer);
    }
}

void *chi_next_memalign(size_t align, size_t size_bytes) {
    if (!known()) {
        return boot_take(size_bytes, align);
    }
    if (next.memalign == NULL) {
        return chi_next_aligned_alloc(align, size_bytes);
    }
    return next.memalign(align, size_bytes);
}

static size_t page_bytes(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

void *chi_next_valloc(size_t size_bytes) {
    if (known() && next.valloc != NULL) {
        return next.valloc(size_bytes);
    }
    return chi_next_memalign(page_bytes(), size_bytes);
}

void *chi_next_pvalloc(size_t size_bytes) {
    if (known() && next.pvalloc != NULL) {
        return next.pvalloc(size_bytes);
    }
    const size_t page = page_bytes();
    if (size_bytes > SIZE_MAX - page) {
        errno = ENOMEM;
        return NULL;
    }
    return chi_next_memalign(page, (size_bytes + page - 1) / page * page);
}

#else
typedef int next_dlsym_is_not_needed;
#endif
