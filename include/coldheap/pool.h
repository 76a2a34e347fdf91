/** ch_pool recycles a fixed number of equal objects. Its bookkeeping lies outside the objects: a
 *  stack of free indices and one generation per slot, odd while the slot is in use. The object that
 *  was released last is kept by pointer on top of the stack (the spare one), so that a pair of
 *  acquire and release touches neither the stack nor a count.
 *
 *   base                                   generations      free_slots
 *    |obj 0|obj 1| ... |obj count-1|        | g g g ... |    | 7 3 1 .. |
 *                 ^ fresh: slots from here on were not used since reset, and are not written to
 *
 *  Objects are named by pointer, or by handle where a name may outlive its object: a handle of a
 *  released object is recognised as stale. Every wrong release is detected in every build, at the
 *  price of one multiplication and one load.
 *
 *  Not to be copied or moved. One thread at a time (ch_pool_stats may be called from any). Not for
 *  objects of mixed sizes, nor for those that all die together (arena.h).
 *
 *  A *twin* takes every object from a ch_allocator instead: same functions and answers, the cost of
 *  the allocator. In checked builds (ASan, verify, or a run under Valgrind) each slot has a redzone
 *  of 16 bytes, part of the footprint, and free objects are no-access. */
#ifndef CH_POOL_H
#define CH_POOL_H

#include <coldheap/allocator.h>
#include <coldheap/arith.h>
#include <coldheap/bits.h>
#include <coldheap/region.h>
#include <coldheap/track.h>

#define CH_POOL_OBJECT_MAX ((size_t)1 << 30)
#define CH_POOL_COUNT_MAX  ((size_t)1 << 31)

/** Flags of ch_pool_options. */
#define CH_POOL_RETIRE          1u /* take a slot out of use when its generation would wrap */
#define CH_POOL_FIFO            2u /* reuse the slot that was released first, not last */
#define CH_POOL_ZERO_ON_RELEASE 4u /* an acquired object is all zero; cleared when released */
#define CH_POOL_ZERO_ON_ACQUIRE 8u /* an acquired object is all zero; cleared when acquired */

/** How to set up a pool. object_bytes, align and count must be given. */
typedef struct ch_pool_options {
    size_t object_bytes; /* 1 to 2^30; the distance of objects is this rounded up to align */
    size_t align;        /* power of two, 1 to CH_ALIGN_MAX */
    size_t count;        /* 1 to 2^31 */
    unsigned flags;
    unsigned generation_bits;  /* 2 to 32; 0: 32. A slot is told apart over 2^(bits-1)-1 uses */
    uint32_t generation_start; /* even; another value for another life of the same memory */
    const char *name;
} ch_pool_options;

/** A name of an object that outlives it; {0} names none. */
typedef struct ch_pool_handle {
    uint32_t index;
    uint32_t generation;
} ch_pool_handle;

/** What never changes between init and fini; sealed by a checksum that ch_pool_check verifies. */
typedef struct chi_pool_config {
    size_t object_bytes;
    size_t align;
    size_t count;
    size_t flags;
    size_t generation_start;
    size_t checked;
    void **objects; /* twin: where each slot's object lies */
    void *where;    /* twin: map from object to slot */
    ch_allocator source;
    char name[CH_NAME_MAX + 1];
} chi_pool_config;

/** Fields are private; visible so that the fast paths inline. All words, so that stores into the
 *  tables of 32-bit numbers cannot alias them. */
typedef struct ch_pool {
    uint8_t *base;
    uint32_t *generations;
    uint32_t *free_slots;
    void *spare;       /* the object released last, if the inline paths did it; or NULL */
    void *given;       /* while spare is NULL: the one it was, if that is out; or NULL */
    size_t spare_slot; /* the slot of either; while spare, its generation is still odd */
    size_t free_count; /* free slots that the inline path may take; 0 in a pool that has none */
    size_t fast_fresh; /* fresh, or 0 if every call must go out of line */
    size_t stride_bytes;
    size_t stride_inverse;  /* of the odd part of the stride, modulo the word */
    size_t stride_shift;    /* its power of two */
    size_t generation_last; /* the highest, odd */
    size_t fresh;           /* slots used since the last reset */
    size_t touched;         /* slots ever used: their generations are valid */
    size_t held_count;      /* free slots of a pool without inline path */
    size_t held_first;      /* FIFO: index in free_slots of the one to reuse next */
    size_t retired_count;   /* slots taken out for good */
    size_t retired_passed;  /* those of them below fresh */
    size_t peak_count;
    uint64_t failures;
    uint64_t source_calls;
    uint64_t acquired_before; /* acquisitions of generations that have wrapped */
    size_t tracked;           /* 0 or 1: what happens is noted, and there are no inline paths */
    ch_tracker *tracker;      /* NULL: none of its own */
    const void *owner;
    chi_pool_config config;
    uint64_t seal;
    uintptr_t magic;
} ch_pool;

typedef struct ch_pool_figures {
    size_t capacity;
    size_t in_use;
    size_t available;
    size_t peak;
    size_t retired;
    size_t object_bytes;
    size_t stride_bytes;
    uint64_t failures;
    uint64_t source_calls; /* of a twin */
} ch_pool_figures;

CH_API_BEGIN

/** ch_pool_align returns the alignment that the pool's memory needs; 0 for invalid options. */
size_t ch_pool_align(const ch_pool_options *options);

/** ch_pool_footprint returns the bytes that the pool takes; 0 for invalid options or overflow. */
size_t ch_pool_footprint(const ch_pool_options *options);

/** ch_pool_stride returns the distance between objects in this build; 0 for invalid options. */
size_t ch_pool_stride(const ch_pool_options *options);

/** ch_pool_init lays a pool out in the caller's memory and writes none of it; it need not be zero.
 *  Errors: CH_EINVAL NULL or invalid options; CH_EALIGN; CH_EFULL size below the footprint. Nothing
 *          is written then.
 *  Lifetime: the memory must outlive the pool. Cost: O(1). */
ch_status ch_pool_init(ch_pool *pool, void *memory, size_t size_bytes,
                       const ch_pool_options *options);

/** ch_pool_twin_footprint, ch_pool_init_twin: the same for a twin, whose memory holds only tables,
 *  aligned to 16. Cost: O(count) at init. */
size_t ch_pool_twin_footprint(const ch_pool_options *options);
ch_status ch_pool_init_twin(ch_pool *pool, void *memory, size_t size_bytes,
                            const ch_pool_options *options, const ch_allocator *source);

/** ch_pool_acquire takes an object. Returns NULL if all are in use (counted). Its bytes are
 *  unspecified unless a zero flag is set. Cost: O(1); plus clearing if chosen. */
CH_INLINE void *ch_pool_acquire(ch_pool *pool);

/** ch_pool_acquire_try is ch_pool_acquire with the status: CH_EFULL; CH_ENOMEM a twin's source
 *  refused; CH_ESTATE not initialised. *out changes on CH_OK only. */
ch_status ch_pool_acquire_try(ch_pool *pool, void **out);

/** ch_pool_release gives an object back.
 *  Errors, all misuse with nothing changed: CH_EFOREIGN outside the pool; CH_EINTERIOR not the
 * start of an object; CH_EDOUBLE not in use; CH_ETHREAD (verify builds). Cost:   O(1), one
 * multiplication for any stride; plus clearing if chosen. */
CH_INLINE ch_status ch_pool_release(ch_pool *pool, void *object);

/** ch_pool_acquire_handle takes an object and stores its handle; NULL if all are in use (*handle is
 *  unchanged then). */
void *ch_pool_acquire_handle(ch_pool *pool, ch_pool_handle *handle);

/** ch_pool_get returns the object of a handle, NULL if it is stale or no handle of this pool. */
CH_INLINE void *ch_pool_get(const ch_pool *pool, ch_pool_handle handle);

/** ch_pool_get_try tells why: CH_ESTALE released since (also by reset), CH_EFOREIGN no slot of this
 *  pool. Asking is not misuse. */
ch_status ch_pool_get_try(const ch_pool *pool, void **out, ch_pool_handle handle);

/** ch_pool_release_handle gives the object of a handle back. Errors, both misuse: CH_ESTALE,
 *  CH_EFOREIGN. */
ch_status ch_pool_release_handle(ch_pool *pool, ch_pool_handle handle);

/** ch_pool_handle_of returns the handle of an object in use; {0} for any other pointer. */
ch_pool_handle ch_pool_handle_of(const ch_pool *pool, const void *object);

/** ch_pool_index_of returns the slot number of an object in use, SIZE_MAX for any other pointer. */
size_t ch_pool_index_of(const ch_pool *pool, const void *object);

/** ch_pool_next_live returns the objects in use one after the other, NULL at the end; *position
 *  starts at 0. For leak listings. Cost of a whole pass: O(slots used since reset). */
void *ch_pool_next_live(const ch_pool *pool, size_t *position);

/** ch_pool_reset releases all objects; their handles become stale. Cost: O(1); with ZERO_ON_RELEASE
 *  O(slots used since the last reset); twin: O(those). Returns CH_ESTATE if not initialised. */
ch_status ch_pool_reset(ch_pool *pool);

/** ch_pool_fini ends the pool; a twin's objects go back to its source. A zeroed or finished pool:
 *  no-op. */
ch_status ch_pool_fini(ch_pool *pool);

/** Queries: capacity is count, in_use + available + retired = capacity, peak the most in use since
 *  init, failures the acquires that found none. */
size_t ch_pool_capacity(const ch_pool *pool);
size_t ch_pool_in_use(const ch_pool *pool);
size_t ch_pool_available(const ch_pool *pool);
size_t ch_pool_peak(const ch_pool *pool);
size_t ch_pool_retired(const ch_pool *pool);
uint64_t ch_pool_failures(const ch_pool *pool);

/** ch_pool_acquisitions returns how many objects were acquired since init, resets included: what
 * the generations tell, so that acquiring costs nothing for it. Cost: O(slots used since init).
 *  Threads: the pool's. */
uint64_t ch_pool_acquisitions(const ch_pool *pool);

/** ch_pool_utilization returns in_use / capacity, 0 if capacity is 0. */
double ch_pool_utilization(const ch_pool *pool);

/** ch_pool_stats fills `figures`. Threads: any; another thread's view may be torn between fields.
 */
ch_status ch_pool_stats(const ch_pool *pool, ch_pool_figures *figures);

/** ch_pool_stats_json writes the figures and the acquisitions as one JSON object by the snprintf
 *  rule; returns the length needed without the closing 0. Cost, threads: as ch_pool_acquisitions.
 */
size_t ch_pool_stats_json(const ch_pool *pool, char *out, size_t size);

/** ch_pool_check verifies the invariants; *invariant (may be NULL) gets the number of the first
 *  broken one: 1 seal over the configuration, 2 geometry, 3 counts, 4 a free slot that is in use or
 *  out of range, 5 free slots and generations disagree, 6 peak. Cost: O(slots used). */
ch_status ch_pool_check(const ch_pool *pool, unsigned *invariant);

/** ch_pool_track binds `tracker` (NULL: unbinds): from now on each acquire and release, each
 * acquire that found nothing, and the bytes that a reset or fini gives back are noted there
 * (track.h). A tracked pool has no inline paths. A pool is tracked from init on if a run time for
 * the whole process wants notes. Errors: CH_EINVAL; CH_ESTATE; CH_ETHREAD misuse. Lifetime: the
 * tracker must outlive the pool or be unbound. Cost: O(1). */
ch_status ch_pool_track(ch_pool *pool, ch_tracker *tracker);

/** ch_pool_allocator returns an allocator over the pool: it serves requests that fit an object.
 *  Lifetime: the pool's. */
ch_allocator ch_pool_allocator(ch_pool *pool);

/** Out-of-line halves of the inline functions; not for direct use. */
void *ch_pool_acquire_slow(ch_pool *pool);
ch_status ch_pool_release_slow(ch_pool *pool, void *object);
void *ch_pool_get_slow(const ch_pool *pool, ch_pool_handle handle);

CH_API_END

/** ch_pool_acquire_unchecked and ch_pool_release_unchecked leave out the checks of plain pools: a
 *  wrong release corrupts the pool. For measured need only (pool bench: unchecked). */
CH_INLINE void *ch_pool_acquire_unchecked(ch_pool *pool);
CH_INLINE void ch_pool_release_unchecked(ch_pool *pool, void *object);

/* ---- Implementation ---------------------------------------------------------------------- */

/* The slot number of a byte offset: exact division by one multiplication with the inverse of the
 * odd part; a rotation puts what is no multiple of the stride, and what lies outside, far above any
 * slot number. */
CH_INLINE size_t chi_pool_slot(size_t offset, size_t inverse, size_t shift) {
    size_t product = offset * inverse;
    return product >> shift | product << ((8 * sizeof(size_t) - shift) & (8 * sizeof(size_t) - 1));
}

CH_INLINE size_t chi_pool_slot_of(const ch_pool *pool, const void *object) {
    return chi_pool_slot((uintptr_t)object - (uintptr_t)pool->base, pool->stride_inverse,
                         pool->stride_shift);
}

CH_INLINE void *chi_pool_take(ch_pool *pool, size_t stride_bytes) {
    void *spare = pool->spare;
    if (CH_LIKELY(spare != NULL)) {
        uint32_t *generation = &pool->generations[pool->spare_slot];
        uint32_t next = *generation + 2;
        *generation = next;
        pool->given = CH_LIKELY(next != pool->generation_last) ? spare : NULL;
        CH_PUBLISH(pool->spare, NULL);
        return spare;
    }
    size_t top = pool->free_count;
    if (CH_UNLIKELY(top == 0)) {
        return ch_pool_acquire_slow(pool);
    }
    size_t slot = pool->free_slots[top - 1];
    CH_PUBLISH(pool->free_count, top - 1);
    pool->generations[slot]++;
    return pool->base + slot * stride_bytes;
}

/* Makes the object the spare one; what was it goes to the stack. */
CH_INLINE void chi_pool_put(ch_pool *pool, void *object, size_t slot) {
    void *spare = pool->spare;
    size_t spare_slot = pool->spare_slot;
    CH_PUBLISH(pool->spare, object);
    pool->spare_slot = slot;
    if (spare != NULL) {
        size_t top = pool->free_count;
        pool->generations[spare_slot]++;
        pool->free_slots[top] = (uint32_t)spare_slot;
        CH_PUBLISH(pool->free_count, top + 1);
    }
}

/* Whether an object is in use, in a pool that has inline paths. */
CH_INLINE bool chi_pool_is_given(const ch_pool *pool, const void *object, size_t slot) {
    return slot < pool->fast_fresh && object != pool->spare && (pool->generations[slot] & 1u) != 0;
}

CH_INLINE ch_status chi_pool_give(ch_pool *pool, void *object, size_t slot) {
    if (CH_LIKELY(chi_pool_is_given(pool, object, slot) &&
                  pool->generations[slot] != pool->generation_last)) {
        chi_pool_put(pool, object, slot);
        return CH_OK;
    }
    return ch_pool_release_slow(pool, object);
}

/* The inverse of an odd number, modulo the word; a constant, if the number is one. */
CH_INLINE size_t chi_pool_inverse(size_t odd) {
    size_t inverse = (3 * odd) ^ 2; /* right in its lowest 5 bits; every step doubles that */
    inverse *= 2 - odd * inverse;
    inverse *= 2 - odd * inverse;
    inverse *= 2 - odd * inverse;
    return inverse * (2 - odd * inverse);
}

/* The release of the object that was taken last, which needs no further check: whoever else puts an
 * object in its place, or takes this one by another way, leaves no `given` that is not out. */
CH_INLINE bool chi_pool_give_again(ch_pool *pool, void *object) {
    if (object != pool->given || pool->spare != NULL || object == NULL) {
        return false;
    }
    CH_PUBLISH(pool->spare, object);
    return true;
}

/* A release where the stride is a constant: the multiplication is one too, or none. */
CH_INLINE ch_status chi_pool_give_stride(ch_pool *pool, void *object, size_t stride_bytes) {
    if (chi_pool_give_again(pool, object)) {
        return CH_OK;
    }
    if (CH_UNLIKELY(pool->stride_bytes != stride_bytes)) {
        return ch_pool_release_slow(pool, object);
    }
    unsigned shift = ch_bits_low(stride_bytes);
    size_t offset = (uintptr_t)object - (uintptr_t)pool->base;
    return chi_pool_give(pool, object,
                         chi_pool_slot(offset, chi_pool_inverse(stride_bytes >> shift), shift));
}

CH_INLINE void *ch_pool_acquire(ch_pool *pool) {
    return chi_pool_take(pool, pool->stride_bytes);
}

CH_INLINE ch_status ch_pool_release(ch_pool *pool, void *object) {
    if (chi_pool_give_again(pool, object)) {
        return CH_OK;
    }
    return chi_pool_give(pool, object, chi_pool_slot_of(pool, object));
}

CH_INLINE void *ch_pool_get(const ch_pool *pool, ch_pool_handle handle) {
    if (CH_LIKELY(handle.index < pool->fast_fresh && (handle.generation & 1u) != 0 &&
                  pool->generations[handle.index] == handle.generation)) {
        uint8_t *object = pool->base + handle.index * pool->stride_bytes;
        if (CH_LIKELY(object != pool->spare)) {
            return object;
        }
    }
    return ch_pool_get_slow(pool, handle);
}

CH_INLINE void *ch_pool_acquire_unchecked(ch_pool *pool) {
    return chi_pool_take(pool, pool->stride_bytes);
}

CH_INLINE void ch_pool_release_unchecked(ch_pool *pool, void *object) {
    if (chi_pool_give_again(pool, object)) {
        return;
    }
    size_t slot = chi_pool_slot_of(pool, object);
    if (CH_UNLIKELY(pool->fast_fresh == 0 || pool->generations[slot] == pool->generation_last)) {
        (void)ch_pool_release_slow(pool, object);
        return;
    }
    chi_pool_put(pool, object, slot);
}

#endif
