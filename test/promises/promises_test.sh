#!/bin/sh
# promises_test.sh ROOT: scripts/promises.py on a project of one test program: the complete one
# passes, and each thing that may be wrong with it fails. Prints TAP.
set -u

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
project=$work/project
promises() {
    PROMISES_ROOT=$project PATH=$work/bin:$PATH python3 "$1/scripts/promises.py" "$2" "$work" \
        "$project/promises.md"
}
number=0
failed=0

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
    mkdir -p "$project/src/mem" "$project/test/promises" "$project/bench" "$work/bin"
    cat >"$project/src/mem/box_test.c" <<'END'
TEST(box_holds_one) { /* M1 M2 */
}
TEST(box_that_is_named_on_two_lines_because_it_is_long_enough_for_the_formatter_to_break) {
    /* M2 */
}
TEST(box_without_a_mark) {
    /* this is said: M5 */
}
END
    echo 'M3 | box_pair | cold | raw* | 1.1' >"$project/bench/bars.txt"
    i=1
    while [ "$i" -le 83 ]; do
        echo "M$i Promise"
        [ "$i" -le 3 ] || echo '    ctest mem/box*'
        i=$((i + 1))
    done >"$project/test/promises/promises.txt"
    cat >"$work/bin/ctest" <<'END'
#!/bin/sh
echo '{"tests": [{"name": "mem/box_fuzz"},'
echo '  {"name": "mem/box_test", "command": ["/b/mem_box_test"]}]}'
END
    chmod +x "$work/bin/ctest"
    promises "$root" write >"$work/out" 2>&1
}

# fails NAME TEXT: the check fails and says TEXT.
fails() {
    if promises "$root" check >"$work/out" 2>&1; then
        check "$1" 1
    else
        grep -q "$2" "$work/out"
        check "$1" $?
    fi
}

root=$1
fresh
promises "$root" check >"$work/out" 2>&1
check 'a complete project passes' $?
grep -q '^| \*\*M2\*\* Promise | `mem/box_test`: box_holds_one, box_that_is_named' \
    "$project/promises.md"
check 'marks name the tests of a promise, on the same line or the next' $?
! grep -q box_without_a_mark "$project/promises.md"
check 'a comment that is no mark is none' $?
grep -q '^| \*\*M3\*\* Promise | bar: `box_pair` |' "$project/promises.md"
check 'a bar is a proof' $?
echo 'TEST(added) { /* M1 */' >>"$project/src/mem/box_test.c"
promises "$root" check >"$work/out" 2>&1
check 'a test that came since is no failure' $?

sed -i 's/box_holds_one/box_holds_two/' "$project/src/mem/box_test.c"
fails 'a test that is gone is missed' 'M1: no test box_holds_one in `mem/box_test`'
fresh
sed -i 's/^TEST(box_holds_one).*/TEST(box_holds_one) {/' "$project/src/mem/box_test.c"
fails 'a promise without a proof is missed' '^# M1$'
fresh
sed -i '/\*\*M40\*\*/d' "$project/promises.md"
fails 'a document that lacks a promise is found' '^# M40$'
fresh
sed -i 's/M40 Promise/M40 Promise\n    ctest mem\/gone/' "$project/test/promises/promises.txt"
fails 'an entry of the list that no suite has is found' 'M40: no ctest entry mem/gone'
fresh
sed -i 's/M40 Promise/M40 Promise\n    script gone.sh/' "$project/test/promises/promises.txt"
fails 'a script of the list that is not there is found' 'M40: no script gone.sh'
fresh
sed -i 's/M1 M2/M1 M84/' "$project/src/mem/box_test.c"
fails 'a number beyond the last is found' 'there is no promise M84'
fresh
: >"$project/bench/bars.txt"
fails 'a bar that is gone is missed' 'M3: no bar box_pair'
fresh
mv "$project/src/mem/box_test.c" "$project/src/mem/idle_test.c"
fails 'a marked test that no entry runs is found' 'nothing runs the marked tests of src/mem/idle'
echo "1..$number"
exit $failed
