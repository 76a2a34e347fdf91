// oracles.mjs: what each own contract must answer, computed a second time without any EVM: by node's
// crypto, by bigint arithmetic, or by the keccak of the independent implementation. expect.mjs
// compares; a case without an entry here is checked by agreement of EVMs alone (README.md says which).
import { createHash } from 'node:crypto';
import { patternBytes } from './build.mjs';
import { toHex, word } from './machine.mjs';

const concat = (...parts) => Uint8Array.from(Buffer.concat(parts));

function sha1([message]) {
    const digest = createHash('sha1').update(patternBytes(message.pattern)).digest();
    return concat(digest, new Uint8Array(12));
}

function blake2b([message]) {
    return createHash('blake2b512').update(patternBytes(message.pattern)).digest();
}

function transfers([count]) {
    let left = BigInt(count) * 10n ** 18n;
    for (let i = 0n; i < BigInt(count); i++) {
        left -= 10n ** 18n - i;
    }
    return word(left);
}

function mints([count]) {
    return word((BigInt(count) * BigInt(count - 1) / 2n) * 10n ** 9n);
}

function approvals([count]) {
    return word(Math.floor(count / 8));
}

/** Case name -> function(args, keccak256) giving the whole output. */
export const ORACLES = {
    'erc20-transfer': transfers,
    'erc20-mint': mints,
    'erc20-approval': approvals,
    sha1,
    blake2b,
};

export function checkOutput(name, entry, output, keccak256) {
    const oracle = ORACLES[name];
    if (oracle === undefined) {
        return 'by agreement only';
    }
    const want = toHex(oracle(entry.args ?? [], keccak256));
    if (want !== toHex(output)) {
        throw new Error(`${name}: output ${toHex(output)}, an independent computation says ${want}`);
    }
    return 'computed twice';
}
