/* handles_rig.h: a handle table beside a slow reference that remembers every handle it ever gave;
 * steps for the model test and the fuzz target. Test programs only. */
#ifndef CHI_HANDLES_RIG_H
#define CHI_HANDLES_RIG_H

#include <coldheap/handles.h>

#include "mem/mem_rig.h"

enum { HANDLES_CAP_MAX = 12, HANDLES_HISTORY = 64 };

typedef struct handles_given {
    ch_handle handle;
    uint32_t index;
    bool live;
} handles_given;

typedef struct handles_world {
    ch_handles table;
    chi_handle_entry memory[HANDLES_CAP_MAX];
    ch_handles_options options;
    handles_given given[HANDLES_HISTORY]; /* the latest, in a ring; live ones are never dropped */
    size_t given_count;
    size_t live;
    size_t peak;
    uint64_t failures;
} handles_world;

typedef enum handles_step {
    HANDLES_ACQUIRE,
    HANDLES_GET,
    HANDLES_MOVE,
    HANDLES_RELEASE,
    HANDLES_FOREIGN,
    HANDLES_RESET,
    HANDLES_RENEW,
    HANDLES_STEPS
} handles_step;

static inline bool handles_world_begin(handles_world *w, const ch_handles_options *options) {
    memset(w, 0, sizeof *w);
    w->options = *options;
    rig_seen = (rig_recorder){0};
    return ch_handles_init(&w->table, w->memory, ch_handles_footprint(options), options) == CH_OK;
}

/* A place to remember a handle: a new one, else the oldest that is stale. */
static inline handles_given *handles_note(handles_world *w) {
    if (w->given_count < HANDLES_HISTORY) {
        return &w->given[w->given_count++];
    }
    size_t oldest = 0;
    while (w->given[oldest].live) {
        oldest++;
    }
    memmove(w->given + oldest, w->given + oldest + 1,
            (HANDLES_HISTORY - 1 - oldest) * sizeof w->given[0]);
    return &w->given[HANDLES_HISTORY - 1];
}

static inline bool handles_acquire(handles_world *w, uint32_t index) {
    ch_handle handle = {77, 77};
    size_t available = ch_handles_available(&w->table);
    ch_status status = ch_handles_acquire(&w->table, &handle, index);
    if (available == 0) {
        w->failures++;
        return status == CH_EFULL && handle.entry == 77 && handle.generation == 77;
    }
    for (size_t i = 0; i < w->given_count; i++) { /* never a name that is in use */
        if (w->given[i].live && w->given[i].handle.entry == handle.entry) {
            return false;
        }
    }
    *handles_note(w) = (handles_given){.handle = handle, .index = index, .live = true};
    w->live++;
    w->peak = w->live > w->peak ? w->live : w->peak;
    return status == CH_OK;
}

/* Whether an old handle may be good again: its generation came round. */
static inline bool handles_reborn(const handles_world *w, ch_handle handle) {
    for (size_t i = 0; i < w->given_count; i++) {
        if (w->given[i].live && w->given[i].handle.entry == handle.entry &&
            w->given[i].handle.generation == handle.generation) {
            return (w->options.flags & CH_HANDLES_RETIRE) == 0;
        }
    }
    return false;
}

static inline bool handles_get(const handles_world *w, const handles_given *one) {
    uint32_t index = 0xdead;
    ch_status status = ch_handles_get(&w->table, &index, one->handle);
    if (one->live) {
        return status == CH_OK && index == one->index;
    }
    return handles_reborn(w, one->handle) || (status == CH_ESTALE && index == 0xdead);
}

/* Moves or releases; with a stale handle that is misuse. */
static inline bool handles_change(handles_world *w, handles_given *one, bool release,
                                  uint32_t index) {
    if (!one->live && handles_reborn(w, one->handle)) {
        return true; /* cannot be told apart: what the contract says of wrapped generations */
    }
    ch_status status = release ? ch_handles_release(&w->table, one->handle)
                               : ch_handles_move(&w->table, one->handle, index);
    if (!one->live) {
        return status == CH_ESTALE && rig_misused(&w->table, CH_ESTALE);
    }
    one->index = index;
    one->live = !release;
    w->live -= release;
    return status == CH_OK && rig_seen.count == 0;
}

static inline bool handles_foreign(handles_world *w, uint32_t argument) {
    ch_handle handle = {(uint32_t)w->options.capacity + argument, 1};
    uint32_t index = 5;
    return ch_handles_get(&w->table, &index, handle) == CH_EFOREIGN && index == 5 &&
           ch_handles_move(&w->table, handle, 1) == CH_EFOREIGN &&
           rig_misused(&w->table, CH_EFOREIGN) &&
           ch_handles_release(&w->table, handle) == CH_EFOREIGN &&
           rig_misused(&w->table, CH_EFOREIGN) &&
           ch_handles_release(&w->table, (ch_handle){0}) == CH_ESTALE &&
           rig_misused(&w->table, CH_ESTALE);
}

static inline bool handles_world_step(handles_world *w, handles_step step, uint32_t argument) {
    handles_given *one = w->given_count > 0 ? &w->given[argument % w->given_count] : NULL;
    if (step == HANDLES_FOREIGN) {
        return handles_foreign(w, argument % 1000);
    }
    if (step == HANDLES_RENEW) {
        ch_handles_options options = w->options;
        return ch_handles_fini(&w->table) == CH_OK && ch_handles_fini(&w->table) == CH_OK &&
               handles_world_begin(w, &options);
    }
    if (step == HANDLES_RESET) {
        for (size_t i = 0; i < w->given_count; i++) {
            w->given[i].live = false;
        }
        w->live = 0;
        return ch_handles_reset(&w->table) == CH_OK;
    }
    if (step == HANDLES_ACQUIRE || one == NULL) {
        return handles_acquire(w, argument);
    }
    return step == HANDLES_GET ? handles_get(w, one)
                               : handles_change(w, one, step == HANDLES_RELEASE, argument);
}

static inline bool handles_world_agrees(const handles_world *w) {
    ch_handles_figures figures = {0};
    size_t position = 0;
    size_t listed = 0;
    while (ch_handles_next_live(&w->table, &position).generation != 0) {
        listed++;
    }
    for (size_t i = 0; i < w->given_count; i++) {
        if (w->given[i].live && !handles_get(w, &w->given[i])) {
            return false;
        }
    }
    return ch_handles_check(&w->table, NULL) == CH_OK &&
           ch_handles_stats(&w->table, &figures) == CH_OK && listed == w->live &&
           figures.in_use == w->live && figures.peak == w->peak &&
           figures.failures == w->failures && figures.capacity == w->options.capacity &&
           figures.in_use + figures.available + figures.retired == figures.capacity;
}

#endif
