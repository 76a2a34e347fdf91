// sample.mjs: writes contracts/samples.json: small programs over all forks with what the
// independent EVM makes of them: status, gas, refund, output, logs, accounts, and the same (without
// accounts) at gas limits where an instruction of the outer frame can just not be paid.
//   node sample.mjs [OUTFILE]        default: contracts/samples.json
// The programs come from contracts/samples/directed.txt and, seeded, from random.mjs.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assemble, opcodeTable } from './assemble.mjs';
import { ROOT } from './deps.mjs';
import { FORKS, Machine, fromHex, toHex } from './machine.mjs';
import { ProgramMaker, Random } from './random.mjs';
import { setUp } from './replay.mjs';
import { followSteps } from './steps.mjs';

const FOLDER = join(ROOT, 'contracts/samples');
const SEED = 20261121;
const RANDOM_PER_FORK = 6;
const POINTS = 40; // out-of-gas points a sample, at most
const GAS_LIMIT = 400000;

const wide = (address) => `0x${address.slice(2).padStart(40, '0')}`;
const NAMES = {
    SELF: '0xc01dc0de', DISPATCHER: '0xc01dd15b', ECHO: '0xc01dec80', DELEGATED: '0xc01dde1e',
    NOBODY: '0xdead01', SENDER: '0xc01dca11',
};
const CONSTANTS = Object.entries(NAMES).map(([name, value]) => `${name} = ${value}`).join('\n');
const ENV = {
    sender: wide(NAMES.SENDER), coinbase: '0x00000000000000000000000000000000c01dba5e',
    gas_price: 10, number: 1000, timestamp: 1700000000, difficulty: 131072,
    prevrandao: '0x00000000000000000000000000000000000000000000000000000000cafebabe',
    base_fee: 7, block_gas_limit: 60000000, chain_id: 1, blob_base_fee: 1,
    block_hash: 'keccak256 of the decimal digits of the number',
    warm: 'sender, called or created address, precompiles; coinbase from Shanghai on',
};
const ABSENT = { balance: '0x0', nonce: '0x0', code: '0x', storage: {} };
const INITCODES = [ // deploys a byte, destroys itself, deploys nothing, its address, stores first
    '600160005360016000f3', '33ff', '00', '3060005260206000f3', '600160025560206000f3',
];
const BAD_INITCODES = ['60aa60005260206000fd', 'fe', '60ef60005360016000f3']; // revert, fail, 0xef

/** Accounts every sample finds besides its own. */
function commonAccounts(table) {
    const helper = (name) => toHex(assemble(readFileSync(join(FOLDER, name), 'utf8'), table));
    return {
        [wide(NAMES.SENDER)]: { ...ABSENT, balance: '0xde0b6b3a7640000' },
        [wide(NAMES.DISPATCHER)]: {
            balance: '0x64', nonce: '0x1', code: helper('dispatcher.evm'),
            storage: { '0x1': '0x5', '0x2': '0x6' },
        },
        [wide(NAMES.ECHO)]: { balance: '0x0', nonce: '0x1', code: helper('echo.evm'), storage: {} },
        [wide(NAMES.DELEGATED)]: {
            balance: '0x3', nonce: '0x1', code: `0xef0100${wide(NAMES.ECHO).slice(2)}`,
            storage: {},
        },
        [ENV.coinbase]: { ...ABSENT, balance: '0x1' },
    };
}

/** The blocks of directed.txt, one sample for each fork they name. */
function directedSamples(table) {
    const samples = [];
    const text = readFileSync(join(FOLDER, 'directed.txt'), 'utf8');
    for (const block of text.split(/^== /m).slice(1)) {
        const end = block.indexOf('\n');
        const [name, forks, options] = block.slice(0, end).split('|').map((part) => part.trim());
        const code = assemble(`${CONSTANTS}\n${block.slice(end)}`, table);
        const flags = Object.fromEntries(options.split(/\s+/).map((option) => option.split('=')));
        for (const fork of forks.split(/\s+/)) {
            samples.push(makeSample(`${name}/${fork}`, fork, code, flags));
        }
    }
    return samples;
}

function makeSample(name, fork, code, flags) {
    const sample = { name, fork, to: wide(NAMES.SELF), input: flags.input ?? '0x', pre: {} };
    sample.value = Number(flags.value ?? 0);
    sample.gas_limit = Number(flags.gas ?? GAS_LIMIT);
    sample.points = Number(flags.points ?? POINTS);
    if ('static' in flags) {
        sample.static = true;
    }
    if ('create' in flags) {
        sample.to = null;
        sample.input = toHex(code);
        sample.collide = 'collide' in flags;
    } else {
        sample.pre[sample.to] = {
            balance: '0x3e8', nonce: '0x1', code: toHex(code),
            storage: { '0x0': '0x7', '0x1': '0x9', '0x3': '0xffffffffffffffff' },
        };
    }
    return sample;
}

async function randomSamples(table) {
    const samples = [];
    for (const [index, fork] of Object.keys(FORKS).entries()) {
        const machine = await Machine.create(fork, ENV);
        const codes = machine.evm.getActiveOpcodes();
        const present = [...table].filter(([, op]) => codes.has(op));
        const available = new Set(present.map(([name]) => name));
        const world = {
            number: ENV.number, self: NAMES.SELF, dispatcher: NAMES.DISPATCHER,
            accounts: Object.values(NAMES), initcodes: INITCODES, badInitcodes: BAD_INITCODES,
        };
        for (let i = 0; i < RANDOM_PER_FORK; i++) {
            const random = new Random(SEED + index * 1000 + i);
            const maker = new ProgramMaker(random, available, world);
            const code = assemble(maker.program(4 + random.below(9)), table);
            const bytes = Array.from({ length: random.below(70) }, () => random.below(256));
            const input = toHex(Uint8Array.from(bytes));
            const value = random.pick([0, 0, 13]);
            samples.push(makeSample(`random-${i}/${fork}`, fork, code, { input, value }));
        }
    }
    return samples;
}

/** Runs the message on a fresh machine; `gasLimit` instead of the sample's own. */
async function runSample(common, sample, gasLimit, sink) {
    const { machine, message } = await setUp({ env: ENV, accounts: common }, sample);
    const finish = followSteps(machine, sink ?? (() => {}));
    const result = await machine.run({ ...message, gasLimit });
    finish();
    return { machine, result, status: machine.lastStatus };
}

const sameAccount = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Accounts that differ from the prestate, where an empty one is as good as none; a slot that
 *  became zero is listed as 0x0. */
async function changes(machine, sample, common) {
    const before = { ...common, ...sample.pre };
    const changed = {};
    for (const [address, account] of Object.entries(await machine.accounts())) {
        const old = before[address] ?? ABSENT;
        if (address === ENV.sender) { // its nonce is a matter of the transaction
            account.nonce = old.nonce;
        }
        if (sameAccount(old, account)) {
            continue;
        }
        for (const slot of Object.keys(old.storage)) {
            account.storage[slot] ??= '0x0';
        }
        if (account.code === old.code) {
            delete account.code;
        } else if (account.code.length > 200) {
            account.code = machine.outputText(fromHex(account.code));
        }
        changed[address] = account;
    }
    return changed;
}

async function expectSample(common, sample) {
    const costs = [];
    const sink = (step) => {
        if (step.depth === 1) {
            const asked = ['Frontier', 'Homestead'].includes(sample.fork) ? step.forwarded : 0n;
            costs.push(sample.gas_limit - Number(step.gas - step.ownCost - asked));
        }
    };
    const { machine, result, status } = await runSample(common, sample, sample.gas_limit, sink);
    const expect = {
        status, gas_used: Number(result.gasUsed), refund: Number(result.refund),
        output: machine.outputText(result.output), logs: result.logs.length,
        logs_hash: machine.logsHash(result.logs), destroyed: result.destroyed,
        post: await changes(machine, sample, common),
    };
    if (sample.to === null && status === 'OK') {
        expect.created = result.created;
        delete expect.output; // the code, which the post-state has; nobody sees it as output
    }
    const limits = choosePoints(costs.filter((cost) => cost <= expect.gas_used), sample.points);
    return { expect, out_of_gas: await expectPoints(common, sample, limits) };
}

/** One gas less than each instruction needs: evenly chosen, the first and the last among them. */
function choosePoints(costs, count) {
    const limits = [...new Set(costs.map((cost) => cost - 1))].filter((limit) => limit >= 0);
    if (limits.length <= count) {
        return limits;
    }
    const step = (limits.length - 1) / (count - 1);
    return Array.from({ length: count }, (_, i) => limits[Math.round(i * step)]);
}

/** `limits` where the outer frame halts and all gas is lost; the others with what happens there.
 *  Which halt it is stays open: an instruction that is too dear may be forbidden as well. */
async function expectPoints(common, sample, points) {
    const limits = [];
    const others = [];
    for (const point of points) {
        const { machine, result, status } = await runSample(common, sample, point);
        if (!['OK', 'REVERT'].includes(status) && Number(result.gasUsed) === point) {
            limits.push(point);
            continue;
        }
        others.push({
            gas_limit: point, status, gas_used: Number(result.gasUsed),
            refund: Number(result.refund), output: machine.outputText(result.output),
            logs_hash: machine.logsHash(result.logs),
        });
    }
    return { limits, others };
}

async function main(target) {
    const table = await opcodeTable();
    const common = commonAccounts(table);
    const samples = [];
    const counts = {};
    for (const sample of [...directedSamples(table), ...await randomSamples(table)]) {
        await placeCollision(sample);
        const { expect, out_of_gas } = await expectSample(common, sample);
        const { points, collide, ...kept } = sample;
        samples.push({ ...kept, expect, out_of_gas });
        counts[expect.status] = (counts[expect.status] ?? 0) + 1;
    }
    const lines = samples.map((sample) => JSON.stringify(sample)).join(',\n');
    const head = JSON.stringify({ env: ENV, accounts: common }, null, 1).slice(0, -2);
    writeFileSync(target, `${head},\n "samples": [\n${lines}\n]}\n`);
    const points = samples.reduce((sum, { out_of_gas: { limits, others } }) => (
        sum + limits.length + others.length), 0);
    console.log(`${samples.length} samples, ${points} out-of-gas points`, counts);
}

/** A creation meets an account with a nonce where it wants to go. */
async function placeCollision(sample) {
    if (sample.collide !== true) {
        return;
    }
    const machine = await Machine.create(sample.fork, ENV);
    const sender = machine.address(ENV.sender);
    const address = toHex(machine.lib.util.generateAddress(sender.bytes, Uint8Array.of(0)));
    sample.pre[address] = { balance: '0x5', nonce: '0x1', code: '0x', storage: {} };
}

await main(process.argv[2] ?? join(ROOT, 'contracts/samples.json'));
