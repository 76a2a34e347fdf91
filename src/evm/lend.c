/* lend.c: what lend.h says, for a machine: each function looks who lends that kind of block, takes
 * or gives back one, and leaves the machine's own place where nobody does. */
#include "internal.h"

#include <string.h>

#define STACK_BYTES (CHEVM_STACK_MAX * sizeof(chevm_u256))
#define BLOCK_ALIGN 16u /* of records and outputs from the twin */

static void *twin_take(const chevmi_lender *lender, size_t size, size_t align) {
    return lender->twin->alloc(lender->twin->user, size, align);
}

static void twin_give(const chevmi_lender *lender, void *block, size_t size) {
    (void)lender->twin->free(lender->twin->user, block, size);
}

/* ---- Execution ------------------------------------------------------------------------------- */

/* Who offers what may have changed since the last execution, never during one. */
static void ask_manager(chevm *vm) {
    chevmi_lender *lender = &vm->lender;
    ch_manager *manager = lender->manager;
    (void)ch_manager_arenas_reset(manager);
    ch_arena *execution = ch_manager_arena(manager, CH_ARENAS_EXECUTION);
    lender->scratch = execution != NULL ? execution : &vm->scratch;
    lender->temporary = ch_manager_arena(manager, CH_ARENAS_TEMPORARY);
    lender->stacks = ch_manager_stack(manager);
    lender->frames = ch_manager_pool(manager, CH_KIND_FRAME);
    lender->words = ch_manager_pool(manager, CH_KIND_U256);
    lender->has_buffers = ch_manager_is_enabled(manager, CH_MANAGER_BUFFERS);
}

/* Ends the life of the last output. */
static void drop_output(chevmi_lender *lender) {
    if (lender->buffer.data != NULL) {
        ch_status status = ch_manager_buffer_release(lender->manager, &lender->buffer);
        CH_REQUIRE(status == CH_OK);
    }
    if (lender->block != NULL && lender->twin != NULL) {
        twin_give(lender, lender->block, lender->block_bytes);
    }
    lender->block = NULL;
    lender->block_bytes = 0;
}

void chevmi_lend_begin(chevm *vm) {
    chevmi_lender *lender = &vm->lender;
    (void)ch_arena_reset(&vm->scratch);
    vm->lends = lender->twin != NULL || lender->manager != NULL;
    if (CH_UNLIKELY(vm->lends)) {
        drop_output(lender);
        if (lender->manager != NULL) {
            ask_manager(vm);
        }
    }
}

void chevmi_lend_end(chevm *vm) {
    chevmi_frame *spare = vm->lender.spare;
    if (CH_UNLIKELY(spare != NULL)) {
        vm->lender.spare = NULL;
        chevmi_return_frame(vm, spare);
    }
}

void chevmi_lend_fini(chevm *vm) {
    drop_output(&vm->lender);
    vm->lender.manager = NULL;
    vm->lender.scratch = &vm->scratch;
}

/* ---- Frames ---------------------------------------------------------------------------------- */

chevmi_frame *chevmi_borrow_frame(chevm *vm, chevmi_frame *caller) {
    chevmi_lender *lender = &vm->lender;
    if (lender->twin == NULL && lender->frames == NULL) {
        return caller == NULL ? vm->frames : caller + 1;
    }
    if (lender->spare == NULL && !chevmi_lender_refuses(lender)) {
        lender->spare = lender->twin != NULL ? twin_take(lender, sizeof *caller, BLOCK_ALIGN)
                                             : ch_pool_acquire(lender->frames);
    }
    return lender->spare;
}

void chevmi_return_frame(chevm *vm, chevmi_frame *frame) {
    chevmi_lender *lender = &vm->lender;
    if (lender->twin != NULL) {
        twin_give(lender, frame, sizeof *frame);
    } else if (lender->frames != NULL) {
        ch_status status = ch_pool_release(lender->frames, frame);
        CH_REQUIRE(status == CH_OK);
    }
}

/* ---- Operand stacks -------------------------------------------------------------------------- */

/* Cuts a waiting frame's stack down to what it holds, or makes it whole again: that room was the
 * child's. */
static void resize_stack(chevmi_lender *lender, chevmi_frame *frame, size_t bytes) {
    if (frame != NULL) {
        ch_status status = ch_stack_resize(lender->stacks, frame->base, frame->stack_bytes, bytes);
        CH_REQUIRE(status == CH_OK);
        frame->stack_bytes = bytes;
    }
}

chevm_u256 *chevmi_borrow_stack(chevm *vm, chevmi_frame *frame, chevm_u256 *base) {
    chevmi_lender *lender = &vm->lender;
    if (lender->twin == NULL && lender->stacks == NULL) {
        return base;
    }
    if (chevmi_lender_refuses(lender)) {
        return NULL;
    }
    if (lender->twin != NULL) {
        return twin_take(lender, STACK_BYTES, CH_ALIGN_STACK);
    }
    chevmi_frame *parent = frame->parent;
    if (parent != NULL) {
        resize_stack(lender, parent, (size_t)(parent->sp + 1 - parent->base) * sizeof *base);
    }
    base = ch_stack_alloc(lender->stacks, STACK_BYTES, CH_ALIGN_STACK);
    if (base == NULL) {
        resize_stack(lender, parent, STACK_BYTES);
    }
    frame->stack_bytes = STACK_BYTES;
    return base;
}

void chevmi_return_stack(chevm *vm, chevmi_frame *frame) {
    chevmi_lender *lender = &vm->lender;
    if (lender->twin != NULL) {
        twin_give(lender, frame->base, STACK_BYTES);
    } else if (lender->stacks != NULL) {
        ch_status status = ch_stack_free(lender->stacks, frame->base, frame->stack_bytes);
        CH_REQUIRE(status == CH_OK);
        resize_stack(lender, frame->parent, STACK_BYTES);
    }
}

/* ---- Return data ----------------------------------------------------------------------------- */

/* A block of the TEMPORARY arena, which only grows: it is used again while outputs fit. */
static uint8_t *take_temporary(chevmi_lender *lender, size_t size) {
    if (size > lender->block_bytes) {
        size_t bytes = size > 2 * lender->block_bytes ? size : 2 * lender->block_bytes;
        uint8_t *block = ch_arena_alloc(lender->temporary, bytes, BLOCK_ALIGN);
        if (block == NULL && bytes != size) {
            bytes = size;
            block = ch_arena_alloc(lender->temporary, bytes, BLOCK_ALIGN);
        }
        if (block == NULL) {
            return NULL;
        }
        lender->block = block;
        lender->block_bytes = bytes;
    }
    return lender->block;
}

/* Output goes to a buffer; what no buffer is large enough for to the TEMPORARY arena. */
static uint8_t *take_managed(chevm *vm, ch_buffer *buffer, size_t size) {
    chevmi_lender *lender = &vm->lender;
    ch_status status = CH_ERANGE;
    if (lender->has_buffers) {
        status = ch_manager_buffer_acquire(lender->manager, buffer, size);
    }
    if (status != CH_ERANGE) {
        return status == CH_OK ? buffer->data : NULL;
    }
    return lender->temporary != NULL ? take_temporary(lender, size) : vm->return_buffer;
}

bool chevmi_borrow_output(chevm *vm, chevm_result *result) {
    chevmi_lender *lender = &vm->lender;
    const size_t size = result->output_size;
    if (size == 0) {
        result->output = NULL;
        return true;
    }
    if (chevmi_lender_refuses(lender)) {
        return false;
    }
    ch_buffer buffer = {0};
    uint8_t *to = lender->twin != NULL ? twin_take(lender, size, BLOCK_ALIGN)
                                       : take_managed(vm, &buffer, size);
    if (to == NULL) {
        return false;
    }
    memmove(to, result->output, size);
    if (lender->twin != NULL) {
        drop_output(lender);
        lender->block = to;
        lender->block_bytes = size;
    } else if (lender->buffer.data != NULL) {
        ch_status status = ch_manager_buffer_release(lender->manager, &lender->buffer);
        CH_REQUIRE(status == CH_OK);
    }
    lender->buffer = buffer;
    result->output = to;
    return true;
}

/* ---- Words ----------------------------------------------------------------------------------- */

chevm_u256 *chevmi_borrow_word(chevm *vm, chevm_u256 *own) {
    chevmi_lender *lender = &vm->lender;
    if (lender->words == NULL) {
        return own;
    }
    return chevmi_lender_refuses(lender) ? NULL : ch_pool_acquire(lender->words);
}

void chevmi_return_word(chevm *vm, chevm_u256 *word, const chevm_u256 *own) {
    if (word != own) {
        ch_status status = ch_pool_release(vm->lender.words, word);
        CH_REQUIRE(status == CH_OK);
    }
}
