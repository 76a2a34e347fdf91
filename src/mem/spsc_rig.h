/* spsc_rig.h: a ring from thread to thread, driven by one, beside a slow reference; steps for the
 * model test and the fuzz target. Test programs only. */
#ifndef CHI_SPSC_RIG_H
#define CHI_SPSC_RIG_H

#include <string.h>

#define CH_SPSC_NAME events
#define CH_SPSC_TYPE uint32_t
#include <coldheap/tmpl/spsc.h>

enum { SPSC_CAP_MAX = 16, SPSC_BYTES = 128 };

typedef struct spsc_world {
    events ring;
    CH_ALIGNED(CH_LINE_PAIR) uint8_t memory[SPSC_BYTES];
    uint32_t want[SPSC_CAP_MAX];
    size_t count;
    size_t capacity;
} spsc_world;

typedef enum spsc_step {
    SPSC_PUSH,
    SPSC_POP,
    SPSC_PUSH_N,
    SPSC_POP_N,
    SPSC_RESERVE,
    SPSC_CLAIM,
    SPSC_START,
    SPSC_STEPS
} spsc_step;

/* Capacity 2^(choice % 5), counting from just before the wrap. */
static inline bool spsc_world_begin(spsc_world *w, unsigned choice) {
    memset(w, 0, sizeof *w);
    w->capacity = (size_t)1 << (choice % 5);
    bool ready = events_init(&w->ring, w->memory, sizeof w->memory, w->capacity) == CH_OK;
    events_start(&w->ring, SIZE_MAX - 3);
    return ready;
}

static inline void spsc_forget(spsc_world *w, size_t n) {
    memmove(w->want, w->want + n, (w->count - n) * sizeof w->want[0]);
    w->count -= n;
}

static inline bool spsc_push(spsc_world *w, uint32_t value) {
    ch_status want = w->count == w->capacity ? CH_EFULL : CH_OK;
    if (want == CH_OK) {
        w->want[w->count++] = value;
    }
    return events_push(&w->ring, &value) == want;
}

static inline bool spsc_pop(spsc_world *w) {
    uint32_t got = 7;
    uint32_t oldest = w->count > 0 ? w->want[0] : 7;
    ch_status want = w->count == 0 ? CH_EEMPTY : CH_OK;
    if (want == CH_OK) {
        spsc_forget(w, 1);
    }
    return events_pop(&w->ring, &got) == want && got == oldest;
}

static inline bool spsc_push_n(spsc_world *w, size_t n, uint32_t value) {
    uint32_t items[SPSC_CAP_MAX + 4];
    size_t room = w->capacity - w->count;
    for (size_t i = 0; i < n; i++) {
        items[i] = value + (uint32_t)i;
    }
    size_t taken = n < room ? n : room;
    memcpy(w->want + w->count, items, taken * sizeof items[0]);
    w->count += taken;
    return events_push_n(&w->ring, items, n) == taken;
}

static inline bool spsc_pop_n(spsc_world *w, size_t n) {
    uint32_t items[SPSC_CAP_MAX + 4];
    size_t given = n < w->count ? n : w->count;
    bool right = events_pop_n(&w->ring, items, n) == given &&
                 memcmp(items, w->want, given * sizeof items[0]) == 0;
    spsc_forget(w, given);
    return right;
}

/* In place: asks for n places, fills and publishes some of what it got. */
static inline bool spsc_reserve(spsc_world *w, size_t n, uint32_t value) {
    size_t room = 99;
    size_t free_count = w->capacity - w->count;
    uint32_t *places = events_reserve(&w->ring, n, &room);
    if (room > n || room > free_count || (room == 0) != (n == 0 || free_count == 0) ||
        (places == NULL) != (room == 0) || events_publish(&w->ring, free_count + 1) != CH_ERANGE) {
        return false;
    }
    size_t used = room > 0 ? value % (room + 1) : 0;
    for (size_t i = 0; i < used; i++) {
        places[i] = value + (uint32_t)i;
        w->want[w->count++] = places[i];
    }
    return events_publish(&w->ring, used) == CH_OK;
}

static inline bool spsc_claim(spsc_world *w, size_t n, uint32_t value) {
    size_t ready = 99;
    const uint32_t *places = events_claim(&w->ring, n, &ready);
    if (ready > n || ready > w->count || (ready == 0) != (n == 0 || w->count == 0) ||
        (places == NULL) != (ready == 0) || events_consume(&w->ring, w->count + 1) != CH_ERANGE ||
        (ready > 0 && memcmp(places, w->want, ready * sizeof *places) != 0)) {
        return false;
    }
    size_t used = ready > 0 ? value % (ready + 1) : 0;
    spsc_forget(w, used);
    return events_consume(&w->ring, used) == CH_OK;
}

static inline bool spsc_world_step(spsc_world *w, spsc_step step, uint32_t argument) {
    size_t n = argument % (SPSC_CAP_MAX + 4);
    switch (step) {
    case SPSC_PUSH:
        return spsc_push(w, argument);
    case SPSC_POP:
        return spsc_pop(w);
    case SPSC_PUSH_N:
        return spsc_push_n(w, n, argument);
    case SPSC_POP_N:
        return spsc_pop_n(w, n);
    case SPSC_RESERVE:
        return spsc_reserve(w, n, argument / 32);
    case SPSC_CLAIM:
        return spsc_claim(w, n, argument / 32);
    case SPSC_START:
    default:
        w->count = 0;
        events_start(&w->ring, 0u - (size_t)(argument % 64));
        return true;
    }
}

static inline bool spsc_world_agrees(const spsc_world *w) {
    return events_count(&w->ring) == w->count && events_capacity(&w->ring) == w->capacity &&
           events_remaining(&w->ring) == w->capacity - w->count &&
           events_empty(&w->ring) == (w->count == 0) &&
           events_full(&w->ring) == (w->count == w->capacity) &&
           events_check(&w->ring, NULL) == CH_OK;
}

#endif
