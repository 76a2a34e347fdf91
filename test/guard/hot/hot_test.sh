#!/usr/bin/env bash
# hot_test.sh COLDHEAP PRELOAD ARCHIVE INCLUDE CC CXX: functions hot by name, address and section,
# in programs that are not rebuilt (G23, G7, G42). ARCHIVE: the run time for static programs.
set -u

coldheap=$1
preload=$2
archive=$3
include=$4
cc=$5
cxx=$6
here=$(cd "$(dirname "$0")" && pwd)
. "$(dirname "$0")/../../tap.sh"
cd "$work" || exit 1

# ends STATUS FLAGS... -- PROGRAM...: `coldheap check` ends with the status, and the program said
# what it says alone (nothing, if it was refused).
ends() {
    local wanted=$1
    shift
    local flags=()
    while [ "$1" != -- ]; do
        flags+=("$1")
        shift
    done
    shift
    : >alone
    [ "$wanted" -eq 98 ] || "$@" >alone 2>/dev/null
    "$coldheap" check --mode=log "${flags[@]}" -- "$@" >out 2>err
    local status=$?
    [ $status -eq "$wanted" ] && cmp -s alone out
}

says() {
    grep -qE -- "$1" err
}

# ---- point 1: programs of others ----
ends 97 --hot-fn=execute_command_internal -- bash -c 'x=1; y=$((x+1)); echo $y' &&
    says 'execute_command_internal' && says 'xmalloc' && says 'FAIL.*status 97'
check 'bash, execute_command_internal: dynsym only, through xmalloc'

if command -v perl >/dev/null; then
    ends 97 --hot-fn=Perl_runops_standard -- perl -e 'my @a = map { "x$_" } 1..9; print "@a\n"' &&
        says 'in hot function "Perl_runops_standard"'
    check 'perl, Perl_runops_standard'
else
    skip perl 'not installed'
fi

# ---- point 2: nothing matches ----
echo b >numbers
ends 98 --hot-fn=fill_gaps -- sort numbers && says 'no such function' && says 'stripped'
check 'sort, fill_gaps: refused before it ran, and why'
ends 98 --hot-fn=execute_comand -- bash -c 'echo ran' && says 'execute_command'
check 'a slip of the pen: near names are proposed'
ends 98 --hot-fn='nolib.so!f' -- sort numbers && says 'no such file: nolib.so'
check 'no such module'
ends 97 --hot-fn=execute_command_internal -- bash -c 'sort numbers; echo end' &&
    says 'images=2/2' && ! says 'not armed'
check 'children need not have the function'

# ---- libraries ----
python=
for one in /usr/bin/python3 python3; do
    command -v "$one" >/dev/null && "$one" -c 'import zlib' 2>/dev/null && python=$one && break
done
if [ -n "$python" ]; then
    script='import zlib; print(len(zlib.compress(b"x" * 99999)))'
    # zlib comes with the module: functions of files that are opened later stay rules by name.
    ends 97 --hot-late --hot-fn='libz.so.1!deflateInit2_' -- "$python" -c "$script" &&
        says 'in hot function "deflateInit2_"'
    check 'libz.so.1!deflateInit2_ through python3'
    ends 0 --hot-late --hot-fn='libz.so.1!deflate' -- "$python" -c "$script" &&
        says 'functions=1'
    check 'libz.so.1!deflate takes nothing once it is set up'
else
    skip 'zlib through python3' 'no python3 with zlib'
fi

# ---- readable names, debug files ----
if [ -n "$cxx" ]; then
    "$cxx" -O2 -g "$here/engine.cpp" -o engine 2>err && cp engine stripped &&
        objcopy --only-keep-debug engine engine.debug && strip stripped
    check 'engine is built'
    ends 97 --hot-fn=engine::tick -- ./engine && says 'in hot function "engine::tick"'
    check 'C++ by its readable name'
    ends 97 --hot-fn='engine::world::step(int)' -- ./engine && says 'engine::world::step'
    check 'C++ with its arguments'
    ends 97 --hot-fn='engine::*' -- ./engine && says 'functions=3' && ! says '"engine::quiet"'
    check 'C++ by a glob'
    ends 97 --hot-fn=_ZN6engine4tickERNS_5worldEi -- ./engine
    check 'C++ by its mangled name'
    ends 0 --hot-fn=engine::quiet -- ./engine && says 'PASS'
    check 'a C++ function that takes nothing'
    ends 98 --hot-fn=engine::tick -- ./stripped && says 'stripped'
    check 'stripped, and no debug file'
    ends 98 --hot-fn=engine::nudge -- ./engine && says 'inlined at 2 places \(engine.cpp:[0-9]+\)'
    check 'a function that was only inlined: refused, and said'
    address=$(nm engine | awk '/engine4tick/ { print "0x" $1 }')
    size=$(nm -S engine | awk '/engine4tick/ { print "0x" $2 }')
    ends 97 --hot-addr="stripped+$address:$size" -- ./stripped && says 'VIOLATION'
    check 'by address in a stripped file'
    ends 98 --hot-addr="other+$address:$size" -- ./stripped && says 'other'
    check 'by address in a file that is not there'
    id=$(readelf -n engine | awk '/Build ID/ { print $3 }')
    folder=/usr/lib/debug/.build-id/${id:0:2}
    if mkdir -p "$folder" 2>/dev/null && cp engine.debug "$folder/${id:2}.debug" 2>/dev/null; then
        ends 97 --hot-fn=engine::tick -- ./stripped && says 'engine::tick'
        check 'stripped, with a debug file by build id'
        rm -f "$folder/${id:2}.debug"
        rmdir "$folder" 2>/dev/null
    else
        skip 'debug file by build id' 'no right to install one'
    fi
else
    skip 'C++' 'no compiler'
fi

if command -v rustc >/dev/null && rustc --version >/dev/null 2>&1; then
    cat >game.rs <<'RUST'
mod game { #[inline(never)] pub fn tick(v: &mut Vec<u32>) { for i in 0..100 { v.push(i); } } }
fn main() { let mut v = Vec::new(); game::tick(&mut v); println!("{}", v.len()); }
RUST
    rustc -O game.rs 2>err && ends 97 --hot-fn='*tick*' -- ./game && says 'game::tick'
    check 'Rust, *tick*'
    ends 97 --hot-fn='game::game::tick' -- ./game && says 'in hot function "game::game::tick"'
    check 'Rust by its readable name'
else
    skip 'Rust' 'not installed'
fi

# ---- marked functions, libraries opened late ----
"$cc" -O2 -g -I"$include" "$here/marked.c" -o marked -ldl 2>err &&
    "$cc" -w -O2 -shared -fPIC -DSHAPE=3 "$here/../walk/plugin.c" -o ./plugin.so
check 'marked is built'
ends 97 --hot-marked -- ./marked dirty && says '"hot_dirty"' && ! says '"cold_function"'
check 'marked functions: a heap call below one'
ends 0 --hot-marked -- ./marked clean
check 'marked functions: none'
ends 97 --hot-late --hot-fn=plugin_run -- ./marked ./plugin.so && says '"plugin_run"'
check 'a function of a library that is opened later'
ends 98 --hot-fn=plugin_run -- ./marked ./plugin.so
check 'which must be expected to come'
"$cc" -O2 -g -I"$include" "$here/marked.c" -static -o marked_static -ldl 2>/dev/null &&
    ends 98 --hot-fn=hot_dirty -- ./marked_static
check 'a static program is refused'

# static_with LINKER-FLAG: a static program that has the run time in it.
static_with() {
    "$cc" -O2 -g -I"$include" "$here/marked.c" -static -Wl,-u,ch_hot_enter -Wl,-z,muldefs "$1" \
        -o marked_static "$archive" -lpthread -ldl 2>/dev/null
}
if static_with -Wl,--eh-frame-hdr; then
    COLDHEAP='mode=count,hot=hot_dirty' ./marked_static dirty >out 2>err
    [ $? -eq 97 ] && says '"fn:hot_dirty"'
    check 'static, with the run time linked in'
    static_with -Wl,--no-eh-frame-hdr
    COLDHEAP='mode=count,hot=hot_dirty' ./marked_static dirty >out 2>err
    [ $? -eq 98 ] && says 'no .eh_frame_hdr'
    check 'static, without the index of unwinding tables: refused'
else
    skip 'static, with the run time linked in' 'no static libc'
fi

# ---- beside a sanitizer ----
if "$cc" -O1 -g -fsanitize=address -I"$include" "$here/marked.c" -o sanitized -ldl 2>/dev/null; then
    ends 97 --hot-fn=hot_dirty -- ./sanitized dirty && says 'VIOLATION .*alloc' &&
        says 'VIOLATION free' && says 'armed=hooks'
    check 'beside AddressSanitizer'
else
    skip 'beside AddressSanitizer' 'not installed'
fi

# ---- assumptions of a policy (point 13) ----
echo 'effect cold_function none "assumed by nobody who looked"' >wrong.policy
ends 97 --watch=wrong.policy -- ./marked clean && says 'ASSUMPTION REFUTED' && says cold_function
check 'a wrong assumption is refuted'
echo 'effect hot_clean none "it counts"' >right.policy
ends 0 --watch=right.policy -- ./marked clean
check 'a right one holds'

# ---- without the command ----
LD_PRELOAD=$preload COLDHEAP='mode=count,hot=hot_*' ./marked dirty >out 2>err
[ $? -eq 97 ] && says '"fn:hot_dirty"'
check 'by the variable alone'
LD_PRELOAD=$preload COLDHEAP='hot=hot_dirt' ./marked dirty >out 2>err
[ $? -eq 98 ] && says 'no such function: hot_dirt.*near: hot_dirty'
check 'by the variable alone, not there'

finish
