/* map_bench.c: keys of 8 bytes, values of 8, three quarters of the slots taken: looking up what is
 * there, what is not, and one entry in for one out. Beside it boost::unordered_flat_map with as
 * many slots, and a raw table with one probe after the other and back-shift, nothing checked. Last,
 * what a miss costs after a hundred times the capacity of churn at capacity - 1 entries, beside a
 * fresh map. */
#include "mem/map_bench_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define CH_MAP_NAME  numbers
#define CH_MAP_KEY   uint64_t
#define CH_MAP_VALUE uint64_t
#include <coldheap/tmpl/map.h>

/* ---- Ours ------------------------------------------------------------------------------------ */

CH_INLINE uint64_t cold_look(const void *map, uint64_t key) {
    const uint64_t *value = numbers_get(map, &key);
    return value != NULL ? *value : 0;
}

CH_INLINE void cold_put(void *map, uint64_t key, uint64_t value) {
    (void)numbers_put(map, &key, &value);
}

CH_INLINE void cold_drop(void *map, uint64_t key, uint64_t value) {
    (void)value;
    (void)numbers_remove(map, &key);
}

MAP_BODIES(cold)

/* Memory without pages left to fault. */
static void *block_of(size_t bytes) {
    const size_t size = (bytes + 63) / 64 * 64;
    void *block = aligned_alloc(64, size);
    if (block == NULL) {
        abort();
    }
    return memset(block, 1, size);
}

static void *cold_create(size_t slots, size_t capacity) {
    (void)slots;
    const size_t bytes = numbers_footprint(capacity);
    numbers *map = block_of(sizeof *map);
    const ch_map_options options = {.capacity = capacity, .seed = ch_bench_random()};
    if (numbers_init(map, block_of(bytes), bytes, &options) != CH_OK) {
        abort();
    }
    return map;
}

static void cold_destroy(void *map) {
    free(((numbers *)map)->groups);
    free(map);
}

static const map_rival cold = {"cold",   cold_create, cold_destroy, cold_put,
                               cold_hit, cold_miss,   cold_churn};

/* ---- A raw table: linear probing, back-shift; key 0 is a free slot --------------------------- */

typedef struct raw_entry {
    uint64_t key;
    uint64_t value;
} raw_entry;

typedef struct raw_map {
    size_t slots;
    raw_entry entries[];
} raw_map;

CH_INLINE size_t raw_home(const raw_map *map, uint64_t key) {
    uint64_t low;
    return (size_t)ch_bits_mul_wide(&low, key * 0x9e3779b97f4a7c15u, map->slots);
}

CH_INLINE size_t raw_following(const raw_map *map, size_t at) {
    return at + 1 < map->slots ? at + 1 : 0;
}

CH_INLINE size_t raw_find(const raw_map *map, uint64_t key) {
    size_t at = raw_home(map, key);
    while (map->entries[at].key != key && map->entries[at].key != 0) {
        at = raw_following(map, at);
    }
    return at;
}

CH_INLINE uint64_t raw_look(const void *context, uint64_t key) {
    const raw_map *map = context;
    const raw_entry *entry = &map->entries[raw_find(map, key)];
    return entry->key != 0 ? entry->value : 0;
}

CH_INLINE void raw_put(void *context, uint64_t key, uint64_t value) {
    raw_map *map = context;
    map->entries[raw_find(map, key)] = (raw_entry){key, value};
}

CH_INLINE void raw_drop(void *context, uint64_t key, uint64_t value) {
    raw_map *map = context;
    size_t gap = raw_find(map, key);
    (void)value;
    for (size_t at = raw_following(map, gap); map->entries[at].key != 0;
         at = raw_following(map, at)) {
        size_t home = raw_home(map, map->entries[at].key);
        size_t from_home = at >= home ? at - home : at + map->slots - home;
        size_t from_gap = at >= gap ? at - gap : at + map->slots - gap;
        if (from_home >= from_gap) {
            map->entries[gap] = map->entries[at];
            gap = at;
        }
    }
    map->entries[gap].key = 0;
}

MAP_BODIES(raw)

static void *raw_create(size_t slots, size_t capacity) {
    (void)capacity;
    const size_t bytes = sizeof(raw_map) + slots * sizeof(raw_entry);
    raw_map *map = memset(block_of(bytes), 0, bytes);
    map->slots = slots;
    return map;
}

static const map_rival raw = {"raw probing", raw_create, free,     raw_put,
                              raw_hit,       raw_miss,   raw_churn};

/* ---- The comparison -------------------------------------------------------------------------- */

enum { RIVALS = 3, LOOKS_MIN = 1 << 16 };

static const map_rival *const rivals[RIVALS] = {
    &cold,
#ifdef COLDHEAP_BOOST
    &map_rival_boost,
#endif
    &raw,
};

/* Keys of entries first to first + count - 1, again and again until there are `looks`; shuffled. */
static uint64_t *draw_keys(uint64_t first, size_t count, size_t looks) {
    uint64_t *keys = block_of(looks * sizeof *keys);
    for (size_t i = 0; i < looks; i++) {
        size_t other = (size_t)(ch_bench_random() % (i + 1));
        keys[i] = keys[other];
        keys[other] = map_key(first + i % count);
    }
    return keys;
}

static map_work begin(const map_rival *rival, size_t slots, size_t capacity, size_t count) {
    map_work work = {.map = rival->create(slots, capacity), .newest = 1, .oldest = 1};
    for (; work.newest <= count; work.newest++) {
        rival->put(work.map, map_key(work.newest), work.newest + 1);
    }
    return work;
}

typedef enum map_kind { HIT, MISS, CHURN } map_kind;

/* As many groups of fifteen slots as a power of two, as boost has; 105 of 120 slots is our limit.
 */
static void compare(map_kind kind, size_t groups, double limit) {
    const size_t slots = groups * 15;
    const size_t count = slots / 4 * 3;
    const size_t looks = count > LOOKS_MIN ? count : LOOKS_MIN;
    uint64_t *present = draw_keys(1, count, looks);
    uint64_t *absent = draw_keys(UINT64_C(1) << 40, count, looks);
    map_work works[RIVALS];
    for (size_t i = 0; i < RIVALS && rivals[i] != NULL; i++) {
        works[i] = begin(rivals[i], slots, slots / 8 * 7, count);
        works[i].present = present;
        works[i].absent = absent;
        works[i].looks = looks;
        ch_bench_add(rivals[i]->name,
                     kind == HIT    ? rivals[i]->hit
                     : kind == MISS ? rivals[i]->miss
                                    : rivals[i]->churn,
                     &works[i]);
        if (i == 0) {
            ch_bench_expect_no_heap();
        }
    }
#ifdef COLDHEAP_BOOST
    ch_bench_target_ratio("level with boost flat_map", "boost flat_map", limit);
#else
    (void)limit;
    printf(
        "# rival boost flat_map skipped: libboost1.81-dev (or newer) and a C++ compiler were not "
        "there when the build was configured\n");
#endif
    if (kind == CHURN) { /* a batch holds what a rehash now and then costs */
        ch_bench_check_iterations(2 * count);
    }
    ch_bench_run();
    for (size_t i = 0; i < RIVALS && rivals[i] != NULL; i++) {
        rivals[i]->destroy(works[i].map);
    }
    free(present);
    free(absent);
}

/* Level with boost is 1; a twentieth for the noise of the machine. Churn of a large map is held to
 * 1.25: two removes in ten bring an entry home from another line, so that the map stays as fast as
 * a fresh one, where boost waits until it must rehash everything into new memory, which its minimum
 * does not show (docs/design/027-containers.md). */
enum { SMALL = 64, LARGE = 1 << 16 };

BENCH_GROUP(map_hit_1k) {
    compare(HIT, SMALL, 1.05);
}

BENCH_GROUP(map_miss_1k) {
    compare(MISS, SMALL, 1.05);
}

BENCH_GROUP(map_churn_1k) {
    compare(CHURN, SMALL, 1.05);
}

BENCH_GROUP(map_hit_1m) {
    compare(HIT, LARGE, 1.05);
}

BENCH_GROUP(map_miss_1m) {
    compare(MISS, LARGE, 1.05);
}

BENCH_GROUP(map_churn_1m) {
    compare(CHURN, LARGE, 1.25);
}

/* The same entries in both, capacity - 1 of them: in one as a fresh map, in the other after a
 * hundred times the capacity has come and gone. */
static void after_churn(size_t capacity) {
    const size_t count = capacity - 1;
    uint64_t *absent = draw_keys(UINT64_C(1) << 40, count, LOOKS_MIN);
    map_work churned = begin(&cold, 0, capacity, count);
    map_work fresh = begin(&cold, 0, capacity, 0);
    (void)cold_churn(&churned, 100 * (uint64_t)capacity);
    for (uint64_t n = churned.oldest; n < churned.newest; n++) {
        cold_put(fresh.map, map_key(n), n + 1);
    }
    churned.absent = fresh.absent = absent;
    churned.looks = fresh.looks = LOOKS_MIN;
    ch_bench_add("churned", cold_miss, &churned);
    ch_bench_expect_no_heap();
    ch_bench_add("fresh", cold_miss, &fresh);
    ch_bench_target_ratio("miss after churn", "fresh", 1.1);
    ch_bench_run();
    cold_destroy(churned.map);
    cold_destroy(fresh.map);
    free(absent);
}

BENCH_GROUP(map_miss_after_churn_1k) {
    after_churn(1000);
}

BENCH_GROUP(map_miss_after_churn_16k) {
    after_churn(16000);
}
