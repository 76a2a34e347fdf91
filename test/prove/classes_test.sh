#!/usr/bin/env bash
# classes_test.sh COLDHEAP INCLUDE: `coldheap prove` from outside: each class of finding, each kind
# of line of a policy, link-time optimisation and C++.
set -u

coldheap=$1
include=$2
here=$(cd "$(dirname "$0")" && pwd)
. "$(dirname "$0")/../tap.sh"
cd "$work" || exit 1

prove() {
    "$coldheap" prove --progress none "$@" >std 2>out
}

# says FUNCTION VERDICT [CLASS]: what the last run said of it.
says() {
    awk -v name="$1" -v verdict="$2" -v class="${3:-}" '
        /^(PROVEN|UNPROVEN|VIOLATION)/ { on = $2 == name; if (on && $1 == verdict) right = 1 }
        on && class != "" && index($0, " " class " ") { found = 1 }
        END { exit !(right && (class == "" || found)) }' out
}

build() {
    "${CC_OF_TEST:-gcc}" -std=gnu17 -g -w -I"$include" "$@" 2>cc.err || cat cc.err
}

computed='INDIRECT-CALL classes\.c:[0-9]+:[0-9]+ <- indirect, expression `apply`'

# ---- classes, at each level of optimisation ----

for flags in '-O0' '-O2' '-O3' '-O2 -fPIC -fcf-protection=full'; do
    # shellcheck disable=SC2086 # several flags
    build $flags -fcallgraph-info=su,da -ffunction-sections -c "$here/classes.c" -o classes.o
    prove classes.o
    [ $? -eq 97 ] && says asm_clean UNPROVEN ASM-CALL
    check "G36: $flags: a call that the compiler does not know of"
    says asm_jump VIOLATION ALLOC
    check "G36: $flags: a jump to malloc in inline assembly"
    says indirect UNPROVEN INDIRECT-CALL &&
        grep -qE "$computed"', candidates .*op_add' out
    check "G38: $flags: a computed call with expression and candidates"
    says searched UNPROVEN LIBC-INDIRECT
    check "G38: $flags: a callback of lfind"
    says computed_goto PROVEN
    check "G36: $flags: a computed goto is none"
    says mutual UNPROVEN RECURSION
    check "G38: $flags: functions that call each other"
    says grows UNPROVEN UNBOUNDED-STACK
    check "G40: $flags: alloca"
    says large PROVEN
    check "G40: $flags: a large frame is one"
    says writes PROVEN SYSCALL
    check "G38: $flags: a system call is a note"
done
prove --deny syscall --root writes classes.o
says writes VIOLATION SYSCALL
check 'G38: a system call is an error with --deny=syscall'
prove --max-stack 100000 classes.o
says large VIOLATION STACK-LIMIT
check 'G40: a stack above its limit'
CC_OF_TEST=clang
if command -v clang >/dev/null; then
    for flags in -O0 -O2; do
        build $flags -c "$here/classes.c" -o clang.o
        prove clang.o
        says asm_jump VIOLATION ALLOC && says indirect UNPROVEN INDIRECT-CALL &&
            says mutual UNPROVEN RECURSION && says grows UNPROVEN UNBOUNDED-STACK &&
            grep -qE "$computed" out
        check "G36: clang $flags, without a call graph of its own"
    done
else
    skip 'G36: clang' 'not installed'
fi
CC_OF_TEST=gcc

# ---- policies ----

# under LINE...: with a policy of these lines.
under() {
    printf '%s\n' "$@" >test.policy
    prove --policy test.policy --strict classes.o
}

build -O2 -fcallgraph-info=su,da -c "$here/classes.c" -o classes.o
under 'call asm_clean -> called_by_assembly "the block is ours"'
says asm_clean PROVEN &&
    grep -q 'assumed: call asm_clean -> called_by_assembly: the block is ours' out
check 'G38: a call in assembly that is stated'
under 'call indirect -> op_add "closed table"'
says indirect PROVEN && grep -q 'assumed: call indirect -> op_add: closed table' out
check 'G38: targets by function'
under 'call expr:apply -> op_add,op_box "closed table"'
says indirect VIOLATION ALLOC && grep -q 'op_box <- \[call expr:apply -> op_add,op_box\]' out
check 'G38: targets by expression; the way goes through the line'
under 'call expr:apply -> cold "not hot"'
says indirect PROVEN
check 'G38: a computed call that is cold'
under 'call expr:apply -> nobody_defines_this "closed table"'
says indirect UNPROVEN UNKNOWN-EXTERN
check 'G38: a stated target that nobody defines is no proof'
under 'call expr:apply -> @in:no_such_table "closed table"'
says indirect UNPROVEN INDIRECT-CALL && grep -q 'is open: no function in an object' out
check 'G38: a table without functions is no proof'
under 'call expr:appl -> cold "not hot"'
says indirect UNPROVEN INDIRECT-CALL && grep -q 'the line served nothing' out
check 'G38: part of a word is no expression'
under 'bound even depth 10 "ten levels"'
says mutual PROVEN
check 'G38: recursion with a bound'
under 'bound odd depth 10 "ten levels"'
says mutual PROVEN
check 'G38: a bound for either of two that call each other'
stack() {
    under "bound even depth $1 \"levels\""
    "$coldheap" prove --progress none --policy test.policy --json s.json --root mutual classes.o \
        2>/dev/null
    sed -n 's/.*"root":"mutual".*"stack_bytes":\([0-9]*\).*/\1/p' s.json
}
ten=$(stack 10)
twenty=$(stack 20)
[ "${ten:-0}" -ge 2000 ] && [ "$twenty" -ge $((ten * 19 / 10)) ] && [ "$twenty" -le $((ten * 2)) ]
check "G40: a bound multiplies the frames of all in the circle ($ten B, $twenty B)"
under 'bound grows stack 500 "at most 500 bytes"'
says grows PROVEN
check 'G40: a frame with a bound'
under 'effect snprintf none "measured: 0 for %zu"'
says formats PROVEN && grep -q 'assumed: effect snprintf none: measured: 0 for %zu' out
check 'G38: an effect that is stated'
under 'cold op_box "error path"' 'call expr:apply -> op_add,op_box "closed table"'
says indirect PROVEN && grep -q 'assumed: cold op_box: error path' out
check 'G38: a function that is cold'
printf 'cold nobody "never"\n' >test.policy
prove --policy test.policy --root large classes.o
[ $? -eq 97 ] && grep -q 'test.policy:1: the line served nothing' out
check 'G38: a line that served nothing is told'
prove --policy test.policy --strict --no-libc --root replaced classes.o
grep -q '^ERROR(96): test.policy:1: the line served nothing' out
check 'G38: and is an error with --strict'

# ---- @taken ----

build -O2 -DWITH_MAIN -c "$here/classes.c" -o whole.o
printf 'call expr:apply -> @taken "any function handed out"\n' >test.policy
prove --policy test.policy classes.o
says indirect VIOLATION INDIRECT-CALL && grep -q 'is open: no main among the inputs' out
check 'G39: addresses may come from outside: the set is open'
prove --policy test.policy whole.o
says indirect VIOLATION ALLOC && grep -q 'op_box <- \[call expr:apply -> @taken\]' out
check 'G39: a function whose address stands in data'
cat >hidden.c <<'TEXT'
#include <stdlib.h>
void *kept;
static __attribute__((noinline)) void box(void) { kept = malloc(3); }
static __attribute__((noinline)) void plain(void) { kept = 0; }
__attribute__((noinline)) void run(void (*apply)(void)) { apply(); __asm__ volatile(""); }
int main(int count, char **words) { run(count > 1 ? plain : box); (void)words; return 0; }
TEXT
for flags in '-O2' '-O2 -fPIC' '-O2 -no-pie -fno-pie' '-O0'; do
    # shellcheck disable=SC2086 # several flags
    build $flags hidden.c -o hidden && prove --policy test.policy --root run hidden
    says run VIOLATION ALLOC
    check "G39: a function whose address only code mentions, program, $flags"
    # shellcheck disable=SC2086
    build $flags -c hidden.c -o hidden.o && prove --policy test.policy --root run hidden.o
    says run VIOLATION ALLOC
    check "G39: the same, object, $flags"
done
printf 'void *dlsym(void *, const char *);\nvoid g(void) { dlsym(0, "x"); }\n' >opens.c
build -O2 -c opens.c -o opens.o
sed 's/malloc(3)/0/' hidden.c >harmless.c
build -O2 -c harmless.c -o harmless.o
prove --policy test.policy --root run harmless.o
says run PROVEN
check 'G39: a whole program that hands out nothing that allocates'
build -O2 -Dmain=start -c harmless.c -o part.o
prove --policy test.policy --root run part.o
says run UNPROVEN INDIRECT-CALL && grep -q 'is open: no main among the inputs' out
check 'G39: the same as part of a program'
prove --policy test.policy --root run harmless.o opens.o
says run UNPROVEN INDIRECT-CALL && grep -q 'dlsym gives addresses from outside' out
check 'G39: dlsym opens the set'
printf '#include <stdlib.h>\nvoid (*volatile freeing)(void *) = free;\n' >outside.c
build -O2 -c outside.c -o outside.o
prove --policy test.policy --root run harmless.o outside.o
says run VIOLATION ALLOC
check 'G39: free, handed out by data of another object'
printf 'void elsewhere(void);\nvoid (*volatile other)(void) = elsewhere;\n' >outside.c
build -O2 -c outside.c -o outside.o
prove --policy test.policy --root run harmless.o outside.o
says run UNPROVEN UNKNOWN-EXTERN
check 'G39: an address that no input defines'

# ---- permits ----

prove --root permits classes.o
says permits PROVEN &&
    grep -q 'assumed: CH_PERMIT_FN unscoped: the log is written once a day' out &&
    grep -q 'assumed: CH_PERMIT_FN scoped: a table grows' out
check 'G8: permitted functions are listed with their reasons'
grep -q 'unscoped is marked CH_PERMIT_FN but opens no CH_PERMIT_SCOPE' out &&
    ! grep -q ' scoped is marked' out
check 'G8: one that opens no CH_PERMIT_SCOPE is told'

# ---- which code it is ----

cat >strong.c <<'TEXT'
#include <stdlib.h>
void *volatile kept2;
void replaced(void) { kept2 = malloc(1); }
TEXT
build -O2 -c strong.c -o strong.o
prove classes.o
says weakly PROVEN
check 'G36: a weak function'
prove classes.o strong.o
says weakly VIOLATION ALLOC
check 'G36: a weak function gives way to a strong one'
mkdir -p elsewhere/src && cp hidden.c elsewhere/src/moved.c
(cd elsewhere && build -O2 -ffile-prefix-map="$PWD"/= -c src/moved.c -o moved.o)
printf 'call expr:apply -> cold "x"\n' >test.policy
prove --policy test.policy --root run elsewhere/moved.o
says run UNPROVEN INDIRECT-CALL
check 'G38: without its source an expression is not known'
prove --policy test.policy --source-root elsewhere --root run elsewhere/moved.o
says run PROVEN
check 'G38: sources below --source-root'

# ---- link-time optimisation ----

for compiler in gcc clang; do
    if ! command -v $compiler >/dev/null; then
        skip "G36: $compiler -flto" 'not installed'
        continue
    fi
    extra=''
    [ $compiler = gcc ] && extra='-fcallgraph-info=su,da'
    CC_OF_TEST=$compiler build -O2 -flto -c "$here/planted.c" -o lto.o
    prove lto.o
    [ $? -eq 98 ] && grep -q 'prove the linked program' out
    check "G45: an object of $compiler -flto has no machine code: 98"
    for source in planted.c classes.c; do
        if ! CC_OF_TEST=$compiler build -O2 -flto $extra -DWITH_MAIN "$here/$source" -o linked \
            >/dev/null || [ ! -s linked ]; then
            skip "G36: $compiler -flto: $source" 'cannot link it'
            continue
        fi
        prove linked
        [ $? -eq 97 ] && awk '/^(PROVEN|UNPROVEN|VIOLATION)/ {
                if ($2 ~ /^clean_/ && $1 != "PROVEN") bad = 1
                if ($2 ~ /^(bad_|indirect|mutual|grows|searched)/ && $1 == "PROVEN") bad = 1
                if ($2 ~ /^(alloc_|asm_jump)/ && $1 != "VIOLATION") bad = 1
                n++
            } END { exit bad || n < 10 }' out
        check "G36: $compiler -flto: $source"
        rm -f linked linked.*
    done
done

# ---- C++ ----

for compiler in g++ clang++; do
    if ! command -v $compiler >/dev/null; then
        skip "G13: $compiler" 'not installed'
        continue
    fi
    for flags in -O0 -O2 -O3 '-O2 -flto'; do
        # shellcheck disable=SC2086 # several flags
        $compiler -std=c++17 -g -w $flags -I"$include" "$here/planted.cc" -o linked 2>out ||
            { skip "G13: $compiler $flags" 'cannot link it' && continue; }
        prove linked
        [ $? -eq 97 ] && awk '/^(PROVEN|UNPROVEN|VIOLATION)/ {
                if ($2 ~ /^clean_/ && $1 != "PROVEN") bad = 1
                if ($2 ~ /^bad_/ && $1 == "PROVEN") bad = 1
                if ($2 ~ /^alloc_/ && $1 != "VIOLATION") bad = 1
                n++
            } END { exit bad || n < 12 }' out
        check "G13: $compiler $flags: operators new and delete, virtual calls, exceptions"
    done
done
g++ -std=c++17 -g -w -O2 -I"$include" -c "$here/planted.cc" -o planted.o
printf 'call expr:of.area -> @in:_ZTV6square,@in:_ZTV4last "only these are used"\n' >test.policy
prove --policy test.policy planted.o
says bad_virtual VIOLATION ALLOC && grep -q 'operator delete' out
check 'G38: a virtual call goes to the tables of classes'
printf 'call expr:of.area -> @in:_ZTV6square "x"\ncold square::~square "never by this pointer"\n' \
    >test.policy
prove --policy test.policy planted.o
says bad_virtual PROVEN
check 'G38: names of C++ as people write them'

finish
