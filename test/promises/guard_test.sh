#!/bin/sh
# guard_test.sh ROOT: scripts/guard_promises.py on a project of one unit test and one shell test:
# the complete one passes, and each thing that may be wrong with it fails. Prints TAP.
# shellcheck disable=SC2016 # backquotes of the table
set -u

root=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
project=$work/project
list=$project/test/promises/guard.txt
number=0
failed=0

promises() {
    PROMISES_ROOT=$project PATH=$work/bin:$PATH python3 -B "$root/scripts/guard_promises.py" "$1" \
        "$work" "$project/table.md" >"$work/out" 2>&1
}

check() { # NAME RESULT
    number=$((number + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $number - $1"
    else
        sed 's/^/# /' "$work/out"
        echo "not ok $number - $1"
        failed=1
    fi
}

# fresh: the project as it is when all is well, its document written.
fresh() {
    rm -rf "$project"
    mkdir -p "$project/src/guard" "$project/test/promises" "$project/test/box" "$work/bin"
    echo 'TEST(g01_box_is_empty) {' >"$project/src/guard/box_test.c"
    cat >"$project/test/box/box_test.sh" <<'END'
check 'G2 G3: a box; and a lid' $?
skip 'G4: a box that is not here' 'not installed'
check 'point 7: corners' $?
END
    for key in $(seq -f G%g 50) $(seq -f P%g 16); do
        echo "$key Promise"
        case $key in G1 | G2 | G3 | P7) ;; *) echo '    open nobody has looked' ;; esac
    done >"$list"
    cat >"$work/bin/ctest" <<END
#!/bin/sh
echo '{"tests": [{"name": "guard/box_test", "command": ["/b/guard_box_test"]},'
echo '  {"name": "box", "command": ["bash", "$project/test/box/box_test.sh"]}]}'
END
    chmod +x "$work/bin/ctest"
    promises write
}

# fails NAME TEXT: the check fails and says TEXT.
fails() {
    if promises check; then
        check "$1" 1
    else
        grep -q -- "$2" "$work/out"
        check "$1" $?
    fi
}

fresh
promises check
check 'a complete project passes' $?
grep -q '^| \*\*G1\*\* Promise | `guard/box_test`: box_is_empty |$' "$project/table.md" &&
    grep -q '^| \*\*G3\*\* Promise | `box`: a box, and a lid |$' "$project/table.md" &&
    grep -q '^| \*\*P7\*\* Promise | `box`: corners |$' "$project/table.md"
check 'names tell what unit tests and shell tests prove' $?
grep -q '^| \*\*G4\*\* Promise | open: nobody has looked |$' "$project/table.md"
check 'what is open stands in the table' $?

sed -i '/^G4 /{n;d}' "$list"
fails 'what is skipped is no proof' '^# G4$'
fresh
echo 'TEST(g01_box_is_full) {' >"$project/src/guard/box_test.c"
fails 'a test that is gone is missed' 'G1: no test in guard/box_test: box_is_empty'
fresh
sed -i 's/g01_/g05_/' "$project/src/guard/box_test.c"
fails 'a test that proves another promise is missed' 'G1: no such proof: `guard/box_test`'
fresh
sed -i 's/^G9 Promise/G9 Promise\n    test box a lid/' "$list"
fails 'a test of the list that no script has is found' 'G9: no such proof: test box a lid'
fresh
sed -i 's/^G9 Promise/G9 Promise\n    ctest gone/' "$list"
fails 'an entry of the list that no suite has is found' 'G9: no such proof: ctest gone'
fresh
sed -i '/^P16 /,$d' "$list"
fails 'a promise that the list lacks is found' '^# P16$'
fresh
sed -i '/\*\*G40\*\*/d' "$project/table.md"
fails 'a document that lacks a promise is found' '^# G40$'
fresh
sed -i '/^G9 /{n;s/nobody/somebody/}' "$list"
fails 'a reason that changed is found' 'G9: what is open is not what the list says'
fresh
sed -i 's/g01_/g51_g01_/' "$project/src/guard/box_test.c"
fails 'a number beyond the last is found' 'there is no promise G51'
echo "1..$number"
exit $failed
