/* threads.c: one thread allocates, another frees, a queue of 8 between them. Exactly 8 blocks are
 * live at the most, whatever the threads' timing: the producer fills the queue first. */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#define ROUNDS 1000
#define DEPTH  8

static void *queue[DEPTH];
static sem_t filled;
static sem_t empty;

__attribute__((noinline)) static void *produce_block(void) {
    return malloc(100);
}

static void *produce(void *unused) {
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < DEPTH; i++) {
            queue[i] = produce_block();
        }
        sem_post(&filled);
        sem_wait(&empty);
    }
    return unused;
}

static void *consume(void *unused) {
    for (int round = 0; round < ROUNDS; round++) {
        sem_wait(&filled);
        for (int i = 0; i < DEPTH; i++) {
            free(queue[i]);
        }
        sem_post(&empty);
    }
    return unused;
}

int main(void) {
    pthread_t threads[2];
    sem_init(&filled, 0, 0);
    sem_init(&empty, 0, 0);
    pthread_create(&threads[0], NULL, produce, NULL);
    pthread_create(&threads[1], NULL, consume, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    return 0;
}
