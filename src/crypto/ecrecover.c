/* ecrecover.c: ranges and byte order around libsecp256k1's recovery. */
#include "ecrecover.h"

#include <coldevm/hash.h>
#include <coldevm/u256.h>

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include <string.h>

/* The group's order, big-endian, and half of it, rounded down. */
static const uint8_t ORDER[32] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
};
static const uint8_t ORDER_HALF[32] = {
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
};

static bool is_scalar(const uint8_t bytes[32]) {
    static const uint8_t ZERO[32];
    return memcmp(bytes, ORDER, 32) < 0 && memcmp(bytes, ZERO, 32) != 0;
}

bool chevmi_ecrecover_key(uint8_t key[64], const uint8_t hash[32], unsigned recovery_id,
                          const uint8_t r[32], const uint8_t s[32]) {
    if (recovery_id > 1 || !is_scalar(r) || !is_scalar(s)) {
        return false;
    }
    const secp256k1_context *const context = secp256k1_context_static;
    secp256k1_ecdsa_recoverable_signature signature;
    secp256k1_pubkey point;
    uint8_t compact[64], serialized[65];
    size_t size = sizeof serialized;
    memcpy(compact, r, 32);
    memcpy(compact + 32, s, 32);
    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(context, &signature, compact,
                                                             (int)recovery_id) ||
        !secp256k1_ecdsa_recover(context, &point, &signature, hash)) {
        return false;
    }
    (void)secp256k1_ec_pubkey_serialize(context, serialized, &size, &point,
                                        SECP256K1_EC_UNCOMPRESSED);
    CH_ASSERT(size == sizeof serialized && serialized[0] == 4);
    memcpy(key, serialized + 1, 64);
    return true;
}

bool chevmi_ecrecover(uint8_t address[20], const uint8_t hash[32], unsigned recovery_id,
                      const uint8_t r[32], const uint8_t s[32]) {
    uint8_t key[64], digest[32];
    if (!chevmi_ecrecover_key(key, hash, recovery_id, r, s)) {
        return false;
    }
    chevm_keccak256_64(digest, key);
    memcpy(address, digest + 12, 20);
    return true;
}

/* Recovery gives (s R - hash G) / r. With R = G, hash = 0 and s = secret * r that is secret G. */
bool chevmi_secp256k1_address(uint8_t address[20], const uint8_t secret[32]) {
    static const uint8_t generator_x[32] = {
        0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0, 0x62,
        0x95, 0xce, 0x87, 0x0b, 0x07, 0x02, 0x9b, 0xfc, 0xdb, 0x2d, 0xce,
        0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98,
    };
    static const uint8_t hash[32] = {0};
    chevm_u256 key, r, order;
    uint8_t s[32];
    if (!is_scalar(secret)) {
        return false;
    }
    chevm_u256_from_be32(&key, secret);
    chevm_u256_from_be32(&r, generator_x);
    chevm_u256_from_be32(&order, ORDER);
    chevm_u256_mulmod(&key, &key, &r, &order);
    chevm_u256_to_be32(s, &key);
    return chevmi_ecrecover(address, hash, 0, generator_x, s); /* its y is even */
}

size_t chevmi_ecrecover_call(uint8_t out[32], const uint8_t *input, size_t size) {
    static const uint8_t V_HIGH[31];
    uint8_t padded[CHEVMI_ECRECOVER_INPUT] = {0}, address[20];
    if (size > 0) {
        memcpy(padded, input, size < sizeof padded ? size : sizeof padded);
    }
    const unsigned v = padded[63];
    if (memcmp(padded + 32, V_HIGH, sizeof V_HIGH) != 0 || (v != 27 && v != 28) ||
        !chevmi_ecrecover(address, padded, v - 27, padded + 64, padded + 96)) {
        return 0;
    }
    memset(out, 0, 12);
    memcpy(out + 12, address, sizeof address);
    return 32;
}

bool chevmi_secp256k1_is_low_s(const uint8_t s[32]) {
    return memcmp(s, ORDER_HALF, 32) <= 0;
}
