/* statetest_listen.c: one tracer for all that a run may want of its instructions. */
#include "statetest.h"

#include "codes.h"
#include "trace_check.h"

#include <string.h>

#define LINES (STATETEST_SHOW | STATETEST_HASH | STATETEST_CHECK | STATETEST_COMPARE)

static void step_begins(void *context, const chevm_trace_step *step) {
    statetest_listener *listener = context;
    if ((listener->does & STATETEST_COUNT) != 0) {
        listener->opcodes.counts[step->op]++;
    }
    if ((listener->does & LINES) != 0) {
        listener->writer.refund_before = (int64_t)listener->outcome->delegation_refund;
        listener->writer.tracer.begin(&listener->writer, step);
    }
    if ((listener->does & STATETEST_PROFILE) != 0) {
        listener->profile.tracer.begin(&listener->profile, step);
    }
}

static void step_ends(void *context, const chevm_trace_step *step) {
    statetest_listener *listener = context;
    if ((listener->does & STATETEST_PROFILE) != 0) {
        listener->profile.tracer.end(&listener->profile, step);
    }
    if ((listener->does & LINES) != 0) {
        listener->writer.tracer.end(&listener->writer, step);
    }
}

static void take_line(void *context, const char *line, size_t size) {
    statetest_listener *listener = context;
    size_t place = 0;
    if ((listener->does & STATETEST_CHECK) != 0 && listener->bad_line == 0) {
        listener->wrong = trace_check(line, size, &place);
        listener->bad_line = listener->wrong != NULL ? listener->writer.line_count : 0;
    }
    if ((listener->does & STATETEST_HASH) != 0) {
        chevm_keccak_update(&listener->hash, (const uint8_t *)line, size);
    }
    if ((listener->does & STATETEST_COMPARE) != 0) {
        trace_compare_line(&listener->compare, line, size);
    }
    if ((listener->does & STATETEST_SHOW) != 0) {
        sink_bytes(listener->out, line, size);
    }
}

int statetest_listener_open(statetest_listener *listener, const statetest_plan *plan, sink *out,
                            size_t memory_bytes) {
    memset(listener, 0, sizeof *listener);
    opcode_count_init(&listener->opcodes, CHEVM_FORK_NEWEST);
    bool has_lines = plan->tracing != STATETEST_TRACE_NEVER || plan->hashes || plan->both_engines;
    int code = EXIT_DONE;
    if (has_lines) {
        code = trace_open(&listener->writer, plan->show, CHEVM_FORK_NEWEST, memory_bytes, take_line,
                          listener);
    }
    if (code == EXIT_DONE && plan->both_engines) {
        code = trace_compare_open(&listener->compare);
    }
    if (code == EXIT_DONE && plan->profiles) {
        code = trace_session_open(&listener->profile, &plan->profile, memory_bytes);
    }
    listener->tracer = (chevm_tracer){step_begins, step_ends, listener};
    listener->out = out;
    return code;
}

int statetest_listener_close(statetest_listener *listener) {
    if (listener->writer.buffer.bytes != NULL) {
        trace_close(&listener->writer);
    }
    if (listener->compare.hashes.bytes != NULL) {
        trace_compare_close(&listener->compare);
    }
    return listener->profile.profiles ? trace_session_close(&listener->profile) : EXIT_DONE;
}

void statetest_listen(statetest_listener *listener, chevm *vm, unsigned does,
                      const trace_case *which, const chevm_outcome *outcome) {
    listener->does = does;
    listener->outcome = outcome;
    listener->writer.fork = which->fork;
    listener->writer.line_count = 0;
    listener->writer.too_long = false;
    listener->bad_line = 0;
    chevm_keccak_init(&listener->hash);
    if ((does & STATETEST_PROFILE) != 0) {
        trace_session_begin(&listener->profile, which);
    }
    (void)chevm_set_tracer(vm, does != 0 ? &listener->tracer : NULL);
}

void statetest_unlisten(statetest_listener *listener, chevm *vm, int64_t gas_left) {
    (void)chevm_set_tracer(vm, NULL);
    if ((listener->does & STATETEST_PROFILE) != 0) {
        (void)trace_session_end(&listener->profile, gas_left); /* writes no lines that could fail */
    }
}
