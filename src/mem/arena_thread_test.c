/* arena_thread_test.c: figures of an arena and a stack, read by a second thread while the first one
 * works: no number is impossible, and ThreadSanitizer has nothing to say. In verify builds any
 * other call of the second thread is misuse. */
#include <coldheap/arena.h>
#include <coldheap/stack.h>

#include <pthread.h>

#include "harness.h"
#include "mem_rig.h"

enum { ROUNDS = RIG_SLOW ? 20000 : 200000, ROOM = 1 << 16 };

static rig_source source;
static ch_arena fixed;
static ch_arena chunked;
static ch_stack stack;
static CH_ALIGNED(16) uint8_t memory[2][ROOM];
static bool stop;
static uint64_t impossible;
static uint64_t looks;

static void look_at_arena(const ch_arena *arena, uint64_t *blocks) {
    ch_arena_figures figures;
    if (ch_arena_stats(arena, &figures) != CH_OK || figures.used_bytes > 2 * ROOM ||
        figures.failures_invalid != 0 || figures.chunks > ROOM / 64) {
        impossible++;
    }
    *blocks = figures.allocations;
}

static void *look(void *unused) {
    uint64_t blocks = 0;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        char text[600];
        ch_stack_figures figures;
        look_at_arena(&fixed, &blocks);
        look_at_arena(&chunked, &blocks);
        if (ch_stack_stats(&stack, &figures) != CH_OK || figures.used_bytes > ROOM ||
            figures.watermarks > 4 || ch_stack_stats_json(&stack, text, sizeof text) == 0 ||
            ch_arena_stats_json(&fixed, text, sizeof text) == 0) {
            impossible++;
        }
        __atomic_fetch_add(&looks, 1, __ATOMIC_RELAXED);
    }
    return unused;
}

static void work(uint64_t round) {
    ch_arena *const arenas[2] = {&fixed, &chunked};
    for (size_t i = 0; i < 2; i++) {
        const ch_arena_point mark = ch_arena_mark(arenas[i]);
        (void)ch_arena_alloc(arenas[i], 1 + round % 3000, 8);
        (void)ch_arena_alloc(arenas[i], 1 + round % 70, 1);
        (void)ch_arena_release(arenas[i], mark);
        (void)ch_arena_alloc(arenas[i], 1 + round % 100, 8);
        if (round % 64 == 0) {
            (void)ch_arena_reset(arenas[i]);
        }
    }
    (void)ch_stack_mark(&stack);
    void *block = ch_stack_alloc(&stack, round % 500, 8);
    (void)ch_stack_free(&stack, block, round % 500);
    (void)ch_stack_alloc(&stack, 7, 8);
    (void)ch_stack_release(&stack);
}

TEST(figures_are_read_by_another_thread_while_the_owner_works) { /* M6 M9 */
    const ch_allocator from = rig_source_allocator(&source);
    const ch_arena_options options = {.first_bytes = 1024, .limit_bytes = ROOM};
    pthread_t other;
    CHECK_EQUAL(ch_arena_init(&fixed, memory[0], ROOM, NULL), CH_OK);
    CHECK_EQUAL(ch_arena_init_chunked(&chunked, &from, &options), CH_OK);
    CHECK_EQUAL(ch_stack_init(&stack, memory[1], ROOM, &(ch_stack_options){.watermarks_max = 4}),
                CH_OK);
    CH_REQUIRE(pthread_create(&other, NULL, look, NULL) == 0);
    for (uint64_t round = 0; round < ROUNDS || __atomic_load_n(&looks, __ATOMIC_RELAXED) == 0;
         round++) {
        work(round);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    CHECK_EQUAL(pthread_join(other, NULL), 0);
    CHECK_EQUAL(impossible, 0);
    CHECK_EQUAL(ch_arena_check(&fixed, NULL), CH_OK);
    CHECK_EQUAL(ch_arena_check(&chunked, NULL), CH_OK);
    CHECK_EQUAL(ch_stack_check(&stack, NULL), CH_OK);
    CHECK_EQUAL(ch_arena_fini(&fixed), CH_OK);
    CHECK_EQUAL(ch_arena_fini(&chunked), CH_OK);
    CHECK_EQUAL(ch_stack_fini(&stack), CH_OK);
    CHECK_EQUAL(source.live, 0);
}

#ifdef CH_VERIFY
/* Every call that another thread must not make, made. */
static void *trespass(void *context) {
    static void *room[4]; /* no block, but where the inline path may look for a link */
    const ch_arena_point *mark = context;
    void *out = NULL;
    CHECK(ch_arena_alloc(&fixed, 8, 8) == NULL && rig_misused(&fixed, CH_ETHREAD));
    CHECK_EQUAL(ch_arena_alloc_try(&fixed, &out, 8, 8), CH_ETHREAD);
    CHECK(rig_misused(&fixed, CH_ETHREAD));
    CHECK_EQUAL(ch_arena_release(&fixed, *mark), CH_ETHREAD);
    CHECK(rig_misused(&fixed, CH_ETHREAD));
    CHECK_EQUAL(ch_arena_reset(&fixed), CH_ETHREAD);
    CHECK(rig_misused(&fixed, CH_ETHREAD));
    CHECK_EQUAL(ch_arena_track(&fixed, NULL), CH_ETHREAD);
    CHECK(rig_misused(&fixed, CH_ETHREAD));
    CHECK(ch_stack_alloc(&stack, 8, 8) == NULL && rig_misused(&stack, CH_ETHREAD));
    CHECK_EQUAL(ch_stack_free(&stack, &room[2], 8), CH_ETHREAD);
    CHECK(rig_misused(&stack, CH_ETHREAD));
    CHECK_EQUAL(ch_stack_mark(&stack), CH_ETHREAD);
    CHECK(rig_misused(&stack, CH_ETHREAD));
    CHECK_EQUAL(ch_stack_release(&stack), CH_ETHREAD);
    CHECK(rig_misused(&stack, CH_ETHREAD));
    CHECK_EQUAL(ch_stack_reset(&stack), CH_ETHREAD);
    CHECK(rig_misused(&stack, CH_ETHREAD));
    CHECK_EQUAL(ch_stack_track(&stack, NULL), CH_ETHREAD);
    CHECK(rig_misused(&stack, CH_ETHREAD));
    return NULL;
}
#endif

TEST(calls_of_another_thread_are_misuse_in_verify_builds) { /* M4 M6 */
#ifdef CH_VERIFY
    pthread_t other;
    CHECK_EQUAL(ch_arena_init(&fixed, memory[0], ROOM, NULL), CH_OK);
    CHECK_EQUAL(ch_stack_init(&stack, memory[1], ROOM, &(ch_stack_options){.watermarks_max = 4}),
                CH_OK);
    ch_arena_point mark = ch_arena_mark(&fixed);
    ch_on_misuse(&rig_hook);
    CHECK_EQUAL(pthread_create(&other, NULL, trespass, &mark), 0);
    CHECK_EQUAL(pthread_join(other, NULL), 0);
    ch_on_misuse(NULL);
    CHECK_EQUAL(ch_arena_used(&fixed), 0);
    CHECK_EQUAL(ch_stack_used(&stack), 0);
    CHECK_EQUAL(ch_stack_watermark_count(&stack), 0);
    CHECK_EQUAL(ch_arena_fini(&fixed), CH_OK);
    CHECK_EQUAL(ch_stack_fini(&stack), CH_OK);
#else
    ch_test_skip("owners are known in verify builds (cmake --preset verify)");
#endif
}
