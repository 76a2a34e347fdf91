# lib.sh: what the tests of `coldheap check` share: TAP lines, a folder of their own, programs.
#   . lib.sh COLDHEAP INCLUDE
# Every test names the requirement it shows (G20: ...).
coldheap=$1
include=$2
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
shown='out err'
cd "$work" || exit 1
unset LD_PRELOAD COLDHEAP GITHUB_WORKSPACE

# watch ARGUMENT...: runs `coldheap check`; `got` is the status.
watch() {
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
