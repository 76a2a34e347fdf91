/* mpmc_threads_test.c: the rings of many producers under real threads: 1 to 4 on either side, each
 * item exactly once, the items of each producer in order. */
#define _GNU_SOURCE
#include "mem/mpmc_rig.h"

#include <pthread.h>
#include <sched.h>

#include "harness.h"

enum { THREADS_MAX = 4, ITEMS_MAX = 20000 };

typedef struct traffic {
    mpmc_world world;
    size_t producers;
    size_t items;                           /* of each producer */
    uint8_t taken[THREADS_MAX * ITEMS_MAX]; /* how often each came out */
    size_t left;                            /* items nobody has taken yet */
    size_t wrong;
} traffic;

typedef struct worker {
    traffic *traffic;
    uint32_t number;
    pthread_t thread;
} worker;

static void wait_a_while(unsigned *waits) {
    ch_atomic_pause();
    if (++*waits % 64 == 0) {
        (void)sched_yield();
    }
}

static void *produce(void *context) {
    const worker *self = context;
    unsigned waits = 0;
    for (uint32_t i = 0; i < self->traffic->items; i++) {
        while (mpmc_push(&self->traffic->world, (job){self->number, i}) != CH_OK) {
            wait_a_while(&waits);
        }
    }
    return NULL;
}

static void take(traffic *t, job got, uint32_t next[THREADS_MAX]) {
    bool known = got.producer < t->producers && got.number < t->items;
    if (!known || got.number < next[got.producer]) {
        __atomic_fetch_add(&t->wrong, 1, __ATOMIC_RELAXED);
        return;
    }
    next[got.producer] = got.number + 1;
    __atomic_fetch_add(&t->taken[got.producer * t->items + got.number], 1, __ATOMIC_RELAXED);
}

static void *consume(void *context) {
    const worker *self = context;
    traffic *t = self->traffic;
    uint32_t next[THREADS_MAX] = {0};
    unsigned waits = 0;
    while (__atomic_load_n(&t->left, __ATOMIC_RELAXED) > 0) {
        job got;
        if (mpmc_pop(&t->world, &got) == CH_OK) {
            take(t, got, next);
            __atomic_fetch_sub(&t->left, 1, __ATOMIC_RELAXED);
        } else {
            wait_a_while(&waits);
        }
    }
    return NULL;
}

static void run(size_t producers, size_t consumers, bool single, size_t items) {
    static traffic t;
    static worker workers[2 * THREADS_MAX];
    memset(t.taken, 0, sizeof t.taken);
    CHECK(mpmc_world_begin(&t.world, 4, single));
    t.producers = producers;
    t.items = items;
    t.left = producers * items;
    t.wrong = 0;
    for (size_t i = 0; i < producers + consumers; i++) {
        workers[i] = (worker){.traffic = &t, .number = (uint32_t)i};
        CHECK_EQUAL(pthread_create(&workers[i].thread, NULL, i < producers ? produce : consume,
                                   &workers[i]),
                    0);
    }
    for (size_t i = 0; i < producers + consumers; i++) {
        CHECK_EQUAL(pthread_join(workers[i].thread, NULL), 0);
    }
    size_t once = 0;
    for (size_t i = 0; i < producers * items; i++) {
        once += t.taken[i] == 1;
    }
    CHECK_EQUAL(once, producers * items);
    CHECK_EQUAL(t.wrong, 0);
    CHECK_EQUAL(mpmc_count(&t.world), 0);
    CHECK_EQUAL(mpmc_check(&t.world, NULL), CH_OK);
}

TEST(mpmc_gives_each_item_once_among_1_to_4_producers_and_consumers) { /* M6 M67 */
    for (size_t producers = 1; producers <= THREADS_MAX; producers++) {
        for (size_t consumers = 1; consumers <= THREADS_MAX; consumers++) {
            run(producers, consumers, false, ITEMS_MAX / producers);
        }
    }
}

TEST(mpsc_gives_each_item_once_from_1_to_4_producers) { /* M6 M67 */
    for (size_t producers = 1; producers <= THREADS_MAX; producers++) {
        run(producers, 1, true, ITEMS_MAX);
    }
}
