# lib.sh: what the whole-program tests of a command share. A test says what it expects, then runs:
#
#   name 'run prints the output'        what is tested; clears all expectations
#   out <<'EOF' ... EOF                 stdout, byte for byte (default: empty)
#   err <<'EOF' ... EOF                 stderr, byte for byte (default: empty)
#   err_like 'REGEX'                    one line of stderr matches (extended), the rest is free
#   out_like 'REGEX'                    the same for stdout
#   input <<'EOF' ... EOF               stdin (default: empty)
#   run CODE ARGUMENT...                runs $program in $work and prints a TAP line
#
# done_testing prints the plan and ends with 1 if anything failed. $work is a folder of its own that
# vanishes at the end; relative paths in arguments are in it, so messages are the same everywhere.
# Long expected texts lie in $golden.
set -u

program=$1
golden=$(cd "$(dirname "$0")/golden" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
case $program in
/*) ;;
*) program=$PWD/$program ;;
esac
number=0
failed=0
unset NO_COLOR COLDEVM_COMPAT COLDHEAP

echo 'TAP version 14'

name() {
    test_name=$1
    : >"$work/.out.want"
    : >"$work/.err.want"
    : >"$work/.in"
    out_pattern=
    err_pattern=
}

out() { cat >"$work/.out.want"; }
err() { cat >"$work/.err.want"; }
input() { cat >"$work/.in"; }
out_like() { out_pattern=$1; }
err_like() { err_pattern=$1; }

# verdict PROBLEM: one TAP line; an empty problem is a pass.
verdict() {
    number=$((number + 1))
    if [ -z "$1" ]; then
        echo "ok $number - $test_name"
        return
    fi
    failed=1
    echo "not ok $number - $test_name"
    printf '%s\n' "$1" | sed 's/^/# /'
}

# stream NAME PATTERN: says how a stream differs from what is expected.
stream() {
    if [ -n "$2" ]; then
        grep -Eq -- "$2" "$work/.$1" && return
        echo "$1 has no line like: $2"
        head -c 2000 "$work/.$1"
    elif ! cmp -s "$work/.$1.want" "$work/.$1"; then
        echo "$1 differs (< wanted, > got):"
        diff "$work/.$1.want" "$work/.$1" | head -n 20 | cut -c 1-300
    fi
}

run() {
    wanted=$1
    shift
    (cd "$work" && "$program" "$@" <.in >.out 2>.err)
    status=$?
    problem=
    [ "$status" -eq "$wanted" ] || problem="exit status $status, want $wanted
"
    problem=$problem$(stream out "$out_pattern")$(stream err "$err_pattern")
    verdict "$problem"
}

# run_to FILE CODE ARGUMENT...: as run, with stdout going to FILE (such as /dev/full).
run_to() {
    target=$1
    wanted=$2
    shift 2
    : >"$work/.out"
    (cd "$work" && "$program" "$@" <.in >"$target" 2>.err)
    status=$?
    problem=
    [ "$status" -eq "$wanted" ] || problem="exit status $status, want $wanted
"
    verdict "$problem$(stream err "$err_pattern")"
}

# check CONDITION...: a TAP line for any other command.
check() {
    if "$@" >"$work/.out" 2>&1; then
        verdict ''
    else
        verdict "failed: $*
$(head -n 20 "$work/.out")"
    fi
}

skip() {
    number=$((number + 1))
    echo "ok $number - $test_name # SKIP $1"
}

done_testing() {
    echo "1..$number"
    exit "$failed"
}
