/* Prices of precompiles: by hand at the edges, and against every published vector that states a gas
 * (folder `precompiles` of COLDHEAP_FIXTURES). */
#include <coldevm/precompile.h>

#include <stdio.h>

#include "harness.h"
#include "state_rig.h"

static uint64_t gas_of(chevm_fork fork, chevm_precompile precompile, size_t size) {
    static uint8_t input[200000];
    return chevm_precompile_gas(fork, precompile, input, size);
}

TEST(precompile_prices_by_size_and_fork) {
    static const struct {
        chevm_fork fork;
        chevm_precompile precompile;
        size_t size;
        uint64_t gas;
    } rows[] = {
        {CHEVM_FRONTIER, CHEVM_PRECOMPILE_ECRECOVER, 0, 3000},
        {CHEVM_FRONTIER, CHEVM_PRECOMPILE_ECRECOVER, 5000, 3000},
        {CHEVM_FRONTIER, CHEVM_PRECOMPILE_SHA256, 0, 60},
        {CHEVM_FRONTIER, CHEVM_PRECOMPILE_SHA256, 1, 72},
        {CHEVM_FRONTIER, CHEVM_PRECOMPILE_SHA256, 32, 72},
        {CHEVM_FRONTIER, CHEVM_PRECOMPILE_SHA256, 33, 84},
        {CHEVM_FRONTIER, CHEVM_PRECOMPILE_RIPEMD160, 64, 840},
        {CHEVM_FRONTIER, CHEVM_PRECOMPILE_IDENTITY, 65, 24},
        {CHEVM_BYZANTIUM, CHEVM_PRECOMPILE_BN254_ADD, 128, 500},
        {CHEVM_ISTANBUL, CHEVM_PRECOMPILE_BN254_ADD, 128, 150},
        {CHEVM_BYZANTIUM, CHEVM_PRECOMPILE_BN254_MUL, 96, 40000},
        {CHEVM_PETERSBURG, CHEVM_PRECOMPILE_BN254_MUL, 96, 40000},
        {CHEVM_ISTANBUL, CHEVM_PRECOMPILE_BN254_MUL, 96, 6000},
        {CHEVM_BYZANTIUM, CHEVM_PRECOMPILE_BN254_PAIRING, 0, 100000},
        {CHEVM_BYZANTIUM, CHEVM_PRECOMPILE_BN254_PAIRING, 384, 260000},
        {CHEVM_ISTANBUL, CHEVM_PRECOMPILE_BN254_PAIRING, 383, 79000},
        {CHEVM_ISTANBUL, CHEVM_PRECOMPILE_BLAKE2F, 213, 0},
        {CHEVM_ISTANBUL, CHEVM_PRECOMPILE_BLAKE2F, 212, 0},
        {CHEVM_CANCUN, CHEVM_PRECOMPILE_POINT_EVALUATION, 192, 50000},
        {CHEVM_PRAGUE, CHEVM_PRECOMPILE_BLS_G1_MSM, 159, 0},
        {CHEVM_PRAGUE, CHEVM_PRECOMPILE_BLS_G1_MSM, 160, 12000},
        {CHEVM_PRAGUE, CHEVM_PRECOMPILE_BLS_G1_MSM, 128 * 160, 128 * 12 * 519},
        {CHEVM_PRAGUE, CHEVM_PRECOMPILE_BLS_G1_MSM, 129 * 160, 129 * 12 * 519},
        {CHEVM_PRAGUE, CHEVM_PRECOMPILE_BLS_G2_MSM, 2 * 288, 45000},
        {CHEVM_PRAGUE, CHEVM_PRECOMPILE_BLS_G2_MSM, 128 * 288, 128 * 45 * 262},
        {CHEVM_PRAGUE, CHEVM_PRECOMPILE_BLS_PAIRING, 768, 102900},
        {CHEVM_OSAKA, CHEVM_PRECOMPILE_P256_VERIFY, 160, 6900},
        {CHEVM_BYZANTIUM, CHEVM_PRECOMPILE_MODEXP, 0, 0},
        {CHEVM_BERLIN, CHEVM_PRECOMPILE_MODEXP, 0, 200},
        {CHEVM_OSAKA, CHEVM_PRECOMPILE_MODEXP, 0, 500},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_EQUAL(gas_of(rows[i].fork, rows[i].precompile, rows[i].size), rows[i].gas);
    }
}

/* The discounts fall from point to point (never rise); their sums are those of the tables of
 * EIP-2537. */
TEST(precompile_discounts_fall_steadily) {
    for (unsigned g2 = 0; g2 < 2; g2++) {
        const chevm_precompile precompile =
            g2 != 0 ? CHEVM_PRECOMPILE_BLS_G2_MSM : CHEVM_PRECOMPILE_BLS_G1_MSM;
        const size_t pair = g2 != 0 ? 288 : 160;
        const uint64_t full = g2 != 0 ? 22500 : 12000;
        uint64_t last = 1000;
        uint64_t sum = 0;
        for (uint64_t k = 1; k <= 128; k++) {
            const uint64_t gas = gas_of(CHEVM_PRAGUE, precompile, (size_t)k * pair);
            const uint64_t discount = (gas * 1000 + k * full - 1) / (k * full);
            CHECK(discount <= last && (discount + 2 >= last || k < 48));
            last = discount;
            sum += discount;
        }
        CHECK_EQUAL(sum, g2 != 0 ? 78436 : 76517);
    }
}

/* ---- Modexp --------------------------------------------------------------------------------- */

static uint64_t modexp_gas(chevm_fork fork, uint64_t base, uint64_t exponent, uint64_t modulus,
                           uint8_t head) {
    uint8_t input[97 + 64] = {0};
    const uint64_t lengths[3] = {base, exponent, modulus};
    for (unsigned i = 0; i < 3; i++) {
        chevm_limb_store_be(input + 32 * i + 24, lengths[i]);
    }
    if (base <= 64 && exponent > 0) {
        input[96 + base] = head;
    }
    return chevm_precompile_gas(fork, CHEVM_PRECOMPILE_MODEXP, input, sizeof input);
}

TEST(precompile_modexp_prices_by_hand) {
    /* EIP-198: complexity(64) = 4096, 1 bit exponent: one iteration */
    CHECK_EQUAL(modexp_gas(CHEVM_BYZANTIUM, 64, 1, 64, 1), 4096 / 20);
    CHECK_EQUAL(modexp_gas(CHEVM_BYZANTIUM, 64, 1, 64, 0x80), 4096 * 7 / 20);
    CHECK_EQUAL(modexp_gas(CHEVM_BYZANTIUM, 10, 1, 65, 1), (65 * 65 / 4 + 96 * 65 - 3072) / 20);
    CHECK_EQUAL(modexp_gas(CHEVM_BYZANTIUM, 0, 33, 1024, 0x80),
                (1024 * 1024 / 4 + 96 * 1024 - 3072) * (8 + 255) / 20);
    CHECK_EQUAL(modexp_gas(CHEVM_BYZANTIUM, 0, 1, 1025, 1),
                (1025 * 1025 / 16 + 480 * 1025 - 199680) / 20);
    /* EIP-2565 */
    CHECK_EQUAL(modexp_gas(CHEVM_BERLIN, 64, 1, 64, 1), 200);
    CHECK_EQUAL(modexp_gas(CHEVM_BERLIN, 0, 32, 256, 0x80), 32 * 32 * 255 / 3);
    CHECK_EQUAL(modexp_gas(CHEVM_BERLIN, 0, 40, 257, 0x80), 33 * 33 * (255 + 64) / 3);
    /* EIP-7883 */
    CHECK_EQUAL(modexp_gas(CHEVM_OSAKA, 32, 1, 32, 1), 500);
    CHECK_EQUAL(modexp_gas(CHEVM_OSAKA, 0, 32, 32, 0x80), 16 * 255);
    CHECK_EQUAL(modexp_gas(CHEVM_OSAKA, 0, 40, 33, 0x80), 2 * 5 * 5 * (255 + 128));
}

TEST(precompile_modexp_of_absurd_lengths_is_priced_without_wrapping) {
    static const chevm_fork forks[] = {CHEVM_BYZANTIUM, CHEVM_BERLIN, CHEVM_OSAKA};
    for (unsigned i = 0; i < 3; i++) {
        uint8_t input[96];
        memset(input, 0xff, sizeof input);
        CHECK_EQUAL(chevm_precompile_gas(forks[i], CHEVM_PRECOMPILE_MODEXP, input, sizeof input),
                    UINT64_MAX);
        CHECK_EQUAL(modexp_gas(forks[i], UINT64_MAX, 1, 1, 1), UINT64_MAX);
        CHECK_EQUAL(modexp_gas(forks[i], 1, 1, UINT64_MAX, 1), UINT64_MAX);
        CHECK_EQUAL(modexp_gas(forks[i], UINT64_MAX - 95, 1, 1, 1), UINT64_MAX);
        /* a huge exponent of nothing: free where complexity is 0 */
        memset(input, 0, 32);
        memset(input + 64, 0, 32);
        const uint64_t nothing =
            chevm_precompile_gas(forks[i], CHEVM_PRECOMPILE_MODEXP, input, sizeof input);
        CHECK_EQUAL(nothing, i == 0 ? 0 : i == 1 ? 200 : UINT64_MAX);
    }
}

/* ---- Published vectors ---------------------------------------------------------------------- */

#define FILE_MAX ((size_t)16 << 20)

static unsigned nibble(char c) {
    return c >= '0' && c <= '9'   ? (unsigned)(c - '0')
           : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                  : (unsigned)(c - 'A') + 10;
}

/* Each object has "Input": "hex" before "Gas": number. Returns the number of vectors compared. */
static unsigned compare_file(const char *text, chevm_fork fork, chevm_precompile precompile) {
    static uint8_t input[2000000];
    unsigned count = 0;
    const char *at = text;
    while ((at = strstr(at, "\"Input\"")) != NULL) {
        at = strchr(at + 7, '"') + 1;
        size_t size = 0;
        while (at[0] != '"' && at[1] != '"' && size < sizeof input) {
            input[size++] = (uint8_t)(nibble(at[0]) << 4 | nibble(at[1]));
            at += 2;
        }
        const char *const gas = strstr(at, "\"Gas\"");
        const char *const next = strstr(at, "\"Input\"");
        if (gas == NULL || (next != NULL && gas > next)) {
            continue;
        }
        const uint64_t expected = strtoull(strchr(gas + 5, ':') + 1, NULL, 10);
        CHECK_EQUAL(chevm_precompile_gas(fork, precompile, input, size), expected);
        count++;
    }
    return count;
}

TEST(precompile_prices_agree_with_the_published_vectors) {
    static const struct {
        const char *name;
        chevm_fork fork;
        chevm_precompile precompile;
        unsigned count;
    } files[] = {
        {"ecRecover", CHEVM_OSAKA, CHEVM_PRECOMPILE_ECRECOVER, 5},
        {"modexp", CHEVM_BYZANTIUM, CHEVM_PRECOMPILE_MODEXP, 17},
        {"modexp_eip2565", CHEVM_BERLIN, CHEVM_PRECOMPILE_MODEXP, 47},
        {"modexp_eip7883", CHEVM_OSAKA, CHEVM_PRECOMPILE_MODEXP, 45},
        {"bn256Add", CHEVM_ISTANBUL, CHEVM_PRECOMPILE_BN254_ADD, 16},
        {"bn256ScalarMul", CHEVM_ISTANBUL, CHEVM_PRECOMPILE_BN254_MUL, 19},
        {"bn256Pairing", CHEVM_ISTANBUL, CHEVM_PRECOMPILE_BN254_PAIRING, 14},
        {"blake2F", CHEVM_ISTANBUL, CHEVM_PRECOMPILE_BLAKE2F, 5},
        {"pointEvaluation", CHEVM_CANCUN, CHEVM_PRECOMPILE_POINT_EVALUATION, 1},
        {"blsG1Add", CHEVM_PRAGUE, CHEVM_PRECOMPILE_BLS_G1_ADD, 112},
        {"blsG1Mul", CHEVM_PRAGUE, CHEVM_PRECOMPILE_BLS_G1_MSM, 11},
        {"blsG1MultiExp", CHEVM_PRAGUE, CHEVM_PRECOMPILE_BLS_G1_MSM, 154},
        {"blsG2Add", CHEVM_PRAGUE, CHEVM_PRECOMPILE_BLS_G2_ADD, 112},
        {"blsG2Mul", CHEVM_PRAGUE, CHEVM_PRECOMPILE_BLS_G2_MSM, 11},
        {"blsG2MultiExp", CHEVM_PRAGUE, CHEVM_PRECOMPILE_BLS_G2_MSM, 153},
        {"blsMapG1", CHEVM_PRAGUE, CHEVM_PRECOMPILE_BLS_MAP_G1, 105},
        {"blsMapG2", CHEVM_PRAGUE, CHEVM_PRECOMPILE_BLS_MAP_G2, 105},
        {"blsPairing", CHEVM_PRAGUE, CHEVM_PRECOMPILE_BLS_PAIRING, 106},
        {"p256Verify", CHEVM_OSAKA, CHEVM_PRECOMPILE_P256_VERIFY, 782},
    };
    const char *const fixtures = getenv("COLDHEAP_FIXTURES");
    if (fixtures == NULL) {
        ch_test_skip("COLDHEAP_FIXTURES does not name the unpacked fixtures");
        return;
    }
    char *const text = malloc(FILE_MAX);
    for (size_t i = 0; i < sizeof files / sizeof files[0] && text != NULL; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/precompiles/geth/%s.json", fixtures, files[i].name);
        FILE *const file = fopen(path, "rb");
        if (!CHECK(file != NULL)) {
            continue;
        }
        const size_t size = fread(text, 1, FILE_MAX - 1, file);
        (void)fclose(file);
        text[size] = 0;
        if (!CHECK_EQUAL(compare_file(text, files[i].fork, files[i].precompile), files[i].count)) {
            (void)CHECK_TEXT(files[i].name, "");
        }
    }
    free(text);
}
