/* phrase.c: phrases of failures; see phrase.h. */
#include "phrase.h"

#include <evm/ops.h>

#include <stdio.h>

/* Words an instruction takes from the stack, from the table of opcodes. */
static const uint8_t OP_INPUTS[256] = {
#define OP_INPUT(code, name, in, out, immediate, first, price) [code] = (in),
#define OP_NO_INPUT(code)
    CHEVMI_OPS(OP_INPUT, OP_NO_INPUT)
#undef OP_INPUT
#undef OP_NO_INPUT
};

const char *phrase_op_name(char text[PHRASE_BYTES], chevm_fork fork, uint8_t op) {
    const char *name = chevm_op_name(fork, op);
    if (name != NULL) {
        return name;
    }
    (void)snprintf(text, PHRASE_BYTES, "opcode 0x%x not defined", op);
    return text;
}

const char *phrase_status(char text[PHRASE_BYTES], chevm_status status, chevm_fork fork, uint8_t op,
                          size_t stack_count) {
    char name[PHRASE_BYTES];
    switch (status) {
    case CHEVM_OK:
    case CHEVM_CALL_DEPTH:
    case CHEVM_BALANCE:
    case CHEVM_NONCE_OVERFLOW:
        return NULL;
    case CHEVM_STACK_UNDERFLOW:
        (void)snprintf(text, PHRASE_BYTES, "stack underflow (%zu <=> %u)", stack_count,
                       OP_INPUTS[op]);
        return text;
    case CHEVM_UNDEFINED_OPCODE:
        (void)snprintf(text, PHRASE_BYTES, "invalid opcode: %.60s", phrase_op_name(name, fork, op));
        return text;
    default:
        return chevm_status_phrase(status);
    }
}
