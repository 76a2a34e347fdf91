/* alloc.c: the malloc family as the program sees it. Each function looks whether anybody watches,
 * and if not jumps to the next allocator: one thread-local and one static word are read, nothing is
 * written, locked or called. Errors and errno are those of the function behind.
 *
 * Size products that overflow are reported as size SIZE_MAX and refused as libc refuses them. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "next.h"
#include "state.h"
#include "track.h"

#define CALLER __builtin_return_address(0)

const char chi_guard_part_alloc = 0;

void *memalign(size_t align, size_t size_bytes);
void *valloc(size_t size_bytes);
void *pvalloc(size_t size_bytes);
void free_sized(void *pointer, size_t size_bytes);
void free_aligned_sized(void *pointer, size_t align, size_t size_bytes);
size_t malloc_usable_size(void *pointer);

/* The allocator behind us; the tracker, while it is on, stands between. */
static inline void *give_malloc(size_t size_bytes, const void *caller) {
    return chi_track_on() ? chi_track_malloc(size_bytes, caller) : chi_next_malloc(size_bytes);
}

static inline void *give_calloc(size_t count, size_t size_bytes, const void *caller) {
    return chi_track_on() ? chi_track_calloc(count, size_bytes, caller)
                          : chi_next_calloc(count, size_bytes);
}

static inline void *give_realloc(void *pointer, size_t size_bytes, const void *caller) {
    return chi_track_on() ? chi_track_realloc(pointer, size_bytes, caller)
                          : chi_next_realloc(pointer, size_bytes);
}

static inline void take_back(void *pointer) {
    if (chi_track_on()) {
        chi_track_free(pointer);
    } else {
        chi_next_free(pointer);
    }
}

static void *refused(void) {
    errno = ENOMEM;
    return NULL;
}

static bool alloc_allowed(chi_guard_call_name name, size_t size_bytes, size_t align,
                          const void *caller) {
    if (CH_LIKELY(chi_guard_passes(CH_OP_ALLOC, size_bytes))) {
        return true;
    }
    const chi_guard_call call = {CH_OP_ALLOC, name, size_bytes, align, NULL, caller};
    return chi_guard_event(&call);
}

static CH_NOINLINE void *closely_watched_malloc(size_t size_bytes, const void *caller) {
    if (CH_LIKELY(chi_guard_passes(CH_OP_ALLOC, size_bytes))) {
        return give_malloc(size_bytes, caller);
    }
    chi_guard_scratch *scratch = chi_guard_self.scratch;
    if (CH_UNLIKELY(scratch != NULL)) {
        return chi_guard_scratch_take(scratch, size_bytes);
    }
    return alloc_allowed(CHI_CALL_MALLOC, size_bytes, 0, caller) ? give_malloc(size_bytes, caller)
                                                                 : refused();
}

/* The tracker alone is a way of its own, without a frame. */
static CH_NOINLINE void *watched_malloc(size_t size_bytes, const void *caller) {
    return CH_LIKELY(chi_track_alone()) ? chi_track_malloc(size_bytes, caller)
                                        : closely_watched_malloc(size_bytes, caller);
}

CHI_EXPORT void *malloc(size_t size_bytes) {
    if (CH_UNLIKELY(chi_guard_watching())) {
        return watched_malloc(size_bytes, CALLER);
    }
    return chi_next_malloc(size_bytes);
}

static CH_NOINLINE void *watched_calloc(size_t count, size_t size_bytes, const void *caller) {
    size_t total = SIZE_MAX;
    (void)(__builtin_mul_overflow(count, size_bytes, &total) && (total = SIZE_MAX));
    chi_guard_scratch *scratch = chi_guard_self.scratch;
    if (CH_UNLIKELY(scratch != NULL)) {
        return chi_guard_scratch_take(scratch, total);
    }
    return alloc_allowed(CHI_CALL_CALLOC, total, 0, caller) ? give_calloc(count, size_bytes, caller)
                                                            : refused();
}

CHI_EXPORT void *calloc(size_t count, size_t size_bytes) {
    if (CH_UNLIKELY(chi_guard_watching())) {
        return watched_calloc(count, size_bytes, CALLER);
    }
    return chi_next_calloc(count, size_bytes);
}

/* realloc(NULL, n) allocates and realloc(p, 0) frees: each is checked as what it does. */
static CH_NOINLINE bool realloc_allowed(chi_guard_call_name name, const void *pointer,
                                        size_t size_bytes, const void *caller) {
    chi_guard_call call = {CH_OP_REALLOC, name, size_bytes, 0, pointer, caller};
    if (pointer == NULL) {
        call.op = CH_OP_ALLOC;
    } else if (size_bytes == 0) {
        call.op = CH_OP_FREE;
    }
    return chi_guard_event(&call) || call.op == CH_OP_FREE;
}

static CH_NOINLINE void *watched_realloc(void *pointer, size_t size_bytes, const void *caller) {
    chi_guard_scratch *scratch = chi_guard_self.scratch;
    if (CH_UNLIKELY(scratch != NULL)) {
        return chi_guard_scratch_take(scratch, size_bytes);
    }
    return realloc_allowed(CHI_CALL_REALLOC, pointer, size_bytes, caller)
               ? give_realloc(pointer, size_bytes, caller)
               : refused();
}

CHI_EXPORT void *realloc(void *pointer, size_t size_bytes) {
    if (CH_UNLIKELY(chi_guard_watching())) {
        return watched_realloc(pointer, size_bytes, CALLER);
    }
    return chi_next_realloc(pointer, size_bytes);
}

CHI_EXPORT void *reallocarray(void *pointer, size_t count, size_t size_bytes) {
    size_t total = 0;
    const bool overflow = __builtin_mul_overflow(count, size_bytes, &total);
    if (CH_LIKELY(!chi_guard_watching())) {
        return overflow ? refused() : chi_next_realloc(pointer, total);
    }
    const bool allowed =
        realloc_allowed(CHI_CALL_REALLOCARRAY, pointer, overflow ? SIZE_MAX : total, CALLER);
    return overflow || !allowed ? refused() : give_realloc(pointer, total, CALLER);
}

static CH_NOINLINE void closely_watched_free(void *pointer, chi_guard_call_name name,
                                             const void *caller) {
    if (CH_LIKELY(chi_guard_passes(CH_OP_FREE, 0))) {
        take_back(pointer);
        return;
    }
    const chi_guard_scratch *scratch = chi_guard_self.scratch;
    if (CH_UNLIKELY(scratch != NULL && chi_guard_scratch_owns(scratch, pointer))) {
        return;
    }
    const chi_guard_call call = {CH_OP_FREE, name, 0, 0, pointer, caller};
    (void)chi_guard_event(&call); /* a free cannot be refused: the caller has no way to see it */
    take_back(pointer);
}

static CH_NOINLINE void watched_free(void *pointer, chi_guard_call_name name, const void *caller) {
    if (CH_LIKELY(chi_track_alone())) {
        chi_track_free(pointer);
    } else {
        closely_watched_free(pointer, name, caller);
    }
}

CHI_EXPORT void free(void *pointer) {
    if (CH_UNLIKELY(chi_guard_watching()) && pointer != NULL) {
        watched_free(pointer, CHI_CALL_FREE, CALLER);
        return;
    }
    chi_next_free(pointer);
}

CHI_EXPORT void free_sized(void *pointer, size_t size_bytes) {
    (void)size_bytes;
    if (CH_UNLIKELY(chi_guard_watching()) && pointer != NULL) {
        watched_free(pointer, CHI_CALL_FREE_SIZED, CALLER);
        return;
    }
    chi_next_free(pointer);
}

CHI_EXPORT void free_aligned_sized(void *pointer, size_t align, size_t size_bytes) {
    (void)align;
    (void)size_bytes;
    if (CH_UNLIKELY(chi_guard_watching()) && pointer != NULL) {
        watched_free(pointer, CHI_CALL_FREE_ALIGNED_SIZED, CALLER);
        return;
    }
    chi_next_free(pointer);
}

static CH_NOINLINE void *watched_memalign(size_t align, size_t size_bytes, const void *caller) {
    if (!alloc_allowed(CHI_CALL_MEMALIGN, size_bytes, align, caller)) {
        return refused();
    }
    return chi_track_on() ? chi_track_aligned(CHI_CALL_MEMALIGN, align, size_bytes, caller)
                          : chi_next_memalign(align, size_bytes);
}

CHI_EXPORT void *memalign(size_t align, size_t size_bytes) {
    if (CH_UNLIKELY(chi_guard_watching())) {
        return watched_memalign(align, size_bytes, CALLER);
    }
    return chi_next_memalign(align, size_bytes);
}

static CH_NOINLINE void *watched_aligned_alloc(size_t align, size_t size_bytes,
                                               const void *caller) {
    if (!alloc_allowed(CHI_CALL_ALIGNED_ALLOC, size_bytes, align, caller)) {
        return refused();
    }
    return chi_track_on() ? chi_track_aligned(CHI_CALL_ALIGNED_ALLOC, align, size_bytes, caller)
                          : chi_next_aligned_alloc(align, size_bytes);
}

CHI_EXPORT void *aligned_alloc(size_t align, size_t size_bytes) {
    if (CH_UNLIKELY(chi_guard_watching())) {
        return watched_aligned_alloc(align, size_bytes, CALLER);
    }
    return chi_next_aligned_alloc(align, size_bytes);
}

static CH_NOINLINE int watched_posix_memalign(void **pointer, size_t align, size_t size_bytes,
                                              const void *caller) {
    if (!alloc_allowed(CHI_CALL_POSIX_MEMALIGN, size_bytes, align, caller)) {
        return ENOMEM;
    }
    return chi_track_on() ? chi_track_posix_memalign(pointer, align, size_bytes, caller)
                          : chi_next_posix_memalign(pointer, align, size_bytes);
}

CHI_EXPORT int posix_memalign(void **pointer, size_t align, size_t size_bytes) {
    if (CH_UNLIKELY(chi_guard_watching())) {
        return watched_posix_memalign(pointer, align, size_bytes, CALLER);
    }
    return chi_next_posix_memalign(pointer, align, size_bytes);
}

static CH_NOINLINE void *watched_valloc(size_t size_bytes, const void *caller) {
    if (!alloc_allowed(CHI_CALL_VALLOC, size_bytes, 0, caller)) {
        return refused();
    }
    return chi_track_on() ? chi_track_aligned(CHI_CALL_VALLOC, 0, size_bytes, caller)
                          : chi_next_valloc(size_bytes);
}

CHI_EXPORT void *valloc(size_t size_bytes) {
    if (CH_UNLIKELY(chi_guard_watching())) {
        return watched_valloc(size_bytes, CALLER);
    }
    return chi_next_valloc(size_bytes);
}

static CH_NOINLINE void *watched_pvalloc(size_t size_bytes, const void *caller) {
    if (!alloc_allowed(CHI_CALL_PVALLOC, size_bytes, 0, caller)) {
        return refused();
    }
    return chi_track_on() ? chi_track_aligned(CHI_CALL_PVALLOC, 0, size_bytes, caller)
                          : chi_next_pvalloc(size_bytes);
}

CHI_EXPORT void *pvalloc(size_t size_bytes) {
    if (CH_UNLIKELY(chi_guard_watching())) {
        return watched_pvalloc(size_bytes, CALLER);
    }
    return chi_next_pvalloc(size_bytes);
}

#ifndef CHI_GUARD_STATIC
/* Defined so that the family is complete: some allocators' run times refuse a part of it. What the
 * tracker keeps at the end of a block is not the program's. */
CHI_EXPORT size_t malloc_usable_size(void *pointer) {
    return CH_UNLIKELY(chi_track_on()) ? chi_track_usable_size(pointer)
                                       : chi_next_usable_size(pointer);
}
#endif
