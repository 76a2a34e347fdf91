/* churn.c: a cache of texts of mixed sizes: a text that is asked for and not there takes the place
 * of another, larger or smaller one. */
#include <coldheap/slab.h>

#include <string.h>

#include "plain.h"
#include "workload.h"

enum { PLACES = 2048, KEYS = 8, CLASSES = 28, ASKED = 32, SIZE_MAX_BYTES = 2048 };

typedef struct entry {
    uint8_t *text;
    uint32_t key;
    uint32_t length;
} entry;

static ch_slab slab;
static entry places[PLACES];
static uint64_t asked_state;

/* Short texts are common, long ones rare; a key has always the same. */
static uint32_t length_of(uint32_t key) {
    uint64_t state = key;
    uint64_t random = workload_random(&state);
    return 16 + (uint32_t)((random >> 8) % ((SIZE_MAX_BYTES - 16) >> (random & 7)));
}

/* The class of the default table that serves a length. */
static size_t class_of(uint32_t length) {
    if (length <= 128) {
        return (length + 15) / 16 - 1;
    }
    size_t index = 8;
    for (uint32_t low = 128; low < SIZE_MAX_BYTES; low *= 2) {
        for (uint32_t quarter = 1; quarter <= 4; quarter++, index++) {
            if (length <= low + quarter * (low / 4)) {
                return index;
            }
        }
    }
    return index;
}

/* A place holds one of KEYS texts: a class needs as many blocks as places that may ever want one of
 * it. So none is refused, and the bytes are known before the first text. */
static ch_slab_options options_of(void) {
    static size_t counts[CLASSES];
    memset(counts, 0, sizeof counts);
    for (uint32_t place = 0; place < PLACES; place++) {
        uint32_t wanted = 0;
        for (uint32_t key = place; key < PLACES * KEYS; key += PLACES) {
            wanted |= UINT32_C(1) << class_of(length_of(key));
        }
        for (size_t i = 0; i < CLASSES; i++) {
            counts[i] += wanted >> i & 1;
        }
    }
    ch_slab_options options = {.counts = counts, .name = "texts"};
    return options;
}

static bool fetch(entry *place, uint32_t key) {
    if (place->text != NULL && ch_slab_release(&slab, place->text) != CH_OK) {
        return false;
    }
    place->key = key;
    place->length = length_of(key);
    place->text = ch_slab_acquire(&slab, place->length);
    if (place->text == NULL) {
        return false;
    }
    memset(place->text, (int)(key & 0xff), place->length);
    return true;
}

static size_t footprint(bool twin) {
    ch_slab_options options = options_of();
    return twin ? ch_slab_twin_footprint(&options) : ch_slab_footprint(&options);
}

static bool init(void *memory, size_t size_bytes, const ch_allocator *heap) {
    (void)size_bytes;
    ch_slab_options options = options_of();
    (void)options;
    memset(places, 0, sizeof places);
    asked_state = 5;
    return (heap == NULL ? ch_slab_init(&slab, memory, size_bytes, &options)
                         : ch_slab_init_twin(&slab, memory, size_bytes, &options, heap)) == CH_OK;
}

static uint64_t one_round(uint64_t number) {
    uint64_t hash = number;
    for (unsigned i = 0; i < ASKED; i++) {
        uint32_t key = (uint32_t)(workload_random(&asked_state) >> 20) % (PLACES * KEYS);
        entry *place = &places[key % PLACES];
        if ((place->text == NULL || place->key != key) && !fetch(place, key)) {
            return 0;
        }
        hash = workload_mix(hash, place->text[0] + (uint64_t)place->text[place->length - 1]);
        hash = workload_mix(hash, place->length);
    }
    return hash;
}

static void fini(void) {
    for (size_t i = 0; i < PLACES; i++) {
        if (places[i].text != NULL) {
            (void)ch_slab_release(&slab, places[i].text);
        }
    }
    (void)ch_slab_fini(&slab);
}

const workload WORKLOAD(churn) = {
    "churn", "slab", "32 texts looked up, most of them replaced", footprint, init, one_round, fini};
