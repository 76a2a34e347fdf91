/** state.h: what the files of the guard's run time share. Nothing here is visible outside it.
 *
 *  The one idea: whether a heap call needs attention is decided by two words, the state of the
 *  calling thread and the flags of the process. Both 0 is the off path: it forwards at once.
 *
 *      state   63 token | 62 counting | 55..48 permitted | 39..32 denied | 31..0 depth
 *      flags   31 counting | 30 hot by name | 29 tracking | 28 clock | 7..0 denied everywhere
 *
 *  Denied for a call are: (state denied) + (flags denied - state permitted). */
#ifndef CH_GUARD_STATE_H
#define CH_GUARD_STATE_H

#include <stdbool.h>

#include <coldheap/base.h>
#include <coldheap/guard.h>

#include "kernel.h"
#include "settings.h"

/** Where calls besides the heap's can be interposed: not in a static program, which has nothing
 *  behind it, nor linked to a program with a sanitizer, which interposes them itself. */
#if !defined(CHI_GUARD_STATIC) && (!defined(CHI_GUARD_HOOKS) || defined(CHI_GUARD_SHARED))
#define CHI_GUARD_INTERPOSES 1
#endif

#define CHI_EXPORT __attribute__((visibility("default")))

#pragma GCC visibility push(hidden)

/* Initial-exec: one instruction to reach, and never an allocation on first use. */
#define CHI_THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))

/** Scopes whose name and frame are kept per thread; deeper ones are in the state's depth only. */
#define CHI_RECORD_MAX 64u

/** Marks that a thread remembers to have entered; one that loses its place is looked up again. */
#define CHI_SEEN_MAX 128u

#define CHI_SEAL_LABEL_BYTES 80u

/** Frames of a backtrace. */
#define CHI_FRAME_MAX 32u

#define CHI_STATE_TOKEN        (UINT64_C(1) << 63)
#define CHI_STATE_COUNTING     (UINT64_C(1) << 62)
#define CHI_STATE_WATCHED      (UINT64_C(1) << 31) /* in tokens only: kernel.h */
#define CHI_STATE_PERMIT_SHIFT 48
#define CHI_STATE_DENY_SHIFT   32
#define CHI_STATE_OPS          0xffu

#define CHI_FLAG_COUNTING 0x80000000u
#define CHI_FLAG_RANGES   0x40000000u /* some functions are hot by name: every call is looked at */
#define CHI_FLAG_TRACKING 0x20000000u
#define CHI_FLAG_CLOCK    0x10000000u /* a seal awaits its time: every call looks at the clock */

/** What is known of one open scope. `before` is the state to return to when it ends. */
typedef struct chi_guard_record {
    const ch_hot_mark *mark;
    uintptr_t frame;
    uint64_t before;
} chi_guard_record;

/** Heap calls of one thread at a time, in the process count; see count.c. */
typedef struct chi_guard_row {
    _Alignas(64) uint64_t owner; /* process id, thread id; 0: never used */
    uint64_t calls[3];           /* by chi_op_index */
    uint64_t bytes;
} chi_guard_row;

/** Memory for the allocations of pthread_getattr_np; see stack.c. */
typedef struct chi_guard_scratch chi_guard_scratch;

typedef struct chi_guard_thread {
    uint64_t state;
    uint64_t counting;    /* CHI_STATE_COUNTING while the thread counts, else 0 */
    uintptr_t hook_frame; /* not 0: the run time is at work in this thread, from that frame down */
    uint64_t calls[3];    /* by chi_op_index; only what passed the slow path */
    uint64_t bytes;
    chi_guard_row *row;
    chi_guard_scratch *scratch;
    uintptr_t stack_low; /* own stack; both 0 until asked for */
    uintptr_t stack_high;
    uint32_t count_depth;
    uint32_t probing;    /* the self-test runs: violations are only counted, in probe_hits */
    uint32_t probe_hits; /* see probing */
    chi_guard_record records[CHI_RECORD_MAX];
    uintptr_t seen[CHI_SEEN_MAX];                /* marks entered before, by address; scope.c */
    uint64_t entered[CHI_SESSION_SECTIONS / 64]; /* sections of the session, a bit each */
    chi_kernel_thread kernel;
} chi_guard_thread;

extern CHI_THREAD_LOCAL chi_guard_thread chi_guard_self;

/** Read by every heap call; written by seal.c and count.c. */
extern uint32_t chi_guard_flags;

/** One row per interposed call. */
#define CHI_CALL_ROWS(X)                                                                           \
    X(CHI_CALL_MALLOC, "malloc")                                                                   \
    X(CHI_CALL_CALLOC, "calloc")                                                                   \
    X(CHI_CALL_REALLOC, "realloc")                                                                 \
    X(CHI_CALL_REALLOCARRAY, "reallocarray")                                                       \
    X(CHI_CALL_FREE, "free")                                                                       \
    X(CHI_CALL_FREE_SIZED, "free_sized")                                                           \
    X(CHI_CALL_FREE_ALIGNED_SIZED, "free_aligned_sized")                                           \
    X(CHI_CALL_MEMALIGN, "memalign")                                                               \
    X(CHI_CALL_ALIGNED_ALLOC, "aligned_alloc")                                                     \
    X(CHI_CALL_POSIX_MEMALIGN, "posix_memalign")                                                   \
    X(CHI_CALL_VALLOC, "valloc")                                                                   \
    X(CHI_CALL_PVALLOC, "pvalloc")                                                                 \
    X(CHI_CALL_SOME_ALLOC, "allocation") /* a sanitizer's hook does not tell which */              \
    X(CHI_CALL_SOME_FREE, "free")                                                                  \
    X(CHI_CALL_MMAP, "mmap")                                                                       \
    X(CHI_CALL_MUNMAP, "munmap")                                                                   \
    X(CHI_CALL_MREMAP, "mremap")                                                                   \
    X(CHI_CALL_BRK, "brk")                                                                         \
    X(CHI_CALL_SBRK, "sbrk")                                                                       \
    X(CHI_CALL_SYSTEM, "system call")                                                              \
    X(CHI_CALL_FAULT, "page fault")

typedef enum chi_guard_call_name {
#define CHI_CALL_ENUM(name, text) name,
    CHI_CALL_ROWS(CHI_CALL_ENUM)
#undef CHI_CALL_ENUM
} chi_guard_call_name;

/** One heap call that was found to need attention. */
typedef struct chi_guard_call {
    uint32_t op; /* one bit */
    chi_guard_call_name name;
    size_t size_bytes;
    size_t align;
    const void *pointer;
    const void *caller; /* return address into the calling code */
} chi_guard_call;

/* Parts that nothing calls by name: referred to by scope.c, so that the archive is linked whole. */
extern const char chi_guard_part_alloc;
extern const char chi_guard_part_exec;
extern const char chi_guard_part_jump;
extern const char chi_guard_part_load;
extern const char chi_guard_part_mapping;
extern const char chi_guard_part_sealon;
extern const char chi_guard_part_tsan;
extern const char chi_guard_part_unload;

/* scope.c: the bodies behind ch_hot_enter and ch_hot_leave, not to be replaced by another copy. */
uint64_t chi_guard_enter(const ch_hot_mark *mark, void *frame);
void chi_guard_leave(uint64_t token);

/* event.c */

/** chi_guard_event counts one call and checks it. Returns: false if it must be refused. */
bool chi_guard_event(const chi_guard_call *call);

/* violation.c */

/** What a violation was found at, in one process. The same place, call and stack is the same site.
 */
typedef struct chi_guard_site {
    const void *section; /* the mark, or the name of the seal */
    const void *caller;
    uint64_t count;  /* of violations; 0: free, or all were suppressed */
    uint64_t stack;  /* hash of the frames; 0: not looked at */
    uint32_t call;   /* chi_guard_call_name + 1 */
    uint32_t sealed; /* 1: section names a seal; CHI_SITE_FUNCTION: a function, hot by name */
} chi_guard_site;

#define CHI_SITE_FUNCTION 2u

/** One violation on its way through; whoever finds one fills it in. */
typedef struct chi_guard_finding {
    ch_violation violation; /* number and repeat are filled in on the way */
    chi_guard_site site;
    uint32_t found;               /* CHI_FOUND_ */
    uint32_t number;              /* of a system call */
    uint32_t rule;                /* HOT, WATCH: index + 1 */
    const void *const *allocated; /* frames of the place that allocated what is freed */
    size_t allocated_count;
} chi_guard_finding;

CH_COLD bool chi_guard_violation(const chi_guard_call *call);
const char *chi_guard_call_text(chi_guard_call_name name);

/** chi_guard_judge decides about a finding: whether a rule allows it, else it goes on the account
 *  and to the session, and the callback or the mode says what happens.
 *  Returns: false if the call must be refused. */
bool chi_guard_judge(chi_guard_finding *finding);

/** chi_guard_settle names the section that denies what was found, if one still does, and judges.
 *  Returns: false if the call must be refused. */
bool chi_guard_settle(chi_guard_finding *finding);

/** chi_guard_find_frames writes the calling code's return addresses and stack pointer (0: not
 * found) as chi_guard_backtrace does, by the short way (walk.h) where that leads to the caller. */
size_t chi_guard_find_frames(const void **frames, uintptr_t *stack_pointer, const void *caller,
                             size_t frame_max);

/** chi_guard_wants_frames tells whether a violation needs its backtrace. */
bool chi_guard_wants_frames(void);

/* unwind.c */

/** chi_guard_backtrace writes up to `frame_max` return addresses, beginning with `caller`, and the
 *  stack pointer that the calling code had (0 if the stack cannot be walked).
 *  Returns: the number of addresses; 1 (the caller) if the stack cannot be walked. */
size_t chi_guard_backtrace(const void **frames, uintptr_t *stack_pointer, const void *caller,
                           size_t frame_max);

/* stack.c */

/** chi_guard_own_stack tells whether `address` lies in the stack the thread was started with. */
bool chi_guard_own_stack(uintptr_t address);

/** chi_guard_drop_below ends all scopes whose frame is in the thread's own stack, below `limit`,
 *  from the innermost on, until one is found that is not. */
void chi_guard_drop_below(uintptr_t limit);

/** Serves the calls that pthread_getattr_np makes; NULL when used up. */
void *chi_guard_scratch_take(chi_guard_scratch *scratch, size_t size_bytes);
bool chi_guard_scratch_owns(const chi_guard_scratch *scratch, const void *pointer);

/* count.c */

/** chi_guard_row_find gives the thread its row of the process count. */
CH_COLD void chi_guard_row_find(chi_guard_thread *self);

/** Where threads count together, with atomic additions, when there are more of them than rows. */
extern chi_guard_row chi_guard_row_shared;

/* seal.c */

/** chi_guard_seal_state writes name and age of the seal; false if the process is not sealed. */
bool chi_guard_seal_state(const char **name, uint64_t *age_ns);

/** chi_guard_seal_label writes "seal:NAME", cut to fit. */
void chi_guard_seal_label(char label[CHI_SEAL_LABEL_BYTES], const char *name);

/* finish.c: the end of the process. */

/** chi_guard_seal_began makes sure that the end of the process will end the seal. */
void chi_guard_seal_began(void);

/* ledger.c: the violations of this process. */

/** One site, with what was found out about it when it was met first. */
typedef struct chi_guard_ledger_row {
    uint64_t key; /* 0: free */
    chi_guard_site site;
    uint32_t met;        /* the fields below are valid */
    uint32_t suppressed; /* rule that may allow it: index + 1 */
    uint32_t session;    /* row of the session: index + 1 */
    uint32_t section;    /* section of the session: index + 1 */
} chi_guard_ledger_row;

#define CHI_SITE_MAX 256u

void chi_guard_ledger_init(void);

/** chi_guard_ledger_row finds or takes the row of a site; NULL if the table is full. */
chi_guard_ledger_row *chi_guard_ledger_find(const chi_guard_site *site);

/** chi_guard_ledger_add counts one violation at `row` (NULL: no row) and returns its number;
 *  *repeat is its number at this site. */
uint64_t chi_guard_ledger_add(uint64_t *repeat, chi_guard_ledger_row *row);
bool chi_guard_ledger_print_one(void);
const chi_guard_site *chi_guard_ledger_site(size_t index);
uint64_t chi_guard_ledger_unplaced(void);
void chi_guard_ledger_reset(void);

/** chi_guard_ledger_mine returns the violations on this process's own account: a vfork child,
 *  which shares our memory, has none. */
uint64_t chi_guard_ledger_mine(void);

/* selftest.c */
bool chi_guard_probe(const char **missed);

/** chi_guard_unseen names calls that the last self-test found invisible but could live with; NULL
 *  if there are none. */
const char *chi_guard_unseen(void);

/* next.c */

/** chi_guard_next_symbol finds the next definition of `name` after ours; NULL if there is none or
 *  the program is static. */
void *chi_guard_next_symbol(const char *name);

/** chi_guard_any_symbol finds the definition of `name` that the program uses; NULL if none. */
void *chi_guard_any_symbol(const char *name);

/* report.c */
void chi_guard_report(const ch_violation *violation);

/** chi_guard_say writes "coldheap: ", the texts and a line end to the report's file. */
void chi_guard_say(const char *first, const char *second, const char *third);

/** chi_guard_hook_begin marks the thread as busy with the run time itself, whose calls are no
 *  events, from `frame` down; the value goes to chi_guard_hook_end, as a cleanup function so that
 *  an exception thrown by a callback ends it too. */
static inline uintptr_t chi_guard_hook_begin(void *frame) {
    const uintptr_t before = chi_guard_self.hook_frame;
    chi_guard_self.hook_frame = (uintptr_t)frame;
    chi_guard_self.kernel.selector = CHI_SELECTOR_ALLOW;
    return before;
}

static inline void chi_guard_hook_end(const uintptr_t *before) {
    chi_guard_thread *self = &chi_guard_self;
    self->hook_frame = *before;
    self->kernel.selector = *before == 0 ? chi_kernel_selector(self->state) : CHI_SELECTOR_ALLOW;
}

#define CHI_HOOK_SCOPE                                                                             \
    __attribute__((cleanup(chi_guard_hook_end), unused)) const uintptr_t chi_guard_hook_before =   \
        chi_guard_hook_begin(__builtin_frame_address(0))

/** chi_guard_watching is the whole off path: anything to do for a call of this thread? */
CH_INLINE bool chi_guard_watching(void) {
    return (chi_guard_self.state | __atomic_load_n(&chi_guard_flags, __ATOMIC_RELAXED)) != 0;
}

/** chi_op_index maps CH_OP_ALLOC, FREE, REALLOC to 0, 1, 2. */
CH_INLINE uint32_t chi_op_index(uint32_t op) {
    return op >> 1;
}

/** chi_guard_denied returns the operation bits that are denied to the calling thread now. */
CH_INLINE uint32_t chi_guard_denied(void) {
    const uint64_t state = chi_guard_self.state;
    const uint32_t everywhere = __atomic_load_n(&chi_guard_flags, __ATOMIC_RELAXED);
    const uint32_t permitted = (uint32_t)(state >> CHI_STATE_PERMIT_SHIFT);
    const uint32_t denied = (uint32_t)(state >> CHI_STATE_DENY_SHIFT);
    return (denied | (everywhere & ~permitted)) & CHI_STATE_OPS;
}

/** chi_guard_mask returns the bits of which one must be denied for an operation to be: its own, and
 *  with ops=map, for a mapping, those of the heap. */
CH_INLINE uint32_t chi_guard_mask(uint32_t op) {
    return op == CH_OP_MAP && (chi_guard_settings.config.ops & CH_OP_MAP) != 0
               ? CH_OP_MAP | CH_OP_HEAP
               : op;
}

/** chi_guard_count counts one call of this thread. */
CH_INLINE void chi_guard_count(chi_guard_thread *self, uint32_t op, size_t size_bytes) {
    const uint32_t index = chi_op_index(op);
    self->calls[index]++;
    self->bytes += size_bytes;
    if ((__atomic_load_n(&chi_guard_flags, __ATOMIC_RELAXED) & CHI_FLAG_COUNTING) == 0) {
        return;
    }
    if (CH_UNLIKELY(self->row == NULL)) {
        chi_guard_row_find(self);
    }
    if (CH_UNLIKELY(self->row == &chi_guard_row_shared)) {
        __atomic_fetch_add(&chi_guard_row_shared.calls[index], 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&chi_guard_row_shared.bytes, size_bytes, __ATOMIC_RELAXED);
        return;
    }
    self->row->calls[index]++;
    self->row->bytes += size_bytes;
}

/** chi_guard_passes does all there is to do for a call that is allowed: it counts it. Returns:
 * false, with nothing done, if there may be more to it: then chi_guard_event decides. */
CH_INLINE bool chi_guard_passes(uint32_t op, size_t size_bytes) {
    chi_guard_thread *self = &chi_guard_self;
    const uintptr_t busy =
        self->hook_frame | self->probing | (uintptr_t)self->scratch |
        (__atomic_load_n(&chi_guard_flags, __ATOMIC_RELAXED) & (CHI_FLAG_RANGES | CHI_FLAG_CLOCK));
    if (CH_UNLIKELY(busy != 0 || (chi_guard_denied() & op) != 0)) {
        return false;
    }
    chi_guard_count(self, op, size_bytes);
    return true;
}

#pragma GCC visibility pop

#endif
