/* Precompiles: which address is one in which fork, names, charging, answers. */
#include <coldevm/precompile.h>

#include "harness.h"
#include "state_rig.h"

static _Alignas(CHEVM_PRECOMPILE_ALIGN) uint8_t scratch[1 << 20];

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

/* Each charges first, and a failure keeps what was left. */
TEST(precompile_charges_before_it_runs) {
    static const chevm_precompile all[] = {
#define ITEM(name, address) CHEVM_PRECOMPILE_##name,
        CHEVM_PRECOMPILE_ROWS(ITEM)
#undef ITEM
    };
    static uint8_t input[512];
    chevm_result result;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const uint64_t gas = chevm_precompile_gas(CHEVM_OSAKA, all[i], input, sizeof input);
        CHECK(gas < 1000000);
        if (gas != 0) {
            chevm_precompile_run(CHEVM_OSAKA, all[i], input, sizeof input, (int64_t)gas - 1,
                                 scratch, sizeof scratch, &result);
            CHECK_EQUAL(result.status, CHEVM_OUT_OF_GAS);
            CHECK_EQUAL(result.gas_left, 0);
        }
        chevm_precompile_run(CHEVM_OSAKA, all[i], input, sizeof input, (int64_t)gas + 5, scratch,
                             sizeof scratch, &result);
        CHECK(result.status == CHEVM_OK || result.status == CHEVM_PRECOMPILE_FAILURE);
        CHECK_EQUAL(result.gas_left, result.status == CHEVM_OK ? 5 : 0);
    }
}

TEST(precompile_identity_of_nothing_is_nothing) {
    chevm_result result;
    chevm_precompile_run(CHEVM_FRONTIER, CHEVM_PRECOMPILE_IDENTITY, NULL, 0, 15, scratch,
                         sizeof scratch, &result);
    CHECK_EQUAL(result.status, CHEVM_OK);
    CHECK_EQUAL(result.gas_left, 0);
    CHECK(result.output == NULL);
    CHECK_EQUAL(result.output_size, 0);
}

static void check_run(chevm_precompile precompile, const uint8_t *input, size_t size,
                      const char *expected) {
    uint8_t bytes[64] = {0};
    chevm_result result;
    chevm_precompile_run(CHEVM_OSAKA, precompile, input, size, INT64_MAX, scratch, sizeof scratch,
                         &result);
    const size_t expected_size = strlen(expected) / 2;
    for (size_t i = 0; i < expected_size; i++) {
        const char pair[3] = {expected[2 * i], expected[2 * i + 1], 0};
        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    CHECK_EQUAL(result.status, CHEVM_OK);
    if (CHECK_EQUAL(result.output_size, expected_size)) {
        CHECK_BYTES(result.output, bytes, expected_size);
    }
}

/* The examples of the hash's authors. */
TEST(precompile_ripemd160_is_a_number_of_32_bytes) {
    check_run(CHEVM_PRECOMPILE_RIPEMD160, NULL, 0,
              "0000000000000000000000009c1185a5c5e9fc54612808977ee8f548b2258d31");
    check_run(CHEVM_PRECOMPILE_RIPEMD160, (const uint8_t *)"abc", 3,
              "0000000000000000000000008eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
}

/* Vectors 1 to 8 of EIP-152: four that fail, four that differ in rounds and flag. */
TEST(precompile_blake2f_agrees_with_eip152) {
    static const uint64_t iv[8] = {0x6a09e667f2bdc948, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                   0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                   0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
    static const struct {
        uint8_t rounds, flag;
        const char *expected;
    } rows[] = {
        {0, 1,
         "08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
         "d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b"},
        {12, 1,
         "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
         "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"},
        {12, 0,
         "75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d28752"
         "98743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde4735"},
        {1, 1,
         "b63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fb"
         "a551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7a421"},
    };
    uint8_t input[214] = {0};
    for (unsigned i = 0; i < 64; i++) { /* the state of BLAKE2b-512 after its parameters */
        input[4 + i] = (uint8_t)(iv[i / 8] >> (8 * (i % 8)));
    }
    input[4] = 0x48;
    memcpy(input + 68, "abc", 3);
    input[196] = 3;
    for (unsigned i = 0; i < 4; i++) {
        input[3] = rows[i].rounds;
        input[212] = rows[i].flag;
        check_run(CHEVM_PRECOMPILE_BLAKE2F, input, 213, rows[i].expected);
    }
    chevm_result result;
    static const size_t sizes[] = {0, 212, 214};
    for (unsigned i = 0; i < 4; i++) {
        input[212] = i < 3 ? 1 : 2;
        chevm_precompile_run(CHEVM_OSAKA, CHEVM_PRECOMPILE_BLAKE2F, input, i < 3 ? sizes[i] : 213,
                             1000, scratch, sizeof scratch, &result);
        CHECK_EQUAL(result.status, CHEVM_PRECOMPILE_FAILURE);
        CHECK_EQUAL(result.gas_left, 0);
    }
}

/* ---- Scratch -------------------------------------------------------------------------------- */

/* base 2, an exponent of `bits` bits and a modulus of `size` bytes, all ones; as much of it as
 * fits, the rest are zeros. */
static size_t modexp_input(uint8_t *input, uint64_t size, uint64_t bits) {
    const uint64_t lengths[3] = {size, (bits + 7) / 8, size};
    for (unsigned i = 0; i < 3; i++) {
        memset(input + 32 * i, 0, 32);
        for (unsigned j = 0; j < 8; j++) {
            input[32 * i + 31 - j] = (uint8_t)(lengths[i] >> (8 * j));
        }
    }
    memset(input + 96, 0, (size_t)(size + lengths[1]));
    input[96 + size - 1] = 2;
    input[96 + size] = (uint8_t)(1u << ((bits - 1) % 8));
    memset(input + 96 + size + lengths[1], 0xff, (size_t)size);
    return (size_t)(96 + 2 * size + lengths[1]);
}

/* The longest operands that any gas pays for fit the scratch that this gas is given, in memory that
 * ends there. */
TEST(precompile_scratch_suffices_for_all_that_gas_buys) {
    static const chevm_fork forks[] = {CHEVM_BYZANTIUM, CHEVM_BERLIN, CHEVM_OSAKA};
    static const uint64_t bits[] = {1, 2, 20, 21, 80, 81, 240, 241, 672, 673, 1000};
    static uint8_t input[1 << 18];
    unsigned ran = 0;
    for (uint64_t gas = 500; gas < 2000000; gas = gas * 5 / 2) {
        const size_t scratch_size = chevm_precompile_scratch(gas);
        uint8_t *const exact = aligned_alloc(CHEVM_PRECOMPILE_ALIGN, scratch_size);
        for (size_t i = 0; CHECK(exact != NULL) && i < 3 * sizeof bits / sizeof bits[0]; i++) {
            const chevm_fork fork = forks[i % 3];
            uint64_t size = 1;
            size_t input_size;
            for (uint64_t step = 32768; step != 0; step /= 2) { /* the longest that it pays for */
                input_size = modexp_input(input, size + step, bits[i / 3]);
                size +=
                    chevm_precompile_gas(fork, CHEVM_PRECOMPILE_MODEXP, input, input_size) <= gas
                        ? step
                        : 0;
            }
            chevm_result result;
            input_size = modexp_input(input, size, bits[i / 3]);
            chevm_precompile_run(fork, CHEVM_PRECOMPILE_MODEXP, input, input_size, (int64_t)gas,
                                 exact, scratch_size, &result);
            CHECK(result.status != CHEVM_MEMORY_LIMIT_EXCEEDED);
            ran += result.status == CHEVM_OK;
        }
        free(exact);
    }
    CHECK(ran > 100);
}

TEST(precompile_scratch_grows_with_gas) {
    size_t last = 0;
    for (uint64_t gas = 0; gas < UINT64_MAX / 4; gas = gas * 2 + 1) {
        const size_t bytes = chevm_precompile_scratch(gas);
        CHECK(bytes >= last);
        CHECK_EQUAL(bytes % CHEVM_PRECOMPILE_ALIGN, 0);
        last = bytes;
    }
    CHECK(chevm_precompile_scratch(30000000) > 1000000);
    CHECK(chevm_precompile_scratch(30000000) < 2000000);
}

/* EIP-7823: 1024 bytes each, whatever the gas. */
TEST(precompile_modexp_is_bounded_from_osaka_on) {
    static uint8_t input[8192];
    chevm_result result;
    size_t size = modexp_input(input, 1024, 1);
    chevm_precompile_run(CHEVM_OSAKA, CHEVM_PRECOMPILE_MODEXP, input, size, 10000000, scratch,
                         sizeof scratch, &result);
    CHECK_EQUAL(result.status, CHEVM_OK);
    CHECK_EQUAL(result.gas_left, 10000000 - 2 * 128 * 128);
    CHECK_EQUAL(result.output_size, 1024);
    CHECK_EQUAL(result.output[1023], 2);
    size = modexp_input(input, 1025, 1);
    chevm_precompile_run(CHEVM_OSAKA, CHEVM_PRECOMPILE_MODEXP, input, size, 10000000, scratch,
                         sizeof scratch, &result);
    CHECK_EQUAL(result.status, CHEVM_PRECOMPILE_FAILURE);
    CHECK_EQUAL(result.gas_left, 0);
    chevm_precompile_run(CHEVM_PRAGUE, CHEVM_PRECOMPILE_MODEXP, input, size, 10000000, scratch,
                         sizeof scratch, &result);
    CHECK_EQUAL(result.status, CHEVM_OK);
    CHECK_EQUAL(result.output_size, 1025);
    memset(input, 0, 96);
    input[32 + 30] = 4; /* an exponent of 1024 bytes, then 1025 */
    for (unsigned last = 0; last < 2; last++) {
        input[32 + 31] = (uint8_t)last;
        chevm_precompile_run(CHEVM_OSAKA, CHEVM_PRECOMPILE_MODEXP, input, 96, 10000000, scratch,
                             sizeof scratch, &result);
        CHECK_EQUAL(result.status, last == 0 ? CHEVM_OK : CHEVM_PRECOMPILE_FAILURE);
    }
}

/* Lengths of 2^61 and more are answered, not computed. */
TEST(precompile_modexp_of_unthinkable_lengths_is_the_machines_limit) {
    uint8_t input[97] = {[31] = 1, [32 + 24] = 0x20, [95] = 1, [96] = 3};
    chevm_result result;
    chevm_precompile_run(CHEVM_PRAGUE, CHEVM_PRECOMPILE_MODEXP, input, sizeof input, INT64_MAX,
                         scratch, sizeof scratch, &result);
    CHECK_EQUAL(result.status, CHEVM_MEMORY_LIMIT_EXCEEDED);
    CHECK_EQUAL(result.gas_left, 0);
    input[95] = 0; /* but nothing is nothing */
    chevm_precompile_run(CHEVM_PRAGUE, CHEVM_PRECOMPILE_MODEXP, input, sizeof input, INT64_MAX,
                         scratch, sizeof scratch, &result);
    CHECK_EQUAL(result.status, CHEVM_OK);
    CHECK_EQUAL(result.output_size, 0);
}

static chevm_status call_bn254(chevm_precompile which, const uint8_t *input, size_t size,
                               chevm_result *result) {
    chevm_precompile_run(CHEVM_OSAKA, which, input, size, 1000000, scratch, sizeof scratch, result);
    return result->status;
}

/* EIP-196: input is continued by zeros, and what is beyond its length is ignored. */
TEST(precompile_bn254_input_of_any_length) {
    uint8_t input[200] = {[31] = 1, [63] = 2, [95] = 3}; /* (1, 2), then 3 or half a point */
    uint8_t zeros[64] = {0}, thrice[64];
    chevm_result result;
    CHECK_EQUAL(call_bn254(CHEVM_PRECOMPILE_BN254_ADD, NULL, 0, &result), CHEVM_OK);
    CHECK_BYTES(result.output, zeros, 64);
    CHECK_EQUAL(call_bn254(CHEVM_PRECOMPILE_BN254_MUL, NULL, 0, &result), CHEVM_OK);
    CHECK_BYTES(result.output, zeros, 64);
    CHECK_EQUAL(call_bn254(CHEVM_PRECOMPILE_BN254_ADD, input, 64, &result), CHEVM_OK);
    CHECK_EQUAL(result.output_size, 64);
    CHECK_BYTES(result.output, input, 64);
    CHECK_EQUAL(call_bn254(CHEVM_PRECOMPILE_BN254_ADD, input, 63, &result),
                CHEVM_PRECOMPILE_FAILURE); /* (1, 0) */
    CHECK_EQUAL(result.gas_left, 0);
    CHECK_EQUAL(call_bn254(CHEVM_PRECOMPILE_BN254_ADD, input, 128, &result),
                CHEVM_PRECOMPILE_FAILURE);
    CHECK_EQUAL(call_bn254(CHEVM_PRECOMPILE_BN254_MUL, input, 64, &result), CHEVM_OK);
    CHECK_BYTES(result.output, zeros, 64);
    CHECK_EQUAL(call_bn254(CHEVM_PRECOMPILE_BN254_MUL, input, 96, &result), CHEVM_OK);
    memcpy(thrice, result.output, sizeof thrice);
    memset(input + 96, 0xff, sizeof input - 96);
    CHECK_EQUAL(call_bn254(CHEVM_PRECOMPILE_BN254_MUL, input, sizeof input, &result), CHEVM_OK);
    CHECK_BYTES(result.output, thrice, 64);
    memcpy(input + 64, thrice, sizeof thrice); /* 3 + 1 = 4 */
    CHECK_EQUAL(call_bn254(CHEVM_PRECOMPILE_BN254_ADD, input, sizeof input, &result), CHEVM_OK);
    memcpy(thrice, result.output, sizeof thrice);
    memset(input + 64, 0, 32);
    input[95] = 4;
    CHECK_EQUAL(call_bn254(CHEVM_PRECOMPILE_BN254_MUL, input, 96, &result), CHEVM_OK);
    CHECK_BYTES(result.output, thrice, 64);
}

/* EIP-197: whole pairs only; no pair is one. */
TEST(precompile_bn254_pairing_takes_whole_pairs) {
    static const uint8_t input[384];
    const uint8_t one[32] = {[31] = 1};
    chevm_result result;
    for (size_t size = 0; size <= sizeof input; size++) {
        const chevm_status status =
            call_bn254(CHEVM_PRECOMPILE_BN254_PAIRING, size == 0 ? NULL : input, size, &result);
        CHECK_EQUAL(status, size % 192 == 0 ? CHEVM_OK : CHEVM_PRECOMPILE_FAILURE);
        if (status == CHEVM_OK) {
            CHECK_EQUAL(result.output_size, 32);
            CHECK_BYTES(result.output, one, 32);
        }
    }
}

/* ---- Sizes of input ------------------------------------------------------------------------- */

/* Runs on `size` zeros with much gas: the size of the output, or -1 for a failure. */
static int output_of_zeros(chevm_precompile precompile, size_t size) {
    static const uint8_t zeros[1024];
    chevm_result result;
    chevm_precompile_run(CHEVM_OSAKA, precompile, zeros, size, 10000000, scratch, sizeof scratch,
                         &result);
    if (result.status == CHEVM_PRECOMPILE_FAILURE) {
        CHECK_EQUAL(result.gas_left, 0);
        return -1;
    }
    CHECK_EQUAL(result.status, CHEVM_OK);
    CHECK_EQUAL(result.gas_left,
                10000000 - chevm_precompile_gas(CHEVM_OSAKA, precompile, zeros, size));
    return (int)result.output_size;
}

/* Which lengths are cut or continued by zeros, which fail; zeros are no signature, and the point at
 * infinity where they are points. */
TEST(precompile_lengths_of_input) {
    static const struct {
        chevm_precompile precompile;
        size_t size;
        int output; /* -1: fails */
    } rows[] = {
        {CHEVM_PRECOMPILE_ECRECOVER, 0, 0},
        {CHEVM_PRECOMPILE_ECRECOVER, 128, 0},
        {CHEVM_PRECOMPILE_ECRECOVER, 200, 0},
        {CHEVM_PRECOMPILE_SHA256, 0, 32},
        {CHEVM_PRECOMPILE_MODEXP, 0, 0},
        {CHEVM_PRECOMPILE_BN254_ADD, 0, 64},
        {CHEVM_PRECOMPILE_BN254_ADD, 127, 64},
        {CHEVM_PRECOMPILE_BN254_ADD, 300, 64},
        {CHEVM_PRECOMPILE_BN254_MUL, 0, 64},
        {CHEVM_PRECOMPILE_BN254_MUL, 97, 64},
        {CHEVM_PRECOMPILE_BN254_PAIRING, 0, 32},
        {CHEVM_PRECOMPILE_BN254_PAIRING, 384, 32},
        {CHEVM_PRECOMPILE_BN254_PAIRING, 191, -1},
        {CHEVM_PRECOMPILE_BN254_PAIRING, 193, -1},
        {CHEVM_PRECOMPILE_BLAKE2F, 213, 64},
        {CHEVM_PRECOMPILE_BLAKE2F, 212, -1},
        {CHEVM_PRECOMPILE_BLAKE2F, 214, -1},
        {CHEVM_PRECOMPILE_POINT_EVALUATION, 0, -1},
        {CHEVM_PRECOMPILE_POINT_EVALUATION, 192, -1},
        {CHEVM_PRECOMPILE_BLS_G1_ADD, 256, 128},
        {CHEVM_PRECOMPILE_BLS_G1_ADD, 255, -1},
        {CHEVM_PRECOMPILE_BLS_G1_ADD, 257, -1},
        {CHEVM_PRECOMPILE_BLS_G1_MSM, 0, -1},
        {CHEVM_PRECOMPILE_BLS_G1_MSM, 160, 128},
        {CHEVM_PRECOMPILE_BLS_G1_MSM, 161, -1},
        {CHEVM_PRECOMPILE_BLS_G1_MSM, 320, 128},
        {CHEVM_PRECOMPILE_BLS_G2_ADD, 512, 256},
        {CHEVM_PRECOMPILE_BLS_G2_ADD, 511, -1},
        {CHEVM_PRECOMPILE_BLS_G2_MSM, 0, -1},
        {CHEVM_PRECOMPILE_BLS_G2_MSM, 288, 256},
        {CHEVM_PRECOMPILE_BLS_G2_MSM, 287, -1},
        {CHEVM_PRECOMPILE_BLS_PAIRING, 0, -1},
        {CHEVM_PRECOMPILE_BLS_PAIRING, 384, 32},
        {CHEVM_PRECOMPILE_BLS_PAIRING, 385, -1},
        {CHEVM_PRECOMPILE_BLS_MAP_G1, 64, 128},
        {CHEVM_PRECOMPILE_BLS_MAP_G1, 63, -1},
        {CHEVM_PRECOMPILE_BLS_MAP_G1, 65, -1},
        {CHEVM_PRECOMPILE_BLS_MAP_G2, 128, 256},
        {CHEVM_PRECOMPILE_BLS_MAP_G2, 64, -1},
        {CHEVM_PRECOMPILE_P256_VERIFY, 0, 0},
        {CHEVM_PRECOMPILE_P256_VERIFY, 160, 0},
        {CHEVM_PRECOMPILE_P256_VERIFY, 161, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!CHECK_EQUAL(output_of_zeros(rows[i].precompile, rows[i].size), rows[i].output)) {
            (void)CHECK_TEXT(chevm_precompile_name(rows[i].precompile), "");
        }
    }
}
