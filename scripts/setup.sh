#!/bin/sh
# setup.sh: installs what a make target needs and the machine lacks, by apt-get and npm.
#
#   scripts/setup.sh [--check] GROUP...
#
#   base       compiler, CMake, Ninja, and what demo, bench and install use; npm brings the sources
#              of blst (deps/blst, into build/deps/blst)
#   test       oracles and checkers of the test suite
#   rivals     other allocators and libraries that benches run beside ours, and what judges them
#   matrix     the second compiler and its run-time libraries
#   ports      cross compilers and the emulator for other machines
#   programs   programs of others that the guard is tried on (scripts/programs.sh)
#   contracts  the pinned npm packages of deps/ (into build/deps): compiler of the own contracts,
#              other implementations to compare with
#
# Says what it does, asks for root only when a package is missing (sudo if not root), does nothing
# on a machine that has everything. --check installs nothing and exits 1 if something is missing.
# Exit status: 0 all there, 1 something is missing and was not installed, 2 usage.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)

# One package a line: group, Debian package, how to see that it is there without asking dpkg (a
# command, a header, or nothing).
packages='
base       build-essential     command:c++
base       cmake               command:cmake
base       ninja-build         command:ninja
base       pkg-config          command:pkg-config
base       zstd                command:zstd
base       libcjson-dev        header:cjson/cJSON.h
base       libsecp256k1-dev    header:secp256k1_recovery.h
base       nodejs              command:node
base       npm                 command:npm
base       ca-certificates     package
base       libdw-dev           header:elfutils/libdwfl.h
base       libcapstone-dev     header:capstone/capstone.h
base       gnuplot-nox         command:gnuplot
test       clang-format        command:clang-format
test       libgmp-dev          header:gmp.h
test       libssl-dev          header:openssl/evp.h
test       valgrind            command:valgrind
test       google-perftools    command:google-pprof
test       python3             command:python3
test       python3-jsonschema  package
test       rustc               command:rustc
test       mandoc              command:mandoc
rivals     python3             command:python3
rivals     libmimalloc2.0      package
rivals     libjemalloc2        package
rivals     libtcmalloc-minimal4 package
rivals     libck-dev           header:ck_ring.h
rivals     libboost1.81-dev    header:boost/version.hpp
matrix     clang               command:clang
matrix     libclang-rt-14-dev  package
ports      gcc-i686-linux-gnu  command:i686-linux-gnu-gcc
ports      libc6-dev-i386-cross package
ports      gcc-aarch64-linux-gnu command:aarch64-linux-gnu-gcc
ports      libc6-dev-arm64-cross package
ports      gcc-s390x-linux-gnu command:s390x-linux-gnu-gcc
ports      libc6-dev-s390x-cross package
ports      qemu-user           command:qemu-s390x
programs   coreutils           command:sort
programs   sqlite3             command:sqlite3
programs   redis-server        command:redis-server
programs   redis-tools         command:redis-cli
programs   nginx-light         command:nginx
programs   curl                command:curl
programs   python3             command:python3
'

die() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

usage() {
    sed -n '2,/^set -eu/{/^set/!s/^# \{0,1\}//p;}' "$0" >&2
    exit 2
}

has_package() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

has_header() {
    for folder in /usr/include /usr/local/include /usr/include/*-linux-gnu; do
        [ -e "$folder/$1" ] && return 0
    done
    return 1
}

# is_there PACKAGE PROBE
is_there() {
    case $2 in
    command:*) command -v "${2#command:}" >/dev/null 2>&1 || has_package "$1" ;;
    header:*) has_header "${2#header:}" || has_package "$1" ;;
    *) has_package "$1" || ! command -v dpkg-query >/dev/null 2>&1 ;;
    esac
}

# missing_of GROUP...: the packages of these groups that are not there.
missing_of() {
    echo "$packages" | while read -r group package probe; do
        for wanted; do
            if [ "$group" = "$wanted" ] && ! is_there "$package" "$probe"; then
                echo "$package"
            fi
        done
    done
}

# as_root COMMAND...
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        die "these packages are missing and need root; run as root:" \
            "    apt-get update && apt-get install -y --no-install-recommends $missing"
    fi
}

install_packages() {
    command -v apt-get >/dev/null 2>&1 ||
        die "no apt-get here; please install what these Debian packages hold: $missing"
    echo "setup: apt-get installs: $missing"
    as_root apt-get update -qq
    # shellcheck disable=SC2086 # package names hold no spaces
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing
}

# CMake below 3.25 knows no workflow presets; an own, older cmake may hide the package's.
check_cmake() {
    version=$(cmake --version | sed -n 's/^cmake version //p')
    case $version in
    [012].* | 3.[0-9].* | 3.1[0-9].* | 3.2[0-4].*)
        die "cmake $version is too old, 3.25 or newer is needed ($(command -v cmake))" ;;
    esac
}

npm_is_current() { # FOLDER
    cmp -s "$root/$1/package-lock.json" "$root/build/$1/package-lock.json" &&
        [ -f "$root/build/$1/node_modules/.package-lock.json" ]
}

# install_npm FOLDER: the packages its lock file pins, into the same folder below build/.
install_npm() {
    npm_is_current "$1" && return 0
    echo "setup: npm puts the packages of $1/package-lock.json into build/$1"
    mkdir -p "$root/build/$1"
    cp "$root/$1/package.json" "$root/$1/package-lock.json" "$root/build/$1/"
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --prefix "$root/build/$1" || {
        rm -f "$root/build/$1/package-lock.json"
        die "npm ci failed"
    }
}

check_only=no
groups=
for word; do
    case $word in
    --check) check_only=yes ;;
    base | test | rivals | matrix | ports | programs | contracts) groups="$groups $word" ;;
    *) usage ;;
    esac
done
[ -n "$groups" ] || usage

# shellcheck disable=SC2086 # group names hold no spaces
missing=$(missing_of $groups | tr '\n' ' ')
missing=${missing% }
folders=
case $groups in *base*) folders=deps/blst ;; esac
case $groups in *contracts*) folders="$folders deps" ;; esac
if [ "$check_only" = yes ]; then
    for folder in $folders; do
        npm_is_current "$folder" || missing="${missing:+$missing }build/$folder"
    done
    [ -z "$missing" ] || die "missing: $missing"
    exit 0
fi
[ -z "$missing" ] || install_packages
case $groups in *base*) check_cmake ;; esac
for folder in $folders; do
    install_npm "$folder"
done
