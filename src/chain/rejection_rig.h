/* rejection_rig.h: transactions that a state does not admit, one row each: the sample transaction
 * in a fork, and what spoils it. Include harness.h, state_rig.h and transaction_rig.h first. */
#ifndef CHEVMI_REJECTION_RIG_H
#define CHEVMI_REJECTION_RIG_H

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

#endif
