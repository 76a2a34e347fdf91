/* count.c: counting heap calls, of one thread and of the process.
 *
 * The process count is kept in one row per thread, written by its thread alone and added up when
 * asked, so counting needs no atomic operation. Rows live in a fixed table and outlive their
 * thread; one whose thread has ended is taken over and goes on from its numbers, so the totals stay
 * right. If all rows are taken, threads share one row with atomic additions. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "state.h"
#include "track.h"

#define ROW_MAX 1024u

static chi_guard_row rows[ROW_MAX];
chi_guard_row chi_guard_row_shared;

static bool take_row(chi_guard_row *row, uint64_t expected, uint64_t owner) {
    return __atomic_compare_exchange_n(&row->owner, &expected, owner, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}

static bool thread_has_ended(pid_t process, pid_t thread) {
    const int errno_before = errno;
    const bool ended = syscall(SYS_tgkill, process, thread, 0) != 0 && errno == ESRCH;
    errno = errno_before;
    return ended;
}

/* Rows of another process are those copied by fork: the forking thread still uses one of them, so
 * they are never taken over. */
static chi_guard_row *find_row(void) {
    const pid_t process = getpid();
    const uint64_t owner = (uint64_t)process << 32 | (uint32_t)syscall(SYS_gettid);
    for (size_t i = 0; i < ROW_MAX; i++) {
        if (__atomic_load_n(&rows[i].owner, __ATOMIC_RELAXED) == 0 &&
            take_row(&rows[i], 0, owner)) {
            return &rows[i];
        }
    }
    for (size_t i = 0; i < ROW_MAX; i++) {
        const uint64_t other = __atomic_load_n(&rows[i].owner, __ATOMIC_RELAXED);
        const bool free_again =
            (pid_t)(other >> 32) == process &&
            (other == owner || thread_has_ended(process, (pid_t)(uint32_t)other));
        if (free_again && take_row(&rows[i], other, owner)) {
            return &rows[i];
        }
    }
    return &chi_guard_row_shared;
}

void chi_guard_row_find(chi_guard_thread *self) {
    self->row = find_row();
}

static void add_row(ch_heap_calls *calls, const chi_guard_row *row) {
    calls->allocs += __atomic_load_n(&row->calls[0], __ATOMIC_RELAXED);
    calls->frees += __atomic_load_n(&row->calls[1], __ATOMIC_RELAXED);
    calls->reallocs += __atomic_load_n(&row->calls[2], __ATOMIC_RELAXED);
    calls->bytes += __atomic_load_n(&row->bytes, __ATOMIC_RELAXED);
}

CHI_EXPORT bool chi_guard_heap_calls(ch_heap_calls *calls) {
    *calls = (ch_heap_calls){0};
    if (!chi_guard_armed()) {
        return false;
    }
    for (size_t i = 0; i < ROW_MAX; i++) {
        add_row(calls, &rows[i]);
    }
    add_row(calls, &chi_guard_row_shared);
    return true;
}

CHI_EXPORT int chi_guard_heap_count(uint64_t *allocations) {
    if (chi_track_heap_count(allocations)) {
        return true;
    }
    ch_heap_calls calls;
    const bool armed = chi_guard_heap_calls(&calls);
    *allocations = calls.allocs + calls.reallocs;
    return armed && (__atomic_load_n(&chi_guard_flags, __ATOMIC_RELAXED) & CHI_FLAG_COUNTING) != 0;
}

CHI_EXPORT bool chi_guard_count_process(bool on) {
    if (on) {
        __atomic_or_fetch(&chi_guard_flags, CHI_FLAG_COUNTING, __ATOMIC_RELAXED);
    } else {
        __atomic_and_fetch(&chi_guard_flags, ~CHI_FLAG_COUNTING, __ATOMIC_RELAXED);
    }
    return chi_guard_armed();
}

/* The counting bit only takes the thread off the off path; the numbers run whenever it is off. */
CHI_EXPORT bool chi_guard_count_begin(ch_heap_calls *count) {
    chi_guard_thread *self = &chi_guard_self;
    const bool armed = chi_guard_armed();
    self->count_depth++;
    self->counting = CHI_STATE_COUNTING;
    self->state |= CHI_STATE_COUNTING;
    *count = (ch_heap_calls){self->calls[0], self->calls[1], self->calls[2], self->bytes};
    return armed;
}

CHI_EXPORT bool chi_guard_count_end(ch_heap_calls *count) {
    chi_guard_thread *self = &chi_guard_self;
    const bool armed = chi_guard_armed();
    *count = (ch_heap_calls){self->calls[0] - count->allocs, self->calls[1] - count->frees,
                             self->calls[2] - count->reallocs, self->bytes - count->bytes};
    if (self->count_depth > 0 && --self->count_depth == 0) {
        self->counting = 0;
        self->state &= ~CHI_STATE_COUNTING;
    }
    if (!armed) {
        *count = (ch_heap_calls){0};
    }
    return armed;
}

CHI_EXPORT uint64_t chi_guard_allocs_per_run(uint64_t runs, void (*function)(void *),
                                             void *context) {
    uint64_t most = 0;
    if (runs == 0 || !chi_guard_armed()) {
        return UINT64_MAX;
    }
    for (uint64_t run = 0; run < runs; run++) {
        ch_heap_calls count;
        chi_guard_count_begin(&count);
        function(context);
        chi_guard_count_end(&count);
        const uint64_t made = count.allocs + count.reallocs;
        most = made > most ? made : most;
    }
    return most;
}
