/* pool_rig.h: a pool, real or twin, beside a slow reference that knows what every call must
 * answer; the same steps serve pool_model_test.c (random) and pool_fuzz.c (bytes of the input). */
#ifndef CHI_POOL_RIG_H
#define CHI_POOL_RIG_H

#include <coldheap/misuse.h>
#include <coldheap/pool.h>
#include <coldheap/track.h>

#include <stdlib.h>
#include <string.h>

enum { WORLD_SLOTS = 24, WORLD_GONE = 64 };

typedef enum pool_step {
    STEP_ACQUIRE,
    STEP_ACQUIRE_TRY,
    STEP_ACQUIRE_HANDLE,
    STEP_RELEASE,
    STEP_RELEASE_HANDLE,
    STEP_RELEASE_AGAIN,
    STEP_RELEASE_FOREIGN,
    STEP_RELEASE_INTERIOR,
    STEP_RELEASE_STALE,
    STEP_GET,
    STEP_RESET,
    STEP_REFUSE,
    STEP_RENEW,
    STEP_TRACK,
    STEP_COUNT
} pool_step;

typedef struct world_object {
    uint8_t *bytes;
    ch_pool_handle handle;
    uint8_t fill; /* what all its bytes were set to */
} world_object;

typedef struct pool_world {
    ch_pool pool;
    ch_pool_options options;
    bool twin;
    bool refuses; /* the twin's source gives nothing */
    void *memory;
    size_t memory_bytes;
    world_object live[WORLD_SLOTS];
    size_t live_count;
    world_object gone[WORLD_GONE]; /* some that were released */
    size_t gone_count;
    const uint8_t *last[WORLD_SLOTS]; /* the object that each slot held last */
    size_t touched;                   /* slots of a fresh pool, in order of first use */
    size_t retired;
    size_t doomed; /* at their last generation when a reset came: retired when met again */
    size_t peak;
    uint64_t failures;
    uint64_t acquired;
    uint64_t noted;    /* acquisitions since the tracker was bound */
    uint64_t returned; /* bytes, likewise */
    ch_tracker tracker;
    CH_ALIGNED(64) uint8_t tracker_memory[4096];
    size_t source_live;
    unsigned misuses;
    ch_misuse seen;
    ch_misuse_hook hook;
} pool_world;

static inline void world_see(void *context, const ch_misuse *misuse) {
    pool_world *w = context;
    w->misuses++;
    w->seen = *misuse;
}

static inline void *world_source_alloc(void *user, size_t size_bytes, size_t align) {
    pool_world *w = user;
    void *block = NULL;
    if (w->refuses || posix_memalign(&block, align < 16 ? 16 : align, size_bytes) != 0) {
        return NULL;
    }
    w->source_live++;
    return block;
}

static inline ch_status world_source_free(void *user, void *block, size_t size_bytes) {
    pool_world *w = user;
    (void)size_bytes;
    w->source_live--;
    free(block);
    return CH_OK;
}

static inline bool world_init_pool(pool_world *w) {
    ch_allocator source = {.alloc = world_source_alloc, .free = world_source_free, .user = w};
    w->live_count = w->gone_count = w->retired = w->doomed = w->peak = w->failures = 0;
    w->acquired = 0;
    (void)ch_tracker_reset(&w->tracker); /* nothing is bound to a pool that was just set up */
    memset(w->last, 0, sizeof w->last);
    ch_status status =
        w->twin ? ch_pool_init_twin(&w->pool, w->memory, w->memory_bytes, &w->options, &source)
                : ch_pool_init(&w->pool, w->memory, w->memory_bytes, &w->options);
    return status == CH_OK;
}

/* Sets up a pool of at most WORLD_SLOTS objects over memory full of rubbish, and the hook. */
static inline bool world_begin(pool_world *w, const ch_pool_options *options, bool twin) {
    const ch_tracker_options counts = {.counters_only = true};
    *w = (pool_world){.options = *options, .twin = twin};
    if (ch_tracker_init(&w->tracker, w->tracker_memory, sizeof w->tracker_memory, &counts) !=
        CH_OK) {
        return false;
    }
    w->memory_bytes = twin ? ch_pool_twin_footprint(options) : ch_pool_footprint(options);
    if (posix_memalign(&w->memory, CH_ALIGN_MAX, w->memory_bytes) != 0) {
        return false;
    }
    memset(w->memory, 0xa5, w->memory_bytes);
    w->hook = (ch_misuse_hook){.seen = world_see, .context = w};
    (void)ch_on_misuse(&w->hook);
    return world_init_pool(w);
}

/* Ends it; false if the twin's source did not get everything back. */
static inline bool world_end(pool_world *w) {
    ch_status status = ch_pool_fini(&w->pool);
    (void)ch_on_misuse(NULL);
    free(w->memory);
    return status == CH_OK && w->source_live == 0;
}

/* ---- The reference --------------------------------------------------------------------------- */

static inline bool world_is_zeroing(const pool_world *w) {
    return (w->options.flags & (CH_POOL_ZERO_ON_RELEASE | CH_POOL_ZERO_ON_ACQUIRE)) != 0;
}

static inline bool world_is_last_use(const pool_world *w, ch_pool_handle handle) {
    return (w->options.flags & CH_POOL_RETIRE) != 0 &&
           handle.generation == UINT32_MAX >> (32 - w->options.generation_bits);
}

static inline size_t world_find(const pool_world *w, const uint8_t *bytes) {
    size_t i = 0;
    while (i < w->live_count && w->live[i].bytes != bytes) {
        i++;
    }
    return i;
}

static inline bool world_slot_is_live(const pool_world *w, size_t slot) {
    for (size_t i = 0; i < w->live_count; i++) {
        if (w->live[i].handle.index == slot) {
            return true;
        }
    }
    return false;
}

static inline bool world_handle_is_live(const pool_world *w, ch_pool_handle handle) {
    for (size_t i = 0; i < w->live_count; i++) {
        if (w->live[i].handle.index == handle.index &&
            w->live[i].handle.generation == handle.generation) {
            return true;
        }
    }
    return false;
}

/* What a release of `bytes` must answer. */
static inline ch_status world_answer(const pool_world *w, const uint8_t *bytes) {
    uintptr_t address = (uintptr_t)bytes;
    ch_status status = CH_EFOREIGN;
    if (world_find(w, bytes) < w->live_count) {
        return CH_OK;
    }
    if (!w->twin) {
        size_t offset = address - (uintptr_t)w->memory;
        if (offset >= w->options.count * ch_pool_stride(&w->options)) {
            return CH_EFOREIGN;
        }
        return offset % ch_pool_stride(&w->options) == 0 ? CH_EDOUBLE : CH_EINTERIOR;
    }
    for (size_t slot = 0; slot < w->options.count; slot++) {
        size_t offset = address - (uintptr_t)w->last[slot];
        if (w->last[slot] != NULL && offset < w->options.object_bytes) {
            if (offset != 0 && world_slot_is_live(w, slot)) {
                return CH_EINTERIOR;
            }
            status = offset == 0 ? CH_EDOUBLE : status == CH_EDOUBLE ? status : CH_EINTERIOR;
        }
    }
    return status;
}

static inline bool world_content_is(const pool_world *w, const uint8_t *bytes, uint8_t fill) {
    for (size_t i = 0; i < w->options.object_bytes; i++) {
        if (bytes[i] != fill) {
            return false;
        }
    }
    return true;
}

static inline void world_drop(pool_world *w, size_t at) {
    w->gone[w->gone_count++ % WORLD_GONE] = w->live[at];
    w->returned += w->options.object_bytes;
    w->live[at] = w->live[--w->live_count];
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static inline bool world_take(pool_world *w, uint8_t *bytes, ch_pool_handle handle,
                              uint32_t argument) {
    bool right = world_find(w, bytes) == w->live_count && handle.index < w->options.count &&
                 (handle.generation & 1u) != 0 && !world_slot_is_live(w, handle.index) &&
                 (uintptr_t)bytes % w->options.align == 0;
    if (!right || (world_is_zeroing(w) && !world_content_is(w, bytes, 0))) {
        return false;
    }
    uint8_t fill = (uint8_t)(1 + argument % 255);
    memset(bytes, fill, w->options.object_bytes);
    w->live[w->live_count++] = (world_object){bytes, handle, fill};
    w->last[handle.index] = bytes;
    w->acquired++;
    w->noted++;
    w->peak = w->peak > w->live_count ? w->peak : w->live_count;
    return true;
}

static inline bool world_acquire(pool_world *w, pool_step step, uint32_t argument) {
    const ch_pool_handle none = {7777, 7777};
    ch_pool_handle handle = none;
    void *object = NULL;
    size_t usable = w->options.count - w->retired - w->doomed;
    ch_status want = w->live_count >= usable ? CH_EFULL : CH_OK;
    want = want == CH_OK && w->twin && w->refuses ? CH_ENOMEM : want;
    ch_status got = CH_OK;
    if (step == STEP_ACQUIRE_TRY) {
        got = ch_pool_acquire_try(&w->pool, &object);
    } else {
        object = step == STEP_ACQUIRE ? ch_pool_acquire(&w->pool)
                                      : ch_pool_acquire_handle(&w->pool, &handle);
        got = object != NULL ? CH_OK : want; /* which of the two is not told */
    }
    if (got != want || (object != NULL) != (want == CH_OK)) {
        return false;
    }
    if (want == CH_EFULL) { /* the search has met every slot that a reset doomed */
        w->retired += w->doomed;
        w->doomed = 0;
    }
    if (want != CH_OK) {
        w->failures++;
        return handle.index == none.index && handle.generation == none.generation;
    }
    ch_pool_handle found = ch_pool_handle_of(&w->pool, object);
    if (step == STEP_ACQUIRE_HANDLE &&
        (handle.index != found.index || handle.generation != found.generation)) {
        return false;
    }
    return world_take(w, object, found, argument);
}

static inline bool world_release(pool_world *w, pool_step step, uint32_t argument) {
    if (w->live_count == 0) {
        return true;
    }
    size_t at = argument % w->live_count;
    world_object object = w->live[at];
    unsigned before = w->misuses;
    if (!world_content_is(w, object.bytes, object.fill)) {
        return false;
    }
    ch_status status = step == STEP_RELEASE ? ch_pool_release(&w->pool, object.bytes)
                                            : ch_pool_release_handle(&w->pool, object.handle);
    w->retired += world_is_last_use(w, object.handle);
    world_drop(w, at);
    return status == CH_OK && w->misuses == before;
}

/* A release that must be refused with `want`, seen once by the hook, the counts unchanged. */
static inline bool world_is_refused(pool_world *w, ch_status got, ch_status want, unsigned before,
                                    const void *culprit) {
    return got == want && w->misuses == before + 1 && w->seen.status == want &&
           w->seen.object == &w->pool && w->seen.culprit == culprit &&
           ch_pool_in_use(&w->pool) == w->live_count;
}

static inline bool world_release_wrongly(pool_world *w, const uint8_t *bytes) {
    ch_status want = world_answer(w, bytes);
    unsigned before = w->misuses;
    if (want == CH_OK) {
        return true; /* in use again: nothing wrong with it */
    }
    ch_status got = ch_pool_release(&w->pool, (void *)(uintptr_t)bytes);
    return world_is_refused(w, got, want, before, bytes) &&
           ch_pool_index_of(&w->pool, bytes) == SIZE_MAX &&
           ch_pool_handle_of(&w->pool, bytes).generation == 0;
}

static inline bool world_release_foreign(pool_world *w, uint32_t argument) {
    const uint8_t *start = w->memory;
    const uintptr_t wrong[] = {0,
                               (uintptr_t)start - 1,
                               (uintptr_t)start - 4096,
                               (uintptr_t)start + w->options.count * ch_pool_stride(&w->options),
                               (uintptr_t)w,
                               UINTPTR_MAX};
    uintptr_t address = wrong[argument % (sizeof wrong / sizeof wrong[0])];
    return world_release_wrongly(w, (const uint8_t *)address);
}

static inline bool world_release_interior(pool_world *w, uint32_t argument) {
    size_t inside = w->options.object_bytes - 1;
    if (w->live_count == 0 || inside == 0) {
        return true;
    }
    const uint8_t *bytes = w->live[argument % w->live_count].bytes;
    return world_release_wrongly(w, bytes + 1 + (argument >> 8) % inside);
}

static inline size_t world_gone_kept(const pool_world *w) {
    return w->gone_count < WORLD_GONE ? w->gone_count : WORLD_GONE;
}

static inline bool world_release_stale(pool_world *w, uint32_t argument) {
    ch_pool_handle handle = {(uint32_t)w->options.count + argument, 1};
    void *object = w;
    unsigned before = w->misuses;
    ch_status want = CH_EFOREIGN;
    if (world_gone_kept(w) > 0 && argument % 8 != 0) {
        handle = w->gone[argument % world_gone_kept(w)].handle;
        want = CH_ESTALE;
    }
    if (handle.index < w->options.count && world_handle_is_live(w, handle)) {
        return true; /* few generations: this one came round again */
    }
    if (handle.index < w->options.count) {
        want = CH_ESTALE;
    }
    if (ch_pool_get(&w->pool, handle) != NULL ||
        ch_pool_get_try(&w->pool, &object, handle) != want || object != w || w->misuses != before) {
        return false;
    }
    return world_is_refused(w, ch_pool_release_handle(&w->pool, handle), want, before, NULL);
}

static inline bool world_get(pool_world *w, uint32_t argument) {
    if (w->live_count == 0) {
        return true;
    }
    const world_object *object = &w->live[argument % w->live_count];
    void *found = NULL;
    return ch_pool_get(&w->pool, object->handle) == object->bytes &&
           ch_pool_get_try(&w->pool, &found, object->handle) == CH_OK && found == object->bytes &&
           ch_pool_index_of(&w->pool, object->bytes) == object->handle.index &&
           world_content_is(w, object->bytes, object->fill);
}

static inline bool world_reset(pool_world *w) {
    while (w->live_count > 0) {
        w->doomed += world_is_last_use(w, w->live[w->live_count - 1].handle);
        world_drop(w, w->live_count - 1);
    }
    return ch_pool_reset(&w->pool) == CH_OK && (!w->twin || w->source_live == 0);
}

static inline bool world_track(pool_world *w, bool on) {
    w->noted = w->returned = 0;
    return ch_tracker_reset(&w->tracker) == CH_OK &&
           ch_pool_track(&w->pool, on ? &w->tracker : NULL) == CH_OK;
}

static inline bool world_step(pool_world *w, pool_step step, uint32_t argument) {
    switch (step) {
    case STEP_ACQUIRE:
    case STEP_ACQUIRE_TRY:
    case STEP_ACQUIRE_HANDLE:
        return world_acquire(w, step, argument);
    case STEP_RELEASE:
    case STEP_RELEASE_HANDLE:
        return world_release(w, step, argument);
    case STEP_RELEASE_AGAIN:
        return world_gone_kept(w) == 0 ||
               world_release_wrongly(w, w->gone[argument % world_gone_kept(w)].bytes);
    case STEP_RELEASE_FOREIGN:
        return world_release_foreign(w, argument);
    case STEP_RELEASE_INTERIOR:
        return world_release_interior(w, argument);
    case STEP_RELEASE_STALE:
        return world_release_stale(w, argument);
    case STEP_GET:
        return world_get(w, argument);
    case STEP_RESET:
        return world_reset(w);
    case STEP_REFUSE:
        w->refuses = w->twin && !w->refuses && argument % 2 == 0;
        return true;
    case STEP_TRACK:
        return world_track(w, argument % 2 == 0);
    default:
        return ch_pool_fini(&w->pool) == CH_OK && w->source_live == 0 && world_init_pool(w);
    }
}

/* ---- The deep comparison --------------------------------------------------------------------- */

static inline bool world_notes_agree(const pool_world *w) {
    ch_tracker_figures figures = {0};
    const ch_track_kind_figures *noted = &figures.kinds[CH_TRACK_POOL];
    const uint64_t bytes = w->options.object_bytes;
    if (w->pool.tracker == NULL) {
        return true;
    }
    return ch_tracker_stats(&w->tracker, &figures) == CH_OK && noted->acquisitions == w->noted &&
           noted->acquired_bytes == w->noted * bytes && noted->released_bytes == w->returned &&
           figures.kinds[CH_TRACK_BUFFER].acquisitions == 0;
}

static inline bool world_agrees(const pool_world *w) {
    unsigned invariant = 0;
    size_t position = 0;
    size_t seen = 0;
    /* Slots that a reset doomed are found one by one; the pool knows `retired` at least. */
    size_t retired = ch_pool_retired(&w->pool);
    const uint8_t *object;
    if (ch_pool_check(&w->pool, &invariant) != CH_OK || invariant != 0) {
        return false;
    }
    while ((object = ch_pool_next_live(&w->pool, &position)) != NULL) {
        size_t at = world_find(w, object);
        if (at == w->live_count || !world_content_is(w, object, w->live[at].fill)) {
            return false;
        }
        seen++;
    }
    return seen == w->live_count && ch_pool_in_use(&w->pool) == seen && retired >= w->retired &&
           retired <= w->retired + w->doomed &&
           ch_pool_available(&w->pool) == w->options.count - seen - retired &&
           ch_pool_peak(&w->pool) == w->peak && ch_pool_failures(&w->pool) == w->failures &&
           ch_pool_acquisitions(&w->pool) == w->acquired && world_notes_agree(w) &&
           (!w->twin || w->source_live == seen);
}

#endif
