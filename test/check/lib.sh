# lib.sh: what the tests of `coldheap check` share: TAP lines, a folder of their own, programs.
#   . lib.sh COLDHEAP INCLUDE
# Every test names the requirement it shows (G20: ...).
coldheap=$1
include=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
number=0
failed=0
unset LD_PRELOAD COLDHEAP GITHUB_WORKSPACE
echo 'TAP version 14'

# ok NAME: the status before decides.
ok() {
    local status=$?
    number=$((number + 1))
    if [ $status -eq 0 ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        echo "# status ${got:-?}"
        sed 's/^/# out: /' out 2>/dev/null | head -n 10
        sed 's/^/# /' err 2>/dev/null | head -n 60
        failed=1
    fi
}

skip() {
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

finish() {
    echo "1..$number"
    exit $failed
}

# check ARGUMENT...: runs it; `got` is the status.
check() {
    "$coldheap" check "$@" >out 2>err
    got=$?
    [ $got -lt 128 ] || echo "# status $got: check $*"
}

# verdict TEXT...: the last line of stderr has each of the texts.
verdict() {
    local line text
    line=$(tail -n 1 err)
    for text in "$@"; do
        case $line in
        *"$text"*) ;;
        *) return 1 ;;
        esac
    done
}

says() {
    grep -qF -- "$1" err
}

has() {
    command -v "$1" >/dev/null 2>&1
}

build() {
    gcc -std=gnu17 -O2 -g -w -I"$include" "$@" 2>build.err || {
        sed 's/^/# /' build.err
        return 1
    }
}
