/* xpool_thread_test.c: pools for threads with real threads: objects that one acquires and another
 * releases, threads that come and go, releases that race, and what memory checkers see. */
#define _GNU_SOURCE
#include <coldheap/misuse.h>
#include <coldheap/xpool.h>

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "mem/checked.h"
#include "mem/death_rig.h"
#include "mem_rig.h"

enum { OBJECTS = 4096, PIPE = 1024, PUBLISHED = 64 };

static ch_xpool pool;
static void *memory;

static bool start(const ch_xpool_options *options) {
    const size_t align = ch_xpool_align(options);
    const size_t bytes = ch_xpool_footprint(options);
    memory = aligned_alloc(align, (bytes + align - 1) / align * align);
    return CHECK(memory != NULL) &&
           CHECK_EQUAL(ch_xpool_init(&pool, memory, bytes, options), CH_OK);
}

/* Everything is back: no object is in use, none is missing. */
static void finish(void) {
    ch_xpool_figures figures;
    unsigned invariant = 0;
    CHECK_EQUAL(ch_xpool_check(&pool, &invariant), CH_OK);
    CHECK_EQUAL(invariant, 0);
    CHECK_EQUAL(ch_xpool_stats(&pool, &figures), CH_OK);
    CHECK_EQUAL(figures.in_use, 0);
    CHECK_EQUAL(figures.available + figures.returning, figures.capacity);
    CHECK_EQUAL(figures.threads, 0);
    for (size_t i = 0; i < figures.threads_max; i++) { /* each owner reaches all of its own */
        ch_xpool_shard *shard = NULL;
        CHECK_EQUAL(ch_xpool_join(&pool, &shard), CH_OK);
        for (size_t k = 0; k < figures.capacity / figures.threads_max; k++) {
            CHECK(ch_xpool_acquire(shard) != NULL);
        }
        CHECK(ch_xpool_acquire(shard) == NULL);
    }
    CHECK_EQUAL(ch_xpool_fini(&pool), CH_OK);
    free(memory);
}

/* ---- Acquire here, release there ------------------------------------------------------------- */

static uint64_t *pipe_items[PIPE];
static CH_ALIGNED(128) size_t pipe_head;
static CH_ALIGNED(128) size_t pipe_tail;
static uint64_t pipe_total;

static void *consume(void *context) {
    bool *right = context;
    ch_xpool_shard *shard = NULL;
    uint64_t expected = 0;
    *right = ch_xpool_join(&pool, &shard) == CH_OK;
    for (size_t head = 0; *right && expected < pipe_total;) {
        const size_t tail = __atomic_load_n(&pipe_tail, __ATOMIC_ACQUIRE);
        if (head == tail) {
            sched_yield();
        }
        for (; head != tail; head++) {
            uint64_t *object = pipe_items[head % PIPE];
            *right = *right && *object == expected++ && ch_xpool_release(shard, object) == CH_OK;
        }
        __atomic_store_n(&pipe_head, head, __ATOMIC_RELEASE);
    }
    *right = *right && ch_xpool_leave(shard) == CH_OK;
    return NULL;
}

static void produce(ch_xpool_shard *shard) {
    size_t tail = 0;
    for (uint64_t id = 0; id < pipe_total;) {
        while (tail - __atomic_load_n(&pipe_head, __ATOMIC_ACQUIRE) > PIPE - PUBLISHED) {
            sched_yield();
        }
        for (size_t i = 0; i < PUBLISHED && id < pipe_total; i++) {
            uint64_t *object = ch_xpool_acquire(shard);
            if (object == NULL) { /* the consumer holds them all */
                break;
            }
            *object = id++;
            pipe_items[tail++ % PIPE] = object;
        }
        __atomic_store_n(&pipe_tail, tail, __ATOMIC_RELEASE);
    }
}

static void run_pipe(size_t per_thread, size_t batch, uint64_t total) {
    const ch_xpool_options options = {.object_bytes = 64,
                                      .align = 64,
                                      .per_thread = per_thread,
                                      .threads_max = 2,
                                      .batch = batch};
    ch_xpool_shard *shard = NULL;
    pthread_t consumer;
    bool right = false;
    if (!start(&options)) {
        return;
    }
    pipe_head = pipe_tail = 0;
    pipe_total = total;
    CHECK_EQUAL(ch_xpool_join(&pool, &shard), CH_OK);
    CHECK_EQUAL(pthread_create(&consumer, NULL, consume, &right), 0);
    produce(shard);
    CHECK_EQUAL(pthread_join(consumer, NULL), 0);
    CHECK(right);
    CHECK_EQUAL(ch_xpool_leave(shard), CH_OK);
    finish();
}

TEST(xpool_passes_every_object_once_from_producer_to_consumer) { /* M53 */
    const bool slow = RIG_SLOW || chi_checked();
    run_pipe(OBJECTS, 0, slow ? 300000 : ch_test_cases(100000000, 5000000));
}

TEST(xpool_passes_objects_in_every_shape) { /* M52 M53 */
    const uint64_t total = RIG_SLOW || chi_checked() ? 10000 : 100000;
    run_pipe(1, 1, total / 10);
    run_pipe(7, 3, total / 4);
    run_pipe(33, 32, total);
    run_pipe(100, 1000, total);
}

/* ---- Threads that come and go ---------------------------------------------------------------- */

enum { GUESTS = 4, BOXES = 32 };

static void *letterboxes[BOXES]; /* objects on their way to whoever looks */
static uint64_t guest_rounds;

typedef struct guest {
    pthread_t thread;
    uint64_t seed;
    bool right;
} guest;

static uint64_t next(guest *mine) {
    mine->seed = mine->seed * 6364136223846793005u + 1442695040888963407u;
    return mine->seed >> 33;
}

static void visit(guest *mine, ch_xpool_shard *shard) {
    for (uint64_t i = next(mine) % 100; i > 0; i--) {
        uint64_t *object = ch_xpool_acquire(shard);
        if (object != NULL) {
            object[0] = object[1] = next(mine);
        }
        object = __atomic_exchange_n(&letterboxes[next(mine) % BOXES], object, __ATOMIC_ACQ_REL);
        if (object != NULL) {
            mine->right = mine->right && object[0] == object[1];
            mine->right = mine->right && ch_xpool_release(shard, object) == CH_OK;
        }
    }
}

static void *be_a_guest(void *context) {
    guest *mine = context;
    mine->right = true;
    for (uint64_t round = 0; round < guest_rounds && mine->right; round++) {
        ch_xpool_shard *shard = NULL;
        const ch_status status = ch_xpool_join(&pool, &shard);
        if (status == CH_EFULL) {
            sched_yield();
            continue;
        }
        mine->right = status == CH_OK;
        visit(mine, shard);
        mine->right = ch_xpool_leave(shard) == CH_OK && mine->right;
    }
    return NULL;
}

TEST(xpool_survives_threads_that_join_and_leave) { /* M52 M53 */
    const ch_xpool_options options = {
        .object_bytes = 40, .align = 8, .per_thread = 10, .threads_max = 3, .batch = 4};
    guest guests[GUESTS];
    ch_xpool_shard *shard = NULL;
    if (!start(&options)) {
        return;
    }
    guest_rounds = RIG_SLOW || chi_checked() ? 2000 : 30000;
    for (size_t i = 0; i < GUESTS; i++) {
        guests[i].seed = ch_test_random();
        CHECK_EQUAL(pthread_create(&guests[i].thread, NULL, be_a_guest, &guests[i]), 0);
    }
    for (size_t i = 0; i < GUESTS; i++) {
        CHECK_EQUAL(pthread_join(guests[i].thread, NULL), 0);
        CHECK(guests[i].right);
    }
    CHECK_EQUAL(ch_xpool_join(&pool, &shard), CH_OK);
    for (size_t i = 0; i < BOXES; i++) {
        CHECK(letterboxes[i] == NULL || ch_xpool_release(shard, letterboxes[i]) == CH_OK);
        letterboxes[i] = NULL;
    }
    CHECK_EQUAL(ch_xpool_leave(shard), CH_OK);
    finish();
}

/* ---- Releases that race ---------------------------------------------------------------------- */

static void *raced;
static size_t race_turn;
static uint64_t race_rounds;
static uint64_t race_misuses;

static void count_misuse(void *context, const ch_misuse *misuse) {
    if (misuse->status == CH_EDOUBLE) {
        __atomic_fetch_add((uint64_t *)context, 1, __ATOMIC_RELAXED);
    }
}

static void await_turn(size_t turn) {
    while (__atomic_load_n(&race_turn, __ATOMIC_ACQUIRE) < turn) {
        sched_yield();
    }
}

static void *race(void *context) {
    ch_xpool_shard *shard = context;
    for (size_t round = 0; round < race_rounds; round++) {
        await_turn(3 * round + 1);
        (void)ch_xpool_release(shard, raced);
        __atomic_fetch_add(&race_turn, 1, __ATOMIC_ACQ_REL);
    }
    return NULL;
}

/* Whatever two releases at one instant answer, afterwards every object is given out exactly once.
 */
TEST(xpool_racing_releases_never_give_an_object_out_twice) { /* M4 M53 */
    enum { OWN = 4 };
    const ch_xpool_options options = {
        .object_bytes = 8, .align = 8, .per_thread = OWN, .threads_max = 2, .batch = 1};
    const ch_misuse_hook hook = {.seen = count_misuse, .context = &race_misuses};
    ch_xpool_shard *mine = NULL;
    ch_xpool_shard *other = NULL;
    pthread_t rival;
    if (chi_checked()) {
        ch_test_skip("both threads would tell the memory checker about one object");
        return;
    }
    if (!start(&options)) {
        return;
    }
    const ch_misuse_hook *before = ch_on_misuse(&hook);
    race_rounds = RIG_SLOW ? 500 : 20000;
    race_turn = 0;
    CHECK_EQUAL(ch_xpool_join(&pool, &mine), CH_OK);
    CHECK_EQUAL(ch_xpool_join(&pool, &other), CH_OK);
    CHECK_EQUAL(pthread_create(&rival, NULL, race, other), 0);
    for (size_t round = 0; round < race_rounds; round++) {
        void *objects[OWN];
        raced = ch_xpool_acquire(mine);
        CHECK(raced != NULL);
        __atomic_fetch_add(&race_turn, 1, __ATOMIC_ACQ_REL);
        (void)ch_xpool_release(mine, raced);
        await_turn(3 * round + 2);
        for (size_t i = 0; i < OWN; i++) {
            objects[i] = ch_xpool_acquire(mine);
            for (size_t k = 0; k < i; k++) {
                CHECK(objects[i] == NULL || objects[i] != objects[k]);
            }
        }
        CHECK(ch_xpool_acquire(mine) == NULL);
        for (size_t i = 0; i < OWN; i++) {
            CHECK(objects[i] != NULL && ch_xpool_release(mine, objects[i]) == CH_OK);
        }
        __atomic_fetch_add(&race_turn, 1, __ATOMIC_ACQ_REL);
    }
    CHECK_EQUAL(pthread_join(rival, NULL), 0);
    CHECK(race_misuses > 0);
    (void)ch_on_misuse(before);
    CHECK_EQUAL(ch_xpool_leave(mine), CH_OK);
    CHECK_EQUAL(ch_xpool_leave(other), CH_OK);
    finish();
}

/* ---- Wrong threads, memory checkers ---------------------------------------------------------- */

static void *use_from_elsewhere(void *context) {
    void *out = NULL;
    const bool told = ch_xpool_acquire_try(context, &out) == CH_ETHREAD &&
                      ch_xpool_release(context, context) == CH_ETHREAD &&
                      ch_xpool_flush(context) == CH_ETHREAD &&
                      ch_xpool_leave(context) == CH_ETHREAD && ch_xpool_acquire(context) == NULL;
    return told ? context : NULL;
}

TEST(xpool_tells_a_wrong_thread_in_verify_builds) { /* M4 M6 */
    const ch_xpool_options options = {
        .object_bytes = 8, .align = 8, .per_thread = 2, .threads_max = 1};
    ch_xpool_shard *shard = NULL;
    pthread_t other;
    void *told = NULL;
    if (chi_thread_token() == NULL) {
        ch_test_skip("threads have no tokens in this build");
        return;
    }
    if (!start(&options)) {
        return;
    }
    const ch_misuse_hook *before = ch_on_misuse(&rig_hook);
    CHECK_EQUAL(ch_xpool_join(&pool, &shard), CH_OK);
    CHECK_EQUAL(pthread_create(&other, NULL, use_from_elsewhere, shard), 0);
    CHECK_EQUAL(pthread_join(other, &told), 0);
    CHECK(told == shard);
    CHECK_EQUAL(rig_seen.count, 5);
    rig_seen = (rig_recorder){0};
    (void)ch_on_misuse(before);
    CHECK_EQUAL(ch_xpool_leave(shard), CH_OK);
    finish();
}

static volatile uint8_t *first;
static volatile uint8_t *second;
static ch_xpool_shard *mine;
static ch_xpool_shard *other;

static void begin_two_objects(void) {
    const ch_xpool_options options = {
        .object_bytes = 40, .align = 8, .per_thread = 4, .threads_max = 2};
    CH_REQUIRE(start(&options) && ch_xpool_join(&pool, &mine) == CH_OK &&
               ch_xpool_join(&pool, &other) == CH_OK);
    first = ch_xpool_acquire(mine);
    second = ch_xpool_acquire(mine);
}

static void overflow_by_one(void *unused) {
    (void)unused;
    begin_two_objects();
    first[40] = 1;
}

static void underflow_by_one(void *unused) {
    (void)unused;
    begin_two_objects();
    second[-1] = 1;
}

static void use_after_release(void *unused) {
    (void)unused;
    begin_two_objects();
    CHECK_EQUAL(ch_xpool_release(mine, (void *)(uintptr_t)second), CH_OK);
    second[0] = 1;
}

static void use_after_release_by_another(void *unused) {
    (void)unused;
    begin_two_objects();
    CHECK_EQUAL(ch_xpool_release(other, (void *)(uintptr_t)second), CH_OK);
    second[0] = 1;
}

TEST(xpool_misplaced_accesses_die_under_a_memory_checker) { /* M8 */
    const death_body bodies[] = {overflow_by_one, underflow_by_one, use_after_release,
                                 use_after_release_by_another};
    death_check("xpool_misplaced_accesses_die_under_a_memory_checker", bodies, 4);
}
