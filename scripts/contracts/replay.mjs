// replay.mjs: sets the independent EVM up for what contracts/ holds: a case of expected.json or a
// sample of samples.json. Each function gives a machine and the message to run on it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './deps.mjs';
import { Machine, fromHex, toHex } from './machine.mjs';

export function readJson(name) {
    return JSON.parse(readFileSync(join(ROOT, 'contracts', name), 'utf8'));
}

/** The call of a case, whose code is deployed or put in place. */
export async function prepareCase({ env, cases }, name) {
    const expected = cases[name];
    if (expected === undefined) {
        throw new Error(`no case ${name}; one of ${Object.keys(cases).join(' ')}`);
    }
    const { address, gas_limit: gasLimit } = expected;
    const read = (file) => fromHex(readFileSync(join(ROOT, 'contracts', name, file), 'utf8'));
    const machine = await Machine.create(expected.fork, env);
    await machine.putAccount(env.sender, { balance: env.sender_balance });
    if (expected.mode === 'initcode') {
        await machine.run({ to: undefined, input: read('code.hex'), gasLimit });
    } else {
        const code = toHex(read('code.hex'));
        await machine.putAccount(address, { code, nonce: env.runtime_nonce });
    }
    return { machine, message: { to: address, input: read('input.hex'), gasLimit } };
}

/** A sample in its fork with all accounts. */
export async function setUp({ env, accounts }, sample) {
    const machine = await Machine.create(sample.fork, env);
    for (const [address, account] of Object.entries({ ...accounts, ...sample.pre })) {
        await machine.putAccount(address, account);
    }
    const message = {
        to: sample.to ?? undefined, input: fromHex(sample.input), gasLimit: sample.gas_limit,
        value: sample.value, isStatic: sample.static === true,
    };
    return { machine, message };
}

export async function prepareSample(file, name) {
    const sample = file.samples.find((one) => one.name === name);
    if (sample === undefined) {
        throw new Error(`no sample ${name}`);
    }
    return setUp(file, sample);
}
