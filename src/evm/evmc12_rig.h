/* evmc12_rig.h: a small EVMC host for the tests of this room. A world of a few accounts with code
 * and a few storage slots; `call` runs the callee's code by going back into the VM. It records what
 * the VM sent and can be told to misbehave. */
#ifndef CHEVMI_EVMC12_RIG_H
#define CHEVMI_EVMC12_RIG_H

#include <coldevm/evmc12.h>

#include <string.h>

#define RIG_SLOTS 16u

typedef struct rig_account {
    uint8_t name; /* last byte of the address, the others are 0 */
    const uint8_t *code;
    size_t code_size;
    uint64_t balance;
} rig_account;

typedef struct rig_slot {
    chevm12_address address;
    chevm12_bytes32 key;
    chevm12_bytes32 value;
    bool transient;
} rig_slot;

struct chevm12_host_context {
    chevm12_vm *vm; /* that call goes back into; NULL: call answers with `answer` */
    uint32_t revision;
    rig_account accounts[4];
    rig_slot slots[RIG_SLOTS];
    size_t slot_count;
    chevm12_tx_context tx;
    chevm12_result answer;
    uint32_t storage_status; /* what set_storage says */
    bool warm;
    /* Seen: */
    chevm12_message message;
    unsigned calls, logs, tx_asked, destroyed;
    int32_t depth_most;
    uint8_t log_data[64];
    size_t log_size, topic_count;
    chevm12_bytes32 topics[4];
    int64_t block_asked;
    uintptr_t stack_at; /* C stack where the VM was entered last, and the most it used from there */
    uintptr_t stack_most;
};

typedef struct chevm12_host_context rig_world;

static uint8_t rig_name(const chevm12_address *address) {
    static const uint8_t zero[19];
    return memcmp(address->bytes, zero, 19) == 0 ? address->bytes[19] : 0;
}

static const rig_account *rig_find(const rig_world *world, const chevm12_address *address) {
    const uint8_t name = rig_name(address);
    for (size_t i = 0; i < sizeof world->accounts / sizeof world->accounts[0]; i++) {
        if (name != 0 && world->accounts[i].name == name) {
            return &world->accounts[i];
        }
    }
    return NULL;
}

static bool rig_account_exists(rig_world *world, const chevm12_address *address) {
    return rig_find(world, address) != NULL;
}

static rig_slot *rig_slot_of(rig_world *world, const chevm12_address *address,
                             const chevm12_bytes32 *key, bool transient) {
    for (size_t i = 0; i < world->slot_count; i++) {
        rig_slot *slot = &world->slots[i];
        if (slot->transient == transient && memcmp(&slot->address, address, 20) == 0 &&
            memcmp(&slot->key, key, 32) == 0) {
            return slot;
        }
    }
    return NULL;
}

static chevm12_bytes32 rig_load(rig_world *world, const chevm12_address *address,
                                const chevm12_bytes32 *key, bool transient) {
    const rig_slot *slot = rig_slot_of(world, address, key, transient);
    return slot != NULL ? slot->value : (chevm12_bytes32){{0}};
}

static void rig_store(rig_world *world, const chevm12_address *address, const chevm12_bytes32 *key,
                      const chevm12_bytes32 *value, bool transient) {
    rig_slot *slot = rig_slot_of(world, address, key, transient);
    if (slot == NULL && world->slot_count < RIG_SLOTS) {
        slot = &world->slots[world->slot_count++];
        *slot = (rig_slot){.address = *address, .key = *key, .transient = transient};
    }
    if (slot != NULL) {
        slot->value = *value;
    }
}

static chevm12_bytes32 rig_get_storage(rig_world *world, const chevm12_address *address,
                                       const chevm12_bytes32 *key) {
    return rig_load(world, address, key, false);
}

static uint32_t rig_set_storage(rig_world *world, const chevm12_address *address,
                                const chevm12_bytes32 *key, const chevm12_bytes32 *value) {
    rig_store(world, address, key, value, false);
    return world->storage_status;
}

static chevm12_bytes32 rig_get_transient(rig_world *world, const chevm12_address *address,
                                         const chevm12_bytes32 *key) {
    return rig_load(world, address, key, true);
}

static void rig_set_transient(rig_world *world, const chevm12_address *address,
                              const chevm12_bytes32 *key, const chevm12_bytes32 *value) {
    rig_store(world, address, key, value, true);
}

static chevm12_bytes32 rig_number(uint64_t number) {
    chevm12_bytes32 word = {{0}};
    for (unsigned i = 0; i < 8; i++) {
        word.bytes[31 - i] = (uint8_t)(number >> (8 * i));
    }
    return word;
}

static chevm12_bytes32 rig_get_balance(rig_world *world, const chevm12_address *address) {
    const rig_account *account = rig_find(world, address);
    return rig_number(account != NULL ? account->balance : 0);
}

static size_t rig_get_code_size(rig_world *world, const chevm12_address *address) {
    const rig_account *account = rig_find(world, address);
    return account != NULL ? account->code_size : 0;
}

static chevm12_bytes32 rig_get_code_hash(rig_world *world, const chevm12_address *address) {
    const rig_account *account = rig_find(world, address);
    return rig_number(account != NULL ? 0xc0de00 + account->name : 0);
}

static size_t rig_copy_code(rig_world *world, const chevm12_address *address, size_t offset,
                            uint8_t *buffer, size_t buffer_size) {
    const rig_account *account = rig_find(world, address);
    if (account == NULL || offset >= account->code_size) {
        return 0;
    }
    const size_t there = account->code_size - offset;
    const size_t count = there < buffer_size ? there : buffer_size;
    memcpy(buffer, account->code + offset, count);
    return count;
}

static bool rig_selfdestruct(rig_world *world, const chevm12_address *address,
                             const chevm12_address *beneficiary) {
    (void)address, (void)beneficiary;
    return world->destroyed++ == 0;
}

static const chevm12_host_interface rig_host;

/* Its own frame holds next to nothing: what lies between it and the next rig_call is the VM's. */
__attribute__((noinline)) static chevm12_result
rig_enter(rig_world *world, const chevm12_message *message, const uint8_t *code, size_t code_size) {
    world->stack_at = (uintptr_t)__builtin_frame_address(0);
    return world->vm->execute(world->vm, &rig_host, world, world->revision, message, code,
                              code_size);
}

static chevm12_result rig_call(rig_world *world, const chevm12_message *message) {
    const uintptr_t used = world->stack_at - (uintptr_t)__builtin_frame_address(0);
    world->stack_most = used > world->stack_most && world->calls > 0 ? used : world->stack_most;
    world->calls++;
    world->message = *message;
    world->depth_most = message->depth > world->depth_most ? message->depth : world->depth_most;
    if (world->vm == NULL) {
        return world->answer;
    }
    if (message->kind >= CHEVM12_CREATE) {
        chevm12_message inner = *message;
        inner.recipient.bytes[19] = 0x77;
        inner.input_data = NULL;
        inner.input_size = 0;
        chevm12_result result = rig_enter(world, &inner, message->input_data, message->input_size);
        result.create_address = inner.recipient;
        return result;
    }
    const rig_account *account = rig_find(world, &message->code_address);
    if (account == NULL) {
        return (chevm12_result){.status_code = CHEVM12_SUCCESS, .gas_left = message->gas};
    }
    return rig_enter(world, message, account->code, account->code_size);
}

static chevm12_tx_context rig_get_tx_context(rig_world *world) {
    world->tx_asked++;
    return world->tx;
}

static chevm12_bytes32 rig_get_block_hash(rig_world *world, int64_t number) {
    world->block_asked = number;
    return rig_number((uint64_t)number * 3);
}

static void rig_emit_log(rig_world *world, const chevm12_address *address, const uint8_t *data,
                         size_t data_size, const chevm12_bytes32 topics[], size_t topics_count) {
    (void)address;
    world->logs++;
    world->log_size = data_size;
    world->topic_count = topics_count;
    memcpy(world->log_data, data, data_size < 64 ? data_size : 64);
    for (size_t i = 0; i < topics_count; i++) {
        world->topics[i] = topics[i];
    }
}

static uint32_t rig_access_account(rig_world *world, const chevm12_address *address) {
    (void)address;
    return world->warm ? CHEVM12_ACCESS_WARM : CHEVM12_ACCESS_COLD;
}

static uint32_t rig_access_storage(rig_world *world, const chevm12_address *address,
                                   const chevm12_bytes32 *key) {
    (void)address, (void)key;
    return world->warm ? CHEVM12_ACCESS_WARM : CHEVM12_ACCESS_COLD;
}

static const chevm12_host_interface rig_host = {
    .account_exists = rig_account_exists,
    .get_storage = rig_get_storage,
    .set_storage = rig_set_storage,
    .get_balance = rig_get_balance,
    .get_code_size = rig_get_code_size,
    .get_code_hash = rig_get_code_hash,
    .copy_code = rig_copy_code,
    .selfdestruct = rig_selfdestruct,
    .call = rig_call,
    .get_tx_context = rig_get_tx_context,
    .get_block_hash = rig_get_block_hash,
    .emit_log = rig_emit_log,
    .access_account = rig_access_account,
    .access_storage = rig_access_storage,
    .get_transient_storage = rig_get_transient,
    .set_transient_storage = rig_set_transient,
};

/* A call message of depth 0 to account 1 from account 2. */
static chevm12_message rig_message(int64_t gas) {
    chevm12_message message = {.kind = CHEVM12_CALL, .gas = gas};
    message.recipient.bytes[19] = 1;
    message.code_address.bytes[19] = 1;
    message.sender.bytes[19] = 2;
    return message;
}

static chevm12_result rig_run(chevm12_vm *vm, rig_world *world, int64_t gas, const uint8_t *code,
                              size_t code_size) {
    const chevm12_message message = rig_message(gas);
    return vm->execute(vm, &rig_host, world, world->revision, &message, code, code_size);
}

static void rig_release(chevm12_result *result) {
    if (result->release != NULL) {
        result->release(result);
    }
    *result = (chevm12_result){0};
}

#endif
