#!/bin/sh
# bls_differential.sh BLS_CASES NODE_MODULES: random cases of EIP-2537 and point evaluation, ours
# against @noble/curves. TAP, one line an operation.
#
# All (COLDHEAP_CONFORMANCE_SAMPLE=1, make conformance): 100,000 cases of each addition, 5,000 of
# each map, 1,000 of each sum of products, the pairing and point evaluation. Otherwise 1 in 50 of
# them. COLDHEAP_SEED repeats a run.
set -u

cases=$1
modules=$2
folder=$(cd "$(dirname "$0")" && pwd)
seed=${COLDHEAP_SEED:-$(date +%s)}
share=50
[ "${COLDHEAP_CONFORMANCE_SAMPLE:-}" = 1 ] && share=1

if ! command -v node >/dev/null 2>&1 || [ ! -f "$modules/@noble/curves/bls12-381.js" ]; then
    echo "1..1"
    echo "ok 1 - bls and kzg against @noble/curves # SKIP run scripts/setup.sh contracts"
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
number=0
echo "# seed $seed, one case in $share"
for row in g1_add:100000 g2_add:100000 map_g1:5000 map_g2:5000 g1_msm:1000 g2_msm:1000 \
    pairing:1000 kzg:1000; do
    operation=${row%:*}
    count=$((${row#*:} / share))
    number=$((number + 1))
    if "$cases" "$operation" "$count" "$seed" >"$work/cases" &&
        node "$folder/oracle_bls.mjs" "$modules" <"$work/cases" >"$work/verdict" 2>&1 &&
        grep -q "^$count cases" "$work/verdict"; then
        echo "ok $number - $operation: $(cat "$work/verdict")"
    else
        echo "not ok $number - $operation, seed $seed"
        sed 's/^/# /' "$work/verdict"
        status=1
    fi
done
echo "1..$number"
exit $status
