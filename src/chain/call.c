/* call.c: what comes before and after the code of a call or creation: snapshot, nonce, collision,
 * transfer, precompiles; deposit of new code, undoing. Spec evmc.md V8, column "host". */
#include "journal.h"

#include <coldevm/precompile.h>

static chevmi_frame frame_here(const chevm_state *state) {
    return (chevmi_frame){
        .journal_words = state->journal_used,
        .log_bytes = state->log_used,
        .log_count = state->log_count,
    };
}

static void undo_to(chevm_state *state, const chevmi_frame *frame) {
    chevmi_journal_undo(state, frame->journal_words);
    chevmi_log_truncate(state, frame->log_count, frame->log_bytes);
}

/* Answers without running code. Gas comes back from a success or a light failure only. */
static void answer(chevm_callee *callee, chevm_status status, int64_t gas) {
    const bool gas_back =
        status == CHEVM_OK || status == CHEVM_BALANCE || status == CHEVM_NONCE_OVERFLOW;
    callee->run = false;
    callee->result.status = status;
    callee->result.gas_left = gas_back ? gas : 0;
}

/* EIP-2929: what the transaction names itself is warm from its start. */
static int warm_first(chevm_state *state, const chevm_address *a, const chevm_address *b) {
    int status = -(int)chevm_state_warm_address(state, a);
    if (status == 0) {
        status = -(int)chevm_state_warm_address(state, b);
    }
    return status;
}

/* ---- Calls ---------------------------------------------------------------------------------- */

static void begin_code(chevm_state *state, const chevm_message *message, const chevmi_frame *frame,
                       chevm_callee *callee) {
    const uint32_t account = chevmi_account_find(state, &message->code_address);
    const uint32_t code = state->accounts[account].code; /* entry 0 has none */
    if (code == 0) {
        answer(callee, CHEVM_OK, message->gas);
        return;
    }
    const int status = chevmi_frame_push(state, frame);
    if (status != 0) {
        undo_to(state, frame);
        answer(callee, (chevm_status)-status, 0);
        return;
    }
    const chevmi_code *const entry = &state->codes[code];
    callee->run = true;
    callee->padded = true;
    callee->code = state->code_bytes + entry->offset;
    callee->code_size = (size_t)entry->size;
    callee->code_hash = &entry->hash;
}

static void begin_call(chevm_state *state, const chevm_message *message, chevm_callee *callee) {
    callee->recipient = message->recipient;
    int status = 0;
    if (message->depth == 0) {
        status = warm_first(state, &message->recipient, &message->code_address);
    }
    const chevmi_frame frame = frame_here(state);
    if (status == 0 && message->kind == CHEVM_KIND_CALL) {
        status = chevmi_transfer(state, &message->sender, &message->recipient, &message->value);
    }
    if (status != 0) {
        answer(callee, (chevm_status)-status, message->gas);
        return;
    }
    const chevm_precompile precompile =
        chevm_precompile_at(state->rules.fork, &message->code_address);
    if (precompile == CHEVM_PRECOMPILE_NONE) {
        begin_code(state, message, &frame, callee);
    } else if ((message->flags & CHEVM_FLAG_DELEGATED) != 0) {
        answer(callee, CHEVM_OK, message->gas); /* EIP-7702: runs empty code */
    } else {
        if (CH_UNLIKELY(state->lends)) {
            chevmi_borrow_run(state, message, precompile, &callee->result);
        } else {
            chevm_precompile_run(state->rules.fork, precompile, message->input, message->input_size,
                                 message->gas, state->scratch, state->scratch_size,
                                 &callee->result);
        }
        if (callee->result.status != CHEVM_OK) {
            undo_to(state, &frame);
        }
    }
}

/* ---- Creations ------------------------------------------------------------------------------ */

/* The new contract's address and the bump of the creator's nonce, which outlives the creation. At
 * depth 0 the transaction has done both. */
static int new_address(chevm_state *state, const chevm_message *message, chevm_address *address) {
    if (message->depth == 0) {
        *address = message->recipient;
        return 0;
    }
    int status = 0;
    const uint32_t sender = chevmi_account_obtain(state, &message->sender, &status);
    if (sender == 0) {
        return status;
    }
    const uint64_t nonce = state->accounts[sender].nonce;
    if (nonce == UINT64_MAX) {
        return -CHEVM_NONCE_OVERFLOW;
    }
    if (message->kind == CHEVM_KIND_CREATE) {
        chevm_create_address(address, &message->sender, nonce);
    } else {
        chevm_create2_address(address, &message->sender, &message->salt, message->input,
                              message->input_size);
    }
    status = chevmi_account_exist(state, sender);
    return status != 0 ? status : chevmi_account_set_nonce(state, sender, nonce + 1);
}

/* EIP-684 (nonce, code) and EIP-7610 (storage), in every fork. */
static bool collides(chevm_state *state, const chevm_address *address) {
    const chevmi_account *const account = &state->accounts[chevmi_account_find(state, address)];
    return account->nonce != 0 || account->code != 0 || account->slot_count != 0;
}

static int make_contract(chevm_state *state, const chevm_message *message,
                         const chevm_address *address, uint32_t *number) {
    int status = 0;
    *number = chevmi_account_obtain(state, address, &status);
    if (*number != 0) {
        status = chevmi_account_exist(state, *number);
    }
    if (status == 0) {
        status = chevmi_account_mark(state, *number, CHEVMI_CREATED | CHEVMI_TOUCHED);
    }
    if (status == 0 && state->rules.new_nonce_is_one) {
        status = chevmi_account_set_nonce(state, *number, 1);
    }
    if (status == 0) {
        status = chevmi_transfer(state, &message->sender, address, &message->value);
    }
    return status;
}

static bool can_pay(chevm_state *state, const chevm_message *message) {
    const uint32_t sender = chevmi_account_find(state, &message->sender);
    return !chevm_u256_less(&state->accounts[sender].balance, &message->value);
}

static void begin_creation(chevm_state *state, const chevm_message *message, chevm_callee *callee) {
    if (!can_pay(state, message)) {
        answer(callee, CHEVM_BALANCE, message->gas);
        return;
    }
    chevm_address address;
    int status = new_address(state, message, &address);
    if (status == 0) {
        callee->recipient = address;
        callee->result.create_address = address;
        status = -(int)chevm_state_warm_address(state, &address);
    }
    if (status == 0 && collides(state, &address)) {
        status = -CHEVM_CREATE_COLLISION;
    }
    chevmi_frame frame = frame_here(state);
    if (status == 0) {
        status = make_contract(state, message, &address, &frame.created);
    }
    if (status == 0) {
        status = chevmi_frame_push(state, &frame);
    }
    if (status != 0) {
        undo_to(state, &frame);
        answer(callee, (chevm_status)-status, message->gas);
        return;
    }
    callee->run = true;
    callee->code = message->input;
    callee->code_size = message->input_size;
}

void chevmi_call_begin(void *context, const chevm_message *message, chevm_callee *callee) {
    *callee = (chevm_callee){.run = false};
    if (message->kind == CHEVM_KIND_CREATE || message->kind == CHEVM_KIND_CREATE2) {
        begin_creation(context, message, callee);
    } else {
        begin_call(context, message, callee);
    }
}

/* ---- The end -------------------------------------------------------------------------------- */

/* Pays for the output and stores it as code. */
static chevm_status deposit(chevm_state *state, uint32_t account, chevm_result *result) {
    const size_t size = result->output_size;
    if (size > CHEVMI_CODE_SIZE_MAX && state->rules.limits_code_size) {
        return CHEVM_CODE_SIZE;
    }
    if (size != 0 && result->output[0] == 0xef && state->rules.refuses_ef_code) {
        return CHEVM_CODE_PREFIX;
    }
    if (size > (uint64_t)result->gas_left / CHEVMI_CODE_BYTE_GAS) {
        if (state->rules.unpaid_code_fails) {
            return CHEVM_CODE_STORE_GAS;
        }
        result->output = NULL; /* Frontier: the account stays, without code */
        result->output_size = 0;
        return CHEVM_OK;
    }
    const int status = chevmi_account_set_code(state, account, result->output, size);
    if (status == 0) {
        result->gas_left -= (int64_t)size * CHEVMI_CODE_BYTE_GAS;
    }
    return (chevm_status)-status;
}

void chevmi_call_end(void *context, const chevm_message *message, chevm_result *result) {
    chevm_state *const state = context;
    CH_REQUIRE(state->frame_count != 0);
    const chevmi_frame frame = state->frames[state->frame_count - 1];
    CH_REQUIRE(frame.number == 0);
    if (frame.created != 0) {
        result->create_address = state->accounts[frame.created].address;
        if (result->status == CHEVM_OK) {
            result->status = deposit(state, frame.created, result);
            if (result->status != CHEVM_OK) {
                result->gas_left = 0;
                result->gas_refund = 0;
                result->output = NULL;
                result->output_size = 0;
            }
        }
    }
    (void)message;
    chevmi_frame_pop(state);
    if (result->status != CHEVM_OK) {
        undo_to(state, &frame);
    }
}
