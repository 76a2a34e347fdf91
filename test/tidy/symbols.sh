#!/bin/sh
# symbols.sh TABLE LIBRARY...: no object in the libraries refers to a name outside them that the
# table does not allow for it; so none can reach the heap or stdio. Prints TAP, one test a library.
set -u

table=$1
shift
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# The names that the libraries define themselves.
nm -A --defined-only "$@" 2>/dev/null | awk '{ print $NF }' | sort -u >"$work/defined"

echo 'TAP version 14'
echo "1..$#"
number=0
failed=0
for library; do
    number=$((number + 1))
    name=$(basename "$library")
    nm -A -u "$library" 2>/dev/null >"$work/undefined"
    # "lib.a:arena.c.o:                 U memcpy"; fnmatch by turning globs into expressions.
    awk -v library="$name" '
        function expression(glob) {
            gsub(/\./, "\\.", glob)
            gsub(/\*/, ".*", glob)
            return "^" glob "$"
        }
        BEGIN { rows = 0 }
        FILENAME == ARGV[1] { defined[$1] = 1; next }
        FILENAME == ARGV[2] {
            if ($0 !~ /^#/ && NF >= 3) {
                symbol[rows] = expression($1)
                object[rows++] = expression($2)
            }
            next
        }
        {
            count = split($1, part, ":")
            file = part[count - 1]
            sub(/\.o$/, "", file)
            if ($NF in defined) {
                next
            }
            for (row = 0; row < rows; row++) {
                if ($NF ~ symbol[row] && file ~ object[row]) {
                    next
                }
            }
            print "# " library "(" file ") refers to " $NF
        }' "$work/defined" "$table" "$work/undefined" >"$work/complaints"
    if [ ! -s "$work/undefined" ]; then
        echo "# $library: nm shows nothing" >>"$work/complaints"
    fi
    if [ -s "$work/complaints" ]; then
        cat "$work/complaints"
        printf 'not '
        failed=1
    fi
    echo "ok $number - $name refers to nothing that may touch the heap or stdio"
done
exit $failed
