#!/bin/sh
# files_test.sh COLDEVM: files and streams that fail: missing, unreadable, malformed, a full disk.
. "$(dirname "$0")/lib.sh"

sum=600160020160005260206000f3

error() { # STATUS 'PLACE: REASON' ARGUMENT...
    status_wanted=$1
    name "$2"
    echo "ERROR($1): $2" | err
    shift 2
    run "$status_wanted" "$@"
}

# ---- Missing and unreadable ----------------------------------------------------------------------

mkdir "$work/folder"
missing='No such file or directory'
error 11 "nothing.hex:0: $missing" run --codefile nothing.hex
error 11 "nothing.hex:0: $missing" run --inputfile nothing.hex 00
error 11 "nothing.hex:0: $missing" run @nothing.hex
error 11 "nothing.hex:0: $missing" run --input @nothing.hex 00
error 11 "nothing.json:0: $missing" run --prestate nothing.json
error 11 "nothing.hex:0: $missing" disasm --codefile nothing.hex
error 11 "nothing:0: $missing" bench nothing
error 11 "nothing.hex:0: $missing" bench --contract-code-path nothing.hex
error 11 'folder:0: Is a directory' run @folder
error 11 'folder:0: Is a directory' run --prestate folder
error 11 "nowhere/trace:0: $missing" run --trace --trace.out nowhere/trace 00

# ---- Malformed -----------------------------------------------------------------------------------

printf '6001\n60 0\n\n' >"$work/odd.hex"
error 10 'odd.hex:4: odd number of hex digits (7)' run --codefile odd.hex
printf '6001\n60g1\n' >"$work/letter.hex"
error 10 "letter.hex:2: 'g' at character 3 is not a hex digit" run @letter.hex
printf '6001\000' >"$work/zero.hex"
error 10 'zero.hex:1: byte 0x00 at character 5 is not a hex digit' run @zero.hex
printf '60010x00' >"$work/prefix.hex"
error 10 "prefix.hex:1: 'x' at character 6 is not a hex digit" run @prefix.hex

printf '{\n "alloc": {\n  "0x01" 5\n }\n}\n' >"$work/bad.json"
error 10 'bad.json:3: not JSON from here on (byte 24)' run --prestate bad.json
printf '{"alloc": {' >"$work/short.json"
error 10 'short.json:1: JSON ends too early (byte 12)' run --prestate short.json
printf '{}\nx' >"$work/more.json"
error 10 'more.json:2: not JSON from here on (byte 4)' run --prestate more.json
: >"$work/empty.json"
error 10 'empty.json:1: JSON ends too early (byte 1)' run --prestate empty.json
printf '[\n]' >"$work/array.json"
error 10 'array.json:1: a genesis object is needed' run --prestate array.json
printf '{"alloc":\n {"0x01":\n  {"balance": "1x"}}}' >"$work/balance.json"
error 10 "balance.json:3: '1x': 'x' at character 2 is not a decimal digit" \
    run --prestate balance.json
printf '{"alloc":\n {"0x1": {}}}' >"$work/address.json"
error 10 "address.json:2: '0x1': odd number of hex digits (1)" run --prestate address.json
printf '{"alloc":{"0x01": {"code":\n\n"0x6g"}}}' >"$work/code.json"
error 10 "code.json:3: code: 'g' at character 4 is not a hex digit" run --prestate code.json
printf '{"alloc":{"0x01": {"nonce":\n"0x10000000000000000"}}}' >"$work/nonce.json"
error 10 'nonce.json:2: nonce: number needs more than 64 bits' run --prestate nonce.json
printf '{"alloc":{"0x01": {"storage":{\n"0x1": {}}}}}' >"$work/storage.json"
error 10 'storage.json:2: 0x1: a whole number is needed' run --prestate storage.json
printf '{"alloc": 7}' >"$work/alloc.json"
error 10 'alloc.json:1: alloc: an object is needed' run --prestate alloc.json
printf '{"number": -1}' >"$work/number.json"
error 10 'number.json:1: number: a whole number is needed' run --prestate number.json
printf '{"a": "b' >"$work/text.json"
error 10 'text.json:1: JSON ends too early (byte 8)' bench text.json
printf '[1]' >"$work/tests.json"
error 10 'tests.json:1: an object of tests is needed' bench tests.json

# Nesting deeper than the parser's limit is an error, not a crash.
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "[" }' >"$work/deep.json"
name 'nesting of 100,000 is refused'
err_like '^ERROR\(10\): deep\.json:1: not JSON from here on \(byte [0-9]+\)$'
run 10 run --prestate deep.json

# ---- A full disk ---------------------------------------------------------------------------------

if [ -c /dev/full ]; then
    full() { # 'FILE' ARGUMENT...
        name "full disk: $2 to $1"
        echo "ERROR(11): $1:0: No space left on device" | err
        shift
        run_to /dev/full 11 "$@"
    }
    full stdout run $sum
    full stdout run --style evmc $sum
    full stdout disasm $sum
    full stdout footprint
    full stdout --version
    full stdout --help
    full stdout run --dump $sum

    name 'full disk: the trace'
    echo 'ERROR(11): /dev/full:0: No space left on device' | err
    run 11 run --trace --trace.out /dev/full $sum
    name 'full disk: the opcode counts'
    echo 'ERROR(11): /dev/full:0: No space left on device' | err
    run 11 run --opcode.count /dev/full $sum
    for format in gbench svg; do
        name "full disk: --export $format"
        echo 'ERROR(11): /dev/full:0: No space left on device' | err
        out_like '^swap '
        run 11 bench --filter '^swap$' --repetitions 1 --min-time 0 --export $format=/dev/full
    done
    name 'full disk: the bench table'
    echo 'ERROR(11): stdout:0: No space left on device' | err
    run_to /dev/full 11 bench --filter '^swap$' --repetitions 1 --min-time 0

    name 'full disk: stderr too, the status alone tells'
    (cd "$work" && "$program" run $sum >/dev/full 2>/dev/full)
    check test $? -eq 11
else
    name 'full disk'
    skip '/dev/full is not here'
fi

name 'a closed stdout is no success'
(cd "$work" && "$program" run $sum >&- 2>.err)
check test $? -eq 11

done_testing
