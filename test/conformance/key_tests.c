/* key_tests.c: keyaddrtest.json: a secret key is the hash of its seed, and the address follows from
 * the public key. sig_of_emptystring is not looked at: it does not say which digest was signed, and
 * by the Keccak-256, SHA-256 (once, twice, or as Bitcoin messages) and SHA3-256 of nothing or by
 * zero it is not the key's. */
#include "rig.h"

#include <coldevm/hash.h>

#include <secp256k1.h>
#include <string.h>

/* The address of a public key: the last 20 bytes of the hash of its two coordinates. */
static void address_of(const secp256k1_context *curve, const secp256k1_pubkey *key,
                       chevm_address *address) {
    uint8_t bytes[65], hash[32];
    size_t size = sizeof bytes;
    (void)secp256k1_ec_pubkey_serialize(curve, bytes, &size, key, SECP256K1_EC_UNCOMPRESSED);
    chevm_keccak256(hash, bytes + 1, 64);
    memcpy(address->bytes, hash + 12, sizeof address->bytes);
}

void key_tests_keys(rig *r, const char *path, const json_document *document,
                    const json_node *test) {
    secp256k1_context *const curve = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    const char *const seed = json_text(json_get(test, "seed"));
    byte_range secret = {NULL, 0};
    chevm_address want, have;
    secp256k1_pubkey key;
    uint8_t hash[32];
    (void)path;
    chevm_keccak256(hash, (const uint8_t *)seed, strlen(seed));
    if (json_get(test, "addr") == NULL ||
        json_address(document, json_get(test, "addr"), &want) != 0 ||
        json_bytes(document, json_get(test, "key"), &secret) != 0 || secret.size != 32) {
        rig_complain(r, "malformed test");
    } else if (memcmp(secret.bytes, hash, sizeof hash) != 0) {
        rig_complain(r, "the key is not the hash of the seed");
    } else if (!secp256k1_ec_pubkey_create(curve, &key, secret.bytes)) {
        rig_complain(r, "no public key");
    } else {
        address_of(curve, &key, &have);
        if (memcmp(&have, &want, sizeof want) != 0) {
            rig_complain(r, "another address");
        }
    }
    secp256k1_context_destroy(curve);
}
