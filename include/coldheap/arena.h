/** ch_arena hands out bytes by moving a cursor and takes them back all at once, to a mark or whole.
 *
 *   chunk_base        cursor          end
 *    |== given out ==|--- free ------|        chunk_base <= cursor <= end, always
 *
 *  Four kinds behind one interface, chosen at init: *fixed* (one block of the caller; it may spill
 *  over into a ch_allocator), *region*
 *  (one block that grows by committing pages, never moving), *chunked* (a list of chunks from a
 *  ch_allocator, kept on reset) and *twin* (every block separately from a ch_allocator: what the
 *  same program costs without the pattern).
 *
 *  Not to be copied or moved. One thread at a time (ch_arena_stats may be called from any). No
 * metadata per block. Not for objects freed one by one (pool.h), nor for blocks freed in reverse
 * order with checks (stack.h).
 *
 *  In checked builds (ASan, verify, or a run under Valgrind) every block is preceded by a redzone
 *  of ch_arena_redzone_bytes() bytes and free bytes are no-access. */
#ifndef CH_ARENA_H
#define CH_ARENA_H

#include <coldheap/allocator.h>
#include <coldheap/arith.h>
#include <coldheap/region.h>
#include <coldheap/tally.h>
#include <coldheap/track.h>
#include <coldheap/zero.h>

/** How to set up an arena. A zeroed struct is valid; fields that a kind does not name are
 *  ignored by it. */
typedef struct ch_arena_options {
    const char *name;
    size_t limit_bytes; /* most bytes ever in use; 0: all there is. Chunked: bytes of all chunks */
    ch_zeroing zeroing;
    bool no_redzone;         /* checked builds: keep blocks adjacent, lose overflow detection */
    size_t first_bytes;      /* region: first commit; chunked: first chunk; 0: 64 KiB */
    unsigned growth_percent; /* chunked: next chunk from the last; 0: 200; 100 to 1000 */
    size_t chunk_max_bytes;  /* chunked: growth stops there; 0: 64 MiB */
} ch_arena_options;

struct chi_chunk;

/** What never changes between init and fini; sealed by a checksum that ch_arena_check verifies. */
typedef struct chi_arena_config {
    size_t limit_bytes;
    size_t first_bytes;
    size_t growth_percent;
    size_t chunk_max_bytes;
    ch_region *region;
    ch_allocator source;
    uint8_t *base; /* fixed, region: first byte */
    size_t kind;
    size_t zeroing;
    size_t redzone_bytes;
    size_t checked;
    uint64_t first_life;
    char name[CH_NAME_MAX + 1];
} chi_arena_config;

/** Fields are private; visible so that the fast path inlines. */
typedef struct ch_arena {
    uint8_t *cursor;
    uint8_t *fast_end; /* end of the bytes that the inline path may give; NULL: it may give none */
    uint64_t tally;    /* since the last fold: blocks (high half) and their bytes (low half) */
    uint8_t *peak_cursor;   /* highest cursor of this chunk that a release came back from */
    size_t fast_drop_bytes; /* what inline releases may still give back before a fold */
    uint64_t fast_place;    /* place, or its complement if release must go out of line */
    uint64_t place;         /* life + chunk_index */
    uint64_t life;          /* tells this arena since its last reset from all others */
    uint64_t chunk_index;   /* 1 for the first chunk; a twin without blocks: 0 */
    uint8_t *chunk_base;
    uint8_t *end;
    uint64_t given_blocks; /* given out up to the last fold */
    uint64_t given_bytes;
    uint64_t dropped_bytes;  /* by which the cursor came back up to the last fold */
    struct chi_chunk *chunk; /* chunked, twin: header of the current chunk; fixed: last spilled */
    size_t before_bytes;     /* in use in the chunks before this one; spilled */
    size_t peak_bytes;
    size_t acquired_bytes;   /* held from the source */
    size_t next_chunk_bytes; /* chunked */
    size_t committed_bytes;  /* region */
    uint64_t resets;
    uint64_t moves; /* from chunk to chunk, begun and ended; odd in the middle of one */
    uint64_t chunk_count;
    uint64_t source_calls; /* system calls of a region, calls of a source */
    uint64_t failures_full;
    uint64_t failures_invalid;
    const void *owner; /* verify builds: the thread */
    ch_tracker *tracker;
    size_t tracked; /* every call goes out of line and is noted */
    chi_arena_config config;
    uint64_t seal;
    uintptr_t magic;
} ch_arena;

/** A place to come back to. Any number, any nesting; costs nothing to drop. */
typedef struct ch_arena_point {
    uint8_t *cursor;
    uint64_t place;
    const struct ch_arena *arena;
} ch_arena_point;

typedef struct ch_arena_figures {
    size_t used_bytes;
    size_t capacity_bytes;
    size_t remaining_bytes;
    size_t peak_bytes;
    uint64_t padding_bytes; /* lost to alignment (and redzones) since init */
    uint64_t allocations;   /* blocks of at least one byte given out since init */
    uint64_t total_bytes;   /* asked for by them, and by extensions */
    uint64_t failures_full;
    uint64_t failures_invalid;
    uint64_t chunks;
    uint64_t source_calls;
} ch_arena_figures;

CH_API_BEGIN

/** ch_arena_align is the alignment that the memory of a fixed arena needs: 1. */
size_t ch_arena_align(void);

/** ch_arena_footprint returns the bytes that a fixed arena with these options needs: its limit.
 *  Returns 0 for invalid options. */
size_t ch_arena_footprint(const ch_arena_options *options);

/** ch_arena_redzone_bytes returns what this build adds before each block: 0, or 16 if checked. */
size_t ch_arena_redzone_bytes(void);

/** ch_arena_init makes a fixed arena of the caller's memory. Size 0 is valid: every request of a
 *  byte fails. `options` may be NULL for the defaults.
 *  Errors: CH_EINVAL NULL or invalid options; CH_ERANGE memory that wraps; CH_EFULL size_bytes
 *          below limit_bytes. Nothing is written then.
 *  Lifetime: the memory must outlive the arena. */
ch_status ch_arena_init(ch_arena *arena, void *memory, size_t size_bytes,
                        const ch_arena_options *options);

/** ch_arena_init_region makes an arena over a whole region: pages are committed as the cursor
 *  reaches them, in steps that double up to 64 MiB. The limit is exact, not rounded to a step.
 *  Errors: CH_EINVAL; CH_ESTATE no live region; CH_EFULL limit above the region; CH_ENOMEM the
 *          first commit was refused.
 *  Cost:   at most log2(limit/first) + limit/64 MiB + 1 system calls until full. */
ch_status ch_arena_init_region(ch_arena *arena, ch_region *region, const ch_arena_options *options);

/** ch_arena_init_spill makes a fixed arena that takes a block from `source` when one does not fit:
 *  each exactly as large as it must be, given back by the release or reset that covers it. Blocks
 *  that fit go on coming from the caller's memory. Capacity stays that memory's; used and peak
 * count spilled bytes too, chunks is 1 plus their number. A spilled block cannot be extended.
 *  Errors: as ch_arena_init. A refusing source: the request fails with CH_EFULL. */
ch_status ch_arena_init_spill(ch_arena *arena, void *memory, size_t size_bytes,
                              const ch_allocator *source, const ch_arena_options *options);

/** ch_arena_init_chunked makes an arena of chunks from `source`. Reset and release keep the chunks,
 *  so a repeated workload calls the source in its first round only. A request above the next chunk
 *  gets a chunk of its exact size and does not raise the growth.
 *  Errors: CH_EINVAL; CH_EFULL the source refused the first chunk.
 *  Cost of a chunk switch: O(kept chunks). */
ch_status ch_arena_init_chunked(ch_arena *arena, const ch_allocator *source,
                                const ch_arena_options *options);

/** ch_arena_init_twin makes an arena that takes every block from `source` and gives it back at
 *  release: same functions, same answers, the cost of the source. Release is O(blocks). */
ch_status ch_arena_init_twin(ch_arena *arena, const ch_allocator *source,
                             const ch_arena_options *options);

/** ch_arena_alloc takes `size_bytes` bytes aligned to `align` (by address) from the arena.
 *  Requires: arena initialised; align a power of two, at most CH_ALIGN_MAX, else it is misuse
 *            (CH_EALIGN) and NULL.
 *  Returns:  first byte, not zeroed unless chosen; NULL if too few bytes remain (arena unchanged,
 *            failure counted). Size 0: an aligned pointer, nothing moves.
 *  Lifetime: until a release to an earlier mark, ch_arena_reset or ch_arena_fini.
 *  Cost:     O(1), no calls while bytes are committed; zeroing if chosen. */
CH_INLINE void *ch_arena_alloc(ch_arena *arena, size_t size_bytes, size_t align);

/** ch_arena_alloc_try is ch_arena_alloc with the exact status; *out changes on CH_OK only.
 *  Errors: CH_EALIGN, CH_EFULL, CH_ENOMEM (region: the system refused), CH_ESTATE. */
ch_status ch_arena_alloc_try(ch_arena *arena, void **out, size_t size_bytes, size_t align);

/** ch_arena_calloc takes count * size_bytes zeroed bytes. Returns NULL also if the product
 *  overflows (counted as invalid). Cost: O(bytes). */
void *ch_arena_calloc(ch_arena *arena, size_t count, size_t size_bytes, size_t align);

/** ch_arena_extend makes the last block larger or smaller in place.
 *  Errors: CH_EORDER not the last block; CH_EFULL; all leave everything unchanged. */
ch_status ch_arena_extend(ch_arena *arena, void *block, size_t old_bytes, size_t new_bytes);

/** ch_arena_trim_last gives back the end of the last block: ch_arena_extend that only shrinks.
 *  Errors: CH_EORDER not the last block; CH_EINVAL new_bytes above old_bytes. */
ch_status ch_arena_trim_last(ch_arena *arena, void *block, size_t old_bytes, size_t new_bytes);

/** ch_arena_mark returns the present place. Cost: two loads. */
CH_INLINE ch_arena_point ch_arena_mark(const ch_arena *arena);

/** ch_arena_release goes back to `point`: everything taken since is given back.
 *  Errors: CH_EORDER, as misuse, if the point lies above the cursor, is from before a reset, or is
 *          another arena's.
 *  Cost:   O(1); O(chunks left behind) in a chunked arena; plus zeroing if chosen. */
CH_INLINE ch_status ch_arena_release(ch_arena *arena, ch_arena_point point);

/** ch_arena_reset gives everything back and makes all points stale. Chunks and committed pages are
 *  kept. Cost: as a release of everything. Returns CH_ESTATE if not initialised. */
ch_status ch_arena_reset(ch_arena *arena);

/** ch_arena_trim returns memory that is not in use: committed pages above `keep_bytes`, or kept
 *  chunks until at most `keep_bytes` are held. Fixed arenas: no-op. */
ch_status ch_arena_trim(ch_arena *arena, size_t keep_bytes);

/** ch_arena_adopt makes the calling thread the one that may use the arena; verify builds, which
 * tell a wrong thread by CH_ETHREAD, need it when an arena changes hands. The caller makes sure
 * that the thread before is done with it. Returns: CH_OK; CH_EINVAL NULL; CH_ESTATE no live arena.
 */
ch_status ch_arena_adopt(ch_arena *arena);

/** ch_arena_fini ends the arena and returns all chunks. A zeroed or finished arena: no-op. */
ch_status ch_arena_fini(ch_arena *arena);

/** ch_arena_used returns bytes in use, padding included; capacity, the limit (chunked without one:
 *  what is held now); remaining, the raw difference. */
size_t ch_arena_used(const ch_arena *arena);
size_t ch_arena_capacity(const ch_arena *arena);
size_t ch_arena_remaining(const ch_arena *arena);

/** ch_arena_remaining_for returns the largest size that an alloc with `align` gets now without
 *  growing by a chunk; 0 for a bad align. */
size_t ch_arena_remaining_for(const ch_arena *arena, size_t align);

/** ch_arena_utilization returns used / capacity, 0 if capacity is 0. */
double ch_arena_utilization(const ch_arena *arena);

/** ch_arena_allocations returns the number of blocks of at least one byte given out since init.
 *  Threads: any. */
uint64_t ch_arena_allocations(const ch_arena *arena);

/** ch_arena_peak returns the most bytes in use since init or ch_arena_peak_reset. */
size_t ch_arena_peak(const ch_arena *arena);
void ch_arena_peak_reset(ch_arena *arena);

/** ch_arena_stats fills `figures`. Threads: any; another thread's view may be torn between fields.
 */
ch_status ch_arena_stats(const ch_arena *arena, ch_arena_figures *figures);

/** ch_arena_stats_json writes the figures as one JSON object by the snprintf rule: cut at `size`
 *  bytes, closed by 0. Returns the length needed without the 0. */
size_t ch_arena_stats_json(const ch_arena *arena, char *out, size_t size);

/** ch_arena_check verifies the invariants; *invariant (may be NULL) gets the number of the first
 *  broken one: 1 seal over the configuration, 2 cursor in its chunk, 3 fast-path copies, 4 life,
 *  5 limit and commit, 6 chunk list, 7 peak, 8 totals. Cost: O(chunks). */
ch_status ch_arena_check(const ch_arena *arena, unsigned *invariant);

/** ch_arena_track binds `tracker` (NULL: unbinds): from now on each block, each request that found
 * no room, and the bytes of each release or reset are noted there (track.h); extensions are not. A
 *  tracked arena has no inline path. An arena is tracked from init on if a run time for the whole
 *  process wants notes. Errors: CH_EINVAL; CH_ESTATE; CH_ETHREAD misuse. Lifetime: the tracker must
 *  outlive the arena or be unbound. */
ch_status ch_arena_track(ch_arena *arena, ch_tracker *tracker);

/** ch_arena_allocator returns an allocator over the arena: free of the last block gives it back,
 *  any other free is accepted and waits for the release. Lifetime: the arena's. */
ch_allocator ch_arena_allocator(ch_arena *arena);

/* Out-of-line halves of the inline functions. */
void *ch_arena_alloc_slow(ch_arena *arena, size_t size_bytes, size_t align);
void *ch_arena_alloc_array(ch_arena *arena, size_t count, size_t size_bytes, size_t align);
ch_status ch_arena_release_slow(ch_arena *arena, uint8_t *cursor, uint64_t place,
                                const ch_arena *marked);

CH_API_END

/** CH_ARENA_NEW takes one T, CH_ARENA_ARRAY takes n of them (the product is checked), naturally
 *  aligned. NULL if full. */
#define CH_ARENA_NEW(arena, T) ((T *)ch_arena_alloc((arena), sizeof(T), CH_ALIGNOF(T)))
#define CH_ARENA_ARRAY(arena, T, n)                                                                \
    ((T *)ch_arena_alloc_array((arena), (n), sizeof(T), CH_ALIGNOF(T)))

/** CH_ARENA_SCOPE releases at the end of the enclosing block what was taken from here on. */
#define CH_ARENA_SCOPE(arena)                                                                      \
    __attribute__((cleanup(chi_arena_scope_end), unused)) chi_arena_scope CHI_ARENA_UNIQUE(        \
        __LINE__) = {(arena), ch_arena_mark(arena)}

/* ---- Implementation ---------------------------------------------------------------------- */

#define CHI_ARENA_UNIQUE(line)  CHI_ARENA_UNIQUE_(line)
#define CHI_ARENA_UNIQUE_(line) chi_arena_scope_##line

typedef struct chi_arena_scope {
    ch_arena *arena;
    ch_arena_point point;
} chi_arena_scope;

CH_INLINE void *ch_arena_alloc(ch_arena *arena, size_t size_bytes, size_t align) {
    uintptr_t cursor = (uintptr_t)arena->cursor;
    uintptr_t end = (uintptr_t)arena->fast_end;
    uintptr_t start = (cursor + (align - 1)) & ~(uintptr_t)(align - 1);
    if (CH_LIKELY(ch_align_is_valid(align) && chi_fits(start, end, size_bytes))) {
        uint8_t *block = arena->cursor + (start - cursor);
        CH_PUBLISH(arena->cursor, block + size_bytes); /* first: the register is at hand */
        CH_PUBLISH(arena->tally, arena->tally + (CHI_TALLY_BLOCK + size_bytes));
        return block;
    }
    return ch_arena_alloc_slow(arena, size_bytes, align);
}

CH_INLINE ch_arena_point ch_arena_mark(const ch_arena *arena) {
    ch_arena_point point;
    point.cursor = arena->cursor;
    point.place = arena->place;
    point.arena = arena;
    return point;
}

CH_INLINE ch_status ch_arena_release(ch_arena *arena, ch_arena_point point) {
    size_t drop = (size_t)((uintptr_t)arena->cursor - (uintptr_t)point.cursor);
    size_t left = 0;
    if (CH_LIKELY(point.place == arena->fast_place &&
                  ch_size_sub(&left, arena->fast_drop_bytes, drop))) {
        if (arena->peak_cursor < arena->cursor) {
            CH_PUBLISH(arena->peak_cursor, arena->cursor);
        }
        CH_PUBLISH(arena->cursor, point.cursor);
        CH_PUBLISH(arena->fast_drop_bytes, left);
        return CH_OK;
    }
    return ch_arena_release_slow(arena, point.cursor, point.place, point.arena);
}

CH_INLINE void chi_arena_scope_end(chi_arena_scope *scope) {
    ch_arena_release(scope->arena, scope->point);
}

#endif
