/* journal_rig.h: a slow reference world beside a chevm_state, for journal_test.c and
 * journal_fuzz.c.
 *
 * The reference keeps a few accounts in plain arrays and copies all of it whenever something may be
 * undone; undoing is copying back. Each operation does the same to both and returns whether they
 * answered alike; model_same compares everything that can be seen. Knows the rules of four forks by
 * itself, in the words of the EIPs, not from the tables of the chain layer. */
#ifndef CHEVMI_JOURNAL_RIG_H
#define CHEVMI_JOURNAL_RIG_H

#include <coldevm/state.h>

#include <string.h>

#define MODEL_ACCOUNTS 7u /* the last is 0x03, the one whose touch outlives a revert */
#define MODEL_SLOTS    5u
#define MODEL_CODES    4u /* code 0 is none */
#define MODEL_DEPTH    24u
#define MODEL_MARKS    8u /* mark_count of the options */

typedef struct model_account {
    bool exists, warm, touched, created, destructed;
    uint8_t code;
    uint64_t balance, nonce;
    uint64_t slots[MODEL_SLOTS], originals[MODEL_SLOTS], transients[MODEL_SLOTS];
    bool slot_warm[MODEL_SLOTS];
} model_account;

typedef struct model_world {
    model_account accounts[MODEL_ACCOUNTS];
    uint64_t logs;     /* number */
    uint64_t log_hash; /* of what was logged, in order */
    bool ripemd_stays; /* its touch was undone by a call */
} model_world;

typedef enum model_frame_kind { MODEL_MARK, MODEL_TRANSACTION, MODEL_CALL } model_frame_kind;

typedef struct model_frame {
    model_frame_kind kind;
    model_world saved;
    chevm_mark mark;
    chevm_message message;
    unsigned created; /* account index + 1 of a creation */
} model_frame;

typedef struct model {
    chevm_state *state;
    model_world world;
    model_frame frames[MODEL_DEPTH];
    unsigned depth;
    bool running;
    unsigned running_at; /* depth of the transaction's frame */
    chevm_fork fork;
    chevm_tx_context context;
    uint64_t (*draw)(struct model *model, uint64_t limit); /* 0 .. limit-1 */
    void *source;
} model;

static inline chevm_address model_address(unsigned index) {
    chevm_address address = {{0}};
    if (index + 1 < MODEL_ACCOUNTS) {
        address.bytes[0] = 0xaa;
        address.bytes[19] = (uint8_t)(16 * index); /* one slot of the account cache for all */
    } else {
        address.bytes[19] = 3;
    }
    return address;
}

static inline chevm_u256 model_word(uint64_t value) {
    return (chevm_u256){{value, 0, 0, 0}};
}

/* Keys that differ in one limb only. */
static inline chevm_u256 model_key(unsigned index) {
    chevm_u256 key = {{7, 7, 7, 7}};
    key.limbs[index % 4] += index / 4 + 1;
    return key;
}

static inline const char *model_code(unsigned code) {
    static const char *const codes[MODEL_CODES] = {"", "a", "another code", "a third, longer code"};
    return codes[code];
}

static inline unsigned model_pick(model *m) {
    return (unsigned)m->draw(m, MODEL_ACCOUNTS);
}

static inline bool model_has_eip161(const model *m) {
    return m->fork >= CHEVM_SPURIOUS;
}

static inline bool model_is_empty(const model_account *a) {
    return a->nonce == 0 && a->balance == 0 && a->code == 0;
}

static inline void model_open(model *m, model_frame_kind kind) {
    m->frames[m->depth] = (model_frame){.kind = kind, .saved = m->world};
    m->depth++;
}

/* Closes frames down to `depth`, going back to what the frame at `depth` saved. */
static inline void model_undo(model *m, unsigned depth) {
    m->world = m->frames[depth].saved;
    m->depth = depth;
}

static inline void model_clear_transaction(model *m) {
    for (unsigned i = 0; i < MODEL_ACCOUNTS; i++) {
        model_account *const a = &m->world.accounts[i];
        a->warm = a->touched = a->created = a->destructed = false;
        memset(a->slot_warm, 0, sizeof a->slot_warm);
        memset(a->transients, 0, sizeof a->transients);
        memcpy(a->originals, a->slots, sizeof a->slots);
    }
    m->world.ripemd_stays = false;
}

static inline void model_clear_logs(model *m) {
    m->world.logs = 0;
    m->world.log_hash = 0;
}

static inline void model_credit(model *m, unsigned index, uint64_t amount) {
    model_account *const a = &m->world.accounts[index];
    if (amount == 0 && !a->exists && model_has_eip161(m)) {
        return;
    }
    a->exists = true;
    a->touched = true;
    a->balance += amount;
}

/* ---- Operations on the state, inside or outside of transactions ----------------------------- */

static inline bool model_set_storage(void *context) {
    model *const m = context;
    model_account *const a = &m->world.accounts[model_pick(m)];
    const chevm_address address = model_address((unsigned)(a - m->world.accounts));
    const unsigned slot = (unsigned)m->draw(m, MODEL_SLOTS);
    const uint64_t new_value = m->draw(m, 4);
    const chevm_u256 key = model_key(slot);
    const chevm_u256 value = model_word(new_value);
    if (!m->running) {
        a->exists = true;
        a->slots[slot] = a->originals[slot] = new_value;
        return chevm_state_set_storage(m->state, &address, &key, &value) == CHEVM_OK;
    }
    const chevm_u256 original = model_word(a->originals[slot]);
    const chevm_u256 current = model_word(a->slots[slot]);
    a->exists = a->exists || new_value != a->slots[slot];
    a->slots[slot] = new_value;
    const int status = chevm_state_host()->set_storage(m->state, &address, &key, &value);
    return status == (int)chevm_storage_status_of(&original, &current, &value);
}

static inline bool model_set_transient(void *context) {
    model *const m = context;
    const unsigned index = model_pick(m);
    const unsigned slot = (unsigned)m->draw(m, MODEL_SLOTS);
    const uint64_t new_value = m->draw(m, 3);
    if (!m->running) {
        return true;
    }
    const chevm_address address = model_address(index);
    const chevm_u256 key = model_key(slot);
    const chevm_u256 value = model_word(new_value);
    m->world.accounts[index].transients[slot] = new_value;
    return chevm_state_host()->set_transient(m->state, &address, &key, &value) == 0;
}

static inline bool model_access_slot(void *context) {
    model *const m = context;
    const unsigned index = model_pick(m);
    const unsigned slot = (unsigned)m->draw(m, MODEL_SLOTS);
    if (!m->running || m->fork < CHEVM_BERLIN) {
        return true;
    }
    const chevm_address address = model_address(index);
    const chevm_u256 key = model_key(slot);
    bool *const warm = &m->world.accounts[index].slot_warm[slot];
    const bool was_warm = *warm;
    *warm = true;
    return chevm_state_host()->access_storage(m->state, &address, &key) == (int)was_warm;
}

static inline bool model_access_account(void *context) {
    model *const m = context;
    const unsigned index = model_pick(m);
    if (!m->running || m->fork < CHEVM_BERLIN) {
        return true;
    }
    const chevm_address address = model_address(index);
    model_account *const a = &m->world.accounts[index];
    const bool was_warm = a->warm || index + 1 == MODEL_ACCOUNTS; /* precompiles are */
    a->warm = true;
    return chevm_state_host()->access_account(m->state, &address) == (int)was_warm;
}

static inline bool model_set_balance(void *context) {
    model *const m = context;
    const unsigned index = model_pick(m);
    const chevm_address address = model_address(index);
    const uint64_t amount = m->draw(m, 3);
    const chevm_u256 value = model_word(amount);
    m->world.accounts[index].exists = true;
    m->world.accounts[index].balance = amount;
    return chevm_state_set_balance(m->state, &address, &value) == CHEVM_OK;
}

static inline bool model_set_nonce(void *context) {
    model *const m = context;
    const unsigned index = model_pick(m);
    const chevm_address address = model_address(index);
    const uint64_t nonce = m->draw(m, 2);
    m->world.accounts[index].exists = true;
    m->world.accounts[index].nonce = nonce;
    return chevm_state_set_nonce(m->state, &address, nonce) == CHEVM_OK;
}

static inline bool model_set_code(void *context) {
    model *const m = context;
    const unsigned index = model_pick(m);
    const chevm_address address = model_address(index);
    const unsigned code = (unsigned)m->draw(m, MODEL_CODES);
    m->world.accounts[index].exists = true;
    m->world.accounts[index].code = (uint8_t)code;
    return chevm_state_set_code(m->state, &address, (const uint8_t *)model_code(code),
                                strlen(model_code(code))) == CHEVM_OK;
}

static inline bool model_add_balance(void *context) {
    model *const m = context;
    const unsigned index = model_pick(m);
    const chevm_address address = model_address(index);
    const uint64_t amount = m->draw(m, 2);
    const chevm_u256 value = model_word(amount);
    model_credit(m, index, amount);
    return chevm_state_credit(m->state, &address, &value) == CHEVM_OK;
}

static inline bool model_take_balance(void *context) {
    model *const m = context;
    const unsigned index = model_pick(m);
    const chevm_address address = model_address(index);
    const uint64_t amount = m->draw(m, 3);
    const chevm_u256 value = model_word(amount);
    model_account *const a = &m->world.accounts[index];
    const chevm_status status = chevm_state_debit(m->state, &address, &value);
    if (amount > a->balance) {
        return status == CHEVM_BALANCE;
    }
    a->touched = a->touched || a->exists;
    a->balance -= amount;
    return status == CHEVM_OK;
}

static inline bool model_log(void *context) {
    model *const m = context;
    const unsigned index = model_pick(m);
    const unsigned size = (unsigned)m->draw(m, 9);
    const unsigned topics = (unsigned)m->draw(m, 5);
    const chevm_address address = model_address(index);
    const chevm_u256 words[4] = {model_key(0), model_key(1), model_key(2), model_key(3)};
    if (!m->running || m->world.logs == 24) {
        return true;
    }
    m->world.logs++;
    m->world.log_hash = (m->world.log_hash + index * 64 + size * 5 + topics + 1) * 1000003;
    return chevm_state_host()->emit_log(m->state, &address, (const uint8_t *)"logged-up", size,
                                        words, topics) == 0;
}

static inline bool model_selfdestruct(void *context) {
    model *const m = context;
    const unsigned index = model_pick(m);
    const unsigned to = model_pick(m);
    if (!m->running) {
        return true;
    }
    model_account *const a = &m->world.accounts[index];
    const chevm_address address = model_address(index);
    const chevm_address beneficiary = model_address(to);
    const bool deletes = m->fork < CHEVM_CANCUN || a->created;
    const uint64_t balance = a->balance;
    a->exists = true;
    a->touched = a->touched || balance != 0;
    a->balance = 0;
    model_credit(m, to, balance);
    bool first = false;
    if (deletes) {
        first = !a->destructed;
        a->balance = 0;
        a->destructed = true;
    }
    return chevm_state_host()->selfdestruct(m->state, &address, &beneficiary) == (int)first;
}

/* ---- Comparing ------------------------------------------------------------------------------ */

static inline bool model_same_account(model *m, unsigned index) {
    const model_account *const a = &m->world.accounts[index];
    const chevm_address address = model_address(index);
    chevm_account view;
    if (chevm_state_find(m->state, &address, &view) != a->exists) {
        return false;
    }
    uint32_t not_zero = 0;
    for (unsigned i = 0; i < MODEL_SLOTS; i++) {
        const chevm_u256 key = model_key(i);
        chevm_u256 value;
        chevm_state_host()->get_storage(m->state, &address, &key, &value);
        if (value.limbs[0] != a->slots[i]) {
            return false;
        }
        chevm_state_host()->get_transient(m->state, &address, &key, &value);
        if (value.limbs[0] != (m->running ? a->transients[i] : 0)) {
            return false;
        }
        not_zero += a->slots[i] != 0;
    }
    return !a->exists ||
           (view.nonce == a->nonce && view.balance.limbs[0] == a->balance &&
            view.slot_count == not_zero && view.code_size == strlen(model_code(a->code)) &&
            memcmp(view.code_size != 0 ? view.code : (const uint8_t *)"", model_code(a->code),
                   view.code_size) == 0);
}

static inline bool model_same_logs(model *m) {
    size_t count = 0;
    uint64_t hash = 0;
    const chevm_log *const logs = chevm_state_logs(m->state, &count);
    for (size_t i = 0; i < count; i++) {
        unsigned index = 0;
        for (unsigned a = 0; a < MODEL_ACCOUNTS; a++) {
            const chevm_address address = model_address(a);
            index = memcmp(address.bytes, logs[i].address.bytes, 20) == 0 ? a : index;
        }
        if (memcmp(logs[i].data_size != 0 ? logs[i].data : (const uint8_t *)"", "logged-up",
                   logs[i].data_size) != 0) {
            return false;
        }
        for (unsigned t = 0; t < logs[i].topic_count; t++) {
            const chevm_u256 topic = model_key(t);
            if (!chevm_u256_equal(&topic, &logs[i].topics[t])) {
                return false;
            }
        }
        hash = (hash + index * 64 + logs[i].data_size * 5 + logs[i].topic_count + 1) * 1000003;
    }
    return count == m->world.logs && hash == m->world.log_hash;
}

static inline bool model_same(void *context) {
    model *const m = context;
    for (unsigned i = 0; i < MODEL_ACCOUNTS; i++) {
        if (!model_same_account(m, i)) {
            return false;
        }
    }
    return model_same_logs(m) && chevm_state_check(m->state, NULL) == CH_OK;
}

#endif
