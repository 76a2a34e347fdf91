/* host.c: the operations the interpreter asks for, and the writes that tools make. */
#include "journal.h"

#include <coldevm/hash.h>
#include <coldevm/precompile.h>

static bool account_exists(void *context, const chevm_address *address) {
    chevm_state *const state = context;
    const chevmi_account *const account = &state->accounts[chevmi_account_find(state, address)];
    return account->exists && !(state->rules.clears_empty && chevmi_account_is_empty(account));
}

static void get_balance(void *context, const chevm_address *address, chevm_u256 *balance) {
    chevm_state *const state = context;
    chevm_u256_copy(balance, &state->accounts[chevmi_account_find(state, address)].balance);
}

static const chevmi_code *code_of(chevm_state *state, const chevm_address *address) {
    const uint32_t code = state->accounts[chevmi_account_find(state, address)].code;
    return code != 0 ? &state->codes[code] : NULL;
}

static size_t get_code_size(void *context, const chevm_address *address) {
    const chevmi_code *const code = code_of(context, address);
    return code != NULL ? (size_t)code->size : 0;
}

static void get_code_hash(void *context, const chevm_address *address, chevm_u256 *hash) {
    chevm_state *const state = context;
    const chevmi_account *const account = &state->accounts[chevmi_account_find(state, address)];
    const chevmi_code *const code = code_of(state, address);
    if (code != NULL) {
        chevm_u256_copy(hash, &code->hash);
    } else if (account->exists && !chevmi_account_is_empty(account)) {
        chevm_u256_copy(hash, &chevmi_empty_code_hash);
    } else {
        chevm_u256_set_u64(hash, 0);
    }
}

static size_t copy_code(void *context, const chevm_address *address, size_t offset, uint8_t *buffer,
                        size_t size) {
    chevm_state *const state = context;
    const chevmi_code *const code = code_of(state, address);
    if (code == NULL || offset >= code->size) {
        return 0;
    }
    const size_t rest = (size_t)code->size - offset;
    const size_t count = size < rest ? size : rest;
    if (count != 0) {
        memcpy(buffer, state->code_bytes + code->offset + offset, count);
    }
    return count;
}

/* Before EIP-6780 every self-destruct deletes, and what the account sends to itself is gone; from
 * then on only contracts made in this transaction do, others just send their balance away. */
static int selfdestruct(void *context, const chevm_address *address,
                        const chevm_address *beneficiary) {
    static const chevm_u256 zero = {{0, 0, 0, 0}};
    chevm_state *const state = context;
    const uint64_t before = state->journal_used;
    int status = 0;
    const uint32_t number = chevmi_account_obtain(state, address, &status);
    if (number == 0) {
        return status;
    }
    const uint32_t marks = chevmi_account_marks(state, number);
    const bool deletes = !state->rules.destroys_only_new || (marks & CHEVMI_CREATED) != 0;
    const chevm_u256 balance = state->accounts[number].balance;
    status = chevmi_account_exist(state, number);
    if (status == 0) {
        status = chevmi_transfer(state, address, beneficiary, &balance);
    }
    if (status == 0 && deletes) {
        status = chevmi_account_set_balance(state, number, &zero);
    }
    if (status == 0 && deletes) {
        status = chevmi_account_mark(state, number, CHEVMI_DESTRUCTED);
    }
    if (status != 0) {
        chevmi_journal_undo(state, before);
        return status;
    }
    return deletes && (marks & CHEVMI_DESTRUCTED) == 0;
}

static int access_account(void *context, const chevm_address *address) {
    chevm_state *const state = context;
    const uint64_t before = state->journal_used;
    if (chevm_precompile_at(state->rules.fork, address) != CHEVM_PRECOMPILE_NONE) {
        return CHEVM_ACCESS_WARM;
    }
    int status = 0;
    const uint32_t number = chevmi_account_obtain(state, address, &status);
    if (number != 0 && (chevmi_account_marks(state, number) & CHEVMI_WARM) != 0) {
        return CHEVM_ACCESS_WARM;
    }
    if (number != 0) {
        status = chevmi_account_mark(state, number, CHEVMI_WARM);
    }
    if (status != 0) {
        chevmi_journal_undo(state, before);
        return status;
    }
    return CHEVM_ACCESS_COLD;
}

static const chevm_tx_context *get_tx_context(void *context) {
    const chevm_state *const state = context;
    return state->context;
}

/* The rule of the state tests: keccak256 of the number in decimal digits. */
static void decimal_block_hash(uint64_t number, chevm_u256 *hash) {
    uint8_t digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    uint8_t bytes[32];
    chevm_keccak256(bytes, digits + at, sizeof digits - at);
    chevm_u256_from_be32(hash, bytes);
}

static void get_block_hash(void *context, uint64_t number, chevm_u256 *hash) {
    chevm_state *const state = context;
    if (state->block_hashes != NULL) {
        state->block_hashes(state->block_hash_context, number, hash);
    } else {
        decimal_block_hash(number, hash);
    }
}

const chevm_host *chevm_state_host(void) {
    static const chevm_host host = {
        .account_exists = account_exists,
        .get_storage = chevmi_storage_get,
        .set_storage = chevmi_storage_set,
        .get_transient = chevmi_transient_get,
        .set_transient = chevmi_transient_set,
        .get_balance = get_balance,
        .get_code_size = get_code_size,
        .get_code_hash = get_code_hash,
        .copy_code = copy_code,
        .selfdestruct = selfdestruct,
        .access_account = access_account,
        .access_storage = chevmi_storage_access,
        .get_tx_context = get_tx_context,
        .get_block_hash = get_block_hash,
        .emit_log = chevmi_log_emit,
        .call_begin = chevmi_call_begin,
        .call_end = chevmi_call_end,
    };
    return &host;
}

void chevm_state_set_block_hashes(chevm_state *state, chevm_block_hash_function function,
                                  void *context) {
    state->block_hashes = function;
    state->block_hash_context = context;
}

/* ---- Writes from outside -------------------------------------------------------------------- */

/* Undoes a write that failed half way; makes one outside of transactions and marks final. */
static chevm_status finish(chevm_state *state, uint64_t before, int status) {
    if (status < 0) {
        chevmi_journal_undo(state, before);
    }
    if (!state->running && state->frame_count == 0) {
        chevmi_settle(state);
    }
    return status < 0 ? (chevm_status)-status : CHEVM_OK;
}

/* Number of the account, which exists from now on. */
static uint32_t obtain_existing(chevm_state *state, const chevm_address *address, int *status) {
    const uint32_t number = chevmi_account_obtain(state, address, status);
    if (number != 0) {
        *status = chevmi_account_exist(state, number);
    }
    return *status == 0 ? number : 0;
}

chevm_status chevm_state_set_balance(chevm_state *state, const chevm_address *address,
                                     const chevm_u256 *balance) {
    const uint64_t before = state->journal_used;
    int status = 0;
    const uint32_t number = obtain_existing(state, address, &status);
    if (number != 0) {
        status = chevmi_account_set_balance(state, number, balance);
    }
    return finish(state, before, status);
}

chevm_status chevm_state_set_nonce(chevm_state *state, const chevm_address *address,
                                   uint64_t nonce) {
    const uint64_t before = state->journal_used;
    int status = 0;
    const uint32_t number = obtain_existing(state, address, &status);
    if (number != 0) {
        status = chevmi_account_set_nonce(state, number, nonce);
    }
    return finish(state, before, status);
}

chevm_status chevm_state_set_code(chevm_state *state, const chevm_address *address,
                                  const uint8_t *code, size_t code_size) {
    const uint64_t before = state->journal_used;
    int status = 0;
    const uint32_t number = obtain_existing(state, address, &status);
    if (number != 0) {
        status = chevmi_account_set_code(state, number, code, code_size);
    }
    return finish(state, before, status);
}

chevm_status chevm_state_set_storage(chevm_state *state, const chevm_address *address,
                                     const chevm_u256 *key, const chevm_u256 *value) {
    const uint64_t before = state->journal_used;
    int status = 0;
    if (obtain_existing(state, address, &status) != 0) {
        status = chevmi_storage_set(state, address, key, value);
    }
    return finish(state, before, status);
}

chevm_status chevm_state_credit(chevm_state *state, const chevm_address *address,
                                const chevm_u256 *amount) {
    return finish(state, state->journal_used, chevmi_credit(state, address, amount));
}

chevm_status chevm_state_debit(chevm_state *state, const chevm_address *address,
                               const chevm_u256 *amount) {
    return finish(state, state->journal_used, chevmi_debit(state, address, amount));
}

chevm_status chevm_state_warm_address(chevm_state *state, const chevm_address *address) {
    if (!state->running || !state->rules.has_access_lists) {
        return CHEVM_OK;
    }
    const int status = access_account(state, address);
    return status < 0 ? (chevm_status)-status : CHEVM_OK;
}

chevm_status chevm_state_warm_slot(chevm_state *state, const chevm_address *address,
                                   const chevm_u256 *key) {
    if (!state->running || !state->rules.has_access_lists) {
        return CHEVM_OK;
    }
    const int status = chevmi_storage_access(state, address, key);
    return status < 0 ? (chevm_status)-status : CHEVM_OK;
}
