/* shortcut.c: rules of .eh_frame made into one word, where they are of the usual kinds. */
#include "shortcut.h"

#include <errno.h>

#include "ranges.h"
#include "rules.h"
#include "term.h"

#define WORD      ((int32_t)sizeof(uintptr_t))
#define RBP_TERM  0x76u /* DW_OP_breg6 */
#define LOAD_TERM 0x06u /* DW_OP_deref */

chi_shortcut_row chi_shortcut_rows[1u << CHI_SHORTCUT_ROWS_LOG];

static bool fits(int64_t offset) {
    return offset >= 0 && offset % WORD == 0 &&
           (uint64_t)offset / sizeof(uintptr_t) <= CHI_SHORTCUT_FIELD;
}

static uint64_t word_of(chi_way way, int64_t cfa, int64_t slot) {
    if (!fits(cfa) || !fits(slot)) {
        return CHI_WAY_RULES;
    }
    return (uint64_t)way | (uint64_t)(cfa / WORD) << CHI_SHORTCUT_CFA_SHIFT |
           (uint64_t)(slot / WORD) << CHI_SHORTCUT_SLOT_SHIFT;
}

/* Is the term "rbp + *offset", with a load behind it if `loads`? */
static bool is_rbp_term(int64_t *offset, const chi_rules *rules, const chi_saved *saved,
                        bool loads) {
    chi_encoded from = {.at = rules->terms + (uintptr_t)(intptr_t)saved->value,
                        .end = rules->terms_end};
    chi_encoded term = chi_encoded_sub(&from);
    const uint64_t operation = chi_encoded_fixed(&term, 1);
    *offset = chi_encoded_sleb(&term);
    return operation == RBP_TERM && (!loads || chi_encoded_fixed(&term, 1) == LOAD_TERM) &&
           !term.bad && term.at == term.end;
}

/* A function that aligns its stack keeps the CFA below its frame pointer. */
static uint64_t aligned_word(const chi_rules *rules) {
    const chi_saved *rbp = &rules->registers[CHI_REGISTER_RBP];
    int64_t offset;
    int64_t saved;
    if (!is_rbp_term(&offset, rules, &rules->cfa, true) || rbp->kind != CHI_SAVED_AT_TERM ||
        !is_rbp_term(&saved, rules, rbp, false) || saved != 0) {
        return CHI_WAY_RULES;
    }
    return word_of(CHI_WAY_ALIGNED, -offset, 0);
}

static uint64_t word_from_rules(const chi_rules *rules) {
    const chi_saved *pc = &rules->registers[CHI_REGISTER_PC];
    const chi_saved *rbp = &rules->registers[CHI_REGISTER_RBP];
    if (pc->kind == CHI_SAVED_UNDEFINED) {
        return CHI_WAY_END;
    }
    if (rules->signal_frame || pc->kind != CHI_SAVED_AT || pc->value != -WORD ||
        rules->registers[CHI_REGISTER_RSP].kind != CHI_SAVED_SAME) {
        return CHI_WAY_RULES;
    }
    if (rules->cfa.kind == CHI_SAVED_IS_TERM) {
        return aligned_word(rules);
    }
    int64_t slot = 0;
    if (rbp->kind == CHI_SAVED_AT && rbp->value < 0) {
        slot = -(int64_t)rbp->value;
    } else if (rbp->kind != CHI_SAVED_SAME) {
        return CHI_WAY_RULES;
    }
    if (rules->cfa.kind != CHI_SAVED_IS || rules->cfa.value < WORD) {
        return CHI_WAY_RULES;
    }
    if (rules->cfa_register == CHI_REGISTER_RSP && slot <= rules->cfa.value) {
        return word_of(CHI_WAY_STACK, rules->cfa.value, slot);
    }
    if (rules->cfa_register != CHI_REGISTER_RBP) {
        return CHI_WAY_RULES;
    }
    const bool usual = rules->cfa.value == 2 * WORD && slot == 2 * WORD;
    return word_of(usual ? CHI_WAY_FRAME : CHI_WAY_BASE, rules->cfa.value, slot);
}

static uint64_t work_out(uintptr_t address) {
    chi_code code;
    chi_rules rules;
    if (!chi_code_find(&code, address)) {
        return CHI_WAY_OUTSIDE;
    }
    return chi_rules_find(&rules, &code, address) ? word_from_rules(&rules) : CHI_WAY_NONE;
}

uint64_t chi_shortcut_find(uintptr_t address, uint64_t salt) {
    const int errno_before = errno;
    uint64_t word = work_out(address);
    const size_t range = chi_ranges_find(address);
    if (range < CHI_RANGES_MAX) {
        word |= CHI_SHORTCUT_HOT | (uint64_t)range << CHI_SHORTCUT_RANGE_SHIFT;
    }
    const uint64_t index =
        ((uint64_t)address * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - CHI_SHORTCUT_ROWS_LOG);
    chi_shortcut_row *row = &chi_shortcut_rows[index];
    __atomic_store_n(&row->word, word, __ATOMIC_RELAXED);
    __atomic_store_n(&row->check, word ^ (uint64_t)address ^ salt, __ATOMIC_RELAXED);
    errno = errno_before;
    return word;
}
