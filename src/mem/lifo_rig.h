/* lifo_rig.h: a value stack beside an array that does the same slowly. Steps serve lifo_test.c
 * (random) and lifo_fuzz.c (bytes of the input). */
#ifndef CHI_LIFO_RIG_H
#define CHI_LIFO_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CH_LIFO_NAME values
#define CH_LIFO_TYPE uint64_t
#include <coldheap/tmpl/lifo.h>

enum { LIFO_CAP_MAX = 21, LIFO_MARKS_MAX = 64 };

typedef enum lifo_step {
    LIFO_PUSH,
    LIFO_POP,
    LIFO_PEEK,
    LIFO_SET,
    LIFO_DUP,
    LIFO_SWAP,
    LIFO_MARK,
    LIFO_RELEASE,
    LIFO_RELEASE_WRONG,
    LIFO_CLEAR,
    LIFO_STEPS
} lifo_step;

typedef struct lifo_world {
    values lifo;
    uint64_t memory[LIFO_CAP_MAX];
    uint64_t want[LIFO_CAP_MAX + 1]; /* all of the memory, what lies above the top included */
    size_t capacity;
    size_t count;
    size_t marks[LIFO_MARKS_MAX];
    size_t mark_count;
} lifo_world;

static inline bool lifo_world_begin(lifo_world *w, size_t capacity) {
    *w = (lifo_world){.capacity = capacity};
    return values_init(&w->lifo, w->memory, capacity * sizeof w->memory[0], capacity) == CH_OK;
}

static inline bool lifo_push_step(lifo_world *w, uint64_t value) {
    if (w->count == w->capacity) {
        return values_push(&w->lifo, &value) == CH_EFULL;
    }
    w->want[w->count++] = value;
    return values_push(&w->lifo, &value) == CH_OK;
}

static inline bool lifo_pop_step(lifo_world *w, bool wanted) {
    uint64_t got = 77;
    uint64_t *out = wanted ? &got : NULL;
    if (w->count == 0) {
        return values_pop(&w->lifo, out) == CH_EEMPTY && got == 77;
    }
    w->count--;
    return values_pop(&w->lifo, out) == CH_OK && (!wanted || got == w->want[w->count]);
}

static inline bool lifo_peek_step(const lifo_world *w, size_t index) {
    uint64_t got = 77;
    ch_status status = values_peek(&w->lifo, index, &got);
    return index < w->count ? status == CH_OK && got == w->want[w->count - 1 - index]
                            : status == CH_ERANGE && got == 77;
}

static inline bool lifo_set_step(lifo_world *w, size_t index, uint64_t value) {
    if (index >= w->count) {
        return values_set(&w->lifo, index, &value) == CH_ERANGE;
    }
    w->want[w->count - 1 - index] = value;
    return values_set(&w->lifo, index, &value) == CH_OK;
}

static inline bool lifo_dup_step(lifo_world *w, size_t index) {
    ch_status status = values_dup(&w->lifo, index);
    if (index >= w->count || w->count == w->capacity) {
        return status == (index >= w->count ? CH_ERANGE : CH_EFULL);
    }
    w->want[w->count] = w->want[w->count - 1 - index];
    w->count++;
    return status == CH_OK;
}

static inline bool lifo_swap_step(lifo_world *w, size_t index) {
    if (index >= w->count) {
        return values_swap(&w->lifo, index) == CH_ERANGE;
    }
    uint64_t top = w->want[w->count - 1];
    w->want[w->count - 1] = w->want[w->count - 1 - index];
    w->want[w->count - 1 - index] = top;
    return values_swap(&w->lifo, index) == CH_OK;
}

/* Back to a mark that was taken, the last or an earlier one; popped below it, the mark is refused.
 */
static inline bool lifo_release_step(lifo_world *w, size_t which, ch_wipe wipe) {
    if (w->mark_count == 0) {
        return true;
    }
    size_t mark = w->marks[which % w->mark_count];
    w->mark_count = which % w->mark_count;
    if (mark > w->count) {
        return values_release(&w->lifo, mark, wipe) == CH_EORDER;
    }
    if (wipe == CH_WIPE) {
        memset(w->want + mark, 0, (w->count - mark) * sizeof w->want[0]);
    }
    w->count = mark;
    return values_release(&w->lifo, mark, wipe) == CH_OK;
}

static inline bool lifo_world_step(lifo_world *w, lifo_step step, uint32_t argument) {
    size_t index = argument % (w->count + 2);
    ch_wipe wipe = argument / 256 % 2 == 0 ? CH_KEEP : CH_WIPE;
    switch (step) {
    case LIFO_PUSH:
        return lifo_push_step(w, argument);
    case LIFO_POP:
        return lifo_pop_step(w, argument % 2 == 0);
    case LIFO_PEEK:
        return lifo_peek_step(w, index);
    case LIFO_SET:
        return lifo_set_step(w, index, argument);
    case LIFO_DUP:
        return lifo_dup_step(w, index);
    case LIFO_SWAP:
        return lifo_swap_step(w, index);
    case LIFO_MARK:
        if (w->mark_count < LIFO_MARKS_MAX) {
            w->marks[w->mark_count++] = values_mark(&w->lifo);
        }
        return values_mark(&w->lifo) == w->count;
    case LIFO_RELEASE:
        return lifo_release_step(w, argument, wipe);
    case LIFO_RELEASE_WRONG:
        return values_release(&w->lifo, w->count + 1 + argument, wipe) == CH_EORDER;
    default:
        values_clear(&w->lifo, CH_KEEP);
        w->count = 0;
        w->mark_count = 0;
        return true;
    }
}

static inline bool lifo_world_agrees(const lifo_world *w) {
    return values_count(&w->lifo) == w->count && values_capacity(&w->lifo) == w->capacity &&
           values_remaining(&w->lifo) == w->capacity - w->count &&
           values_full(&w->lifo) == (w->count == w->capacity) &&
           values_empty(&w->lifo) == (w->count == 0) && values_check(&w->lifo, NULL) == CH_OK &&
           memcmp(w->memory, w->want, w->capacity * sizeof w->want[0]) == 0;
}

#endif
