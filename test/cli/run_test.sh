#!/bin/sh
# run_test.sh COLDEVM: `coldevm run`: the examples of spec cli.md C3, every form of input, styles,
# failures by name, limits.
. "$(dirname "$0")/lib.sh"

sum=600160020160005260206000f3

name 'run prints the output'
out <<'EOF'
0x0000000000000000000000000000000000000000000000000000000000000003
EOF
run 0 run $sum

name 'run prints the error of failing code and exits 0'
out <<'EOF'
0x
 error: invalid opcode: INVALID
EOF
run 0 run fe

name 'run in evmc style'
out <<'EOF'
Executing on Osaka with 1000000 gas limit

Result:   success
Gas used: 24
Output:   0000000000000000000000000000000000000000000000000000000000000003
EOF
run 0 run --style evmc --fork Osaka --gas 1000000 $sum

name 'evmc style of failing code has no output line'
out <<'EOF'
Executing on Osaka with 1000000 gas limit

Result:   invalid instruction
Gas used: 1000000
EOF
run 0 run --style evmc --fork Osaka --gas 1000000 fe

name '--exit-code makes a failure 1'
out <<'EOF'
0x
 error: invalid opcode: INVALID
EOF
run 1 run --exit-code fe

# ---- Forms of code and input --------------------------------------------------------------------

printf '0x6001 6002\n 01 6000\t5260\r\n206000f3\n' >"$work/sum.hex"
three='0x0000000000000000000000000000000000000000000000000000000000000003'

for form in "0x$sum" "0X$sum" @sum.hex "--codefile sum.hex" "--codefile=sum.hex"; do
    name "code as $form"
    echo $three | out
    # shellcheck disable=SC2086 # two words on purpose
    run 0 run $form
done

name 'code from stdin'
echo $three | out
input <"$work/sum.hex"
run 0 run -

name 'code as @- is a file called -'
err <<'EOF'
ERROR(11): nothing:0: No such file or directory
EOF
run 11 run @nothing

echo=366000600037366000f3
printf 'ab cd\nef\n' >"$work/input.hex"
for form in "--input abcdef" "--input 0xabcdef" "--input @input.hex" "--inputfile input.hex"; do
    name "input as $form"
    echo 0xabcdef | out
    # shellcheck disable=SC2086
    run 0 run $form $echo
done

name 'input from stdin'
echo 0xabcdef | out
input <"$work/input.hex"
run 0 run --input - $echo

name 'empty code'
echo 0x | out
run 0 run 0x

name '-- ends the flags'
echo $three | out
run 0 run -- $sum

# ---- Who, what, where ----------------------------------------------------------------------------

name 'caller and address are sender and receiver, as in geth'
out <<'EOF'
0x000000000000000000000000000000000000000000000000000073656e646572
EOF
run 0 run 3360005260206000f3

name '--receiver'
out <<'EOF'
0x000000000000000000000000000000000000000000000000000000000000abcd
EOF
run 0 run --receiver 0x000000000000000000000000000000000000abcd 3060005260206000f3

name '--value needs a balance'
out <<'EOF'
0x
 error: insufficient balance for transfer
EOF
run 0 run --value 1 00

cat >"$work/genesis.json" <<'EOF'
{"config": {"chainId": 7}, "number": "0x10", "timestamp": "100", "gasLimit": "0x1000000",
 "baseFeePerGas": "0x9", "coinbase": "0x00000000000000000000000000000000000c01d0",
 "alloc": {
   "000000000000000000000000000073656e646572": {"balance": "1000", "nonce": "0x5"},
   "0x0000000000000000000000007265636569766572": {"balance": "0x0",
      "code": "0x4660005260206000f3", "storage": {"0x1": "0x2", "0x3": "0x0"}}}}
EOF

name '--prestate gives code and chain id'
out <<'EOF'
0x0000000000000000000000000000000000000000000000000000000000000007
EOF
run 0 run --prestate genesis.json

name '--prestate, --value and --dump'
out <"$golden/dump.txt"
run 0 run --prestate genesis.json --value 1 --dump 6005600455

name 'block fields of --prestate: number, timestamp, base fee, gas limit, coinbase'
printf '0x%064x%064x%064x%064x%064x\n' 16 100 9 16777216 786896 | out
run 0 run --prestate genesis.json 436000524260205248604052456060524160805260a06000f3

name 'gas price'
out <<'EOF'
0x0000000000000000000000000000000000000000000000000000000000000100
EOF
run 0 run --price 0x100 3a60005260206000f3

# ---- Creation ------------------------------------------------------------------------------------

# Initcode that deploys `6020356000 52 60206000f3`: calldata word 1 back.
init=600c600c600039600c6000f360203560005260206000f3

name '--create prints the deployed code'
out <<'EOF'
0x60203560005260206000f300
EOF
run 0 run --create $init

name '--create appends the input to the initcode'
out <<'EOF'
0x60203560005260206000f3ee
EOF
run 0 run --create --input ee $init

name 'evmc style calls what --create deploys'
out <<'EOF'
Creating and executing on Cancun with 1000000 gas limit

Result:   success
Gas used: 21
Output:   1111111111111111111111111111111111111111111111111111111111111111
EOF
word=1111111111111111111111111111111111111111111111111111111111111111
run 0 run --style evmc --fork Cancun --gas 1000000 --create --input "$word$word" $init

name 'a deployment that fails is exit 1'
err <<'EOF'
ERROR(1): deployment:0: execution reverted
EOF
run 1 run --style evmc --create 60006000fd

# ---- Failures by name (spec cli.md C7) -----------------------------------------------------------

failure() { # PHRASE ARGUMENT...
    phrase=$1
    shift
    name "failure: $phrase"
    printf '0x\n error: %s\n' "$phrase" | out
    run 0 run "$@"
}

failure 'out of gas' --gas 2 6001
failure 'stack underflow (0 <=> 2)' 01
failure 'stack underflow (1 <=> 17)' 60019f
failure 'stack limit reached 1024 (1023)' 5b58600056
failure 'invalid jump destination' 600556
failure 'invalid opcode: INVALID' fe
failure 'invalid opcode: opcode 0xc not defined' 0c
failure 'invalid opcode: opcode 0x5f not defined' --fork London 5f
failure 'return data out of bounds' 6001600060003e
failure 'execution reverted' 60006000fd
failure 'gas uint64 overflow' 7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff51
failure 'max code size exceeded' --create 6160016000f3
failure 'invalid code: must not begin with 0xef' --create 60ef60005360016000f3
failure 'contract creation code storage out of gas' --create --gas 100 60016000f3

name 'revert keeps its output'
out <<'EOF'
0x0000000000000000000000000000000000000000000000000000000000000001
 error: execution reverted
EOF
run 0 run 600160005260206000fd

name 'every engine gives the same answer'
echo $three | out
run 0 run --engine both $sum

name 'portable engine'
echo $three | out
run 0 run --engine portable $sum

# ---- Limits --------------------------------------------------------------------------------------

name '--mem-limit reached is exit 21'
out <<'EOF'
0x
 error: memory limit exceeded
EOF
err <<'EOF'
ERROR(21): run:0: memory limit exceeded
EOF
run 21 run --mem-limit 65536 6210000051

name 'within --mem-limit'
echo 0x | out
run 0 run --mem-limit 65536 61f00051

name 'all the gas there can be'
echo $three | out
run 0 run --gas 9223372036854775807 $sum

# ---- Statistics ----------------------------------------------------------------------------------

name '--statdump'
echo $three | out
err_like '^EVM gas used:    24$'
run 0 run --statdump $sum
name '--statdump: no allocations'
echo $three | out
err_like '^allocations:     0$'
run 0 run --statdump $sum
name '--statdump: time'
echo $three | out
err_like '^execution time:  [0-9.]+(ns|µs|ms|s)$'
run 0 run --statdump $sum

name '--allocations: a table on stderr'
echo $three | out
err_like '^stack                   1          32 768 '
run 0 run --allocations $sum
name '--allocations=json: one line'
echo $three | out
err_like '^\{"allocations":\{"stack":\{"count":1,"bytes":32768,.*\},"pool":.*\}\}$'
run 0 run --allocations=json $sum
name '--allocations of another word'
err_like "^ERROR\(3\): argument:2: bad value 'xml' for --allocations"
run 3 run --allocations=xml $sum

name '--bench in evmc style'
out_like '^Time:     [0-9]+ ns \(avg of [0-9]+ iterations\)$'
run 0 run --style evmc --bench $sum

name '--opcode.count'
echo $three | out
run 0 run --opcode.count counts.json $sum
name '--opcode.count writes names in the order of their bytes'
printf '%s\n' '{"ADD": 1, "MSTORE": 1, "PUSH1": 5, "RETURN": 1}' >"$work/want.json"
check cmp "$work/want.json" "$work/counts.json"
name '--opcode.count of an undefined byte'
out <<'EOF'
0x
 error: invalid opcode: opcode 0xc not defined
EOF
run 0 run --opcode.count counts.json 0c
printf '%s\n' '{"0x0c": 1}' >"$work/want.json"
check cmp "$work/want.json" "$work/counts.json"

done_testing
