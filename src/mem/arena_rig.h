/* arena_rig.h: an arena of any kind with a slow reference beside it: the list of its blocks, each
 * filled with its own byte. Every step of the rig does the same to both and tells whether they
 * agree; the caller draws the steps (arena_test.c at random, arena_fuzz.c from its input). */
#ifndef CHI_ARENA_RIG_H
#define CHI_ARENA_RIG_H

#include <coldheap/arena.h>

#include "mem_rig.h"

/* OWNED: over a region of the caller's memory. */
typedef enum arena_kind { FIXED, REGION, OWNED, CHUNKED, TWIN, ARENA_KINDS } arena_kind;

enum { RIG_BLOCKS = 256, RIG_MARKS = 64, RIG_MEMORY = 1 << 16, RIG_OWNED = 1 << 21 };

typedef struct arena_block {
    uint8_t *start;
    size_t size_bytes;
    uint64_t chunk_index;
    uint8_t fill;
} arena_block;

typedef struct arena_rig {
    ch_arena arena;
    ch_arena other; /* for marks of another arena */
    ch_region region;
    rig_source source;
    arena_kind kind;
    ch_zeroing zeroing;
    arena_block blocks[RIG_BLOCKS];
    size_t block_count;
    struct {
        ch_arena_point point;
        size_t block_count;
        size_t used;
    } marks[RIG_MARKS];
    size_t mark_count;
    ch_arena_point stale; /* from before the last reset */
    size_t used;
    size_t peak;
    uint64_t full;
    uint64_t invalid;
    uint64_t given_blocks;
    uint64_t given_bytes;
    uint64_t padding;
    uint8_t next_fill;
    uint64_t (*draw)(uint64_t limit);
    uint8_t memory[RIG_MEMORY];
    uint8_t other_memory[64];
} arena_rig;

static inline ch_status rig_start(arena_rig *rig, arena_kind kind,
                                  const ch_arena_options *options) {
    const ch_allocator source = rig_source_allocator(&rig->source);
    const size_t limit = options->limit_bytes != 0 ? options->limit_bytes : RIG_MEMORY;
    rig->kind = kind;
    rig->zeroing = options->zeroing;
    memset(rig->memory, 0xa5, sizeof rig->memory);
    switch (kind) {
    case FIXED:
        return ch_arena_init(&rig->arena, rig->memory, RIG_MEMORY, options);
    case REGION: {
        const ch_region_options wish = {.size_bytes = limit};
        const ch_status status = ch_region_reserve(&rig->region, &wish);
        return status != CH_OK ? status : ch_arena_init_region(&rig->arena, &rig->region, options);
    }
    case OWNED: {
        static uint8_t owned[RIG_OWNED];
        const ch_status status = ch_region_from(&rig->region, owned, limit);
        memset(owned, 0xa5, limit);
        return status != CH_OK ? status : ch_arena_init_region(&rig->arena, &rig->region, options);
    }
    case CHUNKED:
        return ch_arena_init_chunked(&rig->arena, &source, options);
    default:
        return ch_arena_init_twin(&rig->arena, &source, options);
    }
}

/* Ends the arena; true if nothing of the source is left and no size was wrong. */
static inline bool rig_stop(arena_rig *rig) {
    bool clean = ch_arena_fini(&rig->arena) == CH_OK && ch_arena_fini(&rig->arena) == CH_OK;
    clean = clean && rig->source.live == 0 && rig->source.bytes == 0 && rig->source.wrong == 0;
    return ch_region_fini(&rig->region) == CH_OK && clean;
}

static inline bool rig_is_linear(const arena_rig *rig) {
    return rig->kind == FIXED || rig->kind == REGION || rig->kind == OWNED;
}

/* Where the next block of a fixed or region arena must lie, from its first byte. */
static inline size_t rig_next_offset(const arena_rig *rig, size_t align) {
    const size_t redzone = ch_arena_redzone_bytes();
    const size_t least = redzone != 0 ? 8 : 1;
    const uintptr_t base = (uintptr_t)(rig->kind == FIXED ? rig->memory : rig->region.base);
    const uintptr_t mask = (align > least ? align : least) - 1;
    return (size_t)(((base + rig->used + redzone + mask) & ~mask) - base);
}

static inline bool rig_note(arena_rig *rig, uint8_t *start, size_t size_bytes) {
    const size_t used = ch_arena_used(&rig->arena);
    arena_block *block = &rig->blocks[rig->block_count++];
    *block = (arena_block){start, size_bytes, rig->arena.chunk_index, ++rig->next_fill};
    for (size_t i = 0; i + 1 < rig->block_count; i++) {
        const arena_block *old = &rig->blocks[i];
        const bool apart = (uintptr_t)start + size_bytes <= (uintptr_t)old->start ||
                           (uintptr_t)old->start + old->size_bytes <= (uintptr_t)start;
        if (!apart) {
            return false;
        }
    }
    if (rig->zeroing == CH_ZERO_ON_ALLOC && !rig_is_filled(start, size_bytes, 0)) {
        return false;
    }
    memset(start, block->fill, size_bytes);
    rig->given_blocks++;
    rig->given_bytes += size_bytes;
    rig->padding += used - rig->used - size_bytes;
    const bool grown =
        used - rig->used >= size_bytes && (rig->kind != TWIN || used - rig->used == size_bytes);
    rig->used = used;
    rig->peak = used > rig->peak ? used : rig->peak;
    return grown;
}

static inline bool rig_blocks_kept(const arena_rig *rig) {
    bool kept = true;
    for (size_t i = 0; i < rig->block_count; i++) {
        const arena_block *block = &rig->blocks[i];
        kept = kept && rig_is_filled(block->start, block->size_bytes, block->fill);
    }
    return kept;
}

static inline bool rig_reset(void *context) {
    arena_rig *rig = context;
    const bool kept = rig_blocks_kept(rig);
    rig->stale = ch_arena_mark(&rig->arena);
    rig->mark_count = 0;
    rig->block_count = 0;
    rig->used = 0;
    return ch_arena_reset(&rig->arena) == CH_OK && kept;
}

static inline bool rig_alloc_step(void *context) {
    arena_rig *rig = context;
    const size_t sizes[] = {1, 64, 600, 4098};
    const size_t align = (size_t)1 << rig->draw(13);
    const size_t size = (size_t)rig->draw(sizes[rig->draw(4)]) + (rig->draw(64) == 0 ? 40000 : 0);
    if (rig->block_count == RIG_BLOCKS && !rig_reset(rig)) {
        return false;
    }
    const size_t offset = rig_is_linear(rig) ? rig_next_offset(rig, align) : 0;
    const size_t limit = ch_arena_capacity(&rig->arena);
    bool fits = rig_is_linear(rig) ? offset <= limit && size <= limit - offset : true;
    if (rig->kind == TWIN) {
        fits = size <= limit - rig->used;
    }
    const bool clear = rig->draw(4) == 0;
    void *block = clear ? ch_arena_calloc(&rig->arena, size, 1, align)
                        : ch_arena_alloc(&rig->arena, size, align);
    if (block == NULL) {
        rig->full++;
        return (!fits || rig->kind == CHUNKED) && ch_arena_used(&rig->arena) == rig->used;
    }
    if (!fits || (uintptr_t)block % align != 0 || (clear && !rig_is_filled(block, size, 0))) {
        return false;
    }
    const uint8_t *base = rig->kind == FIXED ? rig->memory : rig->region.base;
    if (rig_is_linear(rig) && (size_t)((uint8_t *)block - base) != offset) {
        return false;
    }
    if (size == 0) {
        const size_t used = ch_arena_used(&rig->arena);
        return used == rig->used;
    }
    return rig_note(rig, block, size);
}

static inline bool rig_refused_step(void *context) {
    arena_rig *rig = context;
    const size_t align = (size_t)1 << rig->draw(13);
    const size_t huge[] = {SIZE_MAX, SIZE_MAX - align + 1, SIZE_MAX - align, SIZE_MAX / 2 + 1};
    void *out = rig;
    bool right = ch_arena_alloc_try(&rig->arena, &out, huge[rig->draw(4)], align) == CH_EFULL;
    rig->full++;
    right = right && out == rig && ch_arena_alloc(&rig->arena, 8, 3 * align) == NULL;
    rig->invalid++;
    right = right && rig_misused(&rig->arena, CH_EALIGN);
    right = right && ch_arena_calloc(&rig->arena, SIZE_MAX / 2, 3, align) == NULL;
    rig->invalid++;
    return right && ch_arena_used(&rig->arena) == rig->used;
}

/* Only a block above the last mark is resized: the model keeps blocks and marks whole. */
static inline bool rig_extend_step(void *context) {
    arena_rig *rig = context;
    const size_t floor = rig->mark_count > 0 ? rig->marks[rig->mark_count - 1].block_count : 0;
    if (rig->block_count <= floor) {
        return true;
    }
    arena_block *last = &rig->blocks[rig->block_count - 1];
    const size_t want = 1 + (size_t)rig->draw(last->size_bytes + 100);
    const bool less = want <= last->size_bytes;
    ch_status status = ch_arena_extend(&rig->arena, last->start, last->size_bytes + 1, want);
    if (status != CH_EORDER) {
        return false;
    }
    status = less ? ch_arena_trim_last(&rig->arena, last->start, last->size_bytes, want)
                  : ch_arena_extend(&rig->arena, last->start, last->size_bytes, want);
    if (status == CH_EORDER) { /* a request of 0 bytes has entered another chunk */
        return rig->arena.chunk_index != last->chunk_index;
    }
    if (status == CH_EFULL) {
        rig->full++;
        const bool room = rig_is_linear(rig) &&
                          want - last->size_bytes <= ch_arena_capacity(&rig->arena) - rig->used;
        return !less && !room && ch_arena_used(&rig->arena) == rig->used;
    }
    if (status != CH_OK ||
        !rig_is_filled(last->start, less ? want : last->size_bytes, last->fill)) {
        return false;
    }
    rig->given_bytes += less ? 0 : want - last->size_bytes;
    rig->used = rig->used - last->size_bytes + want;
    rig->peak = rig->used > rig->peak ? rig->used : rig->peak;
    last->size_bytes = want;
    memset(last->start, last->fill, want);
    return ch_arena_used(&rig->arena) == rig->used;
}

static inline bool rig_mark_step(void *context) {
    arena_rig *rig = context;
    if (rig->mark_count < RIG_MARKS) {
        const size_t at = rig->mark_count++;
        rig->marks[at].point = ch_arena_mark(&rig->arena);
        rig->marks[at].block_count = rig->block_count;
        rig->marks[at].used = rig->used;
    }
    return true;
}

static inline bool rig_release_step(void *context) {
    arena_rig *rig = context;
    if (rig->mark_count == 0) {
        return true;
    }
    rig->mark_count = (size_t)rig->draw(rig->mark_count); /* some in between may be skipped */
    const size_t at = rig->mark_count;
    const bool kept = rig_blocks_kept(rig);
    rig->block_count = rig->marks[at].block_count;
    rig->used = rig->marks[at].used;
    return ch_arena_release(&rig->arena, rig->marks[at].point) == CH_OK && kept &&
           rig_blocks_kept(rig);
}

static inline bool rig_bad_release_step(void *context) {
    arena_rig *rig = context;
    ch_arena_point points[3] = {rig->stale, ch_arena_mark(&rig->other), ch_arena_mark(&rig->arena)};
    points[2].cursor = (uint8_t *)((uintptr_t)points[2].cursor + 1 + rig->draw(5000));
    const ch_arena_point point = points[rig->draw(3)];
    return ch_arena_release(&rig->arena, point) == CH_EORDER &&
           rig_misused(&rig->arena, CH_EORDER) && ch_arena_used(&rig->arena) == rig->used;
}

static inline bool rig_trim_step(void *context) {
    arena_rig *rig = context;
    return ch_arena_trim(&rig->arena, (size_t)rig->draw(2 * RIG_MEMORY)) == CH_OK;
}

static inline bool rig_peak_step(void *context) {
    arena_rig *rig = context;
    ch_arena_peak_reset(&rig->arena);
    rig->peak = rig->used;
    return true;
}

/* What must hold after every step. */
static inline bool rig_agrees(void *context) {
    arena_rig *rig = context;
    ch_arena_figures figures;
    if (ch_arena_check(&rig->arena, NULL) != CH_OK ||
        ch_arena_stats(&rig->arena, &figures) != CH_OK) {
        return false;
    }
    return figures.used_bytes == rig->used && figures.peak_bytes == rig->peak &&
           figures.failures_full == rig->full && figures.failures_invalid == rig->invalid &&
           figures.allocations == rig->given_blocks && figures.total_bytes == rig->given_bytes &&
           figures.padding_bytes == rig->padding &&
           figures.remaining_bytes == figures.capacity_bytes - figures.used_bytes &&
           rig_seen.count == 0;
}

/* Starts a fresh arena and its reference, with steps drawn by `draw`. */
static inline bool rig_begin(arena_rig *rig, arena_kind kind, ch_zeroing zeroing,
                             uint64_t (*draw)(uint64_t limit)) {
    static const size_t firsts[ARENA_KINDS] = {[REGION] = 4096, [OWNED] = 4096, [CHUNKED] = 1024};
    const ch_arena_options options = {.limit_bytes = RIG_MEMORY - 3,
                                      .zeroing = zeroing,
                                      .first_bytes = firsts[kind],
                                      .chunk_max_bytes = 8192,
                                      .name = "model"};
    *rig = (arena_rig){.draw = draw};
    if (rig_start(rig, kind, &options) != CH_OK ||
        ch_arena_init(&rig->other, rig->other_memory, sizeof rig->other_memory, NULL) != CH_OK) {
        return false;
    }
    rig->stale = ch_arena_mark(&rig->arena);
    return rig_reset(rig);
}

static inline bool rig_end(arena_rig *rig) {
    return rig_stop(rig) && ch_arena_fini(&rig->other) == CH_OK;
}

#endif
