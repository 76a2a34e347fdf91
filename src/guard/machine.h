/** machine.h: one step up the stack with all registers, for the frames that are not of the usual
 *  kinds, and where stacks end. */
#ifndef CH_GUARD_MACHINE_H
#define CH_GUARD_MACHINE_H

#include "state.h"
#include "term.h"

#pragma GCC visibility push(hidden)

typedef enum chi_machine_end {
    CHI_MACHINE_GOES_ON,
    CHI_MACHINE_ENDS,
    CHI_MACHINE_LACKS, /* a register is needed that is not known */
} chi_machine_end;

/** chi_machine_step goes to the caller's frame by the rules for `address`. */
chi_machine_end chi_machine_step(chi_registers *registers, bool *interrupted, uintptr_t address);

/** chi_machine_stack_end tells where the stack that holds `address` ends: the thread's own, or else
 *  the mapping. Returns: 0 if nothing is known. */
uintptr_t chi_machine_stack_end(uintptr_t address);

/** chi_machine_capture sets the registers that a caller's frame can depend on to what they are in
 *  the function that says it. */
CH_INLINE void chi_machine_capture(chi_registers *registers) {
#ifdef __x86_64__
    uintptr_t *values = registers->values;
    __asm__ volatile("movq %%rbx, 24(%0)\n\t"
                     "movq %%rbp, 48(%0)\n\t"
                     "movq %%rsp, 56(%0)\n\t"
                     "movq %%r12, 96(%0)\n\t"
                     "movq %%r13, 104(%0)\n\t"
                     "movq %%r14, 112(%0)\n\t"
                     "movq %%r15, 120(%0)\n\t"
                     "leaq 0(%%rip), %%rax\n\t"
                     "movq %%rax, 128(%0)"
                     :
                     : "r"(values)
                     : "rax", "memory");
    registers->known = UINT32_C(1) << CHI_REGISTER_RBX | UINT32_C(1) << CHI_REGISTER_RBP |
                       UINT32_C(1) << CHI_REGISTER_RSP | UINT32_C(0xf) << CHI_REGISTER_R12 |
                       UINT32_C(1) << CHI_REGISTER_PC;
#else
    registers->known = 0;
    registers->values[CHI_REGISTER_RSP] = 0;
    registers->values[CHI_REGISTER_PC] = 0;
#endif
}

#pragma GCC visibility pop

#endif
