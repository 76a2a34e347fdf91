/* bn254_fuzz.c: any bytes as input of the three functions, by two builds that must agree; and
 * points made from the bytes, for which sums commute, products distribute, and balanced pairs give
 * one. */
#include "bn254_rig.h"

#include "fuzz.h"

#define PAIRS_MAX 3u

/* The generators of EIP-197. */
static const uint8_t G1[64] = {[31] = 1, [63] = 2};
static const uint8_t G2[128] = {
    0x19, 0x8e, 0x93, 0x93, 0x92, 0x0d, 0x48, 0x3a, 0x72, 0x60, 0xbf, 0xb7, 0x31, 0xfb, 0x5d, 0x25,
    0xf1, 0xaa, 0x49, 0x33, 0x35, 0xa9, 0xe7, 0x12, 0x97, 0xe4, 0x85, 0xb7, 0xae, 0xf3, 0x12, 0xc2,
    0x18, 0x00, 0xde, 0xef, 0x12, 0x1f, 0x1e, 0x76, 0x42, 0x6a, 0x00, 0x66, 0x5e, 0x5c, 0x44, 0x79,
    0x67, 0x43, 0x22, 0xd4, 0xf7, 0x5e, 0xda, 0xdd, 0x46, 0xde, 0xbd, 0x5c, 0xd9, 0x92, 0xf6, 0xed,
    0x09, 0x06, 0x89, 0xd0, 0x58, 0x5f, 0xf0, 0x75, 0xec, 0x9e, 0x99, 0xad, 0x69, 0x0c, 0x33, 0x95,
    0xbc, 0x4b, 0x31, 0x33, 0x70, 0xb3, 0x8e, 0xf3, 0x55, 0xac, 0xda, 0xdc, 0xd1, 0x22, 0x97, 0x5b,
    0x12, 0xc8, 0x5e, 0xa5, 0xdb, 0x8c, 0x6d, 0xeb, 0x4a, 0xab, 0x71, 0x80, 0x8d, 0xcb, 0x40, 0x8f,
    0xe3, 0xd1, 0xe7, 0x69, 0x0c, 0x43, 0xd3, 0x7b, 0x4c, 0xe6, 0xcc, 0x01, 0x66, 0xfa, 0x7d, 0xaa};

typedef struct answers {
    bool add_good, mul_good, pairing_good, one;
    uint8_t sum[64], product[64];
} answers;

static void ask(answers *a, unsigned build, const uint8_t in[192 * PAIRS_MAX], size_t pair_count) {
    bn_rig_use(build);
    memset(a, 0, sizeof *a);
    a->add_good = chevmi_bn254_add(a->sum, in);
    a->mul_good = chevmi_bn254_mul(a->product, in);
    a->pairing_good = chevmi_bn254_pairing(&a->one, in, pair_count);
}

/* Two builds, the same answers; the sum with its operands swapped. */
static void check_agreement(unsigned build, const uint8_t in[192 * PAIRS_MAX], size_t pair_count) {
    answers first, second;
    uint8_t swapped[128], sum[64] = {0};
    ask(&first, 0, in, pair_count);
    ask(&second, build, in, pair_count);
    CH_REQUIRE(memcmp(&first, &second, sizeof first) == 0);
    memcpy(swapped, in + 64, 64);
    memcpy(swapped + 64, in, 64);
    CH_REQUIRE(chevmi_bn254_add(sum, swapped) == first.add_good);
    CH_REQUIRE(memcmp(sum, first.sum, sizeof sum) == 0);
}

static void times_generator(uint8_t out[64], const uint8_t k[32]) {
    uint8_t in[96];
    memcpy(in, G1, 64);
    memcpy(in + 64, k, 32);
    CH_REQUIRE(chevmi_bn254_mul(out, in));
}

static void negate(uint8_t point[64]) {
    chevmi_bn_g1 a;
    CH_REQUIRE(chevmi_bn_g1_load(&a, point));
    chevmi_bn_fp_neg(&a.y, &a.y);
    chevmi_bn_g1_store(point, &a);
}

/* k g + l g - (k + l) g = 0, seen through the pairing; with one factor less it is seldom one. */
static void check_balance(uint8_t in[192 * PAIRS_MAX], const uint8_t k[32], const uint8_t l[32]) {
    uint8_t sum[128];
    bool one = false;
    for (unsigned i = 0; i < PAIRS_MAX; i++) {
        memcpy(in + 192 * i + 64, G2, sizeof G2);
    }
    times_generator(in, k);
    times_generator(in + 192, l);
    memcpy(sum, in, 64);
    memcpy(sum + 64, in + 192, 64);
    CH_REQUIRE(chevmi_bn254_add(sum, sum));
    const bool is_infinity = sum[63] == 0 && memcmp(sum, sum + 1, 63) == 0;
    CH_REQUIRE(chevmi_bn254_pairing(&one, in, 2) && one == is_infinity);
    memcpy(in + 384, sum, 64);
    negate(in + 384);
    CH_REQUIRE(chevmi_bn254_pairing(&one, in, 3) && one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t in[192 * PAIRS_MAX] = {0}, numbers[64] = {0};
    if (size == 0) {
        return 0;
    }
    const unsigned build = data[0] % BN_RIG_BUILDS, flip = data[0] / BN_RIG_BUILDS;
    data++, size--;
    memcpy(in, data, size < sizeof in ? size : sizeof in);
    memcpy(numbers, data, size < sizeof numbers ? size : sizeof numbers);
    check_agreement(build, in, size / 192 < PAIRS_MAX ? size / 192 : PAIRS_MAX);
    bn_rig_use(build);
    check_balance(in, numbers, numbers + 32);
    in[flip * 9] ^= (uint8_t)(1u + flip); /* below 576: anywhere in the three pairs */
    check_agreement(build, in, PAIRS_MAX);
    return 0;
}
