/** term.h: the registers of one frame, and what DWARF terms (location expressions) give for them.
 *  Memory is read between two bounds only: those of the stack. */
#ifndef CH_GUARD_TERM_H
#define CH_GUARD_TERM_H

#include "encoded.h"
#include "rules.h"

#pragma GCC visibility push(hidden)

typedef struct chi_registers {
    uintptr_t values[CHI_REGISTER_MAX];
    uint32_t known; /* bit per register */
    uintptr_t low;  /* readable memory */
    uintptr_t high;
} chi_registers;

/** chi_registers_read reads a word of the stack. Returns: false if it lies outside. */
bool chi_registers_read(const chi_registers *registers, uintptr_t *value, uintptr_t address);

/** chi_term works out the term at `from` (its length comes first), beginning with `start` on its
 *  stack if that is not NULL.
 *  Returns: false if it is wrong, reads outside, or needs a register that is not known. */
bool chi_term(uintptr_t *value, const chi_registers *registers, chi_encoded from,
              const uintptr_t *start);

/** chi_registers_step goes to the caller's frame: all registers as they were there.
 *  Returns: false if that cannot be done; *outermost then says that there is none. */
bool chi_registers_step(chi_registers *registers, const chi_rules *rules, bool *outermost);

#pragma GCC visibility pop

#endif
