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

void seal_process(seal_mode mode) {
    ch_guard_exit_status(0); /* the tool reports by itself */
    ch_guard_set_mode(CH_GUARD_COUNT);
    ch_guard_on_violation(mode == SEAL_TRAP ? end_program : NULL, NULL);
    ch_seal("run");
}

void seal_process_end(void) {
    ch_unseal();
}

static seal_count count_of(const ch_heap_calls *calls) {
    uint64_t allocations = calls->allocs + calls->reallocs;
    return (seal_count){allocations + calls->frees, allocations, calls->bytes};
}

void seal_count_begin(seal_counter *counter) {
    ch_count_begin(counter);
}

seal_count seal_count_end(seal_counter *counter) {
    ch_count_end(counter);
    return count_of(counter);
}

void seal_begin(seal_mode mode) {
    ch_count_begin(&counted);
    seal_process(mode);
}

seal_count seal_end(void) {
    ch_unseal();
    ch_count_end(&counted);
    return count_of(&counted);
}
