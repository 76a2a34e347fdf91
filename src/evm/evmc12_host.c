/* evmc12_host.c: translation, one function per operation. The only thought is in call_begin: the
 * foreign host runs the call itself and hands back a result that is final; its output stays valid
 * until we release it, which happens at the next call or at the end of the execute. */
#include "evmc12_host.h"

#include <coldheap/base.h>

#include <string.h>

/* No honest refund is larger; keeps sums from overflowing. */
#define REFUND_MOST ((int64_t)1 << 53)

static chevm12_bytes32 word_out(const chevm_u256 *word) {
    chevm12_bytes32 bytes;
    chevm_u256_to_be32(bytes.bytes, word);
    return bytes;
}

static void word_in(chevm_u256 *word, const chevm12_bytes32 *bytes) {
    chevm_u256_from_be32(word, bytes->bytes);
}

static const chevm12_address *address_out(const chevm_address *address) {
    return (const chevm12_address *)(const void *)address; /* both 20 bytes of alignment 1 */
}

_Static_assert(sizeof(chevm_address) == sizeof(chevm12_address), "an address is 20 bytes");

/* ---- Accounts and storage ----------------------------------------------------------------------
 */

static bool account_exists(void *context, const chevm_address *address) {
    const chevmi_evmc12_run *run = context;
    return run->host->account_exists(run->context, address_out(address));
}

static void get_storage(void *context, const chevm_address *address, const chevm_u256 *key,
                        chevm_u256 *value) {
    const chevmi_evmc12_run *run = context;
    const chevm12_bytes32 name = word_out(key);
    const chevm12_bytes32 got = run->host->get_storage(run->context, address_out(address), &name);
    word_in(value, &got);
}

static int set_storage(void *context, const chevm_address *address, const chevm_u256 *key,
                       const chevm_u256 *value) {
    chevmi_evmc12_run *run = context;
    const chevm12_bytes32 name = word_out(key);
    const chevm12_bytes32 wanted = word_out(value);
    const uint32_t status =
        run->host->set_storage(run->context, address_out(address), &name, &wanted);
    if (status > CHEVM_STORAGE_MODIFIED_RESTORED) {
        run->trouble = CHEVM12_INTERNAL_ERROR;
        return -CHEVM_INTERNAL;
    }
    return (int)status;
}

static void get_transient(void *context, const chevm_address *address, const chevm_u256 *key,
                          chevm_u256 *value) {
    const chevmi_evmc12_run *run = context;
    const chevm12_bytes32 name = word_out(key);
    const chevm12_bytes32 got =
        run->host->get_transient_storage(run->context, address_out(address), &name);
    word_in(value, &got);
}

static int set_transient(void *context, const chevm_address *address, const chevm_u256 *key,
                         const chevm_u256 *value) {
    const chevmi_evmc12_run *run = context;
    const chevm12_bytes32 name = word_out(key);
    const chevm12_bytes32 wanted = word_out(value);
    run->host->set_transient_storage(run->context, address_out(address), &name, &wanted);
    return 0;
}

static void get_balance(void *context, const chevm_address *address, chevm_u256 *balance) {
    const chevmi_evmc12_run *run = context;
    const chevm12_bytes32 got = run->host->get_balance(run->context, address_out(address));
    word_in(balance, &got);
}

static size_t get_code_size(void *context, const chevm_address *address) {
    const chevmi_evmc12_run *run = context;
    return run->host->get_code_size(run->context, address_out(address));
}

static void get_code_hash(void *context, const chevm_address *address, chevm_u256 *hash) {
    const chevmi_evmc12_run *run = context;
    const chevm12_bytes32 got = run->host->get_code_hash(run->context, address_out(address));
    word_in(hash, &got);
}

static size_t copy_code(void *context, const chevm_address *address, size_t offset, uint8_t *buffer,
                        size_t size) {
    const chevmi_evmc12_run *run = context;
    const size_t copied =
        run->host->copy_code(run->context, address_out(address), offset, buffer, size);
    return copied < size ? copied : size;
}

static int selfdestruct(void *context, const chevm_address *address,
                        const chevm_address *beneficiary) {
    const chevmi_evmc12_run *run = context;
    return run->host->selfdestruct(run->context, address_out(address), address_out(beneficiary));
}

static int access_account(void *context, const chevm_address *address) {
    const chevmi_evmc12_run *run = context;
    const uint32_t access = run->host->access_account(run->context, address_out(address));
    return access == CHEVM12_ACCESS_COLD ? CHEVM_ACCESS_COLD : CHEVM_ACCESS_WARM;
}

static int access_storage(void *context, const chevm_address *address, const chevm_u256 *key) {
    const chevmi_evmc12_run *run = context;
    const chevm12_bytes32 name = word_out(key);
    const uint32_t access = run->host->access_storage(run->context, address_out(address), &name);
    return access == CHEVM12_ACCESS_COLD ? CHEVM_ACCESS_COLD : CHEVM_ACCESS_WARM;
}

/* ---- Surroundings and logs ---------------------------------------------------------------------
 */

static const chevm_tx_context *get_tx_context(void *context) {
    chevmi_evmc12_run *run = context;
    const chevm12_tx_context got = run->host->get_tx_context(run->context);
    chevm_tx_context *tx = &run->tx;
    word_in(&tx->gas_price, &got.tx_gas_price);
    word_in(&tx->prev_randao, &got.block_prev_randao);
    word_in(&tx->chain_id, &got.chain_id);
    word_in(&tx->base_fee, &got.block_base_fee);
    word_in(&tx->blob_base_fee, &got.blob_base_fee);
    tx->block_number = (uint64_t)got.block_number;
    tx->block_timestamp = (uint64_t)got.block_timestamp;
    tx->block_gas_limit = (uint64_t)got.block_gas_limit;
    memcpy(tx->origin.bytes, got.tx_origin.bytes, sizeof tx->origin.bytes);
    memcpy(tx->coinbase.bytes, got.block_coinbase.bytes, sizeof tx->coinbase.bytes);
    tx->blob_hashes = run->blob_hashes;
    tx->blob_hash_count = got.blob_hashes_count;
    if (got.blob_hashes_count > CHEVMI_EVMC12_BLOBS) {
        run->trouble = CHEVM12_INTERNAL_ERROR;
        tx->blob_hash_count = 0;
    }
    for (size_t i = 0; i < tx->blob_hash_count; i++) {
        word_in(&run->blob_hashes[i], &got.blob_hashes[i]);
    }
    return tx;
}

static void get_block_hash(void *context, uint64_t number, chevm_u256 *hash) {
    const chevmi_evmc12_run *run = context;
    const chevm12_bytes32 got = run->host->get_block_hash(run->context, (int64_t)number);
    word_in(hash, &got);
}

static int emit_log(void *context, const chevm_address *address, const uint8_t *data,
                    size_t data_size, const chevm_u256 *topics, size_t topic_count) {
    const chevmi_evmc12_run *run = context;
    chevm12_bytes32 words[4];
    for (size_t i = 0; i < topic_count; i++) {
        words[i] = word_out(&topics[i]);
    }
    run->host->emit_log(run->context, address_out(address), data, data_size, words, topic_count);
    return 0;
}

/* ---- Calls -------------------------------------------------------------------------------------
 */

void chevmi_evmc12_drop(chevmi_evmc12_run *run) {
    if (run->has_pending) {
        run->has_pending = false;
        if (run->pending.release != NULL) {
            run->pending.release(&run->pending);
        }
    }
}

/* Spec evmc.md V6: what each field of a message carries. */
static void message_out(chevm12_message *out, const chevm_message *message) {
    const bool creates = message->kind >= CHEVM_KIND_CREATE;
    memset(out, 0, sizeof *out);
    out->kind = (uint32_t)message->kind;
    out->flags = message->flags & (CHEVM12_STATIC | CHEVM12_DELEGATED);
    out->depth = (int32_t)message->depth;
    out->gas = message->gas;
    memcpy(out->sender.bytes, message->sender.bytes, sizeof out->sender.bytes);
    out->input_data = message->input_size != 0 ? message->input : NULL;
    out->input_size = message->input_size;
    out->value = word_out(&message->value);
    if (!creates) {
        memcpy(out->recipient.bytes, message->recipient.bytes, sizeof out->recipient.bytes);
        memcpy(out->code_address.bytes, message->code_address.bytes, sizeof out->recipient.bytes);
    }
    if (message->kind == CHEVM_KIND_CREATE2) {
        out->create2_salt = word_out(&message->salt);
    }
}

static int64_t clamp(int64_t value, int64_t low, int64_t high) {
    return value < low ? low : value > high ? high : value;
}

static void call_begin(void *context, const chevm_message *message, chevm_callee *callee) {
    chevmi_evmc12_run *run = context;
    chevmi_evmc12_drop(run);
    message_out(&run->call, message);
    if (CH_UNLIKELY(run->trace != NULL)) {
        chevmi_evmc12_trace_call(run->trace);
    }
    run->pending = run->host->call(run->context, &run->call);
    run->has_pending = true;
    const chevm12_result *got = &run->pending;
    chevm_result *result = &callee->result;
    callee->run = false;
    result->status = chevmi_evmc12_status_in(got->status_code);
    result->gas_left = clamp(got->gas_left, 0, message->gas);
    result->gas_refund = clamp(got->gas_refund, -REFUND_MOST, REFUND_MOST);
    const bool bytes = got->output_data != NULL && got->output_size != 0;
    result->output = bytes ? got->output_data : NULL;
    result->output_size = bytes ? got->output_size : 0;
    memcpy(result->create_address.bytes, got->create_address.bytes,
           sizeof result->create_address.bytes);
    if (got->status_code < 0) {
        run->trouble = got->status_code;
    }
}

/* Never asked: call_begin's answers are final. */
static void call_end(void *context, const chevm_message *message, chevm_result *result) {
    (void)context, (void)message, (void)result;
}

const chevm_host chevmi_evmc12_host = {
    .account_exists = account_exists,
    .get_storage = get_storage,
    .set_storage = set_storage,
    .get_transient = get_transient,
    .set_transient = set_transient,
    .get_balance = get_balance,
    .get_code_size = get_code_size,
    .get_code_hash = get_code_hash,
    .copy_code = copy_code,
    .selfdestruct = selfdestruct,
    .access_account = access_account,
    .access_storage = access_storage,
    .get_tx_context = get_tx_context,
    .get_block_hash = get_block_hash,
    .emit_log = emit_log,
    .call_begin = call_begin,
    .call_end = call_end,
};

/* ---- Numbers -----------------------------------------------------------------------------------
 */

int32_t chevmi_evmc12_status_out(chevm_status status) {
    switch (status) {
    case CHEVM_OK:
        return CHEVM12_SUCCESS;
    case CHEVM_REVERT:
        return CHEVM12_REVERT;
    case CHEVM_OUT_OF_GAS:
    case CHEVM_INITCODE_SIZE:
    case CHEVM_GAS_OVERFLOW:
        return CHEVM12_OUT_OF_GAS;
    case CHEVM_STACK_OVERFLOW:
        return CHEVM12_STACK_OVERFLOW;
    case CHEVM_STACK_UNDERFLOW:
        return CHEVM12_STACK_UNDERFLOW;
    case CHEVM_BAD_JUMP:
        return CHEVM12_BAD_JUMP_DESTINATION;
    case CHEVM_UNDEFINED_OPCODE:
        return CHEVM12_UNDEFINED_INSTRUCTION;
    case CHEVM_INVALID_OPCODE:
        return CHEVM12_INVALID_INSTRUCTION;
    case CHEVM_STATIC_VIOLATION:
        return CHEVM12_STATIC_MODE_VIOLATION;
    case CHEVM_RETURN_DATA_BOUNDS:
        return CHEVM12_INVALID_MEMORY_ACCESS;
    case CHEVM_CODE_PREFIX:
        return CHEVM12_CONTRACT_VALIDATION_FAILURE;
    case CHEVM_PRECOMPILE_FAILURE:
        return CHEVM12_PRECOMPILE_FAILURE;
    case CHEVM_CALL_DEPTH:
        return CHEVM12_CALL_DEPTH_EXCEEDED;
    case CHEVM_BALANCE:
        return CHEVM12_INSUFFICIENT_BALANCE;
    case CHEVM_CODE_STORE_GAS:
    case CHEVM_CODE_SIZE:
    case CHEVM_CREATE_COLLISION:
    case CHEVM_NONCE_OVERFLOW:
    case CHEVM_HOST_FAILURE:
        return CHEVM12_FAILURE;
    case CHEVM_OUT_OF_MEMORY:
    case CHEVM_MEMORY_LIMIT_EXCEEDED:
    case CHEVM_INVALID_OFFSET:
    case CHEVM_INVALID_SIZE:
    case CHEVM_STATE_FULL:
    case CHEVM_LOGS_FULL:
    case CHEVM_JOURNAL_FULL:
    case CHEVM_CODE_FULL:
        return CHEVM12_OUT_OF_MEMORY;
    case CHEVM_REJECTED:
        return CHEVM12_REJECTED;
    case CHEVM_HEAP_CALL:
    case CHEVM_INTERNAL:
        return CHEVM12_INTERNAL_ERROR;
    }
    return CHEVM12_INTERNAL_ERROR;
}

chevm_status chevmi_evmc12_status_in(int32_t status) {
    switch (status) {
    case CHEVM12_SUCCESS:
        return CHEVM_OK;
    case CHEVM12_REVERT:
        return CHEVM_REVERT;
    case CHEVM12_OUT_OF_GAS:
        return CHEVM_OUT_OF_GAS;
    case CHEVM12_INVALID_INSTRUCTION:
        return CHEVM_INVALID_OPCODE;
    case CHEVM12_UNDEFINED_INSTRUCTION:
        return CHEVM_UNDEFINED_OPCODE;
    case CHEVM12_STACK_OVERFLOW:
        return CHEVM_STACK_OVERFLOW;
    case CHEVM12_STACK_UNDERFLOW:
        return CHEVM_STACK_UNDERFLOW;
    case CHEVM12_BAD_JUMP_DESTINATION:
        return CHEVM_BAD_JUMP;
    case CHEVM12_INVALID_MEMORY_ACCESS:
        return CHEVM_RETURN_DATA_BOUNDS;
    case CHEVM12_CALL_DEPTH_EXCEEDED:
        return CHEVM_CALL_DEPTH;
    case CHEVM12_STATIC_MODE_VIOLATION:
        return CHEVM_STATIC_VIOLATION;
    case CHEVM12_PRECOMPILE_FAILURE:
        return CHEVM_PRECOMPILE_FAILURE;
    case CHEVM12_CONTRACT_VALIDATION_FAILURE:
        return CHEVM_CODE_PREFIX;
    case CHEVM12_INSUFFICIENT_BALANCE:
        return CHEVM_BALANCE;
    case CHEVM12_REJECTED:
        return CHEVM_REJECTED;
    case CHEVM12_OUT_OF_MEMORY:
        return CHEVM_OUT_OF_MEMORY;
    default:
        return status < 0 ? CHEVM_INTERNAL : CHEVM_HOST_FAILURE;
    }
}

bool chevmi_evmc12_fork(uint32_t revision, chevm_fork *fork) {
    static const chevm_fork forks[CHEVM12_REVISION_MAX + 1] = {
        CHEVM_FRONTIER,       CHEVM_HOMESTEAD,  CHEVM_TANGERINE, CHEVM_SPURIOUS, CHEVM_BYZANTIUM,
        CHEVM_CONSTANTINOPLE, CHEVM_PETERSBURG, CHEVM_ISTANBUL,  CHEVM_BERLIN,   CHEVM_LONDON,
        CHEVM_PARIS,          CHEVM_SHANGHAI,   CHEVM_CANCUN,    CHEVM_PRAGUE,   CHEVM_OSAKA,
        CHEVM_FORK_NEWEST /* experimental */
    };
    if (revision > CHEVM12_REVISION_MAX) {
        return false;
    }
    *fork = forks[revision];
    return true;
}
