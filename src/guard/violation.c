/* violation.c: a denied call. First look whether it really is one (the scope may be dead), then put
 * it on the account, let the callback or the mode decide, and act. Nothing here allocates or takes
 * a lock, and calls made on the way (by a callback) are no events. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "callback.h"
#include "session_shared.h"
#include "state.h"
#include "suppress.h"
#include "walk.h"

const char *chi_guard_call_text(chi_guard_call_name name) {
    static const char *const texts[] = {
#define CALL_TEXT(name, text) text,
        CHI_CALL_ROWS(CALL_TEXT)
#undef CALL_TEXT
    };
    return texts[name];
}

static bool denied_by_scope(uint32_t op) {
    return ((chi_guard_self.state >> CHI_STATE_DENY_SHIFT) & chi_guard_mask(op)) != 0;
}

/* The innermost open scope that denies the operation, among those that have a record; NULL if there
 * is none. */
static const ch_hot_mark *denying_mark(uint32_t op) {
    const uint32_t mask = chi_guard_mask(op);
    const chi_guard_thread *self = &chi_guard_self;
    uint32_t depth = (uint32_t)self->state;
    depth = depth < CHI_RECORD_MAX ? depth : CHI_RECORD_MAX;
    while (depth > 0) {
        const ch_hot_mark *mark = self->records[--depth].mark;
        if (mark != NULL && (mark->deny & CH_MARK_PERMIT) == 0 &&
            (chi_kernel_mark_ops(mark) & mask) != 0) {
            return mark;
        }
    }
    return NULL;
}

/* Names the section: the scope if it denies the call, else the seal. False if neither is there any
 * more: another thread has just ended the seal. */
static bool name_section(ch_violation *violation, chi_guard_site *site, char *label) {
    if (denied_by_scope(violation->op)) {
        const ch_hot_mark *mark = denying_mark(violation->op);
        site->section = mark;
        violation->section = mark != NULL ? mark->name : "?";
        violation->file = mark != NULL ? mark->file : NULL;
        violation->func = mark != NULL ? mark->func : NULL;
        violation->line = mark != NULL ? mark->line : 0;
        return true;
    }
    const char *name;
    if (!chi_guard_seal_state(&name, &violation->sealed_ns)) {
        return false;
    }
    site->section = name;
    site->sealed = 1;
    chi_guard_seal_label(label, name);
    violation->section = label;
    return true;
}

bool chi_guard_wants_frames(void) {
    ch_violation_fn function;
    void *context;
    return chi_guard_settings.config.mode != CH_GUARD_COUNT || chi_guard_session != NULL ||
           chi_guard_callback(&function, &context);
}

CH_NOINLINE size_t chi_guard_find_frames(const void **frames, uintptr_t *stack_pointer,
                                         const void *caller, size_t frame_max) {
    const size_t count =
        chi_guard_walk_stack(frames, frame_max, stack_pointer, caller, CHI_WALK_FRAME);
    return *stack_pointer != 0 ? count
                               : chi_guard_backtrace(frames, stack_pointer, caller, frame_max);
}

bool chi_guard_violation(const chi_guard_call *call) {
    CHI_HOOK_SCOPE;
    const int errno_before = errno;
    const bool wants_frames = chi_guard_wants_frames();
    const void *frames[CHI_FRAME_MAX];
    size_t frame_count = 0;
    if (denied_by_scope(call->op) || wants_frames) {
        uintptr_t stack_pointer = 0;
        frame_count = chi_guard_find_frames(frames, &stack_pointer, call->caller,
                                            wants_frames ? CHI_FRAME_MAX : 1);
        if (stack_pointer != 0 && chi_guard_own_stack(stack_pointer)) {
            chi_guard_drop_below(stack_pointer);
        }
    }
    chi_guard_finding finding = {.violation = {.call = chi_guard_call_text(call->name),
                                               .pointer = call->pointer,
                                               .caller = call->caller,
                                               .frames = frames,
                                               .frame_count = wants_frames ? frame_count : 0,
                                               .size_bytes = call->size_bytes,
                                               .align = call->align,
                                               .op = call->op,
                                               .depth = (uint32_t)chi_guard_self.state,
                                               .thread = (int)syscall(SYS_gettid)},
                                 .site = {.caller = call->caller, .call = (uint32_t)call->name + 1},
                                 .found = CHI_FOUND_CALL};
    const bool allowed = chi_guard_settle(&finding);
    errno = errno_before;
    return allowed;
}

bool chi_guard_settle(chi_guard_finding *finding) {
    char label[CHI_SEAL_LABEL_BYTES];
    if ((chi_guard_denied() & chi_guard_mask(finding->violation.op)) == 0 ||
        !name_section(&finding->violation, &finding->site, label)) {
        return true;
    }
    return chi_guard_judge(finding);
}

/* ---- judging ---- */

/* Looks a site up in rules and session, the first time. Two threads may do so at the same time:
 * they find the same. */
static void meet(chi_guard_ledger_row *row, const chi_guard_finding *finding) {
    const ch_violation *violation = &finding->violation;
    const chi_session_details details = {
        .violation = violation,
        .found = finding->found,
        .number = finding->number,
        .rule = finding->rule,
        .section = chi_session_section_find(violation->section, violation->file, violation->line,
                                            violation->func),
        .allocated = finding->allocated,
        .allocated_count = finding->allocated_count};
    chi_places *places = chi_guard_session != NULL
                             ? chi_places_locate(violation->frames, violation->frame_count)
                             : NULL;
    row->section = details.section;
    row->suppressed = chi_suppress_find(violation, places);
    row->session = chi_session_violation_row(&details, places);
    if (places != NULL) {
        chi_places_done(places);
    }
    __atomic_store_n(&row->met, 1, __ATOMIC_RELEASE);
}

static bool act(const ch_violation *violation, ch_guard_mode mode) {
    const bool quiet = chi_guard_settings.config.quiet != 0;
    switch (mode) {
    case CH_GUARD_LOG:
        if (violation->repeat == 1 && !quiet && chi_guard_ledger_print_one()) {
            chi_guard_report(violation);
        }
        return true;
    case CH_GUARD_COUNT:
        return true;
    case CH_GUARD_DENY:
        return false;
    case CH_GUARD_ABORT:
        break;
    }
    if (!quiet) {
        chi_guard_report(violation);
    }
    abort();
}

static uint64_t stack_hash(const ch_violation *violation) {
    uint64_t hash = violation->frame_count;
    for (size_t i = 0; i < violation->frame_count; i++) {
        hash = (hash ^ (uint64_t)(uintptr_t)violation->frames[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return hash;
}

/* What is met for the first time will be read: the compiler's unwinder may see further than the
 * short way, which ends at what it does not know. `frames` must outlive the violation. */
static void look_further(ch_violation *violation, const void **frames) {
    uintptr_t stack_pointer;
    if (violation->frame_count == 0 || violation->frame_count == CHI_FRAME_MAX) {
        return;
    }
    const size_t count =
        chi_guard_backtrace(frames, &stack_pointer, violation->caller, CHI_FRAME_MAX);
    if (count > violation->frame_count) {
        violation->frames = frames;
        violation->frame_count = count;
    }
}

bool chi_guard_judge(chi_guard_finding *finding) {
    ch_violation *violation = &finding->violation;
    const void *frames[CHI_FRAME_MAX];
    finding->site.stack = stack_hash(violation);
    chi_guard_ledger_row unplaced = {0};
    chi_guard_ledger_row *placed = chi_guard_ledger_find(&finding->site);
    chi_guard_ledger_row *row = placed != NULL ? placed : &unplaced;
    if (__atomic_load_n(&row->met, __ATOMIC_ACQUIRE) == 0) {
        look_further(violation, frames);
        meet(row, finding);
    }
    if (chi_suppress_use(row->suppressed)) {
        return true;
    }
    violation->number = chi_guard_ledger_add(&violation->repeat, placed);
    chi_session_section_denied(row->section, violation->op, violation->size_bytes);
    chi_session_violation_add(row->session);
    ch_violation_fn function;
    void *context;
    return act(violation, chi_guard_callback(&function, &context)
                              ? function(violation, context)
                              : (ch_guard_mode)chi_guard_settings.config.mode);
}
