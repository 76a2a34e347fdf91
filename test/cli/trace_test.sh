#!/bin/sh
# trace_test.sh COLDEVM: EIP-3155 lines (spec cli.md C6) of `coldevm run`.
. "$(dirname "$0")/lib.sh"

fields='s/.*"gasCost":"\(0x[0-9a-f]*\)".*"depth":\([0-9]*\).*"opName":"\([A-Z0-9]*\)".*/\3 \2 \1/p'
sum=600160020160005260206000f3

name 'the trace of the first program, byte for byte'
err <"$golden/trace_sum.txt"
run 0 run --trace --gas 100000 $sum

name '--json is --trace; a line of code that fails carries its error'
err <"$golden/trace_underflow.txt"
run 0 run --json --gas 100 01

name 'undefined bytes have a name that says so'
err <"$golden/trace_undefined.txt"
run 0 run --trace --gas 100 0c

name 'REVERT carries execution reverted'
err_like '"opName":"REVERT","error":"execution reverted"\}$'
run 0 run --trace 60006000fd

name 'no line for running off the end'
err <"$golden/trace_end.txt"
run 0 run --trace --gas 100 5b

name 'fields on demand: memory after gasCost, returnData after stack, no stack'
err_like '"gasCost":"0x3","memory":"0x0{63}3","memSize":32,"returnData":"0x","depth":1,'
run 0 run --trace --trace.nomemory=false --noreturndata=false --nostack $sum

name '--trace=never'
echo 0x | out
run 0 run --trace=never 00

name '--trace=failing of code that succeeds'
echo 0x | out
run 0 run --trace=failing 00
name '--trace=failing of code that fails'
err_like '^\{"pc":0,"op":254,'
run 0 run --trace=failing fe

name '--trace.out leaves stderr alone'
run 0 run --trace --trace.out trace.jsonl $sum
check test "$(wc -l <"$work/trace.jsonl")" -eq 9

# A call's line stands before its callee's; the cost of a call includes the gas it hands on.
# Calls itself once, with one byte of input; whoever has input jumps to the end:
#   36 6014 57                                    CALLDATASIZE, 0x14, JUMPI
#   6000 6000 6001 6000 6000 30 6103e8 f1 00      CALL(1000, self, 0, 0, 1, 0, 0), STOP
#   5b 00                                         0x14: JUMPDEST, STOP
nested=3660145760006000600160006000306103e8f1005b00
name 'depth and order of nested calls'
err_like '.'
run 0 run --trace --fork Berlin --gas 100000 $nested
name 'a call comes before its callee, with the gas it hands on'
"$program" run --trace --fork Berlin --gas 100000 $nested 2>&1 |
    sed -n "$fields" |
    sed -n '/^CALL /,$p' >"$work/order"
# 100 for the warm account, 3 for a word of memory, 1000 handed on.
printf '%s\n' 'CALL 1 0x44f' 'CALLDATASIZE 2 0x2' 'PUSH1 2 0x3' 'JUMPI 2 0xa' 'JUMPDEST 2 0x1' \
    'STOP 2 0x0' 'STOP 1 0x0' >"$work/want"
check diff "$work/want" "$work/order"

name 'strict accepts every line'
err_like '^\{"output"'
run 0 run --trace --trace.format strict --trace.nomemory=false --noreturndata=false --nostack \
    $nested

name 'both engines give the same lines'
out_like '^0x$'
run 0 run --engine both --trace.nomemory=false --noreturndata=false $nested

# Profiles: the weights add up to the gas used, 0x9a.
name 'folded stacks go where the trace goes'
err_like '^CALL_0x0{24}7265636569766572;CALL_0x0{24}7265636569766572;JUMPI 10$'
run 0 run --trace --trace.format folded --fork Berlin --gas 100000 $nested
name 'folded weights add up to the gas used'
check test "$(awk '{ sum += $NF } END { print sum }' "$work/.err")" -eq 154

name 'exports beside a trace of lines'
err_like '^\{"output":"","gasUsed":"0x9a"\}$'
run 0 run --trace --export folded=a.folded --export speedscope=a.speedscope.json \
    --export chrome=a.trace.json --opcode.count a.count --fork Berlin --gas 100000 $nested
name 'the exported files are there and whole'
check test "$(tail -c 4 "$work/a.speedscope.json")$(tail -n 1 "$work/a.trace.json")" = \
    ']}}],"displayTimeUnit":"ns"}'
name 'speedscope: three units in one file'
check test "$(grep -o '"unit":"[a-z]*"' "$work/a.speedscope.json" | sort -u | tr -d '\n')" = \
    '"unit":"bytes""unit":"nanoseconds""unit":"none"'
name 'the exported stacks are those of the trace format'
check diff "$golden/folded.txt" "$work/a.folded"
single=$golden/../statetest/single.json
name 'state tests: the name of the case stands around its frames'
out_like '"pass": true'
err_like '^tests/own/test_calls.py::test_calls.*;CALL_0x0*c0de1;CALL_0x0*c0de2;KECCAK256 45$'
run 0 statetest --trace --trace.format folded "$single"
name 'state tests: the weights are the gas of the run'
rm -f "$work/case.folded"
"$program" statetest --export "folded=$work/case.folded" --json-outcome "$single" \
    >"$work/.out" 2>"$work/.err"
used=$(sed -n 's/.*"gasUsed":"\(0x[0-9a-f]*\)".*/\1/p' "$work/.err")
intrinsic=21016 # and one byte of calldata
check test "$(awk '{ sum += $NF } END { print sum }' "$work/case.folded")" -eq $((used - intrinsic))
name 'state tests: the lines of calls, a precompile, a log and a creation, byte for byte'
"$program" statetest --trace "$single" 2>&1 >"$work/.out" | grep '"pc"' >"$work/lines"
check diff "$golden/trace_statetest.txt" "$work/lines"
name 'state tests: strict takes every line'
out_like '"pass": true'
err_like '"stateRoot":"0x[0-9a-f]{64}"'
run 0 statetest --trace --trace.format strict --nomemory=false --noreturndata=false "$single"

name 'an export that is none of a trace'
err_like "^ERROR\(3\): argument:.* bad value 'gbench=x' for --export"
run 3 run --export gbench=x $sum
name 'an export that cannot be written'
err_like '^ERROR\(11\): /dev/full:'
run 11 run --export folded=/dev/full $sum

name 'the schema that is installed is the one the checker works by'
check "$(dirname "$program")/coldevm_trace_check_test" --filter schema

done_testing
