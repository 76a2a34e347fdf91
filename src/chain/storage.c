/* storage.c: storage slots with their values at the start of the transaction and their warmth. A
 * slot is found by (account, key) in one index; the slot found last is remembered, so that access,
 * load and store of one key cost one lookup. A slot that is zero and was never looked at has no
 * entry. */
#include "journal.h"

static bool slot_same(const void *entries, uint32_t number, const void *key, uint32_t owner) {
    const chevmi_slot *const slots = entries;
    return slots[number].account == owner && chevm_u256_equal(&slots[number].key, key);
}

CH_INLINE uint32_t slot_hash(const chevm_state *state, uint32_t account, const chevm_u256 *key) {
    return chevmi_hash_word(state->seeds, key, account);
}

uint32_t chevmi_slot_peek(const chevm_state *state, uint32_t account, const chevm_u256 *key) {
    return chevmi_index_find(&state->slot_index, slot_hash(state, account, key), slot_same,
                             state->slots, key, account);
}

CH_INLINE uint32_t find(chevm_state *state, uint32_t account, const chevm_u256 *key) {
    if (slot_same(state->slots, state->last_slot, key, account)) {
        return state->last_slot;
    }
    const uint32_t number = chevmi_slot_peek(state, account, key);
    state->last_slot = number;
    return number;
}

uint32_t chevmi_slot_find(chevm_state *state, uint32_t account, const chevm_u256 *key) {
    return account == 0 ? 0 : find(state, account, key);
}

/* Makes the entry of an absent slot; 0 and *status if there is no room. */
static uint32_t slot_make(chevm_state *state, uint32_t account, const chevm_u256 *key,
                          int *status) {
    if (state->slot_live == state->slot_capacity) {
        *status = -CHEVM_STATE_FULL;
        return 0;
    }
    if (!chevmi_journal_room(state, 1)) {
        *status = -CHEVM_JOURNAL_FULL;
        return 0;
    }
    uint32_t number = state->slot_free;
    if (number != 0) {
        state->slot_free = state->slots[number].next;
    } else {
        number = ++state->slot_high;
    }
    state->slot_live++;
    const uint32_t next = state->accounts[account].first_slot;
    chevmi_slot *const slot = &state->slots[number];
    *slot = (chevmi_slot){.key = *key, .account = account, .next = next};
    if (next != 0) {
        state->slots[next].previous = number;
    }
    state->accounts[account].first_slot = number;
    chevmi_index_insert(&state->slot_index, slot_hash(state, account, key), number);
    state->last_slot = number;
    chevmi_journal_push(state, CHEVMI_JOURNAL_SLOT_NEW, number, 0);
    return number;
}

void chevmi_slot_drop(chevm_state *state, uint32_t number) {
    static const chevm_u256 zero = {{0, 0, 0, 0}};
    chevmi_slot *const slot = &state->slots[number];
    chevmi_slot_put(state, number, &zero);
    chevmi_index_remove(&state->slot_index, slot_hash(state, slot->account, &slot->key), number);
    if (slot->previous != 0) {
        state->slots[slot->previous].next = slot->next;
    } else {
        state->accounts[slot->account].first_slot = slot->next;
    }
    if (slot->next != 0) {
        state->slots[slot->next].previous = slot->previous;
    }
    slot->account = 0; /* also what keeps last_slot from finding it */
    slot->next = state->slot_free;
    state->slot_free = number;
    state->slot_live--;
}

CH_INLINE void put(chevm_state *state, chevmi_slot *slot, const chevm_u256 *value) {
    uint32_t *const count = &state->accounts[slot->account].slot_count;
    *count -= !chevm_u256_is_zero(&slot->value);
    *count += !chevm_u256_is_zero(value);
    chevm_u256_copy(&slot->value, value);
}

void chevmi_slot_put(chevm_state *state, uint32_t number, const chevm_u256 *value) {
    put(state, &state->slots[number], value);
}

/* An old value is worth an entry once per frame: an entry above the frame's start restores it. */
CH_INLINE int slot_write(chevm_state *state, uint32_t number, const chevm_u256 *value) {
    chevmi_slot *const slot = &state->slots[number];
    if (slot->written != state->transaction) {
        chevm_u256_copy(&slot->original, &slot->value);
        slot->journal_end = 0;
    }
    if (slot->journal_end <= state->frame_journal) {
        if (!chevmi_journal_room(state, 5)) {
            return -CHEVM_JOURNAL_FULL;
        }
        chevmi_journal_push_word(state, CHEVMI_JOURNAL_SLOT_VALUE, number, &slot->value);
        slot->journal_end = (uint32_t)state->journal_used;
    }
    slot->written = state->transaction;
    put(state, slot, value);
    return 0;
}

int chevmi_slot_write(chevm_state *state, uint32_t number, const chevm_u256 *value) {
    return slot_write(state, number, value);
}

CH_INLINE chevm_storage_status status_of(const chevm_u256 *original, const chevm_u256 *current,
                                         const chevm_u256 *value) {
    static const uint8_t statuses[16] = {
        [1] = CHEVM_STORAGE_ADDED,
        [2] = CHEVM_STORAGE_DELETED,
        [3] = CHEVM_STORAGE_MODIFIED,
        [9] = CHEVM_STORAGE_DELETED_ADDED,
        [10] = CHEVM_STORAGE_MODIFIED_DELETED,
        [13] = CHEVM_STORAGE_DELETED_RESTORED,
        [14] = CHEVM_STORAGE_ADDED_DELETED,
        [15] = CHEVM_STORAGE_MODIFIED_RESTORED,
    }; /* all others: ASSIGNED */
    const unsigned index = (unsigned)!chevm_u256_equal(original, current) << 3 |
                           (unsigned)chevm_u256_equal(original, value) << 2 |
                           (unsigned)!chevm_u256_is_zero(current) << 1 |
                           (unsigned)!chevm_u256_is_zero(value);
    return (chevm_storage_status)statuses[index];
}

chevm_storage_status chevm_storage_status_of(const chevm_u256 *original, const chevm_u256 *current,
                                             const chevm_u256 *value) {
    return status_of(original, current, value);
}

int chevmi_storage_set(void *context, const chevm_address *address, const chevm_u256 *key,
                       const chevm_u256 *value) {
    chevm_state *const state = context;
    const uint64_t before = state->journal_used;
    int status = 0;
    const uint32_t account = chevmi_account_obtain(state, address, &status);
    if (CH_UNLIKELY(account == 0)) {
        return status;
    }
    uint32_t number = find(state, account, key);
    const chevmi_slot *const slot = &state->slots[number]; /* entry 0 is zero */
    if (chevm_u256_equal(&slot->value, value)) {
        return CHEVM_STORAGE_ASSIGNED;
    }
    const chevm_u256 current = slot->value;
    const chevm_u256 original =
        slot->written == state->transaction && number != 0 ? slot->original : current;
    if (CH_UNLIKELY(!state->accounts[account].exists)) {
        status = chevmi_account_exist(state, account);
    }
    if (status == 0 && number == 0) {
        number = slot_make(state, account, key, &status);
    }
    if (status == 0) {
        status = slot_write(state, number, value);
    }
    if (CH_UNLIKELY(status != 0)) {
        chevmi_journal_undo(state, before);
        return status;
    }
    return (int)status_of(&original, &current, value);
}

int chevmi_storage_access(void *context, const chevm_address *address, const chevm_u256 *key) {
    chevm_state *const state = context;
    const uint64_t before = state->journal_used;
    int status = 0;
    const uint32_t account = chevmi_account_obtain(state, address, &status);
    if (CH_UNLIKELY(account == 0)) {
        return status;
    }
    uint32_t number = find(state, account, key);
    if (state->slots[number].warmed == state->transaction && number != 0) {
        return CHEVM_ACCESS_WARM;
    }
    if (number == 0) {
        number = slot_make(state, account, key, &status);
    } else if (!chevmi_journal_room(state, 1)) {
        status = -CHEVM_JOURNAL_FULL;
    } else {
        chevmi_journal_push(state, CHEVMI_JOURNAL_SLOT_WARM, number, 0);
    }
    if (CH_UNLIKELY(status != 0)) {
        chevmi_journal_undo(state, before);
        return status;
    }
    state->slots[number].warmed = state->transaction;
    return CHEVM_ACCESS_COLD;
}

void chevmi_storage_get(void *context, const chevm_address *address, const chevm_u256 *key,
                        chevm_u256 *value) {
    chevm_state *const state = context;
    const uint32_t account = chevmi_account_find(state, address);
    const uint32_t number = account == 0 ? 0 : find(state, account, key);
    chevm_u256_copy(value, &state->slots[number].value);
}
