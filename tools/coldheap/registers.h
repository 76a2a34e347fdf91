/* registers.h: what the general registers are known to hold. */
#ifndef COLDHEAP_TOOL_REGISTERS_H
#define COLDHEAP_TOOL_REGISTERS_H

#include "graph.h"

typedef enum known_kind {
    KNOWN_NOT,
    KNOWN_CODE,    /* the address of a function */
    KNOWN_DATA,    /* an address in data */
    KNOWN_ENTRY_4, /* an entry of 4 bytes of the table at `address` */
    KNOWN_JUMP_4,  /* that entry and the table's address, added */
    KNOWN_ENTRY_8, /* an entry of 8 bytes of the table at `address` */
    KNOWN_INSIDE   /* a place in this function, plus something */
} known_kind;

typedef struct known_value {
    known_kind kind;
    function *code;
    const char *name;
    uint64_t address;
} known_value;

#define REGISTERS 16u

typedef struct registers {
    known_value values[REGISTERS];
} registers;

/* registers_index is the number of the 64-bit register that one of capstone's names is part of;
 * REGISTERS for any other. */
unsigned registers_index(unsigned reg);

/* registers_get is what the whole register holds; NULL if unknown, or no general register. */
const known_value *registers_get(const registers *in, unsigned reg);
void registers_set(registers *in, unsigned reg, const known_value *value);

/* registers_same tells whether two sets hold the same. */
bool registers_same(const registers *left, const registers *right);

/* registers_after_call forgets those that a call may change. */
void registers_after_call(registers *in);

#endif
