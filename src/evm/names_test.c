/* Names of forks, outcomes and opcodes. */
#include <coldevm/machine.h>

#include "harness.h"

#include <string.h>

TEST(names_every_fork_is_found_by_both_names) {
    for (unsigned i = 0; i < CHEVM_FORK_COUNT; i++) {
        chevm_fork found = CHEVM_FORK_COUNT;
        CHECK(chevm_fork_parse(chevm_fork_name((chevm_fork)i), &found));
        CHECK_EQUAL(found, i);
    }
    chevm_fork fork = CHEVM_FRONTIER;
    CHECK(chevm_fork_parse("Merge", &fork));
    CHECK_EQUAL(fork, CHEVM_PARIS);
    CHECK(chevm_fork_parse("Petersburg", &fork));
    CHECK_EQUAL(fork, CHEVM_PETERSBURG);
    CHECK(!chevm_fork_parse("paris", &fork));
    CHECK(!chevm_fork_parse("", &fork));
    CHECK_EQUAL(fork, CHEVM_PETERSBURG);
    CHECK_TEXT(chevm_fork_name(CHEVM_FORK_COUNT), "?");
}

TEST(names_every_outcome_has_its_own_name_and_phrase) {
    static const chevm_status ALL[] = {
#define STATUS_ITEM(name, value, text) CHEVM_##name,
        CHEVM_STATUS_ROWS(STATUS_ITEM)
#undef STATUS_ITEM
    };
    for (size_t i = 0; i < sizeof ALL / sizeof ALL[0]; i++) {
        CHECK(strcmp(chevm_status_name(ALL[i]), "?") != 0);
        CHECK(strcmp(chevm_status_phrase(ALL[i]), "unknown status") != 0);
        for (size_t j = 0; j < i; j++) {
            CHECK(ALL[i] != ALL[j]);
            CHECK(strcmp(chevm_status_name(ALL[i]), chevm_status_name(ALL[j])) != 0);
        }
    }
    CHECK_TEXT(chevm_status_name((chevm_status)9999), "?");
    CHECK_TEXT(chevm_status_phrase((chevm_status)9999), "unknown status");
}

TEST(names_opcodes_follow_the_fork) {
    CHECK_TEXT(chevm_op_name(CHEVM_LONDON, 0x44), "DIFFICULTY");
    CHECK_TEXT(chevm_op_name(CHEVM_PARIS, 0x44), "PREVRANDAO");
    CHECK(chevm_op_name(CHEVM_PRAGUE, 0x1e) == NULL);
    CHECK_TEXT(chevm_op_name(CHEVM_OSAKA, 0x1e), "CLZ");
    CHECK(chevm_op_name(CHEVM_OSAKA, 0x0c) == NULL);
    CHECK_TEXT(chevm_op_name(CHEVM_FRONTIER, 0xfe), "INVALID");
    CHECK_EQUAL(chevm_op_immediate(0x5f), 0);
    CHECK_EQUAL(chevm_op_immediate(0x60), 1);
    CHECK_EQUAL(chevm_op_immediate(0x7f), 32);
    CHECK_EQUAL(chevm_op_immediate(0x80), 0);
}
