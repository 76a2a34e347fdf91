#!/bin/sh
# symbols_catch.sh FOLDER LIBRARY: the symbol test sees the malloc in the library. Prints TAP.
set -u

output=$(sh "$1/symbols.sh" "$1/symbols.txt" "$2")
echo 'TAP version 14'
echo '1..1'
case $output in
*"refers to malloc"*"not ok 1"*) echo 'ok 1 - a call of malloc is caught' ;;
*)
    printf '%s\n' "$output" | sed 's/^/# /'
    echo 'not ok 1 - a call of malloc is caught'
    exit 1
    ;;
esac
