// steps.mjs: what the independent EVM does, instruction by instruction, in the words of coldevm:
// whole gas costs, and the status names of include/coldevm/types.h for the way a frame ends.
const CALLS = [0xf1, 0xf2, 0xf4, 0xfa];
const RETURNDATACOPY = 0x3e;
const SSTORE = 0x55;
const REVERT = 0xfd;
const INVALID = 0xfe;
const RETURN = 0xf3;

/**
 * Calls `sink(step, failure)` for every instruction, in order, once its outcome is known or the
 * next instruction starts; `failure` is the status name if the frame ended in it. A step has: pc,
 * op, name, defined, gas, gasCost (ownCost + forwarded), memSize, stack (bigints, bottom first),
 * depth (from 1), refund.
 */
export function followSteps(machine, sink) {
    const { evm } = machine;
    let pending;
    let forwarded = 0n;
    let returned = 0n;
    let refundBefore; // pricing an SSTORE moves the counter before the step is announced
    const messages = []; // of the frames that are open, outermost first
    const flush = (failure) => {
        if (pending !== undefined) {
            const step = pending;
            pending = undefined;
            sink(step, failure);
        }
    };
    const wrap = (op, after) => {
        const entry = evm._opcodeMap[op];
        const price = entry.gasHandler;
        if (entry.opcodeInfo.isInvalid || price === undefined) {
            return;
        }
        entry.gasHandler = async (runState, gas, common) => {
            after(runState, undefined);
            const cost = await price(runState, gas, common);
            after(runState, cost);
            return cost;
        };
    };
    for (const op of CALLS) {
        wrap(op, (runState, cost) => {
            forwarded = cost === undefined ? 0n : runState.messageGasLimit;
        });
    }
    wrap(RETURNDATACOPY, (runState) => {
        returned = runState.interpreter.getReturnDataSize();
    });
    wrap(SSTORE, (runState, cost) => {
        refundBefore = cost === undefined ? runState.gasRefund : refundBefore;
    });
    // a REVERT that finds too few words is not announced
    wrap(REVERT, (runState, cost) => {
        const stack = runState.stack.getStack();
        if (cost === undefined && stack.length < 2) {
            flush(undefined);
            pending = {
                pc: runState.programCounter, op: REVERT, name: 'REVERT', defined: true,
                gas: runState.interpreter.getGasLeft(), gasCost: 0n, ownCost: 0n, forwarded: 0n,
                memSize: Number(runState.memoryWordCount) * 32, stack: [...stack],
                depth: messages.length, refund: runState.gasRefund, returned,
            };
        }
    });
    evm.events.on('step', (event) => {
        flush(undefined);
        // the event calls every undefined byte 0xfe, so the byte is read from the code that runs
        const op = messages[event.depth].code[event.pc];
        pending = {
            pc: event.pc, op, name: event.opcode.name, gas: event.gasLeft,
            defined: evm._opcodeMap[op].opcodeInfo.isInvalid !== true || op === INVALID,
            gasCost: event.opcode.dynamicFee + (CALLS.includes(op) ? forwarded : 0n),
            ownCost: event.opcode.dynamicFee, forwarded: CALLS.includes(op) ? forwarded : 0n,
            memSize: Number(event.memoryWordCount) * 32, stack: [...event.stack],
            depth: event.depth + 1, refund: refundBefore ?? event.gasRefund, returned,
        };
        refundBefore = undefined;
        forwarded = 0n;
    });
    evm.events.on('beforeMessage', (message) => {
        messages.push(message);
    });
    evm.events.on('afterMessage', (result) => {
        const own = pending?.depth === messages.length ? pending : undefined;
        const status = statusName(result.execResult.exceptionError?.error, own);
        if (own !== undefined) {
            flush(status === 'OK' || isAfterCode(status) ? undefined : status);
        }
        machine.lastStatus = status;
        messages.pop();
    });
    return () => flush(undefined);
}

/** Failures that strike after the last instruction of an initcode has done its work. */
function isAfterCode(status) {
    return ['CODE_STORE_GAS', 'CODE_SIZE', 'CODE_PREFIX'].includes(status);
}

/** Message of @ethereumjs/evm and last instruction of the frame -> name in CHEVM_STATUS_ROWS. */
export function statusName(error, step) {
    switch (error?.replace(/^(invalid JUMP) at .*/, '$1')) {
    case undefined:
    case 'code store out of gas': return 'OK'; // of Frontier alone: the account stays without code
    case 'revert': return 'REVERT';
    case 'stack underflow': return 'STACK_UNDERFLOW';
    case 'stack overflow': return 'STACK_OVERFLOW';
    case 'invalid JUMP': return 'BAD_JUMP';
    case 'static state change': return 'STATIC_VIOLATION';
    case 'create collision': return 'CREATE_COLLISION';
    case 'initcode exceeds max initcode size': return 'INITCODE_SIZE';
    case 'code size to deposit exceeds maximum code size': return 'CODE_SIZE';
    case 'invalid bytecode deployed': return 'CODE_PREFIX';
    case 'invalid opcode': return step?.op === INVALID ? 'INVALID_OPCODE' : 'UNDEFINED_OPCODE';
    case 'out of gas': return outOfGasName(step);
    default:
        if (step === undefined) {
            return 'PRECOMPILE_FAILURE'; // no instruction: the reasons are the precompile's own
        }
        throw new Error(`no status for "${error}"`);
    }
}

/** The independent EVM says "out of gas" for two more things; the instruction tells which. */
function outOfGasName(step) {
    if (step?.op === RETURNDATACOPY && step.stack.length >= 3) {
        const [size, offset] = step.stack.slice(-3);
        return offset + size > step.returned ? 'RETURN_DATA_BOUNDS' : 'OUT_OF_GAS';
    }
    return step?.op === RETURN && step.gasCost <= step.gas ? 'CODE_STORE_GAS' : 'OUT_OF_GAS';
}
