/* pools_rig.h: a pool set, real or twin, beside a list of live objects; the same steps serve
 * pools_test.c (random) and pools_fuzz.c (bytes of the input). */
#ifndef CHI_POOLS_RIG_H
#define CHI_POOLS_RIG_H

#include <coldheap/pools.h>

#include "mem/mem_rig.h"

enum { WORLD_KINDS = 5, WORLD_ABSENT = 2, WORLD_LIVE = 24, WORLD_UNKNOWN = WORLD_KINDS };

typedef enum pools_step {
    STEP_ACQUIRE,
    STEP_RELEASE,
    STEP_RELEASE_AGAIN,
    STEP_RELEASE_OTHER_KIND,
    STEP_RESET_KIND,
    STEP_RESET,
    STEP_REFUSE,
    STEP_RENEW,
    STEP_COUNT
} pools_step;

typedef struct world_object {
    uint8_t *bytes;
    size_t kind;
    uint8_t fill;
} world_object;

typedef struct pools_world {
    ch_pools set;
    ch_pool_spec specs[WORLD_KINDS];
    bool twin;
    rig_source source;
    void *memory;
    size_t memory_bytes;
    world_object live[WORLD_LIVE];
    size_t live_count;
    uint64_t failures[WORLD_KINDS];
} pools_world;

static const ch_pool_spec WORLD_SPECS[WORLD_KINDS] = {
    {"word", 32, 32, 3, CH_POOL_ZERO_ON_RELEASE},
    {"address", 20, 4, 5, CH_POOL_ZERO_ON_RELEASE},
    {"absent", 0, 0, 0, 0},
    {"frame", 200, 128, 4, CH_POOL_ZERO_ON_RELEASE},
    {"flag", 1, 1, 7, CH_POOL_ZERO_ON_RELEASE},
};

static inline ch_status world_init_set(pools_world *w) {
    ch_allocator source = rig_source_allocator(&w->source);
    w->live_count = 0;
    memset(w->failures, 0, sizeof w->failures);
    return w->twin ? ch_pools_init_twin(&w->set, w->memory, w->memory_bytes, w->specs, WORLD_KINDS,
                                        &source)
                   : ch_pools_init(&w->set, w->memory, w->memory_bytes, w->specs, WORLD_KINDS);
}

static inline bool world_begin(pools_world *w, bool twin) {
    *w = (pools_world){.twin = twin};
    memcpy(w->specs, WORLD_SPECS, sizeof w->specs);
    w->memory_bytes = twin ? ch_pools_twin_footprint(w->specs, WORLD_KINDS)
                           : ch_pools_footprint(w->specs, WORLD_KINDS);
    if (posix_memalign(&w->memory, CH_ALIGN_MAX, w->memory_bytes) != 0) {
        return false;
    }
    memset(w->memory, 0xa5, w->memory_bytes);
    rig_seen = (rig_recorder){0};
    (void)ch_on_misuse(&rig_hook);
    return world_init_set(w) == CH_OK;
}

static inline bool world_end(pools_world *w) {
    bool right = ch_pools_fini(&w->set) == CH_OK && ch_pools_fini(&w->set) == CH_OK;
    (void)ch_on_misuse(NULL);
    free(w->memory);
    return right && w->source.live == 0 && w->source.wrong == 0;
}

static inline size_t world_count(const pools_world *w, size_t kind) {
    size_t count = 0;
    for (size_t i = 0; i < w->live_count; i++) {
        count += w->live[i].kind == kind;
    }
    return count;
}

static inline bool world_acquire(pools_world *w, uint32_t argument) {
    size_t kind = argument % (WORLD_KINDS + 1);
    uint8_t *bytes = ch_pools_acquire(&w->set, kind);
    if (kind == WORLD_UNKNOWN || kind == WORLD_ABSENT) {
        return bytes == NULL;
    }
    bool room = world_count(w, kind) < w->specs[kind].count && !w->source.refusing;
    if (!room || bytes == NULL) {
        w->failures[kind]++;
        return !room && bytes == NULL;
    }
    size_t size = w->specs[kind].object_bytes;
    if (!rig_is_filled(bytes, size, 0) || (uintptr_t)bytes % w->specs[kind].align != 0) {
        return false;
    }
    world_object object = {bytes, kind, (uint8_t)(1 + argument % 255)};
    memset(bytes, object.fill, size);
    w->live[w->live_count++] = object;
    return true;
}

static inline bool world_is_refused(pools_world *w, size_t kind, void *object, ch_status want) {
    return ch_pools_release(&w->set, kind, object) == want &&
           rig_misused(&w->set.pools[kind], want);
}

static inline bool world_release(pools_world *w, pools_step step, uint32_t argument) {
    if (w->live_count == 0) {
        return true;
    }
    size_t at = argument % w->live_count;
    world_object object = w->live[at];
    if (step == STEP_RELEASE_OTHER_KIND) {
        size_t other = (argument >> 8) % (WORLD_KINDS + 1);
        if (other == object.kind) {
            return true;
        }
        if (other == WORLD_UNKNOWN || other == WORLD_ABSENT) {
            return ch_pools_release(&w->set, other, object.bytes) ==
                       (other == WORLD_UNKNOWN ? CH_ERANGE : CH_ENOENT) &&
                   rig_seen.count == 0;
        }
        return w->twin || world_is_refused(w, other, object.bytes, CH_EFOREIGN);
    }
    if (!rig_is_filled(object.bytes, w->specs[object.kind].object_bytes, object.fill) ||
        ch_pools_release(&w->set, object.kind, object.bytes) != CH_OK) {
        return false;
    }
    w->live[at] = w->live[--w->live_count];
    return step == STEP_RELEASE ||
           (world_is_refused(w, object.kind, object.bytes, CH_EDOUBLE) && rig_seen.count == 0);
}

static inline bool world_reset_kind(pools_world *w, uint32_t argument) {
    size_t kind = argument % (WORLD_KINDS + 1);
    for (size_t i = w->live_count; i-- > 0;) {
        if (w->live[i].kind == kind) {
            w->live[i] = w->live[--w->live_count];
        }
    }
    ch_status want = kind == WORLD_UNKNOWN ? CH_ERANGE : kind == WORLD_ABSENT ? CH_ENOENT : CH_OK;
    return ch_pools_reset_kind(&w->set, kind) == want;
}

static inline bool world_step(pools_world *w, pools_step step, uint32_t argument) {
    switch (step) {
    case STEP_ACQUIRE:
        return world_acquire(w, argument);
    case STEP_RELEASE:
    case STEP_RELEASE_AGAIN:
    case STEP_RELEASE_OTHER_KIND:
        return world_release(w, step, argument);
    case STEP_RESET_KIND:
        return world_reset_kind(w, argument);
    case STEP_RESET:
        w->live_count = 0;
        return ch_pools_reset(&w->set) == CH_OK && w->source.live == 0;
    case STEP_REFUSE:
        w->source.refusing = w->twin && !w->source.refusing && argument % 2 == 0;
        return true;
    default:
        return ch_pools_fini(&w->set) == CH_OK && w->source.live == 0 && world_init_set(w) == CH_OK;
    }
}

static inline bool world_agrees(const pools_world *w) {
    unsigned invariant = 0;
    if (ch_pools_check(&w->set, &invariant) != CH_OK || invariant != 0) {
        return false;
    }
    for (size_t kind = 0; kind < WORLD_KINDS; kind++) {
        ch_pool_figures figures;
        size_t count = w->specs[kind].count;
        if (ch_pools_stats(&w->set, &figures, kind) != CH_OK || figures.capacity != count ||
            figures.in_use != world_count(w, kind) || figures.failures != w->failures[kind] ||
            ch_pools_available(&w->set, kind) != count - figures.in_use ||
            (size_t)(ch_pools_utilization(&w->set, kind) * (double)count + 0.5) != figures.in_use) {
            return false;
        }
    }
    return !w->twin || w->source.live == w->live_count;
}

#endif
