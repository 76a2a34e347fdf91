/* track_info.c: what a tracker tells about itself: figures, shares, sites, self-check (track.h). */
#include "mem/track_parts.h"

#define NO_ROW UINT32_MAX

static const char *const KIND_NAMES[CH_TRACK_KINDS] = {"heap", "stack", "pool", "buffer", "arena"};

const char *ch_track_kind_name(unsigned kind) {
    return kind < CH_TRACK_KINDS ? KIND_NAMES[kind] : "?";
}

/* Notes that wait to be folded in count already. */
static void fill_kind(const ch_tracker *tracker, ch_track_kind_figures *figures, unsigned kind) {
    const chi_track_kind *of = &tracker->config.kinds[kind];
    const size_t *calls = tracker->waiting.calls[kind];
    const size_t *bytes = tracker->waiting.bytes[kind];
    bool known = CH_PEEK(tracker->unknown[kind]) == 0;
    *figures = (ch_track_kind_figures){
        .acquisitions = CH_PEEK(of->calls[CH_TRACK_ACQUIRE]) + CH_PEEK(calls[CH_TRACK_ACQUIRE]),
        .releases = CH_PEEK(of->calls[CH_TRACK_RELEASE]) + CH_PEEK(calls[CH_TRACK_RELEASE]),
        .exhausted = CH_PEEK(of->calls[CH_TRACK_EXHAUSTED]) + CH_PEEK(calls[CH_TRACK_EXHAUSTED]),
        .acquired_bytes = CH_PEEK(of->bytes[CH_TRACK_ACQUIRE]) + CH_PEEK(bytes[CH_TRACK_ACQUIRE]),
        .released_bytes = CH_PEEK(of->bytes[CH_TRACK_RELEASE]) + CH_PEEK(bytes[CH_TRACK_RELEASE]),
        .current_bytes = known ? CH_PEEK(of->current_bytes) : 0,
        .peak_bytes = known ? CH_PEEK(of->peak_bytes) : 0,
        .current_known = known,
    };
}

/* The figures that have names of their own are those of the kinds. */
static void name_figures(ch_tracker_figures *figures) {
    const ch_track_kind_figures *kinds = figures->kinds;
    figures->heap_allocations = kinds[CH_TRACK_HEAP].acquisitions;
    figures->stack_allocations = kinds[CH_TRACK_STACK].acquisitions;
    figures->pool_acquisitions = kinds[CH_TRACK_POOL].acquisitions;
    figures->buffer_acquisitions = kinds[CH_TRACK_BUFFER].acquisitions;
    figures->arena_allocations = kinds[CH_TRACK_ARENA].acquisitions;
    figures->total_heap_bytes = kinds[CH_TRACK_HEAP].acquired_bytes;
    figures->total_stack_bytes = kinds[CH_TRACK_STACK].acquired_bytes;
    figures->total_pool_bytes = kinds[CH_TRACK_POOL].acquired_bytes;
    figures->total_buffer_bytes = kinds[CH_TRACK_BUFFER].acquired_bytes;
    figures->total_arena_bytes = kinds[CH_TRACK_ARENA].acquired_bytes;
    figures->total_stack_and_arena_bytes = figures->total_stack_bytes + figures->total_arena_bytes;
}

ch_status ch_tracker_stats(const ch_tracker *tracker, ch_tracker_figures *figures) {
    if (tracker == NULL || figures == NULL) {
        return CH_EINVAL;
    }
    if (!chi_tracker_is_live(tracker)) {
        return CH_ESTATE;
    }
    *figures = (ch_tracker_figures){
        .enabled = ch_tracker_is_enabled(tracker),
        .sites = CH_PEEK(tracker->site_count),
        .sites_max = tracker->config.sites_max,
        .live = CH_PEEK(tracker->live_count),
        .live_max = tracker->config.live_max,
        .sites_dropped = CH_PEEK(tracker->sites_dropped),
        .live_dropped = CH_PEEK(tracker->live_dropped),
        .unmatched = CH_PEEK(tracker->unmatched),
        .nested = CH_PEEK(tracker->nested) + CH_PEEK(tracker->waiting.count),
    };
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        fill_kind(tracker, &figures->kinds[kind], kind);
    }
    name_figures(figures);
    const ch_track_kind_figures *heap = &figures->kinds[CH_TRACK_HEAP];
    figures->heap_known = tracker->config.heap_noted != 0 ||
                          (heap->acquisitions | heap->releases | heap->exhausted) != 0;
    return CH_OK;
}

static void add_kind(ch_track_kind_figures *sum, const ch_track_kind_figures *one) {
    sum->acquisitions += one->acquisitions;
    sum->releases += one->releases;
    sum->exhausted += one->exhausted;
    sum->acquired_bytes += one->acquired_bytes;
    sum->released_bytes += one->released_bytes;
    sum->current_known = sum->current_known && one->current_known;
    sum->current_bytes = sum->current_known ? sum->current_bytes + one->current_bytes : 0;
    sum->peak_bytes = 0;
}

static void add_figures(ch_tracker_figures *sum, const ch_tracker_figures *one) {
    sum->enabled = sum->enabled || one->enabled;
    sum->heap_known = sum->heap_known || one->heap_known;
    sum->sites += one->sites;
    sum->sites_max += one->sites_max;
    sum->live += one->live;
    sum->live_max += one->live_max;
    sum->sites_dropped += one->sites_dropped;
    sum->live_dropped += one->live_dropped;
    sum->unmatched += one->unmatched;
    sum->nested += one->nested;
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        add_kind(&sum->kinds[kind], &one->kinds[kind]);
    }
}

ch_status ch_tracker_sum(ch_tracker_figures *figures, const ch_tracker *const *trackers,
                         size_t count) {
    ch_tracker_figures sum = {0};
    if (figures == NULL || (trackers == NULL && count > 0)) {
        return CH_EINVAL;
    }
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        sum.kinds[kind].current_known = true;
    }
    for (size_t i = 0; i < count; i++) {
        ch_tracker_figures one;
        ch_status status = ch_tracker_stats(trackers[i], &one);
        if (status != CH_OK) {
            return status;
        }
        add_figures(&sum, &one);
    }
    name_figures(&sum);
    *figures = sum;
    return CH_OK;
}

static double percent(uint64_t part, double whole) {
    return whole > 0.0 ? 100.0 * (double)part / whole : 0.0;
}

void ch_track_breakdown_of(ch_track_breakdown *breakdown, const ch_tracker_figures *figures) {
    double all = 0.0;
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        all += (double)figures->kinds[kind].acquisitions;
    }
    *breakdown = (ch_track_breakdown){
        .heap_percentage = percent(figures->kinds[CH_TRACK_HEAP].acquisitions, all),
        .stack_percentage = percent(figures->kinds[CH_TRACK_STACK].acquisitions, all),
        .pool_percentage = percent(figures->kinds[CH_TRACK_POOL].acquisitions, all),
        .buffer_percentage = percent(figures->kinds[CH_TRACK_BUFFER].acquisitions, all),
        .arena_percentage = percent(figures->kinds[CH_TRACK_ARENA].acquisitions, all),
    };
}

const ch_track_site *ch_tracker_sites(const ch_tracker *tracker, size_t *count) {
    bool live = tracker != NULL && chi_tracker_is_live(tracker);
    size_t sites = live ? tracker->site_count : 0;
    if (count != NULL) {
        *count = sites;
    }
    return sites > 0 ? tracker->config.rows : NULL;
}

static uint64_t weight(const ch_track_site *site, ch_track_order order) {
    return order == CH_TRACK_BY_COUNT ? site->count : site->total_bytes;
}

size_t ch_tracker_top(const ch_tracker *tracker, ch_track_site *sites, size_t count,
                      ch_track_order order) {
    size_t filled = 0;
    size_t rows = 0;
    const ch_track_site *from = ch_tracker_sites(tracker, &rows);
    for (size_t i = 0; sites != NULL && count > 0 && i < rows; i++) {
        size_t at = filled;
        while (at > 0 && weight(&sites[at - 1], order) < weight(&from[i], order)) {
            at--;
        }
        if (at == count) {
            continue;
        }
        filled += filled < count;
        for (size_t down = filled - 1; down > at; down--) {
            sites[down] = sites[down - 1];
        }
        sites[at] = from[i];
    }
    return filled;
}

/* What the walk over the tables found; row weights make a sum that notices which row it was. */
typedef struct sums {
    uint64_t count, total, current[CH_TRACK_KINDS], weighed;
} sums;

static uint64_t row_weight(size_t row) {
    return (uint64_t)row * 0x9e3779b97f4a7c15u + 0x2545f4914f6cdd1du;
}

static bool site_is_found(const ch_tracker *tracker, const ch_track_site *row, size_t number) {
    const chi_tracker_config *config = &tracker->config;
    size_t mask = ((size_t)1 << config->place_bits) - 1;
    size_t place = chi_track_place_of(tracker, row->address, row->kind);
    for (size_t step = 0; step <= mask; step++, place = (place + 1) & mask) {
        if (config->places[place] == number + 1) {
            return true;
        }
        if (config->places[place] == 0) {
            return false;
        }
    }
    return false;
}

static bool sites_hold(const ch_tracker *tracker, sums *all) {
    const chi_tracker_config *config = &tracker->config;
    size_t used = 0;
    for (size_t i = 0; config->counters_only == 0 && i < (size_t)1 << config->place_bits; i++) {
        used += config->places[i] != 0;
    }
    if (tracker->site_count > config->sites_max || used != tracker->site_count) {
        return false;
    }
    for (size_t i = 0; i < tracker->site_count; i++) {
        const ch_track_site *row = &config->rows[i];
        if (row->kind >= CH_TRACK_KINDS || row->releases > row->count ||
            !site_is_found(tracker, row, i)) {
            return false;
        }
        all->count += row->count;
        all->total += row->total_bytes;
        all->weighed -= row->current_bytes * row_weight(i);
    }
    return true;
}

static bool live_is_found(const ch_tracker *tracker, size_t slot) {
    const chi_track_live *live = tracker->config.live;
    size_t mask = ((size_t)1 << tracker->config.live_bits) - 1;
    size_t at = chi_track_home_of(tracker, live[slot].object, live[slot].kind);
    for (size_t step = 0; step <= mask && live[at].object != 0; step++, at = (at + 1) & mask) {
        if (live[at].object == live[slot].object && live[at].kind == live[slot].kind) {
            return at == slot;
        }
    }
    return false;
}

static bool live_holds(const ch_tracker *tracker, sums *all) {
    const chi_tracker_config *config = &tracker->config;
    size_t used = 0;
    for (size_t i = 0; config->counters_only == 0 && i < (size_t)1 << config->live_bits; i++) {
        const chi_track_live *at = &config->live[i];
        if (at->object == 0) {
            continue;
        }
        used++;
        if (at->kind >= CH_TRACK_KINDS || !live_is_found(tracker, i) ||
            (at->row != NO_ROW && at->row >= tracker->site_count)) {
            return false;
        }
        all->current[at->kind] += at->size_bytes;
        all->weighed += at->row != NO_ROW ? at->size_bytes * row_weight(at->row) : 0;
    }
    return used == tracker->live_count && used <= config->live_max;
}

static unsigned broken_sums(const ch_tracker *tracker, const sums *all) {
    sums kinds = {0};
    unsigned peaks = 0;
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        const chi_track_kind *of = &tracker->config.kinds[kind];
        kinds.count += of->calls[CH_TRACK_ACQUIRE];
        kinds.total += of->bytes[CH_TRACK_ACQUIRE];
        kinds.weighed |= of->current_bytes ^ all->current[kind];
        peaks |= of->peak_bytes < of->current_bytes || of->peak_bytes > of->bytes[CH_TRACK_ACQUIRE];
    }
    for (size_t i = 0; i < tracker->site_count; i++) {
        const ch_track_site *row = &tracker->config.rows[i];
        peaks |= row->peak_bytes < row->current_bytes || row->peak_bytes > row->total_bytes;
    }
    bool tables = tracker->config.counters_only == 0;
    if (tables && all->count + tracker->sites_dropped != kinds.count) {
        return 4;
    }
    if (tables && all->total + tracker->dropped_bytes != kinds.total) {
        return 5;
    }
    if (all->weighed != 0 || kinds.weighed != 0) {
        return 6;
    }
    return peaks != 0 ? 7 : 0;
}

ch_status ch_tracker_check(const ch_tracker *tracker, unsigned *invariant) {
    sums all = {0};
    unsigned broken;
    if (tracker == NULL || !chi_tracker_is_live(tracker) ||
        tracker->seal != chi_tracker_seal_of(tracker)) {
        broken = 1;
    } else if (!sites_hold(tracker, &all)) {
        broken = 2;
    } else if (!live_holds(tracker, &all)) {
        broken = 3;
    } else {
        broken = broken_sums(tracker, &all);
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}
