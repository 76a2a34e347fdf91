/* precompile_fuzz.c: the input is a fork, an address, gas and the call's input, and a byte of ways
 * to make that input likelier to pass the first checks. Whatever runs must keep its books, stay in
 * its memory, give the same again in memory with other contents, and for hashes and powers say what
 * OpenSSL and GMP say where they are installed. */
#include <coldevm/hash.h>
#include <coldevm/precompile.h>

#include "fuzz.h"

#include <string.h>

#if defined(CHEVM_TEST_OPENSSL)
#include <openssl/evp.h>
#endif
#if defined(CHEVM_TEST_GMP)
#include <gmp.h>
#endif

#define INPUT_MAX   2048u
#define GAS_MAX     300000u
#define SCRATCH_MAX ((size_t)1 << 19)
#define GUARD       64u

enum { SHORT_LENGTHS = 1, FIT_SIZE = 2, SMALL_NUMBERS = 4, KNOWN_POINTS = 8 };

typedef struct fuzz_call {
    chevm_fork fork;
    chevm_precompile precompile;
    size_t size;
    uint8_t input[INPUT_MAX];
} fuzz_call;

static CH_ALIGNED(CHEVM_PRECOMPILE_ALIGN) uint8_t scratch[SCRATCH_MAX + GUARD];

/* ---- Likelier inputs ------------------------------------------------------------------------ */

/* Generators: BN254's G1, then G2; BLS12-381's G1 in 128 bytes, whose first byte of y is at 80. */
static const uint8_t BN254_G1[64] = {[31] = 1, [63] = 2};
static const uint8_t BN254_G2[128] = {
    0x19, 0x8e, 0x93, 0x93, 0x92, 0x0d, 0x48, 0x3a, 0x72, 0x60, 0xbf, 0xb7, 0x31, 0xfb, 0x5d, 0x25,
    0xf1, 0xaa, 0x49, 0x33, 0x35, 0xa9, 0xe7, 0x12, 0x97, 0xe4, 0x85, 0xb7, 0xae, 0xf3, 0x12, 0xc2,
    0x18, 0x00, 0xde, 0xef, 0x12, 0x1f, 0x1e, 0x76, 0x42, 0x6a, 0x00, 0x66, 0x5e, 0x5c, 0x44, 0x79,
    0x67, 0x43, 0x22, 0xd4, 0xf7, 0x5e, 0xda, 0xdd, 0x46, 0xde, 0xbd, 0x5c, 0xd9, 0x92, 0xf6, 0xed,
    0x09, 0x06, 0x89, 0xd0, 0x58, 0x5f, 0xf0, 0x75, 0xec, 0x9e, 0x99, 0xad, 0x69, 0x0c, 0x33, 0x95,
    0xbc, 0x4b, 0x31, 0x33, 0x70, 0xb3, 0x8e, 0xf3, 0x55, 0xac, 0xda, 0xdc, 0xd1, 0x22, 0x97, 0x5b,
    0x12, 0xc8, 0x5e, 0xa5, 0xdb, 0x8c, 0x6d, 0xeb, 0x4a, 0xab, 0x71, 0x80, 0x8d, 0xcb, 0x40, 0x8f,
    0xe3, 0xd1, 0xe7, 0x69, 0x0c, 0x43, 0xd3, 0x7b, 0x4c, 0xe6, 0xcc, 0x01, 0x66, 0xfa, 0x7d, 0xaa,
};

static void put(fuzz_call *c, size_t at, const uint8_t *bytes, size_t size) {
    if (at + size <= c->size) {
        memcpy(c->input + at, bytes, size);
    }
}

/* A point of BLS12-381 is what the map makes of the bytes that stand in its place. */
static void put_mapped(fuzz_call *c, size_t at, chevm_precompile map, size_t element,
                       size_t point) {
    uint8_t from[128] = {0};
    chevm_result result;
    if (at + point > c->size) {
        return;
    }
    for (size_t i = 0; i < element; i++) {
        from[i] = i % 64 <= 16 ? 0 : c->input[at + i];
    }
    chevm_precompile_run(CHEVM_OSAKA, map, from, element, GAS_MAX, scratch, SCRATCH_MAX, &result);
    CH_REQUIRE(result.status == CHEVM_OK && result.output_size == point);
    memcpy(c->input + at, result.output, point);
}

static void put_points(fuzz_call *c) {
    const chevm_precompile g1 = CHEVM_PRECOMPILE_BLS_MAP_G1;
    const chevm_precompile g2 = CHEVM_PRECOMPILE_BLS_MAP_G2;
    switch (c->precompile) {
    case CHEVM_PRECOMPILE_BN254_ADD:
    case CHEVM_PRECOMPILE_BN254_MUL:
        put(c, 0, BN254_G1, sizeof BN254_G1);
        break;
    case CHEVM_PRECOMPILE_BN254_PAIRING:
        put(c, 0, BN254_G1, sizeof BN254_G1);
        put(c, 64, BN254_G2, sizeof BN254_G2);
        break;
    case CHEVM_PRECOMPILE_BLS_G1_ADD:
        put_mapped(c, 0, g1, 64, 128);
        put_mapped(c, 128, g1, 64, 128);
        break;
    case CHEVM_PRECOMPILE_BLS_G1_MSM:
        put_mapped(c, 0, g1, 64, 128);
        put_mapped(c, 160, g1, 64, 128);
        break;
    case CHEVM_PRECOMPILE_BLS_G2_ADD:
        put_mapped(c, 0, g2, 128, 256);
        put_mapped(c, 256, g2, 128, 256);
        break;
    case CHEVM_PRECOMPILE_BLS_G2_MSM:
        put_mapped(c, 0, g2, 128, 256);
        put_mapped(c, 288, g2, 128, 256);
        break;
    case CHEVM_PRECOMPILE_BLS_PAIRING:
        put_mapped(c, 0, g1, 64, 128);
        put_mapped(c, 128, g2, 128, 256);
        break;
    default:
        break;
    }
}

/* Sizes that the precompiles ask for; 0: any. */
static size_t fitting_size(chevm_precompile precompile, unsigned more) {
    switch (precompile) {
    case CHEVM_PRECOMPILE_BN254_PAIRING:
        return 192 * (more % 3);
    case CHEVM_PRECOMPILE_BLAKE2F:
        return 213;
    case CHEVM_PRECOMPILE_POINT_EVALUATION:
        return 192;
    case CHEVM_PRECOMPILE_BLS_G1_ADD:
        return 256;
    case CHEVM_PRECOMPILE_BLS_G1_MSM:
        return 160 * (more % 5);
    case CHEVM_PRECOMPILE_BLS_G2_ADD:
        return 512;
    case CHEVM_PRECOMPILE_BLS_G2_MSM:
        return 288 * (more % 4);
    case CHEVM_PRECOMPILE_BLS_PAIRING:
        return 384 * (more % 3);
    case CHEVM_PRECOMPILE_BLS_MAP_G1:
        return 64;
    case CHEVM_PRECOMPILE_BLS_MAP_G2:
        return 128;
    case CHEVM_PRECOMPILE_P256_VERIFY:
        return 160;
    default:
        return 128;
    }
}

static void shape(fuzz_call *c, unsigned ways) {
    if ((ways & FIT_SIZE) != 0) {
        c->size = fitting_size(c->precompile, ways >> 4);
    }
    if ((ways & SMALL_NUMBERS) != 0) { /* each below any field's modulus */
        const size_t step = c->precompile >= CHEVM_PRECOMPILE_BLS_G1_ADD ? 64 : 32;
        for (size_t at = 0; at < c->size; at += step) {
            memset(c->input + at, 0, step == 64 && at + 17 <= c->size ? 17 : 1);
        }
    }
    if ((ways & SHORT_LENGTHS) != 0 && c->precompile == CHEVM_PRECOMPILE_MODEXP) {
        for (unsigned i = 0; i < 3; i++) {
            memset(c->input + 32 * i, 0, 31);
        }
        c->size = c->size < 96 ? 96 : c->size;
    }
    if ((ways & KNOWN_POINTS) != 0) {
        put_points(c);
    }
}

/* ---- Answers from outside ------------------------------------------------------------------- */

#if defined(CHEVM_TEST_OPENSSL)
static void check_hash(const fuzz_call *c, const chevm_result *result) {
    uint8_t want[32];
    if (c->precompile == CHEVM_PRECOMPILE_SHA256) {
        CH_REQUIRE(EVP_Digest(c->input, c->size, want, NULL, EVP_sha256(), NULL) == 1);
        CH_REQUIRE(memcmp(want, result->output, 32) == 0);
    }
    if (c->precompile == CHEVM_PRECOMPILE_RIPEMD160 && /* not in every build of OpenSSL */
        EVP_Digest(c->input, c->size, want, NULL, EVP_ripemd160(), NULL) == 1) {
        CH_REQUIRE(memcmp(want, result->output + 12, 20) == 0);
    }
}
#endif

#if defined(CHEVM_TEST_GMP)
static void check_power(const fuzz_call *c, const chevm_result *result) {
    static uint8_t padded[4 * INPUT_MAX], want[1024];
    mpz_t number[3];
    size_t at = 96;
    memset(padded, 0, sizeof padded);
    memcpy(padded, c->input, c->size);
    for (unsigned i = 0; i < 3; i++) {
        const size_t size = (size_t)padded[32 * i + 30] << 8 | padded[32 * i + 31];
        mpz_init(number[i]);
        mpz_import(number[i], size, 1, 1, 0, 0, padded + at);
        at += size;
    }
    memset(want, 0, sizeof want);
    if (mpz_sgn(number[2]) != 0) {
        mpz_powm(number[0], number[0], number[1], number[2]);
        const size_t length = mpz_sgn(number[0]) == 0 ? 0 : (mpz_sizeinbase(number[0], 2) + 7) / 8;
        mpz_export(want + result->output_size - length, NULL, 1, 1, 0, 0, number[0]);
    }
    CH_REQUIRE(result->output_size == 0 || memcmp(want, result->output, result->output_size) == 0);
    for (unsigned i = 0; i < 3; i++) {
        mpz_clear(number[i]);
    }
}

/* Lengths of at most 1023 bytes, as they stand in the input. */
static bool lengths_are_short(const fuzz_call *c) {
    for (unsigned i = 0; i < 96; i++) {
        const uint8_t byte = i < c->size ? c->input[i] : 0;
        if (i % 32 < 30 ? byte != 0 : i % 32 == 30 && byte > 3) {
            return false;
        }
    }
    return true;
}
#endif

static void check_outside(const fuzz_call *c, const chevm_result *result) {
#if defined(CHEVM_TEST_OPENSSL)
    check_hash(c, result);
#endif
#if defined(CHEVM_TEST_GMP)
    if (c->precompile == CHEVM_PRECOMPILE_MODEXP && lengths_are_short(c)) {
        check_power(c, result);
    }
#endif
    (void)c;
    (void)result;
}

/* ---- One call ------------------------------------------------------------------------------- */

static bool within(const uint8_t *at, size_t size, const uint8_t *block, size_t block_size) {
    return at >= block && size <= block_size && (size_t)(at - block) <= block_size - size;
}

static void run(const fuzz_call *c, int64_t gas, uint8_t fill, chevm_result *result) {
    const size_t size = chevm_precompile_scratch((uint64_t)gas);
    CH_REQUIRE(size <= SCRATCH_MAX);
    memset(scratch, fill, size + GUARD);
    chevm_precompile_run(c->fork, c->precompile, c->input, c->size, gas, scratch, size, result);
    for (size_t i = 0; i < GUARD; i++) {
        CH_REQUIRE(scratch[size + i] == fill);
    }
    CH_REQUIRE(result->output_size == 0 ||
               within(result->output, result->output_size, c->input, c->size) ||
               within(result->output, result->output_size, scratch, size));
}

static void check_books(const fuzz_call *c, int64_t gas, const chevm_result *result) {
    const uint64_t price = chevm_precompile_gas(c->fork, c->precompile, c->input, c->size);
    CH_REQUIRE((price > (uint64_t)gas) == (result->status == CHEVM_OUT_OF_GAS));
    if (result->status == CHEVM_OK) {
        CH_REQUIRE(result->gas_left == gas - (int64_t)price);
    } else {
        CH_REQUIRE(result->status == CHEVM_OUT_OF_GAS ||
                   result->status == CHEVM_PRECOMPILE_FAILURE);
        CH_REQUIRE(result->gas_left == 0 && result->output_size == 0);
    }
    CH_REQUIRE(result->gas_refund == 0 && (result->output == NULL) == (result->output_size == 0));
}

/* A paid run in exactly the scratch that chevm_precompile_need names answers the same. */
static void check_need(const fuzz_call *c, int64_t gas, const chevm_result *first) {
    const size_t need = chevm_precompile_need(c->precompile, c->input, c->size);
    if (need > SCRATCH_MAX) {
        CH_REQUIRE(first->status != CHEVM_OK);
        return;
    }
    chevm_result result;
    memset(scratch, 0x5a, need + GUARD);
    chevm_precompile_run(c->fork, c->precompile, c->input, c->size, gas, scratch, need, &result);
    for (size_t i = 0; i < GUARD; i++) {
        CH_REQUIRE(scratch[need + i] == 0x5a);
    }
    CH_REQUIRE(result.status == first->status && result.gas_left == first->gas_left &&
               result.output_size == first->output_size);
    CH_REQUIRE(result.output_size == 0 ||
               memcmp(result.output, first->output, result.output_size) == 0);
}

static void check_call(const fuzz_call *c, int64_t gas) {
    static uint8_t first_output[SCRATCH_MAX];
    chevm_result first, second;
    run(c, gas, 0x00, &first);
    check_books(c, gas, &first);
    if (first.output_size != 0) {
        memcpy(first_output, first.output, first.output_size);
        first.output = first_output;
    }
    run(c, gas, 0xff, &second);
    CH_REQUIRE(first.status == second.status && first.gas_left == second.gas_left &&
               first.output_size == second.output_size);
    if (first.status == CHEVM_OK) {
        CH_REQUIRE(first.output_size == 0 ||
                   memcmp(first_output, second.output, first.output_size) == 0);
        check_need(c, gas, &first);
        check_outside(c, &first);
        const int64_t price = gas - first.gas_left;
        if (price > 0) {
            chevm_precompile_run(c->fork, c->precompile, c->input, c->size, price - 1, scratch,
                                 SCRATCH_MAX, &second);
            CH_REQUIRE(second.status == CHEVM_OUT_OF_GAS);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const chevm_precompile all[] = {
#define ITEM(name, address) CHEVM_PRECOMPILE_##name,
        CHEVM_PRECOMPILE_ROWS(ITEM)
#undef ITEM
    };
    static bool ready;
    static fuzz_call c;
    if (size < 6) {
        return 0;
    }
    if (!ready) {
        chevm_hash_init();
        ready = true;
    }
    c.fork = (chevm_fork)(data[0] % CHEVM_FORK_COUNT);
    c.precompile = all[data[1] % (sizeof all / sizeof all[0])];
    const uint32_t wish = (uint32_t)data[2] << 16 | (uint32_t)data[3] << 8 | data[4];
    const int64_t gas = wish % GAS_MAX + 1;
    chevm_address address = {{0}};
    address.bytes[18] = (uint8_t)(c.precompile >> 8);
    address.bytes[19] = (uint8_t)c.precompile;
    c.size = size - 6 < INPUT_MAX ? size - 6 : INPUT_MAX;
    memset(c.input, 0, sizeof c.input);
    memcpy(c.input, data + 6, c.size);
    shape(&c, data[5]);
    if (chevm_precompile_at(c.fork, &address) == c.precompile) {
        check_call(&c, gas);
    }
    return 0;
}
