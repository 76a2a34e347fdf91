// oracles.mjs: what each own contract must answer, computed a second time without any EVM: by
// node's crypto, by bigint arithmetic, or by the keccak of the independent implementation.
// expect.mjs compares; a case without an entry here is checked by agreement of EVMs alone
// (contracts/README.md says which).
import { createECDH, createHash } from 'node:crypto';
import { patternBytes } from './build.mjs';
import { fromHex, toHex, word } from './machine.mjs';

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

function keccakChain(args, keccak256) {
    const memory = new Uint8Array(32 + 4096);
    for (let i = 0; i < 8192; i++) {
        memory.set(keccak256(memory.subarray(0, 32)), 0);
    }
    let digest;
    for (let i = 0; i < 256; i++) {
        digest = keccak256(memory.subarray(32));
        memory.set(digest, 32 + 32 * (i % 128));
    }
    return concat(memory.subarray(0, 32), digest);
}

function merkle([height, count], keccak256) {
    const pair = (a, b) => keccak256(Buffer.compare(a, b) <= 0 ? concat(a, b) : concat(b, a));
    const leaf = (number) => {
        const once = keccak256(concat(word(0x1000 + number), word(number * number + 1)));
        return keccak256(concat(once, once));
    };
    let level = Array.from({ length: 2 ** height }, (_, number) => leaf(number));
    while (level.length > 1) {
        const below = level;
        const join = (_, i) => pair(below[2 * i], below[2 * i + 1]);
        level = Array.from({ length: below.length / 2 }, join);
    }
    // every fifth proof is for another leaf than claimed
    return concat(level[0], word(count - Math.floor(count / 5)));
}

function curve([count], keccak256) {
    const prime = 2n ** 256n - 2n ** 32n - 977n;
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    let sumX = 0n;
    let sumY = 0n;
    for (let i = 0; i < count; i++) {
        const ecdh = createECDH('secp256k1');
        ecdh.setPrivateKey(word(BigInt(toHex(keccak256(word(i)))) % order));
        const point = ecdh.getPublicKey(); // 04 x y
        sumX = (sumX + BigInt(toHex(point.subarray(1, 33)))) % prime;
        sumY = (sumY + BigInt(toHex(point.subarray(33)))) % prime;
    }
    return concat(word(sumX), word(sumY));
}

const divideUp = (a, b) => (a + b - 1n) / b;

/** The exchange of Swap.sol in exact integers. */
class Exchange {
    static ONE = 2n ** 96n;

    static RANGES = 64;

    constructor(keccak256) {
        this.bounds = [Exchange.ONE * 9n / 10n];
        this.liquidity = [];
        for (let i = 0; i < Exchange.RANGES; i++) {
            this.bounds.push(this.bounds[i] * 79466191966197645195421774832n / Exchange.ONE);
            this.liquidity.push(10n ** 21n + BigInt(toHex(keccak256(word(i)))) % 10n ** 21n);
        }
        this.range = Exchange.RANGES / 2;
        this.price = (this.bounds[this.range] + this.bounds[this.range + 1]) / 2n;
    }

    buyToken0(amount) {
        let paid = 0n;
        for (;;) {
            const depth = this.liquidity[this.range];
            const limit = this.bounds[this.range + 1];
            const room = divideUp(depth * (limit - this.price), Exchange.ONE);
            const next = amount >= room ? limit : this.price + amount * Exchange.ONE / depth;
            paid += depth * Exchange.ONE * (next - this.price) / next / this.price;
            amount = amount >= room ? amount - room : 0n;
            this.price = next;
            if (amount === 0n || this.range === Exchange.RANGES - 1) {
                return [paid, amount];
            }
            this.range++;
        }
    }

    buyToken1(amount) {
        let paid = 0n;
        for (;;) {
            const depth = this.liquidity[this.range];
            const limit = this.bounds[this.range];
            const scaled = depth * Exchange.ONE;
            const room = divideUp(divideUp(scaled * (this.price - limit), this.price), limit);
            const next = amount >= room
                ? limit : divideUp(scaled * this.price, scaled + amount * this.price);
            paid += depth * (this.price - next) / Exchange.ONE;
            amount = amount >= room ? amount - room : 0n;
            this.price = next;
            if (amount === 0n || this.range === 0) {
                return [paid, amount];
            }
            this.range--;
        }
    }
}

function swap([count], keccak256) {
    const exchange = new Exchange(keccak256);
    let seed = word(count);
    const paid = [0n, 0n];
    let left = 0n;
    for (let i = 0; i < count; i++) {
        seed = keccak256(seed);
        let amount = (BigInt(toHex(seed)) >> 8n) % (2n * 10n ** 19n);
        amount -= amount * 3000n / 1000000n;
        const token = seed[31] & 1 ? 0 : 1;
        const [out, rest] = token === 0 ? exchange.buyToken0(amount) : exchange.buyToken1(amount);
        paid[token] += out;
        left += rest;
    }
    return concat(word(exchange.price), word(paid[0]), word(paid[1]), word(left));
}

function memoryGrowth() {
    let sum = 0n;
    for (let i = 16384n - 64n; i >= 0n; i -= 64n) {
        sum = BigInt.asUintN(256, sum * 31n) ^ (i * i);
    }
    return concat(word(sum), word(16384 * 32));
}

function childMemories() {
    let sum = 0n;
    for (let n = 0n; n < 4000n; n++) {
        const kib = (n & 7n) + 1n;
        const answer = ((1024n ^ n) + n) ^ (kib * 1024n);
        sum = BigInt.asUintN(256, sum * 31n + answer + 64n);
    }
    return concat(word(sum), word(96));
}

function createdAddress(creator, nonce, keccak256) {
    const long = nonce < 256 ? [0x81, nonce] : [0x82, nonce >> 8, nonce & 255];
    const list = [0x94, ...creator, ...(nonce < 128 ? [nonce] : long)]; // RLP([creator, nonce])
    return keccak256(Uint8Array.from([0xc0 + list.length, ...list])).subarray(12);
}

function createStorm(args, keccak256) {
    const storm = fromHex('0x00000000000000000000000000000000c01dc0de');
    const maker = fromHex('0x61000961000d5f396100095ff33033015f5260205ff3'); // in create-storm.evm
    const number = (bytes) => BigInt(toHex(bytes));
    let sum = 0n;
    let failed = 0n;
    for (let i = 0; i < 480; i++) {
        let folded = number(createdAddress(storm, 1 + i, keccak256)); // a revert sends it as data
        if (i % 4 === 1) { // CREATE2: the address xor the child's answer
            const preimage = concat(Uint8Array.of(0xff), storm, word(i), keccak256(maker));
            const address = number(keccak256(preimage).subarray(12));
            folded = address ^ (address + number(storm));
        }
        failed += i % 4 === 2 ? 1n : 0n;
        sum = BigInt.asUintN(256, sum * 31n + folded);
    }
    return concat(word(sum), word(failed));
}

/** Case name -> function(args, keccak256) giving the whole output. */
export const ORACLES = {
    'erc20-transfer': transfers,
    'erc20-mint': mints,
    'erc20-approval': approvals,
    sha1,
    blake2b,
    'keccak-chain': keccakChain,
    'merkle-proof': merkle,
    swap,
    curve,
    'memory-growth': memoryGrowth,
    'child-memories': childMemories,
    'create-storm': createStorm,
};

export function checkOutput(name, entry, output, keccak256) {
    const oracle = ORACLES[name];
    if (oracle === undefined) {
        return 'by agreement only';
    }
    const want = toHex(oracle(entry.args ?? [], keccak256));
    if (want !== toHex(output)) {
        throw new Error(`${name}: output ${toHex(output)}, computed without an EVM: ${want}`);
    }
    return 'computed twice';
}
