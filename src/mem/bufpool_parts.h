/* bufpool_parts.h: what bufpool.c and bufpool_info.c share. */
#ifndef CHI_BUFPOOL_PARTS_H
#define CHI_BUFPOOL_PARTS_H

#include <coldheap/bufpool.h>

/* Whether the inline paths serve this pool. */
static inline bool chi_bufpool_is_fast(const ch_bufpool *pool) {
    return !pool->config.checked && !pool->config.twin && pool->tracked == 0;
}

bool chi_bufpool_is_live(const ch_bufpool *pool);
uint64_t chi_bufpool_seal_of(const ch_bufpool *pool);

/* The free slots of a class, and what its loans sum up to. */
static inline size_t chi_bufpool_free(const ch_bufpool *pool, size_t i) {
    const chi_bufpool_class *lender = &pool->classes[i];
    uintptr_t bytes = (uintptr_t)CH_PEEK(lender->free_end) - (uintptr_t)lender->free_base;
    return bytes / sizeof *lender->free_base + (CH_PEEK(lender->spare) != NULL) +
           CH_PEEK(pool->counts[i].held_count);
}

/* Whether a slot used since the last reset is free: the spare one, or it stands where it says. */
static inline bool chi_bufpool_is_free(const ch_bufpool *pool, size_t i,
                                       const chi_buffer_slot *slot) {
    chi_buffer_slot **base = pool->classes[i].free_base;
    size_t spare = pool->classes[i].spare != NULL;
    size_t place = (uint32_t)(slot->place - (uint32_t)(uintptr_t)base) / sizeof *base;
    return pool->classes[i].spare == slot ||
           (place < chi_bufpool_free(pool, i) - spare && base[place] == slot);
}

static inline uint64_t chi_bufpool_acquires(const ch_bufpool *pool, size_t i) {
    return CH_PEEK(pool->counts[i].acquires) +
           (CH_PEEK(pool->classes[i].tally) >> CHI_BUFFER_TALLY_BITS);
}

static inline uint64_t chi_bufpool_requested(const ch_bufpool *pool, size_t i) {
    uint64_t bytes = CHI_BUFFER_TALLY_ONE - 1;
    return CH_PEEK(pool->counts[i].requested_bytes) + (CH_PEEK(pool->classes[i].tally) & bytes);
}

#endif
