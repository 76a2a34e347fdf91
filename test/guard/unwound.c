/* unwound.c: C code built with -fexceptions: a thread that is cancelled runs the ends of its
 * scopes, whatever lies on its stack by then. G5. */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

#include "scenario.h"

static sem_t inside;

static void allocating_end(void *block) {
    free(block);
    free(scenario_keep(malloc(33)));
}

__attribute__((noinline)) static void wait_in_scope(void) {
    CH_HOT_SCOPE("cancelled");
    sem_post(&inside);
    for (;;) {
        pause();
    }
}

/* The handler runs once the scope below it has ended. */
static void *waits_in_scope(void *nothing) {
    pthread_cleanup_push(allocating_end, malloc(10));
    wait_in_scope();
    pthread_cleanup_pop(0);
    return nothing;
}

SCENARIO_LIMITED(cancel_ends_scopes, SCENARIO_CLEAN, "", SCENARIO_NOT_STATIC) {
    pthread_t thread;
    void *result = NULL;
    sem_init(&inside, 0, 0);
    if (pthread_create(&thread, NULL, waits_in_scope, NULL) != 0) {
        scenario_fail("no thread");
    }
    sem_wait(&inside);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    if (result != PTHREAD_CANCELED) {
        scenario_fail("the thread was not cancelled");
    }
}
