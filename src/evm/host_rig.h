/* host_rig.h: a small deterministic world for tests and fuzz targets of this layer: eight accounts,
 * each running the same code or none, storage and transient storage with an undo log, logs folded
 * into a hash. Not the state of src/chain, which is tested against other implementations. */
#ifndef CHEVMI_HOST_RIG_H
#define CHEVMI_HOST_RIG_H

#include <coldevm/machine.h>
#include <coldheap/base.h>

#include <string.h>

enum { RIG_SLOTS = 512, RIG_UNDO = 8192, RIG_ACCOUNTS = 8 };

typedef struct rig_slot {
    chevm_u256 key, value, original;
    uint8_t account;
    uint8_t kind; /* 0 free, 1 storage, 2 transient */
    bool warm;
} rig_slot;

typedef struct rig_undo {
    uint16_t what; /* slot index; RIG_SLOTS + account: balance; 2 * RIG_SLOTS: log hash */
    bool warm;
    chevm_u256 value;
} rig_undo;

typedef struct rig {
    rig_slot slots[RIG_SLOTS];
    rig_undo undo[RIG_UNDO];
    uint32_t undo_count;
    uint32_t marks[CHEVM_DEPTH_MAX + 2];
    uint32_t mark_count;
    chevm_u256 balance[RIG_ACCOUNTS];
    const uint8_t *code; /* of the accounts below code_accounts, padded */
    size_t code_size;
    unsigned code_accounts;
    chevm_u256 code_hash;
    chevm_u256 logs;
    chevm_tx_context tx;
    bool has_hash;
} rig;

CH_INLINE unsigned rig_account(const chevm_address *address) {
    return address->bytes[19] % RIG_ACCOUNTS;
}

static inline void rig_note(rig *r, uint16_t what, const chevm_u256 *value, bool warm) {
    if (r->undo_count < RIG_UNDO) {
        r->undo[r->undo_count++] = (rig_undo){.what = what, .warm = warm, .value = *value};
    }
}

/* The slot, a new one if there is room, else NULL. */
static inline rig_slot *rig_find(rig *r, const chevm_address *address, const chevm_u256 *key,
                                 uint8_t kind) {
    uint64_t hash = (key->limbs[0] + key->limbs[1] * 3 + key->limbs[2] * 5 + key->limbs[3] * 7 +
                     rig_account(address) * 11 + kind) *
                    0x9e3779b97f4a7c15u;
    for (unsigned i = 0; i < RIG_SLOTS; i++) {
        rig_slot *slot = &r->slots[((hash >> 40) + i) % RIG_SLOTS];
        if (slot->kind == 0) {
            *slot = (rig_slot){.key = *key, .account = (uint8_t)rig_account(address), .kind = kind};
            return slot;
        }
        if (slot->kind == kind && slot->account == rig_account(address) &&
            chevm_u256_equal(&slot->key, key)) {
            return slot;
        }
    }
    return NULL;
}

static inline void rig_get(rig *r, const chevm_address *address, const chevm_u256 *key,
                           chevm_u256 *value, uint8_t kind) {
    const rig_slot *slot = rig_find(r, address, key, kind);
    chevm_u256_set_u64(value, 0);
    if (slot != NULL) {
        *value = slot->value;
    }
}

static inline bool rig_account_exists(void *context, const chevm_address *address) {
    (void)context;
    return rig_account(address) != 7;
}

static inline void rig_get_storage(void *context, const chevm_address *address,
                                   const chevm_u256 *key, chevm_u256 *value) {
    rig_get(context, address, key, value, 1);
}

static inline void rig_get_transient(void *context, const chevm_address *address,
                                     const chevm_u256 *key, chevm_u256 *value) {
    rig_get(context, address, key, value, 2);
}

/* Spec evmc.md V7: status by (o != c, o == v, c != 0, v != 0). */
static inline int rig_set_storage(void *context, const chevm_address *address,
                                  const chevm_u256 *key, const chevm_u256 *value) {
    static const uint8_t STATUS[16] = {0, 1, 2, 3, 0, 0, 0, 0, 0, 4, 5, 0, 0, 6, 7, 8};
    rig *r = context;
    rig_slot *slot = rig_find(r, address, key, 1);
    if (slot == NULL || r->undo_count == RIG_UNDO) {
        return -CHEVM_STATE_FULL;
    }
    unsigned index = (unsigned)!chevm_u256_equal(&slot->original, &slot->value) * 8 +
                     (unsigned)chevm_u256_equal(&slot->original, value) * 4 +
                     (unsigned)!chevm_u256_is_zero(&slot->value) * 2 +
                     (unsigned)!chevm_u256_is_zero(value);
    rig_note(r, (uint16_t)(slot - r->slots), &slot->value, slot->warm);
    slot->value = *value;
    return STATUS[index];
}

static inline int rig_set_transient(void *context, const chevm_address *address,
                                    const chevm_u256 *key, const chevm_u256 *value) {
    rig *r = context;
    rig_slot *slot = rig_find(r, address, key, 2);
    if (slot == NULL || r->undo_count == RIG_UNDO) {
        return -CHEVM_STATE_FULL;
    }
    rig_note(r, (uint16_t)(slot - r->slots), &slot->value, slot->warm);
    slot->value = *value;
    return 0;
}

static inline void rig_get_balance(void *context, const chevm_address *address,
                                   chevm_u256 *balance) {
    *balance = ((const rig *)context)->balance[rig_account(address)];
}

static inline size_t rig_get_code_size(void *context, const chevm_address *address) {
    const rig *r = context;
    return rig_account(address) < r->code_accounts ? r->code_size : 0;
}

static inline void rig_get_code_hash(void *context, const chevm_address *address,
                                     chevm_u256 *hash) {
    const rig *r = context;
    chevm_u256_set_u64(hash, 0);
    if (rig_account(address) < r->code_accounts) {
        *hash = r->code_hash;
    }
}

static inline size_t rig_copy_code(void *context, const chevm_address *address, size_t offset,
                                   uint8_t *buffer, size_t size) {
    const rig *r = context;
    size_t have = rig_get_code_size(context, address);
    size_t count = offset < have ? have - offset : 0;
    count = count < size ? count : size;
    if (count > 0) {
        memcpy(buffer, r->code + offset, count);
    }
    return count;
}

static inline int rig_selfdestruct(void *context, const chevm_address *address,
                                   const chevm_address *beneficiary) {
    rig *r = context;
    unsigned from = rig_account(address);
    unsigned to = rig_account(beneficiary);
    rig_note(r, (uint16_t)(RIG_SLOTS + from), &r->balance[from], false);
    rig_note(r, (uint16_t)(RIG_SLOTS + to), &r->balance[to], false);
    chevm_u256 moved = r->balance[from];
    chevm_u256_set_u64(&r->balance[from], 0);
    chevm_u256_add(&r->balance[to], &r->balance[to], &moved);
    return (int)(moved.limbs[0] & 1);
}

static inline int rig_access_account(void *context, const chevm_address *address) {
    (void)context;
    return address->bytes[18] == 0 ? CHEVM_ACCESS_WARM : CHEVM_ACCESS_COLD;
}

static inline int rig_access_storage(void *context, const chevm_address *address,
                                     const chevm_u256 *key) {
    rig *r = context;
    rig_slot *slot = rig_find(r, address, key, 1);
    if (slot == NULL) {
        return -CHEVM_STATE_FULL;
    }
    int access = slot->warm ? CHEVM_ACCESS_WARM : CHEVM_ACCESS_COLD;
    slot->warm = true;
    return access;
}

static inline const chevm_tx_context *rig_get_tx_context(void *context) {
    return &((const rig *)context)->tx;
}

static inline void rig_get_block_hash(void *context, uint64_t number, chevm_u256 *hash) {
    (void)context;
    chevm_u256_set_u64(hash, number * 0x9e3779b97f4a7c15u);
}

static inline int rig_emit_log(void *context, const chevm_address *address, const uint8_t *data,
                               size_t data_size, const chevm_u256 *topics, size_t topic_count) {
    rig *r = context;
    if (r->undo_count == RIG_UNDO) {
        return -CHEVM_LOGS_FULL;
    }
    rig_note(r, 2 * RIG_SLOTS, &r->logs, false);
    uint64_t hash = r->logs.limbs[0] * 31 + rig_account(address) + topic_count;
    for (size_t i = 0; i < data_size; i++) {
        hash = (hash ^ data[i]) * 0x100000001b3u;
    }
    for (size_t i = 0; i < topic_count * 4; i++) {
        hash = (hash ^ topics[i / 4].limbs[i % 4]) * 0x100000001b3u;
    }
    chevm_u256_set_u64(&r->logs, hash);
    return 0;
}

static inline void rig_call_begin(void *context, const chevm_message *message,
                                  chevm_callee *callee) {
    rig *r = context;
    bool creates = message->kind >= CHEVM_KIND_CREATE;
    *callee = (chevm_callee){.recipient = message->recipient};
    if (creates) {
        callee->recipient.bytes[19] = (uint8_t)(message->input_size + message->depth);
        callee->code = message->input;
        callee->code_size = message->input_size;
    } else if (rig_account(&message->code_address) < r->code_accounts) {
        callee->code = r->code;
        callee->code_size = r->code_size;
        callee->padded = true;
        callee->code_hash = r->has_hash ? &r->code_hash : NULL;
    }
    if (callee->code_size == 0) { /* the identity of the input, as a precompile would answer */
        callee->result = (chevm_result){.status = CHEVM_OK,
                                        .gas_left = message->gas,
                                        .output = creates ? NULL : message->input,
                                        .output_size = creates ? 0 : message->input_size,
                                        .create_address = callee->recipient};
        return;
    }
    callee->run = true;
    r->marks[r->mark_count++] = r->undo_count;
    if (message->kind == CHEVM_KIND_CALL || creates) {
        unsigned from = rig_account(&message->sender);
        unsigned to = rig_account(&callee->recipient);
        rig_note(r, (uint16_t)(RIG_SLOTS + from), &r->balance[from], false);
        chevm_u256_sub(&r->balance[from], &r->balance[from], &message->value);
        rig_note(r, (uint16_t)(RIG_SLOTS + to), &r->balance[to], false);
        chevm_u256_add(&r->balance[to], &r->balance[to], &message->value);
    }
}

static inline void rig_undo_to(rig *r, uint32_t mark) {
    while (r->undo_count > mark) {
        const rig_undo *undo = &r->undo[--r->undo_count];
        if (undo->what < RIG_SLOTS) {
            r->slots[undo->what].value = undo->value;
        } else if (undo->what < 2 * RIG_SLOTS) {
            r->balance[undo->what - RIG_SLOTS] = undo->value;
        } else {
            r->logs = undo->value;
        }
    }
}

static inline void rig_call_end(void *context, const chevm_message *message, chevm_result *result) {
    rig *r = context;
    CH_REQUIRE(r->mark_count > 0);
    uint32_t mark = r->marks[--r->mark_count];
    if (result->status != CHEVM_OK) {
        rig_undo_to(r, mark);
    } else if (message->kind >= CHEVM_KIND_CREATE) {
        result->output = NULL;
        result->output_size = 0;
    }
}

static const chevm_host RIG_HOST = {
    .account_exists = rig_account_exists,
    .get_storage = rig_get_storage,
    .set_storage = rig_set_storage,
    .get_transient = rig_get_transient,
    .set_transient = rig_set_transient,
    .get_balance = rig_get_balance,
    .get_code_size = rig_get_code_size,
    .get_code_hash = rig_get_code_hash,
    .copy_code = rig_copy_code,
    .selfdestruct = rig_selfdestruct,
    .access_account = rig_access_account,
    .access_storage = rig_access_storage,
    .get_tx_context = rig_get_tx_context,
    .get_block_hash = rig_get_block_hash,
    .emit_log = rig_emit_log,
    .call_begin = rig_call_begin,
    .call_end = rig_call_end,
};

/* An empty world whose first `code_accounts` accounts run `code` (padded), each with some balance.
 */
static inline void rig_init(rig *r, const uint8_t *code, size_t code_size, unsigned code_accounts) {
    memset(r->slots, 0, sizeof r->slots);
    memset(&r->logs, 0, sizeof r->logs);
    memset(&r->tx, 0, sizeof r->tx);
    r->undo_count = 0; /* its entries are written before they are read */
    r->mark_count = 0;
    r->code = code;
    r->code_size = code_size;
    r->code_accounts = code_accounts;
    r->has_hash = true;
    for (unsigned i = 0; i < RIG_ACCOUNTS; i++) {
        chevm_u256_set_u64(&r->balance[i], 1000 + i);
    }
    r->tx.block_number = 1000;
    r->tx.block_timestamp = 1000000;
    r->tx.block_gas_limit = 30000000;
    chevm_u256_set_u64(&r->tx.chain_id, 1);
    chevm_u256_set_u64(&r->tx.base_fee, 7);
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < code_size; i++) {
        hash = (hash ^ code[i]) * 0x100000001b3u;
    }
    chevm_u256_set_u64(&r->code_hash, hash);
}

/* Runs the code as a call to account 1. */
static inline void rig_run(rig *r, chevm *vm, int64_t gas, const uint8_t *input, size_t input_size,
                           chevm_result *result) {
    chevm_message message = {.gas = gas, .input = input, .input_size = input_size};
    message.recipient.bytes[19] = 1;
    message.code_address.bytes[19] = 1;
    message.sender.bytes[19] = 2;
    chevm_call(vm, &RIG_HOST, r, &message, result);
}

#endif
