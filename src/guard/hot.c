/* hot.c: from a hot range with a heap call below it to a violation in section "fn:NAME". */
#define _GNU_SOURCE
#include "hot.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ranges.h"
#include "walk.h"

#define LABEL_BYTES (CHI_RANGE_NAME_SIZE + sizeof "fn:")

static void label_range(char *label, const chi_range *range) {
    static const char prefix[] = "fn:";
    memcpy(label, prefix, sizeof prefix - 1);
    memcpy(label + sizeof prefix - 1, range->name, CHI_RANGE_NAME_SIZE);
}

static CH_COLD bool judge(const chi_guard_call *call, const chi_range *range) {
    CHI_HOOK_SCOPE;
    const int errno_before = errno;
    const void *frames[CHI_FRAME_MAX];
    char label[LABEL_BYTES];
    chi_session_rule *rule = chi_ranges_rule(range);
    uintptr_t stack_pointer;
    size_t frame_count = 0;
    if (chi_guard_wants_frames()) {
        frame_count = chi_guard_find_frames(frames, &stack_pointer, call->caller, CHI_FRAME_MAX);
    }
    label_range(label, range);
    chi_guard_finding finding = {.violation = {.section = label,
                                               .call = chi_guard_call_text(call->name),
                                               .pointer = call->pointer,
                                               .caller = call->caller,
                                               .frames = frames,
                                               .frame_count = frame_count,
                                               .size_bytes = call->size_bytes,
                                               .align = call->align,
                                               .op = call->op,
                                               .depth = (uint32_t)chi_guard_self.state,
                                               .thread = (int)syscall(SYS_gettid)},
                                 .site = {.section = range->name,
                                          .caller = call->caller,
                                          .call = (uint32_t)call->name + 1,
                                          .sealed = CHI_SITE_FUNCTION},
                                 .found = CHI_FOUND_CALL};
    if (rule != NULL) {
        __atomic_fetch_add(&rule->hits, 1, __ATOMIC_RELAXED);
        finding.rule = range->rule + 1;
        finding.found = rule->kind == CHI_RULE_WATCH ? CHI_FOUND_REFUTED : CHI_FOUND_CALL;
    }
    const bool allowed = chi_guard_judge(&finding);
    errno = errno_before;
    return allowed;
}

bool chi_hot_check(const chi_guard_call *call) {
    const uint32_t permitted = (uint32_t)(chi_guard_self.state >> CHI_STATE_PERMIT_SHIFT);
    const void *at;
    if ((permitted & chi_guard_mask(call->op)) !=
        0) { /* what a scope permits, it permits here too */
        return true;
    }
    const size_t number = chi_guard_walk_hot(&at, call->caller, CHI_WALK_FRAME);
    if (CH_LIKELY(number == CHI_RANGES_MAX)) {
        return true;
    }
    const chi_range *range = chi_ranges_get(number);
    return range == NULL || judge(call, range);
}
