/* trace.h: EIP-3155 lines out of the machine's tracer. What a line looks like is the library's
 * matter (evm/trace_line.h); here are the buffer, of any size, and where the lines go. Exactly one
 * line per instruction. Formatting allocates nothing; lines go to a function, whole. One writer per
 * running machine. */
#ifndef COLDEVM_TRACE_H
#define COLDEVM_TRACE_H

#include "pad.h"
#include "sink.h"

#include <coldevm/machine.h>
#include <evm/trace_line.h>

/* Receives a line, its end of line included. */
typedef void (*trace_line_function)(void *context, const char *line, size_t size);

typedef chevmi_trace_show trace_fields;

typedef struct trace_writer {
    chevm_tracer tracer; /* to be given to chevm_set_tracer */
    trace_line_function line;
    void *context;
    trace_fields show;
    chevm_fork fork;
    pad buffer;
    int64_t refund_before; /* added to the counter: what the transaction had before it ran */
    size_t tail_size;      /* behind the room for the head */
    bool too_long;         /* a line did not fit the address space; it was cut out */
    uint64_t line_count;
} trace_writer;

/* trace_open prepares a writer for a machine whose EVM memory is at most `memory_bytes`.
 * Returns: an exit code. trace_close gives the buffer back. */
int trace_open(trace_writer *writer, trace_fields show, chevm_fork fork, size_t memory_bytes,
               trace_line_function line, void *context);
void trace_close(trace_writer *writer);

/* trace_to_sink is the trace_line_function whose context is a sink. */
void trace_to_sink(void *context, const char *line, size_t size);

/* trace_summary writes the last line of `run`: output, gas used and, if not NULL, the error. */
void trace_summary(sink *out, const uint8_t *output, size_t output_size, uint64_t gas_used,
                   const char *error);

#endif
