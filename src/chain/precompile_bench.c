/* The precompiles as a call runs them, price and checks of the input included: one group for each
 * figure of spec performance.md section 2, with its target, and those of EIP-2537 for the record.
 */
#include <coldevm/hash.h>
#include <coldevm/precompile.h>

#include "bench.h"
#include "num/cpu.h"

#include <string.h>

#define INPUT_MAX   4096u
#define SCRATCH_MAX ((size_t)1 << 18)

typedef struct call_work {
    chevm_precompile precompile;
    size_t size;
    uint8_t input[INPUT_MAX];
} call_work;

static CH_ALIGNED(CHEVM_PRECOMPILE_ALIGN) uint8_t scratch[SCRATCH_MAX];

static void run(const call_work *work, chevm_result *result) {
    chevm_precompile_run(CHEVM_OSAKA, work->precompile, work->input, work->size, 1000000000,
                         scratch, sizeof scratch, result);
    CH_REQUIRE(result->status == CHEVM_OK && result->output_size != 0);
}

static uint64_t call(void *context, uint64_t iterations) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        chevm_result result;
        run(context, &result);
        sum += result.output[result.output_size - 1];
    }
    return sum;
}

static void measure(const char *what, const call_work *work, double target_ns) {
    static call_work current;
    current = *work;
    chevm_hash_init();
    ch_bench_check_iterations(1);
    ch_bench_add("cold", call, &current);
    ch_bench_expect_no_heap();
    if (target_ns != 0) {
        ch_bench_target(what, target_ns);
    }
    (void)ch_bench_run();
}

/* ---- Inputs --------------------------------------------------------------------------------- */

static void put_hex(call_work *work, const char *text) {
    for (; text[0] != 0; text += 2) {
        const int high = text[0] <= '9' ? text[0] - '0' : text[0] - 'a' + 10;
        const int low = text[1] <= '9' ? text[1] - '0' : text[1] - 'a' + 10;
        work->input[work->size++] = (uint8_t)(high << 4 | low);
    }
}

static void put_random(call_work *work, size_t size) {
    for (size_t i = 0; i < size; i++) {
        work->input[work->size++] = (uint8_t)ch_bench_random();
    }
}

static void put_zeros(call_work *work, size_t size) {
    memset(work->input + work->size, 0, size);
    work->size += size;
}

static void put_byte(call_work *work, unsigned byte) {
    work->input[work->size++] = (uint8_t)byte;
}

/* What another run answers is the input of this one. */
static void put_answer(call_work *work, const call_work *other) {
    chevm_result result;
    run(other, &result);
    memcpy(work->input + work->size, result.output, result.output_size);
    work->size += result.output_size;
}

static void measure_random(const char *what, chevm_precompile precompile, size_t size,
                           double target_ns) {
    call_work work = {.precompile = precompile};
    put_random(&work, size);
    measure(what, &work, target_ns);
}

/* ---- Hashes --------------------------------------------------------------------------------- */

/* Not a precompile: the hash of a storage slot. */
static uint64_t keccak(void *context, uint64_t iterations) {
    const uint8_t *const words = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        uint8_t hash[32];
        chevm_keccak256_32(hash, words + i % 64 * 32);
        sum += hash[0];
    }
    return sum;
}

BENCH_GROUP(keccak_32) {
    static call_work words;
    words.size = 0;
    put_random(&words, sizeof(uint8_t[64][32]));
    chevm_hash_init();
    ch_bench_add("cold", keccak, words.input);
    ch_bench_expect_no_heap();
    ch_bench_target("keccak 32 B", (chevmi_cpu_features() & CHEVMI_CPU_AVX512) != 0 ? 300 : 370);
    (void)ch_bench_run();
}

BENCH_GROUP(sha256_1024) {
    measure_random("sha256 1 KB", CHEVM_PRECOMPILE_SHA256, 1024, 3200);
}

BENCH_GROUP(ripemd160_32) {
    measure_random("ripemd160 32 B", CHEVM_PRECOMPILE_RIPEMD160, 32, 170);
}

BENCH_GROUP(blake2f_12) {
    call_work work = {.precompile = CHEVM_PRECOMPILE_BLAKE2F};
    put_hex(&work, "0000000c");
    put_random(&work, 208);
    put_byte(&work, 1);
    measure("blake2f 12 rounds", &work, 150);
}

/* ---- Signatures ----------------------------------------------------------------------------- */

#define SECP256K1_X "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
#define P256_X      "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define P256_Y      "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"

/* The signature's point is the generator; any hash and s then have a signer. */
BENCH_GROUP(ecrecover) {
    call_work work = {.precompile = CHEVM_PRECOMPILE_ECRECOVER};
    put_random(&work, 32);
    put_zeros(&work, 31);
    put_byte(&work, 27);
    put_hex(&work, SECP256K1_X);
    put_byte(&work, 0x3f);
    put_random(&work, 31);
    measure("ecrecover", &work, 55e3);
}

/* Key 1 and nonce 1: s = hash + r. */
BENCH_GROUP(p256_verify) {
    call_work work = {.precompile = CHEVM_PRECOMPILE_P256_VERIFY};
    put_zeros(&work, 31);
    put_byte(&work, 1);
    put_hex(&work, P256_X);
    put_hex(&work, P256_X);
    work.input[work.size - 1]++;
    put_hex(&work, P256_X P256_Y);
    measure("p256", &work, 95e3);
}

/* ---- BN254 ---------------------------------------------------------------------------------- */

#define BN254_G2                                                                                   \
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"                             \
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"                             \
    "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"                             \
    "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"
#define BN254_ORDER_LESS_1 "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000000"

/* scalar * generator of G1, scalar as hex or, if NULL, random. */
static void put_bn254_point(call_work *work, const char *scalar) {
    call_work product = {.precompile = CHEVM_PRECOMPILE_BN254_MUL};
    put_zeros(&product, 31);
    put_byte(&product, 1);
    put_zeros(&product, 31);
    put_byte(&product, 2);
    if (scalar != NULL) {
        put_hex(&product, scalar);
    } else {
        put_random(&product, 32);
    }
    put_answer(work, &product);
}

BENCH_GROUP(bn254_add) {
    call_work work = {.precompile = CHEVM_PRECOMPILE_BN254_ADD};
    put_bn254_point(&work, NULL);
    put_bn254_point(&work, NULL);
    measure("bn254 add", &work, 3e3);
}

BENCH_GROUP(bn254_mul) {
    call_work work = {.precompile = CHEVM_PRECOMPILE_BN254_MUL};
    put_bn254_point(&work, NULL);
    put_byte(&work, 0x2f);
    put_random(&work, 31);
    measure("bn254 mul", &work, 50e3);
}

/* e(P, Q) e(-P, Q) = 1. */
BENCH_GROUP(bn254_pairing_2) {
    call_work work = {.precompile = CHEVM_PRECOMPILE_BN254_PAIRING};
    put_bn254_point(&work, "0000000000000000000000000000000000000000000000000000000000000001");
    put_hex(&work, BN254_G2);
    put_bn254_point(&work, BN254_ORDER_LESS_1);
    put_hex(&work, BN254_G2);
    measure("bn254 check of 2 pairs", &work, 950e3);
}

/* ---- BLS12-381 ------------------------------------------------------------------------------ */

#define BLS_G1                                                                                     \
    "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22" \
    "c6bb"
#define BLS_TAU_G1                                                                                 \
    "ad3eb50121139aa34db1d545093ac9374ab7bca2c0f3bf28e27c8dcd8fc7cb42d25926fc0c97b336e9f0fb35e5a0" \
    "4c81"

/* The polynomial X at a random z: the value is z, the quotient 1. */
BENCH_GROUP(kzg_point_evaluation) {
    call_work work = {.precompile = CHEVM_PRECOMPILE_POINT_EVALUATION};
    call_work hash = {.precompile = CHEVM_PRECOMPILE_SHA256};
    put_hex(&hash, BLS_TAU_G1);
    put_answer(&work, &hash);
    work.input[0] = 1;
    put_byte(&work, 0x3f);
    put_random(&work, 31);
    memcpy(work.input + 64, work.input + 32, 32);
    work.size += 32;
    put_hex(&work, BLS_TAU_G1 BLS_G1);
    measure("KZG", &work, 1350e3);
}

/* A random point of the group: the map's answer. */
static void put_bls_point(call_work *work, chevm_precompile map) {
    call_work element = {.precompile = map};
    for (unsigned i = 0; i < (map == CHEVM_PRECOMPILE_BLS_MAP_G1 ? 1 : 2); i++) {
        put_zeros(&element, 17);
        put_random(&element, 47);
    }
    put_answer(work, &element);
}

static void measure_bls(chevm_precompile precompile, unsigned count, bool has_g1, bool has_g2,
                        bool has_scalar) {
    call_work work = {.precompile = precompile};
    for (unsigned i = 0; i < count; i++) {
        if (has_g1) {
            put_bls_point(&work, CHEVM_PRECOMPILE_BLS_MAP_G1);
        }
        if (has_g2) {
            put_bls_point(&work, CHEVM_PRECOMPILE_BLS_MAP_G2);
        }
        if (has_scalar) {
            put_random(&work, 32);
        }
    }
    measure(NULL, &work, 0);
}

BENCH_GROUP(bls_g1_add) {
    measure_bls(CHEVM_PRECOMPILE_BLS_G1_ADD, 2, true, false, false);
}

BENCH_GROUP(bls_g2_add) {
    measure_bls(CHEVM_PRECOMPILE_BLS_G2_ADD, 2, false, true, false);
}

BENCH_GROUP(bls_g1_msm_1) {
    measure_bls(CHEVM_PRECOMPILE_BLS_G1_MSM, 1, true, false, true);
}

BENCH_GROUP(bls_g1_msm_16) {
    measure_bls(CHEVM_PRECOMPILE_BLS_G1_MSM, 16, true, false, true);
}

BENCH_GROUP(bls_g2_msm_1) {
    measure_bls(CHEVM_PRECOMPILE_BLS_G2_MSM, 1, false, true, true);
}

BENCH_GROUP(bls_pairing_2) {
    measure_bls(CHEVM_PRECOMPILE_BLS_PAIRING, 2, true, true, false);
}

BENCH_GROUP(bls_map_g1) {
    call_work work = {.precompile = CHEVM_PRECOMPILE_BLS_MAP_G1};
    put_zeros(&work, 17);
    put_random(&work, 47);
    measure(NULL, &work, 0);
}

BENCH_GROUP(bls_map_g2) {
    call_work work = {.precompile = CHEVM_PRECOMPILE_BLS_MAP_G2};
    for (unsigned i = 0; i < 2; i++) {
        put_zeros(&work, 17);
        put_random(&work, 47);
    }
    measure(NULL, &work, 0);
}

/* ---- MODEXP --------------------------------------------------------------------------------- */

/* Full exponent, odd modulus. */
static void measure_modexp(const char *what, size_t size, double target_ns) {
    call_work work = {.precompile = CHEVM_PRECOMPILE_MODEXP};
    for (unsigned i = 0; i < 3; i++) {
        put_zeros(&work, 30);
        put_byte(&work, (unsigned)(size >> 8));
        put_byte(&work, (unsigned)size & 0xff);
    }
    put_random(&work, size);
    for (unsigned i = 0; i < 2; i++) {
        put_random(&work, size);
        work.input[work.size - size] |= 0x80;
    }
    work.input[work.size - 1] |= 1;
    measure(what, &work, target_ns);
}

BENCH_GROUP(modexp_32) {
    measure_modexp("modexp 32 B", 32, 8e3);
}

BENCH_GROUP(modexp_128) {
    measure_modexp("modexp 128 B", 128, 450e3);
}

BENCH_GROUP(modexp_256) {
    measure_modexp("modexp 256 B", 256, 3300e3);
}

BENCH_GROUP(modexp_1024) {
    measure_modexp("modexp 1024 B", 1024, 170e6);
}
