/** ch_tracker counts what the patterns of this library give out and take back: by kind, and by the
 *  place in the program that asked (its site, a return address).
 *
 *    pool, stack, arena ...  --note(kind, op, bytes, site, object)-->  counters of the kind
 *                                                                       site table   address -> row
 *                                                                       live table   object  -> row
 *
 *  A release is booked on the site that acquired: the live table remembers which. Tables have fixed
 *  sizes and lie in the caller's memory; what does not fit is counted, and totals stay right. A
 *  number that cannot be known is never given: releases of many objects at once (arena and stack
 *  releases, pool resets) name no object, so after one of them the current and peak bytes of that
 *  kind and its sites are unknown; arenas have none from the start.
 *
 *  Bind it with ch_X_track of a pattern. One thread at a time, one tracker per thread (or per
 *  manager.h); ch_tracker_stats may be called from any, and ch_tracker_sum adds several up. A note
 *  from a signal handler that interrupts a note is counted by kind and listed as nested. Not to be
 *  copied or moved. The counts of a whole process belong to the guard's run time (hot.h). */
#ifndef CH_TRACK_H
#define CH_TRACK_H

#include <coldheap/arith.h>
#include <coldheap/hot.h>
#include <coldheap/region.h>

#define CH_TRACK_SITES_DEFAULT 1000u
#define CH_TRACK_SITES_MAX     ((size_t)1 << 20)
#define CH_TRACK_LIVE_DEFAULT  4096u
#define CH_TRACK_LIVE_MAX      ((size_t)1 << 26)

/** How to set up a tracker. A zeroed struct is valid. */
typedef struct ch_tracker_options {
    size_t sites_max;    /* rows of the site table; 0: 1000 */
    size_t live_max;     /* objects acquired and not yet released that are known; 0: 4096 */
    bool counters_only;  /* no tables: counts by kind alone */
    bool start_disabled; /* see ch_tracker_enable */
    bool heap_noted;     /* a detector notes heap calls here: none is a number, not unknown */
    const char *name;
} ch_tracker_options;

/** One site: a code address and a kind. */
typedef struct ch_track_site {
    const void *address;
    uint64_t count;         /* objects acquired */
    uint64_t releases;      /* of these, given back one by one */
    uint64_t total_bytes;   /* acquired */
    uint64_t current_bytes; /* acquired and not given back; meaningless if not known */
    uint64_t peak_bytes;    /* most of them at a time; meaningless if not known */
    uint32_t kind;          /* CH_TRACK_HEAP ... */
    uint32_t unknown;       /* not 0: current and peak are not known */
} ch_track_site;

/** What happened to one kind of memory. */
typedef struct ch_track_kind_figures {
    uint64_t acquisitions;
    uint64_t releases;  /* calls, each counted once whatever it gave back */
    uint64_t exhausted; /* requests that found no room */
    uint64_t acquired_bytes;
    uint64_t released_bytes; /* as the notes said */
    uint64_t current_bytes;  /* 0 if not known */
    uint64_t peak_bytes;     /* 0 if not known; not of sums */
    bool current_known;
} ch_track_kind_figures;

typedef struct ch_tracker_figures {
    bool enabled;
    bool heap_known; /* false: nobody counts heap calls here */
    uint64_t heap_allocations;
    uint64_t stack_allocations;
    uint64_t pool_acquisitions;
    uint64_t buffer_acquisitions;
    uint64_t arena_allocations;
    uint64_t total_heap_bytes;
    uint64_t total_stack_bytes;
    uint64_t total_pool_bytes;
    uint64_t total_buffer_bytes;
    uint64_t total_arena_bytes;
    uint64_t total_stack_and_arena_bytes;
    size_t sites; /* rows in use */
    size_t sites_max;
    size_t live; /* objects in the live table */
    size_t live_max;
    uint64_t sites_dropped; /* acquisitions that are on no row: table full, or nested */
    uint64_t live_dropped;  /* objects that the live table had no room for */
    uint64_t unmatched;     /* releases of objects that it does not know */
    uint64_t nested;        /* notes made while another one was being made */
    ch_track_kind_figures kinds[CH_TRACK_KINDS];
} ch_tracker_figures;

/** Shares of all acquisitions, in percent: their sum is 100, or 0 if there are none. */
typedef struct ch_track_breakdown {
    double heap_percentage;
    double stack_percentage;
    double pool_percentage;
    double buffer_percentage;
    double arena_percentage;
} ch_track_breakdown;

typedef enum ch_track_order { CH_TRACK_BY_BYTES = 0, CH_TRACK_BY_COUNT } ch_track_order;

/** Where printed text goes. */
typedef struct ch_track_sink {
    void (*write)(void *context, const char *bytes, size_t size_bytes);
    const char *(*symbol)(void *context, const void *address); /* may be NULL, may return NULL */
    void *context;
} ch_track_sink;

/** Fields from here to the end of ch_tracker are private. */
typedef struct chi_track_kind {
    uint64_t calls[CH_TRACK_OPS];
    uint64_t bytes[CH_TRACK_OPS];
    uint64_t current_bytes;
    uint64_t peak_bytes;
} chi_track_kind;

typedef struct chi_track_live {
    uintptr_t object; /* 0: free */
    size_t size_bytes;
    uint32_t row; /* UINT32_MAX: none */
    uint32_t kind;
} chi_track_live;

/** Notes made by a signal handler while a note was being made; words that are added atomically. */
typedef struct chi_track_nested {
    size_t count;
    size_t calls[CH_TRACK_KINDS][CH_TRACK_OPS];
    size_t bytes[CH_TRACK_KINDS][CH_TRACK_OPS];
} chi_track_nested;

typedef struct chi_tracker_config {
    chi_track_kind *kinds;
    ch_track_site *rows;
    uint32_t *places; /* hash table: row + 1, 0: free */
    chi_track_live *live;
    size_t sites_max;
    size_t live_max;
    size_t place_bits;
    size_t live_bits;
    size_t counters_only;
    size_t heap_noted;
    char name[CH_NAME_MAX + 1];
} chi_tracker_config;

typedef struct ch_tracker {
    uintptr_t magic;
    uint32_t enabled;
    uint32_t busy;
    chi_track_nested waiting;
    size_t site_count;
    size_t live_count;
    uint64_t sites_dropped;
    uint64_t dropped_bytes;
    uint64_t live_dropped;
    uint64_t unmatched;
    uint64_t nested;
    const void *owner;
    uint32_t unknown[CH_TRACK_KINDS]; /* why current bytes are not known; 0: they are */
    chi_tracker_config config;
    uint64_t seal;
} ch_tracker;

/** A copy of all figures and sites at one moment, over the caller's memory. */
typedef struct ch_track_snapshot {
    ch_tracker_figures figures;
    const ch_track_site *sites;
    size_t site_count;
} ch_track_snapshot;

CH_API_BEGIN

/** ch_tracker_align returns the alignment that the memory needs: 64. */
size_t ch_tracker_align(void);

/** ch_tracker_footprint returns the bytes that counters and tables take (`options` NULL: the
 *  defaults); 0 for invalid options or overflow. */
size_t ch_tracker_footprint(const ch_tracker_options *options);

/** ch_tracker_init sets a tracker up, with all counts 0, in the caller's memory.
 *  Errors: CH_EINVAL NULL or invalid options; CH_EALIGN; CH_EFULL size below the footprint. Nothing
 *          is written then.
 *  Lifetime: the memory must outlive the tracker, and the tracker the patterns bound to it.
 *  Cost:   O(footprint). */
ch_status ch_tracker_init(ch_tracker *tracker, void *memory, size_t size_bytes,
                          const ch_tracker_options *options);

/** ch_tracker_reset forgets all counts, sites and objects; objects that are out by then are
 *  unmatched when they come back. Returns CH_ESTATE if not initialised. Cost: O(footprint). */
ch_status ch_tracker_reset(ch_tracker *tracker);

/** ch_tracker_fini ends the tracker: notes to it are refused. Zeroed or finished: no-op. */
ch_status ch_tracker_fini(ch_tracker *tracker);

/** ch_tracker_enable switches counting on or off; a bound pattern goes out of line in either case
 *  (unbind it to get its fast path back). Switching off forgets the objects that are out and makes
 *  what is current of their kinds and sites unknown. Errors: CH_EINVAL NULL; CH_ESTATE.
 *  Cost: O(1) on; O(tables) off. */
ch_status ch_tracker_enable(ch_tracker *tracker, bool on);

/** ch_tracker_is_enabled tells whether notes are counted. */
CH_INLINE bool ch_tracker_is_enabled(const ch_tracker *tracker);

/** ch_tracker_note counts one event. `size_bytes` is what was asked for (of slabs and buffer pools:
 *  what was given); `site` a code address in the caller, which a release need not have; `object`
 *  the first byte, NULL for a release of many at once, whose bytes in sum are `size_bytes`.
 *  Errors:  CH_EINVAL NULL or unknown kind or op; CH_ESTATE not initialised; CH_EDISABLED;
 *           CH_ETHREAD misuse (verify builds). Nothing is counted then.
 *  Threads: the owner's; signal handlers may call it at any moment.
 *  Cost:    O(1) expected; see bench mem/track. */
ch_status ch_tracker_note(ch_tracker *tracker, unsigned kind, unsigned op, size_t size_bytes,
                          const void *site, const void *object);

/** ch_tracker_stats fills the figures. Threads: any; another thread's view may be torn between
 *  fields. Errors: CH_EINVAL; CH_ESTATE. */
ch_status ch_tracker_stats(const ch_tracker *tracker, ch_tracker_figures *figures);

/** ch_tracker_sum adds up the figures of `count` trackers, one per thread. Peaks do not add up: 0.
 *  Errors as ch_tracker_stats, with *figures unchanged. Threads: any, as ch_tracker_stats. */
ch_status ch_tracker_sum(ch_tracker_figures *figures, const ch_tracker *const *trackers,
                         size_t count);

/** ch_track_breakdown_of fills the shares of each kind in the acquisitions of `figures`. */
void ch_track_breakdown_of(ch_track_breakdown *breakdown, const ch_tracker_figures *figures);

/** ch_track_kind_name returns "heap", "stack", "pool", "buffer", "arena"; "?" for others. */
const char *ch_track_kind_name(unsigned kind);

/** ch_tracker_sites returns the rows of the site table, oldest first, and stores their number.
 *  NULL and 0 if there are none. Lifetime: valid until reset; rows change with every note. */
const ch_track_site *ch_tracker_sites(const ch_tracker *tracker, size_t *count);

/** ch_tracker_top copies the sites with most bytes in sum or most acquisitions, largest first, at
 *  most `count`; equal ones in the order of the table. Returns how many. Cost: O(sites x count). */
size_t ch_tracker_top(const ch_tracker *tracker, ch_track_site *sites, size_t count,
                      ch_track_order order);

/** ch_tracker_stats_json writes figures, shares and the ten sites with most bytes as one JSON
 *  object by the snprintf rule; unknown numbers are null. Returns the length needed without the
 *  closing 0. */
size_t ch_tracker_stats_json(const ch_tracker *tracker, char *out, size_t size);

/** ch_track_print writes the same for people: counts, shares, bytes, ten top sites; or "tracking is
 *  off". Errors: CH_EINVAL NULL or a sink that cannot write; CH_ESTATE. */
ch_status ch_track_print(const ch_tracker *tracker, const ch_track_sink *sink);

/** ch_track_snapshot_footprint returns the bytes that a snapshot's sites take, at least 1;
 *  ch_track_snapshot_take copies figures and sites into `memory`, aligned as uint64_t.
 *  Errors: CH_EINVAL; CH_ESTATE; CH_EALIGN; CH_EFULL. Nothing is written then. */
size_t ch_track_snapshot_footprint(const ch_tracker *tracker);
ch_status ch_track_snapshot_take(ch_track_snapshot *snapshot, void *memory, size_t size_bytes,
                                 const ch_tracker *tracker);

/** ch_track_diff writes what changed between two snapshots of a tracker, for people: each kind, and
 *  each site with a change, in the order of the table. Errors: CH_EINVAL.
 *  Cost: O(sites) if both are of one life of one tracker, else O(sites x sites). */
ch_status ch_track_diff(const ch_track_snapshot *before, const ch_track_snapshot *after,
                        const ch_track_sink *sink);

/** ch_tracker_check verifies the invariants; *invariant (may be NULL) gets the number of the first
 *  broken one: 1 seal over the configuration, 2 site table and its places, 3 live table and its
 *  places, 4 counts of sites and kinds disagree, 5 bytes of sites and kinds disagree, 6 current
 *  bytes and live objects disagree, 7 peaks. A changed address is noticed unless it happens to
 *  keep its place in the hash table. Cost: O(tables). */
ch_status ch_tracker_check(const ch_tracker *tracker, unsigned *invariant);

CH_API_END

/* ---- Implementation ---------------------------------------------------------------------- */

CH_INLINE bool ch_tracker_is_enabled(const ch_tracker *tracker) {
    return tracker != NULL && CH_PEEK(tracker->enabled) != 0;
}

#endif
