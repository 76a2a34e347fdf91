/* Difficulty: each rule's edges worked out by hand, mainnet blocks, names. The official tables are
 * run by test/conformance. */
#include <coldevm/difficulty.h>

#include "harness.h"

static uint64_t of(chevm_difficulty_rules rules, uint64_t parent, uint64_t seconds, uint64_t number,
                   bool uncles) {
    const chevm_difficulty_input input = {.parent_difficulty = {{parent, 0, 0, 0}},
                                          .parent_timestamp = 1000,
                                          .timestamp = 1000 + seconds,
                                          .number = number,
                                          .parent_has_uncles = uncles};
    chevm_u256 result = {{0, 0, 0, 0}};
    CHECK_EQUAL(chevm_difficulty(&result, rules, &input), CH_OK);
    CHECK(chevm_u256_fits_u64(&result));
    return result.limbs[0];
}

#define P    UINT64_C(0x100000000000)
#define STEP (P / 2048)

TEST(frontier_steps_up_below_13_seconds) {
    CHECK_EQUAL(of(CHEVM_DIFFICULTY_FRONTIER, P, 0, 1, false), P + STEP);
    CHECK_EQUAL(of(CHEVM_DIFFICULTY_FRONTIER, P, 12, 1, true), P + STEP);
    CHECK_EQUAL(of(CHEVM_DIFFICULTY_FRONTIER, P, 13, 1, false), P - STEP);
    CHECK_EQUAL(of(CHEVM_DIFFICULTY_FRONTIER, P, UINT32_MAX, 1, false), P - STEP);
}

TEST(homestead_steps_by_ten_seconds_down_to_99) {
    CHECK_EQUAL(of(CHEVM_DIFFICULTY_HOMESTEAD, P, 9, 1, true), P + STEP);
    CHECK_EQUAL(of(CHEVM_DIFFICULTY_HOMESTEAD, P, 10, 1, true), P);
    CHECK_EQUAL(of(CHEVM_DIFFICULTY_HOMESTEAD, P, 20, 1, false), P - STEP);
    CHECK_EQUAL(of(CHEVM_DIFFICULTY_HOMESTEAD, P, 999, 1, false), P - 98 * STEP);
    CHECK_EQUAL(of(CHEVM_DIFFICULTY_HOMESTEAD, P, 1000, 1, false), P - 99 * STEP);
    CHECK_EQUAL(of(CHEVM_DIFFICULTY_HOMESTEAD, P, 1010, 1, false), P - 99 * STEP);
}

TEST(byzantium_steps_by_nine_seconds_and_counts_uncles) {
    for (unsigned i = CHEVM_DIFFICULTY_BYZANTIUM; i < CHEVM_DIFFICULTY_COUNT; i++) {
        const chevm_difficulty_rules rules = (chevm_difficulty_rules)i;
        CHECK_EQUAL(of(rules, P, 8, 1, false), P + STEP);
        CHECK_EQUAL(of(rules, P, 8, 1, true), P + 2 * STEP);
        CHECK_EQUAL(of(rules, P, 9, 1, false), P);
        CHECK_EQUAL(of(rules, P, 17, 1, true), P + STEP);
        CHECK_EQUAL(of(rules, P, 18, 1, true), P);
        CHECK_EQUAL(of(rules, P, 900, 1, false), P - 99 * STEP);
        CHECK_EQUAL(of(rules, P, 908, 1, true), P - 98 * STEP);
        CHECK_EQUAL(of(rules, P, 909, 1, true), P - 99 * STEP);
        CHECK_EQUAL(of(rules, P, UINT64_MAX - 1000, 1, true), P - 99 * STEP);
    }
}

TEST(bomb_goes_off_every_100000_blocks_behind_the_delay) {
    static const uint64_t delays[] = {0, 0, 3000000, 5000000, 9000000, 9700000, 10700000, 11400000};
    _Static_assert(sizeof delays / sizeof delays[0] == CHEVM_DIFFICULTY_COUNT, "one a row");
    for (unsigned i = 0; i < CHEVM_DIFFICULTY_COUNT; i++) {
        const chevm_difficulty_rules rules = (chevm_difficulty_rules)i;
        CHECK_EQUAL(of(rules, P, 0, delays[i], false), P + STEP);
        CHECK_EQUAL(of(rules, P, 0, delays[i] + 199999, false), P + STEP);
        CHECK_EQUAL(of(rules, P, 0, delays[i] + 200000, false), P + STEP + 1);
        CHECK_EQUAL(of(rules, P, 0, delays[i] + 300000, false), P + STEP + 2);
        CHECK_EQUAL(of(rules, P, 0, delays[i] + 4299999, false), P + STEP + (UINT64_C(1) << 40));
    }
}

TEST(minimum_holds_after_the_bomb) {
    CHECK_EQUAL(of(CHEVM_DIFFICULTY_HOMESTEAD, 1000, 0, 900000, false), CHEVM_DIFFICULTY_MIN);
    CHECK_EQUAL(of(CHEVM_DIFFICULTY_HOMESTEAD, 1000, 0, 4270000, false),
                1000 + (UINT64_C(1) << 40));
    CHECK_EQUAL(of(CHEVM_DIFFICULTY_FRONTIER, CHEVM_DIFFICULTY_MIN, 100, 300000, false),
                CHEVM_DIFFICULTY_MIN);
}

TEST(impossible_blocks_are_refused) {
    chevm_difficulty_input input = {.parent_timestamp = 2, .timestamp = 1};
    chevm_u256 result = {{7, 0, 0, 0}};
    CHECK_EQUAL(chevm_difficulty(&result, CHEVM_DIFFICULTY_HOMESTEAD, &input), CH_EINVAL);
    input = (chevm_difficulty_input){.number = 25800000};
    CHECK_EQUAL(chevm_difficulty(&result, CHEVM_DIFFICULTY_HOMESTEAD, &input), CH_ERANGE);
    input = (chevm_difficulty_input){.number = UINT64_MAX};
    CHECK_EQUAL(chevm_difficulty(&result, CHEVM_DIFFICULTY_GRAY_GLACIER, &input), CH_ERANGE);
    input = (chevm_difficulty_input){
        .parent_difficulty = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}}, .number = 1};
    CHECK_EQUAL(chevm_difficulty(&result, CHEVM_DIFFICULTY_FRONTIER, &input), CH_ERANGE);
    input.timestamp = 20;
    input.number = 200000;
    CHECK_EQUAL(result.limbs[0], 7);
    CHECK_EQUAL(chevm_difficulty(&result, CHEVM_DIFFICULTY_FRONTIER, &input), CH_OK);
    input.timestamp = 10; /* no step, and the bomb is one too much */
    CHECK_EQUAL(chevm_difficulty(&result, CHEVM_DIFFICULTY_HOMESTEAD, &input), CH_ERANGE);
    input = (chevm_difficulty_input){.number = 25799999};
    CHECK_EQUAL(chevm_difficulty(&result, CHEVM_DIFFICULTY_HOMESTEAD, &input), CH_OK);
    CHECK_EQUAL(result.limbs[3], UINT64_C(1) << 63);
}

TEST(rules_are_found_by_fork_block_and_name) {
    chevm_difficulty_rules rules = CHEVM_DIFFICULTY_FRONTIER;
    CHECK(chevm_difficulty_rules_of(CHEVM_BERLIN, &rules));
    CHECK_EQUAL(rules, CHEVM_DIFFICULTY_MUIR_GLACIER);
    CHECK(chevm_difficulty_rules_of(CHEVM_ISTANBUL, &rules));
    CHECK_EQUAL(rules, CHEVM_DIFFICULTY_CONSTANTINOPLE);
    CHECK(!chevm_difficulty_rules_of(CHEVM_PARIS, &rules));
    CHECK(!chevm_difficulty_parse("Paris", &rules) && !chevm_difficulty_parse("arrow", &rules));
    CHECK_EQUAL(rules, CHEVM_DIFFICULTY_CONSTANTINOPLE);
    CHECK(chevm_difficulty_parse("ArrowGlacier", &rules));
    CHECK_EQUAL(rules, CHEVM_DIFFICULTY_ARROW_GLACIER);
    CHECK(chevm_difficulty_rules_of(CHEVM_SPURIOUS, &rules));
    CHECK_EQUAL(rules, CHEVM_DIFFICULTY_HOMESTEAD);
    CHECK_EQUAL(chevm_difficulty_rules_at(0), CHEVM_DIFFICULTY_FRONTIER);
    CHECK_EQUAL(chevm_difficulty_rules_at(1149999), CHEVM_DIFFICULTY_FRONTIER);
    CHECK_EQUAL(chevm_difficulty_rules_at(1150000), CHEVM_DIFFICULTY_HOMESTEAD);
    CHECK_EQUAL(chevm_difficulty_rules_at(13772999), CHEVM_DIFFICULTY_LONDON);
    CHECK_EQUAL(chevm_difficulty_rules_at(UINT64_MAX), CHEVM_DIFFICULTY_GRAY_GLACIER);
}
