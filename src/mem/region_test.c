/* Regions of both kinds: reserve, commit, decommit, guards, limits. */
#define _GNU_SOURCE
#include <coldheap/region.h>

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness.h"

#define KIB ((size_t)1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)

static size_t resident_bytes(void) {
    size_t total = 0;
    size_t resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%zu %zu", &total, &resident) != 2) {
        resident = 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

TEST(region_reserve_of_64_gib_takes_no_memory) { /* M12 */
    if (ch_test_is_emulated()) {
        ch_test_skip("the emulator tells the size of its own memory");
        return;
    }
    ch_region region;
    size_t before = resident_bytes();
    if (sizeof(void *) < 8) {
        const ch_region_options whole = {.size_bytes = SIZE_MAX / 65536 * 65536};
        CHECK_EQUAL(ch_region_reserve(&region, &whole), CH_ENOMEM);
        return;
    }
    ch_status status = ch_region_reserve(&region, &(ch_region_options){.size_bytes = 64 * GIB});
    if (!CHECK_EQUAL(status, CH_OK)) {
        return;
    }
    CHECK(resident_bytes() - before < MIB);
    CHECK_EQUAL(ch_region_commit(&region, 63 * GIB, 1), CH_OK);
    region.base[63 * GIB] = 1;
    CHECK(resident_bytes() - before < MIB);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
}

TEST(region_reserve_rejects_bad_options_and_writes_nothing) { /* M2 M5 M12 */
    ch_region region;
    memset(&region, 0x5a, sizeof region);
    ch_region copy = region;
    CHECK_EQUAL(ch_region_reserve(NULL, &(ch_region_options){.size_bytes = 1}), CH_EINVAL);
    CHECK_EQUAL(ch_region_reserve(&region, NULL), CH_EINVAL);
    CHECK_EQUAL(ch_region_reserve(&region, &(ch_region_options){0}), CH_EINVAL);
    ch_region_options options = {.size_bytes = 1, .page = (ch_region_page)4};
    CHECK_EQUAL(ch_region_reserve(&region, &options), CH_EINVAL);
    options = (ch_region_options){.size_bytes = 1, .page_need = (ch_need)2};
    CHECK_EQUAL(ch_region_reserve(&region, &options), CH_EINVAL);
    options = (ch_region_options){.size_bytes = 1, .numa_need = (ch_need)2};
    CHECK_EQUAL(ch_region_reserve(&region, &options), CH_EINVAL);
    const size_t huge[] = {SIZE_MAX, SIZE_MAX - 4095, SIZE_MAX - 4096, SIZE_MAX - 8192};
    for (size_t i = 0; i < sizeof huge / sizeof huge[0]; i++) {
        options = (ch_region_options){.size_bytes = huge[i], .guard_low = true, .guard_high = true};
        ch_status status = ch_region_reserve(&region, &options);
        CHECK(status == CH_ERANGE || status == CH_ENOMEM);
    }
    CHECK_EQUAL(ch_region_from(NULL, &copy, 1), CH_EINVAL);
    CHECK_EQUAL(ch_region_from(&region, NULL, 1), CH_EINVAL);
    CHECK_EQUAL(ch_region_from(&region, &copy, 0), CH_EINVAL);
    CHECK_EQUAL(ch_region_from(&region, &copy, SIZE_MAX), CH_ERANGE);
    CHECK_BYTES(&region, &copy, sizeof region);
}

static void check_ranges(ch_region *region) {
    size_t size = region->size_bytes;
    CHECK_EQUAL(ch_region_commit(region, 0, 0), CH_EINVAL);
    CHECK_EQUAL(ch_region_commit(region, size, 1), CH_ERANGE);
    CHECK_EQUAL(ch_region_commit(region, size - 1, 2), CH_ERANGE);
    CHECK_EQUAL(ch_region_commit(region, 1, SIZE_MAX), CH_ERANGE);
    CHECK_EQUAL(ch_region_commit(region, SIZE_MAX, 1), CH_ERANGE);
    CHECK_EQUAL(ch_region_commit(region, 0, SIZE_MAX), CH_ERANGE);
    CHECK_EQUAL(ch_region_decommit(region, 1, SIZE_MAX), CH_ERANGE);
    CHECK_EQUAL(ch_region_decommit(region, 0, 0), CH_EINVAL);
    CHECK_EQUAL(ch_region_prefault(region, size, 1), CH_ERANGE);
    CHECK_EQUAL(ch_region_lock(region, size, 1), CH_ERANGE);
    CHECK_EQUAL(ch_region_commit(region, 0, size), CH_OK);
    CHECK_EQUAL(ch_region_commit(region, 0, size), CH_OK);
    CHECK(ch_region_contains(region, region->base));
    CHECK(ch_region_contains(region, region->base + size - 1));
    CHECK(!ch_region_contains(region, region->base + size));
    CHECK(!ch_region_contains(region, (uint8_t *)((uintptr_t)region->base - 1)));
    CHECK(!ch_region_contains(region, NULL));
}

/* 10^4 random commits and decommits against a byte per page: 0 unknown, else the value written. */
static void check_random_pages(ch_region *region) {
    enum { PAGES = 64, PAGE = 4096 };
    uint8_t written[PAGES] = {0};
    for (unsigned round = 0; round < 10000; round++) {
        size_t first = ch_test_random_below(PAGES);
        size_t count = 1 + ch_test_random_below(PAGES - first);
        bool commit = ch_test_random_below(2) != 0;
        ch_status status = commit ? ch_region_commit(region, first * PAGE, count * PAGE)
                                  : ch_region_decommit(region, first * PAGE, count * PAGE);
        if (!CHECK_EQUAL(status, CH_OK)) {
            return;
        }
        for (size_t page = first; page < first + count; page++) {
            uint8_t *bytes = region->base + page * PAGE;
            if (commit) {
                bool kept = bytes[0] == written[page] && bytes[PAGE - 1] == written[page];
                if (!CHECK(kept)) {
                    return;
                }
                written[page] = (uint8_t)(1 + ch_test_random_below(255));
                bytes[0] = bytes[PAGE - 1] = written[page];
            } else {
                written[page] = 0;
            }
        }
        CHECK_EQUAL(ch_region_check(region, NULL), CH_OK);
    }
}

TEST(region_from_system_keeps_committed_and_zeroes_decommitted_pages) { /* M5 M12 */
    ch_region region;
    ch_region_options options = {.size_bytes = 64 * 4096, .guard_low = true, .guard_high = true};
    if (!CHECK_EQUAL(ch_region_reserve(&region, &options), CH_OK)) {
        return;
    }
    check_random_pages(&region);
    check_ranges(&region);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
}

TEST(region_from_caller_behaves_alike_without_system_calls) { /* M13 */
    static uint8_t memory[64 * 4096];
    ch_region region;
    CHECK_EQUAL(ch_region_from(&region, memory, sizeof memory), CH_OK);
    check_random_pages(&region);
    check_ranges(&region);
    ch_region_facts facts;
    CHECK_EQUAL(ch_region_info(&region, &facts), CH_OK);
    CHECK_EQUAL(facts.system_calls, 0);
    CHECK(!facts.from_system);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
}
