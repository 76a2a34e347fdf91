// machine.mjs: messages on the independent EVM (@ethereumjs/evm) in the fixed environment of
// contracts/expected.json. A message is what a transaction runs after its validation: no intrinsic
// gas, no refund applied, no fee; warm are the sender, the called address, the precompiles and,
// from Shanghai on, the coinbase.
import { loadEthereum } from './deps.mjs';

export const FORKS = {
    Frontier: 'chainstart', Homestead: 'homestead', EIP150: 'tangerineWhistle',
    EIP158: 'spuriousDragon', Byzantium: 'byzantium', Constantinople: 'constantinople',
    Petersburg: 'petersburg', Istanbul: 'istanbul', Berlin: 'berlin', London: 'london',
    Paris: 'paris', Shanghai: 'shanghai', Cancun: 'cancun', Prague: 'prague', Osaka: 'osaka',
};

export const toHex = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;

export const shortHex = (value) => `0x${value.toString(16)}`;

export function fromHex(text) {
    const digits = text.trim().replace(/^0x/, '');
    if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) {
        throw new Error(`not hex: ${text.slice(0, 40)}`);
    }
    return Uint8Array.from(Buffer.from(digits, 'hex'));
}

export function word(value) {
    return fromHex(BigInt.asUintN(256, BigInt(value)).toString(16).padStart(64, '0'));
}

export class Machine {
    static async create(forkName, env) {
        const machine = new Machine();
        const lib = await loadEthereum();
        if (FORKS[forkName] === undefined) {
            throw new Error(`unknown fork ${forkName}; one of ${Object.keys(FORKS).join(' ')}`);
        }
        const { Common, Mainnet } = lib.common;
        const common = new Common({ chain: Mainnet, hardfork: FORKS[forkName] });
        machine.lib = lib;
        machine.common = common;
        machine.env = env;
        machine.state = new lib.state.MerkleStateManager({ common });
        machine.evm = await lib.evm.createEVM({
            common, stateManager: machine.state, blockchain: new NumberedBlocks(lib.keccak256),
        });
        machine.written = recordWrites(machine.state);
        return machine;
    }

    address(text) {
        return this.lib.util.createAddressFromString(text);
    }

    keccak(bytes) {
        return toHex(this.lib.keccak256(bytes));
    }

    async putAccount(text, { balance = 0n, nonce = 0n, code = '0x', storage = {} }) {
        const address = this.address(text);
        const account = new this.lib.util.Account(BigInt(nonce), BigInt(balance));
        await this.state.putAccount(address, account);
        if (code !== '0x') {
            await this.state.putCode(address, fromHex(code));
        }
        for (const [key, value] of Object.entries(storage)) {
            await this.state.putStorage(address, word(key), word(value));
        }
    }

    warm(sender, target) {
        const journal = this.evm.journal;
        journal.cleanJournal();
        this.evm.transientStorage.clear();
        for (const precompile of this.evm.precompiles.keys()) {
            journal.addAlwaysWarmAddress(precompile);
        }
        journal.addAlwaysWarmAddress(sender);
        if (target !== undefined) {
            journal.addAlwaysWarmAddress(target);
        }
        if (this.common.isActivatedEIP(3651)) {
            journal.addAlwaysWarmAddress(this.env.coinbase);
        }
    }

    block() {
        const env = this.env;
        return {
            header: {
                number: BigInt(env.number), timestamp: BigInt(env.timestamp),
                coinbase: this.address(env.coinbase), gasLimit: BigInt(env.block_gas_limit),
                difficulty: BigInt(env.difficulty ?? 0), prevRandao: word(env.prevrandao ?? 0),
                baseFeePerGas: BigInt(env.base_fee), slotNumber: 0n,
                getBlobGasPrice: () => BigInt(env.blob_base_fee),
            },
        };
    }

    /** Runs one message; `to` undefined creates a contract with `input` as its initcode. */
    async run({ to, input, gasLimit, value = 0n, isStatic = false }) {
        const sender = this.env.sender;
        this.warm(sender, to);
        const result = await this.evm.runCall({
            block: this.block(), caller: this.address(sender), origin: this.address(sender),
            to: to === undefined ? undefined : this.address(to), data: input,
            gasLimit: BigInt(gasLimit), gasPrice: BigInt(this.env.gas_price), value: BigInt(value),
            isStatic,
        });
        const exec = result.execResult;
        return {
            error: exec.exceptionError?.error,
            gasUsed: exec.executionGasUsed,
            refund: exec.gasRefund ?? 0n,
            output: exec.returnValue,
            logs: exec.logs ?? [],
            destroyed: this.destroyed(exec),
            created: result.createdAddress?.toString(),
        };
    }

    /** Accounts that would be gone at the end of the transaction (EIP-6780 from Cancun on). */
    destroyed(exec) {
        const marked = [...(exec.selfdestruct ?? new Map()).keys()].sort();
        const created = exec.createdAddresses ?? new Set();
        return marked.filter((one) => !this.common.isActivatedEIP(6780) || created.has(one));
    }

    logsHash(logs) {
        return this.keccak(this.lib.RLP.encode(logs));
    }

    /** Short outputs as hex, long ones as keccak:0x..:len=N. */
    outputText(bytes) {
        const long = bytes.length > 64;
        return long ? `keccak:${this.keccak(bytes)}:len=${bytes.length}` : toHex(bytes);
    }

    /** Every account put since the machine was made: balance, nonce, code and written slots. */
    async accounts() {
        const all = {};
        for (const text of [...this.written.keys()].sort()) {
            const address = this.address(text);
            const account = await this.state.getAccount(address);
            if (account === undefined) {
                continue;
            }
            const storage = {};
            for (const key of [...this.written.get(text)].sort()) {
                const value = await this.state.getStorage(address, fromHex(key));
                if (value.length > 0) {
                    storage[shortHex(BigInt(key))] = shortHex(BigInt(toHex(value)));
                }
            }
            all[text] = {
                balance: shortHex(account.balance), nonce: shortHex(account.nonce),
                code: toHex(await this.state.getCode(address)), storage,
            };
        }
        return all;
    }
}

/** BLOCKHASH(n) as in the state tests: keccak256 of the decimal digits of n. */
export class NumberedBlocks {
    constructor(keccak256) {
        this.keccak256 = keccak256;
    }

    async getBlock(number) {
        return { hash: () => this.keccak256(new TextEncoder().encode(String(number))) };
    }

    async putBlock() {}

    shallowCopy() {
        return this;
    }
}

function recordWrites(state) {
    const written = new Map();
    const slotsOf = (address) => {
        const text = address.toString();
        if (!written.has(text)) {
            written.set(text, new Set());
        }
        return written.get(text);
    };
    const putAccount = state.putAccount.bind(state);
    const putStorage = state.putStorage.bind(state);
    state.putAccount = (address, account) => {
        slotsOf(address);
        return putAccount(address, account);
    };
    state.putStorage = (address, key, value) => {
        slotsOf(address).add(toHex(key));
        return putStorage(address, key, value);
    };
    return written;
}
