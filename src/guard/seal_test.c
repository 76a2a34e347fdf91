/* The phases of the process and who may change them. */
#define _GNU_SOURCE
#include "state.h"

#include <pthread.h>
#include <unistd.h>

#include "harness.h"

#define THREADS 8

typedef struct race {
    pthread_barrier_t start;
    pthread_barrier_t end;
    int winners;
} race;

static void *seals(void *context) {
    race *r = (race *)context;
    pthread_barrier_wait(&r->start);
    const bool won = ch_seal("race");
    pthread_barrier_wait(&r->end);
    __atomic_fetch_add(&r->winners, won, __ATOMIC_RELAXED);
    return NULL;
}

TEST(g24_one_of_many_seals) {
    for (int round = 0; round < 20; round++) {
        pthread_t threads[THREADS];
        race r = {.winners = 0};
        pthread_barrier_init(&r.start, NULL, THREADS);
        pthread_barrier_init(&r.end, NULL, THREADS + 1);
        for (int i = 0; i < THREADS; i++) {
            CHECK_EQUAL(pthread_create(&threads[i], NULL, seals, &r), 0);
        }
        pthread_barrier_wait(&r.end);
        CHECK(ch_unseal()); /* before the threads end: that gives heap back */
        for (int i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
        }
        CHECK_EQUAL(r.winners, 1);
        pthread_barrier_destroy(&r.start);
        pthread_barrier_destroy(&r.end);
    }
}

TEST(g24_seal_has_name_and_age) {
    const char *name = NULL;
    uint64_t age = 0;
    CHECK(!chi_guard_seal_state(&name, &age));
    CHECK(ch_seal("ready"));
    CHECK(chi_guard_seal_state(&name, &age));
    CHECK_TEXT(name, "ready");
    CHECK(age >= 1 && age < UINT64_C(60000000000));
    CHECK(!ch_seal("again"));
    CHECK(chi_guard_seal_state(&name, &age));
    CHECK_TEXT(name, "ready");
    CHECK(ch_unseal());
    CHECK(!ch_unseal());
    CHECK(ch_seal(NULL));
    CHECK(chi_guard_seal_state(&name, &age));
    CHECK_TEXT(name, "");
    CHECK(ch_unseal());
}

TEST(g24_mask_keeps_the_other_flags) {
    ch_guard_count_process(true);
    CHECK(ch_seal_ops("frees", CH_OP_FREE));
    CHECK_EQUAL(chi_guard_flags, CHI_FLAG_COUNTING | CH_OP_FREE);
    CHECK(ch_unseal());
    CHECK_EQUAL(chi_guard_flags, CHI_FLAG_COUNTING);
    ch_guard_count_process(false);
    CHECK_EQUAL(chi_guard_flags, 0);
}

static void end_then_seal(void *nothing) {
    (void)nothing;
    const bool right = ch_seal("ready") && ch_seal_end() && !ch_seal_end() && !ch_seal("late") &&
                       !ch_unseal() && chi_guard_flags == 0;
    if (!right) {
        _exit(1);
    }
}

TEST(g24_teardown_is_final) {
    CHECK(!ch_test_child_dies(end_then_seal, NULL, NULL, 0));
}
