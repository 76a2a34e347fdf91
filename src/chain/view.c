/* view.c: reading a state: accounts, storage, digest, statistics. */
#include "world.h"

#include <coldevm/hash.h>

static void view(const chevm_state *state, uint32_t number, chevm_account *account) {
    const chevmi_account *const entry = &state->accounts[number];
    const chevmi_code *const code = entry->code != 0 ? &state->codes[entry->code] : NULL;
    *account = (chevm_account){
        .address = entry->address,
        .nonce = entry->nonce,
        .balance = entry->balance,
        .code = code != NULL ? state->code_bytes + code->offset : NULL,
        .code_size = code != NULL ? (size_t)code->size : 0,
        .code_hash = code != NULL ? &code->hash : &chevmi_empty_code_hash,
        .slot_count = entry->slot_count,
    };
}

bool chevm_state_find(const chevm_state *state, const chevm_address *address,
                      chevm_account *account) {
    const uint32_t number = chevmi_account_peek(state, address);
    if (number == 0 || !state->accounts[number].exists) {
        return false;
    }
    view(state, number, account);
    return true;
}

bool chevm_state_account_next(const chevm_state *state, uint32_t *cursor, chevm_account *account) {
    while (*cursor < state->account_high) {
        const uint32_t number = ++*cursor;
        if (state->accounts[number].in_use && state->accounts[number].exists) {
            view(state, number, account);
            return true;
        }
    }
    return false;
}

/* The cursor is the number of the slot handed out last; the account's last slot closes it. */
bool chevm_state_slot_next(const chevm_state *state, const chevm_address *address, uint32_t *cursor,
                           chevm_u256 *key, chevm_u256 *value) {
    const uint32_t account = chevmi_account_peek(state, address);
    if (account == 0 || *cursor == UINT32_MAX) {
        return false;
    }
    uint32_t number =
        *cursor == 0 ? state->accounts[account].first_slot : state->slots[*cursor].next;
    while (number != 0 && chevm_u256_is_zero(&state->slots[number].value)) {
        number = state->slots[number].next;
    }
    if (number == 0) {
        *cursor = UINT32_MAX;
        return false;
    }
    *cursor = number;
    *key = state->slots[number].key;
    *value = state->slots[number].value;
    return true;
}

static void add_hash(chevm_u256 *sum, const uint8_t *bytes, size_t size) {
    uint8_t hash[32];
    chevm_u256 term;
    chevm_keccak256(hash, bytes, size);
    chevm_u256_from_be32(&term, hash);
    chevm_u256_add(sum, sum, &term);
}

static void add_account(const chevm_account *account, chevm_u256 *sum) {
    uint8_t bytes[92];
    memcpy(bytes, account->address.bytes, 20);
    chevm_limb_store_be(bytes + 20, account->nonce);
    chevm_u256_to_be32(bytes + 28, &account->balance);
    chevm_u256_to_be32(bytes + 60, account->code_hash);
    add_hash(sum, bytes, sizeof bytes);
}

static void add_slot(const chevm_address *address, const chevm_u256 *key, const chevm_u256 *value,
                     chevm_u256 *sum) {
    uint8_t bytes[84];
    memcpy(bytes, address->bytes, 20);
    chevm_u256_to_be32(bytes + 20, key);
    chevm_u256_to_be32(bytes + 52, value);
    add_hash(sum, bytes, sizeof bytes);
}

/* A sum does not ask for an order; accounts and slots are told apart by their length. */
void chevm_state_digest(const chevm_state *state, chevm_u256 *digest) {
    chevm_u256 sum = {{0, 0, 0, 0}};
    chevm_account account;
    uint32_t cursor = 0;
    while (chevm_state_account_next(state, &cursor, &account)) {
        add_account(&account, &sum);
        chevm_u256 key;
        chevm_u256 value;
        uint32_t slot_cursor = 0;
        while (chevm_state_slot_next(state, &account.address, &slot_cursor, &key, &value)) {
            add_slot(&account.address, &key, &value, &sum);
        }
    }
    *digest = sum;
}

#define PAGE 4096u

static uint64_t larger(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* Cells of an index that held so many entries at most. */
static uint64_t index_bytes(uint64_t entries) {
    return 8 * chevmi_index_cells((uint32_t)entries) + PAGE;
}

static uint64_t touched_bytes(const chevm_state *state) {
    const uint64_t accounts = larger(state->account_high, state->account_peak);
    const uint64_t slots = larger(state->slot_high, state->slot_peak);
    uint64_t bytes = sizeof *state + state->frame_capacity * sizeof(chevmi_frame);
    bytes += (accounts + 1) * sizeof(chevmi_account);
    bytes += (slots + 1) * sizeof(chevmi_slot);
    bytes += state->code_peak + (state->code_count_peak + 1) * sizeof(chevmi_code);
    if (state->twin == NULL) {
        bytes += (state->transient_peak + 1) * sizeof(chevmi_transient);
        bytes += 8 * larger(state->journal_used, state->journal_peak);
        bytes += state->log_count_peak * sizeof(chevm_log) + state->log_peak;
    }
    bytes += index_bytes(accounts) + index_bytes(slots) + index_bytes(state->code_count_peak) +
             (state->twin == NULL ? index_bytes(state->transient_peak) : 0);
    bytes += 8 * PAGE; /* where parts begin and end */
    return bytes < state->total_bytes ? bytes : state->total_bytes;
}

void chevm_state_get_stats(const chevm_state *state, chevm_state_stats *stats) {
    *stats = (chevm_state_stats){
        .accounts = state->account_live,
        .slots = state->slot_live,
        .codes = state->code_count,
        .transient_peak = state->transient_peak,
        .log_peak = state->log_count_peak,
        .code_bytes = state->code_used,
        .log_bytes_peak = state->log_peak,
        .journal_bytes_peak = 8 * (state->journal_used > state->journal_peak ? state->journal_used
                                                                             : state->journal_peak),
        .transactions = state->transactions,
        .rollbacks = state->rollbacks,
        .touched_bytes = (size_t)touched_bytes(state),
    };
}
