/** ch_handles names the entries of any container: a handle outlives what it names, and whoever asks
 *  with it later is told that it is stale, also when the place was used again.
 *
 *      handle {entry 2, generation 5}            entries: generation odd = in use
 *                    |
 *      entries  | 3 -> 7 | 2 free | 5 -> 0 | ...      container  | a | b | c | ...
 *                                       +------------------------->
 *
 *  An entry holds the index at which the container keeps the object. A container that moves objects
 *  (a vector that fills gaps from its end) tells the new index by ch_handles_move; the handle
 * stays.
 *
 *  Not to be copied or moved. One thread at a time (ch_handles_stats may be called from any). Where
 *  the objects lie in a pool its own handles do (pool.h). */
#ifndef CH_HANDLES_H
#define CH_HANDLES_H

#include <coldheap/arith.h>
#include <coldheap/region.h>

#define CH_HANDLES_COUNT_MAX ((size_t)1 << 31)

/** Flag of ch_handles_options: take an entry out of use when its generation would wrap. */
#define CH_HANDLES_RETIRE 1u

/** How to set up a table. capacity must be given. */
typedef struct ch_handles_options {
    size_t capacity; /* 1 to 2^31 */
    unsigned flags;
    unsigned generation_bits;  /* 2 to 32; 0: 32. An entry is told apart over 2^(bits-1)-1 uses */
    uint32_t generation_start; /* even; another value for another life of the same memory */
    const char *name;
} ch_handles_options;

/** The name of an entry; {0} names none. */
typedef struct ch_handle {
    uint32_t entry;
    uint32_t generation;
} ch_handle;

typedef struct chi_handle_entry {
    uint32_t generation;
    uint32_t index; /* in use: of the object; free: the next free entry */
} chi_handle_entry;

/** What never changes between init and fini; sealed by a checksum that ch_handles_check verifies.
 */
typedef struct chi_handles_config {
    chi_handle_entry *entries;
    size_t capacity;
    size_t flags;
    size_t generation_start;
    size_t generation_last; /* the highest, odd */
    char name[CH_NAME_MAX + 1];
} chi_handles_config;

/** Fields are private; visible so that ch_handles_get inlines. */
typedef struct ch_handles {
    chi_handles_config config;
    size_t fresh;      /* entries used since the last reset */
    size_t touched;    /* entries ever used: their generations are valid */
    size_t free_first; /* the entry to reuse next; capacity if none below fresh is free */
    size_t in_use;
    size_t last_count;     /* entries in use with the last generation of a retiring table */
    size_t retired_count;  /* entries taken out for good */
    size_t retired_passed; /* those of them below fresh */
    size_t peak_count;
    uint64_t failures;
    uint64_t seal;
    const void *owner;
    uintptr_t magic;
} ch_handles;

typedef struct ch_handles_figures {
    size_t capacity;
    size_t in_use;
    size_t available;
    size_t peak;
    size_t retired;
    uint64_t failures;
} ch_handles_figures;

CH_API_BEGIN

/** ch_handles_align returns the alignment that the table's memory needs; 0 for invalid options. */
size_t ch_handles_align(const ch_handles_options *options);

/** ch_handles_footprint returns the bytes that the table takes, 8 per entry; 0 for invalid options
 *  or overflow. */
size_t ch_handles_footprint(const ch_handles_options *options);

/** ch_handles_init makes an empty table in the caller's memory and writes none of it.
 *  Errors:   CH_EINVAL NULL or invalid options; CH_EALIGN; CH_EFULL size below the footprint.
 *            Nothing is written then.
 *  Lifetime: the memory must outlive the table. Cost: O(1). */
ch_status ch_handles_init(ch_handles *table, void *memory, size_t size_bytes,
                          const ch_handles_options *options);

/** ch_handles_acquire stores a new handle of the object at `index`.
 *  Errors: CH_EINVAL NULL; CH_ESTATE not initialised; CH_EFULL (counted); CH_ETHREAD misuse in
 *          verify builds. *handle changes on CH_OK only.
 *  Cost:   O(1); after a reset of a table with retired entries O(those) once. */
ch_status ch_handles_acquire(ch_handles *table, ch_handle *handle, uint32_t index);

/** ch_handles_get stores the index that `handle` names. Asking is never misuse.
 *  Errors: CH_ESTALE released, or from before a reset; CH_EFOREIGN from another table (beyond this
 *          one); CH_EINVAL, CH_ESTATE. *index changes on CH_OK only. */
CH_INLINE ch_status ch_handles_get(const ch_handles *table, uint32_t *index, ch_handle handle);

/** ch_handles_move says that the object now lies at `index`.
 *  Errors, misuse with nothing changed: CH_ESTALE, CH_EFOREIGN, CH_ETHREAD. */
ch_status ch_handles_move(ch_handles *table, ch_handle handle, uint32_t index);

/** ch_handles_release makes the handle and all its copies stale.
 *  Errors, misuse with nothing changed: CH_ESTALE (also a second release), CH_EFOREIGN,
 *          CH_ETHREAD. Cost: O(1). */
ch_status ch_handles_release(ch_handles *table, ch_handle handle);

/** ch_handles_next_live returns the next handle in use from entry *position on and moves *position
 *  behind it; {0} at the end. Start with 0. Cost: O(entries passed). */
ch_handle ch_handles_next_live(const ch_handles *table, size_t *position);

/** ch_handles_reset makes all handles stale. Cost: O(1). Returns CH_ESTATE if not initialised. */
ch_status ch_handles_reset(ch_handles *table);

/** ch_handles_fini ends the table. A zeroed or finished one: no-op. */
ch_status ch_handles_fini(ch_handles *table);

/** Queries: in_use + available + retired = capacity. */
size_t ch_handles_capacity(const ch_handles *table);
size_t ch_handles_in_use(const ch_handles *table);
size_t ch_handles_available(const ch_handles *table);

/** ch_handles_stats fills `figures`. Threads: any; another thread's view may be torn between
 *  fields. */
ch_status ch_handles_stats(const ch_handles *table, ch_handles_figures *figures);

/** ch_handles_stats_json writes the figures as one JSON object by the snprintf rule; returns the
 *  length needed without the closing 0. */
size_t ch_handles_stats_json(const ch_handles *table, char *out, size_t size);

/** ch_handles_check verifies the invariants; *invariant (may be NULL) gets the number of the first
 *  broken one: 1 seal over the configuration, 2 counts, 3 free entries, 4 generations, 5 peak.
 *  Cost: O(entries used). */
ch_status ch_handles_check(const ch_handles *table, unsigned *invariant);

/** Out-of-line half of ch_handles_get; not for direct use. */
ch_status ch_handles_get_slow(const ch_handles *table, uint32_t *index, ch_handle handle);

CH_API_END

/* ---- Implementation ---------------------------------------------------------------------- */

CH_INLINE ch_status ch_handles_get(const ch_handles *table, uint32_t *index, ch_handle handle) {
    if (CH_LIKELY(table != NULL && handle.entry < table->fresh && (handle.generation & 1u) != 0)) {
        const chi_handle_entry *entry = &table->config.entries[handle.entry];
        if (CH_LIKELY(entry->generation == handle.generation && index != NULL)) {
            *index = entry->index;
            return CH_OK;
        }
    }
    return ch_handles_get_slow(table, index, handle);
}

#endif
