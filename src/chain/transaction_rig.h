/* transaction_rig.h: what the tests of transactions share: a block of any fork, a transaction of
 * any type that is valid on it, bytes written as text. Include harness.h and state_rig.h first. */
#ifndef CHEVMI_TRANSACTION_RIG_H
#define CHEVMI_TRANSACTION_RIG_H

#include "transaction_rules.h"

#include <coldevm/rlp.h>

#define SAMPLE_GAS_PRICE 100u
#define SAMPLE_BASE_FEE  60u
#define SAMPLE_BALANCE   1000000000000000u
#define SAMPLE_NONCE     7u

static inline chevm_address sample_sender(void) {
    return account(1);
}

static inline chevm_address sample_coinbase(void) {
    return account(0xc0);
}

static inline chevm_block sample_block(chevm_fork fork) {
    return (chevm_block){
        .fork = fork,
        .coinbase = sample_coinbase(),
        .number = 100,
        .timestamp = 1000,
        .gas_limit = 30000000,
        .gas_available = 30000000,
        .base_fee = {{SAMPLE_BASE_FEE, 0, 0, 0}},
        .blob_base_fee = {{3, 0, 0, 0}},
        .chain_id = {{1, 0, 0, 0}},
        .blobs_max = 9,
        .blobs_available = 9,
    };
}

static const chevm_u256 sample_blob_hash UNUSED = {{5, 0, 0, (uint64_t)1 << 56}};

/* A call of account(2) that its fork's newest rules accept, of any type. */
static inline chevm_transaction sample_transaction(chevm_transaction_type type,
                                                   chevm_authorization *tuple) {
    chevm_transaction t = {
        .type = type,
        .has_chain_id = type != CHEVM_TRANSACTION_LEGACY,
        .chain_id = {{type != CHEVM_TRANSACTION_LEGACY, 0, 0, 0}},
        .nonce = SAMPLE_NONCE,
        .gas_limit = 200000,
        .max_fee = {{SAMPLE_GAS_PRICE, 0, 0, 0}},
        .max_priority_fee = {{type < CHEVM_TRANSACTION_DYNAMIC_FEE ? SAMPLE_GAS_PRICE : 10, 0, 0,
                              0}},
        .to = account(2),
        .sender = sample_sender(),
        .r = {{1, 0, 0, 0}},
        .s = {{1, 0, 0, 0}},
    };
    if (type == CHEVM_TRANSACTION_BLOB) {
        t.max_blob_fee = word(5);
        t.blob_hashes = &sample_blob_hash;
        t.blob_count = 1;
    }
    if (type == CHEVM_TRANSACTION_SET_CODE) {
        *tuple = (chevm_authorization){.address = account(3), .y_parity = 1};
        tuple->r = word(1);
        tuple->s = word(1);
        t.authorizations = tuple;
        t.authorization_count = 1;
    }
    return t;
}

/* A state in which the sender can pay. */
static inline chevm_state *sample_state(const chevm_state_options *options) {
    chevm_state *const state = make_state(options);
    const chevm_address sender = sample_sender();
    if (state != NULL) {
        set_balance(state, sender, SAMPLE_BALANCE);
        CHECK_EQUAL(chevm_state_set_nonce(state, &sender, SAMPLE_NONCE), CHEVM_OK);
    }
    return state;
}

/* Puts a list header before the bytes from `start` on. */
static inline size_t close_list(uint8_t *out, size_t start, size_t size) {
    const size_t header = chevm_rlp_header_size(size - start);
    memmove(out + start + header, out + start, size - start);
    (void)chevm_rlp_put_list_header(out + start, size - start);
    return size + header;
}

/* Bytes from text: hex digits, blanks between, "HH*N" for N times the byte, "[...]" for an RLP list
 * of what is inside. Returns their number. */
static inline size_t bytes_of(uint8_t *out, size_t room, const char *text) {
    size_t starts[8], depth = 0, size = 0;
    while (*text != '\0') {
        if (*text == '[' && depth < 8) {
            starts[depth++] = size;
        }
        if (*text == ']' && depth > 0 && size + 9 < room) {
            size = close_list(out, starts[--depth], size);
        }
        if (*text == '[' || *text == ']' || *text == ' ') {
            text++;
            continue;
        }
        const char digits[3] = {text[0], text[1], '\0'};
        char *end;
        const uint8_t byte = (uint8_t)strtoul(digits, &end, 16);
        size_t times = 1;
        CHECK(end == digits + 2);
        text += 2;
        if (*text == '*') {
            times = strtoul(text + 1, &end, 10);
            text = end;
        }
        for (size_t i = 0; i < times && size < room; i++) {
            out[size++] = byte;
        }
    }
    CHECK(size < room && depth == 0);
    return size;
}

#endif
