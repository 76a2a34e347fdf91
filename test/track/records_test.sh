#!/usr/bin/env bash
# records_test.sh COLDHEAP MAKE_RECORD MAKE_RECORD_SHIFTED SCHEMA: everything that reads a tracker's
# record, on records made by hand: formats against their readers, diff, baselines, top, bad input.
set -u

coldheap=$1
make=$2
shifted=$3
schema=$4
here=$(cd "$(dirname "$0")" && pwd)
. "$here/tap.sh"

run() { # ARGUMENTS...: output in out, messages in err
    "$coldheap" "$@" >out 2>err
}

usual=(parse_config:10:3:64 tick:2:2:8 load_keys:5:4:100 tick:9:2:10:1:2 xmalloc:3:0:1000)

"$make" a.track "${usual[@]}"
check 'a record is made'

# ---- formats (G30) ----
viewer=/usr/libexec/valgrind/dh_view.js
run convert --to=dhat a.track && cp out a.dhat
check 'g30 dhat: written'
if command -v node >/dev/null && [ -f $viewer ]; then
    [ "$(node "$here/dhat_view.mjs" $viewer a.dhat 2>err)" = '4156 20 4 true' ]
    check "g30 dhat: the viewer builds its tree: bytes, blocks, places"
else
    skip 'g30 dhat: the viewer reads it' 'no node, or no dh_view.js of valgrind'
fi
python3 - a.dhat <<'PY' 2>err
import json, sys
data = json.load(open(sys.argv[1]))
assert list(data)[:5] == ["dhatFileVersion", "mode", "verb", "bklt", "bkacc"], list(data)
assert data["dhatFileVersion"] == 2 and data["bkacc"] is False and data["tuth"] > 0
assert data["ftbl"][0] == "[root]" and len(set(data["ftbl"])) == len(data["ftbl"])
point = next(p for p in data["pps"] if p["tbk"] == 10)
assert point["tb"] == 640 and point["eb"] == 448 and point["ebk"] == 7, point
names = [data["ftbl"][i].split(": ")[1].split(" ")[0] for i in point["fs"]]
assert names == ["parse_config", "run"], names
PY
check 'g30 dhat: fields, and a place with its numbers'

run convert --to=pprof a.track -o a.heap && head -n 1 a.heap | grep -qE \
    '^heap profile: +11: +3548 \[ +20: +4156\] @ heapprofile$' &&
    grep -q '^MAPPED_LIBRARIES:$' a.heap
check 'g30 pprof: sum, and what was mapped'
if command -v google-pprof >/dev/null; then
    google-pprof --text --show_bytes --alloc_space "$make" a.heap >out 2>err &&
        grep -qE '^ +640 .* parse_config$' out && grep -qE '^ +3000 .* xmalloc$' out &&
        grep -qE '^ +0 .* 4156 100.0% run$' out
    check 'g30 pprof: google-pprof finds names and sums'
else
    skip 'g30 pprof: google-pprof reads it' 'not installed'
fi

run convert --to=collapsed a.track && printf '%s\n' 'run;load_keys 500' 'run;parse_config 640' \
    'run;tick 16' 'run;xmalloc 3000' | cmp -s - out
check 'g30 collapsed: stacks, outermost first'
run convert --to=collapsed --value=live a.track && printf '%s\n' 'run;load_keys 100' \
    'run;parse_config 448' 'run;xmalloc 3000' | cmp -s - out
check 'g30 collapsed: live bytes'
run convert --to=collapsed --value=count --kind=pool a.track && [ "$(cat out)" = 'run;tick 9' ]
check 'g28 collapsed: kinds are never mixed'

run convert --to=prometheus a.track && python3 "$here/prometheus.py" out >samples 2>err &&
    grep -qx 'coldheap_allocations_total kind=heap 20' samples &&
    grep -qx 'coldheap_bytes_total kind=pool 90' samples &&
    grep -qx 'coldheap_live_bytes kind=heap 3548' samples &&
    grep -q '^coldheap_peak_bytes kind=heap ' samples &&
    grep -q 'function=parse_config kind=heap 640$' samples
check 'g30 prometheus: a strict reader takes it'
sed 's/^coldheap_bytes_total{kind="pool"}/coldheap_bytes_total{kind="heap"}/' out >broken
! python3 "$here/prometheus.py" broken >/dev/null 2>&1
check 'g30 prometheus: the strict reader refuses a series that comes twice'

run convert --to=json a.track && cp out a.json
check 'g30 json: written'
run convert --to=svg a.track && python3 -c 'import sys, xml.etree.ElementTree as x
names = [t.text for t in x.parse("out").iter() if t.tag.endswith("title")]
assert any(n.startswith("parse_config: 640 B") for n in names), names' 2>err
check 'svg: a picture that names its boxes'

# ---- diff and baselines (G32) ----
"$shifted" b.track "${usual[@]}"
run diff a.track b.track && [ "$(wc -l <out)" = 1 ] &&
    grep -q '^coldheap: PASS  0 increases, 0 decreases' out
check 'g32 diff: another build with other lines is no difference'
"$shifted" c.track "${usual[@]}" parse_config:1:1:64
run diff a.track c.track
[ $? -eq 97 ] &&
    grep -q '^coldheap: INCREASE parse_config (make_record.c): allocs 10 -> 11 (+10.0%)' out &&
    [ "$(grep -c 'INCREASE' out)" = 2 ] # and the total
check 'g32 diff: one more block is 97, and names the function'
run diff --tolerance=10% a.track c.track && grep -q 'tolerance 10%' out
check 'g32 diff: within the tolerance'
run diff --tolerance=9.99 a.track c.track
[ $? -eq 97 ]
check 'g32 diff: just above the tolerance'
run diff c.track a.track && grep -q '^coldheap: decrease parse_config' out
check 'g32 diff: less is no finding'
run convert --to=baseline a.track -o base.txt && run convert --to=baseline b.track &&
    cmp -s out base.txt
check 'g32 baseline: the same text from another build'
run diff base.txt c.track
[ $? -eq 97 ] && cp out first && run diff base.txt c.track; cmp -s first out
check 'g32 diff: a baseline against a record; the same answer twice'
"$make" d.track "${usual[@]}" load_keys:4:0:10:2
run diff --github --json=changes.json a.track d.track
[ $? -eq 97 ] &&
    grep -q '^::error file=.*make_record.c,line=[0-9]*,title=coldheap%3A increase::load_keys' out
check 'g46 diff: annotation'
{ echo 'coldheap baseline 1'
  echo 'site heap allocs=1 bytes=2 live=3 peak=4 function="a \"b\" \\ \u0009c" file=""'; } >odd.txt
run diff odd.txt odd.txt
check 'g32 baseline: names with quotes'
for bad in 'coldheap baseline 2' 'coldheap baseline 1x' ''; do
    echo "$bad" >bad.txt
    run diff bad.txt base.txt
    [ $? -eq 64 ] && grep -q '^ERROR(64): bad.txt:1: ' err
    check "g32 baseline: refused: '$bad'"
done
for bad in 'site heap' 'site heap allocs=1 bytes=2 live=3 peak=4 function="x file=""' \
    'site heap allocs=-1 bytes=2 live=3 peak=4 function="x" file=""' \
    'kind heap allocs=1 bytes=2 live=3 peak=18446744073709551616' 'kind heaps allocs=1'; do
    printf 'coldheap baseline 1\n# a comment\n%s\n' "$bad" >bad.txt
    run diff bad.txt base.txt
    [ $? -eq 64 ] && grep -q '^ERROR(64): bad.txt:3: ' err
    check "g32 baseline: refused: $bad"
done

# ---- threads (G27) ----
"$make" threads.track parse_config:50:0:10:1 parse_config:0:50:10:2
run top --once --sort=peak threads.track &&
    grep -qE '^ +0 B<= +500 B +500 B +50  parse_config' out
check 'g27 freed by another thread: current is 0, the peak a bound'
run convert --to=baseline threads.track && grep -q 'peak<=500 function="parse_config"' out
check 'g27 baseline: a bound says so'
"$make" exact.track exact parse_config:50:0:10:1 parse_config:0:50:10:2
run convert --to=baseline exact.track && grep -q 'peak=0 function="parse_config"' out
check 'g27 baseline: --exact-peak is exact'

# ---- top (G44) ----
run top --once a.track && grep -q '^process 4711 (ended)  ./engine --replay day1.bin$' out &&
    [ "$(sed -n '4p' out | awk '{print $NF}')" != "" ] && sed -n 4p out | grep -q 'run (' &&
    ! grep -q "$(printf '\033')" out
check 'g44 top: sorted by live, no escapes outside a terminal'
run top --once --sites=1 --sort=allocs a.track && [ "$(wc -l <out)" = 4 ] &&
    grep -q parse_config out
check 'g44 top: one site, by blocks'
run top a.track && [ "$(grep -c '^process' out)" = 1 ]
check 'g44 top: ends with the program'
run top --once 999999999
[ $? -eq 98 ]
check 'g44 top: no such process'

# ---- schema (G46) ----
if python3 -c 'import jsonschema' 2>/dev/null; then
    python3 "$here/lines.py" "$schema" a.json changes.json >out 2>err &&
        grep -q 'change=2 comparison=1 kind=5 run=1 site=5' out
    check 'g46 json lines keep the schema'
else
    skip 'g46 json lines keep the schema' 'no python3-jsonschema'
fi

# ---- bad input ----
for flags in '' '--to=xml' '--to=dhat --value=x' '--to=dhat --kind=heaps' '--too=dhat'; do
    # shellcheck disable=SC2086 # several flags
    run convert $flags a.track
    [ $? -eq 64 ]
    check "usage: convert $flags"
done
run convert --to=dhat && false
[ $? -ne 0 ] && run diff a.track; [ $? -eq 64 ]
check 'usage: operands'
run convert --to=json missing.track
[ $? -eq 98 ] && grep -q 'missing.track' err
check 'a record that is not there'
run convert --to=json "$make"
[ $? -eq 98 ] && grep -q 'not a record' err
check 'a file that is no record'
head -c -1 a.track >cut.track
run convert --to=json cut.track
[ $? -eq 98 ] && grep -q 'cut off' err
check 'a record that is cut off'
run convert --to=json .
[ $? -eq 98 ]
check 'a folder'
run convert --to=json a.track -o /nowhere/file
[ $? -eq 98 ]
check 'an output that cannot be'
if [ -w /dev/full ]; then
    "$coldheap" convert --to=json a.track >/dev/full 2>err
    [ $? -eq 99 ]
    check 'an output that does not arrive'
fi
finish
