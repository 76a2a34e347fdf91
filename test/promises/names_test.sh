#!/bin/sh
# names_test.sh ROOT: scripts/names.py on a header of its own: what is there passes, each kind of
# name that is not is found. Prints TAP.
set -u

root=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/include/coldheap/tmpl"
cat >"$work/include/coldheap/box.h" <<'END'
/* ch_box_lost is only mentioned here */
typedef struct ch_box {
    int width;
} ch_box;
#define CH_BOX_ROWS(X) X(RED) X(BLUE)
#define CH_BOX_ENUM(name) CH_BOX_##name,
int ch_box_open(ch_box *box);
END
echo 'static void CHI_(_push)(void);' >"$work/include/coldheap/tmpl/vec.h"
export NAMES_INCLUDE="$work/include"
number=0
failed=0

# expect NAME STATUS TEXT LINE: a document of this line.
expect() {
    number=$((number + 1))
    echo "$4" >"$work/page.md"
    python3 "$root/scripts/names.py" "$work/page.md" >"$work/out"
    if [ $? -eq "$2" ] && grep -q "$3" "$work/out"; then
        echo "ok $number - $1"
    else
        sed 's/^/# /' "$work/out"
        echo "not ok $number - $1"
        failed=1
    fi
}

expect 'names that are there' 0 '^ok 1 - page.md: 3 names' \
    '| `ch_box_open`, `ch_box.width` | `CH_BOX_ENUM` |'
expect 'rows of a table make names' 0 '^ok' '`CH_BOX_RED`, `CH_BOX_BLUE`'
expect 'a function of a template' 0 '^ok' 'tmpl/vec.h `NAME_push`'
expect 'a function that is not there' 1 'page.md:1: no ch_box_close' '`ch_box_open`, `ch_box_close`'
expect 'a name in a comment is not there' 1 'no ch_box_lost' '`ch_box_lost`'
expect 'a field that is not there' 1 'no field ch_box.height' '`ch_box.height`'
expect 'a function that a template lacks' 1 'no NAME_pop in coldheap/tmpl/vec.h' \
    'tmpl/vec.h `NAME_pop`'
expect 'a template that is not there' 1 'no coldheap/tmpl/map.h' 'tmpl/map.h `ch_box_open`'
expect 'a document without names is no proof' 1 '0 names' 'nothing'
echo "1..$number"
exit $failed
