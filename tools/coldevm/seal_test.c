/* seal_test.c: while the process is sealed a heap call ends it with status 20, or is counted, for
 * the thread that made it only. */
#include "seal.h"

#include "codes.h"
#include "harness.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile kept; /* so that no call is optimised away */

static void call_heap(void) {
    kept = malloc(100);
    free(kept);
}

TEST(a_heap_call_while_sealed_ends_the_process_with_20) {
    if (!seal_is_armed()) {
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        (void)close(2); /* the message is not ours to show */
        seal_process(SEAL_TRAP);
        call_heap();
        _exit(EXIT_DONE);
    }
    int status = 0;
    CHECK_EQUAL(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    CHECK_EQUAL(WEXITSTATUS(status), EXIT_HEAP);
}

typedef struct visit {
    pthread_barrier_t barrier;
    seal_count count;
    unsigned calls;
} visit;

static void *count_calls(void *context) {
    visit *it = context;
    seal_counter counter;
    pthread_barrier_wait(&it->barrier);
    seal_count_begin(&counter);
    for (unsigned i = 0; i < it->calls; i++) {
        call_heap();
    }
    it->count = seal_count_end(&counter);
    pthread_barrier_wait(&it->barrier);
    pthread_barrier_wait(&it->barrier);
    return NULL;
}

TEST(each_thread_counts_its_own_calls) {
    static visit visits[3] = {{.calls = 0}, {.calls = 1}, {.calls = 50}};
    pthread_t threads[3];
    if (!seal_is_armed()) {
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        pthread_barrier_init(&visits[i].barrier, NULL, 2);
        CHECK_EQUAL(pthread_create(&threads[i], NULL, count_calls, &visits[i]), 0);
    }
    seal_process(SEAL_COUNT);
    for (size_t i = 0; i < 3; i++) {
        pthread_barrier_wait(&visits[i].barrier);
    }
    for (size_t i = 0; i < 3; i++) {
        pthread_barrier_wait(&visits[i].barrier);
    }
    seal_process_end();
    for (size_t i = 0; i < 3; i++) {
        pthread_barrier_wait(&visits[i].barrier);
        pthread_join(threads[i], NULL);
        CHECK_EQUAL(visits[i].count.calls, 2 * visits[i].calls);
        CHECK_EQUAL(visits[i].count.allocations, visits[i].calls);
        CHECK_EQUAL(visits[i].count.bytes, 100 * visits[i].calls);
    }
}
