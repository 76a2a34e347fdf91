#!/bin/sh
# demo.sh: the own contracts under the armed guard, cold heap and malloc twin side by side: a table
# on stdout and a picture of it.
#   scripts/demo.sh [PRESET [PICTURE]]      default: release build/demo.svg
# Short rounds: it ends in seconds. `coldevm bench --backend both` is the same, measured longer.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
coldevm=${COLDEVM:-$root/build/${1:-release}/bin/coldevm} # the tests run another build's
picture=${2:-$root/build/demo.svg}

"$coldevm" --version
echo
"$coldevm" bench --backend both --wide --min-time 0.02 --repetitions 3 --export "svg=$picture"
echo
echo "heap calls and page faults are those of one run once warm; reserved bytes are address space,"
echo "peak bytes what a run really touched; ratio is the malloc twin's time over ours"
echo "picture: $picture"
