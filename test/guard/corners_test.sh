#!/usr/bin/env bash
# corners_test.sh COLDHEAP ROOT NAME=FILE...: every corner of corners.txt in every variant (G49).
# The files are the scenario programs and the run times of this build; a variant without its program
# is skipped. CORNERS_TABLE=FILE writes the table of docs/measured/corners.md instead.
# shellcheck disable=SC2016 # backquotes of the page
set -u

coldheap=$1
root=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
list=$here/corners.txt
document=$root/docs/measured/corners.md
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset LD_PRELOAD COLDHEAP GITHUB_WORKSPACE
export ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=report_signal_unsafe=0
declare -A file=()
for word in "$@"; do
    file[${word%%=*}]=${word#*=}
done
variants='preload linked next static pie asan tsan valgrind'
declare -A program=([preload]=plain [linked]=linked [next]=plain [static]=static [pie]=pie
    [asan]=address [tsan]=thread [valgrind]=plain)
declare -A title=([preload]='preload' [linked]='in the executable' [next]='RTLD_NEXT'
    [static]='static' [pie]='static-PIE' [asan]='ASan' [tsan]='TSan' [valgrind]='valgrind')

field() { # NUMBER LINE
    cut -d '|' -f "$1" <<<"$2" | sed 's/^ *//; s/ *$//'
}

# rows: the lines of the corners themselves.
rows() {
    grep -vE '^(#|not |log |open |$)' "$list"
}

# noted WORD VARIANT SCENARIO [FIELD]: the reason of such a line, or another field, if there is one.
noted() {
    local line
    line=$(grep "^$1 $2 | $3 |" "$list") && field "${4:-3}" "$line"
}

in_cxx() {
    grep -qE "^SCENARIO(_LIMITED)?\($1," "$here/cxx.cpp"
}

# answer VARIANT SCENARIO ANSWER: the status that this cell must end with.
answer() {
    noted open "$1" "$2" 4 && return
    case $1,$3 in
    pie,*) echo 98 ;;
    *,clean) echo 0 ;;
    asan,* | tsan,* | valgrind,*) echo 97 ;;
    *,child) echo 0 ;;
    *) echo 134 ;;
    esac
}

# run VARIANT PROGRAM SCENARIO: its output is in `out`; returns its status.
run() {
    local mode=abort limit='timeout 120'
    noted log "$1" "$3" >/dev/null && mode=log
    case $1 in
    preload) $limit env "LD_PRELOAD=${file[preload]}" "$2" "$3" ;;
    next) $limit env "LD_PRELOAD=${file[next]}" "$2" "$3" ;;
    linked | static) $limit "$2" "$3" ;;
    valgrind) $limit "$coldheap" check --mode=$mode --with-valgrind -- "$2" "$3" ;;
    *) $limit "$coldheap" check --mode=$mode -- "$2" "$3" ;;
    esac >"$work/out" 2>&1
}

# says_so VARIANT SCENARIO ANSWER TEXT: the output is that of the answer, and of an armed run.
says_so() {
    local last text
    if text=$(noted open "$1" "$2" 5); then
        grep -qF -- "$text" "$work/out"
        return
    fi
    last=$(tail -n 1 "$work/out")
    case $1 in
    pie)
        grep -q 'static-PIE program: .*it was not started' "$work/out"
        return
        ;;
    asan | tsan) [[ $last == *armed=hooks\ images=1/1* ]] || return ;;
    valgrind) [[ $last == *armed=preload+memcheck\ images=1/1* ]] || return ;;
    *)
        [ "$3" = violation ] || ! grep -q VIOLATION "$work/out" || return
        [ "$3" != violation ] || grep 'VIOLATION' "$work/out" | grep -qF -- "$4"
        return
        ;;
    esac
    if [ "$3" = clean ]; then
        [[ $last == *PASS*violations=0* ]]
    else
        grep 'VIOLATION' "$work/out" | grep -qF -- "$4" || return
        noted log "$1" "$2" >/dev/null || [[ $last == *violations=1\ at\ 1\ site* ]]
    fi
}

# cell VARIANT CORNER SCENARIO ANSWER TEXT
cell() {
    local name="G49: $2, ${title[$1]}" reason binary=${program[$1]} want got
    if reason=$(noted not "$1" "$3"); then
        echo "ok - $name: not there, $reason"
        return
    fi
    ! in_cxx "$3" || binary=cxx_$binary
    binary=${file[$binary]-}
    if [ -z "$binary" ] || { [ "$1" = valgrind ] && ! command -v valgrind >/dev/null; }; then
        echo "ok - $name # SKIP this machine has no such program"
        return
    fi
    want=$(answer "$1" "$3" "$4")
    run "$1" "$binary" "$3"
    got=$?
    if [ $got -eq "$want" ] && says_so "$1" "$3" "$4" "$5"; then
        echo "ok - $name: $want"
    else
        echo "not ok - $name: status $got, want $want with '$5'"
        sed 's/^/# /' "$work/out" | grep -v 'was never entered' | head -n 40
    fi
}

# table: what the document says.
table() {
    local line variant corner scenario note
    cat <<'END'
# Corners of the guard

What each corner case answers in each way the guard can be present, as `ctest -R guard/corners`
asks them; `test/guard/corners.txt` has the texts of the reports. Written by
`CORNERS_TABLE=docs/measured/corners.md test/guard/corners_test.sh coldheap .`.

Statuses: 0 clean; 134 the program aborts with a report; 97 `coldheap check` found exactly that; 98
`coldheap check` refuses it; - not there, see below; (open) not yet what is specified. A fork child
that is caught ends with 134, and its parent in turn with 0.

END
    printf '| corner |'
    for variant in $variants; do
        printf ' %s |' "${title[$variant]}"
    done
    printf '\n|---|---|---|---|---|---|---|---|---|\n'
    rows | while IFS= read -r line; do
        corner=$(field 1 "$line")
        scenario=$(field 2 "$line")
        printf '| %s (`%s`) |' "$corner" "$scenario"
        for variant in $variants; do
            if noted not "$variant" "$scenario" >/dev/null; then
                printf ' - |'
            else
                note=
                ! noted log "$variant" "$scenario" >/dev/null || note=' (log)'
                ! noted open "$variant" "$scenario" >/dev/null || note=' (open)'
                printf ' %s%s |' "$(answer "$variant" "$scenario" "$(field 3 "$line")")" "$note"
            fi
        done
        echo
    done
    echo
    grep -E '^(not|log|open) ' "$list" | while IFS= read -r line; do
        variant=$(field 1 "$line")
        case $variant in
        not*) printf -- '- `%s`, %s: not there; ' "$(field 2 "$line")" "${title[${variant#* }]}" ;;
        log*) printf -- '- `%s`, %s: goes on after the first report; ' "$(field 2 "$line")" \
            "${title[${variant#* }]}" ;;
        open*) printf -- '- `%s`, %s: open; ' "$(field 2 "$line")" "${title[${variant#* }]}" ;;
        esac
        echo "$(field 3 "$line")."
    done
}

if [ -n "${CORNERS_TABLE-}" ]; then
    table >"$CORNERS_TABLE"
    exit
fi
# cells VARIANT: all of a variant.
cells() {
    local line
    while IFS= read -r line; do
        cell "$1" "$(field 1 "$line")" "$(field 2 "$line")" "$(field 3 "$line")" \
            "$(field 4 "$line")" </dev/null
    done < <(rows)
}

# The slowest runs beside the others, in a folder of its own.
beside=$work/valgrind
mkdir "$beside"
(
    # shellcheck disable=SC2030
    work=$beside
    cells valgrind >"$work/cells"
) &
# shellcheck disable=SC2031
for variant in ${variants% valgrind}; do
    cells "$variant"
done >"$work/cells"
wait
table >"$work/table"
{
    cat "$work/cells" "$beside/cells"
    if diff "$work/table" "$document" >"$work/out"; then
        echo 'ok - G49: docs/measured/corners.md is this table'
    else
        sed 's/^/# /' "$work/out"
        echo 'not ok - G49: docs/measured/corners.md is this table'
    fi
} >"$work/all"
echo 'TAP version 14'
awk '/^(not )?ok -/ { number++; sub(/ok -/, "ok " number " -") } / # SKIP / { skipped++ } { print }
    END { if (skipped) print "# SKIPPED: " skipped " of " number " cells were not looked at"
          print "1.." number }' "$work/all"
! grep -q '^not ok' "$work/all"
