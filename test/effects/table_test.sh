#!/usr/bin/env bash
# table_test.sh COLDHEAP: `coldheap effects` (G41): classes of a small C library of our own, where
# every answer is known, and of the one in use here.
set -u

coldheap=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/effects/tap.sh
. "$here/tap.sh"
export XDG_CACHE_HOME=$work/cache

effects() {
    "$coldheap" effects --progress none "$@" >out 2>err
}

# is NAME CLASS: the table's row
is() {
    grep -qE "^$2 +$1( |$)" out
}

# ---- a small library ----

for flags in -O0 -O1 '-O2 -fno-inline' '-Os -fno-inline'; do
    # shellcheck disable=SC2086 # several flags
    gcc $flags -w -fno-builtin -fno-ipa-icf -c "$here/tiny.c" -o tiny.o &&
        ar rcs libtiny.a tiny.o &&
        gcc $flags -w -fno-builtin -fno-ipa-icf -DSHARED -fPIC -shared -nostdlib \
            -Wl,--build-id=sha1 "$here/tiny.c" -o libtiny.so
    effects --cache= --libc libtiny.so --archive libtiny.a
    check "G41: a small library is read ($flags)"
    is clean_leaf none && is clean_calls none && is clean_switch none && is ends_only none
    check "G41: none, also with calls, a switch, a way that ends the process ($flags)"
    is syscall_direct syscall && is syscall_tail syscall
    check "G41: syscall ($flags)"
    is indirect_call indirect && is indirect_stored indirect
    check "G41: indirect ($flags)"
    is unknown_extern unknown && is unknown_deep unknown &&
        grep -q 'unknown_deep > unknown_extern > nobody_defines_this' out
    check "G41: an unresolved external is unknown, never none ($flags)"
    is alloc_direct alloc && is alloc_tail alloc && grep -q 'alloc_direct > malloc' out
    check "G41: alloc, by call and by tail jump ($flags)"
    is alloc_by_resolver alloc
    check "G41: targets of an IFUNC count ($flags)"
    is alloc_by_reference alloc && grep -q 'alloc_by_reference >& allocating_variant > ' out
    check "G41: a function handed to a computed call counts ($flags)"
    is alloc_in_shared_only alloc && grep -qE 'alloc_in_shared_only +\[libc.a: none\]' out
    check "G41: what only the shared library does counts and is marked ($flags)"
done
cp libtiny.so stripped.so && strip stripped.so
effects --cache= --libc stripped.so --archive libtiny.a
is clean_switch none && is alloc_by_reference alloc && is syscall_tail syscall
check 'G41: a stripped shared library'
sed 's/release version 1.0/release version 2.0/' libtiny.a >other.a
effects --cache= --libc libtiny.so --archive other.a
[ $? -eq 96 ] && grep -q 'of another C library' err
check 'G41: an archive of another version: 96'
gcc -w -DSHARED -fPIC -shared -nostdlib -Wl,--build-id=none "$here/tiny.c" -o anonymous.so
effects --cache= --libc anonymous.so --archive libtiny.a
[ $? -eq 98 ] && grep -q 'build id' err
check 'G41: a library without a build id: 98'
effects --cache= --archive /no/such/libc.a
ended 'G41: no archive: 98' $? 98

# ---- the cache ----

effects --cache table --libc libtiny.so --archive libtiny.a
grep -q '(derived)' out && cp out first
effects --cache table --libc libtiny.so --archive libtiny.a
grep -q '(table)' out && cmp -s <(grep -v '^coldheap' first) <(grep -v '^coldheap' out)
check 'G41: the cache gives the same table'
gcc -O2 -w -DSHARED -fPIC -shared -nostdlib -Wl,--build-id=sha1 -Dclean_leaf=other_leaf \
    "$here/tiny.c" -o libother.so
effects --cache table --libc libother.so --archive libtiny.a
grep -q '(derived)' out && is other_leaf none
check 'G41: another build id is derived again'
effects --cache table --libc libother.so --archive libtiny.a
touch libtiny.a
effects --cache table --libc libother.so --archive libtiny.a
grep -q '(derived)' out
check 'G41: another archive is derived again'
for damage in 'head -c 900' "sed 's/^end.*/end 3/'" "sed 's/\\tnone\\t/\\tfine\\t/'" "sed '\$d'" \
    "sed '5,\$s/\\t/ /'" "tr '\\n' '\\0'" "sed 's/^libc ./libc x/'"; do
    eval "$damage" <table >hurt
    effects --cache hurt --libc libother.so --archive libtiny.a && grep -q '(derived)' out
    check "G41: a damaged cache is no cache ($damage)"
done
echo >file
effects --cache file/below/it --libc libtiny.so --archive libtiny.a
[ $? -eq 0 ] && grep -q 'not kept in file/below/it' err
check 'G41: a cache that cannot be written is told'

# ---- the C library here ----

if [ ! -e /usr/lib/x86_64-linux-gnu/libc.a ]; then
    skip 'G41: the C library in use' 'no libc.a here (Debian: libc6-dev)'
    finish
fi
effects
check 'G41: the C library in use'
functions=$(grep -cE '^(none|syscall|indirect|unknown|alloc) ' out)
[ "$functions" -gt 2000 ]
check "G41: every public function has a class ($functions)"
for name in strlen memcpy memmove memset strcmp strtol toupper strtok_r memmem; do
    is $name none
    check "G41: $name is none"
done
for name in read write open getpid sched_yield; do
    is $name syscall
    check "G41: $name is a system call"
done
for name in malloc free qsort strdup fopen printf setenv; do
    is $name alloc
    check "G41: $name is alloc"
done
for name in snprintf pthread_mutex_lock realpath localtime_r; do
    is $name alloc
    check "trap 23: $name stays on the safe side"
done
grep -qE '^alloc +backtrace +\[libc.a: ' out
check 'trap 23: backtrace is marked: archive and shared library differ'
is bsearch indirect && is qsort alloc && grep -q '^alloc  *qsort  *.*> \(malloc\|free\)$' out
check 'G41: a witness ends at the allocator'
effects && ls "$XDG_CACHE_HOME"/coldheap/effects-* >/dev/null && grep -q "($XDG_CACHE_HOME" out
check 'G41: kept in the cache folder by build id'
effects --class none 'str*' && ! grep -qE '^(alloc|indirect|unknown|syscall) ' out && is strlen none
check 'G41: by name and class'
effects no_such_function_at_all
ended 'G41: no such function: 98' $? 98
effects --class fine
ended 'G41: no such class: 64' $? 64
effects --json rows.json qsort strlen && python3 - rows.json <<'END' >out 2>err
import json, sys
rows = {row["function"]: row for row in map(json.loads, open(sys.argv[1]))}
assert set(rows) == {"qsort", "strlen"}
assert rows["qsort"]["class"] == "alloc" and rows["qsort"]["witness"].startswith("qsort > ")
assert rows["strlen"]["class"] == "none" and rows["strlen"]["version"] == 1
END
check 'G41: JSON'

finish
