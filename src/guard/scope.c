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

CH_INLINE uint64_t state_inside(const ch_hot_mark *mark, uint64_t before, uint64_t ops) {
    const uint64_t deny = ops << CHI_STATE_DENY_SHIFT;
    const uint64_t permit = ops << CHI_STATE_PERMIT_SHIFT;
    const bool permits = (mark->deny & CH_MARK_PERMIT) != 0;
    return (permits ? (before & ~deny) | permit : (before & ~permit) | deny) + 1;
}

uint64_t chi_guard_enter(const ch_hot_mark *mark, void *frame) {
    chi_guard_thread *self = &chi_guard_self;
    const uint64_t before = self->state;
    self->state = state_inside(mark, before, mark->deny & CHI_STATE_OPS);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    const uint32_t depth = (uint32_t)before;
    if (CH_LIKELY(depth < CHI_RECORD_MAX)) {
        self->records[depth] = (chi_guard_record){mark, (uintptr_t)frame, before};
    }
    return before | CHI_STATE_TOKEN;
}

/* The state is not read here, so that the next scope need not wait for this one's beginning. */
CH_INLINE uint64_t state_of(const chi_guard_thread *self, uint64_t token) {
    return (token & ~(CHI_STATE_TOKEN | CHI_STATE_COUNTING | CHI_STATE_WATCHED)) | self->counting;
}

static CH_NOINLINE void leave_watched(uint64_t token) {
    chi_guard_thread *self = &chi_guard_self;
    const uint64_t after = state_of(self, token);
    self->state = after;
    self->kernel.selector = chi_kernel_selector(after);
    if (CH_UNLIKELY(self->kernel.watches_faults != chi_kernel_denies_faults(after))) {
        chi_kernel_switch(after);
    }
}

void chi_guard_leave(uint64_t token) {
    chi_guard_thread *self = &chi_guard_self;
    if (CH_UNLIKELY(self->kernel.active)) {
        leave_watched(token);
        return;
    }
    self->state = state_of(self, token);
}

/* Marks entered before; those that the kernel must know of have a bit more. */
CH_INLINE uintptr_t *seen_slot(const ch_hot_mark *mark) {
    return &chi_guard_self.seen[(uintptr_t)mark / sizeof *mark % CHI_SEEN_MAX];
}

/* The state with all that the settings want the scope to deny, and the kernel told of it. */
CH_INLINE bool watch(const ch_hot_mark *mark, uint64_t token) {
    chi_guard_thread *self = &chi_guard_self;
    const uint64_t before = token & ~CHI_STATE_TOKEN;
    const uint64_t state = state_inside(mark, before, chi_kernel_mark_ops(mark));
    self->state = state;
    return chi_kernel_follow(&self->kernel, state);
}

static CH_COLD uint64_t watch_all(uint64_t token) {
    chi_kernel_switch(chi_guard_self.state);
    return token | CHI_STATE_WATCHED;
}

static CH_COLD uint64_t enter_first(const ch_hot_mark *mark, uint64_t token) {
    const bool watched = (chi_kernel_mark_ops(mark) & CHI_KERNEL_OPS) != 0;
    CHI_HOOK_SCOPE;
    chi_session_mark_entered(mark);
    *seen_slot(mark) = (uintptr_t)mark | watched;
    if (!watched) {
        return token;
    }
    return watch(mark, token) ? token | CHI_STATE_WATCHED : watch_all(token);
}

/* Returns the token: a call at the very end keeps the usual way in free of a frame. */
static CH_NOINLINE uint64_t enter_rest(const ch_hot_mark *mark, uint64_t token) {
    if (CH_UNLIKELY(*seen_slot(mark) != ((uintptr_t)mark | 1))) {
        return enter_first(mark, token);
    }
    return CH_LIKELY(watch(mark, token)) ? token | CHI_STATE_WATCHED : watch_all(token);
}

CHI_EXPORT uint64_t ch_hot_enter(const ch_hot_mark *mark, void *frame) {
    const uint64_t token = chi_guard_enter(mark, frame);
    return CH_LIKELY(*seen_slot(mark) == (uintptr_t)mark) ? token : enter_rest(mark, token);
}

CHI_EXPORT void ch_hot_leave(uint64_t token) {
    chi_guard_thread *self = &chi_guard_self;
    if (CH_UNLIKELY((token & CHI_STATE_WATCHED) != 0)) {
        leave_watched(token);
        return;
    }
    self->state = state_of(self, token);
}

CHI_EXPORT uint64_t chi_hot_save(void) {
    const chi_guard_thread *self = &chi_guard_self;
    return self->state | CHI_STATE_TOKEN | (self->kernel.active ? CHI_STATE_WATCHED : 0);
}
