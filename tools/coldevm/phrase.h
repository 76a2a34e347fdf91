/* phrase.h: why a frame failed, in the words of spec cli.md C7. Most phrases are the status's own;
 * three name what the instruction met: the opcode, or how many words it had and needed. */
#ifndef COLDEVM_PHRASE_H
#define COLDEVM_PHRASE_H

#include <coldevm/machine.h>
#include <evm/trace_line.h>

#define PHRASE_BYTES CHEVMI_PHRASE_BYTES

/* phrase_op_name gives the EIP name, for an undefined byte "opcode 0xc not defined". */
const char *phrase_op_name(char text[PHRASE_BYTES], chevm_fork fork, uint8_t op);

/* phrase_status writes the phrase of `status`; op and stack_count are those of the instruction that
 * failed. NULL if the status is no failure of a frame (success, or a call that failed lightly). */
const char *phrase_status(char text[PHRASE_BYTES], chevm_status status, chevm_fork fork, uint8_t op,
                          size_t stack_count);

#endif
