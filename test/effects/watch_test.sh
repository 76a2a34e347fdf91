#!/usr/bin/env bash
# watch_test.sh COLDHEAP FOLDER: what a policy states is proved upon, then watched while the program
# runs (G42, point 13 of the acceptance): a wrong line is refuted. FOLDER has the run time.
set -u

coldheap=$(realpath "$1")
runtime=$(realpath "$2")
# shellcheck source=test/effects/tap.sh
. "$(dirname "$0")/tap.sh"

watch() {
    "$coldheap" check --progress none --runtime "$runtime" --watch "$@" >out 2>&1
    local status=$?
    cp out err
    return $status
}

cat >program.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
__attribute__((noinline)) static int print(char *to) { return snprintf(to, 60, "%d", 42) + 1; }
__attribute__((noinline)) static char *copy(const char *from) { return strdup(from); }
int hot(char *to) { return print(to) + (copy(to) != NULL); }
int main(void) {
    char text[64];
    return hot(text) == 4 && puts(text) >= 0 ? 0 : 1;
}
END
gcc -O1 -g -fno-builtin program.c -o program
echo 'effect snprintf none "measured: no heap call for %d"' >right.policy
(cat right.policy && echo 'effect strdup none "nobody has looked"') >wrong.policy

"$coldheap" prove --progress none --root hot --policy wrong.policy program >out 2>&1
[ $? -eq 0 ] && grep -q '^PROVEN  *hot' out && grep -q 'assumed: .*strdup' out
check 'G42: prove takes a statement at its word, and lists it'
watch right.policy -- ./program
check 'G42: a statement that is true passes'
grep -q '^42$' out
check 'G42: the program did its work'
watch wrong.policy -- ./program
[ $? -eq 97 ] && grep -q 'ASSUMPTION REFUTED' out && grep -q strdup out
check 'G42: a wrong effect line: ASSUMPTION REFUTED, 97'
! grep -q 'REFUTED.*snprintf' out
check 'G42: only the wrong line is refuted'

finish
