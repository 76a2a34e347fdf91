/* record_test.c: records add up, whatever the threads did; broken ones are refused. */
#include "record.h"

#include "codes.h"
#include "message.h"
#include "record_rig.h"
#include "store.h"

#include "harness.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static rig made;
static record read_back;

static const uint64_t FRAMES[] = {0x401010, 0x401020, 0x401030};

static void swallow(void *context, const char *bytes, size_t size) {
    (void)context, (void)bytes, (void)size;
}

/* Reads what was made; messages are not shown. */
static int read_made(uint64_t size) {
    static char buffer[256];
    static bool open;
    sink quiet;
    if (!open) {
        CHECK_EQUAL(store_open(), EXIT_DONE);
        open = true;
    }
    sink_into(&quiet, "quiet", buffer, sizeof buffer, swallow, NULL);
    message_route(&quiet);
    record_source from = {.name = "made", .bytes = (const uint8_t *)&made, .size = size, .fd = -1};
    int code = record_read(&read_back, &from);
    message_route(NULL);
    return code;
}

static const record_site *site_at(uint32_t index) {
    for (size_t i = 0; i < read_back.site_count; i++) {
        if (read_back.sites[i].index == index) {
            return &read_back.sites[i];
        }
    }
    return NULL;
}

TEST(record_g25_numbers_of_a_site_come_back) {
    rig_begin(&made);
    uint32_t site = rig_site_add(&made, 0, FRAMES, 3);
    rig_blocks(&made, 1, site, 10, 7, 64);
    CHECK_EQUAL(read_made(sizeof made), EXIT_DONE);
    CHECK_EQUAL(read_back.site_count, 3);
    const record_site *of = site_at(site);
    CHECK_EQUAL(of->of.count, 10);
    CHECK_EQUAL(of->of.frees, 7);
    CHECK_EQUAL(of->of.bytes, 640);
    CHECK_EQUAL(of->of.live_bytes, 192);
    CHECK_EQUAL(of->of.live_blocks, 3);
    CHECK_EQUAL(of->of.largest_bytes, 64);
    CHECK(!of->of.peak_is_bound);
    CHECK_EQUAL(of->frame_count, 3);
    CHECK_BYTES(of->frames, FRAMES, sizeof FRAMES);
    CHECK_TEXT(read_back.command, "./engine --replay day1.bin");
    CHECK_EQUAL(read_back.process.bytes, 640);
}

/* One thread allocates, another frees: nothing is left, the peak is only bounded. */
TEST(record_g27_free_in_another_thread_returns_current_to_0) {
    rig_begin(&made);
    made.header.tables = 3;
    uint32_t site = rig_site_add(&made, 0, FRAMES, 1);
    rig_blocks(&made, 1, site, 1000, 0, 32);
    rig_blocks(&made, 2, site, 0, 1000, 32);
    CHECK_EQUAL(read_made(sizeof made), EXIT_DONE);
    const record_site *of = site_at(site);
    CHECK_EQUAL(of->of.live_bytes, 0);
    CHECK_EQUAL(of->of.live_blocks, 0);
    CHECK_EQUAL(of->of.peak_bytes, 32000);
    CHECK(of->of.peak_is_bound);
    CHECK_EQUAL(read_back.table_count, 2);
    made.header.exact_peak = 1;
    made.tables[0].rows[site].of.peak_bytes = 96;
    CHECK_EQUAL(read_made(sizeof made), EXIT_DONE);
    CHECK_EQUAL(site_at(site)->of.peak_bytes, 96);
    CHECK(!site_at(site)->of.peak_is_bound);
}

TEST(record_g28_kinds_are_never_mixed) {
    rig_begin(&made);
    rig_blocks(&made, 1, rig_site_add(&made, 0, FRAMES, 1), 2, 0, 100);
    rig_blocks(&made, 1, rig_site_add(&made, 2, FRAMES, 1), 3, 0, 10);
    uint32_t full = rig_site_add(&made, 2, FRAMES, 2);
    made.tables[1].rows[full].of.exhausted = 5;
    made.header.peak_bytes = 150;
    CHECK_EQUAL(read_made(sizeof made), EXIT_DONE);
    CHECK_EQUAL(read_back.kinds[0].bytes, 200);
    CHECK_EQUAL(read_back.kinds[2].bytes, 30);
    CHECK_EQUAL(read_back.kinds[2].exhausted, 5);
    CHECK_EQUAL(read_back.process.bytes, 200);
    CHECK_EQUAL(read_back.process.peak_bytes, 200); /* never below what is live */
}

/* A pool's reset names no object: the row without frames has it. */
TEST(record_g28_bulk_returns_count_for_the_kind) {
    rig_begin(&made);
    rig_blocks(&made, 1, rig_site_add(&made, 2, FRAMES, 1), 8, 0, 10);
    uint32_t bulk = rig_site_add(&made, 2, FRAMES, 0);
    rig_blocks(&made, 1, bulk, 0, 5, 10);
    CHECK_EQUAL(read_made(sizeof made), EXIT_DONE);
    CHECK_EQUAL(read_back.kinds[2].live_bytes, 30);
    CHECK_EQUAL(read_back.kinds[2].live_blocks, 3);
    CHECK_EQUAL(site_at(bulk)->of.live_bytes, 0);
}

TEST(record_g27_tails_complete_the_header) {
    rig_begin(&made);
    made.header.sites_dropped = 1;
    rig_blocks(&made, 1, rig_site_add(&made, 0, FRAMES, 1), 100, 100, 10);
    made.tables[1].tail = (chi_track_tail){.sites_dropped = 7, .reallocs = 3, .high_bytes = 800};
    CHECK_EQUAL(read_made(sizeof made), EXIT_DONE);
    CHECK_EQUAL(read_back.header.sites_dropped, 7);
    CHECK_EQUAL(read_back.header.reallocs, 3);
    CHECK_EQUAL(read_back.process.peak_bytes, 800);
}

TEST(record_g29_growth_is_what_came_after_the_mark) {
    rig_begin(&made);
    uint32_t grown = rig_site_add(&made, 0, FRAMES, 1);
    uint32_t shrunk = rig_site_add(&made, 0, FRAMES, 2);
    rig_blocks(&made, 1, grown, 10, 2, 16);
    rig_blocks(&made, 1, shrunk, 10, 9, 16);
    made.tables[0].rows[grown].of.mark_bytes = 64;
    made.tables[0].rows[grown].of.mark_blocks = 4;
    made.tables[0].rows[shrunk].of.mark_bytes = 64;
    CHECK_EQUAL(read_made(sizeof made), EXIT_DONE);
    CHECK_EQUAL(site_at(grown)->of.growth_bytes, 0); /* no mark: nothing is known */
    made.header.mark_count = 1;
    CHECK_EQUAL(read_made(sizeof made), EXIT_DONE);
    CHECK_EQUAL(site_at(grown)->of.growth_bytes, 64);
    CHECK_EQUAL(site_at(grown)->of.growth_blocks, 4);
    CHECK_EQUAL(site_at(shrunk)->of.growth_bytes, 0);
    CHECK_EQUAL(read_back.process.growth_bytes, 64);
}

/* A row that did not change since the peak still has what it had then. */
TEST(record_g30_value_at_the_peak_of_the_process) {
    rig_begin(&made);
    made.header.peak_stamp = 9;
    uint32_t changed = rig_site_add(&made, 0, FRAMES, 1);
    uint32_t still = rig_site_add(&made, 0, FRAMES, 2);
    rig_blocks(&made, 1, changed, 5, 5, 8);
    rig_blocks(&made, 1, still, 3, 1, 8);
    made.tables[1].rows[changed].life =
        (chi_track_lifetimes){.global_bytes = 40, .global_blocks = 5, .global_stamp = 9};
    made.tables[1].rows[still].life = (chi_track_lifetimes){.global_bytes = 999, .global_stamp = 8};
    CHECK_EQUAL(read_made(sizeof made), EXIT_DONE);
    CHECK_EQUAL(site_at(changed)->life.global_bytes, 40);
    CHECK_EQUAL(site_at(changed)->life.global_blocks, 5);
    CHECK_EQUAL(site_at(still)->life.global_bytes, 16);
    CHECK_EQUAL(site_at(still)->life.global_blocks, 2);
}

TEST(record_rows_that_are_not_ready_are_left_out) {
    rig_begin(&made);
    made.sites[rig_site_add(&made, 0, FRAMES, 1)].row.state = 1;
    CHECK_EQUAL(read_made(sizeof made), EXIT_DONE);
    CHECK_EQUAL(read_back.site_count, CHI_TRACK_SITE_FIRST);
}

TEST(record_counts_that_run_past_the_rows_are_held) {
    rig_begin(&made);
    made.header.tables = RIG_TABLES;
    made.header.site_count = 4000000;
    CHECK_EQUAL(read_made(sizeof made), EXIT_DONE);
    CHECK_EQUAL(read_back.header.site_count, RIG_SITES);
}

TEST(record_cut_off_anywhere_is_refused) {
    rig_begin(&made);
    made.header.tables = RIG_TABLES;
    made.header.module_count = RIG_MODULES;
    for (uint64_t size = 0; size < sizeof made; size += 1 + size / 100) {
        if (!CHECK_EQUAL(read_made(size), EXIT_NOT_ARMED)) {
            return;
        }
    }
}

#define REFUSED(change)                                                                            \
    do {                                                                                           \
        rig_begin(&made);                                                                          \
        rig_site_add(&made, 0, FRAMES, 1);                                                         \
        made.header.module_count = 1;                                                              \
        CHECK_EQUAL(read_made(sizeof made), EXIT_DONE);                                            \
        made.change;                                                                               \
        CHECK_EQUAL(read_made(sizeof made), EXIT_NOT_ARMED);                                       \
    } while (0)

TEST(record_lies_are_refused) {
    REFUSED(header.magic = 0);
    REFUSED(header.version = 2);
    REFUSED(header.bytes += 8);
    REFUSED(header.frames_max = 0);
    REFUSED(header.frames_max = 33);
    REFUSED(header.site_bytes = 24);
    REFUSED(header.sites_max = 1);
    REFUSED(header.sites_max = UINT32_MAX);
    REFUSED(header.sites_max = RIG_SITES + 1);
    REFUSED(header.counter_bytes = 0);
    REFUSED(header.lifetimes = 0);
    REFUSED(header.table_bytes = 8);
    REFUSED(header.table_bytes -= 8);
    REFUSED(header.tail_offset += 8);
    REFUSED(header.tail_offset -= 8);
    REFUSED(header.tail_offset = UINT64_MAX - 7);
    REFUSED(header.table_bytes = UINT64_MAX - 7);
    REFUSED(header.tables_offset = UINT64_MAX - 7);
    REFUSED(header.tables_offset += 4);
    REFUSED(header.tables_offset = 0);
    REFUSED(header.sites_offset = UINT64_MAX & ~UINT64_C(7));
    REFUSED(header.modules_offset = sizeof made);
    REFUSED(header.command[CHI_TRACK_COMMAND_BYTES - 1] = 'x');
    REFUSED(sites[2].row.kind = 5);
    REFUSED(sites[2].row.frame_count = 9);
}

/* Files as the tracker makes them: mostly holes, bigger than what is in them. */
TEST(record_file_with_holes_reads_as_one_without) {
    char path[] = "record_test.XXXXXX";
    int fd = mkstemp(path);
    if (!CHECK(fd >= 0)) {
        return;
    }
    rig_begin(&made);
    made.header.sites_max = 4096;
    made.header.tables = CHI_TRACK_TABLES;
    made.header.tail_offset = (uint64_t)4096 * sizeof(rig_row);
    made.header.table_bytes = made.header.tail_offset + sizeof(chi_track_tail);
    made.header.sites_offset = 1u << 20;
    made.header.tables_offset = 1u << 24;
    uint64_t end = made.header.tables_offset + made.header.tables * made.header.table_bytes;
    made.header.file_bytes = end;
    rig_site site = {.row = {.key = 7, .state = 2, .frame_count = 1}, .frames = {0x1234}};
    rig_row row = {.of = {.count = 3, .bytes = 30, .peak_bytes = 30, .largest_bytes = 10}};
    uint64_t at = made.header.sites_offset + 4000 * made.header.site_bytes;
    uint64_t row_at = made.header.tables_offset + 900 * made.header.table_bytes + 4000 * sizeof row;
    CHECK(ftruncate(fd, (off_t)end) == 0);
    CHECK(pwrite(fd, &made, sizeof made.header, 0) == (ssize_t)sizeof made.header);
    CHECK(pwrite(fd, &site, sizeof site, (off_t)at) == (ssize_t)sizeof site);
    CHECK(pwrite(fd, &row, sizeof row, (off_t)row_at) == (ssize_t)sizeof row);
    CHECK_EQUAL(record_open(&read_back, path), EXIT_DONE);
    const record_site *of = site_at(4000);
    CHECK(of != NULL && of->of.bytes == 30 && of->frames[0] == 0x1234);
    CHECK_EQUAL(read_back.process.count, 3);
    close(fd);
    unlink(path);
}
