#!/bin/sh
# bench.sh: runs every bench program of a built preset, one after the other.
#   scripts/bench.sh [PRESET [FILTER]]
# Then `coldevm bench` over the own contracts, unless FILTER is given. Tables go to stdout,
# Google-Benchmark JSON to build/bench/PROGRAM.json. FILTER is part of a program's name. Exit status
# 1 if a bench failed (results differ, heap calls where none may be, a row below the floor).
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
bin=$root/build/${1:-release}/bin
out=$root/build/bench
mkdir -p "$out"

status=0
found=0
for program in "$bin"/*"${2:-}"*_bench; do
    [ -x "$program" ] || continue
    found=1
    name=$(basename "$program")
    echo "== $name"
    "$program" --json "$out/$name.json" || status=1
done
# The contracts, through the command: cold heap beside the malloc twin.
if [ -x "$bin/coldevm" ] && [ -z "${2:-}" ]; then
    found=1
    echo '== coldevm bench'
    "$bin/coldevm" bench --backend both --export "gbench=$out/coldevm.json" || status=1
fi
[ "$found" -eq 1 ] || { echo "bench: no bench program in $bin matches" >&2; exit 1; }
echo "results: $out"
exit "$status"
