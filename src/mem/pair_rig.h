/* pair_rig.h: two threads on two processors, for benches of rings: the measuring thread produces,
 * a second one that lives as long as the group consumes. Both wait in the same way for all rivals:
 * a number of pauses between two looks, now and then a yield. Who streams must look seldom, else
 * each look takes the line away from the side that writes it (docs/design/025-rings.md); who asks
 * and waits for the answer looks all the time. Bench programs only. */
#ifndef CHI_PAIR_RIG_H
#define CHI_PAIR_RIG_H

#include <coldheap/atomic.h>

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "bench.h"

/* One side's work: `count` items; the consumer's result depends on each and on their order. */
typedef void (*pair_producer)(uint64_t count);
typedef uint64_t (*pair_consumer)(uint64_t count);

typedef struct pair_rival {
    pair_producer produce;
    pair_consumer consume;
} pair_rival;

static struct pair_state {
    pthread_t thread;
    cpu_set_t before;
    pair_consumer consume;
    uint64_t count;
    uint64_t result;
    CH_ALIGNED(CH_LINE_PAIR) size_t asked; /* number of the job; consume NULL ends the thread */
    CH_ALIGNED(CH_LINE_PAIR) size_t done;
} pair_state;

enum { PAIR_PATIENT = 64, PAIR_EAGER = 1, PAIR_YIELD = 4096 };

/* Between two looks; it failed `*waits` times before. */
static inline void pair_wait(unsigned *waits, unsigned pauses) {
    for (unsigned i = 0; i < pauses; i++) {
        ch_atomic_pause();
    }
    if (++*waits % PAIR_YIELD == 0) {
        (void)sched_yield();
    }
}

#define PAIR_UNTIL(condition, patience)                                                            \
    do {                                                                                           \
        unsigned pair_waits = 0;                                                                   \
        while (!(condition)) {                                                                     \
            pair_wait(&pair_waits, (patience));                                                    \
        }                                                                                          \
    } while (0)

/* Binds the calling thread to the `nth` processor that the program may use, if there is one. */
static inline void pair_bind(unsigned nth) {
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET((size_t)cpu, &pair_state.before) && nth-- == 0) {
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET((size_t)cpu, &one);
            (void)sched_setaffinity(0, sizeof one, &one);
            return;
        }
    }
}

static inline void *pair_serve(void *context) {
    (void)context;
    pair_bind(1);
    for (size_t job = 1;; job++) {
        PAIR_UNTIL(ch_atomic_load_acquire(&pair_state.asked) == job, PAIR_EAGER);
        if (pair_state.consume == NULL) {
            return NULL;
        }
        pair_state.result = pair_state.consume(pair_state.count);
        ch_atomic_store_release(&pair_state.done, job);
    }
}

static inline uint64_t pair_body(void *context, uint64_t iterations) {
    const pair_rival *rival = context;
    const size_t job = pair_state.asked + 1;
    pair_state.consume = rival->consume;
    pair_state.count = iterations;
    ch_atomic_store_release(&pair_state.asked, job);
    rival->produce(iterations);
    PAIR_UNTIL(ch_atomic_load_acquire(&pair_state.done) == job, PAIR_EAGER);
    return pair_state.result;
}

/* Around ch_bench_run: the second thread. False if there is none to be had. */
static inline bool pair_begin(void) {
    pair_state.asked = 0;
    pair_state.done = 0;
    (void)sched_getaffinity(0, sizeof pair_state.before, &pair_state.before);
    if (pthread_create(&pair_state.thread, NULL, pair_serve, NULL) != 0) {
        return false;
    }
    pair_bind(0);
    return true;
}

static inline void pair_end(void) {
    pair_state.consume = NULL;
    ch_atomic_store_release(&pair_state.asked, pair_state.asked + 1);
    (void)pthread_join(pair_state.thread, NULL);
    (void)sched_setaffinity(0, sizeof pair_state.before, &pair_state.before);
}

/* A rival's calls, over any ring: 0 on success. The loops below are inlined with them as constants,
 * so each rival gets machine code of its own. Items of 8 bytes are the first word. */
typedef struct pair_item {
    uint64_t words[8];
} pair_item;

/* One item's share of the result: its order and each of its `count` words, of which all but the
 * first are 0. */
CH_INLINE uint64_t pair_share(const uint64_t *words, size_t count, uint64_t position) {
    uint64_t sum = words[0] ^ position << 1;
    for (size_t i = 1; i < count; i++) {
        sum += words[i];
    }
    BENCH_HIDE(sum); /* else gcc sums up many items at once where they lie in a row */
    return sum;
}

typedef int (*pair_push)(void *ring, const pair_item *item);
typedef int (*pair_pop)(void *ring, pair_item *item);

CH_INLINE void pair_produce(pair_push push, void *ring, uint64_t count) {
    pair_item item = {{0}};
    for (uint64_t i = 0; i < count; i++) {
        item.words[0] = i;
        PAIR_UNTIL(push(ring, &item) == 0, PAIR_PATIENT);
    }
}

CH_INLINE uint64_t pair_consume(pair_pop pop, void *ring, size_t word_count, uint64_t count) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        pair_item item;
        PAIR_UNTIL(pop(ring, &item) == 0, PAIR_PATIENT);
        sum += pair_share(item.words, word_count, i);
    }
    return sum;
}

/* There and back: the producer sends the next item when the last one has come home. */
CH_INLINE void pair_ask(pair_push push, void *out, pair_pop pop, void *home, uint64_t count) {
    pair_item item = {{0}};
    for (uint64_t i = 0; i < count; i++) {
        item.words[0] = i;
        (void)push(out, &item);
        PAIR_UNTIL(pop(home, &item) == 0, PAIR_EAGER);
    }
}

CH_INLINE uint64_t pair_answer(pair_pop pop, void *out, pair_push push, void *home,
                               uint64_t count) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        pair_item item;
        PAIR_UNTIL(pop(out, &item) == 0, PAIR_EAGER);
        (void)push(home, &item);
        sum += pair_share(item.words, 1, i);
    }
    return sum;
}

#endif
