/** rivals.h: the general allocators that benches of memory patterns run beside ours: the C
 * library's, and those that were found when the build was configured (mimalloc, jemalloc,
 * tcmalloc). One that is absent, or a debug build, is skipped with a line that says so; of the
 * others the version is printed. Calls go through a pointer,
 * about 1 ns. */
#ifndef CH_BENCH_RIVALS_H
#define CH_BENCH_RIVALS_H

#include <stddef.h>

typedef struct ch_rival {
    const char *name;
    void *(*alloc)(size_t size_bytes);
    void (*free)(void *block);
} ch_rival;

/** ch_rivals returns those that can run here, the C library's first, and their number; prints the
 *  lines about the others on the first call. */
const ch_rival *ch_rivals(size_t *count);

#endif
