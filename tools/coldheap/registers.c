/* registers.c: names of registers to numbers; see registers.h. */
#include "registers.h"

#include <capstone/capstone.h>

#define PARTS(name64, name32, name16, name8)                                                       \
    { X86_REG_##name64, X86_REG_##name32, X86_REG_##name16, X86_REG_##name8 }

static const unsigned NAMES[REGISTERS][4] = {
    PARTS(RAX, EAX, AX, AL),      PARTS(RBX, EBX, BX, BL),      PARTS(RCX, ECX, CX, CL),
    PARTS(RDX, EDX, DX, DL),      PARTS(RSI, ESI, SI, SIL),     PARTS(RDI, EDI, DI, DIL),
    PARTS(RBP, EBP, BP, BPL),     PARTS(RSP, ESP, SP, SPL),     PARTS(R8, R8D, R8W, R8B),
    PARTS(R9, R9D, R9W, R9B),     PARTS(R10, R10D, R10W, R10B), PARTS(R11, R11D, R11W, R11B),
    PARTS(R12, R12D, R12W, R12B), PARTS(R13, R13D, R13W, R13B), PARTS(R14, R14D, R14W, R14B),
    PARTS(R15, R15D, R15W, R15B)};

static const unsigned HIGH[4] = {X86_REG_AH, X86_REG_BH, X86_REG_CH, X86_REG_DH};

unsigned registers_index(unsigned reg) {
    for (unsigned i = 0; i < REGISTERS; i++) {
        for (unsigned part = 0; part < 4; part++) {
            if (NAMES[i][part] == reg) {
                return i;
            }
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        if (HIGH[i] == reg) {
            return i;
        }
    }
    return REGISTERS;
}

const known_value *registers_get(const registers *in, unsigned reg) {
    unsigned index = registers_index(reg);
    bool known = index < REGISTERS && in->values[index].kind != KNOWN_NOT;
    return known ? &in->values[index] : NULL;
}

void registers_set(registers *in, unsigned reg, const known_value *value) {
    unsigned index = registers_index(reg);
    if (index < REGISTERS) {
        in->values[index] = *value;
    }
}

bool registers_same(const registers *left, const registers *right) {
    for (unsigned i = 0; i < REGISTERS; i++) {
        const known_value *a = &left->values[i];
        const known_value *b = &right->values[i];
        if (a->kind != b->kind || a->code != b->code || a->name != b->name ||
            a->address != b->address) {
            return false;
        }
    }
    return true;
}

void registers_after_call(registers *in) {
    static const unsigned SCRATCH[] = {X86_REG_RAX, X86_REG_RCX, X86_REG_RDX,
                                       X86_REG_RSI, X86_REG_RDI, X86_REG_R8,
                                       X86_REG_R9,  X86_REG_R10, X86_REG_R11};
    for (size_t i = 0; i < sizeof SCRATCH / sizeof SCRATCH[0]; i++) {
        registers_set(in, SCRATCH[i], &(known_value){0});
    }
}
