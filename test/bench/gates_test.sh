#!/bin/sh
# gates_test.sh ROOT SAMPLE: scripts/bench.sh with a bench whose time is known well: it passes
# beside its stored result and its bar, and both gates fail when the same work is made a tenth
# slower. Prints TAP.
set -u

root=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
failed=0
mkdir "$work/bin"
ln -s "$2" "$work/bin/mem_gate_bench"
echo 'M80 | steady | raw* | 1.05 | a chain of products' >"$work/bars.txt"
export BENCH_BIN="$work/bin" BENCH_STORE="$work/stored" BENCH_BARS="$work/bars.txt"
usual='--filter steady --rounds 27 --min-time 4' # short rounds find quiet moments
export BENCH_FLAGS="$usual"

check() { # NAME RESULT
    number=$((number + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $number - $1"
    else
        sed 's/^/# /' "$work/out"
        echo "not ok $number - $1"
        failed=1
    fi
}

bench() { # FLAG
    "$root/scripts/bench.sh" "$1" >"$work/out" 2>&1
}

# says STATUS WANT TEXT: the last run ended so and said so.
says() {
    [ "$1" -eq "$2" ] && grep -q "$3" "$work/out"
}

bench --compare
says $? 2 'nothing is stored'
check 'nothing stored is no pass' $?
bench --store
check 'a result is stored' $?
bench --compare
says $? 0 '1 groups compared, 0 slower'
check 'the same program passes beside its stored result' $?
bench --check
says $? 0 'M80 .*: ok'
check 'its bar holds' $?

# A clock that changes between store and compare can hide half of it; not three times in a row.
for attempt in 1 2 3; do
    BENCH_FLAGS="$usual --slow-down 10"
    bench --compare
    says $? 1 'slower: mem_gate_bench/steady: 1'
    seen=$?
    [ "$seen" -ne 0 ] && [ "$attempt" -lt 3 ] || break
    BENCH_FLAGS=$usual
    bench --store
done
check 'a tenth slower fails beside the stored result' "$seen"
BENCH_FLAGS="$usual --slow-down 10"
bench --check
says $? 1 'M80 .*: MISS'
check 'a tenth slower misses the bar' $?

BENCH_FLAGS=$usual
sed -i 's/"cpu": "/"cpu": "Another /' "$work/stored/2/mem_gate_bench.json"
bench --compare
says $? 2 'not comparable'
check 'the result of another machine is refused' $?
echo 'M80 | gone | raw* | 1.05 | a bench that is not there' >>"$work/bars.txt"
bench --check
says $? 1 'a bench that is not there.*MISSING'
check 'a bar without its bench fails' $?
BENCH_FLAGS='--filter leaky'
bench --store
says $? 1 'heap calls where none may be'
check 'a heap call fails every mode' $?
echo "1..$number"
exit $failed
