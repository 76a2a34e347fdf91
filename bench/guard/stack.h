/* stack.h: heap calls behind seven frames, for bench-load: eight frames with the loop's. stack.c is
 * compiled once a way of keeping frames. */
#ifndef BENCH_GUARD_STACK_H
#define BENCH_GUARD_STACK_H

#include <stdint.h>

/* Each makes `iterations` rounds and returns how many it made: a malloc(64) and free, behind
 * functions with frame pointers and without; and glibc's backtrace of 8 frames. */
uint64_t stack_framed(uint64_t iterations);
uint64_t stack_frameless(uint64_t iterations);
uint64_t stack_traced(uint64_t iterations);

#endif
