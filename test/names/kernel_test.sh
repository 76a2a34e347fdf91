#!/usr/bin/env bash
# kernel_test.sh COLDHEAP PRELOAD INCLUDE: system calls and page faults in a hot section of a
# release build, found with their line. What this kernel cannot do is said, and skipped.
set -u

coldheap=$1
preload=$2
include=$3
here=$(cd "$(dirname "$0")" && pwd)
. "$(dirname "$0")/../tap.sh"
cd "$work" || exit 1

line_of() {
    grep -n "line: $1\$" "$here/kernel.c" | cut -d: -f1
}

# run WORDS WANTED: the program under the run time; its status is what is wanted.
run() {
    rm -f log
    COLDHEAP=mode=log,out=log,$1 LD_PRELOAD="$preload" ./kernel >stdout 2>err
    local status=$?
    [ -e log ] && "$coldheap" symbolize log >out 2>>err
    [ $status -eq "$2" ]
}

# place FIRST SECOND: a line like FIRST, and SECOND in the frames behind it.
place() {
    grep -A12 -E "$1" out | grep -qE "$2"
}

for compiler in gcc clang; do
    if ! command -v "$compiler" >/dev/null; then
        skip "$compiler" 'not installed'
        continue
    fi
    "$compiler" -O2 -g -std=gnu17 -Wl,--build-id -fPIE -pie -I"$include" "$here/kernel.c" \
        -o kernel 2>err
    check "$compiler compiles"
    run mode=log,syscalls 98
    if [ $? -eq 0 ]; then
        skip "G34 $compiler" "$(cat log err | head -n 1)"
    else
        run syscalls 97 && grep -q '^touched 0x' stdout &&
            place 'VIOLATION system call getpid in hot section "tick"' \
                "^    #0 +call +kernel.c:$(line_of call)(:|$)" &&
            place 'VIOLATION system call mmap in hot section "map"' \
                "main +kernel.c:$(line_of map)(:|$)" &&
            ! grep -q 'system call mmap in hot section "tick"' out
        check "G34 $compiler: raw instruction and libc's mmap, with their lines"
    fi
    run faults=locate 98
    if [ $? -eq 0 ]; then
        skip "G35 $compiler" "$(cat log err | head -n 1)"
    else
        run faults=locate 97 &&
            place "VIOLATION page fault at $(sed -n 's/^touched //p' stdout) in hot section" \
                "^    #0 +touch +kernel.c:$(line_of touch)(:|$)"
        check "G35 $compiler: first touch of a page, with address and line"
    fi
    run faults=count 97 && ! grep -q 'page fault at' out &&
        grep -qE '^coldheap: page faults in hot sections: [1-9][0-9]* minor, [0-9]+ major$' out
    check "G35 $compiler: counted faults are no violations of their own"
done

finish
