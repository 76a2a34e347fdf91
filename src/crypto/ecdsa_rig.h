/** ecdsa_rig.h: random keys and signatures by OpenSSL, as the bytes our curves take; for tests and
 *  benches only. */
#ifndef CHEVMI_ECDSA_RIG_H
#define CHEVMI_ECDSA_RIG_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A signer; close frees what open and sign took from OpenSSL. */
typedef struct ecdsa_rig {
    int curve;
    EVP_PKEY *pair;
} ecdsa_rig;

/** Numbers big-endian; key is x, then y. */
typedef struct ecdsa_sample {
    uint8_t hash[32], r[32], s[32], key[64];
} ecdsa_sample;

static inline bool ecdsa_rig_new_key(ecdsa_rig *rig) {
    EVP_PKEY_free(rig->pair);
    rig->pair = EVP_EC_gen(OBJ_nid2sn(rig->curve));
    return rig->pair != NULL;
}

static inline bool ecdsa_rig_open(ecdsa_rig *rig, int curve) {
    *rig = (ecdsa_rig){.curve = curve};
    return ecdsa_rig_new_key(rig);
}

static inline void ecdsa_rig_close(ecdsa_rig *rig) {
    EVP_PKEY_free(rig->pair);
}

/** ecdsa_rig_sign_der writes the DER of a signature of sample->hash. */
static inline bool ecdsa_rig_sign_der(const ecdsa_rig *rig, ecdsa_sample *sample, uint8_t *der,
                                      size_t *size) {
    EVP_PKEY_CTX *const context = EVP_PKEY_CTX_new(rig->pair, NULL);
    const bool signed_it = context != NULL && EVP_PKEY_sign_init(context) == 1 &&
                           EVP_PKEY_sign(context, der, size, sample->hash, 32) == 1;
    EVP_PKEY_CTX_free(context);
    return signed_it;
}

/** ecdsa_rig_sign signs a random hash; with a new key if told so, else with the last one. */
static inline bool ecdsa_rig_sign(ecdsa_rig *rig, ecdsa_sample *sample, bool new_key) {
    uint8_t der[80], point[65];
    const uint8_t *walk = der;
    size_t size = sizeof der, point_size = 0;
    for (size_t i = 0; i < 32; i += 8) {
        const uint64_t word = ch_test_random();
        memcpy(sample->hash + i, &word, 8);
    }
    if ((new_key && !ecdsa_rig_new_key(rig)) || !ecdsa_rig_sign_der(rig, sample, der, &size) ||
        EVP_PKEY_get_octet_string_param(rig->pair, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point,
                                        &point_size) != 1 ||
        point_size != sizeof point) {
        return false;
    }
    memcpy(sample->key, point + 1, 64);
    ECDSA_SIG *const signature = d2i_ECDSA_SIG(NULL, &walk, (long)size);
    const bool good = signature != NULL &&
                      BN_bn2binpad(ECDSA_SIG_get0_r(signature), sample->r, 32) == 32 &&
                      BN_bn2binpad(ECDSA_SIG_get0_s(signature), sample->s, 32) == 32;
    ECDSA_SIG_free(signature);
    return good;
}

/** ecdsa_rig_load makes OpenSSL's key of the bytes; NULL if they are no point of the curve. */
static inline EVP_PKEY *ecdsa_rig_load(int curve, const uint8_t key[64]) {
    uint8_t octets[65] = {4};
    char name[32] = {0};
    EVP_PKEY *pair = NULL;
    EVP_PKEY_CTX *const context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
    memcpy(octets + 1, key, 64);
    (void)snprintf(name, sizeof name, "%s", OBJ_nid2sn(curve));
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof octets),
        OSSL_PARAM_construct_end(),
    };
    if (EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &pair, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
        pair = NULL;
    }
    EVP_PKEY_CTX_free(context);
    return pair;
}

/** ecdsa_rig_der writes a signature of any r and s as DER; 0 if OpenSSL would not. */
static inline size_t ecdsa_rig_der(uint8_t der[80], const ecdsa_sample *sample) {
    ECDSA_SIG *const signature = ECDSA_SIG_new();
    uint8_t *walk = der;
    (void)ECDSA_SIG_set0(signature, BN_bin2bn(sample->r, 32, NULL), BN_bin2bn(sample->s, 32, NULL));
    const int size = i2d_ECDSA_SIG(signature, &walk);
    ECDSA_SIG_free(signature);
    return size > 0 ? (size_t)size : 0;
}

/** ecdsa_rig_verify asks OpenSSL about a sample of any bytes: false if it finds the signature wrong
 *  or the key no point. */
static inline bool ecdsa_rig_verify(int curve, const ecdsa_sample *sample) {
    uint8_t der[80];
    const size_t size = ecdsa_rig_der(der, sample);
    EVP_PKEY *const pair = ecdsa_rig_load(curve, sample->key);
    EVP_PKEY_CTX *const context = pair != NULL ? EVP_PKEY_CTX_new(pair, NULL) : NULL;
    const bool good = context != NULL && EVP_PKEY_verify_init(context) == 1 &&
                      EVP_PKEY_verify(context, der, size, sample->hash, 32) == 1;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(pair);
    return good;
}

/** ecdsa_rig_negate sets s = order - s. */
static inline void ecdsa_rig_negate(uint8_t s[32], const uint8_t order[32]) {
    int borrow = 0;
    for (size_t i = 32; i-- > 0;) {
        const int difference = order[i] - s[i] - borrow;
        s[i] = (uint8_t)difference;
        borrow = difference < 0;
    }
}

#endif
