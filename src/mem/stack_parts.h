/* stack_parts.h: what stack.c (set-up, blocks, watermarks), stack_twin.c and stack_info.c share. */
#ifndef CHI_STACK_PARTS_H
#define CHI_STACK_PARTS_H

#include <coldheap/stack.h>

#include "mem/track_parts.h"

bool chi_stack_is_live(const ch_stack *stack);
bool chi_stack_seal_holds(const ch_stack *stack);

/* The fast-path copy of the floor where every free must go out of line: no block lies above. */
#define CHI_STACK_NO_FLOOR ((uint8_t *)UINTPTR_MAX)

/* chi_stack_fold moves what the inline paths counted into the totals and opens their next window;
 * chi_stack_given counts one block besides. */
void chi_stack_fold(ch_stack *stack);
void chi_stack_given(ch_stack *stack, size_t size_bytes);

/* chi_stack_is_plain is true if blocks lie in the stack's own memory and nobody is told of them. */
static inline bool chi_stack_is_plain(const ch_stack *stack) {
    return !stack->config.twin && !stack->config.checked && !stack->tracked;
}

/* The twin's half: a block from the source, its way back, its size and the block below, and whether
 * a pointer names one of the blocks. */
ch_status chi_stack_twin_fetch(ch_stack *stack, uint8_t **block, size_t size_bytes, size_t align);
void chi_stack_twin_drop(ch_stack *stack);
bool chi_stack_twin_resize(ch_stack *stack, size_t new_bytes);
size_t chi_stack_twin_size(const uint8_t *block);
uint8_t *chi_stack_twin_below(const uint8_t *block);
bool chi_stack_twin_holds(const ch_stack *stack, const void *block);

#endif
