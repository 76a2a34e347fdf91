#!/bin/sh
# leaky_test.sh REDUCTION: the test of bounds notices a program that keeps 64 bytes a round: by its
# heap calls, and by its resident memory where that is known. Prints TAP.
set -u

out=$("$1" --leaky 20000)
status=$?
failed=0
echo '1..2'
if [ "$status" -eq 1 ] && echo "$out" | grep -q '^not ok .* tokens calls no heap'; then
    echo 'ok 1 - heap calls are noticed'
else
    echo "$out" | sed 's/^/# /'
    echo 'not ok 1 - heap calls are noticed'
    failed=1
fi
if echo "$out" | grep -q 'SKIP resident'; then
    echo 'ok 2 - drift is noticed # SKIP resident memory is not known here'
elif echo "$out" | grep -q '^not ok .* digest stays within' &&
    echo "$out" | grep -q '^not ok .* tokens does not drift'; then
    echo 'ok 2 - drift is noticed'
else
    echo 'not ok 2 - drift is noticed'
    failed=1
fi
exit $failed
