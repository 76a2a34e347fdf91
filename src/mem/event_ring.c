/* event_ring.c: who owns a side of an event ring, in verify builds (event_ring.h). The owner is set
 * by one exchange, so that two threads that both believe to be first are told apart. */
#include <coldheap/event_ring.h>

#include "base/misuse.h"
#include "mem/checked.h"

ch_status ch_ring_side_enter(ch_ring_side *side, const void *ring, const char *call) {
    const void *self = chi_thread_token();
    const void *owner = NULL;
    if (self == NULL ||
        __atomic_compare_exchange_n(&side->thread, &owner, self, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED) ||
        owner == self) {
        return CH_OK;
    }
    return CHI_MISUSE_OF(call, ring, "", NULL, CH_ETHREAD);
}
