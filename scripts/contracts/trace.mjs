// trace.mjs: runs code on the independent EVM and prints one EIP-3155 line per instruction, values
// before it, so that a trace of ours can be compared line by line.
//   node trace.mjs [--fork Osaka] [--gas N] [--input HEX] [--create] CODE
//   node trace.mjs --case NAME                   the call of a case of contracts/expected.json
//   node trace.mjs [--gas N] --sample NAME       a sample of contracts/samples.json
// CODE and --input: hex or @FILE; --no-stack leaves the stacks out. The lines have the fields and
// the order of coldevm's strict format and end with {"output","gasUsed"[,"error"]}. Where a frame
// halts while an instruction is being priced, gasCost is the static part as this EVM knows it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from './deps.mjs';
import { Machine, fromHex, shortHex, toHex } from './machine.mjs';
import { prepareSample } from './replay.mjs';
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

function traceLine(step, failure, withStack) {
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
        line.error = PHRASES[failure];
    }
    return JSON.stringify(line);
}

const readJson = (name) => JSON.parse(readFileSync(join(ROOT, 'contracts', name), 'utf8'));

function readHex(text) {
    return fromHex(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text);
}

/** A machine and a message for a case of expected.json, deployed if it asks for that. */
async function prepareCase(name) {
    const { env, cases } = readJson('expected.json');
    const expected = cases[name];
    if (expected === undefined) {
        throw new Error(`no case ${name}; one of ${Object.keys(cases).join(' ')}`);
    }
    const read = (file) => readHex(`@${join(ROOT, 'contracts', name, file)}`);
    const machine = await Machine.create(expected.fork, env);
    await machine.putAccount(env.sender, { balance: env.sender_balance });
    if (expected.mode === 'initcode') {
        await machine.run({ to: undefined, input: read('code.hex'), gasLimit: expected.gas_limit });
    } else {
        const code = toHex(read('code.hex'));
        await machine.putAccount(expected.address, { code, nonce: env.runtime_nonce });
    }
    const { address, gas_limit } = expected;
    return { machine, message: { to: address, input: read('input.hex'), gasLimit: gas_limit } };
}

async function prepareCode(code, options) {
    const { env } = readJson('expected.json');
    const machine = await Machine.create(options.fork, env);
    await machine.putAccount(env.sender, { balance: env.sender_balance });
    const message = { to: undefined, input: readHex(code), gasLimit: 10n ** 10n };
    if (!options.create) {
        await machine.putAccount(env.runtime_address, { code: toHex(readHex(code)), nonce: 1 });
        Object.assign(message, { to: env.runtime_address, input: readHex(options.input) });
    }
    return { machine, message };
}

async function prepare(options, positionals) {
    if (options.case !== undefined) {
        return prepareCase(options.case);
    }
    if (options.sample !== undefined) {
        return prepareSample(readJson('samples.json'), options.sample);
    }
    if (positionals.length !== 1) {
        throw new Error('give one CODE, --case NAME or --sample NAME');
    }
    return prepareCode(positionals[0], options);
}

const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: {
        fork: { type: 'string', default: 'Osaka' }, gas: { type: 'string' },
        input: { type: 'string', default: '' }, create: { type: 'boolean', default: false },
        case: { type: 'string' }, sample: { type: 'string' },
        'no-stack': { type: 'boolean', default: false },
    },
});
const { machine, message } = await prepare(options, positionals);
if (options.gas !== undefined) {
    message.gasLimit = BigInt(options.gas);
}
const lines = [];
const write = (line) => {
    lines.push(line);
    if (lines.length >= 4096) {
        process.stdout.write(`${lines.splice(0).join('\n')}\n`);
    }
};
const finish = followSteps(machine, (step, failure) => {
    write(traceLine(step, failure, !options['no-stack']));
});
const result = await machine.run(message);
finish();
const summary = { output: toHex(result.output).slice(2), gasUsed: shortHex(result.gasUsed) };
if (machine.lastStatus !== 'OK') {
    summary.error = PHRASES[machine.lastStatus];
}
write(JSON.stringify(summary));
process.stdout.write(`${lines.join('\n')}\n`);
