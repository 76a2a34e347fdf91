/* evmc12_host_test.c: what the VM asks of an EVMC host, and what it makes of the answers: every
 * operation's arguments, the messages of all call kinds, statuses across the border, bad hosts. */
#include "evmc12_host.h"
#include "evmc12_rig.h"

#include "harness.h"

#define PRAGUE     13u
#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
/* Ends a test program: the word on top of the stack is the output. */
#define RETURN_TOP 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3

static rig_world world;
static chevm12_vm *vm;

static void start(void) {
    world = (rig_world){.revision = PRAGUE, .warm = true};
    world.accounts[0] = (rig_account){.name = 1, .balance = 1000};
    vm = evmc_create_coldevm();
    CHECK(vm != NULL);
}

static void finish(void) {
    vm->destroy(vm);
}

/* Runs code that ends in RETURN_TOP and gives the low 8 bytes of its word. */
static uint64_t top_of(const uint8_t *code, size_t code_size) {
    chevm12_result result = rig_run(vm, &world, 1000000, code, code_size);
    uint64_t low = 0;
    if (CHECK(result.status_code == CHEVM12_SUCCESS) && CHECK(result.output_size == 32)) {
        for (unsigned i = 24; i < 32; i++) {
            low = low << 8 | result.output_data[i];
        }
    }
    rig_release(&result);
    return low;
}

TEST(accounts_and_storage_are_asked_in_big_endian) {
    static const uint8_t code[] = {1, 2, 3, 4};
    start();
    world.accounts[1] =
        (rig_account){.name = 9, .code = code, .code_size = 4, .balance = 0x1122334455};
    CHECK_EQUAL(top_of(BYTES(0x60, 9, 0x31, RETURN_TOP)), 0x1122334455);
    CHECK_EQUAL(top_of(BYTES(0x47, RETURN_TOP)), 1000);
    CHECK_EQUAL(top_of(BYTES(0x60, 9, 0x3b, RETURN_TOP)), 4);
    CHECK_EQUAL(top_of(BYTES(0x60, 9, 0x3f, RETURN_TOP)), 0xc0de09);
    CHECK_EQUAL(top_of(BYTES(0x60, 8, 0x3f, RETURN_TOP)), 0);
    /* EXTCODECOPY(9, 24, 1, 8): 3 bytes there, the rest zero */
    CHECK_EQUAL(top_of(BYTES(0x60, 8, 0x60, 1, 0x60, 24, 0x60, 9, 0x3c, 0x5f, 0x51, RETURN_TOP)),
                0x0203040000000000);
    /* SSTORE(0x0102, 0x0304), SLOAD */
    CHECK_EQUAL(top_of(BYTES(0x61, 3, 4, 0x61, 1, 2, 0x55, 0x61, 1, 2, 0x54, RETURN_TOP)), 0x0304);
    CHECK_EQUAL(world.slots[0].key.bytes[30], 1);
    CHECK_EQUAL(world.slots[0].key.bytes[31], 2);
    CHECK_EQUAL(world.slots[0].value.bytes[31], 4);
    CHECK_EQUAL(world.slots[0].address.bytes[19], 1);
    /* TSTORE(5, 6), TLOAD(5): its own space */
    CHECK_EQUAL(top_of(BYTES(0x60, 6, 0x60, 5, 0x5d, 0x60, 5, 0x5c, RETURN_TOP)), 6);
    CHECK_EQUAL(top_of(BYTES(0x60, 5, 0x54, RETURN_TOP)), 0);
    finish();
}

TEST(surroundings_are_asked_once_and_only_if_needed) {
    static const struct {
        uint8_t op;
        uint64_t value;
    } cases[] = {{0x3a, 0x11}, {0x32, 0x12}, {0x41, 0x13}, {0x43, 500},  {0x42, 0x15},
                 {0x45, 0x16}, {0x44, 0x17}, {0x46, 0x18}, {0x48, 0x19}, {0x4a, 0x1a}};
    static const chevm12_bytes32 blobs[2] = {{{0, [31] = 0x77}}, {{0, [31] = 0x78}}};
    start();
    world.tx = (chevm12_tx_context){.block_number = 500,
                                    .block_timestamp = 0x15,
                                    .block_gas_limit = 0x16,
                                    .blob_hashes = blobs,
                                    .blob_hashes_count = 2};
    world.tx.tx_gas_price.bytes[31] = 0x11;
    world.tx.tx_origin.bytes[19] = 0x12;
    world.tx.block_coinbase.bytes[19] = 0x13;
    world.tx.block_prev_randao.bytes[31] = 0x17;
    world.tx.chain_id.bytes[31] = 0x18;
    world.tx.block_base_fee.bytes[31] = 0x19;
    world.tx.blob_base_fee.bytes[31] = 0x1a;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_EQUAL(top_of(BYTES(cases[i].op, RETURN_TOP)), cases[i].value);
    }
    CHECK_EQUAL(top_of(BYTES(0x60, 1, 0x49, RETURN_TOP)), 0x78);
    CHECK_EQUAL(top_of(BYTES(0x60, 2, 0x49, RETURN_TOP)), 0);
    CHECK_EQUAL(top_of(BYTES(0x61, 1, 0xf3, 0x40, RETURN_TOP)), 499 * 3); /* BLOCKHASH(499) */
    CHECK_EQUAL(world.block_asked, 499);
    world.block_asked = -1;
    CHECK_EQUAL(top_of(BYTES(0x61, 1, 0xf4, 0x40, RETURN_TOP)), 0); /* itself: not asked */
    CHECK_EQUAL(top_of(BYTES(0x60, 243, 0x40, RETURN_TOP)), 0);     /* 257 back: not asked */
    CHECK_EQUAL(world.block_asked, -1);
    world.tx_asked = 0;
    (void)top_of(BYTES(0x30, RETURN_TOP));
    CHECK_EQUAL(world.tx_asked, 0);
    (void)top_of(BYTES(0x43, 0x42, 0x48, RETURN_TOP));
    CHECK_EQUAL(world.tx_asked, 1);
    finish();
}

TEST(logs_carry_data_and_topics) {
    start();
    /* MSTORE8(3, 0xab), LOG2(3, 2, 0x0102, 5) */
    chevm12_result result =
        rig_run(vm, &world, 10000,
                BYTES(0x60, 0xab, 0x60, 3, 0x53, 0x60, 5, 0x61, 1, 2, 0x60, 2, 0x60, 3, 0xa2));
    CHECK_EQUAL(result.status_code, CHEVM12_SUCCESS);
    CHECK_EQUAL(world.logs, 1);
    CHECK_EQUAL(world.log_size, 2);
    CHECK_BYTES(world.log_data, "\xab\0", 2);
    CHECK_EQUAL(world.topic_count, 2);
    CHECK(world.topics[0].bytes[30] == 1 && world.topics[0].bytes[31] == 2);
    CHECK(world.topics[1].bytes[31] == 5);
    finish();
}

TEST(selfdestruct_refunds_the_first_time_before_london) {
    start();
    world.revision = 8;
    chevm12_result result = rig_run(vm, &world, 100000, BYTES(0x60, 1, 0xff));
    CHECK_EQUAL(result.status_code, CHEVM12_SUCCESS);
    CHECK_EQUAL(result.gas_refund, 24000);
    result = rig_run(vm, &world, 100000, BYTES(0x60, 1, 0xff));
    CHECK_EQUAL(result.gas_refund, 0);
    world.destroyed = 0;
    world.revision = 9;
    result = rig_run(vm, &world, 100000, BYTES(0x60, 1, 0xff));
    CHECK_EQUAL(result.gas_refund, 0);
    CHECK_EQUAL(world.destroyed, 1);
    finish();
}

/* ---- Messages ----------------------------------------------------------------------------------
 */

typedef struct call_case {
    uint8_t op;
    uint32_t kind;
    uint8_t recipient, sender, code_address, value;
    uint32_t flags, static_flags; /* sent by a plain and by a static frame */
    int64_t stipend;
} call_case;

/* Self is account 1, its caller 2, its own value 7; the target is 9, the value operand 3. */
static const call_case calls[] = {
    {0xf1, CHEVM12_CALL, 9, 1, 9, 3, 0, CHEVM12_STATIC, 2300},
    {0xf2, CHEVM12_CALLCODE, 1, 1, 9, 3, 0, CHEVM12_STATIC, 2300},
    {0xf4, CHEVM12_DELEGATECALL, 1, 2, 9, 7, 0, CHEVM12_STATIC, 0},
    {0xfa, CHEVM12_CALL, 9, 1, 9, 0, CHEVM12_STATIC, CHEVM12_STATIC, 0},
};

static void run_call(const call_case *c, bool is_static, uint8_t value) {
    uint8_t code[32];
    size_t size = 0;
    const uint8_t head[] = {0x60, 4, 0x60, 64, 0x60, 2, 0x60, 1}; /* out 4 at 64, in 2 at 1 */
    memcpy(code, head, sizeof head);
    size = sizeof head;
    if (c->op == 0xf1 || c->op == 0xf2) {
        code[size++] = 0x60;
        code[size++] = value;
    }
    const uint8_t tail[] = {0x60, 9, 0x61, 0x10, 0x00, c->op, RETURN_TOP}; /* gas 4096 */
    memcpy(code + size, tail, sizeof tail);
    size += sizeof tail;
    chevm12_message message = rig_message(100000);
    message.depth = 6;
    message.value.bytes[31] = 7;
    message.flags = is_static ? CHEVM12_STATIC : 0;
    chevm12_result result =
        vm->execute(vm, &rig_host, &world, world.revision, &message, code, size);
    CHECK_EQUAL(result.status_code, CHEVM12_SUCCESS);
    rig_release(&result);
}

TEST(calls_send_the_messages_of_their_kind) {
    start();
    for (unsigned is_static = 0; is_static < 2; is_static++) {
        for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
            const call_case *c = &calls[i];
            const uint8_t value = is_static && c->op == 0xf1 ? 0 : c->value;
            memset(&world.message, 0xee, sizeof world.message);
            run_call(c, is_static != 0, value);
            const chevm12_message *got = &world.message;
            CHECK_EQUAL(got->kind, c->kind);
            CHECK_EQUAL(got->flags, is_static ? c->static_flags : c->flags);
            CHECK_EQUAL(got->depth, 7);
            CHECK_EQUAL(got->gas, 4096 + (value != 0 ? c->stipend : 0));
            CHECK_EQUAL(rig_name(&got->recipient), c->recipient);
            CHECK_EQUAL(rig_name(&got->sender), c->sender);
            CHECK_EQUAL(rig_name(&got->code_address), c->code_address);
            CHECK_EQUAL(got->value.bytes[31], value);
            CHECK(got->input_data != NULL);
            CHECK_EQUAL(got->input_size, 2);
            CHECK(got->code == NULL && got->code_size == 0);
        }
    }
    finish();
}

TEST(creations_leave_the_address_to_the_host) {
    start();
    world.answer = (chevm12_result){.status_code = CHEVM12_SUCCESS, .gas_left = 100};
    world.answer.create_address.bytes[0] = 0xaa;
    world.answer.create_address.bytes[19] = 0x55;
    /* CREATE2(value 3, offset 1, size 2, salt 0x0708) */
    CHECK_EQUAL(top_of(BYTES(0x61, 7, 8, 0x60, 2, 0x60, 1, 0x60, 3, 0xf5, RETURN_TOP)), 0x55);
    CHECK_EQUAL(world.message.kind, CHEVM12_CREATE2);
    CHECK_EQUAL(world.message.create2_salt.bytes[30], 7);
    CHECK_EQUAL(world.message.create2_salt.bytes[31], 8);
    CHECK_EQUAL(rig_name(&world.message.sender), 1);
    CHECK_EQUAL(world.message.value.bytes[31], 3);
    CHECK_EQUAL(world.message.input_size, 2);
    static const uint8_t zero[20];
    CHECK_BYTES(&world.message.recipient, zero, 20);
    CHECK_BYTES(&world.message.code_address, zero, 20);
    CHECK_EQUAL(top_of(BYTES(0x5f, 0x5f, 0x5f, 0xf0, RETURN_TOP)), 0x55);
    CHECK_EQUAL(world.message.kind, CHEVM12_CREATE);
    CHECK(world.message.input_data == NULL);
    CHECK_EQUAL(world.message.create2_salt.bytes[31], 0);
    world.answer.status_code = CHEVM12_FAILURE; /* nonce at its maximum: all gas comes back */
    world.answer.gas_left = INT64_MAX;
    CHECK_EQUAL(top_of(BYTES(0x5f, 0x5f, 0x5f, 0xf0, RETURN_TOP)), 0);
    finish();
}

TEST(depth_and_balance_are_light_failures_without_a_call) {
    start();
    /* CALL(gas, 9, value 200 of 100 ...) */
    world.accounts[0].balance = 100;
    CHECK_EQUAL(top_of(BYTES(0x5f, 0x5f, 0x5f, 0x5f, 0x60, 200, 0x60, 9, 0x5a, 0xf1, RETURN_TOP)),
                0);
    CHECK_EQUAL(world.calls, 0);
    chevm12_message message = rig_message(100000);
    message.depth = 1024;
    const uint8_t code[] = {0x5f, 0x5f, 0x5f, 0x5f, 0x60, 9, 0x5a, 0xfa, RETURN_TOP};
    chevm12_result result = vm->execute(vm, &rig_host, &world, PRAGUE, &message, code, sizeof code);
    CHECK_EQUAL(result.status_code, CHEVM12_SUCCESS);
    CHECK_EQUAL(result.output_data[31], 0);
    CHECK_EQUAL(world.calls, 0);
    rig_release(&result);
    finish();
}

TEST(delegated_accounts_are_followed_one_hop) {
    static const uint8_t designation[23] = {0xef, 0x01, 0x00, [22] = 0x33};
    start();
    world.accounts[1] = (rig_account){.name = 9, .code = designation, .code_size = 23};
    run_call(&calls[0], false, 3);
    CHECK_EQUAL(world.message.flags, CHEVM12_DELEGATED);
    CHECK_EQUAL(rig_name(&world.message.recipient), 9);
    CHECK_EQUAL(rig_name(&world.message.code_address), 0x33);
    world.revision = 12; /* before Prague */
    run_call(&calls[0], false, 3);
    CHECK_EQUAL(world.message.flags, 0);
    CHECK_EQUAL(rig_name(&world.message.code_address), 9);
    finish();
}

/* ---- Answers -----------------------------------------------------------------------------------
 */

/* GAS before and after a call of 4096 gas: what came back. */
static int64_t gas_back(const chevm12_result *answer) {
    world.answer = *answer;
    /* GAS, STATICCALL(4096, 9), POP, GAS, SWAP1, SUB: what it took, with 2 + 5*... constant */
    static const uint8_t code[] = {0x5a, 0x5f, 0x5f, 0x5f, 0x5f, 0x60, 9,    0x61,
                                   0x10, 0,    0xfa, 0x50, 0x5a, 0x90, 0x03, RETURN_TOP};
    return 4096 - (int64_t)top_of(code, sizeof code);
}

TEST(gas_comes_back_whatever_the_status) {
    start();
    chevm12_result answer = {.status_code = CHEVM12_SUCCESS};
    const int64_t none = gas_back(&answer);
    for (int32_t status = 0; status < 40; status++) {
        answer.status_code = status;
        answer.gas_left = 1234;
        CHECK_EQUAL(gas_back(&answer) - none, 1234);
        answer.gas_left = 5000; /* more than was given: a lie */
        CHECK_EQUAL(gas_back(&answer) - none, 4096);
        answer.gas_left = -7;
        CHECK_EQUAL(gas_back(&answer) - none, 0);
    }
    finish();
}

TEST(only_success_pushes_one_and_output_is_return_data) {
    start();
    static const uint8_t bytes[] = {0xde, 0xad};
    for (int32_t status = 0; status < 40; status++) {
        world.answer = (chevm12_result){
            .status_code = status, .output_data = bytes, .output_size = sizeof bytes};
        const uint8_t success[] = {0x5f, 0x5f, 0x5f, 0x5f, 0x60, 9, 0x5a, 0xfa, RETURN_TOP};
        CHECK_EQUAL(top_of(success, sizeof success), status == CHEVM12_SUCCESS);
        const uint8_t copied[] = {0x5f, 0x5f, 0x5f, 0x5f, 0x60, 9,    0x5a, 0xfa,      0x3d,
                                  0x5f, 0x5f, 0x3e, 0x3d, 0x5f, 0x51, 0x01, RETURN_TOP};
        CHECK_EQUAL(top_of(copied, sizeof copied), 2);
    }
    world.answer = (chevm12_result){.output_data = NULL, .output_size = 99}; /* a lie */
    CHECK_EQUAL(top_of(BYTES(0x5f, 0x5f, 0x5f, 0x5f, 0x60, 9, 0x5a, 0xfa, 0x3d, RETURN_TOP)), 0);
    finish();
}

static unsigned released;
static void count_release(const chevm12_result *result) {
    released += result->output_size != 0;
}

TEST(results_of_calls_are_released_exactly_once) {
    start();
    static const uint8_t bytes[] = {1};
    world.answer = (chevm12_result){
        .output_data = bytes, .output_size = 1, .release = count_release, .gas_left = 10};
    /* two calls, then stop; then one call and a failure */
    released = 0;
    chevm12_result result = rig_run(vm, &world, 100000,
                                    BYTES(0x5f, 0x5f, 0x5f, 0x5f, 0x60, 9, 0x5a, 0xfa, 0x5f, 0x5f,
                                          0x5f, 0x5f, 0x60, 9, 0x5a, 0xfa));
    CHECK_EQUAL(result.status_code, CHEVM12_SUCCESS);
    CHECK_EQUAL(released, 2);
    result = rig_run(vm, &world, 100000, BYTES(0x5f, 0x5f, 0x5f, 0x5f, 0x60, 9, 0x5a, 0xfa, 0xfe));
    CHECK_EQUAL(result.status_code, CHEVM12_INVALID_INSTRUCTION);
    CHECK_EQUAL(released, 3);
    finish();
}

TEST(negative_statuses_end_the_frame_with_the_same_number) {
    start();
    static const int32_t statuses[] = {-1, -2, -3, -4, -100, INT32_MIN};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        world.answer = (chevm12_result){.status_code = statuses[i], .gas_left = 100};
        chevm12_result result = rig_run(
            vm, &world, 100000, BYTES(0x5f, 0x5f, 0x5f, 0x5f, 0x60, 9, 0x5a, 0xfa, RETURN_TOP));
        CHECK(result.status_code == statuses[i]);
        CHECK(result.gas_left == 0 && result.output_data == NULL && result.release == NULL);
    }
    finish();
}

TEST(refunds_of_children_add_up) {
    start();
    world.answer = (chevm12_result){.gas_left = 10, .gas_refund = -4800};
    const uint8_t code[] = {0x5f, 0x5f, 0x5f, 0x5f, 0x60, 9, 0x5a, 0xfa,
                            0x5f, 0x5f, 0x5f, 0x5f, 0x60, 9, 0x5a, 0xfa};
    chevm12_result result = rig_run(vm, &world, 100000, code, sizeof code);
    CHECK(result.gas_refund == -9600);
    world.answer.status_code = CHEVM12_REVERT;
    result = rig_run(vm, &world, 100000, code, sizeof code);
    CHECK_EQUAL(result.gas_refund, 0);
    finish();
}

TEST(a_lying_host_is_an_internal_error) {
    start();
    world.storage_status = 9;
    chevm12_result result = rig_run(vm, &world, 100000, BYTES(0x60, 1, 0x5f, 0x55));
    CHECK(result.status_code == CHEVM12_INTERNAL_ERROR);
    world.tx.blob_hashes_count = CHEVMI_EVMC12_BLOBS + 1;
    result = rig_run(vm, &world, 100000, BYTES(0x5f, 0x49));
    CHECK(result.status_code == CHEVM12_INTERNAL_ERROR);
    world.storage_status = 3;
    result = rig_run(vm, &world, 100000, BYTES(0x60, 1, 0x5f, 0x55));
    CHECK(result.status_code == CHEVM12_SUCCESS);
    finish();
}

TEST(statuses_map_as_the_specification_says) {
#define EXPECT(name, number) CHECK(chevmi_evmc12_status_out(CHEVM_##name) == (number))
    EXPECT(OK, 0), EXPECT(REVERT, 2), EXPECT(OUT_OF_GAS, 3), EXPECT(INITCODE_SIZE, 3);
    EXPECT(GAS_OVERFLOW, 3), EXPECT(INVALID_OPCODE, 4), EXPECT(UNDEFINED_OPCODE, 5);
    EXPECT(STACK_OVERFLOW, 6), EXPECT(STACK_UNDERFLOW, 7), EXPECT(BAD_JUMP, 8);
    EXPECT(RETURN_DATA_BOUNDS, 9), EXPECT(CALL_DEPTH, 10), EXPECT(STATIC_VIOLATION, 11);
    EXPECT(PRECOMPILE_FAILURE, 12), EXPECT(CODE_PREFIX, 13), EXPECT(BALANCE, 17);
    EXPECT(CREATE_COLLISION, 1), EXPECT(CODE_SIZE, 1), EXPECT(CODE_STORE_GAS, 1);
    EXPECT(NONCE_OVERFLOW, 1), EXPECT(HOST_FAILURE, 1), EXPECT(INTERNAL, -1);
    EXPECT(HEAP_CALL, -1), EXPECT(REJECTED, -2);
    EXPECT(OUT_OF_MEMORY, -3), EXPECT(MEMORY_LIMIT_EXCEEDED, -3), EXPECT(STATE_FULL, -3);
    EXPECT(LOGS_FULL, -3), EXPECT(JOURNAL_FULL, -3), EXPECT(CODE_FULL, -3);
    EXPECT(INVALID_OFFSET, -3), EXPECT(INVALID_SIZE, -3);
#undef EXPECT
    for (int32_t status = 0; status <= 17; status++) { /* there and back, where there is a name */
        const chevm_status in = chevmi_evmc12_status_in(status);
        const bool nameless = status >= 14 && status <= 16;
        CHECK(chevmi_evmc12_status_out(in) == (nameless ? CHEVM12_FAILURE : status));
        CHECK(in < CHEVM_STATUS_MACHINE);
    }
    for (int32_t status = -10; status < 0; status++) {
        CHECK(chevmi_evmc12_status_in(status) >= CHEVM_STATUS_MACHINE);
    }
    CHECK(chevmi_evmc12_status_in(INT32_MAX) == CHEVM_HOST_FAILURE);
}
