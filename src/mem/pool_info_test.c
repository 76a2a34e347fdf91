/* pool_info_test.c: misuse, life cycle, figures, listings, allocator and self-check of pools. */
#define _GNU_SOURCE
#include "mem/pool_rig.h"

#include <stdio.h>

#include "harness.h"

static pool_world world;

static ch_pool *start(size_t count, bool twin) {
    ch_pool_options options = {
        .object_bytes = 48, .align = 8, .count = count, .name = "jobs \"x\"", .generation_bits = 8};
    CHECK(world_begin(&world, &options, twin));
    return &world.pool;
}

#define FOR_BOTH(twin) for (int twin = 0; twin < 2; twin++)

/* The pool and its tables of 32-bit numbers, which no refused call may change. */
typedef struct snapshot {
    ch_pool pool;
    uint32_t tables[2 * WORLD_SLOTS];
} snapshot;

static void take(snapshot *s, const ch_pool *pool) {
    memset(s, 0, sizeof *s);
    memcpy(&s->pool, pool, sizeof *pool);
    memcpy(s->tables, pool->generations, 2 * pool->config.count * sizeof(uint32_t));
}

static void check_refused(void *object, ch_status want) {
    static snapshot before;
    static snapshot after;
    unsigned misuses = world.misuses;
    take(&before, &world.pool);
    CHECK_EQUAL(ch_pool_release(&world.pool, object), want);
    take(&after, &world.pool);
    CHECK_BYTES(&after, &before, sizeof before);
    CHECK_EQUAL(world.misuses, misuses + 1);
    CHECK_EQUAL(world.seen.status, want);
    CHECK(world.seen.object == &world.pool && world.seen.culprit == object);
    CHECK_TEXT(world.seen.name, "jobs \"x\"");
    CHECK_TEXT(world.seen.call, "ch_pool_release");
    CHECK(world.seen.site != NULL);
}

TEST(pool_every_wrong_release_has_its_own_status_and_changes_nothing) { /* M3 M4 M30 */
    FOR_BOTH(twin) {
        ch_pool *pool = start(8, twin);
        uint8_t elsewhere[64] = {0};
        uint8_t *kept = ch_pool_acquire(pool);
        uint8_t *gone = ch_pool_acquire(pool);
        CHECK_EQUAL(ch_pool_release(pool, gone), CH_OK);
        check_refused(gone, CH_EDOUBLE);
        check_refused(gone + 1, CH_EINTERIOR);
        check_refused(NULL, CH_EFOREIGN);
        check_refused(elsewhere, CH_EFOREIGN);
        check_refused((uint8_t *)world.memory + world.memory_bytes, CH_EFOREIGN);
        for (size_t i = 1; i < 48; i++) {
            check_refused(kept + i, CH_EINTERIOR);
        }
        CHECK_EQUAL(ch_pool_reset(pool), CH_OK);
        check_refused(kept, CH_EDOUBLE);
        CHECK(world_end(&world));
    }
}

TEST(pool_calls_before_init_after_fini_and_on_a_copy_answer_estate) { /* M2 M3 */
    FOR_BOTH(twin) {
        ch_pool *pool = start(4, twin);
        ch_pool others[2] = {{0}, *pool};
        for (size_t i = 0; i < 2; i++) {
            ch_pool *other = &others[i];
            void *object = NULL;
            ch_pool_handle handle = {0};
            ch_pool_figures figures;
            CHECK(ch_pool_acquire(other) == NULL);
            CHECK(ch_pool_acquire_handle(other, &handle) == NULL);
            CHECK(ch_pool_get(other, handle) == NULL);
            CHECK_EQUAL(ch_pool_acquire_try(other, &object), CH_ESTATE);
            CHECK_EQUAL(ch_pool_release(other, &object), CH_ESTATE);
            CHECK_EQUAL(ch_pool_get_try(other, &object, handle), CH_ESTATE);
            CHECK_EQUAL(ch_pool_release_handle(other, handle), CH_ESTATE);
            CHECK_EQUAL(ch_pool_reset(other), CH_ESTATE);
            CHECK_EQUAL(ch_pool_stats(other, &figures), CH_ESTATE);
            CHECK_EQUAL(ch_pool_index_of(other, &object), SIZE_MAX);
            CHECK_EQUAL(ch_pool_check(other, NULL), CH_ECORRUPT);
            CHECK_EQUAL(ch_pool_fini(other), CH_OK);
        }
        CHECK_EQUAL(ch_pool_acquire_try(NULL, NULL), CH_EINVAL);
        CHECK_EQUAL(ch_pool_get_try(NULL, NULL, (ch_pool_handle){0}), CH_EINVAL);
        CHECK_EQUAL(ch_pool_release_handle(NULL, (ch_pool_handle){0}), CH_EINVAL);
        CHECK_EQUAL(ch_pool_reset(NULL), CH_EINVAL);
        CHECK_EQUAL(ch_pool_stats(NULL, NULL), CH_EINVAL);
        CHECK_EQUAL(ch_pool_fini(NULL), CH_OK);
        CHECK_EQUAL(world.misuses, 0);
        CHECK(world_end(&world));
        CHECK_EQUAL(ch_pool_fini(pool), CH_OK);
        CHECK(ch_pool_utilization(pool) == 0.0);
    }
}

TEST(pool_figures_and_json_tell_what_happened) { /* M9 M33 */
    FOR_BOTH(twin) {
        ch_pool *pool = start(4, twin);
        ch_pool_figures figures;
        char text[512];
        char want[512];
        void *objects[4];
        for (size_t i = 0; i < 4; i++) {
            objects[i] = ch_pool_acquire(pool);
        }
        CHECK(ch_pool_acquire(pool) == NULL);
        CHECK_EQUAL(ch_pool_release(pool, objects[2]), CH_OK);
        CHECK_EQUAL(ch_pool_stats(pool, &figures), CH_OK);
        CHECK_EQUAL(figures.capacity, 4);
        CHECK_EQUAL(figures.in_use, 3);
        CHECK_EQUAL(figures.available, 1);
        CHECK_EQUAL(figures.peak, 4);
        CHECK_EQUAL(figures.retired, 0);
        CHECK_EQUAL(figures.failures, 1);
        CHECK_EQUAL(figures.source_calls, twin ? 5 : 0);
        CHECK(ch_pool_utilization(pool) == 0.75);
        snprintf(want, sizeof want,
                 "{\"object\":\"pool\",\"name\":\"jobs \\\"x\\\"\",\"capacity\":4,\"in_use\":3,"
                 "\"available\":1,\"peak\":4,\"retired\":0,\"object_bytes\":48,"
                 "\"stride_bytes\":%zu,\"failures\":1,\"source_calls\":%d,"
                 "\"acquisitions\":4,\"utilization\":0.750000}",
                 ch_pool_stride(&world.options), twin ? 5 : 0);
        CHECK_EQUAL(ch_pool_stats_json(pool, text, sizeof text), strlen(want));
        CHECK_TEXT(text, want);
        CHECK_EQUAL(ch_pool_stats_json(pool, NULL, 0), strlen(want));
        for (size_t size = 0; size <= strlen(want) + 1; size++) {
            memset(text, '#', sizeof text);
            CHECK_EQUAL(ch_pool_stats_json(pool, text, size), strlen(want));
            CHECK(size == 0 || (strlen(text) == size - 1 && memcmp(text, want, size - 1) == 0));
            CHECK(text[size] == '#');
        }
        CHECK(world_end(&world));
        CHECK_EQUAL(ch_pool_stats_json(pool, text, sizeof text), 4);
        CHECK_TEXT(text, "null");
    }
}

TEST(pool_next_live_visits_each_object_in_use_once) { /* M33 */
    FOR_BOTH(twin) {
        ch_pool *pool = start(WORLD_SLOTS, twin);
        void *objects[WORLD_SLOTS];
        size_t position = 0;
        CHECK(ch_pool_next_live(pool, &position) == NULL);
        for (size_t i = 0; i < WORLD_SLOTS; i++) {
            objects[i] = ch_pool_acquire(pool);
        }
        for (size_t i = 0; i < WORLD_SLOTS; i += 3) {
            CHECK_EQUAL(ch_pool_release(pool, objects[i]), CH_OK);
        }
        position = 0;
        for (size_t i = 0; i < WORLD_SLOTS; i++) {
            CHECK(i % 3 == 0 || ch_pool_next_live(pool, &position) == objects[i]);
        }
        CHECK(ch_pool_next_live(pool, &position) == NULL);
        CHECK(ch_pool_next_live(pool, &position) == NULL);
        CHECK(world_end(&world));
    }
}

TEST(pool_allocator_serves_what_fits_an_object) { /* M30 */
    ch_pool *pool = start(2, false);
    ch_allocator source = ch_pool_allocator(pool);
    CHECK(source.alloc(source.user, 49, 8) == NULL);
    CHECK(source.alloc(source.user, 48, 16) == NULL);
    void *block = source.alloc(source.user, 48, 8);
    CHECK(block != NULL && source.alloc(source.user, 1, 1) != NULL);
    CHECK(source.alloc(source.user, 1, 1) == NULL);
    CHECK(source.resize(source.user, block, 48, 1));
    CHECK(!source.resize(source.user, block, 1, 49));
    CHECK_EQUAL(source.free(source.user, block, 48), CH_OK);
    CHECK_EQUAL(source.free(source.user, block, 48), CH_EDOUBLE);
    CHECK_EQUAL(ch_pool_in_use(pool), 1);
    CHECK(world_end(&world));
}

TEST(pool_unchecked_calls_do_what_the_checked_ones_do) { /* M34 */
    ch_pool *pool = start(8, false);
    void *objects[8];
    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < 8; i++) {
            objects[i] = ch_pool_acquire_unchecked(pool);
            CHECK(objects[i] != NULL);
        }
        CHECK(ch_pool_acquire_unchecked(pool) == NULL);
        for (size_t i = 0; i < 8; i++) {
            ch_pool_release_unchecked(pool, objects[i]);
            CHECK_EQUAL(ch_pool_check(pool, NULL), CH_OK);
        }
        CHECK_EQUAL(ch_pool_in_use(pool), 0);
    }
    CHECK(world_end(&world));
}

/* Flips a bit in every byte of `bytes`; each flip must break an invariant. */
static void check_flips(ch_pool *pool, void *bytes, size_t from, size_t to) {
    uint8_t *at = bytes;
    for (size_t i = from; i < to; i++) {
        unsigned invariant = 0;
        at[i] ^= 1;
        if (!CHECK_EQUAL(ch_pool_check(pool, &invariant), CH_ECORRUPT)) {
            CHECK_EQUAL(i, SIZE_MAX); /* prints which byte it was */
        }
        CHECK(invariant >= 1 && invariant <= 6);
        at[i] ^= 1;
    }
    CHECK_EQUAL(ch_pool_check(pool, NULL), CH_OK);
}

TEST(pool_check_sees_every_flipped_byte) { /* M7 */
    FOR_BOTH(twin) {
        ch_pool *pool = start(4, twin);
        void *objects[4];
        for (size_t i = 0; i < 4; i++) {
            objects[i] = ch_pool_acquire(pool);
        }
        CHECK_EQUAL(ch_pool_release(pool, objects[0]), CH_OK);
        CHECK_EQUAL(ch_pool_release(pool, objects[3]), CH_OK);
        check_flips(pool, pool, 0, offsetof(ch_pool, failures)); /* counters can be anything */
        check_flips(pool, pool, offsetof(ch_pool, owner), sizeof *pool);
        check_flips(pool, pool->generations, 0, 4 * sizeof(uint32_t));
        check_flips(pool, pool->free_slots, 0,
                    (pool->free_count + pool->held_count) * sizeof(uint32_t));
        CHECK(world_end(&world));
    }
}
