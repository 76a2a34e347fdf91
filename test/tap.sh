# tap.sh: what the tests in bash share: TAP lines, and a folder of their own to work in, $work.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
failed=0
shown='log out err' # files in $work that tell why a test failed
echo 'TAP version 14'

# check NAME: the status before decides.
check() {
    local status=$?
    number=$((number + 1))
    if [ $status -eq 0 ]; then
        echo "ok $number - $1"
        return
    fi
    echo "not ok $number - $1"
    # shellcheck disable=SC2086 # names are words
    (cd "$work" && cat $shown 2>/dev/null) | head -n 60 | cut -c1-400 | tr -cd '\n\t -~' |
        sed 's/^/# /'
    failed=1
}

# skip NAME REASON: said loudly.
skip() {
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

finish() {
    echo "1..$number"
    exit $failed
}
