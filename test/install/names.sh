#!/bin/sh
# names.sh FOLDER LIBRARY KIND: the names that FOLDER's shared or static LIBRARY defines for its
# users, one a line, sorted. With --write FOLDER: puts those of the shared libraries into symbols/.
set -eu

names_of() { # FOLDER LIBRARY KIND
    case $2 in
    coldheap) shown='ch_' ;;
    coldevm) shown='chevm_|evmc_create' ;;
    esac
    case $3 in
    shared) nm -D --defined-only "$1/lib$2.so" ;;
    static) nm --defined-only "$1/lib$2.a" 2>/dev/null ;;
    esac | awk 'NF == 3 && $2 ~ /^[B-TV-Z]$/ { sub(/@.*/, "", $3); print $3 }' |
        grep -E "^($shown)" | LC_ALL=C sort -u
}

if [ "$1" != --write ]; then
    names_of "$1" "$2" "$3"
    exit
fi
here=$(cd "$(dirname "$0")" && pwd)
for library in coldheap coldevm; do
    {
        echo "# What lib$library shows: make symbols wrote this from the shared library."
        names_of "$2" $library shared
    } >"$here/symbols/$library.txt.new"
    mv "$here/symbols/$library.txt.new" "$here/symbols/$library.txt"
done
