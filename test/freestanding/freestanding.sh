#!/bin/sh
# freestanding.sh COMPILER ARCHIVE PROGRAM: the freestanding subset, all of it linked together, asks
# for four functions and nothing else, has no thread-local storage, and works in a program without
# libc. Prints TAP.
set -u

compiler=$1
archive=$2
program=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
failed=0

report() { # RESULT NAME
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        failed=1
    fi
}

# wanted OBJECT: the names it wants, less weak ones and those that are allowed.
wanted() {
    nm -u "$1" | awk '$1 == "U" { print $2 }' |
        grep -vxE 'memcpy|memmove|memset|memcmp|_GLOBAL_OFFSET_TABLE_'
}

echo 'TAP version 14'
"$compiler" -nostdlib -r -Wl,--whole-archive "$archive" -Wl,--no-whole-archive -lgcc \
    -o "$work/all.o"
report $? 'everything links together'
names=$(wanted "$work/all.o")
printf '%s\n' "$names" | sed '/^$/d; s/^/# it wants /'
[ -z "$names" ]
report $? 'it wants memcpy, memmove, memset and memcmp only'
nm "$work/all.o" | grep -q ' T ch_slab_acquire_slow'
report $? 'what was looked at is the library'
! readelf -S --wide "$work/all.o" | grep -E '\.(tdata|tbss)'
report $? 'it has no thread-local storage'
printf 'int printf(const char *, ...);\nint main(void) { return printf("%%d", 1); }\n' |
    "$compiler" -x c -ffreestanding -c - -o "$work/planted.o"
[ "$(wanted "$work/planted.o")" = printf ]
report $? 'a planted call of libc is seen'
"$program"
status=$?
[ $status -eq 7 ] || echo "# exit status $status"
[ $status -eq 7 ]
report $? 'a program without libc uses arena, stack, pool, map, slab and ring'
echo "1..$number"
exit $failed
