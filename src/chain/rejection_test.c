/* Rejections: names, phrases, what fixtures call them; and every one of them is reached, by bytes
 * that do not decode, by a signature nobody made, or by a transaction that a state does not admit.
 */
#include "harness.h"
#include "state_rig.h"
#include "transaction_rig.h"

#include "rejection_rig.h"

#include <coldevm/rlp.h>

/* ---- Names ---------------------------------------------------------------------------------- */

TEST(rejection_names_and_phrases) {
    CHECK_TEXT(chevm_rejection_name(CHEVM_ACCEPTED), "ACCEPTED");
    CHECK_TEXT(chevm_rejection_name(CHEVM_REJECTED_NONCE_IS_MAX), "NONCE_IS_MAX");
    CHECK_TEXT(chevm_rejection_phrase(CHEVM_REJECTED_NONCE_IS_MAX), "nonce has max value");
    CHECK_TEXT(chevm_rejection_phrase(CHEVM_REJECTED_INVALID_CHAINID), "");
    CHECK_TEXT(chevm_rejection_name(CHEVM_REJECTION_COUNT), "?");
    CHECK_TEXT(chevm_rejection_phrase(CHEVM_REJECTION_COUNT), "");
}

TEST(rejection_names_are_told_apart) {
    for (int i = 1; i < CHEVM_REJECTION_COUNT; i++) {
        const char *const name = chevm_rejection_name((chevm_rejection)i);
        CHECK(name[0] != '?');
        CHECK_EQUAL(chevm_rejection_expected((chevm_rejection)i, name), CHEVM_EXPECTATION_MET);
        for (int j = 0; j < i; j++) {
            CHECK(strcmp(name, chevm_rejection_name((chevm_rejection)j)) != 0);
        }
    }
}

TEST(rejection_expected_reads_what_fixtures_write) {
    static const struct {
        chevm_rejection why;
        const char *text;
        chevm_expectation want;
    } rows[] = {
        {CHEVM_REJECTED_NONCE_IS_MAX, "TransactionException.NONCE_IS_MAX", CHEVM_EXPECTATION_MET},
        {CHEVM_REJECTED_NONCE_IS_MAX, "TransactionException.NONCE_TOO_BIG", CHEVM_EXPECTATION_MET},
        {CHEVM_REJECTED_NONCE_IS_MAX, "NONCE_IS", CHEVM_EXPECTATION_UNKNOWN},
        {CHEVM_REJECTED_NONCE_IS_MAX, "NONCE_IS_MAXIMAL", CHEVM_EXPECTATION_UNKNOWN},
        {CHEVM_REJECTED_NONCE_IS_MAX, "", CHEVM_EXPECTATION_UNKNOWN},
        {CHEVM_REJECTED_NONCE_IS_MAX, "|", CHEVM_EXPECTATION_UNKNOWN},
        {CHEVM_REJECTED_NONCE_IS_MAX, "ACCEPTED", CHEVM_EXPECTATION_UNKNOWN},
        {CHEVM_REJECTED_NONCE_IS_MAX, "X.SENDER_NOT_EOA", CHEVM_EXPECTATION_OTHER},
        {CHEVM_REJECTED_NONCE_IS_MAX, "LOG_MISMATCH", CHEVM_EXPECTATION_OTHER},
        {CHEVM_REJECTED_NONCE_IS_MAX, "what is this|X.SENDER_NOT_EOA", CHEVM_EXPECTATION_OTHER},
        {CHEVM_REJECTED_NONCE_IS_MAX, "X.SENDER_NOT_EOA|X.NONCE_IS_MAX", CHEVM_EXPECTATION_MET},
        {CHEVM_REJECTED_NONCE_IS_MAX, "X.NONCE_IS_MAX|X.SENDER_NOT_EOA", CHEVM_EXPECTATION_MET},
        {CHEVM_REJECTED_TYPE_4_TX_PRE_FORK, "TR_TypeNotSupported", CHEVM_EXPECTATION_MET},
        {CHEVM_REJECTED_TYPE_4_TX_PRE_FORK, "TYPE_NOT_SUPPORTED", CHEVM_EXPECTATION_MET},
        {CHEVM_REJECTED_TYPE_NOT_SUPPORTED, "TYPE_4_TX_PRE_FORK", CHEVM_EXPECTATION_OTHER},
        {CHEVM_REJECTED_INTRINSIC_GAS_TOO_LOW, "TR_NoFundsOrGas", CHEVM_EXPECTATION_MET},
        {CHEVM_REJECTED_INSUFFICIENT_ACCOUNT_FUNDS, "TR_NoFundsOrGas", CHEVM_EXPECTATION_MET},
        {CHEVM_REJECTED_SENDER_NOT_EOA, "TR_NoFundsOrGas", CHEVM_EXPECTATION_OTHER},
        {CHEVM_REJECTED_SENDER_NOT_EOA, "SenderNotEOA", CHEVM_EXPECTATION_MET},
        {CHEVM_REJECTED_TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED, "TR_BLOBLIST_OVERSIZE",
         CHEVM_EXPECTATION_MET},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_EQUAL(chevm_rejection_expected(rows[i].why, rows[i].text), rows[i].want);
    }
}

/* The vocabulary of the test suites, new and old, apart from the table: no name may get lost. */
static const char VOCABULARY[] =
    "TYPE_NOT_SUPPORTED TYPE_1_TX_PRE_FORK TYPE_2_TX_PRE_FORK TYPE_3_TX_PRE_FORK "
    "TYPE_4_TX_PRE_FORK SENDER_NOT_EOA NONCE_MISMATCH_TOO_LOW NONCE_MISMATCH_TOO_HIGH "
    "NONCE_IS_MAX GAS_ALLOWANCE_EXCEEDED GAS_LIMIT_EXCEEDS_MAXIMUM INSUFFICIENT_ACCOUNT_FUNDS "
    "INTRINSIC_GAS_TOO_LOW INTRINSIC_GAS_BELOW_FLOOR_GAS_COST INSUFFICIENT_MAX_FEE_PER_GAS "
    "PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2 "
    "INSUFFICIENT_MAX_FEE_PER_BLOB_GAS INITCODE_SIZE_EXCEEDED TYPE_3_TX_ZERO_BLOBS "
    "TYPE_3_TX_BLOB_COUNT_EXCEEDED TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED "
    "TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH TYPE_3_TX_WITH_FULL_BLOBS "
    "TYPE_3_TX_CONTRACT_CREATION TYPE_4_TX_CONTRACT_CREATION TYPE_4_EMPTY_AUTHORIZATION_LIST "
    "ADDRESS_TOO_SHORT ADDRESS_TOO_LONG NONCE_TOO_BIG NONCE_OVERFLOW GASLIMIT_OVERFLOW "
    "VALUE_OVERFLOW GASPRICE_OVERFLOW PRIORITY_OVERFLOW GASLIMIT_PRICE_PRODUCT_OVERFLOW "
    "INVALID_SIGNATURE_VRS INVALID_CHAINID EC_RECOVERY_FAIL TYPE_3_TX_ZERO_BLOBS_PRE_FORK "
    "TYPE_4_INVALID_AUTHORITY_SIGNATURE TYPE_4_INVALID_AUTHORITY_SIGNATURE_S_TOO_HIGH "
    "TYPE_4_INVALID_AUTHORIZATION_FORMAT LOG_MISMATCH RLP_INVALID_SIGNATURE_R "
    "RLP_INVALID_SIGNATURE_S RLP_INVALID_DATA RLP_INVALID_GASLIMIT RLP_INVALID_NONCE "
    "RLP_INVALID_TO RLP_INVALID_VALUE RLP_INVALID_HEADER "
    "RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_LONG RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_SHORT "
    "RLP_INVALID_ACCESS_LIST_STORAGE_TOO_LONG RLP_INVALID_ACCESS_LIST_STORAGE_TOO_SHORT "
    "RLP_LEADING_ZEROS_GASLIMIT RLP_LEADING_ZEROS_GASPRICE RLP_LEADING_ZEROS_VALUE "
    "RLP_LEADING_ZEROS_NONCE RLP_LEADING_ZEROS_R RLP_LEADING_ZEROS_S RLP_LEADING_ZEROS_V "
    "RLP_LEADING_ZEROS_BASEFEE RLP_LEADING_ZEROS_PRIORITY_FEE RLP_LEADING_ZEROS_DATA_SIZE "
    "RLP_LEADING_ZEROS_NONCE_SIZE RLP_TOO_FEW_ELEMENTS RLP_TOO_MANY_ELEMENTS RLP_ERROR_EOF "
    "RLP_ERROR_SIZE RLP_ERROR_SIZE_LEADING_ZEROS TR_TypeNotSupported TR_NoFunds "
    "TR_NoFundsOrGas TR_IntrinsicGas IntrinsicGas SenderNotEOA TR_FeeCapLessThanBlocks "
    "TR_TipGtFeeCap TR_NonceHasMaxValue TR_GasLimitReached TR_EMPTYBLOB TR_BLOBCREATE "
    "TR_BLOBLIST_OVERSIZE TR_BLOBVERSION_INVALID TR_NonceTooLow TR_NonceTooHigh "
    "TR_FeeCapLessThanBlocksORNoFunds TR_FeeCapLessThanBlocksORGasLimitReached ";

TEST(rejection_vocabulary_is_whole) {
    size_t count = 0;
    for (const char *name = VOCABULARY; *name != '\0';) {
        char text[80];
        const size_t size = strcspn(name, " ");
        memcpy(text, name, size);
        text[size] = '\0';
        if (!CHECK(chevm_rejection_expected(CHEVM_REJECTED_NONCE_IS_MAX, text) !=
                   CHEVM_EXPECTATION_UNKNOWN)) {
            CHECK_TEXT(text, "known");
        }
        name += size + 1;
        count++;
    }
    CHECK_EQUAL(count, 90);
}

/* ---- Bytes that do not decode --------------------------------------------------------------- */

#define ADDRESS "94 11*20"
#define SIGNED  " 1b 01 01"
#define WORD_33 "a1 01*33"

/* Fields of a list that gets its header here; type 0: legacy, -1: the bytes as they are. */
typedef struct wire_row {
    chevm_rejection why;
    int type;
    const char *fields;
} wire_row;

static const wire_row WIRE_ROWS[] = {
    {CHEVM_REJECTED_TYPE_NOT_SUPPORTED, -1, "05 c0"},
    {CHEVM_REJECTED_TYPE_NOT_SUPPORTED, -1, "00 c0"},
    {CHEVM_REJECTED_TYPE_NOT_SUPPORTED, -1, "7f"},
    {CHEVM_REJECTED_TYPE_NOT_SUPPORTED, -1, "82 8001"},
    {CHEVM_REJECTED_TYPE_NOT_SUPPORTED, -1, "80"},
    {CHEVM_REJECTED_RLP_INVALID_HEADER, -1, "82 02c0"},
    {CHEVM_REJECTED_RLP_INVALID_HEADER, -1, "01 80"},
    {CHEVM_REJECTED_RLP_ERROR_EOF, -1, ""},
    {CHEVM_REJECTED_RLP_ERROR_EOF, -1, "b8"},
    {CHEVM_REJECTED_RLP_ERROR_EOF, -1, "f9 01"},
    {CHEVM_REJECTED_RLP_ERROR_EOF, -1, "02"},
    {CHEVM_REJECTED_RLP_ERROR_SIZE, -1, "c9 80*8"},
    {CHEVM_REJECTED_RLP_ERROR_SIZE, -1, "c9 80*10"},
    {CHEVM_REJECTED_RLP_ERROR_SIZE, -1, "f8 09 80*9"},
    {CHEVM_REJECTED_RLP_ERROR_SIZE, 0, "80 01 825208 " ADDRESS " 80 81 05" SIGNED},
    {CHEVM_REJECTED_RLP_ERROR_SIZE_LEADING_ZEROS, -1, "f9 0009 80*9"},
    {CHEVM_REJECTED_RLP_TOO_FEW_ELEMENTS, 0, "80*8"},
    {CHEVM_REJECTED_RLP_TOO_MANY_ELEMENTS, 0, "80*10"},
    {CHEVM_REJECTED_RLP_TOO_FEW_ELEMENTS, 2, "80*11"},
    {CHEVM_REJECTED_RLP_ERROR_EOF, 0, "80*8 81"},
    {CHEVM_REJECTED_RLP_INVALID_NONCE, 0, "c0 01 825208 " ADDRESS " 80 80" SIGNED},
    {CHEVM_REJECTED_RLP_LEADING_ZEROS_NONCE, 0, "00 01 825208 " ADDRESS " 80 80" SIGNED},
    {CHEVM_REJECTED_RLP_LEADING_ZEROS_NONCE_SIZE, 0, "8105 01 825208 " ADDRESS " 80 80" SIGNED},
    {CHEVM_REJECTED_RLP_LEADING_ZEROS_NONCE_SIZE, 0,
     "b90001 05 01 825208 " ADDRESS " 80 80" SIGNED},
    {CHEVM_REJECTED_NONCE_OVERFLOW, 0, "89 01*9 01 825208 " ADDRESS " 80 80" SIGNED},
    {CHEVM_REJECTED_RLP_LEADING_ZEROS_GASPRICE, 0, "80 820001 825208 " ADDRESS " 80 80" SIGNED},
    {CHEVM_REJECTED_GASPRICE_OVERFLOW, 0, "80 " WORD_33 " 825208 " ADDRESS " 80 80" SIGNED},
    {CHEVM_REJECTED_RLP_INVALID_HEADER, 0, "80 c0 825208 " ADDRESS " 80 80" SIGNED},
    {CHEVM_REJECTED_RLP_INVALID_GASLIMIT, 0, "80 01 c0 " ADDRESS " 80 80" SIGNED},
    {CHEVM_REJECTED_RLP_LEADING_ZEROS_GASLIMIT, 0, "80 01 820001 " ADDRESS " 80 80" SIGNED},
    {CHEVM_REJECTED_GASLIMIT_OVERFLOW, 0, "80 01 89 01*9 " ADDRESS " 80 80" SIGNED},
    {CHEVM_REJECTED_GASLIMIT_OVERFLOW, 0, "80 01 89 00*8 01 " ADDRESS " 80 80" SIGNED},
    {CHEVM_REJECTED_RLP_INVALID_TO, 0, "80 01 825208 c0 80 80" SIGNED},
    {CHEVM_REJECTED_ADDRESS_TOO_SHORT, 0, "80 01 825208 93 11*19 80 80" SIGNED},
    {CHEVM_REJECTED_ADDRESS_TOO_LONG, 0, "80 01 825208 95 11*21 80 80" SIGNED},
    {CHEVM_REJECTED_RLP_INVALID_VALUE, 0, "80 01 825208 " ADDRESS " c0 80" SIGNED},
    {CHEVM_REJECTED_RLP_LEADING_ZEROS_VALUE, 0, "80 01 825208 " ADDRESS " 820001 80" SIGNED},
    {CHEVM_REJECTED_VALUE_OVERFLOW, 0, "80 01 825208 " ADDRESS " " WORD_33 " 80" SIGNED},
    {CHEVM_REJECTED_RLP_INVALID_DATA, 0, "80 01 825208 " ADDRESS " 80 c0" SIGNED},
    {CHEVM_REJECTED_RLP_LEADING_ZEROS_DATA_SIZE, 0,
     "80 01 825208 " ADDRESS " 80 b90040 11*64" SIGNED},
    {CHEVM_REJECTED_RLP_LEADING_ZEROS_V, 0, "80 01 825208 " ADDRESS " 80 80 82001b 01 01"},
    {CHEVM_REJECTED_INVALID_SIGNATURE_VRS, 0, "80 01 825208 " ADDRESS " 80 80 c0 01 01"},
    {CHEVM_REJECTED_RLP_INVALID_SIGNATURE_R, 0, "80 01 825208 " ADDRESS " 80 80 1b c0 01"},
    {CHEVM_REJECTED_RLP_LEADING_ZEROS_R, 0, "80 01 825208 " ADDRESS " 80 80 1b a1 00*33 01"},
    {CHEVM_REJECTED_INVALID_SIGNATURE_VRS, 0, "80 01 825208 " ADDRESS " 80 80 1b " WORD_33 " 01"},
    {CHEVM_REJECTED_RLP_INVALID_SIGNATURE_S, 0, "80 01 825208 " ADDRESS " 80 80 1b 01 c0"},
    {CHEVM_REJECTED_RLP_LEADING_ZEROS_S, 0, "80 01 825208 " ADDRESS " 80 80 1b 01 00"},
    {CHEVM_REJECTED_INVALID_CHAINID, 1, WORD_33 " 80 01 825208 " ADDRESS " 80 80 c0 80 01 01"},
    {CHEVM_REJECTED_INVALID_SIGNATURE_VRS, 1, "01 80 01 825208 " ADDRESS " 80 80 c0 02 01 01"},
    {CHEVM_REJECTED_RLP_LEADING_ZEROS_PRIORITY_FEE, 2,
     "01 80 820001 01 825208 " ADDRESS " 80 80 c0 80 01 01"},
    {CHEVM_REJECTED_PRIORITY_OVERFLOW, 2,
     "01 80 " WORD_33 " 01 825208 " ADDRESS " 80 80 c0 80 01 01"},
    {CHEVM_REJECTED_RLP_LEADING_ZEROS_BASEFEE, 2,
     "01 80 01 820001 825208 " ADDRESS " 80 80 c0 80 01 01"},
    {CHEVM_REJECTED_RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_SHORT, 1,
     "01 80 01 825208 " ADDRESS " 80 80 d6 d5 93 11*19 c0 80 01 01"},
    {CHEVM_REJECTED_RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_LONG, 1,
     "01 80 01 825208 " ADDRESS " 80 80 d8 d7 95 11*21 c0 80 01 01"},
    {CHEVM_REJECTED_RLP_INVALID_ACCESS_LIST_STORAGE_TOO_SHORT, 1,
     "01 80 01 825208 " ADDRESS " 80 80 d8 d7 " ADDRESS " c1 01 80 01 01"},
    {CHEVM_REJECTED_RLP_INVALID_ACCESS_LIST_STORAGE_TOO_LONG, 1,
     "01 80 01 825208 " ADDRESS " 80 80 f83a f838 " ADDRESS " e2 a1 11*33 80 01 01"},
    {CHEVM_REJECTED_RLP_INVALID_HEADER, 1, "01 80 01 825208 " ADDRESS " 80 80 80 80 01 01"},
    {CHEVM_REJECTED_RLP_TOO_FEW_ELEMENTS, 1,
     "01 80 01 825208 " ADDRESS " 80 80 d6 d5 " ADDRESS " 80 01 01"},
    {CHEVM_REJECTED_RLP_TOO_MANY_ELEMENTS, 1,
     "01 80 01 825208 " ADDRESS " 80 80 d8 d7 " ADDRESS " c0 80 80 01 01"},
    {CHEVM_REJECTED_TYPE_3_TX_WITH_FULL_BLOBS, 3, "c0 c0 c0 c0"},
    {CHEVM_REJECTED_TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH, 3,
     "01 80 01 01 825208 " ADDRESS " 80 80 c0 01 c3 820102 80 01 01"},
    {CHEVM_REJECTED_RLP_INVALID_HEADER, 3,
     "01 80 01 01 825208 " ADDRESS " 80 80 c0 01 80 80 01 01"},
    {CHEVM_REJECTED_TYPE_4_INVALID_AUTHORIZATION_FORMAT, 4,
     "01 80 01 01 825208 " ADDRESS " 80 80 c0 80 80 01 01"},
    {CHEVM_REJECTED_TYPE_4_INVALID_AUTHORIZATION_FORMAT, 4,
     "01 80 01 01 825208 " ADDRESS " 80 80 c0 db da 01 " ADDRESS " c0 80 01 01 80 01 01"},
    {CHEVM_REJECTED_TYPE_4_INVALID_AUTHORITY_SIGNATURE, 4,
     "01 80 01 01 825208 " ADDRESS " 80 80 c0 dd dc 01 " ADDRESS " 80 820100 01 01 80 01 01"},
    {CHEVM_REJECTED_TYPE_4_INVALID_AUTHORITY_SIGNATURE, 4,
     "01 80 01 01 825208 " ADDRESS " 80 80 c0 f83d f83b 01 " ADDRESS " 80 80 " WORD_33
     " 01 80 01 01"},
};

enum { WIRE_ROW_COUNT = sizeof WIRE_ROWS / sizeof WIRE_ROWS[0] };

/* The bytes of a row. */
static size_t wire(uint8_t *out, size_t room, const wire_row *row) {
    uint8_t fields[1024];
    uint8_t *to = out;
    if (row->type < 0) {
        return bytes_of(out, room, row->fields);
    }
    const size_t size = bytes_of(fields, sizeof fields, row->fields);
    if (row->type > 0) {
        *to++ = (uint8_t)row->type;
    }
    to = chevm_rlp_put_list_header(to, size);
    memcpy(to, fields, size);
    return (size_t)(to - out) + size;
}

static chevm_rejection decode(const uint8_t *bytes, size_t size, chevm_rejection_facts *facts) {
    chevm_transaction t;
    /* both to the byte, so that a sanitizer sees what lies outside */
    void *const scratch = malloc(chevm_transaction_scratch(size));
    uint8_t *const copy = malloc(size != 0 ? size : 1);
    memcpy(copy, bytes, size);
    const chevm_rejection why = chevm_transaction_decode(&t, copy, size, scratch, facts);
    free(copy);
    free(scratch);
    return why;
}

TEST(rejection_of_bytes_by_name) {
    for (size_t i = 0; i < WIRE_ROW_COUNT; i++) {
        uint8_t bytes[1100];
        chevm_rejection_facts facts;
        const size_t size = wire(bytes, sizeof bytes, &WIRE_ROWS[i]);
        const chevm_rejection why = decode(bytes, size, &facts);
        CHECK_TEXT(chevm_rejection_name(why), chevm_rejection_name(WIRE_ROWS[i].why));
        CHECK_EQUAL(facts.why, why);
        CHECK(facts.position <= size);
    }
}

TEST(rejection_tells_the_position) {
    static const wire_row row = {CHEVM_REJECTED_RLP_INVALID_TO, 0, "80 01 825208 c0 80 80" SIGNED};
    uint8_t bytes[64];
    chevm_rejection_facts facts;
    const size_t size = wire(bytes, sizeof bytes, &row);
    CHECK_EQUAL(decode(bytes, size, &facts), row.why);
    CHECK_EQUAL(facts.position, 1 + 1 + 1 + 3);
}

/* ---- Rows that only signatures and check reach ---------------------------------------------- */

static chevm_rejection recover_with(uint64_t r) {
    chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_LEGACY, NULL);
    t.v = word(27);
    t.r = word(r);
    return chevm_transaction_recover(&t, CHEVM_OSAKA);
}

static chevm_rejection check_product(void) {
    chevm_rejection_facts facts;
    chevm_block block = sample_block(CHEVM_OSAKA);
    chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_LEGACY, NULL);
    t.max_fee = (chevm_u256){{0, 0, 0, UINT64_MAX}};
    t.max_priority_fee = t.max_fee;
    return chevm_transaction_check(&t, &block, &facts);
}

TEST(rejection_every_row_is_reached) {
    bool reached[CHEVM_REJECTION_COUNT] = {[CHEVM_ACCEPTED] = true};
    for (size_t i = 0; i < WIRE_ROW_COUNT; i++) {
        reached[WIRE_ROWS[i].why] = true;
    }
    for (size_t i = 0; i < SCENE_ROW_COUNT; i++) {
        reached[SCENE_ROWS[i].why] = true;
    }
    reached[recover_with(0)] = true; /* INVALID_SIGNATURE_VRS */
    reached[recover_with(5)] = true; /* no point has this x */
    reached[check_product()] = true;
    for (int i = 0; i < CHEVM_REJECTION_COUNT; i++) {
        if (!CHECK(reached[i])) {
            CHECK_TEXT(chevm_rejection_name((chevm_rejection)i), "reached");
        }
    }
}
