#!/usr/bin/env bash
# evm_test.sh COLDHEAP FOLDER POLICY: the interpreter's loop is PROVEN in every build of it that
# libcoldevm ships, down to the host of src/chain and the precompiles, and so are the kernels below
# it, from the objects of this build. Only what the policy states is assumed (G38); the stack has a
# bound (G40).
set -u

coldheap=$1
folder=$2
policy=$3
. "$(dirname "$0")/../tap.sh"
cd "$(dirname "$0")/../.." || exit 1 # the objects name their sources from here
layers=()
for layer in evm num crypto mem base chain; do
    layers+=("$folder/$layer")
done
libraries=()
for library in /usr/lib/x86_64-linux-gnu/libsecp256k1.a /usr/lib/libsecp256k1.a; do
    [ -f "$library" ] && libraries+=(--library "$library")
done
stack_max=24576 # of one call of the loop: nested calls of contracts take none

prove() {
    "$coldheap" prove --progress none --max-stack $stack_max "${libraries[@]}" "$@" \
        "${layers[@]}" 2>"$work/out"
}

stack_of() {
    sed -n "s/^PROVEN *$1 *stack<=\\([0-9.]* [KM]*i*B\\).*/\\1/p" "$work/out"
}

if [ ${#libraries[@]} -eq 0 ]; then
    echo '1..0 # SKIP no libsecp256k1.a, whose code is part of the proof'
    exit 0
fi

roots=(--root 'chevmi_run_fast*' --root 'chevmi_run_portable*' --root chevm_execute
    --root chevm_call)
prove --policy "$policy" --strict "${roots[@]}"
check "G50: every build of the interpreter's loop is proven, and every line of the policy served"
for root in chevmi_run_fast chevmi_run_fast_v3 chevmi_run_portable chevmi_run_fast_traced \
    chevmi_run_portable_traced chevm_execute chevm_call; do
    stack=$(stack_of $root)
    [ -n "$stack" ]
    check "G40: $root, stack at most $stack"
done

prove --policy "$policy" --root 'chevm_u256_*' --root 'chevm_keccak256*' --root 'chevmi_keccak_*'
[ $? -eq 0 ] && [ "$(grep -c '^PROVEN' "$work/out")" -ge 20 ]
check "kernels of 256-bit words and Keccak: $(grep -c '^PROVEN' "$work/out") functions"

# The proof hangs on each thing that is stated.
count=$(grep -c '^[a-z]' "$policy")
kept=0
for line in $(seq 1 "$count"); do
    awk -v skip="$line" '!/^[a-z]/ || ++n != skip' "$policy" >"$work/less.policy"
    prove --policy "$work/less.policy" --root chevm_execute
    if [ $? -eq 0 ]; then
        kept=$((kept + 1))
        echo "# not needed: $(grep '^[a-z]' "$policy" | sed -n "${line}p")"
    fi
done
[ "$kept" -eq 0 ]
check "G38: without any one of its $count lines the proof fails"

finish
