/* operations.c: instructions that leave the loop: hashing, copies, accounts, storage, logs. Each
 * charges what depends on its operands, then acts; a failed charge changes nothing the contract
 * could see. sp is the top word before the instruction. */
#include "internal.h"

#include <coldevm/hash.h>

#include <string.h>

static uint64_t words(uint64_t bytes) {
    return (bytes + 31) / 32;
}

static int64_t charge(chevm *vm, int64_t gas, uint64_t amount) {
    gas -= (int64_t)amount;
    return gas >= 0 ? gas : chevmi_fail(vm, CHEVM_OUT_OF_GAS, gas);
}

/* Grows memory to [0, end), end <= CHEVM_MEMORY_END_MAX. */
static int64_t grow(chevm *vm, uint64_t end, int64_t gas) {
    if (CH_LIKELY(chevm_memory_grow(&vm->memory, end, &gas))) {
        return gas;
    }
    (void)chevmi_fail(vm, vm->memory.failure, gas);
    return chevmi_failed_too(vm, chevm_memory_price(words(end)) - vm->memory.cost);
}

/* End of a range in memory, 0 for an empty one, UINT64_MAX for one that no gas could pay. */
static uint64_t end_of(const chevm_u256 *offset, const chevm_u256 *size) {
    if (chevm_u256_is_zero(size)) {
        return 0;
    }
    if (!chevm_u256_fits_u64(offset) || !chevm_u256_fits_u64(size) ||
        offset->limbs[0] > CHEVM_MEMORY_END_MAX || size->limbs[0] > CHEVM_MEMORY_END_MAX ||
        offset->limbs[0] + size->limbs[0] > CHEVM_MEMORY_END_MAX) {
        return UINT64_MAX;
    }
    return offset->limbs[0] + size->limbs[0];
}

int64_t chevmi_touch(chevm *vm, const chevm_u256 *offset, const chevm_u256 *size, int64_t gas) {
    const uint64_t end = end_of(offset, size);
    if (CH_UNLIKELY(end == UINT64_MAX)) {
        return chevmi_fail(vm, CHEVM_GAS_OVERFLOW, gas);
    }
    return end == 0 ? gas : grow(vm, end, gas);
}

int64_t chevmi_touch_both(chevm *vm, const chevm_u256 *one, const chevm_u256 *one_size,
                          const chevm_u256 *other, const chevm_u256 *other_size, int64_t gas) {
    const uint64_t one_end = end_of(one, one_size);
    const uint64_t other_end = end_of(other, other_size);
    const uint64_t end = one_end > other_end ? one_end : other_end;
    if (CH_UNLIKELY(end == UINT64_MAX)) {
        return chevmi_fail(vm, CHEVM_GAS_OVERFLOW, gas);
    }
    return end == 0 ? gas : grow(vm, end, gas);
}

int64_t chevmi_op_memory_word(chevm *vm, chevm_u256 *sp, int64_t gas) {
    if (!chevm_u256_fits_u64(sp) || sp->limbs[0] > CHEVM_MEMORY_END_MAX - 32) {
        return chevmi_fail(vm, CHEVM_GAS_OVERFLOW, gas);
    }
    return grow(vm, sp->limbs[0] + 32, gas);
}

int64_t chevmi_op_memory_byte(chevm *vm, chevm_u256 *sp, int64_t gas) {
    if (!chevm_u256_fits_u64(sp) || sp->limbs[0] > CHEVM_MEMORY_END_MAX - 1) {
        return chevmi_fail(vm, CHEVM_GAS_OVERFLOW, gas);
    }
    return grow(vm, sp->limbs[0] + 1, gas);
}

void chevmi_load_input_edge(chevm_u256 *word, const uint8_t *input, uint64_t input_size) {
    uint8_t bytes[32] = {0};
    if (chevm_u256_fits_u64(word) && word->limbs[0] < input_size) {
        uint64_t rest = input_size - word->limbs[0];
        memcpy(bytes, input + word->limbs[0], rest < 32 ? rest : 32);
    }
    chevm_u256_from_be32(word, bytes);
}

const chevm_tx_context *chevmi_tx(chevm *vm) {
    if (vm->tx == NULL) {
        vm->tx = vm->host->get_tx_context(vm->context);
    }
    return vm->tx;
}

/* exponent base -- base^exponent. EIP-160. */
int64_t chevmi_op_exp(chevm *vm, chevm_u256 *sp, int64_t gas) {
    uint64_t bytes = (chevm_u256_bit_length(&sp[-1]) + 7u) / 8u;
    gas = charge(vm, gas, bytes * (uint64_t)vm->rules.exp_byte);
    if (gas >= 0) {
        chevm_u256_exp(&sp[-1], &sp[0], &sp[-1]);
    }
    return gas;
}

/* size offset -- hash */
int64_t chevmi_op_keccak256(chevm *vm, chevm_u256 *sp, int64_t gas) {
    gas = chevmi_touch(vm, &sp[0], &sp[-1], gas);
    uint64_t size = sp[-1].limbs[0];
    if (gas < 0) {
        return chevmi_failed_too(vm, words(size) * CHEVMI_GAS_KECCAK_WORD);
    }
    gas = charge(vm, gas, words(size) * CHEVMI_GAS_KECCAK_WORD);
    if (gas < 0) {
        return gas;
    }
    uint8_t hash[32];
    const uint8_t *data = chevmi_memory_at(vm, &sp[0], &sp[-1]);
    chevm_keccak256(hash, data, (size_t)size);
    chevm_u256_from_be32(&sp[-1], hash);
    return gas;
}

/* Warms an account; a cold one costs `cold` more. */
static int64_t access_account(chevm *vm, const chevm_address *address, int32_t cold, int64_t gas) {
    if (!vm->rules.has_access_lists) {
        return gas;
    }
    int access = vm->host->access_account(vm->context, address);
    if (access == CHEVM_ACCESS_WARM) {
        return gas;
    }
    if (access < 0) {
        return chevmi_fail(vm, (chevm_status)-access, gas);
    }
    return charge(vm, gas, (uint64_t)cold);
}

int64_t chevmi_access_account(chevm *vm, const chevm_address *address, int64_t gas) {
    return access_account(vm, address, vm->rules.cold_account, gas);
}

/* address -- balance; likewise the code queries. */
int64_t chevmi_op_balance(chevm *vm, chevm_u256 *sp, int64_t gas) {
    chevm_address address;
    chevmi_word_to_address(&address, sp);
    gas = chevmi_access_account(vm, &address, gas);
    if (gas >= 0) {
        vm->host->get_balance(vm->context, &address, sp);
    }
    return gas;
}

int64_t chevmi_op_extcodesize(chevm *vm, chevm_u256 *sp, int64_t gas) {
    chevm_address address;
    chevmi_word_to_address(&address, sp);
    gas = chevmi_access_account(vm, &address, gas);
    if (gas >= 0) {
        chevm_u256_set_u64(sp, vm->host->get_code_size(vm->context, &address));
    }
    return gas;
}

int64_t chevmi_op_extcodehash(chevm *vm, chevm_u256 *sp, int64_t gas) {
    chevm_address address;
    chevmi_word_to_address(&address, sp);
    gas = chevmi_access_account(vm, &address, gas);
    if (gas >= 0) {
        vm->host->get_code_hash(vm->context, &address, sp);
    }
    return gas;
}

/* Touches [target, target + size) of memory and charges 3 a word for filling it. */
static int64_t copy_charge(chevm *vm, const chevm_u256 *target, const chevm_u256 *size,
                           int64_t gas) {
    gas = chevmi_touch(vm, target, size, gas);
    uint64_t copying = words(size->limbs[0]) * CHEVMI_GAS_COPY_WORD;
    return gas < 0 ? chevmi_failed_too(vm, copying) : charge(vm, gas, copying);
}

/* Fills touched memory from source[offset ..], zero beyond its end. */
static void copy_bounded(chevm *vm, const chevm_u256 *target, const chevm_u256 *offset,
                         const chevm_u256 *size, const uint8_t *source, uint64_t source_size) {
    uint64_t count = size->limbs[0];
    if (count == 0) {
        return;
    }
    uint8_t *out = vm->memory.data + target->limbs[0];
    uint64_t have = 0;
    if (chevm_u256_fits_u64(offset) && offset->limbs[0] < source_size) {
        have = source_size - offset->limbs[0];
        have = have < count ? have : count;
        memcpy(out, source + offset->limbs[0], (size_t)have);
    }
    memset(out + have, 0, (size_t)(count - have));
}

/* size offset target -- */
int64_t chevmi_op_calldatacopy(chevm *vm, chevm_u256 *sp, int64_t gas) {
    gas = copy_charge(vm, &sp[0], &sp[-2], gas);
    if (gas >= 0) {
        copy_bounded(vm, &sp[0], &sp[-1], &sp[-2], vm->frame->input, vm->frame->input_size);
    }
    return gas;
}

int64_t chevmi_op_codecopy(chevm *vm, chevm_u256 *sp, int64_t gas) {
    gas = copy_charge(vm, &sp[0], &sp[-2], gas);
    if (gas >= 0) {
        copy_bounded(vm, &sp[0], &sp[-1], &sp[-2], vm->frame->code.bytes, vm->frame->code.size);
    }
    return gas;
}

/* size offset target address -- */
int64_t chevmi_op_extcodecopy(chevm *vm, chevm_u256 *sp, int64_t gas) {
    gas = copy_charge(vm, &sp[-1], &sp[-3], gas);
    if (gas < 0 && !chevmi_prices_on(vm, &gas)) {
        return gas;
    }
    chevm_address address;
    chevmi_word_to_address(&address, sp);
    gas = chevmi_access_account(vm, &address, gas);
    if (gas >= 0 && sp[-3].limbs[0] > 0) {
        uint8_t *out = vm->memory.data + sp[-1].limbs[0];
        size_t count = (size_t)sp[-3].limbs[0];
        size_t have = 0;
        if (chevm_u256_fits_u64(&sp[-2]) && sp[-2].limbs[0] <= SIZE_MAX) {
            have = vm->host->copy_code(vm->context, &address, (size_t)sp[-2].limbs[0], out, count);
        }
        memset(out + have, 0, count - have);
    }
    return gas;
}

/* size offset target -- ; reading beyond the buffer is an error, not zero. EIP-211. */
int64_t chevmi_op_returndatacopy(chevm *vm, chevm_u256 *sp, int64_t gas) {
    const chevm_u256 *offset = &sp[-1];
    const chevm_u256 *size = &sp[-2];
    gas = copy_charge(vm, &sp[0], size, gas); /* too little gas is found before the bounds */
    if (gas < 0) {
        return gas;
    }
    if (!chevm_u256_fits_u64(offset) || offset->limbs[0] > vm->return_size ||
        size->limbs[0] > vm->return_size - offset->limbs[0]) {
        return chevmi_fail(vm, CHEVM_RETURN_DATA_BOUNDS, gas);
    }
    if (size->limbs[0] > 0) {
        memcpy(vm->memory.data + sp[0].limbs[0], vm->return_data + offset->limbs[0],
               (size_t)size->limbs[0]);
    }
    return gas;
}

/* number -- hash; only the last 256 blocks are known. */
int64_t chevmi_op_blockhash(chevm *vm, chevm_u256 *sp, int64_t gas) {
    uint64_t current = chevmi_tx(vm)->block_number;
    uint64_t number = sp->limbs[0];
    if (chevm_u256_fits_u64(sp) && number < current && current - number <= 256) {
        vm->host->get_block_hash(vm->context, number, sp);
    } else {
        chevm_u256_set_u64(sp, 0);
    }
    return gas;
}

/* index -- hash, 0 beyond the list. EIP-4844. */
int64_t chevmi_op_blobhash(chevm *vm, chevm_u256 *sp, int64_t gas) {
    const chevm_tx_context *tx = chevmi_tx(vm);
    if (chevm_u256_fits_u64(sp) && sp->limbs[0] < tx->blob_hash_count) {
        chevm_u256_copy(sp, &tx->blob_hashes[sp->limbs[0]]);
    } else {
        chevm_u256_set_u64(sp, 0);
    }
    return gas;
}

/* key -- value */
int64_t chevmi_op_sload(chevm *vm, chevm_u256 *sp, int64_t gas) {
    const chevm_address *self = &vm->frame->message.recipient;
    if (vm->rules.has_access_lists) {
        int access = vm->host->access_storage(vm->context, self, sp);
        if (access != CHEVM_ACCESS_WARM) {
            if (access < 0) {
                return chevmi_fail(vm, (chevm_status)-access, gas);
            }
            gas = charge(vm, gas, (uint64_t)vm->rules.cold_load);
            if (gas < 0) {
                return gas;
            }
        }
    }
    chevm_u256 key;
    chevm_u256_copy(&key, sp);
    vm->host->get_storage(vm->context, self, &key, sp);
    return gas;
}

/* True in a static frame; notes the failure. */
static bool is_static(chevm *vm, int64_t gas) {
    if (vm->frame->message.flags & CHEVM_FLAG_STATIC) {
        (void)chevmi_fail(vm, CHEVM_STATIC_VIOLATION, gas);
        return true;
    }
    return false;
}

/* value key -- ; order of checks: EIPs 214, 2200, 2929. */
int64_t chevmi_op_sstore(chevm *vm, chevm_u256 *sp, int64_t gas) {
    const chevm_address *self = &vm->frame->message.recipient;
    if (is_static(vm, gas)) {
        return -1;
    }
    if (gas <= vm->rules.sstore_sentry && vm->rules.sstore_sentry > 0) {
        return chevmi_fail(vm, CHEVM_OUT_OF_GAS, gas);
    }
    if (vm->rules.has_access_lists) {
        int access = vm->host->access_storage(vm->context, self, &sp[0]);
        if (access < 0) {
            return chevmi_fail(vm, (chevm_status)-access, gas);
        }
        gas = charge(vm, gas, access == CHEVM_ACCESS_WARM ? 0 : (uint64_t)vm->rules.cold_store);
        if (gas < 0) {
            return gas;
        }
    }
    int status = vm->host->set_storage(vm->context, self, &sp[0], &sp[-1]);
    if (status < 0) {
        return chevmi_fail(vm, (chevm_status)-status, gas);
    }
    gas = charge(vm, gas, (uint64_t)vm->rules.storage[status].gas);
    if (gas >= 0) {
        vm->refund += vm->rules.storage[status].refund;
    }
    return gas;
}

/* key -- value; value key --. EIP-1153. */
int64_t chevmi_op_tload(chevm *vm, chevm_u256 *sp, int64_t gas) {
    chevm_u256 key;
    chevm_u256_copy(&key, sp);
    vm->host->get_transient(vm->context, &vm->frame->message.recipient, &key, sp);
    return gas;
}

int64_t chevmi_op_tstore(chevm *vm, chevm_u256 *sp, int64_t gas) {
    if (is_static(vm, gas)) {
        return -1;
    }
    int status =
        vm->host->set_transient(vm->context, &vm->frame->message.recipient, &sp[0], &sp[-1]);
    return status < 0 ? chevmi_fail(vm, (chevm_status)-status, gas) : gas;
}

/* size source target -- ; ranges may overlap. EIP-5656. */
int64_t chevmi_op_mcopy(chevm *vm, chevm_u256 *sp, int64_t gas) {
    const chevm_u256 *farther = chevm_u256_less(&sp[0], &sp[-1]) ? &sp[-1] : &sp[0];
    gas = copy_charge(vm, farther, &sp[-2], gas);
    if (gas >= 0 && sp[-2].limbs[0] > 0) {
        memmove(vm->memory.data + sp[0].limbs[0], vm->memory.data + sp[-1].limbs[0],
                (size_t)sp[-2].limbs[0]);
    }
    return gas;
}

/* topics .. size offset -- */
static int64_t log_topics(chevm *vm, chevm_u256 *sp, int64_t gas, size_t count) {
    if (is_static(vm, gas)) {
        return -1;
    }
    gas = chevmi_touch(vm, &sp[0], &sp[-1], gas);
    uint64_t size = sp[-1].limbs[0];
    if (gas < 0) {
        return chevmi_failed_too(vm, size * CHEVMI_GAS_LOG_BYTE);
    }
    gas = charge(vm, gas, size * CHEVMI_GAS_LOG_BYTE);
    if (gas < 0) {
        return gas;
    }
    chevm_u256 topics[4];
    for (size_t i = 0; i < count; i++) {
        chevm_u256_copy(&topics[i], &sp[-2 - (ptrdiff_t)i]);
    }
    const uint8_t *data = chevmi_memory_at(vm, &sp[0], &sp[-1]);
    int status = vm->host->emit_log(vm->context, &vm->frame->message.recipient, data, (size_t)size,
                                    topics, count);
    return status < 0 ? chevmi_fail(vm, (chevm_status)-status, gas) : gas;
}

#define LOG_TOPICS(count)                                                                          \
    int64_t chevmi_op_log##count(chevm *vm, chevm_u256 *sp, int64_t gas) {                         \
        return log_topics(vm, sp, gas, (count));                                                   \
    }
LOG_TOPICS(0)
LOG_TOPICS(1)
LOG_TOPICS(2)
LOG_TOPICS(3)
LOG_TOPICS(4)

/* beneficiary -- ; the loop ends the frame. EIPs 150, 161, 2929, 3529, 6780. */
int64_t chevmi_op_selfdestruct(chevm *vm, chevm_u256 *sp, int64_t gas) {
    if (is_static(vm, gas)) {
        return -1;
    }
    const chevm_address *self = &vm->frame->message.recipient;
    chevm_address beneficiary;
    chevmi_word_to_address(&beneficiary, sp);
    gas = access_account(vm, &beneficiary, vm->rules.cold_beneficiary, gas);
    if (gas < 0 && !chevmi_prices_on(vm, &gas)) {
        return gas;
    }
    if (vm->rules.selfdestruct_new_account != 0 &&
        !vm->host->account_exists(vm->context, &beneficiary)) {
        chevm_u256 balance;
        vm->host->get_balance(vm->context, self, &balance);
        if (!vm->rules.new_account_needs_value || !chevm_u256_is_zero(&balance)) {
            gas = charge(vm, gas, (uint64_t)vm->rules.selfdestruct_new_account);
        }
    }
    if (gas < 0) {
        return gas;
    }
    int first = vm->host->selfdestruct(vm->context, self, &beneficiary);
    if (first < 0) {
        return chevmi_fail(vm, (chevm_status)-first, gas);
    }
    vm->refund += first != 0 ? vm->rules.selfdestruct_refund : 0;
    return gas;
}
