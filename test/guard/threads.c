/* threads.c: whose scope is it? Threads, their ends, signals. G6. */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "scenario.h"

static sem_t go;
static sem_t done;

static void start(pthread_t *thread, void *(*body)(void *)) {
    CH_PERMIT_SCOPE("threads are made of heap");
    sem_init(&go, 0, 0);
    sem_init(&done, 0, 0);
    if (pthread_create(thread, NULL, body, NULL) != 0) {
        scenario_fail("no thread");
    }
}

static void *allocates_when_told(void *nothing) {
    sem_wait(&go);
    free(scenario_keep(malloc(3)));
    sem_post(&done);
    return nothing;
}

SCENARIO(other_thread_may_allocate, SCENARIO_CLEAN, "") {
    pthread_t thread;
    start(&thread, allocates_when_told);
    {
        CH_HOT_SCOPE("mine");
        sem_post(&go);
        sem_wait(&done);
    }
    pthread_join(thread, NULL);
}

SCENARIO(new_thread_is_cold, SCENARIO_CLEAN, "") {
    pthread_t thread;
    CH_HOT_SCOPE("parent");
    start(&thread, allocates_when_told);
    sem_post(&go);
    sem_wait(&done);
    CH_PERMIT_SCOPE("its end gives memory back");
    pthread_join(thread, NULL);
}

static void *hot_worker(void *nothing) {
    pthread_setname_np(pthread_self(), "worker-1");
    CH_HOT_SCOPE("worker");
    scenario_keep(malloc(7));
    return nothing;
}

SCENARIO(hot_thread_is_named, SCENARIO_ABORT, "\"worker-1\"") {
    pthread_t thread;
    start(&thread, hot_worker);
    pthread_join(thread, NULL);
}

static pthread_key_t key;

static void allocating_destructor(void *block) {
    free(block);
    free(scenario_keep(malloc(33)));
}

static void *leaves_value(void *nothing) {
    pthread_setspecific(key, malloc(10));
    CH_HOT_SCOPE("worker");
    return nothing;
}

SCENARIO(thread_exit_destructor_is_cold, SCENARIO_CLEAN, "") {
    pthread_t thread;
    pthread_key_create(&key, allocating_destructor);
    start(&thread, leaves_value);
    pthread_join(thread, NULL);
}

__attribute__((noinline)) static void exit_inside_scope(void) {
    char frame[500]; /* so that the dead scope lies well below its thread's first frames */
    scenario_keep(frame);
    CH_HOT_SCOPE("never ended");
    pthread_exit(NULL);
}

static void *exits_inside_scope(void *nothing) {
    pthread_setspecific(key, malloc(10));
    exit_inside_scope();
    return nothing;
}

static void *ends_at_once(void *nothing) {
    pthread_exit(nothing);
}

/* The first pthread_exit of a process allocates: it loads the unwinder. */
SCENARIO_LIMITED(pthread_exit_inside_scope, SCENARIO_CLEAN, "", SCENARIO_NOT_HOOKED) {
    pthread_t thread;
    start(&thread, ends_at_once);
    pthread_join(thread, NULL);
    pthread_key_create(&key, allocating_destructor);
    start(&thread, exits_inside_scope);
    pthread_join(thread, NULL);
}

__attribute__((noinline)) static void wait_inside_scope(void) {
    char frame[500];
    scenario_keep(frame);
    CH_HOT_SCOPE("cancelled");
    sem_post(&go);
    for (;;) {
        pause();
    }
}

static void *waits_inside_scope(void *nothing) {
    pthread_setspecific(key, malloc(10));
    wait_inside_scope();
    return nothing;
}

SCENARIO_LIMITED(pthread_cancel_inside_scope, SCENARIO_CLEAN, "",
                 SCENARIO_NOT_HOOKED | SCENARIO_NOT_STATIC) {
    pthread_t thread;
    pthread_key_create(&key, allocating_destructor);
    start(&thread, waits_inside_scope);
    sem_wait(&go);
    pthread_cancel(thread);
    pthread_join(thread, NULL);
}

SCENARIO(many_threads_one_after_another, SCENARIO_CLEAN, "") {
    ch_heap_calls before;
    ch_heap_calls after;
    ch_guard_count_process(true);
    ch_guard_heap_calls(&before);
    for (int i = 0; i < 1200; i++) { /* more than there are rows in the table */
        pthread_t thread;
        start(&thread, allocates_when_told);
        sem_post(&go);
        pthread_join(thread, NULL);
        start(&thread, ends_at_once);
        pthread_join(thread, NULL);
    }
    ch_guard_heap_calls(&after);
    if (after.allocs - before.allocs < 1200 || after.frees - before.frees < 1200) {
        scenario_fail("calls of ended threads are lost");
    }
}

static void allocating_handler(int signal) {
    (void)signal;
    scenario_keep(malloc(3));
}

SCENARIO(handler_inherits_scope, SCENARIO_ABORT, "in hot section \"interrupted\"") {
    signal(SIGUSR1, allocating_handler);
    CH_HOT_SCOPE("interrupted");
    raise(SIGUSR1);
}

SCENARIO(handler_outside_scope, SCENARIO_CLEAN, "") {
    signal(SIGUSR1, allocating_handler);
    { CH_HOT_SCOPE("interrupted"); }
    raise(SIGUSR1);
}
