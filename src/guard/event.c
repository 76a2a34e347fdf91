/* event.c: the slow path of a heap call: some scope is open, the process is sealed, or somebody
 * counts. Counts the call, then checks it against what is denied. Calls made by the run time itself
 * (a callback, the unwinder) are no events; those of the self-test are only noted. */
#include "state.h"

uint32_t chi_guard_flags;

uint32_t chi_guard_denied(void) {
    const uint64_t state = chi_guard_self.state;
    const uint32_t everywhere = __atomic_load_n(&chi_guard_flags, __ATOMIC_RELAXED);
    const uint32_t permitted = (uint32_t)(state >> CHI_STATE_PERMIT_SHIFT) & CHI_STATE_OPS;
    const uint32_t denied = (uint32_t)(state >> CHI_STATE_DENY_SHIFT) & CHI_STATE_OPS;
    return denied | (everywhere & CHI_STATE_OPS & ~permitted);
}

bool chi_guard_event(const chi_guard_call *call) {
    chi_guard_thread *self = &chi_guard_self;
    if (self->hook_frame != 0) {
        return true;
    }
    if (CH_UNLIKELY(self->probing != 0)) {
        self->probe_hits += (chi_guard_denied() & call->op) != 0;
        return true;
    }
    const uint32_t index = chi_op_index(call->op);
    self->calls[index]++;
    self->bytes += call->size_bytes;
    if (__atomic_load_n(&chi_guard_flags, __ATOMIC_RELAXED) & CHI_FLAG_COUNTING) {
        chi_guard_row_add(self, index, call->size_bytes);
    }
    if (CH_LIKELY((chi_guard_denied() & call->op) == 0)) {
        return true;
    }
    return chi_guard_violation(call);
}
