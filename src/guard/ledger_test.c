/* The account of violations: numbers, places, a full table, and whose account it is. */
#include "state.h"

#include <unistd.h>

#include "harness.h"

static uint64_t add(uintptr_t section, uintptr_t caller, uint64_t *repeat) {
    const chi_guard_site site = {.section = (const void *)section,
                                 .caller = (const void *)caller,
                                 .call = CHI_CALL_MALLOC + 1};
    return chi_guard_ledger_add(repeat, chi_guard_ledger_find(&site));
}

static size_t count_sites(void) {
    size_t count = 0;
    for (size_t i = 0; i < CHI_SITE_MAX; i++) {
        count += chi_guard_ledger_site(i) != NULL;
    }
    return count;
}

TEST(g16_repeats_are_counted_per_place) {
    uint64_t repeat = 0;
    CHECK_EQUAL(add(1, 100, &repeat), 1);
    CHECK_EQUAL(repeat, 1);
    CHECK_EQUAL(add(1, 100, &repeat), 2);
    CHECK_EQUAL(repeat, 2);
    CHECK_EQUAL(add(2, 100, &repeat), 3);
    CHECK_EQUAL(repeat, 1);
    CHECK_EQUAL(add(1, 101, &repeat), 4);
    CHECK_EQUAL(repeat, 1);
    CHECK_EQUAL(add(1, 100, &repeat), 5);
    CHECK_EQUAL(repeat, 3);
    CHECK_EQUAL(count_sites(), 3);
    CHECK_EQUAL(ch_guard_violations(), 5);
    CHECK_EQUAL(chi_guard_ledger_mine(), 5);
    chi_guard_ledger_reset();
    CHECK_EQUAL(count_sites(), 0);
    CHECK_EQUAL(ch_guard_violations(), 0);
}

TEST(g16_full_table_loses_no_violation) {
    uint64_t total = 0;
    uint64_t placed = 0;
    for (uintptr_t caller = 1; caller <= 600; caller++) {
        for (uintptr_t i = 0; i < caller % 3 + 1; i++) {
            uint64_t repeat = 0;
            total++;
            CHECK_EQUAL(add(1, caller * 16, &repeat), total);
        }
    }
    CHECK_EQUAL(count_sites(), CHI_SITE_MAX);
    for (size_t i = 0; i < CHI_SITE_MAX; i++) {
        placed += chi_guard_ledger_site(i)->count;
    }
    CHECK_EQUAL(placed + chi_guard_ledger_unplaced(), total);
    CHECK_EQUAL(ch_guard_violations(), total);
    chi_guard_ledger_reset();
}

TEST(g15_twenty_reports_at_most) {
    for (int i = 0; i < 20; i++) {
        CHECK(chi_guard_ledger_print_one());
    }
    CHECK(!chi_guard_ledger_print_one());
    chi_guard_ledger_reset();
    CHECK(chi_guard_ledger_print_one());
    chi_guard_ledger_reset();
}

static void has_violations(void *nothing) {
    (void)nothing;
    uint64_t repeat;
    if (ch_guard_violations() != 0 || count_sites() != 0 || chi_guard_ledger_mine() != 0 ||
        add(7, 7, &repeat) != 1 || chi_guard_ledger_mine() != 1) {
        _exit(1);
    }
    chi_guard_ledger_reset();
}

TEST(g06_fork_child_begins_with_an_empty_account) {
    uint64_t repeat = 0;
    add(1, 1, &repeat);
    CHECK(!ch_test_child_dies(has_violations, NULL, NULL, 0));
    CHECK_EQUAL(ch_guard_violations(), 1);
    chi_guard_ledger_reset();
}
