/* M1: after init no pattern touches the heap or the kernel. Each workload runs in a child of its
 * own: it sets its object up in caller's memory, then the process is sealed (guard.h) and a filter
 * makes the kernel kill it at any system call but exit and write; then come 10^5 rounds of all the
 * object's calls, exhaustion, misuse, statistics and self-check included. Planted calls must kill.
 */
#define _GNU_SOURCE
#include <coldheap/arena.h>
#include <coldheap/bitset.h>
#include <coldheap/bufpool.h>
#include <coldheap/guard.h>
#include <coldheap/handles.h>
#include <coldheap/local.h>
#include <coldheap/manager.h>
#include <coldheap/misuse.h>
#include <coldheap/pools.h>
#include <coldheap/slab.h>
#include <coldheap/stack.h>
#include <coldheap/track.h>
#include <coldheap/xpool.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CH_MAP_NAME  table
#define CH_MAP_KEY   uint64_t
#define CH_MAP_VALUE uint64_t
#define CH_MAP_CAP   50
#include <coldheap/tmpl/map.h>

#define CH_RING_NAME queue
#define CH_RING_TYPE uint64_t
#define CH_RING_CAP  5
#include <coldheap/tmpl/ring.h>

#define CH_SPSC_NAME events
#define CH_SPSC_TYPE uint64_t
#define CH_SPSC_CAP  8
#include <coldheap/tmpl/spsc.h>

#include "harness.h"

enum { ROUNDS = 100000 };

static CH_ALIGNED(4096) uint8_t memory[8u << 20];
static char text[1 << 14];
static uint64_t misuses;

static void count_misuse(void *context, const ch_misuse *misuse) {
    (void)context, (void)misuse;
    misuses++;
}

static const ch_misuse_hook HOOK = {.seen = count_misuse};

/* Any other call than these kills; a filter's program looks at the number only. */
static void deny_system_calls(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    CH_REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CH_REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

/* From here on the process is sealed. A violation aborts. */
static void seal(void) {
    (void)ch_on_misuse(&HOOK);
    CH_REQUIRE(ch_guard_armed() && ch_seal("rounds"));
    deny_system_calls();
}

static void finish(void) {
    CH_REQUIRE(ch_guard_violations() == 0);
    _exit(0);
}

/* ---- Workloads ------------------------------------------------------------------------------- */

static void arena_rounds(void *unused) {
    (void)unused;
    static ch_arena arena;
    CH_REQUIRE(ch_arena_init(&arena, memory, 4096, NULL) == CH_OK);
    seal();
    for (uint64_t i = 0; i < ROUNDS; i++) {
        const ch_arena_point point = ch_arena_mark(&arena);
        CH_REQUIRE(ch_arena_alloc(&arena, i % 4000, 8) != NULL);
        CH_REQUIRE(ch_arena_calloc(&arena, 1000, 100, 8) == NULL);
        CH_REQUIRE(ch_arena_alloc(&arena, 1, 3) == NULL);
        CH_REQUIRE(ch_arena_release(&arena, point) == CH_OK);
        CH_REQUIRE(ch_arena_check(&arena, NULL) == CH_OK);
        CH_REQUIRE(i % 100 != 0 || ch_arena_stats_json(&arena, text, sizeof text) > 0);
        CH_REQUIRE(i % 1000 != 0 || ch_arena_reset(&arena) == CH_OK);
    }
    CH_REQUIRE(misuses == ROUNDS);
    finish();
}

static void stack_rounds(void *unused) {
    (void)unused;
    static ch_stack stack;
    CH_REQUIRE(ch_stack_init(&stack, memory, 65536, NULL) == CH_OK);
    seal();
    for (uint64_t i = 0; i < ROUNDS; i++) {
        CH_REQUIRE(ch_stack_mark(&stack) == CH_OK);
        uint8_t *low = ch_stack_alloc(&stack, i % 1000, 16);
        uint8_t *top = ch_stack_alloc(&stack, 40, 8);
        CH_REQUIRE(low != NULL && top != NULL && ch_stack_alloc(&stack, 65536, 8) == NULL);
        CH_REQUIRE(ch_stack_free(&stack, low, i % 1000) == CH_EORDER);
        CH_REQUIRE(ch_stack_resize(&stack, top, 40, 80) == CH_OK);
        CH_REQUIRE(ch_stack_free(&stack, top, 80) == CH_OK && ch_stack_release(&stack) == CH_OK);
        CH_REQUIRE(i % 100 != 0 || ch_stack_check(&stack, NULL) == CH_OK);
        CH_REQUIRE(i % 100 != 0 || ch_stack_stats_json(&stack, text, sizeof text) > 0);
    }
    finish();
}

static void pool_rounds(void *unused) {
    (void)unused;
    static ch_pools set;
    const ch_pool_spec specs[] = {{"plain", 64, 64, 10, 0},
                                  {"first in", 24, 8, 1, CH_POOL_FIFO | CH_POOL_ZERO_ON_RELEASE}};
    CH_REQUIRE(ch_pools_init(&set, memory, sizeof memory, specs, 2) == CH_OK);
    seal();
    for (uint64_t i = 0; i < ROUNDS; i++) {
        ch_pool *pool = ch_pools_get(&set, i % 2);
        void *object = ch_pool_acquire(pool);
        const ch_pool_handle handle = ch_pool_handle_of(pool, object);
        CH_REQUIRE(object != NULL && ch_pool_get(pool, handle) == object);
        CH_REQUIRE(i % 2 == 0 || ch_pool_acquire(pool) == NULL);
        CH_REQUIRE(ch_pool_release(pool, object) == CH_OK && ch_pool_get(pool, handle) == NULL);
        CH_REQUIRE(ch_pool_release(pool, object) == CH_EDOUBLE);
        CH_REQUIRE(ch_pool_release(pool, text) == CH_EFOREIGN);
        CH_REQUIRE(i % 100 != 0 || ch_pools_check(&set, NULL) == CH_OK);
        CH_REQUIRE(i % 100 != 0 || ch_pools_stats_json(&set, text, sizeof text) > 0);
        CH_REQUIRE(i % 1000 != 0 || ch_pools_reset(&set) == CH_OK);
    }
    CH_REQUIRE(misuses == 2 * ROUNDS);
    finish();
}

/* Pages of the caller's memory. */
static void slab_rounds(void *unused) {
    (void)unused;
    static ch_slab slab;
    static ch_region region;
    const ch_slab_options options = {.table = CH_SLAB_28};
    CH_REQUIRE(ch_region_from(&region, memory, sizeof memory) == CH_OK);
    CH_REQUIRE(ch_slab_init_region(&slab, &region, &options) == CH_OK);
    seal();
    for (uint64_t i = 0; i < ROUNDS; i++) {
        void *small = ch_slab_acquire(&slab, i % 200);
        void *large = ch_slab_acquire(&slab, 1000 + i % 3000);
        CH_REQUIRE(small != NULL && large != NULL && ch_slab_acquire(&slab, 5000) == NULL);
        CH_REQUIRE(ch_slab_release(&slab, small) == CH_OK);
        CH_REQUIRE(ch_slab_release(&slab, small) != CH_OK);
        CH_REQUIRE(ch_slab_release(&slab, large) == CH_OK);
        CH_REQUIRE(i % 1000 != 0 || ch_slab_check(&slab, NULL) == CH_OK);
        CH_REQUIRE(i % 1000 != 0 || ch_slab_stats_json(&slab, text, sizeof text) > 0);
    }
    finish();
}

static void buffer_rounds(void *unused) {
    (void)unused;
    static ch_bufpool pool;
    CH_REQUIRE(ch_bufpool_init(&pool, memory, sizeof memory, NULL) == CH_OK);
    seal();
    for (uint64_t i = 0; i < ROUNDS; i++) {
        ch_buffer buffer;
        CH_REQUIRE(ch_bufpool_acquire(&pool, &buffer, i % 4097) == CH_OK);
        CH_REQUIRE(ch_buffer_write(&buffer, text, i % 4097) == CH_OK);
        ch_buffer copy = buffer;
        CH_REQUIRE(ch_bufpool_release(&pool, &buffer) == CH_OK);
        CH_REQUIRE(ch_bufpool_release(&pool, &copy) == CH_ESTALE);
        CH_REQUIRE(ch_bufpool_acquire(&pool, &buffer, 4097) == CH_ERANGE);
        CH_REQUIRE(i % 1000 != 0 || ch_bufpool_check(&pool, NULL) == CH_OK);
        CH_REQUIRE(i % 1000 != 0 || ch_bufpool_stats_json(&pool, text, sizeof text) > 0);
    }
    finish();
}

static void container_rounds(void *unused) {
    (void)unused;
    static ch_handles handles;
    static ch_bitset set;
    static table map;
    static queue ring;
    static events stream;
    const ch_handles_options options = {.capacity = 3};
    CH_REQUIRE(ch_handles_init(&handles, memory, 4096, &options) == CH_OK);
    CH_REQUIRE(ch_bitset_init(&set, memory + 4096, 4096, 1000) == CH_OK);
    CH_REQUIRE(table_init(&map, 1) == CH_OK && queue_init(&ring) == CH_OK);
    CH_REQUIRE(events_init(&stream) == CH_OK);
    seal();
    for (uint64_t i = 0; i < ROUNDS; i++) {
        ch_handle handle;
        uint64_t out = 0;
        const uint64_t key = i % 70;
        CH_REQUIRE(ch_handles_acquire(&handles, &handle, 7) == CH_OK);
        CH_REQUIRE(ch_handles_release(&handles, handle) == CH_OK);
        CH_REQUIRE(ch_handles_release(&handles, handle) == CH_ESTALE);
        CH_REQUIRE(ch_bitset_set(&set, i % 1000) == CH_OK && ch_bitset_test(&set, i % 1000));
        const ch_status put = table_put(&map, &key, &i);
        CH_REQUIRE(put == CH_OK || (put == CH_EFULL && table_count(&map) == 50));
        CH_REQUIRE(i % 7 != 0 || table_remove(&map, &key) == (put == CH_OK ? CH_OK : CH_ENOENT));
        CH_REQUIRE(queue_push(&ring, &i) == CH_OK && queue_pop(&ring, &out) == CH_OK && out == i);
        CH_REQUIRE(events_push(&stream, &i) == CH_OK && events_pop(&stream, &out) == CH_OK);
        CH_REQUIRE(out == i && (i % 1000 != 0 || table_check(&map, NULL) == CH_OK));
    }
    finish();
}

/* Memory of the thread, after ch_local_prepare. */
static void local_rounds(void *unused) {
    (void)unused;
    CH_REQUIRE(ch_local_prepare() == CH_OK);
    CH_REQUIRE(ch_region_from(&(ch_region){0}, memory, sizeof memory) == CH_OK);
    memset(ch_scratch_alloc(60000, 8), 1, 60000); /* pages are there */
    CH_REQUIRE(ch_scratch_reset() == CH_OK);
    seal();
    for (uint64_t i = 0; i < ROUNDS; i++) {
        const ch_arena_point point = ch_scratch_mark();
        uint8_t *bytes = ch_scratch_alloc(i % 60000, 8);
        CH_REQUIRE(bytes != NULL && ch_local_arena() != NULL);
        CH_REQUIRE(ch_scratch_alloc(1u << 30, 8) == NULL && ch_scratch_release(point) == CH_OK);
    }
    finish();
}

static void shared_rounds(void *unused) {
    (void)unused;
    static ch_xpool pool;
    ch_xpool_shard *shard = NULL;
    const ch_xpool_options options = {
        .object_bytes = 64, .align = 64, .per_thread = 4, .threads_max = 2};
    CH_REQUIRE(ch_xpool_init(&pool, memory, sizeof memory, &options) == CH_OK);
    CH_REQUIRE(ch_xpool_join(&pool, &shard) == CH_OK);
    seal();
    for (uint64_t i = 0; i < ROUNDS; i++) {
        void *objects[5];
        for (size_t k = 0; k < 5; k++) {
            objects[k] = ch_xpool_acquire(shard);
            CH_REQUIRE((objects[k] != NULL) == (k < 4));
        }
        for (size_t k = 0; k < 4; k++) {
            CH_REQUIRE(ch_xpool_release(shard, objects[k]) == CH_OK);
        }
        CH_REQUIRE(i % 1000 != 0 || ch_xpool_stats_json(&pool, text, sizeof text) > 0);
    }
    finish();
}

/* All parts at once, tracked. */
static void manager_rounds(void *unused) {
    (void)unused;
    ch_manager_config config = ch_manager_balanced();
    ch_manager *manager = NULL;
    config.allocation_tracking = true;
    CH_REQUIRE(ch_manager_init(&manager, memory, sizeof memory, &config) == CH_OK);
    seal();
    for (uint64_t i = 0; i < ROUNDS; i++) {
        ch_stack *stack = ch_manager_stack(manager);
        ch_pool *words = ch_manager_pool(manager, CH_KIND_U256);
        ch_buffer buffer = {0};
        void *word = ch_pool_acquire(words);
        CH_REQUIRE(word != NULL && ch_stack_mark(stack) == CH_OK);
        CH_REQUIRE(ch_stack_alloc(stack, i % 3000, 8) != NULL);
        CH_REQUIRE(ch_manager_buffer_acquire(manager, &buffer, i % 4096) == CH_OK);
        CH_REQUIRE(ch_arena_alloc(ch_manager_arena(manager, CH_ARENAS_SCRATCH), 100, 8) != NULL);
        CH_REQUIRE(ch_manager_buffer_release(manager, &buffer) == CH_OK);
        CH_REQUIRE(ch_stack_release(stack) == CH_OK && ch_pool_release(words, word) == CH_OK);
        CH_REQUIRE(ch_manager_arenas_reset(manager) == CH_OK);
        CH_REQUIRE(i % 1000 != 0 || ch_manager_stats_json(manager, text, sizeof text) > 0);
    }
    finish();
}

/* ---- What must be seen ----------------------------------------------------------------------- */

static void planted_malloc(void *unused) {
    (void)unused;
    seal();
    void *volatile block = malloc(10);
    free(block);
    _exit(0);
}

static void planted_system_call(void *unused) {
    (void)unused;
    seal();
    (void)syscall(SYS_getppid);
    _exit(0);
}

static void check_lives(void (*rounds)(void *)) {
    char words[2048];
    words[0] = 0;
    CHECK(!ch_test_child_dies(rounds, NULL, words, sizeof words));
    CHECK_TEXT(words, "");
}

TEST(sealed_planted_calls_are_seen) { /* M1 */
    CHECK(ch_guard_armed());
    CHECK(ch_test_child_dies(planted_malloc, NULL, NULL, 0));
    CHECK(ch_test_child_dies(planted_system_call, NULL, NULL, 0));
}

TEST(sealed_arena_needs_no_heap_and_no_kernel) { /* M1 */
    check_lives(arena_rounds);
}

TEST(sealed_stack_needs_no_heap_and_no_kernel) { /* M1 */
    check_lives(stack_rounds);
}

TEST(sealed_pools_need_no_heap_and_no_kernel) { /* M1 */
    check_lives(pool_rounds);
}

TEST(sealed_slab_needs_no_heap_and_no_kernel) { /* M1 */
    check_lives(slab_rounds);
}

TEST(sealed_buffers_need_no_heap_and_no_kernel) { /* M1 */
    check_lives(buffer_rounds);
}

TEST(sealed_containers_need_no_heap_and_no_kernel) { /* M1 */
    check_lives(container_rounds);
}

TEST(sealed_local_memory_needs_no_heap_and_no_kernel) { /* M1 */
    check_lives(local_rounds);
}

TEST(sealed_shared_pool_needs_no_heap_and_no_kernel) { /* M1 */
    check_lives(shared_rounds);
}

TEST(sealed_manager_needs_no_heap_and_no_kernel) { /* M1 */
    check_lives(manager_rounds);
}
