/* vec_bench.c: what a checked push costs, of elements of 8 and of 32 bytes, beside std::vector with
 * its room reserved and an array with a count that nothing checks. */
#include "mem/vec_bench_rig.h"

#include <stdio.h>
#include <stdlib.h>

#define CH_VEC_NAME narrow
#define CH_VEC_TYPE uint64_t
#include <coldheap/tmpl/vec.h>

#define CH_VEC_NAME wide
#define CH_VEC_TYPE vec_word
#include <coldheap/tmpl/vec.h>

#define CH_VEC_NAME fixed
#define CH_VEC_TYPE uint64_t
#define CH_VEC_CAP  VEC_BENCH_ROOM
#include <coldheap/tmpl/vec.h>

#define CH_VEC_NAME fixed_wide
#define CH_VEC_TYPE vec_word
#define CH_VEC_CAP  VEC_BENCH_ROOM
#include <coldheap/tmpl/vec.h>

/* ---- Ours, over the caller's memory and with a capacity fixed at compile time ------------------
 */

#define OURS(name, narrow, wide)                                                                   \
    CH_INLINE bool name##_push_8(void *vec, uint64_t value) {                                      \
        return narrow##_push(vec, &value) == CH_OK;                                                \
    }                                                                                              \
    CH_INLINE bool name##_push_32(void *vec, const vec_word *value) {                              \
        return wide##_push(vec, value) == CH_OK;                                                   \
    }                                                                                              \
    CH_INLINE uint64_t name##_pop_8(void *vec) {                                                   \
        uint64_t value;                                                                            \
        return narrow##_pop(vec, &value) == CH_OK ? value : UINT64_MAX;                            \
    }                                                                                              \
    CH_INLINE uint64_t name##_empty_8(void *vec) {                                                 \
        uint64_t count = narrow##_count(vec);                                                      \
        narrow##_clear(vec);                                                                       \
        return count;                                                                              \
    }                                                                                              \
    CH_INLINE uint64_t name##_empty_32(void *vec) {                                                \
        uint64_t count = wide##_count(vec);                                                        \
        wide##_clear(vec);                                                                         \
        return count;                                                                              \
    }                                                                                              \
    VEC_BODIES(name)

OURS(cold, narrow, wide)
OURS(cold_fixed, fixed, fixed_wide)

static void *narrow_create(void) {
    static uint64_t memory[VEC_BENCH_ROOM];
    static narrow vec;
    return narrow_init(&vec, memory, sizeof memory, VEC_BENCH_ROOM) == CH_OK ? &vec : NULL;
}

static void *wide_create(void) {
    static vec_word memory[VEC_BENCH_ROOM];
    static wide vec;
    return wide_init(&vec, memory, sizeof memory, VEC_BENCH_ROOM) == CH_OK ? &vec : NULL;
}

static void *fixed_create(void) {
    static fixed vec;
    return fixed_init(&vec) == CH_OK ? &vec : NULL;
}

static void *fixed_wide_create(void) {
    static fixed_wide vec;
    return fixed_wide_init(&vec) == CH_OK ? &vec : NULL;
}

static void keep(void *vec) {
    (void)vec;
}

static const vec_rival ours = {"cold", narrow_create, wide_create,    keep,
                               keep,   cold_pushes_8, cold_pushes_32, cold_pairs_8};
static const vec_rival ours_fixed = {
    "cold, fixed", fixed_create,        fixed_wide_create,    keep,
    keep,          cold_fixed_pushes_8, cold_fixed_pushes_32, cold_fixed_pairs_8};

/* ---- An array and a count -------------------------------------------------------------------- */

typedef struct raw_narrow {
    size_t count;
    uint64_t items[VEC_BENCH_ROOM];
} raw_narrow;

typedef struct raw_wide {
    size_t count;
    vec_word items[VEC_BENCH_ROOM];
} raw_wide;

CH_INLINE bool raw_push_8(void *vec, uint64_t value) {
    raw_narrow *raw = vec;
    raw->items[raw->count++] = value;
    return true;
}

CH_INLINE bool raw_push_32(void *vec, const vec_word *value) {
    raw_wide *raw = vec;
    raw->items[raw->count++] = *value;
    return true;
}

CH_INLINE uint64_t raw_pop_8(void *vec) {
    raw_narrow *raw = vec;
    return raw->items[--raw->count];
}

/* Both begin with the count. */
CH_INLINE uint64_t raw_empty_8(void *vec) {
    size_t *count = vec;
    uint64_t before = *count;
    *count = 0;
    return before;
}

CH_INLINE uint64_t raw_empty_32(void *vec) {
    return raw_empty_8(vec);
}

VEC_BODIES(raw)

static void *raw_narrow_create(void) {
    static raw_narrow raw;
    return &raw;
}

static void *raw_wide_create(void) {
    static raw_wide raw;
    return &raw;
}

static const vec_rival raw = {"raw array", raw_narrow_create, raw_wide_create, keep,
                              keep,        raw_pushes_8,      raw_pushes_32,   raw_pairs_8};

/* ---- The comparison -------------------------------------------------------------------------- */

static const vec_rival *const rivals[] = {
    &ours,
    &ours_fixed,
    &raw,
#ifdef COLDHEAP_STD
    &vec_rival_std,
#endif
};

enum { RIVALS = sizeof rivals / sizeof rivals[0] };

typedef enum vec_kind { PUSH_8, PUSH_32, PAIR_8 } vec_kind;

static void compare(vec_kind kind) {
    void *vecs[RIVALS];
    for (size_t i = 0; i < RIVALS; i++) {
        const vec_rival *r = rivals[i];
        vecs[i] = kind == PUSH_32 ? r->create_32() : r->create_8();
        if (vecs[i] == NULL) {
            abort();
        }
        ch_bench_add(r->name,
                     kind == PUSH_8    ? r->pushes_8
                     : kind == PUSH_32 ? r->pushes_32
                                       : r->pairs_8,
                     vecs[i]);
        ch_bench_expect_no_heap();
    }
#ifdef COLDHEAP_STD
    /* They take the same time; a twentieth for the noise of the machine. */
    ch_bench_target_ratio("no slower than std::vector, reserved", "std::vector", 1.05);
#else
    printf("# rival std::vector skipped: no C++ compiler when the build was configured\n");
#endif
    ch_bench_run();
    for (size_t i = 0; i < RIVALS; i++) {
        (kind == PUSH_32 ? rivals[i]->destroy_32 : rivals[i]->destroy_8)(vecs[i]);
    }
}

BENCH_GROUP(vec_push_8) {
    compare(PUSH_8);
}

BENCH_GROUP(vec_push_32) {
    compare(PUSH_32);
}

BENCH_GROUP(vec_push_and_pop_8) {
    compare(PAIR_8);
}
