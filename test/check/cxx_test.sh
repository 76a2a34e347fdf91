#!/usr/bin/env bash
# cxx_test.sh COLDHEAP INCLUDE: C++ in a hot scope (G13): the operator is named, the user's line is
# the call site, with libstdc++ shared and linked in.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

line_of() {
    grep -n "line: $1" "$here/cxx.cpp" | cut -d: -f1
}

# names WHAT CALL LINE: the violation's name, and the annotation on the user's line.
names() {
    watch --github -- ./cxx "$1"
    [ $got -eq 97 ] && grep -qE "VIOLATION $2" err &&
        grep -qE "^::error file=[^,]*cxx\.cpp,line=$(line_of "$3"),.*$4" err
}

for compiler in g++ clang++; do
    for linked in '' -static-libstdc++; do
        # shellcheck disable=SC2086 # no word if empty
        if ! has $compiler || ! $compiler -std=c++17 -O2 -g -w -fPIE -pie -I"$include" \
            "$here/cxx.cpp" $linked -o cxx 2>build.err; then
            skip "G13: $compiler $linked" 'it cannot be built here'
            continue
        fi
        names new 'operator new(\[\])?\(40\)' NEW 'operator new'
        check "G13: $compiler $linked: new"
        names aligned 'operator new\(64\)' ALIGNED 'operator new'
        check "G13: $compiler $linked: aligned new"
        watch -- ./cxx vector
        [ $got -eq 97 ] && grep -qE 'VIOLATION operator new\(4\)' err &&
            grep -qE "tick.* cxx\.cpp:$(line_of VECTOR)" err && grep -q '(inlined)' err
        check "G13: $compiler $linked: a vector that grows, with inlined frames"
        watch -- ./cxx throw
        [ $got -eq 97 ] && grep -qE "tick.* cxx\.cpp:$(line_of THROW)" err &&
            [ "$(cat out)" = thrown ]
        check "G13: $compiler $linked: an exception"
        watch -- ./cxx
        [ $got -eq 0 ] && verdict 'sections=1/1 entered'
        check "G9: $compiler $linked: scopes of C++ are known once entered"
    done
done

finish
