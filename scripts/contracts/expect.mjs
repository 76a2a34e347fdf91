// expect.mjs: runs contracts/<case>/ on the independent EVM and writes expected.json.
//   node expect.mjs [OUTFILE [FOLDER]]   default: contracts/expected.json, contracts/
// Fails if a case does not end well or its output is not the one computed in oracles.mjs.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCases } from './build.mjs';
import { ROOT } from './deps.mjs';
import { Machine, fromHex, toHex } from './machine.mjs';
import { checkOutput } from './oracles.mjs';

const FORK = 'Osaka';
const GAS_LIMIT = 1000000000;
const ENV = {
    sender: '0x00000000000000000000000000000000c01dca11',
    sender_balance: `0x${(2n ** 100n).toString(16)}`,
    runtime_address: '0x00000000000000000000000000000000c01dc0de', runtime_nonce: 1,
    value: 0, gas_price: 0, number: 1, timestamp: 1000,
    coinbase: '0x0000000000000000000000000000000000000000', prevrandao: 0, base_fee: 0,
    block_gas_limit: 1000000000000, chain_id: 1, blob_base_fee: 1,
    warm: 'sender, called address, coinbase, precompiles',
};

function succeeded(name, part, result) {
    if (result.error !== undefined) {
        throw new Error(`${name}: ${part} ended with "${result.error}"`);
    }
    return result;
}

async function expectCase(name, entry, folder) {
    const read = (file) => fromHex(readFileSync(join(folder, name, file), 'utf8'));
    const machine = await Machine.create(FORK, ENV);
    await machine.putAccount(ENV.sender, { balance: ENV.sender_balance });
    const code = read('code.hex');
    const mode = entry.source.endsWith('.sol') ? 'initcode' : 'runtime';
    const expected = { mode, fork: FORK, gas_limit: GAS_LIMIT };
    if (mode === 'initcode') {
        const deployed = succeeded(name, 'deployment', await machine.run({
            to: undefined, input: code, gasLimit: GAS_LIMIT,
        }));
        expected.address = deployed.created;
        expected.deploy_exec_gas = Number(deployed.gasUsed);
    } else {
        expected.address = ENV.runtime_address;
        await machine.putAccount(expected.address, { code: toHex(code), nonce: ENV.runtime_nonce });
    }
    const result = succeeded(name, 'call', await machine.run({
        to: expected.address, input: read('input.hex'), gasLimit: GAS_LIMIT,
    }));
    const proof = checkOutput(name, entry, result.output, machine.lib.keccak256);
    console.log(`${name}: ${result.gasUsed} gas, ${result.logs.length} logs, output ${proof}`);
    return {
        ...expected, exec_gas: Number(result.gasUsed), refund: Number(result.refund),
        output: machine.outputText(result.output), logs: result.logs.length,
        logs_hash: machine.logsHash(result.logs),
    };
}

async function main(target, folder) {
    const cases = {};
    for (const [name, entry] of Object.entries(readCases())) {
        cases[name] = await expectCase(name, entry, folder);
    }
    writeFileSync(target, `${JSON.stringify({ env: ENV, cases }, null, 2)}\n`);
}

const folder = process.argv[3] ?? join(ROOT, 'contracts');
await main(process.argv[2] ?? join(folder, 'expected.json'), folder);
