// pick.mjs: which state tests are traced on both sides. The rule: of each fork the same number of
// cases, namely those whose SHA-256 of "NAME FORK INDEX" is smallest, INDEX being the place in the
// test's list for that fork. Left out are transactions that the test expects to be rejected: they
// have no trace.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

function* filesBelow(folder) {
    const entries = readdirSync(folder, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) {
            yield* filesBelow(path);
        } else if (entry.name.endsWith('.json')) {
            yield path;
        }
    }
}

function* casesOf(path) {
    for (const [name, test] of Object.entries(JSON.parse(readFileSync(path, 'utf8')))) {
        const authorizations = test.transaction.authorizationList?.length ?? 0;
        for (const [fork, entries] of Object.entries(test.post ?? {})) {
            for (const [index, entry] of entries.entries()) {
                if (entry.expectException === undefined) {
                    const hash = createHash('sha256').update(`${name} ${fork} ${index}`);
                    const digest = hash.digest('hex');
                    yield { path, name, fork, index, authorizations, hash: digest };
                }
            }
        }
    }
}

/** About `wanted` cases of the files below `folder`, by the rule, in order of their files. */
export function pickCases(folder, wanted) {
    const byFork = new Map();
    for (const path of filesBelow(folder)) {
        for (const one of casesOf(path)) {
            const fork = one.fork === 'Merge' ? 'Paris' : one.fork;
            byFork.set(fork, byFork.get(fork) ?? []);
            byFork.get(fork).push(one);
        }
    }
    const each = Math.ceil(wanted / byFork.size);
    const smallest = (cases) => cases.sort((a, b) => (a.hash < b.hash ? -1 : 1)).slice(0, each);
    const picked = [...byFork.values()].flatMap(smallest);
    return picked.sort((a, b) => (a.path === b.path ? 0 : a.path < b.path ? -1 : 1));
}
