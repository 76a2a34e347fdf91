#!/bin/sh
# called_test.sh ROOT: scripts/called.py on a project of one header, one template and one test: what
# is called passes, what is not is found. Prints TAP.
set -u

root=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export CALLED_ROOT="$work"
mkdir -p "$work/include/coldheap/tmpl" "$work/src/mem" "$work/test"
cat >"$work/include/coldheap/box.h" <<'END'
int ch_box_open(int box);
CH_INLINE void *ch_box_take(const int *box);
/** Out-of-line halves; not for direct use. */
int ch_box_rare(int box);
CH_API_END
#define CH_BOX_NEW(box) ch_box_make(box, 1)
int ch_box_make(int box, int count);
END
cat >"$work/include/coldheap/tmpl/bag.h" <<'END'
/** bag.h: NAME_put(b) puts. */
#ifndef CH_BAG_NAME
#endif
static inline int CHI_(_put)(int bag) {
static inline int CHI_(_hidden)(int bag) {
END
echo '#define ROWS(X) X(CH_OK, 0) X(CH_EFULL, -10)' >"$work/include/coldheap/status.h"
number=0
failed=0

# expect NAME STATUS TEXT: after a test's source on stdin.
expect() {
    number=$((number + 1))
    cat >"$work/src/mem/box_test.c"
    python3 "$root/scripts/called.py" >"$work/out"
    if [ $? -eq "$2" ] && grep -q "$3" "$work/out"; then
        echo "ok $number - $1"
    else
        sed 's/^/# /' "$work/out"
        echo "not ok $number - $1"
        failed=1
    fi
}

expect 'all called, one through a macro, one of a template' 0 '^ok 1' <<'END'
#include <coldheap/tmpl/bag.h>
ch_box_open(1) == CH_OK; ch_box_take(b); CH_BOX_NEW(2) == CH_EFULL; bags_put(3);
END
expect 'a function nobody calls' 1 '^# ch_box_take' <<'END'
#include <coldheap/tmpl/bag.h>
ch_box_open(1) == CH_OK; CH_BOX_NEW(2) == CH_EFULL; bags_put(3);
END
expect 'a call in a comment is none' 1 '^# ch_box_take' <<'END'
#include <coldheap/tmpl/bag.h>
ch_box_open(1) == CH_OK; /* ch_box_take(b) */ CH_BOX_NEW(2) == CH_EFULL; bags_put(3);
END
expect 'a macro nobody uses calls nothing' 1 '^# ch_box_make' <<'END'
#include <coldheap/tmpl/bag.h>
ch_box_open(1) == CH_OK; ch_box_take(b); CH_EFULL; bags_put(3);
END
expect 'a function of a template nobody calls' 1 '^# tmpl/bag.h: NAME_put' <<'END'
#include <coldheap/tmpl/bag.h>
ch_box_open(1) == CH_OK; ch_box_take(b); CH_BOX_NEW(2) == CH_EFULL;
END
expect 'a status nobody expects' 1 '^# CH_EFULL' <<'END'
#include <coldheap/tmpl/bag.h>
ch_box_open(1) == CH_OK; ch_box_take(b); CH_BOX_NEW(2); bags_put(3);
END
echo "1..$number"
exit $failed
