#!/bin/sh
# contracts.sh: builds the own contracts from source, asks the independent EVM what they must do,
# and checks that what is committed is what the sources give.
#   scripts/contracts.sh build     contracts/src -> contracts/<case>/{code,input}.hex
#   scripts/contracts.sh expect    contracts/<case>/ -> contracts/expected.json, samples.json
#   scripts/contracts.sh check     both again into a temporary folder; every byte must be the same
#   scripts/contracts.sh traces COLDEVM    trace lines of that program beside the independent EVM's
# The last two take minutes; seconds, with less work, unless COLDHEAP_CONFORMANCE_SAMPLE is 1, as
# make conformance sets it: check rebuilds the bytecode only, traces takes every tenth sample.
# Needs node >= 18 and the packages of deps/package.json in build/deps: scripts/setup.sh.
# Exit status: 0 done, 1 differs or failed, 2 usage, 77 node or the packages are absent.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
scripts=$root/scripts/contracts

absent() {
    printf '%s\n' "$@" >&2
    exit 77
}

# node_script FILE ARGUMENT...: runs it; exit 3 of a script means that a package is absent.
node_script() {
    status=0
    node "$@" || status=$?
    [ "$status" -ne 3 ] || absent "contracts: SKIPPED, npm packages are absent (see above)"
    return "$status"
}

# check: regenerates into a temporary folder and compares.
check() {
    part=bytes
    [ "${COLDHEAP_CONFORMANCE_SAMPLE:-}" != 1 ] || part=all
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    node_script "$scripts/build.mjs" "$work/contracts"
    if [ $part = all ]; then
        node_script "$scripts/expect.mjs" "$work/contracts/expected.json" "$work/contracts"
        node_script "$scripts/sample.mjs" "$work/contracts/samples.json"
    fi
    for file in $(cd "$work/contracts" && find . -type f | sort); do
        cmp "$work/contracts/$file" "$root/contracts/$file" || exit 1
    done
    for file in $(cd "$root/contracts" && find . -name '*.hex' | sort); do
        [ -f "$work/contracts/$file" ] || { echo "contracts/$file has no source" >&2; exit 1; }
    done
    echo "contracts: what is committed is what the sources give ($part)"
}

usage() {
    sed -n '2,/^set -eu/{/^set/!s/^# \{0,1\}//p;}' "$0" >&2
    exit 2
}

case "${1:-} $#" in
'build 1' | 'expect 1' | 'check 1' | 'traces 2') ;;
*) usage ;;
esac
command -v node >/dev/null 2>&1 || absent "contracts: SKIPPED, node is not installed"
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 18 ] || absent "contracts: SKIPPED, node $major is older than 18"

case $1 in
build) node_script "$scripts/build.mjs" ;;
expect)
    node_script "$scripts/expect.mjs"
    node_script "$scripts/sample.mjs"
    ;;
check) check ;;
traces) node_script "$scripts/compare.mjs" "$2" ;;
esac
