/* pool_test.c: geometry, laziness, handles, generations, flags, misuse, figures and self-check of
 * pools, real and twin. Random operations: pool_model_test.c. */
#define _GNU_SOURCE
#include "mem/pool_rig.h"

#include <coldheap/region.h>

#include "harness.h"
#include "mem/checked.h"

#define GIB ((size_t)1 << 30)

static pool_world world;

static ch_pool *start(const ch_pool_options *options, bool twin) {
    CHECK(world_begin(&world, options, twin));
    return &world.pool;
}

static void finish(void) {
    unsigned invariant = 0;
    CHECK_EQUAL(ch_pool_check(&world.pool, &invariant), CH_OK);
    CHECK_EQUAL(invariant, 0);
    CHECK(world_end(&world));
}

#define FOR_BOTH(twin) for (int twin = 0; twin < 2; twin++)

/* ---- Geometry -------------------------------------------------------------------------------- */

static void check_objects(size_t object_bytes, size_t align, bool twin) {
    enum { COUNT = 3 };
    uint8_t *objects[COUNT];
    ch_pool_options options = {.object_bytes = object_bytes, .align = align, .count = COUNT};
    ch_pool *pool = start(&options, twin);
    const uint8_t *first = world.memory;
    for (size_t i = 0; i < COUNT; i++) {
        objects[i] = ch_pool_acquire(pool);
        if (!CHECK(objects[i] != NULL)) {
            return;
        }
        CHECK_EQUAL((uintptr_t)objects[i] % align, 0);
        CHECK(twin || (objects[i] >= first &&
                       objects[i] + object_bytes <= first + COUNT * ch_pool_stride(&options)));
        memset(objects[i], (int)(i + 1), object_bytes);
        CHECK_EQUAL(ch_pool_index_of(pool, objects[i]), i);
    }
    CHECK(ch_pool_acquire(pool) == NULL);
    for (size_t i = 0; i < COUNT; i++) { /* disjoint: none was overwritten by a later one */
        CHECK_EQUAL(objects[i][0], i + 1);
        CHECK_EQUAL(objects[i][object_bytes - 1], i + 1);
        CHECK_EQUAL(ch_pool_release(pool, objects[i]), CH_OK);
    }
    finish();
}

TEST(pool_objects_are_aligned_disjoint_and_in_range) { /* M5 M28 */
    const bool all = !chi_checked();                   /* there it would take minutes */
    for (size_t align = 1; align <= CH_ALIGN_MAX; align *= 2) {
        for (size_t size = 1; size <= 4097; size += all || size < 34 ? 1 : size / 7) {
            check_objects(size, align, size % 8 == 0);
        }
        check_objects(4095, align, false);
        check_objects(4096, align, false);
        check_objects(4097, align, false);
        check_objects(4097, align, true);
    }
}

TEST(pool_footprint_is_exact) { /* M2 M28 */
    for (size_t round = 0; round < 200; round++) {
        ch_pool_options options = {.object_bytes = 1 + ch_test_random_below(300),
                                   .align = (size_t)1 << ch_test_random_below(9),
                                   .count = 1 + ch_test_random_below(40)};
        size_t stride = ch_pool_stride(&options);
        size_t objects = (stride * options.count + 3) / 4 * 4;
        CHECK(stride % options.align == 0 && stride >= options.object_bytes);
        CHECK(chi_checked() || stride < options.object_bytes + options.align);
        CHECK_EQUAL(ch_pool_footprint(&options), objects + 8 * options.count);
        CHECK_EQUAL(ch_pool_align(&options), options.align < 4 ? 4 : options.align);
    }
}

TEST(pool_footprint_of_the_largest_pool_is_exact_or_0) { /* M5 M28 */
    ch_pool_options most = {
        .object_bytes = CH_POOL_OBJECT_MAX, .align = CH_ALIGN_MAX, .count = CH_POOL_COUNT_MAX};
    size_t want = 0;
    if (SIZE_MAX > UINT32_MAX) {
        want = CH_POOL_COUNT_MAX * (ch_pool_stride(&most) + 8);
        CHECK(ch_pool_twin_footprint(&most) >= (uint64_t)CH_POOL_COUNT_MAX * (sizeof(void *) + 8));
    } else {
        CHECK_EQUAL(ch_pool_twin_footprint(&most), 0);
    }
    CHECK_EQUAL(ch_pool_footprint(&most), want);
}

TEST(pool_invalid_options_have_no_footprint_and_no_pool) { /* M2 M5 M28 */
    static uint64_t memory[512];
    const ch_pool_options wrong[] = {
        {.object_bytes = 0, .align = 8, .count = 1},
        {.object_bytes = CH_POOL_OBJECT_MAX + 1, .align = 8, .count = 1},
        {.object_bytes = SIZE_MAX, .align = 8, .count = 1},
        {.object_bytes = SIZE_MAX - 7, .align = 8, .count = 1},
        {.object_bytes = 8, .align = 0, .count = 1},
        {.object_bytes = 8, .align = 3, .count = 1},
        {.object_bytes = 8, .align = 2 * CH_ALIGN_MAX, .count = 1},
        {.object_bytes = 8, .align = SIZE_MAX, .count = 1},
        {.object_bytes = 8, .align = 8, .count = 0},
        {.object_bytes = 8, .align = 8, .count = CH_POOL_COUNT_MAX + 1},
        {.object_bytes = 8, .align = 8, .count = SIZE_MAX},
        {.object_bytes = 8, .align = 8, .count = 1, .flags = 16},
        {.object_bytes = 8, .align = 8, .count = 1, .generation_bits = 1},
        {.object_bytes = 8, .align = 8, .count = 1, .generation_bits = 33},
        {.object_bytes = 8, .align = 8, .count = 1, .generation_start = 1},
        {.object_bytes = 8, .align = 8, .count = 1, .generation_bits = 4, .generation_start = 16},
    };
    ch_allocator source = {.alloc = world_source_alloc, .free = world_source_free, .user = &world};
    ch_pool pool = {0};
    const ch_pool copy = pool;
    for (size_t i = 0; i <= sizeof wrong / sizeof wrong[0]; i++) {
        const ch_pool_options *options = i < sizeof wrong / sizeof wrong[0] ? &wrong[i] : NULL;
        CHECK_EQUAL(ch_pool_align(options), 0);
        CHECK_EQUAL(ch_pool_stride(options), 0);
        CHECK_EQUAL(ch_pool_footprint(options), 0);
        CHECK_EQUAL(ch_pool_twin_footprint(options), 0);
        CHECK_EQUAL(ch_pool_init(&pool, memory, sizeof memory, options), CH_EINVAL);
        CHECK_EQUAL(ch_pool_init_twin(&pool, memory, sizeof memory, options, &source), CH_EINVAL);
    }
    CHECK_BYTES(&pool, &copy, sizeof pool);
}

TEST(pool_init_refuses_wrong_memory_and_writes_nothing) { /* M2 */
    static CH_ALIGNED(64) uint8_t memory[4096];
    static const uint8_t zero[sizeof memory];
    const ch_pool_options options = {.object_bytes = 24, .align = 16, .count = 8};
    ch_allocator source = {.alloc = world_source_alloc, .free = world_source_free, .user = &world};
    ch_allocator none = {.alloc = NULL, .free = world_source_free};
    size_t need = ch_pool_footprint(&options);
    size_t twin = ch_pool_twin_footprint(&options);
    ch_pool pool = {0};
    const ch_pool copy = pool;
    CHECK_EQUAL(ch_pool_init(NULL, memory, need, &options), CH_EINVAL);
    CHECK_EQUAL(ch_pool_init(&pool, NULL, need, &options), CH_EINVAL);
    CHECK_EQUAL(ch_pool_init(&pool, memory + 8, need, &options), CH_EALIGN);
    CHECK_EQUAL(ch_pool_init(&pool, memory, need - 1, &options), CH_EFULL);
    CHECK_EQUAL(ch_pool_init_twin(NULL, memory, twin, &options, &source), CH_EINVAL);
    CHECK_EQUAL(ch_pool_init_twin(&pool, memory, twin, &options, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_pool_init_twin(&pool, memory, twin, &options, &none), CH_EINVAL);
    CHECK_EQUAL(ch_pool_init_twin(&pool, memory + 8, twin, &options, &source), CH_EALIGN);
    CHECK_EQUAL(ch_pool_init_twin(&pool, memory, twin - 1, &options, &source), CH_EFULL);
    CHECK_BYTES(&pool, &copy, sizeof pool);
    CHECK_BYTES(memory, zero, sizeof memory);
}

/* ---- Laziness -------------------------------------------------------------------------------- */

/* No page of the region can be accessed, so that a single byte read or written would end the test.
 */
TEST(pool_init_and_reset_of_a_gib_touch_no_byte) { /* M29 */
    ch_pool_options options = {.object_bytes = 64, .align = 64};
    options.count = GIB / ch_pool_stride(&(ch_pool_options){64, 64, 1, 0, 0, 0, NULL});
    ch_region region;
    ch_pool pool;
    size_t size = ch_pool_footprint(&options);
    ch_region_options space = {.size_bytes = size};
    if (!CHECK_EQUAL(ch_region_reserve(&region, &space), CH_OK)) {
        return;
    }
    CHECK_EQUAL(ch_pool_init(&pool, region.base, size, &options), CH_OK);
    CHECK_EQUAL(ch_pool_available(&pool), options.count);
    CHECK_EQUAL(ch_pool_reset(&pool), CH_OK);
    CHECK_EQUAL(ch_pool_fini(&pool), CH_OK);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
}

TEST(pool_reset_costs_the_same_for_any_number_of_slots) { /* M29 */
    ch_pool_options options = {.object_bytes = 16, .align = 16, .count = 1000000};
    ch_region region;
    ch_pool pool;
    size_t size = ch_pool_footprint(&options);
    ch_region_options space = {.size_bytes = size};
    if (!CHECK_EQUAL(ch_region_reserve(&region, &space), CH_OK)) {
        return;
    }
    CHECK_EQUAL(ch_region_commit(&region, 0, size), CH_OK);
    CHECK_EQUAL(ch_pool_init(&pool, region.base, size, &options), CH_OK);
    while (ch_pool_acquire(&pool) != NULL) {}
    CHECK_EQUAL(ch_pool_in_use(&pool), options.count);
    CHECK_EQUAL(ch_region_decommit(&region, 0, region.size_bytes), CH_OK);
    for (unsigned i = 0; i < 100000; i++) {
        CHECK(ch_pool_reset(&pool) == CH_OK);
    }
    CHECK_EQUAL(ch_pool_available(&pool), options.count);
    CHECK_EQUAL(ch_pool_fini(&pool), CH_OK);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
}

/* ---- Handles and generations ----------------------------------------------------------------- */

static void check_stale(ch_pool *pool, ch_pool_handle handle) {
    void *object = NULL;
    unsigned before = world.misuses;
    CHECK(ch_pool_get(pool, handle) == NULL);
    CHECK_EQUAL(ch_pool_get_try(pool, &object, handle), CH_ESTALE);
    CHECK_EQUAL(world.misuses, before);
    CHECK_EQUAL(ch_pool_release_handle(pool, handle), CH_ESTALE);
    CHECK_EQUAL(world.misuses, before + 1);
    CHECK_EQUAL(world.seen.status, CH_ESTALE);
}

TEST(pool_handles_are_stale_after_release_and_after_reset) { /* M4 M31 */
    FOR_BOTH(twin) {
        ch_pool *pool = start(&(ch_pool_options){.object_bytes = 32, .align = 8, .count = 2}, twin);
        ch_pool_handle old = {9, 9};
        ch_pool_handle young = {9, 9};
        ch_pool_handle full = {9, 9};
        void *object = ch_pool_acquire_handle(pool, &old);
        CHECK(ch_pool_get(pool, old) == object);
        CHECK_EQUAL(ch_pool_release(pool, object), CH_OK);
        check_stale(pool, old);
        CHECK(ch_pool_acquire_handle(pool, &young) != NULL);
        CHECK_EQUAL(young.index, old.index);
        check_stale(pool, old);
        CHECK(ch_pool_acquire(pool) != NULL);
        CHECK(ch_pool_acquire_handle(pool, &full) == NULL);
        CHECK(full.index == 9 && full.generation == 9);
        CHECK_EQUAL(ch_pool_reset(pool), CH_OK);
        check_stale(pool, young);
        CHECK(ch_pool_acquire_handle(pool, &full) != NULL);
        check_stale(pool, old);
        check_stale(pool, young);
        check_stale(pool, (ch_pool_handle){0});
        CHECK_EQUAL(ch_pool_get_try(pool, &object, (ch_pool_handle){2, 1}), CH_EFOREIGN);
        CHECK_EQUAL(ch_pool_release_handle(pool, (ch_pool_handle){2, 1}), CH_EFOREIGN);
        CHECK_EQUAL(ch_pool_release_handle(pool, full), CH_OK);
        CHECK_EQUAL(ch_pool_in_use(pool), 0);
        finish();
    }
}

TEST(pool_generation_of_4_bits_tells_7_uses_apart_and_then_wraps) { /* M31 */
    FOR_BOTH(twin) {
        ch_pool_options options = {.object_bytes = 8, .align = 8, .count = 1, .generation_bits = 4};
        ch_pool *pool = start(&options, twin);
        ch_pool_handle first = {0};
        ch_pool_handle later = {0};
        CHECK(ch_pool_acquire_handle(pool, &first) != NULL);
        CHECK_EQUAL(ch_pool_release_handle(pool, first), CH_OK);
        for (unsigned use = 0; use < 7; use++) {
            CHECK(ch_pool_acquire_handle(pool, &later) != NULL);
            check_stale(pool, first);
            CHECK_EQUAL(ch_pool_release_handle(pool, later), CH_OK);
        }
        CHECK_EQUAL(later.generation, 15);
        CHECK(ch_pool_acquire_handle(pool, &later) != NULL);
        CHECK_EQUAL(later.generation, first.generation);
        CHECK_EQUAL(ch_pool_retired(pool), 0);
        finish();
    }
}

TEST(pool_retire_takes_a_slot_out_instead_of_wrapping) { /* M31 */
    FOR_BOTH(twin) {
        ch_pool_options options = {.object_bytes = 8,
                                   .align = 8,
                                   .count = 2,
                                   .generation_bits = 4,
                                   .flags = CH_POOL_RETIRE};
        ch_pool *pool = start(&options, twin);
        ch_pool_handle handle = {0};
        unsigned uses = 0;
        while (ch_pool_retired(pool) == 0 && uses < 100) {
            CHECK(ch_pool_acquire_handle(pool, &handle) != NULL);
            CHECK_EQUAL(ch_pool_release_handle(pool, handle), CH_OK);
            uses++;
        }
        CHECK_EQUAL(uses, 7);
        CHECK_EQUAL(ch_pool_available(pool), 1);
        CHECK_EQUAL(ch_pool_reset(pool), CH_OK);
        for (uses = 0; ch_pool_acquire_handle(pool, &handle) != NULL && uses < 100; uses++) {
            CHECK_EQUAL(handle.index, 1);
            CHECK(ch_pool_acquire(pool) == NULL);
            CHECK_EQUAL(ch_pool_reset(pool), CH_OK);
        }
        CHECK_EQUAL(uses, 7);
        CHECK_EQUAL(ch_pool_retired(pool), 2);
        CHECK_EQUAL(ch_pool_available(pool), 0);
        finish();
    }
}

TEST(pool_generation_start_separates_two_lives_of_the_same_memory) { /* M31 */
    ch_pool_options options = {.object_bytes = 8, .align = 8, .count = 4};
    ch_pool *pool = start(&options, false);
    ch_pool_handle old = {0};
    CHECK(ch_pool_acquire_handle(pool, &old) != NULL);
    options.generation_start = UINT32_MAX - 1;
    CHECK_EQUAL(ch_pool_fini(pool), CH_OK);
    CHECK_EQUAL(ch_pool_init(pool, world.memory, world.memory_bytes, &options), CH_OK);
    ch_pool_handle young = {0};
    CHECK(ch_pool_acquire_handle(pool, &young) != NULL);
    CHECK_EQUAL(young.index, old.index);
    CHECK_EQUAL(young.generation, UINT32_MAX);
    check_stale(pool, old);
    CHECK_EQUAL(ch_pool_release_handle(pool, young), CH_OK); /* the last one: out of line, wraps */
    CHECK(ch_pool_acquire_handle(pool, &young) != NULL);
    CHECK_EQUAL(young.generation, 1);
    finish();
}

/* ---- Order and content ----------------------------------------------------------------------- */

TEST(pool_reuses_the_last_released_or_with_fifo_the_first) { /* M31 */
    FOR_BOTH(twin) {
        for (unsigned fifo = 0; fifo < 2; fifo++) {
            ch_pool_options options = {
                .object_bytes = 8, .align = 8, .count = 4, .flags = fifo ? CH_POOL_FIFO : 0};
            ch_pool *pool = start(&options, twin);
            ch_pool_handle handles[4];
            for (size_t i = 0; i < 4; i++) {
                CHECK(ch_pool_acquire_handle(pool, &handles[i]) != NULL);
            }
            for (size_t i = 0; i < 13; i++) { /* round and round the queue */
                size_t a = i % 4;
                size_t b = (i + 1) % 4;
                CHECK_EQUAL(ch_pool_release_handle(pool, handles[a]), CH_OK);
                CHECK_EQUAL(ch_pool_release_handle(pool, handles[b]), CH_OK);
                uint32_t want = fifo ? handles[a].index : handles[b].index;
                CHECK(ch_pool_acquire_handle(pool, &handles[a]) != NULL);
                CHECK_EQUAL(handles[a].index, want);
                CHECK(ch_pool_acquire_handle(pool, &handles[b]) != NULL);
            }
            finish();
        }
    }
}

static void check_zeroed(unsigned flags, bool twin) {
    ch_pool_options options = {.object_bytes = 77, .align = 1, .count = 5, .flags = flags};
    ch_pool *pool = start(&options, twin);
    for (unsigned round = 0; round < 6; round++) {
        void *objects[5];
        for (size_t i = 0; i < 5; i++) {
            objects[i] = ch_pool_acquire(pool);
            CHECK(objects[i] != NULL && world_content_is(&world, objects[i], 0));
            memset(objects[i], 0xee, options.object_bytes);
        }
        if (round % 2 == 0) {
            CHECK_EQUAL(ch_pool_reset(pool), CH_OK);
            continue;
        }
        for (size_t i = 0; i < 5; i++) {
            CHECK_EQUAL(ch_pool_release(pool, objects[i]), CH_OK);
        }
    }
    finish();
}

TEST(pool_zero_flags_give_zeroed_objects_whatever_the_memory_held) { /* M32 */
    FOR_BOTH(twin) {
        check_zeroed(CH_POOL_ZERO_ON_RELEASE, twin);
        check_zeroed(CH_POOL_ZERO_ON_ACQUIRE, twin);
        check_zeroed(CH_POOL_ZERO_ON_RELEASE | CH_POOL_FIFO, twin);
        check_zeroed(CH_POOL_ZERO_ON_RELEASE | CH_POOL_ZERO_ON_ACQUIRE, twin);
    }
}
