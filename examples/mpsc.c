/* mpsc.c: three threads report to one that counts: a mailbox of fixed size in which nobody waits
 * for anybody. With mpmc.h in its place several threads could count. */
#include <coldheap/atomic.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

typedef struct report {
    unsigned sender;
    unsigned amount;
} report;

#define CH_MPSC_NAME mailbox
#define CH_MPSC_TYPE report
#define CH_MPSC_CAP  256
#include <coldheap/tmpl/mpsc.h>

enum { SENDERS = 3, REPORTS = 10000 };

static mailbox box;

static void *send_all(void *context) {
    report one = {.sender = *(const unsigned *)context};
    for (one.amount = 1; one.amount <= REPORTS; one.amount++) {
        while (mailbox_push(&box, &one) != CH_OK) {
            (void)sched_yield(); /* full: the receiver must run */
        }
    }
    return NULL;
}

int main(void) {
    pthread_t threads[SENDERS];
    const unsigned names[SENDERS] = {0, 1, 2};
    unsigned last[SENDERS] = {0};
    if (mailbox_init(&box) != CH_OK) {
        return 1;
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        if (pthread_create(&threads[i], NULL, send_all, (void *)&names[i]) != 0) {
            return 1;
        }
    }
    for (unsigned received = 0; received < SENDERS * REPORTS;) {
        report got;
        if (mailbox_pop(&box, &got) != CH_OK) {
            (void)sched_yield(); /* empty, or a sender is in the middle of its push */
            continue;
        }
        if (got.amount != last[got.sender] + 1) { /* of each sender in order */
            return 1;
        }
        last[got.sender] = got.amount;
        received++;
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    printf("%d reports of each of %d senders, in order\n", REPORTS, SENDERS);
    return 0;
}
