/** walk.h: the stack of the calling code as return addresses, for every heap call if need be: no
 *  heap, no lock, no library, safe in signal handlers. The compiler's unwinder (unwind.c) gives the
 *  same frames, and takes a hundred times as long.
 *
 *      size_t count = chi_guard_walk(frames, 8, caller, CHI_WALK_FRAME);
 *
 *  A walk that cannot go on ends: what it wrote is right as far as it goes. */
#ifndef CH_GUARD_WALK_H
#define CH_GUARD_WALK_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/** Frames of the run time that may lie between CHI_WALK_FRAME and the caller. */
#define CHI_WALK_OWN_MAX 64u

/** Where a walk starts: the frame of the function that says it. The nearer that is to the caller,
 *  the fewer frames of our own are passed: best said in the function that the interposed one jumps
 *  to. It must still be there during the walk: never say it in a call that is the function's last
 *  act, which compilers make a jump. */
#define CHI_WALK_FRAME __builtin_frame_address(0)

/** chi_guard_walk writes up to `frame_max` return addresses of the calling code: `caller`, a return
 *  address found from `frame` upwards, then its callers'.
 *  Returns: how many it wrote; 1 (the caller) where the stack cannot be walked.
 *  Cost:    guard/walk_bench. */
size_t chi_guard_walk(const void **frames, size_t frame_max, const void *caller, const void *frame);

/** chi_guard_walk_stack does the same, and tells the stack pointer that the calling code had; 0 if
 *  the caller was not found. */
size_t chi_guard_walk_stack(const void **frames, size_t frame_max, uintptr_t *stack_pointer,
                            const void *caller, const void *frame);

/** chi_guard_walk_hot looks for a hot range (ranges.h) that holds any frame, from the caller up.
 *  Returns: its number, the innermost if there are several, and the frame in *at; CHI_RANGES_MAX
 *  if there is none. */
size_t chi_guard_walk_hot(const void **at, const void *caller, const void *frame);

#pragma GCC visibility pop

#endif
