/** local.h: memory of the calling thread: an arena and a small scratch area that nobody sets up and
 *  nobody passes around.
 *
 *   one reservation per thread, made on first use, given back when the thread ends
 *    | state | arena (1 MiB) ............ | scratch (64 KiB) ... |     pages come on touch
 *
 *  The one idea: a thread's memory hangs on one thread-local pointer. There is no lock and no
 * shared word on alloc, release and reset. Nested users take a mark and release to it; nobody
 * resets what a caller may still use.
 *
 *  ch_local_prepare does all set-up, so that nothing happens lazily inside a sealed section. Set-up
 *  entered again, by a signal handler that comes while it runs, answers CH_EBUSY or NULL.
 *
 *  Not for objects that outlive the thread or are released by another (xpool.h). */
#ifndef CH_LOCAL_H
#define CH_LOCAL_H

#include <coldheap/arena.h>

#define CH_LOCAL_ARENA_LEAST      ((size_t)64 << 10)
#define CH_LOCAL_ARENA_DEFAULT    ((size_t)1 << 20)
#define CH_LOCAL_ARENA_MOST       ((size_t)1 << 30)
#define CH_LOCAL_SCRATCH_LEAST    ((size_t)4 << 10)
#define CH_LOCAL_SCRATCH_DEFAULT  ((size_t)64 << 10)
#define CH_LOCAL_SCRATCH_MOST     ((size_t)64 << 20)
#define CH_LOCAL_FALLBACK_DEFAULT ((size_t)64 << 20)

/** What happens to a request that does not fit. */
typedef enum ch_local_overflow {
    CH_LOCAL_OVERFLOW_DEFAULT = 0, /* as the environment says, else CH_LOCAL_ERROR */
    CH_LOCAL_ERROR,                /* NULL, counted */
    CH_LOCAL_ABORT,                /* a line on standard error, then abort */
    CH_LOCAL_FALLBACK /* a mapping of its own, released with the mark that covers it; counted */
} ch_local_overflow;

typedef enum ch_local_switch {
    CH_LOCAL_SWITCH_DEFAULT = 0,
    CH_LOCAL_OFF,
    CH_LOCAL_ON
} ch_local_switch;

/** What threads that are set up later get. A zeroed field says: as the environment or, without it,
 *  the default. */
typedef struct ch_local_options {
    size_t arena_bytes;          /* 64 KiB to 1 GiB; COLDHEAP_ARENA, 1 MiB */
    size_t scratch_bytes;        /* 4 KiB to 64 MiB; COLDHEAP_SCRATCH, 64 KiB */
    ch_local_overflow overflow;  /* COLDHEAP_OVERFLOW=abort|error|fallback */
    ch_local_switch zero;        /* every block is all zero, and nothing stays after a release;
                                    release costs O(bytes) then; COLDHEAP_ZERO=0|1, off */
    ch_local_switch prefault;    /* no page is left to fault after set-up; off */
    size_t fallback_limit_bytes; /* most bytes of fallback mappings a thread holds; 64 MiB */
} ch_local_options;

/** Where a value comes from. */
typedef enum ch_local_origin {
    CH_LOCAL_FROM_DEFAULT = 0,
    CH_LOCAL_FROM_ENVIRONMENT,
    CH_LOCAL_FROM_CALL
} ch_local_origin;

/** What the next thread would get, and what was wrong with the environment. */
typedef struct ch_local_config {
    size_t arena_bytes;
    size_t scratch_bytes;
    size_t fallback_limit_bytes;
    ch_local_overflow overflow; /* never DEFAULT */
    bool zero;
    bool prefault;
    ch_local_origin arena_origin;
    ch_local_origin scratch_origin;
    ch_local_origin overflow_origin;
    ch_local_origin zero_origin;
    unsigned ignored_count; /* values of the environment that are no values */
    const char *ignored;    /* name of the first such variable, NULL if none */
} ch_local_config;

/** The calling thread's own figures. */
typedef struct ch_local_figures {
    ch_arena_figures arena;
    ch_arena_figures scratch;
    uint64_t overflows;         /* requests that did not fit, whatever became of them */
    uint64_t fallbacks;         /* of those, served by a mapping of their own */
    uint64_t fallback_bytes;    /* of all fallbacks so far */
    size_t fallback_held_bytes; /* mapped now */
} ch_local_figures;

/** Sums over all threads of the process. A thread's counts stay in the sums when it ends, what it
 *  used does not. After a fork the child starts from its own thread. */
typedef struct ch_local_sums {
    size_t used_bytes; /* arenas and scratch of the live threads */
    size_t peak_bytes; /* sum of the live threads' peaks */
    uint64_t overflows;
    uint64_t fallbacks;
    uint64_t fallback_bytes;
    uint64_t threads; /* set up now */
    uint64_t threads_ever;
} ch_local_sums;

/** The part of a thread's state that the inline paths know. */
typedef struct ch_local_areas {
    ch_arena arena;
    ch_arena scratch;
} ch_local_areas;

CH_API_BEGIN

/** ch_local_configure says what threads set up later get; a thread that is set up keeps its own.
 *  NULL: back to environment and defaults.
 *  Errors: CH_EINVAL unknown choice; CH_ERANGE size outside its bounds; CH_EBUSY from a signal
 *          handler inside set-up. Nothing changes then. */
ch_status ch_local_configure(const ch_local_options *options);

/** ch_local_config_info fills `config`. Errors: CH_EINVAL; CH_EBUSY as above. */
ch_status ch_local_config_info(ch_local_config *config);

/** ch_local_prepare sets the calling thread up, unless it is already.
 *  Errors: CH_ENOMEM refused by the system; CH_EOS; CH_EBUSY entered again. Nothing is held then.
 *  Lifetime: until the thread ends or ch_local_fini. Cost: 2 system calls on mappings, 4 at most.
 */
ch_status ch_local_prepare(void);

/** ch_local_arena returns the calling thread's arena, setting it up on first use. NULL: see
 *  ch_local_prepare. Lifetime: the thread's set-up. Cost: one load after set-up. */
CH_INLINE ch_arena *ch_local_arena(void);

/** ch_scratch_alloc takes bytes from the calling thread's scratch area; as ch_arena_alloc. NULL
 * also if set-up failed. */
CH_INLINE void *ch_scratch_alloc(size_t size_bytes, size_t align);

/** ch_scratch_alloc_try is ch_scratch_alloc with the status; errors of ch_local_prepare and
 *  ch_arena_alloc_try. */
ch_status ch_scratch_alloc_try(void **out, size_t size_bytes, size_t align);

/** ch_scratch_mark returns the present place; before set-up a place that means "empty". */
CH_INLINE ch_arena_point ch_scratch_mark(void);

/** ch_scratch_release goes back to `point`. Errors: as ch_arena_release; CH_ESTATE for a mark of an
 *  area that is no longer there. */
CH_INLINE ch_status ch_scratch_release(ch_arena_point point);

/** ch_scratch_reset gives everything back, also what callers up the stack still use: only for the
 *  outermost loop of a thread. Before set-up: nothing to do, CH_OK. */
ch_status ch_scratch_reset(void);

/** ch_local_fini gives the calling thread's memory back; also done when a thread ends. Later use
 *  sets up afresh. Errors: CH_EBUSY from a signal handler inside set-up. */
ch_status ch_local_fini(void);

/** ch_local_track binds `tracker` (NULL: unbinds) to the calling thread's arena and scratch area,
 * as ch_arena_track, setting them up on first use. Errors: those of ch_local_prepare. Lifetime: the
 *  tracker must outlive the thread's set-up or be unbound. */
ch_status ch_local_track(ch_tracker *tracker);

/** ch_local_stats fills `figures` for the calling thread. Errors: CH_EINVAL; CH_ESTATE not set up.
 */
ch_status ch_local_stats(ch_local_figures *figures);

/** ch_local_totals sums over all threads. Errors: CH_EINVAL; CH_EBUSY as above.
 *  Threads: any; counters of running threads are read as they stand. Cost: O(threads). */
ch_status ch_local_totals(ch_local_sums *sums);

/** ch_local_stats_json writes the calling thread's figures and the totals as one JSON object by the
 *  snprintf rule, null for what is not set up; returns the length needed without the closing 0. */
size_t ch_local_stats_json(char *out, size_t size);

/** ch_local_check verifies the calling thread's memory; *invariant (may be NULL) gets the number of
 *  the first broken one: 1 state and its seal, 2 areas inside the reservation, 3 fallback bytes
 *  held, 10 + i and 20 + i: arena or scratch breaks its invariant i (ch_arena_check). A thread that
 *  is not set up: CH_OK. */
ch_status ch_local_check(unsigned *invariant);

/** Out-of-line halves of the inline functions; not for direct use. */
ch_arena *ch_local_arena_slow(void);
void *ch_scratch_alloc_slow(size_t size_bytes, size_t align);
ch_status ch_scratch_release_slow(ch_arena_point point);

/** ch_local_current is the calling thread's memory, NULL before set-up; not for direct use. */
extern __thread ch_local_areas *ch_local_current __attribute__((tls_model("initial-exec")));

CH_API_END

/** CH_SCRATCH_SCOPE releases at the end of the enclosing block what was taken from here on. */
#define CH_SCRATCH_SCOPE()                                                                         \
    __attribute__((cleanup(chi_scratch_scope_end), unused)) ch_arena_point CHI_ARENA_UNIQUE(       \
        __LINE__) = ch_scratch_mark()

/* ---- Implementation ---------------------------------------------------------------------- */

CH_INLINE ch_arena *ch_local_arena(void) {
    ch_local_areas *mine = ch_local_current;
    return CH_LIKELY(mine != NULL) ? &mine->arena : ch_local_arena_slow();
}

CH_INLINE void *ch_scratch_alloc(size_t size_bytes, size_t align) {
    ch_local_areas *mine = ch_local_current;
    return CH_LIKELY(mine != NULL) ? ch_arena_alloc(&mine->scratch, size_bytes, align)
                                   : ch_scratch_alloc_slow(size_bytes, align);
}

CH_INLINE ch_arena_point ch_scratch_mark(void) {
    ch_local_areas *mine = ch_local_current;
    ch_arena_point empty = {NULL, 0, NULL};
    return CH_LIKELY(mine != NULL) ? ch_arena_mark(&mine->scratch) : empty;
}

CH_INLINE ch_status ch_scratch_release(ch_arena_point point) {
    ch_local_areas *mine = ch_local_current;
    return CH_LIKELY(mine != NULL && point.arena != NULL) ? ch_arena_release(&mine->scratch, point)
                                                          : ch_scratch_release_slow(point);
}

CH_INLINE void chi_scratch_scope_end(ch_arena_point *point) {
    (void)ch_scratch_release(*point);
}

#endif
