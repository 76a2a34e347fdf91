/* pool_parts.h: what pool.c (acquire, release), pool_twin.c and pool_info.c share. */
#ifndef CHI_POOL_PARTS_H
#define CHI_POOL_PARTS_H

#include <coldheap/pool.h>

/* A retired slot has this generation; it is even, and no slot of a retiring pool starts there. */
#define CHI_GENERATION_RETIRED 0u

bool chi_pool_options_are_valid(const ch_pool_options *options);
bool chi_pool_is_live(const ch_pool *pool);
bool chi_pool_seal_holds(const ch_pool *pool);

/* chi_pool_begin fills a fresh pool over its tables; chi_pool_seal makes it live. */
void chi_pool_begin(ch_pool *pool, uint32_t *tables, const ch_pool_options *options);
void chi_pool_seal(ch_pool *pool);

/* chi_pool_is_fast is true if the inline paths serve this pool. */
bool chi_pool_is_fast(const ch_pool *pool);

/* chi_pool_is_twin is true if its objects come from a source. */
static inline bool chi_pool_is_twin(const ch_pool *pool) {
    return pool->config.objects != NULL;
}

/* chi_pool_is_used tells whether slot `slot` holds an object in use. */
static inline bool chi_pool_is_used(const ch_pool *pool, size_t slot) {
    return slot < pool->fresh && (pool->generations[slot] & 1u) != 0 &&
           (pool->spare == NULL || pool->spare_slot != slot);
}

/* chi_pool_object returns the object of a slot in use. */
static inline void *chi_pool_object(const ch_pool *pool, size_t slot) {
    return chi_pool_is_twin(pool) ? pool->config.objects[slot]
                                  : pool->base + slot * pool->stride_bytes;
}

/* chi_pool_free_total returns the number of released slots below fresh. */
static inline size_t chi_pool_free_total(const ch_pool *pool) {
    return CH_PEEK(pool->free_count) + CH_PEEK(pool->held_count) + (CH_PEEK(pool->spare) != NULL);
}

/* The twin's half of acquire, release, lookup (CH_OK and the slot, or why not), reset and fini. */
bool chi_pool_twin_fetch(ch_pool *pool, size_t slot);
void chi_pool_twin_return(ch_pool *pool, size_t slot);
ch_status chi_pool_twin_slot(const ch_pool *pool, const void *object, size_t *slot);
void chi_pool_twin_return_all(ch_pool *pool);

#endif
