#!/bin/sh
# engines.sh COLDEVM: the traces of state tests on the computed-goto and the portable build, case by
# case, by the hash of all their lines. The cases are those of chunk 1 of 6 (--chunk: by a hash of
# the test's name; of 128,578 cases these are 24,055) if COLDHEAP_CONFORMANCE_SAMPLE is 1, as make
# conformance sets it, else those of chunk 1 of 100. Needs COLDHEAP_FIXTURES.
# Exit status: 0 the same, 1 a trace differs or there are too few, 77 no fixtures.
set -eu

if [ ! -d "${COLDHEAP_FIXTURES:-}/state_tests" ]; then
    echo 'traces: SKIPPED, COLDHEAP_FIXTURES has no state_tests' >&2
    exit 77
fi
chunk=1of100
least=500
if [ "${COLDHEAP_CONFORMANCE_SAMPLE:-}" = 1 ]; then
    chunk=1of6
    least=20000
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# hashes ENGINE: a line a case, "INDEX HASH" behind name and fork. Whether a case passes is another
# suite's matter; status 1 says that one did not.
hashes() {
    status=0
    "$coldevm" statetest --engine "$1" --trace.hash --chunk "$chunk" \
        "$COLDHEAP_FIXTURES/state_tests" >"$work/$1.json" 2>"$work/$1.err" || status=$?
    if [ "$status" -gt 2 ]; then
        tail -n 5 "$work/$1.err" >&2
        echo "engines: $1 ended with $status" >&2
        exit 1
    fi
    awk '
        /^    "name": / { name = $0 }
        /^    "fork": / { fork = $2 }
        /"traceHash": / {
            match($0, /"index": [0-9]+/)
            index_text = substr($0, RSTART + 9, RLENGTH - 9)
            match($0, /"traceHash": "0x[0-9a-f]+"/)
            print name, fork, index_text, substr($0, RSTART + 13, RLENGTH - 13)
        }' "$work/$1.json" >"$work/$1"
}

coldevm=$1
hashes fast
hashes portable
count=$(wc -l <"$work/fast")
distinct=$(awk '{ print $NF }' "$work/fast" | sort -u | wc -l)
if ! cmp -s "$work/fast" "$work/portable"; then
    diff "$work/fast" "$work/portable" | head -n 20
    echo 'engines: traces differ'
    exit 1
fi
echo "engines: $count cases, $distinct different traces, the same on both builds"
[ "$count" -ge "$least" ] && [ "$distinct" -ge $((least / 5)) ]
