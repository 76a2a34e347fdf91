/** guard.h: asks and steers the guard's run time, for tests and tools. The run time counts or stops
 *  every heap call made in a hot scope (hot.h), or by any thread while the process is sealed.
 *
 *      init ---- ch_seal("ready") ----> sealed ---- ch_seal_end(), exit, main returns ---->
 * teardown ^                  |
 *                      +--- ch_unseal() --+
 *
 *  Every function may be called with no run time in the process, and with CH_GUARD=0: then it does
 *  nothing and answers "not armed", false or 0. So a clean result means something only together
 *  with ch_guard_armed(); tools refuse to pass without it.
 *
 *  The environment variable COLDHEAP configures the run time, and what it sets wins over the
 *  program. It holds words with commas between them:
 *
 *      mode=abort|log|count|deny   what a violation does: see ch_guard_mode
 *      depth=0..32                 frames of a report (32)
 *      max-reports=N               violations printed in full, in log mode (20)
 *      out=FILE                    where reports go (stderr)
 *      ops=map                     hot scopes and the seal deny mmap and its kin, too
 *      seal-on=CALL                seals at the first such call: main, listen, accept, poll,
 * select, epoll_wait, sigwait, pause, nanosleep; SIGUSR2: at that signal; after=2s: then. May be
 * given several times seal-exit=strict            exit and the return from main do not end the seal
 *      hot=[MODULE!]GLOB           functions of that name are hot; hot-marked: those of CH_HOT_FN
 *      syscalls, faults=count|locate   hot scopes deny system calls, page faults
 *      track=FILE                  heap calls by place, to FILE (%p: process id);
 * track-depth=1|8|32, sites=N, exact-peak, lifetimes, since-seal, sample=BYTES[K|M]
 *
 *  or is COLDHEAP=session=FILE, set by the command coldheap for the programs it starts. A word that
 *  is not understood or asks for what this run time cannot do, a bad session file, and a run time
 *  that is not armed while the variable is set end the process with status 98 before main.
 *
 *  Beside a sanitizer, which owns malloc, calls are seen after the fact: nothing can be denied, a
 *  realloc is an alloc and a free, and a call is named "allocation" or "free".
 *
 *  Threads: all functions may be called from any thread; those that change the mode, the seal or
 *  the callback are meant for one controlling thread. */
#ifndef CH_GUARD_H
#define CH_GUARD_H

#include <stdbool.h>

#include <coldheap/hot.h>

/** What happens at a violation. */
typedef enum ch_guard_mode {
    CH_GUARD_ABORT = 0, /* print it, then abort(3) */
    CH_GUARD_LOG = 1,   /* print each new place once (at most max-reports), go on */
    CH_GUARD_COUNT = 2, /* count in silence; a summary is printed when the process ends */
    CH_GUARD_DENY = 3   /* count, and answer NULL with ENOMEM; a free goes on */
} ch_guard_mode;

/** Statuses with which the run time ends a process. */
#define CH_GUARD_STATUS_VIOLATION 97
#define CH_GUARD_STATUS_NOT_ARMED 98

/** Heap calls by kind (the kinds of CH_OP_ALLOC, _FREE, _REALLOC) and bytes asked for by the first
 *  and the last. Calls are counted when made, also if they then fail. */
typedef struct ch_heap_calls {
    uint64_t allocs;
    uint64_t frees;
    uint64_t reallocs;
    uint64_t bytes;
} ch_heap_calls;

/** One violation, as a callback sees it. All pointers live as long as the call. */
typedef struct ch_violation {
    const char *section;       /* name of the scope, or "seal:NAME" */
    const char *file;          /* place of the mark; NULL for a seal */
    const char *func;          /* function of the mark; NULL for a seal */
    const char *call;          /* "malloc", "posix_memalign", ... */
    const void *pointer;       /* what is freed or reallocated, else NULL */
    const void *caller;        /* return address of the call */
    const void *const *frames; /* return addresses, caller first; count frame_count */
    size_t frame_count;        /* 0 in count mode without a callback */
    size_t size_bytes;         /* asked for */
    size_t align;              /* asked for; 0 if the call has none */
    uint64_t number;           /* 1 for the first violation of the process */
    uint64_t repeat;           /* 1 for the first one at this section, call and stack */
    uint64_t sealed_ns;        /* time since ch_seal; 0 for a scope */
    uint32_t line;             /* line of the mark; 0 for a seal */
    uint32_t op;               /* the CH_OP_ bit */
    uint32_t depth;            /* how many scopes are open in this thread */
    int thread;                /* kernel thread id */
} ch_violation;

/** ch_violation_fn decides what becomes of one violation by returning a mode. It runs in the
 *  violating thread with every operation permitted, and may longjmp away. */
typedef ch_guard_mode (*ch_violation_fn)(const ch_violation *violation, void *context);

/** ch_guard_armed tells whether the run time is in the process and its self-test, run when it was
 *  loaded, saw every kind of call arrive. */
static inline bool ch_guard_armed(void);

/** ch_guard_selftest runs the self-test again, in the calling thread: malloc, calloc, realloc,
 *  free, aligned_alloc, posix_memalign and operator new, as this program would find them, are
 *  called in a hot scope and must be seen. The answer becomes that of ch_guard_armed. */
static inline bool ch_guard_selftest(void);

/** ch_guard_ops returns the operation bits that can be checked here; 0 if not armed. */
static inline uint32_t ch_guard_ops(void);

/** ch_guard_set_mode sets what a violation does (default: abort) and returns the mode in force,
 *  which is another one if COLDHEAP sets it. An unknown value changes nothing. */
static inline ch_guard_mode ch_guard_set_mode(ch_guard_mode mode);

/** ch_guard_mode_now returns the mode in force. */
static inline ch_guard_mode ch_guard_mode_now(void);

/** ch_guard_on_violation makes `function` decide about every violation; NULL ends that. */
static inline void ch_guard_on_violation(ch_violation_fn function, void *context);

/** ch_guard_violations returns the number of violations of this process since its start, or since
 *  ch_guard_reset. A fork child starts at 0. */
static inline uint64_t ch_guard_violations(void);

/** ch_guard_reset forgets all violations and the callback. Mode, seal and counts stay. */
static inline void ch_guard_reset(void);

/** ch_guard_exit_status sets the status of a process that ends (exit, _exit, return from main) with
 *  violations on its account: CH_GUARD_STATUS_VIOLATION unless set. 0 leaves the program's own
 *  status and prints no summary: for tools that report by themselves. */
static inline void ch_guard_exit_status(int status);

/** ch_guard_print_summary writes number and places of the violations to `fd`, a line each; nothing
 *  if there are none. */
static inline void ch_guard_print_summary(int fd);

/** ch_guard_count_process switches the count of all threads' heap calls on or off (default: off).
 *  Returns:  true if armed. Calls made while it is off are missing from ch_guard_heap_calls.
 *  Cost:     a call costs about as much more as a thread counter: bench guard/malloc. */
static inline bool ch_guard_count_process(bool on);

/** ch_guard_heap_calls writes what all threads of the process have called so far, ended threads
 *  included; take the difference of two. Exact when the other threads stand still.
 *  Returns:  true if armed; false with all numbers 0 otherwise. */
static inline bool ch_guard_heap_calls(ch_heap_calls *calls);

/** ch_count_begin starts an exact count of this thread's heap calls; ch_count_end stops it and
 *  replaces *count by the difference. Pairs may nest. `count` is the token between the two.
 *  Returns:  true if armed; false with all numbers 0 otherwise. */
static inline bool ch_count_begin(ch_heap_calls *count);
static inline bool ch_count_end(ch_heap_calls *count);

/** ch_allocs_per_run calls function(context) `runs` times and returns the largest number of
 *  allocations and reallocations that one call made in this thread: never a mean, which would hide
 *  a stray one. The first run counts like any other.
 *  Returns:  UINT64_MAX if not armed or `runs` is 0, so that no comparison passes by accident;
 *            `function` is not called then. */
static inline uint64_t ch_allocs_per_run(uint64_t runs, void (*function)(void *), void *context);

/** ch_seal denies heap operations to all threads from now on, in section "seal:NAME"; ch_seal_ops
 *  chooses the operations. `name` must live as long as the process; NULL means "".
 *  Returns:  true if the process is now sealed; false if there is no run time, the process is
 *            sealed already or in teardown. */
static inline bool ch_seal(const char *name);
static inline bool ch_seal_ops(const char *name, uint32_t ops);

/** ch_unseal returns to init. Returns: false if the process was not sealed. */
static inline bool ch_unseal(void);

/** ch_seal_end starts teardown: heap operations are free again and the process can no longer be
 *  sealed. Returning from main and exit(3) do it by themselves. Returns: false without run time or
 *  if teardown had begun. */
static inline bool ch_seal_end(void);

/** ch_track_mark marks a moment for the tracker (COLDHEAP=track=FILE, or coldheap track): what each
 *  site holds now is written down, and a reader lists what grew since the last mark. `name` is
 *  copied, up to 55 bytes of it. Returns: true if the tracker is on. Cost: O(sites x threads). */
static inline bool ch_track_mark(const char *name);

/* ---- Implementation ------------------------------------------------------------------------ */

#if CH_GUARD == 0
#define CHI_GUARD_CALL(function, arguments, otherwise) (otherwise)
#else
#define CHI_GUARD_CALL(function, arguments, otherwise)                                             \
    (CHI_PRESENT(function) ? function arguments : (otherwise))

#ifdef __cplusplus
extern "C" {
#endif

/* The run time's side: each stands behind the function of the same name above. */
CHI_RUNTIME bool chi_guard_armed(void);
CHI_RUNTIME bool chi_guard_selftest(void);
CHI_RUNTIME uint32_t chi_guard_ops(void);
CHI_RUNTIME ch_guard_mode chi_guard_set_mode(ch_guard_mode mode);
CHI_RUNTIME ch_guard_mode chi_guard_mode_now(void);
CHI_RUNTIME void chi_guard_on_violation(ch_violation_fn function, void *context);
CHI_RUNTIME uint64_t chi_guard_violations(void);
CHI_RUNTIME void chi_guard_reset(void);
CHI_RUNTIME void chi_guard_exit_status(int status);
CHI_RUNTIME void chi_guard_print_summary(int fd);
CHI_RUNTIME bool chi_guard_count_process(bool on);
CHI_RUNTIME bool chi_guard_heap_calls(ch_heap_calls *calls);
CHI_RUNTIME bool chi_guard_count_begin(ch_heap_calls *count);
CHI_RUNTIME bool chi_guard_count_end(ch_heap_calls *count);
CHI_RUNTIME uint64_t chi_guard_allocs_per_run(uint64_t runs, void (*function)(void *),
                                              void *context);
CHI_RUNTIME bool chi_guard_seal(const char *name, uint32_t ops);
CHI_RUNTIME bool chi_guard_unseal(void);
CHI_RUNTIME bool chi_guard_seal_end(void);
CHI_RUNTIME bool chi_guard_track_mark(const char *name);

#ifdef __cplusplus
}
#endif
#endif

static inline bool ch_guard_armed(void) {
    return CHI_GUARD_CALL(chi_guard_armed, (), false);
}

static inline bool ch_guard_selftest(void) {
    return CHI_GUARD_CALL(chi_guard_selftest, (), false);
}

static inline uint32_t ch_guard_ops(void) {
    return CHI_GUARD_CALL(chi_guard_ops, (), 0u);
}

static inline ch_guard_mode ch_guard_set_mode(ch_guard_mode mode) {
    return CHI_GUARD_CALL(chi_guard_set_mode, (mode), mode);
}

static inline ch_guard_mode ch_guard_mode_now(void) {
    return CHI_GUARD_CALL(chi_guard_mode_now, (), CH_GUARD_ABORT);
}

static inline void ch_guard_on_violation(ch_violation_fn function, void *context) {
    (void)function, (void)context;
    CHI_GUARD_CALL(chi_guard_on_violation, (function, context), (void)0);
}

static inline uint64_t ch_guard_violations(void) {
    return CHI_GUARD_CALL(chi_guard_violations, (), 0u);
}

static inline void ch_guard_reset(void) {
    CHI_GUARD_CALL(chi_guard_reset, (), (void)0);
}

static inline void ch_guard_exit_status(int status) {
    (void)status;
    CHI_GUARD_CALL(chi_guard_exit_status, (status), (void)0);
}

static inline void ch_guard_print_summary(int fd) {
    (void)fd;
    CHI_GUARD_CALL(chi_guard_print_summary, (fd), (void)0);
}

static inline bool ch_guard_count_process(bool on) {
    (void)on;
    return CHI_GUARD_CALL(chi_guard_count_process, (on), false);
}

static inline bool ch_guard_heap_calls(ch_heap_calls *calls) {
    calls->allocs = calls->frees = calls->reallocs = calls->bytes = 0;
    return CHI_GUARD_CALL(chi_guard_heap_calls, (calls), false);
}

static inline bool ch_count_begin(ch_heap_calls *count) {
    count->allocs = count->frees = count->reallocs = count->bytes = 0;
    return CHI_GUARD_CALL(chi_guard_count_begin, (count), false);
}

static inline bool ch_count_end(ch_heap_calls *count) {
    (void)count;
    return CHI_GUARD_CALL(chi_guard_count_end, (count), false);
}

static inline uint64_t ch_allocs_per_run(uint64_t runs, void (*function)(void *), void *context) {
    (void)runs, (void)function, (void)context;
    return CHI_GUARD_CALL(chi_guard_allocs_per_run, (runs, function, context), UINT64_MAX);
}

static inline bool ch_seal(const char *name) {
    return ch_seal_ops(name, CH_OP_HEAP);
}

static inline bool ch_seal_ops(const char *name, uint32_t ops) {
    (void)name, (void)ops;
    return CHI_GUARD_CALL(chi_guard_seal, (name, ops), false);
}

static inline bool ch_unseal(void) {
    return CHI_GUARD_CALL(chi_guard_unseal, (), false);
}

static inline bool ch_seal_end(void) {
    return CHI_GUARD_CALL(chi_guard_seal_end, (), false);
}

static inline bool ch_track_mark(const char *name) {
    (void)name;
    return CHI_GUARD_CALL(chi_guard_track_mark, (name), false);
}

#endif
