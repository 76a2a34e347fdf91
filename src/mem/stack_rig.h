/* stack_rig.h: a stack or its twin with a slow reference beside it: the list of its blocks, each
 * filled with its own byte, and the list of its watermarks. Every step does the same to both and
 * tells whether they agree; the caller draws the steps (stack_test.c at random, stack_fuzz.c from
 * its input). */
#ifndef CHI_STACK_RIG_H
#define CHI_STACK_RIG_H

#include <coldheap/stack.h>

#include "mem_rig.h"

typedef enum stack_kind { OWN, TWIN, STACK_KINDS } stack_kind;

enum { RIG_BLOCKS = 256, RIG_MARKS = 16, RIG_MEMORY = 1 << 16, RIG_LIMIT = 40003 };

typedef struct stack_block {
    uint8_t *start;
    size_t size_bytes;
    size_t used_before;
    uint8_t fill;
} stack_block;

typedef struct stack_rig {
    ch_stack stack;
    rig_source source;
    stack_kind kind;
    ch_zeroing zeroing;
    stack_block blocks[RIG_BLOCKS];
    size_t block_count;
    size_t marks[RIG_MARKS]; /* block_count at each */
    size_t mark_count;
    size_t used;
    size_t peak;
    uint64_t full;
    uint64_t invalid;
    uint64_t given_blocks;
    uint64_t given_bytes;
    uint8_t next_fill;
    uint64_t (*draw)(uint64_t limit);
    CH_ALIGNED(16) uint8_t memory[RIG_MEMORY];
} stack_rig;

static inline ch_status rig_start(stack_rig *rig, stack_kind kind,
                                  const ch_stack_options *options) {
    const ch_allocator source = rig_source_allocator(&rig->source);
    rig->kind = kind;
    rig->zeroing = options->zeroing;
    memset(rig->memory, 0xa5, sizeof rig->memory);
    return kind == OWN ? ch_stack_init(&rig->stack, rig->memory, RIG_MEMORY, options)
                       : ch_stack_init_twin(&rig->stack, rig->memory, RIG_MEMORY, options, &source);
}

/* Ends the stack; true if nothing of the source is left and no size was wrong. */
static inline bool rig_stop(stack_rig *rig) {
    const bool clean = ch_stack_fini(&rig->stack) == CH_OK && ch_stack_fini(&rig->stack) == CH_OK;
    return clean && rig->source.live == 0 && rig->source.bytes == 0 && rig->source.wrong == 0;
}

/* Where the next block of a stack must lie, from its first byte; a twin counts no overhead. */
static inline size_t rig_next_offset(const stack_rig *rig, size_t align) {
    const uintptr_t base = (uintptr_t)rig->stack.config.base;
    const uintptr_t mask = (align > 8 ? align : 8) - 1;
    return rig->kind == TWIN
               ? rig->used
               : (size_t)(((base + rig->used + CH_STACK_LINK_BYTES + mask) & ~mask) - base);
}

static inline bool rig_blocks_kept(const stack_rig *rig) {
    bool kept = true;
    for (size_t i = 0; i < rig->block_count; i++) {
        const stack_block *block = &rig->blocks[i];
        kept = kept && rig_is_filled(block->start, block->size_bytes, block->fill);
    }
    return kept;
}

static inline void rig_forget_above(stack_rig *rig, size_t block_count) {
    if (block_count < rig->block_count) {
        rig->used = rig->blocks[block_count].used_before;
        rig->block_count = block_count;
    }
}

static inline void rig_note_used(stack_rig *rig, size_t used) {
    rig->used = used;
    rig->peak = used > rig->peak ? used : rig->peak;
}

static inline size_t rig_floor(const stack_rig *rig) {
    return rig->mark_count > 0 ? rig->marks[rig->mark_count - 1] : 0;
}

static inline bool rig_reset(void *context) {
    stack_rig *rig = context;
    const bool kept = rig_blocks_kept(rig);
    rig_forget_above(rig, 0);
    rig->mark_count = 0;
    return ch_stack_reset(&rig->stack) == CH_OK && kept;
}

static inline bool rig_alloc_step(void *context) {
    stack_rig *rig = context;
    const size_t sizes[] = {1, 64, 600, 4098};
    const size_t align = (size_t)1 << rig->draw(13);
    const size_t size = (size_t)rig->draw(sizes[rig->draw(4)]) + (rig->draw(64) == 0 ? 30000 : 0);
    if (rig->block_count == RIG_BLOCKS && !rig_reset(rig)) {
        return false;
    }
    const size_t offset = rig_next_offset(rig, align);
    const bool fits = offset <= RIG_LIMIT && size <= RIG_LIMIT - offset;
    uint8_t *block = ch_stack_alloc(&rig->stack, size, align);
    if (!fits || block == NULL) {
        rig->full++;
        return !fits && block == NULL;
    }
    if ((uintptr_t)block % align != 0 ||
        (rig->zeroing == CH_ZERO_ON_ALLOC && !rig_is_filled(block, size, 0)) ||
        (rig->kind == OWN && (size_t)(block - rig->stack.config.base) != offset)) {
        return false;
    }
    const stack_block made = {block, size, rig->used, ++rig->next_fill};
    rig->blocks[rig->block_count++] = made;
    rig->given_blocks++;
    rig->given_bytes += size;
    memset(block, made.fill, size);
    rig_note_used(rig, offset + size);
    return true;
}

static inline bool rig_refused_step(void *context) {
    stack_rig *rig = context;
    const size_t align = (size_t)1 << rig->draw(13);
    const size_t huge[] = {SIZE_MAX, SIZE_MAX - align + 1, SIZE_MAX - align, SIZE_MAX / 2 + 1};
    void *out = rig;
    bool right = ch_stack_alloc_try(&rig->stack, &out, huge[rig->draw(4)], align) == CH_EFULL;
    rig->full++;
    right = right && ch_stack_alloc(&rig->stack, 8, 3 * align) == NULL && out == rig;
    rig->invalid++;
    return right && rig_misused(&rig->stack, CH_EALIGN);
}

static inline bool rig_free_step(void *context) {
    stack_rig *rig = context;
    if (rig->block_count <= rig_floor(rig)) {
        return true;
    }
    const stack_block top = rig->blocks[rig->block_count - 1];
    const bool kept = rig_is_filled(top.start, top.size_bytes, top.fill);
    rig_forget_above(rig, rig->block_count - 1);
    return ch_stack_free(&rig->stack, top.start, top.size_bytes) == CH_OK && kept;
}

static inline bool rig_resize_step(void *context) {
    stack_rig *rig = context;
    if (rig->block_count <= rig_floor(rig)) {
        return true;
    }
    stack_block *top = &rig->blocks[rig->block_count - 1];
    const size_t old = top->size_bytes;
    const size_t want = (size_t)rig->draw(old + 100) + (rig->draw(32) == 0 ? RIG_LIMIT : 0);
    const ch_status status = ch_stack_resize(&rig->stack, top->start, old, want);
    const size_t least = want < old ? want : old;
    if (!rig_is_filled(top->start, status == CH_OK ? least : old, top->fill)) {
        return false;
    }
    if (status != CH_OK) { /* a twin's source may refuse what the limit allows */
        rig->full++;
        const bool room = want <= old || want - old <= RIG_LIMIT - rig->used;
        return status == CH_EFULL && want > old && (!room || rig->kind == TWIN);
    }
    if (rig->zeroing == CH_ZERO_ON_ALLOC && !rig_is_filled(top->start + least, want - least, 0)) {
        return false;
    }
    memset(top->start, top->fill, want);
    top->size_bytes = want;
    rig->given_bytes += want > old ? want - old : 0;
    rig_note_used(rig, rig->used - old + want);
    return true;
}

static inline bool rig_mark_step(void *context) {
    stack_rig *rig = context;
    const ch_status status = ch_stack_mark(&rig->stack);
    if (rig->mark_count == RIG_MARKS) {
        rig->full++;
        return status == CH_EFULL;
    }
    rig->marks[rig->mark_count++] = rig->block_count;
    return status == CH_OK;
}

static inline bool rig_release_step(void *context) {
    stack_rig *rig = context;
    const bool kept = rig_blocks_kept(rig);
    const ch_status status = ch_stack_release(&rig->stack);
    if (rig->mark_count == 0) {
        return status == CH_EEMPTY;
    }
    rig_forget_above(rig, rig->marks[--rig->mark_count]);
    return status == CH_OK && kept;
}

/* What freeing block number `i` with a wrong or right size must answer. */
static inline ch_status rig_verdict(const stack_rig *rig, size_t i, bool right_size) {
    if (i + 1 < rig->block_count || rig->block_count <= rig_floor(rig)) {
        return CH_EORDER;
    }
    return right_size ? CH_OK : CH_EINVAL;
}

/* A free that is wrong: of a lower block, of a wrong size, of no block, of a freed one. */
static inline bool rig_bad_free_step(void *context) {
    stack_rig *rig = context;
    uint8_t *block = (uint8_t *)rig;
    size_t size = 1;
    ch_status want = CH_EFOREIGN;
    const uint64_t choice = rig->draw(4);
    if (choice == 0 && rig->kind == OWN) {
        block = (uint8_t *)((uintptr_t)rig->stack.cursor + 1);
        want = block <= rig->stack.config.end ? CH_EDOUBLE : CH_EFOREIGN;
    } else if (choice > 1 && rig->block_count > 0) {
        const size_t i = (size_t)rig->draw(rig->block_count);
        block = rig->blocks[i].start;
        size = rig->blocks[i].size_bytes + 1 + (size_t)rig->draw(3);
        want = rig_verdict(rig, i, false);
    }
    return ch_stack_resize(&rig->stack, block, size, 1) == want && rig_seen.count == 0 &&
           ch_stack_free(&rig->stack, block, size) == want && rig_misused(&rig->stack, want);
}

/* What must hold after every step. */
static inline bool rig_agrees(void *context) {
    stack_rig *rig = context;
    ch_stack_figures figures;
    if (ch_stack_check(&rig->stack, NULL) != CH_OK ||
        ch_stack_stats(&rig->stack, &figures) != CH_OK) {
        return false;
    }
    return figures.used_bytes == rig->used && figures.peak_bytes == rig->peak &&
           figures.available_bytes == RIG_LIMIT - rig->used &&
           figures.allocations == rig->given_blocks && figures.total_bytes == rig->given_bytes &&
           figures.watermarks == rig->mark_count && figures.failures_full == rig->full &&
           figures.failures_invalid == rig->invalid && rig_seen.count == 0;
}

/* Starts a fresh stack and its reference, with steps drawn by `draw`. */
static inline bool rig_begin(stack_rig *rig, stack_kind kind, ch_zeroing zeroing,
                             uint64_t (*draw)(uint64_t limit)) {
    const ch_stack_options options = {
        .size_bytes = RIG_LIMIT, .watermarks_max = RIG_MARKS, .zeroing = zeroing, .name = "model"};
    *rig = (stack_rig){.draw = draw};
    return rig_start(rig, kind, &options) == CH_OK;
}

#endif
