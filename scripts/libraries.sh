#!/usr/bin/env bash
# libraries.sh: proves functions of libraries of others, and holds each verdict against a run.
#
#   scripts/libraries.sh fetch                    gets the sources of this Debian release
#   scripts/libraries.sh check COLDHEAP PRELOAD [PAGE [NAME...]]
#                                                 compiles, proves, runs; PAGE gets the table of all
#                                                 libraries, or of those named
#
# Sources are what `apt-get source` gives, with lists and packages of our own: nothing of the
# system is changed, no root is needed. All of it goes to build/libraries (COLDHEAP_LIBRARIES),
# nothing into the repository. For each library libraries/NAME.c calls the functions in question
# under the guard, libraries/NAME.policy (of COLDHEAP_POLICIES) states what its users may state.
#
# Exit status: 0 all verdicts hold, 1 one does not, 2 usage, 77 the sources cannot be had here.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
work=${COLDHEAP_LIBRARIES:-$root/build/libraries}
policies=${COLDHEAP_POLICIES:-$root/scripts/libraries}
flags=(-O2 -g -fPIC -ffunction-sections '-fcallgraph-info=su,da')

# name, source package, files to compile
libraries='
lz4    lz4    lib/lz4.c lib/lz4hc.c
zlib   zlib   adler32.c compress.c crc32.c deflate.c inf*.c trees.c uncompr.c zutil.c
xxhash xxhash xxhash.c
'

skip() {
    echo "libraries.sh: $*" >&2
    exit 77
}

# ---- sources ----

apt() {
    apt-get -q -o Dir::Etc::sourcelist="$work/debian.sources" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User= \
        -o Acquire::Languages=none -o Acquire::http::Timeout=20 -o Acquire::Retries=1 "$@"
}

fetch() {
    local release keys=/usr/share/keyrings/debian-archive-keyring.gpg packages
    release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    grep -q '^ID=debian' /etc/os-release && [ -r "$keys" ] && [ -n "$release" ] ||
        skip 'sources are taken from Debian, and this is another system'
    command -v apt-get >/dev/null && command -v dpkg-source >/dev/null ||
        skip 'apt-get or dpkg-source is not here (Debian: dpkg-dev)'
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
    printf '%s\n' 'Types: deb-src' "URIs: ${COLDHEAP_MIRROR:-http://deb.debian.org/debian}" \
        "Suites: $release" 'Components: main' "Signed-By: $keys" >"$work/debian.sources"
    packages=$(echo "$libraries" | awk 'NF { print $2 }')
    apt update >"$work/apt.log" 2>&1 ||
        skip "no lists of source packages: $(tail -n 1 "$work/apt.log")"
    # shellcheck disable=SC2086 # package names
    (cd "$work" && apt source $packages) >>"$work/apt.log" 2>&1 ||
        skip "no source packages: $(tail -n 1 "$work/apt.log")"
    touch "$work/fetched"
}

# source_of PACKAGE: the folder that its sources were unpacked to.
source_of() {
    find "$work" -mindepth 1 -maxdepth 1 -type d -name "$1-[0-9]*" | sort | tail -n 1
}

version_of() {
    sed -n 's/^Version: //p' "$work/$1"_*.dsc | head -n 1
}

# ---- one library ----

# build NAME SOURCE FILE...: objects into NAME/objects, the program that counts beside it.
build() {
    local name=$1 source=$2 at=$work/$1 file objects=()
    shift 2
    rm -rf "$at" && mkdir -p "$at/objects" || return 1
    # shellcheck disable=SC2048,SC2086 # globs
    for file in $(cd "$source" && echo $*); do
        local object=$at/objects/$(basename "${file%.c}").o
        gcc "${flags[@]}" -w -DHAVE_UNISTD_H -c "$source/$file" -o "$object" ||
            return 1
        objects+=("$object")
    done
    gcc -std=gnu17 -O2 -Wall -Wextra -I"$root/include" -I"$source" -I"$source/lib" \
        "$root/scripts/libraries/$name.c" "${objects[@]}" -o "$at/count"
}

# verdicts NAME FLAG...: "ROOT VERDICT CLASS" for each function that the program calls; FLAG as
# prove's.
verdicts() {
    local name=$1 roots=() root_name
    shift
    while read -r root_name _; do
        roots+=("--root=$root_name")
    done <"$work/$name/counts"
    "$coldheap" prove --progress none "$@" "${roots[@]}" "$work/$name/objects" \
        >"$work/$name/proof" 2>&1 || [ $? -lt 98 ] || {
        cat "$work/$name/proof" >&2
        return 1
    }
    awk '/^(PROVEN|UNPROVEN|VIOLATION) / {
             class = "-"
             for (i = 3; class == "-" && i <= NF; i++) {
                 if ($i ~ /^[A-Z][A-Z-]+[A-Z]$/) class = $i
             }
             print $2, $1, class }' \
        "$work/$name/proof" | sort
}

# judge NAME HOW: each verdict in NAME/HOW against the counts; prints rows, fails on a wrong one.
judge() {
    join <(sort "$work/$1/counts") "$work/$1/$2" | awk -v how="$2" '
        $4 == "PROVEN" && $2 > 0 { print "WRONG", $1, "is PROVEN and allocates", how; bad = 1 }
        $4 == "VIOLATION" && $2 == 0 {
            print "WRONG", $1, "is a VIOLATION that nobody saw", how
            bad = 1
        }
        { rows++ }
        END { if (rows == 0) { print "WRONG: no verdicts", how; bad = 1 } exit bad }'
}

table_rows() {
    join <(sort "$work/$1/counts") "$work/$1/plain" | join - "$work/$1/stated" |
        awk -v name="$1" '{
            plain = $4 ($5 == "-" ? "" : " (" $5 ")")
            stated = $6 ($7 == "-" ? "" : " (" $7 ")")
            printf "| %s | `%s` | %s | %s | %s | %s |\n", name, $1, plain, stated, $2, $3 }'
}

check_library() {
    local name=$1 package=$2 source policy=()
    shift 2
    source=$(source_of "$package")
    [ -n "$source" ] || skip "no sources of $package in $work"
    build "$name" "$source" "$@" || return 1
    env -u COLDHEAP LD_PRELOAD="$preload" "$work/$name/count" >"$work/$name/counts" || return 1
    verdicts "$name" >"$work/$name/plain" || return 1
    [ ! -f "$policies/$name.policy" ] || policy=(--policy "$policies/$name.policy")
    verdicts "$name" "${policy[@]}" >"$work/$name/stated" || return 1
    [ "$(wc -l <"$work/$name/plain")" -eq "$(wc -l <"$work/$name/counts")" ] || {
        echo "WRONG: $name: a function without a verdict"
        return 1
    }
    judge "$name" plain || return 1
    judge "$name" stated
}

page() {
    echo '| library | function | verdict | with its policy | heap calls | bytes |'
    echo '|---|---|---|---|---:|---:|'
    cat "$work/rows"
    echo
    echo "Sources of Debian: $(cat "$work/versions"). $(gcc --version | head -n 1)," \
        "\`${flags[*]}\`. Heap calls and bytes: the most of five calls, counted by the guard." \
        "A policy (scripts/libraries/NAME.policy) states what calls through pointers reach." \
        "Repeat it: \`scripts/libraries.sh fetch\`, then \`check\`."
}

check() {
    local failed=0 name package files target=${3:-/dev/stdout} wanted
    coldheap=$(realpath "$1")
    preload=$(realpath "$2")
    wanted=" ${*:4} "
    [ -e "$work/fetched" ] || fetch
    : >"$work/rows"
    : >"$work/versions"
    while read -r name package files; do
        [ -n "$name" ] || continue
        [ "$wanted" = '  ' ] || [[ $wanted == *" $name "* ]] || continue
        # shellcheck disable=SC2086 # several files
        check_library "$name" "$package" $files || failed=1
        table_rows "$name" >>"$work/rows"
        printf '%s%s %s' "$([ -s "$work/versions" ] && echo ', ')" "$name" \
            "$(version_of "$package")" >>"$work/versions"
    done <<<"$libraries"
    page >"$target"
    return $failed
}

case ${1:-} in
fetch) fetch ;;
check)
    [ $# -ge 3 ] || exit 2
    shift
    check "$@"
    ;;
*)
    sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p;}' "$0" >&2
    exit 2
    ;;
esac
