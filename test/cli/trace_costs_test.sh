#!/bin/sh
# trace_costs_test.sh COLDEVM: the cost and the error that a trace line tells (spec cli.md C6, C7).
# Numbers are worked out by hand from the EIPs; 65535 bytes of memory are 2048 words, which cost
# 3 * 2048 + 2048^2 / 512 = 14336, and 0x8000 bytes are 1024 words for 5120.
. "$(dirname "$0")/lib.sh"

# Of a trace: the first line with an error, or else the last one, as NAME DEPTH COST [ERROR].
pick='
    function value(key,    rest) {
        if (!match($0, "\"" key "\":\"?")) { return "" }
        rest = substr($0, RSTART + RLENGTH)
        sub(/"?[,}].*/, "", rest)
        return rest
    }
    /^\{"pc"/ && !found {
        shown = value("opName") " " value("depth") " " value("gasCost")
        if (/"error"/) {
            shown = shown " " value("error")
            found = 1
        }
    }
    END { print shown }'

# row FORK GAS CODE WANTED WHAT [FLAG...]
row() {
    name "$1: $5"
    fork=$1 gas=$2 code=$3 wanted=$4
    shift 5
    shown=$("$program" run --trace --trace.format strict --fork "$fork" --gas "$gas" "$@" "$code" \
        2>&1 | awk "$pick")
    if [ "$shown" = "$wanted" ]; then
        verdict ''
    else
        verdict "shown:  $shown
wanted: $wanted"
    fi
}

oog='out of gas'

# ---- Memory, words and bytes ----
row Osaka 100 61fffe51 "MLOAD 1 0x380e $oog" 'a load that cannot pay for memory'
row Osaka 100 5f61ffe052 "MSTORE 1 0x3803 $oog" 'a store that cannot pay for memory'
row Osaka 100 5f61ffff53 "MSTORE8 1 0x3803 $oog" 'the last byte of a word'
row Osaka 100 5f6801000000000000000052 'MSTORE 1 0x3 gas uint64 overflow' 'no gas pays this'
row Osaka 100 61ffff5f20 "KECCAK256 1 0x681e $oog" 'hashing: memory and words'
row Osaka 50000 61ffff5f20 'KECCAK256 1 0x681e' 'hashing that is paid'
row Osaka 100 61ffff5f5f37 "CALLDATACOPY 1 0x5003 $oog" 'a copy: memory and words'
row Osaka 100 61ffff5f5f5e "MCOPY 1 0x5003 $oog" 'a copy within memory'
row Osaka 100 5f61ffff5fa1 "LOG1 1 0x2ee $oog" 'a log that fails its static price'
row Osaka 1000 5f61ffff5fa1 "LOG1 1 0x83ae6 $oog" 'a log: memory and bytes'
row Osaka 1000 6001600060003e 'RETURNDATACOPY 1 0x9 return data out of bounds' 'bounds come last'
row Osaka 12 6001600060003e "RETURNDATACOPY 1 0x9 $oog" 'too little gas comes before the bounds'
row Osaka 1000 61ffff5ff3 "RETURN 1 0x3800 $oog" 'output that cannot be paid'
row Osaka 50000 61ffff5ffd 'REVERT 1 0x3800 execution reverted' 'a revert pays for its output'

# ---- Creations: never what they hand on ----
row London 33000 61800060006000f0 "CREATE 1 0x9100 $oog" 'memory'
row Shanghai 33000 6180005f5ff0 "CREATE 1 0x9900 $oog" 'memory and initcode'
row Shanghai 33000 5f6180005f5ff5 "CREATE2 1 0xb100 $oog" 'memory, initcode and hashing'
row Shanghai 100000 5f5f5ff0 'CREATE 1 0x7d00' 'the gas handed on is no part of the cost'
row Shanghai 99999 61c0015f5ff0 'CREATE 1 0x7d00 max initcode size exceeded' 'before pricing'
row Shanghai 40000 5f5f6001f0 'CREATE 1 0x7d00' 'a light failure: no balance'

# ---- Calls: with the gas handed on, without the stipend ----
zeros=60006000600060006000
cold=61abcd
sender=6573656e646572
row Frontier 5000 $zeros${cold}611000f1 "CALL 1 0x71d0 $oog" 'a new account and the gas asked for'
row Frontier 50000 $zeros${cold}68010000000000000000f1 'CALL 1 0x28 gas uint64 overflow' \
    'more asked for than there can be'
row Frontier 50000 $zeros${sender}630ffffffff1 "CALL 1 0x10000027 $oog" 'all that is asked for'
row EIP150 5000 $zeros${cold}6000f1 "CALL 1 0x6464 $oog" 'a new account'
row EIP150 100000 $zeros${sender}63fffffffff1 'CALL 1 0x1807c' 'all but one 64th'
row EIP158 100000 60006000600060006001${sender}63fffffffff1 'CALL 1 0x18290' \
    'a light failure has handed its gas on; an empty account is new; no stipend'
row Berlin 5000 60006000602060006001${cold}6000f1 "CALL 1 0x8efb $oog" \
    'a cold, new account, value, memory'
row Berlin 5000 6000600061ffff60006001${cold}6000f1 "CALL 1 0xc6f8 $oog" \
    'memory fails first, all is told'
row Berlin 50000 602061ffe0602060006000${cold}6000f1 'CALL 1 0x4228' 'the further of two ranges'
row Berlin 2000 6000600060006000${cold}6000fa "STATICCALL 1 0xa28 $oog" 'a cold account'
row Berlin 9000 6000600060006000${cold}610100f4 'DELEGATECALL 1 0xb28' 'cold, and 256 handed on'
row Istanbul 9000 60006000600060006000${cold}610100f2 'CALLCODE 1 0x3bc' '700, and 256 handed on'

# ---- Accounts and storage ----
row Berlin 1000 61ffff60006000${cold}3c "EXTCODECOPY 1 0x5a28 $oog" 'memory, words, a cold account'
row Istanbul 9000 ${cold}31 'BALANCE 1 0x2bc' '700'
row Berlin 9000 ${cold}31 'BALANCE 1 0xa28' 'cold'
row Berlin 9000 ${cold}31${cold}3f 'EXTCODEHASH 1 0x64' 'warm'
row Frontier 9000 ${cold}31 'BALANCE 1 0x14' '20'
row EIP150 6000 ${cold}ff "SELFDESTRUCT 1 0x7530 $oog" 'a new account'
row Berlin 5100 ${cold}ff "SELFDESTRUCT 1 0x1db0 $oog" 'a cold account'
row Frontier 9000 ${cold}ff 'SELFDESTRUCT 1 0x0' 'free'
row Berlin 5000 6001600055 "SSTORE 1 0x5654 $oog" 'a cold slot is set'
row Berlin 50000 6001600055 'SSTORE 1 0x5654' 'a cold slot is set'
row Berlin 50000 60016000556000600055 'SSTORE 1 0x64' 'a warm one is cleared again'
row Istanbul 50000 60016000556000600055 'SSTORE 1 0x320' 'EIP-2200'
row Constantinople 50000 60016000556000600055 'SSTORE 1 0xc8' 'EIP-1283'
row ConstantinopleFix 50000 60016000556000600055 'SSTORE 1 0x1388' 'without it'
row Frontier 5000 6001600055 "SSTORE 1 0x4e20 $oog" 'a slot is set'
row Frontier 1000 600054 'SLOAD 1 0x32' '50'
row Istanbul 1000 600054 'SLOAD 1 0x320' '800'
row Berlin 5000 600054600054 'SLOAD 1 0x64' 'warm'
row Frontier 1000 61ffff60020a 'EXP 1 0x1e' '10 a byte'
row EIP158 1000 61ffff60020a 'EXP 1 0x6e' '50 a byte'

# ---- Failures before pricing, names ----
row Osaka 100 600556 'JUMP 1 0x8 invalid jump destination' 'a jump is paid'
row Osaka 100 01 'ADD 1 0x3 stack underflow (0 <=> 2)' 'nothing on the stack'
row Osaka 100 5f5fa4 'LOG4 1 0x753 stack underflow (2 <=> 6)' 'checked before gas'
row Osaka 9999 "$(printf '5f%.0s' $(seq 1025))" 'PUSH0 1 0x2 stack limit reached 1024 (1023)' 'full'
row Osaka 100 fe 'INVALID 1 0x0 invalid opcode: INVALID' 'by name'
undefined='not defined 1 0x0 invalid opcode: opcode'
row London 100 5f "opcode 0x5f $undefined 0x5f not defined" 'too early'
row Osaka 100 0c "opcode 0xc $undefined 0xc not defined" 'by number'
row London 100 44 'DIFFICULTY 1 0x2' 'before Paris'
row Paris 100 44 'PREVRANDAO 1 0x2' 'from Paris on'
# Calls itself statically with a byte of input, and then stores.
row Shanghai 99999 36600f575f5f60015f3061fffffa005b5f5f55 'SSTORE 2 0x0 write protection' 'static'

# ---- Creation transactions: a deposit fails after the last instruction ----
row Osaka 1000 60206000f3 'RETURN 1 0x3' 'the RETURN does not fail, its deposit does' --create
name 'the last line carries the error of a deposit'
err_like '^\{"output":"","gasUsed":"0x3e8","error":"contract creation code storage out of gas"\}$'
run 0 run --trace --create --fork Osaka --gas 1000 60206000f3
name 'likewise a first byte 0xef'
err_like '"error":"invalid code: must not begin with 0xef"\}$'
run 0 run --trace --create --fork Osaka --gas 1000 60ef60005360016000f3
name 'a deposit that Frontier cannot pay is no error'
err_like '^\{"output":"[0-9a-f]*","gasUsed":"0x[0-9a-f]*"\}$'
run 0 run --trace --create --fork Frontier --gas 1000 60206000f3

# ---- Delegations (EIP-7702): the delegate's access is part of the cost ----
cat >"$work/genesis.json" <<'EOT'
{ "config": {}, "alloc": {
    "0x000000000000000000000000000000000000abcd":
        { "balance": "0x1", "code": "0xef0100000000000000000000000000000000000000beef" },
    "0x000000000000000000000000000000000000beef": { "balance": "0x1", "code": "0x00" } } }
EOT
row Prague 9000 $zeros${cold}6000f1 'STOP 2 0x0' 'a delegation has the frame of its delegate' \
    --prestate "$work/genesis.json"
row Prague 5000 $zeros${cold}6000f1 "CALL 1 0x1450 $oog" 'both accounts are cold' \
    --prestate "$work/genesis.json"
row Prague 2000 $zeros${cold}6000f1 "CALL 1 0x1450 $oog" 'both are told if the first is not paid' \
    --prestate "$work/genesis.json"
row Cancun 9000 $zeros${cold}6000f1 \
    'opcode 0xef not defined 2 0x0 invalid opcode: opcode 0xef not defined' 'no delegation yet' \
    --prestate "$work/genesis.json"

# ---- Precompiles ----
row Berlin 9000 600060006020600060006004610100f1 'CALL 1 0x167' 'a precompile has no lines'

done_testing
