/** ch_pools is a set of up to sixteen named pools in one block of memory: one pool per kind of
 * object, all laid out at once.
 *
 *   |kind 0: objects, tables|kind 1: ..|   (kind 2: count 0, absent)   |kind 3: ..|
 *
 *  Every pool keeps its own size of object, and is reached by the number of its kind; there is no
 *  cast from one to the other (tmpl/pool.h gives pools of a type). A set is initialised as a whole
 * or not at all: a pool is absent because its count is 0, never because it failed.
 *
 *  Not to be copied or moved. Threads, twins and checked builds: as each pool (pool.h). */
#ifndef CH_POOLS_H
#define CH_POOLS_H

#include <coldheap/pool.h>

#define CH_POOLS_MAX 16u

/** One pool of a set; its kind is its place in the list. */
typedef struct ch_pool_spec {
    const char *name;    /* at most CH_NAME_MAX bytes of it are kept */
    size_t object_bytes; /* as in ch_pool_options; not looked at if count is 0 */
    size_t align;
    size_t count;   /* 0: absent */
    unsigned flags; /* CH_POOL_ZERO_ON_RELEASE ... */
} ch_pool_spec;

/** Fields are private. */
typedef struct ch_pools {
    size_t count;
    uint64_t seal;
    uintptr_t magic;
    ch_pool pools[CH_POOLS_MAX];
} ch_pools;

CH_API_BEGIN

/** ch_pools_align, ch_pools_footprint return what the memory of a set must be; 0 for an invalid
 * spec, no spec or more than CH_POOLS_MAX, all absent, or overflow. ch_pools_twin_footprint: of a
 * twin, whose memory is aligned to CH_POOLS_BORDER. */
#define CH_POOLS_BORDER 64u
size_t ch_pools_align(const ch_pool_spec *specs, size_t count);
size_t ch_pools_footprint(const ch_pool_spec *specs, size_t count);
size_t ch_pools_twin_footprint(const ch_pool_spec *specs, size_t count);

/** ch_pools_init lays the pools out in the caller's memory and writes none of it.
 *  Errors: CH_EINVAL NULL or an invalid spec; CH_EALIGN; CH_EFULL size below the footprint. Nothing
 *          is written then.
 *  Lifetime: the memory must outlive the set; the specs need not. */
ch_status ch_pools_init(ch_pools *set, void *memory, size_t size_bytes, const ch_pool_spec *specs,
                        size_t count);
ch_status ch_pools_init_twin(ch_pools *set, void *memory, size_t size_bytes,
                             const ch_pool_spec *specs, size_t count, const ch_allocator *source);

/** ch_pools_get returns the pool of a kind, NULL if it is absent or unknown. Cost: O(1), no calls.
 */
CH_INLINE ch_pool *ch_pools_get(ch_pools *set, size_t kind);

/** ch_pools_get_try tells why: CH_ERANGE unknown kind; CH_ENOENT absent; CH_ESTATE not initialised;
 *  CH_EINVAL NULL. *out changes on CH_OK only. */
ch_status ch_pools_get_try(ch_pools *set, ch_pool **out, size_t kind);

/** ch_pools_acquire takes an object of a kind; NULL if none is left, or the kind is absent or
 * unknown. ch_pools_release gives it back. Errors: CH_ERANGE, CH_ENOENT as above; misuse as
 * ch_pool_release: an object of another kind is CH_EFOREIGN. */
CH_INLINE void *ch_pools_acquire(ch_pools *set, size_t kind);
CH_INLINE ch_status ch_pools_release(ch_pools *set, size_t kind, void *object);

/** ch_pools_available, ch_pools_utilization: as of the pool; 0 for an absent or unknown kind. */
size_t ch_pools_available(const ch_pools *set, size_t kind);
double ch_pools_utilization(const ch_pools *set, size_t kind);

/** ch_pools_reset_kind releases all objects of a kind, ch_pools_reset those of all. Errors as
 *  ch_pools_get_try, CH_ETHREAD (verify builds). */
ch_status ch_pools_reset_kind(ch_pools *set, size_t kind);
ch_status ch_pools_reset(ch_pools *set);

/** ch_pools_track is ch_pool_track for all pools of the set. Errors: CH_EINVAL, CH_ESTATE;
 *  CH_ETHREAD misuse. */
ch_status ch_pools_track(ch_pools *set, ch_tracker *tracker);

/** ch_pools_fini ends all pools. A zeroed or finished set: no-op. */
ch_status ch_pools_fini(ch_pools *set);

/** ch_pools_stats fills the figures of the pool of a kind; those of an absent one are all 0.
 *  Errors: CH_EINVAL NULL; CH_ERANGE; CH_ESTATE. */
ch_status ch_pools_stats(const ch_pools *set, ch_pool_figures *figures, size_t kind);

/** ch_pools_stats_json writes a list with the figures of each pool (null: absent), by the snprintf
 *  rule; returns the length needed without the closing 0. */
size_t ch_pools_stats_json(const ch_pools *set, char *out, size_t size);

/** ch_pools_check verifies the invariants; *invariant (may be NULL) gets the number of the first
 *  broken one: 1 seal over count and places, 2 a pool. Cost: O(slots used). */
ch_status ch_pools_check(const ch_pools *set, unsigned *invariant);

/** Out-of-line half of ch_pools_release; not for direct use. */
ch_status ch_pools_release_slow(const ch_pools *set, size_t kind);

CH_API_END

/* ---- Implementation ---------------------------------------------------------------------- */

CH_INLINE ch_pool *ch_pools_get(ch_pools *set, size_t kind) {
    return CH_LIKELY(kind < set->count && set->pools[kind].config.count > 0) ? &set->pools[kind]
                                                                             : NULL;
}

CH_INLINE void *ch_pools_acquire(ch_pools *set, size_t kind) {
    ch_pool *pool = ch_pools_get(set, kind);
    return CH_LIKELY(pool != NULL) ? ch_pool_acquire(pool) : NULL;
}

CH_INLINE ch_status ch_pools_release(ch_pools *set, size_t kind, void *object) {
    ch_pool *pool = ch_pools_get(set, kind);
    return CH_LIKELY(pool != NULL) ? ch_pool_release(pool, object)
                                   : ch_pools_release_slow(set, kind);
}

#endif
