/* pool_track_test.c: what a tracker learns from a pool, a set of pools and a thread's part of a
 * pool between threads, and that unbinding gives the inline paths back. Random steps with a tracker
 * that comes and goes: pool_model_test.c, xpool_test.c. */
#define _GNU_SOURCE
#include <coldheap/pools.h>
#include <coldheap/xpool.h>

#include <string.h>

#include "harness.h"
#include "mem/checked.h"
#include "mem/mem_rig.h"

static CH_ALIGNED(64) uint8_t tracker_memory[1 << 20];
static ch_tracker tracker;

static void start_tracker(void) {
    const ch_tracker_options options = {.sites_max = 16, .live_max = 16};
    CHECK(ch_tracker_footprint(&options) <= sizeof tracker_memory);
    CHECK_EQUAL(ch_tracker_init(&tracker, tracker_memory, sizeof tracker_memory, &options), CH_OK);
}

static ch_track_kind_figures noted(void) {
    ch_tracker_figures figures;
    CHECK_EQUAL(ch_tracker_stats(&tracker, &figures), CH_OK);
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        CHECK(kind == CH_TRACK_POOL || figures.kinds[kind].acquisitions == 0);
    }
    return figures.kinds[CH_TRACK_POOL];
}

static CH_NOINLINE void *acquire_here(ch_pool *pool) {
    void *object = ch_pool_acquire(pool);
    CHECK(object != NULL);
    return object;
}

static CH_NOINLINE void *acquire_there(ch_pool *pool, ch_pool_handle *handle) {
    void *object = ch_pool_acquire_handle(pool, handle);
    CHECK(object != NULL);
    return object;
}

/* A site is in the function that called, a few instructions after its start. */
static bool is_in(const ch_track_site *site, uintptr_t function) {
    return (uintptr_t)site->address - function < (RIG_SLOW ? 4096 : 256);
}

TEST(pool_tracker_books_objects_on_who_acquired_them) { /* M71 M72 */
    static CH_ALIGNED(64) uint8_t memory[4096];
    const ch_pool_options options = {.object_bytes = 40, .align = 8, .count = 4};
    ch_pool pool;
    ch_pool_handle handle;
    void *objects[3];
    size_t count = 0;
    start_tracker();
    CHECK_EQUAL(ch_pool_init(&pool, memory, sizeof memory, &options), CH_OK);
    CHECK_EQUAL(ch_pool_track(&pool, &tracker), CH_OK);
    for (size_t i = 0; i < 3; i++) {
        objects[i] = acquire_here(&pool);
    }
    (void)acquire_there(&pool, &handle);
    CHECK(ch_pool_acquire(&pool) == NULL);
    CHECK_EQUAL(ch_pool_release(&pool, objects[1]), CH_OK);
    CHECK_EQUAL(ch_pool_release_handle(&pool, handle), CH_OK);
    const ch_track_site *sites = ch_tracker_sites(&tracker, &count);
    if (CHECK(count >= 2)) {
        CHECK(is_in(&sites[0], (uintptr_t)acquire_here));
        CHECK(is_in(&sites[1], (uintptr_t)acquire_there));
        CHECK_EQUAL(sites[0].count, 3);
        CHECK_EQUAL(sites[0].releases, 1);
        CHECK_EQUAL(sites[0].total_bytes, 120);
        CHECK_EQUAL(sites[0].current_bytes, 80);
        CHECK_EQUAL(sites[0].peak_bytes, 120);
        CHECK_EQUAL(sites[1].count, 1);
        CHECK_EQUAL(sites[1].current_bytes, 0);
    }
    ch_track_kind_figures figures = noted();
    CHECK_EQUAL(figures.acquisitions, 4);
    CHECK_EQUAL(figures.releases, 2);
    CHECK_EQUAL(figures.exhausted, 1);
    CHECK_EQUAL(figures.current_bytes, 80);
    CHECK_EQUAL(ch_pool_reset(&pool), CH_OK);
    figures = noted();
    CHECK_EQUAL(figures.releases, 3);
    CHECK_EQUAL(figures.released_bytes, 160);
    (void)acquire_here(&pool);
    CHECK_EQUAL(ch_pool_fini(&pool), CH_OK);
    CHECK_EQUAL(noted().released_bytes, 200);
    CHECK_EQUAL(ch_tracker_fini(&tracker), CH_OK);
}

TEST(pool_unbound_from_its_tracker_has_its_inline_paths_back) { /* M71 M75 */
    static CH_ALIGNED(64) uint8_t memory[4096];
    const ch_pool_options options = {.object_bytes = 40, .align = 8, .count = 4};
    ch_pool pool = {0};
    void *objects[4];
    start_tracker();
    CHECK_EQUAL(ch_pool_track(NULL, &tracker), CH_EINVAL);
    CHECK_EQUAL(ch_pool_track(&pool, &tracker), CH_ESTATE);
    CHECK_EQUAL(ch_pool_init(&pool, memory, sizeof memory, &options), CH_OK);
    for (size_t i = 0; i < 4; i++) {
        objects[i] = ch_pool_acquire(&pool);
    }
    CHECK_EQUAL(ch_pool_release(&pool, objects[0]), CH_OK);
    CHECK_EQUAL(ch_pool_release(&pool, objects[2]), CH_OK);
    CHECK_EQUAL(ch_pool_track(&pool, &tracker), CH_OK);
    CHECK(pool.fast_fresh == 0 && pool.free_count == 0 && pool.spare == NULL);
    CHECK_EQUAL(ch_pool_in_use(&pool), 2);
    CHECK_EQUAL(ch_pool_check(&pool, NULL), CH_OK);
    CHECK(ch_pool_acquire(&pool) == objects[2]); /* still the last one first */
    CHECK_EQUAL(ch_pool_release(&pool, objects[2]), CH_OK);
    CHECK_EQUAL(ch_pool_track(&pool, NULL), CH_OK);
    CHECK_EQUAL(pool.fast_fresh, chi_checked() || pool.tracked ? 0 : 4);
    CHECK(ch_pool_acquire(&pool) == objects[2] && ch_pool_acquire(&pool) == objects[0]);
    CHECK(ch_pool_acquire(&pool) == NULL);
    CHECK_EQUAL(ch_pool_check(&pool, NULL), CH_OK);
    CHECK_EQUAL(noted().acquisitions, 1);
    CHECK_EQUAL(noted().exhausted, 0);
    CHECK_EQUAL(ch_pool_fini(&pool), CH_OK);
}

TEST(pools_of_a_set_are_tracked_together) { /* M36 M71 */
    static CH_ALIGNED(64) uint8_t memory[4096];
    static ch_pools set;
    static const ch_pool_spec specs[] = {
        {"a", 8, 8, 2, 0}, {"b", 8, 8, 0, 0}, {"c", 100, 4, 3, CH_POOL_ZERO_ON_RELEASE}};
    start_tracker();
    CHECK_EQUAL(ch_pools_track(NULL, &tracker), CH_EINVAL);
    CHECK_EQUAL(ch_pools_track(&set, &tracker), CH_ESTATE);
    CHECK_EQUAL(ch_pools_init(&set, memory, sizeof memory, specs, 3), CH_OK);
    CHECK_EQUAL(ch_pools_track(&set, &tracker), CH_OK);
    CHECK(ch_pools_acquire(&set, 0) != NULL && ch_pools_acquire(&set, 2) != NULL);
    CHECK(ch_pools_acquire(&set, 1) == NULL);
    CHECK_EQUAL(noted().acquisitions, 2);
    CHECK_EQUAL(noted().acquired_bytes, 108);
    CHECK_EQUAL(ch_pools_reset(&set), CH_OK);
    CHECK_EQUAL(noted().released_bytes, 108);
    CHECK_EQUAL(ch_pools_track(&set, NULL), CH_OK);
    CHECK(ch_pools_acquire(&set, 0) != NULL);
    CHECK_EQUAL(noted().acquisitions, 2);
    CHECK_EQUAL(ch_pools_fini(&set), CH_OK);
}

TEST(xpool_tracker_of_a_shard_learns_what_its_thread_does) { /* M52 M71 */
    static CH_ALIGNED(4096) uint8_t memory[1 << 16];
    const ch_xpool_options options = {
        .object_bytes = 24, .align = 8, .per_thread = 2, .threads_max = 2, .batch = 1};
    ch_xpool pool;
    ch_xpool_shard *a = NULL;
    ch_xpool_shard *b = NULL;
    start_tracker();
    CHECK_EQUAL(ch_xpool_init(&pool, memory, sizeof memory, &options), CH_OK);
    CHECK_EQUAL(ch_xpool_join(&pool, &a), CH_OK);
    CHECK_EQUAL(ch_xpool_track(NULL, &tracker), CH_EINVAL);
    void *first = ch_xpool_acquire(a);
    CHECK_EQUAL(ch_xpool_release(a, first), CH_OK);
    CHECK_EQUAL(ch_xpool_track(a, &tracker), CH_OK);
    CHECK(a->spare == NULL && a->free_count == 0 && a->slot_count == 0);
    CHECK_EQUAL(ch_xpool_join(&pool, &b), CH_OK);
    CHECK(ch_xpool_acquire(a) == first);
    void *second = ch_xpool_acquire(a);
    CHECK(second != NULL && ch_xpool_acquire(a) == NULL);
    CHECK_EQUAL(ch_xpool_release(a, first), CH_OK);
    CHECK_EQUAL(ch_xpool_release(b, second), CH_OK); /* that thread has no tracker */
    CHECK_EQUAL(noted().acquisitions, 2);
    CHECK_EQUAL(noted().exhausted, 1);
    CHECK_EQUAL(noted().releases, 1);
    CHECK_EQUAL(noted().current_bytes, 24);
    CHECK_EQUAL(ch_xpool_check(&pool, NULL), CH_OK);
    CHECK_EQUAL(ch_xpool_track(a, NULL), CH_OK);
    CHECK(chi_checked() || a->tracked || a->slot_count == 4);
    CHECK(ch_xpool_acquire(a) != NULL && ch_xpool_acquire(a) != NULL);
    CHECK_EQUAL(noted().acquisitions, 2);
    CHECK_EQUAL(ch_xpool_track(a, &tracker), CH_OK);
    CHECK_EQUAL(ch_xpool_leave(a), CH_OK);
    CHECK_EQUAL(ch_xpool_track(a, &tracker), CH_ESTATE);
    CHECK(a->tracker == NULL);
    CHECK_EQUAL(ch_xpool_check(&pool, NULL), CH_OK);
    CHECK_EQUAL(ch_xpool_fini(&pool), CH_OK);
}
