/* stack_twin.c: a stack whose blocks come one by one from a ch_allocator (stack.h). Each block
 * carries a header before its first byte: the block below, its size and what the source gave. */
#include "mem/stack_parts.h"

typedef struct twin_header {
    uint8_t *below;
    uint8_t *raw;
    size_t raw_bytes;
    size_t size_bytes;
} twin_header;

#define HEADER_ALIGN 16u

static twin_header *header_of(const uint8_t *block) {
    return (twin_header *)(void *)((uintptr_t)block - sizeof(twin_header));
}

size_t chi_stack_twin_size(const uint8_t *block) {
    return header_of(block)->size_bytes;
}

uint8_t *chi_stack_twin_below(const uint8_t *block) {
    return header_of(block)->below;
}

static void set_used(ch_stack *stack, size_t used_bytes) {
    CH_PUBLISH(stack->used_bytes, used_bytes);
    if (used_bytes > stack->peak_bytes) {
        CH_PUBLISH(stack->peak_bytes, used_bytes);
    }
}

ch_status chi_stack_twin_fetch(ch_stack *stack, uint8_t **block, size_t size_bytes, size_t align) {
    const ch_allocator *source = &stack->config.source;
    size_t head = 0;
    size_t total = 0;
    align = align > HEADER_ALIGN ? align : HEADER_ALIGN;
    if (size_bytes > stack->config.capacity_bytes - stack->used_bytes ||
        !ch_size_round_up(&head, sizeof(twin_header), align) ||
        !ch_size_add(&total, head, size_bytes)) {
        return CH_EFULL;
    }
    CH_PUBLISH(stack->source_calls, stack->source_calls + 1);
    uint8_t *raw = source->alloc(source->user, total, align);
    if (raw == NULL) {
        return CH_EFULL;
    }
    *block = raw + head;
    *header_of(*block) = (twin_header){
        .below = stack->top, .raw = raw, .raw_bytes = total, .size_bytes = size_bytes};
    stack->block_count++;
    set_used(stack, stack->used_bytes + size_bytes);
    return CH_OK;
}

void chi_stack_twin_drop(ch_stack *stack) {
    const ch_allocator *source = &stack->config.source;
    twin_header header = *header_of(stack->top);
    if (stack->config.zeroing == CH_ZERO_ON_RELEASE) {
        ch_zero(stack->top, header.size_bytes);
    }
    stack->top = header.below;
    stack->block_count--;
    set_used(stack, stack->used_bytes - header.size_bytes);
    CH_PUBLISH(stack->source_calls, stack->source_calls + 1);
    (void)source->free(source->user, header.raw, header.raw_bytes);
}

bool chi_stack_twin_resize(ch_stack *stack, size_t new_bytes) {
    const ch_allocator *source = &stack->config.source;
    twin_header *header = header_of(stack->top);
    size_t old_bytes = header->size_bytes;
    size_t total = 0;
    if (new_bytes > old_bytes &&
        new_bytes - old_bytes > stack->config.capacity_bytes - stack->used_bytes) {
        return false;
    }
    if (!ch_size_add(&total, (size_t)(stack->top - header->raw), new_bytes)) {
        return false;
    }
    if (total > header->raw_bytes) {
        if (source->resize == NULL) {
            return false;
        }
        CH_PUBLISH(stack->source_calls, stack->source_calls + 1);
        if (!source->resize(source->user, header->raw, header->raw_bytes, total)) {
            return false;
        }
        header->raw_bytes = total;
    } else if (new_bytes < old_bytes && stack->config.zeroing == CH_ZERO_ON_RELEASE) {
        ch_zero(stack->top + new_bytes, old_bytes - new_bytes);
    }
    header->size_bytes = new_bytes;
    set_used(stack, stack->used_bytes - old_bytes + new_bytes);
    return true;
}

bool chi_stack_twin_holds(const ch_stack *stack, const void *block) {
    for (const uint8_t *at = stack->top; at != NULL; at = chi_stack_twin_below(at)) {
        if (at == block) {
            return true;
        }
    }
    return false;
}
