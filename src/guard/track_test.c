/* The tracker, call by call: what is booked for each function of the malloc family, on which site,
 * and that blocks it does not know stay as they are. */
#define _GNU_SOURCE
#include "track_rig.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>

static const chi_session_config by_site = {.track_depth = 1};

CH_NOINLINE static void *take(size_t size_bytes) {
    void *block = rig_hide(malloc(size_bytes));
    __asm__ volatile("" : : : "memory");
    return block;
}

TEST(g25_site_has_blocks_bytes_live_peak_and_largest) {
    void *blocks[100];
    CHECK(rig_arm(by_site));
    for (size_t i = 0; i < 100; i++) {
        blocks[i] = take(1000 + i);
    }
    for (size_t i = 0; i < 40; i++) {
        free(blocks[i]);
    }
    const chi_track_counters sum = rig_sum(1099);
    CHECK_EQUAL(sum.count, 100);
    CHECK_EQUAL(sum.frees, 40);
    CHECK_EQUAL(sum.bytes, 100000 + 99 * 50);
    CHECK_EQUAL(sum.freed_bytes, 40000 + 39 * 20);
    CHECK_EQUAL(sum.peak_bytes, sum.bytes);
    for (size_t i = 40; i < 100; i++) {
        free(blocks[i]);
    }
    const chi_track_counters at_end = rig_sum(1099);
    CHECK_EQUAL(at_end.frees, 100);
    CHECK_EQUAL(rig_live(&at_end), 0);
    CHECK_EQUAL(at_end.peak_bytes, sum.bytes);
    rig_stop();
}

TEST(g25_largest_of_one_call_site_is_one_row) {
    CHECK(rig_arm(by_site));
    for (size_t i = 0; i < 10; i++) {
        free(take(2000 + i)); /* in the loop itself an unrolled call would be several */
    }
    free(rig_hide(malloc(2100)));
    const chi_track_counters loop = rig_sum(2009);
    CHECK_EQUAL(loop.count, 10);
    CHECK_EQUAL(loop.bytes, 20045);
    CHECK_EQUAL(rig_sum(2100).count, 1);
    const chi_track_site_row *row = chi_track_site_row_at(CHI_PLAN->record, rig_find(2100));
    CHECK_EQUAL(row->frame_count, 1);
    CHECK_EQUAL(row->kind, CH_TRACK_HEAP);
    CHECK_EQUAL(row->call, CHI_CALL_MALLOC);
    rig_stop();
}

CH_NOINLINE static void *by_way_of_one(size_t size_bytes) {
    void *block = take(size_bytes);
    __asm__ volatile("" : : : "memory");
    return block;
}

CH_NOINLINE static void *by_way_of_two(size_t size_bytes) {
    void *block = take(size_bytes);
    __asm__ volatile("# not the same code as the one above" : : : "memory");
    return block;
}

TEST(g25_stacks_tell_callers_of_one_call_site_apart) {
    const uint32_t depths[] = {1, 8, 32};
    for (size_t i = 0; i < 3; i++) {
        CHECK(rig_arm((chi_session_config){.track_depth = depths[i]}));
        free(by_way_of_one(3001));
        free(by_way_of_two(3002));
        CHECK_EQUAL(rig_sum(3001).count, depths[i] == 1 ? 0 : 1);
        CHECK_EQUAL(rig_sum(3002).count, depths[i] == 1 ? 2 : 1);
        const chi_track_site_row *row = chi_track_site_row_at(CHI_PLAN->record, rig_find(3002));
        CHECK(row->frame_count >= (depths[i] == 1 ? 1 : 3) && row->frame_count <= depths[i]);
        rig_stop();
    }
}

TEST(g26_every_function_of_the_family_is_booked) {
    CHECK(rig_arm(by_site));
    void *blocks[10] = {0};
    size_t n = 0;
    blocks[n++] = rig_hide(malloc(4001));
    blocks[n++] = rig_hide(calloc(3, 4002));
    blocks[n++] = rig_hide(realloc(NULL, 4003));
    blocks[n++] = rig_hide(reallocarray(NULL, 7, 4004));
    blocks[n++] = rig_hide(memalign(256, 4005));
    blocks[n++] = rig_hide(aligned_alloc(64, 4032));
    CHECK_EQUAL(posix_memalign(&blocks[n++], 512, 4007), 0);
    blocks[n++] = rig_hide(valloc(4008));
    blocks[n++] = rig_hide(pvalloc(4009));
    blocks[n++] = rig_hide(malloc(0));
    static const size_t sizes[] = {4001, 12006, 4003, 28028, 4005, 4032, 4007, 4008, 4009};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const chi_track_counters sum = rig_sum(sizes[i]);
        CHECK_EQUAL(sum.count, 1);
        CHECK_EQUAL(sum.bytes, sizes[i]);
        CHECK_EQUAL(rig_live(&sum), sizes[i]);
        memset(blocks[i], 0x5a, sizes[i]);
    }
    CHECK((uintptr_t)blocks[4] % 256 == 0 && (uintptr_t)blocks[6] % 512 == 0);
    for (size_t i = 0; i < n; i++) {
        free(blocks[i]);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const chi_track_counters sum = rig_sum(sizes[i]);
        CHECK_EQUAL(sum.frees, 1);
        CHECK_EQUAL(rig_live(&sum), 0);
    }
    rig_stop();
}

TEST(g26_calloc_is_zero_and_overflow_is_refused) {
    CHECK(rig_arm(by_site));
    for (size_t size = 1; size < 70000; size += size / 3 + 1) {
        unsigned char *dirty = rig_hide(malloc(size));
        memset(dirty, 0xff, malloc_usable_size(dirty));
        free(dirty);
        unsigned char *block = rig_hide(calloc(1, size));
        size_t sum = 0;
        for (size_t i = 0; i < size; i++) {
            sum += block[i];
        }
        CHECK_EQUAL(sum, 0);
        free(block);
    }
    volatile size_t huge = SIZE_MAX / 2 + 2;
    errno = 0;
    CHECK(rig_hide(calloc(2, huge)) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(rig_hide(reallocarray(NULL, 2, huge)) == NULL && errno == ENOMEM);
    huge = SIZE_MAX;
    errno = 0;
    CHECK(rig_hide(malloc(huge)) == NULL && errno == ENOMEM);
    huge = SIZE_MAX - 8;
    CHECK(rig_hide(malloc(huge)) == NULL && rig_hide(memalign(64, huge)) == NULL);
    CHECK(rig_hide(pvalloc(huge)) == NULL);
    rig_stop();
}

TEST(g26_refused_requests_are_counted_as_exhausted) {
    CHECK(rig_arm(by_site));
    volatile size_t huge = (size_t)1 << 50;
    uint64_t exhausted = 0;
    for (size_t i = 0; i < 3; i++) {
        CHECK(rig_hide(malloc(huge)) == NULL);
    }
    for (uint32_t site = CHI_TRACK_SITE_FIRST; site < CHI_PLAN->record->site_count; site++) {
        chi_track_counters sum;
        chi_track_sum(&sum, site);
        exhausted += sum.exhausted;
        CHECK(sum.bytes < huge);
    }
    CHECK_EQUAL(exhausted, 3);
    rig_stop();
}

CH_NOINLINE static void give_back_elsewhere(void *block) {
    free(block);
    __asm__ volatile("" : : : "memory");
}

TEST(g26_free_is_charged_to_the_site_that_allocated) {
    CHECK(rig_arm(by_site));
    void *first = rig_hide(malloc(5001));
    void *second = rig_hide(malloc(5002));
    give_back_elsewhere(second);
    CHECK_EQUAL(rig_sum(5001).frees, 0);
    CHECK_EQUAL(rig_sum(5002).frees, 1);
    give_back_elsewhere(first);
    CHECK_EQUAL(rig_sum(5001).frees, 1);
    rig_stop();
}

TEST(g16_place_that_allocated_is_known_of_a_block) {
    const void *frames[CHI_TRACK_FRAMES_MAX];
    void *before = rig_hide(malloc(10));
    CHECK(rig_arm(by_site));
    void *block = rig_hide(malloc(5101));
    CHECK_EQUAL(chi_track_origin(frames, block), 1);
    const chi_track_site_row *row = chi_track_site_row_at(CHI_PLAN->record, rig_find(5101));
    CHECK_EQUAL((uintptr_t)frames[0], chi_track_site_frames(row)[0]);
    CHECK_EQUAL(chi_track_origin(frames, before), 0);
    free(before);
    free(block);
    CHECK_EQUAL(rig_sum(5101).frees, 1);
    rig_stop();
    CHECK_EQUAL(chi_track_origin(frames, frames), 0);
}

TEST(g26_usable_size_is_the_programs_own) {
    CHECK(rig_arm(by_site));
    for (size_t size = 0; size < 300000; size += size / 5 + 1) {
        unsigned char *block = rig_hide(malloc(size));
        const size_t usable = malloc_usable_size(block);
        CHECK(usable >= size);
        memset(block, 0xee, usable); /* as much as the program may */
        free(block);
    }
    CHECK_EQUAL(CHI_PLAN->record->frees_unattributed, 0);
    chi_track_tail totals;
    chi_track_totals(&totals);
    CHECK_EQUAL(totals.frees_unattributed, 0);
    CHECK_EQUAL(malloc_usable_size(NULL), 0);
    rig_stop();
}

TEST(g26_pvalloc_is_usable_to_the_end_of_its_page) {
    CHECK(rig_arm(by_site));
    unsigned char *block = rig_hide(pvalloc(10));
    memset(block, 0xee, 4096);
    free(block);
    CHECK_EQUAL(rig_sum(10).frees, 1);
    rig_stop();
}

TEST(g26_realloc_is_one_free_and_one_allocation) {
    CHECK(rig_arm(by_site));
    char *block = rig_hide(malloc(6001));
    block[6000] = 'x';
    block = rig_hide(realloc(block, 60010));
    CHECK_EQUAL(block[6000], 'x');
    const chi_track_counters before = rig_sum(6001);
    CHECK_EQUAL(before.frees, 1);
    CHECK_EQUAL(rig_live(&before), 0);
    const chi_track_counters after = rig_sum(60010);
    CHECK_EQUAL(after.count, 1);
    CHECK_EQUAL(rig_live(&after), 60010);
    chi_track_tail totals;
    chi_track_totals(&totals);
    CHECK_EQUAL(totals.reallocs, 1);
    CHECK(rig_hide(realloc(block, 0)) == NULL);
    CHECK_EQUAL(rig_sum(60010).frees, 1);
    rig_stop();
}

TEST(g26_realloc_that_fails_leaves_the_block_known) {
    CHECK(rig_arm(by_site));
    char *block = rig_hide(malloc(6101));
    char *same = rig_hide(block);
    volatile size_t huge = (size_t)1 << 50;
    CHECK(rig_hide(realloc(block, huge)) == NULL);
    CHECK_EQUAL(rig_sum(6101).frees, 0);
    CHECK(malloc_usable_size(same) >= 6101);
    free(same);
    const chi_track_counters sum = rig_sum(6101);
    CHECK_EQUAL(sum.frees, 1);
    CHECK_EQUAL(rig_live(&sum), 0);
    rig_stop();
}

TEST(g26_blocks_from_before_arming_are_unattributed) {
    void *plain = rig_hide(malloc(7001));
    void *grown = rig_hide(malloc(7002));
    CHECK(rig_arm(by_site));
    free(plain);
    grown = rig_hide(realloc(grown, 70030));
    chi_track_tail totals;
    chi_track_totals(&totals);
    CHECK_EQUAL(totals.frees_unattributed, 2);
    chi_track_counters sum;
    chi_track_sum(&sum, CHI_TRACK_SITE_UNATTRIBUTED);
    CHECK_EQUAL(sum.count, 2);
    CHECK_EQUAL(rig_live(&sum), 0);
    CHECK_EQUAL(rig_sum(70030).count, 1);
    free(grown);
    CHECK_EQUAL(rig_sum(70030).frees, 1);
    rig_stop();
}

/* What was given out under another file, or with another salt, is not taken for ours: nothing is
 * booked on our sites, and not a byte of it changes. */
TEST(g26_blocks_of_an_earlier_tracker_are_unattributed) {
    CHECK(rig_arm(by_site));
    void *old = rig_hide(malloc(7101));
    rig_stop();
    CHECK(rig_arm(by_site));
    free(rig_hide(malloc(7102)));
    free(old);
    CHECK_EQUAL(rig_sum(7101).count, 0);
    CHECK_EQUAL(rig_sum(7102).frees, 1);
    chi_track_tail totals;
    chi_track_totals(&totals);
    CHECK_EQUAL(totals.frees_unattributed, 1);
    rig_stop();
}

/* Memory that a program filled with all kinds of values, where a trailer would be. */
TEST(g26_contents_of_foreign_blocks_are_no_trailers) {
    enum { COUNT = 20000 };
    static void *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = rig_hide(malloc(40));
        uint64_t *words = blocks[i];
        for (size_t w = 0; w < 5; w++) {
            words[w] = i % 4 == 0   ? 0
                       : i % 4 == 1 ? ~UINT64_C(0)
                       : i % 4 == 2 ? ch_test_random()
                                    : (uint64_t)(uintptr_t)blocks[i];
        }
    }
    CHECK(rig_arm(by_site));
    for (size_t i = 0; i < COUNT; i++) {
        free(blocks[i]);
    }
    chi_track_tail totals;
    chi_track_totals(&totals);
    CHECK_EQUAL(totals.frees_unattributed, COUNT);
    rig_stop();
}

TEST(g26_memory_that_comes_back_without_trailer_is_not_the_old_block) {
    CHECK(rig_arm((chi_session_config){.track_depth = 1, .track_sample_bytes = 1 << 30}));
    for (size_t i = 0; i < 1000; i++) {
        void *block = rig_hide(malloc(100));
        free(block);
    }
    chi_track_tail totals;
    chi_track_totals(&totals);
    CHECK((int64_t)totals.live_bytes >= 0);
    rig_stop();
}

static uint64_t life_of(uint64_t largest_bytes) {
    uint64_t life_ns = 0;
    const uint32_t site = rig_find(largest_bytes);
    for (uint32_t i = 0; i < CHI_PLAN->record->tables; i++) {
        const uint8_t *row = CHI_PLAN->tables + i * CHI_PLAN->record->table_bytes +
                             site * CHI_PLAN->row_bytes + sizeof(chi_track_counters);
        life_ns += ((const chi_track_lifetimes *)(const void *)row)->life_ns;
    }
    return life_ns;
}

TEST(g26_lifetimes_add_up) {
    CHECK(rig_arm((chi_session_config){.track_depth = 1, .track_lifetimes = 1}));
    const uint64_t before = chi_track_now_ns();
    void *block = rig_hide(malloc(7301));
    const uint64_t taken = chi_track_now_ns();
    usleep(2000);
    const uint64_t given = chi_track_now_ns();
    free(block);
    const uint64_t after = chi_track_now_ns();
    CHECK(life_of(7301) >= given - taken && life_of(7301) <= after - before);
    CHECK_EQUAL(rig_sum(7301).frees, 1);
    rig_stop();
}

/* What a row was at the peak of the process is kept when it changes for the first time after. */
TEST(g30_state_at_the_process_peak) {
    CHECK(rig_arm((chi_session_config){.track_depth = 1, .track_lifetimes = 1}));
    void *first = rig_hide(malloc(100001));
    void *second = rig_hide(malloc(200002)); /* the peak */
    free(second);
    free(first);
    free(rig_hide(malloc(50003)));
    const uint64_t sizes[] = {100001, 200002, 50003};
    uint64_t at_peak = 0;
    for (size_t i = 0; i < 3; i++) {
        const uint8_t *row = CHI_PLAN->tables + 1 * CHI_PLAN->record->table_bytes +
                             rig_find(sizes[i]) * CHI_PLAN->row_bytes;
        const chi_track_lifetimes *life =
            (const chi_track_lifetimes *)(const void *)(row + sizeof(chi_track_counters));
        CHECK_EQUAL(life->global_stamp, CHI_PLAN->record->peak_stamp);
        CHECK_EQUAL(life->global_bytes, i < 2 ? sizes[i] : 0);
        CHECK_EQUAL(life->global_blocks, i < 2);
        CHECK_EQUAL(life->most_bytes, sizes[i]);
        at_peak += life->global_bytes;
    }
    CHECK_EQUAL(CHI_PLAN->record->peak_bytes, at_peak);
    rig_stop();
}
