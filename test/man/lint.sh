#!/bin/sh
# lint.sh PROGRAM MAN.SH: writes the manual pages and lets mandoc read them. Prints TAP.
set -u

program=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
if ! command -v mandoc >/dev/null 2>&1; then
    echo '1..0 # SKIP no mandoc (scripts/setup.sh test)'
    exit 0
fi
number=0
failed=0

check() { # NAME COMMAND...
    name=$1
    shift
    number=$((number + 1))
    if output=$("$@" 2>&1); then
        echo "ok $number - $name"
    else
        printf '%s\n' "$output" | sed 's/^/# /'
        echo "not ok $number - $name"
        failed=1
    fi
}

# Other pages are looked for in the system, where they are not yet.
is_clean() { # PAGE
    mandoc -T lint -W style "$1" | grep -v 'referenced manual not found' | grep . && return 1
    mandoc -T ascii "$1" | sed 's/.\x08//g' | grep -q '^EXIT STATUS$'
}

check 'the pages are written' sh "$2" "$program" "$work"
for page in "$work"/*.1; do
    check "$(basename "$page") is clean" is_clean "$page"
done
commands=$("$program" --help | sed -n '/^COMMANDS/,/^$/p' | grep -c '^  ')
check 'each command has a page' [ "$(find "$work" -name '*-*.1' | wc -l)" -eq "$commands" ]
echo "1..$number"
exit $failed
