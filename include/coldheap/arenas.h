/** ch_arenas is three scratch arenas in one block of the caller: one for a whole execution, one for
 *  temporary results, one for scratch inside a single step. Each is a plain ch_arena.
 *
 *   memory        64-byte borders                                  footprint
 *    |== EXECUTION ==|pad|== TEMPORARY ==|pad|== SCRATCH ==|
 *
 *  The sizes are laid out, not promised: an arena of n bytes owns n bytes and gives not one more,
 *  and what fills one never takes from another. Reset keeps the memory.
 *
 *  A *twin* takes every block from a ch_allocator, with the same sizes as limits (arena.h).
 *
 *  Not to be copied or moved. One thread at a time (ch_arenas_usage and ch_arenas_stats_json may be
 *  called from any). Not for objects freed one by one (pool.h). */
#ifndef CH_ARENAS_H
#define CH_ARENAS_H

#include <coldheap/arena.h>

/** Which of the three. */
typedef enum ch_arenas_kind {
    CH_ARENAS_EXECUTION = 0,
    CH_ARENAS_TEMPORARY,
    CH_ARENAS_SCRATCH,
    CH_ARENAS_KINDS
} ch_arenas_kind;

/** Bytes of each arena where no sizes are given. */
#define CH_ARENAS_EXECUTION_BYTES ((size_t)1 << 20)
#define CH_ARENAS_TEMPORARY_BYTES ((size_t)256 << 10)
#define CH_ARENAS_SCRATCH_BYTES   ((size_t)64 << 10)

/** Distance of the borders between the arenas. */
#define CH_ARENAS_BORDER 64u

/** How large each arena is, exactly; 0: that arena is absent. At least one must be there. */
typedef struct ch_arenas_sizes {
    size_t execution_bytes;
    size_t temporary_bytes;
    size_t scratch_bytes;
    ch_zeroing zeroing; /* of all three */
    const char *name;
} ch_arenas_sizes;

/** Fields are private; visible so that ch_arenas_get inlines. */
typedef struct ch_arenas {
    ch_arena *given[CH_ARENAS_KINDS]; /* NULL: absent */
    ch_arena arenas[CH_ARENAS_KINDS];
    uint8_t *memory; /* NULL: a twin */
    size_t sizes[CH_ARENAS_KINDS];
    char name[CH_NAME_MAX + 1];
    uint64_t seal;
    uintptr_t magic;
} ch_arenas;

/** What one arena holds. All 0 for an absent one. */
typedef struct ch_arenas_figures {
    size_t used_bytes;
    size_t peak_bytes; /* most in use since init */
    size_t capacity_bytes;
    uint64_t allocations; /* blocks given out since init */
    uint64_t failures;    /* requests that found no room or were invalid */
} ch_arenas_figures;

CH_API_BEGIN

/** ch_arenas_align returns the alignment that the memory needs. */
size_t ch_arenas_align(void);

/** ch_arenas_footprint returns the bytes that these sizes take (NULL: the defaults); 0 for invalid
 *  sizes or overflow. */
size_t ch_arenas_footprint(const ch_arenas_sizes *sizes);

/** ch_arenas_init lays the arenas out in the caller's memory and writes none of it. `sizes` may be
 *  NULL for the defaults.
 *  Errors: CH_EINVAL NULL or invalid sizes; CH_ERANGE memory that wraps; CH_EALIGN; CH_EFULL size
 *          below the footprint. Nothing is written then.
 *  Lifetime: the memory must outlive the set. */
ch_status ch_arenas_init(ch_arenas *set, void *memory, size_t size_bytes,
                         const ch_arenas_sizes *sizes);

/** ch_arenas_init_twin makes the same set of twins over `source`. Errors: CH_EINVAL. */
ch_status ch_arenas_init_twin(ch_arenas *set, const ch_allocator *source,
                              const ch_arenas_sizes *sizes);

/** ch_arenas_get returns the arena of a kind; NULL if it is absent, `kind` is none of the three or
 *  the set is not initialised (zeroed). Lifetime: the set's. Cost: two loads. */
CH_INLINE ch_arena *ch_arenas_get(ch_arenas *set, ch_arenas_kind kind);

/** ch_arenas_reset gives everything of one arena back and makes its marks stale.
 *  Errors: CH_EINVAL NULL or no such kind; CH_ESTATE not initialised; CH_ENOENT absent; CH_ETHREAD,
 *          as misuse, in verify builds. Cost: as ch_arena_reset. */
ch_status ch_arenas_reset(ch_arenas *set, ch_arenas_kind kind);

/** ch_arenas_reset_all resets all that are there. Errors as ch_arenas_reset: the first, and the
 *  arenas after it are not reset then. */
ch_status ch_arenas_reset_all(ch_arenas *set);

/** ch_arenas_usage fills `figures` for one kind. Errors: CH_EINVAL; CH_ESTATE. */
ch_status ch_arenas_usage(const ch_arenas *set, ch_arenas_kind kind, ch_arenas_figures *figures);

/** ch_arenas_stats_json writes the figures of all three as one JSON object by the snprintf rule;
 *  returns the length needed without the closing 0. */
size_t ch_arenas_stats_json(const ch_arenas *set, char *out, size_t size);

/** ch_arenas_track binds `tracker` (NULL: unbinds) to the arenas that are there, as ch_arena_track.
 *  Errors: CH_EINVAL; CH_ESTATE; CH_ETHREAD misuse. */
ch_status ch_arenas_track(ch_arenas *set, ch_tracker *tracker);

/** ch_arenas_check verifies the invariants; *invariant (may be NULL) gets the number of the first
 *  broken one: 1 seal over sizes and layout, 2 an arena is not where its size says, 10*k + i: the
 *  arena of kind k-1 breaks its invariant i (ch_arena_check). */
ch_status ch_arenas_check(const ch_arenas *set, unsigned *invariant);

/** ch_arenas_fini ends the set; a twin's blocks go back to its source. A zeroed or finished set:
 *  no-op. */
ch_status ch_arenas_fini(ch_arenas *set);

CH_API_END

/* ---- Implementation ---------------------------------------------------------------------- */

CH_INLINE ch_arena *ch_arenas_get(ch_arenas *set, ch_arenas_kind kind) {
    return (unsigned)kind < (unsigned)CH_ARENAS_KINDS ? set->given[kind] : NULL;
}

#endif
