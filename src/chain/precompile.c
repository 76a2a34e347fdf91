/* precompile.c: one table of prices and functions by fork; a precompile is active from its first
 * price on. */
#include <coldevm/precompile.h>

#include "precompile_gas.h"
#include "precompile_run.h"

#include <string.h>

// clang-format off
/* By address, then by fork: X(NAME, first fork, formula, base, step, function). The last row
 * that has begun holds. */
#define PRICE_ROWS(X)                                                                      \
    X(ECRECOVER,        FRONTIER,  words,       3000,   0,     ecrecover)                  \
    X(SHA256,           FRONTIER,  words,       60,     12,    sha256)                     \
    X(RIPEMD160,        FRONTIER,  words,       600,    120,   ripemd160)                  \
    X(IDENTITY,         FRONTIER,  words,       15,     3,     identity)                   \
    X(MODEXP,           BYZANTIUM, modexp_198,  0,      0,     modexp)                     \
    X(MODEXP,           BERLIN,    modexp_2565, 200,    0,     modexp)                     \
    X(MODEXP,           OSAKA,     modexp_7883, 500,    0,     modexp_7823)                \
    X(BN254_ADD,        BYZANTIUM, words,       500,    0,     bn254_add)                  \
    X(BN254_ADD,        ISTANBUL,  words,       150,    0,     bn254_add)                  \
    X(BN254_MUL,        BYZANTIUM, words,       40000,  0,     bn254_mul)                  \
    X(BN254_MUL,        ISTANBUL,  words,       6000,   0,     bn254_mul)                  \
    X(BN254_PAIRING,    BYZANTIUM, pairs_192,   100000, 80000, bn254_pairing)              \
    X(BN254_PAIRING,    ISTANBUL,  pairs_192,   45000,  34000, bn254_pairing)              \
    X(BLAKE2F,          ISTANBUL,  rounds,      0,      1,     blake2f)                    \
    X(POINT_EVALUATION, CANCUN,    words,       50000,  0,     point_evaluation)           \
    X(BLS_G1_ADD,       PRAGUE,    words,       375,    0,     bls_g1_add)                 \
    X(BLS_G1_MSM,       PRAGUE,    msm_g1,      12000,  0,     bls_g1_msm)                 \
    X(BLS_G2_ADD,       PRAGUE,    words,       600,    0,     bls_g2_add)                 \
    X(BLS_G2_MSM,       PRAGUE,    msm_g2,      22500,  0,     bls_g2_msm)                 \
    X(BLS_PAIRING,      PRAGUE,    pairs_384,   37700,  32600, bls_pairing)                \
    X(BLS_MAP_G1,       PRAGUE,    words,       5500,   0,     bls_map_g1)                 \
    X(BLS_MAP_G2,       PRAGUE,    words,       23800,  0,     bls_map_g2)                 \
    X(P256_VERIFY,      OSAKA,     words,       6900,   0,     p256_verify)
// clang-format on

typedef struct price_row {
    uint16_t precompile;
    uint16_t fork;
    uint32_t base, step;
    chevmi_gas_function *formula;
    chevmi_run_function *run;
} price_row;

static const price_row PRICES[] = {
#define PRICE_ROW(name, first, formula, base, step, run)                                           \
    {CHEVM_PRECOMPILE_##name, CHEVM_##first,   (base), (step),                                     \
     chevmi_gas_##formula,    chevmi_run_##run},
    PRICE_ROWS(PRICE_ROW)
#undef PRICE_ROW
};

#define PRICE_COUNT (sizeof PRICES / sizeof PRICES[0])

enum {
    PRECOMPILE_COUNT = 0
#define COUNT_ONE(name, address) +1
    CHEVM_PRECOMPILE_ROWS(COUNT_ONE)
#undef COUNT_ONE
};

/* Each precompile has a row or more, so the rows of the n-th do not begin before the n-th row. */
static const price_row *price_of(chevm_fork fork, uint32_t precompile) {
    const price_row *found = NULL;
    size_t i = precompile - 1 < PRECOMPILE_COUNT ? precompile - 1 : PRECOMPILE_COUNT - 1;
    for (; i < PRICE_COUNT && PRICES[i].precompile <= precompile; i++) {
        if (PRICES[i].precompile == precompile && PRICES[i].fork <= (uint32_t)fork) {
            found = &PRICES[i];
        }
    }
    return found;
}

chevm_precompile chevm_precompile_at(chevm_fork fork, const chevm_address *address) {
    uint64_t high[2];
    memcpy(high, address->bytes, sizeof high);
    if (CH_LIKELY((high[0] | high[1] | address->bytes[16] | address->bytes[17]) != 0)) {
        return CHEVM_PRECOMPILE_NONE;
    }
    const uint32_t number = (uint32_t)address->bytes[18] << 8 | address->bytes[19];
    return price_of(fork, number) != NULL ? (chevm_precompile)number : CHEVM_PRECOMPILE_NONE;
}

const char *chevm_precompile_name(chevm_precompile precompile) {
    switch (precompile) {
#define NAME_CASE(name, address)                                                                   \
    case CHEVM_PRECOMPILE_##name:                                                                  \
        return #name;
        CHEVM_PRECOMPILE_ROWS(NAME_CASE)
#undef NAME_CASE
    case CHEVM_PRECOMPILE_NONE:
        break;
    }
    return "?";
}

/* ---- Running -------------------------------------------------------------------------------- */

uint64_t chevm_precompile_gas(chevm_fork fork, chevm_precompile precompile, const uint8_t *input,
                              size_t size) {
    const price_row *const row = price_of(fork, precompile);
    CH_REQUIRE(row != NULL);
    return row->formula(row->base, row->step, input, size);
}

void chevm_precompile_run(chevm_fork fork, chevm_precompile precompile, const uint8_t *input,
                          size_t size, int64_t gas, uint8_t *scratch, size_t scratch_size,
                          chevm_result *result) {
    const price_row *const row = price_of(fork, precompile);
    CH_REQUIRE(row != NULL && gas >= 0);
    CH_REQUIRE((uintptr_t)scratch % CHEVM_PRECOMPILE_ALIGN == 0);
    *result = (chevm_result){.status = CHEVM_OUT_OF_GAS};
    const uint64_t cost = row->formula(row->base, row->step, input, size);
    if (cost > (uint64_t)gas) {
        return;
    }
    chevmi_run run = {
        .input = input, .size = size, .scratch = scratch, .scratch_size = scratch_size};
    result->status = row->run(&run);
    if (result->status == CHEVM_OK) {
        result->gas_left = gas - (int64_t)cost;
        result->output = run.output_size != 0 ? run.output : NULL;
        result->output_size = run.output_size;
    }
}
