// trace.mjs: runs code on the independent EVM and prints one EIP-3155 line per instruction, values
// before it (lines.mjs says which fields), to be compared with `coldevm run --trace`.
//   node trace.mjs [--fork Osaka] [--gas N] [--input HEX] [--create] CODE
//   node trace.mjs --case NAME                   the call of a case of contracts/expected.json
//   node trace.mjs [--gas N] --sample NAME       a sample of contracts/samples.json
// CODE and --input: hex or @FILE; --no-stack leaves the stacks out.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { traceMessage } from './lines.mjs';
import { Machine, fromHex, toHex } from './machine.mjs';
import { prepareCase, prepareSample, readJson } from './replay.mjs';

const LINES_AT_ONCE = 4096;

function readHex(text) {
    return fromHex(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text);
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
        return prepareCase(readJson('expected.json'), options.case);
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
await traceMessage(machine, message, !options['no-stack'], (line) => {
    lines.push(line);
    if (lines.length >= LINES_AT_ONCE) {
        process.stdout.write(`${lines.splice(0).join('\n')}\n`);
    }
});
process.stdout.write(`${lines.join('\n')}\n`);
