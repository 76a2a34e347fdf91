/* difficulty.c: see difficulty.h. The three ways to judge a block's speed give one signed count of
 * steps; all else is common. */
#include <coldevm/difficulty.h>

#include <string.h>

#define STEP_DIVISOR_BITS 11u /* a step is parent / 2048 */
#define STEPS_DOWN_MAX    99
#define BOMB_PERIOD       100000u

static const struct {
    const char *name;
    uint64_t first, delay;
} ROWS[CHEVM_DIFFICULTY_COUNT] = {
#define ROW(name, text, first, delay) {text, first, delay},
    CHEVM_DIFFICULTY_ROWS(ROW)
#undef ROW
};

/* How many steps up; negative: down. */
static int64_t steps(chevm_difficulty_rules rules, const chevm_difficulty_input *input) {
    const uint64_t seconds = input->timestamp - input->parent_timestamp;
    if (rules == CHEVM_DIFFICULTY_FRONTIER) {
        return seconds < 13 ? 1 : -1;
    }
    const bool homestead = rules == CHEVM_DIFFICULTY_HOMESTEAD;
    const int64_t up = !homestead && input->parent_has_uncles ? 2 : 1;
    const uint64_t down = seconds / (homestead ? 10 : 9);
    return down > (uint64_t)(STEPS_DOWN_MAX + up) ? -STEPS_DOWN_MAX : up - (int64_t)down;
}

/* Adds 2^exponent; false if that does not fit. */
static bool add_power(chevm_u256 *number, uint64_t exponent) {
    chevm_u256 power = {{0, 0, 0, 0}};
    if (exponent >= 256) {
        return false;
    }
    power.limbs[exponent / 64] = UINT64_C(1) << exponent % 64;
    chevm_u256_add(number, number, &power);
    return !chevm_u256_less(number, &power);
}

ch_status chevm_difficulty(chevm_u256 *difficulty, chevm_difficulty_rules rules,
                           const chevm_difficulty_input *input) {
    CH_REQUIRE((unsigned)rules < CHEVM_DIFFICULTY_COUNT);
    if (input->timestamp < input->parent_timestamp) {
        return CH_EINVAL;
    }
    const chevm_u256 least = {{CHEVM_DIFFICULTY_MIN, 0, 0, 0}};
    const chevm_u256 *const parent = &input->parent_difficulty;
    const int64_t count = steps(rules, input);
    const chevm_u256 factor = {{(uint64_t)(count < 0 ? -count : count), 0, 0, 0}};
    chevm_u256 result;
    chevm_u256 change;
    chevm_u256_shr_bits(&change, parent, STEP_DIVISOR_BITS);
    chevm_u256_mul(&change, &change, &factor);
    if (count < 0) {
        chevm_u256_sub(&result, parent, &change); /* at most 99/2048 of it */
    } else {
        chevm_u256_add(&result, parent, &change);
        if (chevm_u256_less(&result, parent)) {
            return CH_ERANGE;
        }
    }
    const uint64_t delay = ROWS[rules].delay;
    const uint64_t period = input->number < delay ? 0 : (input->number - delay) / BOMB_PERIOD;
    if (period >= 2 && !add_power(&result, period - 2)) {
        return CH_ERANGE;
    }
    /* Only now: some clients raise to the minimum before the bomb, which basic_tests contradict. */
    chevm_u256_copy(difficulty, chevm_u256_less(&result, &least) ? &least : &result);
    return CH_OK;
}

bool chevm_difficulty_rules_of(chevm_fork fork, chevm_difficulty_rules *rules) {
    static const chevm_difficulty_rules of[] = {
        [CHEVM_FRONTIER] = CHEVM_DIFFICULTY_FRONTIER,
        [CHEVM_HOMESTEAD] = CHEVM_DIFFICULTY_HOMESTEAD,
        [CHEVM_TANGERINE] = CHEVM_DIFFICULTY_HOMESTEAD,
        [CHEVM_SPURIOUS] = CHEVM_DIFFICULTY_HOMESTEAD,
        [CHEVM_BYZANTIUM] = CHEVM_DIFFICULTY_BYZANTIUM,
        [CHEVM_CONSTANTINOPLE] = CHEVM_DIFFICULTY_CONSTANTINOPLE,
        [CHEVM_PETERSBURG] = CHEVM_DIFFICULTY_CONSTANTINOPLE,
        [CHEVM_ISTANBUL] = CHEVM_DIFFICULTY_CONSTANTINOPLE,
        [CHEVM_BERLIN] = CHEVM_DIFFICULTY_MUIR_GLACIER,
        [CHEVM_LONDON] = CHEVM_DIFFICULTY_LONDON,
    };
    if ((size_t)fork >= sizeof of / sizeof of[0]) {
        return false;
    }
    *rules = of[fork];
    return true;
}

chevm_difficulty_rules chevm_difficulty_rules_at(uint64_t number) {
    unsigned found = 0;
    while (found + 1 < CHEVM_DIFFICULTY_COUNT && ROWS[found + 1].first <= number) {
        found++;
    }
    return (chevm_difficulty_rules)found;
}

bool chevm_difficulty_parse(const char *name, chevm_difficulty_rules *rules) {
    for (unsigned i = 0; i < CHEVM_DIFFICULTY_COUNT; i++) {
        if (strcmp(ROWS[i].name, name) == 0) {
            *rules = (chevm_difficulty_rules)i;
            return true;
        }
    }
    return false;
}
