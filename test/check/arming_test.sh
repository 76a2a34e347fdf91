#!/usr/bin/env bash
# arming_test.sh COLDHEAP INCLUDE: what cannot be checked is refused with its reason, before the
# program runs or instead of passing: each row of G20, with programs of this machine and own ones.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

build "$here/marked.c" -o marked
check 'a marked program is built'

# refused TEXT... : status 98, one line that has the texts, and the program has not run.
refused() {
    [ "$got" -eq 98 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] &&
        verdict REFUSED 'it was not started  (status 98)' "$@"
}

# ---- nothing to check ----

printf 'b\na\n' >lines
watch -- sort lines
[ $got -eq 98 ] && says 'nothing was checked' && [ "$(cat out)" = "$(printf 'a\nb')" ]
check 'G20: without section, hot function or seal nothing was checked'

watch --hot-fn=fill_gaps -- sort lines
[ $got -eq 98 ] && says 'no such function' && says 'stripped' && says fill_gaps
check 'G20: a hot function that does not exist, in a stripped program'

watch --hot-fn=tik -- ./marked clean
[ $got -eq 98 ] && says 'no such function' && says 'nearest: tick'
check 'G20: near names are proposed'

watch --hot-addr='nowhere.so+0x10:16' -- ./marked
[ $got -eq 98 ] && says 'nowhere.so'
check 'G20: hot code in a file that was never loaded'

# ---- static ----

if [ -e "$(gcc -print-file-name=libc.a)" ]; then
    build -static "$here/marked.c" -o fixed && watch -- ./fixed key
    refused 'static program'
    check 'G20: static'
    build -static-pie "$here/marked.c" -o fixed-pie && watch -- ./fixed-pie key
    refused 'static-PIE program'
    check 'G20: static-PIE'
    cat >go.c <<'C'
__attribute__((section(".go.buildinfo"), used)) static const char info[] = "Go buildinf:";
int main(void) { return 0; }
C
    build -static go.c -o gostatic && watch -- ./gostatic
    refused 'static Go program'
    check 'G20: static Go, by .go.buildinfo'
    build go.c -o godynamic && watch -- ./godynamic
    refused 'Go brings a heap'
    check 'G20: Go with a loader is partial'
    printf '#!/bin/sh\n./fixed clean\necho after\n' >script && chmod +x script
    watch -- ./script
    [ $got -eq 98 ] && says "./fixed" && says 'was not armed' && verdict 'images=1/2'
    check 'G19 G20: a script that runs a static program, with its path'
    watch --children=ignore -- ./script
    [ $got -eq 98 ] && says 'nothing was checked' && ! says 'was not armed'
    check 'G19: --children=ignore looks at the first process only'
    printf '#!/bin/sh\n./marked clean\n./fixed clean\nexit 3\n' >script
    watch --children=ignore -- ./script
    [ $got -eq 3 ] && verdict 'images=1/1'
    check 'G19: and passes if that was checked'
else
    skip 'G20: static programs' 'no libc.a here'
fi

if has kubectl && [ -x "$(command -v kubectl)" ]; then
    watch -- kubectl version
    refused 'static Go program'
    check 'G20: kubectl'
else
    skip 'G20: kubectl' 'not installed'
fi

if has fpc; then
    echo "program hi; begin writeln('hi'); end." >hi.pas
    fpc hi.pas >/dev/null 2>&1
    watch -- ./hi
    refused 'static Free Pascal program'
    check 'G20: Free Pascal'
else
    skip 'G20: Free Pascal' 'no fpc here'
fi

# ---- rights ----

watch -- passwd --status
refused 'set-user-id'
check 'G20: passwd'

cp marked setuid && chmod u+s setuid && watch -- ./setuid key
refused 'set-user-id'
check 'G20: set-user-id'

cp marked setgid && chmod g+s setgid && watch -- ./setgid key
refused 'set-group-id'
check 'G20: set-group-id'

cp marked capable
if has setcap && setcap cap_net_raw+ep capable 2>/dev/null; then
    watch -- ./capable key
    refused 'file capabilities'
    check 'G20: file capabilities'
elif has python3 && python3 -c '
import os
value = bytes.fromhex("0100000200200000" + 24 * "0")
os.setxattr("capable", "security.capability", value)
' 2>/dev/null; then
    watch -- ./capable key
    refused 'file capabilities'
    check 'G20: file capabilities'
else
    skip 'G20: file capabilities' 'they cannot be set here'
fi

# ---- other machines, broken files ----

cp marked other && printf '\267' | dd of=other bs=1 seek=18 conv=notrunc 2>/dev/null
watch -- ./other
refused 'another machine'
check 'G20: a program for another machine'

broken=0
for size in 0 4 16 63 64 100 500 1000 4000 9000 15000; do
    head -c $size marked >cut && chmod +x cut
    watch -- ./cut
    [ $got -lt 128 ] && [ $got -gt 0 ] || { [ $size -eq 0 ] && [ $got -eq 98 ]; } || broken=1
done
[ $broken -eq 0 ]
check 'a file that is cut off is refused or not runnable'

broken=0
for place in 24 32 40 48 52 54 56 58 60 62; do
    cp marked odd && printf '\377\377' | dd of=odd bs=1 seek=$place conv=notrunc 2>/dev/null
    watch -- ./odd clean
    [ $got -lt 128 ] || [ $got -eq 139 ] || broken=1
    "$coldheap" list odd >out 2>err
    [ $? -lt 128 ] || broken=1
done
[ $broken -eq 0 ]
check 'a damaged header is survived'

# ---- what cannot be run ----

watch -- ./nothing
[ $got -eq 127 ]
check 'G45: no such program is 127'
watch -- nothing-of-that-name
[ $got -eq 127 ]
check 'G45: no such program in PATH is 127'
watch -- /etc/passwd
[ $got -eq 126 ]
check 'G45: not runnable is 126'
watch -- /usr
[ $got -eq 126 ]
check 'G45: a folder is 126'

# ---- other allocators ----

cat >own.c <<'C'
#include <stddef.h>
#include <stdio.h>
#include <string.h>
static _Alignas(16) char heap[1 << 24];
static size_t used;
void *malloc(size_t size) {
    void *block = heap + used;
    used += (size + 15) & ~(size_t)15;
    return block;
}
void free(void *block) { (void)block; }
void *calloc(size_t a, size_t b) { return memset(malloc(a * b), 0, a * b); }
void *realloc(void *old, size_t size) {
    char *block = malloc(size);
    for (size_t i = 0; old != NULL && i < size; i++) block[i] = ((char *)old)[i];
    return block;
}
int main(void) { puts("ran"); return 0; }
C
build -fno-builtin own.c -o own
watch -- ./own
[ $got -eq 98 ] && says 'does not reach the guard' && [ ! -s out ] && verdict 'armed=no images=0/1'
check 'G18 G20: an allocator inside the program'

for library in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2.0; do
    if ! LD_PRELOAD=$library ./marked clean 2>&1 | grep -q 'done 0' ||
        LD_PRELOAD=$library ./marked clean 2>&1 | grep -q 'cannot be preloaded'; then
        skip "G20: $library in LD_PRELOAD" 'not installed'
        continue
    fi
    LD_PRELOAD=$library "$coldheap" check -- ./marked clean >out 2>err
    got=$?
    [ $got -eq 98 ] && says 'does not reach the guard'
    check "G20: $library in LD_PRELOAD comes before the guard"
done

# Its operator delete calls free by the public name: the self-test must not give it a block.
if build "$here/marked.c" -Wl,--no-as-needed -l:libjemalloc.so.2 -o linked; then
    watch -- ./linked clean
    [ $got -eq 98 ] && says 'operator new does not reach the guard' && [ ! -s out ]
    check 'G18 G20: a program linked with jemalloc is told why it is not checked'
    LD_PRELOAD=libstdc++.so.6 "$coldheap" check -- ./linked clean tock >out 2>err
    got=$?
    [ $got -eq 0 ] && [ "$(cat out)" = 'done 0' ]
    check 'G18: with libstdc++ before it, it is checked on the heap of glibc'
else
    skip 'G18 G20: a program linked with jemalloc' 'libjemalloc2 is not installed'
fi

for name in je_malloc _rjem_mallocx mi_malloc tc_malloc rpmalloc; do
    echo "void *$name(unsigned long n) { return (void *)n; }" >heap.c
    build "$here/marked.c" heap.c -o heap
    watch -- ./heap clean
    refused 'brings a heap beside malloc'
    check "G20: a heap beside malloc: $name"
done
watch --partial-ok -- ./heap clean
[ $got -eq 0 ] && says 'NOTE partial' && says 'rpmalloc'
check 'G20: --partial-ok checks the rest, and says so'

if has node; then
    watch -- node -e 0
    refused 'V8'
    check 'G20: node is partial'
    # It makes hundreds of thousands of calls there: the first one is enough.
    watch --mode=abort --partial-ok --hot-fn='node::Start*' -- node -e 0
    [ $got -eq 97 ] && verdict 'armed=preload images=1/1' && says 'V8'
    check 'G20: node is armed, as only a call can tell'
else
    skip 'G20: node' 'not installed'
fi

if has java; then
    watch -- java -version
    refused 'JVM'
    check 'G20: a JVM is partial'
else
    skip 'G20: java' 'not installed'
fi

if has rustc && rustc --version >/dev/null 2>&1; then
    watch -- rustc --version
    [ $got -eq 98 ] && says 'does not reach the guard'
    check 'G20: rustc has an allocator inside'
    cat >tick.rs <<'RS'
#[inline(never)]
fn tick(n: usize) -> usize { let v: Vec<usize> = (0..n).collect(); v.len() }
fn main() { let n = std::env::args().count(); println!("{}", tick(n + 7)); }
RS
    rustc -g -O tick.rs -o ticker 2>build.err
    watch --hot-fn='*tick*' -- ./ticker
    [ $got -eq 97 ] && grep -qE '#[0-9]+ .*tick' err && [ "$(cat out)" = 8 ]
    check 'G23: a Rust program, its function by readable name'
else
    skip 'G20: rustc' 'not installed'
fi

# ---- programs of others ----

watch --mode=log --hot-fn=execute_command_internal -- bash -c 'x=1; y=$((x+1)); echo $y'
[ $got -eq 97 ] && [ "$(cat out)" = 2 ] && says 'VIOLATION xmalloc' &&
    says 'in hot function "execute_command_internal"'
check 'G23: bash, which is stripped'

if has perl; then
    watch --hot-fn='Perl_runops_standard' -- perl -e 'my @a = map { $_ x 9 } 1..9; print "@a[0]\n"'
    [ $got -eq 97 ] && [ "$(cat out)" = 111111111 ]
    check 'G23: perl'
else
    skip 'G23: perl' 'not installed'
fi

# ---- scripts ----

printf '#!/usr/bin/env bash\n./marked clean\n' >script && chmod +x script
watch -- ./script
[ $got -eq 0 ] && [ "$(cat out)" = 'done 0' ]
check 'G20: a script is checked through its interpreter'

printf '#!/usr/bin/env -S A=b bash -e\n./marked key\n' >script
watch -- ./script
[ $got -eq 97 ]
check 'G20: the interpreter behind env and its options'

printf './marked clean\n' >script
watch -- ./script
[ $got -eq 0 ]
check 'G20: a script without a first line is the shell'"'"'s'

printf '#!/nowhere/interpreter\n' >script
watch -- ./script
[ $got -eq 126 ] || [ $got -eq 127 ]
check 'G45: a script whose interpreter is missing'

if [ -x fixed ]; then
    printf '#!%s clean\n' "$work/fixed" >script
    watch -- ./script
    refused 'static program' 'run by'
    check 'G20: a script whose interpreter is static'
fi

# ---- children ----

printf '#!/bin/sh\n./marked clean\n./marked tock\n' >script
watch -- ./script
[ $got -eq 0 ] && verdict 'images=3/3 sections=2/2'
check 'G19: every program of a script is armed'

printf '#!/bin/sh\n./marked clean\nenv -i ./marked clean\ntrue\n' >script
watch -- ./script
[ $got -eq 98 ] && says 'was not armed' && says "marked"
check 'G19: a child whose environment was emptied is told by its path'

printf '#!/bin/sh\n./marked clean\n./nothing 2>/dev/null\nexit 0\n' >script
watch -- ./script
[ $got -eq 0 ]
check 'G19: an exec that failed is not waited for'

watch -- env -i ./marked clean
[ $got -eq 98 ] && says "marked"
check 'G19: exec without an environment'

watch -- env A=b ./marked clean
[ $got -eq 0 ] && verdict 'images=1/1'
check 'G19: only the last image of a process counts'

printf '#!/bin/sh\n./marked clean\n./own\n' >script
watch -- ./script
[ $got -eq 98 ] && says "$work/own" && says 'does not reach the guard'
check 'G19: a child that could not be armed'

finish
