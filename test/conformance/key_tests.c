/* key_tests.c: keyaddrtest.json: a secret key is the hash of its seed, and the address follows from
 * the public key. sig_of_emptystring is not looked at: it does not say which digest was signed, and
 * by the Keccak-256, SHA-256 (once, twice, or as Bitcoin messages) and SHA3-256 of nothing or by
 * zero it is not the key's. */
#include "rig.h"

#include <coldevm/hash.h>
#include <coldevm/transaction.h>

#include <string.h>

void key_tests_keys(rig *r, const char *path, const json_document *document,
                    const json_node *test) {
    const char *const seed = json_text(json_get(test, "seed"));
    byte_range secret = {NULL, 0};
    chevm_address want, have;
    chevm_u256 key;
    uint8_t hash[32];
    (void)path;
    chevm_keccak256(hash, (const uint8_t *)seed, strlen(seed));
    if (json_get(test, "addr") == NULL ||
        json_address(document, json_get(test, "addr"), &want) != 0 ||
        json_bytes(document, json_get(test, "key"), &secret) != 0 || secret.size != 32) {
        rig_complain(r, "malformed test");
        return;
    }
    if (memcmp(secret.bytes, hash, sizeof hash) != 0) {
        rig_complain(r, "the key is not the hash of the seed");
        return;
    }
    chevm_u256_from_be32(&key, hash);
    if (!chevm_secret_address(&have, &key)) {
        rig_complain(r, "no public key");
    } else if (memcmp(&have, &want, sizeof want) != 0) {
        rig_complain(r, "another address");
    }
}
