/* Rejections: names, phrases, what fixtures call them; and every one of them is reached, by bytes
 * that do not decode, by a signature nobody made, or by a transaction that a state does not admit.
 */
#include "harness.h"
#include "state_rig.h"
#include "transaction_rig.h"

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

/* ---- Transactions that are not admitted ----------------------------------------------------- */

typedef struct scene {
    chevm_state *state;
    chevm_block block;
    chevm_transaction transaction;
    chevm_authorization tuple;
    uint8_t input[49153];
} scene;

static void type_2(scene *s) {
    s->transaction = sample_transaction(CHEVM_TRANSACTION_DYNAMIC_FEE, NULL);
}

static void blob(scene *s) {
    s->transaction = sample_transaction(CHEVM_TRANSACTION_BLOB, NULL);
}

static void set_code_type(scene *s) {
    s->transaction = sample_transaction(CHEVM_TRANSACTION_SET_CODE, &s->tuple);
}

static void type_1(scene *s) {
    s->transaction = sample_transaction(CHEVM_TRANSACTION_ACCESS_LIST, NULL);
}

static void type_9(scene *s) {
    s->transaction.type = (chevm_transaction_type)9;
}

static void other_chain(scene *s) {
    s->transaction.has_chain_id = true;
    s->transaction.chain_id = word(2);
}

static void chain_too_early(scene *s) {
    s->transaction.has_chain_id = true;
    s->transaction.chain_id = word(1);
}

static void little_gas(scene *s) {
    s->transaction.gas_limit = 20999;
}

static void below_floor(scene *s) {
    memset(s->input, 1, 100);
    s->transaction.input = s->input;
    s->transaction.input_size = 100;
    s->transaction.gas_limit = 21000 + 100 * 40 - 1;
}

static void last_nonce(scene *s) {
    s->transaction.nonce = UINT64_MAX;
}

static void long_initcode(scene *s) {
    s->transaction.is_creation = true;
    s->transaction.input = s->input;
    s->transaction.input_size = sizeof s->input;
    s->transaction.gas_limit = 10000000;
}

static void gas_above_cap(scene *s) {
    s->transaction.gas_limit = (1u << 24) + 1;
}

static void gas_above_block(scene *s) {
    s->block.gas_available = s->transaction.gas_limit - 1;
}

static void gas_above_counter(scene *s) {
    s->transaction.gas_limit = (uint64_t)INT64_MAX + 1;
    s->block.gas_available = UINT64_MAX;
}

static void blobs_above_block(scene *s) {
    blob(s);
    s->block.blobs_available = 0;
}

static void tip_above_fee(scene *s) {
    type_2(s);
    s->transaction.max_priority_fee = word(SAMPLE_GAS_PRICE + 1);
}

static void fee_below_base(scene *s) {
    s->block.base_fee = word(SAMPLE_GAS_PRICE + 1);
}

static void no_blobs(scene *s) {
    blob(s);
    s->transaction.blob_count = 0;
}

static void many_blobs(scene *s) {
    static chevm_u256 hashes[7];
    for (size_t i = 0; i < 7; i++) {
        hashes[i] = sample_blob_hash;
    }
    blob(s);
    s->transaction.blob_hashes = hashes;
    s->transaction.blob_count = 7;
}

static void blob_version(scene *s) {
    static const chevm_u256 hash = {{0, 0, 0, (uint64_t)2 << 56}};
    blob(s);
    s->transaction.blob_hashes = &hash;
}

static void little_blob_fee(scene *s) {
    blob(s);
    s->transaction.max_blob_fee = word(2);
}

static void blob_creation(scene *s) {
    blob(s);
    s->transaction.is_creation = true;
}

static void set_code_creation(scene *s) {
    set_code_type(s);
    s->transaction.is_creation = true;
}

static void no_tuples(scene *s) {
    set_code_type(s);
    s->transaction.authorization_count = 0;
}

static void nonce_behind(scene *s) {
    s->transaction.nonce = SAMPLE_NONCE - 1;
}

static void nonce_ahead(scene *s) {
    s->transaction.nonce = SAMPLE_NONCE + 1;
}

static void value_above_balance(scene *s) {
    s->transaction.value = word(SAMPLE_BALANCE - s->transaction.gas_limit * SAMPLE_GAS_PRICE + 1);
}

static void cost_above_words(scene *s) {
    s->transaction.max_fee = (chevm_u256){{0, 0, 0, UINT64_MAX}};
    s->transaction.max_priority_fee = s->transaction.max_fee;
}

static void blob_cost_above_balance(scene *s) {
    blob(s);
    s->transaction.max_blob_fee = word(SAMPLE_BALANCE / 131072 + 1);
}

static void sender_is_contract(scene *s) {
    set_code(s->state, sample_sender(), "contract");
}

static void delegation_too_early(scene *s) {
    uint8_t code[CHEVMI_DELEGATION_SIZE];
    const chevm_address sender = sample_sender(), target = account(3);
    chevmi_delegation_write(code, &target);
    CHECK_EQUAL(chevm_state_set_code(s->state, &sender, code, sizeof code), CHEVM_OK);
}

typedef struct scene_row {
    chevm_rejection why;
    chevm_fork fork;
    void (*spoil)(scene *s);
} scene_row;

static const scene_row SCENE_ROWS[] = {
    {CHEVM_REJECTED_TYPE_1_TX_PRE_FORK, CHEVM_ISTANBUL, type_1},
    {CHEVM_REJECTED_TYPE_2_TX_PRE_FORK, CHEVM_BERLIN, type_2},
    {CHEVM_REJECTED_TYPE_3_TX_PRE_FORK, CHEVM_SHANGHAI, blob},
    {CHEVM_REJECTED_TYPE_4_TX_PRE_FORK, CHEVM_CANCUN, set_code_type},
    {CHEVM_REJECTED_TYPE_NOT_SUPPORTED, CHEVM_OSAKA, type_9},
    {CHEVM_REJECTED_INVALID_CHAINID, CHEVM_OSAKA, other_chain},
    {CHEVM_REJECTED_INVALID_SIGNATURE_VRS, CHEVM_TANGERINE, chain_too_early},
    {CHEVM_REJECTED_INTRINSIC_GAS_TOO_LOW, CHEVM_FRONTIER, little_gas},
    {CHEVM_REJECTED_INTRINSIC_GAS_BELOW_FLOOR_GAS_COST, CHEVM_PRAGUE, below_floor},
    {CHEVM_REJECTED_NONCE_IS_MAX, CHEVM_FRONTIER, last_nonce},
    {CHEVM_REJECTED_INITCODE_SIZE_EXCEEDED, CHEVM_SHANGHAI, long_initcode},
    {CHEVM_REJECTED_GAS_LIMIT_EXCEEDS_MAXIMUM, CHEVM_OSAKA, gas_above_cap},
    {CHEVM_REJECTED_GAS_ALLOWANCE_EXCEEDED, CHEVM_FRONTIER, gas_above_block},
    {CHEVM_REJECTED_GAS_ALLOWANCE_EXCEEDED, CHEVM_PRAGUE, gas_above_counter},
    {CHEVM_REJECTED_TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED, CHEVM_CANCUN, blobs_above_block},
    {CHEVM_REJECTED_PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS, CHEVM_LONDON, tip_above_fee},
    {CHEVM_REJECTED_INSUFFICIENT_MAX_FEE_PER_GAS, CHEVM_LONDON, fee_below_base},
    {CHEVM_REJECTED_TYPE_3_TX_ZERO_BLOBS, CHEVM_CANCUN, no_blobs},
    {CHEVM_REJECTED_TYPE_3_TX_BLOB_COUNT_EXCEEDED, CHEVM_OSAKA, many_blobs},
    {CHEVM_REJECTED_TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH, CHEVM_CANCUN, blob_version},
    {CHEVM_REJECTED_INSUFFICIENT_MAX_FEE_PER_BLOB_GAS, CHEVM_CANCUN, little_blob_fee},
    {CHEVM_REJECTED_TYPE_3_TX_CONTRACT_CREATION, CHEVM_CANCUN, blob_creation},
    {CHEVM_REJECTED_TYPE_4_TX_CONTRACT_CREATION, CHEVM_PRAGUE, set_code_creation},
    {CHEVM_REJECTED_TYPE_4_EMPTY_AUTHORIZATION_LIST, CHEVM_PRAGUE, no_tuples},
    {CHEVM_REJECTED_NONCE_MISMATCH_TOO_LOW, CHEVM_FRONTIER, nonce_behind},
    {CHEVM_REJECTED_NONCE_MISMATCH_TOO_HIGH, CHEVM_FRONTIER, nonce_ahead},
    {CHEVM_REJECTED_INSUFFICIENT_ACCOUNT_FUNDS, CHEVM_FRONTIER, value_above_balance},
    {CHEVM_REJECTED_INSUFFICIENT_ACCOUNT_FUNDS, CHEVM_FRONTIER, cost_above_words},
    {CHEVM_REJECTED_INSUFFICIENT_ACCOUNT_FUNDS, CHEVM_CANCUN, blob_cost_above_balance},
    {CHEVM_REJECTED_SENDER_NOT_EOA, CHEVM_FRONTIER, sender_is_contract},
    {CHEVM_REJECTED_SENDER_NOT_EOA, CHEVM_CANCUN, delegation_too_early},
};

enum { SCENE_ROW_COUNT = sizeof SCENE_ROWS / sizeof SCENE_ROWS[0] };

static void set_scene(scene *s, const scene_row *row) {
    *s = (scene){.state = sample_state(&small_options), .block = sample_block(row->fork)};
    s->transaction = sample_transaction(CHEVM_TRANSACTION_LEGACY, NULL);
}

TEST(rejection_of_transactions_by_name_leaves_the_state) {
    static scene s;
    chevm *vm = NULL;
    CHECK_EQUAL(chevm_create(&vm, &(chevm_options){.gas_limit = 1000000}), CH_OK);
    for (size_t i = 0; i < SCENE_ROW_COUNT; i++) {
        chevm_outcome outcome;
        set_scene(&s, &SCENE_ROWS[i]);
        SCENE_ROWS[i].spoil(&s);
        const chevm_u256 before = digest(s.state);
        chevm_transact(vm, s.state, &s.block, &s.transaction, &outcome);
        CHECK_TEXT(chevm_rejection_name(outcome.rejection.why),
                   chevm_rejection_name(SCENE_ROWS[i].why));
        CHECK_EQUAL(outcome.gas_used, 0);
        CHECK(!chevm_state_in_transaction(s.state));
        CHECK(same_word(before, digest(s.state)));
        free_state(s.state);
    }
    chevm_destroy(vm);
}

TEST(rejection_scenes_are_accepted_unspoiled) {
    static scene s;
    for (size_t i = 0; i < SCENE_ROW_COUNT; i++) {
        chevm_rejection_facts facts;
        set_scene(&s, &SCENE_ROWS[i]);
        CHECK_EQUAL(chevm_transaction_validate(&s.transaction, &s.block, s.state, &facts),
                    CHEVM_ACCEPTED);
        free_state(s.state);
    }
}

/* have and want, as messages show them. */
TEST(rejection_facts_of_transactions) {
    static const struct {
        scene_row row;
        uint64_t have, want;
        bool has_address;
    } rows[] = {
        {{CHEVM_REJECTED_INTRINSIC_GAS_TOO_LOW, CHEVM_OSAKA, little_gas}, 20999, 21000, false},
        {{CHEVM_REJECTED_NONCE_MISMATCH_TOO_LOW, CHEVM_OSAKA, nonce_behind},
         SAMPLE_NONCE,
         SAMPLE_NONCE - 1,
         true},
        {{CHEVM_REJECTED_INSUFFICIENT_ACCOUNT_FUNDS, CHEVM_OSAKA, value_above_balance},
         SAMPLE_BALANCE,
         SAMPLE_BALANCE + 1,
         true},
        {{CHEVM_REJECTED_INSUFFICIENT_MAX_FEE_PER_GAS, CHEVM_OSAKA, fee_below_base},
         SAMPLE_GAS_PRICE,
         SAMPLE_GAS_PRICE + 1,
         false},
        {{CHEVM_REJECTED_INSUFFICIENT_MAX_FEE_PER_BLOB_GAS, CHEVM_OSAKA, little_blob_fee},
         2,
         3,
         false},
        {{CHEVM_REJECTED_GAS_ALLOWANCE_EXCEEDED, CHEVM_OSAKA, gas_above_block},
         199999,
         200000,
         false},
    };
    static scene s;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        chevm_rejection_facts facts;
        set_scene(&s, &rows[i].row);
        rows[i].row.spoil(&s);
        CHECK_EQUAL(chevm_transaction_validate(&s.transaction, &s.block, s.state, &facts),
                    rows[i].row.why);
        CHECK_EQUAL(facts.why, rows[i].row.why);
        CHECK_EQUAL(facts.have.limbs[0], rows[i].have);
        CHECK_EQUAL(facts.want.limbs[0], rows[i].want);
        CHECK_EQUAL(memcmp(&facts.address, &s.transaction.sender, sizeof facts.address) == 0,
                    rows[i].has_address);
        free_state(s.state);
    }
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
