#!/bin/sh
# statetest_fields_test.sh COLDEVM: see statetest_fields.py.
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
python3 "$here/statetest_fields.py" "$1" "$here/golden/statetest.json" "$work"
