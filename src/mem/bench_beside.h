/* bench_beside.h: a second thread for benches. It sleeps until the measuring thread gives it a
 * body, runs it beside the measured one, and is waited for at the end; it lives as long as the
 * program, so that no thread is created while anything is measured. */
#ifndef CHI_BENCH_BESIDE_H
#define CHI_BENCH_BESIDE_H

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

typedef void (*beside_body)(void *context, uint64_t iterations);

typedef struct beside {
    pthread_t thread;
    sem_t go;
    sem_t done;
    beside_body body;
    void *context;
    uint64_t iterations;
    cpu_set_t allowed; /* to the measuring thread before */
    bool apart;        /* they have a core each; else figures say nothing about two */
} beside;

static inline void *beside_run(void *argument) {
    beside *other = argument;
    for (;;) {
        while (sem_wait(&other->go) != 0) {}
        if (other->body == NULL) {
            return NULL;
        }
        other->body(other->context, other->iterations);
        sem_post(&other->done);
    }
}

static inline bool beside_bind(pthread_t thread, size_t core) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    return pthread_setaffinity_np(thread, sizeof one, &one) == 0;
}

/* Binds the measuring thread to the first allowed core and the other to the second. */
static inline void beside_part(beside *other) {
    size_t cores[2] = {0, 0};
    size_t found = 0;
    for (size_t core = 0; core < CPU_SETSIZE && found < 2; core++) {
        if (CPU_ISSET(core, &other->allowed)) {
            cores[found++] = core;
        }
    }
    other->apart =
        found == 2 && beside_bind(pthread_self(), cores[0]) && beside_bind(other->thread, cores[1]);
}

static inline bool beside_start(beside *other) {
    other->body = NULL;
    if (sem_init(&other->go, 0, 0) != 0 || sem_init(&other->done, 0, 0) != 0 ||
        pthread_getaffinity_np(pthread_self(), sizeof other->allowed, &other->allowed) != 0 ||
        pthread_create(&other->thread, NULL, beside_run, other) != 0) {
        return false;
    }
    beside_part(other);
    return true;
}

static inline void beside_begin(beside *other, beside_body body, void *context,
                                uint64_t iterations) {
    other->body = body;
    other->context = context;
    other->iterations = iterations;
    sem_post(&other->go);
}

static inline void beside_wait(beside *other) {
    while (sem_wait(&other->done) != 0) {}
}

static inline void beside_stop(beside *other) {
    other->body = NULL;
    sem_post(&other->go);
    pthread_join(other->thread, NULL);
    (void)pthread_setaffinity_np(pthread_self(), sizeof other->allowed, &other->allowed);
    sem_destroy(&other->go);
    sem_destroy(&other->done);
}

#endif
