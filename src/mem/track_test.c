/* track_test.c: set-up of trackers, notes, full tables, notes from signal handlers, self-check.
 * What any sequence of notes must do is track_model_test.c's matter. */
#define _GNU_SOURCE
#include <coldheap/track.h>

#include <signal.h>
#include <sys/mman.h>

#include "harness.h"
#include "mem/mem_rig.h"
#include "mem/track_parts.h"

static CH_ALIGNED(64) uint8_t memory[1 << 20];
static ch_tracker tracker;
static ch_tracker_figures figures;

/* Addresses of sites and objects: any will do. */
static const void *at(size_t number) {
    return (const void *)(uintptr_t)(0x10000 + 16 * number);
}

static void start(const ch_tracker_options *options) {
    memset(memory, 0xa5, sizeof memory);
    CHECK_EQUAL(ch_tracker_init(&tracker, memory, ch_tracker_footprint(options), options), CH_OK);
}

static const ch_tracker_figures *now(void) {
    CHECK_EQUAL(ch_tracker_check(&tracker, NULL), CH_OK);
    CHECK_EQUAL(ch_tracker_stats(&tracker, &figures), CH_OK);
    return &figures;
}

static void acquire(unsigned kind, size_t size_bytes, size_t site, size_t object) {
    CHECK_EQUAL(ch_tracker_note(&tracker, kind, CH_TRACK_ACQUIRE, size_bytes, at(site), at(object)),
                CH_OK);
}

static void release(unsigned kind, size_t size_bytes, size_t site, size_t object) {
    CHECK_EQUAL(ch_tracker_note(&tracker, kind, CH_TRACK_RELEASE, size_bytes, at(site), at(object)),
                CH_OK);
}

/* ---- Notes --------------------------------------------------------------------------------- */

TEST(track_books_a_release_on_the_site_that_acquired) { /* M72 */
    size_t count = 0;
    start(NULL);
    acquire(CH_TRACK_POOL, 100, 1, 10);
    acquire(CH_TRACK_POOL, 50, 2, 11);
    release(CH_TRACK_POOL, 100, 2, 10);
    const ch_track_site *sites = ch_tracker_sites(&tracker, &count);
    CHECK_EQUAL(count, 2);
    CHECK(sites[0].address == at(1) && sites[1].address == at(2));
    CHECK_EQUAL(sites[0].current_bytes, 0);
    CHECK_EQUAL(sites[0].peak_bytes, 100);
    CHECK_EQUAL(sites[0].releases, 1);
    CHECK_EQUAL(sites[1].current_bytes, 50);
    CHECK_EQUAL(sites[1].releases, 0);
    CHECK_EQUAL(now()->pool_acquisitions, 2);
    CHECK_EQUAL(figures.total_pool_bytes, 150);
    CHECK_EQUAL(figures.kinds[CH_TRACK_POOL].current_bytes, 50);
    CHECK_EQUAL(figures.kinds[CH_TRACK_POOL].peak_bytes, 150);
}

TEST(track_counts_each_kind_apart_and_offers_the_sum) { /* M71 */
    start(NULL);
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        for (unsigned i = 0; i <= kind; i++) {
            acquire(kind, (size_t)1 << (4 * kind), kind, 100 * kind + i + 1);
        }
        CHECK_EQUAL(ch_tracker_note(&tracker, kind, CH_TRACK_EXHAUSTED, 7, at(1), NULL), CH_OK);
    }
    CHECK_EQUAL(now()->heap_allocations, 1);
    CHECK_EQUAL(figures.stack_allocations, 2);
    CHECK_EQUAL(figures.pool_acquisitions, 3);
    CHECK_EQUAL(figures.buffer_acquisitions, 4);
    CHECK_EQUAL(figures.arena_allocations, 5);
    CHECK_EQUAL(figures.total_heap_bytes, 1);
    CHECK_EQUAL(figures.total_stack_bytes, 2 * 0x10);
    CHECK_EQUAL(figures.total_pool_bytes, 3 * 0x100);
    CHECK_EQUAL(figures.total_buffer_bytes, 4 * 0x1000);
    CHECK_EQUAL(figures.total_arena_bytes, 5 * 0x10000);
    CHECK_EQUAL(figures.total_stack_and_arena_bytes, 2 * 0x10 + 5 * 0x10000);
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        CHECK_EQUAL(figures.kinds[kind].exhausted, 1);
    }
}

TEST(track_gives_no_current_bytes_after_a_release_of_many) { /* M72 */
    size_t count = 0;
    start(NULL);
    acquire(CH_TRACK_STACK, 8, 1, 1);
    acquire(CH_TRACK_POOL, 8, 2, 2);
    CHECK(now()->kinds[CH_TRACK_STACK].current_known);
    CHECK_EQUAL(ch_tracker_note(&tracker, CH_TRACK_STACK, CH_TRACK_RELEASE, 8, at(3), NULL), CH_OK);
    acquire(CH_TRACK_STACK, 8, 4, 4);
    const ch_track_site *sites = ch_tracker_sites(&tracker, &count);
    CHECK_EQUAL(count, 3);
    CHECK(sites[0].unknown != 0 && sites[1].unknown == 0 && sites[2].unknown != 0);
    CHECK(!now()->kinds[CH_TRACK_STACK].current_known &&
          figures.kinds[CH_TRACK_POOL].current_known);
    CHECK_EQUAL(figures.kinds[CH_TRACK_STACK].released_bytes, 8);
    CHECK(!figures.kinds[CH_TRACK_ARENA].current_known);
}
