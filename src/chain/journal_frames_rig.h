/* journal_frames_rig.h: the model's marks, transactions, calls and creations, and the table of all
 * its operations. See journal_rig.h. */
#ifndef CHEVMI_JOURNAL_FRAMES_RIG_H
#define CHEVMI_JOURNAL_FRAMES_RIG_H

#include "journal_rig.h"

/* ---- Marks, transactions, calls ------------------------------------------------------------- */

static inline bool model_mark(void *context) {
    model *const m = context;
    if (m->depth >= MODEL_DEPTH - 4) {
        return true;
    }
    unsigned marks = 0;
    for (unsigned i = 0; i < m->depth; i++) {
        marks += m->frames[i].kind == MODEL_MARK;
    }
    model_open(m, MODEL_MARK);
    const ch_status status = chevm_state_mark(m->state, &m->frames[m->depth - 1].mark);
    if (marks == MODEL_MARKS) {
        m->depth--;
        return status == CH_EFULL;
    }
    return status == CH_OK;
}

/* Any open mark, not only the newest. Calls in between are closed with it. */
static inline bool model_close_mark(model *m, bool release) {
    const unsigned first = m->running ? m->running_at + 1 : 0;
    const unsigned pick = (unsigned)m->draw(m, MODEL_DEPTH);
    if (pick >= m->depth || m->frames[pick].kind != MODEL_MARK) {
        return true;
    }
    const chevm_mark mark = m->frames[pick].mark;
    const ch_status status =
        release ? chevm_state_release(m->state, mark) : chevm_state_keep(m->state, mark);
    if (pick < first) {
        return status == CH_EORDER;
    }
    if (release) {
        model_undo(m, pick);
        if (!m->running) {
            model_clear_logs(m);
            model_clear_transaction(m);
        }
    }
    m->depth = pick;
    return status == CH_OK && chevm_state_keep(m->state, mark) == CH_ESTALE;
}

static inline bool model_release(void *context) {
    return model_close_mark(context, true);
}

static inline bool model_keep(void *context) {
    return model_close_mark(context, false);
}

static inline bool model_begin(void *context) {
    static const chevm_fork forks[] = {CHEVM_FRONTIER, CHEVM_SPURIOUS, CHEVM_LONDON, CHEVM_CANCUN};
    model *const m = context;
    const chevm_fork fork = forks[m->draw(m, 4)];
    if (m->running || m->depth >= MODEL_DEPTH - 4) {
        return true;
    }
    model_clear_logs(m);
    model_clear_transaction(m);
    model_open(m, MODEL_TRANSACTION);
    m->running = true;
    m->running_at = m->depth - 1;
    m->fork = fork;
    return chevm_state_begin_transaction(m->state, fork, &m->context) == CHEVM_OK;
}

static inline bool model_end(void *context) {
    model *const m = context;
    if (!m->running || m->depth != m->running_at + 1) {
        return true;
    }
    for (unsigned i = 0; i < MODEL_ACCOUNTS; i++) {
        model_account *const a = &m->world.accounts[i];
        const bool touched = a->touched || (i + 1 == MODEL_ACCOUNTS && m->world.ripemd_stays);
        if (a->destructed || (touched && model_has_eip161(m) && model_is_empty(a))) {
            memset(a, 0, sizeof *a);
        }
    }
    model_clear_transaction(m);
    m->running = false;
    m->depth = m->running_at;
    return chevm_state_end_transaction(m->state) == CHEVM_OK;
}

static inline bool model_rollback(void *context) {
    model *const m = context;
    if (!m->running) {
        return true;
    }
    model_undo(m, m->running_at);
    model_clear_logs(m);
    model_clear_transaction(m);
    m->running = false;
    chevm_state_rollback_transaction(m->state);
    return true;
}

static inline void model_revert_call(model *m, unsigned frame) {
    const unsigned ripemd = MODEL_ACCOUNTS - 1;
    const bool stays = m->world.ripemd_stays || (m->world.accounts[ripemd].touched &&
                                                 !m->frames[frame].saved.accounts[ripemd].touched);
    model_undo(m, frame);
    m->world.ripemd_stays = m->world.ripemd_stays || stays;
}

static inline bool model_call(void *context) {
    model *const m = context;
    const unsigned from = model_pick(m);
    const unsigned to = model_pick(m);
    const uint64_t value = m->draw(m, 3);
    if (!m->running || m->depth >= MODEL_DEPTH - 2) {
        return true;
    }
    const chevm_message message = {
        .kind = CHEVM_KIND_CALL,
        .depth = 1,
        .gas = (int64_t)m->draw(m, 2) * 100000,
        .recipient = model_address(to),
        .sender = model_address(from),
        .code_address = model_address(to),
        .value = model_word(value),
    };
    model_open(m, MODEL_CALL);
    model_frame *const frame = &m->frames[m->depth - 1];
    frame->message = message;
    chevm_callee callee;
    chevm_state_host()->call_begin(m->state, &message, &callee);
    model_account *const sender = &m->world.accounts[from];
    if (value > sender->balance) {
        m->depth--;
        return !callee.run && callee.result.status == CHEVM_BALANCE &&
               callee.result.gas_left == message.gas;
    }
    if (value != 0) {
        sender->touched = true;
        sender->balance -= value;
    }
    model_credit(m, to, value);
    if (to + 1 == MODEL_ACCOUNTS) { /* a precompile; whether it can run is not the matter here */
        if (callee.result.status != CHEVM_OK) {
            model_revert_call(m, m->depth - 1);
        } else {
            m->depth--;
        }
        return !callee.run;
    }
    const uint8_t code = m->world.accounts[to].code;
    if (code == 0) {
        m->depth--;
        return !callee.run && callee.result.status == CHEVM_OK;
    }
    return callee.run && callee.padded && callee.code_size == strlen(model_code(code)) &&
           memcmp(callee.code, model_code(code), callee.code_size) == 0;
}

/* At depth 0, where the message names the address: so the accounts stay the same few. */
static inline bool model_create(void *context) {
    model *const m = context;
    const unsigned from = model_pick(m);
    const unsigned to = (unsigned)m->draw(m, MODEL_ACCOUNTS - 1);
    const uint64_t value = m->draw(m, 2);
    if (!m->running || m->depth >= MODEL_DEPTH - 2) {
        return true;
    }
    const chevm_message message = {
        .kind = CHEVM_KIND_CREATE,
        .gas = 100000,
        .recipient = model_address(to),
        .sender = model_address(from),
        .value = model_word(value),
    };
    chevm_callee callee;
    chevm_state_host()->call_begin(m->state, &message, &callee);
    model_account *const a = &m->world.accounts[to];
    if (value > m->world.accounts[from].balance) {
        return !callee.run && callee.result.status == CHEVM_BALANCE;
    }
    a->warm = a->warm || m->fork >= CHEVM_BERLIN;
    bool has_storage = false;
    for (unsigned i = 0; i < MODEL_SLOTS; i++) {
        has_storage = has_storage || a->slots[i] != 0;
    }
    if (a->nonce != 0 || a->code != 0 || has_storage) {
        return !callee.run && callee.result.status == CHEVM_CREATE_COLLISION &&
               callee.result.gas_left == 0;
    }
    model_open(m, MODEL_CALL);
    m->frames[m->depth - 1].message = message;
    m->frames[m->depth - 1].created = to + 1;
    a->exists = a->created = a->touched = true;
    a->nonce = m->fork >= CHEVM_SPURIOUS;
    if (value != 0) {
        m->world.accounts[from].touched = true;
        m->world.accounts[from].balance -= value;
    }
    model_credit(m, to, value);
    return callee.run && callee.code_hash == NULL;
}

static inline bool model_end_call(void *context) {
    model *const m = context;
    const bool ok = m->draw(m, 3) != 0;
    const unsigned code = (unsigned)m->draw(m, MODEL_CODES);
    if (m->depth == 0 || m->frames[m->depth - 1].kind != MODEL_CALL) {
        return true;
    }
    const model_frame *const frame = &m->frames[m->depth - 1];
    const int64_t gas = 10 + (int64_t)m->draw(m, 2) * 100000;
    chevm_result result = {
        .status = ok ? CHEVM_OK : CHEVM_REVERT,
        .gas_left = gas,
        .output = (const uint8_t *)model_code(code),
        .output_size = strlen(model_code(code)),
    };
    const chevm_message message = frame->message;
    chevm_status expected = result.status;
    if (ok && frame->created != 0) {
        const bool paid = (int64_t)strlen(model_code(code)) * 200 <= gas;
        if (paid) {
            m->world.accounts[frame->created - 1].code = (uint8_t)code;
        } else if (m->fork >= CHEVM_HOMESTEAD) {
            expected = CHEVM_CODE_STORE_GAS;
        }
    }
    if (expected == CHEVM_OK) {
        m->depth--;
    } else {
        model_revert_call(m, m->depth - 1);
    }
    chevm_state_host()->call_end(m->state, &message, &result);
    return result.status == expected;
}

/* Every operation: X(function, weight). */
#define MODEL_OPERATIONS(X)                                                                        \
    X(model_set_storage, 20)                                                                       \
    X(model_set_transient, 8)                                                                      \
    X(model_access_slot, 8)                                                                        \
    X(model_access_account, 6)                                                                     \
    X(model_set_balance, 2)                                                                        \
    X(model_set_nonce, 2)                                                                          \
    X(model_set_code, 3)                                                                           \
    X(model_add_balance, 5)                                                                        \
    X(model_take_balance, 5)                                                                       \
    X(model_log, 5)                                                                                \
    X(model_selfdestruct, 4)                                                                       \
    X(model_mark, 5)                                                                               \
    X(model_release, 8)                                                                            \
    X(model_keep, 4)                                                                               \
    X(model_begin, 10)                                                                             \
    X(model_end, 8)                                                                                \
    X(model_rollback, 1)                                                                           \
    X(model_call, 12)                                                                              \
    X(model_create, 5)                                                                             \
    X(model_end_call, 14)

#endif
