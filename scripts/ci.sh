#!/usr/bin/env bash
# ci.sh: the jobs that a developer and the continuous check share.
#
#   scripts/ci.sh test [PRESET]      configure, build and test one preset (release)
#   scripts/ci.sh build [PRESET [TARGET...]]   configure and build only
#   scripts/ci.sh conformance [PRESET]   every case of the public fixtures, and the check of the own
#                                    contracts against their sources; nothing else
#   scripts/ci.sh matrix             the other compiler and presets, one after the other
#   scripts/ci.sh ports              32-bit x86, aarch64 and s390x under emulation
#   scripts/ci.sh memory             libcoldheap under Valgrind (sampled) and ThreadSanitizer
#   scripts/ci.sh coverage           what the tests reach of libcoldheap; fails below the bar
#   scripts/ci.sh tidy               the tidy tests alone, to run before a push
#   scripts/ci.sh format             lets clang-format 14 write over the C files
#
# Every test job ends with the line "N passed, N failed" (", N skipped" if any were) and exits 1 if
# something failed; the counts are of single tests, not of programs, and are kept in
# build/PRESET/test-counts. Environment: COLDHEAP_FIXTURES (folder of the unpacked public fixtures),
# COLDHEAP_SEED (repeat a run's random tests), COLDHEAP_JOBS (processes at once; default all cores).
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
jobs=${COLDHEAP_JOBS:-$(getconf _NPROCESSORS_ONLN)}
cd "$root" || exit 1

# What the matrix runs after `test release`: the preset, and how many conformance cases it takes
# (one in N, chosen by a hash of the case's name). gcc's sanitizers take the patterns only: all else
# runs under clang's, and `scripts/ci.sh test asan` runs it under gcc's too.
matrix='
release-clang 20
verify        20
asan-mem      1
asan-clang    20
'

# Other machines: parts without foreign libraries (CMakePresets.json), no conformance cases.
ports='
i686    1
aarch64 1
s390x   1
'

# libcoldheap's patterns under checkers too slow for all else: the preset, 1, what CTest takes.
memory='
valgrind 1 -L unit -E thread|spsc|mpmc
tsan-mem 1 -L unit
'

usage() {
    sed -n '2,/^set -u/{/^set/!s/^# \{0,1\}//p;}' "$0" >&2
    exit 2
}

closing_line() { # PASSED FAILED SKIPPED
    if [ "$3" -gt 0 ]; then
        echo "$1 passed, $2 failed, $3 skipped"
    else
        echo "$1 passed, $2 failed"
    fi
}

say_what_is_missing() {
    [ -d "${COLDHEAP_FIXTURES:-}" ] && return 0
    cat <<'END'
************************************************************************************************
  SKIPPED: conformance and benchmark cases of the public Ethereum fixtures.
  COLDHEAP_FIXTURES must name the folder where they lie unpacked; it is not set or not a folder.
  They are published on the release pages of execution-spec-tests, ethereum/tests,
  ethereum/legacytests and ipsilon/evm-benchmarks:
    https://github.com/ethereum/execution-spec-tests/releases
    https://github.com/ethereum/tests/releases
    https://github.com/ethereum/legacytests
    https://github.com/ipsilon/evm-benchmarks
************************************************************************************************
END
}

# build_preset PRESET [TARGET...]: quiet unless it fails.
build_preset() {
    local preset=$1 log targets=()
    shift
    [ $# -eq 0 ] || targets=(--target "$@")
    mkdir -p "build/$preset" || return 1
    log=build/$preset/build.log
    echo "== $preset: configure and build"
    if ! cmake --preset "$preset" >"$log" 2>&1 ||
        ! cmake --build --preset "$preset" -j "$jobs" "${targets[@]}" >>"$log" 2>&1; then
        tail -n 60 "$log"
        echo "== $preset: the build failed (whole log: $log)"
        return 1
    fi
}

# test_preset PRESET [CTEST ARGUMENT...]: builds, runs, counts; the counts file says 1 failed until
# a run has come to its end.
test_preset() {
    local preset=$1 counts passed=0 failed=1 skipped=0
    shift
    mkdir -p "build/$preset" || return 1
    counts=build/$preset/test-counts
    echo "0 1 0" >"$counts"
    rm -f "build/$preset/Testing/Temporary/LastTest.log"
    if build_preset "$preset"; then
        echo "== $preset: test"
        ctest --preset "$preset" -j "$jobs" "$@" | tee "build/$preset/ctest.log"
        LC_ALL=C awk -f scripts/count-tests.awk "build/$preset/ctest.log" \
            "build/$preset/Testing/Temporary/LastTest.log" >"$counts.new" &&
            mv "$counts.new" "$counts"
    fi
    read -r passed failed skipped <"$counts"
    say_what_is_missing
    closing_line "$passed" "$failed" "$skipped"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

# run_presets NAME LIST: test_preset for each line "PRESET SAMPLE [CTEST ARGUMENT...]"; the sum in
# build/NAME-counts.
run_presets() {
    local preset sample arguments result=0 passed=0 failed=0 skipped=0 p f s
    while read -r preset sample arguments; do
        [ -n "$preset" ] || continue
        # Unset is all of them too, but leaves the long repetition of the expectations of the own
        # contracts to `make conformance`.
        if [ "$sample" -gt 1 ]; then
            COLDHEAP_CONFORMANCE_SAMPLE=$sample test_preset "$preset" $arguments || result=1
        else
            test_preset "$preset" $arguments || result=1 # arguments are words
        fi
        read -r p f s <"build/$preset/test-counts"
        passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    done <<<"$2"
    echo "$passed $failed $skipped" >"build/$1-counts"
    echo "== $1"
    closing_line "$passed" "$failed" "$skipped"
    return $result
}

run_conformance() {
    if [ ! -d "${COLDHEAP_FIXTURES:-}" ]; then
        say_what_is_missing
        return 1
    fi
    COLDHEAP_CONFORMANCE_SAMPLE=1 test_preset "$1" -L conformance
}

# The judge's lines are counted like those of a test program.
run_coverage() {
    local result=0 passed failed skipped p f
    find build/coverage -name '*.gcda' -delete 2>/dev/null
    test_preset coverage || result=1
    read -r passed failed skipped <build/coverage/test-counts
    python3 scripts/coverage.py . build/coverage | tee build/coverage/judged || result=1
    p=$(grep -c '^ok' build/coverage/judged) f=$(grep -c '^not ok' build/coverage/judged)
    [ "$((p + f))" -gt 0 ] || f=1
    echo "$((passed + p)) $((failed + f)) $skipped" >build/coverage-counts
    closing_line $((passed + p)) $((failed + f)) "$skipped"
    return $result
}

case ${1:-} in
test) test_preset "${2:-release}" ;;
build) build_preset "${2:-release}" "${@:3}" ;;
conformance) run_conformance "${2:-release}" ;;
matrix) run_presets matrix "$matrix" ;;
coverage) run_coverage ;;
memory) run_presets memory "$memory" ;;
ports) run_presets ports "$ports" ;;
tidy) test_preset release -L tidy ;;
format) sh test/tidy/format.sh "$root" --write ;;
*) usage ;;
esac
