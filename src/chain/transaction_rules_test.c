/* Prices: intrinsic gas and floor by fork, blob schedules and base fee, what a transaction costs.
 */
#include "harness.h"
#include "state_rig.h"
#include "transaction_rig.h"

static uint64_t intrinsic(const chevm_transaction *t, chevm_fork fork) {
    return chevm_intrinsic_gas(t, fork, NULL);
}

static uint64_t floor_of(const chevm_transaction *t, chevm_fork fork) {
    uint64_t floor = 12345;
    (void)chevm_intrinsic_gas(t, fork, &floor);
    return floor;
}

/* ---- Intrinsic gas -------------------------------------------------------------------------- */

TEST(intrinsic_gas_of_data_by_fork) {
    static const uint8_t data[] = {0, 0, 0, 1, 2};
    const chevm_transaction t = {.input = data, .input_size = sizeof data};
    for (chevm_fork fork = CHEVM_FRONTIER; fork < CHEVM_FORK_COUNT; fork++) {
        const uint64_t byte = fork < CHEVM_ISTANBUL ? 68 : 16;
        CHECK_EQUAL(intrinsic(&t, fork), 21000 + 3 * 4 + 2 * byte);
        CHECK_EQUAL(floor_of(&t, fork), fork < CHEVM_PRAGUE ? 0 : 21000 + 10 * (3 + 2 * 4));
    }
}

TEST(intrinsic_gas_of_creations_by_fork) {
    uint8_t data[65] = {0};
    chevm_transaction t = {.is_creation = true, .input = data};
    for (chevm_fork fork = CHEVM_FRONTIER; fork < CHEVM_FORK_COUNT; fork++) {
        const uint64_t base = fork < CHEVM_HOMESTEAD ? 21000 : 53000;
        const uint64_t word_gas = fork < CHEVM_SHANGHAI ? 0 : 2;
        for (size_t size = 0; size <= 65; size++) {
            t.input_size = size;
            CHECK_EQUAL(intrinsic(&t, fork), base + 4 * size + (size + 31) / 32 * word_gas);
        }
    }
}

TEST(intrinsic_gas_of_lists) {
    const chevm_u256 keys[3] = {{{1, 0, 0, 0}}};
    const chevm_access_entry list[] = {{account(1), keys, 3}, {account(2), NULL, 0}};
    chevm_authorization tuples[2] = {{.nonce = 0}, {.nonce = 1}};
    const chevm_transaction t = {
        .access_list = list, .access_count = 2, .authorizations = tuples, .authorization_count = 2};
    CHECK_EQUAL(intrinsic(&t, CHEVM_PRAGUE), 21000 + 2 * 2400 + 3 * 1900 + 2 * 25000);
    CHECK_EQUAL(floor_of(&t, CHEVM_PRAGUE), 21000);
}

TEST(intrinsic_gas_stops_at_the_top) {
    const chevm_access_entry entry = {.key_count = SIZE_MAX / 4};
    const chevm_transaction t = {.access_list = &entry, .access_count = 1};
    CHECK_EQUAL(intrinsic(&t, CHEVM_OSAKA), UINT64_MAX);
}

/* ---- Costs ---------------------------------------------------------------------------------- */

TEST(cost_fits_or_says_so) {
    const chevm_u256 one = word(1), zero = word(0);
    const chevm_u256 top = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    chevm_u256 cost;
    chevm_transaction t = {.gas_limit = 1, .blob_count = 0};
    CHECK(chevmi_transaction_cost(&cost, &t, &top, &zero, &zero));
    CHECK(same_word(cost, top));
    CHECK(!chevmi_transaction_cost(&cost, &t, &top, &zero, &one));
    t.gas_limit = 2;
    CHECK(!chevmi_transaction_cost(&cost, &t, &top, &zero, &zero));
    t = (chevm_transaction){.gas_limit = 10, .blob_count = 2};
    CHECK(chevmi_transaction_cost(&cost, &t, &(chevm_u256){{7, 0, 0, 0}}, &one, &one));
    CHECK_EQUAL(cost.limbs[0], 10 * 7 + 2 * 131072 + 1);
    CHECK(!chevmi_transaction_cost(&cost, &t, &zero, &top, &zero));
    t.blob_count = SIZE_MAX / 2;
    CHECK(!chevmi_transaction_cost(&cost, &t, &zero, &top, &zero));
}

TEST(cost_agrees_with_wide_words) {
    for (unsigned i = 0; i < 2000; i++) {
        chevm_u256 price, blob_price, value, cost, want, part;
        for (unsigned k = 0; k < 4; k++) {
            price.limbs[k] = k < 2 ? ch_test_random() : 0;
            blob_price.limbs[k] = k < 2 ? ch_test_random() : 0;
            value.limbs[k] = k < 3 ? ch_test_random() : 0;
        }
        const chevm_transaction t = {.gas_limit = ch_test_random(),
                                     .blob_count = (size_t)ch_test_random_below(22)};
        CHECK(chevmi_transaction_cost(&cost, &t, &price, &blob_price, &value));
        part = word(t.gas_limit);
        chevm_u256_mul(&want, &part, &price);
        chevm_u256_add(&want, &want, &value);
        part = word(t.blob_count * 131072);
        chevm_u256_mul(&part, &part, &blob_price);
        chevm_u256_add(&want, &want, &part);
        CHECK(same_word(cost, want));
    }
}

/* ---- Blobs ---------------------------------------------------------------------------------- */

TEST(blob_schedules_by_name) {
    chevm_blob_schedule s = {0, 0, 0};
    CHECK(!chevm_blob_schedule_of("Shanghai", &s));
    CHECK(!chevm_blob_schedule_of("", &s));
    CHECK(chevm_blob_schedule_of("Cancun", &s));
    CHECK(s.target == 3 && s.max == 6 && s.fraction == 3338477);
    CHECK(chevm_blob_schedule_of("Prague", &s));
    CHECK(s.target == 6 && s.max == 9 && s.fraction == 5007716);
    CHECK(chevm_blob_schedule_of("Osaka", &s));
    CHECK(s.target == 6 && s.max == 9 && s.fraction == 5007716);
    CHECK(chevm_blob_schedule_of("BPO1", &s));
    CHECK(s.target == 10 && s.max == 15 && s.fraction == 8346193);
    CHECK(chevm_blob_schedule_of("BPO2", &s));
    CHECK(s.target == 14 && s.max == 21 && s.fraction == 11684671);
}

/* The series of EIP-4844 in plain words, for sums that fit them. */
static uint64_t series(uint64_t excess, uint64_t fraction) {
    chevm_u256 term = word(fraction), sum = word(0), x = word(excess), d;
    for (uint64_t i = 1; !chevm_u256_is_zero(&term); i++) {
        chevm_u256_add(&sum, &sum, &term);
        chevm_u256_mul(&term, &term, &x);
        d = word(fraction * i);
        chevm_u256_div(&term, &term, &d);
    }
    d = word(fraction);
    chevm_u256_div(&sum, &sum, &d);
    CHECK(chevm_u256_fits_u64(&sum));
    return sum.limbs[0];
}

TEST(blob_base_fee_follows_the_series) {
    for (unsigned i = 0; i < 3000; i++) {
        const uint64_t fraction = 1 + ch_test_random_below(12000000);
        const uint64_t excess = ch_test_random_below(40 * fraction); /* e^40 < 2^58 */
        chevm_u256 fee;
        chevm_blob_base_fee(&fee, excess, fraction);
        CHECK(chevm_u256_fits_u64(&fee));
        CHECK_EQUAL(fee.limbs[0], series(excess, fraction));
    }
}

TEST(blob_base_fee_known_values_and_top) {
    /* of EIP-4844's own tests, and where e^x passes 2^256 (x = 177.4) */
    const chevm_u256 top = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    chevm_u256 fee;
    chevm_blob_base_fee(&fee, 0, 3338477);
    CHECK_EQUAL(fee.limbs[0], 1);
    chevm_blob_base_fee(&fee, 2314057, 3338477);
    CHECK_EQUAL(fee.limbs[0], 1);
    chevm_blob_base_fee(&fee, 2314058, 3338477);
    CHECK_EQUAL(fee.limbs[0], 2);
    chevm_blob_base_fee(&fee, 10 * 1024 * 1024, 3338477);
    CHECK_EQUAL(fee.limbs[0], 23);
    chevm_blob_base_fee(&fee, 177, 1);
    CHECK(!same_word(fee, top) && fee.limbs[3] >> 63 == 1);
    chevm_blob_base_fee(&fee, 178, 1);
    CHECK(same_word(fee, top));
    chevm_blob_base_fee(&fee, UINT64_MAX, 1);
    CHECK(same_word(fee, top));
    chevm_blob_base_fee(&fee, UINT64_MAX, UINT64_MAX);
    CHECK_EQUAL(fee.limbs[0], 2); /* e, rounded down */
}
