/* states.c: prints the statistics of every object in several states, one line each: the schema's
 * name, the state, the JSON. validate.py holds the lines against share/schemas/coldheap. Each text
 * is also cut at every length here: what was written is its beginning, and no byte more. */
#include <coldheap/arena.h>
#include <coldheap/arenas.h>
#include <coldheap/bufpool.h>
#include <coldheap/handles.h>
#include <coldheap/local.h>
#include <coldheap/manager.h>
#include <coldheap/pool.h>
#include <coldheap/pools.h>
#include <coldheap/slab.h>
#include <coldheap/stack.h>
#include <coldheap/track.h>
#include <coldheap/xpool.h>

#include <stdio.h>
#include <string.h>

/* A name that JSON must escape. */
#define NAME "a \"name\" \\ \n\x01 of bytes"

enum { TEXT_MAX = 1 << 16 };

static CH_ALIGNED(4096) uint8_t memory[8u << 20];
static char whole[TEXT_MAX];
static char part[TEXT_MAX];

typedef size_t (*json_function)(const void *object, char *out, size_t size);

static void show(json_function json, const void *object, const char *schema, const char *state) {
    const size_t length = json(object, NULL, 0);
    CH_REQUIRE(length > 0 && length < TEXT_MAX - 1);
    CH_REQUIRE(json(object, whole, sizeof whole) == length && strlen(whole) == length);
    for (size_t size = 1; size <= length + 1; size++) {
        memset(part, 0x5a, length + 2);
        CH_REQUIRE(json(object, part, size) == length);
        CH_REQUIRE(memcmp(part, whole, size - 1) == 0 && part[size - 1] == 0 && part[size] == 0x5a);
    }
    printf("%s %s %s\n", schema, state, whole);
}

/* Each statistics function under one type; its own would differ in the first argument. */
#define JSON_OF(name)                                                                              \
    static size_t name##_json(const void *object, char *out, size_t size) {                        \
        return ch_##name##_stats_json(object, out, size);                                          \
    }                                                                                              \
    static void show_##name(const ch_##name *object, const char *state) {                          \
        show(name##_json, object, #name, state);                                                   \
    }
JSON_OF(arena)
JSON_OF(arenas)
JSON_OF(bufpool)
JSON_OF(handles)
JSON_OF(manager)
JSON_OF(pool)
JSON_OF(pools)
JSON_OF(slab)
JSON_OF(stack)
JSON_OF(tracker)
JSON_OF(xpool)

static size_t local_json(const void *object, char *out, size_t size) {
    (void)object;
    return ch_local_stats_json(out, size);
}

/* ---- Objects --------------------------------------------------------------------------------- */

static void arenas_of_the_thread(void) {
    show(local_json, NULL, "local", "none");
    CH_REQUIRE(ch_scratch_alloc(100, 8) != NULL && ch_scratch_alloc(1u << 30, 8) == NULL);
    CH_REQUIRE(ch_arena_alloc(ch_local_arena(), 10, 1) != NULL);
    show(local_json, NULL, "local", "used");
    CH_REQUIRE(ch_local_fini() == CH_OK);
    show(local_json, NULL, "local", "ended");
}

static void arenas(void) {
    static ch_arena arena;
    static ch_arenas set;
    show_arena(&arena, "none");
    CH_REQUIRE(ch_arena_init(&arena, memory, 0, &(ch_arena_options){.name = ""}) == CH_OK);
    show_arena(&arena, "empty");
    CH_REQUIRE(ch_arena_fini(&arena) == CH_OK);
    CH_REQUIRE(ch_arena_init(&arena, memory, 999, &(ch_arena_options){.name = NAME}) == CH_OK);
    CH_REQUIRE(ch_arena_alloc(&arena, 100, 8) != NULL && ch_arena_alloc(&arena, 1000, 1) == NULL);
    show_arena(&arena, "used");
    CH_REQUIRE(ch_arena_fini(&arena) == CH_OK);
    show_arena(&arena, "ended");
    show_arenas(&set, "none");
    CH_REQUIRE(ch_arenas_init(&set, memory, sizeof memory, NULL) == CH_OK);
    CH_REQUIRE(ch_arena_alloc(ch_arenas_get(&set, CH_ARENAS_TEMPORARY), 7, 1) != NULL);
    show_arenas(&set, "used");
    CH_REQUIRE(ch_arenas_fini(&set) == CH_OK);
}

static void stacks(void) {
    static ch_stack stack;
    const ch_stack_options options = {.watermarks_max = 3, .name = NAME};
    show_stack(&stack, "none");
    CH_REQUIRE(ch_stack_init(&stack, memory, 1000, &options) == CH_OK);
    show_stack(&stack, "fresh");
    CH_REQUIRE(ch_stack_alloc(&stack, 10, 8) != NULL && ch_stack_mark(&stack) == CH_OK);
    CH_REQUIRE(ch_stack_alloc(&stack, 1000, 8) == NULL);
    show_stack(&stack, "used");
    CH_REQUIRE(ch_stack_fini(&stack) == CH_OK);
}

static void pools(void) {
    static ch_pool pool;
    static ch_pools set;
    const ch_pool_options options = {.object_bytes = 24, .align = 8, .count = 2, .name = NAME};
    const ch_pool_spec specs[] = {{"word", 32, 32, 3, 0}, {"absent", 0, 0, 0, 0}};
    show_pool(&pool, "none");
    CH_REQUIRE(ch_pool_init(&pool, memory, sizeof memory, &options) == CH_OK);
    show_pool(&pool, "fresh");
    CH_REQUIRE(ch_pool_acquire(&pool) != NULL && ch_pool_acquire(&pool) != NULL);
    CH_REQUIRE(ch_pool_acquire(&pool) == NULL);
    show_pool(&pool, "full");
    CH_REQUIRE(ch_pool_fini(&pool) == CH_OK);
    show_pools(&set, "none");
    CH_REQUIRE(ch_pools_init(&set, memory, sizeof memory, specs, 2) == CH_OK);
    CH_REQUIRE(ch_pools_acquire(&set, 0) != NULL);
    show_pools(&set, "used");
    CH_REQUIRE(ch_pools_fini(&set) == CH_OK);
}

static void handle_tables(void) {
    static ch_handles table;
    ch_handle handle;
    show_handles(&table, "none");
    CH_REQUIRE(ch_handles_init(&table, memory, sizeof memory,
                               &(ch_handles_options){.capacity = 1, .name = NAME}) == CH_OK);
    CH_REQUIRE(ch_handles_acquire(&table, &handle, 3) == CH_OK);
    CH_REQUIRE(ch_handles_acquire(&table, &handle, 3) == CH_EFULL);
    show_handles(&table, "full");
    CH_REQUIRE(ch_handles_fini(&table) == CH_OK);
}

static void slabs(void) {
    static ch_slab slab;
    const size_t sizes[] = {16, 64};
    const size_t counts[] = {0, 5};
    const ch_slab_options options = {
        .sizes = sizes, .class_count = 2, .counts = counts, .name = NAME};
    const ch_slab_options paged = {.table = CH_SLAB_28};
    ch_region region;
    show_slab(&slab, "none");
    CH_REQUIRE(ch_slab_init(&slab, memory, sizeof memory, &options) == CH_OK);
    CH_REQUIRE(ch_slab_acquire(&slab, 50) != NULL && ch_slab_acquire(&slab, 1) == NULL);
    show_slab(&slab, "static");
    CH_REQUIRE(ch_slab_fini(&slab) == CH_OK);
    CH_REQUIRE(ch_region_from(&region, memory, sizeof memory) == CH_OK);
    CH_REQUIRE(ch_slab_init_region(&slab, &region, &paged) == CH_OK);
    CH_REQUIRE(ch_slab_acquire(&slab, 4000) != NULL && ch_slab_acquire(&slab, 4097) == NULL);
    show_slab(&slab, "paged");
    CH_REQUIRE(ch_slab_fini(&slab) == CH_OK);
}

static void buffers(void) {
    static ch_bufpool pool;
    const ch_bufpool_class classes[] = {{.size_bytes = 64, .count = 1},
                                        {.size_bytes = 100, .count = 0}};
    const ch_bufpool_options options = {.classes = classes, .class_count = 2, .name = NAME};
    ch_buffer buffer;
    show_bufpool(&pool, "none");
    CH_REQUIRE(ch_bufpool_init(&pool, memory, sizeof memory, &options) == CH_OK);
    CH_REQUIRE(ch_bufpool_acquire(&pool, &buffer, 10) == CH_OK);
    CH_REQUIRE(ch_bufpool_acquire(&pool, &buffer, 10) == CH_EFULL);
    CH_REQUIRE(ch_bufpool_acquire(&pool, &buffer, 101) == CH_ERANGE);
    show_bufpool(&pool, "used");
    CH_REQUIRE(ch_bufpool_fini(&pool) == CH_OK);
}

static void shared_pools(void) {
    static ch_xpool pool;
    const ch_xpool_options options = {
        .object_bytes = 32, .align = 8, .per_thread = 1, .threads_max = 2, .name = NAME};
    ch_xpool_shard *shard = NULL;
    show_xpool(&pool, "none");
    CH_REQUIRE(ch_xpool_init(&pool, memory, sizeof memory, &options) == CH_OK);
    CH_REQUIRE(ch_xpool_join(&pool, &shard) == CH_OK && ch_xpool_acquire(shard) != NULL);
    CH_REQUIRE(ch_xpool_acquire(shard) == NULL);
    show_xpool(&pool, "used");
    CH_REQUIRE(ch_xpool_leave(shard) == CH_OK && ch_xpool_fini(&pool) == CH_OK);
}

static void trackers(void) {
    static ch_tracker tracker;
    static ch_arena arena;
    const ch_tracker_options options = {.sites_max = 4, .live_max = 4, .name = NAME};
    const ch_tracker_options heap = {.counters_only = true, .heap_noted = true};
    const size_t bytes = ch_tracker_footprint(&options);
    show_tracker(&tracker, "none");
    CH_REQUIRE(ch_tracker_init(&tracker, memory, bytes, &options) == CH_OK);
    show_tracker(&tracker, "fresh");
    CH_REQUIRE(ch_arena_init(&arena, memory + (1u << 20), 1000, NULL) == CH_OK);
    CH_REQUIRE(ch_arena_track(&arena, &tracker) == CH_OK);
    CH_REQUIRE(ch_arena_alloc(&arena, 100, 8) != NULL && ch_arena_alloc(&arena, 1000, 8) == NULL);
    show_tracker(&tracker, "used");
    CH_REQUIRE(ch_arena_fini(&arena) == CH_OK && ch_tracker_fini(&tracker) == CH_OK);
    CH_REQUIRE(ch_tracker_init(&tracker, memory, sizeof memory, &heap) == CH_OK);
    show_tracker(&tracker, "counters");
    CH_REQUIRE(ch_tracker_fini(&tracker) == CH_OK);
}

static void managers(void) {
    ch_manager_config config = ch_manager_minimal();
    ch_manager *manager = NULL;
    config.name = NAME;
    show_manager(NULL, "none");
    CH_REQUIRE(ch_manager_init_region(&manager, &config, NULL) == CH_OK);
    show_manager(manager, "fresh");
    CH_REQUIRE(ch_stack_alloc(ch_manager_stack(manager), 100, 8) != NULL);
    show_manager(manager, "used");
    CH_REQUIRE(ch_manager_fini(manager) == CH_OK);
    config = ch_manager_balanced();
    config.allocation_tracking = true;
    CH_REQUIRE(ch_manager_init_region(&manager, &config, NULL) == CH_OK);
    CH_REQUIRE(ch_pool_acquire(ch_manager_pool(manager, CH_KIND_U256)) != NULL);
    show_manager(manager, "balanced");
    CH_REQUIRE(ch_manager_fini(manager) == CH_OK);
}

int main(void) {
    arenas_of_the_thread();
    arenas();
    stacks();
    pools();
    handle_tables();
    slabs();
    buffers();
    shared_pools();
    trackers();
    managers();
    return 0;
}
