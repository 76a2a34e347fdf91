/* cases_test.c: every embedded contract, on both engines and sealed, gives the gas, the refund, the
 * output and the logs that its table row states. */
#include "harness.h"

#include "codes.h"
#include "contracts.h"
#include "seal.h"
#include "stage.h"

#include <coldevm/hash.h>

#include <stdio.h>
#include <string.h>

/* The environment that contracts.h states. */
static void set_world(world *target, world_account *sender) {
    world_init(target);
    memset(sender, 0, sizeof *sender);
    memcpy(sender->address.bytes, coldevm_contract_sender, sizeof sender->address);
    chevm_u256_set_limbs(&sender->balance, 0, UINT64_C(1) << 36, 0, 0); /* 2^100 */
    target->accounts = sender;
    target->account_count = 1;
    target->context.origin = sender->address;
    target->context.block_number = 1;
    target->context.block_timestamp = 1000;
    target->context.block_gas_limit = UINT64_C(1000000000000);
}

/* Plays one message as a transaction that is kept. */
static uint64_t play(stage *on, const world *from, chevm_message message, chevm_result *result) {
    CHECK(stage_begin(on, &from->context) == CHEVM_OK);
    CHECK(stage_address(on, &message, true) == CHEVM_OK);
    seal_begin(SEAL_COUNT);
    stage_call(on, &message, result);
    CHECK_EQUAL(seal_end().calls, 0);
    return (uint64_t)(message.gas - result->gas_left);
}

/* Puts the code where the case wants it. */
static bool place(stage *on, const world *from, const coldevm_contract *contract) {
    chevm_address address;
    memcpy(address.bytes, contract->address, sizeof address);
    if (contract->mode == COLDEVM_CONTRACT_RUNTIME) {
        return CHECK(chevm_state_set_nonce(on->state, &address, 1) == CHEVM_OK) &&
               CHECK(chevm_state_set_code(on->state, &address, contract->code,
                                          contract->code_size_bytes) == CHEVM_OK);
    }
    chevm_result result;
    const chevm_message create = {.kind = CHEVM_KIND_CREATE,
                                  .gas = (int64_t)contract->gas_limit,
                                  .sender = from->context.origin,
                                  .input = contract->code,
                                  .input_size = contract->code_size_bytes};
    uint64_t gas = play(on, from, create, &result);
    stage_end(on);
    return CHECK(result.status == CHEVM_OK) && CHECK_EQUAL(gas, contract->deploy_exec_gas) &&
           CHECK_BYTES(&result.create_address, &address, sizeof address);
}

static void check_output(const coldevm_contract *contract, const chevm_result *result) {
    CHECK_EQUAL(result->output_size, contract->output_size_bytes);
    if (contract->output_hashed != 0) {
        uint8_t hash[32];
        chevm_keccak256(hash, result->output, result->output_size);
        CHECK_BYTES(hash, contract->output_hash, sizeof hash);
    } else if (result->output_size == contract->output_size_bytes) {
        CHECK_BYTES(result->output, contract->output, contract->output_size_bytes);
    }
}

static void check_logs(const coldevm_contract *contract, const chevm_state *state) {
    size_t count;
    chevm_u256 hash;
    uint8_t bytes[32];
    (void)chevm_state_logs(state, &count);
    chevm_state_logs_hash(state, &hash);
    chevm_u256_to_be32(bytes, &hash);
    CHECK_EQUAL(count, contract->logs_count);
    CHECK_BYTES(bytes, contract->logs_hash, sizeof bytes);
}

static void check_case(const coldevm_contract *contract, chevm_engine engine) {
    stage on;
    world from;
    world_account sender;
    set_world(&from, &sender);
    CHECK(chevm_fork_parse(contract->fork, &from.fork));
    const stage_options options = {.fork = from.fork, .engine = engine, .gas = contract->gas_limit};
    if (!CHECK(stage_open(&on, &options) == EXIT_DONE)) {
        return;
    }
    if (CHECK(stage_load(&on, &from) == EXIT_DONE) && place(&on, &from, contract)) {
        chevm_result result;
        chevm_message call = {.gas = (int64_t)contract->gas_limit,
                              .sender = from.context.origin,
                              .input = contract->input,
                              .input_size = contract->input_size_bytes};
        memcpy(call.recipient.bytes, contract->address, sizeof call.recipient);
        uint64_t gas = play(&on, &from, call, &result);
        CHECK(result.status == CHEVM_OK);
        CHECK_EQUAL(gas, contract->exec_gas);
        CHECK_EQUAL(result.gas_refund, contract->refund);
        check_output(contract, &result);
        check_logs(contract, on.state);
        stage_end(&on);
    }
    stage_close(&on);
}

static void with_each_case(chevm_engine engine) {
    chevm_hash_init();
    CHECK(seal_is_armed());
    for (size_t i = 0; i < coldevm_contract_count; i++) {
        printf("# %s\n", coldevm_contracts[i].name);
        check_case(&coldevm_contracts[i], engine);
    }
}

TEST(contracts_do_as_expected_on_the_fast_engine) {
    with_each_case(CHEVM_ENGINE_FAST);
}

TEST(contracts_do_as_expected_on_the_portable_engine) {
    with_each_case(CHEVM_ENGINE_PORTABLE);
}
