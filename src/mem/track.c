/* track.c: set-up of trackers and the note itself (track.h). Two open-addressed tables with linear
 * probing: sites, which are never removed, and live objects, whose removal shifts its successors
 * back, so neither ever holds tombstones. */
#include "mem/track_parts.h"

#include <coldheap/hash.h>
#include <coldheap/misuse.h>
#include <coldheap/zero.h>

#include "mem/checked.h"
#include "mem/name.h"

#define TRACK_MAGIC ((uintptr_t)0x4b415254u)
#define SEAL_SEED   0x545241434bu
#define BORDER      64u
#define NO_ROW      UINT32_MAX
#define MIX         0x9e3779b97f4a7c15u

/* Why current bytes of a kind are not known. ROWS: those of all its sites neither. */
enum { UNKNOWN_LOST = 1, UNKNOWN_ROWS = 2, UNKNOWN_BULK = 4 };

typedef struct layout {
    size_t rows, places, live; /* offsets */
    size_t sites_max, live_max;
    size_t place_bits, live_bits;
    size_t total_bytes;
} layout;

static size_t bits_for(size_t count) {
    size_t bits = 3;
    while (((size_t)1 << bits) < count) {
        bits++;
    }
    return bits;
}

static bool put_part(layout *l, size_t *at, size_t count, size_t each_bytes) {
    size_t bytes;
    return ch_size_mul(&bytes, count, each_bytes) && ch_size_round_up(at, l->total_bytes, BORDER) &&
           ch_size_add(&l->total_bytes, *at, bytes);
}

static bool lay_out(layout *l, const ch_tracker_options *options) {
    static const ch_tracker_options DEFAULTS = {0};
    const ch_tracker_options *given = options != NULL ? options : &DEFAULTS;
    *l = (layout){.sites_max = given->sites_max != 0 ? given->sites_max : CH_TRACK_SITES_DEFAULT,
                  .live_max = given->live_max != 0 ? given->live_max : CH_TRACK_LIVE_DEFAULT,
                  .total_bytes = CH_TRACK_KINDS * sizeof(chi_track_kind)};
    if (l->sites_max > CH_TRACK_SITES_MAX || l->live_max > CH_TRACK_LIVE_MAX) {
        return false;
    }
    if (given->counters_only) {
        l->sites_max = l->live_max = 0;
        return true;
    }
    l->place_bits = bits_for(2 * l->sites_max);
    l->live_bits = bits_for(l->live_max + l->live_max / 2);
    return put_part(l, &l->rows, l->sites_max, sizeof(ch_track_site)) &&
           put_part(l, &l->places, (size_t)1 << l->place_bits, sizeof(uint32_t)) &&
           put_part(l, &l->live, (size_t)1 << l->live_bits, sizeof(chi_track_live));
}

size_t ch_tracker_align(void) {
    return BORDER;
}

size_t ch_tracker_footprint(const ch_tracker_options *options) {
    layout l;
    return lay_out(&l, options) ? l.total_bytes : 0;
}

bool chi_tracker_is_live(const ch_tracker *tracker) {
    return tracker->magic == (TRACK_MAGIC ^ (uintptr_t)tracker);
}

uint64_t chi_tracker_seal_of(const ch_tracker *tracker) {
    return ch_hash_bytes(&tracker->config, sizeof tracker->config, SEAL_SEED);
}

size_t chi_track_place_of(const ch_tracker *tracker, const void *address, unsigned kind) {
    uint64_t key = ((uint64_t)(uintptr_t)address + kind) * MIX;
    return (size_t)(key >> (64 - tracker->config.place_bits));
}

size_t chi_track_home_of(const ch_tracker *tracker, uintptr_t object, unsigned kind) {
    uint64_t key = ((uint64_t)object + kind) * MIX;
    return (size_t)(key >> (64 - tracker->config.live_bits));
}

static void clear(ch_tracker *tracker) {
    const chi_tracker_config *config = &tracker->config;
    ch_zero(config->kinds, CH_TRACK_KINDS * sizeof(chi_track_kind));
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        bool never = config->counters_only != 0 || kind == CH_TRACK_ARENA;
        tracker->unknown[kind] = never ? UNKNOWN_ROWS : 0;
    }
    if (config->counters_only == 0) {
        ch_zero(config->rows, config->sites_max * sizeof(ch_track_site));
        ch_zero(config->places, sizeof(uint32_t) << config->place_bits);
        ch_zero(config->live, sizeof(chi_track_live) << config->live_bits);
    }
    tracker->waiting = (chi_track_nested){0};
    tracker->site_count = tracker->live_count = 0;
    tracker->sites_dropped = tracker->dropped_bytes = tracker->live_dropped = 0;
    tracker->unmatched = tracker->nested = 0;
    tracker->busy = 0;
}

ch_status ch_tracker_init(ch_tracker *tracker, void *memory, size_t size_bytes,
                          const ch_tracker_options *options) {
    layout l;
    if (tracker == NULL || memory == NULL || !lay_out(&l, options)) {
        return CH_EINVAL;
    }
    if (ch_align_padding(memory, BORDER) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < l.total_bytes) {
        return CH_EFULL;
    }
    if (chi_checked()) {
        chi_open(memory, l.total_bytes); /* it may be closed, as a part of another object */
    }
    uint8_t *base = memory;
    bool tables = l.sites_max > 0;
    *tracker = (ch_tracker){
        .enabled = options == NULL || !options->start_disabled,
        .owner = chi_thread_token(),
        .config = {.kinds = (chi_track_kind *)memory,
                   .rows = tables ? (ch_track_site *)(void *)(base + l.rows) : NULL,
                   .places = tables ? (uint32_t *)(void *)(base + l.places) : NULL,
                   .live = tables ? (chi_track_live *)(void *)(base + l.live) : NULL,
                   .sites_max = l.sites_max,
                   .live_max = l.live_max,
                   .place_bits = l.place_bits,
                   .live_bits = l.live_bits,
                   .counters_only = !tables,
                   .heap_noted = options != NULL && options->heap_noted},
    };
    chi_name_set(tracker->config.name, options != NULL ? options->name : NULL);
    clear(tracker);
    tracker->seal = chi_tracker_seal_of(tracker);
    tracker->magic = TRACK_MAGIC ^ (uintptr_t)tracker;
    return CH_OK;
}

ch_status ch_tracker_reset(ch_tracker *tracker) {
    if (tracker == NULL) {
        return CH_EINVAL;
    }
    if (!chi_tracker_is_live(tracker)) {
        return CH_ESTATE;
    }
    clear(tracker);
    return CH_OK;
}

ch_status ch_tracker_fini(ch_tracker *tracker) {
    if (tracker != NULL && chi_tracker_is_live(tracker)) {
        *tracker = (ch_tracker){0};
    }
    return CH_OK;
}

/* Current bytes of a kind, and of all its sites, are unknown from now on. */
static void lose_rows(ch_tracker *tracker, unsigned kind, uint32_t why) {
    bool first = (tracker->unknown[kind] & UNKNOWN_ROWS) == 0;
    CH_PUBLISH(tracker->unknown[kind], tracker->unknown[kind] | UNKNOWN_ROWS | why);
    for (size_t i = 0; first && i < tracker->site_count; i++) {
        ch_track_site *row = &tracker->config.rows[i];
        row->unknown |= row->kind == kind;
    }
}

static void lose_one(ch_tracker *tracker, unsigned kind, uint32_t row) {
    CH_PUBLISH(tracker->unknown[kind], tracker->unknown[kind] | UNKNOWN_LOST);
    if (row != NO_ROW) {
        tracker->config.rows[row].unknown = 1;
    }
}

/* The row of a site, made if it is new; NO_ROW if there is no room for it. */
static uint32_t row_of(ch_tracker *tracker, const void *address, unsigned kind) {
    const chi_tracker_config *config = &tracker->config;
    size_t mask = ((size_t)1 << config->place_bits) - 1;
    size_t place = chi_track_place_of(tracker, address, kind);
    for (uint32_t at; (at = config->places[place]) != 0; place = (place + 1) & mask) {
        const ch_track_site *row = &config->rows[at - 1];
        if (row->address == address && row->kind == kind) {
            return at - 1;
        }
    }
    if (tracker->site_count == config->sites_max) {
        return NO_ROW;
    }
    uint32_t fresh = (uint32_t)tracker->site_count;
    config->rows[fresh] = (ch_track_site){
        .address = address,
        .kind = kind,
        .unknown = (tracker->unknown[kind] & UNKNOWN_ROWS) != 0,
    };
    config->places[place] = fresh + 1;
    CH_PUBLISH(tracker->site_count, tracker->site_count + 1);
    return fresh;
}

/* The slot that holds a live object, or the free one where it would be put. */
static size_t live_slot(const ch_tracker *tracker, uintptr_t object, unsigned kind) {
    const chi_track_live *live = tracker->config.live;
    size_t mask = ((size_t)1 << tracker->config.live_bits) - 1;
    size_t slot = chi_track_home_of(tracker, object, kind);
    while (live[slot].object != 0 && (live[slot].object != object || live[slot].kind != kind)) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

/* Takes an object out of what is current, but not out of the table. */
static void subtract(ch_tracker *tracker, const chi_track_live *gone) {
    chi_track_kind *kind = &tracker->config.kinds[gone->kind];
    CH_PUBLISH(kind->current_bytes, kind->current_bytes - gone->size_bytes);
    if (gone->row != NO_ROW) {
        tracker->config.rows[gone->row].current_bytes -= gone->size_bytes;
    }
}

static void live_remove(ch_tracker *tracker, size_t hole) {
    chi_track_live *live = tracker->config.live;
    size_t mask = ((size_t)1 << tracker->config.live_bits) - 1;
    for (size_t next = (hole + 1) & mask; live[next].object != 0; next = (next + 1) & mask) {
        size_t home = chi_track_home_of(tracker, live[next].object, live[next].kind);
        if (((next - home) & mask) >= ((next - hole) & mask)) {
            live[hole] = live[next];
            hole = next;
        }
    }
    live[hole].object = 0;
    CH_PUBLISH(tracker->live_count, tracker->live_count - 1);
}

/* After releases in bulk the table holds objects that are gone; when it is full, all objects of
 * such kinds leave it. Every pass makes room for as many notes as it has steps. */
static bool live_sweep(ch_tracker *tracker) {
    const chi_tracker_config *config = &tracker->config;
    size_t before = tracker->live_count;
    for (size_t slot = 0; slot < (size_t)1 << config->live_bits; slot++) {
        chi_track_live *at = &config->live[slot];
        while (at->object != 0 && (tracker->unknown[at->kind] & UNKNOWN_BULK) != 0) {
            subtract(tracker, at);
            live_remove(tracker, slot);
        }
    }
    CH_PUBLISH(tracker->live_dropped, tracker->live_dropped + (before - tracker->live_count));
    return tracker->live_count < before;
}

static void live_add(ch_tracker *tracker, const chi_track_live *fresh) {
    chi_track_kind *kind = &tracker->config.kinds[fresh->kind];
    size_t slot = live_slot(tracker, fresh->object, fresh->kind);
    chi_track_live *at = &tracker->config.live[slot];
    if (CH_UNLIKELY(at->object != 0)) { /* it went back unseen, or holds the new one inside */
        subtract(tracker, at);
        lose_one(tracker, at->kind, at->row);
    } else if (CH_UNLIKELY(tracker->live_count == tracker->config.live_max)) {
        if (!live_sweep(tracker)) {
            CH_PUBLISH(tracker->live_dropped, tracker->live_dropped + 1);
            lose_one(tracker, fresh->kind, fresh->row);
            return;
        }
        at = &tracker->config.live[live_slot(tracker, fresh->object, fresh->kind)];
    }
    if (at->object == 0) {
        CH_PUBLISH(tracker->live_count, tracker->live_count + 1);
    }
    *at = *fresh;
    CH_PUBLISH(kind->current_bytes, kind->current_bytes + fresh->size_bytes);
    if (kind->peak_bytes < kind->current_bytes) {
        CH_PUBLISH(kind->peak_bytes, kind->current_bytes);
    }
    if (fresh->row != NO_ROW) {
        ch_track_site *row = &tracker->config.rows[fresh->row];
        row->current_bytes += fresh->size_bytes;
        row->peak_bytes =
            row->peak_bytes < row->current_bytes ? row->current_bytes : row->peak_bytes;
    }
}

static void book_acquire(ch_tracker *tracker, unsigned kind, size_t size_bytes, const void *site,
                         const void *object) {
    uint32_t row = row_of(tracker, site, kind);
    if (CH_UNLIKELY(row == NO_ROW)) {
        CH_PUBLISH(tracker->sites_dropped, tracker->sites_dropped + 1);
        tracker->dropped_bytes += size_bytes;
    } else {
        tracker->config.rows[row].count++;
        tracker->config.rows[row].total_bytes += size_bytes;
    }
    if (kind == CH_TRACK_ARENA) {
        return; /* blocks never go back one by one */
    }
    if (object == NULL) {
        lose_one(tracker, kind, row);
        return;
    }
    chi_track_live fresh = {(uintptr_t)object, size_bytes, row, kind};
    live_add(tracker, &fresh);
}

static void book_release(ch_tracker *tracker, unsigned kind, const void *object) {
    if (kind == CH_TRACK_ARENA) {
        return;
    }
    if (object == NULL) {
        lose_rows(tracker, kind, UNKNOWN_BULK);
        return;
    }
    size_t slot = live_slot(tracker, (uintptr_t)object, kind);
    const chi_track_live *at = &tracker->config.live[slot];
    if (at->object == 0) {
        CH_PUBLISH(tracker->unmatched, tracker->unmatched + 1);
        return;
    }
    subtract(tracker, at);
    if (at->row != NO_ROW) {
        tracker->config.rows[at->row].releases++;
    }
    live_remove(tracker, slot);
}

/* A handler interrupted a note: its own waits in words that are added to in one step. */
static void note_nested(ch_tracker *tracker, unsigned kind, unsigned op, size_t size_bytes) {
    chi_track_nested *waiting = &tracker->waiting;
    (void)__atomic_fetch_add(&waiting->calls[kind][op], 1, __ATOMIC_RELAXED);
    (void)__atomic_fetch_add(&waiting->bytes[kind][op], size_bytes, __ATOMIC_RELAXED);
    (void)__atomic_fetch_add(&waiting->count, 1, __ATOMIC_RELEASE);
}

static size_t take(size_t *word) {
    return __atomic_exchange_n(word, 0, __ATOMIC_ACQUIRE);
}

static void fold(ch_tracker *tracker) {
    chi_track_nested *waiting = &tracker->waiting;
    CH_PUBLISH(tracker->nested, tracker->nested + take(&waiting->count));
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        chi_track_kind *of = &tracker->config.kinds[kind];
        size_t calls[CH_TRACK_OPS];
        size_t bytes[CH_TRACK_OPS];
        for (unsigned op = 0; op < CH_TRACK_OPS; op++) {
            calls[op] = take(&waiting->calls[kind][op]);
            bytes[op] = take(&waiting->bytes[kind][op]);
            CH_PUBLISH(of->calls[op], of->calls[op] + calls[op]);
            CH_PUBLISH(of->bytes[op], of->bytes[op] + bytes[op]);
        }
        if (calls[CH_TRACK_ACQUIRE] + calls[CH_TRACK_RELEASE] > 0) {
            lose_rows(tracker, kind, UNKNOWN_LOST);
        }
        if (tracker->config.counters_only == 0) {
            CH_PUBLISH(tracker->sites_dropped, tracker->sites_dropped + calls[CH_TRACK_ACQUIRE]);
            tracker->dropped_bytes += bytes[CH_TRACK_ACQUIRE];
        }
    }
}

static ch_status refuse(const ch_tracker *tracker, unsigned kind, unsigned op, const void *site) {
    if (tracker == NULL || kind >= CH_TRACK_KINDS || op >= CH_TRACK_OPS) {
        return CH_EINVAL;
    }
    if (!chi_tracker_is_live(tracker)) {
        return CH_ESTATE;
    }
    if (tracker->enabled == 0) {
        return CH_EDISABLED;
    }
    ch_misuse misuse = {.object = tracker,
                        .name = tracker->config.name,
                        .call = "ch_tracker_note",
                        .site = site,
                        .status = CH_ETHREAD};
    return ch_misuse_report(&misuse);
}

/* Busy stands around everything that changes counters and tables, so that a signal handler sees
 * it. What handlers left waiting is folded in afterwards. */
CH_INLINE void enter(ch_tracker *tracker) {
    CH_PUBLISH(tracker->busy, 1);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

CH_INLINE void pass(ch_tracker *tracker) {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    CH_PUBLISH(tracker->busy, 0);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static CH_COLD ch_status fold_all(ch_tracker *tracker) {
    do {
        enter(tracker);
        fold(tracker);
        pass(tracker);
    } while (CH_PEEK(tracker->waiting.count) != 0);
    return CH_OK;
}

CH_INLINE ch_status leave(ch_tracker *tracker) {
    pass(tracker);
    return CH_LIKELY(CH_PEEK(tracker->waiting.count) == 0) ? CH_OK : fold_all(tracker);
}

/* The rest of a note, where there are tables. */
static CH_NOINLINE ch_status note_tables(ch_tracker *tracker, unsigned kind, unsigned op,
                                         size_t size_bytes, const void *site, const void *object) {
    if (op == CH_TRACK_ACQUIRE) {
        book_acquire(tracker, kind, size_bytes, site, object);
    } else if (op == CH_TRACK_RELEASE) {
        book_release(tracker, kind, object);
    }
    return leave(tracker);
}

CH_INLINE ch_status note(ch_tracker *tracker, unsigned kind, unsigned op, size_t size_bytes,
                         const void *site, const void *object) {
    chi_track_kind *of = &tracker->config.kinds[kind];
    enter(tracker);
    CH_PUBLISH(of->calls[op], of->calls[op] + 1);
    CH_PUBLISH(of->bytes[op], of->bytes[op] + size_bytes);
    if (tracker->config.counters_only == 0) {
        return note_tables(tracker, kind, op, size_bytes, site, object);
    }
    return leave(tracker);
}

/* Nested notes, refused ones, and all of builds that know the owner. */
static CH_COLD ch_status note_rare(ch_tracker *tracker, unsigned kind, unsigned op,
                                   size_t size_bytes, const void *site, const void *object) {
    if (tracker == NULL || kind >= CH_TRACK_KINDS || op >= CH_TRACK_OPS ||
        !chi_tracker_is_live(tracker) || tracker->enabled == 0 ||
        tracker->owner != chi_thread_token()) {
        return refuse(tracker, kind, op, site);
    }
    if (CH_PEEK(tracker->busy) != 0) {
        note_nested(tracker, kind, op, size_bytes);
        return CH_OK;
    }
    return note(tracker, kind, op, size_bytes, site, object);
}

ch_status ch_tracker_note(ch_tracker *tracker, unsigned kind, unsigned op, size_t size_bytes,
                          const void *site, const void *object) {
    if (CH_UNLIKELY(tracker == NULL || kind >= CH_TRACK_KINDS || op >= CH_TRACK_OPS ||
                    !chi_tracker_is_live(tracker) || tracker->enabled == 0 ||
                    CH_PEEK(tracker->busy) != 0 || tracker->owner != NULL)) {
        return note_rare(tracker, kind, op, size_bytes, site, object);
    }
    return note(tracker, kind, op, size_bytes, site, object);
}

/* Objects that are out come back unseen: what they hold is unknown from now on. */
static void forget_live(ch_tracker *tracker) {
    const chi_tracker_config *config = &tracker->config;
    for (unsigned kind = 0; kind < CH_TRACK_KINDS; kind++) {
        chi_track_kind *of = &config->kinds[kind];
        if (of->current_bytes > 0) {
            CH_PUBLISH(tracker->unknown[kind], tracker->unknown[kind] | UNKNOWN_LOST);
        }
        CH_PUBLISH(of->current_bytes, 0);
    }
    for (size_t i = 0; i < tracker->site_count; i++) {
        config->rows[i].unknown |= config->rows[i].current_bytes > 0;
        config->rows[i].current_bytes = 0;
    }
    if (config->counters_only == 0) {
        ch_zero(config->live, sizeof(chi_track_live) << config->live_bits);
    }
    CH_PUBLISH(tracker->live_count, 0);
}

ch_status ch_tracker_enable(ch_tracker *tracker, bool on) {
    if (tracker == NULL) {
        return CH_EINVAL;
    }
    if (!chi_tracker_is_live(tracker)) {
        return CH_ESTATE;
    }
    if (!on && tracker->enabled != 0) {
        enter(tracker);
        forget_live(tracker);
        (void)leave(tracker);
    }
    CH_PUBLISH(tracker->enabled, on);
    return CH_OK;
}

/* What is there of a run time that counts for the whole process. */
static bool process_wants(void) {
#if CH_GUARD == 0
    return false;
#else
    return ch_track_note != NULL && ch_track_wanted != NULL && ch_track_wanted() != 0;
#endif
}

bool chi_track_is_wanted(const ch_tracker *tracker) {
    return tracker != NULL || process_wants();
}

void chi_track(ch_tracker *tracker, unsigned kind, unsigned op, size_t size_bytes, const void *site,
               const void *object) {
    if (ch_tracker_is_enabled(tracker)) {
        (void)ch_tracker_note(tracker, kind, op, size_bytes, site, object);
    }
    if (process_wants()) {
        ch_track_note(kind, op, size_bytes, site, object);
    }
}
