#!/usr/bin/env bash
# symbols_test.sh COLDHEAP: `coldheap prove --symbols-only` (G43): what objects want from elsewhere.
set -u

coldheap=$(realpath "$1")
# shellcheck source=test/effects/tap.sh
. "$(dirname "$0")/tap.sh"

gate() {
    "$coldheap" prove --symbols-only --progress none "$@" >out 2>&1
    local status=$?
    cp out err
    return $status
}

gcc -O1 -fno-builtin -c -x c - -o hot.o <<'END'
#include <string.h>
int helper(const char *text);
int table[4];
__attribute__((weak)) void ch_hot_enter(void);
int hot(const char *text) {
    if (ch_hot_enter) ch_hot_enter();
    return helper(text) + (int)strlen(text) + table[1];
}
END
gcc -O1 -fno-builtin -c -x c - -o helper.o <<'END'
#include <string.h>
int helper(const char *text) { return strcmp(text, "x"); }
END
gcc -O1 -c -x c - -o alloc.o <<'END'
#include <stdlib.h>
void *grow(unsigned long n) { return malloc(n); }
END
gcc -O1 -fcommon -c -x c - -o common.o <<'END'
int shared_counter;
int count(void) { return shared_counter++; }
END
cat >allow.txt <<'END'
# what hot objects may have
strlen   *       no state
strcm?   helper  no state; only the helper compares
END

gate --allow allow.txt hot.o helper.o
check 'G43: names on the list, of another input, and marks pass'
grep -q '2 objects, .* 0 not allowed' out
check 'G43: the verdict counts'
gate --allow allow.txt hot.o
[ $? -eq 97 ] && grep -qE '^VIOLATION hot.o +NOT-ALLOWED +helper$' out
check 'G43: a name that nobody defines and no line allows is 97'
gate --allow allow.txt hot.o helper.o alloc.o
[ $? -eq 97 ] && grep -qE '^VIOLATION alloc.o +ALLOC +malloc$' out
check 'G43: an allocator is named as one'
sed 's/helper /other  /' allow.txt >narrow.txt
gate --allow narrow.txt hot.o helper.o
[ $? -eq 97 ] && grep -q 'helper.o .* strcmp' out
check 'G43: a line serves only the objects that it names'
gate hot.o helper.o
[ $? -eq 97 ] && grep -q 'strlen' out
check 'G43: without a list nothing is allowed'
ar rcs libhot.a hot.o helper.o
gate --allow allow.txt libhot.a
check 'G43: members of an archive go by their names'
gate common.o
check 'G43: common symbols are nobody else'"'"'s'
echo 'memcpy * no state' >>allow.txt
gate --allow allow.txt hot.o helper.o
[ $? -eq 0 ] && grep -q 'allow.txt:4: the line served nothing' err
check 'G43: a line that served nothing is told'
gate --strict --allow allow.txt hot.o helper.o
ended 'G43: ... and is 96 with --strict' $? 96
gate --allow allow.txt --json s.json --github alloc.o
[ $? -eq 97 ] && grep -q '^::error title=ALLOC::alloc.o refers to malloc' out &&
    grep -q '{"version":1,"object":"alloc.o","symbol":"malloc","class":"ALLOC"}' s.json
check 'G43: JSON and annotations'
echo 'memcpy *' >bad.txt
gate --allow bad.txt hot.o
[ $? -eq 64 ] && grep -q 'bad.txt:1:' err
check 'G43: a line without a reason is refused'
gate --allow /no/such/file hot.o
ended 'G43: no such list: 64' $? 64
"$coldheap" prove --allow allow.txt hot.o >out 2>err
ended 'G43: a list without the gate: 64' $? 64
mkdir empty
gate empty
ended 'G43: an empty folder: 98' $? 98

finish
