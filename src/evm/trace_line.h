/* trace_line.h: one EIP-3155 line (spec cli.md C6) per instruction, written into the caller's
 * buffer.
 *
 *   begin:   |..room..|,"memSize":0,"stack":[...],"depth":1,"refund":0,"opName":"ADD"
 *   end:     {"pc":..,"gasCost":".."|^ put in front                        ,"error":".."}\n
 *
 * A line holds the values before the instruction and, near its front, the cost known only after it;
 * so the tail is written first and the head is set before it. Also the words of spec cli.md C7. */
#ifndef CHEVMI_TRACE_LINE_H
#define CHEVMI_TRACE_LINE_H

#include <coldevm/machine.h>

#define CHEVMI_PHRASE_BYTES 96u

/* Optional fields. */
typedef struct chevmi_trace_show {
    bool memory;
    bool stack;
    bool return_data;
} chevmi_trace_show;

/* chevmi_trace_bound is the most bytes of buffer the line of `step` needs, head room included. */
size_t chevmi_trace_bound(const chevmi_trace_show *show, const chevm_trace_step *step);

/* The bound for a full stack and that many bytes of memory and return data. */
size_t chevmi_trace_bound_most(const chevmi_trace_show *show, size_t memory_bytes);

/* chevmi_trace_begin writes the tail of a line; buffer has chevmi_trace_bound bytes. Returns its
 * size, which chevmi_trace_end wants back. */
size_t chevmi_trace_begin(char *buffer, const chevmi_trace_show *show, chevm_fork fork,
                          const chevm_trace_step *step);

/* chevmi_trace_end completes the line in the same buffer. Returns its first byte and in *size its
 * length, end of line included. */
char *chevmi_trace_end(char *buffer, size_t tail_size, chevm_fork fork,
                       const chevm_trace_step *step, size_t *size);

/* chevmi_op_phrase gives the EIP name, for an undefined byte "opcode 0xc not defined". */
const char *chevmi_op_phrase(char text[CHEVMI_PHRASE_BYTES], chevm_fork fork, uint8_t op);

/* chevmi_status_phrase gives the words for a failed instruction; stack_count is what it found. NULL
 * if the status is no failure of a frame (success, or a call that failed lightly). */
const char *chevmi_status_phrase(char text[CHEVMI_PHRASE_BYTES], chevm_status status,
                                 chevm_fork fork, uint8_t op, size_t stack_count);

#endif
