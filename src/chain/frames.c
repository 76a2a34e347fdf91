/* frames.c: frames (open calls and marks), transactions, and what becomes of the journal.
 *
 *   journal  |- mark -|- transaction -|- call -|- call -| top
 *
 * The journal is kept as long as a mark or a transaction may still undo it; when the last of them
 * closes it is settled: entries without content go, and the journal is empty again. */
#include "journal.h"

int chevmi_frame_push(chevm_state *state, const chevmi_frame *frame) {
    if (state->frame_count == state->frame_capacity) {
        return -CHEVM_JOURNAL_FULL;
    }
    state->frames[state->frame_count++] = *frame;
    state->frame_journal = frame->journal_words;
    return 0;
}

void chevmi_frame_pop(chevm_state *state) {
    CH_ASSERT(state->frame_count != 0);
    const chevmi_frame *const top = &state->frames[--state->frame_count];
    state->mark_count -= top->number != 0;
    state->frame_journal = state->frame_count != 0 ? top[-1].journal_words : 0;
}

void chevmi_settle(chevm_state *state) {
    state->transaction++;
    if (state->running || state->frame_count != 0) {
        return;
    }
    chevmi_journal_commit(state);
    chevmi_code_collect(state);
}

/* ---- Marks ---------------------------------------------------------------------------------- */

ch_status chevm_state_mark(chevm_state *state, chevm_mark *mark) {
    const chevmi_frame frame = {
        .journal_words = state->journal_used,
        .log_bytes = state->log_used,
        .log_count = state->log_count,
        .number = state->mark_number + 1,
        .ripemd_touched = state->ripemd_touched,
    };
    if (state->mark_count == state->mark_capacity || chevmi_frame_push(state, &frame) != 0) {
        return CH_EFULL;
    }
    state->mark_count++;
    state->mark_number++;
    *mark = (chevm_mark){.position = state->frame_count - 1, .number = frame.number};
    return CH_OK;
}

static ch_status mark_status(const chevm_state *state, chevm_mark mark) {
    if (mark.number == 0 || mark.position >= state->frame_count ||
        state->frames[mark.position].number != mark.number) {
        return CH_ESTALE;
    }
    return state->running && mark.position < state->tx_frame ? CH_EORDER : CH_OK;
}

static void close_frames(chevm_state *state, uint32_t count) {
    while (state->frame_count > count) {
        chevmi_frame_pop(state);
    }
    if (!state->running) {
        chevmi_settle(state);
    }
}

ch_status chevm_state_release(chevm_state *state, chevm_mark mark) {
    const ch_status status = mark_status(state, mark);
    if (status == CH_OK) {
        const chevmi_frame frame = state->frames[mark.position];
        chevmi_journal_undo(state, frame.journal_words);
        state->ripemd_touched = frame.ripemd_touched;
        if (state->running) {
            chevmi_log_truncate(state, frame.log_count, frame.log_bytes);
        } else {
            chevmi_log_truncate(state, 0, 0);
        }
        close_frames(state, mark.position);
    }
    return status;
}

ch_status chevm_state_keep(chevm_state *state, chevm_mark mark) {
    const ch_status status = mark_status(state, mark);
    if (status == CH_OK) {
        close_frames(state, mark.position);
    }
    return status;
}

/* ---- Transactions --------------------------------------------------------------------------- */

bool chevm_state_in_transaction(const chevm_state *state) {
    return state->running;
}

static void close_transaction(chevm_state *state) {
    while (state->frame_count > state->tx_frame) {
        chevmi_frame_pop(state);
    }
    state->running = false;
    state->context = NULL;
    chevmi_settle(state);
}

chevm_status chevm_state_begin_transaction(chevm_state *state, chevm_fork fork,
                                           const chevm_tx_context *context) {
    CH_REQUIRE(!state->running);
    CH_REQUIRE(context != NULL);
    CH_REQUIRE((unsigned)fork < (unsigned)CHEVM_FORK_COUNT);
    chevmi_fork_rules_build(&state->rules, fork);
    const chevmi_frame frame = {.journal_words = state->journal_used};
    if (chevmi_frame_push(state, &frame) != 0) {
        return CHEVM_JOURNAL_FULL;
    }
    state->transaction++;
    state->running = true;
    state->ripemd_touched = false;
    state->tx_frame = state->frame_count - 1;
    state->context = context;
    chevm_status status = chevm_state_warm_address(state, &context->origin);
    if (status == CHEVM_OK && state->rules.warms_coinbase) {
        status = chevm_state_warm_address(state, &context->coinbase);
    }
    if (status != CHEVM_OK) {
        chevmi_journal_undo(state, frame.journal_words);
        close_transaction(state);
        return status;
    }
    chevmi_log_truncate(state, 0, 0);
    state->transactions++;
    return CHEVM_OK;
}

void chevm_state_rollback_transaction(chevm_state *state) {
    CH_REQUIRE(state->running);
    chevmi_journal_undo(state, state->frames[state->tx_frame].journal_words);
    chevmi_log_truncate(state, 0, 0);
    chevmi_transient_clear(state);
    state->rollbacks++;
    close_transaction(state);
}

/* What chevmi_account_delete does, under the journal, because a mark around the transaction may
 * undo it. */
static int clear_account(chevm_state *state, uint32_t number) {
    static const chevm_u256 zero = {{0, 0, 0, 0}};
    chevmi_account *const account = &state->accounts[number];
    int status = 0;
    for (uint32_t slot = account->first_slot; slot != 0; slot = state->slots[slot].next) {
        if (!chevm_u256_is_zero(&state->slots[slot].value)) {
            status = chevmi_slot_write(state, slot, &zero);
        }
        if (status != 0) {
            return status;
        }
    }
    status = chevmi_account_set_balance(state, number, &zero);
    if (status == 0) {
        status = chevmi_account_set_nonce(state, number, 0);
    }
    if (status == 0 && account->code != 0) {
        status = chevmi_account_set_code(state, number, NULL, 0);
    }
    if (status == 0 && !chevmi_journal_room(state, 1)) {
        status = -CHEVM_JOURNAL_FULL;
    }
    if (status == 0) {
        chevmi_journal_push(state, CHEVMI_JOURNAL_ACCOUNT_EXISTS, number, 0);
        account->exists = false;
    }
    return status;
}

/* True if the account must vanish at the end of the transaction. */
static bool vanishes(const chevm_state *state, uint32_t number) {
    const chevmi_account *const account = &state->accounts[number];
    const uint32_t marks = account->in_use ? chevmi_account_marks(state, number) : 0;
    if (!account->in_use || !account->exists) {
        return false;
    }
    return (marks & CHEVMI_DESTRUCTED) != 0 ||
           ((marks & CHEVMI_TOUCHED) != 0 && state->rules.clears_empty &&
            chevmi_account_is_empty(account));
}

static int vanish(chevm_state *state, uint32_t number, bool for_good) {
    if (for_good) {
        chevmi_account_delete(state, number);
        return 0;
    }
    return clear_account(state, number);
}

static int vanish_ripemd(chevm_state *state, bool for_good) {
    static const chevm_address ripemd = {{[19] = 3}};
    const uint32_t number = chevmi_account_find(state, &ripemd);
    if (!state->ripemd_touched || !state->rules.clears_empty || number == 0 ||
        !state->accounts[number].exists || !chevmi_account_is_empty(&state->accounts[number])) {
        return 0;
    }
    return vanish(state, number, for_good);
}

/* Every marked account has an entry in the journal; those of this transaction are read top down. */
static int vanish_all(chevm_state *state, bool for_good) {
    uint64_t at = state->journal_used;
    const uint64_t start = state->frames[state->tx_frame].journal_words;
    while (at > start) {
        const uint64_t header = state->journal[--at];
        const chevmi_journal_kind kind = chevmi_journal_kind_of(header);
        const uint32_t number = chevmi_journal_number(header);
        at -= chevmi_journal_payload(kind);
        if (kind == CHEVMI_JOURNAL_ACCOUNT_MARKS && vanishes(state, number)) {
            const int status = vanish(state, number, for_good);
            if (status != 0) {
                return status;
            }
        }
    }
    return vanish_ripemd(state, for_good);
}

chevm_status chevm_state_end_transaction(chevm_state *state) {
    CH_REQUIRE(state->running);
    CH_REQUIRE(state->frame_count == state->tx_frame + 1);
    const uint64_t before = state->journal_used;
    const int status = vanish_all(state, state->tx_frame == 0);
    if (status != 0) {
        chevmi_journal_undo(state, before);
        return (chevm_status)-status;
    }
    chevmi_transient_clear(state);
    close_transaction(state);
    return CHEVM_OK;
}
