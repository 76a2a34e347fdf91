#!/usr/bin/env bash
# crosscheck_test.sh COLDHEAP FOLDER: `coldheap effects --crosscheck` (G42): calls of the C library
# counted under the guard, whose run time is in FOLDER.
set -u

coldheap=$(realpath "$1")
runtime=$(realpath "$2")
# shellcheck source=test/effects/tap.sh
. "$(dirname "$0")/tap.sh"

crosscheck() {
    "$coldheap" effects --progress none --crosscheck --runtime "$runtime" "$@" >out 2>err
}

if [ ! -e /usr/lib/x86_64-linux-gnu/libc.a ]; then
    skip 'G42: the C library in use' 'no libc.a here (Debian: libc6-dev)'
    finish
fi
crosscheck --cache table --json rows.json
check 'G42: no call that allocates is classed none'
calls=$(sed -n 's/^coldheap: \([0-9]*\) calls.*/\1/p' out)
[ "${calls:-0}" -ge 60 ] && grep -q ' 0 refuted, ' out && grep -q ' 0 not counted' out
check "G42: a battery of at least 60 calls (${calls:-none})"
for call in 'gmtime_r' 'setenv' 'fprintf no buffer yet' 'pthread_setspecific key above 32' \
    'backtrace'; do
    grep -qE "^alloc +$call .*  first use only$" out
    check "G42: a hint to warm up: $call"
done
for call in strdup 'qsort 4 KiB' 'strerror unknown' fopen opendir 'dlsym miss' 'sscanf %ms' \
    pthread_getattr_np; do
    grep -qE "^alloc +$call .*  every time$" out
    check "G42: every time: $call"
done
grep -qE '^alloc +pthread_getattr_np +13 ' out
check 'G42: first and repeat are counted: pthread_getattr_np makes 13 heap calls'
[ "$(grep -c '^{"version":1,"case":' rows.json)" -eq "${calls:-0}" ]
check 'G42: JSON, a line a call'

# A wrong table is refuted: by the first use, and by every one.
sed 's/^\(gmtime_r\|strdup\)\talloc\t/\1\tnone\t/' table >wrong
crosscheck --cache wrong
[ $? -eq 97 ] && grep -qE '^none +strdup .*REFUTED$' out &&
    grep -qE '^none +gmtime_r .*REFUTED$' out
check 'G42: a call that allocates but is classed none: 97'
crosscheck --cache table --runtime /no/such/folder
ended 'G42: without the run time: 98' $? 98
"$coldheap" effects --case 1 >out 2>err
ended 'G42: a case without the guard counts nothing: 98' $? 98

finish
