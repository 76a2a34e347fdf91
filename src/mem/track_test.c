/* track_test.c: set-up of trackers, notes, full tables, notes from signal handlers, self-check.
 * What any sequence of notes must do is track_model_test.c's matter. */
#define _GNU_SOURCE
#include <coldheap/track.h>

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "harness.h"
#include "mem/checked.h"
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

TEST(track_does_not_know_what_replaces_a_live_object) { /* M72 */
    size_t count = 0;
    start(NULL);
    acquire(CH_TRACK_POOL, 100, 1, 1);
    acquire(CH_TRACK_POOL, 30, 2, 1); /* a pool inside the object of another one */
    const ch_track_site *sites = ch_tracker_sites(&tracker, &count);
    CHECK(sites[0].unknown != 0 && sites[1].unknown == 0);
    CHECK_EQUAL(sites[1].current_bytes, 30);
    CHECK(!now()->kinds[CH_TRACK_POOL].current_known);
    acquire(CH_TRACK_BUFFER, 5, 2, 1); /* of another kind: another object */
    CHECK(now()->kinds[CH_TRACK_BUFFER].current_known);
    release(CH_TRACK_POOL, 30, 9, 1);
    CHECK_EQUAL(sites[1].current_bytes, 0);
    CHECK_EQUAL(now()->kinds[CH_TRACK_BUFFER].current_bytes, 5);
}

TEST(track_counts_the_sites_that_its_table_has_no_row_for) { /* M72 */
    const ch_tracker_options options = {.sites_max = 20};
    start(&options);
    for (size_t i = 0; i < 50; i++) {
        acquire(CH_TRACK_POOL, 10, i, i + 1);
        acquire(CH_TRACK_POOL, 10, i, i + 101);
    }
    CHECK_EQUAL(now()->sites, 20);
    CHECK_EQUAL(figures.sites_dropped, 60);
    CHECK_EQUAL(figures.pool_acquisitions, 100);
    CHECK_EQUAL(figures.total_pool_bytes, 1000);
    CHECK_EQUAL(figures.kinds[CH_TRACK_POOL].current_bytes, 1000);
    for (size_t i = 0; i < 50; i++) {
        release(CH_TRACK_POOL, 10, 0, i + 1);
        release(CH_TRACK_POOL, 10, 0, i + 101);
    }
    CHECK_EQUAL(now()->kinds[CH_TRACK_POOL].current_bytes, 0);
    CHECK(figures.kinds[CH_TRACK_POOL].current_known);
}

TEST(track_counts_the_objects_that_its_table_has_no_room_for) { /* M72 */
    const ch_tracker_options options = {.live_max = 8};
    size_t count = 0;
    start(&options);
    for (size_t i = 0; i < 9; i++) {
        acquire(CH_TRACK_POOL, 10, i / 8, i + 1);
    }
    const ch_track_site *sites = ch_tracker_sites(&tracker, &count);
    CHECK_EQUAL(now()->live_dropped, 1);
    CHECK_EQUAL(figures.live, 8);
    CHECK(!figures.kinds[CH_TRACK_POOL].current_known);
    CHECK(sites[0].unknown == 0 && sites[1].unknown != 0);
    release(CH_TRACK_POOL, 10, 0, 9);
    CHECK_EQUAL(now()->unmatched, 1);
    CHECK_EQUAL(sites[0].current_bytes, 80);
}

TEST(track_forgets_the_objects_of_a_bulk_release_when_it_needs_their_room) { /* M72 */
    const ch_tracker_options options = {.live_max = 8};
    start(&options);
    for (size_t round = 0; round < 100; round++) {
        for (size_t i = 0; i < 3; i++) {
            acquire(CH_TRACK_STACK, 10, 1, 10 * round + i + 1);
        }
        CHECK_EQUAL(ch_tracker_note(&tracker, CH_TRACK_STACK, CH_TRACK_RELEASE, 30, at(1), NULL),
                    CH_OK);
        acquire(CH_TRACK_POOL, 10, 2, 1);
        release(CH_TRACK_POOL, 10, 2, 1);
        (void)now();
    }
    CHECK(figures.live_dropped > 0 && figures.unmatched == 0);
    CHECK(figures.kinds[CH_TRACK_POOL].current_known);
    CHECK_EQUAL(figures.total_stack_bytes, 3000);
}

TEST(track_that_is_off_counts_nothing_and_then_knows_less) { /* M71 M75 */
    size_t count = 0;
    start(&(ch_tracker_options){.start_disabled = true});
    CHECK(!ch_tracker_is_enabled(&tracker) && !ch_tracker_is_enabled(NULL));
    CHECK_EQUAL(ch_tracker_note(&tracker, 0, 0, 1, NULL, NULL), CH_EDISABLED);
    CHECK(!now()->enabled && figures.heap_allocations == 0);
    CHECK_EQUAL(ch_tracker_enable(&tracker, true), CH_OK);
    acquire(CH_TRACK_POOL, 10, 1, 1);
    acquire(CH_TRACK_BUFFER, 10, 2, 2);
    release(CH_TRACK_BUFFER, 10, 2, 2);
    CHECK_EQUAL(ch_tracker_enable(&tracker, false), CH_OK);
    CHECK_EQUAL(ch_tracker_enable(&tracker, true), CH_OK);
    release(CH_TRACK_POOL, 10, 1, 1);
    const ch_track_site *sites = ch_tracker_sites(&tracker, &count);
    CHECK(sites[0].unknown != 0 && sites[1].unknown == 0);
    CHECK(!now()->kinds[CH_TRACK_POOL].current_known);
    CHECK(figures.kinds[CH_TRACK_BUFFER].current_known);
    CHECK_EQUAL(figures.unmatched, 1);
}

TEST(track_says_whether_anybody_counts_heap_calls) { /* M71 */
    start(NULL);
    CHECK(!now()->heap_known);
    acquire(CH_TRACK_HEAP, 10, 1, 1);
    CHECK(now()->heap_known);
    start(&(ch_tracker_options){.heap_noted = true});
    CHECK(now()->heap_known && figures.heap_allocations == 0);
}

/* ---- Signal handlers ------------------------------------------------------------------------- */

static void note_in_handler(int number) {
    (void)number;
    acquire(CH_TRACK_POOL, 3, 77, 500);
    release(CH_TRACK_POOL, 3, 77, 500);
    CHECK_EQUAL(ch_tracker_note(&tracker, CH_TRACK_POOL, CH_TRACK_EXHAUSTED, 3, at(77), NULL),
                CH_OK);
}

TEST(track_counts_notes_of_a_handler_that_interrupts_a_note) { /* M72 M51 */
    start(NULL);
    acquire(CH_TRACK_POOL, 10, 1, 1);
    tracker.busy = 1; /* as it is in the middle of a note */
    note_in_handler(0);
    CHECK_EQUAL(ch_tracker_stats(&tracker, &figures), CH_OK);
    CHECK_EQUAL(figures.pool_acquisitions, 2);
    CHECK_EQUAL(figures.nested, 3);
    tracker.busy = 0;
    acquire(CH_TRACK_POOL, 10, 1, 2); /* folds them in */
    CHECK_EQUAL(now()->pool_acquisitions, 3);
    CHECK_EQUAL(figures.kinds[CH_TRACK_POOL].releases, 1);
    CHECK_EQUAL(figures.kinds[CH_TRACK_POOL].exhausted, 1);
    CHECK_EQUAL(figures.total_pool_bytes, 23);
    CHECK_EQUAL(figures.kinds[CH_TRACK_POOL].released_bytes, 3);
    CHECK_EQUAL(figures.nested, 3);
    CHECK_EQUAL(figures.sites_dropped, 1);
    CHECK_EQUAL(figures.sites, 1);
    CHECK(!figures.kinds[CH_TRACK_POOL].current_known);
}

static volatile sig_atomic_t rings;

static void ring(int number) {
    if (number == SIGALRM) {
        rings++;
        (void)ch_tracker_note(&tracker, CH_TRACK_POOL, CH_TRACK_ACQUIRE, 3, at(77), at(500));
        (void)ch_tracker_note(&tracker, CH_TRACK_POOL, CH_TRACK_RELEASE, 3, at(77), at(500));
    }
}

/* A timer rings as often as it can while notes are made, and none of any side is lost. */
TEST(track_loses_no_note_to_signals) { /* M72 */
    struct sigaction action = {.sa_handler = ring};
    const struct itimerval often = {{0, 50}, {0, 50}};
    const struct itimerval never = {{0, 0}, {0, 0}};
    size_t made = 0;
    start(&(ch_tracker_options){.sites_max = 16, .live_max = 64});
    rings = 0;
    CHECK_EQUAL(sigaction(SIGALRM, &action, NULL), 0);
    CHECK_EQUAL(setitimer(ITIMER_REAL, &often, NULL), 0);
    for (; made < 100000000 && (rings < 500 || made < 100000); made++) {
        (void)ch_tracker_note(&tracker, CH_TRACK_POOL, CH_TRACK_ACQUIRE, 10, at(made % 20),
                              at(made % 50 + 1));
        (void)ch_tracker_note(&tracker, CH_TRACK_POOL, CH_TRACK_RELEASE, 10, NULL,
                              at((made + 7) % 50 + 1));
    }
    CHECK_EQUAL(setitimer(ITIMER_REAL, &never, NULL), 0);
    action.sa_handler = SIG_IGN; /* a last one may still be on its way */
    CHECK_EQUAL(sigaction(SIGALRM, &action, NULL), 0);
    CHECK(rings > 0);
    CHECK_EQUAL(now()->pool_acquisitions, made + (size_t)rings);
    CHECK_EQUAL(figures.kinds[CH_TRACK_POOL].releases, made + (uint64_t)rings);
    CHECK_EQUAL(figures.total_pool_bytes, 10 * (uint64_t)made + 3 * (uint64_t)rings);
}

/* ---- Set-up ---------------------------------------------------------------------------------- */

TEST(track_footprint_is_exact_between_two_closed_pages) { /* M2 */
    const ch_tracker_options options[] = {
        {0}, {.sites_max = 1, .live_max = 1}, {.counters_only = true}, {.sites_max = 777}};
    for (size_t i = 0; i < 4; i++) {
        size_t need = ch_tracker_footprint(&options[i]);
        size_t room = (need + 4095) / 4096 * 4096;
        uint8_t *map = mmap(NULL, room + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(map != MAP_FAILED);
        CHECK_EQUAL(mprotect(map + 4096, room, PROT_READ | PROT_WRITE), 0);
        uint8_t *inside = map + 4096 + (room - need) / 64 * 64;
        CHECK_EQUAL(ch_tracker_init(&tracker, inside, need - 1, &options[i]), CH_EFULL);
        CHECK_EQUAL(ch_tracker_init(&tracker, inside, need, &options[i]), CH_OK);
        for (size_t site = 0; site < 2000; site++) {
            acquire(CH_TRACK_POOL, 1, site, site + 1);
        }
        CHECK_EQUAL(now()->pool_acquisitions, 2000);
        CHECK_EQUAL(ch_tracker_fini(&tracker), CH_OK);
        CHECK_EQUAL(munmap(map, room + 8192), 0);
    }
    CHECK_EQUAL(ch_tracker_footprint(NULL), ch_tracker_footprint(&options[0]));
}

TEST(track_refuses_what_it_cannot_be_and_changes_nothing) { /* M2 M5 */
    const ch_tracker_options bad[] = {{.sites_max = CH_TRACK_SITES_MAX + 1},
                                      {.sites_max = SIZE_MAX},
                                      {.live_max = CH_TRACK_LIVE_MAX + 1},
                                      {.live_max = SIZE_MAX}};
    ch_tracker kept;
    memset(&kept, 0x5a, sizeof kept);
    tracker = kept;
    for (size_t i = 0; i < 4; i++) {
        CHECK_EQUAL(ch_tracker_footprint(&bad[i]), 0);
        CHECK_EQUAL(ch_tracker_init(&tracker, memory, sizeof memory, &bad[i]), CH_EINVAL);
    }
    CHECK_EQUAL(ch_tracker_init(NULL, memory, sizeof memory, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_tracker_init(&tracker, NULL, sizeof memory, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_tracker_init(&tracker, memory + 8, sizeof memory - 8, NULL), CH_EALIGN);
    CHECK_EQUAL(ch_tracker_init(&tracker, memory, 0, NULL), CH_EFULL);
    CHECK_BYTES(&tracker, &kept, sizeof kept);
    const ch_tracker_options largest = {.sites_max = CH_TRACK_SITES_MAX,
                                        .live_max = CH_TRACK_LIVE_MAX};
    CHECK(ch_tracker_footprint(&largest) > CH_TRACK_SITES_MAX * sizeof(ch_track_site) ||
          sizeof(size_t) < 8);
}

TEST(track_that_is_no_tracker_answers_so) { /* M2 M3 */
    ch_tracker none = {0};
    CHECK_EQUAL(ch_tracker_note(NULL, 0, 0, 1, NULL, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_tracker_note(&none, 0, 0, 1, NULL, NULL), CH_ESTATE);
    CHECK_EQUAL(ch_tracker_stats(NULL, &figures), CH_EINVAL);
    CHECK_EQUAL(ch_tracker_stats(&none, &figures), CH_ESTATE);
    CHECK_EQUAL(ch_tracker_stats(&none, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_tracker_enable(NULL, true), CH_EINVAL);
    CHECK_EQUAL(ch_tracker_enable(&none, true), CH_ESTATE);
    CHECK_EQUAL(ch_tracker_reset(NULL), CH_EINVAL);
    CHECK_EQUAL(ch_tracker_reset(&none), CH_ESTATE);
    CHECK_EQUAL(ch_tracker_fini(NULL), CH_OK);
    CHECK_EQUAL(ch_tracker_fini(&none), CH_OK);
    CHECK_EQUAL(ch_tracker_check(NULL, NULL), CH_ECORRUPT);
    CHECK(ch_tracker_sites(&none, NULL) == NULL);
    start(NULL);
    ch_tracker copy = tracker;
    CHECK_EQUAL(ch_tracker_note(&copy, 0, 0, 1, NULL, NULL), CH_ESTATE); /* not to be copied */
}

static void *note_elsewhere(void *context) {
    *(ch_status *)context = ch_tracker_note(&tracker, 0, 0, 1, NULL, NULL);
    return NULL;
}

TEST(track_knows_its_thread_in_verify_builds) { /* M6 */
    pthread_t other;
    ch_status status = CH_OK;
    start(NULL);
    rig_seen = (rig_recorder){0};
    (void)ch_on_misuse(&rig_hook);
    CHECK_EQUAL(pthread_create(&other, NULL, note_elsewhere, &status), 0);
    CHECK_EQUAL(pthread_join(other, NULL), 0);
    (void)ch_on_misuse(NULL);
    bool verify = chi_thread_token() != NULL;
    CHECK_EQUAL(status, verify ? CH_ETHREAD : CH_OK);
    CHECK_EQUAL(rig_misused(&tracker, CH_ETHREAD), verify);
}

/* ---- Self-check ------------------------------------------------------------------------------ */

static void fill_tables(void) {
    start(&(ch_tracker_options){.sites_max = 16, .live_max = 16});
    for (size_t i = 0; i < 14; i++) {
        acquire((unsigned)(i % 4), 10 + i, i % 9, i + 1);
    }
    release(CH_TRACK_POOL, 12, 0, 3);
    CHECK_EQUAL(ch_tracker_check(&tracker, NULL), CH_OK);
}

/* Whether the check notices that one byte changed. */
static bool flip_is_noticed(uint8_t *byte) {
    *byte ^= 0x41;
    bool noticed = ch_tracker_check(&tracker, NULL) == CH_ECORRUPT;
    *byte ^= 0x41;
    return noticed;
}

TEST(track_check_notices_each_byte_of_configuration_and_tables) { /* M7 */
    fill_tables();
    uint8_t *config = (uint8_t *)&tracker.config;
    for (size_t i = 0; i < sizeof tracker.config; i++) {
        CHECK(flip_is_noticed(config + i));
    }
    uint8_t *places = (uint8_t *)tracker.config.places;
    for (size_t i = 0; i < sizeof(uint32_t) << tracker.config.place_bits; i++) {
        CHECK(flip_is_noticed(places + i));
    }
    CHECK_EQUAL(ch_tracker_check(&tracker, NULL), CH_OK);
}

static bool sum_is_noticed(void *number, size_t size_bytes) {
    bool noticed = true;
    for (size_t i = 0; i < size_bytes; i++) {
        noticed = noticed && flip_is_noticed((uint8_t *)number + i);
    }
    return noticed;
}

/* Keys that changed are missed only where they happen to keep their place in the hash table. */
TEST(track_check_notices_most_bytes_of_keys) { /* M7 */
    size_t tried = 0;
    size_t missed = 0;
    fill_tables();
    for (size_t slot = 0; slot < (size_t)1 << tracker.config.live_bits; slot++) {
        chi_track_live *live = &tracker.config.live[slot];
        for (size_t i = 0; i < sizeof live->object; i++, tried++) {
            missed += !flip_is_noticed((uint8_t *)&live->object + i);
        }
        CHECK(live->object == 0 || sum_is_noticed(&live->size_bytes, sizeof live->size_bytes));
        CHECK(live->object == 0 || sum_is_noticed(&live->row, sizeof live->row));
        CHECK(live->object == 0 || sum_is_noticed(&live->kind, sizeof live->kind));
    }
    for (size_t i = 0; i < tracker.site_count; i++) {
        for (size_t j = 0; j < sizeof(void *); j++, tried++) {
            missed += !flip_is_noticed((uint8_t *)&tracker.config.rows[i].address + j);
        }
    }
    CHECK(missed * 8 < tried);
    CHECK_EQUAL(ch_tracker_check(&tracker, NULL), CH_OK);
}

TEST(track_check_notices_each_byte_of_the_sums) { /* M7 */
    fill_tables();
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        chi_track_kind *of = &tracker.config.kinds[kind];
        CHECK(sum_is_noticed(&of->calls[CH_TRACK_ACQUIRE], sizeof of->calls[0]));
        CHECK(sum_is_noticed(&of->bytes[CH_TRACK_ACQUIRE], sizeof of->bytes[0]));
        CHECK(sum_is_noticed(&of->current_bytes, sizeof of->current_bytes));
    }
    for (size_t i = 0; i < tracker.site_count; i++) {
        ch_track_site *row = &tracker.config.rows[i];
        CHECK(sum_is_noticed(&row->kind, sizeof row->kind));
        CHECK(sum_is_noticed(&row->count, sizeof row->count));
        CHECK(sum_is_noticed(&row->total_bytes, sizeof row->total_bytes));
        CHECK(sum_is_noticed(&row->current_bytes, sizeof row->current_bytes));
    }
    CHECK(sum_is_noticed(&tracker.site_count, sizeof tracker.site_count));
    CHECK(sum_is_noticed(&tracker.live_count, sizeof tracker.live_count));
    CHECK(sum_is_noticed(&tracker.sites_dropped, sizeof tracker.sites_dropped));
    CHECK(sum_is_noticed(&tracker.magic, sizeof tracker.magic));
    CHECK_EQUAL(ch_tracker_check(&tracker, NULL), CH_OK);
}

TEST(track_kinds_have_names) { /* M71 */
    CHECK_TEXT(ch_track_kind_name(CH_TRACK_HEAP), "heap");
    CHECK_TEXT(ch_track_kind_name(CH_TRACK_STACK), "stack");
    CHECK_TEXT(ch_track_kind_name(CH_TRACK_POOL), "pool");
    CHECK_TEXT(ch_track_kind_name(CH_TRACK_BUFFER), "buffer");
    CHECK_TEXT(ch_track_kind_name(CH_TRACK_ARENA), "arena");
    CHECK_TEXT(ch_track_kind_name(CH_TRACK_KINDS), "?");
}
