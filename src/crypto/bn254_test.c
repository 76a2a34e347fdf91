/* bn254.h, the contract on bytes: what is refused, infinity, operands in place, products of any
 * number of pairs, stack. */
#define _GNU_SOURCE /* pthread_attr_setstack */
#include "bn254_rig.h"

#include "harness.h"

#include <pthread.h>

static const uint8_t INFINITY_BYTES[192];

static void random_g1_bytes(uint8_t bytes[64]) {
    chevmi_bn_g1 a;
    bn_rig_g1(&a, ch_test_random);
    chevmi_bn_g1_store(bytes, &a);
}

static void scalar_bytes(uint8_t bytes[32], uint64_t k) {
    memset(bytes, 0, 32);
    chevm_limb_store_be(bytes + 24, k);
}

/* EIP-196's example of a generator: (1, 2), whose order is n. */
TEST(bn254_generator_times_its_order_is_infinity) {
    uint8_t in[128] = {0}, out[64];
    for (unsigned build = 0; build < BN_RIG_BUILDS; build++) {
        bn_rig_use(build);
        in[31] = 1;
        in[63] = 2;
        chevmi_f256_store(in + 64, chevmi_modulus_bn254_n.p);
        CHECK(chevmi_bn254_mul(out, in));
        CHECK_BYTES(out, INFINITY_BYTES, 64);
        in[95]++; /* n + 1 */
        CHECK(chevmi_bn254_mul(out, in));
        CHECK_BYTES(out, in, 64);
        in[95] -= 2; /* n - 1, and one more */
        CHECK(chevmi_bn254_mul(out, in));
        memcpy(in + 64, out, 64);
        CHECK(chevmi_bn254_add(out, in));
        CHECK_BYTES(out, INFINITY_BYTES, 64);
    }
}

TEST(bn254_add_commutes_and_works_in_place) {
    for (unsigned n = 0; n < 200; n++) {
        uint8_t in[128], swapped[128], out[64], again[64];
        bn_rig_use(n % BN_RIG_BUILDS);
        random_g1_bytes(in);
        random_g1_bytes(in + 64);
        memcpy(swapped, in + 64, 64);
        memcpy(swapped + 64, in, 64);
        CHECK(chevmi_bn254_add(out, in) && chevmi_bn254_add(again, swapped));
        CHECK_BYTES(out, again, sizeof out);
        CHECK(chevmi_bn254_add(in, in));
        CHECK_BYTES(in, out, sizeof out);
        memset(in + 64, 0, 64);
        CHECK(chevmi_bn254_add(in + 64, in));
        CHECK_BYTES(in + 64, out, sizeof out);
        scalar_bytes(in + 64, 1);
        CHECK(chevmi_bn254_mul(in, in));
        CHECK_BYTES(in, out, sizeof out);
    }
}

/* Each coordinate of each argument, p too large or one bit off the curve. */
TEST(bn254_invalid_points_are_refused_and_leave_the_output) {
    for (unsigned n = 0; n < 400; n++) {
        uint8_t in[192], bad[192], out[64], kept[64];
        const size_t at = 32 * ch_test_random_below(4);
        bn_rig_use(n % BN_RIG_BUILDS);
        memset(out, 0xa5, sizeof out);
        memcpy(kept, out, sizeof out);
        random_g1_bytes(in);
        random_g1_bytes(in + 64);
        memcpy(bad, in, sizeof in);
        if (n % 2 == 0) {
            uint64_t x[4];
            chevmi_f256_load(x, in + at);
            (void)chevm_limb4_add(x, x, chevmi_modulus_bn254_p.p); /* below 2^256 */
            chevmi_f256_store(bad + at, x);
        } else {
            bad[at + 8 + ch_test_random_below(24)] ^= (uint8_t)(1u << ch_test_random_below(8));
        }
        CHECK(!chevmi_bn254_add(out, bad));
        if (at < 64) {
            CHECK(!chevmi_bn254_mul(out, bad));
        }
        memcpy(bad + 64, INFINITY_BYTES, 128);
        bool one = n % 3 == 0;
        CHECK(at >= 64 || !chevmi_bn254_pairing(&one, bad, 1));
        CHECK_EQUAL(one, n % 3 == 0);
        CHECK_BYTES(out, kept, sizeof out);
    }
}

/* p as a coordinate is zero in disguise: (p, p) is not infinity. */
TEST(bn254_unreduced_zero_is_no_infinity) {
    uint8_t in[192] = {0}, out[64];
    bool one;
    for (size_t at = 0; at < 192; at += 32) {
        memset(in, 0, sizeof in);
        chevmi_f256_store(in + at, chevmi_modulus_bn254_p.p);
        CHECK(at >= 128 || !chevmi_bn254_add(out, in));
        CHECK(at >= 64 || !chevmi_bn254_mul(out, in));
        CHECK(!chevmi_bn254_pairing(&one, in, 1));
    }
}

TEST(bn254_pairs_with_infinity_count_for_nothing) {
    for (unsigned n = 0; n < 24; n++) {
        uint8_t in[192], none[1];
        chevmi_bn_g1 a;
        chevmi_bn_g2 b;
        bool one = false;
        bn_rig_use(n % BN_RIG_BUILDS);
        CHECK(chevmi_bn254_pairing(&one, none, 0) && one);
        bn_rig_g1(&a, ch_test_random);
        bn_rig_g2(&b, ch_test_random);
        bn_rig_store_pair(in, &a, &b);
        CHECK(chevmi_bn254_pairing(&one, in, 1) && !one);
        memset(in, 0, 64);
        CHECK(chevmi_bn254_pairing(&one, in, 1) && one);
        bn_rig_store_pair(in, &a, &b);
        memset(in + 64, 0, 128);
        one = false;
        CHECK(chevmi_bn254_pairing(&one, in, 1) && one);
        one = false;
        CHECK(chevmi_bn254_pairing(&one, INFINITY_BYTES, 1) && one);
        bn_rig_twist(&b, ch_test_random); /* outside G2: refused beside infinity too */
        bn_rig_store_pair(in, &a, &b);
        CHECK(!chevmi_bn254_pairing(&one, in, 1));
        memset(in, 0, 64);
        CHECK(!chevmi_bn254_pairing(&one, in, 1));
    }
}

#define PAIRS_MAX (3 * CHEVMI_BN_CHUNK + 1)

/* in = pairs (ki a, b) with the sum of ki = 0 mod n; some points infinity, some pairs swapped. */
static void balanced_pairs(uint8_t *in, size_t count) {
    chevmi_bn_g1 a, part;
    chevmi_bn_g2 b;
    uint64_t sum[4] = {0}, k[4];
    const uint64_t zero[4] = {0};
    bn_rig_g1(&a, ch_test_random);
    bn_rig_g2(&b, ch_test_random);
    for (size_t i = 0; i < count; i++) {
        bn_rig_scalar(k, ch_test_random);
        bn_rig_mod_n(k, k);
        if (ch_test_random_below(5) == 0) {
            memset(k, 0, sizeof k);
        }
        if (i == count - 1) {
            chevmi_field256_plain.sub(k, zero, sum, chevmi_modulus_bn254_n.p);
        }
        chevmi_field256_plain.add(sum, sum, k, chevmi_modulus_bn254_n.p);
        chevmi_bn_g1_mul(&part, &a, k);
        bn_rig_store_pair(in + 192 * i, &part, &b);
    }
}

TEST(bn254_products_of_any_number_of_pairs) {
    static uint8_t in[192 * PAIRS_MAX];
    for (size_t count = 2; count <= PAIRS_MAX; count++) {
        bool one = false;
        bn_rig_use((unsigned)count % BN_RIG_BUILDS);
        balanced_pairs(in, count);
        CHECK(chevmi_bn254_pairing(&one, in, count) && one);
        const size_t last = 192 * (count - 1);
        uint8_t kept[192];
        memcpy(kept, in + last, sizeof kept);
        random_g1_bytes(in + last);
        CHECK(chevmi_bn254_pairing(&one, in, count) && !one);
        const size_t bad = 192 * ch_test_random_below(count); /* anywhere, in any chunk */
        memcpy(in + last, kept, sizeof kept);
        in[bad + 191] ^= 1;
        CHECK(!chevmi_bn254_pairing(&one, in, count));
    }
}

/* ---- Stack ------------------------------------------------------------------------------------
 */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

#ifndef IS_SANITIZED

#define PAINT 0x5c

static _Alignas(64) uint8_t painted[512 * 1024];

static void *deepest_calls(void *context) {
    uint8_t *const in = context;
    bool one;
    (void)chevmi_bn254_add(in, in);
    (void)chevmi_bn254_mul(in, in);
    (void)chevmi_bn254_pairing(&one, in + 192, PAIRS_MAX - 1);
    return NULL;
}

static void *no_calls(void *context) {
    return context;
}

/* Bytes of the painted stack that a thread running `body` touched. */
static size_t touched_by(void *(*body)(void *), void *context) {
    pthread_attr_t attributes;
    pthread_t thread;
    size_t clean = 0;
    memset(painted, PAINT, sizeof painted);
    if (!CHECK(pthread_attr_init(&attributes) == 0 &&
               pthread_attr_setstack(&attributes, painted, sizeof painted) == 0 &&
               pthread_create(&thread, &attributes, body, context) == 0)) {
        return 0;
    }
    (void)pthread_join(thread, NULL);
    (void)pthread_attr_destroy(&attributes);
    while (clean < sizeof painted && painted[clean] == PAINT) {
        clean++;
    }
    return sizeof painted - clean;
}

#endif

TEST(bn254_stack_stays_below_its_bound) {
#ifdef IS_SANITIZED
    ch_test_skip("sanitizers widen every frame");
#else
    static uint8_t in[192 * PAIRS_MAX];
    for (unsigned build = 0; build < BN_RIG_BUILDS; build++) {
        bn_rig_use(build);
        balanced_pairs(in, PAIRS_MAX);
        const size_t idle = touched_by(no_calls, NULL);
        const size_t busy = touched_by(deepest_calls, in);
        CHECK(busy - idle <= CHEVMI_BN254_STACK_BYTES);
        CHECK(busy - idle >= sizeof(chevmi_bn_pair) * CHEVMI_BN_CHUNK); /* it was seen at all */
    }
#endif
}
