/** track.h: the tracker of the run time: who allocated how much, and who has not given it back.
 *
 *    call --> site (hash of return addresses) --> row in this thread's table += size
 *      |                                            of the shared file, track_record.h
 *      +--> block, with the site in 8 bytes behind it --> free: same row number, freeing thread's
 *           table
 *
 *  The one idea: on the way of a call there is nothing that threads share for writing. Everything
 *  else (new sites, new threads, the process's peak, marks) is out of that way.
 *
 *  Files: track.c the calls, track_block.c the trailers, track_address.c blocks without trailers,
 *  track_site.c sites, track_stack.c sites by
 *  stack, track_wrapper.c operator new and its like, track_table.c tables and sums,
 * track_setup.c the file and its life, track_modules.c modules, track_note.c other kinds of memory.
 */
#ifndef CH_GUARD_TRACK_H
#define CH_GUARD_TRACK_H

#include <coldheap/guard.h>

#include "session.h"
#include "state.h"
#include "track_record.h"

#pragma GCC visibility push(hidden)

/** What a call needs to know. It lies in a page that the kernel empties in a fork child, which
 *  must not write into its parent's file: `index` is then NULL and `sites_max` 0. */
typedef struct chi_track_plan {
    uint64_t *index; /* hash of frames -> site; see track_site.c */
    uint64_t index_shift;
    uint64_t salt; /* of the trailers */
    uint64_t row_bytes;
    uint32_t sites_max;
    uint32_t depth;
    uint32_t trailer_bytes; /* 0: blocks are in the address table */
    uint32_t options;       /* CHI_TRACK_ bits */
    uint32_t hot;           /* frames of a site where the hot way will do: no options, trailers */
    uint32_t unused;
    uint64_t sample_bytes;
    chi_track_record *record;
    uint8_t *tables;
    int64_t *exact_live; /* one word a site */
    uint8_t *memos;      /* of each table; see track_stack.c */
} chi_track_plan;

#define CHI_TRACK_LIFETIMES  1u
#define CHI_TRACK_EXACT_PEAK 2u
#define CHI_TRACK_SAMPLED    4u

typedef union chi_track_page {
    chi_track_plan plan;
    unsigned char bytes[4096];
} chi_track_page;

extern chi_track_page chi_track_plan_page;
#define CHI_PLAN (&chi_track_plan_page.plan)

/** One thread. BUSY is also what a signal handler sees that interrupted a booking: it then books
 *  in the shared table. */
typedef struct chi_track_thread {
    uint8_t *table;
    chi_track_tail *tail;
    int64_t sample_left;
    uint64_t random;
    uint32_t state;
    uint32_t unused;
    void *memos; /* NULL: stacks are walked each time */
} chi_track_thread;

#define CHI_TRACK_NEW    0u
#define CHI_TRACK_READY  1u
#define CHI_TRACK_BUSY   2u
#define CHI_TRACK_SHARES 3u /* no table of its own */

extern CHI_THREAD_LOCAL chi_track_thread chi_track_self;

CH_INLINE bool chi_track_on(void) {
    return (__atomic_load_n(&chi_guard_flags, __ATOMIC_RELAXED) & CHI_FLAG_TRACKING) != 0;
}

/** chi_track_alone tells that the tracker is all there is to a call of this thread. */
CH_INLINE bool chi_track_alone(void) {
    return (chi_guard_self.state | (uintptr_t)chi_guard_self.scratch |
            __atomic_load_n(&chi_guard_flags, __ATOMIC_RELAXED)) == CHI_FLAG_TRACKING;
}

/* track.c: the calls as alloc.c makes them; `caller` is the return address into the program, and
 * the function is jumped to, or called from frames of the run time alone. */
void *chi_track_malloc(size_t size_bytes, const void *caller);
void *chi_track_calloc(size_t count, size_t size_bytes, const void *caller);
void *chi_track_realloc(void *pointer, size_t size_bytes, const void *caller);
void chi_track_free(void *pointer);
void *chi_track_aligned(chi_guard_call_name name, size_t align, size_t size_bytes,
                        const void *caller);
int chi_track_posix_memalign(void **pointer, size_t align, size_t size_bytes, const void *caller);
size_t chi_track_usable_size(void *pointer);

/** chi_track_origin writes the frames of the call that gave the block out, at most
 *  CHI_TRACK_FRAMES_MAX. Returns: how many; 0 if that is not known. */
size_t chi_track_origin(const void **frames, const void *pointer);

/** chi_track_hook_alloc, chi_track_hook_free book blocks that a sanitizer's hooks tell of. */
void chi_track_hook_alloc(const void *block, size_t size_bytes, const void *caller);
void chi_track_hook_free(const void *block);

/* track_table.c */

/** Books one block given out or taken back, on whatever table is right for this thread now. The
 *  hot calls do the same inline. */
void chi_track_book_alloc(uint32_t site, uint64_t blocks, uint64_t size_bytes,
                          uint64_t largest_bytes);
void chi_track_book_free(uint32_t site, uint64_t blocks, uint64_t size_bytes, uint64_t life_ns);

/** The same for memory of a kind; the live bytes and the peak of the process are the heap's. */
void chi_track_book_noted(uint32_t kind, uint32_t site, uint64_t size_bytes);
void chi_track_book_noted_free(uint32_t kind, uint32_t site, uint64_t blocks, uint64_t size_bytes);
CH_COLD void chi_track_book_exhausted(uint32_t site);
CH_COLD void chi_track_book_unattributed(uint64_t size_bytes);
void chi_track_book_realloc(void);
CH_COLD void chi_track_book_dropped_block(void);
CH_COLD void chi_track_publish(chi_track_tail *tail);
CH_COLD bool chi_track_thread_begin(void);

/** chi_track_sum adds the counters of a site up over all tables; chi_track_totals the tails. */
void chi_track_sum(chi_track_counters *sum, uint32_t site);
void chi_track_totals(chi_track_tail *sum);
void chi_track_tables_forget(void);
uint32_t chi_track_tables_taken(void);

/* track_site.c */

/** chi_track_site finds the site of a call, or makes it. */
uint32_t chi_track_site(uint32_t kind, uint32_t call, const void *const *frames,
                        size_t frame_count);
uint32_t chi_track_site_of_call(uint32_t call, const void *caller, const void *frame);
chi_track_site_row *chi_track_site_row_at(const chi_track_record *record, uint32_t site);
const uint64_t *chi_track_site_frames(const chi_track_site_row *row);

/* track_stack.c */
typedef struct chi_track_memo chi_track_memo;

#define CHI_TRACK_MEMO_BITS   6
#define CHI_TRACK_MEMO_BYTES  1088u
#define CHI_TRACK_MEMOS_BYTES ((size_t)CHI_TRACK_MEMO_BYTES << CHI_TRACK_MEMO_BITS)

uint32_t chi_track_site_by_stack(uint32_t call, const void *caller, const void *frame);

/** chi_track_stack_begin prepares a thread that has just taken its table. */
CH_COLD void chi_track_stack_begin(uint32_t table);

/* track_wrapper.c: functions that allocate for their callers, such as operator new. */
void chi_track_wrappers_find(void);
bool chi_track_is_wrapper(const void *return_address);

/* track_setup.c */

/** chi_track_arm makes the file and turns the tracker on. Returns: NULL, or what is wrong. */
const char *chi_track_arm(const chi_session_config *config);

/** Tables of a file, if there is room: CHI_TRACK_TABLES; tests take fewer. At least 2. */
extern uint32_t chi_track_tables_wanted;

/** False: the address table even where trailers are possible; for tests. */
extern bool chi_track_trailers_wanted;

/** chi_track_stop turns the tracker off and leaves the file as it is; for tests and benches, while
 * no other thread makes heap calls. What it gave out stays valid, and is of before arming later. */
void chi_track_stop(void);

/** chi_track_forked is called by the first call that finds the plan empty: a fork child's, which
 *  gets a file of its own or stops. Returns: whether the tracker is on. */
CH_COLD bool chi_track_forked(void);

uint64_t chi_track_now_ns(void);

/* track_mark.c */

/** chi_track_ended brings the header up to date; may be called more than once. */
void chi_track_ended(void);

/** chi_track_sealed is told that the process is sealed. */
void chi_track_sealed(const char *name);

/* track_modules.c */

/** chi_track_modules_see makes sure that `address` lies in a module of the record, if in any. */
CH_COLD void chi_track_modules_see(uint64_t address);
void chi_track_modules_forget(void);

/* track_address.c */
typedef struct chi_track_block {
    uint64_t size_bytes;
    uint64_t time_ns;
    uint32_t site;
} chi_track_block;

/** The key of a block; address 0 has none. */
CH_INLINE uint64_t chi_track_address_key(const void *pointer, uint32_t kind) {
    return (uint64_t)(uintptr_t)pointer << 3 | (kind + 1);
}

bool chi_track_address_init(void);
bool chi_track_address_put(uint64_t key, const chi_track_block *block);
bool chi_track_address_take(uint64_t key, chi_track_block *block);
bool chi_track_address_look(uint64_t key, chi_track_block *block);

/* track_sample.c */

/** What one sampled block stands for: depends on what is kept of it only, so that it is the same
 * when the block is given back. */
typedef struct chi_track_weight {
    uint64_t blocks;
    uint64_t bytes;
} chi_track_weight;

bool chi_track_sample(size_t size_bytes);
chi_track_weight chi_track_weigh(size_t size_bytes, uint64_t time_ns);

/* track_note.c: what the tracker counts of heap calls; false if it is off. */
bool chi_track_heap_count(uint64_t *allocations);

/* ---- the index: open addressing; a word is 0, or 40 bits of the hash and 24 of the row ---------
 */

#define CHI_INDEX_ROW_BITS 24
#define CHI_INDEX_ROW      0xffffffu
#define CHI_INDEX_CHECK    (~UINT64_C(0) >> CHI_INDEX_ROW_BITS)
#define CHI_INDEX_MIX      UINT64_C(0xd6e8feb86659fd93)

/** Not a row: the call is in a known wrapper (track_wrapper.c), and the frame before it counts. */
#define CHI_INDEX_WRAPPER 0xffffffu

CH_INLINE uint64_t chi_index_hash(uint64_t hash, const void *frame) {
    return (hash + (uint64_t)(uintptr_t)frame) * CHI_INDEX_MIX;
}

/** chi_index_look tries the first place of a hash alone. Returns: the row; 0 if it is not there. */
CH_INLINE uint32_t chi_index_look(uint64_t hash) {
    const uint64_t word =
        __atomic_load_n(&CHI_PLAN->index[hash >> CHI_PLAN->index_shift], __ATOMIC_ACQUIRE);
    const bool found = word >> CHI_INDEX_ROW_BITS == (hash & CHI_INDEX_CHECK);
    return found ? (uint32_t)(word & CHI_INDEX_ROW) : 0;
}

#pragma GCC visibility pop

#endif
