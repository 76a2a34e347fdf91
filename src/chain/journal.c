/* journal.c: reading the journal backwards, to undo or to settle it. */
#include "journal.h"

static const uint8_t PAYLOAD_WORDS[16] = {
#define PAYLOAD_WORD(name, words, text) [CHEVMI_JOURNAL_##name] = (words),
    CHEVMI_JOURNAL_ROWS(PAYLOAD_WORD)
#undef PAYLOAD_WORD
};

unsigned chevmi_journal_payload(chevmi_journal_kind kind) {
    return PAYLOAD_WORDS[kind];
}

static void note_peak(chevm_state *state) {
    if (state->journal_used > state->journal_peak) {
        state->journal_peak = state->journal_used;
    }
}

/* EIP-161 in practice: the empty account at 0x03 vanished on the main network although its touch
 * was undone; since then its touch survives. */
static void undo_marks(chevm_state *state, uint32_t number, uint32_t marks) {
    static const chevm_address ripemd = {{[19] = 3}};
    chevmi_account *const account = &state->accounts[number];
    if ((marks & CHEVMI_TOUCHED) != 0 && chevmi_address_equal(&account->address, &ripemd)) {
        state->ripemd_touched = true;
    }
    if (account->transaction == state->transaction) {
        account->marks &= ~marks;
    }
}

/* Entries of an ended transaction are undone only when none is running (a mark around both), and
 * then there is no transient slot left: they are passed over. */
static void undo_entry(chevm_state *state, uint64_t header, const uint64_t *payload) {
    const uint32_t number = chevmi_journal_number(header);
    chevm_u256 word = {{0, 0, 0, 0}};
    switch (chevmi_journal_kind_of(header)) {
    case CHEVMI_JOURNAL_ACCOUNT_NEW:
        chevmi_account_drop(state, number);
        break;
    case CHEVMI_JOURNAL_ACCOUNT_EXISTS:
        state->accounts[number].exists = !state->accounts[number].exists;
        break;
    case CHEVMI_JOURNAL_ACCOUNT_MARKS:
        undo_marks(state, number, chevmi_journal_aux(header));
        break;
    case CHEVMI_JOURNAL_BALANCE:
        memcpy(&state->accounts[number].balance, payload, sizeof word);
        break;
    case CHEVMI_JOURNAL_NONCE:
        state->accounts[number].nonce = payload[0];
        break;
    case CHEVMI_JOURNAL_CODE:
        chevmi_code_release(state, state->accounts[number].code);
        state->accounts[number].code = chevmi_journal_aux(header);
        break;
    case CHEVMI_JOURNAL_CODE_NEW:
        chevmi_code_drop_last(state);
        break;
    case CHEVMI_JOURNAL_SLOT_NEW:
        chevmi_slot_drop(state, number);
        break;
    case CHEVMI_JOURNAL_SLOT_WARM:
        state->slots[number].warmed = 0;
        break;
    case CHEVMI_JOURNAL_SLOT_VALUE:
        memcpy(&word, payload, sizeof word);
        chevmi_slot_put(state, number, &word);
        state->slots[number].journal_end = 0;
        break;
    case CHEVMI_JOURNAL_TRANSIENT_NEW:
        if (number <= state->transient_count) {
            chevmi_transient_drop_last(state);
        }
        break;
    case CHEVMI_JOURNAL_TRANSIENT_VALUE:
        if (number <= state->transient_count) {
            memcpy(&state->transients[number].value, payload, sizeof word);
            state->transients[number].journal_end = 0;
        }
        break;
    case CHEVMI_JOURNAL_NONE:
        CH_ASSERT(false);
        break;
    }
}

void chevmi_journal_undo(chevm_state *state, uint64_t words) {
    note_peak(state);
    while (state->journal_used > words) {
        const uint64_t header = state->journal[--state->journal_used];
        state->journal_used -= PAYLOAD_WORDS[chevmi_journal_kind_of(header)];
        undo_entry(state, header, state->journal + state->journal_used);
    }
    CH_ASSERT(state->journal_used == words);
}

/* A slot is kept for its value, an account for its existence; what was only looked at goes. */
static void commit_entry(chevm_state *state, uint64_t header) {
    const uint32_t number = chevmi_journal_number(header);
    switch (chevmi_journal_kind_of(header)) {
    case CHEVMI_JOURNAL_ACCOUNT_NEW:
    case CHEVMI_JOURNAL_ACCOUNT_EXISTS:
        if (state->accounts[number].in_use && !state->accounts[number].exists) {
            while (state->accounts[number].first_slot != 0) {
                chevmi_slot_drop(state, state->accounts[number].first_slot);
            }
            chevmi_account_drop(state, number);
        }
        break;
    case CHEVMI_JOURNAL_CODE:
        chevmi_code_release(state, chevmi_journal_aux(header));
        break;
    case CHEVMI_JOURNAL_SLOT_NEW:
    case CHEVMI_JOURNAL_SLOT_VALUE:
        if (state->slots[number].account != 0 && chevm_u256_is_zero(&state->slots[number].value)) {
            chevmi_slot_drop(state, number);
        }
        break;
    default:
        break;
    }
}

void chevmi_journal_commit(chevm_state *state) {
    note_peak(state);
    while (state->journal_used > 0) {
        const uint64_t header = state->journal[--state->journal_used];
        state->journal_used -= PAYLOAD_WORDS[chevmi_journal_kind_of(header)];
        commit_entry(state, header);
    }
}
