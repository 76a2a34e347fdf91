#!/bin/sh
# count_tests.sh ROOT: scripts/count-tests.awk counts what CTest's logs of known runs hold; each
# case is one program, as CTest writes it. Prints TAP.
set -u

count=$1/scripts/count-tests.awk
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
failed=0

# expect NAME WANT STATUS OUTPUT: a run of one program with this status and this output.
expect() {
    number=$((number + 1))
    printf '    Start 1: a/b_test\n1/1 Test #1: a/b_test ......%s    0.01 sec\n' "$3" >"$work/out"
    {
        printf '1/1 Testing: a/b_test\n1/1 Test: a/b_test\nOutput:\n-----\n'
        [ -z "$4" ] || printf "$4"
        printf '<end of output>\nTest time =   0.01 sec\n-----\nTest Passed.\n'
    } >"$work/log"
    got=$(awk -f "$count" "$work/out" "$work/log" 2>"$work/complaints")
    if [ "$got" = "$2" ]; then
        echo "ok $number - $1"
    else
        echo "# got $got, want $2"
        sed 's/^/# /' "$work/complaints"
        echo "not ok $number - $1"
        failed=1
    fi
}

echo 'TAP version 14'
expect 'single tests, not programs' '3 0 0' '   Passed' 'ok 1 - x\nok 2 - y\nok 3 - z\n1..3\n'
expect 'a failing line' '1 1 0' '***Failed' 'ok 1 - x\nnot ok 2 - y\n1..2\n'
expect 'a skipped line' '1 0 1' '   Passed' 'ok 1 - x\nok 2 - y # SKIP no data\n1..2\n'
expect 'a plan of nothing is a skip' '0 0 1' '   Passed' '1..0 # SKIP no data\n'
expect 'no TAP is one test' '1 0 0' '   Passed' 'hello\n'
expect 'no TAP and failed' '0 1 0' '***Failed' 'hello\n'
expect 'no output and skipped' '0 0 1' '***Skipped' ''
expect 'died after passing tests' '2 1 0' '***Exception: SegFault' 'ok 1 - x\nok 2 - y\n'
expect 'timed out' '1 1 0' '***Timeout' 'ok 1 - x\n'
expect 'fewer than planned' '2 1 0' '   Passed' '1..3\nok 1 - x\nok 2 - y\n'
expect 'no plan at all' '2 1 0' '   Passed' 'ok 1 - x\nok 2 - y\n'
expect 'indented lines are subtests' '1 0 0' '   Passed' '    not ok 1 - s\nok 1 - x\n1..1\n'
expect 'was not run' '0 1 0' '***Not Run' ''
number=$((number + 1))
: >"$work/log"
if [ "$(awk -f "$count" "$work/out" "$work/log" 2>/dev/null)" = '0 1 0' ]; then
    echo "ok $number - a program without output block fails"
else
    echo "not ok $number - a program without output block fails"
    failed=1
fi
echo "1..$number"
exit $failed
