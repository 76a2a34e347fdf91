#!/usr/bin/env bash
# libraries_test.sh COLDHEAP PRELOAD SCRIPT: libraries of others, from Debian's source packages:
# each verdict of `coldheap prove` holds against a run under the guard. Skips loudly without the
# sources.
set -u
# shellcheck disable=SC2016 # backquotes of the page

coldheap=$(realpath "$1")
preload=$(realpath "$2")
script=$(realpath "$3")
# shellcheck source=test/effects/tap.sh
. "$(dirname "$0")/tap.sh"

"$script" check "$coldheap" "$preload" page >out 2>err
status=$?
if [ $status -eq 77 ]; then
    skip 'verdicts on lz4, zlib, xxhash hold against runs' "$(tail -n 1 err)"
    finish
fi
ended 'verdicts on lz4, zlib, xxhash hold against runs' $status 0
cp page out
grep -q '| `LZ4_compress_default` | PROVEN | PROVEN | 0 | 0 |' page &&
    grep -q '| `LZ4_decompress_safe` | PROVEN | PROVEN | 0 | 0 |' page &&
    grep -q '| `crc32` | PROVEN | PROVEN | 0 | 0 |' page
check 'compression to the stack, decompression, checksums are PROVEN'
grep -q '| `deflate` | UNPROVEN (INDIRECT-CALL) | PROVEN | 0 | 0 |' page
check 'a table of functions wants a policy, and is PROVEN with it'
grep -qE '\| `inflate` \| UNPROVEN \(INDIRECT-CALL\) \| VIOLATION \(ALLOC\) \| [1-9]' page
check 'a hook that allocates is a VIOLATION once the policy says what it is'
grep -qE '\| `LZ4_compress_HC` \| VIOLATION \(ALLOC\)' page
check 'a state taken from the heap is a VIOLATION'

# A policy that is wrong makes PROVEN of what allocates: the run shows it.
mkdir policies
echo 'call updatewindow -> cold "not so"' >policies/zlib.policy
COLDHEAP_POLICIES=$PWD/policies "$script" check "$coldheap" "$preload" page zlib >out 2>err
[ $? -eq 1 ] && grep -q '^WRONG inflate is PROVEN and allocates' out
check 'a wrong statement is refuted by the run'

finish
