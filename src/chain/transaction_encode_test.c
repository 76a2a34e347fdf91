/* Encoding: back to the bytes a transaction came from, sizes, and the hashes of known ones. */
#include "harness.h"
#include "state_rig.h"
#include "transaction_rig.h"

#include <coldevm/hash.h>

// clang-format off
/* A legacy transaction with and without a chain, and of each type one that uses every list. */
#define SIGNATURE " 01 a0 5c*32 a0 7c*32"
#define BODY                                                                                      \
    " 825208 94 11*20 87 0b*7 83 aabbcc [[94 22*20 [a0 01*32 a0 00*32]] [94 33*20 []]] "
static const char *const SAMPLES[] = {
    "[09 8504a817c800 825208 94 35*20 880de0b6b3a7640000 80 25 a0 28*32 a0 67*32]",
    "[80 80 80 80 80 80 1b a0 28*32 a0 67*32]",
    "01 [82 0539 07 84 02*4" BODY SIGNATURE "]",
    "02 [82 0539 07 84 02*4 84 03*4" BODY SIGNATURE "]",
    "03 [82 0539 07 84 02*4 84 03*4" BODY "05 [a0 01*32 a0 01*32]" SIGNATURE "]",
    "04 [82 0539 07 84 02*4 84 03*4" BODY "[[01 94 44*20 02 80 a0 05*32 a0 06*32]]" SIGNATURE "]",
};
// clang-format on
enum { SAMPLE_COUNT = sizeof SAMPLES / sizeof SAMPLES[0] };

static bool decode(chevm_transaction *t, const uint8_t *bytes, size_t size, uint64_t *scratch) {
    chevm_rejection_facts facts;
    const chevm_rejection why = chevm_transaction_decode(t, bytes, size, scratch, &facts);
    CHECK_TEXT(chevm_rejection_name(why), "ACCEPTED");
    CHECK_EQUAL(facts.why, why);
    return why == CHEVM_ACCEPTED;
}

TEST(encode_gives_the_bytes_back) {
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        uint8_t bytes[600], again[600];
        uint64_t scratch[600];
        chevm_transaction t;
        const size_t size = bytes_of(bytes, sizeof bytes, SAMPLES[i]);
        CHECK(chevm_transaction_scratch(size) <= sizeof scratch);
        if (!decode(&t, bytes, size, scratch)) {
            continue;
        }
        CHECK_EQUAL(chevm_transaction_encode(&t, again, sizeof again), size);
        CHECK_BYTES(again, bytes, size);
    }
}

TEST(encode_writes_nothing_without_room) {
    uint8_t bytes[600], again[600];
    uint64_t scratch[600];
    chevm_transaction t;
    const size_t size = bytes_of(bytes, sizeof bytes, SAMPLES[2]);
    if (!decode(&t, bytes, size, scratch)) {
        return;
    }
    memset(again, 0xee, sizeof again);
    CHECK_EQUAL(chevm_transaction_encode(&t, again, size - 1), size);
    CHECK_EQUAL(chevm_transaction_encode(&t, NULL, 0), size);
    for (size_t i = 0; i < sizeof again; i++) {
        CHECK_EQUAL(again[i], 0xee);
    }
    CHECK_EQUAL(chevm_transaction_encode(&t, again, size), size);
    CHECK_EQUAL(again[size], 0xee);
}

TEST(encode_hash_is_that_of_the_bytes) {
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        uint8_t bytes[600], hash[32], want[32];
        uint64_t scratch[600];
        chevm_transaction t;
        chevm_u256 word_hash;
        const size_t size = bytes_of(bytes, sizeof bytes, SAMPLES[i]);
        if (decode(&t, bytes, size, scratch)) {
            chevm_transaction_hash(&t, &word_hash);
            chevm_u256_to_be32(hash, &word_hash);
            chevm_keccak256(want, bytes, size);
            CHECK_BYTES(hash, want, 32);
        }
    }
}

/* EIP-155: the transaction and the hash that is signed are those of its text. */
TEST(encode_signing_hash_of_eip155) {
    static const char text[] =
        "f86c 09 85 04a817c800 82 5208 94 35*20 88 0de0b6b3a7640000 80 25 "
        "a0 28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"
        "a0 67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";
    uint8_t bytes[200], hash[32], want[32];
    uint64_t scratch[200];
    chevm_transaction t;
    chevm_u256 word_hash;
    const size_t size = bytes_of(bytes, sizeof bytes, text);
    if (decode(&t, bytes, size, scratch)) {
        CHECK(t.has_chain_id && t.chain_id.limbs[0] == 1);
        chevm_transaction_signing_hash(&t, &word_hash);
        chevm_u256_to_be32(hash, &word_hash);
        CHECK_EQUAL(
            bytes_of(want, 33, "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"),
            32);
        CHECK_BYTES(hash, want, 32);
    }
}

/* The signing hash of every type is that of the bytes without their last three fields. */
TEST(encode_signing_hash_leaves_the_signature_out) {
    for (size_t i = 2; i < SAMPLE_COUNT; i++) {
        uint8_t bytes[600], cut[600], hash[32], want[32];
        uint64_t scratch[600];
        chevm_transaction t;
        chevm_u256 word_hash;
        const size_t size = bytes_of(bytes, sizeof bytes, SAMPLES[i]);
        if (!decode(&t, bytes, size, scratch)) {
            continue;
        }
        const size_t header = bytes[1] == 0xf9 ? 4 : 3;
        const size_t content = size - header - 67; /* v and two words */
        cut[0] = bytes[0];
        cut[1] = content > 255 ? 0xf9 : 0xf8;
        cut[2] = content > 255 ? (uint8_t)(content >> 8) : (uint8_t)content;
        cut[3] = (uint8_t)content;
        const size_t cut_header = content > 255 ? 4 : 3;
        memcpy(cut + cut_header, bytes + header, content);
        chevm_keccak256(want, cut, cut_header + content);
        chevm_transaction_signing_hash(&t, &word_hash);
        chevm_u256_to_be32(hash, &word_hash);
        CHECK_BYTES(hash, want, 32);
    }
}
