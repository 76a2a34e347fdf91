/* code.h: the instructions of one function, decoded once and walked through several times. */
#ifndef COLDHEAP_TOOL_CODE_H
#define COLDHEAP_TOOL_CODE_H

#include <capstone/capstone.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As much of capstone's detail as x86 has. */
#define CODE_DETAIL_BYTES (offsetof(cs_detail, x86) + sizeof(cs_x86))

typedef struct instruction {
    cs_insn insn;     /* its detail is the one below */
    uint16_t written; /* general registers that it may change, a bit each (registers.h) */
    bool is_known;    /* false: only its length is */
    bool is_call;
    bool is_jump;
    bool ends_flow; /* what follows is not reached from it */
    _Alignas(cs_detail) unsigned char detail[CODE_DETAIL_BYTES];
} instruction;

/* code_open starts with the bytes of a function; false if there is no decoder. */
bool code_open(const uint8_t *bytes, uint64_t address, size_t size);

/* code_rewind goes back to the first instruction, code_next gives the next one, valid until the
 * call after it; NULL at the end, or where no instruction is. */
void code_rewind(void);
const instruction *code_next(void);

/* code_close gives the decoder back; at the end of the program. */
void code_close(void);

#endif
