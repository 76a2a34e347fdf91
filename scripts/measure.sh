#!/bin/sh
# measure.sh: measures this machine and writes the tables and pictures of the README.
#   scripts/measure.sh own                       own contracts: cold heap beside the malloc twin
#   scripts/measure.sh vm LIBRARY CASE...        cases beside any EVMC library of ABI 12
#   scripts/measure.sh precompiles               every precompile beside its target
#   scripts/measure.sh memory                    memory patterns beside the raw loop and rivals
#   scripts/measure.sh warning                   a benchmark that is wrong on purpose, explained
#   scripts/measure.sh guard                     what the guard costs, beside its limits
#   scripts/measure.sh reduction                 whole programs on the patterns and on malloc
#   scripts/measure.sh statetest FOLDER [NAME COMMAND...]
#                                                all state tests of a folder, with one and two
#                                                workers, and beside another runner called NAME
# Each writes docs/measured/NAME.md (own and vm a NAME.svg too) from one run, interleaved where two
# are compared, then puts the table between its two marks in README.md. Environment: PRESET
# (release).
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
coldevm=$root/build/${PRESET:-release}/bin/coldevm
out=$root/docs/measured
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

die() {
    echo "measure.sh: $*" >&2
    exit 2
}

# Commit, processor, compiler: a number without them is none.
provenance() {
    commit=$("$coldevm" --version | sed 's/.*(\([0-9a-f]*\)).*/\1/')
    cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
    cache=$root/build/${PRESET:-release}/CMakeCache.txt
    compiler=$(sed -n 's/^CMAKE_C_COMPILER:[^=]*=//p' "$cache")
    echo
    echo "Commit $commit, $cpu, $("$compiler" --version | head -n 1), \`-O3\`; $2." \
        "Repeat it: \`scripts/measure.sh $1\`."
}

# splice NAME [TABLE [PAGE]]: puts it, or docs/measured/NAME.md, between <!-- begin NAME --> and
# <!-- end NAME --> of the page, or the README.
splice() {
    page=$root/${3:-README.md}
    awk -v name="$1" -v table="${2:-$out/$1.md}" '
        $0 == "<!-- begin " name " -->" {
            print
            while ((getline line < table) > 0) { print line }
            skip = 1
        }
        $0 == "<!-- end " name " -->" { skip = 0 }
        !skip { print }' "$page" >"$work/page.md"
    cp "$work/page.md" "$page"
}

# The bench's JSON has one row a line; value(KEY) is a member of it.
functions='
function value(key,    rest) {
    if (!match($0, "\"" key "\": *")) { return "" }
    rest = substr($0, RSTART + RLENGTH)
    sub(/^"/, "", rest)
    sub(/["},].*/, "", rest)
    return rest
}
function micro(ns) {
    ns += 0
    return sprintf(ns >= 1e6 ? "%.0f" : "%.1f", ns / 1e3)
}
'

own_table() {
    awk "$functions"'
        /"backend"/ {
            name = value("case")
            if (!(name in gas)) { order[++count] = name }
            gas[name] = value("gas")
            key = name SUBSEP value("backend")
            ns[key] = value("nsPerRun")
            heap[key] = value("heapCalls")
            peak[key] = value("peakBytes")
        }
        END {
            printf "| contract | gas | cold, µs | Mgas/s | heap calls | peak bytes "
            print "| malloc twin, µs | heap calls | peak bytes | twin / cold |"
            print "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
            for (i = 1; i <= count; i++) {
                n = order[i]; c = n SUBSEP "cold"; m = n SUBSEP "malloc"
                printf "| %s | %d | %s | %.0f ", n, gas[n], micro(ns[c]), gas[n] * 1e3 / ns[c]
                printf "| %s | %s | %s ", heap[c], peak[c], micro(ns[m])
                printf "| %s | %s | %.2f |\n", heap[m], peak[m], ns[m] / ns[c]
            }
        }' "$1"
}

vm_table() {
    awk "$functions"'
        /"backend"/ {
            name = value("case")
            if (!(name in gas)) { order[++count] = name }
            gas[name] = value("gas")
            ns[name SUBSEP value("backend")] = value("nsPerRun")
            if (value("backend") ~ /^vm:/) { rival = value("backend") }
        }
        /"geometricMean"/ && value("rival") == rival {
            mean[value("ours")] = value("geometricMean")
            least[value("ours")] = value("least")
        }
        END {
            printf "| case | gas | %s, µs | ours, analysed on every run, µs ", substr(rival, 4)
            print "| times as fast | ours, cached, µs | times as fast |"
            print "|---|---:|---:|---:|---:|---:|---:|"
            a = "cold/analysed"; c = "cold/cached"
            for (i = 1; i <= count; i++) {
                n = order[i]; v = ns[n SUBSEP rival]
                analysed = ns[n SUBSEP a]
                cached = ns[n SUBSEP c]
                printf "| %s | %d | %s | %s | **%.2f** | %s | **%.2f** |\n", n, gas[n], micro(v),
                    micro(analysed), v / analysed, micro(cached), v / cached
            }
            printf "| geometric mean | | | | **%.2f** | | **%.2f** |\n", mean[a], mean[c]
            printf "| least | | | | %.2f | | %.2f |\n", least[a], least[c]
        }' "$1"
}

# Lines "target NAME: NS of NS ns: ok|MISS" of the bench.
precompiles_table() {
    awk '
        function show(ns) {
            return ns < 1e4 ? sprintf("%.0f ns", ns) : ns < 1e6 ? sprintf("%.1f µs", ns / 1e3) \
                : sprintf("%.2f ms", ns / 1e6)
        }
        BEGIN {
            print "| precompile | a call, input checked | target | |"
            print "|---|---:|---:|---|"
        }
        /^target / {
            name = $0
            sub(/^target /, "", name)
            sub(/: .*/, "", name)
            figures = $0
            sub(/^target [^:]*: /, "", figures)
            split(figures, part, " ")
            printf "| %s | %s | %s | %s |\n", name, show(part[1] + 0), show(part[3] + 0), part[5]
        }' "$1"
}

# JSON lines of `coldheap bench`.
guard_table() {
    awk "$functions"'
        function show(text,    number) {
            number = text + 0
            if (text == "null") { return "" }
            return sprintf(number < 1 ? "%.3f" : number < 10 ? "%.2f" : "%.1f", number)
        }
        BEGIN {
            print "What the guard costs a program: one malloc(64) and free behind 7 frames, scopes,"
            print "system calls; thread CPU time. *Ratio* is to glibc with as many threads in the"
            print "same run, or between the two cases of the name; limits are the targets of the"
            print "specification as such ratios (glibc 22.3 ns, with more threads 22.5)."
            print ""
            print "| case | ns | ratio | limit | verdict |"
            print "|---|---:|---:|---:|---|"
        }
        value("type") == "figure" {
            name = $0
            sub(/^.*"case":"/, "", name)
            sub(/","ns":.*/, "", name)
            printf "| %s | %s | %s | %s | %s |\n", name, show(value("ns")), show(value("ratio")),
                show(value("limit")), value("verdict")
        }' "$1"
}

# statetest_row NAME COMMAND...: best of three by CPU seconds; wall seconds and peak memory with it.
statetest_row() {
    python3 - "$work/statetest.out" "$@" <<'END'
import os, subprocess, sys, time
out, name, command = sys.argv[1], sys.argv[2], sys.argv[3:]
best = None
for _ in range(3):
    with open(out, "wb") as sink:
        start = time.monotonic()
        child = subprocess.Popen(command, stdout=sink, stderr=subprocess.DEVNULL)
        _, _, used = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
    cpu = used.ru_utime + used.ru_stime
    if best is None or cpu < best[0]:
        best = (cpu, wall, used.ru_maxrss / 1024)
print("| %s | %.1f | %.1f | %.0f |" % ((name,) + best))
END
}

statetest_table() {
    folder=$1
    shift
    echo '| runner | CPU, s | wall, s | peak memory, MiB |'
    echo '|---|---:|---:|---:|'
    for workers in 1 2; do
        statetest_row "coldevm statetest --workers $workers" \
            "$coldevm" statetest --human --workers $workers "$folder"
    done
    tail -n 1 "$work/statetest.out" >"$work/verdict"
    if [ $# -ge 2 ]; then
        rival=$1
        shift
        statetest_row "$rival" "$@" "$folder"
    fi
    echo
    cat "$work/verdict"
}

case ${1:-} in
memory)
    # A missed bar is a row of the table, too.
    results=$root/build/bench
    rm -f "$results"/mem_*_bench.json "$results"/memory.*
    "$root/scripts/bench.sh" "${PRESET:-release}" mem_ >&2 || [ -s "$results/memory.svg" ]
    for again in 1 2; do # a disturbed run gets another chance
        for program in $("$root/scripts/bench.py" missed "$results"); do
            "$root/build/${PRESET:-release}/bin/$program" --json "$work/$program.json" >&2 || true
        done
        if ls "$work"/*_bench.json >/dev/null 2>&1; then
            "$root/scripts/bench.py" keep "$results" "$work"
        fi
        rm -f "$work"/*_bench.json
    done
    "$root/scripts/bench.py" plot "$results" "$results/memory.svg"
    note=$(provenance memory 'best batch of nine interleaved rounds; of a program that missed a bar
the best of three runs')
    { "$root/scripts/bench.py" table "$results" && echo "$note"; } >"$out/memory.md"
    cp "$results/memory.svg" "$out/memory.svg"
    { "$root/scripts/bench.py" table "$results" --short && echo "$note"; } >"$work/short.md"
    splice memory "$work/short.md"
    { "$root/scripts/bench.py" costs "$results" && echo "$note"; } >"$work/costs.md"
    splice costs "$work/costs.md" docs/guide/which-pattern.md
    ;;
warning)
    # It fails, as it must.
    "$root/build/${PRESET:-release}/bin/bench_warning" >"$work/warning.txt" && die "it passed"
    note=$(provenance warning 'one run')
    {
        cat "$root/bench/warning/warning.md"
        echo '```'
        sed -n '/^group/,$p' "$work/warning.txt"
        echo '```'
        echo "$note"
    } >"$out/warning.md"
    ;;
guard)
    # A missed limit is a row of the table, too; a figure that cannot be had is none.
    command=$root/build/${PRESET:-release}/bin/coldheap
    "$command" bench --check --rounds 20 --json "$work/guard.json" >&2 || [ -s "$work/guard.json" ]
    note=$(provenance guard 'best of all batches of up to 60 interleaved turns')
    { guard_table "$work/guard.json" && echo "$note"; } >"$out/guard.md"
    ;;
reduction)
    program=$root/build/${PRESET:-release}/bin/reduction
    note=$(provenance reduction 'CPU time, best of nine interleaved runs')
    { "$program" && echo "$note"; } >"$out/reduction.md"
    { "$program" --short && echo "$note"; } >"$work/short.md"
    splice reduction "$work/short.md"
    ;;
precompiles)
    # A missed target is a row of the table, too.
    "$root/build/${PRESET:-release}/bin/chain_precompile_bench" >"$work/precompiles.txt" ||
        [ -s "$work/precompiles.txt" ]
    { precompiles_table "$work/precompiles.txt" && provenance precompiles 'best round'; } \
        >"$out/precompiles.md"
    splice precompiles
    ;;
statetest)
    [ $# -ge 2 ] || die "statetest needs a folder"
    shift
    { statetest_table "$@" &&
        provenance 'statetest FOLDER [NAME COMMAND...]' 'best of three by CPU time'; } \
        >"$out/statetest.md"
    splice statetest
    ;;
own)
    "$coldevm" bench --backend both --json --export "svg=$out/own.svg" >"$work/own.json"
    { own_table "$work/own.json" && provenance own 'best of nine interleaved rounds'; } \
        >"$out/own.md"
    splice own
    ;;
vm)
    [ $# -ge 3 ] || die "vm needs a library and at least one case"
    library=$2
    shift 2
    "$coldevm" bench --cache both --json --vm "$library" --export "svg=$out/vm.svg" "$@" \
        >"$work/vm.json"
    { vm_table "$work/vm.json" && provenance 'vm LIBRARY CASE...' \
        'best of nine interleaved rounds'; } >"$out/vm.md"
    splice vm
    ;;
*) die "usage: memory | guard | reduction | warning | own | vm LIBRARY CASE... | precompiles |" \
    "statetest FOLDER [NAME COMMAND...]" ;;
esac
