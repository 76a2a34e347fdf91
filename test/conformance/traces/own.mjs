// own.mjs: the state tests of test/cli/statetest: small files of our own in the public format, for
// tests of the command that must run without the public fixtures. Roots, logs and signatures are
// those of the independent implementation.
//   node own.mjs FOLDER
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { playTest, signedBytes } from './play.mjs';

const SENDER = '0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b';
const SECRET = '0x45a915e4d060149eb4365960e6a7a45f334393093061116b197e3240065ff2d8';
const CALLER = '0x00000000000000000000000000000000000c0de1';
const CALLEE = '0x00000000000000000000000000000000000c0de2';
const ALL = ['Frontier', 'Homestead', 'EIP150', 'EIP158', 'Byzantium', 'Constantinople',
    'ConstantinopleFix', 'Istanbul', 'Berlin', 'London', 'Paris', 'Shanghai', 'Cancun', 'Prague',
    'Osaka'];

const ENV = {
    currentBaseFee: '0x0a', currentCoinbase: '0x2adc25665018aa1fe0e6bc666dac8fc2697ff9ba',
    currentDifficulty: '0x020000', currentExcessBlobGas: '0x00', currentGasLimit: '0x0a00000000',
    currentNumber: '0x01', currentTimestamp: '0x03e8',
    currentRandom: '0x0000000000000000000000000000000000000000000000000000000000020000',
};

const account = (code, storage = {}) => ({ balance: '0x0a', code, nonce: '0x01', storage });

// PUSH-only assembler: numbers become the shortest PUSH, addresses PUSH20, names their byte.
const OPS = {
    STOP: '00', CALLDATASIZE: '36', MSTORE: '52', SSTORE: '55', JUMPI: '57', JUMPDEST: '5b',
    LOG1: 'a1', CREATE: 'f0', CALL: 'f1', RETURN: 'f3', INVALID: 'fe', SLOAD: '54', KECCAK256: '20',
};

function assemble(text) {
    return `0x${text.trim().split(/\s+/).map((word) => {
        if (OPS[word] !== undefined) {
            return OPS[word];
        }
        const digits = word.startsWith('0x') ? word.slice(2) : BigInt(word).toString(16);
        const bytes = digits.length % 2 === 0 ? digits : `0${digits}`;
        return (0x5f + bytes.length / 2).toString(16) + bytes;
    }).join('')}`;
}

// Stores the size of its input, calls CALLEE and SHA-256, logs, creates an account from no code.
const CALLER_CODE = assemble(`
    CALLDATASIZE 0 SSTORE
    32 0 32 0 0 ${CALLEE} 30000 CALL 1 SSTORE
    32 0 32 0 0 2 3000 CALL 2 SSTORE
    7 32 0 LOG1
    0 0 0 CREATE 3 SSTORE
    32 0 RETURN`);
// Answers with a hash; fails if its caller gave it no input.
const CALLEE_CODE = assemble('CALLDATASIZE 7 JUMPI INVALID STOP STOP JUMPDEST')
    + assemble('1 SLOAD 0 MSTORE 64 0 KECCAK256 0 MSTORE 32 0 RETURN').slice(2);
// Initcode: deploys 32 bytes of zero after a store.
const INIT_CODE = assemble('1 0 SSTORE 32 0 RETURN');

const PRE = {
    [SENDER]: { balance: '0x0de0b6b3a7640000', code: '0x', nonce: '0x00', storage: {} },
    [CALLER]: account(CALLER_CODE), [CALLEE]: account(CALLEE_CODE, { '0x01': '0x2a' }),
};

function testOf({ to, data, gasLimit, value = ['0x00'], pre = PRE }) {
    return {
        env: ENV, pre, config: { chainid: '0x01' },
        transaction: {
            data, gasLimit, value, gasPrice: '0x0a', nonce: '0x00', secretKey: SECRET,
            sender: SENDER, to,
        },
    };
}

async function withPost(test, forks) {
    const { data, gasLimit, value } = test.transaction;
    const post = {};
    for (const fork of forks) {
        post[fork] = [];
        for (const [d] of data.entries()) {
            for (const [g] of gasLimit.entries()) {
                for (const [v] of value.entries()) {
                    const entry = { indexes: { data: d, gas: g, value: v } };
                    entry.txbytes = await signedBytes(test, entry, fork);
                    post[fork].push(entry);
                    const played = await playTest({ ...test, post }, fork, post[fork].length - 1);
                    if (played.rejected !== undefined) {
                        entry.expectException = 'TransactionException.INTRINSIC_GAS_TOO_LOW';
                    }
                    Object.assign(entry, { hash: played.root, logs: played.logs });
                }
            }
        }
    }
    return { ...test, post };
}

const NAME = 'tests/own/test_calls.py::test_calls';
const files = {
    // 15 forks, 2 inputs, 3 gas limits: enough, too little for all of it, too little to begin
    'calls.json': {
        [`${NAME}[state_test-a b]`]: await withPost(testOf({
            to: CALLER, data: ['0x', `0x${'ab'.repeat(33)}`],
            gasLimit: ['0x061a80', '0x00c350', '0x5000'],
        }), ALL),
    },
    'creation.json': {
        'creation': await withPost(testOf({
            to: '', data: [INIT_CODE, assemble('INVALID')], gasLimit: ['0x061a80', '0x0124f8'],
            value: ['0x00', '0x01'],
        }), ALL),
    },
    // one test a fork, as in generated public files, and one case
    'single.json': {
        [`${NAME}[fork_Osaka-state_test]`]: await withPost(testOf({
            to: CALLER, data: ['0x01'], gasLimit: ['0x061a80'],
        }), ['Osaka']),
    },
    'rejected.json': {
        [`${NAME}[fork_Berlin-state_test-no gas]`]: await withPost(testOf({
            to: CALLER, data: ['0x01'], gasLimit: ['0x5208'],
        }), ['Berlin']),
    },
};
const failing = structuredClone(files['single.json']);
failing[`${NAME}[fork_Osaka-state_test]`].post.Osaka[0].hash = `0x${'00'.repeat(32)}`;
files['failing.json'] = failing;

const [folder] = process.argv.slice(2);
if (folder === undefined) {
    console.error('usage: node own.mjs FOLDER');
    process.exit(2);
}
mkdirSync(folder, { recursive: true });
for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), `${JSON.stringify(content, null, 1)}\n`);
}
