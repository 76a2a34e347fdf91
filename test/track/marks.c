/* marks.c: a program with marks of the guard: a hot section, a seal, and growth after it. */
#include <coldheap/guard.h>
#include <coldheap/hot.h>

#include <stdlib.h>

static void *volatile kept;

__attribute__((noinline)) static void load(void) {
    kept = malloc(1000);
}

__attribute__((noinline)) static void grow(void) {
    kept = malloc(50);
}

__attribute__((noinline)) static void tick(void) {
    CH_HOT_SCOPE("tick");
    kept = malloc(7);
    free(kept);
}

int main(void) {
    load();
    for (int i = 0; i < 3; i++) {
        tick();
    }
    ch_seal("ready");
    {
        CH_PERMIT_SCOPE("grows on purpose");
        grow();
    }
    return 0;
}
