/** rules.h: how to come from one frame to the one before it, as .eh_frame says for an address:
 * where the canonical frame address (CFA, the stack pointer before the call) is, and where each
 * register of the caller was put. x86-64; elsewhere nothing is ever found. */
#ifndef CH_GUARD_RULES_H
#define CH_GUARD_RULES_H

#include "code.h"

#pragma GCC visibility push(hidden)

#define CHI_REGISTER_RBX 3u
#define CHI_REGISTER_RBP 6u
#define CHI_REGISTER_RSP 7u
#define CHI_REGISTER_R12 12u
#define CHI_REGISTER_PC  16u
#define CHI_REGISTER_MAX 17u

typedef enum chi_saved_kind {
    CHI_SAVED_SAME,
    CHI_SAVED_UNDEFINED,
    CHI_SAVED_AT,       /* in memory, `value` from the CFA */
    CHI_SAVED_AT_TERM,  /* in memory, at what the term at `value` gives */
    CHI_SAVED_IS,       /* the CFA and `value` */
    CHI_SAVED_IS_TERM,  /* what the term gives */
    CHI_SAVED_REGISTER, /* in register `value` */
} chi_saved_kind;

typedef struct chi_saved {
    int32_t kind;
    int32_t value; /* a term: distance from `terms` */
} chi_saved;

typedef struct chi_rules {
    chi_saved registers[CHI_REGISTER_MAX];
    chi_saved cfa; /* CHI_SAVED_IS: cfa_register and value; or CHI_SAVED_IS_TERM */
    uint32_t cfa_register;
    bool signal_frame; /* the caller was interrupted, it did not call */
    uintptr_t terms;
    uintptr_t terms_end;
} chi_rules;

/** chi_rules_find gives the rules for an address in `code`: of an instruction, so a return address
 *  less 1. Returns: false if there are none. */
bool chi_rules_find(chi_rules *rules, const chi_code *code, uintptr_t address);

#pragma GCC visibility pop

#endif
