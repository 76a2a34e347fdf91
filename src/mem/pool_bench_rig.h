/* pool_bench_rig.h: the work of pool_bench.c, in C and in C++: the same loops for every rival, that
 * become one with what they call. */
#ifndef CHI_POOL_BENCH_RIG_H
#define CHI_POOL_BENCH_RIG_H

#include <coldheap/base.h>

#include "bench.h"

enum { POOL_BENCH_BYTES = 64, POOL_BENCH_LIVE = 1000 };

typedef struct pool_bench_work {
    void *allocator;
    uint16_t order[POOL_BENCH_LIVE]; /* in which the objects are released; a permutation */
    size_t next;                     /* replacing: the draw to go on with */
    bool writes;
    void *live[POOL_BENCH_LIVE];
} pool_bench_work;

typedef void *(*pool_bench_take)(void *allocator);
typedef void (*pool_bench_give)(void *allocator, void *object);

/* What is done with an object taken: with `writes` its first word is stored to. */
CH_INLINE uint64_t pool_bench_use(uint64_t *object, uint64_t i, bool writes) {
    if (writes) {
        *object = i;
    }
    BENCH_KEEP(object);
    return i + (uint64_t)(object != NULL);
}

/* One object taken and given back. */
CH_INLINE uint64_t pool_bench_pairs(pool_bench_work *w, uint64_t iterations, pool_bench_take take,
                                    pool_bench_give give) {
    const bool writes = w->writes;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t *object = (uint64_t *)take(w->allocator);
        sum += pool_bench_use(object, i, writes);
        give(w->allocator, object);
    }
    return sum;
}

/* Many objects taken, then given back in the order of the work. */
CH_INLINE uint64_t pool_bench_many(pool_bench_work *w, uint64_t iterations, pool_bench_take take,
                                   pool_bench_give give) {
    const bool writes = w->writes;
    uint64_t sum = 0;
    for (uint64_t left = iterations; left >= POOL_BENCH_LIVE; left -= POOL_BENCH_LIVE) {
        for (size_t i = 0; i < POOL_BENCH_LIVE; i++) {
            uint64_t *object = (uint64_t *)take(w->allocator);
            sum += pool_bench_use(object, i, writes);
            w->live[i] = object;
        }
        for (size_t i = 0; i < POOL_BENCH_LIVE; i++) {
            void *object = w->live[w->order[i]];
            BENCH_KEEP(object);
            give(w->allocator, object);
        }
    }
    return sum;
}

/* One of many given back, and another taken. */
CH_INLINE uint64_t pool_bench_replace(pool_bench_work *w, uint64_t iterations, pool_bench_take take,
                                      pool_bench_give give) {
    const bool writes = w->writes;
    uint64_t sum = 0;
    size_t next = w->next;
    for (uint64_t i = 0; i < iterations; i++) {
        void **place = &w->live[w->order[next]];
        next = next + 1 < POOL_BENCH_LIVE ? next + 1 : 0;
        give(w->allocator, *place);
        uint64_t *object = (uint64_t *)take(w->allocator);
        sum += pool_bench_use(object, i, writes);
        *place = object;
    }
    w->next = next;
    return sum;
}

/* The three loops over a pair of functions. */
#define POOL_BENCH_BODIES(name)                                                                    \
    static uint64_t name##_pairs(void *context, uint64_t iterations) {                             \
        return pool_bench_pairs((pool_bench_work *)context, iterations, name##_take, name##_give); \
    }                                                                                              \
    static uint64_t name##_many(void *context, uint64_t iterations) {                              \
        return pool_bench_many((pool_bench_work *)context, iterations, name##_take, name##_give);  \
    }                                                                                              \
    static uint64_t name##_replace(void *context, uint64_t iterations) {                           \
        return pool_bench_replace((pool_bench_work *)context, iterations, name##_take,             \
                                  name##_give);                                                    \
    }

#define POOL_BENCH_BODIES_OF(name)                                                                 \
    { name##_pairs, name##_many, name##_replace }

typedef struct pool_bench_bodies {
    ch_bench_body pairs;
    ch_bench_body many;
    ch_bench_body replace;
} pool_bench_bodies;

/* One rival: its loops, and the functions that fill and empty the work around them. */
typedef struct pool_bench_rival {
    const char *name;
    pool_bench_bodies bodies;
    pool_bench_take take;
    pool_bench_give give;
    void *allocator;
} pool_bench_rival;

/* boost::pool, if it was found when the build was configured (pool_bench_boost.cpp). */
#ifdef __cplusplus
extern "C"
#endif
    const pool_bench_rival *
    pool_bench_boost(void);

#endif
