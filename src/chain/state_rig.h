/* state_rig.h: what the tests of the chain layer share: small addresses and words, a state in
 * ready-made sizes, the host's operations under short names. Include harness.h first. */
#ifndef CHEVMI_STATE_RIG_H
#define CHEVMI_STATE_RIG_H

#include <coldevm/state.h>

#include <stdlib.h>
#include <string.h>

#define UNUSED __attribute__((unused))

static inline chevm_u256 word(uint64_t value) {
    return (chevm_u256){{value, 0, 0, 0}};
}

/* 0x1000...00NN: far from the precompiles. */
static inline chevm_address account(uint16_t number) {
    chevm_address address = {{0x10}};
    address.bytes[18] = (uint8_t)(number >> 8);
    address.bytes[19] = (uint8_t)number;
    return address;
}

static inline chevm_address low_address(uint16_t number) {
    chevm_address address = account(number);
    address.bytes[0] = 0;
    return address;
}

static const chevm_tx_context test_context UNUSED = {
    .origin = {{0x10, [18] = 0xff, [19] = 1}},
    .coinbase = {{0x10, [18] = 0xff, [19] = 2}},
};

/* A small state in malloc'ed memory; free_state checks and frees it. */
static inline chevm_state *make_state(const chevm_state_options *options) {
    chevm_state_parts parts;
    if (chevm_state_footprint(options, &parts) != CH_OK) {
        return NULL;
    }
    void *const memory = aligned_alloc(chevm_state_align(), parts.total);
    chevm_state *state = NULL;
    if (memory == NULL) {
        return NULL;
    }
    memset(memory, 0xa5, parts.total);
    return chevm_state_init(&state, memory, parts.total, options) == CH_OK ? state : NULL;
}

static const chevm_state_options small_options UNUSED = {
    .account_count = 64,
    .slot_count = 256,
    .transient_count = 64,
    .code_count = 16,
    .code_bytes = 4096,
    .journal_bytes = 65536,
    .log_count = 32,
    .log_bytes = 4096,
    .precompile_bytes = 1, /* the least there is */
    .mark_count = 8,
};

static inline bool state_is_sound(const chevm_state *state) {
    unsigned broken = 0;
    const bool sound = chevm_state_check(state, &broken) == CH_OK;
    return CHECK_EQUAL(broken, 0) && sound;
}

/* The state starts its memory. */
static inline void free_state(chevm_state *state) {
    (void)state_is_sound(state);
    chevm_state_fini(state);
    free(state);
}

static inline bool begin(chevm_state *state, chevm_fork fork) {
    return CHECK_EQUAL(chevm_state_begin_transaction(state, fork, &test_context), CHEVM_OK);
}

static inline chevm_u256 digest(const chevm_state *state) {
    chevm_u256 sum;
    chevm_state_digest(state, &sum);
    return sum;
}

static inline bool same_word(chevm_u256 a, chevm_u256 b) {
    return chevm_u256_equal(&a, &b);
}

/* ---- Host operations with plain numbers ----------------------------------------------------- */

static inline int sstore(chevm_state *state, chevm_address at, uint64_t key, uint64_t value) {
    const chevm_u256 k = word(key);
    const chevm_u256 v = word(value);
    return chevm_state_host()->set_storage(state, &at, &k, &v);
}

static inline uint64_t sload(chevm_state *state, chevm_address at, uint64_t key) {
    const chevm_u256 k = word(key);
    chevm_u256 v;
    chevm_state_host()->get_storage(state, &at, &k, &v);
    return v.limbs[0];
}

static inline int tstore(chevm_state *state, chevm_address at, uint64_t key, uint64_t value) {
    const chevm_u256 k = word(key);
    const chevm_u256 v = word(value);
    return chevm_state_host()->set_transient(state, &at, &k, &v);
}

static inline uint64_t tload(chevm_state *state, chevm_address at, uint64_t key) {
    const chevm_u256 k = word(key);
    chevm_u256 v;
    chevm_state_host()->get_transient(state, &at, &k, &v);
    return v.limbs[0];
}

static inline int access_slot(chevm_state *state, chevm_address at, uint64_t key) {
    const chevm_u256 k = word(key);
    return chevm_state_host()->access_storage(state, &at, &k);
}

static inline int access_account(chevm_state *state, chevm_address at) {
    return chevm_state_host()->access_account(state, &at);
}

static inline uint64_t balance_of(chevm_state *state, chevm_address at) {
    chevm_u256 v;
    chevm_state_host()->get_balance(state, &at, &v);
    return v.limbs[0];
}

static inline uint64_t nonce_of(const chevm_state *state, chevm_address at) {
    chevm_account view;
    return chevm_state_find(state, &at, &view) ? view.nonce : 0;
}

static inline bool exists(const chevm_state *state, chevm_address at) {
    chevm_account view;
    return chevm_state_find(state, &at, &view);
}

static inline int emit(chevm_state *state, chevm_address at, const char *text, size_t topics) {
    const chevm_u256 words[4] = {word(1), word(2), word(3), word(4)};
    return chevm_state_host()->emit_log(state, &at, (const uint8_t *)text, strlen(text), words,
                                        topics);
}

static inline int selfdestruct(chevm_state *state, chevm_address at, chevm_address to) {
    return chevm_state_host()->selfdestruct(state, &at, &to);
}

static inline void set_balance(chevm_state *state, chevm_address at, uint64_t value) {
    const chevm_u256 v = word(value);
    CHECK_EQUAL(chevm_state_set_balance(state, &at, &v), CHEVM_OK);
}

static inline void set_storage(chevm_state *state, chevm_address at, uint64_t key, uint64_t value) {
    const chevm_u256 k = word(key);
    const chevm_u256 v = word(value);
    CHECK_EQUAL(chevm_state_set_storage(state, &at, &k, &v), CHEVM_OK);
}

static inline void set_code(chevm_state *state, chevm_address at, const char *text) {
    CHECK_EQUAL(chevm_state_set_code(state, &at, (const uint8_t *)text, strlen(text)), CHEVM_OK);
}

/* Begins a call at depth 1 from account 1 to account `to`. */
static inline chevm_callee call(chevm_state *state, chevm_message *message) {
    chevm_callee callee;
    chevm_state_host()->call_begin(state, message, &callee);
    return callee;
}

static inline chevm_message call_message(chevm_address from, chevm_address to, uint64_t value) {
    return (chevm_message){
        .kind = CHEVM_KIND_CALL,
        .depth = 1,
        .gas = 100000,
        .recipient = to,
        .sender = from,
        .code_address = to,
        .value = word(value),
    };
}

static inline chevm_message create_message(chevm_address from, uint64_t value) {
    return (chevm_message){
        .kind = CHEVM_KIND_CREATE,
        .depth = 1,
        .gas = 1000000,
        .sender = from,
        .value = word(value),
        .input = (const uint8_t *)"init",
        .input_size = 4,
    };
}

/* Ends a call with that status and output. */
static inline chevm_result end_call(chevm_state *state, const chevm_message *message,
                                    chevm_status status, const void *output, size_t size) {
    chevm_result result = {
        .status = status,
        .gas_left = status <= CHEVM_REVERT ? 500000 : 0,
        .output = output,
        .output_size = size,
    };
    chevm_state_host()->call_end(state, message, &result);
    return result;
}

#endif
