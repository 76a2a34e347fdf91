/* Counts of one thread and of the process are exact: nothing is lost between threads, in ended
 * threads, or when there are more threads than rows. */
#define _GNU_SOURCE
#include "state.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static void *keep(void *pointer) {
    __asm__ volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

static void allocate(size_t size_bytes) {
    free(keep(malloc(size_bytes)));
}

TEST(g10_count_of_this_thread) {
    ch_heap_calls count;
    CHECK(ch_guard_armed());
    CHECK(ch_count_begin(&count));
    for (size_t i = 1; i <= 100; i++) {
        allocate(i);
    }
    char *text = keep(strdup("0123456"));
    free(text);
    free(keep(NULL));
    CHECK(ch_count_end(&count));
    CHECK_EQUAL(count.allocs, 101);
    CHECK_EQUAL(count.frees, 101);
    CHECK_EQUAL(count.reallocs, 0);
    CHECK_EQUAL(count.bytes, 5050 + 8);
    allocate(10);
    CHECK_EQUAL(chi_guard_self.state, 0);
}

TEST(g10_counts_nest) {
    ch_heap_calls outer;
    ch_heap_calls inner;
    ch_count_begin(&outer);
    allocate(1);
    ch_count_begin(&inner);
    allocate(2);
    ch_count_end(&inner);
    allocate(3);
    ch_count_end(&outer);
    CHECK_EQUAL(inner.allocs, 1);
    CHECK_EQUAL(inner.bytes, 2);
    CHECK_EQUAL(outer.allocs, 3);
    CHECK_EQUAL(outer.bytes, 6);
    ch_count_end(&outer); /* one too many: harmless */
    CHECK_EQUAL(chi_guard_self.state, 0);
}

static void allocates_sometimes(void *context) {
    uint64_t *calls = (uint64_t *)context;
    if (++*calls == 1000) {
        allocate(1);
        allocate(2);
    }
}

static void allocates_never(void *context) {
    (void)context;
}

TEST(g10_allocs_per_run_is_the_maximum) {
    uint64_t calls = 0;
    CHECK_EQUAL(ch_allocs_per_run(999, allocates_sometimes, &calls), 0);
    CHECK_EQUAL(ch_allocs_per_run(1000, allocates_sometimes, &calls), 2);
    CHECK_EQUAL(ch_allocs_per_run(10, allocates_never, NULL), 0);
    CHECK_EQUAL(ch_allocs_per_run(0, allocates_never, NULL), UINT64_MAX);
}

TEST(g10_process_count_is_off_until_asked) {
    ch_heap_calls before;
    ch_heap_calls after;
    CHECK(ch_guard_heap_calls(&before));
    allocate(5);
    CHECK(ch_guard_heap_calls(&after));
    CHECK_EQUAL(after.allocs, before.allocs);
    CHECK(ch_guard_count_process(true));
    allocate(5);
    CHECK(ch_guard_count_process(false));
    allocate(5);
    CHECK(ch_guard_heap_calls(&after));
    CHECK_EQUAL(after.allocs, before.allocs + 1);
    CHECK_EQUAL(after.frees, before.frees + 1);
    CHECK_EQUAL(after.bytes, before.bytes + 5);
}

TEST(g10_patterns_learn_how_often_the_process_allocated_while_it_is_counted) { /* M59 */
    uint64_t before = 1;
    uint64_t after = 0;
    CHECK_EQUAL(chi_guard_heap_count(&before), 0);
    CHECK(ch_guard_count_process(true));
    CHECK_EQUAL(chi_guard_heap_count(&before), 1);
    allocate(5);
    void *grown = keep(realloc(keep(malloc(8)), 4096));
    free(grown);
    CHECK_EQUAL(chi_guard_heap_count(&after), 1);
    CHECK_EQUAL(after - before, 3);
    CHECK(ch_guard_count_process(false));
    CHECK_EQUAL(chi_guard_heap_count(&after), 0);
    CHECK_EQUAL(after - before, 3);
}

#define THREADS    8
#define PER_THREAD 10000

static void *allocates_much(void *unused) {
    for (int i = 0; i < PER_THREAD; i++) {
        allocate(16);
    }
    return unused;
}

TEST(g10_process_count_has_all_threads) {
    ch_heap_calls before;
    ch_heap_calls after;
    pthread_t threads[THREADS];
    ch_guard_count_process(true);
    ch_guard_heap_calls(&before);
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQUAL(pthread_create(&threads[i], NULL, allocates_much, NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    ch_guard_heap_calls(&after);
    ch_guard_count_process(false);
    const uint64_t allocs = after.allocs - before.allocs;
    CHECK(allocs >= THREADS * PER_THREAD);
    CHECK(allocs < THREADS * PER_THREAD + 100); /* and what pthread_create itself takes */
}

#if !defined(CHI_GUARD_HOOKS)

/* More threads alive than there are rows. */
#define CROWD 1100

typedef struct crowd {
    pthread_barrier_t all_there;
    size_t made;
} crowd;

static void *allocates_in_crowd(void *context) {
    allocate(16);
    pthread_barrier_wait(&((crowd *)context)->all_there);
    for (int i = 0; i < 100; i++) {
        allocate(16);
    }
    return NULL;
}

TEST(g10_process_count_with_more_threads_than_rows) {
    static pthread_t threads[CROWD];
    ch_heap_calls before;
    ch_heap_calls after;
    crowd c;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    pthread_barrier_init(&c.all_there, NULL, CROWD);
    ch_guard_count_process(true);
    ch_guard_heap_calls(&before);
    size_t made = 0;
    while (made < CROWD && pthread_create(&threads[made], &small, allocates_in_crowd, &c) == 0) {
        made++;
    }
    if (made < CROWD) {
        ch_guard_count_process(false);
        ch_test_skip("so many threads are not allowed here");
        return; /* the threads wait for ever; the process ends all the same */
    }
    for (size_t i = 0; i < CROWD; i++) {
        pthread_join(threads[i], NULL);
    }
    ch_guard_heap_calls(&after);
    ch_guard_count_process(false);
    const uint64_t frees = after.frees - before.frees;
    const uint64_t allocs = after.allocs - before.allocs;
    CHECK(allocs >= CROWD * 101);
    CHECK(allocs < CROWD * 101 + CROWD * 10);
    CHECK(frees >= CROWD * 101);
    pthread_attr_destroy(&small);
}

TEST(g10_realloc_is_counted_apart) {
    ch_heap_calls count;
    void *block = keep(malloc(10));
    ch_count_begin(&count);
    block = keep(realloc(block, 20));
    block = keep(realloc(block, 3000));
    void *other = keep(realloc(keep(NULL), 7));
    ch_count_end(&count);
    CHECK_EQUAL(count.reallocs, 2);
    CHECK_EQUAL(count.allocs, 1);
    CHECK_EQUAL(count.frees, 0);
    CHECK_EQUAL(count.bytes, 3027);
    free(block);
    free(other);
}

#endif
