/* bufpool_rig.h: a buffer pool, real or twin, beside a slow reference that knows what every call
 * must answer; the same steps serve bufpool_test.c (random) and bufpool_fuzz.c (bytes of the
 * input). */
#ifndef CHI_BUFPOOL_RIG_H
#define CHI_BUFPOOL_RIG_H

#include "mem/bufpool_parts.h"
#include "mem/mem_rig.h"

enum { WORLD_LIVE = 40, WORLD_GONE = 32, WORLD_CLASSES = 5 };

typedef enum bufpool_step {
    STEP_ACQUIRE,
    STEP_WRITE,
    STEP_FILL,
    STEP_CLEAR,
    STEP_RELEASE,
    STEP_RELEASE_AGAIN,
    STEP_RELEASE_FOREIGN,
    STEP_RELEASE_MOVED,
    STEP_RESET,
    STEP_REFUSE,
    STEP_TRACK,
    STEP_RENEW,
    STEP_COUNT
} bufpool_step;

typedef struct world_buffer {
    ch_buffer buffer;
    size_t class_index;
    uint8_t content[512];
} world_buffer;

typedef struct bufpool_world {
    ch_bufpool pool;
    ch_bufpool_options options;
    ch_bufpool_class classes[WORLD_CLASSES];
    bool twin;
    rig_source source;
    ch_tracker tracker; /* comes and goes; must change nothing */
    CH_ALIGNED(64) uint8_t tables[1024];
    void *memory;
    size_t memory_bytes;
    world_buffer live[WORLD_LIVE];
    size_t live_count;
    ch_buffer gone[WORLD_GONE];
    size_t gone_count;
    uint64_t acquires[WORLD_CLASSES];
    uint64_t requested[WORLD_CLASSES];
    uint64_t failures;
    uint64_t fall_throughs;
} bufpool_world;

static inline ch_status world_init_pool(bufpool_world *w) {
    ch_allocator source = rig_source_allocator(&w->source);
    w->live_count = w->gone_count = 0;
    w->failures = w->fall_throughs = 0;
    memset(w->acquires, 0, sizeof w->acquires);
    memset(w->requested, 0, sizeof w->requested);
    return w->twin
               ? ch_bufpool_init_twin(&w->pool, w->memory, w->memory_bytes, &w->options, &source)
               : ch_bufpool_init(&w->pool, w->memory, w->memory_bytes, &w->options);
}

/* Sets up a pool with `classes` of at most 512 bytes and WORLD_LIVE buffers, over rubbish. */
static inline bool world_begin(bufpool_world *w, const ch_bufpool_class *classes,
                               size_t class_count, const ch_bufpool_options *options, bool twin) {
    *w = (bufpool_world){.options = *options, .twin = twin};
    memcpy(w->classes, classes, class_count * sizeof *classes);
    w->options.classes = w->classes;
    w->options.class_count = class_count;
    w->memory_bytes =
        twin ? ch_bufpool_twin_footprint(&w->options) : ch_bufpool_footprint(&w->options);
    if (posix_memalign(&w->memory, CH_BUFFER_ALIGN_MAX, w->memory_bytes) != 0) {
        return false;
    }
    memset(w->memory, 0xa5, w->memory_bytes);
    rig_seen = (rig_recorder){0};
    (void)ch_on_misuse(&rig_hook);
    const ch_tracker_options counters = {.counters_only = true};
    return ch_tracker_init(&w->tracker, w->tables, sizeof w->tables, &counters) == CH_OK &&
           world_init_pool(w) == CH_OK;
}

static inline bool world_end(bufpool_world *w) {
    bool right = ch_bufpool_fini(&w->pool) == CH_OK && ch_bufpool_fini(&w->pool) == CH_OK;
    (void)ch_on_misuse(NULL);
    free(w->memory);
    return right && w->source.live == 0 && w->source.wrong == 0;
}

/* ---- The reference --------------------------------------------------------------------------- */

static inline size_t world_lent(const bufpool_world *w, size_t class_index) {
    size_t count = 0;
    for (size_t i = 0; i < w->live_count; i++) {
        count += w->live[i].class_index == class_index;
    }
    return count;
}

static inline ch_status world_answer(const bufpool_world *w, size_t size_bytes,
                                     size_t *class_index) {
    size_t wanted = 0;
    while (wanted < w->options.class_count && w->classes[wanted].size_bytes < size_bytes) {
        wanted++;
    }
    if (wanted == w->options.class_count) {
        return CH_ERANGE;
    }
    for (*class_index = wanted; *class_index < w->options.class_count; ++*class_index) {
        bool room = world_lent(w, *class_index) < w->classes[*class_index].count;
        if (room && !w->source.refusing) {
            return CH_OK;
        }
        if (w->options.strict) {
            break;
        }
    }
    bool refused = world_lent(w, wanted) < w->classes[wanted].count;
    return refused ? CH_ENOMEM : CH_EFULL;
}

static inline bool world_content_agrees(const world_buffer *one) {
    const uint8_t *bytes = NULL;
    size_t size = 0;
    ch_buffer_read(&one->buffer, &bytes, &size);
    return size == one->buffer.length && bytes == one->buffer.data &&
           memcmp(bytes, one->content, size) == 0;
}

static inline bool world_overlaps(const bufpool_world *w, const ch_buffer *buffer) {
    bool overlaps = false;
    for (size_t i = 0; i < w->live_count; i++) {
        const ch_buffer *other = &w->live[i].buffer;
        overlaps = overlaps || (buffer->data < other->data + other->capacity &&
                                other->data < buffer->data + buffer->capacity);
    }
    return overlaps;
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static inline bool world_acquire(bufpool_world *w, uint32_t argument) {
    size_t largest = w->classes[w->options.class_count - 1].size_bytes;
    size_t size = (argument >> 8) % (largest + 2);
    size = argument % 2 ? size : size / 4;
    size_t class_index = 0;
    world_buffer *one = &w->live[w->live_count];
    const ch_buffer none = {.length = 77};
    one->buffer = none;
    ch_status want = world_answer(w, size, &class_index);
    if (ch_bufpool_acquire(&w->pool, &one->buffer, size) != want || rig_seen.count != 0) {
        return false;
    }
    if (want != CH_OK) {
        w->failures++;
        return memcmp(&one->buffer, &none, sizeof none) == 0;
    }
    one->class_index = class_index;
    w->acquires[class_index]++;
    w->requested[class_index] += size;
    w->fall_throughs += class_index > 0 && w->classes[class_index - 1].size_bytes >= size;
    size_t natural = w->classes[class_index].size_bytes;
    size_t align = natural & (0 - natural);
    align = align < CH_BUFFER_ALIGN_MAX ? align : CH_BUFFER_ALIGN_MAX;
    bool right = one->buffer.capacity == natural && one->buffer.length == 0 &&
                 (uintptr_t)one->buffer.data % align == 0 && !world_overlaps(w, &one->buffer) &&
                 ch_bufpool_is_lent(&w->pool, &one->buffer) &&
                 (w->options.keep_contents || rig_is_filled(one->buffer.data, natural, 0));
    w->live_count++;
    return right;
}

static inline bool world_write(world_buffer *one, uint32_t argument) {
    uint8_t bytes[600];
    size_t size = (argument >> 8) % (one->buffer.capacity + 2);
    size_t before = one->buffer.length;
    size = argument % 4 ? size / 4 : size;
    memset(bytes, (int)(argument % 255 + 1), sizeof bytes);
    ch_status want = size > one->buffer.capacity - before ? CH_EFULL : CH_OK;
    ch_status got = ch_buffer_write(&one->buffer, bytes, size);
    if (want == CH_OK) {
        memcpy(one->content + before, bytes, size);
    }
    return got == want && one->buffer.length == before + (want == CH_OK ? size : 0);
}

static inline bool world_fill(world_buffer *one, uint32_t argument) {
    size_t left = ch_buffer_remaining(&one->buffer);
    size_t size = (argument >> 8) % (left + 1);
    uint8_t *space = ch_buffer_space(&one->buffer);
    size_t before = one->buffer.length;
    if ((space == NULL) != (left == 0) ||
        ch_buffer_commit(&one->buffer, left + 1 + argument % 9) != CH_ERANGE ||
        one->buffer.length != before) {
        return false;
    }
    if (size > 0) {
        memset(space, (int)(argument % 251), size);
        memset(one->content + before, (int)(argument % 251), size);
    }
    return ch_buffer_commit(&one->buffer, size) == CH_OK && one->buffer.length == before + size;
}

static inline bool world_clear(world_buffer *one, uint32_t argument) {
    bool clear = argument % 2 != 0;
    ch_buffer_reset(&one->buffer, clear);
    return one->buffer.length == 0 &&
           (!clear || rig_is_filled(one->buffer.data, one->buffer.capacity, 0));
}

static inline bool world_is_none(const ch_buffer *buffer) {
    return buffer->data == NULL && buffer->capacity == 0 && buffer->length == 0 &&
           buffer->handle.lender == NULL && buffer->handle.slot == NULL;
}

static inline bool world_release(bufpool_world *w, size_t at) {
    ch_buffer buffer = w->live[at].buffer;
    bool right = world_content_agrees(&w->live[at]);
    w->gone[w->gone_count++ % WORLD_GONE] = buffer;
    w->live[at] = w->live[--w->live_count];
    return ch_bufpool_release(&w->pool, &buffer) == CH_OK && world_is_none(&buffer) && right &&
           rig_seen.count == 0;
}

static inline bool world_is_refused(bufpool_world *w, ch_buffer *buffer, ch_status want) {
    ch_buffer before = *buffer;
    return !ch_bufpool_is_lent(&w->pool, buffer) && ch_bufpool_release(&w->pool, buffer) == want &&
           rig_misused(&w->pool, want) && memcmp(&before, buffer, sizeof before) == 0;
}

static inline bool world_release_again(bufpool_world *w, uint32_t argument) {
    size_t kept = w->gone_count < WORLD_GONE ? w->gone_count : WORLD_GONE;
    return kept == 0 || world_is_refused(w, &w->gone[argument % kept], CH_ESTALE);
}

static inline bool world_release_foreign(bufpool_world *w, uint32_t argument) {
    ch_buffer none = {0};
    ch_buffer wrong = {
        .handle = {.lender = &w->pool.classes[argument % WORLD_CLASSES], .generation = argument}};
    bool refused =
        world_is_refused(w, &none, CH_EFOREIGN) && world_is_refused(w, &wrong, CH_EFOREIGN);
    if (w->live_count > 0) { /* pointers beside the tables, and not to a start in them */
        const ch_buffer lent = w->live[argument % w->live_count].buffer;
        for (size_t i = 0; i < 4 && refused; i++) {
            wrong = lent;
            uintptr_t lender = (uintptr_t)lent.handle.lender;
            uintptr_t slot = (uintptr_t)lent.handle.slot;
            lender = i == 0   ? (uintptr_t)w->pool.classes - sizeof *wrong.handle.lender
                     : i == 1 ? lender + 8
                              : lender;
            slot = i == 2 ? (uintptr_t)w : i == 3 ? slot + 8 : slot;
            wrong.handle.lender = (chi_bufpool_class *)lender;
            wrong.handle.slot = (chi_buffer_slot *)slot;
            refused = world_is_refused(w, &wrong, CH_EFOREIGN);
        }
    }
    return refused;
}

static inline bool world_step(bufpool_world *w, bufpool_step step, uint32_t argument) {
    world_buffer *one = w->live_count > 0 ? &w->live[argument % w->live_count] : NULL;
    switch (step) {
    case STEP_ACQUIRE:
        return w->live_count == WORLD_LIVE || world_acquire(w, argument);
    case STEP_WRITE:
        return one == NULL || world_write(one, argument);
    case STEP_FILL:
        return one == NULL || world_fill(one, argument);
    case STEP_CLEAR:
        return one == NULL || world_clear(one, argument);
    case STEP_RELEASE:
        return one == NULL || world_release(w, argument % w->live_count);
    case STEP_RELEASE_AGAIN:
        return world_release_again(w, argument);
    case STEP_RELEASE_FOREIGN:
        return world_release_foreign(w, argument);
    case STEP_RELEASE_MOVED:
        if (one != NULL) {
            ch_buffer moved = one->buffer;
            moved.data++;
            return world_is_refused(w, &moved, CH_EINTERIOR);
        }
        return true;
    case STEP_RESET:
        while (w->live_count > 0) {
            w->gone[w->gone_count++ % WORLD_GONE] = w->live[--w->live_count].buffer;
        }
        return ch_bufpool_reset(&w->pool) == CH_OK && w->source.live == 0;
    case STEP_REFUSE:
        w->source.refusing = w->twin && !w->source.refusing && argument % 2 == 0;
        return true;
    case STEP_TRACK:
        return ch_bufpool_track(&w->pool, w->pool.tracker == NULL ? &w->tracker : NULL) == CH_OK;
    default:
        return ch_bufpool_fini(&w->pool) == CH_OK && w->source.live == 0 &&
               world_init_pool(w) == CH_OK;
    }
}

/* ---- The deep comparison --------------------------------------------------------------------- */

static inline bool world_agrees(const bufpool_world *w) {
    unsigned invariant = 0;
    uint64_t acquires = 0;
    ch_bufpool_figures all;
    if (ch_bufpool_check(&w->pool, &invariant) != CH_OK || invariant != 0 ||
        ch_bufpool_stats(&w->pool, &all) != CH_OK) {
        return false;
    }
    for (size_t i = 0; i < w->options.class_count; i++) {
        ch_bufpool_class_figures one;
        if (ch_bufpool_class_stats(&w->pool, &one, i) != CH_OK || one.in_use != world_lent(w, i) ||
            one.capacity != w->classes[i].count || one.available != one.capacity - one.in_use ||
            one.peak < one.in_use || one.acquires != w->acquires[i] ||
            one.requested_bytes != w->requested[i] ||
            one.given_bytes != w->acquires[i] * one.size_bytes) {
            return false;
        }
        acquires += one.acquires;
    }
    for (size_t i = 0; i < w->live_count; i++) {
        if (!world_content_agrees(&w->live[i])) {
            return false;
        }
    }
    return all.in_use == w->live_count && all.acquires == acquires && all.failures == w->failures &&
           all.fall_throughs == w->fall_throughs && (!w->twin || w->source.live == w->live_count);
}

#endif
