// play.mjs: one state test case on the independent implementation (@ethereumjs/vm): the transaction
// with its validation, its trace as EIP-3155 lines, and the state root it ends in.
import { readFileSync } from 'node:fs';
import { loadEthereum, loadTransactions } from '../../../scripts/contracts/deps.mjs';
import { lineOf } from '../../../scripts/contracts/lines.mjs';
import { FORKS, NumberedBlocks, fromHex, toHex, word }
    from '../../../scripts/contracts/machine.mjs';
import { followSteps } from '../../../scripts/contracts/steps.mjs';

const lib = { ...await loadEthereum(), ...await loadTransactions() };
const HARDFORKS = { ...FORKS, ConstantinopleFix: FORKS.Petersburg, Merge: FORKS.Paris };

/** Thrown by what this implementation lacks; such a case is named and left out. */
export class Lacking extends Error {}

function commonOf(fork, test, lacks) {
    const { Common, Mainnet } = lib.common;
    const kzg = { verifyProof() { lacks('a trusted setup for KZG'); return false; } };
    const chainId = Number(test.config?.chainid ?? 1);
    return new Common({
        chain: { ...Mainnet, chainId }, hardfork: HARDFORKS[fork], customCrypto: { kzg },
    });
}

const even = (text) => (text.length % 2 === 0 ? text : `0x0${text.slice(2)}`);
const number = (text) => (text === '0x' ? 0n : BigInt(text));

async function putAccounts(state, pre) {
    for (const [text, { balance, nonce, code, storage }] of Object.entries(pre)) {
        const address = lib.util.createAddressFromString(text);
        const account = new lib.util.Account(number(nonce), number(balance));
        await state.putAccount(address, account);
        if (code !== '0x') {
            await state.putCode(address, fromHex(code));
        }
        for (const [key, value] of Object.entries(storage)) {
            if (number(value) !== 0n) {
                const bytes = fromHex(even(`0x${number(value).toString(16)}`));
                await state.putStorage(address, word(number(key)), bytes);
            }
        }
    }
}

function blockOf(env, common) {
    const header = {
        number: number(env.currentNumber), timestamp: number(env.currentTimestamp),
        coinbase: env.currentCoinbase, gasLimit: number(env.currentGasLimit),
        difficulty: number(env.currentDifficulty ?? '0x0'),
    };
    if (common.gteHardfork('london')) {
        header.baseFeePerGas = number(env.currentBaseFee ?? '0x0a');
    }
    if (common.gteHardfork('paris')) {
        header.difficulty = 0n;
        header.mixHash = word(number(env.currentRandom ?? '0x0'));
    }
    if (common.gteHardfork('cancun')) {
        header.excessBlobGas = number(env.currentExcessBlobGas ?? '0x0');
        header.blobGasUsed = 0n;
    }
    const options = { common, skipConsensusFormatValidation: true };
    return lib.block.createBlock({ header }, options);
}

/** The signed transaction; old files give its fields only. */
function transactionOf(test, entry, common) {
    if (entry.txbytes !== undefined) {
        return lib.tx.createTxFromRLP(fromHex(entry.txbytes), { common });
    }
    const { nonce, gasPrice, gasLimit, to, value, data, secretKey } = test.transaction;
    const { indexes } = entry;
    const fields = {
        nonce: number(nonce), gasPrice: number(gasPrice), gasLimit: number(gasLimit[indexes.gas]),
        value: number(value[indexes.value]), data: fromHex(data[indexes.data]),
        to: to === '' ? undefined : to,
    };
    return lib.tx.createLegacyTx(fields, { common }).sign(fromHex(secretKey));
}

/** The signed transaction of an entry without txbytes, as bytes. */
export async function signedBytes(test, entry, fork) {
    const common = commonOf(fork, test, () => {});
    return toHex(transactionOf(test, entry, common).serialize());
}

/**
 * Runs a case of a test; `sink(line)` gets every instruction's line as an object. Gives { root,
 * logs, isExpected }, and the reason as { rejected } if the transaction is not valid. Throws
 * Lacking.
 */
export async function playTest(test, fork, index, sink = () => {}) {
    const entry = test.post[fork][index];
    let lacking;
    const common = commonOf(fork, test, (what) => { lacking = what; });
    const stateManager = new lib.state.MerkleStateManager({ common });
    await putAccounts(stateManager, test.pre);
    const blockchain = new NumberedBlocks(lib.keccak256);
    const evm = await lib.evm.createEVM({ common, stateManager, blockchain });
    const vm = await lib.vm.createVM({ common, stateManager, evm });
    const finish = followSteps({ evm }, (step, failure) => sink(lineOf(step, failure, true)));
    let started = false;
    let logs = [];
    let rejected;
    evm.events.on('beforeMessage', () => { started = true; });
    try {
        const tx = transactionOf(test, entry, common);
        const result = await lib.vm.runTx(vm, { tx, block: blockOf(test.env, common) });
        logs = result.execResult.logs ?? [];
        finish();
    } catch (error) {
        if (started || error instanceof TypeError) {
            throw error;
        }
        rejected = error.message;
    }
    if (lacking !== undefined) {
        throw new Lacking(lacking);
    }
    const root = toHex(await stateManager.getStateRoot());
    const hash = toHex(lib.keccak256(lib.RLP.encode(logs)));
    return { root, logs: hash, isExpected: root === entry.hash, rejected };
}

/** playTest of a case that pick.mjs has chosen. */
export async function playCase({ path, name, fork, index }, sink) {
    return playTest(JSON.parse(readFileSync(path, 'utf8'))[name], fork, index, sink);
}
