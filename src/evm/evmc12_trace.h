/* evmc12_trace.h: what the options trace[=FILE] and opcode.count=FILE of the EVMC provider do:
 * EIP-3155 lines to a file descriptor, and counts per opcode. One chevmi_evmc12_trace per slot;
 * lines of one execute leave in order, and before a call goes out, so that a callee's lines stand
 * in the middle. */
#ifndef CHEVMI_EVMC12_TRACE_H
#define CHEVMI_EVMC12_TRACE_H

#include "internal.h"
#include "trace_line.h"

#include <stdatomic.h>

/* Of the buffer of lines: several of the longest. */
#define CHEVMI_EVMC12_TRACE_BYTES ((size_t)256 * 1024)

typedef struct chevmi_evmc12_trace {
    chevm_tracer tracer;      /* to be given to chevm_set_tracer */
    int fd;                   /* lines go there; -1: no lines */
    _Atomic uint64_t *counts; /* 256 of them, shared by all slots; NULL: no counts */
    chevm_fork fork;
    const chevm *machine;
    char *buffer; /* CHEVMI_EVMC12_TRACE_BYTES */
    size_t used;
    size_t tail_size; /* of the line that has begun, 0 = none */
} chevmi_evmc12_trace;

/* chevmi_evmc12_trace_init prepares one for chevm_set_tracer; fd, counts and fork are set per
 * execute. */
void chevmi_evmc12_trace_init(chevmi_evmc12_trace *trace, const chevm *machine, char *buffer);

/* chevmi_evmc12_trace_call ends the line of the call that is about to go out, and flushes: the
 * machine itself ends it only when the call is back. */
void chevmi_evmc12_trace_call(chevmi_evmc12_trace *trace);

/* chevmi_evmc12_trace_flush hands finished lines to the system; bytes it refuses are dropped. */
void chevmi_evmc12_trace_flush(chevmi_evmc12_trace *trace);

/* chevmi_evmc12_file_open creates or empties a file for appending, "" is standard error; -1 if it
 * cannot be. chevmi_evmc12_file_close accepts -1. */
int chevmi_evmc12_file_open(const char *path);
void chevmi_evmc12_file_close(int fd);

/* chevmi_evmc12_counts_write writes {"ADD": 3, "0x0c": 1}. */
void chevmi_evmc12_counts_write(int fd, _Atomic uint64_t *counts);

#endif
