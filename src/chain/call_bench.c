/* What a call costs before and after its code: begin and end, with and without value, kept and
 * reverted; and a creation with its deposit. */
#include <coldevm/state.h>

#include "bench.h"

static const chevm_address CALLER = {{0x10, [19] = 1}};
static const chevm_address TARGET = {{0x10, [19] = 2}};
static const chevm_tx_context CONTEXT = {.origin = {{1}}};

typedef struct world {
    chevm_state *state;
    chevm_message message;
    chevm_status status;
} world;

static uint64_t calls(void *context, uint64_t iterations) {
    world *const w = context;
    const chevm_host *const host = chevm_state_host();
    uint64_t sum = 0;
    if (chevm_state_begin_transaction(w->state, CHEVM_CANCUN, &CONTEXT) != CHEVM_OK) {
        return 0;
    }
    for (uint64_t i = 0; i < iterations; i++) {
        chevm_callee callee;
        chevm_result result = {.status = w->status, .gas_left = 100000};
        host->call_begin(w->state, &w->message, &callee);
        result.output = callee.code;
        result.output_size = w->message.kind == CHEVM_KIND_CREATE ? 32 : 0;
        host->call_end(w->state, &w->message, &result);
        sum += callee.code_size;
    }
    chevm_state_rollback_transaction(w->state);
    return sum;
}

static void measure(chevm_call_kind kind, uint64_t value, chevm_status status) {
    static const uint8_t code[64] = {0x60};
    const chevm_u256 rich = {{0, 1, 0, 0}};
    world w = {.status = status};
    if (chevm_state_create(&w.state, &(chevm_state_options){0}) != CH_OK) {
        return;
    }
    (void)chevm_state_set_balance(w.state, &CALLER, &rich);
    (void)chevm_state_set_code(w.state, &TARGET, code, sizeof code);
    w.message = (chevm_message){
        .kind = kind,
        .depth = 1,
        .gas = 100000,
        .recipient = TARGET,
        .sender = CALLER,
        .code_address = TARGET,
        .value = {{value, 0, 0, 0}},
        .input = code,
        .input_size = sizeof code,
    };
    ch_bench_add("state", calls, &w);
    ch_bench_expect_no_heap();
    ch_bench_run();
    chevm_state_destroy(w.state);
}

BENCH_GROUP(call_without_value) {
    measure(CHEVM_KIND_CALL, 0, CHEVM_OK);
}

BENCH_GROUP(call_with_value_reverted) {
    measure(CHEVM_KIND_CALL, 1, CHEVM_REVERT);
}

BENCH_GROUP(call_delegate) {
    measure(CHEVM_KIND_DELEGATECALL, 0, CHEVM_OK);
}

BENCH_GROUP(create_reverted) {
    measure(CHEVM_KIND_CREATE, 1, CHEVM_REVERT);
}
