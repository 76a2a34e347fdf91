#!/bin/sh
# setup.sh ROOT: scripts/setup.sh on machines made of a few false commands: one that has everything,
# one that lacks a package and is root, one that lacks it and is nobody, one that lacks what npm
# brings. Prints TAP.
set -u

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
# A project of its own: what npm brings depends on files below the root.
setup=$work/project/scripts/setup.sh
mkdir -p "$work/project/scripts" "$work/project/deps/blst"
cp "$1/scripts/setup.sh" "$setup"
for folder in deps deps/blst; do
    cp "$1/$folder/package.json" "$1/$folder/package-lock.json" "$work/project/$folder/"
done
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

# false_command NAME: a command of the machine that prints its arguments; stdin is its further text.
false_command() {
    {
        echo '#!/bin/sh'
        cat
    } >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}

# machine INSTALLED ID: which packages dpkg-query knows (a pattern), and who we are.
machine() {
    rm -rf "${work:?}/bin"
    mkdir "$work/bin"
    for tool in sh sed tr dirname cat env cmp cp mkdir rm; do
        ln -s "$(command -v $tool)" "$work/bin/$tool"
    done
    echo "case \" \$* \" in $1) printf installed ;; *) exit 1 ;; esac" | false_command dpkg-query
    echo "echo $2" | false_command id
    echo 'echo "apt-get $*"' | false_command apt-get
    false_command npm <<'END'
echo "npm $*"
for folder; do :; done
[ -z "${FALSE_NPM_FAILS:-}" ] || exit 1
mkdir -p "$folder/node_modules"
echo {} >"$folder/node_modules/.package-lock.json"
END
    echo 'echo "cmake version ${FALSE_CMAKE:-3.25.1}"' | false_command cmake
}

run() {
    (PATH=$work/bin && export PATH && sh "$setup" "$@") >"$work/out" 2>&1
}

echo 'TAP version 14'
machine '*" "*' 0
run --check base
[ $? -eq 1 ] && grep -q 'missing: build/deps/blst' "$work/out" && ! grep -q 'npm ci' "$work/out"
check 'no blst: --check only tells' $?
FALSE_NPM_FAILS=1
export FALSE_NPM_FAILS
run base
[ $? -eq 1 ] && grep -q 'npm ci failed' "$work/out"
check 'no blst, npm fails: so does setup' $?
unset FALSE_NPM_FAILS
run base
[ $? -eq 0 ] && grep -q 'npm ci --ignore-scripts .* --prefix .*/build/deps/blst$' "$work/out" &&
    ! grep -q 'build/deps$' "$work/out"
check 'no blst: npm brings it by the lock file, without running its scripts' $?
run --check base
check 'blst is there: --check is content' $?
run base
check 'nothing missing: nothing installed' $?
[ ! -s "$work/out" ]
check 'nothing missing: nothing said' $?

machine '*" ninja-build "*) exit 1 ;; *' 0
run base
check 'missing: installed by root' $?
grep -q 'setup: apt-get installs: ninja-build' "$work/out" &&
    grep -q 'apt-get install -y -qq --no-install-recommends ninja-build$' "$work/out"
check 'missing: says what, installs only that' $?
run --check base
[ $? -eq 1 ] && ! grep -q 'apt-get install' "$work/out"
check 'missing: --check only tells' $?

machine '*" ninja-build "*) exit 1 ;; *' 1000
run base
[ $? -eq 1 ] && grep -q 'need root; run as root' "$work/out" &&
    grep -q 'install -y --no-install-recommends ninja-build' "$work/out"
check 'missing, no root and no sudo: the command to run is printed' $?
echo 'echo "sudo $*"' | false_command sudo
run base
grep -q 'sudo env DEBIAN_FRONTEND=noninteractive apt-get install .* ninja-build$' "$work/out"
check 'missing and not root: by sudo' $?

machine '*" "*' 0
echo ' ' >>"$work/project/deps/blst/package-lock.json"
run base
[ $? -eq 0 ] && grep -q 'npm ci' "$work/out"
check 'another lock file: npm brings what it says' $?
run contracts
[ $? -eq 0 ] && grep -q 'npm ci .* --prefix .*/build/deps$' "$work/out"
check 'contracts: npm brings their compiler' $?
FALSE_CMAKE=3.24.9
export FALSE_CMAKE
run base
[ $? -eq 1 ] && grep -q '3.24.9 is too old' "$work/out"
check 'an older cmake is refused' $?
run nonsense
[ $? -eq 2 ]
check 'an unknown group is a usage error' $?
run
[ $? -eq 2 ]
check 'no group is a usage error' $?
echo "1..$number"
exit $failed
