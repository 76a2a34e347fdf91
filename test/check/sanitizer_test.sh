#!/usr/bin/env bash
# sanitizer_test.sh COLDHEAP INCLUDE: the guard beside gcc's and clang's sanitizers (G21) and under
# valgrind (G22): each finds its own, neither hides the other's.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# beside COMPILER SANITIZER WORD: builds, and looks for both findings.
beside() {
    local name="$1 -fsanitize=$2"
    if ! has "$1" || ! "$1" -std=gnu17 -O1 -g -w -fPIE -pie -fsanitize="$2" -I"$include" \
        "$here/sanitizer.c" -o "san-$1-$2" -lpthread 2>build.err; then
        skip "G21: $name" 'this machine cannot build it'
        return
    fi
    watch -- "./san-$1-$2"
    [ $got -eq 97 ] && verdict 'armed=hooks images=1/1 sections=1/1' 'violations=2 at 2 sites' &&
        grep -q ran out && grep -qE '#[0-9]+ +tick +sanitizer\.c' err
    check "G21: $name: the guard finds the call"
    watch -- "./san-$1-$2" "$2"
    [ $got -eq 97 ] && says 'VIOLATION' && grep -qE "$3" err && verdict 'violations='
    check "G21: $name: so does the sanitizer its own"
}

for compiler in gcc clang; do
    beside $compiler address 'AddressSanitizer: heap-use-after-free'
    beside $compiler thread 'ThreadSanitizer: data race'
    beside $compiler leak 'LeakSanitizer: detected memory leaks'
done
beside clang memory 'MemorySanitizer: use-of-uninitialized-value'

if gcc -O1 -g -w -fsanitize=undefined -I"$include" "$here/sanitizer.c" -o ubsan 2>build.err; then
    watch -- ./ubsan
    [ $got -eq 97 ] && verdict 'armed=preload'
    check 'G21: UBSan alone: the normal path'
fi

if has valgrind; then
    build "$here/sanitizer.c" -o plain -lpthread
    watch -- valgrind -q ./plain
    [ $got -eq 98 ] && says '--with-valgrind'
    check 'G22: under valgrind as it is nothing is seen, and the option is named'
    watch --with-valgrind -- ./plain memory
    [ $got -eq 97 ] && says 'VIOLATION malloc 24 B' && says 'uninitialised value' &&
        verdict 'armed=preload+memcheck images=1/1'
    check 'G22: --with-valgrind: both find their own'
    watch --with-valgrind=none -- ./plain
    [ $got -eq 97 ] && verdict 'armed=preload+none'
    check 'G22: another tool'
else
    skip 'G22: valgrind' 'not installed'
fi

finish
