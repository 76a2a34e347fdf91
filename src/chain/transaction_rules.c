/* transaction_rules.c: gas that is due before the first instruction, prices, blob schedules. */
#include "transaction_rules.h"

#include <string.h>

/* ---- Rows ----------------------------------------------------------------------------------- */

#define UNPACK(...) __VA_ARGS__

/* Value of a history {value, fork,value, ...} in `fork`: the last pair that has begun. */
static uint32_t history_value(const uint32_t *history, size_t count, chevm_fork fork) {
    uint32_t value = history[0];
    for (size_t i = 1; i + 1 < count; i += 2) {
        if ((uint32_t)fork >= history[i]) {
            value = history[i + 1];
        }
    }
    return value;
}

void chevmi_transaction_rules_build(chevmi_transaction_rules *rules, chevm_fork fork) {
#define RULE_FILL(name, history)                                                                   \
    {                                                                                              \
        static const uint32_t values[] = {UNPACK history};                                         \
        rules->name = history_value(values, sizeof values / sizeof values[0], fork);               \
    }
    CHEVMI_TRANSACTION_RULE_ROWS(RULE_FILL)
#undef RULE_FILL
}

bool chevm_blob_schedule_of(const char *fork_name, chevm_blob_schedule *schedule) {
    static const struct {
        const char *name;
        chevm_blob_schedule schedule;
    } rows[] = {
#define SCHEDULE_ROW(name, target, max, fraction) {#name, {(target), (max), (fraction)}},
        CHEVMI_BLOB_SCHEDULE_ROWS(SCHEDULE_ROW)
#undef SCHEDULE_ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, fork_name) == 0) {
            *schedule = rows[i].schedule;
            return true;
        }
    }
    return false;
}

/* ---- Intrinsic gas -------------------------------------------------------------------------- */

/* A sum of products that stops at UINT64_MAX. */
static void gas_add(uint64_t *gas, uint64_t count, uint64_t price) {
    const uint64_t room = UINT64_MAX - *gas;
    *gas = price != 0 && count > room / price ? UINT64_MAX : *gas + count * price;
}

static uint64_t count_zero_bytes(const uint8_t *bytes, size_t size) {
    uint64_t count = 0;
    for (size_t i = 0; i < size; i++) {
        count += bytes[i] == 0;
    }
    return count;
}

static uint64_t count_keys(const chevm_transaction *transaction) {
    uint64_t count = 0;
    for (size_t i = 0; i < transaction->access_count; i++) {
        gas_add(&count, transaction->access_list[i].key_count, 1);
    }
    return count;
}

uint64_t chevm_intrinsic_gas(const chevm_transaction *transaction, chevm_fork fork,
                             uint64_t *floor) {
    chevmi_transaction_rules rules;
    chevmi_transaction_rules_build(&rules, fork);
    const uint64_t zeros = count_zero_bytes(transaction->input, transaction->input_size);
    const uint64_t others = transaction->input_size - zeros;
    uint64_t gas = CHEVMI_TX_BASE;
    gas_add(&gas, zeros, CHEVMI_TX_ZERO_BYTE);
    gas_add(&gas, others, rules.data_byte);
    if (transaction->is_creation) {
        gas_add(&gas, 1, rules.creation);
        gas_add(&gas, transaction->input_size / 32 + (transaction->input_size % 32 != 0),
                rules.initcode_word);
    }
    gas_add(&gas, transaction->access_count, CHEVMI_TX_ACCESS_ADDRESS);
    gas_add(&gas, count_keys(transaction), CHEVMI_TX_ACCESS_KEY);
    gas_add(&gas, transaction->authorization_count, CHEVMI_TX_AUTHORIZATION);
    if (floor != NULL) {
        *floor = rules.floor_token != 0 ? CHEVMI_TX_BASE : 0;
        gas_add(floor, zeros, rules.floor_token);
        gas_add(floor, others, (uint64_t)rules.floor_token * CHEVMI_TX_TOKENS_OF_BYTE);
    }
    return gas;
}

/* ---- Prices --------------------------------------------------------------------------------- */

void chevmi_effective_price(chevm_u256 *price, const chevm_transaction *transaction,
                            const chevm_u256 *base_fee) {
    chevm_u256 tip;
    chevm_u256_sub(&tip, &transaction->max_fee, base_fee);
    if (chevm_u256_less(&transaction->max_priority_fee, &tip)) {
        tip = transaction->max_priority_fee;
    }
    chevm_u256_add(price, base_fee, &tip);
}

/* out += count * price; false if it does not fit. */
static bool cost_add(chevm_u256 *out, uint64_t count, const chevm_u256 *price) {
    chevm_u256 product;
    uint64_t carry = 0;
    for (unsigned i = 0; i < 4; i++) {
        product.limbs[i] = chevm_limb_muladd(&carry, count, price->limbs[i], carry, 0);
    }
    return chevm_limb4_add(out->limbs, out->limbs, product.limbs) == 0 && carry == 0;
}

bool chevmi_transaction_cost(chevm_u256 *cost, const chevm_transaction *transaction,
                             const chevm_u256 *price, const chevm_u256 *blob_price,
                             const chevm_u256 *value) {
    uint64_t blob_gas = 0;
    gas_add(&blob_gas, transaction->blob_count, CHEVMI_TX_BLOB);
    *cost = *value;
    return cost_add(cost, transaction->gas_limit, price) && cost_add(cost, blob_gas, blob_price);
}

/* ---- Blob base fee -------------------------------------------------------------------------- */

#define WIDE_LIMBS 6u /* what a term below 2^320 becomes when a limb multiplies it */

static void wide_divide(uint64_t *x, uint64_t divisor) {
    const chevm_u256 d = {{divisor, 0, 0, 0}};
    chevm_u256 quotient, rest = {{0, 0, 0, 0}};
    for (unsigned i = WIDE_LIMBS; i-- > 0;) {
        const chevm_u256 part = {{x[i], rest.limbs[0], 0, 0}};
        chevm_u256_divmod(&quotient, &rest, &part, &d);
        x[i] = quotient.limbs[0];
    }
}

static void wide_multiply(uint64_t *x, uint64_t factor) {
    uint64_t carry = 0;
    for (unsigned i = 0; i < WIDE_LIMBS; i++) {
        x[i] = chevm_limb_muladd(&carry, x[i], factor, carry, 0);
    }
}

static void wide_add(uint64_t *x, const uint64_t *y) {
    uint64_t carry = 0;
    for (unsigned i = 0; i < WIDE_LIMBS; i++) {
        x[i] = chevm_limb_add(x[i], y[i], &carry);
    }
}

static bool wide_is_zero(const uint64_t *x) {
    return (x[0] | x[1] | x[2] | x[3] | x[4] | x[5]) == 0;
}

/* True if x / divisor is 2^256 or more. */
static bool wide_exceeds(const uint64_t *x, uint64_t divisor) {
    return x[5] != 0 || x[4] >= divisor;
}

/* Taylor series of fraction * e^(excess / fraction), as EIP-4844 has it: every term is rounded
 * down. A sum that has passed 2^256 * fraction is enough to know, so no term needs more than six
 * limbs. */
void chevm_blob_base_fee(chevm_u256 *fee, uint64_t excess_blob_gas, uint64_t fraction) {
    CH_REQUIRE(fraction != 0);
    uint64_t term[WIDE_LIMBS] = {fraction, 0, 0, 0, 0, 0};
    uint64_t sum[WIDE_LIMBS] = {0, 0, 0, 0, 0, 0};
    for (uint64_t i = 1; !wide_is_zero(term); i++) {
        if (!wide_exceeds(term, fraction)) {
            wide_add(sum, term);
        }
        if (wide_exceeds(term, fraction) || wide_exceeds(sum, fraction)) {
            *fee = (chevm_u256){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
            return;
        }
        wide_multiply(term, excess_blob_gas);
        wide_divide(term, fraction);
        wide_divide(term, i);
    }
    wide_divide(sum, fraction);
    *fee = (chevm_u256){{sum[0], sum[1], sum[2], sum[3]}};
}
