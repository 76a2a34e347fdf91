/* signatures.c: the public vectors of recovery on secp256k1 and of P-256 (fixtures.md 7): calls of
 * the two precompiles as geth and EIP-7951 have them, and the signatures of Wycheproof, of which a
 * recovered key must be the signer's. Skips, and says so, without COLDHEAP_FIXTURES. */
#include "json.h"
#include "store.h"

#include <coldevm/hash.h>

#include "crypto/ecrecover.h"
#include "crypto/p256.h"

#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file of the fixtures; false after a skip or a failed check. */
static bool open_vectors(json_document *document, const char *name, const char *member,
                         const json_node **list) {
    const char *const root = getenv("COLDHEAP_FIXTURES");
    if (root == NULL || root[0] == '\0') {
        ch_test_skip("COLDHEAP_FIXTURES is not set");
        return false;
    }
    static bool is_open;
    if (!is_open) {
        is_open = true;
        chevm_hash_init();
        if (!CHECK(store_open() == 0)) {
            return false;
        }
    }
    if (!CHECK(json_open(document, store_format("%s/precompiles/%s", root, name)) == 0)) {
        return false;
    }
    *list = member != NULL ? json_get(document->root, member) : document->root;
    return CHECK(json_is_array(*list));
}

static bool bytes_of(const json_document *document, const json_node *node, byte_range *bytes) {
    return CHECK(json_bytes(document, node, bytes) == 0);
}

/* ---- Calls of the precompiles ---------------------------------------------------------------- */

typedef size_t call_function(uint8_t out[32], const uint8_t *input, size_t size);

static void check_calls(const char *name, call_function *call, size_t want_count,
                        size_t want_valid) {
    json_document document;
    const json_node *list;
    size_t count = 0, valid = 0;
    if (!open_vectors(&document, name, NULL, &list)) {
        return;
    }
    for (const json_node *node = json_first(list); node != NULL; node = json_next(node)) {
        byte_range input = {NULL, 0}, want = {NULL, 0};
        uint8_t out[32];
        if (!bytes_of(&document, json_get(node, "Input"), &input) ||
            !bytes_of(&document, json_get(node, "Expected"), &want)) {
            return;
        }
        const size_t size = call(out, input.bytes, input.size);
        bool good = CHECK_EQUAL(size, want.size);
        good = good && CHECK_BYTES(out, want.bytes, want.size);
        if (!good) {
            printf("# %s\n", json_text(json_get(node, "Name")));
        }
        count++;
        valid += want.size != 0;
    }
    CHECK_EQUAL(count, want_count);
    CHECK_EQUAL(valid, want_valid);
}

TEST(signatures_geth_ecrecover) {
    check_calls("geth/ecRecover.json", chevmi_ecrecover_call, 5, 1);
}

TEST(signatures_geth_p256) {
    check_calls("geth/p256Verify.json", chevmi_p256_verify_call, 782, 567);
}

TEST(signatures_eip7951_p256) {
    check_calls("p256/eip7951_test-vectors.json", chevmi_p256_verify_call, 781, 566);
}

/* ---- Wycheproof ------------------------------------------------------------------------------ */

typedef struct signature {
    uint8_t hash[32], r[32], s[32];
    uint8_t key[64];
} signature;

/* One INTEGER of a DER signature, at most 32 bytes long; moves *from behind it. */
static bool read_integer(uint8_t out[32], const uint8_t **from, const uint8_t *end) {
    const uint8_t *at = *from;
    if (end - at < 3 || at[0] != 0x02 || at[1] == 0 || at[1] > 33 || end - at - 2 < at[1]) {
        return false;
    }
    size_t size = at[1];
    at += 2;
    if (at[0] >= 0x80 || (at[0] == 0 && size > 1 && at[1] < 0x80)) {
        return false; /* negative, or a zero too many */
    }
    *from = at + size;
    if (at[0] == 0) {
        at++;
        size--;
    }
    if (size > 32) {
        return false;
    }
    memset(out, 0, 32);
    memcpy(out + 32 - size, at, size);
    return true;
}

static bool read_der(signature *s, const byte_range *bytes) {
    const uint8_t *at = bytes->bytes, *const end = at + bytes->size;
    if (bytes->size < 2 || at[0] != 0x30 || at[1] >= 0x80 || at[1] != bytes->size - 2) {
        return false;
    }
    at += 2;
    return read_integer(s->r, &at, end) && read_integer(s->s, &at, end) && at == end;
}

/* r, then s, 32 bytes each. */
static bool read_p1363(signature *s, const byte_range *bytes) {
    if (bytes->size != 64) {
        return false;
    }
    memcpy(s->r, bytes->bytes, 32);
    memcpy(s->s, bytes->bytes + 32, 32);
    return true;
}

/* p - n: below it, an r may stand for an x of r + n, which recovery ids 0 and 1 do not name. */
static bool may_be_beyond_order(const uint8_t r[32]) {
    static const uint8_t GAP[32] = {[15] = 0x01, 0x45, 0x51, 0x23, 0x19, 0x50, 0xb7, 0x5f, 0xc4,
                                    0x40,        0x2d, 0xa1, 0x72, 0x2f, 0xc9, 0xba, 0xee};
    return memcmp(r, GAP, 32) < 0;
}

static size_t beyond_order;

static bool is_signer_secp256k1(const signature *s) {
    uint8_t address[32] = {0}, digest[32], input[128] = {0}, out[32];
    bool found = false;
    chevm_keccak256(digest, s->key, 64);
    memcpy(address + 12, digest + 12, 20);
    memcpy(input, s->hash, 32);
    memcpy(input + 64, s->r, 32);
    memcpy(input + 96, s->s, 32);
    for (unsigned id = 0; id < 2; id++) {
        uint8_t key[64];
        const bool has_key = chevmi_ecrecover_key(key, s->hash, id, s->r, s->s);
        const bool same = has_key && memcmp(key, s->key, 64) == 0;
        input[63] = (uint8_t)(27 + id);
        CHECK_EQUAL(chevmi_ecrecover_call(out, input, sizeof input), has_key ? 32 : 0);
        CHECK_EQUAL(same, has_key && memcmp(out, address, 32) == 0);
        found |= same;
    }
    return found;
}

static bool is_low_signer_secp256k1(const signature *s) {
    return chevmi_secp256k1_is_low_s(s->s) && is_signer_secp256k1(s);
}

static bool is_signer_p256(const signature *s) {
    return chevmi_p256_verify(s->hash, s->r, s->s, s->key, s->key + 32);
}

typedef struct wycheproof {
    const char *file;
    bool (*read)(signature *s, const byte_range *bytes);
    bool (*is_signer)(const signature *s);
    size_t count, valid;
    size_t beyond_order; /* valid, but not recoverable by the ids 0 and 1 */
} wycheproof;

static bool check_signature(const wycheproof *set, const json_document *document,
                            const json_node *node, signature *s, size_t *valid) {
    byte_range message = {NULL, 0}, bytes = {NULL, 0};
    if (!bytes_of(document, json_get(node, "msg"), &message) ||
        !bytes_of(document, json_get(node, "sig"), &bytes)) {
        return false;
    }
    chevm_sha256(s->hash, message.bytes, message.size);
    const bool want = strcmp(json_text(json_get(node, "result")), "valid") == 0;
    const bool have = set->read(s, &bytes) && set->is_signer(s);
    *valid += want;
    if (want && !have && set->beyond_order > 0 && may_be_beyond_order(s->r)) {
        beyond_order++;
    } else if (!CHECK_EQUAL(have, want)) {
        printf("# %s\n", json_text(json_get(node, "comment")));
    }
    return true;
}

static void check_wycheproof(const wycheproof *set) {
    json_document document;
    const json_node *groups;
    size_t count = 0, valid = 0;
    beyond_order = 0;
    if (!open_vectors(&document, set->file, "testGroups", &groups)) {
        return;
    }
    for (const json_node *group = json_first(groups); group != NULL; group = json_next(group)) {
        signature s;
        byte_range key = {NULL, 0};
        if (!bytes_of(&document, json_get(json_get(group, "publicKey"), "uncompressed"), &key) ||
            !CHECK_EQUAL(key.size, 65) ||
            !CHECK_TEXT(json_text(json_get(group, "sha")), "SHA-256")) {
            return;
        }
        memcpy(s.key, key.bytes + 1, 64);
        for (const json_node *node = json_first(json_get(group, "tests")); node != NULL;
             node = json_next(node)) {
            if (!check_signature(set, &document, node, &s, &valid)) {
                return;
            }
            count++;
        }
    }
    CHECK_EQUAL(count, set->count);
    CHECK_EQUAL(valid, set->valid);
    CHECK_EQUAL(beyond_order, set->beyond_order);
}

TEST(signatures_wycheproof_secp256k1) {
    static const wycheproof DER = {
        "secp256k1/ecdsa_secp256k1_sha256_test.json", read_der, is_signer_secp256k1, 476, 168, 2};
    static const wycheproof P1363 = {"secp256k1/ecdsa_secp256k1_sha256_p1363_test.json",
                                     read_p1363,
                                     is_signer_secp256k1,
                                     252,
                                     167,
                                     2};
    check_wycheproof(&DER);
    check_wycheproof(&P1363);
}

TEST(signatures_wycheproof_bitcoin_needs_low_s) {
    static const wycheproof SET = {"secp256k1/ecdsa_secp256k1_sha256_bitcoin_test.json",
                                   read_der,
                                   is_low_signer_secp256k1,
                                   463,
                                   162,
                                   1};
    check_wycheproof(&SET);
}

TEST(signatures_wycheproof_p256) {
    static const wycheproof DER = {
        "p256/ecdsa_secp256r1_sha256_test.json", read_der, is_signer_p256, 484, 174, 0};
    static const wycheproof P1363 = {
        "p256/ecdsa_secp256r1_sha256_p1363_test.json", read_p1363, is_signer_p256, 262, 173, 0};
    check_wycheproof(&DER);
    check_wycheproof(&P1363);
}
