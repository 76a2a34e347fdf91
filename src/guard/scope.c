/* scope.c: opening and closing scopes. The state is saved and restored by value, so an inner scope
 * can never disarm an outer one, and a longjmp over scopes heals at the next outer end. The record
 * of a scope (name, frame) is written after the state: a signal handler that comes between uses the
 * next slot, and so never leaves a wrong name behind. */
#include "session_shared.h"
#include "state.h"

CHI_THREAD_LOCAL chi_guard_thread chi_guard_self;

/* Whoever links ch_hot_enter in gets the whole run time. */
// clang-format off
__attribute__((used)) static const char *const parts[] = {
    &chi_guard_part_alloc,
    &chi_guard_part_exec,
    &chi_guard_part_load,
    &chi_guard_part_mapping,
    &chi_guard_part_sealon,
#ifndef CHI_GUARD_HOOKS
    &chi_guard_part_jump,
    &chi_guard_part_unload,
#endif
#ifdef CHI_GUARD_HOOKS_TSAN
    &chi_guard_part_tsan,
#endif
};
// clang-format on

/* The state with the scope of `mark` open, and its record. */
CH_INLINE uint64_t open_scope(chi_guard_thread *self, const ch_hot_mark *mark, void *frame) {
    const uint64_t before = self->state;
    const uint64_t ops = chi_kernel_mark_ops(mark);
    const uint64_t deny = ops << CHI_STATE_DENY_SHIFT;
    const uint64_t permit = ops << CHI_STATE_PERMIT_SHIFT;
    const bool permits = (mark->deny & CH_MARK_PERMIT) != 0;
    const uint64_t after = (permits ? (before & ~deny) | permit : (before & ~permit) | deny) + 1;
    self->state = after;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    const uint32_t depth = (uint32_t)before;
    if (CH_LIKELY(depth < CHI_RECORD_MAX)) {
        self->records[depth] = (chi_guard_record){mark, (uintptr_t)frame, before};
    }
    return after;
}

static void follow_in(chi_guard_thread *self, uint64_t before, uint64_t after) {
    if (((before ^ after) & CHI_STATE_KERNEL) != 0) {
        self->kernel.used = true;
        chi_kernel_follow(&self->kernel, before, after);
    }
}

uint64_t chi_guard_enter(const ch_hot_mark *mark, void *frame) {
    chi_guard_thread *self = &chi_guard_self;
    const uint64_t before = self->state;
    follow_in(self, before, open_scope(self, mark, frame));
    return before | CHI_STATE_TOKEN;
}

static CH_COLD void follow_back(chi_guard_thread *self, uint64_t after) {
    const uint64_t before = self->state;
    self->state = after;
    if (((before ^ after) & CHI_STATE_KERNEL) != 0) {
        chi_kernel_follow(&self->kernel, before, after);
    }
}

/* The state is not read here, so that the next scope need not wait for this one's beginning. */
void chi_guard_leave(uint64_t token) {
    chi_guard_thread *self = &chi_guard_self;
    const uint64_t after = (token & ~(CHI_STATE_TOKEN | CHI_STATE_COUNTING)) | self->counting;
    if (CH_UNLIKELY(self->kernel.used)) {
        follow_back(self, after);
        return;
    }
    self->state = after;
}

static inline const ch_hot_mark **seen_slot(const ch_hot_mark *mark) {
    return &chi_guard_self.seen[(uintptr_t)mark / sizeof *mark % CHI_SEEN_MAX];
}

static CH_COLD void enter_first(const ch_hot_mark *mark) {
    chi_session_mark_entered(mark);
    *seen_slot(mark) = mark;
}

/* The kernel must know of the scope, or the mark is new to the thread. Returns the token: being
 * called at the very end keeps the usual way free of a frame. */
static CH_NOINLINE uint64_t enter_rarely(const ch_hot_mark *mark, uint64_t before, uint64_t after) {
    follow_in(&chi_guard_self, before, after);
    if (CH_UNLIKELY(*seen_slot(mark) != mark)) {
        enter_first(mark);
    }
    return before | CHI_STATE_TOKEN;
}

CHI_EXPORT uint64_t ch_hot_enter(const ch_hot_mark *mark, void *frame) {
    chi_guard_thread *self = &chi_guard_self;
    const uint64_t before = self->state;
    const uint64_t after = open_scope(self, mark, frame);
    const bool usual = ((before ^ after) & CHI_STATE_KERNEL) == 0 && *seen_slot(mark) == mark;
    return CH_LIKELY(usual) ? before | CHI_STATE_TOKEN : enter_rarely(mark, before, after);
}

CHI_EXPORT void ch_hot_leave(uint64_t token) {
    chi_guard_leave(token);
}

CHI_EXPORT uint64_t chi_hot_save(void) {
    return chi_guard_self.state | CHI_STATE_TOKEN;
}
