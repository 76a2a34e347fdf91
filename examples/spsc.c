/* spsc.c: a thread that reads hands blocks of work to one that computes, through a ring that both
 * fill and empty in place: nothing is copied, nothing waits inside the ring. */
#include <coldheap/atomic.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

typedef struct block {
    uint32_t number;
    uint32_t values[15];
} block;

#define CH_SPSC_NAME blocks
#define CH_SPSC_TYPE block
#define CH_SPSC_CAP  64
#include <coldheap/tmpl/spsc.h>

enum { BLOCKS = 100000 };

static blocks queue;

/* How to wait is the caller's choice. This one lets others run. */
static void wait_a_while(void) {
    ch_atomic_pause();
    (void)sched_yield();
}

static void *reads(void *unused) {
    (void)unused;
    for (uint32_t next = 0; next < BLOCKS;) {
        size_t room = 0;
        block *places = blocks_reserve(&queue, BLOCKS - next, &room);
        for (size_t i = 0; i < room; i++) {
            places[i].number = next++;
            for (uint32_t j = 0; j < 15; j++) {
                places[i].values[j] = j;
            }
        }
        if (room == 0) {
            wait_a_while();
        } else if (blocks_publish(&queue, room) != CH_OK) {
            return &queue;
        }
    }
    return NULL;
}

int main(void) {
    pthread_t reader;
    uint64_t sum = 0;
    void *failed = NULL;
    if (blocks_init(&queue) != CH_OK || pthread_create(&reader, NULL, reads, NULL) != 0) {
        return 1;
    }
    for (uint32_t next = 0; next < BLOCKS;) {
        size_t ready = 0;
        const block *places = blocks_claim(&queue, 16, &ready);
        for (size_t i = 0; i < ready; i++) {
            sum += places[i].number == next++ ? places[i].values[14] : 0;
        }
        if (ready == 0) {
            wait_a_while();
        } else if (blocks_consume(&queue, ready) != CH_OK) {
            return 1;
        }
    }
    (void)pthread_join(reader, &failed);
    printf("%d blocks in order, sum %llu\n", BLOCKS, (unsigned long long)sum);
    return failed == NULL && sum == (uint64_t)14 * BLOCKS ? 0 : 1;
}
