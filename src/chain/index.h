/* index.h: a hash index from content to entry numbers, for entries that lie elsewhere and never
 * move. Open addressing, linear probing, at most half full, deletion by back-shift.
 *
 *   cell = | hash, 32 bits | number, 32 bits |       0 = empty; home = hash & mask
 *
 * The hash is kept in the cell: most mismatches end without looking at the entry, and cells can be
 * moved without hashing again. So the table starts small and doubles in place inside its room as
 * entries come: few entries lie close together however large the capacity. An entry that is removed
 * in the reverse order of insertion (a journal's undo) mostly leaves its neighbours in place. The
 * room is at least twice the capacity that the owner keeps to, so a probe always meets an empty
 * cell. */
#ifndef CHEVMI_INDEX_H
#define CHEVMI_INDEX_H

#include <coldevm/u256.h>

typedef struct chevmi_index {
    uint64_t *cells;
    uint64_t mask;     /* cells in use - 1 */
    uint64_t mask_max; /* room - 1 */
    uint64_t count;    /* entries */
} chevmi_index;

/* Makes an empty index in `room` cells (a power of two), which need not be zero. */
void chevmi_index_init(chevmi_index *index, uint64_t *cells, uint64_t room);

/* Removes everything; small again. */
void chevmi_index_reset(chevmi_index *index);

/* Doubles the table; there is room. */
void chevmi_index_grow(chevmi_index *index);

/* Removes `number`, which was inserted with `hash`. */
void chevmi_index_remove(chevmi_index *index, uint32_t hash, uint32_t number);

/* Tells whether entry `number` of `entries` has the content `key` (of `owner`). */
typedef bool (*chevmi_index_same)(const void *entries, uint32_t number, const void *key,
                                  uint32_t owner);

/* Cells for `capacity` entries: a power of two, at least twice the capacity. */
CH_INLINE uint64_t chevmi_index_cells(uint32_t capacity) {
    uint64_t cells = 2;
    while (cells < 2 * (uint64_t)capacity) {
        cells *= 2;
    }
    return cells;
}

CH_INLINE uint64_t chevmi_mix(uint64_t a, uint64_t b) {
    uint64_t high;
    const uint64_t low = chevm_limb_mul(&high, a, b);
    return low ^ high;
}

CH_INLINE uint32_t chevmi_fold(uint64_t hash) {
    return (uint32_t)hash ^ (uint32_t)(hash >> 32);
}

/* Hash of a word that belongs to `owner`; seeds are four secrets. */
CH_INLINE uint32_t chevmi_hash_word(const uint64_t seeds[4], const chevm_u256 *key,
                                    uint32_t owner) {
    const uint64_t *const k = key->limbs;
    const uint64_t low = chevmi_mix(k[0] ^ seeds[0] ^ ((uint64_t)owner << 32), k[1] ^ seeds[1]);
    const uint64_t high = chevmi_mix(k[2] ^ seeds[2] ^ owner, k[3] ^ seeds[3]);
    return chevmi_fold(low ^ high);
}

/* Returns the number of the entry with that content, 0 if there is none. */
CH_INLINE uint32_t chevmi_index_find(const chevmi_index *index, uint32_t hash,
                                     chevmi_index_same same, const void *entries, const void *key,
                                     uint32_t owner) {
    for (uint64_t at = hash & index->mask;; at = (at + 1) & index->mask) {
        const uint64_t cell = index->cells[at];
        if (cell == 0) {
            return 0;
        }
        if ((uint32_t)(cell >> 32) == hash && same(entries, (uint32_t)cell, key, owner)) {
            return (uint32_t)cell;
        }
    }
}

/* Adds `number` (not 0, content not present yet). */
CH_INLINE void chevmi_index_insert(chevmi_index *index, uint32_t hash, uint32_t number) {
    if (CH_UNLIKELY(2 * ++index->count > index->mask + 1) && index->mask < index->mask_max) {
        chevmi_index_grow(index);
    }
    uint64_t at = hash & index->mask;
    while (index->cells[at] != 0) {
        at = (at + 1) & index->mask;
    }
    index->cells[at] = (uint64_t)hash << 32 | number;
}

#endif
