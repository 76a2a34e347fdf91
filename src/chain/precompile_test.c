/* Precompiles: which address is one in which fork, names, charging, answers. */
#include <coldevm/precompile.h>

#include "harness.h"
#include "state_rig.h"

#include <string.h>

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

TEST(precompile_ripemd160_fills_a_word) {
    /* of the empty string, from the algorithm's authors */
    static const uint8_t want[32] = {0,    0,    0,    0,    0,    0,    0,    0,
                                     0,    0,    0,    0,    0x9c, 0x11, 0x85, 0xa5,
                                     0xc5, 0xe9, 0xfc, 0x54, 0x61, 0x28, 0x08, 0x97,
                                     0x7e, 0xe8, 0xf5, 0x48, 0xb2, 0x25, 0x8d, 0x31};
    uint8_t scratch[CHEVM_PRECOMPILE_SCRATCH];
    chevm_result result;
    chevm_precompile_run(CHEVM_FRONTIER, CHEVM_PRECOMPILE_RIPEMD160, NULL, 0, 601, scratch,
                         &result);
    CHECK_EQUAL(result.status, CHEVM_OK);
    CHECK_EQUAL(result.gas_left, 1);
    CHECK_EQUAL(result.output_size, sizeof want);
    CHECK_BYTES(result.output, want, sizeof want);
}

/* EIP-152's own input: the compression of BLAKE2b-512 of "abc". */
static void blake2f_input(uint8_t input[214], uint32_t rounds, uint8_t last) {
    static const uint8_t h[64] = {0x48, 0xc9, 0xbd, 0xf2, 0x67, 0xe6, 0x09, 0x6a, 0x3b, 0xa7, 0xca,
                                  0x84, 0x85, 0xae, 0x67, 0xbb, 0x2b, 0xf8, 0x94, 0xfe, 0x72, 0xf3,
                                  0x6e, 0x3c, 0xf1, 0x36, 0x1d, 0x5f, 0x3a, 0xf5, 0x4f, 0xa5, 0xd1,
                                  0x82, 0xe6, 0xad, 0x7f, 0x52, 0x0e, 0x51, 0x1f, 0x6c, 0x3e, 0x2b,
                                  0x8c, 0x68, 0x05, 0x9b, 0x6b, 0xbd, 0x41, 0xfb, 0xab, 0xd9, 0x83,
                                  0x1f, 0x79, 0x21, 0x7e, 0x13, 0x19, 0xcd, 0xe0, 0x5b};
    memset(input, 0, 214);
    for (unsigned i = 0; i < 4; i++) {
        input[i] = (uint8_t)(rounds >> (24 - 8 * i));
    }
    memcpy(input + 4, h, sizeof h);
    memcpy(input + 68, "abc", 3);
    input[196] = 3;
    input[212] = last;
}

TEST(precompile_blake2f_values_of_eip_152) {
    static const struct {
        uint32_t rounds;
        uint8_t last;
        uint8_t start[8];
    } known[] = {
        {0, 1, {0x08, 0xc9, 0xbc, 0xf3, 0x67, 0xe6, 0x09, 0x6a}},
        {12, 1, {0xba, 0x80, 0xa5, 0x3f, 0x98, 0x1c, 0x4d, 0x0d}},
        {12, 0, {0x75, 0xab, 0x69, 0xd3, 0x19, 0x0a, 0x56, 0x2c}},
        {1, 1, {0xb6, 0x3a, 0x38, 0x0c, 0xb2, 0x89, 0x7d, 0x52}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint8_t input[214], scratch[CHEVM_PRECOMPILE_SCRATCH];
        chevm_result result;
        blake2f_input(input, known[i].rounds, known[i].last);
        chevm_precompile_run(CHEVM_ISTANBUL, CHEVM_PRECOMPILE_BLAKE2F, input, 213, 100, scratch,
                             &result);
        CHECK_EQUAL(result.status, CHEVM_OK);
        CHECK_EQUAL(result.gas_left, 100 - known[i].rounds);
        CHECK_EQUAL(result.output_size, 64);
        CHECK_BYTES(result.output, known[i].start, sizeof known[i].start);
    }
}

TEST(precompile_blake2f_refuses_other_sizes_and_flags) {
    uint8_t input[214], scratch[CHEVM_PRECOMPILE_SCRATCH];
    chevm_result result;
    blake2f_input(input, 12, 1);
    for (size_t size = 0; size <= sizeof input; size++) {
        chevm_precompile_run(CHEVM_ISTANBUL, CHEVM_PRECOMPILE_BLAKE2F, input, size, 12, scratch,
                             &result);
        CHECK_EQUAL(result.status, size == 213 ? CHEVM_OK : CHEVM_PRECOMPILE_FAILURE);
        CHECK_EQUAL(result.gas_left, 0);
    }
    for (unsigned flag = 0; flag < 256; flag++) {
        input[212] = (uint8_t)flag;
        chevm_precompile_run(CHEVM_ISTANBUL, CHEVM_PRECOMPILE_BLAKE2F, input, 213, 12, scratch,
                             &result);
        CHECK_EQUAL(result.status, flag < 2 ? CHEVM_OK : CHEVM_PRECOMPILE_FAILURE);
    }
    blake2f_input(input, UINT32_MAX, 1); /* the price keeps a caller from asking for more */
    chevm_precompile_run(CHEVM_ISTANBUL, CHEVM_PRECOMPILE_BLAKE2F, input, 213, 30000000, scratch,
                         &result);
    CHECK_EQUAL(result.status, CHEVM_OUT_OF_GAS);
}
