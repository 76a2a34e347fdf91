/* transaction_validate.c: whether a transaction may enter a block. Rules are asked one after the
 * other, in the order of the execution specification; the first that speaks names the reason. */
#include "transaction_rules.h"

static const chevm_u256 zero_word = {{0, 0, 0, 0}};

static chevm_rejection reject(chevm_rejection_facts *facts, chevm_rejection why, uint64_t have,
                              uint64_t want) {
    facts->why = why;
    facts->have = (chevm_u256){{have, 0, 0, 0}};
    facts->want = (chevm_u256){{want, 0, 0, 0}};
    return why;
}

static chevm_rejection reject_words(chevm_rejection_facts *facts, chevm_rejection why,
                                    const chevm_u256 *have, const chevm_u256 *want) {
    facts->why = why;
    facts->have = *have;
    facts->want = *want;
    return why;
}

/* ---- What needs no state -------------------------------------------------------------------- */

typedef struct judgement {
    const chevm_transaction *transaction;
    const chevm_block *block;
    chevmi_transaction_rules rules;
    chevm_rejection_facts *facts;
} judgement;

chevm_rejection chevm_transaction_type_check(unsigned type, chevm_fork fork) {
    static const chevm_rejection too_early[] = {
        CHEVM_REJECTED_TYPE_NOT_SUPPORTED, CHEVM_REJECTED_TYPE_1_TX_PRE_FORK,
        CHEVM_REJECTED_TYPE_2_TX_PRE_FORK, CHEVM_REJECTED_TYPE_3_TX_PRE_FORK,
        CHEVM_REJECTED_TYPE_4_TX_PRE_FORK};
    chevmi_transaction_rules rules;
    chevmi_transaction_rules_build(&rules, fork);
    return type <= rules.newest_type                       ? CHEVM_ACCEPTED
           : type < sizeof too_early / sizeof too_early[0] ? too_early[type]
                                                           : CHEVM_REJECTED_TYPE_NOT_SUPPORTED;
}

static chevm_rejection judge_type(const judgement *j) {
    const unsigned type = (unsigned)j->transaction->type;
    const chevm_rejection why = chevm_transaction_type_check(type, j->block->fork);
    return why == CHEVM_ACCEPTED ? why : reject(j->facts, why, j->rules.newest_type, type);
}

/* EIP-155: a signature is for one chain; before that fork a v that names one is no signature. */
static chevm_rejection judge_chain(const judgement *j) {
    const chevm_transaction *const t = j->transaction;
    if (t->has_chain_id && !j->rules.replay_protection) {
        return reject_words(j->facts, CHEVM_REJECTED_INVALID_SIGNATURE_VRS, &zero_word, &t->v);
    }
    if (t->has_chain_id && !chevm_u256_equal(&t->chain_id, &j->block->chain_id)) {
        return reject_words(j->facts, CHEVM_REJECTED_INVALID_CHAINID, &j->block->chain_id,
                            &t->chain_id);
    }
    return CHEVM_ACCEPTED;
}

static chevm_rejection judge_gas(const judgement *j) {
    const chevm_transaction *const t = j->transaction;
    uint64_t floor;
    const uint64_t intrinsic = chevm_intrinsic_gas(t, j->block->fork, &floor);
    if (t->gas_limit < intrinsic) {
        return reject(j->facts, CHEVM_REJECTED_INTRINSIC_GAS_TOO_LOW, t->gas_limit, intrinsic);
    }
    if (t->gas_limit < floor) {
        return reject(j->facts, CHEVM_REJECTED_INTRINSIC_GAS_BELOW_FLOOR_GAS_COST, t->gas_limit,
                      floor);
    }
    return CHEVM_ACCEPTED;
}

/* EIP-2681, 3860, 7825. */
static chevm_rejection judge_limits(const judgement *j) {
    const chevm_transaction *const t = j->transaction;
    if (t->nonce == UINT64_MAX) {
        return reject(j->facts, CHEVM_REJECTED_NONCE_IS_MAX, t->nonce, t->nonce);
    }
    if (t->is_creation && j->rules.initcode_max != 0 && t->input_size > j->rules.initcode_max) {
        return reject(j->facts, CHEVM_REJECTED_INITCODE_SIZE_EXCEEDED, j->rules.initcode_max,
                      t->input_size);
    }
    if (j->rules.gas_max != 0 && t->gas_limit > j->rules.gas_max) {
        return reject(j->facts, CHEVM_REJECTED_GAS_LIMIT_EXCEEDS_MAXIMUM, j->rules.gas_max,
                      t->gas_limit);
    }
    if (t->gas_limit > j->block->gas_available) {
        return reject(j->facts, CHEVM_REJECTED_GAS_ALLOWANCE_EXCEEDED, j->block->gas_available,
                      t->gas_limit);
    }
    if (t->blob_count > j->block->blobs_available) {
        return reject(j->facts, CHEVM_REJECTED_TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED,
                      j->block->blobs_available, t->blob_count);
    }
    return CHEVM_ACCEPTED;
}

static chevm_rejection judge_fees(const judgement *j) {
    const chevm_transaction *const t = j->transaction;
    if (chevm_u256_less(&t->max_fee, &t->max_priority_fee)) {
        return reject_words(j->facts, CHEVM_REJECTED_PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS,
                            &t->max_fee, &t->max_priority_fee);
    }
    if (j->rules.has_base_fee && chevm_u256_less(&t->max_fee, &j->block->base_fee)) {
        return reject_words(j->facts, CHEVM_REJECTED_INSUFFICIENT_MAX_FEE_PER_GAS, &t->max_fee,
                            &j->block->base_fee);
    }
    return CHEVM_ACCEPTED;
}

static chevm_rejection judge_blob_hashes(const judgement *j) {
    const chevm_transaction *const t = j->transaction;
    for (size_t i = 0; i < t->blob_count; i++) {
        const uint64_t version = t->blob_hashes[i].limbs[3] >> 56;
        if (version != CHEVMI_TX_BLOB_VERSION) {
            j->facts->position = i;
            return reject(j->facts, CHEVM_REJECTED_TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH,
                          CHEVMI_TX_BLOB_VERSION, version);
        }
    }
    return CHEVM_ACCEPTED;
}

static chevm_rejection judge_blobs(const judgement *j) {
    const chevm_transaction *const t = j->transaction;
    if (t->type != CHEVM_TRANSACTION_BLOB) {
        return CHEVM_ACCEPTED;
    }
    if (t->blob_count == 0) {
        return reject(j->facts, CHEVM_REJECTED_TYPE_3_TX_ZERO_BLOBS, 0, 0);
    }
    if (j->rules.blobs_max != 0 && t->blob_count > j->rules.blobs_max) {
        return reject(j->facts, CHEVM_REJECTED_TYPE_3_TX_BLOB_COUNT_EXCEEDED, j->rules.blobs_max,
                      t->blob_count);
    }
    const chevm_rejection why = judge_blob_hashes(j);
    if (why != CHEVM_ACCEPTED) {
        return why;
    }
    if (chevm_u256_less(&t->max_blob_fee, &j->block->blob_base_fee)) {
        return reject_words(j->facts, CHEVM_REJECTED_INSUFFICIENT_MAX_FEE_PER_BLOB_GAS,
                            &t->max_blob_fee, &j->block->blob_base_fee);
    }
    return t->is_creation ? reject(j->facts, CHEVM_REJECTED_TYPE_3_TX_CONTRACT_CREATION, 0, 0)
                          : CHEVM_ACCEPTED;
}

static chevm_rejection judge_authorizations(const judgement *j) {
    const chevm_transaction *const t = j->transaction;
    if (t->type != CHEVM_TRANSACTION_SET_CODE) {
        return CHEVM_ACCEPTED;
    }
    if (t->is_creation) {
        return reject(j->facts, CHEVM_REJECTED_TYPE_4_TX_CONTRACT_CREATION, 0, 0);
    }
    return t->authorization_count == 0
               ? reject(j->facts, CHEVM_REJECTED_TYPE_4_EMPTY_AUTHORIZATION_LIST, 0, 0)
               : CHEVM_ACCEPTED;
}

static chevm_rejection judge(const chevm_transaction *transaction, const chevm_block *block,
                             chevm_rejection_facts *facts) {
    static chevm_rejection (*const rules[])(const judgement *) = {
        judge_type,  judge_chain,          judge_gas, judge_limits, judge_fees,
        judge_blobs, judge_authorizations,
    };
    judgement j = {.transaction = transaction, .block = block, .facts = facts};
    *facts = (chevm_rejection_facts){.why = CHEVM_ACCEPTED};
    chevmi_transaction_rules_build(&j.rules, block->fork);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const chevm_rejection why = rules[i](&j);
        if (why != CHEVM_ACCEPTED) {
            return why;
        }
    }
    return CHEVM_ACCEPTED;
}

chevm_rejection chevm_transaction_check(const chevm_transaction *transaction,
                                        const chevm_block *block, chevm_rejection_facts *facts) {
    chevm_u256 cost;
    const chevm_rejection why = judge(transaction, block, facts);
    if (why == CHEVM_ACCEPTED && !chevmi_transaction_cost(&cost, transaction, &transaction->max_fee,
                                                          &zero_word, &zero_word)) {
        return facts->why = CHEVM_REJECTED_GASLIMIT_PRICE_PRODUCT_OVERFLOW;
    }
    return why;
}

/* ---- The sender ----------------------------------------------------------------------------- */

static chevm_rejection judge_balance(const chevm_transaction *t, const chevm_account *sender,
                                     chevm_rejection_facts *facts) {
    chevm_u256 cost;
    if (!chevmi_transaction_cost(&cost, t, &t->max_fee, &t->max_blob_fee, &t->value)) {
        cost = (chevm_u256){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    } else if (!chevm_u256_less(&sender->balance, &cost)) {
        return CHEVM_ACCEPTED;
    }
    return reject_words(facts, CHEVM_REJECTED_INSUFFICIENT_ACCOUNT_FUNDS, &sender->balance, &cost);
}

/* EIP-3607: contracts sign nothing; an account that lends itself to one may (EIP-7702). */
static chevm_rejection judge_code(const chevm_block *block, const chevm_account *sender,
                                  chevm_rejection_facts *facts) {
    chevmi_transaction_rules rules;
    chevm_address target;
    if (sender->code_size == 0) {
        return CHEVM_ACCEPTED;
    }
    chevmi_transaction_rules_build(&rules, block->fork);
    if (rules.follows_delegation && chevmi_delegation_read(sender, &target)) {
        return CHEVM_ACCEPTED;
    }
    return reject_words(facts, CHEVM_REJECTED_SENDER_NOT_EOA, sender->code_hash, &zero_word);
}

/* What the machine's counter cannot hold is above the gas limit of any block. */
static chevm_rejection judge_sender(const chevm_transaction *t, const chevm_block *block,
                                    const chevm_account *sender, chevm_rejection_facts *facts) {
    if (t->gas_limit > INT64_MAX) {
        return reject(facts, CHEVM_REJECTED_GAS_ALLOWANCE_EXCEEDED, INT64_MAX, t->gas_limit);
    }
    if (sender->nonce != t->nonce) {
        return reject(facts,
                      sender->nonce > t->nonce ? CHEVM_REJECTED_NONCE_MISMATCH_TOO_LOW
                                               : CHEVM_REJECTED_NONCE_MISMATCH_TOO_HIGH,
                      sender->nonce, t->nonce);
    }
    const chevm_rejection why = judge_balance(t, sender, facts);
    return why != CHEVM_ACCEPTED ? why : judge_code(block, sender, facts);
}

chevm_rejection chevm_transaction_validate(const chevm_transaction *transaction,
                                           const chevm_block *block, const chevm_state *state,
                                           chevm_rejection_facts *facts) {
    chevm_account sender = {.nonce = 0};
    chevm_rejection why = judge(transaction, block, facts);
    if (why == CHEVM_ACCEPTED) {
        (void)chevm_state_find(state, &transaction->sender, &sender);
        why = judge_sender(transaction, block, &sender, facts);
        if (why != CHEVM_ACCEPTED) {
            facts->address = transaction->sender;
        }
    }
    return why;
}
