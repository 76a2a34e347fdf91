/* closed_test.c: memory that a tool holds closed, as a freed block or a closed part of an arena is,
 * may become the memory of any object with a source file: its init opens what it writes. In plain
 * builds the same calls show that init needs no cleared memory. */
#include <coldheap/arena.h>
#include <coldheap/bufpool.h>
#include <coldheap/handles.h>
#include <coldheap/manager.h>
#include <coldheap/pool.h>
#include <coldheap/pools.h>
#include <coldheap/slab.h>
#include <coldheap/stack.h>
#include <coldheap/track.h>
#include <coldheap/xpool.h>

#include <string.h>

#include "harness.h"
#include "mem/checked.h"

static CH_ALIGNED(4096) uint8_t memory[4 << 20];

/* The memory as a tool left it: full of something, and closed. */
static void close_memory(void) {
    chi_open(memory, sizeof memory);
    memset(memory, 0xa5, sizeof memory);
    chi_close(memory, sizeof memory);
}

/* After fini the memory is the caller's again. */
static void reopened(size_t size_bytes) {
    chi_open(memory, sizeof memory);
    memset(memory, 0x5a, size_bytes);
}

TEST(closed_memory_becomes_an_arena_and_a_stack) { /* M8 */
    ch_arena arena;
    ch_stack stack;
    close_memory();
    CHECK_EQUAL(ch_arena_init(&arena, memory, 4096, NULL), CH_OK);
    CHECK(ch_arena_calloc(&arena, 10, 10, 8) != NULL);
    CHECK_EQUAL(ch_arena_fini(&arena), CH_OK);
    reopened(4096);
    close_memory();
    CHECK_EQUAL(ch_stack_init(&stack, memory, 4096, &(ch_stack_options){.watermarks_max = 4}),
                CH_OK);
    CHECK(ch_stack_alloc(&stack, 100, 8) != NULL);
    CHECK_EQUAL(ch_stack_fini(&stack), CH_OK);
    reopened(4096);
}

TEST(closed_memory_becomes_pools) { /* M8 */
    const ch_pool_options options = {.object_bytes = 24, .align = 8, .count = 9};
    const ch_pool_spec specs[2] = {{.object_bytes = 8, .align = 8, .count = 3},
                                   {.object_bytes = 100, .align = 4, .count = 2}};
    ch_pool pool;
    ch_pools pools;
    close_memory();
    CHECK_EQUAL(ch_pool_init(&pool, memory, sizeof memory, &options), CH_OK);
    CHECK(ch_pool_acquire(&pool) != NULL);
    CHECK_EQUAL(ch_pool_fini(&pool), CH_OK);
    reopened(ch_pool_footprint(&options));
    close_memory();
    CHECK_EQUAL(ch_pools_init(&pools, memory, sizeof memory, specs, 2), CH_OK);
    CHECK(ch_pools_acquire(&pools, 1) != NULL);
    CHECK_EQUAL(ch_pools_fini(&pools), CH_OK);
    reopened(ch_pools_footprint(specs, 2));
}

TEST(closed_memory_becomes_slabs_and_buffers) { /* M8 */
    const size_t sizes[2] = {16, 64};
    const size_t counts[2] = {5, 3};
    const ch_slab_options options = {.sizes = sizes, .class_count = 2, .counts = counts};
    const ch_bufpool_class classes[1] = {{.size_bytes = 64, .count = 3}};
    const ch_bufpool_options lent = {.classes = classes, .class_count = 1};
    ch_slab slab;
    ch_bufpool pool;
    ch_buffer buffer = {0};
    close_memory();
    CHECK_EQUAL(ch_slab_init(&slab, memory, sizeof memory, &options), CH_OK);
    CHECK(ch_slab_acquire(&slab, 20) != NULL);
    CHECK_EQUAL(ch_slab_fini(&slab), CH_OK);
    reopened(ch_slab_footprint(&options));
    close_memory();
    CHECK_EQUAL(ch_bufpool_init(&pool, memory, sizeof memory, &lent), CH_OK);
    CHECK_EQUAL(ch_bufpool_acquire(&pool, &buffer, 10), CH_OK);
    CHECK_EQUAL(ch_bufpool_fini(&pool), CH_OK);
    reopened(ch_bufpool_footprint(&lent));
}

TEST(closed_memory_becomes_a_pool_between_threads) { /* M8 */
    const ch_xpool_options options = {
        .object_bytes = 24, .align = 8, .per_thread = 4, .threads_max = 2};
    ch_xpool pool;
    ch_xpool_shard *shard = NULL;
    close_memory();
    CHECK_EQUAL(ch_xpool_init(&pool, memory, sizeof memory, &options), CH_OK);
    CHECK_EQUAL(ch_xpool_join(&pool, &shard), CH_OK);
    CHECK(ch_xpool_acquire(shard) != NULL);
    CHECK_EQUAL(ch_xpool_leave(shard), CH_OK);
    CHECK_EQUAL(ch_xpool_fini(&pool), CH_OK);
    reopened(4096);
}

TEST(closed_memory_becomes_handles_and_a_tracker) { /* M8 */
    const ch_handles_options options = {.capacity = 50};
    ch_handles table;
    ch_handle handle;
    ch_tracker tracker;
    close_memory();
    CHECK_EQUAL(ch_handles_init(&table, memory, sizeof memory, &options), CH_OK);
    CHECK_EQUAL(ch_handles_acquire(&table, &handle, 7), CH_OK);
    CHECK_EQUAL(ch_handles_fini(&table), CH_OK);
    reopened(ch_handles_footprint(&options));
    close_memory();
    CHECK_EQUAL(ch_tracker_init(&tracker, memory, sizeof memory, NULL), CH_OK);
    CHECK_EQUAL(ch_tracker_note(&tracker, CH_TRACK_POOL, CH_TRACK_ACQUIRE, 8, memory, memory),
                CH_OK);
    CHECK_EQUAL(ch_tracker_fini(&tracker), CH_OK);
    reopened(4096);
}

TEST(closed_memory_becomes_a_manager) { /* M8 */
    ch_manager_config config = ch_manager_minimal();
    ch_manager *manager = NULL;
    const size_t size_bytes = ch_manager_footprint(&config);
    CH_REQUIRE(size_bytes <= sizeof memory);
    close_memory();
    CHECK_EQUAL(ch_manager_init(&manager, memory, sizeof memory, &config), CH_OK);
    CHECK(ch_stack_alloc(ch_manager_stack(manager), 32, 8) != NULL);
    CHECK_EQUAL(ch_manager_fini(manager), CH_OK);
    reopened(size_bytes);
}
