#!/usr/bin/env bash
# walk_test.sh COMPARE CC CXX: the stack walk beside the compiler's unwinder at every heap call
# (compare.c), in programs of every kind: a single frame that differs fails. G23.
set -u

compare=$1
cc=$2
cxx=$3
here=$(cd "$(dirname "$0")" && pwd)
. "$(dirname "$0")/../../tap.sh"
shown='err compared'
cd "$work" || exit 1

export COLDHEAP_COMPARE="$work/compared"
total=0
# compared STACKS COMMAND...: the program gives what it gives alone, at least STACKS stacks were
# compared, and all were the same.
compared() {
    local least=$1
    shift
    : >compared
    "$@" >alone 2>/dev/null
    local wanted=$?
    LD_PRELOAD=$compare "$@" >out 2>err
    local status=$?
    total=$((total + $(awk '$1 == "stacks" { n += $2 } END { print n + 0 }' compared)))
    [ $status -eq $wanted ] && cmp -s alone out &&
        awk -v least="$least" '
            $1 == "stacks" { stacks += $2; bad += $8; frames += $4 }
            $1 == "#" { bad++ }
            END { exit !(stacks >= least && frames > stacks && bad == 0) }' compared
}

for shape in 3 9; do
    "$cc" -w -O2 -shared -fPIC -DSHAPE=$shape "$here/plugin.c" -o "./plugin$shape.so" || exit 1
done

for flags in -O0 -O2 '-O3 -fomit-frame-pointer' '-O3 -mavx2 -fno-omit-frame-pointer' -Os \
    '-O2 -fno-plt -Wl,-z,lazy' '-O2 -fcf-protection=full -no-pie -fno-pie'; do
    # shellcheck disable=SC2086 # several flags
    "$cc" -w -g -fno-builtin $flags "$here/stacks.c" -o stacks -lpthread -ldl 2>err &&
        compared 5000 ./stacks ./plugin3.so ./plugin9.so
    check "stacks of every kind: $flags"
    [ -n "$cxx" ] || continue
    # shellcheck disable=SC2086 # several flags
    "$cxx" -w -g $flags "$here/stacks.cpp" -o stacks_cxx -lpthread 2>err &&
        compared 2000 ./stacks_cxx
    check "C++, exceptions, threads: $flags"
done

# of PROGRAM STACKS ARGUMENTS...: a program of this machine.
of() {
    local program=$1
    if ! command -v "$program" >/dev/null; then
        skip "$program" 'not installed'
        return
    fi
    compared "$2" "$program" "${@:3}"
    check "$program, every heap call"
}

seq 1 20000 | tac >numbers
of bash 2000 -c 'f() { [ "$1" -gt 0 ] && f $(($1 - 1)); }; f 30; echo "$(echo sub | tr s S)"'
of sort 200 -n --parallel=2 -S 200K numbers
of perl 5000 -e 'my %h; $h{$_} = "x$_" for 1..3000; sub f { $_[0] ? f($_[0] - 1) . "y" : "" }
    print f(50), scalar(sort { $h{$a} cmp $h{$b} } keys %h), "\n"'
of /usr/bin/python3 3000 -c 'import json, re, zlib, threading
def f(n): return [n] + (f(n - 1) if n else [])
t = threading.Thread(target=lambda: f(200)); t.start(); t.join()
print(len(json.dumps(f(100))), len(zlib.compress(b"x" * 9999)), re.sub("a(b*)", "c", "abbbab"))'
of awk 10 'BEGIN { for (i = 0; i < 999; i++) a[i] = i "x"; print length(a) }'
of grep 50 -E '(1|2)3+.*4' numbers
of sed 50 -e 's/\(1*\)2/x\1/g' numbers
of git 100 --version
of node 1000 -e 'console.log(JSON.stringify([1, 2, 3].map(x => ({ x }))))'

echo "# $total stacks compared"

finish
