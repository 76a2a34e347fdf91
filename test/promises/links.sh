#!/bin/sh
# links.sh ROOT: every relative link of docs/guide/ leads to a file; every public header of a memory
# pattern has an example that includes it. Prints TAP.
set -u

cd "$1" || exit 1
failed=0

bad=
for page in docs/guide/*.md; do
    for link in $(grep -oE '\]\([^)#]+\)' "$page" | sed 's/^](//; s/)$//'); do
        case $link in
        *://*) ;;
        *) [ -e "docs/guide/$link" ] || bad="$bad $page:$link" ;;
        esac
    done
done
if [ -z "$bad" ]; then
    echo 'ok 1 - links of the guide lead somewhere'
else
    echo "#$bad"
    echo 'not ok 1 - links of the guide lead somewhere'
    failed=1
fi

# Headers without an object of their own: words that all others use.
without='allocator arith atomic base bits event_ring hash misuse status tally zero tmpl/join
tmpl/map_group'
bad=
for header in include/coldheap/*.h include/coldheap/tmpl/*.h; do
    name=${header#include/coldheap/}
    name=${name%.h}
    case " $(echo $without) " in *" $name "*) continue ;; esac
    case $name in hot) name=guard ;; esac
    grep -qlE "#include <coldheap/$name\.h>" examples/*.c ||
        { [ "$name" = guard ] && grep -ql 'coldheap/hot.h' examples/guard.c; } ||
        bad="$bad $name"
done
if [ -z "$bad" ]; then
    echo 'ok 2 - every pattern has an example'
else
    echo "# without an example:$bad"
    echo 'not ok 2 - every pattern has an example'
    failed=1
fi
echo '1..2'
exit $failed
