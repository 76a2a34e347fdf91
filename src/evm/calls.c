/* calls.c: frames begin and end here: CALL and its kin, CREATE, RETURN. Nothing recurses: a call
 * sets up the next frame and the loop goes on in it; when it ends, its parent is made the running
 * frame again. Sources: EIPs 7, 150, 161, 211, 214, 1014, 2929, 3860, 7702; duties of the host:
 * host.h. */
#include "internal.h"

#include <string.h>

/* ---- Frames ---- */

/* Fuses before the first instruction, or never. */
static void force_fusing(chevm *vm, chevmi_code *code) {
    if (vm->fusing == CHEVM_FUSE_NEVER) {
        code->analysis->budget = -1;
    } else if (code->analysis->fused == NULL && code->analysis->budget > 0) {
        chevmi_fuse(vm, code);
    }
}

/* No room in scratch, or none lent: the code goes on plain. */
void chevmi_fuse(chevm *vm, chevmi_code *code) {
    if (!code->cached && chevmi_lender_refuses(&vm->lender)) {
        code->analysis->budget = -1;
        return;
    }
    chevmi_code_fuse(code, code->cached ? &vm->cache.bytes : vm->lender.scratch, vm->rules.defined);
}

/* The record of a call that `caller` begins. NULL: none was lent. */
CH_INLINE chevmi_frame *next_frame(chevm *vm, chevmi_frame *caller) {
    return CH_LIKELY(!vm->lends) ? caller + 1 : chevmi_borrow_frame(vm, caller);
}

/* Gives back what code and operands of a frame took. */
static void leave_code(chevm *vm, chevmi_frame *frame) {
    if (frame->uses_scratch) {
        ch_arena_release(vm->lender.scratch, frame->scratch);
    }
    if (CH_UNLIKELY(vm->lends)) {
        chevmi_return_stack(vm, frame);
    }
}

bool chevmi_enter(chevm *vm, chevmi_frame *frame, chevm_u256 *base, const chevm_callee *callee) {
    if (CH_UNLIKELY(vm->lends)) {
        base = chevmi_borrow_stack(vm, frame, base);
        if (base == NULL) {
            return false;
        }
    }
    frame->base = base;
    frame->scratch = ch_arena_mark(vm->lender.scratch);
    frame->uses_scratch = true;
    if (!chevmi_code_prepare(&frame->code, &vm->cache, &vm->lender, callee->code, callee->code_size,
                             callee->padded, callee->code_hash)) {
        leave_code(vm, frame);
        return false;
    }
    frame->uses_scratch = !(frame->code.cached && callee->padded);
    if (CH_UNLIKELY(vm->fusing != CHEVM_FUSE_WHEN_HOT)) {
        force_fusing(vm, &frame->code);
    }
    bool creates = frame->message.kind >= CHEVM_KIND_CREATE;
    frame->input = creates ? NULL : frame->message.input;
    frame->input_size = creates ? 0 : frame->message.input_size;
    frame->sp = base - 1;
    frame->pc = vm->tracer != NULL ? frame->code.bytes : frame->code.run;
    frame->gas = frame->message.gas;
    frame->refund_before = vm->refund;
    chevm_memory_open(&vm->memory, &frame->memory);
    vm->frame = frame;
    vm->lender.spare = NULL; /* it is this one */
    vm->return_size = 0;
    vm->stats.frames++;
    uint32_t depth = frame->message.depth;
    vm->stats.depth_peak = depth > vm->stats.depth_peak ? depth : vm->stats.depth_peak;
    return true;
}

void chevmi_leave(chevm *vm, chevmi_frame *frame) {
    chevm_memory_close_wiped(&vm->memory, &frame->memory); /* its output has been kept */
    leave_code(vm, frame);
}

/* The last use of a frame's record. */
CH_INLINE void drop_frame(chevm *vm, chevmi_frame *frame) {
    if (CH_UNLIKELY(vm->lends)) {
        chevmi_return_frame(vm, frame);
    }
}

/* Moves an output, which lies in memory that is about to end, to the return buffer. False if it
 * does not fit. */
static bool keep_output(chevm *vm, chevm_result *result) {
    if (result->output_size > vm->return_capacity) {
        return false;
    }
    if (CH_UNLIKELY(vm->lends)) {
        return chevmi_borrow_output(vm, result);
    }
    if (result->output_size > 0) {
        memmove(vm->return_buffer, result->output, result->output_size);
        result->output = vm->return_buffer;
    } else {
        result->output = NULL;
    }
    return true;
}

/* Hands a finished call's result to `caller`, the running frame: gas, return data, output, success.
 */
static void deliver(chevm *vm, chevmi_frame *caller, const chevmi_frame *call,
                    const chevm_result *result) {
    bool creates = call->message.kind >= CHEVM_KIND_CREATE;
    bool success = result->status == CHEVM_OK;
    caller->gas += result->gas_left;
    vm->return_size = creates && success ? 0 : result->output_size;
    vm->return_data = result->output;
    caller->sp++;
    if (creates && success) {
        chevmi_address_to_word(caller->sp, &result->create_address);
    } else {
        chevm_u256_set_u64(caller->sp, success);
    }
    uint64_t count = call->return_size < vm->return_size ? call->return_size : vm->return_size;
    if (count > 0) {
        memcpy(vm->memory.data + call->return_offset, vm->return_data, (size_t)count);
    }
}

/* Ends every frame with a status of the machine. */
static bool unwind(chevm *vm, chevm_status status) {
    chevmi_frame *frame = vm->frame;
    while (frame != vm->first) {
        chevm_result result = {.status = status};
        vm->host->call_end(vm->context, &frame->message, &result);
        chevmi_frame *parent = frame->parent;
        chevmi_leave(vm, frame);
        drop_frame(vm, frame);
        frame = parent;
    }
    vm->frame = frame;
    vm->refund = frame->refund_before;
    *vm->result = (chevm_result){.status = status};
    return false;
}

bool chevmi_finish(chevm *vm, chevm_status status, int64_t gas, const uint8_t *output,
                   size_t size) {
    chevmi_frame *frame = vm->frame;
    chevm_result result = {.status = status,
                           .gas_left = gas,
                           .output = output,
                           .output_size = size,
                           .create_address = frame->message.recipient};
    if (CH_UNLIKELY(status >= CHEVM_STATUS_MACHINE)) {
        return unwind(vm, status);
    }
    if (CH_UNLIKELY(!keep_output(vm, &result))) {
        return unwind(vm, CHEVM_OUT_OF_MEMORY);
    }
    if (frame == vm->first) {
        vm->refund = status == CHEVM_OK ? vm->refund : frame->refund_before;
        result.gas_refund = vm->refund - frame->refund_before;
        *vm->result = result;
        return false;
    }
    vm->host->call_end(vm->context, &frame->message, &result);
    chevmi_leave(vm, frame);
    vm->frame = frame->parent;
    if (CH_UNLIKELY(result.status >= CHEVM_STATUS_MACHINE)) {
        drop_frame(vm, frame);
        return unwind(vm, result.status);
    }
    vm->refund = result.status == CHEVM_OK ? vm->refund : frame->refund_before;
    deliver(vm, frame->parent, frame, &result);
    drop_frame(vm, frame);
    return true;
}

/* ---- Beginning a call ---- */

/* Starts call->message, whose gas has been taken from the caller: asks the host, then either enters
 * the new frame or delivers the result at once. */
static bool start(chevm *vm, chevmi_frame *caller, chevmi_frame *call) {
    chevm_callee *callee = &vm->callee; /* not on the C stack: a host may come back in */
    vm->host->call_begin(vm->context, &call->message, callee);
    if (callee->run) {
        call->message.recipient = callee->recipient;
        call->parent = caller;
        if (call->message.depth - vm->first->message.depth <= vm->depth_max &&
            chevmi_enter(vm, call, caller->sp + 1, callee)) {
            return true;
        }
        chevm_result result = {.status = CHEVM_OUT_OF_MEMORY};
        vm->host->call_end(vm->context, &call->message, &result);
        (void)chevmi_fail(vm, CHEVM_OUT_OF_MEMORY, caller->gas);
        return false;
    }
    chevm_result *result = &callee->result;
    if (CH_UNLIKELY(result->status >= CHEVM_STATUS_MACHINE)) {
        (void)chevmi_fail(vm, result->status, caller->gas);
        return false;
    }
    if (!keep_output(vm, result)) {
        (void)chevmi_fail(vm, CHEVM_OUT_OF_MEMORY, caller->gas);
        return false;
    }
    vm->refund += result->status == CHEVM_OK ? result->gas_refund : 0;
    deliver(vm, caller, call, result);
    return true;
}

/* A call that does not happen: its gas is back, 0 on the stack; or the machine cannot go on. */
static bool light_failure(chevm *vm, chevmi_frame *caller, const chevmi_frame *call,
                          chevm_status status) {
    if (CH_UNLIKELY(status >= CHEVM_STATUS_MACHINE)) {
        (void)chevmi_fail(vm, status, caller->gas);
        return false;
    }
    chevm_result result = {.status = status, .gas_left = call->message.gas};
    deliver(vm, caller, call, &result);
    return true;
}

/* Whether payer has the value: OK or BALANCE; OUT_OF_MEMORY if there is no word to look with. */
static chevm_status can_pay(chevm *vm, const chevm_address *payer, const chevm_u256 *value) {
    chevm_u256 own;
    chevm_u256 *balance = CH_LIKELY(!vm->lends) ? &own : chevmi_borrow_word(vm, &own);
    if (CH_UNLIKELY(balance == NULL)) {
        return CHEVM_OUT_OF_MEMORY;
    }
    vm->host->get_balance(vm->context, payer, balance);
    chevm_status status = chevm_u256_less(balance, value) ? CHEVM_BALANCE : CHEVM_OK;
    if (CH_UNLIKELY(vm->lends)) {
        chevmi_return_word(vm, balance, &own);
    }
    return status;
}

/* EIP-7702: if the target's code is a delegation, the delegate's code runs and its access is
 * charged. */
static int64_t follow_delegation(chevm *vm, chevm_message *message, int64_t gas) {
    uint8_t code[23];
    if (vm->host->copy_code(vm->context, &message->code_address, 0, code, sizeof code) ==
            sizeof code &&
        code[0] == 0xef && code[1] == 0x01 && code[2] == 0x00 &&
        vm->host->get_code_size(vm->context, &message->code_address) == sizeof code) {
        memcpy(message->code_address.bytes, code + 3, 20);
        message->flags |= CHEVM_FLAG_DELEGATED;
        gas = chevmi_access_account(vm, &message->code_address, gas);
        if (gas < 0 && !chevmi_prices_on(vm, &gas)) {
            return gas;
        }
        gas -= vm->rules.price[CHEVMI_OP_CALL]; /* charged like a target: 100 warm, 2600 cold */
    }
    return gas >= 0 ? gas : chevmi_fail(vm, CHEVM_OUT_OF_GAS, gas);
}

/* Operands of the four calls; value is NULL where there is none. */
typedef struct call_operands {
    const chevm_u256 *gas;
    const chevm_u256 *value;
    const chevm_u256 *rest; /* rest[0] input offset, [-1] size, [-2] output offset, [-3] size */
} call_operands;

/* Who and what, by kind; spec evmc.md V6. */
static void fill_message(chevm_message *message, const chevm_message *own, uint8_t op,
                         const call_operands *operands, const chevm_u256 *target) {
    message->flags = own->flags & CHEVM_FLAG_STATIC;
    message->depth = own->depth + 1;
    chevmi_word_to_address(&message->code_address, target);
    message->recipient = own->recipient;
    message->sender = own->recipient;
    switch (op) {
    case CHEVMI_OP_CALL:
        message->kind = CHEVM_KIND_CALL;
        message->recipient = message->code_address;
        chevm_u256_copy(&message->value, operands->value);
        break;
    case CHEVMI_OP_CALLCODE:
        message->kind = CHEVM_KIND_CALLCODE;
        chevm_u256_copy(&message->value, operands->value);
        break;
    case CHEVMI_OP_DELEGATECALL:
        message->kind = CHEVM_KIND_DELEGATECALL;
        message->sender = own->sender;
        chevm_u256_copy(&message->value, &own->value);
        break;
    default:
        message->kind = CHEVM_KIND_CALL;
        message->recipient = message->code_address;
        message->flags |= CHEVM_FLAG_STATIC;
        chevm_u256_set_u64(&message->value, 0);
        break;
    }
}

/* Everything a call costs before the gas it hands on. */
static int64_t charge_call(chevm *vm, chevmi_frame *call, uint8_t op, const call_operands *operands,
                           int64_t gas) {
    chevm_message *message = &call->message;
    bool moves_value = operands->value != NULL && !chevm_u256_is_zero(operands->value);
    if (moves_value && op == CHEVMI_OP_CALL && (message->flags & CHEVM_FLAG_STATIC)) {
        return chevmi_fail(vm, CHEVM_STATIC_VIOLATION, gas);
    }
    const chevm_u256 *rest = operands->rest;
    gas = chevmi_touch_both(vm, &rest[0], &rest[-1], &rest[-2], &rest[-3], gas);
    if (gas < 0 && !chevmi_prices_on(vm, &gas)) {
        return gas;
    }
    gas = chevmi_access_account(vm, &message->code_address, gas);
    if (gas < 0 && !chevmi_prices_on(vm, &gas)) {
        return gas;
    }
    gas -= moves_value ? CHEVMI_GAS_CALL_VALUE : 0;
    if (op == CHEVMI_OP_CALL && (moves_value || !vm->rules.new_account_needs_value) &&
        !vm->host->account_exists(vm->context, &message->recipient)) {
        gas -= CHEVMI_GAS_NEW_ACCOUNT;
    }
    if (gas < 0) {
        (void)chevmi_fail(vm, CHEVM_OUT_OF_GAS, gas);
        if (!chevmi_prices_on(vm, &gas)) {
            return gas;
        }
    }
    return vm->rules.follows_delegation ? follow_delegation(vm, message, gas) : gas;
}

/* Before EIP-150 a call must pay the gas it asks for: that is part of what it fails to pay. */
static bool fail_with_request(chevm *vm, const chevm_u256 *request) {
    uint64_t spent = (uint64_t)vm->frame->gas - (uint64_t)vm->failed_gas;
    uint64_t most = UINT64_MAX - (uint64_t)vm->rules.price[CHEVMI_OP_CALL] - spent;
    if (vm->status == CHEVM_OUT_OF_GAS &&
        (!chevm_u256_fits_u64(request) || request->limbs[0] > most)) {
        vm->status = CHEVM_GAS_OVERFLOW;
    }
    (void)chevmi_failed_too(vm, request->limbs[0]);
    return false;
}

bool chevmi_begin_call(chevm *vm, uint8_t op) {
    chevmi_frame *caller = vm->frame;
    chevmi_frame *call = next_frame(vm, caller);
    chevm_u256 *sp = caller->sp;
    if (CH_UNLIKELY(call == NULL)) {
        (void)chevmi_fail(vm, CHEVM_OUT_OF_MEMORY, caller->gas);
        return false;
    }
    bool has_value = op == CHEVMI_OP_CALL || op == CHEVMI_OP_CALLCODE;
    call_operands operands = {&sp[0], has_value ? &sp[-2] : NULL, has_value ? &sp[-3] : &sp[-2]};
    fill_message(&call->message, &caller->message, op, &operands, &sp[-1]);
    int64_t gas = charge_call(vm, call, op, &operands, caller->gas);
    if (gas < 0) {
        return vm->rules.keeps_64th ? false : fail_with_request(vm, operands.gas);
    }
    int64_t most = vm->rules.keeps_64th ? gas - gas / 64 : gas;
    bool fits = chevm_u256_fits_u64(operands.gas) && operands.gas->limbs[0] <= (uint64_t)most;
    if (!fits && !vm->rules.keeps_64th) {
        (void)chevmi_fail(vm, CHEVM_OUT_OF_GAS, gas);
        return fail_with_request(vm, operands.gas);
    }
    int64_t handed = fits ? (int64_t)operands.gas->limbs[0] : most;
    bool pays = has_value && !chevm_u256_is_zero(operands.value);
    caller->gas = gas - handed;
    vm->trace_cost = vm->trace_gas - caller->gas;
    call->message.gas = handed + (pays ? CHEVMI_GAS_CALL_STIPEND : 0);
    call->message.input = chevmi_memory_at(vm, &operands.rest[0], &operands.rest[-1]);
    call->message.input_size = (size_t)operands.rest[-1].limbs[0];
    call->return_offset = operands.rest[-2].limbs[0];
    call->return_size = operands.rest[-3].limbs[0];
    caller->sp = sp - (has_value ? 7 : 6);
    vm->return_size = 0;
    if (caller->message.depth >= CHEVM_DEPTH_MAX) {
        return light_failure(vm, caller, call, CHEVM_CALL_DEPTH);
    }
    if (pays) {
        chevm_status status = can_pay(vm, &caller->message.recipient, &call->message.value);
        if (status != CHEVM_OK) {
            return light_failure(vm, caller, call, status);
        }
    }
    return start(vm, caller, call);
}

/* Memory, size limit and price of the initcode at sp[-1], sp[-2]. */
static int64_t charge_create(chevm *vm, const chevm_u256 *sp, uint8_t op, int64_t gas) {
    if (vm->frame->message.flags & CHEVM_FLAG_STATIC) {
        return chevmi_fail(vm, CHEVM_STATIC_VIOLATION, gas);
    }
    if (vm->rules.initcode_max > 0 &&
        (!chevm_u256_fits_u64(&sp[-2]) || sp[-2].limbs[0] > (uint64_t)vm->rules.initcode_max)) {
        return chevmi_fail(vm, CHEVM_INITCODE_SIZE, gas);
    }
    gas = chevmi_touch(vm, &sp[-1], &sp[-2], gas);
    int64_t per_word =
        vm->rules.initcode_word + (op == CHEVMI_OP_CREATE2 ? CHEVMI_GAS_KECCAK_WORD : 0);
    uint64_t words = sp[-2].limbs[0] / 32 + (sp[-2].limbs[0] % 32 != 0);
    if (gas < 0) {
        return chevmi_failed_too(vm, words * (uint64_t)per_word);
    }
    gas -= (int64_t)words * per_word;
    return gas >= 0 ? gas : chevmi_fail(vm, CHEVM_OUT_OF_GAS, gas);
}

bool chevmi_begin_create(chevm *vm, uint8_t op) {
    chevmi_frame *caller = vm->frame;
    chevmi_frame *call = next_frame(vm, caller);
    chevm_u256 *sp = caller->sp;
    if (CH_UNLIKELY(call == NULL)) {
        (void)chevmi_fail(vm, CHEVM_OUT_OF_MEMORY, caller->gas);
        return false;
    }
    int64_t gas = charge_create(vm, sp, op, caller->gas);
    if (gas < 0) {
        return false;
    }
    vm->trace_cost = vm->trace_gas - gas;
    chevm_message *message = &call->message;
    message->kind = op == CHEVMI_OP_CREATE2 ? CHEVM_KIND_CREATE2 : CHEVM_KIND_CREATE;
    message->flags = 0;
    message->depth = caller->message.depth + 1;
    message->gas = vm->rules.keeps_64th ? gas - gas / 64 : gas;
    message->sender = caller->message.recipient;
    memset(&message->recipient, 0, sizeof message->recipient);
    memset(&message->code_address, 0, sizeof message->code_address);
    chevm_u256_copy(&message->value, &sp[0]);
    message->input = chevmi_memory_at(vm, &sp[-1], &sp[-2]);
    message->input_size = (size_t)sp[-2].limbs[0];
    if (op == CHEVMI_OP_CREATE2) {
        chevm_u256_copy(&message->salt, &sp[-3]);
    } else {
        chevm_u256_set_u64(&message->salt, 0);
    }
    call->return_offset = 0;
    call->return_size = 0;
    caller->gas = gas - message->gas;
    caller->sp = sp - (op == CHEVMI_OP_CREATE2 ? 4 : 3);
    vm->return_size = 0;
    if (caller->message.depth >= CHEVM_DEPTH_MAX) {
        return light_failure(vm, caller, call, CHEVM_CALL_DEPTH);
    }
    chevm_status status = can_pay(vm, &caller->message.recipient, &message->value);
    if (status != CHEVM_OK) {
        return light_failure(vm, caller, call, status);
    }
    return start(vm, caller, call);
}
