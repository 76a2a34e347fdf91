/* walk.c: up the stack by frame pointers: each frame begins with the address of the frame before it
 * and the return address into its function. What is read is checked to lie in the thread's own
 * stack, above what was read before. */
#include "walk.h"

#include "state.h"

#define WORD_BYTES sizeof(uintptr_t)

typedef struct walk {
    uintptr_t pc;
    uintptr_t frame; /* where the next pair lies */
} walk;

static uintptr_t word_at(uintptr_t address) {
    return *(const uintptr_t *)address;
}

/* False at the end of the stack. */
static bool step(walk *w, uintptr_t floor, uintptr_t ceiling) {
    if (w->frame < floor || w->frame > ceiling - 2 * WORD_BYTES || w->frame % WORD_BYTES != 0) {
        return false;
    }
    w->pc = word_at(w->frame + WORD_BYTES);
    w->frame = word_at(w->frame);
    return w->pc != 0;
}

size_t chi_guard_walk(const void **frames, size_t frame_max, const void *caller,
                      const void *frame) {
    size_t count = 0;
    walk w = {.frame = (uintptr_t)frame};
    uintptr_t floor = w.frame;
    const uintptr_t ceiling = chi_guard_own_stack(floor) ? chi_guard_self.stack_high : 0;
    unsigned own = 0;
    while (ceiling != 0 && count < frame_max) {
        const uintptr_t next_floor = w.frame + 2 * WORD_BYTES;
        if (!step(&w, floor, ceiling) ||
            (count == 0 && w.pc != (uintptr_t)caller && ++own == CHI_WALK_OWN_MAX)) {
            break;
        }
        floor = next_floor;
        if (count > 0 || w.pc == (uintptr_t)caller) {
            frames[count++] = (const void *)w.pc;
        }
    }
    if (count == 0 && frame_max > 0) {
        frames[count++] = caller;
    }
    return count;
}
