/* map_bench_rig.h: the work that all rivals of the map bench do, in C and in C++: the loops are
 * inlined with a rival's calls as constants, so each gets machine code of its own. Bench only. */
#ifndef CHI_MAP_BENCH_RIG_H
#define CHI_MAP_BENCH_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coldheap/base.h>

/* One rival at its work. Entry number n has the key map_key(n) and the value n + 1. */
typedef struct map_work {
    void *map;
    const uint64_t *present; /* `looks` keys in random order, all in the map */
    const uint64_t *absent;
    size_t looks;
    size_t next;     /* each rival goes on where it stopped */
    uint64_t oldest; /* entries oldest to newest - 1 are in the map */
    uint64_t newest;
} map_work;

/* Value of a key, 0 if absent. */
typedef uint64_t (*map_look)(const void *map, uint64_t key);
typedef void (*map_change)(void *map, uint64_t key, uint64_t value);

/* Different for all n. */
CH_INLINE uint64_t map_key(uint64_t n) {
    n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9u;
    return (n ^ n >> 27) * 0x94d049bb133111ebu;
}

CH_INLINE uint64_t map_lookups(map_work *work, const uint64_t *keys, map_look look,
                               uint64_t iterations) {
    size_t next = work->next;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        sum += look(work->map, keys[next]) + 1;
        next = next + 1 < work->looks ? next + 1 : 0;
    }
    work->next = next;
    return sum;
}

/* One entry comes, the oldest goes. */
CH_INLINE uint64_t map_churn(map_work *work, map_change put, map_change drop, uint64_t iterations) {
    for (uint64_t i = 0; i < iterations; i++) {
        drop(work->map, map_key(work->oldest++), 0);
        put(work->map, map_key(work->newest), work->newest + 1);
        work->newest++;
    }
    return work->newest;
}

/* The three bodies of a rival NAME whose calls are NAME_look, NAME_put and NAME_drop. */
#define MAP_BODIES(name)                                                                           \
    static uint64_t name##_hit(void *context, uint64_t iterations) {                               \
        map_work *work = (map_work *)context;                                                      \
        return map_lookups(work, work->present, name##_look, iterations);                          \
    }                                                                                              \
    static uint64_t name##_miss(void *context, uint64_t iterations) {                              \
        map_work *work = (map_work *)context;                                                      \
        return map_lookups(work, work->absent, name##_look, iterations);                           \
    }                                                                                              \
    static uint64_t name##_churn(void *context, uint64_t iterations) {                             \
        return map_churn((map_work *)context, name##_put, name##_drop, iterations);                \
    }

/** A map as rival: made for `capacity` entries in `slots` slots; the bodies take a map_work. */
typedef struct map_rival {
    const char *name;
    void *(*create)(size_t slots, size_t capacity);
    void (*destroy)(void *map);
    map_change put;
    uint64_t (*hit)(void *context, uint64_t iterations);
    uint64_t (*miss)(void *context, uint64_t iterations);
    uint64_t (*churn)(void *context, uint64_t iterations);
} map_rival;

#ifdef __cplusplus
extern "C" const map_rival map_rival_boost;
#else
extern const map_rival map_rival_boost; /* map_bench_boost.cpp */
#endif

#endif
