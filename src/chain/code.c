/* code.c: the code store. Equal codes are kept once, found by their hash; bytes lie one after the
 * other, each code followed by CHEVM_CODE_PADDING zero bytes. A code nobody refers to stays as
 * garbage that the same code may revive, until a collection outside of transactions closes the
 * gaps. */
#include "journal.h"

#include <coldevm/hash.h>

/* keccak256 of nothing */
const chevm_u256 chevmi_empty_code_hash = {
    {0x7bfad8045d85a470u, 0xe500b653ca82273bu, 0x927e7db2dcc703c0u, 0xc5d2460186f7233cu}};

/* Codes start on word boundaries. */
static uint64_t stored_size(uint64_t size) {
    return (size + CHEVM_CODE_PADDING + 7u) & ~(uint64_t)7u;
}

static bool code_same(const void *entries, uint32_t number, const void *key, uint32_t owner) {
    const chevmi_code *const codes = entries;
    (void)owner;
    return chevm_u256_equal(&codes[number].hash, key);
}

uint32_t chevmi_code_peek(const chevm_state *state, const chevm_u256 *hash) {
    return chevmi_index_find(&state->code_index, chevmi_hash_word(state->seeds, hash, 0), code_same,
                             state->codes, hash, 0);
}

/* Number of the code in the store, made if need be; 0 if it does not fit. There is room for one
 * journal word. */
static uint32_t intern(chevm_state *state, const uint8_t *code, size_t size) {
    uint8_t bytes[32];
    chevm_u256 key;
    chevm_keccak256(bytes, code, size);
    chevm_u256_from_be32(&key, bytes);
    uint32_t number = chevmi_code_peek(state, &key);
    if (number != 0) {
        return number;
    }
    if (state->code_count == state->code_count_capacity || size > state->code_capacity ||
        stored_size(size) > state->code_capacity - state->code_used) {
        return 0;
    }
    number = ++state->code_count;
    if (number > state->code_count_peak) {
        state->code_count_peak = number;
    }
    chevmi_code *const entry = &state->codes[number];
    *entry = (chevmi_code){.hash = key, .offset = state->code_used, .size = size};
    uint8_t *const to = state->code_bytes + entry->offset;
    memcpy(to, code, size);
    memset(to + size, 0, (size_t)(stored_size(size) - size));
    state->code_used += stored_size(size);
    state->code_garbage += stored_size(size);
    state->code_garbage_count++;
    if (state->code_used > state->code_peak) {
        state->code_peak = state->code_used;
    }
    chevmi_index_insert(&state->code_index, chevmi_hash_word(state->seeds, &key, 0), number);
    chevmi_journal_push(state, CHEVMI_JOURNAL_CODE_NEW, number, 0);
    return number;
}

static void code_acquire(chevm_state *state, uint32_t number) {
    if (number != 0 && state->codes[number].references++ == 0) {
        state->code_garbage -= stored_size(state->codes[number].size);
        state->code_garbage_count--;
    }
}

void chevmi_code_release(chevm_state *state, uint32_t number) {
    if (number != 0 && --state->codes[number].references == 0) {
        state->code_garbage += stored_size(state->codes[number].size);
        state->code_garbage_count++;
    }
}

int chevmi_account_set_code(chevm_state *state, uint32_t number, const uint8_t *code, size_t size) {
    if (!chevmi_journal_room(state, 2)) {
        return -CHEVM_JOURNAL_FULL;
    }
    uint32_t new_code = 0;
    if (size != 0) {
        new_code = intern(state, code, size);
        if (new_code == 0) {
            return -CHEVM_CODE_FULL;
        }
    }
    code_acquire(state, new_code);
    chevmi_journal_push(state, CHEVMI_JOURNAL_CODE, number, state->accounts[number].code);
    state->accounts[number].code = new_code;
    return 0;
}

void chevmi_code_drop_last(chevm_state *state) {
    const uint32_t number = state->code_count;
    const chevmi_code *const entry = &state->codes[number];
    CH_ASSERT(number != 0 && entry->references == 0);
    chevmi_index_remove(&state->code_index, chevmi_hash_word(state->seeds, &entry->hash, 0),
                        number);
    state->code_garbage -= stored_size(entry->size);
    state->code_garbage_count--;
    state->code_used = entry->offset;
    state->code_count--;
}

/* Slides codes that are referred to together; accounts are told their new numbers. */
static void compact(chevm_state *state) {
    const uint32_t count = state->code_count;
    uint32_t kept = 0;
    uint64_t used = 0;
    chevmi_index_reset(&state->code_index);
    for (uint32_t i = 1; i <= count; i++) {
        state->codes[i].moved_to = state->codes[i].references != 0 ? ++kept : 0;
    }
    for (uint32_t i = 1; i <= state->account_high; i++) {
        if (state->accounts[i].in_use && state->accounts[i].code != 0) {
            state->accounts[i].code = state->codes[state->accounts[i].code].moved_to;
        }
    }
    for (uint32_t i = 1; i <= count; i++) {
        chevmi_code entry = state->codes[i];
        if (entry.moved_to == 0) {
            continue;
        }
        memmove(state->code_bytes + used, state->code_bytes + entry.offset,
                (size_t)stored_size(entry.size));
        entry.offset = used;
        used += stored_size(entry.size);
        state->codes[entry.moved_to] = entry;
        chevmi_index_insert(&state->code_index, chevmi_hash_word(state->seeds, &entry.hash, 0),
                            entry.moved_to);
    }
    state->code_count = kept;
    state->code_used = used;
    state->code_garbage = 0;
    state->code_garbage_count = 0;
}

/* Unused codes at the end go at once; gaps are closed when a quarter of the capacity is lost, so
 * the cost per byte of new code is constant. */
void chevmi_code_collect(chevm_state *state) {
    while (state->code_count != 0 && state->codes[state->code_count].references == 0) {
        chevmi_code_drop_last(state);
    }
    if (state->code_garbage > state->code_capacity / 4 ||
        state->code_garbage_count > state->code_count_capacity / 4) {
        compact(state);
    }
}
