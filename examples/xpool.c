/* xpool.c: one thread makes messages, another reads them and gives them back: the memory goes round
 * between the two without a lock, and no more of it is ever taken than was said before. */
#include <coldheap/xpool.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

enum { MESSAGES = 100000, MAILBOX = 64 };

typedef struct message {
    uint64_t number;
    uint64_t square;
} message;

static ch_xpool pool;
static message *mailbox[MAILBOX]; /* NULL: empty */
static uint64_t sum;

static void *read_messages(void *unused) {
    ch_xpool_shard *mine = NULL;
    if (ch_xpool_join(&pool, &mine) != CH_OK) {
        return unused;
    }
    for (uint64_t i = 0; i < MESSAGES; i++) {
        message *one = NULL;
        while ((one = __atomic_load_n(&mailbox[i % MAILBOX], __ATOMIC_ACQUIRE)) == NULL) {
            sched_yield();
        }
        __atomic_store_n(&mailbox[i % MAILBOX], NULL, __ATOMIC_RELEASE);
        sum += one->square - one->number;
        (void)ch_xpool_release(mine, one); /* goes back to the writer's shard */
    }
    (void)ch_xpool_leave(mine);
    return unused;
}

int main(void) {
    static CH_ALIGNED(128) uint8_t memory[1 << 16];
    const ch_xpool_options options = {.object_bytes = sizeof(message),
                                      .align = sizeof(uint64_t),
                                      .per_thread = 256,
                                      .threads_max = 2,
                                      .name = "messages"};
    ch_xpool_shard *mine = NULL;
    pthread_t reader;
    if (ch_xpool_footprint(&options) > sizeof memory ||
        ch_xpool_init(&pool, memory, sizeof memory, &options) != CH_OK ||
        ch_xpool_join(&pool, &mine) != CH_OK ||
        pthread_create(&reader, NULL, read_messages, NULL) != 0) {
        return 1;
    }
    for (uint64_t i = 0; i < MESSAGES; i++) {
        message *one = NULL;
        while ((one = ch_xpool_acquire(mine)) == NULL ||
               __atomic_load_n(&mailbox[i % MAILBOX], __ATOMIC_ACQUIRE) != NULL) {
            if (one != NULL) {
                (void)ch_xpool_release(mine, one);
            }
            sched_yield();
        }
        *one = (message){.number = i, .square = i * i};
        __atomic_store_n(&mailbox[i % MAILBOX], one, __ATOMIC_RELEASE);
    }
    (void)pthread_join(reader, NULL);
    (void)ch_xpool_leave(mine);
    char figures[512];
    (void)ch_xpool_stats_json(&pool, figures, sizeof figures);
    printf("sum %llu\n%s\n", (unsigned long long)sum, figures);
    return ch_xpool_fini(&pool) == CH_OK ? 0 : 1;
}
