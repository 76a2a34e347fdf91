# tap.sh: what the scripts of this folder share: a work folder, and TAP.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
number=0
failed=0
echo 'TAP version 14'

# check NAME: the status before decides.
check() {
    local status=$?
    number=$((number + 1))
    if [ $status -eq 0 ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        head -n 20 out err 2>/dev/null | sed 's/^/# /'
        failed=1
    fi
}

# skip NAME REASON: said loudly.
skip() {
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
    echo "$1: SKIPPED, $2" >&2
}

finish() {
    echo "1..$number"
    exit $failed
}
