/* track_rig.h: a tracker with small tables beside slow lists of sites and objects; the same steps
 * serve track_model_test.c (random) and track_fuzz.c (bytes of the input). */
#ifndef CHI_TRACK_RIG_H
#define CHI_TRACK_RIG_H

#include <coldheap/track.h>

#include <stdlib.h>
#include <string.h>

enum { WORLD_SITES = 6, WORLD_LIVE = 12, WORLD_PLACES = 5, WORLD_OBJECTS = 9 };

typedef enum track_step {
    STEP_ACQUIRE,
    STEP_RELEASE,
    STEP_EXHAUSTED,
    STEP_RELEASE_ALL,
    STEP_ACQUIRE_UNNAMED,
    STEP_SWITCH,
    STEP_WRONG,
    STEP_RESET,
    STEP_RENEW,
    STEP_COUNT
} track_step;

typedef struct world_live {
    uintptr_t object;
    size_t size_bytes;
    size_t row; /* WORLD_SITES: none */
    unsigned kind;
} world_live;

typedef struct track_world {
    ch_tracker tracker;
    ch_tracker_options options;
    void *memory;
    size_t memory_bytes;
    bool on;
    ch_tracker_figures want;
    bool lost[CH_TRACK_KINDS]; /* the sum of the kind */
    bool bulk[CH_TRACK_KINDS]; /* all sites of the kind */
    ch_track_site rows[WORLD_SITES];
    world_live live[WORLD_LIVE];
} track_world;

static inline bool world_init(track_world *w) {
    w->on = !w->options.start_disabled;
    w->want = (ch_tracker_figures){0};
    memset(w->lost, 0, sizeof w->lost);
    memset(w->bulk, 0, sizeof w->bulk);
    return ch_tracker_init(&w->tracker, w->memory, w->memory_bytes, &w->options) == CH_OK;
}

static inline bool world_begin(track_world *w, bool counters_only) {
    *w = (track_world){.options = {.sites_max = WORLD_SITES,
                                   .live_max = WORLD_LIVE,
                                   .counters_only = counters_only}};
    w->memory_bytes = ch_tracker_footprint(&w->options);
    if (posix_memalign(&w->memory, ch_tracker_align(), w->memory_bytes) != 0) {
        return false;
    }
    memset(w->memory, 0xa5, w->memory_bytes);
    return world_init(w);
}

static inline bool world_end(track_world *w) {
    bool right = ch_tracker_fini(&w->tracker) == CH_OK && ch_tracker_fini(&w->tracker) == CH_OK;
    right = right && ch_tracker_stats(&w->tracker, &w->want) == CH_ESTATE;
    free(w->memory);
    return right;
}

/* ---- The reference --------------------------------------------------------------------------- */

static inline size_t world_row(track_world *w, const void *address, unsigned kind) {
    for (size_t i = 0; i < w->want.sites; i++) {
        if (w->rows[i].address == address && w->rows[i].kind == kind) {
            return i;
        }
    }
    if (w->want.sites == WORLD_SITES) {
        return WORLD_SITES;
    }
    w->rows[w->want.sites] = (ch_track_site){
        .address = address, .kind = kind, .unknown = kind == CH_TRACK_ARENA || w->bulk[kind]};
    return w->want.sites++;
}

static inline world_live *world_find(track_world *w, uintptr_t object, unsigned kind) {
    for (size_t i = 0; i < w->want.live; i++) {
        if (w->live[i].object == object && w->live[i].kind == kind) {
            return &w->live[i];
        }
    }
    return NULL;
}

static inline void world_drop(track_world *w, world_live *gone) {
    w->want.kinds[gone->kind].current_bytes -= gone->size_bytes;
    if (gone->row < WORLD_SITES) {
        w->rows[gone->row].current_bytes -= gone->size_bytes;
    }
    *gone = w->live[--w->want.live];
}

static inline void world_lose(track_world *w, unsigned kind, size_t row) {
    w->lost[kind] = true;
    if (row < WORLD_SITES) {
        w->rows[row].unknown = 1;
    }
}

/* Room for one more object: there is, or objects of kinds released in bulk make some. */
static inline bool world_has_room(track_world *w) {
    if (w->want.live < WORLD_LIVE) {
        return true;
    }
    for (size_t i = w->want.live; i-- > 0;) {
        if (w->bulk[w->live[i].kind]) {
            world_drop(w, &w->live[i]);
            w->want.live_dropped++;
        }
    }
    return w->want.live < WORLD_LIVE;
}

static inline void world_book(track_world *w, unsigned kind, size_t size_bytes, size_t row,
                              const void *object) {
    world_live *old = world_find(w, (uintptr_t)object, kind);
    if (object == NULL) {
        world_lose(w, kind, row);
        return;
    }
    if (old != NULL) {
        world_lose(w, kind, old->row);
        world_drop(w, old);
    } else if (!world_has_room(w)) {
        w->want.live_dropped++;
        world_lose(w, kind, row);
        return;
    }
    ch_track_kind_figures *sum = &w->want.kinds[kind];
    w->live[w->want.live++] = (world_live){(uintptr_t)object, size_bytes, row, kind};
    sum->current_bytes += size_bytes;
    sum->peak_bytes = sum->peak_bytes < sum->current_bytes ? sum->current_bytes : sum->peak_bytes;
    if (row < WORLD_SITES) {
        ch_track_site *site = &w->rows[row];
        site->current_bytes += size_bytes;
        site->peak_bytes =
            site->peak_bytes < site->current_bytes ? site->current_bytes : site->peak_bytes;
    }
}

static inline void world_acquired(track_world *w, unsigned kind, size_t size_bytes,
                                  const void *address, const void *object) {
    w->want.kinds[kind].acquisitions++;
    w->want.kinds[kind].acquired_bytes += size_bytes;
    if (w->options.counters_only) {
        return;
    }
    size_t row = world_row(w, address, kind);
    if (row < WORLD_SITES) {
        w->rows[row].count++;
        w->rows[row].total_bytes += size_bytes;
    } else {
        w->want.sites_dropped++;
    }
    if (kind != CH_TRACK_ARENA) {
        world_book(w, kind, size_bytes, row, object);
    }
}

static inline void world_released(track_world *w, unsigned kind, size_t size_bytes,
                                  const void *object) {
    w->want.kinds[kind].releases++;
    w->want.kinds[kind].released_bytes += size_bytes;
    if (w->options.counters_only || kind == CH_TRACK_ARENA) {
        return;
    }
    if (object == NULL) {
        w->bulk[kind] = true;
        for (size_t i = 0; i < w->want.sites; i++) {
            w->rows[i].unknown |= w->rows[i].kind == kind;
        }
        return;
    }
    world_live *at = world_find(w, (uintptr_t)object, kind);
    if (at == NULL) {
        w->want.unmatched++;
        return;
    }
    if (at->row < WORLD_SITES) {
        w->rows[at->row].releases++;
    }
    world_drop(w, at);
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static inline bool world_note(track_world *w, unsigned op, uint32_t argument, bool named) {
    unsigned kind = argument % CH_TRACK_KINDS;
    size_t place = (argument >> 3) % WORLD_PLACES;
    size_t which = (argument >> 6) % WORLD_OBJECTS;
    size_t size_bytes = (argument >> 10) % 64;
    const void *address = (const void *)(uintptr_t)(0x40000 + 4 * place);
    const void *object = named ? (const void *)(uintptr_t)(0x7000 + 64 * which) : NULL;
    ch_status status = ch_tracker_note(&w->tracker, kind, op, size_bytes, address, object);
    if (!w->on) {
        return status == CH_EDISABLED;
    }
    if (op == CH_TRACK_ACQUIRE) {
        world_acquired(w, kind, size_bytes, address, object);
    } else if (op == CH_TRACK_RELEASE) {
        world_released(w, kind, size_bytes, object);
    } else {
        w->want.kinds[kind].exhausted++;
    }
    return status == CH_OK;
}

static inline bool world_switch(track_world *w, uint32_t argument) {
    bool on = argument % 4 != 0;
    if (w->on && !on) {
        for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
            w->lost[kind] |= w->want.kinds[kind].current_bytes > 0;
            w->want.kinds[kind].current_bytes = 0;
        }
        for (size_t i = 0; i < w->want.sites; i++) {
            w->rows[i].unknown |= w->rows[i].current_bytes > 0;
            w->rows[i].current_bytes = 0;
        }
        w->want.live = 0;
    }
    w->on = on;
    return ch_tracker_enable(&w->tracker, on) == CH_OK && ch_tracker_is_enabled(&w->tracker) == on;
}

static inline bool world_step(track_world *w, track_step step, uint32_t argument) {
    switch (step) {
    case STEP_ACQUIRE:
        return world_note(w, CH_TRACK_ACQUIRE, argument, true);
    case STEP_RELEASE:
        return world_note(w, CH_TRACK_RELEASE, argument, true);
    case STEP_EXHAUSTED:
        return world_note(w, CH_TRACK_EXHAUSTED, argument, true);
    case STEP_RELEASE_ALL:
        return world_note(w, CH_TRACK_RELEASE, argument, false);
    case STEP_ACQUIRE_UNNAMED:
        return world_note(w, CH_TRACK_ACQUIRE, argument, false);
    case STEP_SWITCH:
        return world_switch(w, argument);
    case STEP_WRONG:
        return ch_tracker_note(&w->tracker, CH_TRACK_KINDS + argument % 1000, 0, 1, NULL, NULL) ==
                   CH_EINVAL &&
               ch_tracker_note(&w->tracker, 0, CH_TRACK_OPS + argument % 1000, 1, NULL, NULL) ==
                   CH_EINVAL;
    case STEP_RESET:
        w->want = (ch_tracker_figures){0};
        memset(w->lost, 0, sizeof w->lost);
        memset(w->bulk, 0, sizeof w->bulk);
        return ch_tracker_reset(&w->tracker) == CH_OK;
    default:
        return ch_tracker_fini(&w->tracker) == CH_OK && world_init(w);
    }
}

/* ---- Agreement ------------------------------------------------------------------------------- */

static inline bool world_kind_agrees(const track_world *w, const ch_track_kind_figures *got,
                                     unsigned kind) {
    const ch_track_kind_figures *want = &w->want.kinds[kind];
    bool known =
        !w->lost[kind] && !w->bulk[kind] && kind != CH_TRACK_ARENA && !w->options.counters_only;
    return got->acquisitions == want->acquisitions && got->releases == want->releases &&
           got->exhausted == want->exhausted && got->acquired_bytes == want->acquired_bytes &&
           got->released_bytes == want->released_bytes && got->current_known == known &&
           got->current_bytes == (known ? want->current_bytes : 0) &&
           got->peak_bytes == (known ? want->peak_bytes : 0);
}

static inline bool world_row_agrees(const ch_track_site *got, const ch_track_site *want) {
    return got->address == want->address && got->kind == want->kind && got->count == want->count &&
           got->releases == want->releases && got->total_bytes == want->total_bytes &&
           (got->unknown != 0) == (want->unknown != 0) &&
           (want->unknown != 0 ||
            (got->current_bytes == want->current_bytes && got->peak_bytes == want->peak_bytes));
}

static inline bool world_agrees(const track_world *w) {
    ch_tracker_figures got;
    unsigned invariant = 1;
    size_t count = 0;
    if (ch_tracker_check(&w->tracker, &invariant) != CH_OK || invariant != 0 ||
        ch_tracker_stats(&w->tracker, &got) != CH_OK) {
        return false;
    }
    const ch_track_site *rows = ch_tracker_sites(&w->tracker, &count);
    if (got.enabled != w->on || count != w->want.sites || got.sites != count ||
        got.live != w->want.live || got.sites_dropped != w->want.sites_dropped ||
        got.live_dropped != w->want.live_dropped || got.unmatched != w->want.unmatched) {
        return false;
    }
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        if (!world_kind_agrees(w, &got.kinds[kind], kind)) {
            return false;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!world_row_agrees(&rows[i], &w->rows[i])) {
            return false;
        }
    }
    return true;
}

#endif
