/* xpool_parts.h: what xpool.c (set-up, acquire, release) and xpool_info.c share. */
#ifndef CHI_XPOOL_PARTS_H
#define CHI_XPOOL_PARTS_H

#include <coldheap/xpool.h>

bool chi_xpool_is_live(const ch_xpool *pool);
bool chi_xpool_seal_holds(const ch_xpool *pool);

static inline size_t chi_xpool_capacity(const ch_xpool *pool) {
    return pool->config.per_thread * pool->config.threads_max;
}

/* chi_xpool_ring returns the numbers that wait for a shard, chi_xpool_outbox those that a releaser
 * keeps for it: how many, then the numbers. A number is a slot's plus one; 0 is none. */
static inline uint32_t *chi_xpool_ring(const ch_xpool *pool, size_t shard) {
    return pool->config.rings + shard * pool->config.ring_slots;
}

static inline uint32_t *chi_xpool_outbox(const ch_xpool *pool, size_t releaser, size_t shard) {
    return pool->config.outboxes +
           (releaser * pool->config.threads_max + shard) * pool->config.outbox_words;
}

#endif
