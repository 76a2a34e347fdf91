// build.mjs: contracts/src + contracts/cases.json -> contracts/<case>/{code,input}.hex.
//   node build.mjs [OUTDIR]      default: contracts/ of the repository
// Solidity is compiled by the pinned solc without metadata, so the same source gives the same bytes
// everywhere; assembly goes through assemble.mjs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assemble, opcodeTable } from './assemble.mjs';
import { ROOT, loadSolc } from './deps.mjs';
import { word } from './machine.mjs';

const SOURCES = join(ROOT, 'contracts/src');
const SETTINGS = {
    evmVersion: 'osaka', viaIR: true, optimizer: { enabled: true, runs: 100000 },
    metadata: { appendCBOR: false, bytecodeHash: 'none' },
    outputSelection: { '*': { '*': ['evm.bytecode.object', 'evm.methodIdentifiers'] } },
};

export function readCases() {
    return JSON.parse(readFileSync(join(ROOT, 'contracts/cases.json'), 'utf8'));
}

function compile(solc, file) {
    const sources = { [file]: { content: readFileSync(join(SOURCES, file), 'utf8') } };
    const request = { language: 'Solidity', sources, settings: SETTINGS };
    const answer = JSON.parse(solc.compile(JSON.stringify(request)));
    const problems = answer.errors ?? []; // warnings count: the sources are clean
    if (problems.length > 0) {
        throw new Error(problems.map((problem) => problem.formattedMessage).join('\n'));
    }
    return answer.contracts[file];
}

/** {"pattern": n}: n bytes that repeat only after 64 KiB. */
export function patternBytes(size) {
    return Uint8Array.from({ length: size }, (_, i) => (i * i * 31 + i * 7 + (i >> 8)) & 0xff);
}

/** ABI encoding of numbers and byte strings, which is all that the cases use. */
function encodeArguments(args) {
    const heads = [];
    const tails = [];
    let tailSize = 0;
    for (const argument of args) {
        if (typeof argument !== 'object') {
            heads.push(word(argument));
            continue;
        }
        const bytes = patternBytes(argument.pattern);
        heads.push(word(args.length * 32 + tailSize));
        const padding = new Uint8Array((32 - (bytes.length % 32)) % 32);
        tails.push(word(bytes.length), bytes, padding);
        tailSize += 32 + bytes.length + padding.length;
    }
    return Buffer.concat([...heads, ...tails]).toString('hex');
}

function buildCase(entry, compiled, table) {
    if (entry.source.endsWith('.evm')) {
        const source = readFileSync(join(SOURCES, entry.source), 'utf8');
        return { code: Buffer.from(assemble(source, table)).toString('hex'), input: '' };
    }
    const contract = compiled.get(entry.source)[entry.contract];
    const selector = contract.evm.methodIdentifiers[entry.call];
    if (selector === undefined) {
        throw new Error(`${entry.contract} has no ${entry.call}`);
    }
    return { code: contract.evm.bytecode.object, input: selector + encodeArguments(entry.args) };
}

async function main(target) {
    const cases = readCases();
    const table = await opcodeTable();
    const solc = loadSolc();
    const compiled = new Map();
    for (const { source } of Object.values(cases)) {
        if (source.endsWith('.sol') && !compiled.has(source)) {
            compiled.set(source, compile(solc, source));
        }
    }
    for (const [name, entry] of Object.entries(cases)) {
        const { code, input } = buildCase(entry, compiled, table);
        mkdirSync(join(target, name), { recursive: true });
        writeFileSync(join(target, name, 'code.hex'), `${code}\n`);
        writeFileSync(join(target, name, 'input.hex'), `${input}\n`);
        console.log(`${name}: code ${code.length / 2} bytes, input ${input.length / 2} bytes`);
    }
}

if (process.argv[1]?.endsWith('build.mjs')) {
    await main(process.argv[2] ?? join(ROOT, 'contracts'));
}
