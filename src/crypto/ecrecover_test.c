/* ecrecover.c: known signers, every border of v, r and s, short and long inputs, and random
 * signatures that OpenSSL made. */
#include "ecrecover.h"

#include <coldevm/hash.h>

#include "harness.h"

#include <stdlib.h>
#include <string.h>

static void bytes_of(uint8_t *out, const char *hex) {
    for (size_t i = 0; hex[2 * i] != '\0'; i++) {
        const char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
}

/* A valid call and its answer, of geth's tests. */
static const char VALID[] = "18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c"
                            "000000000000000000000000000000000000000000000000000000000000001c"
                            "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f"
                            "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549";
static const char SIGNER[] = "000000000000000000000000a94f5374fce5edbc8e2a8697c15331677e6ebf0b";
static const char ORDER[] = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

/* Keys 1 and 2, and the one that signs most of the public fixtures. */
TEST(secp256k1_address_of_known_keys) {
    static const struct {
        const char *secret, *address;
    } rows[] = {
        {"0000000000000000000000000000000000000000000000000000000000000001",
         "7e5f4552091a69125d5dfcb7b8c2659029395bdf"},
        {"0000000000000000000000000000000000000000000000000000000000000002",
         "2b5ad5c4795c026514f8317c7a215e218dccd6cf"},
        {"45a915e4d060149eb4365960e6a7a45f334393093061116b197e3240065ff2d8",
         "a94f5374fce5edbc8e2a8697c15331677e6ebf0b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t secret[32], want[20], address[20] = {0};
        bytes_of(secret, rows[i].secret);
        bytes_of(want, rows[i].address);
        CHECK(chevmi_secp256k1_address(address, secret));
        CHECK_BYTES(address, want, 20);
    }
}

TEST(secp256k1_address_refuses_zero_and_the_order) {
    uint8_t secret[32] = {0}, address[20] = {7};
    CHECK(!chevmi_secp256k1_address(address, secret));
    bytes_of(secret, ORDER);
    CHECK(!chevmi_secp256k1_address(address, secret));
    CHECK_EQUAL(address[0], 7);
    secret[31] = 0x40;
    CHECK(chevmi_secp256k1_address(address, secret));
}

TEST(ecrecover_call_finds_the_signer_and_ignores_what_follows) {
    uint8_t input[200], out[32], want[32];
    memset(input, 0xee, sizeof input);
    bytes_of(input, VALID);
    bytes_of(want, SIGNER);
    CHECK_EQUAL(chevmi_ecrecover_call(out, input, 128), 32);
    CHECK_BYTES(out, want, sizeof want);
    memset(out, 0, sizeof out);
    CHECK_EQUAL(chevmi_ecrecover_call(out, input, sizeof input), 32);
    CHECK_BYTES(out, want, sizeof want);
    CHECK_EQUAL(chevmi_ecrecover_call(input + 40, input, 128), 32); /* out inside input */
    CHECK_BYTES(input + 40, want, sizeof want);
}

/* The input's bytes 127, 126 ... as zeros are those of a shorter input. */
TEST(ecrecover_call_fills_short_inputs_with_zeros) {
    uint8_t input[128], out[32], again[32];
    CHECK_EQUAL(chevmi_ecrecover_call(out, NULL, 0), 0);
    for (size_t size = 0; size < 128; size++) {
        bytes_of(input, VALID);
        memset(out, 0x11, sizeof out);
        memset(again, 0x11, sizeof again);
        const size_t got = chevmi_ecrecover_call(out, input, size);
        memset(input + size, 0, sizeof input - size);
        CHECK_EQUAL(got, chevmi_ecrecover_call(again, input, sizeof input));
        CHECK_BYTES(out, again, sizeof out);
        CHECK(size > 96 || got == 0);
    }
}

TEST(ecrecover_call_takes_v_27_and_28_only) {
    uint8_t input[128], out[32], untouched[32];
    memset(untouched, 0x11, sizeof untouched);
    for (unsigned v = 0; v < 256; v++) {
        bytes_of(input, VALID);
        input[63] = (uint8_t)v;
        memset(out, 0x11, sizeof out);
        CHECK_EQUAL(chevmi_ecrecover_call(out, input, 128), v == 27 || v == 28 ? 32 : 0);
        CHECK(v == 27 || v == 28 || memcmp(out, untouched, sizeof out) == 0);
    }
    for (unsigned i = 32; i < 63; i++) {
        bytes_of(input, VALID);
        input[i] = 1;
        CHECK_EQUAL(chevmi_ecrecover_call(out, input, 128), 0);
    }
}

TEST(ecrecover_refuses_r_and_s_out_of_range) {
    uint8_t valid[128], order[32], edge[32], key[64], untouched[64];
    const uint8_t zero[32] = {0}, one[32] = {[31] = 1};
    bytes_of(valid, VALID);
    bytes_of(order, ORDER);
    memset(key, 0x11, sizeof key);
    memset(untouched, 0x11, sizeof untouched);
    const uint8_t *const r = valid + 64, *const s = valid + 96;
    CHECK(!chevmi_ecrecover_key(key, valid, 0, zero, s));
    CHECK(!chevmi_ecrecover_key(key, valid, 0, r, zero));
    CHECK(!chevmi_ecrecover_key(key, valid, 0, order, s));
    CHECK(!chevmi_ecrecover_key(key, valid, 0, r, order));
    memcpy(edge, order, sizeof edge);
    edge[31]++;
    CHECK(!chevmi_ecrecover_key(key, valid, 0, r, edge));
    memset(edge, 0xff, sizeof edge);
    CHECK(!chevmi_ecrecover_key(key, valid, 0, r, edge));
    CHECK(!chevmi_ecrecover_key(key, valid, 0, edge, s));
    CHECK(!chevmi_ecrecover_key(key, valid, 2, r, s));
    CHECK(!chevmi_ecrecover_key(key, valid, 3, r, s));
    CHECK_BYTES(key, untouched, sizeof key);
    memcpy(edge, order, sizeof edge);
    edge[31]--;
    CHECK(chevmi_ecrecover_key(key, valid, 0, r, edge)); /* s = n - 1 */
    CHECK(chevmi_ecrecover_key(key, valid, 0, r, one));
}

/* r = 5 is no x of secp256k1: 5^3 + 7 = 132 is no square modulo p. */
TEST(ecrecover_refuses_r_that_is_no_coordinate) {
    const uint8_t r[32] = {[31] = 5}, s[32] = {[31] = 1}, hash[32] = {1};
    uint8_t key[64];
    CHECK(!chevmi_ecrecover_key(key, hash, 0, r, s));
    CHECK(!chevmi_ecrecover_key(key, hash, 1, r, s));
}

/* With r the x of the generator and s = hash, s R - hash G is the point at infinity for one of the
 * two R, and 2 hash R for the other. */
TEST(ecrecover_refuses_the_key_at_infinity) {
    uint8_t r[32], key[64];
    const uint8_t s[32] = {[31] = 9};
    bytes_of(r, "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    CHECK(!chevmi_ecrecover_key(key, s, 0, r, s)); /* the generator's y is even */
    CHECK(chevmi_ecrecover_key(key, s, 1, r, s));
}

TEST(ecrecover_low_s_ends_at_half_of_the_order) {
    uint8_t s[32];
    bytes_of(s, "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");
    CHECK(chevmi_secp256k1_is_low_s(s));
    s[31]++;
    CHECK(!chevmi_secp256k1_is_low_s(s));
    memset(s, 0xff, sizeof s);
    CHECK(!chevmi_secp256k1_is_low_s(s));
    memset(s, 0, sizeof s);
    CHECK(chevmi_secp256k1_is_low_s(s));
}

#if defined(CHEVM_TEST_OPENSSL)

#include "ecdsa_rig.h"

/* One case in so many of 10^5: all with COLDHEAP_CONFORMANCE_SAMPLE=1, else 2000. */
TEST(ecrecover_recovers_the_keys_of_random_openssl_signatures) {
    const uint64_t count = ch_test_cases(100000, 2000);
    ecdsa_rig rig;
    if (!CHECK(ecdsa_rig_open(&rig, NID_secp256k1))) {
        return;
    }
    uint8_t order[32];
    bytes_of(order, ORDER);
    unsigned low = 0;
    for (unsigned i = 0; i < count; i++) {
        ecdsa_sample sample;
        uint8_t key[2][64], address[20], digest[32];
        if (!CHECK(ecdsa_rig_sign(&rig, &sample, i % 16 == 0))) {
            break;
        }
        const bool found[2] = {
            chevmi_ecrecover_key(key[0], sample.hash, 0, sample.r, sample.s),
            chevmi_ecrecover_key(key[1], sample.hash, 1, sample.r, sample.s),
        };
        const bool zero = found[0] && memcmp(key[0], sample.key, 64) == 0;
        const bool one = found[1] && memcmp(key[1], sample.key, 64) == 0;
        if (!CHECK(zero != one)) {
            break;
        }
        chevm_keccak256(digest, sample.key, 64);
        CHECK(chevmi_ecrecover(address, sample.hash, one, sample.r, sample.s));
        CHECK_BYTES(address, digest + 12, 20);
        low += chevmi_secp256k1_is_low_s(sample.s);
        ecdsa_rig_negate(sample.s, order); /* the twin: other half, other parity, same key */
        low += chevmi_secp256k1_is_low_s(sample.s);
        CHECK(chevmi_ecrecover_key(key[0], sample.hash, !one, sample.r, sample.s));
        CHECK_BYTES(key[0], sample.key, 64);
    }
    CHECK_EQUAL(low, count);
    ecdsa_rig_close(&rig);
}

#else

TEST(ecrecover_recovers_the_keys_of_random_openssl_signatures) {
    ch_test_skip("OpenSSL is not installed (Debian: libssl-dev)");
}

#endif
