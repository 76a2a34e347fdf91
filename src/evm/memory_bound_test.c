/* memory_bound_test.c: the bound against an exact search over small gas, against a constructive
 * spending plan for large gas, and the published figures. */
#include <coldevm/memory.h>

#include "harness.h"

#define SEARCH_GAS    1600u
#define SEARCH_FRAMES 10u

/* Gas a child receives at most when `left` remains. */
static uint64_t handed(uint64_t left, chevm_memory_rule rule) {
    return rule == CHEVM_MEMORY_63_OF_64 ? left - left / 64 : left;
}

/* best[g] = most words with g gas in `frames` frames; exact, by trying every first frame. */
static void search(uint32_t best[SEARCH_GAS + 1], unsigned frames, chevm_memory_rule rule) {
    static uint32_t deeper[SEARCH_GAS + 1];
    memset(best, 0, sizeof deeper);
    for (unsigned frame = 0; frame < frames; frame++) {
        memcpy(deeper, best, sizeof deeper);
        for (uint64_t gas = 0; gas <= SEARCH_GAS; gas++) {
            for (uint32_t words = 0; chevm_memory_price(words) <= gas; words++) {
                const uint64_t left = gas - chevm_memory_price(words);
                const uint32_t sum = words + (frame == 0 ? 0 : deeper[handed(left, rule)]);
                best[gas] = sum > best[gas] ? sum : best[gas];
            }
        }
    }
}

TEST(bound_covers_exact_search_and_is_tight) {
    static uint32_t best[SEARCH_GAS + 1];
    for (unsigned rule = 0; rule < 2; rule++) {
        for (unsigned frames = 1; frames <= SEARCH_FRAMES; frames += 3) {
            search(best, frames, (chevm_memory_rule)rule);
            for (uint64_t gas = 0; gas <= SEARCH_GAS; gas += gas < 200 ? 1 : 7) {
                const uint64_t bound =
                    chevm_memory_worst_case(gas, frames - 1, (chevm_memory_rule)rule);
                if (!CHECK(bound >= 32u * (uint64_t)best[gas]) ||
                    !CHECK(bound <= 32u * (uint64_t)best[gas] + 32768 + best[gas] / 31) ||
                    !CHECK(frames != 1 || bound == 32u * (uint64_t)best[gas])) {
                    return;
                }
            }
        }
    }
}

/* Words that frames really get when each spends as if a word were worth `rate` gas at the top. */
static uint64_t spend(uint64_t gas, unsigned frames, double rate) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < frames; i++) {
        uint64_t words = rate > 3 ? (uint64_t)(256 * (rate - 3)) : 0;
        words = words < 22 ? 22 : words; /* 22 words pay no square: floor(22 * 22 / 512) = 0 */
        while (words > 0 && chevm_memory_price(words) > gas) {
            words -= 1 + words / 64;
        }
        sum += words;
        gas = handed(gas - chevm_memory_price(words), CHEVM_MEMORY_63_OF_64);
        rate = rate * 63 / 64;
    }
    return sum;
}

TEST(bound_is_reached_by_a_spending_plan) {
    static const uint64_t limits[] = {60000, 100000, 1000000, 30000000, 60000000, 1000000000};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        uint64_t best = 0;
        for (double rate = 3; rate < 3000; rate *= 1.005) {
            const uint64_t words = spend(limits[i], 1025, rate);
            best = words > best ? words : best;
        }
        const uint64_t bound = chevm_memory_worst_case(limits[i], 1024, CHEVM_MEMORY_63_OF_64);
        CHECK(bound >= 32 * best);
        CHECK(bound <= 32 * best + 32768 + 32 * best / 1000);
        const uint64_t all = chevm_memory_worst_case(limits[i], 1024, CHEVM_MEMORY_ALL_GAS);
        uint64_t each = 0;
        while (chevm_memory_price(each + 1) <= limits[i] / 1025) {
            each++;
        }
        CHECK(all >= 32 * 1025 * each);
        CHECK(all <= 32 * 1025 * (each + 2));
        CHECK(all >= bound);
    }
}

TEST(bound_gives_the_published_figures_for_30_million_gas) {
    CHECK_EQUAL(chevm_memory_worst_case(30000000, 0, CHEVM_MEMORY_63_OF_64), 3941408);
    CHECK_EQUAL(chevm_memory_worst_case(30000000, 0, CHEVM_MEMORY_ALL_GAS), 3941408);
    CHECK_EQUAL(chevm_memory_worst_case(30000000, 1024, CHEVM_MEMORY_63_OF_64) / 1000000, 26);
    CHECK_EQUAL(chevm_memory_worst_case(30000000, 1024, CHEVM_MEMORY_ALL_GAS) / 1000000, 104);
}

TEST(bound_is_safe_at_the_ends) {
    for (unsigned rule = 0; rule < 2; rule++) {
        const chevm_memory_rule r = (chevm_memory_rule)rule;
        CHECK_EQUAL(chevm_memory_worst_case(0, 1024, r), 0);
        CHECK_EQUAL(chevm_memory_worst_case(2, 1024, r), 0);
        CHECK_EQUAL(chevm_memory_worst_case(3, 1024, r), 32);
        CHECK_EQUAL(chevm_memory_worst_case(UINT64_MAX, 0, r), 32 * (CHEVM_MEMORY_WORDS_MAX - 1));
        CHECK_EQUAL(chevm_memory_worst_case(1000000, 1024, r),
                    chevm_memory_worst_case(1000000, UINT32_MAX, r));
        uint64_t last = 0;
        for (unsigned bit = 0; bit < 64; bit++) { /* grows with gas, never wraps */
            const uint64_t bound = chevm_memory_worst_case(UINT64_C(1) << bit, 1024, r);
            CHECK(bound >= last && bound < UINT64_C(1) << 48 && bound % 32 == 0);
            last = bound;
        }
        CHECK(chevm_memory_worst_case(UINT64_MAX, 1024, r) >= last);
    }
}

TEST(bound_grows_with_depth) {
    uint64_t last = 0;
    for (uint32_t depth = 0; depth <= 1024; depth += depth < 64 ? 1 : 64) {
        const uint64_t bound = chevm_memory_worst_case(30000000, depth, CHEVM_MEMORY_63_OF_64);
        CHECK(bound + 32 * 400 >= last); /* each frame's slack is below a word */
        last = bound;
    }
}
