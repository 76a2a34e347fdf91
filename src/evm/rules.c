/* rules.c: builds a fork's schedule from the histories in ops.h and rules.h. */
#include "rules.h"

#include <string.h>

CHEVMI_OP_HISTORIES

static const chevmi_storage_price STORAGE_PRICES[CHEVMI_REGIME_COUNT][9] = {
#define STORAGE_REGIME(status, g0, r0, g1, r1, g2, r2, g3, r3, g4, r4)                             \
    [CHEVMI_REGIME_LEGACY][CHEVM_STORAGE_##status] = {(g0), (r0)},                                 \
    [CHEVMI_REGIME_EIP1283][CHEVM_STORAGE_##status] = {(g1), (r1)},                                \
    [CHEVMI_REGIME_EIP2200][CHEVM_STORAGE_##status] = {(g2), (r2)},                                \
    [CHEVMI_REGIME_EIP2929][CHEVM_STORAGE_##status] = {(g3), (r3)},                                \
    [CHEVMI_REGIME_EIP3529][CHEVM_STORAGE_##status] = {(g4), (r4)},
    CHEVMI_STORAGE_ROWS(STORAGE_REGIME)
#undef STORAGE_REGIME
};

/* Value of a history {value, fork,value, ...} in `fork`: the last pair that has begun. */
static int32_t history_value(const int32_t *history, size_t count, chevm_fork fork) {
    int32_t value = history[0];
    for (size_t i = 1; i + 1 < count; i += 2) {
        if ((int32_t)fork >= history[i]) {
            value = history[i + 1];
        }
    }
    return value;
}

static uint16_t price_value(const uint16_t *history, size_t count, chevm_fork fork) {
    uint16_t value = history[0];
    for (size_t i = 1; i + 1 < count; i += 2) {
        if ((uint16_t)fork >= history[i]) {
            value = history[i + 1];
        }
    }
    return value;
}

void chevmi_rules_build(chevmi_rules *rules, chevm_fork fork) {
    memset(rules, 0, sizeof *rules);
    rules->fork = fork;
#define RULE_FILL(name, history)                                                                   \
    {                                                                                              \
        static const int32_t values[] = {CHEVMI_UNPACK history};                                   \
        rules->name = history_value(values, sizeof values / sizeof values[0], fork);               \
    }
    CHEVMI_RULE_ROWS(RULE_FILL)
#undef RULE_FILL
#define OP_FILL(code, name, in, out, imm, first, history)                                          \
    if (fork >= CHEVM_##first) {                                                                   \
        rules->defined[code] = true;                                                               \
        rules->price[code] =                                                                       \
            price_value(chevmi_price_##name,                                                       \
                        sizeof chevmi_price_##name / sizeof chevmi_price_##name[0], fork);         \
    }
    CHEVMI_OPS(OP_FILL, CHEVMI_OP_NONE)
#undef OP_FILL
    rules->storage = STORAGE_PRICES[rules->storage_regime];
}
