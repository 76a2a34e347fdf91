#!/bin/sh
# bench.sh: runs the bench programs of a built preset one by one, and what follows from it.
#   scripts/bench.sh [PRESET [FILTER]]             every program, then the memory patterns' table,
#                                                  picture; `coldevm bench` on the own contracts
#   scripts/bench.sh --check [PRESET [FILTER]]     the bars of bench/bars.txt and, without FILTER,
#                                                  the guard's limits (coldheap bench --check); exit
#                                                  status 1 if one does not hold
#   scripts/bench.sh --store [PRESET [FILTER]]     keeps the results of three runs (BENCH_STORE,
#                                                  build/bench/stored)
#   scripts/bench.sh --compare [PRESET [FILTER]]   exit status 1 if something became slower than
#                                                  stored, 2 if that was another machine
# Tables go to stdout, Google-Benchmark JSON to build/bench/PROGRAM.json, the memory patterns' table
# to build/bench/memory.md and memory.svg. FILTER is part of a program's name. What fails --check or
# --compare runs twice more before it counts: noise passes, slowness stays. Exit status 1 also if a
# bench failed (results differ, heap calls where none may be, a row below the floor). BENCH_FLAGS
# are further flags of the programs, BENCH_BIN the folder where they are.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
mode=run
case ${1:-} in
--check | --store | --compare)
    mode=${1#--}
    shift
    ;;
esac
bin=${BENCH_BIN:-$root/build/${1:-release}/bin}
filter=${2:-}
out=$root/build/bench
stored=${BENCH_STORE:-$out/stored}
status=0
missed=0

die() {
    echo "bench.sh: $*" >&2
    exit 2
}

# run_into FOLDER PROGRAM...: their results; remembers in `status` what failed, in `missed` that a
# target of a program's own was missed.
run_into() {
    folder=$1
    shift
    mkdir -p "$folder"
    for program; do
        echo "== $program"
        # shellcheck disable=SC2086 # flags hold no spaces
        "$bin/$program" --json "$folder/$program.json" ${BENCH_FLAGS:-} ||
            case $? in
            3) missed=1 ;;
            *) status=1 ;;
            esac
    done
}

# programs PATTERN: names of the programs that match, one a line.
programs() {
    for program in "$bin"/$1; do
        [ ! -x "$program" ] || basename "$program"
    done
}

# patterns: those of the programs that measure memory patterns.
patterns() {
    programs "*${filter}*_bench" | sed -n '/^mem_/p'
}

# settle COMMAND...: runs again, up to twice, the programs that the command names for the folders so
# far; sets `folders`.
settle() {
    folders=$work/1
    for round in 2 3; do
        # shellcheck disable=SC2086 # folders hold no spaces
        again=$("$@" $folders)
        [ -n "$again" ] || break
        # shellcheck disable=SC2086
        run_into "$work/$round" $again >/dev/null
        folders="$folders $work/$round"
    done
}

plain() {
    # shellcheck disable=SC2046
    run_into "$out" $(programs "*${filter}*_bench")
    if [ -n "$(patterns)" ]; then
        "$root/scripts/bench.py" table "$out" >"$out/memory.md"
        echo
        cat "$out/memory.md"
        if command -v gnuplot >/dev/null 2>&1; then
            "$root/scripts/bench.py" plot "$out" "$out/memory.svg"
            echo "picture: $out/memory.svg"
        else
            echo "# no picture: gnuplot is not installed"
        fi
    fi
    # The contracts, through the command: cold heap beside the malloc twin.
    if [ -x "$bin/coldevm" ] && [ -z "$filter" ]; then
        echo '== coldevm bench'
        "$bin/coldevm" bench --backend both --export "gbench=$out/coldevm.json" || status=1
    fi
    guard
    echo "results: $out"
    [ "$missed" -eq 0 ] || status=1
}

# guard FLAG...: what the guard costs users' programs.
guard() {
    if [ -x "$bin/coldheap" ] && [ -z "$filter" ]; then
        echo '== coldheap bench'
        mkdir -p "$out"
        "$bin/coldheap" bench --json "$out/guard.json" "$@" || status=1
    fi
}

all=$(programs "*${filter}*_bench")
[ -n "$all" ] || die "no bench program in $bin matches"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $mode in
run) plain ;;
check)
    # shellcheck disable=SC2046
    run_into "$work/1" $(patterns)
    settle "$root/scripts/bench.py" missed
    # shellcheck disable=SC2086
    "$root/scripts/bench.py" check $folders || status=1
    guard --check
    ;;
store)
    rm -rf "$stored"
    for run in 1 2 3; do
        # shellcheck disable=SC2086
        run_into "$stored/$run" $all
    done
    echo "stored: $stored"
    ;;
compare)
    [ -d "$stored" ] || die "nothing is stored in $stored: run bench.sh --store first"
    # shellcheck disable=SC2086
    run_into "$work/1" $all
    settle "$root/scripts/bench.py" slower "$stored"
    # shellcheck disable=SC2086
    "$root/scripts/bench.py" compare "$stored" $folders || status=$?
    ;;
esac
exit "$status"
