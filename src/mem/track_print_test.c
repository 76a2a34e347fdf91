/* track_print_test.c: what trackers write: JSON, text for people, top sites, shares, sums over
 * threads, differences of snapshots. */
#include <coldheap/track.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static CH_ALIGNED(64) uint8_t memory[1 << 20];
static ch_tracker tracker;

static const void *at(size_t number) {
    return (const void *)(uintptr_t)(0x10000 + 16 * number);
}

static void start(const ch_tracker_options *options) {
    CHECK_EQUAL(ch_tracker_init(&tracker, memory, sizeof memory, options), CH_OK);
}

static void note(unsigned kind, unsigned op, size_t size_bytes, size_t site, size_t object) {
    CHECK_EQUAL(
        ch_tracker_note(&tracker, kind, op, size_bytes, at(site), object != 0 ? at(object) : NULL),
        CH_OK);
}

/* A small story: two pool sites, a stack that was released in bulk, an arena, a full buffer pool.
 */
static void tell_story(void) {
    start(&(ch_tracker_options){.sites_max = 4, .live_max = 8, .name = "a \"story\""});
    note(CH_TRACK_POOL, CH_TRACK_ACQUIRE, 100, 1, 1);
    note(CH_TRACK_POOL, CH_TRACK_ACQUIRE, 60, 2, 2);
    note(CH_TRACK_POOL, CH_TRACK_RELEASE, 100, 0, 1);
    note(CH_TRACK_STACK, CH_TRACK_ACQUIRE, 16, 3, 3);
    note(CH_TRACK_STACK, CH_TRACK_RELEASE, 16, 0, 0);
    note(CH_TRACK_ARENA, CH_TRACK_ACQUIRE, 300, 4, 4);
    note(CH_TRACK_BUFFER, CH_TRACK_EXHAUSTED, 64, 5, 0);
    note(CH_TRACK_POOL, CH_TRACK_ACQUIRE, 1, 9, 9);
    note(CH_TRACK_POOL, CH_TRACK_RELEASE, 1, 0, 55);
}

static const char STORY_JSON[] =
    "{\"object\":\"tracker\",\"name\":\"a \\\"story\\\"\",\"enabled\":true,"
    "\"heap_allocations\":null,\"stack_allocations\":1,\"pool_acquisitions\":3,"
    "\"buffer_acquisitions\":0,\"arena_allocations\":1,\"total_heap_bytes\":null,"
    "\"total_stack_bytes\":16,\"total_pool_bytes\":161,\"total_buffer_bytes\":0,"
    "\"total_arena_bytes\":300,\"total_stack_and_arena_bytes\":316,"
    "\"breakdown\":{\"heap_percentage\":0.000000,\"stack_percentage\":20.000000,"
    "\"pool_percentage\":60.000000,\"buffer_percentage\":0.000000,"
    "\"arena_percentage\":20.000000},"
    "\"kinds\":{\"heap\":{\"acquisitions\":0,\"releases\":0,\"exhausted\":0,"
    "\"acquired_bytes\":0,\"released_bytes\":0,\"current_bytes\":0,\"peak_bytes\":0},"
    "\"stack\":{\"acquisitions\":1,\"releases\":1,\"exhausted\":0,"
    "\"acquired_bytes\":16,\"released_bytes\":16,\"current_bytes\":null,\"peak_bytes\":null},"
    "\"pool\":{\"acquisitions\":3,\"releases\":2,\"exhausted\":0,"
    "\"acquired_bytes\":161,\"released_bytes\":101,\"current_bytes\":61,\"peak_bytes\":160},"
    "\"buffer\":{\"acquisitions\":0,\"releases\":0,\"exhausted\":1,"
    "\"acquired_bytes\":0,\"released_bytes\":0,\"current_bytes\":0,\"peak_bytes\":0},"
    "\"arena\":{\"acquisitions\":1,\"releases\":0,\"exhausted\":0,"
    "\"acquired_bytes\":300,\"released_bytes\":0,\"current_bytes\":null,\"peak_bytes\":null}},"
    "\"sites\":4,\"sites_max\":4,\"sites_dropped\":1,\"live\":3,\"live_max\":8,"
    "\"live_dropped\":0,\"unmatched\":1,\"nested\":0,\"top_sites\":["
    "{\"address\":\"0x10040\",\"kind\":\"arena\",\"count\":1,\"releases\":0,"
    "\"total_bytes\":300,\"current_bytes\":null,\"peak_bytes\":null},"
    "{\"address\":\"0x10010\",\"kind\":\"pool\",\"count\":1,\"releases\":1,"
    "\"total_bytes\":100,\"current_bytes\":0,\"peak_bytes\":100},"
    "{\"address\":\"0x10020\",\"kind\":\"pool\",\"count\":1,\"releases\":0,"
    "\"total_bytes\":60,\"current_bytes\":60,\"peak_bytes\":60},"
    "{\"address\":\"0x10030\",\"kind\":\"stack\",\"count\":1,\"releases\":0,"
    "\"total_bytes\":16,\"current_bytes\":null,\"peak_bytes\":null}]}";

TEST(track_json_tells_the_story_at_every_length) { /* M74 M9 M72 */
    static char text[sizeof STORY_JSON + 8];
    tell_story();
    size_t length = ch_tracker_stats_json(&tracker, text, sizeof text);
    CHECK_TEXT(text, STORY_JSON);
    CHECK_EQUAL(length, sizeof STORY_JSON - 1);
    for (size_t size = 0; size <= sizeof STORY_JSON; size++) {
        memset(text, 0x7e, sizeof text);
        CHECK_EQUAL(ch_tracker_stats_json(&tracker, size > 0 ? text : NULL, size), length);
        size_t kept = size == 0 ? 0 : size <= length ? size - 1 : length;
        CHECK(memcmp(text, STORY_JSON, kept) == 0 && (size == 0 || text[kept] == 0));
        CHECK_EQUAL(text[size], 0x7e);
    }
    CHECK_EQUAL(ch_tracker_fini(&tracker), CH_OK);
    CHECK_EQUAL(ch_tracker_stats_json(&tracker, text, sizeof text), 4);
    CHECK_TEXT(text, "null");
    CHECK_EQUAL(ch_tracker_stats_json(NULL, NULL, 0), 4);
}

/* ---- For people ------------------------------------------------------------------------------ */

typedef struct page {
    char text[4096];
    size_t length;
} page;

static page written;

static void put_on_page(void *context, const char *bytes, size_t size_bytes) {
    page *to = context;
    if (to->length + size_bytes < sizeof to->text) {
        memcpy(to->text + to->length, bytes, size_bytes);
        to->length += size_bytes;
        to->text[to->length] = 0;
    }
}

static char long_name[1500];

static const char *name_of(void *context, const void *address) {
    (void)context;
    if (address == at(4)) {
        memset(long_name, 'n', sizeof long_name - 1);
        return long_name;
    }
    return address == at(1) ? "make_word" : NULL;
}

static const ch_track_sink plain = {.write = put_on_page, .context = &written};
static const ch_track_sink named = {.write = put_on_page, .symbol = name_of, .context = &written};

TEST(track_prints_counts_shares_bytes_and_sites) { /* M74 */
    tell_story();
    written.length = 0;
    CHECK_EQUAL(ch_track_print(&tracker, &plain), CH_OK);
    CHECK_TEXT(written.text, "heap: not counted\n"
                             "stack: 1 (20.0 %), 16 bytes\n"
                             "pool: 3 (60.0 %), 161 bytes, 61 now, 160 at most\n"
                             "buffer: 0 (0.0 %), 0 bytes, 0 now, 0 at most, 1 times exhausted\n"
                             "arena: 1 (20.0 %), 300 bytes\n"
                             "4 sites, largest first\n"
                             "  0x10040 arena: 1, 300 bytes\n"
                             "  0x10010 pool: 1, 100 bytes, 0 now, 100 at most\n"
                             "  0x10020 pool: 1, 60 bytes, 60 now, 60 at most\n"
                             "  0x10030 stack: 1, 16 bytes\n"
                             "1 acquisitions on no site\n"
                             "1 releases of unknown objects\n");
    written.length = 0;
    CHECK_EQUAL(ch_track_print(&tracker, &named), CH_OK);
    CHECK(strstr(written.text, "  0x10010 pool make_word: 1, 100 bytes") != NULL);
    CHECK(strstr(written.text, long_name) != NULL);
}

TEST(track_says_so_when_it_is_off) { /* M74 */
    start(&(ch_tracker_options){.start_disabled = true});
    written.length = 0;
    CHECK_EQUAL(ch_track_print(&tracker, &plain), CH_OK);
    CHECK_TEXT(written.text, "tracking is off\n");
    CHECK_EQUAL(ch_track_print(&tracker, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_track_print(&tracker, &(ch_track_sink){0}), CH_EINVAL);
    CHECK_EQUAL(ch_track_print(NULL, &plain), CH_EINVAL);
    CHECK_EQUAL(ch_tracker_fini(&tracker), CH_OK);
    CHECK_EQUAL(ch_track_print(&tracker, &plain), CH_ESTATE);
}

TEST(track_orders_top_sites_by_bytes_and_by_count) { /* M74 */
    ch_track_site top[100];
    start(NULL);
    for (size_t site = 0; site < 60; site++) {
        for (size_t i = 0; i <= (site * 7) % 60; i++) {
            note(CH_TRACK_POOL, CH_TRACK_ACQUIRE, 1 + (site * 11) % 60, site, 1 + 100 * site + i);
        }
    }
    for (unsigned order = 0; order < 2; order++) {
        for (size_t count = 0; count <= 61; count++) {
            size_t got = ch_tracker_top(&tracker, top, count, (ch_track_order)order);
            CHECK_EQUAL(got, count < 60 ? count : 60);
            for (size_t i = 1; i < got; i++) {
                CHECK(order == CH_TRACK_BY_COUNT ? top[i - 1].count >= top[i].count
                                                 : top[i - 1].total_bytes >= top[i].total_bytes);
            }
        }
    }
    CHECK_EQUAL(ch_tracker_top(&tracker, top, 1, CH_TRACK_BY_COUNT), 1);
    CHECK_EQUAL(top[0].count, 60);
    CHECK_EQUAL(ch_tracker_top(&tracker, NULL, 5, CH_TRACK_BY_COUNT), 0);
    CHECK_EQUAL(ch_tracker_top(NULL, top, 5, CH_TRACK_BY_COUNT), 0);
}

TEST(track_shares_sum_to_a_hundred_or_to_nothing) { /* M73 */
    ch_tracker_figures figures = {0};
    ch_track_breakdown shares;
    ch_track_breakdown_of(&shares, &figures);
    CHECK(shares.heap_percentage + shares.stack_percentage + shares.pool_percentage +
              shares.buffer_percentage + shares.arena_percentage ==
          0.0);
    for (unsigned round = 0; round < 10000; round++) {
        for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
            figures.kinds[kind].acquisitions = ch_test_random() >> ch_test_random_below(64);
        }
        figures.kinds[round % CH_TRACK_KINDS].acquisitions |= 1;
        ch_track_breakdown_of(&shares, &figures);
        double sum = shares.heap_percentage + shares.stack_percentage + shares.pool_percentage +
                     shares.buffer_percentage + shares.arena_percentage;
        CHECK(sum > 99.9 && sum < 100.1);
    }
}

TEST(track_json_shares_hold_for_huge_counts) { /* M73 M5 */
    static char text[4096];
    start(NULL);
    note(CH_TRACK_POOL, CH_TRACK_ACQUIRE, 1, 1, 1);
    tracker.config.kinds[CH_TRACK_POOL].calls[CH_TRACK_ACQUIRE] = UINT64_MAX / 4 * 3;
    tracker.config.kinds[CH_TRACK_ARENA].calls[CH_TRACK_ACQUIRE] = UINT64_MAX / 4;
    (void)ch_tracker_stats_json(&tracker, text, sizeof text);
    CHECK(strstr(text, "\"pool_percentage\":75.000000") != NULL ||
          strstr(text, "\"pool_percentage\":74.999999") != NULL);
    written.length = 0;
    CHECK_EQUAL(ch_track_print(&tracker, &plain), CH_OK);
    CHECK(strstr(written.text, "(75.0 %)") != NULL && strstr(written.text, "(25.0 %)") != NULL);
}

/* ---- Sums over threads ----------------------------------------------------------------------- */

enum { THREADS = 4, NOTES = 20000 };

typedef struct worker {
    ch_tracker tracker;
    CH_ALIGNED(64) uint8_t memory[1 << 16];
    pthread_t thread;
    unsigned number;
} worker;

static worker workers[THREADS];

static void *work(void *context) {
    worker *self = context;
    const ch_tracker_options options = {.sites_max = 50, .live_max = 100};
    if (ch_tracker_init(&self->tracker, self->memory, sizeof self->memory, &options) != CH_OK) {
        abort();
    }
    for (size_t i = 0; i < NOTES; i++) {
        (void)ch_tracker_note(&self->tracker, CH_TRACK_POOL, CH_TRACK_ACQUIRE, self->number + 1,
                              at(i % 40), at(i + 1));
        (void)ch_tracker_note(&self->tracker, CH_TRACK_POOL, CH_TRACK_RELEASE, self->number + 1,
                              NULL, at(i + 1));
    }
    (void)ch_tracker_note(&self->tracker, CH_TRACK_BUFFER, CH_TRACK_ACQUIRE, 5, at(1), at(1));
    return self;
}

TEST(track_sums_the_counters_of_threads_on_reading) { /* M71 M6 */
    const ch_tracker *all[THREADS];
    ch_tracker_figures sum;
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].number = i;
        all[i] = &workers[i].tracker;
        CHECK_EQUAL(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_EQUAL(pthread_join(workers[i].thread, NULL), 0);
    }
    CHECK_EQUAL(ch_tracker_sum(&sum, all, THREADS), CH_OK);
    CHECK_EQUAL(sum.pool_acquisitions, THREADS * NOTES);
    CHECK_EQUAL(sum.total_pool_bytes, (1 + 2 + 3 + 4) * NOTES);
    CHECK_EQUAL(sum.kinds[CH_TRACK_POOL].current_bytes, 0);
    CHECK(sum.kinds[CH_TRACK_POOL].current_known);
    CHECK_EQUAL(sum.kinds[CH_TRACK_BUFFER].current_bytes, 5 * THREADS);
    CHECK_EQUAL(sum.buffer_acquisitions, THREADS);
    CHECK_EQUAL(sum.sites, THREADS * 41);
    CHECK_EQUAL(sum.live, THREADS);
    ch_tracker_figures kept = sum;
    ch_tracker none = {0};
    all[THREADS - 1] = &none;
    CHECK_EQUAL(ch_tracker_sum(&sum, all, THREADS), CH_ESTATE);
    CHECK_EQUAL(ch_tracker_sum(&sum, NULL, 1), CH_EINVAL);
    CHECK_EQUAL(ch_tracker_sum(NULL, all, 1), CH_EINVAL);
    CHECK_BYTES(&sum, &kept, sizeof sum);
    CHECK_EQUAL(ch_tracker_sum(&sum, all, 0), CH_OK);
    CHECK_EQUAL(sum.pool_acquisitions, 0);
}

static bool reading;

static void *read_on(void *context) {
    const ch_tracker *of = context;
    ch_tracker_figures figures;
    uint64_t last = 0;
    while (__atomic_load_n(&reading, __ATOMIC_RELAXED)) {
        if (ch_tracker_stats(of, &figures) != CH_OK || figures.pool_acquisitions < last) {
            return NULL;
        }
        last = figures.pool_acquisitions;
    }
    return context;
}

TEST(track_figures_may_be_read_by_another_thread) { /* M6 M71 */
    pthread_t reader;
    void *right = NULL;
    start(NULL);
    __atomic_store_n(&reading, true, __ATOMIC_RELAXED);
    CHECK_EQUAL(pthread_create(&reader, NULL, read_on, &tracker), 0);
    for (size_t i = 0; i < NOTES; i++) {
        note(CH_TRACK_POOL, CH_TRACK_ACQUIRE, 1, i % 100, 1 + i % 1000);
        note(CH_TRACK_POOL, CH_TRACK_RELEASE, 1, 0, 1 + i % 1000);
    }
    __atomic_store_n(&reading, false, __ATOMIC_RELAXED);
    CHECK_EQUAL(pthread_join(reader, &right), 0);
    CHECK(right == &tracker);
}

/* ---- Snapshots ------------------------------------------------------------------------------- */

static CH_ALIGNED(8) uint8_t before_memory[4096];
static CH_ALIGNED(8) uint8_t after_memory[4096];

TEST(track_tells_what_changed_between_two_snapshots) { /* M74 */
    ch_track_snapshot before;
    ch_track_snapshot after;
    start(NULL);
    note(CH_TRACK_POOL, CH_TRACK_ACQUIRE, 100, 1, 1);
    note(CH_TRACK_POOL, CH_TRACK_ACQUIRE, 7, 2, 2);
    CHECK_EQUAL(ch_track_snapshot_take(&before, before_memory, sizeof before_memory, &tracker),
                CH_OK);
    note(CH_TRACK_POOL, CH_TRACK_RELEASE, 100, 0, 1);
    note(CH_TRACK_BUFFER, CH_TRACK_ACQUIRE, 64, 3, 3);
    note(CH_TRACK_ARENA, CH_TRACK_ACQUIRE, 32, 4, 4);
    CHECK_EQUAL(ch_track_snapshot_take(&after, after_memory, sizeof after_memory, &tracker), CH_OK);
    CHECK_EQUAL(before.site_count, 2);
    CHECK_EQUAL(after.site_count, 4);
    CHECK_EQUAL(before.sites[0].current_bytes, 100);
    written.length = 0;
    CHECK_EQUAL(ch_track_diff(&before, &after, &plain), CH_OK);
    CHECK_TEXT(written.text, "stack: +0, +0 bytes +0 now\n"
                             "pool: +0, +0 bytes -100 now\n"
                             "buffer: +1, +64 bytes +64 now\n"
                             "arena: +1, +32 bytes\n"
                             "  0x10010 pool +0, +0 bytes -100 now\n"
                             "  0x10030 buffer +1, +64 bytes +64 now\n"
                             "  0x10040 arena +1, +32 bytes\n");
}

TEST(track_compares_snapshots_of_two_lives) { /* M74 */
    ch_track_snapshot before;
    ch_track_snapshot after;
    start(NULL);
    note(CH_TRACK_POOL, CH_TRACK_ACQUIRE, 100, 1, 1);
    note(CH_TRACK_POOL, CH_TRACK_ACQUIRE, 7, 2, 2);
    CHECK_EQUAL(ch_track_snapshot_take(&before, before_memory, sizeof before_memory, &tracker),
                CH_OK);
    CHECK_EQUAL(ch_tracker_reset(&tracker), CH_OK);
    note(CH_TRACK_POOL, CH_TRACK_ACQUIRE, 9, 2, 2);
    CHECK_EQUAL(ch_track_snapshot_take(&after, after_memory, sizeof after_memory, &tracker), CH_OK);
    written.length = 0;
    CHECK_EQUAL(ch_track_diff(&before, &after, &plain), CH_OK);
    CHECK(strstr(written.text, "  0x10010 pool -1, -100 bytes -100 now\n") != NULL);
    CHECK(strstr(written.text, "0x10020") == NULL ||
          strstr(written.text, "  0x10020 pool +0, +2 bytes +2 now\n") != NULL);
}

TEST(track_snapshots_refuse_what_does_not_fit) { /* M3 M5 */
    ch_track_snapshot snapshot = {.site_count = 99};
    tell_story();
    size_t need = ch_track_snapshot_footprint(&tracker);
    CHECK_EQUAL(need, 4 * sizeof(ch_track_site));
    CHECK_EQUAL(ch_track_snapshot_take(NULL, before_memory, need, &tracker), CH_EINVAL);
    CHECK_EQUAL(ch_track_snapshot_take(&snapshot, NULL, need, &tracker), CH_EINVAL);
    CHECK_EQUAL(ch_track_snapshot_take(&snapshot, before_memory, need, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_track_snapshot_take(&snapshot, before_memory + 1, need, &tracker), CH_EALIGN);
    CHECK_EQUAL(ch_track_snapshot_take(&snapshot, before_memory, need - 1, &tracker), CH_EFULL);
    CHECK_EQUAL(snapshot.site_count, 99);
    CHECK_EQUAL(ch_track_snapshot_take(&snapshot, before_memory, need, &tracker), CH_OK);
    CHECK_EQUAL(ch_track_diff(NULL, &snapshot, &plain), CH_EINVAL);
    CHECK_EQUAL(ch_track_diff(&snapshot, NULL, &plain), CH_EINVAL);
    CHECK_EQUAL(ch_track_diff(&snapshot, &snapshot, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_tracker_fini(&tracker), CH_OK);
    CHECK_EQUAL(ch_track_snapshot_footprint(&tracker), 1);
    CHECK_EQUAL(ch_track_snapshot_take(&snapshot, before_memory, need, &tracker), CH_ESTATE);
}
