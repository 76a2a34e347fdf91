/* What the checks of the kernel's cost: the ends of a scope that also denies system calls or counts
 * or locates page faults, a system call in an armed thread, and one that is trapped and issued
 * again. Each group has beside it what the kernel alone takes for the same work. */
#define _GNU_SOURCE
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "internal.h"
#include "state.h"

#define PR_DISPATCH 59

uint64_t ch_bench_heap_calls(void) {
    return 0;
}

bool bench_heap_is_counted(void) {
    return false;
}

static uint64_t scopes(const ch_hot_mark *mark, uint64_t iterations) {
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t token = ch_hot_enter(mark, &token);
        BENCH_KEEP(i);
        ch_hot_leave(token);
    }
    return iterations;
}

static uint64_t heap_scope(void *context, uint64_t iterations) {
    static const ch_hot_mark mark = {"heap", __FILE__, "", __LINE__, CH_OP_HEAP};
    (void)context;
    return scopes(&mark, iterations);
}

static uint64_t call_scope(void *context, uint64_t iterations) {
    static const ch_hot_mark mark = {"calls", __FILE__, "", __LINE__, CH_OP_SYSCALL};
    (void)context;
    return scopes(&mark, iterations);
}

static bool has_dispatch(void) {
    const bool possible = chi_dispatch_possible();
    if (!possible) {
        printf("# no Syscall User Dispatch here: not measured\n");
    }
    return possible;
}

/* What is more: the selector both ways, and to see that thread and process are armed. */
BENCH_GROUP(scope_denies_calls) {
    if (!has_dispatch()) {
        return;
    }
    ch_bench_add("heap and calls", call_scope, NULL);
    ch_bench_add("heap", heap_scope, NULL);
    ch_bench_target_ratio("selector", "heap", 2.4);
    ch_bench_run();
}

static uint64_t raw_calls(uint64_t iterations) {
    for (uint64_t i = 0; i < iterations; i++) {
        long result;
        __asm__ volatile("syscall"
                         : "=a"(result)
                         : "a"(SYS_getppid)
                         : "rcx", "r11", "cc", "memory");
        BENCH_KEEP(result);
    }
    return iterations;
}

static uint64_t armed_calls(void *context, uint64_t iterations) {
    (void)context;
    (void)chi_dispatch_arm();
    return raw_calls(iterations);
}

static uint64_t free_calls(void *context, uint64_t iterations) {
    (void)context;
    (void)prctl(PR_DISPATCH, 0, 0, 0, 0);
    const uint64_t result = raw_calls(iterations);
    (void)chi_dispatch_arm();
    return result;
}

static uint64_t trapped_calls(void *context, uint64_t iterations) {
    (void)context;
    uint8_t *list = chi_guard_settings.config.syscalls_allowed;
    (void)chi_dispatch_arm();
    list[SYS_getppid / 8] = (uint8_t)(1u << SYS_getppid % 8);
    CH_HOT_SCOPE_OPS("trapped", CH_OP_SYSCALL);
    return raw_calls(iterations);
}

BENCH_GROUP(system_call_cold) {
    if (!has_dispatch()) {
        return;
    }
    ch_bench_add("thread armed", armed_calls, NULL);
    ch_bench_add("thread not armed", free_calls, NULL);
    ch_bench_run();
}

BENCH_GROUP(system_call_trapped) {
    if (!has_dispatch()) {
        return;
    }
    ch_bench_add("trapped, issued again", trapped_calls, NULL);
    ch_bench_add("thread not armed", free_calls, NULL);
    ch_bench_run();
}

/* ---- page faults ---- */

static uint64_t fault_scope(void *context, uint64_t iterations) {
    static const ch_hot_mark mark = {"faults", __FILE__, "", __LINE__, CH_OP_FAULT};
    (void)chi_faults_begin(*(const uint32_t *)context);
    return scopes(&mark, iterations);
}

static uint64_t usage_twice(void *context, uint64_t iterations) {
    (void)context;
    for (uint64_t i = 0; i < iterations; i++) {
        struct rusage usage;
        (void)getrusage(RUSAGE_THREAD, &usage);
        BENCH_KEEP(usage);
        (void)getrusage(RUSAGE_THREAD, &usage);
        BENCH_KEEP(usage);
    }
    return iterations;
}

BENCH_GROUP(scope_counts_faults) {
    static const uint32_t kind = CHI_FAULTS_COUNT;
    (void)prctl(PR_DISPATCH, 0, 0, 0, 0);
    ch_bench_add("scope", fault_scope, (void *)(uintptr_t)&kind);
    ch_bench_add("getrusage twice", usage_twice, NULL);
    ch_bench_target_ratio("above the kernel's own", "getrusage twice", 1.2);
    ch_bench_run();
}

static uint64_t switch_twice(void *context, uint64_t iterations) {
    const int fd = *(const int *)context;
    for (uint64_t i = 0; i < iterations; i++) {
        (void)ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
        BENCH_KEEP(i);
        (void)ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
    }
    return iterations;
}

BENCH_GROUP(scope_locates_faults) {
    static const uint32_t kind = CHI_FAULTS_LOCATE;
    struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE,
                                    .size = sizeof event,
                                    .config = PERF_COUNT_SW_PAGE_FAULTS,
                                    .disabled = 1,
                                    .exclude_kernel = 1,
                                    .exclude_hv = 1};
    int fd = (int)syscall(SYS_perf_event_open, &event, 0, -1, -1, 0);
    if (fd < 0 || !chi_faults_possible()) {
        printf("# no perf event here: not measured\n");
        return;
    }
    ch_bench_add("scope", fault_scope, (void *)(uintptr_t)&kind);
    ch_bench_add("perf enable and disable", switch_twice, &fd);
    ch_bench_target_ratio("above the kernel's own", "perf enable and disable", 1.2);
    ch_bench_run();
    close(fd);
}
