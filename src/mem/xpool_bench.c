/* Objects of 64 bytes between two threads on two cores: one acquires, the other releases, pointers
 * travel through a ring published by 64; in the group "written" the one also writes each object and
 * the other reads it, a cache line more per object. Ours; objects that only go back through a
 * second ring, without any check (the bound); the general allocators of this machine. Then acquire
 * and release by one thread, alone and while another does the same. */
#define _GNU_SOURCE
#include <coldheap/atomic.h>
#include <coldheap/pool.h>
#include <coldheap/xpool.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "bench_beside.h"
#include "rivals.h"

enum { OBJECT = 64, OWN = 4096, PIPE = 1024, PUBLISHED = 64 };

static CH_ALIGNED(4096) uint8_t memory[4 << 20]; /* checked builds keep margins round objects */

/* ---- A pipe of pointers ---------------------------------------------------------------------- */

typedef struct pipe {
    CH_ALIGNED(128) void *items[PIPE];
    CH_ALIGNED(128) size_t tail;
    CH_ALIGNED(128) size_t head;
} pipe;

/* The other thread runs on its own core: look again after a while, since each look takes the line
 * away from the side that writes it, and give the core away only if it seems to have lost its own.
 */
static void wait_a_little(unsigned *spins) {
    enum { SPINS_MAX = 200, PAUSES = 32 };
    if (++*spins > SPINS_MAX) {
        sched_yield();
        *spins = 0;
    }
    for (unsigned i = 0; i < PAUSES; i++) {
        ch_atomic_pause();
    }
}

static void pipe_put(pipe *p, size_t *tail, size_t *room, void *item) {
    unsigned spins = 0;
    while (*room == 0) {
        *room = PIPE - (*tail - __atomic_load_n(&p->head, __ATOMIC_ACQUIRE));
        if (*room == 0) {
            wait_a_little(&spins);
        }
    }
    p->items[(*tail)++ % PIPE] = item;
    (*room)--;
    if (*tail % PUBLISHED == 0) {
        __atomic_store_n(&p->tail, *tail, __ATOMIC_RELEASE);
    }
}

/* ---- Allocate here, free there --------------------------------------------------------------- */

typedef struct far_work {
    pipe forth;
    pipe back; /* of the raw transfer */
    ch_xpool pool;
    ch_xpool_shard *here;
    ch_xpool_shard *there;
    const ch_rival *rival;
    bool touches;
    uint64_t sum;
} far_work;

static far_work far;
static beside other;

static void tell_cores(void) {
    if (!other.apart) {
        printf("# both threads share one core: the figures say nothing about two\n");
    }
}

typedef void *(*take_function)(far_work *w);
typedef void (*give_function)(far_work *w, void *object);

static void *pool_take(far_work *w) {
    unsigned spins = 0;
    void *object = ch_xpool_acquire(w->here);
    while (object == NULL) { /* all are on their way */
        wait_a_little(&spins);
        object = ch_xpool_acquire(w->here);
    }
    return object;
}

static void pool_give(far_work *w, void *object) {
    (void)ch_xpool_release(w->there, object);
}

static void *rival_take(far_work *w) {
    return w->rival->alloc(OBJECT);
}

static void rival_give(far_work *w, void *object) {
    w->rival->free(object);
}

/* The raw transfer: what came back through the second ring goes out again. */
static void *raw_take(far_work *w) {
    static size_t head;
    static size_t tail;
    unsigned spins = 0;
    while (head == tail) {
        tail = __atomic_load_n(&w->back.tail, __ATOMIC_ACQUIRE);
        if (head == tail) {
            wait_a_little(&spins);
        }
    }
    void *object = w->back.items[head % PIPE];
    if (++head % PUBLISHED == 0 || head == tail) {
        __atomic_store_n(&w->back.head, head, __ATOMIC_RELEASE);
    }
    return object;
}

static void raw_give(far_work *w, void *object) {
    static size_t tail = PIPE / 2; /* as many circulate */
    static size_t room;
    pipe_put(&w->back, &tail, &room, object); /* 512 circulate: eight of the batches it publishes */
}

static inline void consume(far_work *w, uint64_t iterations, give_function give) {
    size_t head = w->forth.head;
    size_t end = head + iterations;
    uint64_t sum = 0;
    unsigned spins = 0;
    while (head != end) {
        size_t tail = __atomic_load_n(&w->forth.tail, __ATOMIC_ACQUIRE);
        if (head == tail) {
            wait_a_little(&spins);
        }
        for (; head != tail; head++) {
            uint64_t *object = w->forth.items[head % PIPE];
            sum += w->touches ? *object : 1;
            give(w, object);
        }
        __atomic_store_n(&w->forth.head, head, __ATOMIC_RELEASE);
    }
    w->sum = sum;
}

/* By the other thread: a shard belongs to who joins. */
static void join_there(void *context, uint64_t iterations) {
    (void)iterations;
    far_work *const w = context;
    if (ch_xpool_join(&w->pool, &w->there) != CH_OK) {
        abort();
    }
}

static void consume_pool(void *context, uint64_t iterations) {
    consume(context, iterations, pool_give);
}

static void consume_rival(void *context, uint64_t iterations) {
    consume(context, iterations, rival_give);
}

static void consume_raw(void *context, uint64_t iterations) {
    consume(context, iterations, raw_give);
}

static inline uint64_t produce(far_work *w, uint64_t iterations, take_function take,
                               beside_body consumer) {
    size_t tail = w->forth.tail;
    size_t room = 0;
    beside_begin(&other, consumer, w, iterations);
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t *object = take(w);
        if (w->touches) {
            *object = i;
        }
        pipe_put(&w->forth, &tail, &room, object);
    }
    __atomic_store_n(&w->forth.tail, tail, __ATOMIC_RELEASE);
    beside_wait(&other);
    return w->sum;
}

static uint64_t far_pool(void *context, uint64_t iterations) {
    return produce(context, iterations, pool_take, consume_pool);
}

static uint64_t far_raw(void *context, uint64_t iterations) {
    return produce(context, iterations, raw_take, consume_raw);
}

static uint64_t far_rival(void *context, uint64_t iterations) {
    far.rival = context;
    return produce(&far, iterations, rival_take, consume_rival);
}

static bool start_pool(ch_xpool *pool) {
    const ch_xpool_options options = {
        .object_bytes = OBJECT, .align = OBJECT, .per_thread = OWN, .threads_max = 2};
    return ch_xpool_footprint(&options) <= sizeof memory &&
           ch_xpool_init(pool, memory, sizeof memory, &options) == CH_OK;
}

static void run_far(bool touches) {
    static CH_ALIGNED(64) uint8_t raw[PIPE / 2][OBJECT];
    static bool circulates;
    size_t count = 0;
    const ch_rival *rivals = ch_rivals(&count);
    if (!start_pool(&far.pool) || ch_xpool_join(&far.pool, &far.here) != CH_OK ||
        !beside_start(&other)) {
        abort();
    }
    beside_begin(&other, join_there, &far, 1);
    beside_wait(&other);
    for (size_t i = 0; i < PIPE / 2 && !circulates; i++) {
        far.back.items[i] = raw[i];
        far.back.tail = i + 1;
    }
    circulates = true;
    far.touches = touches;
    ch_bench_add("cold", far_pool, &far);
    ch_bench_expect_no_heap();
    ch_bench_add("raw transfer", far_raw, &far);
    for (size_t i = 0; i < count; i++) {
        ch_bench_add(rivals[i].name, far_rival, (void *)(uintptr_t)&rivals[i]);
    }
    ch_bench_check_iterations(20032);
    if (!touches) { /* 10 ns where the raw transfer takes 5.3 */
        ch_bench_target_ratio("allocate here, free there", "raw transfer", 1.89);
    }
    tell_cores();
    (void)ch_bench_run();
    beside_stop(&other);
    (void)ch_xpool_fini(&far.pool);
}

BENCH_GROUP(xpool_allocate_here_free_there_64) {
    run_far(false);
}

BENCH_GROUP(xpool_written_here_read_and_freed_there_64) {
    run_far(true);
}

/* ---- One thread, and two of them ------------------------------------------------------------- */

static uint64_t own_pairs(void *context, uint64_t iterations) {
    ch_xpool_shard *shard = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t *object = ch_xpool_acquire(shard);
        *object = i;
        BENCH_KEEP(object);
        sum += *object;
        (void)ch_xpool_release(shard, object);
    }
    return sum;
}

static uint64_t pool_pairs(void *context, uint64_t iterations) {
    ch_pool *pool = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t *object = ch_pool_acquire(pool);
        *object = i;
        BENCH_KEEP(object);
        sum += *object;
        (void)ch_pool_release(pool, object);
    }
    return sum;
}

static uint64_t rival_pairs(void *context, uint64_t iterations) {
    const ch_rival *rival = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t *object = rival->alloc(OBJECT);
        *object = i;
        BENCH_KEEP(object);
        sum += *object;
        rival->free(object);
    }
    return sum;
}

BENCH_GROUP(xpool_own_pair_64) {
    static CH_ALIGNED(64) uint8_t pool_memory[1 << 18];
    const ch_pool_options options = {.object_bytes = OBJECT, .align = OBJECT, .count = 512};
    ch_pool pool;
    size_t count = 0;
    const ch_rival *rivals = ch_rivals(&count);
    if (!start_pool(&far.pool) || ch_xpool_join(&far.pool, &far.here) != CH_OK ||
        ch_pool_init(&pool, pool_memory, sizeof pool_memory, &options) != CH_OK) {
        abort();
    }
    ch_bench_add("cold", own_pairs, far.here);
    ch_bench_expect_no_heap();
    ch_bench_add("pool", pool_pairs, &pool);
    ch_bench_expect_no_heap();
    for (size_t i = 0; i < count; i++) {
        ch_bench_add(rivals[i].name, rival_pairs, (void *)(uintptr_t)&rivals[i]);
    }
    /* 4 ns where the pool takes 3 */
    ch_bench_target_ratio("own thread", "pool", 1.33);
    (void)ch_bench_run();
    (void)ch_pool_fini(&pool);
    (void)ch_xpool_fini(&far.pool);
}

static void own_pairs_beside(void *context, uint64_t iterations) {
    (void)own_pairs(context, iterations);
}

static uint64_t two_threads(void *context, uint64_t iterations) {
    far_work *w = context;
    beside_begin(&other, own_pairs_beside, w->there, iterations);
    uint64_t sum = own_pairs(w->here, iterations);
    beside_wait(&other);
    return sum;
}

static uint64_t one_thread(void *context, uint64_t iterations) {
    far_work *w = context;
    return own_pairs(w->here, iterations);
}

BENCH_GROUP(xpool_two_threads_beside_each_other) {
    if (!start_pool(&far.pool) || ch_xpool_join(&far.pool, &far.here) != CH_OK ||
        !beside_start(&other)) {
        abort();
    }
    beside_begin(&other, join_there, &far, 1);
    beside_wait(&other);
    ch_bench_add("two threads", two_threads, &far);
    ch_bench_expect_no_heap();
    ch_bench_add("one thread", one_thread, &far);
    ch_bench_check_iterations(100000);
    ch_bench_target_ratio("scaling of 80 %", "one thread", 1.25);
    tell_cores();
    (void)ch_bench_run();
    beside_stop(&other);
    (void)ch_xpool_fini(&far.pool);
}
