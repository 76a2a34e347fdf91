/** hot.h: marks for code that must not touch the heap. A mark costs nothing without the guard's run
 *  time, a few nanoseconds with it, and not one instruction with CH_GUARD=0.
 *
 *      void tick(engine *e) {
 *          CH_HOT_SCOPE("tick");           heap calls are violations until the scope ends
 *          step(e);
 *          if (e->slow) {
 *              CH_PERMIT_SCOPE("error path, once per fault");    allowed again in here
 *              report(e);
 *          }
 *      }
 *
 *  CH_GUARD chooses the build:
 *    0  every macro is empty: the machine code is that of the source without marks;
 *    1  (default) weak references: active only when the run time is in the process;
 *    2  strong references: without the run time the program does not link (for test builds).
 *
 *  The run time is libcoldheap-guard (linked in) or libcoldheap-preload.so; whether it really
 *  watches is told by ch_guard_armed() in guard.h. This header is usable from C17 and C++17, stands
 *  below every other one and includes only stddef.h and stdint.h.
 *
 *  Known gap: clang without -fPIE folds the address of a weak function to 0 at link time, so such
 *  an executable does not see a preloaded run time (ch_guard_armed() says so); link it in there. */
#ifndef CH_HOT_H
#define CH_HOT_H

#include <stddef.h>
#include <stdint.h>

#ifndef CH_GUARD
#if defined(__linux__) && (defined(__GNUC__) || defined(__clang__))
#define CH_GUARD 1
#else
#define CH_GUARD 0
#endif
#endif

/** Operations, one bit each, so that "free allowed, alloc not" is one argument. free(NULL) is no
 *  operation; realloc(NULL, n) is ALLOC; realloc(p, 0) is FREE. Which of them the run time in this
 *  process can check is told by ch_guard_ops() (guard.h). */
#define CH_OP_ALLOC   0x01u
#define CH_OP_FREE    0x02u
#define CH_OP_REALLOC 0x04u
#define CH_OP_HEAP    0x07u
#define CH_OP_MAP     0x08u
#define CH_OP_SYSCALL 0x10u
#define CH_OP_FAULT   0x20u

/** ch_hot_mark is the static description of one scope: its name (or the reason, for a permit), its
 *  place, and the operation bits it denies; with CH_MARK_PERMIT, the bits it permits instead. */
typedef struct ch_hot_mark {
    const char *name, *file, *func;
    uint32_t line, deny;
} ch_hot_mark;

#define CH_MARK_PERMIT 0x80000000u

/** Notes of memory taken and given back: what kind of memory, and what happened. EXHAUSTED is a
 *  request that found no room. */
#define CH_TRACK_HEAP   0u
#define CH_TRACK_STACK  1u
#define CH_TRACK_POOL   2u
#define CH_TRACK_BUFFER 3u
#define CH_TRACK_ARENA  4u
#define CH_TRACK_KINDS  5u

#define CH_TRACK_ACQUIRE   0u
#define CH_TRACK_RELEASE   1u
#define CH_TRACK_EXHAUSTED 2u
#define CH_TRACK_OPS       3u

#if CH_GUARD == 0

#define ch_track_note(kind, op, size_bytes, site, object)                                          \
    ((void)(kind), (void)(op), (void)(size_bytes), (void)(site), (void)(object))
#define ch_track_wanted() 0
#define CH_TRACK_NOTE(kind, op, size_bytes, site)

#define CH_HOT_SCOPE(nm)
#define CH_HOT_SCOPE_OPS(nm, ops)
#define CH_PERMIT_SCOPE(why)
#define CH_PERMIT_SCOPE_OPS(why, ops)
#define CH_HOT_FN
#define CH_PERMIT_FN(why)
#define ch_hot_save()         ((uint64_t)0)
#define ch_hot_restore(token) ((void)(token))

#else

/** CH_HOT_SCOPE(name) denies heap operations to this thread until the enclosing block is left, in
 *  whatever way: end, return, goto, C++ exception. Scopes nest: an inner one adds bits, never takes
 *  some away, and its end restores exactly what it found. CH_HOT_SCOPE_OPS chooses the bits.
 *  Usable where a declaration is; `name` is a string literal. In C the scope is listed by
 *  `coldheap list`, also if it is never entered; in C++ a run knows of it when it is entered.
 *  longjmp out of a scope ends it, except in the function that called setjmp: see ch_hot_save.
 *  Cost:     without a run time one test at each end; with it see bench guard/scope. */
#define CH_HOT_SCOPE(nm)              CH_HOT_SCOPE_OPS(nm, CH_OP_HEAP)
#define CH_HOT_SCOPE_OPS(nm, ops)     CHI_HOT_SCOPE_N(nm, ops, __COUNTER__)

/** CH_PERMIT_SCOPE(why) permits heap operations to this thread until the block is left, also while
 *  the process is sealed. A hot scope inside denies them again. The reason is mandatory. */
#define CH_PERMIT_SCOPE(why)          CH_PERMIT_SCOPE_OPS(why, CH_OP_HEAP)
#define CH_PERMIT_SCOPE_OPS(why, ops) CHI_HOT_SCOPE_N(why, (ops) | CH_MARK_PERMIT, __COUNTER__)

/** CH_HOT_FN marks a whole function as hot, by placing it in a section of its own that tools find;
 *  CH_PERMIT_FN(why) marks one as a deliberate exception. Neither opens a scope at run time. */
#if defined(__clang_major__) && __clang_major__ >= 20
#define CH_HOT_FN __attribute__((section("ch_hot_text"), noinline, nonallocating))
#else
#define CH_HOT_FN __attribute__((section("ch_hot_text"), noinline))
#endif
#define CH_PERMIT_FN(why) __attribute__((section("ch_permit_text"), noinline))

#if CH_GUARD == 2
#define CHI_WEAK
#define CHI_PRESENT(function) 1
#else
#define CHI_WEAK              __attribute__((weak))
#define CHI_PRESENT(function) ((function) != 0)
#endif

/* Called through the GOT, never through a PLT stub; this also keeps the weak test honest in
 * executables that are not position independent. */
#if defined(__has_attribute)
#if __has_attribute(noplt)
#define CHI_NOPLT __attribute__((noplt))
#endif
#endif
#ifndef CHI_NOPLT
#define CHI_NOPLT
#endif
#define CHI_RUNTIME  CHI_WEAK CHI_NOPLT __attribute__((visibility("default")))
#define CHI_TRACKING __attribute__((weak)) CHI_NOPLT __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

/** ch_hot_enter opens the scope of `mark` and returns the thread's previous state: bit 63 set, deny
 *  and permit masks, depth; so 0 is never returned and can stand for "no run time".
 *  `frame` is an address in the caller's stack frame, by which longjmp finds dead scopes. */
CHI_RUNTIME uint64_t ch_hot_enter(const ch_hot_mark *mark, void *frame);

/** ch_hot_leave closes the scope that ch_hot_enter answered with `token`, and all opened since. */
CHI_RUNTIME void ch_hot_leave(uint64_t token);

CHI_RUNTIME uint64_t chi_hot_save(void);

/** ch_track_note tells a run time that counts for the whole process what a pattern did:
 *  `size_bytes` as asked for (slabs and buffer pools: as given), `site` a code address in the
 *  caller, `object` its first byte; NULL where many went back at once (size_bytes is their sum) or
 *  it is not known.
 *  Weak in every build, also with CH_GUARD=2: CH_TRACK_NOTE tests for it. Threads: any. */
CHI_TRACKING void ch_track_note(unsigned kind, unsigned op, size_t size_bytes, const void *site,
                                const void *object);

/** ch_track_wanted tells whether that run time wants notes; patterns ask when they are set up. */
CHI_TRACKING int ch_track_wanted(void);

/* Stores how often the threads of the process allocated so far, as far as it was counted, and tells
 * whether it is being counted now (ch_guard_count_process). */
CHI_TRACKING int chi_guard_heap_count(uint64_t *allocations);

#ifdef __cplusplus
}
#endif

/** CH_TRACK_NOTE is for memory that the patterns of this library know nothing of: a note without an
 *  object, if there is a run time that wants it. Cost: one test without a run time. */
#define CH_TRACK_NOTE(kind, op, size_bytes, site)                                                  \
    do {                                                                                           \
        if (ch_track_wanted != 0 && ch_track_note != 0 && ch_track_wanted()) {                     \
            ch_track_note((kind), (op), (size_bytes), (site), 0);                                  \
        }                                                                                          \
    } while (0)

/** ch_hot_save returns the calling thread's state as a token for ch_hot_restore; 0 without run
 *  time. For fibre switches (save per fibre), and for the function that calls setjmp: its own
 *  scopes outlive a longjmp back into it, so save before setjmp and restore after the jump. */
static inline uint64_t ch_hot_save(void);

/** ch_hot_restore makes `token` (from ch_hot_save, same thread) the state again; 0 is ignored.
 *  After a restore to another fibre's state a violation may carry the name of the other fibre's
 *  scope of the same depth; that there is a violation is never lost. */
static inline void ch_hot_restore(uint64_t token);

/* ---- Implementation ------------------------------------------------------------------------ */

/* In C, marks lie together in a section of their own, so that tools can list them: those of objects
 * that the linker kept. g++ refuses a section for statics of inline functions. */
#ifdef __cplusplus
#define CHI_IN_MARKS
#else
#define CHI_IN_MARKS __attribute__((section("ch_marks")))
#endif

#define CHI_HOT_SCOPE_N(nm, ops, n) CHI_HOT_SCOPE_M(nm, ops, n)
#define CHI_HOT_SCOPE_M(nm, ops, n)                                                                \
    static const ch_hot_mark chi_hot_mark_##n CHI_IN_MARKS = {nm, __FILE__, __func__, __LINE__,    \
                                                              (ops)};                              \
    __attribute__((cleanup(ch_hot_end), unused)) uint64_t chi_hot_token_##n =                      \
        ch_hot_begin(&chi_hot_mark_##n, &chi_hot_token_##n)

static inline uint64_t ch_hot_begin(const ch_hot_mark *mark, void *frame) {
    return CHI_PRESENT(ch_hot_enter) ? ch_hot_enter(mark, frame) : 0;
}

static inline void ch_hot_end(uint64_t *token) {
    if (*token != 0) {
        ch_hot_leave(*token);
    }
}

static inline uint64_t ch_hot_save(void) {
    return CHI_PRESENT(chi_hot_save) ? chi_hot_save() : 0;
}

static inline void ch_hot_restore(uint64_t token) {
    if (token != 0) {
        ch_hot_leave(token);
    }
}

#endif
#endif
