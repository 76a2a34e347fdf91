/* Precompiles: which address is one in which fork, names, charging, answers. */
#include <coldevm/precompile.h>

#include "harness.h"
#include "state_rig.h"

/* fixtures.md section 10, by number of the last address of each fork (0x100 apart). */
static unsigned last_of(chevm_fork fork) {
    return fork < CHEVM_BYZANTIUM  ? 4
           : fork < CHEVM_ISTANBUL ? 8
           : fork < CHEVM_CANCUN   ? 9
           : fork < CHEVM_PRAGUE   ? 10
                                   : 0x11;
}

TEST(precompile_addresses_by_fork) {
    for (chevm_fork fork = CHEVM_FRONTIER; fork < CHEVM_FORK_COUNT; fork++) {
        for (uint16_t number = 0; number < 0x300; number++) {
            const chevm_address at = low_address(number);
            const bool active = (number >= 1 && number <= last_of(fork)) ||
                                (number == 0x100 && fork >= CHEVM_OSAKA);
            CHECK_EQUAL(chevm_precompile_at(fork, &at), active ? number : 0);
        }
        for (unsigned byte = 0; byte < 18; byte++) { /* any higher byte makes it another address */
            chevm_address at = low_address(1);
            at.bytes[byte] = 1;
            CHECK_EQUAL(chevm_precompile_at(fork, &at), CHEVM_PRECOMPILE_NONE);
        }
    }
}

TEST(precompile_names) {
    CHECK_TEXT(chevm_precompile_name(CHEVM_PRECOMPILE_ECRECOVER), "ECRECOVER");
    CHECK_TEXT(chevm_precompile_name(CHEVM_PRECOMPILE_P256_VERIFY), "P256_VERIFY");
    CHECK_TEXT(chevm_precompile_name(CHEVM_PRECOMPILE_NONE), "?");
    CHECK_TEXT(chevm_precompile_name((chevm_precompile)0x12), "?");
}

/* Each that is not built in charges first and never says OK. */
TEST(precompile_not_built_in_is_never_a_result) {
    static const chevm_precompile all[] = {
#define ITEM(name, address) CHEVM_PRECOMPILE_##name,
        CHEVM_PRECOMPILE_ROWS(ITEM)
#undef ITEM
    };
    static uint8_t input[512];
    uint8_t scratch[CHEVM_PRECOMPILE_SCRATCH];
    chevm_result result;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const uint64_t gas = chevm_precompile_gas(CHEVM_OSAKA, all[i], input, sizeof input);
        CHECK(gas < 1000000);
        if (gas != 0) {
            chevm_precompile_run(CHEVM_OSAKA, all[i], input, sizeof input, (int64_t)gas - 1,
                                 scratch, &result);
            CHECK_EQUAL(result.status, CHEVM_OUT_OF_GAS);
            CHECK_EQUAL(result.gas_left, 0);
        }
        chevm_precompile_run(CHEVM_OSAKA, all[i], input, sizeof input, (int64_t)gas + 5, scratch,
                             &result);
        if (!chevm_precompile_is_built_in(all[i])) {
            CHECK_EQUAL(result.status, CHEVM_NOT_YET_SUPPORTED);
            CHECK_EQUAL(result.gas_left, 0);
            CHECK_EQUAL(result.output_size, 0);
        } else {
            CHECK(result.status == CHEVM_OK || result.status == CHEVM_PRECOMPILE_FAILURE);
            CHECK_EQUAL(result.gas_left, result.status == CHEVM_OK ? 5 : 0);
        }
    }
}

TEST(precompile_identity_of_nothing_is_nothing) {
    uint8_t scratch[CHEVM_PRECOMPILE_SCRATCH];
    chevm_result result;
    chevm_precompile_run(CHEVM_FRONTIER, CHEVM_PRECOMPILE_IDENTITY, NULL, 0, 15, scratch, &result);
    CHECK_EQUAL(result.status, CHEVM_OK);
    CHECK_EQUAL(result.gas_left, 0);
    CHECK(result.output == NULL);
    CHECK_EQUAL(result.output_size, 0);
}
