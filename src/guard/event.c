/* event.c: the slow path of a heap call: some scope is open, the process is sealed, or somebody
 * counts. Counts the call, then checks it against what is denied. Calls made by the run time itself
 * (a callback, the unwinder) are no events; those of the self-test are only noted. */
#include "hot.h"
#include "sealon.h"
#include "state.h"

uint32_t chi_guard_flags;

bool chi_guard_event(const chi_guard_call *call) {
    chi_guard_thread *self = &chi_guard_self;
    if (self->hook_frame != 0) {
        return true;
    }
    if (CH_UNLIKELY(self->probing != 0)) {
        self->probe_hits += (chi_guard_denied() & call->op) != 0 && (call->op & CH_OP_HEAP) != 0;
        return true;
    }
    if (CH_UNLIKELY((__atomic_load_n(&chi_guard_flags, __ATOMIC_RELAXED) & CHI_FLAG_CLOCK) != 0)) {
        chi_sealon_clock();
    }
    if (CH_LIKELY((call->op & CH_OP_HEAP) != 0)) {
        chi_guard_count(self, call->op, call->size_bytes);
    }
    const uint32_t mask = chi_guard_mask(call->op);
    if (CH_UNLIKELY((chi_guard_denied() & mask) != 0)) {
        return chi_guard_violation(call);
    }
    return (__atomic_load_n(&chi_guard_flags, __ATOMIC_RELAXED) & CHI_FLAG_RANGES) == 0 ||
           (mask & CH_OP_HEAP) == 0 || chi_hot_check(call);
}
