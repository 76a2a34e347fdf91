/* evmc_host.c: sixteen translations and `call`. A status that EVMC cannot carry through an
 * operation (a full state) is kept in host->trouble; the operation answers something harmless, the
 * next call and the end of the run report it, and call_end undoes every frame. */
#include "evmc_host.h"

#include "evm/evmc12_host.h"

#include <stdlib.h>
#include <string.h>

static evmc_host *host_of(chevm12_host_context *context) {
    return (evmc_host *)(void *)context;
}

static const chevm_address *address_in(const chevm12_address *address) {
    return (const chevm_address *)(const void *)address; /* both 20 bytes of alignment 1 */
}

static chevm_u256 word_in(const chevm12_bytes32 *bytes) {
    chevm_u256 word;
    chevm_u256_from_be32(&word, bytes->bytes);
    return word;
}

static chevm12_bytes32 word_out(const chevm_u256 *word) {
    chevm12_bytes32 bytes;
    chevm_u256_to_be32(bytes.bytes, word);
    return bytes;
}

/* Answers of operations: 0 and above pass, a negated status is remembered and counts as 0. */
static uint32_t answer(evmc_host *self, int value) {
    if (value >= 0) {
        return (uint32_t)value;
    }
    self->trouble = self->trouble == CHEVM_OK ? (chevm_status)-value : self->trouble;
    return 0;
}

/* ---- Accounts and storage -------------------------------------------------------------------- */

static bool account_exists(chevm12_host_context *context, const chevm12_address *address) {
    const evmc_host *self = host_of(context);
    return self->host->account_exists(self->context, address_in(address));
}

static chevm12_bytes32 get_storage(chevm12_host_context *context, const chevm12_address *address,
                                   const chevm12_bytes32 *key) {
    const evmc_host *self = host_of(context);
    const chevm_u256 name = word_in(key);
    chevm_u256 value;
    self->host->get_storage(self->context, address_in(address), &name, &value);
    return word_out(&value);
}

static uint32_t set_storage(chevm12_host_context *context, const chevm12_address *address,
                            const chevm12_bytes32 *key, const chevm12_bytes32 *value) {
    evmc_host *self = host_of(context);
    const chevm_u256 name = word_in(key);
    const chevm_u256 wanted = word_in(value);
    return answer(self,
                  self->host->set_storage(self->context, address_in(address), &name, &wanted));
}

static chevm12_bytes32 get_transient(chevm12_host_context *context, const chevm12_address *address,
                                     const chevm12_bytes32 *key) {
    const evmc_host *self = host_of(context);
    const chevm_u256 name = word_in(key);
    chevm_u256 value;
    self->host->get_transient(self->context, address_in(address), &name, &value);
    return word_out(&value);
}

static void set_transient(chevm12_host_context *context, const chevm12_address *address,
                          const chevm12_bytes32 *key, const chevm12_bytes32 *value) {
    evmc_host *self = host_of(context);
    const chevm_u256 name = word_in(key);
    const chevm_u256 wanted = word_in(value);
    (void)answer(self,
                 self->host->set_transient(self->context, address_in(address), &name, &wanted));
}

static chevm12_bytes32 get_balance(chevm12_host_context *context, const chevm12_address *address) {
    const evmc_host *self = host_of(context);
    chevm_u256 balance;
    self->host->get_balance(self->context, address_in(address), &balance);
    return word_out(&balance);
}

static size_t get_code_size(chevm12_host_context *context, const chevm12_address *address) {
    const evmc_host *self = host_of(context);
    return self->host->get_code_size(self->context, address_in(address));
}

static chevm12_bytes32 get_code_hash(chevm12_host_context *context,
                                     const chevm12_address *address) {
    const evmc_host *self = host_of(context);
    chevm_u256 hash;
    self->host->get_code_hash(self->context, address_in(address), &hash);
    return word_out(&hash);
}

static size_t copy_code(chevm12_host_context *context, const chevm12_address *address,
                        size_t offset, uint8_t *buffer, size_t buffer_size) {
    const evmc_host *self = host_of(context);
    return self->host->copy_code(self->context, address_in(address), offset, buffer, buffer_size);
}

static bool selfdestruct(chevm12_host_context *context, const chevm12_address *address,
                         const chevm12_address *beneficiary) {
    evmc_host *self = host_of(context);
    return answer(self, self->host->selfdestruct(self->context, address_in(address),
                                                 address_in(beneficiary))) != 0;
}

static uint32_t access_account(chevm12_host_context *context, const chevm12_address *address) {
    evmc_host *self = host_of(context);
    return answer(self, self->host->access_account(self->context, address_in(address)));
}

static uint32_t access_storage(chevm12_host_context *context, const chevm12_address *address,
                               const chevm12_bytes32 *key) {
    evmc_host *self = host_of(context);
    const chevm_u256 name = word_in(key);
    return answer(self, self->host->access_storage(self->context, address_in(address), &name));
}

/* ---- Surroundings and logs ------------------------------------------------------------------- */

/* Room for the hashes; false, and trouble, without memory. */
static bool reserve_blobs(evmc_host *self, size_t count) {
    if (count > self->blob_capacity) {
        chevm12_bytes32 *grown = realloc(self->blob_hashes, count * sizeof *grown);
        if (grown == NULL) {
            (void)answer(self, -CHEVM_OUT_OF_MEMORY);
            return false;
        }
        self->blob_hashes = grown;
        self->blob_capacity = count;
    }
    return true;
}

static chevm12_tx_context get_tx_context(chevm12_host_context *context) {
    evmc_host *self = host_of(context);
    const chevm_tx_context *tx = self->host->get_tx_context(self->context);
    chevm12_tx_context out = {
        .tx_gas_price = word_out(&tx->gas_price),
        .block_number = (int64_t)tx->block_number,
        .block_timestamp = (int64_t)tx->block_timestamp,
        .block_gas_limit = (int64_t)tx->block_gas_limit,
        .block_prev_randao = word_out(&tx->prev_randao),
        .chain_id = word_out(&tx->chain_id),
        .block_base_fee = word_out(&tx->base_fee),
        .blob_base_fee = word_out(&tx->blob_base_fee),
    };
    memcpy(out.tx_origin.bytes, tx->origin.bytes, sizeof out.tx_origin.bytes);
    memcpy(out.block_coinbase.bytes, tx->coinbase.bytes, sizeof out.block_coinbase.bytes);
    if (tx->blob_hash_count != 0 && reserve_blobs(self, tx->blob_hash_count)) {
        for (size_t i = 0; i < tx->blob_hash_count; i++) {
            self->blob_hashes[i] = word_out(&tx->blob_hashes[i]);
        }
        out.blob_hashes = self->blob_hashes;
        out.blob_hashes_count = tx->blob_hash_count;
    }
    return out;
}

static chevm12_bytes32 get_block_hash(chevm12_host_context *context, int64_t number) {
    const evmc_host *self = host_of(context);
    chevm_u256 hash;
    chevm_u256_set_u64(&hash, 0);
    if (number >= 0) {
        self->host->get_block_hash(self->context, (uint64_t)number, &hash);
    }
    return word_out(&hash);
}

static void emit_log(chevm12_host_context *context, const chevm12_address *address,
                     const uint8_t *data, size_t data_size, const chevm12_bytes32 topics[],
                     size_t topics_count) {
    evmc_host *self = host_of(context);
    chevm_u256 words[4];
    const size_t count = topics_count <= 4 ? topics_count : 4;
    for (size_t i = 0; i < count; i++) {
        words[i] = word_in(&topics[i]);
    }
    (void)answer(self, self->host->emit_log(self->context, address_in(address), data, data_size,
                                            words, count));
}

/* ---- Calls ----------------------------------------------------------------------------------- */

static chevm12_result call(chevm12_host_context *context, const chevm12_message *message);

static const chevm12_host_interface host_table = {
    .account_exists = account_exists,
    .get_storage = get_storage,
    .set_storage = set_storage,
    .get_balance = get_balance,
    .get_code_size = get_code_size,
    .get_code_hash = get_code_hash,
    .copy_code = copy_code,
    .selfdestruct = selfdestruct,
    .call = call,
    .get_tx_context = get_tx_context,
    .get_block_hash = get_block_hash,
    .emit_log = emit_log,
    .access_account = access_account,
    .access_storage = access_storage,
    .get_transient_storage = get_transient,
    .set_transient_storage = set_transient,
};

static void release(chevm12_result *result) {
    if (result->release != NULL) {
        result->release(result);
    }
    result->release = NULL;
    result->output_data = NULL;
    result->output_size = 0;
}

static void free_output(const chevm12_result *result) {
    free((void *)(uintptr_t)result->output_data);
}

/* Writes a finished call that ran no code, with a copy of its output. */
static void finished(evmc_host *self, chevm12_result *out, const chevm_result *result) {
    *out = (chevm12_result){.status_code = chevmi_evmc12_status_out(result->status),
                            .gas_left = result->gas_left,
                            .gas_refund = result->gas_refund};
    if (result->output_size != 0) {
        uint8_t *copy = malloc(result->output_size);
        if (copy == NULL) {
            out->status_code = chevmi_evmc12_status_out(CHEVM_OUT_OF_MEMORY);
            (void)answer(self, -CHEVM_OUT_OF_MEMORY);
            return;
        }
        memcpy(copy, result->output, result->output_size);
        out->output_data = copy;
        out->output_size = result->output_size;
        out->release = free_output;
    }
}

/* Runs the callee's code on the VM; `ended` receives what our side makes of its result. */
static void run_code(evmc_host *self, const chevm12_message *message, const chevm_callee *callee,
                     chevm12_result *out, chevm_result *ended) {
    chevm12_message inner = *message;
    memcpy(inner.recipient.bytes, callee->recipient.bytes, sizeof inner.recipient.bytes);
    if (message->kind >= CHEVM12_CREATE) {
        inner.input_data = NULL;
        inner.input_size = 0;
    }
    *out = self->vm->execute(self->vm, &host_table, (chevm12_host_context *)(void *)self,
                             self->revision, &inner, callee->code, callee->code_size);
    *ended = (chevm_result){.status = chevmi_evmc12_status_in(out->status_code),
                            .gas_left = out->gas_left,
                            .gas_refund = out->gas_refund,
                            .output = out->output_data,
                            .output_size = out->output_size,
                            .create_address = callee->recipient};
    if (self->trouble != CHEVM_OK) {
        ended->status = self->trouble;
    }
}

/* Plays one message, native and foreign form side by side. */
static void play(evmc_host *self, chevm_message *native, const chevm12_message *message,
                 chevm12_result *out, chevm_result *ended) {
    chevm_callee callee;
    self->host->call_begin(self->context, native, &callee);
    if (!callee.run) {
        *ended = callee.result;
        finished(self, out, ended);
    } else {
        run_code(self, message, &callee, out, ended);
        native->recipient = callee.recipient;
        self->host->call_end(self->context, native, ended);
    }
    if (ended->status >= CHEVM_STATUS_MACHINE) {
        (void)answer(self, -(int)ended->status);
    }
}

static void message_in(chevm_message *in, const chevm12_message *message) {
    *in = (chevm_message){.kind = (chevm_call_kind)message->kind,
                          .flags = message->flags,
                          .depth = (uint32_t)message->depth,
                          .gas = message->gas,
                          .recipient = *address_in(&message->recipient),
                          .sender = *address_in(&message->sender),
                          .code_address = *address_in(&message->code_address),
                          .value = word_in(&message->value),
                          .input = message->input_data,
                          .input_size = message->input_size,
                          .salt = word_in(&message->create2_salt)};
}

static chevm12_result call(chevm12_host_context *context, const chevm12_message *message) {
    evmc_host *self = host_of(context);
    chevm12_result out = {.status_code = CHEVM12_REJECTED};
    chevm_message native;
    chevm_result ended;
    if (self->trouble != CHEVM_OK || message->kind > CHEVM12_CREATE2) {
        return out;
    }
    message_in(&native, message);
    play(self, &native, message, &out, &ended);
    if (out.status_code >= 0) { /* call_end may have changed it; trouble of the VM stays as it is */
        out.status_code = chevmi_evmc12_status_out(ended.status);
    }
    out.gas_left = ended.gas_left;
    out.gas_refund = ended.status == CHEVM_OK ? ended.gas_refund : 0;
    const bool deployed = message->kind >= CHEVM12_CREATE && ended.status == CHEVM_OK;
    if (ended.output_size == 0 || deployed) { /* VMs take what they get for return data */
        release(&out);
    }
    if (message->kind >= CHEVM12_CREATE) {
        memcpy(out.create_address.bytes, ended.create_address.bytes,
               sizeof out.create_address.bytes);
    }
    return out;
}

/* The foreign form of a message of depth 0. */
static void message_out(chevm12_message *out, const chevm_message *message) {
    *out = (chevm12_message){.kind = (uint32_t)message->kind,
                             .flags = message->flags,
                             .depth = (int32_t)message->depth,
                             .gas = message->gas,
                             .input_data = message->input,
                             .input_size = message->input_size,
                             .value = word_out(&message->value),
                             .create2_salt = word_out(&message->salt)};
    memcpy(out->recipient.bytes, message->recipient.bytes, sizeof out->recipient.bytes);
    memcpy(out->sender.bytes, message->sender.bytes, sizeof out->sender.bytes);
    memcpy(out->code_address.bytes, message->code_address.bytes, sizeof out->code_address.bytes);
}

void evmc_host_call(evmc_host *self, const chevm_message *message, chevm_result *result) {
    chevm_u256 balance;
    release(&self->last);
    self->trouble = CHEVM_OK;
    self->host->get_balance(self->context, &message->sender, &balance);
    if (message->kind != CHEVM_KIND_DELEGATECALL && chevm_u256_less(&balance, &message->value)) {
        *result = (chevm_result){.status = CHEVM_BALANCE, .gas_left = message->gas};
        return;
    }
    chevm_message native = *message;
    chevm12_message foreign;
    message_out(&foreign, message);
    play(self, &native, &foreign, &self->last, result);
    if (self->trouble != CHEVM_OK) {
        *result = (chevm_result){.status = self->trouble};
    }
    if (result->output_size == 0) {
        release(&self->last);
    } else if (result->output != self->last.output_data) { /* a call without code: our copy */
        result->output = self->last.output_data;
    }
}

void evmc_host_fini(evmc_host *self) {
    release(&self->last);
    free(self->blob_hashes);
    self->blob_hashes = NULL;
    self->blob_capacity = 0;
}

uint32_t evmc_host_revision(chevm_fork fork) {
    chevm_fork same;
    for (uint32_t revision = 0; revision <= CHEVM12_REVISION_OSAKA; revision++) {
        if (chevmi_evmc12_fork(revision, &same) && same == fork) {
            return revision;
        }
    }
    return CHEVM12_REVISION_MAX;
}
