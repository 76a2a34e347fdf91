/* Decoding: each field where it belongs, lists in the caller's scratch, and scratch that suffices
 * for the most crowded bytes there are. What is malformed is in rejection_test.c. */
#include "harness.h"
#include "state_rig.h"
#include "transaction_rig.h"

#define SIGNATURE "01 a0 5c*32 a0 7c*32"

/* A creation with two tuples. */
#define CODE_TEXT                                                                                  \
    "04 [820539 07 84 02*4 84 03*4 825208 80 87 0b*7 83aabbcc [] "                                 \
    "[[01 94 44*20 02 80 a0 05*32 a0 06*32] [820101 94 44*20 88 ff*8 81ff 80 a0 "                  \
    "06*32]] " SIGNATURE "]"

static chevm_rejection decode(chevm_transaction *t, const uint8_t *bytes, size_t size,
                              void *scratch) {
    chevm_rejection_facts facts;
    return chevm_transaction_decode(t, bytes, size, scratch, &facts);
}

TEST(decode_legacy_fields) {
    static const char text[] = "f86c 09 85 04a817c800 82 5208 94 35*20 88 0de0b6b3a7640000 80 1c "
                               "a0 28*32 a0 67*32";
    uint8_t bytes[200];
    uint64_t scratch[200];
    chevm_transaction t;
    const size_t size = bytes_of(bytes, sizeof bytes, text);
    CHECK_EQUAL(decode(&t, bytes, size, scratch), CHEVM_ACCEPTED);
    CHECK_EQUAL(t.type, CHEVM_TRANSACTION_LEGACY);
    CHECK(!t.has_chain_id && !t.is_creation);
    CHECK_EQUAL(t.nonce, 9);
    CHECK_EQUAL(t.gas_limit, 21000);
    CHECK_EQUAL(t.max_fee.limbs[0], 20000000000u);
    CHECK(same_word(t.max_fee, t.max_priority_fee));
    CHECK_EQUAL(t.value.limbs[0], 1000000000000000000u);
    CHECK_EQUAL(t.to.bytes[0], 0x35);
    CHECK_EQUAL(t.to.bytes[19], 0x35);
    CHECK_EQUAL(t.input_size, 0);
    CHECK_EQUAL(t.v.limbs[0], 28);
    CHECK_EQUAL(t.r.limbs[3], 0x2828282828282828u);
    CHECK_EQUAL(t.s.limbs[0], 0x6767676767676767u);
}

TEST(decode_lists_of_every_type) {
    static const char blob_text[] =
        "03 [820539 07 84 02*4 84 03*4 825208 94 11*20 87 0b*7 83aabbcc "
        "[[94 22*20 [a0 01*32 a0 00*32]] [94 33*20 []]] 05 [a0 01*32 a0 02*32] " SIGNATURE "]";
    uint8_t bytes[600];
    uint64_t scratch[600];
    chevm_transaction t;
    size_t size = bytes_of(bytes, sizeof bytes, blob_text);
    CHECK_EQUAL(decode(&t, bytes, size, scratch), CHEVM_ACCEPTED);
    CHECK_EQUAL(t.access_count, 2);
    CHECK_EQUAL(t.access_list[0].address.bytes[0], 0x22);
    CHECK_EQUAL(t.access_list[0].key_count, 2);
    CHECK_EQUAL(t.access_list[0].keys[0].limbs[0], 0x0101010101010101u);
    CHECK(chevm_u256_is_zero(&t.access_list[0].keys[1]));
    CHECK_EQUAL(t.access_list[1].address.bytes[0], 0x33);
    CHECK_EQUAL(t.access_list[1].key_count, 0);
    CHECK_EQUAL(t.max_blob_fee.limbs[0], 5);
    CHECK_EQUAL(t.blob_count, 2);
    CHECK_EQUAL(t.blob_hashes[1].limbs[3], 0x0202020202020202u);
    CHECK_EQUAL(t.max_priority_fee.limbs[0], 0x02020202);
    CHECK_EQUAL(t.max_fee.limbs[0], 0x03030303);
    CHECK(t.has_chain_id);
    CHECK_EQUAL(t.chain_id.limbs[0], 0x539);
    CHECK_BYTES(t.input, "\xaa\xbb\xcc", 3);

    size = bytes_of(bytes, sizeof bytes, CODE_TEXT);
    CHECK_EQUAL(decode(&t, bytes, size, scratch), CHEVM_ACCEPTED);
    CHECK(t.is_creation); /* check's matter, not decode's */
    CHECK_EQUAL(t.authorization_count, 2);
    CHECK_EQUAL(t.authorizations[0].address.bytes[5], 0x44);
    CHECK_EQUAL(t.authorizations[0].nonce, 2);
    CHECK_EQUAL(t.authorizations[0].r.limbs[0], 0x0505050505050505u);
    CHECK_EQUAL(t.authorizations[1].chain_id.limbs[0], 0x101);
    CHECK_EQUAL(t.authorizations[1].nonce, UINT64_MAX);
    CHECK_EQUAL(t.authorizations[1].y_parity, 0xff);
    CHECK(!t.authorizations[1].is_signed);
}

TEST(decode_chain_of_legacy_v) {
    static const struct {
        const char *v;
        bool has_chain_id;
        uint64_t chain_id;
    } rows[] = {{"1b", false, 0},    {"1c", false, 0},      {"80", false, 0}, {"22", false, 0},
                {"23", true, 0},     {"24", true, 0},       {"25", true, 1},  {"26", true, 1},
                {"81ff", true, 110}, {"820a96", true, 1337}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t v[8], bytes[64] = {0}, *to = bytes + 1;
        uint64_t scratch[64];
        chevm_transaction t;
        const size_t v_size = bytes_of(v, sizeof v, rows[i].v);
        memset(to, 0x80, 6);
        memcpy(to + 6, v, v_size);
        memset(to + 6 + v_size, 1, 2);
        bytes[0] = (uint8_t)(0xc0 + 8 + v_size);
        CHECK_EQUAL(decode(&t, bytes, 9 + v_size, scratch), CHEVM_ACCEPTED);
        CHECK_EQUAL(t.has_chain_id, rows[i].has_chain_id);
        CHECK_EQUAL(t.chain_id.limbs[0], rows[i].chain_id);
    }
}

/* Many copies of the smallest entry of a list, in a transaction of that type. */
static size_t crowd(uint8_t *out, unsigned type, const char *entry, size_t count) {
    static const uint8_t head[] = {1, 0x80, 1, 1, 1, 0x94, 1, 1, 1, 1, 1, 1, 1,    1,
                                   1, 1,    1, 1, 1, 1,    1, 1, 1, 1, 1, 1, 0x80, 0x80};
    uint8_t one[64];
    const size_t one_size = bytes_of(one, sizeof one, entry);
    const size_t list_size = one_size * count;
    const bool is_access = type == CHEVM_TRANSACTION_DYNAMIC_FEE;
    const size_t content = sizeof head + (is_access ? 0 : 1) + (type == CHEVM_TRANSACTION_BLOB) +
                           chevm_rlp_header_size(list_size) + list_size + 3;
    uint8_t *to = out;
    *to++ = (uint8_t)type;
    to = chevm_rlp_put_list_header(to, content);
    memcpy(to, head, sizeof head);
    to += sizeof head;
    if (!is_access) {
        *to++ = 0xc0;
    }
    if (type == CHEVM_TRANSACTION_BLOB) {
        *to++ = 1;
    }
    to = chevm_rlp_put_list_header(to, list_size);
    for (size_t i = 0; i < count; i++) {
        memcpy(to, one, one_size);
        to += one_size;
    }
    memset(to, 1, 3);
    return (size_t)(to + 3 - out);
}

TEST(decode_scratch_suffices_for_crowded_lists) {
    static const struct {
        unsigned type;
        const char *entry;
    } rows[] = {
        {CHEVM_TRANSACTION_DYNAMIC_FEE, "d6 94 11*20 c0"},
        {CHEVM_TRANSACTION_DYNAMIC_FEE, "f7 94 11*20 e1 a0 11*32"},
        {CHEVM_TRANSACTION_BLOB, "a0 01*32"},
        {CHEVM_TRANSACTION_SET_CODE, "da 80 94 11*20 80 80 01 01"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t count = 0; count < 300; count += 1 + count / 7) {
            uint8_t *const bytes = malloc(64 * (count + 2));
            const size_t size = crowd(bytes, rows[i].type, rows[i].entry, count);
            const size_t scratch_size = chevm_transaction_scratch(size);
            uint8_t *const scratch = malloc(scratch_size + 8);
            chevm_transaction t;
            memset(scratch + scratch_size, 0xee, 8);
            CHECK_EQUAL(decode(&t, bytes, size, scratch), CHEVM_ACCEPTED);
            CHECK_EQUAL(t.access_count + t.blob_count + t.authorization_count, count);
            CHECK_EQUAL(scratch[scratch_size], 0xee);
            free(scratch);
            free(bytes);
        }
    }
}

TEST(decode_scratch_of_absurd_sizes) {
    CHECK_EQUAL(chevm_transaction_scratch(SIZE_MAX), SIZE_MAX);
    CHECK(chevm_transaction_scratch(0) >= 8);
    CHECK_EQUAL(chevm_transaction_scratch(1000) % 8, 0);
}

/* Cut anywhere, or with any byte another: an answer, never a crash (under the sanitizers). */
TEST(decode_survives_cuts_and_changes) {
    uint8_t bytes[600];
    uint64_t scratch[600];
    chevm_transaction t;
    const size_t size = bytes_of(bytes, sizeof bytes, CODE_TEXT);
    for (size_t cut = 0; cut < size; cut++) {
        CHECK(decode(&t, bytes, cut, scratch) != CHEVM_ACCEPTED);
    }
    for (size_t i = 0; i < 20000; i++) {
        const size_t at = (size_t)ch_test_random_below(size);
        const uint8_t old = bytes[at];
        uint8_t again[600];
        bytes[at] = (uint8_t)ch_test_random();
        if (decode(&t, bytes, size, scratch) == CHEVM_ACCEPTED) {
            CHECK_EQUAL(chevm_transaction_encode(&t, again, sizeof again), size);
            CHECK_BYTES(again, bytes, size);
        }
        bytes[at] = old;
    }
}
