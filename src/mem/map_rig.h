/* map_rig.h: a map beside a table of what it must hold; keys are small numbers, so that the table
 * is an array. Steps serve map_test.c (random) and map_fuzz.c (bytes of the input). The hash sends
 * all keys to four places and few tags, so that every search is a collision. */
#ifndef CHI_MAP_RIG_H
#define CHI_MAP_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define CH_MAP_NAME             crowd
#define CH_MAP_KEY              uint32_t
#define CH_MAP_VALUE            uint64_t
#define CH_MAP_HASH(key, value) ((uint64_t)(*(key) % 4) << 62 | (((value) + *(key)) & 0x1f) << 52)
#include <coldheap/tmpl/map.h>

#define CH_MAP_NAME  plain
#define CH_MAP_KEY   uint32_t
#define CH_MAP_VALUE uint64_t
#include <coldheap/tmpl/map.h>

enum { MAP_WORLD_KEYS = 400 };

typedef enum map_step {
    MAP_PUT,
    MAP_UPSERT,
    MAP_GET,
    MAP_REMOVE,
    MAP_REMOVE_SOME,
    MAP_FILL,
    MAP_CLEAR,
    MAP_STEPS
} map_step;

typedef struct map_world {
    crowd crowd;
    plain plain;
    void *crowd_memory;
    void *plain_memory;
    size_t capacity;
    uint64_t values[MAP_WORLD_KEYS]; /* 0: absent */
    size_t count;
    uint32_t key_count; /* keys are below this */
} map_world;

static inline bool map_world_begin(map_world *w, size_t capacity, uint64_t seed) {
    const ch_map_options options = {.capacity = capacity, .seed = seed};
    size_t crowd_bytes = crowd_footprint(capacity);
    size_t plain_bytes = plain_footprint(capacity);
    *w = (map_world){.capacity = capacity, .key_count = MAP_WORLD_KEYS};
    w->key_count = capacity < 100 ? (uint32_t)(2 * capacity + 2) : MAP_WORLD_KEYS;
    return posix_memalign(&w->crowd_memory, crowd_align(), crowd_bytes) == 0 &&
           posix_memalign(&w->plain_memory, plain_align(), plain_bytes) == 0 &&
           crowd_init(&w->crowd, w->crowd_memory, crowd_bytes, &options) == CH_OK &&
           plain_init(&w->plain, w->plain_memory, plain_bytes, &options) == CH_OK;
}

static inline void map_world_end(map_world *w) {
    free(w->crowd_memory);
    free(w->plain_memory);
}

static inline bool map_world_put(map_world *w, uint32_t key, uint64_t value) {
    bool fits = w->values[key] != 0 || w->count < w->capacity;
    ch_status want = fits ? CH_OK : CH_EFULL;
    if (fits) {
        w->count += w->values[key] == 0;
        w->values[key] = value;
    }
    return crowd_put(&w->crowd, &key, &value) == want && plain_put(&w->plain, &key, &value) == want;
}

static inline bool map_world_upsert(map_world *w, uint32_t key, uint64_t value) {
    bool fresh[2] = {true, true};
    uint64_t *at[2] = {crowd_upsert(&w->crowd, &key, &fresh[0]),
                       plain_upsert(&w->plain, &key, &fresh[1])};
    bool want = w->values[key] == 0 && w->count < w->capacity;
    for (unsigned i = 0; i < 2; i++) {
        if (fresh[i] != want || (at[i] == NULL) != (w->values[key] == 0 && !want)) {
            return false;
        }
        if (at[i] != NULL) {
            if (!want && *at[i] != w->values[key]) {
                return false;
            }
            *at[i] = value;
        }
    }
    if (at[0] != NULL) {
        w->count += want;
        w->values[key] = value;
    }
    return true;
}

static inline bool map_world_get(const map_world *w, uint32_t key) {
    const uint64_t *found[2] = {crowd_get(&w->crowd, &key), plain_get(&w->plain, &key)};
    uint64_t want = w->values[key];
    return crowd_has(&w->crowd, &key) == (want != 0) && plain_has(&w->plain, &key) == (want != 0) &&
           (found[0] == NULL ? 0 : *found[0]) == want && (found[1] == NULL ? 0 : *found[1]) == want;
}

static inline bool map_world_remove(map_world *w, uint32_t key) {
    ch_status want = w->values[key] != 0 ? CH_OK : CH_ENOENT;
    w->count -= w->values[key] != 0;
    w->values[key] = 0;
    return crowd_remove(&w->crowd, &key) == want && plain_remove(&w->plain, &key) == want;
}

/* Puts (`put`) or removes keys from `key` on until the map is full or empty, or `most` were. */
static inline bool map_world_sweep(map_world *w, uint32_t key, size_t most, bool put) {
    for (size_t i = 0; i < most; i++) {
        uint32_t at = (uint32_t)((key + i) % w->key_count);
        if (!(put ? map_world_put(w, at, key + i + 1) : map_world_remove(w, at))) {
            return false;
        }
    }
    return true;
}

static inline bool map_world_step(map_world *w, map_step step, uint32_t argument) {
    uint32_t key = argument % w->key_count;
    uint64_t value = (uint64_t)argument + 1;
    switch (step) {
    case MAP_PUT:
        return map_world_put(w, key, value);
    case MAP_UPSERT:
        return map_world_upsert(w, key, value);
    case MAP_GET:
        return map_world_get(w, key);
    case MAP_REMOVE:
        return map_world_remove(w, key);
    case MAP_REMOVE_SOME:
        return map_world_sweep(w, key, argument % 64, false);
    case MAP_FILL:
        return map_world_sweep(w, key, argument % 64, true);
    default:
        crowd_clear(&w->crowd);
        plain_clear(&w->plain);
        memset(w->values, 0, sizeof w->values);
        w->count = 0;
        return true;
    }
}

/* Every entry once, with its value; counts; self-checks. */
static inline bool map_world_agrees(const map_world *w) {
    uint8_t seen[MAP_WORLD_KEYS] = {0};
    size_t position = 0;
    size_t entries = 0;
    const crowd_entry *entry;
    const plain_entry *other;
    while ((entry = crowd_next(&w->crowd, &position)) != NULL) {
        if (entry->key >= w->key_count || seen[entry->key]++ != 0 ||
            entry->value != w->values[entry->key]) {
            return false;
        }
        entries++;
    }
    for (position = 0; (other = plain_next(&w->plain, &position)) != NULL; entries++) {
        if (other->key >= w->key_count || seen[other->key]++ != 1 ||
            other->value != w->values[other->key]) {
            return false;
        }
    }
    return entries == 2 * w->count && crowd_count(&w->crowd) == w->count &&
           plain_count(&w->plain) == w->count &&
           crowd_remaining(&w->crowd) == w->capacity - w->count &&
           crowd_full(&w->crowd) == (w->count == w->capacity) &&
           crowd_empty(&w->crowd) == (w->count == 0) && crowd_check(&w->crowd, NULL) == CH_OK &&
           plain_check(&w->plain, NULL) == CH_OK;
}

#endif
