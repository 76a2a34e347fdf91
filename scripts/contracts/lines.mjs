// lines.mjs: the trace of a message on the independent EVM as EIP-3155 lines, with the fields and
// the order of coldevm's strict format, closed by {"output","gasUsed"[,"error"]}.
//
// Where a frame halts while an instruction is being priced, gasCost is what this EVM knows by then,
// and a stack underflow does not say how many words were needed.
import { shortHex, toHex } from './machine.mjs';
import { followSteps } from './steps.mjs';

const PHRASES = {
    REVERT: 'execution reverted', OUT_OF_GAS: 'out of gas', STACK_UNDERFLOW: 'stack underflow',
    STACK_OVERFLOW: 'stack limit reached 1024 (1023)', BAD_JUMP: 'invalid jump destination',
    UNDEFINED_OPCODE: 'invalid opcode', INVALID_OPCODE: 'invalid opcode: INVALID',
    STATIC_VIOLATION: 'write protection', RETURN_DATA_BOUNDS: 'return data out of bounds',
    CODE_STORE_GAS: 'contract creation code storage out of gas',
    CODE_SIZE: 'max code size exceeded', CODE_PREFIX: 'invalid code: must not begin with 0xef',
    INITCODE_SIZE: 'max initcode size exceeded', CREATE_COLLISION: 'contract address collision',
};

export function lineOf(step, failure, withStack) {
    const line = {
        pc: step.pc, op: step.op, gas: shortHex(step.gas), gasCost: shortHex(step.gasCost),
        memSize: step.memSize,
    };
    if (withStack) {
        line.stack = step.stack.map(shortHex);
    }
    line.depth = step.depth;
    line.refund = Number(step.refund);
    line.opName = step.defined ? step.name : `opcode 0x${step.op.toString(16)} not defined`;
    if (failure !== undefined) {
        const which = failure === 'UNDEFINED_OPCODE' ? `: ${line.opName}` : '';
        line.error = `${PHRASES[failure]}${which}`;
    }
    return line;
}

/** Runs the message; `sink` gets one line after the other, without line ends. */
export async function traceMessage(machine, message, withStack, sink) {
    let error;
    const finish = followSteps(machine, (step, failure) => {
        const line = lineOf(step, failure, withStack);
        if (step.depth === 1) {
            error = line.error;
        }
        sink(JSON.stringify(line));
    });
    const result = await machine.run(message);
    finish();
    const summary = { output: toHex(result.output).slice(2), gasUsed: shortHex(result.gasUsed) };
    if (machine.lastStatus !== 'OK') {
        summary.error = error ?? PHRASES[machine.lastStatus];
    }
    sink(JSON.stringify(summary));
}
