// deps.mjs: finds the pinned npm packages in build/deps (or $COLDHEAP_DEPS) and loads them, so that
// the scripts run from any folder without an install of their own. Exits with 3 when they are
// absent: the callers turn that into a loud skip.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const DEPS = resolve(process.env.COLDHEAP_DEPS ?? join(ROOT, 'build/deps'));
export const EXIT_ABSENT = 3;

function packageFolder(name) {
    const folder = join(DEPS, 'node_modules', name);
    if (!existsSync(join(folder, 'package.json'))) {
        console.error(`${name} is not installed in ${DEPS}: scripts/setup.sh does it, or by hand`);
        console.error('  mkdir -p build/deps && cp deps/package*.json build/deps/');
        console.error('  npm ci --ignore-scripts --no-audit --no-fund --prefix build/deps');
        process.exit(EXIT_ABSENT);
    }
    const pinned = JSON.parse(readFileSync(join(ROOT, 'deps/package.json'), 'utf8')).dependencies;
    const found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
    if (pinned[name] !== undefined && pinned[name] !== found) {
        console.error(`${name} ${found} is installed, deps/package.json pins ${pinned[name]}`);
        process.exit(EXIT_ABSENT);
    }
    return folder;
}

async function loadModule(name, file) {
    return import(pathToFileURL(join(packageFolder(name), file)));
}

/** The EVM of the independent implementation, with the few helpers the scripts need. */
export async function loadEthereum() {
    const [evm, common, state, util, rlp, sha3] = await Promise.all([
        loadModule('@ethereumjs/evm', 'dist/esm/index.js'),
        loadModule('@ethereumjs/common', 'dist/esm/index.js'),
        loadModule('@ethereumjs/statemanager', 'dist/esm/index.js'),
        loadModule('@ethereumjs/util', 'dist/esm/index.js'),
        loadModule('@ethereumjs/rlp', 'dist/esm/index.js'),
        loadModule('@noble/hashes', 'sha3.js'),
    ]);
    return { evm, common, state, util, RLP: rlp.RLP, keccak256: sha3.keccak_256 };
}

/** What runs whole transactions, on top of loadEthereum. */
export async function loadTransactions() {
    const [vm, tx, block] = await Promise.all([
        loadModule('@ethereumjs/vm', 'dist/esm/index.js'),
        loadModule('@ethereumjs/tx', 'dist/esm/index.js'),
        loadModule('@ethereumjs/block', 'dist/esm/index.js'),
    ]);
    return { vm, tx, block };
}

/** The Solidity compiler (WebAssembly build). */
export function loadSolc() {
    const uncaught = process.listeners('uncaughtException');
    const solc = createRequire(import.meta.url)(packageFolder('solc'));
    for (const listener of process.listeners('uncaughtException')) {
        if (!uncaught.includes(listener)) { // emscripten's, which hides stack traces
            process.removeListener('uncaughtException', listener);
        }
    }
    return solc;
}

/** Its tries alone (a dependency of its state manager, pinned by the lock file). */
export async function loadTrie() {
    return loadModule('@ethereumjs/mpt', 'dist/esm/index.js');
}
