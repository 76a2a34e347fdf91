/* region_system_test.c: what regions ask of the system, seen from outside: page faults counted,
 * guard pages that kill, names in the process map, wishes that the machine cannot grant, a system
 * that refuses. */
#define _GNU_SOURCE
#include <coldheap/region.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness.h"
#include "mem/checked.h"
#include "mem_rig.h"

#define PAGE ((size_t)sysconf(_SC_PAGESIZE))
#define MIB  ((size_t)1 << 20)

static ch_region region;

static ch_status reserve(const ch_region_options *options) {
    region = (ch_region){0};
    return ch_region_reserve(&region, options);
}

/* ---- Prefault and lock ----------------------------------------------------------------------- */

static long faults_of_writing(uint8_t *memory, size_t size_bytes) {
    struct rusage before;
    struct rusage after;
    size_t page = PAGE;
    if (getrusage(RUSAGE_THREAD, &before) != 0) {
        return -1;
    }
    for (size_t at = 0; at < size_bytes; at += page) {
        ((volatile uint8_t *)memory)[at] = 1;
    }
    return getrusage(RUSAGE_THREAD, &after) == 0 ? after.ru_minflt - before.ru_minflt : -1;
}

TEST(region_prefault_leaves_no_page_to_fault) { /* M14 */
    const size_t size = 8 * MIB;
    CHECK_EQUAL(reserve(&(ch_region_options){.size_bytes = size}), CH_OK);
    if (!RIG_SLOW) { /* emulators say yes to any advice */
        CHECK_EQUAL(ch_region_prefault(&region, 0, size), CH_ENOMEM); /* not committed */
    }
    CHECK_EQUAL(ch_region_commit(&region, 0, size), CH_OK);
    const long cold = faults_of_writing(region.base, size / 2);
    CHECK_EQUAL(ch_region_prefault(&region, size / 2, size / 2), CH_OK);
    const long warm = faults_of_writing(region.base + size / 2, size / 2);
    if (!RIG_SLOW) { /* a sanitizer's shadow faults too */
        CHECK_EQUAL(warm, 0);
        CHECK(cold > 0); /* else the counter counts nothing */
    }
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
}

TEST(region_lock_keeps_pages_or_says_that_it_may_not) { /* M14 */
    const size_t size = 16 * PAGE;
    CHECK_EQUAL(reserve(&(ch_region_options){.size_bytes = size}), CH_OK);
    CHECK_EQUAL(ch_region_commit(&region, 0, size), CH_OK);
    const ch_status status = ch_region_lock(&region, 0, size);
    CHECK(status == CH_OK || status == CH_ENOMEM);
    if (status == CH_OK && !RIG_SLOW) {
        CHECK_EQUAL(faults_of_writing(region.base, size), 0);
    }
    CHECK_EQUAL(ch_region_decommit(&region, 0, size), CH_OK);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
}

/* ---- Huge pages and nodes -------------------------------------------------------------------- */

TEST(region_wish_falls_back_and_a_demand_does_not) { /* M15 */
    static const ch_region_page pages[] = {CH_PAGE_NORMAL, CH_PAGE_THP, CH_PAGE_2M, CH_PAGE_1G};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        ch_region_facts facts;
        ch_region_options wish = {.size_bytes = 3 * MIB, .page = pages[i]};
        if (sizeof(void *) < 8 && pages[i] == CH_PAGE_1G) {
            continue; /* aligned room for it takes half of the address space */
        }
        CHECK_EQUAL(reserve(&wish), CH_OK);
        CHECK_EQUAL(ch_region_info(&region, &facts), CH_OK);
        CHECK(facts.page == pages[i] || facts.page == CH_PAGE_NORMAL);
        CHECK(facts.size_bytes >= 3 * MIB);
        if (facts.page == CH_PAGE_NORMAL || pages[i] == CH_PAGE_THP) { /* others may be all taken */
            CHECK_EQUAL(ch_region_commit(&region, 0, 1), CH_OK);
            region.base[0] = 1;
        }
        CHECK_EQUAL(ch_region_check(&region, NULL), CH_OK);
        CHECK_EQUAL(ch_region_fini(&region), CH_OK);
        wish.page_need = CH_REQUIRED;
        CHECK_EQUAL(reserve(&wish), facts.page == pages[i] ? CH_OK : CH_EUNSUP);
        CHECK(facts.page == pages[i] || region.magic == 0);
        CHECK_EQUAL(ch_region_fini(&region), CH_OK);
    }
}

TEST(region_node_that_does_not_exist_is_refused_only_if_required) { /* M15 */
    ch_region_facts facts;
    ch_region_options wish = {.size_bytes = MIB, .on_node = true, .numa_node = 1023};
    CHECK_EQUAL(reserve(&wish), CH_OK);
    CHECK_EQUAL(ch_region_info(&region, &facts), CH_OK);
    CHECK(!facts.node_granted);
    CHECK_EQUAL(ch_region_commit(&region, 0, MIB), CH_OK);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
    wish.numa_need = CH_REQUIRED;
    CHECK_EQUAL(reserve(&wish), CH_EUNSUP);
    CHECK_EQUAL(region.magic, 0);
    wish.numa_node = 0;
    const ch_status status = reserve(&wish); /* kernels without nodes know none */
    CHECK(status == CH_OK || status == CH_EUNSUP);
    CHECK(status != CH_OK || region.node_granted);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
}

/* ---- Guards and names ------------------------------------------------------------------------ */

static void write_at(void *at) {
    *(volatile uint8_t *)at = 1;
}

TEST(region_guards_kill_on_both_sides_and_cost_no_usable_byte) { /* M16 */
    const size_t size = 3 * PAGE;
    for (unsigned guards = 0; guards < 4; guards++) {
        const ch_region_options wish = {
            .size_bytes = size, .guard_low = (guards & 1u) != 0, .guard_high = (guards & 2u) != 0};
        CHECK_EQUAL(reserve(&wish), CH_OK);
        CHECK_EQUAL(region.size_bytes, size);
        CHECK_EQUAL(ch_region_commit(&region, 0, size), CH_OK);
        CHECK(!ch_test_child_dies(write_at, region.base, NULL, 0));
        CHECK(!ch_test_child_dies(write_at, region.base + size - 1, NULL, 0));
        uint8_t *below = (uint8_t *)((uintptr_t)region.base - 1);
        if (wish.guard_low) {
            CHECK(ch_test_child_dies(write_at, below, NULL, 0));
            CHECK(ch_test_child_dies(write_at, region.base - PAGE, NULL, 0));
        }
        if (wish.guard_high) {
            CHECK(ch_test_child_dies(write_at, region.base + size, NULL, 0));
            CHECK(ch_test_child_dies(write_at, region.base + size + PAGE - 1, NULL, 0));
        }
        CHECK_EQUAL(ch_region_fini(&region), CH_OK);
    }
}

static bool map_shows(const char *text) {
    char line[512];
    bool found = false;
    FILE *file = fopen("/proc/self/maps", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        found = found || strstr(line, text) != NULL;
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

TEST(region_name_stands_in_the_process_map) { /* M16 */
    const ch_region_options wish = {.size_bytes = MIB, .name = "region_test_map_name"};
    ch_region_facts facts;
    CHECK_EQUAL(reserve(&wish), CH_OK);
    CHECK_EQUAL(ch_region_info(&region, &facts), CH_OK);
    CHECK_TEXT(facts.name, "region_test_map_name");
    const bool shown = map_shows("region_test_map_name");
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
    CHECK(!map_shows("region_test_map_name"));
    if (!shown) {
        ch_test_skip("this kernel names no mappings");
    }
}

/* ---- Refusal and corruption ------------------------------------------------------------------ */

static void ask_a_system_that_refuses(void *unused) {
    (void)unused;
    struct rlimit limit = {0, 0};
    const ch_region_options wish = {.size_bytes = 16 * MIB};
    ch_region untouched;
    memset(&untouched, 0x5a, sizeof untouched);
    const ch_region copy = untouched;
    CH_REQUIRE(ch_region_reserve(&region, &wish) == CH_OK);
    CH_REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
    CH_REQUIRE(ch_region_reserve(&untouched, &wish) == CH_ENOMEM);
    CH_REQUIRE(memcmp(&untouched, &copy, sizeof copy) == 0);
    CH_REQUIRE(ch_region_check(&region, NULL) == CH_OK && ch_region_fini(&region) == CH_OK);
}

TEST(region_under_an_address_space_limit_is_refused_and_unchanged) { /* M12 M76 */
    char text[256];
    if (RIG_SLOW || chi_checked()) {
        ch_test_skip("memory checkers need address space of their own");
        return;
    }
    CHECK(!ch_test_child_dies(ask_a_system_that_refuses, NULL, text, sizeof text));
    CHECK_TEXT(text, "");
}

/* Fields that the others vouch for, each byte flipped; counters and the granted node are free. */
TEST(region_check_sees_flipped_bytes) { /* M7 */
    const ch_region_options wish = {
        .size_bytes = 64 * PAGE, .guard_low = true, .guard_high = true, .name = "flip"};
    CHECK_EQUAL(reserve(&wish), CH_OK);
    const struct {
        size_t offset;
        size_t size;
    } fields[] = {{offsetof(ch_region, magic), sizeof region.magic},
                  {offsetof(ch_region, base), sizeof region.base},
                  {offsetof(ch_region, size_bytes), sizeof region.size_bytes},
                  {offsetof(ch_region, map_base), sizeof region.map_base}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        for (size_t k = 0; k < fields[i].size; k++) {
            uint8_t *byte = (uint8_t *)&region + fields[i].offset + k;
            unsigned broken = 0;
            *byte ^= 0xff;
            CHECK_EQUAL(ch_region_check(&region, &broken), CH_ECORRUPT);
            CHECK(broken >= 1 && broken <= 4);
            *byte ^= 0xff;
        }
    }
    region.name[CH_NAME_MAX] = 'x';
    CHECK_EQUAL(ch_region_check(&region, NULL), CH_ECORRUPT);
    region.name[CH_NAME_MAX] = 0;
    region.page = 9;
    CHECK_EQUAL(ch_region_check(&region, NULL), CH_ECORRUPT);
    region.page = CH_PAGE_NORMAL;
    CHECK_EQUAL(ch_region_check(&region, NULL), CH_OK);
    CHECK_EQUAL(ch_region_fini(&region), CH_OK);
}
