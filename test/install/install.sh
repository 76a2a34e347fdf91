#!/bin/sh
# install.sh BUILD COMPILER CMAKE: what a user of the libraries gets. Installs the build into a
# folder of its own, moves it (nothing may depend on where it was), and builds and runs a consumer
# through pkg-config (shared and static) and through the CMake package. Looks at SONAME and at what
# the shared libraries show, and links every inline function of the public headers against them.
# Prints TAP.
set -u

build=$1
compiler=$2
cmake=$3
case $compiler in
*clang*) cxx=$(printf '%s' "$compiler" | sed 's/clang\([^/]*\)$/clang++\1/') ;;
*) cxx=c++ ;;
esac
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
failed=0

# check NAME COMMAND...: one test; what the command printed is shown if it fails.
check() {
    name=$1
    shift
    number=$((number + 1))
    if output=$("$@" 2>&1); then
        echo "ok $number - $name"
    else
        printf '%s\n' "$output" | sed 's/^/# /'
        echo "not ok $number - $name"
        failed=1
    fi
}

install_and_move() {
    DESTDIR=$work/first "$cmake" --install "$build" --prefix /usr || return 1
    mkdir "$work/second" && mv "$work/first/usr" "$work/second/elsewhere"
}

# Harnesses find geth by the name of the program, after resolving symbolic links.
evm_is_a_name() {
    evm=$work/second/elsewhere/libexec/coldevm/evm
    [ -x "$evm" ] && [ ! -L "$evm" ] && "$evm" -v | grep -q '^evm version 1\.16\.0-coldevm-'
}

# headers_of LIBRARY: its installed headers as #include lines; templates need parameters.
headers_of() {
    (cd "$include" && find "$1" -name '*.h' ! -path '*/tmpl/*' | sort) | sed 's/.*/#include <&>/'
}

by_pkg_config() { # LIBRARY
    # shellcheck disable=SC2046 # flags are words
    "$compiler" -std=c17 "$here/$1.c" $(pkg-config --cflags --libs "$1") -o "$work/shared" &&
        LD_LIBRARY_PATH=$lib "$work/shared"
}

by_pkg_config_static() { # LIBRARY
    # shellcheck disable=SC2046 # flags are words
    "$compiler" -std=c17 "$here/$1.c" $(pkg-config --cflags "$1") -Wl,-Bstatic \
        $(pkg-config --static --libs "$1") -Wl,-Bdynamic -o "$work/static" && "$work/static"
}

# All objects of the static library, so that whatever any of them needs must be named.
by_pkg_config_whole() { # LIBRARY
    # shellcheck disable=SC2046 # flags are words
    "$compiler" -std=c17 "$here/$1.c" $(pkg-config --cflags "$1") -Wl,-Bstatic \
        -Wl,--whole-archive "$lib/lib$1.a" -Wl,--no-whole-archive \
        $(pkg-config --static --libs "$1") -Wl,-Bdynamic -o "$work/whole" && "$work/whole"
}

by_cmake() { # LIBRARY
    "$cmake" -S "$here" -B "$work/consumer-$1" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
        -DCMAKE_C_COMPILER="$compiler" -DLIBRARY="$1" && "$cmake" --build "$work/consumer-$1" &&
        "$work/consumer-$1/shared" && "$work/consumer-$1/static" && "$work/consumer-$1/whole"
}

has_soname() { # LIBRARY
    readelf -d "$lib/lib$1.so" | grep -q "SONAME.*\[lib$1\.so\.0\]"
}

# The checked-in list, without its comments; `make symbols` writes it anew.
names_are_listed() { # LIBRARY KIND
    sh "$here/names.sh" "$lib" "$1" "$2" >"$work/names"
    grep -v '^#' "$here/symbols/$1.txt" | diff -u - "$work/names"
}

# Programs in other languages, by pkg-config.
from_cxx() { # OPTION...
    # shellcheck disable=SC2046 # flags are words
    "$cxx" -std=c++17 -Wall -Wextra -Wpedantic -Werror "$here/foreign/words.cpp" \
        $(pkg-config --cflags coldheap) "$@" -o "$work/words" &&
        [ "$(LD_LIBRARY_PATH=$lib "$work/words")" = '4 words, cold 3 times, 15 bytes of text' ]
}

from_rust() { # KIND
    # shellcheck disable=SC2046 # flags are words
    "$compiler" -std=c17 -O2 -fPIC -c "$here/foreign/squares.c" $(pkg-config --cflags coldheap) \
        -o "$work/squares.o" &&
        rustc --edition 2021 -D warnings -L "$(pkg-config --variable=libdir coldheap)" \
            -l "$1=coldheap" -C "linker=$compiler" -C "link-arg=$work/squares.o" \
            -o "$work/objects" "$here/foreign/objects.rs" &&
        [ "$(LD_LIBRARY_PATH=$lib "$work/objects")" = 'arena, pool and map work from Rust' ]
}

# skip NAME REASON: a test that this machine cannot do.
skip() {
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

# Names that the shared library defines, less those that the pattern allows.
shows_only() { # LIBRARY PATTERN
    names=$(nm -D --defined-only "$lib/lib$1.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }')
    others=$(printf '%s\n' "$names" | grep -vE "^($2)")
    printf 'also shown: %s\n' "$others"
    [ -n "$names" ] && [ -z "$others" ]
}

# gcc can be made to compile inline functions that nobody calls; a hidden name they need shows.
inline_links() { # LIBRARY
    {
        headers_of "$1"
        echo 'int main(void) { return 0; }'
    } >"$work/inline.c"
    # shellcheck disable=SC2046 # flags are words
    "$compiler" -std=c17 -O0 -fkeep-inline-functions "$work/inline.c" \
        $(pkg-config --cflags --libs "$1") -o "$work/inline"
}

has_licences() {
    grep -q 'Apache License' "$prefix/share/doc/coldheap/LICENSE" &&
        grep -q 'Apache License' "$prefix/share/doc/coldheap/LICENSE.blst"
}

# The guard's run time, linked in or preloaded, says that it is armed.
guard_by_pkg_config() {
    # shellcheck disable=SC2046 # flags are words
    "$compiler" -std=c17 "$here/../guard/armed.c" $(pkg-config --cflags --libs coldheap-guard) \
        -o "$work/armed" && [ "$("$work/armed")" = armed ]
}

guard_static_by_cmake() { # and linked in
    "$cmake" -S "$here/guard" -B "$work/consumer-guard" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
        -DCMAKE_C_COMPILER="$compiler" -DSOURCE="$here/../guard/armed.c" &&
        "$cmake" --build "$work/consumer-guard" &&
        [ "$("$work/consumer-guard/linked")" = armed ] &&
        [ "$("$work/consumer-guard/static")" = armed ]
}

guard_by_preload() {
    "$compiler" -std=c17 "$here/../guard/armed.c" -I"$include" -o "$work/armed" &&
        [ "$("$work/armed")" = 'not armed' ] &&
        [ "$(LD_PRELOAD=$lib/libcoldheap-preload.so "$work/armed")" = armed ]
}

echo 'TAP version 14'
check 'install and move' install_and_move
check 'evm: a program of its own name' evm_is_a_name
prefix=$work/second/elsewhere
include=$prefix/include
lib=$prefix/lib
export PKG_CONFIG_PATH="$lib/pkgconfig"
for library in coldheap coldevm; do
    [ -d "$include/$library" ] && [ -e "$lib/lib$library.so" ] || continue
    case $library in
    coldheap) shown='ch_' ;;
    coldevm) shown='chevm_|evmc_create' ;;
    esac
    check "$library: consumer by pkg-config, shared" by_pkg_config $library
    check "$library: consumer by pkg-config, static" by_pkg_config_static $library
    check "$library: all of it by pkg-config, static" by_pkg_config_whole $library
    check "$library: consumers by the CMake package" by_cmake $library
    check "$library: SONAME" has_soname $library
    check "$library: shows its own names only" shows_only $library "$shown"
    check "$library: shared, its names are those of the list" names_are_listed $library shared
    check "$library: static, its names are those of the list" names_are_listed $library static
    if "$compiler" --version | grep -q -i 'gcc\|free software foundation'; then
        check "$library: inline functions find all they need" inline_links $library
    fi
done
# shellcheck disable=SC2046 # flags are words
check 'coldheap: a C++ program, shared' from_cxx $(pkg-config --libs coldheap)
# shellcheck disable=SC2046 # flags are words
check 'coldheap: a C++ program, static' from_cxx -Wl,-Bstatic \
    $(pkg-config --static --libs coldheap) -Wl,-Bdynamic
if command -v rustc >/dev/null 2>&1; then
    check 'coldheap: a Rust program, shared' from_rust dylib
    check 'coldheap: a Rust program, static' from_rust static
else
    skip 'coldheap: a Rust program' 'no rustc'
fi
check 'every installed header compiles alone, as C17 and as C++17' \
    sh "$here/../tidy/headers.sh" "$prefix" "$compiler"
check 'coldheap-guard: linked in by pkg-config' guard_by_pkg_config
check 'coldheap-guard: linked in by the CMake package, dynamic and static' guard_static_by_cmake
check 'coldheap-guard: preloaded' guard_by_preload
check 'schemas of the statistics' test -f "$prefix/share/coldheap/schemas/arena.json"
check 'licences of what the libraries contain' has_licences
echo "1..$number"
exit $failed
