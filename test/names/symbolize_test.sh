#!/usr/bin/env bash
# symbolize_test.sh COLDHEAP PRELOAD INCLUDE: `coldheap symbolize` on logs of programs as compilers
# make them: C++ by gcc and clang, forms of debug information, stripped, another build, Rust.
set -u

coldheap=$1
preload=$2
include=$3
here=$(cd "$(dirname "$0")" && pwd)
. "$(dirname "$0")/../tap.sh"
cd "$work" || exit 1

# Makes a log of ./engine.
run_engine() {
    COLDHEAP=mode=log,out=log LD_PRELOAD="$preload" ./engine
    [ $? -eq 97 ]
}

symbolize() {
    "$coldheap" symbolize "$@" >out 2>err
}

line_of() {
    grep -n "line: $1\$" "$here/engine.cpp" | cut -d: -f1
}

# frame FUNCTION PLACE [MORE]: a frame of the log.
frame() {
    grep -E "^    #[0-9]+ +([a-z]+ )?$1 +$2(:[0-9]+)?${3:-}\$" out >/dev/null
}

all_frames_are_there() {
    grep -q '^coldheap: VIOLATION operator new(4) in hot section "tick"' out &&
        grep -qE '^    #0 +operator new\(unsigned long\) .*\(wrapper\)$' out &&
        frame '(engine::queue::push\(int\)|push)' "engine.cpp:$(line_of push)" '  \(inlined\)' &&
        frame 'engine::queue::tick\(int\)' "engine.cpp:$(line_of tick)" &&
        frame main "engine.cpp:$(line_of main)" &&
        ! grep -E 'engine.cpp.*wrapper' out
}

# compile FLAGS: ./engine, its log begun anew.
compile() {
    rm -f log engine engine.debug
    # shellcheck disable=SC2086 # several flags
    $compiler -std=c++17 -w -O2 -Wl,--build-id $1 -I"$include" "$here/engine.cpp" -o engine 2>err
}

for compiler in g++ clang++; do
    if ! command -v "$compiler" >/dev/null; then
        skip "$compiler" 'not installed'
        continue
    fi
    for flags in -gdwarf-4 -gdwarf-5 '-gdwarf-5 -gz' '-g -gsplit-dwarf' '-g1' \
        '-g -O3 -ffunction-sections -Wl,--gc-sections' '-g -no-pie'; do
        compile "$flags" && run_engine && symbolize log && all_frames_are_there
        check "G13 G16 symbolize: $compiler $flags"
    done
    compile '-g' && objcopy --only-keep-debug engine engine.debug &&
        objcopy --strip-all --add-gnu-debuglink=engine.debug engine && run_engine &&
        symbolize log && all_frames_are_there
    check "G16 symbolize: $compiler, debug file by its link"
    compile '' && run_engine && symbolize log &&
        frame 'engine::queue::tick\(int\)' 'engine\+0x[0-9a-f]+'
    check "G16 symbolize: $compiler, symbols only"
done

compiler=g++
compile '-g' && run_engine && symbolize <log && all_frames_are_there
check 'G44 symbolize reads stdin'
compile '-g' && run_engine && sed '3i a line of the program' log | symbolize - &&
    all_frames_are_there && grep -q '^a line of the program$' out
check 'G16 symbolize: other threads may write between'
symbolize --wrapper 'engine::queue::push' log && grep -qE 'queue::push.*\(wrapper\)$' out
check 'G13 symbolize --wrapper'
grep -qE '^coldheap: x1 malloc in .* from operator new\(unsigned long\) \(' out
check 'G16 symbolize: the summary too'

# The log of one build, the file of another.
compile '-g' && run_engine && mv log kept &&
    $compiler -std=c++17 -w -O1 -g -Wl,--build-id -I"$include" "$here/engine.cpp" -o engine &&
    symbolize kept && ! grep -q 'engine.cpp:[0-9]*:' out && grep -q 'another build' err &&
    grep -qE '\(engine\+0x[0-9a-f]+\)$' out
check 'G16 symbolize: another build is not used, and that is said'
rm engine && symbolize kept && grep -q 'engine cannot be read' err &&
    grep -qE '\(engine\+0x[0-9a-f]+\)$' out
check 'G16 symbolize: a file that is gone'

if command -v rustc >/dev/null; then
    cat >tick.rs <<'RUST'
mod engine {
    #[inline(never)]
    pub fn tick(n: usize) -> Vec<usize> {
        let mut items = Vec::new();
        for i in 0..n {
            items.push(i * n);
        }
        items
    }
}
fn main() {
    println!("{}", engine::tick(std::env::args().count()).len());
}
RUST
    rustc -g -O -C link-arg=-Wl,--build-id tick.rs -o tick 2>err &&
        id=$(readelf -n tick | sed -n 's/.*Build ID: //p') &&
        address=$(nm tick | sed -n 's/^\([0-9a-f]*\) [tT] .*6engine4tick17h.*/\1/p' | head -n 1) &&
        {
        echo 'coldheap: VIOLATION malloc 8 B in hot section "x"'
        for step in $(seq 1 4 200); do
            printf '    #0 0x1000 (tick+0x%x)\n' $((0x$address + step))
        done
        echo "    $work/tick: build id $id"
    } >log && symbolize log && grep -qE ' tick::engine::tick +tick.rs:[3-8]' out &&
        grep -qE '<.*(RawVec|Vec|Range).*\(inlined\)|alloc::.*\(inlined\)' out &&
        ! grep -q '17h[0-9a-f]' out
    check 'G13 G23 symbolize: Rust'
else
    skip 'G13 G23 symbolize: Rust' 'no rustc'
fi

# ---- untrusted logs ----
for text in '' '    #0 0x1 (' '    /x: build id zz' 'coldheap: x1 from 0x' '    #0 0x1 f (m+0x1)' \
    '    /dev/zero: build id 00' '    #0 0x1 (zero+0x1)'; do
    printf '%s\n' "$text" >log && symbolize log && [ "$(cat out)" = "$text" ] ||
        [ "${text#*dev/zero}" != "$text" ]
    check "symbolize passes on: '$text'"
done
head -c 200000 /dev/zero | tr '\0' 'a' >log && symbolize log && cmp -s log out
check 'symbolize passes on a line without end'
head -c 300000 /dev/urandom >log && symbolize log && { cat log; echo; } | cmp -s - out
check 'symbolize passes on bytes that are no text'
symbolize /nowhere/at/all
[ $? -eq 98 ]
check 'symbolize: no such log, 98'
symbolize a b
[ $? -eq 64 ]
check 'symbolize: two logs, 64'

# ---- prove ----
if g++ -O2 -g -std=c++17 -I"$include" -c "$here/engine.cpp" -o engine.o 2>err; then
    "$coldheap" prove --progress none --root 'engine::queue::tick' --json json engine.o >out 2>err
    [ $? -eq 97 ] && cat err >>out && grep -q '^VIOLATION engine::queue::tick(int) ' out &&
        grep -q 'operator new(unsigned long)' out &&
        grep -q '"root":"_ZN6engine5queue4tickEi","readable":"engine::queue::tick(int)"' json
    check 'G37 prove: roots by readable name, shown readable'
    "$coldheap" prove --progress none --root '_ZN6engine*' engine.o >out 2>err
    [ $? -eq 97 ]
    check 'G37 prove: roots by mangled name'
fi

finish
