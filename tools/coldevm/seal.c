/* seal.c: the guard's seal as the tool uses it; see seal.h. */
#include "seal.h"

#include "codes.h"
#include "message.h"
#include "sink.h"

#include <coldheap/guard.h>

#include <unistd.h>

static ch_heap_calls counted;

bool seal_is_armed(void) {
    return ch_guard_armed();
}

/* Runs in the violating thread with every operation permitted. */
static ch_guard_mode end_program(const ch_violation *violation, void *context) {
    (void)context;
    sink_flush(&sink_out);
    message_error(EXIT_HEAP, "heap", 0, "%s of %zu bytes while sealed, called from %p",
                  violation->call, violation->size_bytes, violation->caller);
    _exit(EXIT_HEAP);
}

void seal_begin(seal_mode mode) {
    ch_guard_exit_status(0); /* the tool reports by itself */
    ch_guard_set_mode(CH_GUARD_COUNT);
    ch_guard_on_violation(mode == SEAL_TRAP ? end_program : NULL, NULL);
    ch_count_begin(&counted);
    ch_seal("run");
}

seal_count seal_end(void) {
    ch_unseal();
    ch_count_end(&counted);
    uint64_t allocations = counted.allocs + counted.reallocs;
    return (seal_count){allocations + counted.frees, allocations, counted.bytes};
}
