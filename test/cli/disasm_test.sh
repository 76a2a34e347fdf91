#!/bin/sh
# disasm_test.sh COLDEVM: `coldevm disasm` and `coldevm footprint` (spec cli.md C2, C9).
. "$(dirname "$0")/lib.sh"

name 'disasm prints place, name and immediate; undefined and truncated code'
out <<'EOF'
0000 PUSH1 0x01
0002 JUMPDEST
0003 UNDEFINED 0x0c
0004 PUSH2 0xff      # truncated, reads 0xff00
EOF
run 0 disasm 60015b0c61ff

name 'disasm --json'
out <<'EOF'
[{"pc":0,"op":96,"name":"PUSH1","data":"0x01"},{"pc":2,"op":0,"name":"STOP"}]
EOF
run 0 disasm --json 600100

name 'disasm --json of undefined and truncated code'
out <<'EOF'
[{"pc":0,"op":12,"name":"UNDEFINED"},{"pc":1,"op":97,"name":"PUSH2","data":"0xff","truncated":true}]
EOF
run 0 disasm --json 0c61ff

name 'disasm of nothing'
run 0 disasm 0x
name 'disasm --json of nothing'
echo '[]' | out
run 0 disasm --json 0x

name 'disasm: PUSH with all its bytes missing'
out <<'EOF'
0000 PUSH3 0x      # truncated, reads 0x000000
EOF
run 0 disasm 62

name 'names by fork: DIFFICULTY before Paris'
echo '0000 DIFFICULTY' | out
run 0 disasm --fork London 44
name 'names by fork: PREVRANDAO from Paris on'
echo '0000 PREVRANDAO' | out
run 0 disasm --rev Merge 44
name 'opcodes by fork: PUSH0 is undefined before Shanghai'
echo '0000 UNDEFINED 0x5f' | out
run 0 disasm --fork Paris 5f
name 'INVALID is a name'
echo '0000 INVALID' | out
run 0 disasm fe

name 'disasm from a file with blanks and line ends'
printf '60 01\n0x00' >"$work/bad.hex"
err <<'EOF'
ERROR(10): bad.hex:2: 'x' at character 2 is not a hex digit
EOF
run 10 disasm @bad.hex
name 'disasm from stdin'
printf ' 0x6001\n00\n' | input
printf '0000 PUSH1 0x01\n0002 STOP\n' | out
run 0 disasm -

name 'disasm needs one code'
err <<'EOF'
ERROR(3): argument:1: give one CODE, @FILE, - or --codefile FILE
EOF
run 3 disasm
run 3 disasm 00 01

# ---- footprint -----------------------------------------------------------------------------------

name 'footprint: a million words of stack'
out_like '^stack 33554432$'
run 0 footprint --gas 30000000 --depth 1024

# The last line is the sum of the others.
name 'footprint: total is the sum of the parts'
"$program" footprint --gas 1000000000 >"$work/parts"
check awk '$1 == "total" { found = $2 } $1 != "total" { sum += $2 }
           END { exit !(NR > 5 && $1 == "total" && found == sum) }' "$work/parts"

name 'footprint --json has the same numbers'
"$program" footprint --gas 1000000000 --json |
    tr -d '{}"' | tr ',' '\n' | tr ':' ' ' >"$work/json"
check cmp "$work/parts" "$work/json"

name 'footprint: more gas needs no less memory'
"$program" footprint --gas 100000000 >"$work/less"
check awk '{ if (FNR == NR) less[$1] = $2; else if ($2 < less[$1]) exit 1 }' \
    "$work/less" "$work/parts"

name 'footprint --mem-limit caps the memory part'
out_like '^memory (6553[0-9]|6[5-9][0-9]{3}|7[0-9]{4})$'
run 0 footprint --mem-limit 65536

name 'footprint takes no operand'
err <<'EOF'
ERROR(3): argument:2: footprint takes no operand
EOF
run 3 footprint 1

done_testing
