#!/bin/sh
# flags_test.sh COLDEVM: flags, numbers, names and help: what spec cli.md C1 says of them, and the
# message and status of everything that is not one.
. "$(dirname "$0")/lib.sh"

error() { # STATUS 'PLACE: REASON' ARGUMENT...
    status_wanted=$1
    name "$2"
    echo "ERROR($1): $2" | err
    shift 2
    run "$status_wanted" "$@"
}

# ---- Version and help ----------------------------------------------------------------------------

version='^coldevm 0\.1\.0 \(([0-9a-f]{7}|unknown)\) evmc 12 forks Frontier\.\.Osaka '
version="${version}heap-guard (on|off)\$"
for word in --version -v version; do
    name "$word: one line, nothing on stderr"
    out_like "$version"
    run 0 $word
    check test "$("$program" $word | wc -l)" -eq 1
done
name 'run --version too'
out_like "$version"
run 0 run --version

name '--help lists the commands'
out_like '^  footprint    bytes reserved'
run 0 --help
name 'help lists the exit codes'
out_like '^  20  heap call while sealed$'
run 0 help
for command in run statetest bench disasm footprint; do
    name "$command --help says how to call it"
    out_like "^  coldevm $command"
    run 0 $command --help
    run 0 help $command
    run 0 $command -h
done
name 'help fits 100 columns'
for command in run statetest bench disasm footprint; do
    "$program" $command --help
done >"$work/help"
check awk 'length($0) > 100 { print; bad = 1 } END { exit bad }' "$work/help"

# ---- Commands ------------------------------------------------------------------------------------

error 3 'argument:0: no command, try --help'
error 3 "argument:1: unknown command 'rnu', nearest is run" rnu
for command in blocktest t8n transition t9n transaction trace tracediff evmc-test; do
    case $command in
    transition) full=t8n ;;
    transaction) full=t9n ;;
    tracediff) full=trace ;;
    *) full=$command ;;
    esac
    error 3 "argument:1: $full: not in this version" $command
done

# ---- Flags ---------------------------------------------------------------------------------------

error 3 'argument:2: unknown flag --gass, nearest is --gas' run --gass 1 00
error 3 'argument:2: unknown flag --forkk, nearest is --fork' run --forkk=London 00
error 3 'argument:3: unknown flag --verbsity, nearest is --verbosity' run 00 --verbsity 1
error 3 'argument:1: unknown flag --versoin, nearest is --version' --versoin
error 3 'argument:2: unknown flag -gas, nearest is --gas' run -gas 1
error 3 'argument:3: --gas needs a value' run 00 --gas
error 3 "argument:2: bad value 'yes' for --create: use true or false" run --create=yes 00
error 3 "argument:2: bad value 'fehler' for --style: use geth|evmc" run --style fehler 00
error 3 "argument:2: bad value 'sometimes' for --trace: use always|failing|never" \
    run --trace=sometimes 00
error 3 "argument:2: bad value 'slow' for --engine: use fast|portable|both" run --engine slow 00
error 3 "argument:2: bad value 'xml' for --trace.format: use json|strict|folded|speedscope|chrome" \
    run --trace.format xml 00
error 3 "argument:1: bad value 'parity' for --compat: use geth" --compat parity run 00
error 3 "argument:1: bad value 'loud' for --progress: use auto|plain|none" --progress loud run 00

name 'global flags may stand before or after the command'
echo 0x | out
run 0 --verbosity 3 --no-color --progress none run 00
echo 0x | out
run 0 run 00 --verbosity=0 --no-color=true --progress=plain

# ---- Forks ---------------------------------------------------------------------------------------

error 3 "argument:2: unknown fork 'Osakka', nearest is Osaka" run --fork Osakka 00
error 3 "argument:2: unknown fork 'osaka', nearest is Osaka" run --rev osaka 00
error 3 "argument:2: unknown fork ''" run --fork '' 00
for fork in Frontier Homestead EIP150 TangerineWhistle EIP158 SpuriousDragon Byzantium \
    Constantinople ConstantinopleFix Petersburg Istanbul MuirGlacier Berlin London ArrowGlacier \
    GrayGlacier Merge Paris Shanghai Cancun Prague Osaka BPO1 BPO2; do
    name "fork $fork"
    echo 0x | out
    run 0 run --fork $fork 00
done

# ---- Numbers -------------------------------------------------------------------------------------

error 3 "argument:2: bad value '' for --gas: number is empty" run --gas '' 00
error 3 "argument:2: bad value '0x' for --gas: number has no digits" run --gas 0x 00
error 3 "argument:2: bad value '12a' for --gas: 'a' at character 3 is not a decimal digit" \
    run --gas 12a 00
error 3 "argument:2: bad value '0x1g' for --gas: 'g' at character 4 is not a hex digit" \
    run --gas 0x1g 00
error 3 "argument:2: bad value '-1' for --gas: '-' at character 1 is not a decimal digit" \
    run --gas -1 00
most=9223372036854775807
error 3 "argument:2: bad value '9223372036854775808' for --gas: number is above $most" \
    run --gas 9223372036854775808 00
error 3 "argument:2: bad value '0xffffffffffffffffffff' for --gas: number is above $most" \
    run --gas 0xffffffffffffffffffff 00
error 3 "argument:2: bad value '1 ' for --gas: byte 0x20 at character 2 is not a decimal digit" \
    run --gas '1 ' 00
big=1$(printf '%078d' 0)
error 3 "argument:2: bad value '$big' for --value: number needs more than 256 bits" \
    run --value "$big" 00
error 3 "argument:2: bad value '1025' for --depth: number is above 1024" footprint --depth 1025
reason="'s' at character 1 is not part of a decimal number"
error 3 "argument:2: bad value 'soon' for --min-time: $reason" bench --min-time soon
error 3 "argument:2: bad value '1.2.3' for --min-time: not a decimal number" bench --min-time 1.2.3

error 3 "argument:2: bad value '68719476737' for --mem-limit: number is above 68719476736" \
    run --mem-limit 68719476737 00
error 3 "argument:2: bad value '0xffffffffffffffff' for --mem-limit: number is above 68719476736" \
    footprint --mem-limit 0xffffffffffffffff
error 3 "argument:2: bad value '100000' for --repetitions: number is above 1000" \
    bench --repetitions 100000

name 'the largest --mem-limit'
echo 0x | out
run 0 run --mem-limit 68719476736 00

name 'the largest number of 256 bits'
printf '0x%s\n error: insufficient balance for transfer\n' '' | out
run 0 run --value 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff 00

# ---- Hex and addresses ---------------------------------------------------------------------------

error 10 'argument:2: odd number of hex digits (3)' run 600
error 10 "argument:2: 'z' at character 3 is not a hex digit" run 60zz
error 10 "argument:2: byte 0x20 at character 3 is not a hex digit" run '60 01'
error 10 "argument:2: odd number of hex digits (1)" run --input 0xa 00
error 10 "argument:2: odd number of hex digits (1)" disasm 6
error 3 "argument:2: bad value 'xyz' for --sender: 'x' at character 1 is not a hex digit" \
    run --sender xyz 00
error 3 "argument:2: bad value '' for --sender: address is empty" run --sender '' 00
long=0x000000000000000000000000000000000000000001
error 3 "argument:2: bad value '$long' for --sender: address is longer than 20 bytes" \
    run --sender $long 00

# ---- Operands ------------------------------------------------------------------------------------

error 3 'argument:1: no code: give CODE, @FILE, - or --codefile FILE' run
error 3 'argument:1: give one CODE, @FILE, - or --codefile FILE' run 00 01
error 3 'stdin:0: is asked for twice' run --input - -
error 3 'argument:4: give --input or --inputfile, not both' run --input 00 --inputfile x 00

# ---- geth mode -----------------------------------------------------------------------------------

banner='evm version 1.16.0-coldevm-0.1.0'
name '--compat geth shows the banner EEST looks for'
echo "$banner" | out
run 0 --compat geth --version
name 'geth mode by environment: unreadable input is exit 1'
export COLDEVM_COMPAT=geth
err_like '^ERROR\(11\): nothing\.hex:0: '
run 1 run --codefile nothing.hex
unset COLDEVM_COMPAT
name 'geth mode by name'
ln "$program" "$work/evm" 2>/dev/null || cp "$program" "$work/evm"
check test "$("$work/evm" -v)" = "$banner"

done_testing
