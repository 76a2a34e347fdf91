#!/usr/bin/env bash
# track_test.sh COLDHEAP INCLUDE SCHEMA: `coldheap track` on programs of the test: points 10 and 11
# of the specification's acceptance, budgets, leaks, statuses.
set -u

coldheap=$1
include=$2
schema=$3
here=$(cd "$(dirname "$0")" && pwd)
. "$here/tap.sh"

track() { # FLAGS... -- PROGRAM: the program's output in out, ours in err
    "$coldheap" track "$@" >out 2>err
}
build() { # NAME FLAGS...
    gcc -std=gnu17 -g -O1 -I"$include" "$here/$1.c" -pthread "${@:2}" 2>err
}

build steady -o steady && build steady -DEXTRA -o steady_extra && build threads -o threads &&
    build sites -o sites && build marks -o marks
check 'programs of the test compile'

# ---- status, output, record ----
track --out=s.track -- ./steady
[ $? -eq 0 ] && [ "$(cat out)" = answer ] && [ -s s.track ]
check 'g29 track: output and status are the program'\''s, the record has the name given'
tail -n 1 err | grep -q '^coldheap: PASS  images=1/1 blocks=.*record=s.track .*(status 0)$'
check 'g46 track: the last line is the verdict'
grep -qE '^ +15.6 KiB +9.4 KiB +500 +15.6 KiB  add_node \(.*steady.c:[0-9]+\)  malloc$' err &&
    grep -qE ' 100 +1.8 KiB  normalize_key \(.*steady.c:[0-9]+\)' err
check 'g25 track: sites with peak, live, blocks and bytes; wrappers are not to blame'
track -- ./steady 3
[ $? -eq 3 ] && ls coldheap.*.track >/dev/null 2>&1
check 'g45 track: the program'\''s status; the record is coldheap.PROCESS.track'
track --out=k.track -- sh -c 'kill -9 $$'
[ $? -eq 137 ] && grep -q 'did not end in good order' err
check 'g45 track: killed by a signal; the record survives'

# ---- point 10: the same as DHAT, and readers of others ----
track --depth=32 --lifetimes --out=d.track -- ./steady &&
    "$coldheap" convert --to=dhat d.track -o ours.dhat
check 'point 10: recorded with stacks and lifetimes'
if command -v valgrind >/dev/null; then
    valgrind --tool=dhat --run-libc-freeres=no --dhat-out-file=theirs.dhat ./steady \
        >/dev/null 2>err
    python3 "$here/dhat_equal.py" ours.dhat theirs.dhat >out 2>err
    check 'point 10: blocks, bytes, at peak and end are those of valgrind DHAT, per function'
    grep -q '^6 functions, 38840 bytes, 705 blocks$' out
    check 'point 10: all functions of the program were compared'
else
    skip 'point 10: blocks and bytes are those of valgrind DHAT' 'no valgrind'
fi
viewer=/usr/libexec/valgrind/dh_view.js
if command -v node >/dev/null && [ -f $viewer ]; then
    node "$here/dhat_view.mjs" $viewer ours.dhat >out 2>err && grep -q 'true$' out
    check 'point 10: the file opens in the DHAT viewer'
else
    skip 'point 10: the file opens in the DHAT viewer' 'no node or no dh_view.js'
fi
"$coldheap" convert --to=pprof d.track -o d.heap 2>err
if command -v google-pprof >/dev/null; then
    google-pprof --text --show_bytes --alloc_space ./steady d.heap >out 2>err &&
        grep -qE '^ +16000 .* add_node$' out && grep -qE ' normalize_key$' out
    check 'point 10: google-pprof reads it'
else
    skip 'point 10: google-pprof reads it' 'not installed'
fi
"$coldheap" convert --to=collapsed d.track >out 2>err &&
    grep -qE '^[^ ;]+(;[^;]+)*;main;parse_config;normalize_key;[^;]*strdup 1800$' out &&
    ! grep -vqE '^[^;]+(;[^;]+)* [1-9][0-9]*$' out
check 'point 10: collapsed stacks keep the rules of flame graphs'
"$coldheap" convert --to=prometheus d.track >prom 2>err && python3 "$here/prometheus.py" prom >out
check 'point 10: Prometheus text passes a format checker'

cat >new.cpp <<'CPP'
#include <string>
namespace engine { __attribute__((noinline)) int *make(int n) { return new int[n]; } }
struct alignas(64) wide { int a[16]; };
__attribute__((noinline)) wide *aligned() { return new wide; }
int main() { delete[] engine::make(100); delete aligned(); }
CPP
g++ -g -O1 -fno-optimize-sibling-calls new.cpp -o new 2>err && track --depth=8 -- ./new &&
    grep -qE ' 400 B  engine::make\(int\) \(new.cpp:2\) <- main .* operator new' err &&
    grep -qE ' 64 B  aligned\(\) \(new.cpp:4\) <- main .* operator new' err
check 'g13 track: operator new by name, the place is the caller'\''s'

# ---- point 10: small tables, threads ----
track --sites=16 --out=few.track -- ./sites && grep -qE 'sites dropped: [1-9][0-9]* calls' err
check 'point 10: 16 rows: sites dropped is printed'
track --out=all.track -- ./sites
few=$("$coldheap" convert --to=baseline few.track | sed -n 2p)
all=$("$coldheap" convert --to=baseline all.track | sed -n 2p)
[ -n "$few" ] && [ "$few" = "$all" ]
check 'point 10: 16 rows: totals are those of a large table'
track --out=t.track -- ./threads &&
    "$coldheap" convert --to=json t.track >out && grep '"function":"produce_block"' out |
    grep -q '"allocs":8000,"frees":8000,"bytes":800000,"live":0,.*"peak_is_bound":true'
check 'point 10: freed by another thread: current returns to 0, the peak is a bound'
track --exact-peak --out=x.track -- ./threads &&
    "$coldheap" convert --to=json x.track >out && grep '"function":"produce_block"' out |
    grep -q '"live":0,"blocks":0,"peak":800,"peak_is_bound":false'
check 'point 10: --exact-peak is exact'

# ---- point 11: builds, baselines, the 1,000th call ----
sed '1i\\n\n' "$here/steady.c" >moved.c && gcc -std=gnu17 -g -O1 moved.c -o moved &&
    mkdir -p other && sed '1i\\n\n' "$here/steady.c" >other/steady.c &&
    gcc -std=gnu17 -g -O1 other/steady.c -o other/steady
track --out=m.track -- other/steady && "$coldheap" diff s.track m.track >out 2>err
check 'point 11: other lines in another folder: no difference'
track --out=e.track -- ./steady_extra
"$coldheap" diff s.track e.track >out 2>err
[ $? -eq 97 ] && grep -q '^coldheap: INCREASE parse_config (steady.c): allocs 100 -> 101' out
check 'point 11: one malloc more: 97, and the function is named'
track --baseline=base.txt --update-baseline -- ./steady && cp base.txt base.old &&
    track --baseline=base.txt --update-baseline -- ./steady && cmp -s base.txt base.old
check 'g32 track: a baseline is written, the same twice'
track --baseline=base.txt -- ./steady && track --baseline=base.txt -- other/steady
check 'g32 track: within the baseline'
track --baseline=base.txt --github --json=b.json -- ./steady_extra
[ $? -eq 97 ] && grep -q '^coldheap: INCREASE parse_config' err &&
    grep -q '^::error file=.*steady.c,line=' out && grep -q '"type":"change"' b.json
check 'g32 track: over the baseline is 97, annotated'
track --budget='site rare allocs 0' -- ./steady 0 999
check 'point 11: 999 calls are within budget 0'
track --budget='site rare allocs 0' -- ./steady 0 1000
[ $? -eq 97 ] && grep -q 'BUDGET site rare allocs 0: 1, limit 0' err && grep -q ' rare (' err
check 'point 11: budget 0 finds the allocation of the 1,000th call'

# ---- budgets (G31) ----
cat >limits.txt <<'TXT'
# of the test
total allocs 800
site parse_config* bytes 16K
peak 16K
TXT
track --budget-file=limits.txt -- ./steady && grep -q 'budgets=3/3 held' err
check 'g31 track: a file of budgets is held'
track --budget-file=limits.txt --budget='peak 1K' --github -- ./steady 5
[ $? -eq 97 ] && grep -q '^coldheap: BUDGET peak 1K: 1[0-9.]* KiB, limit 1.0 KiB$' err &&
    grep -q '^ .* add_node (' err && grep -q '^::error ' out
check 'g31 track: exceeded is 97, with limit, value and top sites'
track --budget='total allocs x' -- ./steady
[ $? -eq 64 ] && [ ! -s out ]
check 'g31 track: a budget that cannot be read: nothing runs'
track --budget='section tick allocs 0' -- ./marks
[ $? -eq 97 ] && grep -q 'section "tick" (.*marks.c:' err
check 'g31 track: a section over its budget'
track --budget='section tick allocs 3' -- ./marks
check 'g31 track: a section within its budget'
track --budget='section tock allocs 0' -- ./marks
[ $? -eq 98 ]
check 'g31 track: a section that was never entered is no pass'

track --budget='site rare allocs 0' --out=c.track -- sh -c './steady; ./steady 0 1000; exit 4'
[ $? -eq 97 ] && grep -qE 'BUDGET site rare allocs 0: process [0-9]+: 1, limit 0' err &&
    [ "$(ls c.track*[0-9] | wc -l)" = 2 ]
check 'g31 track: a child over its budget'
track --out=c.track -- sh -c './steady; ./steady; exit 4'
[ $? -eq 4 ] && [ "$(grep -cE 'process [0-9]+, .*/steady: blocks=' err)" = 2 ] &&
    grep -q 'images=3/3' err
check 'g19 track: children have records and a line each'

# ---- leaks, growth (G29) ----
track --depth=8 --leaks -- ./steady && grep -qE '^ +77 B in 1 block  forget \(' err &&
    grep -A 2 -E '77 B in 1 block' err | grep -q '#1 *main '
check 'g29 track: leaks with stacks'
track --since-seal --budget='growth 49' -- ./marks
[ $? -eq 97 ] && grep -q 'growth since' err && grep -qE '^ +50 B  grow \(' err &&
    ! grep -qE '^ +1000 B  load \(' err
check 'g29 track: since the seal only what grew after it'
track --seal-on=main --budget='growth 0' -- ./steady
[ $? -eq 97 ] && grep -q 'growth since main' err && grep -qE '^ +9.4 KiB  add_node \(' err
check 'g29 track: since main of a program that knows nothing of seals'
track --seal-on=never -- ./steady
[ $? -eq 64 ] && [ ! -s out ]
check 'usage: --seal-on=never'
track --budget='growth 0' -- ./steady
[ $? -eq 98 ]
check 'g29 track: growth without a mark is not checked'

track --sample=1000 --out=sample.track -- ./steady && grep -q 'numbers are estimates' err
check 'g29 track: a sample says that it is one'

# ---- json (G46) ----
track --json=all.json --budget='peak 1M' --out=j.track -- ./marks
if python3 -c 'import jsonschema' 2>/dev/null; then
    python3 "$here/lines.py" "$schema" all.json b.json >out 2>err && grep -q 'budget=1 ' out
    check 'g46 track: json lines keep the schema'
else
    skip 'g46 track: json lines keep the schema' 'no python3-jsonschema'
fi

# ---- never an empty pass ----
gcc -static "$here/sites.c" -o static_sites 2>/dev/null && track -- ./static_sites
[ $? -eq 98 ] && grep -q static err
check 'g20 track: a static program is refused'
track -- ./no-such-program
[ $? -eq 127 ]
check 'g45 track: no such program'
track --depth=5 -- ./steady
[ $? -eq 64 ]
check 'usage: --depth=5'
track
[ $? -eq 64 ]
check 'usage: no program'

if command -v script >/dev/null; then
    script -qec "$coldheap top s.track" /dev/null >out 2>err </dev/null
    grep -q "$(printf '\033\\[H')process" out && grep -q add_node out
    check 'g44 top: on a terminal the cursor goes home'
else
    skip 'g44 top: on a terminal the cursor goes home' 'no script(1)'
fi

# ---- top on a running program (G44) ----
cat >slow.c <<'C'
#include <stdlib.h>
#include <unistd.h>
__attribute__((noinline)) static void *hold(void) { return malloc(4321); }
int main(void) { void *block = hold(); char byte; (void)!read(0, &byte, 1); free(block); return 0; }
C
gcc -g -O1 slow.c -o slow && mkfifo pipe
"$coldheap" track --out=slow.track -- ./slow <pipe >out2 2>err2 &
command=$!
exec 9>pipe
process=
for _ in $(seq 300); do
    process=$(pgrep -P "$command" -x slow) && "$coldheap" top --once "$process" >out 2>err && break
    sleep 0.1
done
grep -q 'hold (slow.c:3)' out && grep -q '^ *4.2 KiB' out
check 'g44 top: a running program by its process id'
exec 9>&-
wait "$command"
check 'g44 top: the program was not disturbed'
finish
