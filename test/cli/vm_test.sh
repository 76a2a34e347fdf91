#!/bin/sh
# vm_test.sh COLDEVM LIBRARY: `--vm`: EVMC libraries under our state, the loader's refusals, and a
# library whose heap calls the seal must catch (heap_vm.c).
. "$(dirname "$0")/lib.sh"

library=$2
ours=$(dirname "$(dirname "$program")")/lib/libcoldevm.so
sum=600160020160005260206000f3
case $("$program" --version) in
*'heap-guard on'*) guard=on ;;
*) guard=off ;;
esac

name '--vm implies evmc style'
out <<'EOF'
Executing on Osaka with 1000 gas limit

Result:   success
Gas used: 7
Output:   c0ffee
EOF
run 0 run --vm "$library" --gas 1000 00

name '--vm in geth style'
echo 0xc0ffee | out
run 0 run --vm "$library" --style geth 00

name 'our own library'
out <<'EOF'
Executing on Osaka with 1000 gas limit

Result:   success
Gas used: 24
Output:   0000000000000000000000000000000000000000000000000000000000000003
EOF
run 0 run --vm "$ours" --gas 1000 $sum

name 'a heap call while sealed is exit 20'
if [ $guard = on ]; then
    # Beside a sanitizer the call has no name but "allocation".
    err_like '^ERROR\(20\): heap:0: (malloc|allocation) of 3 bytes while sealed, called from 0x'
    run 20 run --vm "$library" --no-malloc trap 00
else
    err_like '^ERROR\(3\): argument:4: heap calls cannot be seen in this build$'
    run 3 run --vm "$library" --no-malloc trap 00
fi

name 'the heap calls of a library are counted'
if [ $guard = on ]; then
    out_like '^Output:   c0ffee$'
    err_like '^allocations:     1$'
    run 0 run --vm "$library" --no-malloc count --statdump 00
    name 'our own library makes none'
    out_like '^Gas used: 24$'
    run 0 run --vm "$ours" --no-malloc trap $sum
else
    skip 'heap guard is off in this build'
fi

name 'an option'
out_like '^Output:   c0ffee$'
run 0 run --vm "$library,taste=good" 00

error() { # 'REASON (extended regex)' LIBRARY
    name "refused: $2"
    err_like "^ERROR\(3\): argument:2: $1$"
    run 3 run --vm "$2" 00
    run 3 bench --vm "$2"
}
error 'nothing\.so: .*' nothing.so
error '.*nothing\.so: .*No such file or directory.*' ./nothing.so
error '.*' "$library,taste=bad"
error '.*' "$library,smell=good"
error '.*' ''
echo 'no library' >"$work/text.so"
error '.*text\.so: .*' ./text.so

name 'a library is not traced'
err <<'EOF'
ERROR(3): argument:2: an EVMC library can be neither traced nor run on our engines
EOF
run 3 run --vm "$library" --trace 00

name 'bench --vm: a rival with its name, the ratio last'
out_like '^swap              vm:coldevm +[0-9 ]+ +[0-9?]+  .* 2c92b34c +[0-9]+\.[0-9]{2}$'
run 0 bench --repetitions 1 --min-time 0 --filter '^swap$' --vm "$ours"

name 'bench --vm: a rival that answers otherwise is a FAIL'
out_like '^swap              vm:heap-vm  +FAIL  +gas is 7, want 2317453$'
err_like '^reproduce: coldevm bench '
run 1 bench --repetitions 1 --min-time 0 --filter '^swap$' --vm "$library"

name 'bench --vm: means over the cases'
out_like '^geometric mean +vm:coldevm +[0-9]+\.[0-9]{3} +[0-9]+\.[0-9]{3}$'
run 0 bench --repetitions 1 --min-time 0 --filter '^s' --cache both --vm "$ours"

done_testing
