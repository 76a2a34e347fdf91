/* vec_rig.h: a vector beside an array that does the same slowly. Steps serve vec_test.c (random)
 * and vec_fuzz.c (bytes of the input). */
#ifndef CHI_VEC_RIG_H
#define CHI_VEC_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CH_VEC_NAME numbers
#define CH_VEC_TYPE uint32_t
#include <coldheap/tmpl/vec.h>

enum { VEC_CAP_MAX = 21 };

typedef enum vec_step {
    VEC_PUSH,
    VEC_PUSH_SLOT,
    VEC_POP,
    VEC_GET,
    VEC_SET,
    VEC_INSERT,
    VEC_REMOVE_AT,
    VEC_REMOVE_SWAP,
    VEC_EXTEND,
    VEC_TRUNCATE,
    VEC_CLEAR,
    VEC_STEPS
} vec_step;

typedef struct vec_world {
    numbers vec;
    uint32_t memory[VEC_CAP_MAX];
    uint32_t want[VEC_CAP_MAX + 1];
    size_t capacity;
    size_t count;
} vec_world;

static inline bool vec_world_begin(vec_world *w, size_t capacity) {
    *w = (vec_world){.capacity = capacity};
    return numbers_init(&w->vec, w->memory, capacity * sizeof w->memory[0], capacity) == CH_OK;
}

static inline bool vec_push_step(vec_world *w, uint32_t value, bool in_place) {
    ch_status want = w->count == w->capacity ? CH_EFULL : CH_OK;
    w->want[w->count] = value;
    w->count += want == CH_OK;
    if (in_place) {
        uint32_t *slot = numbers_push_slot(&w->vec);
        if (slot != NULL) {
            *slot = value;
        }
        return (slot != NULL) == (want == CH_OK);
    }
    return numbers_push(&w->vec, &value) == want;
}

static inline bool vec_pop_step(vec_world *w) {
    uint32_t got = 77;
    const uint32_t *last = numbers_last(&w->vec);
    if (w->count == 0) {
        return last == NULL && numbers_pop(&w->vec, &got) == CH_EEMPTY && got == 77;
    }
    w->count--;
    return last != NULL && *last == w->want[w->count] && numbers_pop(&w->vec, &got) == CH_OK &&
           got == w->want[w->count];
}

static inline bool vec_get_step(const vec_world *w, size_t at) {
    const uint32_t *got = numbers_get(&w->vec, at);
    return at < w->count ? got != NULL && *got == w->want[at] : got == NULL;
}

static inline bool vec_set_step(vec_world *w, size_t at, uint32_t value) {
    if (at >= w->count) {
        return numbers_set(&w->vec, at, &value) == CH_ERANGE;
    }
    w->want[at] = value;
    return numbers_set(&w->vec, at, &value) == CH_OK;
}

static inline bool vec_insert_step(vec_world *w, size_t at, uint32_t value) {
    ch_status status = numbers_insert(&w->vec, at, &value);
    if (at > w->count || w->count == w->capacity) {
        return status == (at > w->count ? CH_ERANGE : CH_EFULL);
    }
    for (size_t i = w->count; i > at; i--) {
        w->want[i] = w->want[i - 1];
    }
    w->want[at] = value;
    w->count++;
    return status == CH_OK;
}

static inline bool vec_remove_step(vec_world *w, size_t at, bool swap) {
    ch_status status = swap ? numbers_remove_swap(&w->vec, at) : numbers_remove_at(&w->vec, at);
    if (at >= w->count) {
        return status == CH_ERANGE;
    }
    w->count--;
    if (swap) {
        w->want[at] = w->want[w->count];
    }
    for (size_t i = at; i < w->count && !swap; i++) {
        w->want[i] = w->want[i + 1];
    }
    return status == CH_OK;
}

/* Appends `n` of its own elements, from the first on, or of zeros if there are fewer. */
static inline bool vec_extend_step(vec_world *w, size_t n) {
    static const uint32_t zeros[VEC_CAP_MAX + 2];
    const uint32_t *from = n <= w->count ? numbers_data(&w->vec) : zeros;
    ch_status status = numbers_extend(&w->vec, from, n);
    if (n > w->capacity - w->count) {
        return status == CH_EFULL;
    }
    for (size_t i = 0; i < n; i++) {
        w->want[w->count + i] = from == zeros ? 0 : w->want[i];
    }
    w->count += n;
    return status == CH_OK;
}

static inline bool vec_truncate_step(vec_world *w, size_t count) {
    ch_status want = count > w->count ? CH_ERANGE : CH_OK;
    w->count = want == CH_OK ? count : w->count;
    return numbers_truncate(&w->vec, count) == want;
}

/* Indices go from 0 to one more than can be in range. */
static inline bool vec_world_step(vec_world *w, vec_step step, uint32_t argument) {
    size_t at = argument % (w->count + 2);
    switch (step) {
    case VEC_PUSH:
        return vec_push_step(w, argument, false);
    case VEC_PUSH_SLOT:
        return vec_push_step(w, argument, true);
    case VEC_POP:
        return vec_pop_step(w);
    case VEC_GET:
        return vec_get_step(w, at);
    case VEC_SET:
        return vec_set_step(w, at, argument);
    case VEC_INSERT:
        return vec_insert_step(w, at, argument);
    case VEC_REMOVE_AT:
        return vec_remove_step(w, at, false);
    case VEC_REMOVE_SWAP:
        return vec_remove_step(w, at, true);
    case VEC_EXTEND:
        return vec_extend_step(w, argument % (w->capacity - w->count + 2));
    case VEC_TRUNCATE:
        return vec_truncate_step(w, at);
    default:
        numbers_clear(&w->vec);
        w->count = 0;
        return true;
    }
}

static inline bool vec_world_agrees(const vec_world *w) {
    return numbers_count(&w->vec) == w->count && numbers_capacity(&w->vec) == w->capacity &&
           numbers_remaining(&w->vec) == w->capacity - w->count &&
           numbers_full(&w->vec) == (w->count == w->capacity) &&
           numbers_empty(&w->vec) == (w->count == 0) && numbers_check(&w->vec, NULL) == CH_OK &&
           memcmp(w->memory, w->want, w->count * sizeof w->want[0]) == 0;
}

#endif
