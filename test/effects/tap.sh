# tap.sh: what the tests of this folder share: a folder of their own, and numbered lines.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
number=0
failed=0
echo 'TAP version 14'

# check NAME STATUS WANTED
check() {
    number=$((number + 1))
    if [ "$2" -eq "$3" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        echo "# status $2, not $3"
        sed 's/^/# /' out err 2>/dev/null | head -n 40
        failed=1
    fi
}

# skip NAME REASON
skip() {
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

finish() {
    echo "1..$number"
    exit $failed
}
