#!/usr/bin/env bash
# guard_test.sh COLDHEAP ARCHIVE POLICY: the guard obeys its own rules (G50): what it does at an
# event, from the count of a call to the report of a violation, never reaches the heap. The
# interposed functions themselves end in the allocator, which is what they are for.
set -u

coldheap=$1
archive=$2
policy=$3
. "$(dirname "$0")/../tap.sh"
cd "$(dirname "$0")/../.." || exit 1 # the objects name their sources from here

prove() {
    "$coldheap" prove --progress none "$@" "$archive" 2>"$work/out"
}

roots=(--root chi_guard_event --root ch_hot_enter --root ch_hot_leave --root chi_hot_save)
for root in 'chi_track_book*' chi_track_site chi_track_site_of_call chi_track_sample; do
    roots+=(--root "$root")
done
prove --policy "$policy" --strict "${roots[@]}"
proven=$(grep -c '^PROVEN' "$work/out")
check "G50: marks, events, reports and the tracker's books: $proven functions"
for root in chi_guard_event ch_hot_enter ch_hot_leave chi_hot_save; do
    grep -q "^PROVEN *$root " "$work/out"
    check "G50: $root is among them"
done
prove --root chi_guard_event
[ $? -eq 97 ]
check 'G38: without what is stated it is no proof'
prove --policy "$policy" --root malloc
[ $? -eq 97 ] && grep -q 'ALLOC __libc_malloc' "$work/out"
check 'G37: malloc reaches the allocator'

finish
