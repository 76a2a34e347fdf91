/* local_rig.h: the calling thread's arena and scratch area beside a list of filled blocks; the same
 * steps serve local_test.c (random) and local_fuzz.c (bytes of the input). */
#ifndef CHI_LOCAL_RIG_H
#define CHI_LOCAL_RIG_H

#include <coldheap/local.h>

#include "mem_rig.h"

enum { LOCAL_BLOCKS = 128, LOCAL_MARKS = 16, LOCAL_AREAS = 2 };

typedef struct local_block {
    uint8_t *bytes;
    size_t size_bytes;
    uint8_t fill;
} local_block;

typedef struct local_area {
    local_block blocks[LOCAL_BLOCKS];
    size_t block_count;
    struct {
        ch_arena_point point;
        size_t block_count;
        size_t used;
    } marks[LOCAL_MARKS];
    size_t mark_count;
    size_t used;
} local_area;

typedef struct local_rig {
    local_area areas[LOCAL_AREAS]; /* arena, scratch */
    uint64_t (*draw)(uint64_t limit);
    bool falls_back;
    bool zero;
    size_t cap;
} local_rig;

static inline ch_arena *local_arena_of(size_t which) {
    return which == 0 ? ch_local_arena() : &ch_local_current->scratch;
}

static inline ch_arena_point local_mark_of(size_t which) {
    return which == 0 ? ch_arena_mark(ch_local_arena()) : ch_scratch_mark();
}

/* Sets the thread up afresh with the smallest areas. */
static inline bool local_begin(local_rig *rig, bool falls_back, bool zero, size_t cap,
                               uint64_t (*draw)(uint64_t limit)) {
    const ch_local_options options = {.arena_bytes = CH_LOCAL_ARENA_LEAST,
                                      .scratch_bytes = CH_LOCAL_SCRATCH_LEAST,
                                      .overflow = falls_back ? CH_LOCAL_FALLBACK : CH_LOCAL_ERROR,
                                      .zero = zero ? CH_LOCAL_ON : CH_LOCAL_OFF,
                                      .fallback_limit_bytes = cap};
    *rig = (local_rig){.draw = draw, .falls_back = falls_back, .zero = zero, .cap = cap};
    return ch_local_fini() == CH_OK && ch_local_configure(&options) == CH_OK &&
           ch_local_prepare() == CH_OK;
}

static inline bool local_end(void) {
    return ch_local_fini() == CH_OK && ch_local_configure(NULL) == CH_OK;
}

static inline bool local_kept(const local_area *area) {
    for (size_t i = 0; i < area->block_count; i++) {
        const local_block *block = &area->blocks[i];
        if (!rig_is_filled(block->bytes, block->size_bytes, block->fill)) {
            return false;
        }
    }
    return true;
}

static inline bool local_alloc_step(void *context) {
    local_rig *rig = context;
    const size_t which = (size_t)rig->draw(LOCAL_AREAS);
    local_area *area = &rig->areas[which];
    ch_arena *arena = local_arena_of(which);
    const size_t align = (size_t)1 << rig->draw(13);
    const size_t size = 1 + (size_t)rig->draw(rig->draw(8) == 0 ? 20000 : 300);
    const bool fits = size <= ch_arena_remaining_for(arena, align);
    ch_local_figures before;
    ch_local_figures after;
    (void)ch_local_stats(&before);
    uint8_t *block =
        which == 0 ? ch_arena_alloc(arena, size, align) : ch_scratch_alloc(size, align);
    (void)ch_local_stats(&after);
    const bool fell = after.fallbacks == before.fallbacks + 1;
    if (after.overflows != before.overflows + !fits || (fits && fell)) {
        return false;
    }
    if (block == NULL) {
        const bool over = before.fallback_held_bytes + size + 4096 + 4096 > rig->cap;
        return !fits && !fell && (!rig->falls_back || over);
    }
    if ((!fits && !fell) || (uintptr_t)block % align != 0 ||
        (rig->zero && !rig_is_filled(block, size, 0))) {
        return false;
    }
    if (area->block_count < LOCAL_BLOCKS) {
        local_block *note = &area->blocks[area->block_count++];
        *note = (local_block){block, size, (uint8_t)(1 + rig->draw(255))};
        memset(block, note->fill, size);
    }
    area->used = ch_arena_used(arena);
    return true;
}

static inline bool local_mark_step(void *context) {
    local_rig *rig = context;
    const size_t which = (size_t)rig->draw(LOCAL_AREAS);
    local_area *area = &rig->areas[which];
    if (area->mark_count < LOCAL_MARKS) {
        area->marks[area->mark_count].point = local_mark_of(which);
        area->marks[area->mark_count].block_count = area->block_count;
        area->marks[area->mark_count++].used = area->used;
    }
    return true;
}

static inline bool local_release_step(void *context) {
    local_rig *rig = context;
    const size_t which = (size_t)rig->draw(LOCAL_AREAS);
    local_area *area = &rig->areas[which];
    if (area->mark_count == 0) {
        return true;
    }
    area->mark_count = (size_t)rig->draw(area->mark_count);
    const bool right = local_kept(area);
    const ch_arena_point point = area->marks[area->mark_count].point;
    area->block_count = area->marks[area->mark_count].block_count;
    area->used = area->marks[area->mark_count].used;
    const ch_status status =
        which == 0 ? ch_arena_release(ch_local_arena(), point) : ch_scratch_release(point);
    return status == CH_OK && right && local_kept(area);
}

static inline bool local_reset_step(void *context) {
    local_rig *rig = context;
    const size_t which = (size_t)rig->draw(LOCAL_AREAS);
    local_area *area = &rig->areas[which];
    const bool right = local_kept(area);
    area->block_count = area->mark_count = area->used = 0;
    return right && (which == 0 ? ch_arena_reset(ch_local_arena()) : ch_scratch_reset()) == CH_OK;
}

static inline bool local_agrees(void *context) {
    const local_rig *rig = context;
    ch_local_figures figures;
    return ch_local_check(NULL) == CH_OK && ch_local_stats(&figures) == CH_OK &&
           figures.arena.used_bytes == rig->areas[0].used &&
           figures.scratch.used_bytes == rig->areas[1].used &&
           figures.fallback_held_bytes <= rig->cap;
}

#endif
