#!/bin/sh
# contracts.sh: builds the own contracts from source, asks the independent EVM what they must do,
# and checks that what is committed is what the sources give.
#   scripts/contracts.sh build     contracts/src -> contracts/<case>/{code,input}.hex
#   scripts/contracts.sh expect    contracts/<case>/ -> contracts/expected.json, samples.json
#   scripts/contracts.sh check     both again into a temporary folder; every byte must be the same
#   scripts/contracts.sh check-bytes   only the first half of that: seconds instead of a minute
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

# check PART: regenerates into a temporary folder; PART all includes the run on the other EVM.
check() {
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    node_script "$scripts/build.mjs" "$work/contracts"
    if [ "$1" = all ]; then
        node_script "$scripts/expect.mjs" "$work/contracts/expected.json" "$work/contracts"
    fi
    if [ "$1" = all ]; then
        node_script "$scripts/sample.mjs" "$work/contracts/samples.json"
    fi
    for file in $(cd "$work/contracts" && find . -type f | sort); do
        cmp "$work/contracts/$file" "$root/contracts/$file" || exit 1
    done
    for file in $(cd "$root/contracts" && find . -name '*.hex' | sort); do
        [ -f "$work/contracts/$file" ] || { echo "contracts/$file has no source" >&2; exit 1; }
    done
    echo "contracts: what is committed is what the sources give ($1)"
}

command -v node >/dev/null 2>&1 || absent "contracts: SKIPPED, node is not installed"
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 18 ] || absent "contracts: SKIPPED, node $major is older than 18"

case "${1:-}" in
build) node_script "$scripts/build.mjs" ;;
expect)
    node_script "$scripts/expect.mjs"
    node_script "$scripts/sample.mjs"
    ;;
check) check all ;;
check-bytes) check bytes ;;
*)
    sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
