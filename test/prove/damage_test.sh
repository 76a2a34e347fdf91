#!/usr/bin/env bash
# damage_test.sh COLDHEAP INCLUDE [ROUNDS]: whatever is done to its input, `coldheap prove` ends
# with a status of its own and in time. Bits are flipped in objects, archives, programs, .ci files
# and policies, by a fixed seed.
set -u

coldheap=$1
include=$2
rounds=${3:-8}
here=$(cd "$(dirname "$0")" && pwd)
. "$(dirname "$0")/../tap.sh"
cd "$work" || exit 1

cat >damage.py <<'TEXT'
import random, sys
source, target, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
random.seed(seed)
data = bytearray(open(source, "rb").read())
kind = seed % 4
for _ in range(random.choice((1, 3, 20))):
    at = random.randrange(min(len(data), 4096) if kind == 0 else len(data))
    if kind == 1:
        data[at:at + 4] = b"\xff" * 4
    elif kind == 2:
        data[at:at + 8] = random.randbytes(8)
    else:
        data[at] ^= 1 << random.randrange(8)
if kind == 3 and random.random() < 0.3:
    del data[random.randrange(len(data)):]
open(target, "wb").write(data)
TEXT

# survives NAME FILE AS ARGUMENT...: every damaged copy of FILE, put at AS, gives a status.
survives() {
    local name=$1 file=$2 as=$3 seed status good=1
    shift 3
    for seed in $(seq 1 "$rounds"); do
        python3 damage.py "$file" "$as" "$seed"
        timeout 60 "$coldheap" prove --progress none --root 'bad_*' "$@" >std 2>out
        status=$?
        case $status in
        0 | 64 | 96 | 97 | 98 | 99) ;;
        *)
            echo "# seed $seed: status $status: $(tail -n 3 out | tr '\n' ' ' | cut -c1-300)"
            good=0
            ;;
        esac
        if grep -qE 'Sanitizer|runtime error' out; then
            echo "# seed $seed: $(grep -E -m1 'Sanitizer|runtime error' out | cut -c1-300)"
            good=0
        fi
    done
    number=$((number + 1))
    if [ $good -eq 1 ]; then
        echo "ok $number - G45: $name, $rounds times"
    else
        echo "not ok $number - G45: $name"
        failed=1
    fi
}

cc=(gcc -std=gnu17 -w -O2 -I"$include" "$here/planted.c")
"${cc[@]}" -g -fcallgraph-info=su,da -c -o good.o || exit 1
"${cc[@]}" -c -o plain.o
"${cc[@]}" -fPIC -shared -o library
gcc good.o -o program
ar rcs archive.a good.o plain.o
g++ -std=c++17 -g -w -O2 -I"$include" -c "$here/planted.cc" -o cplusplus.o
cat >good.policy <<'TEXT'
call  bad_table   -> @in:shapes          "the only table"
call  expr:chosen -> cold                "a hook of tests"
bound depth_of depth 32                  "trees are balanced"
cold  deep_1                             "error path"
effect snprintf none                     "measured"
call  expr:shapes[*].area -> @taken,plain "any"
TEXT
survives 'damaged objects' good.o hurt.o hurt.o
survives 'damaged objects without debug information' plain.o hurt.o --no-libc hurt.o
survives 'damaged objects of C++' cplusplus.o hurt.o --no-libc hurt.o
survives 'damaged programs' program hurt --no-libc hurt
survives 'damaged shared libraries' library hurt.so --no-libc --policy good.policy hurt.so
survives 'damaged archives' archive.a hurt.a --no-libc hurt.a
survives 'damaged libraries to look into' archive.a hurt.a --no-libc --library hurt.a plain.o
survives 'damaged policies' good.policy hurt.policy --no-libc --policy hurt.policy good.o
cp good.o called.o
survives 'damaged .ci files' good.ci called.ci --no-libc called.o

# ---- size and time ----

# A ring of many functions, and a chain of calls that a recursive walk would not survive.
python3 - <<'TEXT'
with open("long.s", "w") as out:
    out.write(".text\n.globl chain_0\n")
    for i in range(60000):
        out.write(f".type chain_{i},@function\nchain_{i}:\n sub $8,%rsp\n call chain_{i + 1}\n"
                  f" add $8,%rsp\n ret\n.size chain_{i},.-chain_{i}\n")
    out.write(".type chain_60000,@function\nchain_60000:\n call chain_59000\n ret\n")
TEXT
gcc -c long.s -o long.o
timeout 120 "$coldheap" prove --progress none --no-libc --root chain_0 long.o 2>out
[ $? -eq 96 ] && grep -q 'RECURSION' out
status=$?
number=$((number + 1))
[ $status -eq 0 ] || failed=1
[ $status -eq 0 ] && echo "ok $number - G45: 60,000 functions that call each other in a row" ||
    echo "not ok $number - G45: 60,000 functions that call each other in a row"

finish
