#!/bin/sh
# bench_archive.sh COLDEVM: every usable case of the benchmark archive answers with the gas, output
# and logs that its archive states, analysed on every run and with the cache; one TAP line a row.
set -u

coldevm=$1

echo "TAP version 14"
if [ ! -d "${COLDHEAP_FIXTURES:-}/bench" ]; then
    echo "1..1"
    echo "ok 1 - bench archive # SKIP set COLDHEAP_FIXTURES (ipsilon/evm-benchmarks and others)"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$coldevm" bench --json --repetitions 1 --min-time 0 --cache both \
    "$COLDHEAP_FIXTURES/bench/ipsilon" "$COLDHEAP_FIXTURES/bench/guillotine" \
    "$COLDHEAP_FIXTURES/bench/revm" >"$work/rows.json" 2>"$work/messages"
status=$?
sed 's/^/# /' "$work/messages"
awk -v status="$status" '
    function value(key,    rest) {
        if (!match($0, "\"" key "\": *")) { return "" }
        rest = substr($0, RSTART + RLENGTH)
        sub(/^"/, "", rest)
        sub(/["},].*/, "", rest)
        return rest
    }
    /"backend"/ {
        count++
        good = value("pass") == "true" && value("heapCalls") == "0"
        failed += !good
        print (good ? "" : "not ") "ok " count " - " value("case") " " value("backend")
        if (!good) { print "# " $0 }
    }
    END {
        if (count < 60) {
            print "not ok " ++count " - the archive has its cases"
            failed++
        }
        if (status != 0 && failed == 0) {
            print "not ok " ++count " - exit status " status
            failed++
        }
        print "1.." count
        exit failed > 0
    }' "$work/rows.json"
