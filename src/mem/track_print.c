/* track_print.c: what a tracker writes: JSON, text for people, and the difference of two snapshots
 * (track.h). Lines are put together on the stack and handed to the sink piece by piece, so symbol
 * names may have any length. */
#include "base/text.h"
#include "mem/track_parts.h"

enum { TOP = 10, LINE_BYTES = 256 };

/* One piece of text on its way to a sink. */
typedef struct piece {
    const ch_track_sink *sink;
    chi_text text;
    char bytes[LINE_BYTES];
} piece;

static chi_text *begin(piece *p, const ch_track_sink *sink) {
    p->sink = sink;
    chi_text_begin(&p->text, p->bytes, sizeof p->bytes);
    return &p->text;
}

static void flush(piece *p) {
    size_t length = chi_text_end(&p->text);
    size_t written = length < sizeof p->bytes ? length : sizeof p->bytes - 1;
    p->sink->write(p->sink->context, p->bytes, written);
    chi_text_begin(&p->text, p->bytes, sizeof p->bytes);
}

static void say(const ch_track_sink *sink, const char *string) {
    size_t length = 0;
    while (string[length] != 0) {
        length++;
    }
    sink->write(sink->context, string, length);
}

static void put_number(chi_text *text, const char *before, uint64_t value, const char *after) {
    chi_text_put(text, before);
    chi_text_put_u64(text, value);
    chi_text_put(text, after);
}

/* Halves both until `part` times `factor` fits. */
static void scale(uint64_t *part, uint64_t *whole, uint64_t factor) {
    while (*whole > UINT64_MAX / factor / 2) {
        *part >>= 1;
        *whole >>= 1;
    }
}

/* A share in percent, rounded to one decimal. */
static void put_percent(chi_text *text, uint64_t part, uint64_t whole) {
    scale(&part, &whole, 1000);
    uint64_t tenths = whole != 0 ? (part * 1000 + whole / 2) / whole : 0;
    chi_text_put_u64(text, tenths / 10);
    put_number(text, ".", tenths % 10, " %");
}

static uint64_t acquisitions_of(const ch_tracker_figures *figures) {
    uint64_t all = 0;
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        all += figures->kinds[kind].acquisitions;
    }
    return all;
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void put_known(chi_text *text, const char *key, uint64_t value, bool known) {
    if (known) {
        chi_text_put_field(text, key, value);
        return;
    }
    chi_text_put(text, ",");
    chi_text_put_json(text, key);
    chi_text_put(text, ":null");
}

static void put_named(chi_text *text, const ch_tracker_figures *figures) {
    put_known(text, "heap_allocations", figures->heap_allocations, figures->heap_known);
    chi_text_put_field(text, "stack_allocations", figures->stack_allocations);
    chi_text_put_field(text, "pool_acquisitions", figures->pool_acquisitions);
    chi_text_put_field(text, "buffer_acquisitions", figures->buffer_acquisitions);
    chi_text_put_field(text, "arena_allocations", figures->arena_allocations);
    put_known(text, "total_heap_bytes", figures->total_heap_bytes, figures->heap_known);
    chi_text_put_field(text, "total_stack_bytes", figures->total_stack_bytes);
    chi_text_put_field(text, "total_pool_bytes", figures->total_pool_bytes);
    chi_text_put_field(text, "total_buffer_bytes", figures->total_buffer_bytes);
    chi_text_put_field(text, "total_arena_bytes", figures->total_arena_bytes);
    chi_text_put_field(text, "total_stack_and_arena_bytes", figures->total_stack_and_arena_bytes);
}

static void put_breakdown(chi_text *text, const ch_tracker_figures *figures) {
    uint64_t all = acquisitions_of(figures);
    chi_text_put(text, ",\"breakdown\":{");
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        uint64_t part = figures->kinds[kind].acquisitions;
        uint64_t whole = all;
        scale(&part, &whole, 100);
        chi_text_put(text, kind > 0 ? ",\"" : "\"");
        chi_text_put(text, ch_track_kind_name(kind));
        chi_text_put(text, "_percentage\":");
        chi_text_put_ratio(text, part * 100, whole);
    }
    chi_text_put(text, "}");
}

static void put_kind(chi_text *text, const ch_track_kind_figures *of, unsigned kind) {
    chi_text_put(text, kind > 0 ? ",\"" : "\"");
    chi_text_put(text, ch_track_kind_name(kind));
    chi_text_put(text, "\":{\"acquisitions\":");
    chi_text_put_u64(text, of->acquisitions);
    chi_text_put_field(text, "releases", of->releases);
    chi_text_put_field(text, "exhausted", of->exhausted);
    chi_text_put_field(text, "acquired_bytes", of->acquired_bytes);
    chi_text_put_field(text, "released_bytes", of->released_bytes);
    put_known(text, "current_bytes", of->current_bytes, of->current_known);
    put_known(text, "peak_bytes", of->peak_bytes, of->current_known);
    chi_text_put(text, "}");
}

static void put_site(chi_text *text, const ch_track_site *site) {
    chi_text_put(text, "{\"address\":\"");
    chi_text_put_hex(text, (uintptr_t)site->address);
    chi_text_put(text, "\",\"kind\":\"");
    chi_text_put(text, ch_track_kind_name(site->kind));
    chi_text_put(text, "\"");
    chi_text_put_field(text, "count", site->count);
    chi_text_put_field(text, "releases", site->releases);
    chi_text_put_field(text, "total_bytes", site->total_bytes);
    put_known(text, "current_bytes", site->current_bytes, site->unknown == 0);
    put_known(text, "peak_bytes", site->peak_bytes, site->unknown == 0);
    chi_text_put(text, "}");
}

size_t ch_tracker_stats_json(const ch_tracker *tracker, char *out, size_t size) {
    ch_tracker_figures figures;
    ch_track_site top[TOP];
    chi_text text;
    chi_text_begin(&text, out, size);
    if (ch_tracker_stats(tracker, &figures) != CH_OK) {
        chi_text_put(&text, "null");
        return chi_text_end(&text);
    }
    chi_text_put(&text, "{\"object\":\"tracker\",\"name\":");
    chi_text_put_json(&text, tracker->config.name);
    chi_text_put(&text, figures.enabled ? ",\"enabled\":true" : ",\"enabled\":false");
    put_named(&text, &figures);
    put_breakdown(&text, &figures);
    chi_text_put(&text, ",\"kinds\":{");
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        put_kind(&text, &figures.kinds[kind], kind);
    }
    chi_text_put(&text, "}");
    chi_text_put_field(&text, "sites", figures.sites);
    chi_text_put_field(&text, "sites_max", figures.sites_max);
    chi_text_put_field(&text, "sites_dropped", figures.sites_dropped);
    chi_text_put_field(&text, "live", figures.live);
    chi_text_put_field(&text, "live_max", figures.live_max);
    chi_text_put_field(&text, "live_dropped", figures.live_dropped);
    chi_text_put_field(&text, "unmatched", figures.unmatched);
    chi_text_put_field(&text, "nested", figures.nested);
    chi_text_put(&text, ",\"top_sites\":[");
    size_t count = ch_tracker_top(tracker, top, TOP, CH_TRACK_BY_BYTES);
    for (size_t i = 0; i < count; i++) {
        chi_text_put(&text, i > 0 ? "," : "");
        put_site(&text, &top[i]);
    }
    chi_text_put(&text, "]}");
    return chi_text_end(&text);
}

/* ---- For people ---------------------------------------------------------------------------- */

static bool sink_is_valid(const ch_track_sink *sink) {
    return sink != NULL && sink->write != NULL;
}

static void say_kind(const ch_track_sink *sink, const ch_track_kind_figures *of, unsigned kind,
                     uint64_t all) {
    piece p;
    chi_text *text = begin(&p, sink);
    chi_text_put(text, ch_track_kind_name(kind));
    put_number(text, ": ", of->acquisitions, " (");
    put_percent(text, of->acquisitions, all);
    put_number(text, "), ", of->acquired_bytes, " bytes");
    if (of->current_known) {
        put_number(text, ", ", of->current_bytes, " now");
        put_number(text, ", ", of->peak_bytes, " at most");
    }
    if (of->exhausted > 0) {
        put_number(text, ", ", of->exhausted, " times exhausted");
    }
    chi_text_put(text, "\n");
    flush(&p);
}

/* "  0xADDRESS kind SYMBOL": the line goes on. */
static void say_place(const ch_track_sink *sink, const ch_track_site *site) {
    piece p;
    const char *symbol = NULL;
    chi_text *text = begin(&p, sink);
    chi_text_put(text, "  ");
    chi_text_put_hex(text, (uintptr_t)site->address);
    chi_text_put(text, " ");
    chi_text_put(text, ch_track_kind_name(site->kind));
    if (sink->symbol != NULL) {
        symbol = sink->symbol(sink->context, site->address);
    }
    chi_text_put(text, symbol != NULL ? " " : "");
    flush(&p);
    if (symbol != NULL) {
        say(sink, symbol);
    }
}

static void say_site(const ch_track_sink *sink, const ch_track_site *site) {
    piece p;
    say_place(sink, site);
    chi_text *text = begin(&p, sink);
    put_number(text, ": ", site->count, ", ");
    put_number(text, "", site->total_bytes, " bytes");
    if (site->unknown == 0) {
        put_number(text, ", ", site->current_bytes, " now");
        put_number(text, ", ", site->peak_bytes, " at most");
    }
    chi_text_put(text, "\n");
    flush(&p);
}

static void say_missed(const ch_track_sink *sink, uint64_t count, const char *what) {
    piece p;
    if (count > 0) {
        put_number(begin(&p, sink), "", count, what);
        flush(&p);
    }
}

ch_status ch_track_print(const ch_tracker *tracker, const ch_track_sink *sink) {
    ch_tracker_figures figures;
    ch_track_site top[TOP];
    if (!sink_is_valid(sink)) {
        return CH_EINVAL;
    }
    ch_status status = ch_tracker_stats(tracker, &figures);
    if (status != CH_OK) {
        return status;
    }
    if (!figures.enabled) {
        say(sink, "tracking is off\n");
        return CH_OK;
    }
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        if (kind == CH_TRACK_HEAP && !figures.heap_known) {
            say(sink, "heap: not counted\n");
            continue;
        }
        say_kind(sink, &figures.kinds[kind], kind, acquisitions_of(&figures));
    }
    size_t count = ch_tracker_top(tracker, top, TOP, CH_TRACK_BY_BYTES);
    say_missed(sink, figures.sites, " sites, largest first\n");
    for (size_t i = 0; i < count; i++) {
        say_site(sink, &top[i]);
    }
    say_missed(sink, figures.sites_dropped, " acquisitions on no site\n");
    say_missed(sink, figures.live_dropped, " objects forgotten\n");
    say_missed(sink, figures.unmatched, " releases of unknown objects\n");
    return CH_OK;
}

/* ---- Snapshots ----------------------------------------------------------------------------- */

size_t ch_track_snapshot_footprint(const ch_tracker *tracker) {
    size_t count = 0;
    (void)ch_tracker_sites(tracker, &count);
    return count > 0 ? count * sizeof(ch_track_site) : 1;
}

ch_status ch_track_snapshot_take(ch_track_snapshot *snapshot, void *memory, size_t size_bytes,
                                 const ch_tracker *tracker) {
    ch_tracker_figures figures;
    size_t count = 0;
    if (snapshot == NULL || memory == NULL) {
        return CH_EINVAL;
    }
    ch_status status = ch_tracker_stats(tracker, &figures);
    if (status != CH_OK) {
        return status;
    }
    if (ch_align_padding(memory, CH_ALIGNOF(ch_track_site)) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < ch_track_snapshot_footprint(tracker)) {
        return CH_EFULL;
    }
    const ch_track_site *rows = ch_tracker_sites(tracker, &count);
    ch_track_site *copies = memory;
    for (size_t i = 0; i < count; i++) {
        copies[i] = rows[i];
    }
    *snapshot = (ch_track_snapshot){figures, copies, count};
    return CH_OK;
}

static bool same_site(const ch_track_site *a, const ch_track_site *b) {
    return a->address == b->address && a->kind == b->kind;
}

/* The same site in another snapshot: in the same place, unless the tracker was reset or is another
 * one. */
static const ch_track_site *find_site(const ch_track_snapshot *in, const ch_track_site *site,
                                      size_t likely) {
    if (likely < in->site_count && same_site(&in->sites[likely], site)) {
        return &in->sites[likely];
    }
    for (size_t i = 0; i < in->site_count; i++) {
        if (same_site(&in->sites[i], site)) {
            return &in->sites[i];
        }
    }
    return NULL;
}

static void put_change(chi_text *text, uint64_t before, uint64_t after, const char *unit) {
    chi_text_put(text, after >= before ? " +" : " -");
    chi_text_put_u64(text, after >= before ? after - before : before - after);
    chi_text_put(text, unit);
}

static void say_site_change(const ch_track_sink *sink, const ch_track_site *before,
                            const ch_track_site *after) {
    static const ch_track_site NONE = {0};
    const ch_track_site *place = after != NULL ? after : before;
    before = before != NULL ? before : &NONE;
    after = after != NULL ? after : &NONE;
    if (before->count == after->count && before->releases == after->releases) {
        return;
    }
    piece p;
    say_place(sink, place);
    chi_text *text = begin(&p, sink);
    put_change(text, before->count, after->count, ",");
    put_change(text, before->total_bytes, after->total_bytes, " bytes");
    if (before->unknown == 0 && after->unknown == 0) {
        put_change(text, before->current_bytes, after->current_bytes, " now");
    }
    chi_text_put(text, "\n");
    flush(&p);
}

static void say_kind_change(const ch_track_sink *sink, const ch_track_kind_figures *before,
                            const ch_track_kind_figures *after, unsigned kind) {
    piece p;
    chi_text *text = begin(&p, sink);
    chi_text_put(text, ch_track_kind_name(kind));
    chi_text_put(text, ":");
    put_change(text, before->acquisitions, after->acquisitions, ",");
    put_change(text, before->acquired_bytes, after->acquired_bytes, " bytes");
    if (before->current_known && after->current_known) {
        put_change(text, before->current_bytes, after->current_bytes, " now");
    }
    chi_text_put(text, "\n");
    flush(&p);
}

ch_status ch_track_diff(const ch_track_snapshot *before, const ch_track_snapshot *after,
                        const ch_track_sink *sink) {
    if (before == NULL || after == NULL || !sink_is_valid(sink)) {
        return CH_EINVAL;
    }
    bool heap = before->figures.heap_known || after->figures.heap_known;
    for (unsigned kind = heap ? CH_TRACK_HEAP : CH_TRACK_STACK; kind < CH_TRACK_KINDS; kind++) {
        say_kind_change(sink, &before->figures.kinds[kind], &after->figures.kinds[kind], kind);
    }
    for (size_t i = 0; i < after->site_count; i++) {
        say_site_change(sink, find_site(before, &after->sites[i], i), &after->sites[i]);
    }
    for (size_t i = 0; i < before->site_count; i++) {
        if (find_site(after, &before->sites[i], i) == NULL) {
            say_site_change(sink, &before->sites[i], NULL);
        }
    }
    return CH_OK;
}
