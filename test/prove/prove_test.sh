#!/usr/bin/env bash
# prove_test.sh COLDHEAP INCLUDE: `coldheap prove` from outside. Planted allocations are never
# PROVEN, whatever the compiler did to them; clean functions are; policies, statuses and bad input.
set -u

coldheap=$1
include=$2
here=$(cd "$(dirname "$0")" && pwd)
. "$(dirname "$0")/../tap.sh"
cd "$work" || exit 1

prove() {
    "$coldheap" prove --progress none "$@" >std 2>out
    local status=$?
    cp out err
    return $status
}

# Every root's verdict is what its name says.
verdicts_are_right() {
    [ "$(grep -cE '^(PROVEN|UNPROVEN|VIOLATION)' out)" -ge 13 ] || return 1
    awk '/^(PROVEN|UNPROVEN|VIOLATION)/ {
             if ($2 ~ /^clean_/ && $1 != "PROVEN") bad = 1
             if ($2 ~ /^bad_/ && $1 == "PROVEN") bad = 1
             if ($2 ~ /^alloc_/ && $1 != "VIOLATION") bad = 1
         }
         END { exit bad }' out
}

for compiler in gcc clang; do
    if ! command -v "$compiler" >/dev/null; then
        number=$((number + 1))
        echo "ok $number - $compiler # SKIP not installed"
        continue
    fi
    for flags in -O0 -O1 -O2 -Os -O3 '-O2 -fPIC' '-O3 -mavx2' '-O2 -fcf-protection=full'; do
        # shellcheck disable=SC2086 # several flags
        "$compiler" -std=gnu17 -g -w $flags -I"$include" -c "$here/planted.c" -o planted.o 2>err &&
            { prove planted.o; [ $? -eq 97 ]; } && verdicts_are_right
        check "object: $compiler $flags"
        "$compiler" planted.o -o planted 2>err && { prove planted; [ $? -eq 97 ]; } &&
            verdicts_are_right
        check "program: $compiler $flags"
    done
    "$compiler" -std=gnu17 -w -O2 -fPIC -shared -I"$include" "$here/planted.c" -o libplanted.so &&
        { prove libplanted.so; [ $? -eq 97 ]; } && verdicts_are_right
    check "shared library without debug information: $compiler"
done

gcc -std=gnu17 -g -w -O2 -flto -I"$include" "$here/planted.c" -o planted 2>err &&
    { prove planted; [ $? -eq 97 ]; } && verdicts_are_right
check 'program: gcc -O2 -flto'

# Without run time the linker turns the address of a mark's function into 0: a computed call.
gcc -std=gnu17 -g -w -O2 -static -Dch_static -I"$include" "$here/planted.c" -o planted 2>err &&
    { prove planted; [ $? -eq 97 ]; } && verdicts_are_right
check 'static program'

gcc -std=gnu17 -g -w -O2 -I"$include" -c "$here/planted.c" -o planted.o
ar rcs libplanted.a planted.o
prove libplanted.a
[ $? -eq 97 ] && verdicts_are_right
check 'archive'

mkdir -p folder/sub && cp planted.o folder/sub/ && echo text >folder/notes.txt
prove folder
[ $? -eq 97 ] && verdicts_are_right
check 'folder: objects in it, other files passed over'

prove planted.o
grep -qE 'ALLOC +malloc \(planted\.c:[0-9:]+\) <- deep_3.* <- alloc_deep' out ||
    grep -qE 'ALLOC +malloc \(planted\.c:[0-9:]+\) <- .*alloc_deep' out
check 'the way to an allocation, with lines'

grep -q 'assumed: CH_PERMIT_FN report: told once, when the engine stops' out
check 'a permitted function is listed'

# ---- stack ----

cat >stack.c <<'END'
__attribute__((noinline)) int leaf(int x) { volatile char b[1000]; b[x & 511] = 1; return b[0]; }
int outer(int x) { volatile char b[3000]; b[x & 511] = 1; return leaf(x) + b[1]; }
END
gcc -O1 -g -c stack.c -o stack.o
prove --root outer --max-stack 4500 stack.o
check 'a stack within its limit'
prove --root outer --max-stack 3500 stack.o
[ $? -eq 97 ] && grep -q STACK-LIMIT out
check 'a stack above its limit'
prove --root outer --json s.json stack.o
bytes=$(sed -n 's/.*"stack_bytes":\([0-9]*\).*/\1/p' s.json)
[ "${bytes:-0}" -ge 4000 ] && [ "${bytes:-0}" -le 4500 ]
check "the worst case of two frames (${bytes:-?} bytes of about 4,150)"

# ---- policy ----

cat >good.policy <<'END'
# the table of shapes
call  bad_table   -> @in:shapes          "the only table"
call  expr:chosen -> cold                "a hook of tests"
bound depth_of depth 32                  "trees are balanced"
cold  deep_1                             "error path"
END
prove --policy good.policy --root bad_table planted.o
grep -q '^VIOLATION bad_table' out
check 'policy: a table of targets is followed'
prove --policy good.policy planted.o
grep -q '^PROVEN *alloc_deep' out && grep -q '^PROVEN *bad_recursion' out &&
    grep -q '^PROVEN *bad_pointer' out && grep -q 'assumed: cold deep_1: error path' out
check 'policy: cold, bound, call by expression'
echo 'cold nobody_has_this_name "never"' >>good.policy
prove --policy good.policy planted.o
grep -q 'good.policy:6: the line served nothing' err
check 'policy: a line that served nothing is told'
for line in 'effect x all "y"' 'call x y "z"' 'bound x depth none "y"' 'cold x' 'frob x "y"' \
    'cold x "open' 'cold'; do
    echo "$line" >bad.policy
    prove --policy bad.policy planted.o
    [ $? -eq 64 ] && grep -q 'bad.policy:1:' err
    check "policy: refused: $line"
done

# ---- what cannot be analysed ----

gcc -O2 -c -x c - -o none.o <<<'int f(void) { return 1; }'
prove none.o
[ $? -eq 98 ] && grep -q 'nothing was checked' err
check 'nothing marked: 98'
prove --root 'no_such_*' none.o
[ $? -eq 98 ]
check 'no root of that name: 98'
prove /no/such/file
[ $? -eq 98 ] && grep -q '/no/such/file' err
check 'no such file: 98'
echo 'int main;' >text.c
prove text.c
[ $? -eq 98 ] && grep -q 'text.c' err
check 'neither ELF nor archive: 98'
prove
[ $? -eq 64 ]
check 'no input: 64'
prove --root f --no-libc none.o
check 'a clean root without the C library'
gcc -O2 -c -x c - -o extern.o <<<'int g(void); int f(void) { return g() + 1; }'
prove --root f extern.o
[ $? -eq 96 ] && grep -q 'UNKNOWN-EXTERN *g' out
check 'an unknown external: 96'
cp planted.o stripped.o && strip --strip-debug stripped.o
prove stripped.o
[ $? -eq 97 ] && verdicts_are_right
check 'without debug information'

# Any damage ends with a status, never with a signal.
size=$(stat -c %s planted.o)
survived=1
for i in $(seq 1 60); do
    cp planted.o hurt.o
    offset=$(((i * 7919) % size))
    printf '\xff\xff\xff\xff' | dd of=hurt.o bs=1 seek=$offset conv=notrunc 2>/dev/null
    prove hurt.o
    [ $? -lt 100 ] || survived=0
    head -c $((size * i / 61)) planted.o >hurt.o
    prove hurt.o
    [ $? -lt 100 ] || survived=0
done
[ $survived -eq 1 ]
check 'damaged and truncated objects end with a status'

# ---- outputs ----

prove --json v.json planted.o
python3 - v.json <<'END' >out 2>err
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert len(lines) >= 14
for line in lines:
    assert line["version"] == 1 and line["verdict"] in ("PROVEN", "UNPROVEN", "VIOLATION")
    for finding in line["findings"]:
        assert finding["class"] and finding["path"][-1]["function"] == line["root"]
END
check 'JSON: one object a line, paths end at the root'
prove --github planted.o
grep -qE '^::error file=.*planted\.c,line=[0-9]+,title=ALLOC::alloc_deep reaches malloc' std
check 'annotations for GitHub'
cp out first && prove --github planted.o && false
cmp -s first out
check 'equal input, equal output'

finish
