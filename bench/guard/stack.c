/* stack.c: see stack.h. STACK_LOOP is the name of the loop; STACK_TRACED makes it backtraces. Each
 * function has its own return address, and none ends with a jump. */
#include "stack.h"

#include "bench.h"

#include <coldheap/base.h>

#include <execinfo.h>
#include <stdlib.h>

#define BLOCK_BYTES 64
#define FRAMES      8

#ifdef STACK_TRACED
static inline void event(void) {
    void *frames[FRAMES];
    BENCH_KEEP(backtrace(frames, FRAMES));
}
#else
static inline void event(void) {
    void *block = malloc(BLOCK_BYTES);
    BENCH_KEEP(block);
    free(block);
}
#endif

#define FRAME(name, next)                                                                          \
    static CH_NOINLINE void name(void) {                                                           \
        next();                                                                                    \
        __asm__ volatile("" : : : "memory");                                                       \
    }

FRAME(frame_1, event)
FRAME(frame_2, frame_1)
FRAME(frame_3, frame_2)
FRAME(frame_4, frame_3)
FRAME(frame_5, frame_4)
FRAME(frame_6, frame_5)
FRAME(frame_7, frame_6)

uint64_t STACK_LOOP(uint64_t iterations) {
    for (uint64_t i = 0; i < iterations; i++) {
        frame_7();
    }
    return iterations;
}
