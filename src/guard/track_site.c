/* track_site.c: from return addresses to the number of a row. The rows are in the record, in the
 * order in which the sites were first seen; the index in front of them is private to the process.
 *
 * Nothing waits: a row is taken by counting up, filled, and then put into the index in one step.
 * Two threads that bring the same new site at once take two rows, of which one stays empty. */
#define _GNU_SOURCE
#include <string.h>

#include "track.h"

#include "walk.h"

#define KIND_MIX  UINT64_C(0xa0761d6478bd642f)
#define PROBE_MAX 64u

/* Frames of a site by call site: the wrappers, and the call site. */
#define WRAPPED_MAX 4u

chi_track_site_row *chi_track_site_row_at(const chi_track_record *record, uint32_t site) {
    uint8_t *rows = (uint8_t *)(uintptr_t)record + record->sites_offset;
    return (chi_track_site_row *)(void *)(rows + site * record->site_bytes);
}

const uint64_t *chi_track_site_frames(const chi_track_site_row *row) {
    return (const uint64_t *)(const void *)(row + 1);
}

/* A row, or 0 if there are none left. */
static uint32_t claim_row(chi_track_record *record) {
    uint32_t count = __atomic_load_n(&record->site_count, __ATOMIC_RELAXED);
    while (count < record->sites_max) {
        if (__atomic_compare_exchange_n(&record->site_count, &count, count + 1, true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            return count;
        }
    }
    return 0;
}

static void fill_row(chi_track_site_row *row, uint32_t kind, uint32_t call,
                     const void *const *frames, size_t frame_count) {
    uint64_t *to = (uint64_t *)(void *)(row + 1);
    for (size_t i = 0; i < frame_count; i++) {
        to[i] = (uint64_t)(uintptr_t)frames[i];
        chi_track_modules_see(to[i]);
    }
    row->kind = kind;
    row->call = call;
    row->frame_count = (uint32_t)frame_count;
}

/* The word of a hash in the index. Returns: its row; 0 with *place the empty word where it belongs;
 * 0 with *place NULL if that part of the index is full. */
static uint32_t look_up(uint64_t hash, uint64_t **place) {
    const uint64_t mask = ~UINT64_C(0) >> CHI_PLAN->index_shift;
    uint64_t at = hash >> CHI_PLAN->index_shift;
    for (unsigned i = 0; i < PROBE_MAX; i++, at = (at + 1) & mask) {
        const uint64_t word = __atomic_load_n(&CHI_PLAN->index[at], __ATOMIC_ACQUIRE);
        if (word == 0) {
            *place = &CHI_PLAN->index[at];
            return 0;
        }
        if (word >> CHI_INDEX_ROW_BITS == (hash & CHI_INDEX_CHECK)) {
            return (uint32_t)(word & CHI_INDEX_ROW);
        }
    }
    *place = NULL;
    return 0;
}

/* Puts `row` behind `hash`. Returns: the row that is there now, perhaps of another thread; 0 if
 * there is no room. */
static uint32_t enter(uint64_t hash, uint32_t row) {
    const uint64_t word = (hash & CHI_INDEX_CHECK) << CHI_INDEX_ROW_BITS | row;
    uint64_t *place = NULL;
    for (;;) {
        const uint32_t found = look_up(hash, &place);
        if (found != 0 || place == NULL) {
            return found;
        }
        uint64_t empty = 0;
        if (__atomic_compare_exchange_n(place, &empty, word, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            return row;
        }
    }
}

static CH_COLD uint32_t make_site(uint32_t kind, uint32_t call, const void *const *frames,
                                  size_t frame_count, uint64_t hash) {
    chi_track_record *record = CHI_PLAN->record;
    const uint32_t site = claim_row(record);
    if (site == 0) {
        return CHI_TRACK_SITE_OVERFLOW;
    }
    chi_track_site_row *row = chi_track_site_row_at(record, site);
    fill_row(row, kind, call, frames, frame_count);
    row->key = hash | 1;
    __atomic_store_n(&row->state, CHI_ROW_READY, __ATOMIC_RELEASE);
    const uint32_t found = enter(hash, site);
    if (found != site) {
        __atomic_store_n(&row->state, CHI_ROW_FREE, __ATOMIC_RELEASE);
    }
    return found;
}

uint32_t chi_track_site(uint32_t kind, uint32_t call, const void *const *frames,
                        size_t frame_count) {
    uint64_t hash = kind * KIND_MIX;
    for (size_t i = 0; i < frame_count; i++) {
        hash = chi_index_hash(hash, frames[i]);
    }
    uint64_t *place = NULL;
    const uint32_t found = look_up(hash, &place);
    return CH_LIKELY(found != 0) ? found : make_site(kind, call, frames, frame_count, hash);
}

/* The call site is the first frame that is in no wrapper; those before it stay in the row. What a
 * frame is, is in the index: a wrapper's own word says so. */
static CH_COLD uint32_t site_behind_wrapper(uint32_t call, const void *caller, const void *frame) {
    const void *frames[WRAPPED_MAX];
    size_t count = chi_guard_walk(frames, 2, caller, frame);
    uint64_t hash = chi_index_hash(0, caller);
    for (size_t i = 1; i < count; i++) {
        uint64_t *place = NULL;
        hash = chi_index_hash(hash, frames[i]);
        uint32_t found = look_up(hash, &place);
        const bool is_last = i + 1 == WRAPPED_MAX;
        if (found == 0 && (is_last || !chi_track_is_wrapper(frames[i]))) {
            return make_site(CH_TRACK_HEAP, call, frames, i + 1, hash);
        }
        if (found == 0) {
            found = enter(hash, CHI_INDEX_WRAPPER);
        }
        if (found != CHI_INDEX_WRAPPER) {
            return found;
        }
        count = chi_guard_walk(frames, WRAPPED_MAX, caller, frame);
    }
    return chi_track_site(CH_TRACK_HEAP, call, (const void *const[]){caller, NULL}, 2);
}

static uint32_t site_of_frame(uint32_t call, const void *caller, const void *frame) {
    const uint64_t hash = chi_index_hash(0, caller);
    uint64_t *place = NULL;
    uint32_t found = look_up(hash, &place);
    if (found == 0 && chi_track_is_wrapper(caller)) {
        found = enter(hash, CHI_INDEX_WRAPPER);
    }
    if (found == CHI_INDEX_WRAPPER) {
        return site_behind_wrapper(call, caller, frame);
    }
    return found != 0 ? found : make_site(CH_TRACK_HEAP, call, &caller, 1, hash);
}

uint32_t chi_track_site_of_call(uint32_t call, const void *caller, const void *frame) {
    return CHI_PLAN->depth == 1 ? site_of_frame(call, caller, frame)
                                : chi_track_site_by_stack(call, caller, frame);
}
