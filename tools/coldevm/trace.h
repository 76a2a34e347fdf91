/* trace.h: EIP-3155 lines (spec cli.md C6) out of the machine's tracer.
 *
 *   begin:   |..room..|,"memSize":0,"stack":[...],"depth":1,"refund":0,"opName":"ADD"
 *   end:     {"pc":..,"gasCost":".."|^ put in front                        ,"error":".."}\n  ->
 * line
 *
 * A line holds the values before the instruction and, near its front, the cost known only after it;
 * so the tail is written first and the head is set before it. Exactly one line per instruction.
 * Formatting allocates nothing; lines go to a function, whole. One writer per running machine. */
#ifndef COLDEVM_TRACE_H
#define COLDEVM_TRACE_H

#include "pad.h"
#include "sink.h"

#include <coldevm/machine.h>

/* Receives a line, its end of line included. */
typedef void (*trace_line_function)(void *context, const char *line, size_t size);

typedef struct trace_fields {
    bool memory;
    bool stack;
    bool return_data;
} trace_fields;

typedef struct trace_writer {
    chevm_tracer tracer; /* to be given to chevm_set_tracer */
    trace_line_function line;
    void *context;
    trace_fields show;
    chevm_fork fork;
    pad buffer;
    size_t tail_size; /* behind the room for the head */
    bool too_long;    /* a line did not fit the address space; it was cut out */
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
