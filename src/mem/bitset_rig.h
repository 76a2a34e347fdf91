/* bitset_rig.h: a bit set beside an array of truths. Steps serve bitset_test.c (random) and
 * bitset_fuzz.c (bytes of the input). */
#ifndef CHI_BITSET_RIG_H
#define CHI_BITSET_RIG_H

#include <coldheap/bitset.h>

#include <string.h>

enum { BITS_MAX = 200 };

typedef enum bitset_step {
    BITSET_SET,
    BITSET_CLEAR,
    BITSET_FIND,
    BITSET_FIND_GAP,
    BITSET_ALL_OR_NONE,
    BITSET_RESIZE,
    BITSET_STEPS
} bitset_step;

typedef struct bitset_world {
    ch_bitset set;
    uint64_t words[(BITS_MAX + 63) / 64];
    bool in[BITS_MAX + 1];
    size_t size;
} bitset_world;

static inline bool bitset_world_begin(bitset_world *w, size_t size) {
    w->size = size;
    memset(w->in, 0, sizeof w->in);
    return ch_bitset_init(&w->set, w->words, sizeof w->words, size) == CH_OK;
}

static inline bool bitset_put(bitset_world *w, size_t at, bool in) {
    ch_status status = in ? ch_bitset_set(&w->set, at) : ch_bitset_clear(&w->set, at);
    if (at >= w->size) {
        return status == CH_ERANGE;
    }
    w->in[at] = in;
    return status == CH_OK;
}

/* The answer of find_next and find_gap by looking at one number after the other. */
static inline bool bitset_finds(const bitset_world *w, size_t from, bool wanted) {
    size_t found = SIZE_MAX;
    ch_status status = wanted ? ch_bitset_find_next(&w->set, &found, from)
                              : ch_bitset_find_gap(&w->set, &found, from);
    if (from > w->size) {
        return status == CH_ERANGE;
    }
    size_t at = from;
    while (at < w->size && w->in[at] != wanted) {
        at++;
    }
    return at == w->size ? status == CH_ENOENT && found == SIZE_MAX
                         : status == CH_OK && found == at;
}

static inline bool bitset_all_or_none(bitset_world *w, bool all) {
    (all ? ch_bitset_fill : ch_bitset_reset)(&w->set);
    for (size_t i = 0; i < w->size; i++) {
        w->in[i] = all;
    }
    return true;
}

/* Indices go from 0 to one more than can be in range. */
static inline bool bitset_world_step(bitset_world *w, bitset_step step, uint32_t argument) {
    size_t at = argument % (w->size + 2);
    switch (step) {
    case BITSET_SET:
        return bitset_put(w, at, true);
    case BITSET_CLEAR:
        return bitset_put(w, at, false);
    case BITSET_FIND:
        return bitset_finds(w, at, true);
    case BITSET_FIND_GAP:
        return bitset_finds(w, at, false);
    case BITSET_ALL_OR_NONE:
        return bitset_all_or_none(w, argument % 2 == 0);
    default:
        return bitset_world_begin(w, argument % (BITS_MAX + 1));
    }
}

static inline bool bitset_world_agrees(const bitset_world *w) {
    size_t count = 0;
    for (size_t i = 0; i < w->size; i++) {
        count += w->in[i];
        if (ch_bitset_test(&w->set, i) != w->in[i]) {
            return false;
        }
    }
    return ch_bitset_count(&w->set) == count && ch_bitset_check(&w->set, NULL) == CH_OK;
}

#endif
