/* account.c: entries of accounts: looked up by address, made on first sight, changed under the
 * journal. An entry may exist only because someone looked (a cold access makes it warm); `exists`
 * tells whether the world has the account. */
#include "journal.h"

static bool account_same(const void *entries, uint32_t number, const void *key, uint32_t owner) {
    const chevmi_account *const accounts = entries;
    (void)owner;
    return chevmi_address_equal(&accounts[number].address, key);
}

static uint32_t address_hash(const chevm_state *state, const chevm_address *address) {
    uint64_t words[2];
    uint32_t tail;
    memcpy(words, address->bytes, 16);
    memcpy(&tail, address->bytes + 16, 4);
    const uint64_t *const s = state->seeds;
    return chevmi_fold(chevmi_mix(words[0] ^ s[0], words[1] ^ s[1]) ^
                       chevmi_mix(tail ^ s[2], words[1] ^ s[3]));
}

uint32_t chevmi_account_peek(const chevm_state *state, const chevm_address *address) {
    return chevmi_index_find(&state->account_index, address_hash(state, address), account_same,
                             state->accounts, address, 0);
}

uint32_t chevmi_account_find_slow(chevm_state *state, const chevm_address *address) {
    const uint32_t number = chevmi_account_peek(state, address);
    state->account_cache[address->bytes[19] % CHEVMI_ACCOUNT_CACHE] = number;
    return number;
}

uint32_t chevmi_account_obtain_slow(chevm_state *state, const chevm_address *address, int *status) {
    uint32_t number = chevmi_account_find_slow(state, address);
    if (number != 0) {
        return number;
    }
    if (state->account_live == state->account_capacity) {
        *status = -CHEVM_STATE_FULL;
        return 0;
    }
    if (!chevmi_journal_room(state, 1)) {
        *status = -CHEVM_JOURNAL_FULL;
        return 0;
    }
    number = state->account_free;
    if (number != 0) {
        state->account_free = state->accounts[number].first_slot;
    } else {
        number = ++state->account_high;
    }
    state->account_live++;
    chevmi_account *const account = &state->accounts[number];
    *account = (chevmi_account){.address = *address, .in_use = true};
    chevmi_index_insert(&state->account_index, address_hash(state, address), number);
    state->account_cache[address->bytes[19] % CHEVMI_ACCOUNT_CACHE] = number;
    chevmi_journal_push(state, CHEVMI_JOURNAL_ACCOUNT_NEW, number, 0);
    return number;
}

void chevmi_account_drop(chevm_state *state, uint32_t number) {
    chevmi_account *const account = &state->accounts[number];
    CH_ASSERT(account->in_use && account->first_slot == 0);
    chevmi_index_remove(&state->account_index, address_hash(state, &account->address), number);
    state->account_cache[account->address.bytes[19] % CHEVMI_ACCOUNT_CACHE] = 0;
    account->in_use = false;
    account->first_slot = state->account_free;
    state->account_free = number;
    state->account_live--;
}

void chevmi_account_delete(chevm_state *state, uint32_t number) {
    chevmi_account *const account = &state->accounts[number];
    while (account->first_slot != 0) {
        chevmi_slot_drop(state, account->first_slot);
    }
    chevmi_code_release(state, account->code);
    chevmi_account_drop(state, number);
}

bool chevmi_account_is_empty(const chevmi_account *account) {
    return account->nonce == 0 && account->code == 0 && chevm_u256_is_zero(&account->balance);
}

int chevmi_account_exist(chevm_state *state, uint32_t number) {
    if (state->accounts[number].exists) {
        return 0;
    }
    if (!chevmi_journal_room(state, 1)) {
        return -CHEVM_JOURNAL_FULL;
    }
    chevmi_journal_push(state, CHEVMI_JOURNAL_ACCOUNT_EXISTS, number, 0);
    state->accounts[number].exists = true;
    return 0;
}

int chevmi_account_mark(chevm_state *state, uint32_t number, uint32_t marks) {
    chevmi_account *const account = &state->accounts[number];
    const uint32_t new_marks = marks & ~chevmi_account_marks(state, number);
    if (new_marks == 0) {
        return 0;
    }
    if (!chevmi_journal_room(state, 1)) {
        return -CHEVM_JOURNAL_FULL;
    }
    chevmi_journal_push(state, CHEVMI_JOURNAL_ACCOUNT_MARKS, number, new_marks);
    account->marks = chevmi_account_marks(state, number) | new_marks;
    account->transaction = state->transaction;
    return 0;
}

int chevmi_account_set_balance(chevm_state *state, uint32_t number, const chevm_u256 *balance) {
    chevmi_account *const account = &state->accounts[number];
    if (chevm_u256_equal(&account->balance, balance)) {
        return 0;
    }
    if (!chevmi_journal_room(state, 5)) {
        return -CHEVM_JOURNAL_FULL;
    }
    chevmi_journal_push_word(state, CHEVMI_JOURNAL_BALANCE, number, &account->balance);
    account->balance = *balance;
    return 0;
}

int chevmi_account_set_nonce(chevm_state *state, uint32_t number, uint64_t nonce) {
    if (state->accounts[number].nonce == nonce) {
        return 0;
    }
    if (!chevmi_journal_room(state, 2)) {
        return -CHEVM_JOURNAL_FULL;
    }
    state->journal[state->journal_used++] = state->accounts[number].nonce;
    chevmi_journal_push(state, CHEVMI_JOURNAL_NONCE, number, 0);
    state->accounts[number].nonce = nonce;
    return 0;
}

/* Existence, touch and balance in one; the caller undoes if it fails half way. */
static int change_balance(chevm_state *state, uint32_t number, const chevm_u256 *balance) {
    int status = chevmi_account_exist(state, number);
    if (status == 0) {
        status = chevmi_account_mark(state, number, CHEVMI_TOUCHED);
    }
    if (status == 0) {
        status = chevmi_account_set_balance(state, number, balance);
    }
    return status;
}

int chevmi_credit(chevm_state *state, const chevm_address *address, const chevm_u256 *amount) {
    int status = 0;
    uint32_t number = chevmi_account_find(state, address);
    const bool absent = number == 0 || !state->accounts[number].exists;
    if (absent && chevm_u256_is_zero(amount) && state->rules.clears_empty) {
        return 0; /* touching nothing leaves nothing */
    }
    const uint64_t before = state->journal_used;
    number = chevmi_account_obtain(state, address, &status);
    if (number == 0) {
        return status;
    }
    chevm_u256 balance;
    chevm_u256_add(&balance, &state->accounts[number].balance, amount);
    status = change_balance(state, number, &balance);
    if (status != 0) {
        chevmi_journal_undo(state, before);
    }
    return status;
}

int chevmi_debit(chevm_state *state, const chevm_address *address, const chevm_u256 *amount) {
    const uint32_t number = chevmi_account_find(state, address);
    if (number == 0 || !state->accounts[number].exists) {
        return chevm_u256_is_zero(amount) ? 0 : -CHEVM_BALANCE;
    }
    if (chevm_u256_less(&state->accounts[number].balance, amount)) {
        return -CHEVM_BALANCE;
    }
    const uint64_t before = state->journal_used;
    chevm_u256 balance;
    chevm_u256_sub(&balance, &state->accounts[number].balance, amount);
    const int status = change_balance(state, number, &balance);
    if (status != 0) {
        chevmi_journal_undo(state, before);
    }
    return status;
}

int chevmi_transfer(chevm_state *state, const chevm_address *from, const chevm_address *to,
                    const chevm_u256 *amount) {
    const uint64_t before = state->journal_used;
    int status = chevm_u256_is_zero(amount) ? 0 : chevmi_debit(state, from, amount);
    if (status == 0) {
        status = chevmi_credit(state, to, amount);
    }
    if (status != 0) {
        chevmi_journal_undo(state, before);
    }
    return status;
}
