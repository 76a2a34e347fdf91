/* vec_bench_rig.h: the work that all rivals of the vector bench do, in C and in C++: the loops are
 * inlined with a rival's calls as constants. Bench only. */
#ifndef CHI_VEC_BENCH_RIG_H
#define CHI_VEC_BENCH_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coldheap/base.h>

#include "bench.h"

#define VEC_BENCH_ROOM 1000u

/* As wide as a word of the EVM. */
typedef struct vec_word {
    uint64_t limbs[4];
} vec_word;

typedef bool (*vec_push_8)(void *vec, uint64_t value); /* false: full */
typedef bool (*vec_push_32)(void *vec, const vec_word *value);
typedef uint64_t (*vec_pop_8)(void *vec); /* UINT64_MAX: empty */
typedef uint64_t (*vec_empty)(void *vec); /* how many there were */

/* Fills and empties, over and over. After each push the object is believed to be read, by somebody
 * else, as it is where a push is one step of many. */
CH_INLINE uint64_t vec_pushes_8(void *vec, vec_push_8 push, vec_empty empty, uint64_t iterations) {
    uint64_t sum = 0;
    while (iterations > 0) {
        uint64_t round = iterations < VEC_BENCH_ROOM ? iterations : VEC_BENCH_ROOM;
        for (uint64_t i = 0; i < round; i++) {
            (void)push(vec, i);
            BENCH_KEEP(vec);
        }
        sum += empty(vec);
        iterations -= round;
    }
    return sum;
}

CH_INLINE uint64_t vec_pushes_32(void *vec, vec_push_32 push, vec_empty empty,
                                 uint64_t iterations) {
    uint64_t sum = 0;
    vec_word word = {{1, 2, 3, 4}};
    while (iterations > 0) {
        uint64_t round = iterations < VEC_BENCH_ROOM ? iterations : VEC_BENCH_ROOM;
        for (uint64_t i = 0; i < round; i++) {
            word.limbs[0] = i;
            (void)push(vec, &word);
            BENCH_KEEP(vec);
        }
        sum += empty(vec);
        iterations -= round;
    }
    return sum;
}

/* A push and a pop, of a vector that is never empty. */
CH_INLINE uint64_t vec_pairs_8(void *vec, vec_push_8 push, vec_pop_8 pop, vec_empty empty,
                               uint64_t iterations) {
    uint64_t sum = 0;
    (void)push(vec, 0);
    for (uint64_t i = 0; i < iterations; i++) {
        (void)push(vec, i);
        BENCH_KEEP(vec);
        sum += pop(vec);
        BENCH_KEEP(vec);
    }
    return sum + empty(vec);
}

/* The three bodies of a rival NAME whose calls are NAME_push_8 and so on. */
#define VEC_BODIES(name)                                                                           \
    static uint64_t name##_pushes_8(void *context, uint64_t iterations) {                          \
        return vec_pushes_8(context, name##_push_8, name##_empty_8, iterations);                   \
    }                                                                                              \
    static uint64_t name##_pushes_32(void *context, uint64_t iterations) {                         \
        return vec_pushes_32(context, name##_push_32, name##_empty_32, iterations);                \
    }                                                                                              \
    static uint64_t name##_pairs_8(void *context, uint64_t iterations) {                           \
        return vec_pairs_8(context, name##_push_8, name##_pop_8, name##_empty_8, iterations);      \
    }

/** A vector as rival: its objects for elements of 8 and of 32 bytes, empty, with room for
 *  VEC_BENCH_ROOM; the bodies take one of them. */
typedef struct vec_rival {
    const char *name;
    void *(*create_8)(void);
    void *(*create_32)(void);
    void (*destroy_8)(void *vec);
    void (*destroy_32)(void *vec);
    uint64_t (*pushes_8)(void *vec, uint64_t iterations);
    uint64_t (*pushes_32)(void *vec, uint64_t iterations);
    uint64_t (*pairs_8)(void *vec, uint64_t iterations);
} vec_rival;

#ifdef __cplusplus
extern "C" const vec_rival vec_rival_std;
#else
extern const vec_rival vec_rival_std; /* vec_bench_std.cpp */
#endif

#endif
