#!/usr/bin/env bash
# speed.sh COLDHEAP FOLDER INCLUDE [FACTOR]: CPU time of `coldheap prove` against the targets of the
# specification's section 4, times FACTOR (1). The least of five runs counts.
set -u

coldheap=$1
folder=$2
include=$3
factor=${4:-1}
here=$(cd "$(dirname "$0")" && pwd)
. "$(dirname "$0")/../tap.sh"
TIMEFORMAT='%U %S'

# measure NAME TARGET_SECONDS ARGUMENT...: the target holds.
measure() {
    local name=$1 target=$2 best=999 seconds
    shift 2
    for _ in 1 2 3 4 5; do
        { time "$coldheap" "$@" >"$work/std" 2>"$work/err"; } 2>"$work/time"
        seconds=$(awk '{ print $1 + $2 }' "$work/time")
        best=$(awk -v a="$best" -v b="$seconds" 'BEGIN { print b < a ? b : a }')
    done
    number=$((number + 1))
    if awk -v t="$target" -v f="$factor" -v s="$best" 'BEGIN { exit !(s <= t * f) }'; then
        echo "ok $number - $name: $best s of CPU, target $target"
    else
        echo "not ok $number - $name: $best s of CPU, target $target"
        failed=1
    fi
}

gcc -std=gnu17 -g -w -O2 -I"$include" -c "$here/planted.c" -o "$work/planted.o" &&
    gcc -std=gnu17 -g -w -O2 -static -Dch_static -I"$include" "$here/planted.c" -o "$work/static" ||
    exit 1
objects=$(find "$folder/mem" -name '*.o' ! -name '*_test*' ! -name '*_bench*' | sort | head -n 12)
measure 'sample of 14 roots' 0.1 prove --progress none "$work/planted.o"
# shellcheck disable=SC2086 # one word an object
measure 'library of 12 files, all functions' 0.2 prove --progress none --root 'ch_*' $objects
measure "static program of $(nm "$work/static" | grep -ci ' t ') functions" 0.2 \
    prove --progress none "$work/static"
measure 'all of libc.a' 2 effects --progress none --renew --cache ''
finish
