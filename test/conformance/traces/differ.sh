#!/bin/sh
# differ.sh COLDEVM: traces of state tests against those of an independent implementation, under the
# rules that differ.mjs states. 1000 cases if COLDHEAP_CONFORMANCE_SAMPLE is 1, as make conformance
# sets it, else 60. Needs COLDHEAP_FIXTURES, node >= 18 and the packages of deps/package.json in
# build/deps (scripts/setup.sh contracts).
# Exit status: 0 the same, 1 a trace differs, 77 something needed is absent.
set -eu

absent() {
    echo "traces: SKIPPED, $1" >&2
    exit 77
}

here=$(cd "$(dirname "$0")" && pwd)
[ -d "${COLDHEAP_FIXTURES:-}/state_tests" ] || absent 'COLDHEAP_FIXTURES has no state_tests'
command -v node >/dev/null 2>&1 || absent 'node is not installed'
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 18 ] || absent "node $major is older than 18"

count=60
[ "${COLDHEAP_CONFORMANCE_SAMPLE:-}" != 1 ] || count=1000
status=0
node "$here/differ.mjs" "$1" "$COLDHEAP_FIXTURES" "$count" || status=$?
[ "$status" -ne 3 ] || absent 'npm packages are absent (see above)'
exit "$status"
