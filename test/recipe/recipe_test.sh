#!/usr/bin/env bash
# recipe_test.sh BUILD SOURCE COMPILER CMAKE: installs the build, then acts as a project of somebody
# else: examples/guarded, built with find_package alone, tested by ctest; the shell recipe of
# docs/guide/ci.md; the steps of contrib/github/action.yml. All pass on the clean program, and all
# fail, with an annotation on the right line, on the broken one. Prints TAP.
set -u

build=$1
source=$2
compiler=$3
cmake=$4
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
failed=0

# check NAME COMMAND...: one test; what the command printed is shown if it fails.
check() {
    local name=$1
    shift
    number=$((number + 1))
    [ ! -e "$work/out" ] || mv "$work/out" "$work/before" # what the command before printed
    if "$@" >"$work/out" 2>&1; then
        echo "ok $number - $name"
    else
        sed 's/^/# /' "$work/out"
        echo "not ok $number - $name"
        failed=1
    fi
}

install_it() {
    "$cmake" --install "$build" --prefix "$work/prefix"
}

# A project of its own: nothing of this one is beside it.
build_project() { # FOLDER C-FLAGS
    mkdir -p "$work/$1" && cp "$source"/examples/guarded/* "$work/$1/" &&
        "$cmake" -S "$work/$1" -B "$work/$1/build" -DCMAKE_PREFIX_PATH="$work/prefix" \
            -DCMAKE_C_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
            -DCMAKE_C_FLAGS="$2" && "$cmake" --build "$work/$1/build"
}

tests_of() { # FOLDER
    (cd "$work/$1/build" && GITHUB_WORKSPACE=$work/$1 ctest --output-on-failure)
}

# run_in FOLDER SCRIPT: runs the commands of a recipe there; the program of the example is called
# engine, not tests.
run_in() {
    (cd "$work/$1" && PATH=$work/prefix/bin:$PATH && export PATH &&
        sed 's,\./build/tests,./build/engine,' "$work/$2" >recipe.sh && bash -e recipe.sh)
}

# fails STATUS COMMAND...: the command ends with that status.
fails() {
    local status=$1
    shift
    "$@"
    local got=$?
    echo "status $got, wanted $status"
    [ "$got" -eq "$status" ]
}

# The annotation is on the line of the strdup.
annotated() {
    local line
    line=$(grep -n 'strdup(e->symbol)' "$source/examples/guarded/engine.c" | cut -d: -f1)
    grep -E "^::error file=(.*/)?engine\.c,line=$line[,:]" "$work/before"
}

# step_of NAME: the commands of one step of the action.
step_of() {
    awk -v name="$1" '
        $1 == "-" && $2 == "name:" { found = $3 == name; body = 0 }
        found && $1 == "run:" { body = 1; next }
        body { sub(/^        /, ""); print }' "$source/contrib/github/action.yml"
}

act() { # FOLDER
    step_of check >"$work/check.sh"
    step_of prove >"$work/prove.sh"
    [ -s "$work/check.sh" ] && [ -s "$work/prove.sh" ] || return 1
    export PROGRAM=build/engine OBJECTS=build/CMakeFiles/engine.dir POLICY=
    run_in "$1" check.sh && run_in "$1" prove.sh
}

sed -n '/<!-- begin recipe -->/,/<!-- end recipe -->/p' "$source/docs/guide/ci.md" |
    grep '^coldheap' >"$work/recipe"

echo 'TAP version 14'
check 'install' install_it
check 'g47_project_of_eight_lines_builds' build_project clean ''
check 'g47_its_hot_test_and_its_proof_pass' tests_of clean
check 'g48_the_shell_recipe_passes' run_in clean recipe
check 'g48_the_steps_of_the_action_pass' act clean
check 'the broken project builds' build_project broken -DENGINE_BROKEN
check 'g47_both_tests_fail_on_the_broken_one' fails 8 tests_of broken
check 'g47_ctest_says_so_of_both' grep -cE '(engine/hot|engine/proof) .*Failed' "$work/before"
check 'g48_the_shell_recipe_fails_on_it' fails 97 run_in broken recipe
check 'g46_with_an_annotation_on_the_line' annotated
check 'g48_the_steps_of_the_action_fail_on_it' fails 97 act broken
echo "1..$number"
exit $failed
