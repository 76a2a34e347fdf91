/** ch_stack hands out blocks that are freed in reverse order, each one checked, with watermarks to
 *  free many at once.
 *
 *   base                                                       cursor      end
 *    |link|== block ==|pad|link|== block ==|pad|link|== top ==|--- free ---|
 *
 *  Before each block lies a link of 16 bytes to the block below, so a free gives back padding too
 *  and any sequence of frees in reverse order ends at used = 0. Watermarks are kept inside the
 * given memory; blocks below the last one cannot be freed until it is released.
 *
 *  Not to be copied or moved. One thread at a time (ch_stack_stats may be called from any). Where
 *  nobody frees single blocks, an arena is cheaper (arena.h).
 *
 *  A *twin* takes every block from a ch_allocator instead: same functions and answers, the cost of
 *  the allocator. In checked builds (ASan, verify, or a run under Valgrind) links, padding and free
 *  bytes are no-access; the layout is the same in all builds. */
#ifndef CH_STACK_H
#define CH_STACK_H

#include <coldheap/allocator.h>
#include <coldheap/arith.h>
#include <coldheap/region.h>
#include <coldheap/tally.h>
#include <coldheap/track.h>
#include <coldheap/zero.h>

/** Bytes before each block, apart from padding to its alignment (at least 8). */
#define CH_STACK_LINK_BYTES 16u

#define CH_STACK_WATERMARKS_DEFAULT 1024u
#define CH_STACK_WATERMARKS_MAX     65536u

/** How to set up a stack. A zeroed struct is valid. */
typedef struct ch_stack_options {
    size_t size_bytes; /* for blocks, links and padding; 0: all that is given. Twin: for blocks */
    size_t watermarks_max; /* 0: 1024; at most 65536 */
    ch_zeroing zeroing;
    const char *name;
} ch_stack_options;

/** What lies before each block. */
typedef struct chi_stack_link {
    uint8_t *cursor_before;
    uint8_t *top_before;
} CH_ALIGNED(8) chi_stack_link;

/** What never changes between init and fini; sealed by a checksum that ch_stack_check verifies. */
typedef struct chi_stack_config {
    uint8_t *base;
    uint8_t *end;
    chi_stack_link *marks;
    size_t capacity_bytes;
    size_t watermarks_max;
    size_t zeroing;
    size_t checked;
    size_t twin;
    ch_allocator source;
    char name[CH_NAME_MAX + 1];
} chi_stack_config;

/** Fields are private; visible so that the fast paths inline. */
typedef struct ch_stack {
    uint8_t *cursor;
    uint8_t *fast_end;   /* end, at most a window above the cursor; NULL: allocs go out of line */
    uint8_t *top;        /* start of the last block; NULL if there is none */
    uint8_t *fast_floor; /* floor; above all addresses if frees must go out of line */
    uint64_t tally;      /* since the last fold: blocks (high half) and their bytes (low half) */
    uint8_t *floor;      /* cursor at the last watermark, or base: blocks below it stay */
    uint8_t *peak_cursor;
    size_t mark_count;
    size_t fast_marks;     /* watermarks that may be set and released inline; 0: none */
    uint64_t given_blocks; /* given out up to the last fold */
    uint64_t given_bytes;
    size_t used_bytes;  /* twin */
    size_t peak_bytes;  /* twin */
    size_t block_count; /* twin */
    uint64_t failures_full;
    uint64_t failures_invalid;
    uint64_t source_calls;
    const void *owner;
    ch_tracker *tracker;
    size_t tracked; /* every call goes out of line and is noted */
    chi_stack_config config;
    uint64_t seal;
    uintptr_t magic;
} ch_stack;

typedef struct ch_stack_figures {
    size_t used_bytes; /* links and padding included */
    size_t capacity_bytes;
    size_t available_bytes;
    size_t peak_bytes;
    size_t watermarks;
    size_t watermarks_max;
    uint64_t allocations; /* blocks given out since init */
    uint64_t total_bytes; /* asked for by them, and by resizes that grew one */
    uint64_t failures_full;
    uint64_t failures_invalid;
    uint64_t source_calls;
} ch_stack_figures;

CH_API_BEGIN

/** ch_stack_align returns the alignment that the stack's memory needs: 8. */
size_t ch_stack_align(void);

/** ch_stack_footprint returns the bytes that the stack takes: 16 per watermark, and size_bytes.
 *  Returns 0 for invalid options or overflow. */
size_t ch_stack_footprint(const ch_stack_options *options);

/** ch_stack_init lays a stack out in the caller's memory. `options` may be NULL for the defaults.
 *  Errors: CH_EINVAL NULL or invalid options; CH_EALIGN; CH_EFULL size below the footprint;
 * CH_ERANGE memory that wraps. Nothing is written then. Lifetime: the memory must outlive the
 * stack. */
ch_status ch_stack_init(ch_stack *stack, void *memory, size_t size_bytes,
                        const ch_stack_options *options);

/** ch_stack_init_twin makes a stack whose memory holds only the watermarks and whose blocks come
 * from `source`. size_bytes of the options limits the sum of the blocks (0: no limit). */
ch_status ch_stack_init_twin(ch_stack *stack, void *memory, size_t size_bytes,
                             const ch_stack_options *options, const ch_allocator *source);

/** ch_stack_alloc puts a block of `size_bytes` on top, aligned to `align` (by address).
 *  Requires: align a power of two, at most CH_ALIGN_MAX, else it is misuse (CH_EALIGN) and NULL.
 *  Returns:  its first byte, not zeroed unless chosen; NULL if it does not fit (counted). Size 0 is
 * a block too. Lifetime: until freed, or a release or reset covers it. Cost:     O(1); plus zeroing
 * if chosen. */
CH_INLINE void *ch_stack_alloc(ch_stack *stack, size_t size_bytes, size_t align);

/** ch_stack_alloc_try is ch_stack_alloc with the status: CH_EALIGN, CH_EFULL, CH_ESTATE. *out
 *  changes on CH_OK only. */
ch_status ch_stack_alloc_try(ch_stack *stack, void **out, size_t size_bytes, size_t align);

/** ch_stack_resize changes the size of the top block in place; bytes are kept.
 *  Errors: CH_EORDER not the top, or below the last watermark; CH_EFOREIGN no pointer into the
 *          stack; CH_EDOUBLE into its free part; CH_EINVAL wrong old size; CH_EFULL. Asking is not
 *          misuse. */
ch_status ch_stack_resize(ch_stack *stack, void *block, size_t old_bytes, size_t new_bytes);

/** ch_stack_free takes the top block back. Errors: those of ch_stack_resize but CH_EFULL, as misuse
 *  with nothing changed. (A twin cannot tell CH_EDOUBLE from CH_EFOREIGN.) Cost: O(1). */
CH_INLINE ch_status ch_stack_free(ch_stack *stack, void *block, size_t size_bytes);

/** ch_stack_mark sets a watermark. Errors: CH_EFULL watermarks_max are set. */
CH_INLINE ch_status ch_stack_mark(ch_stack *stack);

/** ch_stack_release frees all blocks above the last watermark and removes it. Errors: CH_EEMPTY
 * none is set. Cost: O(1); plus zeroing if chosen; twin: O(blocks). */
CH_INLINE ch_status ch_stack_release(ch_stack *stack);

/** ch_stack_reset frees everything and removes all watermarks. Returns CH_ESTATE if not
 *  initialised. */
ch_status ch_stack_reset(ch_stack *stack);

/** ch_stack_fini ends the stack. A zeroed or finished stack: no-op. */
ch_status ch_stack_fini(ch_stack *stack);

/** Queries: used and peak count links and padding (a twin: the blocks alone). */
size_t ch_stack_used(const ch_stack *stack);
size_t ch_stack_capacity(const ch_stack *stack);
size_t ch_stack_available(const ch_stack *stack);
size_t ch_stack_peak(const ch_stack *stack);
size_t ch_stack_watermark_count(const ch_stack *stack);

/** ch_stack_allocations returns the number of blocks given out since init. Threads: any. */
uint64_t ch_stack_allocations(const ch_stack *stack);

/** ch_stack_stats fills `figures`. Threads: any; another thread's view may be torn between fields.
 */
ch_status ch_stack_stats(const ch_stack *stack, ch_stack_figures *figures);

/** ch_stack_stats_json writes the figures as one JSON object by the snprintf rule; returns the
 * length needed without the closing 0. */
size_t ch_stack_stats_json(const ch_stack *stack, char *out, size_t size);

/** ch_stack_check verifies the invariants; *invariant (may be NULL) gets the number of the first
 *  broken one: 1 seal over the configuration, 2 cursor and peak, 3 fast-path copies, 4 chain of
 *  links, 5 watermarks, 6 totals. Cost: O(blocks + watermarks). */
ch_status ch_stack_check(const ch_stack *stack, unsigned *invariant);

/** ch_stack_track binds `tracker` (NULL: unbinds): from now on each block, each request that found
 * no room, each free, and the bytes of each release or reset are noted there (track.h); resizes are
 *  not. A tracked stack has no inline path. A stack is tracked from init on if a run time for the
 *  whole process wants notes. Errors: CH_EINVAL; CH_ESTATE; CH_ETHREAD misuse. Lifetime: the
 * tracker must outlive the stack or be unbound. */
ch_status ch_stack_track(ch_stack *stack, ch_tracker *tracker);

/** ch_stack_allocator returns an allocator over the stack; blocks must be freed in reverse order.
 *  Lifetime: the stack's. */
ch_allocator ch_stack_allocator(ch_stack *stack);

/** Out-of-line halves of the inline functions; not for direct use. */
void *ch_stack_alloc_slow(ch_stack *stack, size_t size_bytes, size_t align);
ch_status ch_stack_free_slow(ch_stack *stack, void *block, size_t size_bytes);
ch_status ch_stack_mark_slow(ch_stack *stack);
ch_status ch_stack_release_slow(ch_stack *stack);

CH_API_END

/* ---- Implementation ---------------------------------------------------------------------- */

CH_INLINE chi_stack_link *chi_stack_link_of(uint8_t *block) {
    return (chi_stack_link *)(void *)(block - CH_STACK_LINK_BYTES);
}

CH_INLINE void *ch_stack_alloc(ch_stack *stack, size_t size_bytes, size_t align) {
    size_t mask = (align - 1) | 7u; /* links lie before blocks and are 8-aligned */
    uintptr_t cursor = (uintptr_t)stack->cursor;
    uintptr_t end = (uintptr_t)stack->fast_end;
    uintptr_t start = (cursor + CH_STACK_LINK_BYTES + mask) & ~(uintptr_t)mask;
    if (CH_LIKELY(ch_align_is_valid(align) && chi_fits(start, end, size_bytes))) {
        uint8_t *block = stack->cursor + (start - cursor);
        chi_stack_link *link = chi_stack_link_of(block);
        link->cursor_before = stack->cursor;
        link->top_before = stack->top;
        stack->top = block;
        CH_PUBLISH(stack->cursor, block + size_bytes);
        CH_PUBLISH(stack->tally, stack->tally + (CHI_TALLY_BLOCK + size_bytes));
        return block;
    }
    return ch_stack_alloc_slow(stack, size_bytes, align);
}

CH_INLINE ch_status ch_stack_free(ch_stack *stack, void *block, size_t size_bytes) {
    uint8_t *start = (uint8_t *)block;
    if (CH_LIKELY(start == stack->top && start > stack->fast_floor &&
                  (size_t)(stack->cursor - start) == size_bytes &&
                  !chi_tally_is_high(stack->tally))) {
        const chi_stack_link *link = chi_stack_link_of(stack->top);
        if (stack->peak_cursor < stack->cursor) {
            CH_PUBLISH(stack->peak_cursor, stack->cursor);
        }
        stack->top = link->top_before;
        CH_PUBLISH(stack->cursor, link->cursor_before);
        return CH_OK;
    }
    return ch_stack_free_slow(stack, block, size_bytes);
}

CH_INLINE ch_status ch_stack_mark(ch_stack *stack) {
    if (CH_LIKELY(stack != NULL && stack->mark_count < stack->fast_marks)) {
        chi_stack_link *mark = &stack->config.marks[stack->mark_count];
        mark->cursor_before = stack->floor = stack->fast_floor = stack->cursor;
        mark->top_before = stack->top;
        CH_PUBLISH(stack->mark_count, stack->mark_count + 1);
        return CH_OK;
    }
    return ch_stack_mark_slow(stack);
}

CH_INLINE ch_status ch_stack_release(ch_stack *stack) {
    if (CH_LIKELY(stack != NULL && stack->mark_count - 1 < stack->fast_marks &&
                  !chi_tally_is_high(stack->tally))) {
        const chi_stack_link *mark = &stack->config.marks[stack->mark_count - 1];
        if (stack->peak_cursor < stack->cursor) {
            CH_PUBLISH(stack->peak_cursor, stack->cursor);
        }
        uint8_t *floor = stack->mark_count > 1 ? mark[-1].cursor_before : stack->config.base;
        stack->floor = stack->fast_floor = floor;
        stack->top = mark->top_before;
        CH_PUBLISH(stack->cursor, mark->cursor_before);
        CH_PUBLISH(stack->mark_count, stack->mark_count - 1);
        return CH_OK;
    }
    return ch_stack_release_slow(stack);
}

#endif
