/* sealon.c: see sealon.h. The time needs no timer, which would disturb the program with signals: it
 * matters only when the heap is called, so it is looked at then, by every call until the seal. */
#define _GNU_SOURCE
#include "sealon.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "session_shared.h"
#include "state.h"
#include "text.h"

#define CALLS                                                                                      \
    (CHI_SEAL_ON_MAIN | CHI_SEAL_ON_LISTEN | CHI_SEAL_ON_ACCEPT | CHI_SEAL_ON_POLL |               \
     CHI_SEAL_ON_SELECT | CHI_SEAL_ON_EPOLL_WAIT | CHI_SEAL_ON_SIGWAIT | CHI_SEAL_ON_PAUSE |       \
     CHI_SEAL_ON_NANOSLEEP)

uint32_t chi_sealon_awaited;

static uint64_t start_ns;
static uint64_t deadline_ns;
static int counts_for_us; /* we have switched the process count on */

uint32_t chi_sealon_supported(void) {
    uint32_t bits = CHI_SEAL_ON_SIGUSR2 | CHI_SEAL_ON_AFTER;
#ifdef CHI_GUARD_INTERPOSES
    bits |= CALLS;
#ifdef CHI_GUARD_HOOKS
    bits &= ~CHI_SEAL_ON_MAIN;
#endif
#endif
    return bits;
}

static uint64_t clock_ns(void) {
    struct timespec time;
    if (clock_gettime(CLOCK_MONOTONIC, &time) != 0) {
        return 0;
    }
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void on_signal(int number) {
    (void)number;
    const int errno_before = errno;
    chi_sealon_at(CHI_SEAL_ON_SIGUSR2, "SIGUSR2");
    errno = errno_before;
}

static void await_signal(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    (void)sigaction(SIGUSR2, &action, NULL);
}

static void await_time(void) {
    const uint64_t after_ns = chi_guard_settings.config.seal_after_ns;
    deadline_ns = after_ns < UINT64_MAX - start_ns ? start_ns + after_ns : UINT64_MAX;
    chi_session_image_will_seal("time", deadline_ns);
    __atomic_or_fetch(&chi_guard_flags, CHI_FLAG_CLOCK, __ATOMIC_RELAXED);
}

void chi_sealon_begin(void) {
    const uint32_t bits = chi_guard_settings.config.seal_on;
    if (bits == 0) {
        return;
    }
    start_ns = clock_ns();
    chi_guard_seal_began(); /* now, and not in a signal handler */
    if ((__atomic_load_n(&chi_guard_flags, __ATOMIC_RELAXED) & CHI_FLAG_COUNTING) == 0) {
        counts_for_us = 1;
        __atomic_or_fetch(&chi_guard_flags, CHI_FLAG_COUNTING, __ATOMIC_RELAXED);
    }
    __atomic_store_n(&chi_sealon_awaited, bits, __ATOMIC_RELEASE);
    if ((bits & CHI_SEAL_ON_SIGUSR2) != 0) {
        await_signal();
    }
    if ((bits & CHI_SEAL_ON_AFTER) != 0) {
        await_time();
    }
}

void chi_sealon_reached(const char *name) {
    CHI_HOOK_SCOPE;
    const int errno_before = errno;
    (void)chi_guard_seal(name, CH_OP_HEAP);
    errno = errno_before;
}

void chi_sealon_clock(void) {
    const bool due = (__atomic_load_n(&chi_sealon_awaited, __ATOMIC_ACQUIRE) & CHI_SEAL_ON_AFTER) &&
                     clock_ns() >= deadline_ns;
    if (due) {
        chi_sealon_reached("time");
    }
}

static void tell(const char *name, const ch_heap_calls *calls, uint64_t since_ns) {
    chi_text text = {.fd = chi_guard_settings.report_fd};
    chi_text_add(&text, "coldheap: sealed by \"");
    chi_text_add(&text, name);
    chi_text_add(&text, "\" after ");
    chi_text_add_seconds(&text, since_ns);
    chi_text_add(&text, ": init took ");
    chi_text_add_number(&text, calls->allocs + calls->reallocs);
    chi_text_add(&text, " allocations, ");
    chi_text_add_number(&text, calls->bytes);
    chi_text_add(&text, " B, ");
    chi_text_add_number(&text, calls->frees);
    chi_text_add(&text, " frees");
    chi_text_end_line(&text);
}

void chi_sealon_sealed(const char *name) {
    if (__atomic_exchange_n(&chi_sealon_awaited, 0, __ATOMIC_ACQ_REL) == 0) {
        return;
    }
    CHI_HOOK_SCOPE;
    ch_heap_calls calls;
    (void)chi_guard_heap_calls(&calls);
    __atomic_and_fetch(&chi_guard_flags, ~CHI_FLAG_CLOCK, __ATOMIC_RELAXED);
    if (counts_for_us) {
        __atomic_and_fetch(&chi_guard_flags, ~CHI_FLAG_COUNTING, __ATOMIC_RELAXED);
    }
    chi_session_image_init(calls.allocs + calls.reallocs, calls.bytes);
    if (chi_guard_settings.config.quiet == 0) {
        const uint64_t now = clock_ns();
        tell(name, &calls, now > start_ns ? now - start_ns : 0);
    }
}
