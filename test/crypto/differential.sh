#!/bin/sh
# differential.sh CASES ORACLE NODE_MODULES PACKAGE_FILE OPERATION:COUNT...: random cases of
# the program CASES, judged by node running ORACLE on another implementation. TAP, one line each.
#
# All COUNT cases if COLDHEAP_CONFORMANCE_SAMPLE is 1 (make conformance); otherwise 1 in 50.
# COLDHEAP_SEED repeats a run.
set -u

cases=$1
oracle=$2
modules=$3
package=$4
shift 4
seed=${COLDHEAP_SEED:-$(date +%s)}
share=50
[ "${COLDHEAP_CONFORMANCE_SAMPLE:-}" = 1 ] && share=1

if ! command -v node >/dev/null 2>&1 || [ ! -f "$modules/$package" ]; then
    echo "1..1"
    echo "ok 1 - against $package # SKIP no node or no package: scripts/setup.sh contracts"
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
number=0
echo "1..$#"
echo "# seed $seed, one case in $share"
for row; do
    operation=${row%:*}
    count=$((${row#*:} / share))
    number=$((number + 1))
    if "$cases" "$operation" "$count" "$seed" >"$work/cases" &&
        node "$oracle" "$modules" <"$work/cases" >"$work/verdict" 2>&1 &&
        grep -q "^$count cases" "$work/verdict"; then
        echo "ok $number - $operation: $(cat "$work/verdict")"
    else
        echo "not ok $number - $operation, seed $seed"
        [ ! -f "$work/verdict" ] || sed 's/^/# /' "$work/verdict"
        status=1
    fi
done
exit $status
