/* manager_rig.h: a small manager beside a list of what it gave and a count of everything it was
 * asked; the same steps serve manager_model_test.c (random) and manager_fuzz.c (bytes of the
 * input). */
#ifndef CHI_MANAGER_RIG_H
#define CHI_MANAGER_RIG_H

#include <coldheap/manager.h>

#include "mem/mem_rig.h"

enum { WORLD_OUT = 40, WORLD_BLOCKS = 12 };

typedef enum manager_step {
    STEP_STACK_ALLOC,
    STEP_STACK_FREE,
    STEP_STACK_MARK,
    STEP_STACK_RELEASE,
    STEP_POOL_ACQUIRE,
    STEP_POOL_RELEASE,
    STEP_BUFFER_ACQUIRE,
    STEP_BUFFER_RELEASE,
    STEP_ARENA_ALLOC,
    STEP_ARENAS_RESET,
    STEP_SWITCH_OFF,
    STEP_SWITCH_ON,
    STEP_RESET,
    STEP_COUNT
} manager_step;

typedef struct world_block {
    uint8_t *start;
    size_t size_bytes;
    size_t used_before;
} world_block;

typedef struct world_object {
    uint8_t *start;
    size_t kind;
    uint8_t fill;
} world_object;

typedef struct manager_world {
    ch_manager *manager;
    ch_manager_config config;
    void *memory;
    bool on[CH_MANAGER_FEATURES];
    ch_manager_figures want;
    world_block blocks[WORLD_BLOCKS];
    size_t block_count;
    size_t marks[WORLD_BLOCKS]; /* block_count at each watermark */
    size_t mark_used[WORLD_BLOCKS];
    size_t mark_count;
    world_object objects[WORLD_OUT];
    size_t object_count;
    size_t pool_peaks[CH_KIND_COUNT];
    ch_buffer buffers[WORLD_OUT];
    size_t buffer_classes[WORLD_OUT];
    size_t buffer_count;
    size_t buffer_peaks[CH_MANAGER_CLASSES];
    size_t arena_used[CH_ARENAS_KINDS];
    size_t arena_peaks[CH_ARENAS_KINDS];
} manager_world;

static const size_t WORLD_BUFFER_SIZES[CH_MANAGER_CLASSES] = {16, 40, 0, 200};
static const size_t WORLD_BUFFER_COUNTS[CH_MANAGER_CLASSES] = {4, 3, 0, 2};
static const size_t WORLD_POOL_COUNTS[CH_KIND_COUNT] = {5, 4, 0, 3, 2, 1};
static const size_t WORLD_ARENA_SIZES[CH_ARENAS_KINDS] = {8192, 0, 4096};

static inline ch_manager_config world_config(bool tracking) {
    ch_manager_config config = ch_manager_high_performance();
    config.max_stack_memory = 4096;
    config.watermarks_max = 5;
    config.pool_sizes = (ch_pool_sizes){5, 4, 0, 3, 2, 1};
    config.buffer_sizes = (ch_buffer_sizes){16, 4, 40, 3, 0, 0, 200, 2};
    config.arena_sizes = (ch_arena_sizes){8192, 0, 4096};
    config.allocation_tracking = tracking;
    config.tracker_sites = 16;
    config.tracker_live = 48;
    config.frame_bytes = 72;
    config.frame_align = 8;
    config.name = "a small world";
    return config;
}

static inline bool world_begin(manager_world *w, bool tracking) {
    *w = (manager_world){.config = world_config(tracking)};
    size_t need = ch_manager_footprint(&w->config);
    if (posix_memalign(&w->memory, ch_manager_align(&w->config), need) != 0) {
        return false;
    }
    memset(w->memory, 0xa5, need);
    for (size_t i = 0; i < CH_MANAGER_FEATURES; i++) {
        w->on[i] = i != CH_MANAGER_TRACKING || tracking;
    }
    w->want.footprint_bytes = need;
    rig_seen = (rig_recorder){0};
    (void)ch_on_misuse(&rig_hook);
    return ch_manager_init(&w->manager, w->memory, need, &w->config) == CH_OK;
}

static inline bool world_end(manager_world *w) {
    bool right = ch_manager_fini(w->manager) == CH_OK && ch_manager_fini(w->manager) == CH_OK;
    (void)ch_on_misuse(NULL);
    free(w->memory);
    return right && rig_seen.count == 0;
}

static inline bool world_has(const manager_world *w, ch_manager_feature feature) {
    return w->on[CH_MANAGER_ZERO_ALLOCATION] && w->on[feature];
}

/* ---- Stack ----------------------------------------------------------------------------------- */

/* How large the stack gets is read from it; whether it may be so large is not. */
static inline bool world_stack_alloc(manager_world *w, uint32_t argument) {
    ch_stack *stack = ch_manager_stack(w->manager);
    if (!world_has(w, CH_MANAGER_STACK)) {
        return stack == NULL;
    }
    if (w->block_count == WORLD_BLOCKS) {
        return true;
    }
    size_t size_bytes = argument % 1500;
    size_t used = ch_stack_used(stack);
    uint8_t *block = ch_stack_alloc(stack, size_bytes, 8);
    size_t need = (used + 7) / 8 * 8 + CH_STACK_LINK_BYTES + size_bytes;
    if (need > 4096) {
        w->want.stack_failures++;
        return block == NULL;
    }
    w->want.stack_allocations++;
    w->want.current_stack_usage = need;
    if (w->want.peak_stack_usage < need) {
        w->want.peak_stack_usage = need;
    }
    w->blocks[w->block_count++] = (world_block){block, size_bytes, used};
    return block != NULL;
}

static inline bool world_stack_free(manager_world *w) {
    size_t floor = w->mark_count > 0 ? w->marks[w->mark_count - 1] : 0;
    if (!world_has(w, CH_MANAGER_STACK) || w->block_count == floor) {
        return true;
    }
    const world_block *top = &w->blocks[--w->block_count];
    w->want.current_stack_usage = top->used_before;
    return ch_stack_free(ch_manager_stack(w->manager), top->start, top->size_bytes) == CH_OK;
}

static inline bool world_stack_mark(manager_world *w) {
    if (!world_has(w, CH_MANAGER_STACK)) {
        return true;
    }
    ch_status status = ch_stack_mark(ch_manager_stack(w->manager));
    if (w->mark_count == w->config.watermarks_max) {
        w->want.stack_failures++;
        return status == CH_EFULL;
    }
    w->mark_used[w->mark_count] = w->want.current_stack_usage;
    w->marks[w->mark_count++] = w->block_count;
    return status == CH_OK;
}

static inline bool world_stack_release(manager_world *w) {
    if (!world_has(w, CH_MANAGER_STACK)) {
        return true;
    }
    ch_status status = ch_stack_release(ch_manager_stack(w->manager));
    if (w->mark_count == 0) {
        return status == CH_EEMPTY;
    }
    w->block_count = w->marks[--w->mark_count];
    w->want.current_stack_usage = w->mark_used[w->mark_count];
    return status == CH_OK;
}

/* ---- Pools ----------------------------------------------------------------------------------- */

static inline size_t world_count_kind(const manager_world *w, size_t kind) {
    size_t count = 0;
    for (size_t i = 0; i < w->object_count; i++) {
        count += w->objects[i].kind == kind;
    }
    return count;
}

static inline bool world_pool_acquire(manager_world *w, uint32_t argument) {
    size_t kind = argument % (CH_KIND_COUNT + 1);
    ch_pool *pool = ch_manager_pool(w->manager, kind);
    bool there = kind < CH_KIND_COUNT && WORLD_POOL_COUNTS[kind] > 0;
    if (!there || !world_has(w, CH_MANAGER_POOLS)) {
        return pool == NULL;
    }
    size_t out = world_count_kind(w, kind);
    uint8_t *object = pool != NULL ? ch_pool_acquire(pool) : NULL;
    if (out == WORLD_POOL_COUNTS[kind]) {
        w->want.pool_failures++;
        return object == NULL;
    }
    if (object == NULL || !rig_is_filled(object, 20, 0)) {
        return false;
    }
    uint8_t fill = (uint8_t)(1 + argument % 200);
    memset(object, fill, 20);
    w->objects[w->object_count++] = (world_object){object, kind, fill};
    w->want.pool_acquisitions++;
    w->pool_peaks[kind] = out + 1 > w->pool_peaks[kind] ? out + 1 : w->pool_peaks[kind];
    return true;
}

static inline bool world_pool_release(manager_world *w, uint32_t argument) {
    if (w->object_count == 0) {
        return true;
    }
    size_t at = argument % w->object_count;
    world_object object = w->objects[at];
    w->objects[at] = w->objects[--w->object_count];
    return rig_is_filled(object.start, 20, object.fill) &&
           ch_pool_release(ch_manager_pool(w->manager, object.kind), object.start) == CH_OK;
}

/* ---- Buffers --------------------------------------------------------------------------------- */

static inline size_t world_count_class(const manager_world *w, size_t class) {
    size_t count = 0;
    for (size_t i = 0; i < w->buffer_count; i++) {
        count += w->buffer_classes[i] == class;
    }
    return count;
}

static inline bool world_buffer_acquire(manager_world *w, uint32_t argument) {
    size_t size_bytes = argument % 220;
    size_t first = CH_MANAGER_CLASSES;
    size_t class = CH_MANAGER_CLASSES;
    ch_buffer *buffer = &w->buffers[w->buffer_count];
    *buffer = (ch_buffer){0};
    ch_status status = ch_manager_buffer_acquire(w->manager, buffer, size_bytes);
    if (!world_has(w, CH_MANAGER_BUFFERS)) {
        return status == CH_EDISABLED;
    }
    for (size_t i = CH_MANAGER_CLASSES; i-- > 0;) {
        bool fits = WORLD_BUFFER_COUNTS[i] > 0 && WORLD_BUFFER_SIZES[i] >= size_bytes;
        first = fits ? i : first;
        class = fits && world_count_class(w, i) < WORLD_BUFFER_COUNTS[i] ? i : class;
    }
    if (class == CH_MANAGER_CLASSES) {
        w->want.buffer_failures++;
        return status == (first == CH_MANAGER_CLASSES ? CH_ERANGE : CH_EFULL);
    }
    w->want.buffer_acquisitions++;
    w->want.fall_throughs += class != first;
    w->buffer_classes[w->buffer_count++] = class;
    size_t out = world_count_class(w, class);
    w->buffer_peaks[class] = out > w->buffer_peaks[class] ? out : w->buffer_peaks[class];
    return status == CH_OK && buffer->capacity == WORLD_BUFFER_SIZES[class] &&
           rig_is_filled(buffer->data, buffer->capacity, 0);
}

static inline bool world_buffer_release(manager_world *w, uint32_t argument) {
    if (w->buffer_count == 0) {
        return true;
    }
    size_t at = argument % w->buffer_count;
    memset(w->buffers[at].data, 0xee, w->buffers[at].capacity);
    bool right = ch_manager_buffer_release(w->manager, &w->buffers[at]) == CH_OK;
    w->buffer_count--;
    w->buffers[at] = w->buffers[w->buffer_count];
    w->buffer_classes[at] = w->buffer_classes[w->buffer_count];
    return right;
}

/* ---- Arenas ---------------------------------------------------------------------------------- */

static inline bool world_arena_alloc(manager_world *w, uint32_t argument) {
    size_t kind = argument % (CH_ARENAS_KINDS + 1);
    ch_arena *arena = ch_manager_arena(w->manager, kind);
    bool there = kind < CH_ARENAS_KINDS && WORLD_ARENA_SIZES[kind] > 0;
    if (!there || !world_has(w, CH_MANAGER_ARENAS)) {
        return arena == NULL;
    }
    size_t size_bytes = 1 + (argument >> 2) % 2000;
    void *block = arena != NULL ? ch_arena_alloc(arena, size_bytes, 1) : NULL;
    size_t redzone = ch_arena_redzone_bytes(); /* checked builds: before each block, at 8 bytes */
    size_t start = w->arena_used[kind] + redzone;
    start = redzone > 0 ? (start + 7) / 8 * 8 : start;
    if (start + size_bytes > WORLD_ARENA_SIZES[kind]) {
        w->want.arena_failures++;
        return block == NULL;
    }
    w->want.arena_allocations++;
    w->arena_used[kind] = start + size_bytes;
    if (w->arena_peaks[kind] < w->arena_used[kind]) {
        w->arena_peaks[kind] = w->arena_used[kind];
    }
    return block != NULL;
}

static inline bool world_arenas_reset(manager_world *w) {
    bool on = world_has(w, CH_MANAGER_ARENAS);
    if (on) {
        memset(w->arena_used, 0, sizeof w->arena_used);
    }
    return ch_manager_arenas_reset(w->manager) == (on ? CH_OK : CH_EDISABLED);
}

/* ---- Switches -------------------------------------------------------------------------------- */

static inline bool world_is_busy(const manager_world *w, ch_manager_feature feature) {
    bool stack = w->block_count > 0 || w->mark_count > 0;
    bool arenas = w->arena_used[0] + w->arena_used[2] > 0;
    switch (feature) {
    case CH_MANAGER_STACK:
        return stack;
    case CH_MANAGER_POOLS:
        return w->object_count > 0;
    case CH_MANAGER_BUFFERS:
        return w->buffer_count > 0;
    case CH_MANAGER_ARENAS:
        return arenas;
    case CH_MANAGER_ZERO_ALLOCATION:
        return stack || arenas || w->object_count > 0 || w->buffer_count > 0;
    default:
        return false;
    }
}

static inline bool world_switch(manager_world *w, uint32_t argument, bool on) {
    ch_manager_feature feature = (ch_manager_feature)(argument % (CH_MANAGER_FEATURES + 1));
    ch_status status = ch_manager_set_enabled(w->manager, feature, on);
    if (feature == CH_MANAGER_FEATURES) {
        return status == CH_ERANGE;
    }
    if (on && feature == CH_MANAGER_TRACKING && !w->config.allocation_tracking) {
        return status == CH_EDISABLED;
    }
    if (!on && world_is_busy(w, feature)) {
        return status == CH_EBUSY;
    }
    w->on[feature] = on;
    return status == CH_OK && ch_manager_is_enabled(w->manager, feature) == world_has(w, feature);
}

static inline bool world_reset(manager_world *w) {
    w->block_count = w->mark_count = w->object_count = w->buffer_count = 0;
    w->want.current_stack_usage = 0;
    memset(w->arena_used, 0, sizeof w->arena_used);
    return ch_manager_reset(w->manager) == CH_OK;
}

static inline bool world_step(manager_world *w, manager_step step, uint32_t argument) {
    switch (step) {
    case STEP_STACK_ALLOC:
        return world_stack_alloc(w, argument);
    case STEP_STACK_FREE:
        return world_stack_free(w);
    case STEP_STACK_MARK:
        return world_stack_mark(w);
    case STEP_STACK_RELEASE:
        return world_stack_release(w);
    case STEP_POOL_ACQUIRE:
        return world_pool_acquire(w, argument);
    case STEP_POOL_RELEASE:
        return world_pool_release(w, argument);
    case STEP_BUFFER_ACQUIRE:
        return world_buffer_acquire(w, argument);
    case STEP_BUFFER_RELEASE:
        return world_buffer_release(w, argument);
    case STEP_ARENA_ALLOC:
        return world_arena_alloc(w, argument);
    case STEP_ARENAS_RESET:
        return world_arenas_reset(w);
    case STEP_SWITCH_OFF:
        return world_switch(w, argument, false);
    case STEP_SWITCH_ON:
        return world_switch(w, argument, true);
    default:
        return world_reset(w);
    }
}

/* ---- Agreement ------------------------------------------------------------------------------- */

static inline bool world_agrees(const manager_world *w) {
    ch_manager_figures got;
    ch_manager_figures want = w->want;
    if (ch_manager_check(w->manager, NULL) != CH_OK ||
        ch_manager_stats(w->manager, &got) != CH_OK || rig_seen.count != 0) {
        return false;
    }
    for (size_t i = 0; i < CH_KIND_COUNT; i++) {
        want.pool_peak += w->pool_peaks[i];
    }
    for (size_t i = 0; i < CH_MANAGER_CLASSES; i++) {
        want.buffer_peak += w->buffer_peaks[i];
    }
    for (size_t i = 0; i < CH_ARENAS_KINDS; i++) {
        want.arena_peak_bytes += w->arena_peaks[i];
        want.arena_used_bytes += w->arena_used[i];
    }
    return !got.heap_known && got.heap_allocations == 0 &&
           got.stack_allocations == want.stack_allocations &&
           got.pool_acquisitions == want.pool_acquisitions &&
           got.buffer_acquisitions == want.buffer_acquisitions &&
           got.arena_allocations == want.arena_allocations &&
           got.peak_stack_usage == want.peak_stack_usage &&
           got.current_stack_usage == want.current_stack_usage &&
           got.stack_failures == want.stack_failures && got.pool_failures == want.pool_failures &&
           got.buffer_failures == want.buffer_failures &&
           got.arena_failures == want.arena_failures && got.fall_throughs == want.fall_throughs &&
           got.pool_peak == want.pool_peak && got.buffer_peak == want.buffer_peak &&
           got.arena_peak_bytes == want.arena_peak_bytes && got.pool_in_use == w->object_count &&
           got.buffer_in_use == w->buffer_count && got.arena_used_bytes == want.arena_used_bytes &&
           got.footprint_bytes == want.footprint_bytes &&
           got.touched_bytes >= sizeof(ch_manager) + want.peak_stack_usage &&
           got.touched_bytes <= got.footprint_bytes;
}

#endif
