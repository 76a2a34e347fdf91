#!/bin/sh
# statetest_test.sh COLDEVM: `coldevm statetest` (spec cli.md C1, C4, C6, C11, C12): what it prints
# where, what it selects, what it says of every kind of failure, and its status. Fixtures are made
# from golden/statetest.json, which has 20 cases in three tests, by changing one thing each.
. "$(dirname "$0")/lib.sh"

tests=$work/own.json
cp "$golden/statetest.json" "$tests"
ln "$program" "$work/evm" 2>/dev/null || cp "$program" "$work/evm"

# edit NEW 'PYTHON': NEW is own.json after a statement on `t`, its tests; c, n, q are their names.
edit() {
    python3 - "$tests" "$work/$1" "$2" <<'EOF'
import json, sys
t = json.load(open(sys.argv[1]))
n = next(k for k in t if "nonce_too_low" in k)
c = next(k for k in t if "transfer[" in k)
q = next(k for k in t if "quoted" in k)
exec(sys.argv[3])
json.dump(t, open(sys.argv[2], "w"), indent=1)
EOF
}

# got 'PYTHON' [MARKERS]: a condition on `i`, the items of the last run's stdout, and `e`, the lines
# of its stderr.
got() {
    check python3 -c 'import json, sys
w = sys.argv[1]
i = json.load(open(w + "/.out.kept"))
e = open(w + "/.err.kept").read().splitlines()
m = [json.loads(l) for l in e if l.startswith("{\"stateRoot\"")]
assert ('"$1"'), (i, e)' "$work"
}

# run_kept CODE ARGUMENT...: run, whatever is printed, and keep it for `got`.
run_kept() {
    out_like '.*'
    err_like '.*'
    run "$@"
    cp "$work/.out" "$work/.out.kept"
    cp "$work/.err" "$work/.err.kept"
}

# again: the last `reproduce:` line runs one item, which fails in the same way.
again() {
    name "$1: its reproduce line fails the same way"
    line=$(grep '^reproduce: coldevm ' "$work/.err.kept" | tail -n 1)
    sh -c "cd '$work' && '$program' ${line#reproduce: coldevm }" >"$work/.again" 2>/dev/null
    check python3 -c 'import json, sys
old = [i for i in json.load(open(sys.argv[1])) if not i["pass"]][-1]
new = json.load(open(sys.argv[2]))
drop = ("timeNs",)
assert [{k: v for k, v in i.items() if k not in drop} for i in new] == [
    {k: v for k, v in old.items() if k not in drop}], (old, new)' "$work/.out.kept" "$work/.again"
}

# ---- Who has signed ------------------------------------------------------------------------------

name 'a sender is found by its secret key where a file names nothing else'
edit key.json '
for x in t.values():
    x["transaction"].pop("sender", None)
    x["transaction"]["secretKey"] = "0x" + "46" * 32
    [p.pop("txbytes", None) for f in x["post"].values() for p in f]
t = {k: t[k] for k in (c,)}'
run_kept 0 statetest key.json
got 'i and all(x["pass"] for x in i)'

name 'a key of no point is named with its place'
edit key.json '
for x in t.values():
    x["transaction"].pop("sender", None)
    x["transaction"]["secretKey"] = "0x" + "ff" * 32
    [p.pop("txbytes", None) for f in x["post"].values() for p in f]
t = {k: t[k] for k in (c,)}'
run_kept 10 statetest key.json
got 'i and all("not a key of secp256k1" in x["error"] for x in i)'

# ---- What is printed -----------------------------------------------------------------------------

name 'all cases pass: an array in the order name, fork, index'
run_kept 0 statetest own.json
got 'len(i) == 20 and all(x["pass"] for x in i)'
got 'i == sorted(i, key=lambda x: (x["name"], x["fork"], x["index"]))'
got 'all(x["heapCalls"] == 0 for x in i)'
got 'list(i[0]) == ["name", "pass", "stateRoot", "fork", "file", "index", "gasUsed", "timeNs",
                   "heapCalls", "peakBytes"]'
name 'one marker a case on stderr, in the same order'
got '[(x["stateRoot"], x["fork"], x["pass"]) for x in m] ==
     [(x["stateRoot"], x["fork"], x["pass"]) for x in i]'
got 'list(m[0]) == ["stateRoot", "output", "gasUsed", "pass", "fork", "time"]'
name 'the array to the byte'
check sh -c 'sed "s/\"timeNs\": [0-9]*/\"timeNs\": 0/" "$1" | cmp - "$2"' sh \
    "$work/.out.kept" "$golden/statetest.out"
name 'a blank behind each colon, as scrapers want it'
check grep -q '^    "stateRoot": "0x[0-9a-f]\{64\}",$' "$work/.out.kept"

name '--human'
run_kept 0 statetest --human own.json
check test "$(tail -n 2 "$work/.out.kept" | tr '\n' ' ')" = '-- 20 tests passed, 0 tests failed. '
check test "$(grep -c '^\[PASS\] ' "$work/.out.kept")" -eq 20
check grep -q '^20 cases, 0 failed, 0 heap calls while sealed' "$work/.err.kept"

for workers in 1 2 8; do
    name "$workers workers print the same"
    run_kept 0 statetest --workers $workers own.json own.json own.json
    sed 's/"timeNs": [0-9]*//' "$work/.out" >"$work/array.$workers"
    grep stateRoot "$work/.err" | sed 's/"time":[0-9]*//' >"$work/markers.$workers"
    check cmp "$work/array.1" "$work/array.$workers"
    check cmp "$work/markers.1" "$work/markers.$workers"
done

name '--dump: accounts with sorted addresses'
run_kept 0 statetest --dump --run transfer.py::test_transfer own.json
got 'all(x["state"]["root"] == x["stateRoot"] for x in i)'
got 'all(list(x["state"]["accounts"]) == sorted(x["state"]["accounts"]) for x in i)'
got 'i[0]["state"]["accounts"]["0x" + "35" * 20]["balance"] == "1000000000000000000"'
name '--bench'
run_kept 0 statetest --bench --run test_transfer --statetest.fork Osaka own.json
got 'i[0]["benchStats"]["gasUsed"] == 21000 and i[0]["benchStats"]["allocs"] == 0'
name '--opcode.count'
run_kept 0 statetest --opcode.count ops.json --run quoted own.json
check grep -q '"SSTORE": ' "$work/ops.json"
name '--list runs nothing'
out_like '^own.json	tests/own/transfer.py::test_transfer\[fork_Osaka-state_test-eip155\]	BPO2	0$'
run 0 statetest --list own.json
check test "$("$program" statetest --list "$tests" | wc -l)" -eq 20

# ---- What is selected ----------------------------------------------------------------------------

name '--run with what re.escape writes'
run_kept 0 statetest --run 'tests/own/transfer\.py::test_transfer\[fork_Osaka\-state_test' own.json
got 'len(i) == 3'
name '--run with a name of all kinds of characters'
run_kept 0 statetest --run "^code 'quoted' \"twice\" \\(a\\|b\\)\\*\\\$\$" own.json
got 'len(i) == 16'
name '--run that nothing matches'
out <<'EOF'
[]
EOF
err_like '^0 cases, 0 failed'
run 0 statetest --run nothing own.json
name '--statetest.fork by its other name'
run_kept 0 statetest --statetest.fork SpuriousDragon own.json
got '[x["fork"] for x in i] == ["EIP158"]'
name '--statetest.index counts what the fork leaves of each test'
run_kept 0 statetest --run quoted --statetest.fork Prague --statetest.index 5 own.json
got '[(x["fork"], x["index"]) for x in i] == [("Prague", 5)]'
run_kept 0 statetest --run quoted --statetest.index 9 own.json
got '[(x["fork"], x["index"]) for x in i] == [("Prague", 1)]'
name '--chunk: parts are apart and whole'
for part in 1 2 3; do
    "$program" statetest --list --chunk ${part}of3 "$tests" 2>/dev/null
done | sort >"$work/parts"
check sh -c '"$1" statetest --list "$2" 2>/dev/null | sort | cmp - "$3"' sh "$program" "$tests" \
    "$work/parts"
name 'a folder is walked by name for *.json, a file is taken whatever it is called'
mkdir -p "$work/dir/b" "$work/dir/.hidden"
cp "$tests" "$work/dir/b/z.json"
cp "$tests" "$work/dir/a.json"
cp "$tests" "$work/dir/b.txt"
cp "$tests" "$work/dir/.hidden/c.json"
run_kept 0 statetest --statetest.index 0 dir dir/b.txt
got 'list(dict.fromkeys(x["file"] for x in i)) == ["dir/a.json", "dir/b/z.json", "dir/b.txt"]'

# ---- Traces --------------------------------------------------------------------------------------

name 'the trace stands before the marker, nothing else is on stderr'
run_kept 0 statetest --trace --run quoted --statetest.index 0 own.json
got 'all(json.loads(l) for l in e) and "pc" in json.loads(e[0]) and "stateRoot" in e[-1]'
got 'len(m) == 1'
name '--trace.out takes the trace away from stderr'
run_kept 0 statetest --trace --trace.out trace.jsonl --run quoted own.json
got 'len(m) == 16 and not any("\"pc\"" in l for l in e)'
check grep -q '^{"pc":' "$work/trace.jsonl"
name '--trace=failing: only what fails'
edit bad_root.json 't[q]["post"]["London"][1]["hash"] = "0x" + "11" * 32'
run_kept 1 statetest --trace=failing --run quoted bad_root.json
got 'sum("\"pc\":0," in l for l in e) == 1'
name '--trace.format strict accepts our own lines'
run_kept 0 statetest --trace --trace.format strict --trace.nomemory=false --run quoted own.json
name '--trace.hash: engines agree'
"$program" statetest --trace.hash --engine fast "$tests" 2>/dev/null |
    grep -o '"traceHash": .*' >"$work/fast"
"$program" statetest --trace.hash --engine portable "$tests" 2>/dev/null |
    grep -o '"traceHash": .*' >"$work/portable"
check cmp "$work/fast" "$work/portable"
check test "$(sort -u "$work/fast" | wc -l)" -gt 3
name '--engine both'
run_kept 0 statetest --engine both own.json
got 'len(i) == 20'

# ---- Verdicts ------------------------------------------------------------------------------------

verdict_is() { # CODE PATTERN: the last run's one failing item says so
    got 'sum(not x["pass"] for x in i) == 1'
    check grep -Eq "\"error\": \"$1\"" "$work/.out.kept"
    check grep -q '"pass":false.*"error":' "$work/.err.kept"
}

name 'wrong root'
run_kept 1 statetest bad_root.json
verdict_is 'post state root mismatch: got [0-9a-f]{64}, want (11){32}'
again 'wrong root'
name 'wrong logs'
edit bad_logs.json 't[q]["post"]["Prague"][7]["logs"] = "0x" + "22" * 32'
run_kept 1 statetest bad_logs.json
verdict_is 'post state logs hash mismatch: got [0-9a-f]{64}, want (22){32}'
again 'wrong logs'
name 'a rejection that does not come'
edit no_error.json 't[c]["post"]["Osaka"][0]["expectException"] =\
    "TransactionException.NONCE_IS_MAX"'
run_kept 1 statetest no_error.json
verdict_is 'expected error .*NONCE_IS_MAX.*, got no error'
again 'a rejection that does not come'
name 'a rejection that nobody expects'
edit error.json 'del t[n]["post"]["Cancun"][0]["expectException"]'
run_kept 1 statetest error.json
too_low='TransactionException.NONCE_MISMATCH_TOO_LOW: nonce too low'
sender=9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f
verdict_is "unexpected error: $too_low: address 0x$sender, tx: 9 state: 10"
again 'a rejection that nobody expects'
name 'another rejection'
edit wrong.json 't[n]["post"]["Cancun"][0]["expectException"] =\
    "TR_NoFunds|TransactionException.NONCE_IS_MAX"'
run_kept 1 statetest wrong.json
verdict_is "wrong error: got $too_low: .*, want TR_NoFunds.TransactionException.NONCE_IS_MAX"
again 'another rejection'
name 'an unknown exception: any rejection passes, said once'
edit unknown.json 't[n]["post"]["Cancun"][0]["expectException"] = "TR_Whatever"'
run_kept 0 statetest unknown.json unknown.json
check test "$(grep -c '^note: unknown exception "TR_Whatever"' "$work/.err.kept")" -eq 1
name 'a state that a rejection has changed'
edit changed.json 't[n]["post"]["Cancun"][0]["hash"] = "0x" + "33" * 32'
run_kept 1 statetest changed.json
verdict_is 'post state root mismatch: .*'
name 'an unsupported fork: pre-state root, and the others run'
edit fork.json 't[n]["post"]["Verkle"] = t[n]["post"]["Cancun"]'
run_kept 1 statetest fork.json
verdict_is 'unsupported fork ."Verkle."'
got '[x["stateRoot"] for x in i if x["fork"] == "Verkle"] ==
     [x["stateRoot"] for x in i if x["fork"] == "Cancun"]'
name 'another sender has signed'
edit sender.json 't[c]["transaction"]["sender"] = "0x" + "77" * 20'
run_kept 1 statetest --statetest.fork Osaka sender.json
verdict_is "sender mismatch: txbytes are signed by $sender, want (77){20}"
again 'another sender has signed'
name 'txbytes that are no RLP: status 12'
edit rlp.json 'x = t[c]["post"]["Osaka"][0]; x["txbytes"] = x["txbytes"] + "00"'
run_kept 12 statetest rlp.json
got 'sum(not x["pass"] for x in i) == 1'
again 'txbytes that are no RLP'
name 'before EIP-161 a rejected transaction may leave the coinbase touched, or not'
old='x = t[n]; p = x["post"].pop("Cancun")[0]; del p["expectException"], p["txbytes"]
for f in ("Frontier", "Homestead", "EIP150", "EIP158"): x["post"][f] = [p]'
edit touch.json "$old
x['pre'][x['env']['currentCoinbase']] = {'nonce': '0x', 'balance': '0x'}"
"$program" statetest --run nonce "$work/touch.json" 2>/dev/null >"$work/touched"
edit touch2.json "$old
p['hash'] = json.load(open(sys.argv[2].replace('touch2.json', 'touched')))[0]['stateRoot']"
run_kept 1 statetest --run nonce touch2.json
got '[(x["fork"], x["pass"]) for x in i] == [("EIP150", True), ("EIP158", False),
     ("Frontier", True), ("Homestead", True)]'
name 'a memory limit: status 21, the state as before'
edit memory.json 't[q]["pre"]["0x" + "c0" * 20]["code"] = "0x6001620f423d52"
for k in (c, n): del t[k]
t[q]["transaction"]["gasLimit"] = ["0x06acfc00", "0x06acfc00"]'
run_kept 21 statetest --mem-limit 65536 --statetest.index 0 memory.json
verdict_is 'memory limit exceeded'
again 'a memory limit'
name '--fail-fast ends at the first failure'
run_kept 1 statetest --fail-fast --workers 4 bad_root.json own.json
got 'not i[-1]["pass"] and all(x["pass"] for x in i[:-1]) and len(m) == len(i)'
name '--no-malloc count'
run_kept 0 statetest --no-malloc count own.json

# ---- Bad input -----------------------------------------------------------------------------------

bad_file() { # STATUS 'FILE:LINE: REASON' FILE: a failing item, then the good file runs
    name "$2"
    run_kept "$1" statetest "$3" own.json
    check grep -Eq "^ERROR\\($1\\): $2" "$work/.err.kept"
    got 'len(i) == 21 and not i[0]["pass"] and i[0]["stateRoot"] == "0x" + "00" * 32'
    got 'len(m) == 21 and "error" in i[0] and all(x["pass"] for x in i[1:])'
    again "$3"
}

bad_file 11 'missing.json:0: No such file' missing.json
head -c 5000 "$tests" >"$work/cut.json"
bad_file 10 'cut.json:[0-9]+: JSON ends too early' cut.json
: >"$work/empty.json"
bad_file 10 'empty.json:1: JSON ends too early' empty.json
python3 -c 'open("'"$work"'/deep.json", "w").write("[" * 10000000)'
bad_file 10 'deep.json:1: not JSON from here on' deep.json
echo '[1, 2]' >"$work/array.json"
bad_file 10 'array.json:1: an object of tests is needed' array.json
printf '{"\377": 1}' >"$work/utf8.json"
bad_file 10 'utf8.json:1: not UTF-8 \(byte 3\)' utf8.json
printf '{"a\\u0000b": 1}' >"$work/zero.json"
bad_file 10 'zero.json:1: a zero character' zero.json
printf '{\n"a": {},\n"a": {}}' >"$work/twice.json"
bad_file 10 'twice.json:3: "a" stands here twice' twice.json
printf '{\n"a": {"blocks": []}}' >"$work/chain.json"
bad_file 10 'chain.json:2: no state test: it lacks post' chain.json

bad_case() { # 'REASON' 'PYTHON': one case or test fails with status 10, the rest runs
    name "$1"
    edit bad.json "$2"
    run_kept 10 statetest bad.json own.json
    check grep -Eq "^ERROR\\(10\\): bad.json:[1-9][0-9]*: .*$1" "$work/.err.kept"
    got 'sum(not x["pass"] for x in i) == 1 and sum(x["pass"] for x in i) >= 20'
    again "$1"
}

bad_case 'the transaction has no such data' 't[q]["post"]["Prague"][0]["indexes"]["data"] = 2'
bad_case 'odd number of hex digits' 't[c]["post"]["Osaka"][0]["txbytes"] += "0"'
bad_case 'is not a hex digit|hex text is needed' 't[c]["post"]["Osaka"][0]["txbytes"] = "0xg0"'
bad_case 'address is longer than 20 bytes' 't[c]["pre"]["0x" + "11" * 21] = {}'
bad_case 'number needs more than 256 bits' 't[c]["env"]["currentBaseFee"] = "0x1" + "00" * 32'
bad_case 'number needs more than 64 bits' 't[c]["env"]["currentNumber"] = "0x1" + "00" * 8'
bad_case 'transaction lacks nonce' 'del t[c]["transaction"]["nonce"]'
bad_case 'no txbytes, sender or secretKey' 'del t[q]["transaction"]["sender"]
t[q]["post"] = {"London": t[q]["post"]["London"][:1]}'
bad_case 'no blob schedule' \
    't[c]["config"]["blobSchedule"]["BPO2"]["baseFeeUpdateFraction"] = "0x0"'

name 'numbers of more than 256 bits make a transaction invalid, not the file'
edit big.json 'del t[c], t[n]; t[q]["transaction"]["value"][1] = "0x:bigint 0x1" + "00" * 32
t[q]["post"] = {"London": [dict(t[q]["post"]["London"][1],
    expectException="TransactionException.VALUE_OVERFLOW", hash="0x" + "00" * 32)]}'
run_kept 1 statetest big.json
verdict_is 'post state root mismatch: .*'

name 'several troubles: the status that says most'
run_kept 11 statetest bad_root.json cut.json missing.json

# ---- Batch mode ----------------------------------------------------------------------------------

name 'batch: an array and markers for each path, until an empty line'
printf 'own.json\nmissing.json\nbad_root.json\n\nown.json\n' >"$work/.in"
run_kept 11 statetest
check python3 -c 'import json, sys
text, at, arrays = open(sys.argv[1]).read(), 0, []
while at < len(text):
    array, at = json.JSONDecoder().raw_decode(text, at)
    at += 1
    arrays.append(array)
assert [len(a) for a in arrays] == [20, 1, 20], arrays
assert arrays[1][0]["stateRoot"] == "0x" + "00" * 32 and "error" in arrays[1][0]' "$work/.out.kept"
check test "$(grep -c '^{"stateRoot"' "$work/.err.kept")" -eq 41
name 'batch: a thousand paths, memory as for fifty'
yes own.json | head -n 1000 >"$work/paths"
thousand() { (cd "$work" && "$program" statetest <paths 2>/dev/null | grep -c '"pass": true'); }
check test "$(thousand)" -eq 20000
check python3 -c 'import resource, subprocess, sys
def peak(count):
    code = """import resource, subprocess, sys
subprocess.run([sys.argv[1], "statetest"], stdin=open(sys.argv[2]), stdout=-3, stderr=-3)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""
    open(sys.argv[2] + ".some", "w").write((sys.argv[3] + "\n") * count)
    return int(subprocess.run([sys.executable, "-c", code, sys.argv[1], sys.argv[2] + ".some"],
                              capture_output=True, text=True).stdout)
few, many = peak(50), peak(1000)
assert many < few * 1.02 + 200, (few, many)' "$program" "$work/paths" "$tests"
name 'batch: the marker comes before the next path is read'
mkfifo "$work/pipe"
(cd "$work" && "$program" statetest <pipe >/dev/null 2>batch.err) &
batch=$!
exec 3>"$work/pipe"
echo own.json >&3
tries=0
while [ "$(grep -c stateRoot "$work/batch.err" 2>/dev/null)" != 20 ] && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
check test "$(grep -c stateRoot "$work/batch.err")" -eq 20
exec 3>&-
wait $batch

# ---- Exports -------------------------------------------------------------------------------------

name '--export: all formats at a time'
edit two.json 't[q]["post"]["London"][1]["hash"] = "0x" + "11" * 32; t["a<&>\"\n#"] = t.pop(n)
t["a<&>\"\n#"]["post"]["Cancun"][0]["hash"] = "0x" + "11" * 32'
run_kept 1 statetest --export junit=j.xml --export tap=t.tap --export jsonl=l.jsonl \
    --export github=g.txt --export prometheus=p.txt two.json
check python3 -c 'import sys, xml.etree.ElementTree as x
r = x.parse(sys.argv[1]).getroot()
s = r.find("testsuite")
assert r.get("tests") == s.get("tests") == "20" and r.get("failures") == "2", r.attrib
assert len(s.findall("testcase")) == 20 and len(s.findall("testcase/failure")) == 2
n = s.find("testcase").get("name")
assert n.startswith("a<&>\"?#"), n' "$work/j.xml"
check python3 -c 'import re, sys
l = open(sys.argv[1]).read().splitlines()
assert l[0] == "TAP version 14" and l[-1] == "1..20", l
p = [re.match(r"(not )?ok (\d+) - ", x) for x in l]
assert [int(m.group(2)) for m in p if m] == list(range(1, 21))
assert sum(bool(m and m.group(1)) for m in p) == 2 == l.count("  ---") == l.count("  ...")' \
    "$work/t.tap"
check python3 -c 'import json, sys
l = [json.loads(x) for x in open(sys.argv[1])]
assert len(l) == 21 and l[-1]["summary"]["failed"] == 2 and l[-1]["summary"]["heapCalls"] == 0
a = json.load(open(sys.argv[2]))
assert l[:-1] == a' "$work/l.jsonl" "$work/.out.kept"
check test "$(wc -l <"$work/g.txt")" -eq 2
check grep -q '^::error file=two.json,line=1,title=a<&>"%0A# Cancun 0::post state' "$work/g.txt"
check grep -q '^coldevm_statetest_cases_total{verdict="failed"} 2$' "$work/p.txt"
check test ! -e "$work/p.txt.new"
name '--export github: the table of the step'
GITHUB_STEP_SUMMARY=$work/summary.md "$program" statetest --export github="$work/g2.txt" "$tests" \
    >/dev/null 2>&1
check grep -q '^| 20 | 20 | 0 | 0 | ' "$work/summary.md"
name '--export folded: call paths of the cases'
run_kept 0 statetest --export folded=f.txt --run quoted own.json
check grep -Eq '^code_.*;CALL_0x(c0){20};SSTORE [0-9]+$' "$work/f.txt"
name '--export folded: of a creation all but the intrinsic gas, the deposit of its code too'
run_kept 0 statetest --export folded=f.txt --statetest.fork Osaka --statetest.index 0 \
    "$(dirname "$golden")/statetest/creation.json"
check test "$(awk '{ sum += $NF } END { print sum }' "$work/f.txt")" -eq $((81653 - 53138))
name 'junit into a pipe'
err_like '^ERROR\(11\): fifo:0: junit needs a file that can be gone back in'
mkfifo "$work/fifo"
cat "$work/fifo" >/dev/null &
run 11 statetest --export junit=fifo own.json
name 'results that do not arrive'
err_like 'ERROR\(11\): stdout:0: No space left'
run_to /dev/full 11 statetest own.json

# ---- Geth mode and the callers of spec cli.md C12 ------------------------------------------------

for form in --compat=geth env link; do
    name "geth mode by $form: a failing test is status 0, unreadable input 1"
    case $form in
    env) export COLDEVM_COMPAT=geth ;;
    link) kept=$program program=$work/evm ;;
    *) set -- --compat geth ;;
    esac
    run_kept 0 "$@" statetest bad_root.json
    run_kept 1 "$@" statetest cut.json
    run_kept 1 "$@" statetest --exit-code bad_root.json
    run_kept 0 "$@" --verbosity 100 statetest own.json
    set --
    [ $form != link ] || program=$kept
    unset COLDEVM_COMPAT
done
name 'evm -v: one line, nothing on stderr'
kept=$program program=$work/evm
out_like '^evm version 1\.16\.0-coldevm-0\.1\.0$'
run 0 -v
for line in \
    '--trace --trace.format=json --trace.nomemory=true --trace.noreturndata=true' \
    '--json --noreturndata --nomemory' '--nomemory --noreturndata --nostack' '--json' \
    '--json-outcome' '--trace' '--trace-summary' ''; do
    name "evm statetest $line: each case has its marker on stderr and its root on stdout"
    # shellcheck disable=SC2086
    run_kept 0 statetest $line own.json
    got 'len(m) == 20 and [x["stateRoot"] for x in m] == [x["stateRoot"] for x in i]'
    got 'all(l.startswith("{") for l in e) or not "'"$line"'".count("trace ")'
done
program=$kept
name 'revme: "stateRoot":" without a blank, on stderr'
check grep -q '"stateRoot":"0x' "$work/.err.kept"

# ---- Flags ---------------------------------------------------------------------------------------

flag_error() { # 'PLACE: REASON' ARGUMENT...
    name "$1"
    echo "ERROR(3): $1" | err
    shift
    run 3 statetest "$@"
}
flag_error "argument:2: unknown flag --chunks, nearest is --chunk" --chunks 1of2
flag_error "argument:2: bad value '0of2' for --chunk: use KofN, K from 1 to N" --chunk 0of2 own.json
flag_error "argument:2: bad value '3of2' for --chunk: use KofN, K from 1 to N" --chunk 3of2 own.json
flag_error "argument:2: bad value '2' for --chunk: use KofN, K from 1 to N" --chunk 2 own.json
flag_error "argument:2: unknown fork 'Osakka', nearest is Osaka" --statetest.fork Osakka own.json
flag_error "argument:2: bad value 'a\\q' for --run: an escape that means nothing" \
    --run 'a\q' own.json
flag_error 'argument:2: bad value '"'257'"' for --workers: number is above 256' --workers 257
flag_error 'argument:1: give --keep-going or --fail-fast, not both' \
    --keep-going --fail-fast own.json
name 'an export of no known format'
err_like "^ERROR\(3\): argument:2: bad value 'html=x' for --export: use FORMAT=FILE"
run 3 statetest --export html=x own.json

# ---- Memory --------------------------------------------------------------------------------------

name '--allocations: every item says what its transaction took, and passes'
run_kept 0 statetest --allocations "$tests"
got 'len(i) == 20 and all(x["pass"] and (x["allocations"]["heap"] or {"count": 0})["count"] == 0
     and x["allocations"]["stack"]["count"] >= 0 for x in i)'
name '--allocations: none without'
run_kept 0 statetest "$tests"
got 'not any("allocations" in x for x in i)'

done_testing
