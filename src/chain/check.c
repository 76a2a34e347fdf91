/* check.c: the deep self-test of a state. Invariants by number:
 *   1 every account in use is found under its address      2 live accounts and free list add up
 *   3 every slot in use is found under its account and key 4 live slots and free list add up
 *   5 slots of an account are linked both ways             6 its count of not-zero slots is true
 *   7 every code is found under its hash                   8 bytes of codes lie in order, padded
 *   9 code references are those of accounts and journal   10 what no code refers to is garbage
 *  11 indexes hold as many numbers as there are entries   12 transient slots are found likewise
 *  13 frames and journal are in order                     14 an account that does not exist is bare
 */
#include "journal.h"

/* Holds as many cells as there are entries, and none names an entry beyond `high`: a look-up ends.
 */
static bool index_is_sane(const chevmi_index *index, uint64_t live, uint64_t high) {
    uint64_t used = 0;
    for (uint64_t i = 0; index->cells != NULL && i <= index->mask; i++) {
        const uint64_t cell = index->cells[i];
        used += cell != 0;
        if (cell != 0 && ((uint32_t)cell == 0 || (uint32_t)cell > high)) {
            return false;
        }
    }
    return used == live && index->count == live;
}

static bool is_bare(const chevmi_account *account) {
    return chevmi_account_is_empty(account) && account->slot_count == 0;
}

static unsigned check_accounts(const chevm_state *state) {
    uint32_t live = 0;
    for (uint32_t i = 1; i <= state->account_high; i++) {
        const chevmi_account *const account = &state->accounts[i];
        live += account->in_use;
        if (account->in_use && chevmi_account_peek(state, &account->address) != i) {
            return 1;
        }
        if (account->in_use && !account->exists && !is_bare(account)) {
            return 14;
        }
    }
    uint32_t spare = 0;
    for (uint32_t i = state->account_free; i != 0 && spare <= state->account_high;
         i = state->accounts[i].first_slot) {
        if (i > state->account_high || state->accounts[i].in_use) {
            return 2;
        }
        spare++;
    }
    return live == state->account_live && live + spare == state->account_high ? 0 : 2;
}

static unsigned check_slots(const chevm_state *state) {
    uint32_t live = 0;
    for (uint32_t i = 1; i <= state->slot_high; i++) {
        const chevmi_slot *const slot = &state->slots[i];
        live += slot->account != 0;
        if (slot->account != 0 && chevmi_slot_peek(state, slot->account, &slot->key) != i) {
            return 3;
        }
    }
    uint32_t spare = 0;
    for (uint32_t i = state->slot_free; i != 0 && spare <= state->slot_high;
         i = state->slots[i].next) {
        if (i > state->slot_high || state->slots[i].account != 0) {
            return 4;
        }
        spare++;
    }
    return live == state->slot_live && live + spare == state->slot_high ? 0 : 4;
}

static unsigned check_lists(const chevm_state *state) {
    uint32_t linked = 0;
    for (uint32_t i = 1; i <= state->account_high; i++) {
        if (!state->accounts[i].in_use) {
            continue;
        }
        uint32_t not_zero = 0;
        uint32_t previous = 0;
        for (uint32_t s = state->accounts[i].first_slot; s != 0; s = state->slots[s].next) {
            const chevmi_slot *const slot = &state->slots[s];
            if (slot->account != i || slot->previous != previous || linked > state->slot_live) {
                return 5;
            }
            not_zero += !chevm_u256_is_zero(&slot->value);
            previous = s;
            linked++;
        }
        if (not_zero != state->accounts[i].slot_count) {
            return 6;
        }
    }
    return linked == state->slot_live ? 0 : 5;
}

/* Accounts and journal entries that refer to code `number`. */
static uint32_t count_references(const chevm_state *state, uint32_t number) {
    uint32_t count = 0;
    for (uint32_t i = 1; i <= state->account_high; i++) {
        count += state->accounts[i].in_use && state->accounts[i].code == number;
    }
    for (uint64_t at = state->journal_used; at > 0;) {
        const uint64_t header = state->journal[--at];
        at -= chevmi_journal_payload(chevmi_journal_kind_of(header));
        count += chevmi_journal_kind_of(header) == CHEVMI_JOURNAL_CODE &&
                 chevmi_journal_aux(header) == number;
    }
    return count;
}

static unsigned check_codes(const chevm_state *state) {
    uint64_t used = 0;
    uint64_t garbage = 0;
    for (uint32_t i = 1; i <= state->code_count; i++) {
        const chevmi_code *const code = &state->codes[i];
        if (chevmi_code_peek(state, &code->hash) != i) {
            return 7;
        }
        const uint64_t next = i < state->code_count ? code[1].offset : state->code_used;
        if (code->offset != used || next < used + code->size + CHEVM_CODE_PADDING) {
            return 8;
        }
        for (uint64_t at = used + code->size; at < next; at++) {
            if (state->code_bytes[at] != 0) {
                return 8;
            }
        }
        if (code->references != count_references(state, i)) {
            return 9;
        }
        garbage += code->references == 0 ? next - used : 0;
        used = next;
    }
    return garbage == state->code_garbage && used == state->code_used ? 0 : 10;
}

static unsigned check_indexes(const chevm_state *state) {
    if (!index_is_sane(&state->account_index, state->account_live, state->account_high) ||
        !index_is_sane(&state->slot_index, state->slot_live, state->slot_high) ||
        !index_is_sane(&state->code_index, state->code_count, state->code_count) ||
        !index_is_sane(&state->transient_index, state->transient_count, state->transient_count)) {
        return 11;
    }
    for (uint32_t i = 1; i <= state->transient_count; i++) {
        const chevmi_transient *const slot = &state->transients[i];
        if (slot->hash != chevmi_hash_word(state->seeds, &slot->key, slot->account) ||
            chevmi_transient_peek(state, slot->account, &slot->key) != i) {
            return 12;
        }
    }
    return 0;
}

static unsigned check_frames(const chevm_state *state) {
    uint64_t words = 0;
    for (uint32_t i = 0; i < state->frame_count; i++) {
        if (state->frames[i].journal_words < words) {
            return 13;
        }
        words = state->frames[i].journal_words;
    }
    const bool settled = state->running || state->frame_count != 0 || state->journal_used == 0;
    return words == state->frame_journal && words <= state->journal_used && settled ? 0 : 13;
}

ch_status chevm_state_check(const chevm_state *state, unsigned *broken) {
    static unsigned (*const checks[])(const chevm_state *) = {
        check_indexes, check_accounts, check_slots, check_lists, check_codes, check_frames,
    };
    for (unsigned i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        const unsigned number = checks[i](state);
        if (number != 0) {
            if (broken != NULL) {
                *broken = number;
            }
            return CH_ECORRUPT;
        }
    }
    return CH_OK;
}
