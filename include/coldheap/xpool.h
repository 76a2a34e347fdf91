/** ch_xpool is a pool of equal objects for several threads: one thread acquires, another releases.
 *
 *   shard 0 | shard 1 | ...      each owns per_thread objects for ever; a joined thread uses one
 *
 *    releasing thread                                   owner
 *    outbox to the owner (at most `batch`)  --batch-->  return ring  --drain-->  free list
 *
 *  The one idea: an object always goes back to the shard it came from, and travels in batches. The
 *  owner's free list is private; a released object waits in the releaser's outbox until `batch` of
 *  them share one atomic step. An owner that runs dry drains its ring, and then looks into the
 *  outboxes themselves, so that nothing is out of reach because somebody stopped releasing. One
 *  state per object, in use, on its way or free, is the truth; lists only say where to look.
 *
 *  Nothing grows: outboxes hold at most `batch` numbers, rings at most all objects of their shard.
 *  Every wrong release is detected in every build. Two releases of one object by two threads at the
 *  same instant count once: the second number is dropped when it arrives, or told as CH_EDOUBLE in
 *  the owner's next acquire; no object is given out twice for it.
 *
 *  A shard is used by one thread at a time, all shards at once. Not to be copied or moved. Not for
 *  one thread alone (pool.h), nor for objects of mixed sizes. In checked builds each object has a
 *  redzone of 16 bytes, part of the footprint, and free objects are no-access. */
#ifndef CH_XPOOL_H
#define CH_XPOOL_H

#include <coldheap/pool.h>

#define CH_XPOOL_THREADS_MAX 1024u
#define CH_XPOOL_BATCH_MAX   1024u
#define CH_XPOOL_BATCH       32u

/** How to set up a pool for threads. object_bytes, align, per_thread and threads_max must be given.
 *  per_thread * threads_max is at most 2^31. */
typedef struct ch_xpool_options {
    size_t object_bytes; /* 1 to 2^30 */
    size_t align;        /* power of two, 1 to CH_ALIGN_MAX */
    size_t per_thread;   /* objects of a shard, 1 or more */
    size_t threads_max;  /* shards, 1 to CH_XPOOL_THREADS_MAX */
    size_t batch;        /* objects that go back together, 1 to CH_XPOOL_BATCH_MAX; 0: 32 */
    const char *name;
} ch_xpool_options;

struct ch_xpool;

/** A thread's part. Fields are private; visible so that the fast paths inline. */
typedef struct ch_xpool_shard {
    uint8_t *base;        /* of all objects of the pool */
    uint16_t *states;     /* of all objects of the pool */
    uint32_t *free_slots; /* own objects, last released on top */
    void *spare;          /* the own object released last, if the inline path did it; or NULL */
    void *given;          /* while spare is NULL: the one it was, or NULL */
    size_t spare_slot;    /* the slot of either */
    size_t free_count;    /* of those, for the inline paths; 0 in a shard that has none */
    size_t slot_count;    /* of the pool; 0 if the inline release may not be used */
    size_t stride_bytes;
    size_t stride_inverse;
    size_t stride_shift;
    size_t used_state; /* what the state of an own object in use is */
    size_t per_thread;
    size_t held_count; /* free objects of a shard without inline paths, or of one nobody joined */
    size_t fresh;      /* own objects used so far */
    struct ch_xpool *pool;
    size_t index;
    uint64_t drained;                 /* own objects that came back from other threads */
    uint64_t sent;                    /* objects of others that this shard released */
    uint64_t failures;                /* acquires that found nothing */
    const void *owner;                /* verify builds: the thread */
    size_t tracked;                   /* 0 or 1: what the thread does is noted; no inline paths */
    ch_tracker *tracker;              /* NULL: none of its own */
    CH_ALIGNED(128) size_t taken;     /* a thread has joined; shared */
    size_t lost;                      /* numbers found no room in the ring; shared */
    CH_ALIGNED(128) size_t ring_tail; /* written by releasers */
    CH_ALIGNED(128) size_t ring_head; /* written by the owner */
} ch_xpool_shard;

/** What never changes between init and fini; sealed by a checksum that ch_xpool_check verifies. */
typedef struct chi_xpool_config {
    size_t object_bytes;
    size_t align;
    size_t per_thread;
    size_t threads_max;
    size_t batch;
    size_t ring_slots; /* power of two */
    size_t outbox_words;
    size_t checked;
    size_t stride_bytes;
    uint8_t *objects;
    uint16_t *states;
    uint32_t *free_slots;
    uint32_t *rings;
    uint32_t *outboxes;
    ch_xpool_shard *shards;
    char name[CH_NAME_MAX + 1];
} chi_xpool_config;

typedef struct ch_xpool {
    chi_xpool_config config;
    uint64_t seal;
    uintptr_t magic;
} ch_xpool;

typedef struct ch_xpool_figures {
    size_t capacity;
    size_t threads; /* joined now */
    size_t threads_max;
    size_t available;  /* with their owners, free */
    size_t returning;  /* released by another thread, not yet with the owner */
    size_t in_use;     /* capacity - available - returning */
    uint64_t drained;  /* objects that came back from other threads so far */
    uint64_t failures; /* acquires that found nothing */
    size_t object_bytes;
    size_t stride_bytes;
} ch_xpool_figures;

CH_API_BEGIN

/** ch_xpool_align returns the alignment that the memory needs; 0 for invalid options. */
size_t ch_xpool_align(const ch_xpool_options *options);

/** ch_xpool_footprint returns the bytes that the pool takes; 0 for invalid options or overflow. The
 *  outboxes take threads_max * threads_max * batch * 4 bytes of it. */
size_t ch_xpool_footprint(const ch_xpool_options *options);

/** ch_xpool_init lays a pool out in the caller's memory.
 *  Errors: CH_EINVAL NULL or invalid options; CH_EALIGN; CH_EFULL size below the footprint. Nothing
 *          is written then.
 *  Lifetime: the memory must outlive the pool. Cost: O(threads_max * (per_thread + threads_max)),
 *          objects are not touched. */
ch_status ch_xpool_init(ch_xpool *pool, void *memory, size_t size_bytes,
                        const ch_xpool_options *options);

/** ch_xpool_join gives the calling thread a shard.
 *  Errors: CH_EINVAL; CH_ESTATE no live pool; CH_EFULL more threads than shards. *shard changes on
 *          CH_OK only.
 *  Owner: the thread, until ch_xpool_leave. Cost: O(threads_max). */
ch_status ch_xpool_join(ch_xpool *pool, ch_xpool_shard **shard);

/** ch_xpool_leave sends what the shard's outboxes hold and frees the shard for the next joiner, who
 *  takes over its free objects; objects in use stay in use. Errors: CH_EINVAL NULL; CH_ESTATE no
 *  joined shard; CH_ETHREAD, as misuse, in verify builds. */
ch_status ch_xpool_leave(ch_xpool_shard *shard);

/** ch_xpool_acquire takes an object from the thread's shard. NULL if none is left there (counted).
 *  Its bytes are unspecified. Requires: a joined shard. Cost: O(1), amortised over a batch;
 *  O(threads_max) when it fails. */
CH_INLINE void *ch_xpool_acquire(ch_xpool_shard *shard);

/** ch_xpool_acquire_try is ch_xpool_acquire with the status: CH_EFULL; CH_ESTATE no joined shard;
 * CH_ETHREAD, as misuse, in verify builds. *out changes on CH_OK only. */
ch_status ch_xpool_acquire_try(ch_xpool_shard *shard, void **out);

/** ch_xpool_release gives an object of any shard back, from the thread of `shard`.
 *  Errors, all misuse with nothing changed: CH_EFOREIGN outside the pool; CH_EINTERIOR not the
 * start of an object; CH_EDOUBLE not in use; CH_ETHREAD (verify builds). CH_ESTATE no joined shard.
 *  Cost:   O(1), amortised over a batch. */
CH_INLINE ch_status ch_xpool_release(ch_xpool_shard *shard, void *object);

/** ch_xpool_flush sends what the outboxes hold without waiting for full batches. Errors as
 *  ch_xpool_leave. Cost: O(threads_max + objects). */
ch_status ch_xpool_flush(ch_xpool_shard *shard);

/** ch_xpool_track binds `tracker` (NULL: unbinds) to a joined shard: what its thread acquires and
 *  releases is noted there until it leaves (track.h; a tracker is for one thread, so an object that
 *  another thread releases is unmatched in that one's). A tracked shard has no inline paths. A
 * shard is tracked from join on if a run time for the whole process wants notes. Errors: as
 *  ch_xpool_leave. Cost: O(1). */
ch_status ch_xpool_track(ch_xpool_shard *shard, ch_tracker *tracker);

/** ch_xpool_owner_of returns the number of the shard that an object belongs to, SIZE_MAX if it is
 * no object of the pool. */
size_t ch_xpool_owner_of(const ch_xpool *pool, const void *object);

/** ch_xpool_stats fills `figures`; available + returning + in_use = capacity. Errors: CH_EINVAL;
 *  CH_ESTATE. Cost: O(threads_max).
 *  Threads: any; while others work the view is torn, at rest it is exact. (Two releases of one
 * object at the same instant count twice in returning.) */
ch_status ch_xpool_stats(const ch_xpool *pool, ch_xpool_figures *figures);

/** ch_xpool_stats_json writes the figures as one JSON object by the snprintf rule; returns the
 *  length needed without the closing 0. */
size_t ch_xpool_stats_json(const ch_xpool *pool, char *out, size_t size);

/** ch_xpool_check verifies the invariants, at rest: no other thread may use the pool meanwhile.
 *  *invariant (may be NULL) gets the number of the first broken one: 1 seal over the configuration,
 *  2 a shard's geometry, 3 a state that is none, 4 free lists and states disagree, 5 a returning
 *  object that no ring or outbox holds. Cost: O(capacity + rings + outboxes). */
ch_status ch_xpool_check(const ch_xpool *pool, unsigned *invariant);

/** ch_xpool_fini ends the pool. Nobody may use it any more. A zeroed or finished pool: no-op. */
ch_status ch_xpool_fini(ch_xpool *pool);

/** Out-of-line halves of the inline functions; not for direct use. */
void *ch_xpool_acquire_slow(ch_xpool_shard *shard);
ch_status ch_xpool_release_slow(ch_xpool_shard *shard, void *object);
ch_status ch_xpool_release_far(ch_xpool_shard *shard, size_t slot);

CH_API_END

/* ---- Implementation ---------------------------------------------------------------------- */

/* A state is the shard's number above two bits of these. */
#define CHI_XPOOL_FREE      0u
#define CHI_XPOOL_USED      1u
#define CHI_XPOOL_RETURNING 2u
#define CHI_XPOOL_STATE     3u

CH_INLINE bool chi_xpool_is_free(const ch_xpool_shard *shard, size_t slot) {
    return (CH_PEEK(shard->states[slot]) & CHI_XPOOL_STATE) == CHI_XPOOL_FREE;
}

CH_INLINE void *ch_xpool_acquire(ch_xpool_shard *shard) {
    void *spare = shard->spare;
    size_t top = shard->free_count;
    if (CH_LIKELY(spare != NULL)) {
        size_t slot = shard->spare_slot;
        if (CH_LIKELY(chi_xpool_is_free(shard, slot))) {
            CH_PUBLISH(shard->states[slot], (uint16_t)shard->used_state);
            CH_PUBLISH(shard->spare, NULL);
            shard->given = spare;
            return spare;
        }
    } else if (CH_LIKELY(top != 0)) {
        size_t slot = shard->free_slots[top - 1];
        if (CH_LIKELY(chi_xpool_is_free(shard, slot))) {
            CH_PUBLISH(shard->states[slot], (uint16_t)shard->used_state);
            CH_PUBLISH(shard->free_count, top - 1);
            return shard->base + slot * shard->stride_bytes;
        }
    }
    return ch_xpool_acquire_slow(shard);
}

/* Makes an own object in use the spare one; what was it goes to the list, if there is room. */
CH_INLINE bool chi_xpool_put(ch_xpool_shard *shard, void *object, size_t slot) {
    if (shard->spare != NULL) {
        size_t top = shard->free_count;
        if (CH_UNLIKELY(top >= shard->per_thread)) {
            return false;
        }
        shard->free_slots[top] = (uint32_t)shard->spare_slot;
        CH_PUBLISH(shard->free_count, top + 1);
    }
    CH_PUBLISH(shard->states[slot], (uint16_t)(shard->used_state - CHI_XPOOL_USED));
    CH_PUBLISH(shard->spare, object);
    shard->spare_slot = slot;
    return true;
}

/* The release of the object that was taken last: its slot is known. */
CH_INLINE bool chi_xpool_put_again(ch_xpool_shard *shard, void *object) {
    size_t slot = shard->spare_slot;
    if (object != shard->given || shard->spare != NULL || object == NULL ||
        CH_PEEK(shard->states[slot]) != shard->used_state) {
        return false;
    }
    CH_PUBLISH(shard->states[slot], (uint16_t)(shard->used_state - CHI_XPOOL_USED));
    CH_PUBLISH(shard->spare, object);
    return true;
}

CH_INLINE ch_status ch_xpool_release(ch_xpool_shard *shard, void *object) {
    if (chi_xpool_put_again(shard, object)) {
        return CH_OK;
    }
    size_t slot = chi_pool_slot((uintptr_t)object - (uintptr_t)shard->base, shard->stride_inverse,
                                shard->stride_shift);
    if (CH_LIKELY(slot < shard->slot_count)) {
        size_t state = CH_PEEK(shard->states[slot]);
        if (CH_LIKELY(state == shard->used_state && chi_xpool_put(shard, object, slot))) {
            return CH_OK;
        }
        if (CH_LIKELY((state & CHI_XPOOL_STATE) == CHI_XPOOL_USED)) {
            return ch_xpool_release_far(shard, slot);
        }
    }
    return ch_xpool_release_slow(shard, object);
}

#endif
