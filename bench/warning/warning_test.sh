#!/bin/sh
# warning_test.sh BENCH_WARNING: the harness refuses a loop that the compiler deleted, however good
# its figure looks, and accepts the same pool when its objects are looked at. Prints TAP.
set -u

out=$("$1" --min-time 2)
status=$?
failed=0
number=0

check() { # NAME RESULT
    number=$((number + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $number - $1"
    else
        echo "$out" | sed 's/^/# /'
        echo "not ok $number - $1"
        failed=1
    fi
}

[ "$status" -eq 1 ]
check 'the program fails' $?
echo "$out" | grep -q '^wrong/deleted loop .* INVALID$'
check 'the deleted loop is marked invalid' $?
echo "$out" | grep -q '^# wrong/deleted loop: faster than 0.2 ns an iteration'
check 'and the reason is said' $?
! echo "$out" | grep -q '^right.*INVALID'
check 'the same pool is valid when its objects are looked at' $?
echo "$out" | awk '
    /^wrong\/a page mapped each / { page = $5 }
    /^right\/malloc / { heap = $2 }
    END { exit !(heap > 0 && page > 10 * heap) }'
check 'mapping a page is no baseline: ten times malloc or more' $?
echo "1..$number"
exit $failed
