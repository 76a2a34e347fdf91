#!/usr/bin/env bash
# bench_test.sh COLDHEAP INCLUDE: `coldheap bench`: every figure is there, or a reason why not. What
# they are is judged by scripts/bench.sh --check only: machines of tests are busy.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

mkdir folder
TMPDIR=$work/folder "$coldheap" bench --rounds 1 --json figures.json >out 2>err
got=$?
[ $got -eq 0 ] && grep -qE '^case +ns +ratio +limit +verdict$' out &&
    grep -qE '^glibc alone +[0-9]+\.[0-9] +1\.00 +- +anchor$' out &&
    grep -qE '^live\+peak per call site +[0-9.]+ +[0-9.]+ +1\.79  (holds|MISSED)$' out &&
    tail -n 1 out | grep -qE '^coldheap: measured  holding=[0-9]+ missed=[0-9]+ unmeasured=[0-9]+'
check 'G44: bench prints a table'

[ -z "$(ls -A folder)" ]
check 'bench leaves no file'

python3 - "$here/../../share/schemas/command/bench.json" >out 2>err <<'PY'
import json, sys
schema = json.load(open(sys.argv[1]))
try:
    import jsonschema
except ImportError:
    jsonschema = None
lines = [json.loads(line) for line in open("figures.json")]
figures, verdict = lines[:-1], lines[-1]
for line in lines if jsonschema else []:
    jsonschema.validate(line, schema)
count = lambda word: sum(f["verdict"] == word for f in figures)
assert (verdict["holding"], verdict["missed"]) == (count("holds"), count("missed")), verdict
assert verdict["checked"] is False and verdict["status"] == 0, verdict
by_name = {f["case"]: f for f in figures}
assert len(by_name) == len(figures) >= 30
for f in figures:
    assert (f["verdict"] == "unmeasured") == (f["why"] != "") == (f["ratio"] is None), f
glibc = by_name["glibc alone"]["ns"]
tracked = by_name["live+peak per call site"]
assert abs(tracked["ratio"] - tracked["ns"] / glibc) < 1e-3, tracked
assert abs(tracked["limit"] - 40 / 22.3) < 1e-3, tracked
# What must be so on any machine: walks cost, traps cost more, glibc's unwinder most of walks.
assert tracked["ns"] > glibc
assert by_name["system calls: trapped, issued again"]["ns"] > glibc or \
    by_name["system calls: trapped, issued again"]["verdict"] == "unmeasured"
assert by_name["glibc backtrace, 8 frames"]["ns"] > by_name["8 frames, frame pointers"]["ns"]
PY
check 'G44 G46: JSON lines with the same figures'

# A run time that arms nothing is no pass.
mkdir deaf
echo 'int nothing;' >nothing.c
gcc -shared -fPIC nothing.c -o deaf/libcoldheap-preload.so
"$coldheap" bench --check --rounds 1 --runtime=deaf >out 2>err
got=$?
[ $got -eq 98 ] && tail -n 1 out | grep -q '^coldheap: FAIL .*missed=0 unmeasured=[1-9]' &&
    grep -q '^hook idle, more .*not measured: .' out
check 'G44: what was not armed is not measured, and fails the check'

"$coldheap" bench --runtime=/nowhere >out 2>err
got=$?
[ $got -eq 98 ] && says libcoldheap-preload.so
check 'G44: bench without a run time is 98'

"$coldheap" bench --rounds 0 >out 2>err
got=$?
[ $got -eq 64 ] && says 'at least 1'
check 'G45: bench without rounds is an error of usage'

"$coldheap" bench operand >out 2>err
got=$?
[ $got -eq 64 ] && says 'no operands'
check 'G45: bench with operands is an error of usage'
finish
