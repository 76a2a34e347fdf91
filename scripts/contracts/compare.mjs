// compare.mjs: traces of coldevm against traces of the independent EVM, line by line, over the
// samples that `coldevm run` can be given (calls, not static) and the assembly cases.
//   node compare.mjs COLDEVM [NAME...]     default: all; every tenth sample unless
//                                          COLDHEAP_CONFORMANCE_SAMPLE is 1
// Fails at the first differing line of a program and shows it. Left out of the comparison is what
// the two may know differently: the cost of an instruction that fails, how many words a stack
// underflow lacks, and whether too much memory is an overflow.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync }
    from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './deps.mjs';
import { traceMessage } from './lines.mjs';
import { toHex } from './machine.mjs';
import { prepareCase, readJson, setUp } from './replay.mjs';

const PARIS = ['Paris', 'Shanghai', 'Cancun', 'Prague', 'Osaka'];
const SAMPLED = 10;
const hex = (number) => `0x${number.toString(16)}`;

function comparable(line) {
    if (!line.includes('"error"')) {
        return line;
    }
    return line.replace(/"gasCost":"0x[0-9a-f]*"/, '').replace(/ \(\d+ <=> \d+\)/, '')
        .replace('gas uint64 overflow', 'out of gas');
}

/** The lines of a file, read piece by piece. */
function* linesOf(path) {
    const file = openSync(path);
    const chunk = Buffer.alloc(1 << 20);
    let rest = '';
    for (let size = readSync(file, chunk); size > 0; size = readSync(file, chunk)) {
        const parts = (rest + chunk.toString('latin1', 0, size)).split('\n');
        rest = parts.pop();
        yield* parts;
    }
    closeSync(file);
}

function genesisOf(env, fork, alloc) {
    return {
        config: { chainId: env.chain_id }, number: hex(env.number), timestamp: hex(env.timestamp),
        gasLimit: hex(env.block_gas_limit), baseFeePerGas: hex(env.base_fee),
        difficulty: hex(env.difficulty ?? 0), mixHash: env.prevrandao || hex(0),
        coinbase: env.coinbase, alloc,
    };
}

class Comparison {
    constructor(coldevm) {
        this.coldevm = coldevm;
        this.folder = mkdtempSync(join(tmpdir(), 'coldheap-traces-'));
        this.programs = 0;
        this.lines = 0;
        this.failed = 0;
    }

    traceOurs(env, fork, alloc, to, message) {
        const path = (name) => join(this.folder, name);
        writeFileSync(path('genesis.json'), JSON.stringify(genesisOf(env, fork, alloc)));
        writeFileSync(path('code'), alloc[to].code);
        writeFileSync(path('input'), toHex(message.input));
        const run = spawnSync(this.coldevm, [
            'run', '--style', 'evmc', '--fork', fork, '--gas', String(message.gasLimit),
            '--sender', env.sender, '--receiver', to, '--price', String(env.gas_price),
            '--value', String(message.value ?? 0), '--prestate', path('genesis.json'),
            '--inputfile', path('input'), '--codefile', path('code'),
            '--trace', '--trace.out', path('trace'),
        ], { encoding: 'utf8' });
        if (run.status !== 0) {
            throw new Error(`coldevm ended with ${run.status}: ${run.error ?? run.stderr}`);
        }
        return linesOf(path('trace'));
    }

    async compare(name, ours, { machine, message }) {
        let number = 0;
        let differs = false;
        const check = (line, other) => {
            number++;
            if (!differs && (other === undefined || comparable(line) !== comparable(other))) {
                differs = true;
                console.log(`${name} line ${number}`);
                console.log(`  coldevm     ${other}\n  ethereumjs  ${line}`);
            }
        };
        await traceMessage(machine, message, true, (line) => check(line, ours.next().value));
        const more = ours.next().value;
        if (more !== undefined) {
            check('(end)', more);
        }
        this.programs++;
        this.lines += number;
        this.failed += differs ? 1 : 0;
    }

    async sample(file, sample) {
        const alloc = { ...file.accounts, ...sample.pre };
        const prepared = await setUp(file, sample);
        const ours = this.traceOurs(file.env, sample.fork, alloc, sample.to, prepared.message);
        await this.compare(sample.name, ours, prepared);
    }

    async assemblyCase(file, name) {
        const { env, cases } = file;
        const prepared = await prepareCase(file, name);
        const { address, fork } = cases[name];
        const code = readFileSync(join(ROOT, 'contracts', name, 'code.hex'), 'utf8').trim();
        const alloc = {
            [env.sender]: { balance: env.sender_balance },
            [address]: { code: `0x${code}`, nonce: hex(env.runtime_nonce) },
        };
        const ours = this.traceOurs(env, fork, alloc, address, prepared.message);
        await this.compare(name, ours, prepared);
    }
}

async function main(coldevm, names) {
    const comparison = new Comparison(coldevm);
    const all = process.env.COLDHEAP_CONFORMANCE_SAMPLE === '1';
    const wanted = (name, index) => (
        names.length > 0 ? names.includes(name) : all || index % SAMPLED === 0);
    const samples = readJson('samples.json');
    const expected = readJson('expected.json');
    for (const [index, sample] of samples.samples.entries()) {
        if (sample.to !== null && sample.static !== true && wanted(sample.name, index)) {
            await comparison.sample(samples, sample);
        }
    }
    for (const [name, { mode }] of Object.entries(expected.cases)) {
        if (mode === 'runtime' && wanted(name, 1)) {
            await comparison.assemblyCase(expected, name);
        }
    }
    rmSync(comparison.folder, { recursive: true });
    const { programs, lines, failed } = comparison;
    console.log(`${programs} programs, ${lines} trace lines, ${failed} programs differ`);
    process.exitCode = failed > 0 || programs === 0 ? 1 : 0;
}

const [coldevm, ...names] = process.argv.slice(2);
if (coldevm === undefined) {
    console.error('usage: node compare.mjs COLDEVM [NAME...]');
    process.exit(2);
}
await main(coldevm, names);
