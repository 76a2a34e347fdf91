/* xpool_rig.h: a pool for threads, all its shards driven by one thread in turn, beside a list of
 * the objects in use; the same steps serve xpool_model_test.c (random) and xpool_fuzz.c (bytes). */
#ifndef CHI_XPOOL_RIG_H
#define CHI_XPOOL_RIG_H

#include <coldheap/xpool.h>

#include "mem_rig.h"

enum { XRIG_SLOTS = 128, XRIG_SHARDS = 5 };

typedef struct xrig_object {
    uint8_t *bytes;
    uint8_t fill;
} xrig_object;

typedef struct xrig {
    ch_xpool pool;
    ch_xpool_options options;
    void *memory;
    ch_xpool_shard *shards[XRIG_SHARDS]; /* NULL: not joined */
    xrig_object live[XRIG_SLOTS];
    size_t live_count;
    size_t live_of[XRIG_SHARDS];
    uint8_t *gone[XRIG_SLOTS]; /* some that were released; they may be in use again */
    size_t gone_count;
    uint64_t failures;
    uint64_t (*draw)(uint64_t limit);
} xrig;

static inline bool xrig_begin(xrig *rig, const ch_xpool_options *options,
                              uint64_t (*draw)(uint64_t limit)) {
    const size_t align = ch_xpool_align(options);
    const size_t bytes = ch_xpool_footprint(options);
    *rig = (xrig){.options = *options, .draw = draw};
    rig->memory = aligned_alloc(align, (bytes + align - 1) / align * align);
    if (rig->memory == NULL) {
        return false;
    }
    memset(rig->memory, 0xa5, bytes);
    (void)ch_on_misuse(&rig_hook);
    return ch_xpool_init(&rig->pool, rig->memory, bytes, options) == CH_OK;
}

static inline bool xrig_end(xrig *rig) {
    const ch_status status = ch_xpool_fini(&rig->pool);
    (void)ch_on_misuse(NULL);
    free(rig->memory);
    return status == CH_OK && ch_xpool_fini(&rig->pool) == CH_OK;
}

static inline size_t xrig_find(const xrig *rig, const uint8_t *bytes) {
    size_t i = 0;
    while (i < rig->live_count && rig->live[i].bytes != bytes) {
        i++;
    }
    return i;
}

static inline ch_xpool_shard *xrig_some(xrig *rig) {
    return rig->shards[rig->draw(rig->options.threads_max)];
}

static inline bool xrig_join_step(void *context) {
    xrig *rig = context;
    size_t lowest = 0;
    while (lowest < rig->options.threads_max && rig->shards[lowest] != NULL) {
        lowest++;
    }
    ch_xpool_shard *shard = NULL;
    const ch_status status = ch_xpool_join(&rig->pool, &shard);
    if (lowest == rig->options.threads_max) {
        return status == CH_EFULL && shard == NULL;
    }
    if (status != CH_OK || shard != &rig->pool.config.shards[lowest]) {
        return false;
    }
    rig->shards[lowest] = shard;
    return true;
}

static inline bool xrig_leave_step(void *context) {
    xrig *rig = context;
    const size_t which = (size_t)rig->draw(rig->options.threads_max);
    ch_xpool_shard *shard = rig->shards[which];
    void *out = NULL;
    if (shard == NULL || rig->draw(3) != 0) {
        return true;
    }
    rig->shards[which] = NULL;
    return ch_xpool_leave(shard) == CH_OK && ch_xpool_leave(shard) == CH_ESTATE &&
           ch_xpool_acquire(shard) == NULL && ch_xpool_acquire_try(shard, &out) == CH_ESTATE &&
           ch_xpool_release(shard, rig) == CH_ESTATE && ch_xpool_flush(shard) == CH_ESTATE;
}

static inline bool xrig_acquire_step(void *context) {
    xrig *rig = context;
    ch_xpool_shard *shard = xrig_some(rig);
    if (shard == NULL) {
        return true;
    }
    /* Everything that is not in use is within reach of its owner. */
    const bool full = rig->live_of[shard->index] == rig->options.per_thread;
    void *out = NULL;
    if (rig->draw(2) == 0) {
        out = ch_xpool_acquire(shard);
    } else if (ch_xpool_acquire_try(shard, &out) != (full ? CH_EFULL : CH_OK)) {
        return false;
    }
    if (full || out == NULL) {
        rig->failures++;
        return full && out == NULL;
    }
    uint8_t *bytes = out;
    if (xrig_find(rig, bytes) != rig->live_count || rig->live_count == XRIG_SLOTS ||
        (uintptr_t)bytes % rig->options.align != 0 ||
        ch_xpool_owner_of(&rig->pool, bytes) != shard->index) {
        return false;
    }
    const uint8_t fill = (uint8_t)(1 + rig->draw(255));
    memset(bytes, fill, rig->options.object_bytes);
    rig->live[rig->live_count++] = (xrig_object){bytes, fill};
    rig->live_of[shard->index]++;
    return true;
}

static inline bool xrig_release_step(void *context) {
    xrig *rig = context;
    ch_xpool_shard *shard = xrig_some(rig);
    if (shard == NULL || rig->live_count == 0) {
        return true;
    }
    const size_t at = (size_t)rig->draw(rig->live_count);
    const xrig_object object = rig->live[at];
    if (!rig_is_filled(object.bytes, rig->options.object_bytes, object.fill)) {
        return false;
    }
    rig->live_of[ch_xpool_owner_of(&rig->pool, object.bytes)]--;
    rig->live[at] = rig->live[--rig->live_count];
    rig->gone[rig->gone_count++ % XRIG_SLOTS] = object.bytes;
    return ch_xpool_release(shard, object.bytes) == CH_OK;
}

static inline bool xrig_flush_step(void *context) {
    xrig *rig = context;
    ch_xpool_shard *shard = xrig_some(rig);
    return shard == NULL || ch_xpool_flush(shard) == CH_OK;
}

/* A tracker that comes and goes; of counters only. */
static inline bool xrig_track_step(void *context) {
    static CH_ALIGNED(64) uint8_t memory[4096];
    static ch_tracker tracker;
    const ch_tracker_options counts = {.counters_only = true};
    xrig *rig = context;
    ch_xpool_shard *shard = xrig_some(rig);
    if (tracker.magic == 0 && ch_tracker_init(&tracker, memory, sizeof memory, &counts) != CH_OK) {
        return false;
    }
    return shard == NULL || ch_xpool_track(shard, rig->draw(2) == 0 ? &tracker : NULL) == CH_OK;
}

static inline bool xrig_is_refused(xrig *rig, ch_xpool_shard *shard, void *object, ch_status want) {
    return ch_xpool_release(shard, object) == want && rig_seen.culprit == object &&
           rig_misused(&rig->pool, want);
}

static inline bool xrig_misuse_step(void *context) {
    xrig *rig = context;
    ch_xpool_shard *shard = xrig_some(rig);
    if (shard == NULL) {
        return true;
    }
    uint8_t *first = rig->pool.config.objects;
    const size_t total = rig->options.per_thread * rig->options.threads_max;
    const size_t stride = rig->pool.config.stride_bytes;
    uint8_t *const outside[] = {NULL, (uint8_t *)(uintptr_t)((uintptr_t)first - 1), (uint8_t *)rig,
                                first + total * stride};
    if (!xrig_is_refused(rig, shard, outside[rig->draw(4)], CH_EFOREIGN)) {
        return false;
    }
    const size_t slot = (size_t)rig->draw(total);
    if (stride > 1 &&
        !xrig_is_refused(rig, shard, first + slot * stride + 1 + (size_t)rig->draw(stride - 1),
                         CH_EINTERIOR)) {
        return false;
    }
    if (xrig_find(rig, first + slot * stride) == rig->live_count &&
        !xrig_is_refused(rig, shard, first + slot * stride, CH_EDOUBLE)) {
        return false;
    }
    uint8_t *gone = rig->gone_count != 0 ? rig->gone[(rig->gone_count - 1) % XRIG_SLOTS] : NULL;
    return gone == NULL || xrig_find(rig, gone) != rig->live_count ||
           xrig_is_refused(rig, shard, gone, CH_EDOUBLE);
}

static inline bool xrig_agrees(void *context) {
    xrig *rig = context;
    ch_xpool_figures figures;
    size_t joined = 0;
    if (ch_xpool_check(&rig->pool, NULL) != CH_OK ||
        ch_xpool_stats(&rig->pool, &figures) != CH_OK) {
        return false;
    }
    for (size_t i = 0; i < rig->options.threads_max; i++) {
        joined += rig->shards[i] != NULL;
    }
    return figures.in_use == rig->live_count && figures.threads == joined &&
           figures.available + figures.returning + figures.in_use == figures.capacity &&
           figures.failures == rig->failures && rig_seen.count == 0;
}

#endif
