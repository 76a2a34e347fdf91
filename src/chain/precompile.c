/* precompile.c: one table of prices by fork, one of functions; a precompile is active from its
 * first price on. */
#include <coldevm/hash.h>
#include <coldevm/precompile.h>

#include "precompile_gas.h"

#include <string.h>

// clang-format off
/* X(NAME, first fork of this price, formula, base, step): the last row that has begun holds. */
#define PRICE_ROWS(X)                                            \
    X(ECRECOVER,        FRONTIER,  words,       3000,   0)       \
    X(SHA256,           FRONTIER,  words,       60,     12)      \
    X(RIPEMD160,        FRONTIER,  words,       600,    120)     \
    X(IDENTITY,         FRONTIER,  words,       15,     3)       \
    X(MODEXP,           BYZANTIUM, modexp_198,  0,      0)       \
    X(MODEXP,           BERLIN,    modexp_2565, 200,    0)       \
    X(MODEXP,           OSAKA,     modexp_7883, 500,    0)       \
    X(BN254_ADD,        BYZANTIUM, words,       500,    0)       \
    X(BN254_ADD,        ISTANBUL,  words,       150,    0)       \
    X(BN254_MUL,        BYZANTIUM, words,       40000,  0)       \
    X(BN254_MUL,        ISTANBUL,  words,       6000,   0)       \
    X(BN254_PAIRING,    BYZANTIUM, pairs_192,   100000, 80000)   \
    X(BN254_PAIRING,    ISTANBUL,  pairs_192,   45000,  34000)   \
    X(BLAKE2F,          ISTANBUL,  rounds,      0,      1)       \
    X(POINT_EVALUATION, CANCUN,    words,       50000,  0)       \
    X(BLS_G1_ADD,       PRAGUE,    words,       375,    0)       \
    X(BLS_G1_MSM,       PRAGUE,    msm_g1,      12000,  0)       \
    X(BLS_G2_ADD,       PRAGUE,    words,       600,    0)       \
    X(BLS_G2_MSM,       PRAGUE,    msm_g2,      22500,  0)       \
    X(BLS_PAIRING,      PRAGUE,    pairs_384,   37700,  32600)   \
    X(BLS_MAP_G1,       PRAGUE,    words,       5500,   0)       \
    X(BLS_MAP_G2,       PRAGUE,    words,       23800,  0)       \
    X(P256_VERIFY,      OSAKA,     words,       6900,   0)
// clang-format on

typedef struct price_row {
    uint16_t precompile;
    uint16_t fork;
    uint32_t base, step;
    chevmi_gas_function *formula;
} price_row;

static const price_row PRICES[] = {
#define PRICE_ROW(name, first, formula, base, step)                                                \
    {CHEVM_PRECOMPILE_##name, CHEVM_##first, (base), (step), chevmi_gas_##formula},
    PRICE_ROWS(PRICE_ROW)
#undef PRICE_ROW
};

#define PRICE_COUNT (sizeof PRICES / sizeof PRICES[0])

static const price_row *price_of(chevm_fork fork, uint32_t precompile) {
    const price_row *found = NULL;
    for (size_t i = 0; i < PRICE_COUNT; i++) {
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

typedef struct output {
    const uint8_t *bytes;
    size_t size;
} output;

/* Answers OK or PRECOMPILE_FAILURE; output in scratch or input. */
typedef chevm_status run_function(output *out, const uint8_t *input, size_t size, uint8_t *scratch);

static chevm_status run_identity(output *out, const uint8_t *input, size_t size, uint8_t *scratch) {
    (void)scratch;
    *out = (output){input, size};
    return CHEVM_OK;
}

/* The hash as a number of 32 bytes. */
static chevm_status run_ripemd160(output *out, const uint8_t *input, size_t size,
                                  uint8_t *scratch) {
    memset(scratch, 0, 12);
    chevm_ripemd160(scratch + 12, input, size);
    *out = (output){scratch, 32};
    return CHEVM_OK;
}

static uint64_t load_le(const uint8_t *bytes) {
    uint64_t value = 0;
    for (unsigned i = 8; i-- > 0;) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static void load_words(uint64_t *words, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        words[i] = load_le(bytes + 8 * i);
    }
}

/* EIP-152: rounds, 4 bytes big-endian; state 64, message 128, counter 16, little-endian; flag 1. */
static chevm_status run_blake2f(output *out, const uint8_t *input, size_t size, uint8_t *scratch) {
    if (size != 213 || input[212] > 1) {
        return CHEVM_PRECOMPILE_FAILURE;
    }
    const uint32_t rounds = (uint32_t)input[0] << 24 | (uint32_t)input[1] << 16 |
                            (uint32_t)input[2] << 8 | (uint32_t)input[3];
    uint64_t h[8];
    uint64_t m[16];
    uint64_t t[2];
    load_words(h, input + 4, 8);
    load_words(m, input + 68, 16);
    load_words(t, input + 196, 2);
    chevm_blake2f(h, m, t, input[212] != 0, rounds);
    for (unsigned i = 0; i < 64; i++) {
        scratch[i] = (uint8_t)(h[i / 8] >> (8 * (i % 8)));
    }
    *out = (output){scratch, 64};
    return CHEVM_OK;
}

static run_function *function_of(chevm_precompile precompile) {
    switch (precompile) {
    case CHEVM_PRECOMPILE_RIPEMD160:
        return run_ripemd160;
    case CHEVM_PRECOMPILE_IDENTITY:
        return run_identity;
    case CHEVM_PRECOMPILE_BLAKE2F:
        return run_blake2f;
    default:
        return NULL;
    }
}

bool chevm_precompile_is_built_in(chevm_precompile precompile) {
    return function_of(precompile) != NULL;
}

uint64_t chevm_precompile_gas(chevm_fork fork, chevm_precompile precompile, const uint8_t *input,
                              size_t size) {
    const price_row *const row = price_of(fork, precompile);
    CH_REQUIRE(row != NULL);
    return row->formula(row->base, row->step, input, size);
}

void chevm_precompile_run(chevm_fork fork, chevm_precompile precompile, const uint8_t *input,
                          size_t size, int64_t gas, uint8_t *scratch, chevm_result *result) {
    CH_REQUIRE(gas >= 0);
    *result = (chevm_result){.status = CHEVM_OUT_OF_GAS};
    const uint64_t cost = chevm_precompile_gas(fork, precompile, input, size);
    if (cost > (uint64_t)gas) {
        return;
    }
    run_function *const run = function_of(precompile);
    if (run == NULL) {
        result->status = CHEVM_NOT_YET_SUPPORTED;
        return;
    }
    output out = {NULL, 0};
    result->status = run(&out, input, size, scratch);
    if (result->status == CHEVM_OK) {
        result->gas_left = gas - (int64_t)cost;
        result->output = out.size != 0 ? out.bytes : NULL;
        result->output_size = out.size;
    }
}
