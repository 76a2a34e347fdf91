#!/bin/sh
# bench_test.sh COLDEVM: `coldevm bench` (spec cli.md C10): table, exports, what a wrong answer
# gets, case formats, evm-bench's runner. Times are not judged here.
. "$(dirname "$0")/lib.sh"

contracts=$(cd "$(dirname "$0")/../../contracts" && pwd)
quick='--repetitions 1 --min-time 0 --progress none' # no lines after 30 s on a slow machine

# json FILE: our own parser takes it for one JSON object.
json() { "$program" run --prestate "$1" 00 >/dev/null; }

name 'all embedded contracts, cold and malloc, answer as expected'
out_like '^swap              malloc  '
# shellcheck disable=SC2086 # words on purpose
run 0 bench $quick --backend both
cp "$work/.out" "$work/table"
name 'one line per contract and backend'
cases=$(find "$contracts" -name code.hex | wc -l)
check test "$(wc -l <"$work/table")" -eq $((2 * cases + 1))
name 'cold rows have 0 heap calls, malloc rows have some'
# With a guard that cannot see heap calls the column holds a question mark.
case $("$program" --version) in
*'heap-guard on'*)
    # shellcheck disable=SC2086
    "$program" bench $quick --backend both --json >"$work/table.json"
    check awk '/"backend": "cold"/ && !/"heapCalls": 0,/ { print; bad = 1 }
               /"backend": "malloc"/ && /"heapCalls": 0,/ { print; bad = 1 }
               END { exit bad }' "$work/table.json"
    ;;
*) skip 'heap guard is off in this build' ;;
esac

name 'equal results have equal hashes'
check awk 'NR > 1 && $2 == "cold" { hash = $NF }
           $2 == "malloc" && $NF != hash { bad = 1; print }
           END { exit bad }' "$work/table"

name '--cache both: rows for cached and analysed'
out_like '^swap              cold/analysed  '
# shellcheck disable=SC2086
run 0 bench $quick --cache both --filter '^swap$'

name '--wide shows gas and ratio'
out_like '^swap              malloc  +2 317 453 .* [0-9]+\.[0-9]{2}$'
# shellcheck disable=SC2086
run 0 bench $quick --backend both --wide --filter '^swap$'

name '--filter and --skip are regular expressions'
# shellcheck disable=SC2086
"$program" bench $quick --filter '^erc20|^s' --skip 'mint$' |
    awk 'NR > 1 { print $1 }' >"$work/names"
printf '%s\n' erc20-approval erc20-transfer sha1 swap >"$work/want"
check diff "$work/want" "$work/names"

name 'nothing left to run'
err <<'EOF'
ERROR(3): argument:1: no case is left to run
EOF
run 3 bench --filter nothing

name 'a filter that is no regular expression'
err_like "^ERROR\(3\): argument:2: bad value '\(' for --filter: "
run 3 bench --filter '('
name 'an export that is no format'
err <<'EOF'
ERROR(3): argument:2: bad value 'tsv=x' for --export: use gbench=FILE, svg=FILE or csv=FILE
EOF
run 3 bench --export tsv=x
name 'a reduction of one backend'
err <<'EOF'
ERROR(3): argument:2: --reduction compares two backends: give --backend both or all
EOF
run 3 bench --backend malloc --reduction

# ---- Exports -------------------------------------------------------------------------------------

name '--json is JSON'
# shellcheck disable=SC2086
"$program" bench $quick --backend both --json --filter '^s' >"$work/bench.json"
check json "$work/bench.json"

name 'gbench: one entry per round, then aggregates'
# shellcheck disable=SC2086
"$program" bench --repetitions 3 --min-time 0 --backend both --filter '^swap$' \
    --export "gbench=$work/g.json" >/dev/null
check json "$work/g.json"
check test "$(grep -c '"run_type": "iteration"' "$work/g.json")" -eq 6
check test "$(grep -c '"name": "swap/cold_' "$work/g.json")" -eq 6
check grep -q '"run_name": "swap/malloc", "run_type": "aggregate".*"aggregate_name": "median"' \
    "$work/g.json"
name "gbench by Google Benchmark's own flags"
# shellcheck disable=SC2086
"$program" bench --benchmark_repetitions=2 --min-time 0 --benchmark_filter='^swap$' \
    --benchmark_out="$work/h.json" --benchmark_out_format=json >/dev/null
check test "$(grep -c '"run_type": "iteration"' "$work/h.json")" -eq 2
err <<'EOF'
ERROR(3): argument:3: bad value 'csv' for --benchmark_out_format: use json
EOF
run 3 bench --benchmark_out=x --benchmark_out_format csv

name 'svg: a picture with a bar for each row'
# shellcheck disable=SC2086
"$program" bench $quick --backend both --filter '^s' --export "svg=$work/p.svg" >/dev/null
check test "$(grep -c '<rect x=' "$work/p.svg")" -eq 4
check grep -q '</svg>' "$work/p.svg"

name 'csv: a line for each row, as many values as names'
# shellcheck disable=SC2086
"$program" bench $quick --backend both --filter '^s' --export "csv=$work/p.csv" >/dev/null
check awk -F, 'NR == 1 { names = NF } NF != names || (NR > 1 && $3 != "true") { bad = 1; print }
               END { exit bad || NR != 5 || names != 11 }' "$work/p.csv"

# ---- Memory --------------------------------------------------------------------------------------

name '--backend all: cold, managed and malloc give one answer'
# shellcheck disable=SC2086
"$program" bench $quick --backend all >"$work/table"
check awk 'NR > 1 && $2 == "cold" { hash = $NF }
           $2 == "managed" { managed++ }
           $2 == "malloc" { malloc++ }
           NR > 1 && $NF != hash { bad = 1; print }
           END { exit bad || managed == 0 || managed != malloc }' "$work/table"

name '--reduction: a line for each case, calls gone, time saved'
out_like '^swap .* (100\.0 %|[?]) .* (faster|equal|slower)$'
# shellcheck disable=SC2086
run 0 bench $quick --backend both --reduction --filter '^swap$'
name '--reduction in JSON'
# shellcheck disable=SC2086
"$program" bench $quick --backend both --reduction --json --filter '^s' >"$work/r.json"
check json "$work/r.json"
check test "$(grep -c '"savedPercent": ' "$work/r.json")" -eq 2

name '--allocations: shares of 100 % in each case'
# shellcheck disable=SC2086
"$program" bench $quick --allocations --filter '^(create-storm|swap)$' >"$work/table"
check awk '/^case +memory +count +bytes +share$/ { seen = 1; next }
           seen && /[?]$/ { next }
           seen { share += $(NF - 1); lines++ }
           END { exit !(seen && share > 199.5 && share < 200.5 && lines >= 8) }' "$work/table"
name '--allocations: creations take words, frames, stacks, scratch'
check awk '$1 == "create-storm" { on = 1 } $1 == "swap" { on = 0 }
           on && /(stack|pool|arena) +[1-9]/ { found++ }
           END { exit found != 3 }' "$work/table"
name '--allocations in JSON'
# shellcheck disable=SC2086
"$program" bench $quick --allocations --json --filter '^swap$' >"$work/a.json"
check json "$work/a.json"
check grep -Eq \
    '"allocations": \{"stack":\{"count":1,"bytes":32768,"percent":[0-9.]+\},"pool":\{' \
    "$work/a.json"

# ---- Wrong answers -------------------------------------------------------------------------------

mkdir -p "$work/set/one" "$work/set/two"
echo 600160020160005260206000f3 >"$work/set/one/code.hex"
cp "$work/set/one/code.hex" "$work/set/two/bytecode.txt"
: >"$work/set/two/calldata.txt"
three=0x0000000000000000000000000000000000000000000000000000000000000003
hash=0xc2575a0e9e593c00f959f8c92f12db2869c3395a3b0502d05e2516446f71f85b # keccak256 of it

expect() { # JSON members of `one`
    printf '{"one": {"mode": "runtime", %s}}\n' "$1" >"$work/set_expected.json"
}

name 'a folder of cases, without expectations'
out_like '^two               cold  '
# shellcheck disable=SC2086
run 0 bench $quick set

name 'the header, as spec cli.md has it'
# shellcheck disable=SC2086
check test "$("$program" bench $quick "$work/set/two" | head -n 1)" = \
    'case              backend     ns/run   Mgas/s  heap calls  page faults  peak bytes  result'

name 'expectations that hold'
expect "\"exec_gas\": 24, \"output\": \"$three\", \"logs\": 0"
out_like '^one               cold  '
# shellcheck disable=SC2086
run 0 bench $quick set/one

wrong() { # 'FAIL text' 'members'
    name "wrong answer: $1"
    expect "$2"
    out_like "^one               cold          FAIL  *$1$"
    err <<'EOF'
reproduce: coldevm bench --filter '^one$' 'set/one'
EOF
    # shellcheck disable=SC2086
    run 1 bench $quick set/one
}
wrong 'gas is 24, want 25' '"exec_gas": 25'
wrong 'output differs' '"output": "0x00"'
wrong 'output differs' '"output": "keccak:0x01:len=32"'
wrong 'output differs' "\"output\": \"keccak:$hash:len=31\""
wrong '0 logs, want 1' '"logs": 1'
wrong 'logs hash differs' '"logs_hash": "0x1"'

name 'the reproduce line fails the same way'
expect '"exec_gas": 25'
line=$(cd "$work" && "$program" bench set/one 2>&1 >/dev/null | sed -n 's/^reproduce: coldevm //p')
(cd "$work" && eval "\"\$program\" $line" >again 2>.err)
check test $? -eq 1
check grep -q 'gas is 24, want 25' "$work/again"

name 'output by its hash'
expect "\"output\": \"keccak:$hash:len=32\""
out_like '^one               cold  '
# shellcheck disable=SC2086
run 0 bench $quick set/one

name 'a case that its archive calls unusable'
expect '"usable": false'
err <<'EOF'
SKIP one: its archive says that it is not usable
ERROR(3): argument:1: no case is left to run
EOF
run 3 bench set/one

name 'malformed expectations'
expect '"output": "keccak:0x01"'
err <<'EOF'
ERROR(10): set_expected.json:1: output is not keccak:0x..:len=N
EOF
run 10 bench set/one
rm "$work/set_expected.json"

name 'code that fails is a FAIL'
echo fe >"$work/set/one/code.hex"
out_like '^one               cold          FAIL  invalid opcode: INVALID$'
err_like '^reproduce: '
# shellcheck disable=SC2086
run 1 bench $quick set/one

# ---- Formats of cases ----------------------------------------------------------------------------

results='s/.*"case": "\([^"]*\)".*"result": "\([^"]*\)".*/\1 \2/p'
name 'the contracts folder gives what is embedded'
# shellcheck disable=SC2086
"$program" bench $quick "$contracts" --json 2>/dev/null | sed -n "$results" | sort >"$work/folder"
# shellcheck disable=SC2086
"$program" bench $quick --json | sed -n "$results" | sort >"$work/embedded"
check diff "$work/embedded" "$work/folder"

cat >"$work/state.json" <<'EOF'
{"sum": {
  "_info": {"labels": {"0": "small", "1": "large"}},
  "env": {"currentCoinbase": "0x2adc25665018aa1fe0e6bc666dac8fc2697ff9ba", "currentNumber": "0x01",
          "currentGasLimit": "0x05f5e100", "currentTimestamp": "0x03e8", "currentDifficulty": "0x"},
  "pre": {"0x1000000000000000000000000000000000000000":
             {"balance": "0x0a", "nonce": "0x00", "code": "0x60003560040160005260206000f3"},
          "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b":
             {"balance": "0x05f5e100", "nonce": "0x00", "code": "0x", "storage": {}}},
  "transaction": {"data": ["0x",
                  "0x0000000000000000000000000000000000000000000000000000000000000005"],
     "gasLimit": ["0x0186a0", "0x030d40"], "gasPrice": "0x0a", "nonce": "0x00",
     "sender": "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b",
     "to": "0x1000000000000000000000000000000000000000", "value": ["0x01"]},
  "post": {"London": [{"indexes": {"data": 0, "gas": 0, "value": 0}, HASHES},
                      {"indexes": {"data": 1, "gas": 1, "value": 0}, HASHES}],
           "Frontier": [{"indexes": {"data": 0, "gas": 0, "value": 0}, HASHES},
                        {"indexes": {"data": 0, "gas": 0, "value": 0}, HASHES,
                         "expectException": "X"}],
           "Later": [{"indexes": {"data": 0, "gas": 0, "value": 0}, HASHES}]}}}
EOF
# The root is not looked at, and there is no log.
no_logs=0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347
sed "s/HASHES/\"hash\": \"$no_logs\", \"logs\": \"$no_logs\"/" "$work/state.json" >"$work/.whole"
mv "$work/.whole" "$work/state.json"
name 'state tests: a case per fork and entry of post'
err <<'EOF'
SKIP sum/small/Frontier: its transaction must be rejected
SKIP sum/small/Later: fork Later is not in this version
EOF
out_like '^sum/large-g1-v0/London  cold  '
# shellcheck disable=SC2086
run 0 bench $quick state.json
name 'state tests: gas follows the fork and the data'
# shellcheck disable=SC2086
"$program" bench $quick --json "$work/state.json" 2>/dev/null |
    sed -n 's/.*"case": "\([^"]*\)".*"gas": \([0-9]*\),.*/\1 \2/p' >"$work/gas"
printf '%s\n' 'sum/small/Frontier 27' 'sum/small/London 27' 'sum/large-g1-v0/London 27' \
    >"$work/want"
check diff "$work/want" "$work/gas"

name 'state tests: the blob fee follows the excess (EIP-4844)'
mkdir "$work/fees"
sed -e 's/"0x60003560040160005260206000f3"/"0x4a60005260206000f3"/' -e 's/"London"/"Cancun"/' \
    -e 's/"currentDifficulty": "0x"/"currentExcessBlobGas": "0x8000000"/' "$work/state.json" \
    >"$work/fees/fee.json"
printf '{"sum/small/Cancun": {"output": "0x%064x"}}' 288444970015542215 >"$work/fees/expected.json"
out_like '^sum/small/Cancun  cold  +[0-9]'
err_like '^SKIP'
# shellcheck disable=SC2086
run 0 bench $quick --filter small/Cancun fees/fee.json
name 'state tests: another blob fee is noticed'
echo '{"sum/small/Cancun": {"output": "0x01"}}' >"$work/fees/expected.json"
out_like '^sum/small/Cancun  cold  +FAIL  output differs$'
err_like '^reproduce'
# shellcheck disable=SC2086
run 1 bench $quick --filter small/Cancun fees/fee.json

name 'an entry that is no state test is noted'
echo '{"chain": {"blocks": []}}' >"$work/chain.json"
err <<'EOF'
SKIP chain.json: 1 of its entries are no state tests
ERROR(3): argument:1: no case is left to run
EOF
run 3 bench chain.json
name 'a transaction without sender'
sed 's/"sender".*$//' "$work/state.json" >"$work/nobody.json"
err_like '^ERROR\(10\): nobody\.json:[0-9]+: transaction has no txbytes, sender or secretKey$'
run 10 bench nobody.json

# ---- evm-bench -----------------------------------------------------------------------------------

name 'evm-bench: one number per run and nothing else'
"$program" bench --contract-code-path "$contracts/sha1/code.hex" \
    --calldata "@$contracts/sha1/input.hex" --num-runs 3 >"$work/runs" 2>"$work/.err"
check test "$(grep -Ec '^[0-9]+\.[0-9]{3}$' "$work/runs")" -eq 3
check test "$(wc -l <"$work/runs")" -eq 3
check test ! -s "$work/.err"
name "evm-bench: the entry that is shipped"
share=$(cd "$(dirname "$0")/../../share/coldevm/evm-bench" && pwd)
check test "$(COLDEVM=$program "$share/entry.sh" --contract-code-path "$contracts/swap/code.hex" \
    --call-data "@$contracts/swap/input.hex" --num-runs 2 | wc -l)" -eq 2
check json "$share/runner.evm-bench.json"
name 'evm-bench: --call-data; code that does not deploy'
echo 60006000fd >"$work/revert.hex"
err <<'EOF'
ERROR(1): deployment:0: execution reverted
EOF
run 1 bench --contract-code-path revert.hex --call-data 00

# ---- Archives ------------------------------------------------------------------------------------

name 'bench/ipsilon/micro of the public fixtures'
if [ -d "${COLDHEAP_FIXTURES:-/nowhere}/bench/ipsilon/micro" ]; then
    out_like '^signextend/one '
    # shellcheck disable=SC2086
    run 0 bench $quick "$COLDHEAP_FIXTURES/bench/ipsilon/micro"
else
    skip 'COLDHEAP_FIXTURES does not hold the bench archive'
fi

done_testing
