/* plugin.c: a library that comes and goes; built with different SHAPEs, which have other frames at
 * the same addresses. */
#include <stdlib.h>

unsigned plugin_run(unsigned depth);

static __attribute__((noinline)) unsigned inner(unsigned depth) {
    volatile char room[SHAPE * 48];
    void *volatile block = malloc(depth + 1); /* volatile: clang takes unused blocks out */
    room[depth] = block != NULL;
    free(block);
    return (depth == 0 ? 0 : inner(depth - 1)) + (unsigned)room[depth];
}

unsigned plugin_run(unsigned depth) {
    return inner(depth) + inner(depth / 2);
}
