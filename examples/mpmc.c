/* mpmc.c: work for whichever of two threads is free: jobs go into one ring, results come back by
 * another; nothing waits inside, so a full or an empty ring is an answer. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>

#define CH_MPMC_NAME jobs
#define CH_MPMC_TYPE uint64_t
#define CH_MPMC_CAP  64
#include <coldheap/tmpl/mpmc.h>

#define LAST 1000u

static jobs asked;
static jobs answered;

static void *work(void *unused) {
    (void)unused;
    for (;;) {
        uint64_t number = 0;
        while (jobs_pop(&asked, &number) == CH_EEMPTY) {
            (void)sched_yield();
        }
        if (number == 0) {
            return NULL;
        }
        number = number * number;
        while (jobs_push(&answered, &number) == CH_EFULL) {
            (void)sched_yield();
        }
    }
}

int main(void) {
    pthread_t workers[2];
    if (jobs_init(&asked) != CH_OK || jobs_init(&answered) != CH_OK) {
        return 1;
    }
    for (size_t i = 0; i < 2; i++) {
        if (pthread_create(&workers[i], NULL, work, NULL) != 0) {
            return 1;
        }
    }
    uint64_t sum = 0;
    unsigned answers = 0;
    for (uint64_t next = 1; answers < LAST;) {
        uint64_t answer = 0;
        if (next <= LAST && jobs_push(&asked, &next) == CH_OK) {
            next++;
        } else if (jobs_pop(&answered, &answer) == CH_OK) {
            sum += answer;
            answers++;
        } else {
            (void)sched_yield();
        }
    }
    for (size_t i = 0; i < 2; i++) {
        const uint64_t stop = 0;
        (void)jobs_push(&asked, &stop);
    }
    for (size_t i = 0; i < 2; i++) {
        (void)pthread_join(workers[i], NULL);
    }
    printf("sum of the first %u squares: %llu\n", LAST, (unsigned long long)sum);
    return sum == 333833500u && jobs_empty(&answered) ? 0 : 1;
}
