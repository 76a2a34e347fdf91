/* track_table.c: the counters. Each thread has a table of the record to itself, written without
 * atomic operations; when all are taken, and where a signal handler interrupts a booking, table 0
 * takes atomic additions. A table whose thread has ended is taken over and goes on from its
 * numbers. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "track.h"

#define LOOK_BACK    8u /* tables of others that are asked whether their thread has ended */
#define PUBLISH_STEP 65536

static uint64_t owners[CHI_TRACK_TABLES]; /* process, thread; 0: never taken */
static uint32_t next_look;

static uint8_t *table_at(uint32_t index) {
    return CHI_PLAN->tables + index * CHI_PLAN->record->table_bytes;
}

static chi_track_tail *tail_of(uint8_t *table) {
    return (chi_track_tail *)(void *)(table + CHI_PLAN->record->tail_offset);
}

static chi_track_counters *row_in(uint8_t *table, uint32_t site) {
    return (chi_track_counters *)(void *)(table + site * CHI_PLAN->row_bytes);
}

uint32_t chi_track_tables_taken(void) {
    return __atomic_load_n(&CHI_PLAN->record->tables, __ATOMIC_ACQUIRE);
}

/* ---- whose table ---- */

static bool thread_has_ended(pid_t process, pid_t thread) {
    return syscall(SYS_tgkill, process, thread, 0) != 0 && errno == ESRCH;
}

static bool take_over(uint32_t index, uint64_t mine) {
    uint64_t other = __atomic_load_n(&owners[index], __ATOMIC_RELAXED);
    const bool ended =
        other == mine || thread_has_ended((pid_t)(other >> 32), (pid_t)(uint32_t)other);
    return ended && __atomic_compare_exchange_n(&owners[index], &other, mine, false,
                                                __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* A few tables of others are asked before a new one is touched; all, when there is no new one. */
static uint32_t look_for_ended(uint32_t taken, uint32_t tries, uint64_t mine) {
    for (uint32_t i = 0; i < tries && taken > 1; i++) {
        const uint32_t at = __atomic_fetch_add(&next_look, 1, __ATOMIC_RELAXED);
        const uint32_t index = 1 + at % (taken - 1);
        if (__atomic_load_n(&owners[index], __ATOMIC_RELAXED) != 0 && take_over(index, mine)) {
            return index;
        }
    }
    return 0;
}

static uint32_t take_new(uint64_t mine) {
    chi_track_record *record = CHI_PLAN->record;
    uint32_t taken = __atomic_load_n(&record->tables, __ATOMIC_RELAXED);
    while (taken < record->tables_max) {
        if (__atomic_compare_exchange_n(&record->tables, &taken, taken + 1, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED)) {
            __atomic_store_n(&owners[taken], mine, __ATOMIC_RELEASE);
            return taken;
        }
    }
    return 0;
}

bool chi_track_thread_begin(void) {
    chi_track_thread *self = &chi_track_self;
    const int errno_before = errno;
    const uint64_t mine = (uint64_t)getpid() << 32 | (uint32_t)syscall(SYS_gettid);
    uint32_t index = look_for_ended(chi_track_tables_taken(), LOOK_BACK, mine);
    if (index == 0) {
        index = take_new(mine);
    }
    if (index == 0) {
        const uint32_t taken = chi_track_tables_taken();
        index = look_for_ended(taken, taken, mine);
    }
    self->table = table_at(index);
    self->tail = tail_of(self->table);
    chi_track_stack_begin(index);
    errno = errno_before;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    self->state = index != 0 ? CHI_TRACK_READY : CHI_TRACK_SHARES;
    return index != 0;
}

void chi_track_tables_forget(void) {
    for (uint32_t i = 0; i < CHI_TRACK_TABLES; i++) {
        owners[i] = 0;
    }
    chi_track_self = (chi_track_thread){0};
}

/* ---- the process's live bytes and peak ---- */

static void raise_to(uint64_t *place, uint64_t value) {
    uint64_t most = __atomic_load_n(place, __ATOMIC_RELAXED);
    while ((int64_t)value > (int64_t)most &&
           !__atomic_compare_exchange_n(place, &most, value, true, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED)) {}
}

static void new_live(uint64_t live, uint64_t high) {
    chi_track_record *record = CHI_PLAN->record;
    (void)live;
    if ((int64_t)high > (int64_t)__atomic_load_n(&record->peak_bytes, __ATOMIC_RELAXED)) {
        raise_to(&record->peak_bytes, high);
        record->peak_ns = chi_track_now_ns();
        __atomic_fetch_add(&record->peak_stamp, 1, __ATOMIC_RELEASE);
    }
}

void chi_track_publish(chi_track_tail *tail) {
    const uint64_t change = tail->live_bytes - tail->published_bytes;
    const uint64_t high = tail->high_bytes - tail->published_bytes;
    const uint64_t before =
        __atomic_fetch_add(&CHI_PLAN->record->live_bytes, change, __ATOMIC_RELAXED);
    tail->published_bytes = tail->live_bytes;
    tail->high_bytes = tail->live_bytes;
    new_live(before + change, before + high);
}

/* ---- booking in general ---- */

typedef struct place {
    uint8_t *table;
    chi_track_tail *tail;
    bool shared;
} place;

/* The thread's own table, or the shared one if it has none or is busy with it. */
static place begin(void) {
    chi_track_thread *self = &chi_track_self;
    if (CH_UNLIKELY(self->state == CHI_TRACK_NEW)) {
        chi_track_thread_begin();
    }
    place at = {self->table, self->tail, self->state != CHI_TRACK_READY};
    if (at.shared) {
        at.table = table_at(0);
        at.tail = tail_of(at.table);
    } else {
        self->state = CHI_TRACK_BUSY;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
    }
    return at;
}

static void end(const place *at) {
    if (!at->shared) {
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        chi_track_self.state = CHI_TRACK_READY;
    }
}

static uint64_t add(const place *at, uint64_t *word, uint64_t amount) {
    return at->shared ? __atomic_add_fetch(word, amount, __ATOMIC_RELAXED) : (*word += amount);
}

static void keep_most(const place *at, uint64_t *word, uint64_t value) {
    if (at->shared) {
        raise_to(word, value);
    } else if ((int64_t)value > (int64_t)*word) {
        *word = value;
    }
}

/* With lifetimes the process's peak is followed call by call: what the rows were at that moment is
 * part of the answer. */
static void book_live(const place *at, uint64_t change) {
    chi_track_tail *tail = at->tail;
    const uint64_t live = add(at, &tail->live_bytes, change);
    if (at->shared) {
        add(at, &tail->published_bytes, change);
        const uint64_t now =
            __atomic_add_fetch(&CHI_PLAN->record->live_bytes, change, __ATOMIC_RELAXED);
        new_live(now, now);
        return;
    }
    if ((int64_t)live > (int64_t)tail->high_bytes) {
        tail->high_bytes = live;
    }
    const int64_t ahead = (int64_t)(live - tail->published_bytes);
    if (ahead >= PUBLISH_STEP || ahead <= -PUBLISH_STEP ||
        (CHI_PLAN->options & CHI_TRACK_LIFETIMES) != 0) {
        chi_track_publish(tail);
    }
}

static chi_track_lifetimes *lifetimes_of(chi_track_counters *row) {
    return (chi_track_lifetimes *)(void *)(row + 1);
}

/* Before a row changes for the first time since the process's last peak, what it was then is kept.
 */
static void keep_peak_state(chi_track_counters *row) {
    chi_track_lifetimes *life = lifetimes_of(row);
    const uint64_t stamp = __atomic_load_n(&CHI_PLAN->record->peak_stamp, __ATOMIC_ACQUIRE);
    if (life->global_stamp != stamp) {
        life->global_bytes = row->bytes - row->freed_bytes;
        life->global_blocks = row->count - row->frees;
        life->global_stamp = stamp;
    }
}

static void book_exact_peak(uint32_t site, uint64_t change) {
    int64_t *word = &CHI_PLAN->exact_live[site];
    const int64_t live = __atomic_add_fetch(word, (int64_t)change, __ATOMIC_RELAXED);
    raise_to(&row_in(table_at(0), site)->peak_bytes, (uint64_t)live);
}

static void book_alloc(uint32_t site, uint64_t blocks, uint64_t size_bytes, uint64_t largest_bytes,
                       bool is_heap) {
    const place at = begin();
    const uint32_t options = CHI_PLAN->options;
    chi_track_counters *row = row_in(at.table, site);
    if ((options & CHI_TRACK_LIFETIMES) != 0) {
        keep_peak_state(row);
    }
    const uint64_t count = add(&at, &row->count, blocks);
    const uint64_t live = add(&at, &row->bytes, size_bytes) - row->freed_bytes;
    keep_most(&at, &row->largest_bytes, largest_bytes);
    if ((options & CHI_TRACK_LIFETIMES) != 0 && (int64_t)live > (int64_t)row->peak_bytes) {
        lifetimes_of(row)->most_bytes = live;
        lifetimes_of(row)->most_blocks = count - row->frees;
    }
    if ((options & CHI_TRACK_EXACT_PEAK) != 0) {
        book_exact_peak(site, size_bytes);
    }
    if (!at.shared || (options & CHI_TRACK_EXACT_PEAK) == 0) {
        keep_most(&at, &row->peak_bytes, live);
    }
    if (site == CHI_TRACK_SITE_OVERFLOW) {
        add(&at, &at.tail->sites_dropped, 1);
    }
    if (is_heap) {
        book_live(&at, size_bytes);
    }
    end(&at);
}

static void book_free(uint32_t site, uint64_t blocks, uint64_t size_bytes, uint64_t life_ns,
                      bool is_heap) {
    const place at = begin();
    const uint32_t options = CHI_PLAN->options;
    chi_track_counters *row = row_in(at.table, site);
    if ((options & CHI_TRACK_LIFETIMES) != 0) {
        keep_peak_state(row);
        add(&at, &lifetimes_of(row)->life_ns, life_ns);
    }
    add(&at, &row->frees, blocks);
    add(&at, &row->freed_bytes, size_bytes);
    if ((options & CHI_TRACK_EXACT_PEAK) != 0) {
        book_exact_peak(site, 0 - size_bytes);
    }
    if (is_heap) {
        book_live(&at, 0 - size_bytes);
    }
    end(&at);
}

void chi_track_book_alloc(uint32_t site, uint64_t blocks, uint64_t size_bytes,
                          uint64_t largest_bytes) {
    book_alloc(site, blocks, size_bytes, largest_bytes, true);
}

void chi_track_book_free(uint32_t site, uint64_t blocks, uint64_t size_bytes, uint64_t life_ns) {
    book_free(site, blocks, size_bytes, life_ns, true);
}

void chi_track_book_noted(uint32_t kind, uint32_t site, uint64_t size_bytes) {
    book_alloc(site, 1, size_bytes, size_bytes, kind == CH_TRACK_HEAP);
}

void chi_track_book_noted_free(uint32_t kind, uint32_t site, uint64_t blocks, uint64_t size_bytes) {
    book_free(site, blocks, size_bytes, 0, kind == CH_TRACK_HEAP);
}

void chi_track_book_exhausted(uint32_t site) {
    const place at = begin();
    add(&at, &row_in(at.table, site)->exhausted, 1);
    end(&at);
}

/* Counted in and out at once: nothing of it was ever live as far as we saw. */
void chi_track_book_unattributed(size_t size_bytes) {
    const place at = begin();
    chi_track_counters *row = row_in(at.table, CHI_TRACK_SITE_UNATTRIBUTED);
    add(&at, &row->count, 1);
    add(&at, &row->frees, 1);
    add(&at, &row->bytes, size_bytes);
    add(&at, &row->freed_bytes, size_bytes);
    keep_most(&at, &row->largest_bytes, size_bytes);
    add(&at, &at.tail->frees_unattributed, 1);
    end(&at);
}

void chi_track_book_realloc(void) {
    const place at = begin();
    add(&at, &at.tail->reallocs, 1);
    end(&at);
}

void chi_track_book_dropped_block(void) {
    const place at = begin();
    add(&at, &at.tail->blocks_dropped, 1);
    end(&at);
}

/* ---- sums ---- */

#define PEEK(word) __atomic_load_n(&(word), __ATOMIC_RELAXED)

void chi_track_sum(chi_track_counters *sum, uint32_t site) {
    *sum = (chi_track_counters){0};
    const uint32_t tables = chi_track_tables_taken();
    for (uint32_t i = 0; i < tables; i++) {
        const chi_track_counters *row = row_in(table_at(i), site);
        sum->count += PEEK(row->count);
        sum->frees += PEEK(row->frees);
        sum->bytes += PEEK(row->bytes);
        sum->freed_bytes += PEEK(row->freed_bytes);
        sum->peak_bytes += PEEK(row->peak_bytes);
        sum->largest_bytes = PEEK(row->largest_bytes) > sum->largest_bytes
                                 ? PEEK(row->largest_bytes)
                                 : sum->largest_bytes;
        sum->exhausted += PEEK(row->exhausted);
    }
    const chi_track_counters *shared = row_in(table_at(0), site);
    sum->mark_bytes = PEEK(shared->mark_bytes);
    sum->mark_blocks = PEEK(shared->mark_blocks);
    if ((CHI_PLAN->options & CHI_TRACK_EXACT_PEAK) != 0) {
        sum->peak_bytes = PEEK(shared->peak_bytes);
    }
}

void chi_track_totals(chi_track_tail *sum) {
    *sum = (chi_track_tail){0};
    const uint32_t tables = chi_track_tables_taken();
    for (uint32_t i = 0; i < tables; i++) {
        const chi_track_tail *tail = tail_of(table_at(i));
        sum->live_bytes += PEEK(tail->live_bytes);
        sum->reallocs += PEEK(tail->reallocs);
        sum->frees_unattributed += PEEK(tail->frees_unattributed);
        sum->sites_dropped += PEEK(tail->sites_dropped);
        sum->blocks_dropped += PEEK(tail->blocks_dropped);
    }
}
