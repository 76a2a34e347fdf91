/* What notes cost. `off`: a pattern whose tracker was unbound against one that never had any: the
 * same inline paths, within the noise. `counters` and `sites`: the same work with a tracker bound,
 * two notes a round. track_note_*: the notes alone, 1000 live objects of 64 sites. */
#include <coldheap/arena.h>
#include <coldheap/bufpool.h>
#include <coldheap/track.h>

#include <stdlib.h>

#include "bench.h"

enum { OBJECTS = 1000, SITES = 64, BLOCK_BYTES = 1 << 20 };

static CH_ALIGNED(64) uint8_t tables[2][1 << 20];
static CH_ALIGNED(64) uint8_t blocks[4][BLOCK_BYTES];
static ch_tracker trackers[2]; /* counters, sites */

static void must(ch_status status) {
    if (status != CH_OK) {
        abort();
    }
}

static void begin_trackers(void) {
    must(ch_tracker_init(&trackers[0], tables[0], sizeof tables[0],
                         &(ch_tracker_options){.counters_only = true}));
    must(ch_tracker_init(&trackers[1], tables[1], sizeof tables[1], NULL));
}

/* ---- The notes alone ------------------------------------------------------------------------- */

static uint64_t take_and_give(void *context, uint64_t iterations) {
    ch_tracker *tracker = context;
    ch_tracker_figures before;
    ch_tracker_figures after;
    uint64_t refused = 0;
    must(ch_tracker_stats(tracker, &before));
    for (uint64_t i = 0; i < iterations; i++) {
        uintptr_t site = 0x400000 + 16 * (uintptr_t)(i % SITES);
        uintptr_t object = 0x70000000 + 64 * (uintptr_t)(i * 7 % OBJECTS);
        refused += ch_tracker_note(tracker, CH_TRACK_POOL, CH_TRACK_ACQUIRE, 64, (const void *)site,
                                   (const void *)(object + 1)) != CH_OK;
        refused += ch_tracker_note(tracker, CH_TRACK_POOL, CH_TRACK_RELEASE, 64, NULL,
                                   (const void *)(object + 1)) != CH_OK;
    }
    must(ch_tracker_stats(tracker, &after));
    return refused + after.pool_acquisitions - before.pool_acquisitions +
           after.kinds[CH_TRACK_POOL].releases - before.kinds[CH_TRACK_POOL].releases;
}

/* Half of the objects are out all the time. */
static void fill_half(ch_tracker *tracker) {
    for (size_t i = 0; i < OBJECTS / 2; i++) {
        uintptr_t object = 0x60000000 + 64 * i;
        must(ch_tracker_note(tracker, CH_TRACK_POOL, CH_TRACK_ACQUIRE, 64,
                             (const void *)(uintptr_t)(0x400000 + 16 * (i % SITES)),
                             (const void *)object));
    }
}

BENCH_GROUP(track_note_counters) {
    begin_trackers();
    ch_bench_add("take and give", take_and_give, &trackers[0]);
    ch_bench_expect_no_heap();
    ch_bench_target("two notes, counters", 2 * 6.0);
    ch_bench_run();
}

BENCH_GROUP(track_note_sites) {
    begin_trackers();
    fill_half(&trackers[1]);
    ch_bench_add("take and give", take_and_give, &trackers[1]);
    ch_bench_expect_no_heap();
    ch_bench_run();
}

/* ---- Patterns -------------------------------------------------------------------------------- */

/* Four of a pattern: unbound, never bound, with counters, with sites. */
typedef ch_status (*track_call)(void *pattern, ch_tracker *tracker);

static void compare(ch_bench_body body, track_call track, void *const patterns[4]) {
    must(track(patterns[0], &trackers[1]));
    must(track(patterns[0], NULL));
    must(track(patterns[2], &trackers[0]));
    must(track(patterns[3], &trackers[1]));
    ch_bench_add("off", body, patterns[0]);
    ch_bench_expect_no_heap();
    ch_bench_add("never bound", body, patterns[1]);
    ch_bench_expect_no_heap();
    ch_bench_add("counters", body, patterns[2]);
    ch_bench_expect_no_heap();
    ch_bench_add("sites", body, patterns[3]);
    ch_bench_expect_no_heap();
    ch_bench_target_ratio("tracking that is off", "never bound", 1.01);
    ch_bench_run();
}

static uint64_t pool_pair(void *context, uint64_t iterations) {
    ch_pool *pool = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t *object = ch_pool_acquire(pool);
        *object = i;
        BENCH_KEEP(object);
        sum += *object + (ch_pool_release(pool, object) == CH_OK);
    }
    return sum;
}

static ch_status track_pool(void *pattern, ch_tracker *tracker) {
    return ch_pool_track(pattern, tracker);
}

BENCH_GROUP(track_off_pool) {
    static ch_pool pools[4];
    const ch_pool_options options = {.object_bytes = 64, .align = 64, .count = OBJECTS};
    begin_trackers();
    for (size_t i = 0; i < 4; i++) {
        must(ch_pool_init(&pools[i], blocks[i], BLOCK_BYTES, &options));
    }
    compare(pool_pair, track_pool, (void *[]){&pools[0], &pools[1], &pools[2], &pools[3]});
}

static uint64_t arena_round(void *context, uint64_t iterations) {
    ch_arena *arena = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        ch_arena_point mark = ch_arena_mark(arena);
        uint64_t *block = ch_arena_alloc(arena, 64, 8);
        *block = i;
        BENCH_KEEP(block);
        sum += *block + (ch_arena_release(arena, mark) == CH_OK);
    }
    return sum;
}

static ch_status track_arena(void *pattern, ch_tracker *tracker) {
    return ch_arena_track(pattern, tracker);
}

BENCH_GROUP(track_off_arena) {
    static ch_arena arenas[4];
    begin_trackers();
    for (size_t i = 0; i < 4; i++) {
        must(ch_arena_init(&arenas[i], blocks[i], BLOCK_BYTES, NULL));
    }
    compare(arena_round, track_arena, (void *[]){&arenas[0], &arenas[1], &arenas[2], &arenas[3]});
}

static uint64_t buffer_pair(void *context, uint64_t iterations) {
    ch_bufpool *pool = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        ch_buffer buffer = {0};
        sum += ch_bufpool_acquire(pool, &buffer, 64) == CH_OK;
        buffer.data[0] = (uint8_t)i;
        BENCH_KEEP(buffer.data);
        sum += buffer.data[0];
        sum += ch_bufpool_release(pool, &buffer) == CH_OK;
    }
    return sum;
}

static ch_status track_buffers(void *pattern, ch_tracker *tracker) {
    return ch_bufpool_track(pattern, tracker);
}

BENCH_GROUP(track_off_buffers) {
    static ch_bufpool pools[4];
    static const ch_bufpool_class CLASSES[] = {{64, OBJECTS}};
    const ch_bufpool_options options = {.classes = CLASSES, .class_count = 1};
    begin_trackers();
    for (size_t i = 0; i < 4; i++) {
        must(ch_bufpool_init(&pools[i], blocks[i], BLOCK_BYTES, &options));
    }
    compare(buffer_pair, track_buffers, (void *[]){&pools[0], &pools[1], &pools[2], &pools[3]});
}
