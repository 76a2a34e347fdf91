#!/usr/bin/env bash
# check_test.sh COLDHEAP INCLUDE: `coldheap check` on marked programs: violations, statuses, rules,
# budgets, requirements, and the three forms of output.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

build "$here/marked.c" -o marked
check 'a marked program is built'

# ---- violations and the verdict ----

watch -- ./marked clean tock
[ $got -eq 0 ] && verdict PASS 'armed=preload images=1/1 sections=2/2 entered violations=0' \
    'suppressed=0  (status 0)' && [ "$(cat out)" = 'done 0' ]
check 'G45: a clean program passes with its own status'

watch -- ./marked clean tock status=7
[ $got -eq 7 ] && verdict 'PASS' '(status 7)'
check "G45: a clean program's own status is told"

watch -- ./marked key key key tock
line=$(grep -n LOOKUP "$here/marked.c" | cut -d: -f1)
[ $got -eq 97 ] && verdict FAIL 'sections=2/2 entered violations=6 at 2 sites suppressed=0' &&
    grep -qE 'VIOLATION .*2 B in hot section "tick" \(marked\.c:[0-9]+\)   x3, thread [0-9]+' err &&
    grep -qE "#[0-9] +lookup +marked\.c:$line" err
check 'G16 G46: a violation with section, size, count, thread and lines'

grep -qE '#0 +_*strdup .*\(wrapper\)' err &&
    grep -qE 'normalize_key +marked\.c:[0-9:]+ +\(inlined\)' err
check 'G13 G16: wrappers and inlined frames are marked'

watch -- ./marked exit
[ $got -eq 97 ]
check 'G45: a finding outranks the status of _exit'

watch -- ./marked kill
[ $got -eq 97 ]
check 'G45: a finding outranks a signal'

watch -- ./marked clean tock die
[ $got -eq 139 ] && verdict '(status 139)'
check 'G45: killed by a signal is 128 and the number'

watch --mode=abort -- ./marked key clean
[ $got -eq 97 ] && [ ! -s out ] && verdict 'violations=1 at 1 site'
check 'G15 G45: abort ends the program, and is 97'

watch --mode=count -- ./marked key key
[ $got -eq 97 ] && [ "$(cat out)" = 'done 0' ] && says ' x2, ' && ! says ' #0 '
check 'G15: count'

watch --mode=deny -- ./marked log
[ $got -eq 97 ]
check 'G15: deny'

watch --mode=callback -- ./marked callback key
[ $got -eq 97 ] && [ "$(cat out)" = 'done 2' ]
check "G15: callback: the program's own function is asked"

watch --mode=often -- ./marked
[ $got -eq 64 ] && says 'bad value'
check 'G45: a bad value is 64'

watch
[ $got -eq 64 ]
check 'G45: no program is 64'

printf 'line\n' | "$coldheap" check -- ./marked read clean >out 2>err
[ "$(cat out)" = "$(printf 'read line\ndone 0')" ]
check "the program's input and output are its own"

watch -- ./marked permit clean
[ $got -eq 0 ]
check 'G4: what a permit allows is no violation'

watch -- ./marked key >/dev/null
! grep -q guarded_main err && ! grep -q __libc_start err
check 'frames behind main are left out'

watch --max-reports=1 -- ./marked key log
[ "$(grep -c '^coldheap: VIOLATION' err)" -eq 1 ] && says 'more places'
check 'G17: at most --max-reports violations in full'

watch --depth=1 -- ./marked key
[ $got -eq 97 ] && ! says ' main '
check 'G17: depth of the stacks'

# ---- evidence ----

watch -- ./marked
[ $got -eq 98 ] && says 'nothing was checked' && verdict FAIL 'sections=0/2'
check 'G20: a run in which no section was entered is no pass'

watch --require=tock -- ./marked clean
[ $got -eq 98 ] && says '"tock"' && says 'never entered, and is required'
check 'G9: a required section that was not entered is 98'

watch --require=all -- ./marked clean
[ $got -eq 98 ] && says '"tock"'
check 'G9: --require=all: every section of the program'

watch --require=all -- ./marked clean tock
[ $got -eq 0 ]
check 'G9: all entered'

watch --require=tick,tock -- ./marked clean
[ $got -eq 98 ]
check 'G9: several names between commas'

watch --require=tack -- ./marked clean tock
[ $got -eq 98 ] && says '"tack"'
check 'G9: a section that does not exist is 98'

watch -- ./marked clean
[ $got -eq 0 ] && says 'NOTE section "tock"'
check 'G9: sections never entered are told'

watch --require=tock -- ./marked key
[ $got -eq 97 ]
check 'G45: a finding outranks what was not armed'

# ---- suppressions ----

cat >rules <<'RULES'
# what is known
allow section=tick stack=log_flush why="once per second"
RULES
watch --suppress=rules -- ./marked log clean
[ $got -eq 0 ] && says 'rules:2: allowed 2 calls: once per second' && verdict 'suppressed=2'
check 'G17: a suppression serves, and its hits are told'

watch --suppress=rules -- ./marked key
[ $got -eq 97 ] && says 'rules:2: the rule never served'
check 'G17: it does not serve elsewhere'

watch --suppress=rules -- ./marked clean
[ $got -eq 0 ] && says 'NOTE rules:2: the rule never served'
check 'G17: a rule that never served is told'

watch --suppress=rules --strict -- ./marked clean
[ $got -eq 97 ] && says 'FINDING rules:2'
check 'G17: and fails under --strict'

echo 'allow section=tick stack=log_flush max=3' >rules
watch --suppress=rules -- ./marked log log
[ $got -eq 97 ] && says 'allowed 3 calls, as many as it may' && verdict 'violations=1 '
check 'G17: more than max is a violation again'

echo 'allow op=free section=t?ck' >rules
watch --suppress=rules -- ./marked log
[ $got -eq 97 ] && verdict 'violations=1 at 1 site suppressed=1'
check 'G17: by operation, and a glob of a section'

echo 'allow sektion=tick' >rules
watch --suppress=rules -- ./marked clean
[ $got -eq 64 ] && says 'rules:1'
check 'G17: a line that means nothing ends the command'

echo 'wrapper lookup' >rules
watch --suppress=rules -- ./marked key
grep -qE 'lookup .*\(wrapper\)' err
check 'G17: more wrappers by name'

watch --suppress=nowhere -- ./marked clean
[ $got -eq 64 ] && says nowhere
check 'G17: a file that is not there'

# ---- budgets of sections ----

watch --budget='section tick allocs 2' --budget='section tick frees 2' -- ./marked key key
[ $got -eq 0 ]
check 'G31: within the budget'

watch --budget='section tick allocs 2' --budget='section tick frees 9' -- ./marked key key key
[ $got -eq 97 ] && says 'budget "section tick allocs 2" exceeded: 3'
check 'G31: a budget exceeded is 97'

echo 'section tick allocs 0' >budget
watch --budget-file=budget -- ./marked clean
[ $got -eq 0 ]
check 'G31: a budget file'

watch --budget='section tock allocs 0' -- ./marked clean
[ $got -eq 98 ]
check 'G31: the budget of a section never entered was not checked'

watch --budget='total allocs 5' -- ./marked clean
[ $got -eq 64 ] && says 'coldheap track'
check 'G31: other budgets are those of track'

# ---- JSON and GitHub ----

watch --json=o.json -- ./marked key status=4
[ $got -eq 97 ] && has python3 && python3 - <<'PY'
import json
lines = [json.loads(line) for line in open("o.json")]
assert all(line["version"] == 1 for line in lines)
last = lines[-1]
assert last["type"] == "verdict" and last["status"] == 97 and last["program_status"] == 4, last
assert last["images"] == last["images_armed"] == 1 and last["violations"] == 2
found = [line for line in lines if line["type"] == "violation"]
assert sum(line["count"] for line in found) == 2
alloc = [line for line in found if line["size_bytes"] == 2][0]
assert alloc["section"]["name"] == "tick"
assert alloc["frames"][alloc["call_site"]]["function"] in ("normalize_key", "lookup"), alloc
assert {line["name"] for line in lines if line["type"] == "section"} == {"tick", "tock"}
assert [line for line in lines if line["type"] == "image"][0]["state"] == "armed"
PY
check 'G46: JSON lines, with both statuses'

if python3 -c 'import jsonschema' 2>/dev/null; then
    echo 'allow section=tick op=free' >rules
    watch --json=p.json --suppress=rules --hot-fn=lookup -- ./marked key
    watch --json=r.json -- passwd
    python3 - "$here/../../share/schemas/command/check.json" >out 2>err <<'PY'
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
seen = set()
for name in ("o.json", "p.json", "r.json"):
    for line in open(name):
        jsonschema.validate(json.loads(line), schema)
        seen.add(json.loads(line)["type"])
assert seen == {"image", "section", "rule", "violation", "complaint", "verdict"}, seen
try:
    jsonschema.validate({"version": 1, "type": "verdict"}, schema)
    raise SystemExit("a broken line passes")
except jsonschema.ValidationError:
    pass
PY
    check 'G46: every line keeps the schema'
else
    skip 'G46: the schema' 'no python3-jsonschema here'
fi

mkdir -p repository/src 'repository/src/odd,name%' && git -C repository init -q 2>/dev/null
cp "$here/marked.c" 'repository/src/odd,name%/marked.c'
build "$work/repository/src/odd,name%/marked.c" -o repository/odd
(cd repository && "$coldheap" check --github -- ./odd key) >out 2>err
grep -qE '^::error file=src/odd%2Cname%25/marked\.c,line=[0-9]+,title=hot path violation::' err &&
    tail -n 1 err | grep -q 'status 97'
check 'G46: annotations with escapes, paths relative to the repository, the verdict last'

GITHUB_WORKSPACE=$work/repository "$coldheap" check --github -- ./repository/odd >out 2>err
grep -q '^::error title=coldheap%3A not checked::nothing was checked' err
check 'G46: what was not checked is annotated too'

watch --no-color -- ./marked clean
! grep -q "$(printf '\033')" err
check 'G46: no colour but on a terminal'

# ---- linked in ----

if [ -n "${3:-}" ]; then
    build "$here/marked.c" -o linked -Wl,-u,ch_hot_enter '-Wl,--export-dynamic-symbol=ch*_hot_*' \
        '-Wl,--export-dynamic-symbol=chi_guard_*' "$3" -ldl -lpthread
    watch -- ./linked key
    [ $got -eq 97 ] && verdict 'armed=linked images=1/1 sections=1/2'
    check 'G11: a program that has the guard linked in'
fi
if [ -n "${4:-}" ] && [ -e "$(gcc -print-file-name=libc.a)" ]; then
    build "$here/marked.c" -o linked -static -Wl,-z,muldefs -Wl,-u,ch_hot_enter "$4" -ldl -lpthread
    watch -- ./linked key
    [ $got -eq 97 ] && verdict 'armed=linked images=1/1'
    check 'G11: a static program that has the guard linked in'
fi

# ---- list ----

"$coldheap" list ./marked >out 2>err
got=$?
[ $got -eq 0 ] && grep -qE '^scope +tick +marked\.c:[0-9]+ +heap in tick' out &&
    grep -qE '^scope +tock ' out && grep -qE '^permit +once ' out &&
    tail -n 1 out | grep -q '2 scopes, 1 permit'
check 'G9: list prints the scopes of a program'

for flags in '-no-pie' '-fPIE -pie' '-fPIC -shared' '-c' '-O0 -c'; do
    # shellcheck disable=SC2086 # several flags
    build $flags "$here/marked.c" -o listed
    "$coldheap" list listed >out 2>err
    got=$?
    [ $got -eq 0 ] && [ "$(grep -c '^scope' out)" -eq 2 ]
    check "G9: list: $flags"
done

cat >hot.c <<'C'
#include <coldheap/hot.h>
CH_HOT_FN int hot_one(int x) { return x * 3; }
CH_PERMIT_FN("rare") int rare_one(int x) { return x + 3; }
int main(int argc, char **argv) { (void)argv; return hot_one(argc) + rare_one(argc) > 1000; }
C
build hot.c -o hot
"$coldheap" list --json l.json hot >out 2>err
grep -qE '^function +hot_one +hot\.c:2' out && grep -qE '^permit-function +rare_one' out &&
    grep -q '"kind":"function","name":"hot_one"' l.json
check 'G7 G8: list prints marked functions'

"$coldheap" list "$coldheap" /bin/true >out 2>err
[ $? -eq 98 ] && grep -q 'nothing is marked' out
check 'list: nothing marked is 98'

"$coldheap" list /etc/passwd >out 2>err
[ $? -eq 98 ]
check 'list: no program is 98'

# ---- doctor ----

"$coldheap" doctor --json d.json >out 2>err
got=$?
[ $got -eq 0 ] && grep -q '^yes  preload' out && grep -q '"name":"preload","works":true' d.json
check 'G44: doctor says what can be armed here'

LD_PRELOAD=libm.so.6 "$coldheap" doctor >out 2>err
grep -q '^no   environment' out
check 'G44: doctor tells of what stands in the way'

"$coldheap" doctor --runtime=/nowhere >out 2>err
[ $? -eq 98 ] && grep -q '^no   preload' out
check 'G44: doctor without a run time is 98'

finish
