/* transact.c: a transaction from the purchase of its gas to the end of its effects.
 *
 *   validate | begin, buy gas, nonce, warm | delegate | call | refund, floor | pay | end
 *            |<------- whatever hits a capacity from here on undoes all of it -------->|
 *
 * Delegations (EIP-7702) stay although the call is undone. */
#include "transaction_rules.h"

typedef struct run {
    chevm *vm;
    chevm_state *state;
    const chevm_block *block;
    const chevm_transaction *transaction;
    chevmi_transaction_rules rules;
    chevm_u256 price;    /* of a unit of gas, to the sender */
    chevm_u256 base_fee; /* the part of it that is burnt */
    uint64_t gas;        /* bought, less the intrinsic */
    uint64_t floor;
    uint64_t delegation_refund;
    chevm_result result;
} run;

static void fill_context(const run *r, chevm_tx_context *context) {
    *context = (chevm_tx_context){
        .gas_price = r->price,
        .prev_randao = r->block->prev_randao,
        .chain_id = r->block->chain_id,
        .base_fee = r->base_fee,
        .blob_base_fee = r->block->blob_base_fee,
        .blob_hashes = r->transaction->blob_hashes,
        .blob_hash_count = r->transaction->blob_count,
        .block_number = r->block->number,
        .block_timestamp = r->block->timestamp,
        .block_gas_limit = r->block->gas_limit,
        .origin = r->transaction->sender,
        .coinbase = r->block->coinbase,
    };
}

/* ---- Before the call ------------------------------------------------------------------------ */

static chevm_status buy_gas(run *r) {
    static const chevm_u256 nothing = {{0, 0, 0, 0}};
    chevm_u256 cost;
    if (!chevmi_transaction_cost(&cost, r->transaction, &r->price, &r->block->blob_base_fee,
                                 &nothing)) {
        return CHEVM_INTERNAL; /* validation has compared a larger sum with a balance */
    }
    const chevm_status status = chevm_state_debit(r->state, &r->transaction->sender, &cost);
    if (status != CHEVM_OK) {
        return status == CHEVM_BALANCE ? CHEVM_INTERNAL : status;
    }
    return chevm_state_set_nonce(r->state, &r->transaction->sender, r->transaction->nonce + 1);
}

static chevm_status warm_access_list(run *r) {
    chevm_status status = CHEVM_OK;
    for (size_t i = 0; i < r->transaction->access_count && status == CHEVM_OK; i++) {
        const chevm_access_entry *const entry = &r->transaction->access_list[i];
        status = chevm_state_warm_address(r->state, &entry->address);
        for (size_t k = 0; k < entry->key_count && status == CHEVM_OK; k++) {
            status = chevm_state_warm_slot(r->state, &entry->address, &entry->keys[k]);
        }
    }
    return status;
}

static bool is_zero_address(const chevm_address *address) {
    static const chevm_address none = {{0}};
    return memcmp(address, &none, sizeof none) == 0;
}

static chevm_status lend(run *r, const chevm_authorization *a) {
    uint8_t code[CHEVMI_DELEGATION_SIZE];
    chevmi_delegation_write(code, &a->address);
    const chevm_status status = chevm_state_set_code(
        r->state, &a->authority, code, is_zero_address(&a->address) ? 0 : CHEVMI_DELEGATION_SIZE);
    return status != CHEVM_OK ? status
                              : chevm_state_set_nonce(r->state, &a->authority, a->nonce + 1);
}

/* EIP-7702, steps 1 to 9 for one tuple. What does not hold skips it. */
static chevm_status authorize(run *r, const chevm_authorization *a) {
    chevm_account account = {.nonce = 0};
    chevm_address target;
    if ((!chevm_u256_is_zero(&a->chain_id) &&
         !chevm_u256_equal(&a->chain_id, &r->block->chain_id)) ||
        a->nonce == UINT64_MAX || !a->is_signed) {
        return CHEVM_OK;
    }
    const chevm_status status = chevm_state_warm_address(r->state, &a->authority);
    if (status != CHEVM_OK) {
        return status;
    }
    (void)chevm_state_find(r->state, &a->authority, &account);
    if ((account.code_size != 0 && !chevmi_delegation_read(&account, &target)) ||
        account.nonce != a->nonce) {
        return CHEVM_OK;
    }
    if (account.nonce != 0 || account.code_size != 0 || !chevm_u256_is_zero(&account.balance)) {
        r->delegation_refund += CHEVMI_TX_AUTHORIZATION_OLD;
    }
    return lend(r, a);
}

static chevm_status authorize_all(run *r) {
    chevm_status status = CHEVM_OK;
    for (size_t i = 0; i < r->transaction->authorization_count && status == CHEVM_OK; i++) {
        status = authorize(r, &r->transaction->authorizations[i]);
    }
    return status;
}

/* ---- The call ------------------------------------------------------------------------------- */

static void fill_message(const run *r, chevm_message *message) {
    const chevm_transaction *const t = r->transaction;
    *message = (chevm_message){
        .kind = t->is_creation ? CHEVM_KIND_CREATE : CHEVM_KIND_CALL,
        .gas = (int64_t)r->gas,
        .recipient = t->to,
        .sender = t->sender,
        .code_address = t->to,
        .value = t->value,
        .input = t->input,
        .input_size = t->input_size,
    };
    chevm_account account;
    if (t->is_creation) {
        chevm_create_address(&message->recipient, &t->sender, t->nonce);
    } else if (r->rules.follows_delegation && chevm_state_find(r->state, &t->to, &account) &&
               chevmi_delegation_read(&account, &message->code_address)) {
        message->flags = CHEVM_FLAG_DELEGATED;
    }
}

static chevm_status prepare_and_call(run *r, chevm_outcome *outcome) {
    chevm_status status = buy_gas(r);
    if (status == CHEVM_OK) {
        status = warm_access_list(r);
    }
    if (status == CHEVM_OK) {
        status = authorize_all(r);
    }
    outcome->delegation_refund = r->delegation_refund; /* a tracer may ask for it */
    if (status == CHEVM_OK) {
        chevm_message message;
        fill_message(r, &message);
        chevm_call(r->vm, chevm_state_host(), r->state, &message, &r->result);
        status = r->result.status;
    }
    return status;
}

/* ---- After the call ------------------------------------------------------------------------- */

static void settle_gas(const run *r, chevm_outcome *outcome) {
    const uint64_t left = (uint64_t)r->result.gas_left;
    const uint64_t spent = r->transaction->gas_limit - left;
    const uint64_t earned = r->delegation_refund + (uint64_t)r->result.gas_refund;
    const uint64_t cap = spent / r->rules.refund_divisor;
    outcome->execution_gas = r->gas - left;
    outcome->gas_refunded = earned < cap ? earned : cap;
    outcome->gas_used = spent - outcome->gas_refunded;
    if (outcome->gas_used < r->floor) {
        outcome->gas_used = r->floor;
    }
}

static void price_of_gas(chevm_u256 *out, uint64_t gas, const chevm_u256 *price) {
    *out = (chevm_u256){{gas, 0, 0, 0}};
    chevm_u256_mul(out, out, price);
}

static chevm_status pay(run *r, uint64_t gas_used) {
    chevm_u256 amount, tip;
    price_of_gas(&amount, r->transaction->gas_limit - gas_used, &r->price);
    const chevm_status status = chevm_state_credit(r->state, &r->transaction->sender, &amount);
    if (status != CHEVM_OK) {
        return status;
    }
    chevm_u256_sub(&tip, &r->price, &r->base_fee);
    price_of_gas(&amount, gas_used, &tip);
    return chevm_state_credit(r->state, &r->block->coinbase, &amount);
}

static chevm_status finish(run *r, chevm_outcome *outcome) {
    settle_gas(r, outcome);
    const chevm_status status = pay(r, outcome->gas_used);
    return status != CHEVM_OK ? status : chevm_state_end_transaction(r->state);
}

static void execute(run *r, chevm_outcome *outcome) {
    chevm_tx_context context;
    fill_context(r, &context);
    chevm_status status = chevm_state_begin_transaction(r->state, r->block->fork, &context);
    if (status != CHEVM_OK) {
        outcome->status = status;
        return;
    }
    status = prepare_and_call(r, outcome);
    outcome->status = status;
    if ((int)status < CHEVM_STATUS_MACHINE) {
        status = finish(r, outcome);
    }
    if ((int)status >= CHEVM_STATUS_MACHINE) {
        chevm_state_rollback_transaction(r->state);
        *outcome = (chevm_outcome){.status = status};
        return;
    }
    outcome->output = r->result.output;
    outcome->output_size = r->result.output_size;
    outcome->create_address = r->result.create_address;
}

void chevm_transact(chevm *vm, chevm_state *state, const chevm_block *block,
                    const chevm_transaction *transaction, chevm_outcome *outcome) {
    run r = {.vm = vm, .state = state, .block = block, .transaction = transaction};
    CH_REQUIRE(!chevm_state_in_transaction(state));
    *outcome = (chevm_outcome){.status = CHEVM_OK};
    if (chevm_transaction_validate(transaction, block, state, &outcome->rejection) !=
        CHEVM_ACCEPTED) {
        return;
    }
    CH_REQUIRE(chevm_set_fork(vm, block->fork) == CH_OK);
    chevmi_transaction_rules_build(&r.rules, block->fork);
    if (r.rules.has_base_fee) {
        r.base_fee = block->base_fee;
    }
    chevmi_effective_price(&r.price, transaction, &r.base_fee);
    r.gas = transaction->gas_limit - chevm_intrinsic_gas(transaction, block->fork, &r.floor);
    execute(&r, outcome);
}
