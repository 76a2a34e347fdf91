/* transient.c: transient storage (EIP-1153). Slots are made and undone in stack order and all go at
 * the end of the transaction, so entries are dense. */
#include "journal.h"

static bool transient_same(const void *entries, uint32_t number, const void *key, uint32_t owner) {
    const chevmi_transient *const slots = entries;
    return slots[number].account == owner && chevm_u256_equal(&slots[number].key, key);
}

static uint32_t find(const chevm_state *state, uint32_t hash, uint32_t account,
                     const chevm_u256 *key) {
    return chevmi_index_find(&state->transient_index, hash, transient_same, state->transients, key,
                             account);
}

uint32_t chevmi_transient_peek(const chevm_state *state, uint32_t account, const chevm_u256 *key) {
    return find(state, chevmi_hash_word(state->seeds, key, account), account, key);
}

void chevmi_transient_get(void *context, const chevm_address *address, const chevm_u256 *key,
                          chevm_u256 *value) {
    chevm_state *const state = context;
    const uint32_t account = chevmi_account_find(state, address);
    uint32_t number = 0;
    if (account != 0 && state->transient_count != 0) {
        number = find(state, chevmi_hash_word(state->seeds, key, account), account, key);
    }
    if (number != 0) {
        chevm_u256_copy(value, &state->transients[number].value);
    } else {
        chevm_u256_set_u64(value, 0);
    }
}

/* Makes an entry with value zero; there is room in the journal. 0 if the capacity is reached. */
static uint32_t make(chevm_state *state, uint32_t hash, uint32_t account, const chevm_u256 *key) {
    if (state->transient_count == state->transient_capacity &&
        !chevmi_twin_grow_transients(state)) {
        return 0;
    }
    const uint32_t number = ++state->transient_count;
    if (number > state->transient_peak) {
        state->transient_peak = number;
    }
    state->transients[number] = (chevmi_transient){
        .key = *key,
        .account = account,
        .hash = hash,
    };
    chevmi_index_insert(&state->transient_index, hash, number);
    chevmi_journal_push(state, CHEVMI_JOURNAL_TRANSIENT_NEW, number, 0);
    return number;
}

int chevmi_transient_set(void *context, const chevm_address *address, const chevm_u256 *key,
                         const chevm_u256 *value) {
    chevm_state *const state = context;
    const uint64_t before = state->journal_used;
    int status = 0;
    const uint32_t account = chevmi_account_obtain(state, address, &status);
    if (CH_UNLIKELY(account == 0)) {
        return status;
    }
    const uint32_t hash = chevmi_hash_word(state->seeds, key, account);
    uint32_t number = 0;
    if (CH_LIKELY(state->transient_index.cells != NULL)) {
        number = find(state, hash, account, key);
    }
    if (number == 0 && chevm_u256_is_zero(value)) {
        return 0;
    }
    if (CH_UNLIKELY(!chevmi_journal_room(state, 6))) {
        chevmi_journal_undo(state, before);
        return -CHEVM_JOURNAL_FULL;
    }
    if (number == 0) {
        number = make(state, hash, account, key);
        if (CH_UNLIKELY(number == 0)) {
            chevmi_journal_undo(state, before);
            return -CHEVM_STATE_FULL;
        }
        state->transients[number].journal_end = (uint32_t)state->journal_used;
    }
    chevmi_transient *const slot = &state->transients[number];
    if (slot->journal_end <= state->frame_journal) {
        chevmi_journal_push_word(state, CHEVMI_JOURNAL_TRANSIENT_VALUE, number, &slot->value);
        slot->journal_end = (uint32_t)state->journal_used;
    }
    chevm_u256_copy(&slot->value, value);
    return 0;
}

void chevmi_transient_drop_last(chevm_state *state) {
    const chevmi_transient *const slot = &state->transients[state->transient_count];
    chevmi_index_remove(&state->transient_index, slot->hash, state->transient_count);
    state->transient_count--;
}

/* Few slots in a table that once held many are removed one by one. */
void chevmi_transient_clear(chevm_state *state) {
    if (state->twin != NULL) {
        state->transient_count = 0;
        chevmi_twin_drop_transients(state);
    } else if (state->transient_count > state->transient_index.mask / 16) {
        state->transient_count = 0;
        chevmi_index_reset(&state->transient_index);
    }
    while (state->transient_count > 0) {
        chevmi_transient_drop_last(state);
    }
}
