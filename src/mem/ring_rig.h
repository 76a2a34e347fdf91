/* ring_rig.h: a ring beside a slow reference that moves all its items at every pop; steps for the
 * model test and the fuzz target. Test programs only. */
#ifndef CHI_RING_RIG_H
#define CHI_RING_RIG_H

#include <string.h>

#define CH_RING_NAME words
#define CH_RING_TYPE uint32_t
#include <coldheap/tmpl/ring.h>

enum { RING_CAP_MAX = 13 };

typedef struct ring_world {
    words ring;
    uint32_t memory[RING_CAP_MAX];
    uint32_t want[RING_CAP_MAX];
    size_t count;
    size_t capacity;
    uint64_t dropped;
} ring_world;

typedef enum ring_step {
    RING_PUSH,
    RING_PUSH_OVER,
    RING_POP,
    RING_PEEK,
    RING_GET,
    RING_FILL,
    RING_READ,
    RING_CLEAR,
    RING_STEPS
} ring_step;

static inline bool ring_world_begin(ring_world *w, size_t capacity) {
    memset(w, 0, sizeof *w);
    w->capacity = capacity;
    return words_init(&w->ring, w->memory, words_footprint(capacity), capacity) == CH_OK;
}

static inline void ring_forget(ring_world *w, size_t n) {
    memmove(w->want, w->want + n, (w->count - n) * sizeof w->want[0]);
    w->count -= n;
}

static inline bool ring_push(ring_world *w, uint32_t value, bool over) {
    if (over && w->count == w->capacity && w->capacity > 0) {
        ring_forget(w, 1);
        w->dropped++;
    }
    ch_status want = w->count == w->capacity ? CH_EFULL : CH_OK;
    if (want == CH_OK) {
        w->want[w->count++] = value;
    }
    return (over ? words_push_over : words_push)(&w->ring, &value) == want;
}

static inline bool ring_pop(ring_world *w, bool keep) {
    uint32_t got = 0;
    ch_status want = w->count == 0 ? CH_EEMPTY : CH_OK;
    uint32_t oldest = w->want[0];
    if (want == CH_OK && !keep) {
        ring_forget(w, 1);
    }
    return (keep ? words_peek(&w->ring, &got) : words_pop(&w->ring, &got)) == want &&
           (want != CH_OK || got == oldest);
}

static inline bool ring_get(const ring_world *w, size_t index) {
    const uint32_t *got = words_get(&w->ring, index);
    return index < w->count ? got != NULL && *got == w->want[index] : got == NULL;
}

/* In place: fills up to `n` of the free row; one more than the row must be refused. */
static inline bool ring_fill(ring_world *w, size_t n, uint32_t value) {
    size_t room = 0;
    uint32_t *places = words_reserve(&w->ring, &room);
    if ((places == NULL) != (w->count == w->capacity) || room > w->capacity - w->count ||
        words_commit(&w->ring, room + 1) != CH_ERANGE) {
        return false;
    }
    n = n < room ? n : room;
    for (size_t i = 0; i < n; i++) {
        places[i] = value + (uint32_t)i;
        w->want[w->count++] = places[i];
    }
    return words_commit(&w->ring, n) == CH_OK;
}

/* In place: compares the row of the oldest and takes `n` of all. */
static inline bool ring_read(ring_world *w, size_t n) {
    size_t ready = 0;
    const uint32_t *places = words_peek_span(&w->ring, &ready);
    if ((places == NULL) != (w->count == 0) || ready > w->count ||
        (ready > 0 && memcmp(places, w->want, ready * sizeof *places) != 0)) {
        return false;
    }
    if (n > w->count) {
        return words_consume(&w->ring, n) == CH_ERANGE;
    }
    ring_forget(w, n);
    return words_consume(&w->ring, n) == CH_OK;
}

static inline bool ring_world_step(ring_world *w, ring_step step, uint32_t argument) {
    switch (step) {
    case RING_PUSH:
        return ring_push(w, argument, false);
    case RING_PUSH_OVER:
        return ring_push(w, argument, true);
    case RING_POP:
        return ring_pop(w, false);
    case RING_PEEK:
        return ring_pop(w, true);
    case RING_GET:
        return ring_get(w, argument % (RING_CAP_MAX + 2));
    case RING_FILL:
        return ring_fill(w, argument % (RING_CAP_MAX + 2), argument);
    case RING_READ:
        return ring_read(w, argument % (RING_CAP_MAX + 2));
    case RING_CLEAR:
    default:
        w->count = 0;
        words_clear(&w->ring);
        return true;
    }
}

static inline bool ring_world_agrees(const ring_world *w) {
    for (size_t i = 0; i <= w->count; i++) {
        if (!ring_get(w, i)) {
            return false;
        }
    }
    return words_count(&w->ring) == w->count && words_capacity(&w->ring) == w->capacity &&
           words_remaining(&w->ring) == w->capacity - w->count &&
           words_empty(&w->ring) == (w->count == 0) &&
           words_full(&w->ring) == (w->count == w->capacity) &&
           words_dropped(&w->ring) == w->dropped && words_check(&w->ring, NULL) == CH_OK;
}

#endif
