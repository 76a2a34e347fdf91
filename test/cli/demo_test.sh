#!/bin/sh
# demo_test.sh COLDEVM: what `make demo` shows once everything is built.
. "$(dirname "$0")/lib.sh"

root=$(cd "$(dirname "$0")/../.." && pwd)
name 'the demo runs'
COLDEVM=$program "$root/scripts/demo.sh" release "$work/demo.svg" >"$work/demo" 2>"$work/.err"
check test $? -eq 0
name 'every contract has a row for cold and one for malloc, and none failed'
for folder in "$root"/contracts/*/code.hex; do
    contract=$(basename "$(dirname "$folder")")
    for backend in cold malloc; do
        grep -Eq "^$contract +$backend +[0-9 ]+  " "$work/demo" || echo "$contract $backend"
    done
done >"$work/missing"
check test ! -s "$work/missing"
check test "$(grep -c FAIL "$work/demo")" -eq 0
name 'gas, time, speed, heap calls, faults, reserved and peak bytes are columns'
columns='^case .* gas +ns/run +Mgas/s +heap calls +page faults +reserved bytes +peak bytes'
check grep -Eq "$columns" "$work/demo"
name 'the picture has a bar for each row'
cases=$(find "$root/contracts" -name code.hex | wc -l)
check test "$(grep -c '<rect x=' "$work/demo.svg")" -eq $((2 * cases))

done_testing
