#!/usr/bin/env bash
# own_test.sh COLDHEAP FOLDER POLICY: the hot functions of our own memory patterns are PROVEN from
# the objects of the build; only what the policy states is assumed. Functions that set up, end, or
# read the state of an object are not hot.
set -u

coldheap=$1
folder=$2
policy=$3
. "$(dirname "$0")/../tap.sh"
cd "$(dirname "$0")/../.." || exit 1 # the objects name their sources from here

# patterns OBJECT FUNCTION...: each of them, in every form it has.
patterns() {
    local object=$1 roots=() function
    shift
    for function in "$@"; do
        roots+=(--root "ch_${object}_$function")
    done
    "$coldheap" prove --progress none --policy "$policy" "${roots[@]}" "$folder/mem" \
        "$folder/base" 2>"$work/out"
    local status=$?
    number=$((number + 1))
    if [ $status -eq 0 ] && grep -q '^PROVEN' "$work/out"; then
        echo "ok $number - $object: $(grep -c '^PROVEN' "$work/out") functions proven"
    else
        echo "not ok $number - $object"
        sed 's/^/# /' "$work/out" | head -n 40
        failed=1
    fi
}

patterns arena alloc 'alloc_*' calloc extend trim_last mark release 'release_*' reset
patterns stack alloc 'alloc_*' resize free 'free_*' mark 'mark_*' release 'release_*' reset
patterns pool acquire 'acquire_*' release 'release_*' get 'get_*' handle_of index_of reset
patterns pools get 'get_*'
patterns slab acquire 'acquire_*' release 'release_*' resize
patterns bufpool acquire 'acquire_*' release 'release_*' reset
patterns buffer '*'
patterns xpool acquire 'acquire_*' release 'release_*'
patterns handles '*'

finish
