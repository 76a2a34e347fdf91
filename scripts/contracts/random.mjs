// random.mjs: a seeded stream (splitmix64) and random programs that are valid by construction: each
// statement leaves the stack as it found it and uses only what the fork has. Programs are assembler
// text (assemble.mjs), so a sample can be read.
const MASK = (1n << 64n) - 1n;

export class Random {
    constructor(seed) {
        this.state = BigInt(seed);
    }

    next() {
        this.state = (this.state + 0x9e3779b97f4a7c15n) & MASK;
        let z = this.state;
        z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
        z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
        return z ^ (z >> 31n);
    }

    below(limit) {
        return Number(this.next() % BigInt(limit));
    }

    pick(list) {
        return list[this.below(list.length)];
    }

    chance(percent) {
        return this.below(100) < percent;
    }
}

/** Operands at the edges of what instructions distinguish. */
const EDGES = [
    0n, 1n, 2n, 3n, 31n, 32n, 33n, 127n, 128n, 255n, 256n, 257n, (1n << 63n) - 1n, 1n << 63n,
    (1n << 64n) - 1n, 1n << 64n, (1n << 128n) - 1n, 1n << 128n, (1n << 192n) + 1n, 1n << 255n,
    (1n << 255n) - 1n, (1n << 256n) - 1n, (1n << 256n) - 2n, (1n << 256n) - 256n,
];

const BINARY = [
    'ADD', 'MUL', 'SUB', 'DIV', 'SDIV', 'MOD', 'SMOD', 'EXP', 'SIGNEXTEND', 'LT', 'GT', 'SLT',
    'SGT', 'EQ', 'AND', 'OR', 'XOR', 'BYTE', 'SHL', 'SHR', 'SAR',
];
const READS = [
    'ADDRESS', 'ORIGIN', 'CALLER', 'CALLVALUE', 'CALLDATASIZE', 'CODESIZE', 'GASPRICE',
    'RETURNDATASIZE', 'COINBASE', 'TIMESTAMP', 'NUMBER', 'PREVRANDAO', 'GASLIMIT', 'CHAINID',
    'SELFBALANCE', 'BASEFEE', 'BLOBBASEFEE', 'PC', 'MSIZE', 'GAS',
];
const READS_BY_WORD = ['CALLDATALOAD', 'BALANCE', 'EXTCODESIZE', 'EXTCODEHASH', 'BLOCKHASH',
    'BLOBHASH', 'NOT', 'ISZERO', 'CLZ', 'SLOAD', 'TLOAD', 'MLOAD'];

/** What a program may refer to: accounts of the prestate and small initcodes. */
export class ProgramMaker {
    constructor(random, available, world) {
        this.random = random;
        this.has = (name) => available.has(name);
        this.world = world;
        this.marks = 0;
    }

    push(value) {
        const digits = BigInt(value).toString(16);
        return `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`;
    }

    operand() {
        const { random } = this;
        if (this.has('PUSH0') && random.chance(5)) {
            return '0';
        }
        if (random.chance(55)) {
            return this.push(random.pick(EDGES));
        }
        if (random.chance(70)) {
            return this.push(random.below(300));
        }
        const width = BigInt(1 + random.below(32)) * 8n;
        let value = 0n;
        for (let i = 0; i < 4; i++) {
            value = (value << 64n) | random.next();
        }
        return this.push(value & ((1n << width) - 1n));
    }

    /** Memory offsets: near the start, now and then far out. */
    offset() {
        const { random } = this;
        return this.push(random.chance(94) ? random.below(200) : random.below(9000));
    }

    size() {
        return this.push(this.random.pick([0, 1, 5, 31, 32, 33, 64, 77, 96, 160]));
    }

    account() {
        return this.random.pick(this.world.accounts);
    }

    slot() {
        return this.push(this.random.below(5));
    }

    /** Uses up the word on top of the stack. */
    sink() {
        const { random } = this;
        const ways = [
            () => '0x00 MLOAD XOR 0x00 MSTORE', () => `${this.offset()} MSTORE`,
            () => `${this.offset()} MSTORE8`, () => `${this.slot()} SSTORE`, () => 'POP',
            () => '0x00 MLOAD ADD 0x00 MSTORE',
        ];
        return random.pick(ways)();
    }

    value() {
        const { random } = this;
        const kind = random.below(4);
        if (kind === 0) {
            return random.pick(READS.filter(this.has));
        }
        if (kind === 1) {
            const op = random.pick(READS_BY_WORD.filter(this.has));
            const argument = {
                BALANCE: this.account(), EXTCODESIZE: this.account(), EXTCODEHASH: this.account(),
                BLOCKHASH: this.push(this.world.number - random.below(300) + 3),
                SLOAD: this.slot(), TLOAD: this.slot(), MLOAD: this.offset(),
            }[op];
            return `${argument ?? this.operand()} ${op}`;
        }
        if (kind === 2 && random.chance(30)) {
            const op = random.pick(['ADDMOD', 'MULMOD']);
            return `${this.operand()} ${this.operand()} ${this.operand()} ${op}`;
        }
        return `${this.operand()} ${this.operand()} ${random.pick(BINARY.filter(this.has))}`;
    }

    calculate() {
        return `${this.value()} ${this.sink()}`;
    }

    /** A few words, shuffled by DUP and SWAP, then folded into one. */
    shuffle() {
        const { random } = this;
        const words = [];
        let count = 2 + random.below(5);
        for (let i = 0; i < count; i++) {
            words.push(this.operand());
        }
        for (let i = random.below(5); i > 0; i--) {
            const swap = random.chance(50);
            const depth = 1 + random.below(swap ? count - 1 : count);
            words.push(`${swap ? 'SWAP' : 'DUP'}${depth}`);
            count += swap ? 0 : 1;
        }
        for (; count > 1; count--) {
            words.push(random.pick(BINARY.filter(this.has)));
        }
        return `${words.join(' ')} ${this.sink()}`;
    }

    copy() {
        const { random } = this;
        const copies = {
            CALLDATACOPY: () => `${this.size()} ${this.offset()} ${this.offset()}`,
            CODECOPY: () => `${this.size()} ${this.offset()} ${this.offset()}`,
            MCOPY: () => `${this.size()} ${this.offset()} ${this.offset()}`,
            EXTCODECOPY: () => `${this.size()} ${this.offset()} ${this.offset()} ${this.account()}`,
        };
        const op = random.pick(Object.keys(copies).filter(this.has));
        return `${copies[op]()} ${op}`;
    }

    hash() {
        return `${this.size()} ${this.offset()} KECCAK256 ${this.sink()}`;
    }

    log() {
        const topics = this.random.below(5);
        const words = Array.from({ length: topics }, () => this.operand());
        return `${words.join(' ')} ${this.size()} ${this.offset()} LOG${topics}`;
    }

    /** Several writes to one slot, through all kinds of zero, original and new. */
    store() {
        const { random } = this;
        const transient = this.has('TSTORE') && random.chance(25);
        const slot = this.slot();
        const parts = [];
        for (let i = 1 + random.below(3); i > 0; i--) {
            const value = random.pick(['0x00', '0x07', '0x09', this.operand()]);
            parts.push(`${value} ${slot} ${transient ? 'TSTORE' : 'SSTORE'}`);
        }
        return parts.join(' ');
    }

    loop() {
        const mark = `loop${this.marks++}`;
        const body = this.value();
        return `${this.push(2 + this.random.below(4))} ${mark}: ${body} 0x00 MLOAD ADD 0x00 MSTORE `
            + `0x01 SWAP1 SUB DUP1 @${mark} JUMPI POP`;
    }

    /** A call of a helper, of ourselves (7 bytes of input take the short way) or of nobody. */
    call() {
        const { random } = this;
        const op = random.pick(['CALL', 'CALLCODE', 'DELEGATECALL', 'STATICCALL'].filter(this.has));
        const target = random.chance(55) ? this.world.dispatcher : this.account();
        const mode = random.below(12);
        const inSize = target === this.world.self ? '0x07' : this.push(1 + random.below(40));
        const value = random.pick(['0x00', '0x00', '0x00', '0x01', '0x11', this.push(10n ** 20n)]);
        const burns = [2, 3, 8].includes(mode); // modes that take all they get
        const capped = this.has('REVERT') && !burns; // a stand-in for EIP-150, close enough
        const gases = capped ? ['GAS', 'GAS', '0xc350', '0xffffffff', '0x00'] : ['0x7530'];
        const gas = random.pick(gases);
        const withValue = op === 'CALL' || op === 'CALLCODE' ? `${value} ` : '';
        const input = `${this.push(mode)} 0x80 MSTORE8`;
        const parts = [`${input} ${this.size()} ${this.offset()} ${inSize} 0x80 ${withValue}`
            + `${target} ${gas} ${op} ${this.sink()}`];
        if (this.has('RETURNDATACOPY') && random.chance(60)) {
            parts.push(`RETURNDATASIZE 0x00 ${this.offset()} RETURNDATACOPY`);
        }
        return parts.join(' ');
    }

    create() {
        const { random } = this;
        const { initcodes, badInitcodes } = this.world;
        const initcode = random.pick(random.chance(88) ? initcodes : badInitcodes);
        const size = initcode.length / 2;
        const salted = this.has('CREATE2') && random.chance(50);
        const value = random.pick(['0x00', '0x00', '0x03', this.push(10n ** 20n)]);
        return `0x${initcode} 0x40 MSTORE ${salted ? `${this.push(random.below(3))} ` : ''}`
            + `${this.push(size)} ${this.push(0x60 - size)} ${value} `
            + `${salted ? 'CREATE2' : 'CREATE'} ${this.sink()}`;
    }

    statement() {
        const kinds = [
            [30, 'calculate'], [10, 'shuffle'], [8, 'copy'], [6, 'hash'], [7, 'log'], [13, 'store'],
            [5, 'loop'], [14, 'call'], [7, 'create'],
        ];
        let dice = this.random.below(100);
        for (const [weight, name] of kinds) {
            if (dice < weight) {
                return this[name]();
            }
            dice -= weight;
        }
        throw new Error('weights do not add up to 100');
    }

    ending() {
        const { random } = this;
        const endings = [
            'STOP', '0x60 0x00 RETURN', '0x40 0x00 RETURN', '0x40 0x00 RETURN', '0x20 0x00 RETURN',
            `${this.size()} ${this.offset()} RETURN`,
        ];
        if (this.has('REVERT')) {
            endings.push('0x40 0x00 REVERT');
        }
        if (random.chance(15)) {
            return `${this.account()} SELFDESTRUCT`;
        }
        return random.pick(endings);
    }

    /** A whole program; calldata of 7 bytes takes a short way that is safe to call from inside. */
    program(statements) {
        const body = Array.from({ length: statements }, () => this.statement());
        const short = [this.store(), this.random.chance(40) ? this.log() : '', this.ending()];
        return ['CALLDATASIZE 0x07 EQ @short JUMPI', ...body, this.ending(), 'short:', ...short]
            .filter((line) => line !== '').join('\n');
    }
}
