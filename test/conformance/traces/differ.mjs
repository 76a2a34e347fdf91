// differ.mjs: traces of `coldevm statetest --trace` against traces of the independent
// implementation, over the cases that pick.mjs chooses.
//   node differ.mjs COLDEVM FIXTURES [COUNT]           COUNT: about how many cases (1000)
//
// Two comparisons, both of every line:
//   goevmlab  as that differ states its rules: depth, pc, gas, op and the top six words of the
//             stack; STOP and depth 0 left out, equal neighbours in pc and depth merged
//   all       every field. Three things may be known differently: what a failing instruction cost,
//             how many words a stack underflow lacks, which of two failures came first. The
//             other side's refund counter begins at 0, ours with what authorizations refunded
// A case is also checked for one end marker, the last line, with the root the case expects; a
// transaction that the other side rejects must have no lines here. Lines beyond LINES_MAX of a case
// are not compared. A case for which the other side lacks something, or does not reach the expected
// root itself, is named and not compared; there may be LEFT_OUT_MAX of these.
// Exit status: 0 all the same, 1 a difference, 2 usage, 3 packages are absent.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, closeSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pickCases } from './pick.mjs';
import { Lacking, playCase } from './play.mjs';

const LINES_MAX = 50000;
const LEFT_OUT_MAX = 0.02;
const CASES = 1000;
const TOP = 6;
const AUTHORIZED = 12500; // PER_EMPTY_ACCOUNT_COST - PER_AUTH_BASE_COST

/** Thrown when a case has shown enough lines. */
class Enough extends Error {}

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
    if (rest !== '') {
        yield rest;
    }
}

const escapeName = (name) => name.replace(/[^A-Za-z0-9_]/g, '\\$&');

/** Our trace lines as objects; the end marker is kept apart. */
class Ours {
    constructor(coldevm, folder, { path, name, fork, index }) {
        const trace = join(folder, 'trace');
        const file = openSync(trace, 'w');
        const run = spawnSync(coldevm, [
            'statetest', '--trace', '--trace.format=json', '--trace.nomemory=true',
            '--trace.noreturndata=true', '--workers', '1', '--run', `^${escapeName(name)}$`,
            '--statetest.fork', fork, '--statetest.index', String(index), path,
        ], { encoding: 'utf8', stdio: ['ignore', 'pipe', file] });
        closeSync(file);
        this.status = run.status;
        this.lines = this.#read(trace);
        this.markers = [];
    }

    * #read(trace) {
        for (const text of linesOf(trace)) {
            const line = JSON.parse(text);
            if ('stateRoot' in line) {
                this.markers.push(line);
            } else if (this.markers.length > 0) {
                throw new Error('a line after the end marker');
            } else {
                yield line;
            }
        }
    }

    next() {
        return this.lines.next().value;
    }
}

// An instruction that cannot be paid and breaks another rule too may tell either.
const ALSO_UNPAID = /gas uint64 overflow|write protection/;
const ALSO_UNPAID_BY_OP = {
    0x3e: /gas uint64 overflow|return data out of bounds/,
    0xf0: /gas uint64 overflow|write protection|max initcode size exceeded/,
    0xf5: /gas uint64 overflow|write protection|max initcode size exceeded/,
};

/** What is compared of a line when all fields are. */
function comparable(line) {
    if (line === undefined) {
        return 'no line';
    }
    if (line.error === undefined) {
        return JSON.stringify(line);
    }
    const error = line.error.replace(/ \(\d+ <=> \d+\)/, '')
        .replace(ALSO_UNPAID_BY_OP[line.op] ?? ALSO_UNPAID, 'out of gas');
    return JSON.stringify({ ...line, gasCost: '', error });
}

/** Compares two streams by goevmlab's rules; lines are given in pairs as they come. */
class Goevmlab {
    constructor() {
        this.kept = [[], []];
        this.last = [undefined, undefined];
        this.differs = false;
    }

    add(side, line) {
        const last = this.last[side];
        const merges = last !== undefined && last.pc === line.pc && last.depth === line.depth;
        if (line.op === 0 || line.depth === 0 || merges) {
            return;
        }
        this.last[side] = line;
        const { depth, pc, gas, op, stack } = line;
        this.kept[side].push(JSON.stringify({ depth, pc, gas, op, stack: stack.slice(-TOP) }));
        while (this.kept[0].length > 0 && this.kept[1].length > 0) {
            const [one, other] = this.kept.map((lines) => lines.shift());
            this.differs = this.differs || one !== other;
        }
    }

    isSame() {
        return !this.differs && this.kept[0].length === 0 && this.kept[1].length === 0;
    }
}

/** What authorizations (EIP-7702) may have put into the refund counter before the first line. */
function refundedBefore(one, line, theirs) {
    const before = (line?.refund ?? 0) - theirs.refund;
    const isPossible = before % AUTHORIZED === 0 && before >= 0
        && before <= one.authorizations * AUTHORIZED;
    return isPossible ? before : 0;
}

class Comparison {
    constructor(coldevm) {
        this.coldevm = coldevm;
        this.folder = mkdtempSync(join(tmpdir(), 'coldheap-differ-'));
        this.count = { compared: 0, lines: 0, differ: 0, cut: 0, leftOut: 0, rejected: 0 };
        this.byFork = {};
    }

    report(one, what, ...details) {
        this.count.differ++;
        console.log(`DIFFERS ${basename(one.path)} ${one.name} ${one.fork} ${one.index}: ${what}`);
        details.forEach((line) => console.log(`  ${line}`));
    }

    leaveOut(one, why) {
        this.count.leftOut++;
        console.log(`LEFT OUT ${basename(one.path)} ${one.name} ${one.fork}: ${why}`);
    }

    /** Both traces in step; gives the first difference, if any. */
    async follow(one, ours, goevmlab) {
        let number = 0;
        let first;
        let refunded;
        let result = {};
        const compare = (theirs) => {
            const line = ours.next();
            number++;
            refunded ??= refundedBefore(one, line, theirs);
            theirs.refund += refunded;
            if (first === undefined && comparable(line) !== comparable(theirs)) {
                first = [`line ${number}`, `coldevm     ${comparable(line)}`,
                    `ethereumjs  ${comparable(theirs)}`];
            }
            goevmlab.add(1, theirs);
            if (line !== undefined) {
                goevmlab.add(0, line);
            }
            if (number === LINES_MAX) {
                throw new Enough();
            }
        };
        try {
            result = await playCase(one, compare);
        } catch (error) {
            if (!(error instanceof Enough)) {
                throw error;
            }
            result.cut = true;
        }
        this.count.lines += number;
        for (let line = ours.next(); line !== undefined && !result.cut; line = ours.next()) {
            first ??= [`line ${number + 1}`, `coldevm     ${comparable(line)}`,
                'ethereumjs  no line'];
            goevmlab.add(0, line);
        }
        return { first, result };
    }

    checkMarker(one, ours, { rejected, cut, root }) {
        const drained = [...ours.lines].length;
        const [marker] = ours.markers;
        if (ours.status !== 0 || ours.markers.length !== 1 || (!cut && drained > 0)) {
            this.report(one, `status ${ours.status}, ${ours.markers.length} end markers`);
        } else if (!marker.pass || (!cut && !rejected && marker.stateRoot !== root)) {
            this.report(one, `end marker ${JSON.stringify(marker)}`, `ethereumjs root ${root}`);
        }
    }

    async compare(one) {
        const ours = new Ours(this.coldevm, this.folder, one);
        const goevmlab = new Goevmlab();
        let followed;
        try {
            followed = await this.follow(one, ours, goevmlab);
        } catch (error) {
            if (!(error instanceof Lacking)) {
                throw error;
            }
            this.leaveOut(one, `the other side has not ${error.message}`);
            return;
        }
        const { first, result } = followed;
        if (result.isExpected === false && result.rejected === undefined) {
            this.leaveOut(one, 'the other side does not reach the expected root');
            return;
        }
        this.count.compared++;
        this.count.cut += result.cut ? 1 : 0;
        this.count.rejected += result.rejected ? 1 : 0;
        this.byFork[one.fork] = (this.byFork[one.fork] ?? 0) + 1;
        if (first !== undefined) {
            this.report(one, ...first);
        } else if (!goevmlab.isSame()) {
            this.report(one, 'goevmlab would see a difference');
        }
        this.checkMarker(one, ours, result);
    }
}

async function main(coldevm, fixtures, wanted) {
    const comparison = new Comparison(coldevm);
    const cases = pickCases(join(fixtures, 'state_tests'), wanted);
    for (const one of cases) {
        await comparison.compare(one);
    }
    rmSync(comparison.folder, { recursive: true });
    const { compared, lines, differ, cut, leftOut, rejected } = comparison.count;
    console.log(`cases by fork: ${JSON.stringify(comparison.byFork)}`);
    console.log(`${compared} cases, ${lines} trace lines, ${cut} cut at ${LINES_MAX} lines, `
        + `${rejected} rejected by both, ${leftOut} left out, ${differ} differ`);
    const tooFew = leftOut > LEFT_OUT_MAX * cases.length || compared === 0;
    process.exitCode = differ > 0 || tooFew ? 1 : 0;
}

const [coldevm, fixtures, count] = process.argv.slice(2);
if (fixtures === undefined) {
    console.error('usage: node differ.mjs COLDEVM FIXTURES [COUNT]');
    process.exit(2);
}
await main(coldevm, fixtures, Number(count ?? CASES));
