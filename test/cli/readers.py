#!/usr/bin/env python3
"""readers.py COLDEVM: how other projects' harnesses read `coldevm statetest`, re-implemented from
what they run and look for (spec cli.md C12), on the tests in statetest/ beside this file. Prints
TAP. The program is started as `evm`, through a hard link (a copy where none can be made), except
where a harness has a wrapper. Written for CPython 3.9 and newer, nothing but its library.
"""
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.join(HERE, "statetest")
SINGLE = os.path.join(TESTS, "single.json")
FAILING = os.path.join(TESTS, "failing.json")
REJECTED = os.path.join(TESTS, "rejected.json")
MANY = [os.path.join(TESTS, name) for name in ("calls.json", "creation.json")]
PATHS = 1000
PATHS_WARM = 100
RSS_GROWTH_KB = 256
WAIT_SECONDS = 60
WORD = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,63})")
QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,15})")

GETH = ["--trace", "--trace.format=json", "--trace.nomemory=true", "--trace.noreturndata=true"]
EELS = ["--json", "--noreturndata", "--nomemory"]


class Breach(Exception):
    """What was read is not what the harness can read."""


def need(condition, what):
    if not condition:
        raise Breach(what)


class Program:
    """The command under the names that harnesses use."""

    def __init__(self, coldevm):
        self.native = os.path.abspath(coldevm)
        self.folder = tempfile.mkdtemp(prefix="coldheap-readers-")
        self.evm = os.path.join(self.folder, "evm")
        try:
            os.link(self.native, self.evm)
        except OSError:
            shutil.copy2(self.native, self.evm)
        self.environment = {key: value for key, value in os.environ.items()
                            if not key.startswith(("COLDEVM_", "COLDHEAP"))}

    def run(self, *arguments, native=False, stdin=b"", status=0):
        command = [self.native if native else self.evm, *arguments]
        done = subprocess.run(command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=600, env=self.environment, check=False)
        if status is not None:
            need(done.returncode == status,
                 f"{command[1:]}: status {done.returncode}, want {status}: {done.stderr[-300:]}")
        return done

    def close(self):
        shutil.rmtree(self.folder)


# ---- The tests themselves: how many subtests there are, in the order of the command ----

def subtests(path):
    """(name, fork, entry) of all cases of a file, forks by name."""
    with open(path, encoding="utf-8") as file:
        tests = json.load(file)
    return [(name, fork, entry) for name, test in tests.items()
            for fork in sorted(test["post"]) for entry in test["post"][fork]]


# ---- A trace as goevmlab takes it ----

class TraceReader:
    """Lines of stderr until the one with the state root. Keeps what is compared: depth, pc, gas,
    op, top six of the stack; drops STOP and depth 0; merges equal neighbours in pc and depth.
    Lines that begin with # are echoed, other text is skipped."""

    def __init__(self, keeps_fields=False):
        self.keeps_fields = keeps_fields
        self.line = {}
        self.steps = []
        self.root = None

    def take(self, raw):
        """True once the trace is complete."""
        need(len(raw) < 5 << 20, "a line of 5 MiB or more")
        if not raw.startswith(b"{"):
            return False
        read = json.loads(raw)
        self.line = {**self.line, **read} if self.keeps_fields else read
        if "stateRoot" in read:
            need(re.fullmatch(r"0x[0-9a-f]{64}", read["stateRoot"]), "a root of 64 digits")
            self.root = read["stateRoot"]
            return True
        if set(read) == {"error"}:  # a message, among trace lines; read as depth 0
            return False
        self.take_step(self.line)
        return False

    def take_step(self, line):
        for key in ("pc", "op", "depth", "memSize", "refund"):
            need(type(line.get(key)) is int, f"{key} is a number")  # no bool, no float
        for key in ("gas", "gasCost"):
            need(QUANTITY.fullmatch(line.get(key, "")), f"{key} is a hex number")
        for word in line.get("stack") or []:
            need(WORD.fullmatch(word), "stack words without leading zeros")
        if line["depth"] == 0 or line["op"] == 0:
            return
        step = (line["depth"], line["pc"], line["gas"], line["op"],
                tuple((line.get("stack") or [])[-6:]))
        if self.steps and self.steps[-1][:2] == step[:2]:
            return
        self.steps.append(step)


def read_traces(stderr, keeps_fields=False):
    """All traces of a run, in order."""
    traces = [TraceReader(keeps_fields)]
    for raw in stderr.splitlines():
        if traces[-1].take(raw):
            traces.append(TraceReader(keeps_fields))
    rest = traces.pop()
    need(not rest.steps, "no line behind the last end marker")
    return traces


def check_traces(traces, cases):
    need(len(traces) == len(cases), f"{len(traces)} end markers for {len(cases)} subtests")
    for trace, (name, fork, entry) in zip(traces, cases):
        need(trace.root == entry["hash"], f"root of {name} {fork}")
        rejected = "expectException" in entry
        need(bool(trace.steps) != rejected, f"{len(trace.steps)} steps of {name} {fork}")


# ---- The readers ----

def geth(program, *flags):
    for path in [SINGLE, REJECTED, *MANY]:
        done = program.run("statetest", *flags, *GETH, path)
        check_traces(read_traces(done.stderr), subtests(path))


def root_only(program, *flags):
    """The first root on stdout; something must follow it."""
    for path in [SINGLE, *MANY]:
        text = program.run("statetest", *flags, path).stdout
        key = b'"stateRoot": "'
        start = text.find(key)
        need(start >= 0, "stdout has a state root after a blank")
        start += len(key)
        need(len(text) > start + 66, "there is more behind the root")
        need(text[start:start + 66].decode() == subtests(path)[0][2]["hash"], "the first root")


def eels(program, *flags):
    for path in [SINGLE, *MANY]:
        done = program.run("statetest", *flags, *EELS, path)
        check_traces(read_traces(done.stderr), subtests(path))
    done = program.run("statetest", *flags, "--nomemory", "--noreturndata", "--nostack", SINGLE)
    check_roots(done.stderr, subtests(SINGLE))


def check_roots(stderr, cases):
    """Roots by the text before them; no trace lines."""
    roots = re.findall(rb'"stateRoot":"(0x[0-9a-f]{64})"', stderr)
    need([root.decode() for root in roots] == [entry["hash"] for _, _, entry in cases],
         f"{len(roots)} roots for {len(cases)} subtests")
    need(b'"pc"' not in stderr, "no trace lines")


def revme(program, *flags, native=False, trace="--json", outcome="--json-outcome"):
    """Fields that a line lacks keep the value of the line before."""
    for path in [SINGLE, *MANY]:
        done = program.run("statetest", *flags, trace, path, native=native, status=None)
        need(done.returncode in (0, 1), f"status {done.returncode}")
        check_traces(read_traces(done.stderr, keeps_fields=True), subtests(path))
        done = program.run("statetest", *flags, outcome, path, native=native)
        check_roots(done.stderr, subtests(path))


def evmone(program, *flags):
    revme(program, *flags, native=True, trace="--trace", outcome="--trace-summary")


class Batch:
    """One process that is given a path, then waited for, then given the next."""

    def __init__(self, program, *flags):
        self.process = subprocess.Popen(
            [program.evm, "statetest", *flags], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=program.environment)
        self.rest = b""

    def line(self):
        """The next line of stderr; a harness would hang here for ever."""
        until = time.monotonic() + WAIT_SECONDS
        while b"\n" not in self.rest:
            ready, _, _ = select.select([self.process.stderr], [], [],
                                        max(0, until - time.monotonic()))
            need(ready, "an end marker comes before the next path is given")
            more = os.read(self.process.stderr.fileno(), 1 << 16)
            need(more, "stderr stays open")
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\n")
        return line

    def play(self, path, count=1):
        self.process.stdin.write(path.encode() + b"\n")
        self.process.stdin.flush()
        traces = []
        for _ in range(count):
            trace = TraceReader()
            while not trace.take(self.line()):
                pass
            traces.append(trace)
        return traces

    def rss_kb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s*(\d+)", status.read()).group(1))

    def close(self, status=0):
        self.process.stdin.close()
        rest = self.rest + self.process.stderr.read()
        need(not re.search(rb"^(\{|#)", rest, re.MULTILINE), "no trace after the last path")
        self.process.stderr.close()
        need(self.process.wait(WAIT_SECONDS) == status, f"status {self.process.returncode}")


def batch(program, *flags):
    for arguments in (GETH, EELS, ["--nomemory", "--noreturndata", "--nostack"]):
        reader = Batch(program, *flags, *arguments)
        for path in [SINGLE, *MANY, REJECTED, SINGLE]:
            cases = subtests(path)
            traces = reader.play(path, len(cases))
            if arguments is GETH:
                check_traces(traces, cases)
            need([trace.root for trace in traces] == [entry["hash"] for _, _, entry in cases],
                 f"roots of {path}")
        [trace] = reader.play(os.path.join(TESTS, "absent.json"))
        need(trace.root == "0x" + 64 * "0", "a file that cannot be read has a root of zero")
        [trace] = reader.play(SINGLE)
        need(trace.root == subtests(SINGLE)[0][2]["hash"], "the run goes on")
        reader.close(status=1)  # what cannot be read is an error in geth mode too


def batch_memory(program, *flags):
    """1000 paths through one process: constant memory."""
    reader = Batch(program, *flags, *GETH)
    counts = {path: len(subtests(path)) for path in (SINGLE, REJECTED, *MANY)}
    warm = 0
    for index in range(PATHS):
        path = MANY[index // 40 % 2] if index % 20 == 0 else (SINGLE, REJECTED)[index % 2]
        reader.play(path, counts[path])
        if index + 1 == PATHS_WARM:
            warm = reader.rss_kb()
    grown = reader.rss_kb() - warm
    reader.close()
    need(grown <= RSS_GROWTH_KB, f"{grown} KiB more after {PATHS} paths than after {PATHS_WARM}")
    print(f"# {PATHS} paths: {warm} KiB after {PATHS_WARM}, {grown} KiB more at the end")


def detection(program):
    """What decides that a binary is geth's evm."""
    for flag in ("-v", "--version"):
        done = program.run(flag)
        need(done.stderr == b"", f"{flag}: stderr is empty")
        need(re.match(r"^evm(.exe)? version\b", done.stdout.decode()), f"{flag}: {done.stdout}")
        need(done.stdout.count(b"\n") == 1, f"{flag}: one line")


def consume(program, *flags):
    """`consume direct`: one item a name; error present whenever a test does not pass."""
    for extra in ([], ["--verbosity", "100"]):
        for trace in ([], ["--trace"]):
            for path, passes in ((SINGLE, True), (REJECTED, True), (FAILING, False)):
                done = program.run(*extra, "statetest", *flags, *trace, path)
                items = json.loads(done.stdout)
                [(name, fork, _)] = subtests(path)
                [item] = [one for one in items if one["name"] == name]
                need(len(items) == 1 and item["fork"] == fork, "exactly one item per name")
                need(item["pass"] is passes, f"pass of {path}")
                need(passes or isinstance(item.get("error"), str), "a failure has its error")
    name = subtests(SINGLE)[0][0]
    done = program.run("statetest", *flags, "--run", re.escape(name), SINGLE)
    need(len(json.loads(done.stdout)) == 1, "--run takes what re.escape makes of a name")
    done = program.run("statetest", *flags, "--run", re.escape(name) + "x", SINGLE)
    need(json.loads(done.stdout) == [], "--run leaves out what it does not match")


def statuses(program, *flags):
    """Only as coldevm does a failing test end with 1."""
    program.run("statetest", *flags, FAILING, status=0)
    program.run("statetest", *flags, "--exit-code", FAILING, status=1)
    program.run("statetest", *flags, FAILING, native=True, status=1)
    program.run("statetest", *flags, SINGLE, native=True, status=0)


def strict(program, *flags):
    """Every line is valid by the schema, with every optional field."""
    program.run("statetest", *flags, "--trace", "--trace.format", "strict", "--nomemory=false",
                "--noreturndata=false", *MANY, native=True)


def same_for_workers(program):
    """One worker and eight write the same bytes, but for times and their own number."""
    def plain(text):
        text = re.sub(rb"[^ ]+ on \d+ workers?\n", b"\n", text)
        return re.sub(rb'"(time|timeNs|peakBytes)":( ?)\d+', rb'"\1":\g<2>0', text)
    for native in (False, True):
        for flags in ([], GETH, ["--json-outcome"], ["--human"]):
            one, many = (program.run("statetest", "--workers", workers, *flags, TESTS,
                                     native=native, status=None) for workers in ("1", "8"))
            need(one.returncode == many.returncode, "status")
            need(plain(one.stdout) == plain(many.stdout), f"stdout with {flags}")
            need(plain(one.stderr) == plain(many.stderr), f"stderr with {flags}")


def main():
    program = Program(sys.argv[1])
    checks = [("evm is recognised as geth's", lambda: detection(program)),
              ("1 and 8 workers write the same", lambda: same_for_workers(program))]
    readers = (geth, root_only, batch, eels, revme, evmone, consume, statuses, strict,
               batch_memory)
    for workers in ("1", "8"):
        for reader in readers:
            checks.append((f"{reader.__name__} reads, {workers} workers",
                           lambda reader=reader, workers=workers:
                           reader(program, "--workers", workers)))
    failed = 0
    print(f"TAP version 14\n1..{len(checks)}")
    for number, (name, check) in enumerate(checks, 1):
        try:
            check()
            print(f"ok {number} - {name}", flush=True)
        except (Breach, ValueError, KeyError, OSError, subprocess.SubprocessError) as problem:
            failed += 1
            print(f"not ok {number} - {name}\n# {type(problem).__name__}: {problem}", flush=True)
    program.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
