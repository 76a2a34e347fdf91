/* mpmc_rig.h: rings between many threads, driven by one, beside a slow reference; steps for the
 * model test and the fuzz target. Test programs only. */
#ifndef CHI_MPMC_RIG_H
#define CHI_MPMC_RIG_H

#include <stdint.h>
#include <string.h>

typedef struct job {
    uint32_t producer;
    uint32_t number;
} job;

#define CH_MPMC_NAME jobs
#define CH_MPMC_TYPE job
#include <coldheap/tmpl/mpmc.h>

#define CH_MPSC_NAME mail
#define CH_MPSC_TYPE job
#include <coldheap/tmpl/mpsc.h>

enum { MPMC_CAP_MAX = 16, MPMC_BYTES = 256 };

/* The same work on a ring of either kind. */
typedef struct mpmc_world {
    jobs ring;
    mail box;
    CH_ALIGNED(CH_LINE_PAIR) uint8_t memory[MPMC_BYTES];
    job want[MPMC_CAP_MAX];
    size_t count;
    size_t capacity;
    bool single;
} mpmc_world;

typedef enum mpmc_step { MPMC_PUSH, MPMC_POP, MPMC_START, MPMC_STEPS } mpmc_step;

static inline void mpmc_world_start(mpmc_world *w, size_t index) {
    w->count = 0;
    if (w->single) {
        mail_start(&w->box, index);
    } else {
        jobs_start(&w->ring, index);
    }
}

/* Capacity 2^(choice % 5), counting from just before the wrap. */
static inline bool mpmc_world_begin(mpmc_world *w, unsigned choice, bool single) {
    memset(w, 0, sizeof *w);
    w->capacity = (size_t)1 << (choice % 5);
    w->single = single;
    ch_status status = single ? mail_init(&w->box, w->memory, sizeof w->memory, w->capacity)
                              : jobs_init(&w->ring, w->memory, sizeof w->memory, w->capacity);
    mpmc_world_start(w, SIZE_MAX - 3);
    return status == CH_OK;
}

static inline ch_status mpmc_push(mpmc_world *w, job item) {
    return w->single ? mail_push(&w->box, &item) : jobs_push(&w->ring, &item);
}

static inline ch_status mpmc_pop(mpmc_world *w, job *item) {
    return w->single ? mail_pop(&w->box, item) : jobs_pop(&w->ring, item);
}

static inline size_t mpmc_count(const mpmc_world *w) {
    return w->single ? mail_count(&w->box) : jobs_count(&w->ring);
}

static inline ch_status mpmc_check(const mpmc_world *w, unsigned *invariant) {
    return w->single ? mail_check(&w->box, invariant) : jobs_check(&w->ring, invariant);
}

static inline bool mpmc_world_step(mpmc_world *w, mpmc_step step, uint32_t argument) {
    job item = {argument, ~argument};
    job got = {7, 7};
    switch (step) {
    case MPMC_PUSH:
        if (w->count == w->capacity) {
            return mpmc_push(w, item) == CH_EFULL;
        }
        w->want[w->count++] = item;
        return mpmc_push(w, item) == CH_OK;
    case MPMC_POP:
        if (w->count == 0) {
            return mpmc_pop(w, &got) == CH_EEMPTY && got.producer == 7 && got.number == 7;
        }
        item = w->want[0];
        memmove(w->want, w->want + 1, --w->count * sizeof item);
        return mpmc_pop(w, &got) == CH_OK && memcmp(&got, &item, sizeof got) == 0;
    case MPMC_START:
    default:
        mpmc_world_start(w, 0u - (size_t)(argument % 64));
        return true;
    }
}

static inline bool mpmc_world_agrees(const mpmc_world *w) {
    bool right = w->single ? mail_full(&w->box) == (w->count == w->capacity) &&
                                 mail_empty(&w->box) == (w->count == 0) &&
                                 mail_remaining(&w->box) == w->capacity - w->count
                           : jobs_full(&w->ring) == (w->count == w->capacity) &&
                                 jobs_empty(&w->ring) == (w->count == 0) &&
                                 jobs_remaining(&w->ring) == w->capacity - w->count;
    return right && mpmc_count(w) == w->count && mpmc_check(w, NULL) == CH_OK;
}

#endif
