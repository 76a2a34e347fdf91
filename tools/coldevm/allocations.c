/* allocations.c: differences of the tracker's figures, as a table and as JSON; see the header. */
#include "allocations.h"

#include "text.h"

#include <string.h>

const unsigned allocation_order[CH_TRACK_KINDS] = {CH_TRACK_STACK, CH_TRACK_POOL, CH_TRACK_BUFFER,
                                                   CH_TRACK_ARENA, CH_TRACK_HEAP};

static void figures_of(ch_tracker_figures *figures, const stage *on) {
    const ch_tracker *tracker = on->manager != NULL ? ch_manager_tracker(on->manager) : NULL;
    if (tracker == NULL || ch_tracker_stats(tracker, figures) != CH_OK) {
        memset(figures, 0, sizeof *figures);
    }
}

void allocations_begin(allocation_counts *counts, const stage *on) {
    ch_tracker_figures figures;
    figures_of(&figures, on);
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        counts->count[kind] = figures.kinds[kind].acquisitions;
        counts->bytes[kind] = figures.kinds[kind].acquired_bytes;
    }
    counts->heap_known = seal_is_armed();
}

void allocations_end(allocation_counts *counts, const stage *on, const seal_count *heap) {
    ch_tracker_figures figures;
    figures_of(&figures, on);
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        counts->count[kind] = figures.kinds[kind].acquisitions - counts->count[kind];
        counts->bytes[kind] = figures.kinds[kind].acquired_bytes - counts->bytes[kind];
    }
    counts->count[CH_TRACK_HEAP] = heap->allocations;
    counts->bytes[CH_TRACK_HEAP] = heap->bytes;
}

void allocations_shares(double shares[CH_TRACK_KINDS], const allocation_counts *counts) {
    ch_tracker_figures figures = {.enabled = true};
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        figures.kinds[kind].acquisitions = counts->count[kind];
    }
    ch_track_breakdown breakdown;
    ch_track_breakdown_of(&breakdown, &figures);
    shares[CH_TRACK_HEAP] = breakdown.heap_percentage;
    shares[CH_TRACK_STACK] = breakdown.stack_percentage;
    shares[CH_TRACK_POOL] = breakdown.pool_percentage;
    shares[CH_TRACK_BUFFER] = breakdown.buffer_percentage;
    shares[CH_TRACK_ARENA] = breakdown.arena_percentage;
}

void allocations_print(sink *out, const allocation_counts *counts) {
    double shares[CH_TRACK_KINDS];
    allocations_shares(shares, counts);
    sink_print(out, "%-11s  %12s  %14s  %7s\n", "allocations", "count", "bytes", "share");
    for (unsigned i = 0; i < CH_TRACK_KINDS; i++) {
        const unsigned kind = allocation_order[i];
        char count[TEXT_NUMBER_BYTES], bytes[TEXT_NUMBER_BYTES];
        if (kind == CH_TRACK_HEAP && !counts->heap_known) {
            sink_print(out, "%-11s  %12s  %14s  %7s\n", ch_track_kind_name(kind), "?", "?", "?");
            continue;
        }
        sink_print(out, "%-11s  %12s  %14s  %5.1f %%\n", ch_track_kind_name(kind),
                   text_grouped(count, counts->count[kind]),
                   text_grouped(bytes, counts->bytes[kind]), shares[kind]);
    }
}

void allocations_json(sink *out, const allocation_counts *counts) {
    double shares[CH_TRACK_KINDS];
    allocations_shares(shares, counts);
    for (unsigned i = 0; i < CH_TRACK_KINDS; i++) {
        const unsigned kind = allocation_order[i];
        sink_print(out, "%s\"%s\":", i == 0 ? "{" : ",", ch_track_kind_name(kind));
        if (kind == CH_TRACK_HEAP && !counts->heap_known) {
            sink_text(out, "null");
        } else {
            sink_print(out, "{\"count\":%llu,\"bytes\":%llu,\"percent\":%.2f}",
                       (unsigned long long)counts->count[kind],
                       (unsigned long long)counts->bytes[kind], shares[kind]);
        }
    }
    sink_char(out, '}');
}
