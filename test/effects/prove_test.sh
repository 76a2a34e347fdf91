#!/usr/bin/env bash
# prove_test.sh COLDHEAP: `coldheap prove` on calls of the C library, which it knows by the table of
# effects (G41).
set -u

coldheap=$(realpath "$1")
# shellcheck source=test/effects/tap.sh
. "$(dirname "$0")/tap.sh"
export XDG_CACHE_HOME=$work/cache
unset HOME

prove() {
    "$coldheap" prove --progress none "$@" >out 2>&1
    local status=$?
    cp out err
    return $status
}

if [ ! -e /usr/lib/x86_64-linux-gnu/libc.a ]; then
    skip 'G41: prove by the table of effects' 'no libc.a here (Debian: libc6-dev)'
    finish
fi
cat >calls.c <<'END'
#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int clean_memory(const char *a, char *b) {
    memcpy(b, a, 100);
    memset(b + 100, 1, 9);
    return memcmp(a, b, 9);
}
int clean_text(const char *a) {
    return (int)strlen(a) + strcmp(a, "x") + atoi(a) + (strchr(a, 'q') != NULL);
}
int clean_read(int fd, char *b) { return (int)read(fd, b, 9); }
int bad_backtrace(void **p) { return backtrace(p, 9); }
int bad_print(char *b) { return snprintf(b, 9, "%d", 4); }
int bad_stream(FILE *f) { return fputs("x", f); }
int open_search(int *a, int (*f)(const void *, const void *)) {
    return bsearch(a, a, 9, 4, f) != NULL;
}
END
gcc -O2 -g -fno-builtin -c calls.c -o calls.o
prove --root '*_*' calls.o
[ $? -eq 97 ] && grep -qE '^PROVEN +clean_memory' out && grep -qE '^PROVEN +clean_text' out &&
    grep -qE '^PROVEN +clean_read' out
check 'G41: what the table calls clean is PROVEN'
grep -qE '^coldheap: the C library as .* build id [0-9a-f]{40}, derived$' err
check 'G41: prove says which table it used'
prove --root '*_*' calls.o
grep -qE "^coldheap: the C library as .* build id [0-9a-f]{40}, $XDG_CACHE_HOME" err
check 'G41: and that it was kept'
grep -qE '^VIOLATION bad_backtrace .*LIBC-ALLOC backtrace .*\[libc: backtrace > .*malloc\]' out
check 'trap 23: what the shared library does otherwise is found, with its way'
grep -qE '^VIOLATION bad_print ' out && grep -qE '^VIOLATION bad_stream ' out
check 'G41: what can allocate is a VIOLATION'
grep -qE '^UNPROVEN +open_search ' out
check 'G41: a function that calls what it is given is UNPROVEN'
prove --root clean_read --deny syscall calls.o
[ $? -eq 97 ] && grep -q 'SYSCALL read' out
check 'G41: system calls of the C library are found'
cat >measured.policy <<'END'
effect snprintf none "measured: no heap call for %d"
effect fputs    none "the stream has a buffer of its own"
END
prove --policy measured.policy --root bad_print --root bad_stream calls.o
[ $? -eq 0 ] && grep -qE '^PROVEN +bad_print' out && grep -qE '^PROVEN +bad_stream' out
check 'G41: a policy may say what the table cannot know'

# The table is of the C library: other functions of the same name are other functions.
gcc -O1 -fno-builtin -c -x c - -o own.o <<'END'
extern void *malloc(unsigned long);
unsigned long strlen(const char *text) { return malloc(1) != 0 && *text != 0; }
END
prove --root clean_text calls.o own.o
[ $? -eq 97 ] && grep -q 'ALLOC malloc' out
check 'an own strlen among the inputs is looked into'
ar rcs libown.a own.o
prove --root clean_text --library libown.a calls.o
[ $? -eq 97 ] && grep -q 'LIBC-ALLOC strlen .* > malloc\]' out
check 'and so is one of --library'
prove --no-libc --root clean_read calls.o
[ $? -eq 96 ] && grep -q 'UNKNOWN-EXTERN read' out
check 'G41: without the C library its functions are unknown, never none'

unset XDG_CACHE_HOME
prove --root 'clean_*' calls.o
[ $? -eq 0 ] && grep -q 'no table of effects is kept here' err
check 'G41: without a cache folder libc.a itself is looked into, and that is said'

finish
