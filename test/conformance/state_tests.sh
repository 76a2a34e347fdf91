#!/bin/sh
# state_tests.sh COLDEVM: the official state tests by the built command, one TAP line a file: every
# case passes, all of them are there, and none calls the heap. COLDHEAP_CONFORMANCE_SAMPLE=N takes
# one test in N, by a hash of its name. One in ten of these is run again on a manager (M60).
set -u

coldevm=$1
sample=${COLDHEAP_CONFORMANCE_SAMPLE:-1}
least=$((sample == 1 ? 128578 : 64000 / sample)) # tests hold from one case to hundreds

echo "TAP version 14"
if [ ! -d "${COLDHEAP_FIXTURES:-}/state_tests" ]; then
    echo "1..1"
    echo "ok 1 - state tests # SKIP set COLDHEAP_FIXTURES (execution-spec-tests and others)"
    exit 0
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$COLDHEAP_FIXTURES" || exit 1

"$coldevm" statetest --chunk "1of$sample" --export jsonl="$work/items" state_tests \
    >/dev/null 2>"$work/notes"
status=$?
"$coldevm" statetest --allocations --chunk "1of$((sample * 10))" --export jsonl="$work/managed" \
    state_tests >/dev/null 2>"$work/managed.notes"
managed_status=$?
managed=$(grep -c '"file":' "$work/managed")
managed_passed=$(grep -c '"pass":true.*"allocations":{"stack":{"count":' "$work/managed")
grep -v '^{"stateRoot"' "$work/notes" | tail -n 50 | sed 's/^/# /'
awk -v least="$least" -v status="$status" -v managed="$managed" \
    -v managed_passed="$managed_passed" -v managed_status="$managed_status" '
    function line(good, text) {
        failed += !good
        print (good ? "" : "not ") "ok " ++number " - " text
    }
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
        bad[file] += index($0, "\"pass\":true") == 0
    }
    END {
        for (i = 1; i <= files; i++) {
            line(bad[order[i]] == 0, order[i] ": " count[order[i]] " cases")
        }
        line(cases >= least, "all of the sample was there: " cases " cases")
        line(cold, "no heap call while sealed")
        line(status == 0, "exit status " status)
        line(managed > 0 && managed_passed == managed && managed_status == 0,
             "on a manager: " managed_passed " of " managed " cases pass")
        print "1.." number
        exit failed > 0
    }' "$work/items"
