#!/bin/sh
# state_tests.sh COLDEVM whole|engines: the official state tests by the built command, one TAP line
# a file. whole: every case passes and none calls the heap. engines: a sixth of the tests by name,
# more than 20,000 cases, on the fast and the portable engine: equal items, hashes of all trace
# lines included. COLDHEAP_CONFORMANCE_SAMPLE=N takes one test in N of either, by a hash of its name.
set -u

coldevm=$1
part=$2
sample=${COLDHEAP_CONFORMANCE_SAMPLE:-1}
tests=${COLDHEAP_FIXTURES:-}/state_tests

echo "TAP version 14"
if [ ! -d "$tests" ]; then
    echo "1..1"
    echo "ok 1 - state tests # SKIP set COLDHEAP_FIXTURES (execution-spec-tests and others)"
    exit 0
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$COLDHEAP_FIXTURES" || exit 1

# items ENGINE FLAG...: one line a case, then the summary; notes go to $work/notes. The status of the
# command is that of the function.
items() {
    engine=$1
    shift
    "$coldevm" statetest --engine "$engine" --export jsonl="$work/$engine" "$@" state_tests \
        >"$work/array" 2>"$work/notes"
    status=$?
    grep -v '^{"stateRoot"' "$work/notes" | tail -n 50 | sed 's/^/# /'
    return $status
}

# One line a file: good if each of its lines has the word.
by_file() { # FILE-OF-LINES WORD LEAST-CASES STATUS
    awk -v word="$2" -v least="$3" -v status="$4" '
        /^\{"summary"/ {
            cold = /"heapCalls":0\}/
            next
        }
        {
            match($0, /"file":"[^"]*"/)
            file = substr($0, RSTART + 8, RLENGTH - 9)
            if (!(file in count)) { order[++files] = file }
            count[file]++
            cases++
            if (index($0, word) == 0) { bad[file]++ }
        }
        function line(good, text) {
            failed += !good
            print (good ? "" : "not ") "ok " ++number " - " text
        }
        END {
            for (i = 1; i <= files; i++) {
                line(!(order[i] in bad), order[i] ": " count[order[i]] " cases")
            }
            line(cases >= least, "all of the sample was there: " cases " cases")
            line(cold, "no heap call while sealed")
            line(status == 0, "exit status " status)
            print "1.." number
            exit failed > 0
        }' "$1"
}

if [ "$part" = whole ]; then
    least=$((sample == 1 ? 128578 : 100000 / sample))
    items fast --chunk "1of$sample"
    by_file "$work/fast" '"pass":true' "$least" $?
else
    least=$((sample == 1 ? 20000 : 15000 / sample))
    items fast --trace.hash --chunk "1of$((6 * sample))"
    items portable --trace.hash --chunk "1of$((6 * sample))"
    status=$?
    for engine in fast portable; do
        sed 's/"timeNs":[0-9]*,//' "$work/$engine" | grep -v '^{"summary"' >"$work/$engine.items"
    done
    # A line of both is marked the same; the summary stands behind.
    paste -d '\n' "$work/fast.items" "$work/portable.items" |
        awk 'NR % 2 { one = $0; next } { print $0 (one == $0 ? " same" : " differs") }' >"$work/both"
    grep '^{"summary"' "$work/portable" >>"$work/both"
    by_file "$work/both" ' same' "$least" $status
fi
