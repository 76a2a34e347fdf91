/** shortcut.h: the rules of one return address in one word, kept in a table: so a step up the stack
 *  is one look-up and two loads. The table is shared by all threads, fixed and without a lock: a
 *  row is two words, the word and its address mixed with it, so a row of which another thread has
 *  written one half fits no address.
 *
 *      63 place of rbp below the CFA / 8 | 43 CFA / 8 | 23 hot range | 3 hot | 2..0 way */
#ifndef CH_GUARD_SHORTCUT_H
#define CH_GUARD_SHORTCUT_H

#include "code.h"
#include "state.h"

#pragma GCC visibility push(hidden)

typedef enum chi_way {
    CHI_WAY_NONE,    /* executable, but there are no rules: frame pointers, if they hold */
    CHI_WAY_FRAME,   /* CFA = rbp + 16, rbp was put below the return address */
    CHI_WAY_STACK,   /* CFA = rsp + offset */
    CHI_WAY_BASE,    /* CFA = rbp + offset */
    CHI_WAY_ALIGNED, /* CFA is in memory at rbp - offset, rbp at rbp */
    CHI_WAY_RULES,   /* anything else: ask rules.h */
    CHI_WAY_END,     /* the outermost frame */
    CHI_WAY_OUTSIDE, /* nothing executable there */
} chi_way;

#define CHI_SHORTCUT_WAY         UINT64_C(7)
#define CHI_SHORTCUT_HOT         UINT64_C(8)
#define CHI_SHORTCUT_RANGE_SHIFT 8u
#define CHI_SHORTCUT_RANGE       UINT64_C(0xffff)
#define CHI_SHORTCUT_CFA_SHIFT   24u
#define CHI_SHORTCUT_SLOT_SHIFT  44u
#define CHI_SHORTCUT_FIELD       UINT64_C(0xfffff)

#define CHI_SHORTCUT_ROWS_LOG 14u

typedef struct chi_shortcut_row {
    uint64_t word;
    uint64_t check; /* word ^ key */
} chi_shortcut_row;

extern chi_shortcut_row chi_shortcut_rows[1u << CHI_SHORTCUT_ROWS_LOG];

/** chi_shortcut_find works the word out and puts it into the table. */
CH_COLD uint64_t chi_shortcut_find(uintptr_t address, uint64_t salt);

/** chi_shortcut_salt is what addresses are mixed with, so that what was known before a change of
 *  the executable mappings fits no more. */
CH_INLINE uint64_t chi_shortcut_salt(void) {
    return (uint64_t)chi_code_generation() << 48;
}

/** chi_shortcut is the word for an address in an instruction. */
CH_INLINE uint64_t chi_shortcut(uintptr_t address, uint64_t salt) {
    const uint64_t index =
        ((uint64_t)address * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - CHI_SHORTCUT_ROWS_LOG);
    const chi_shortcut_row *row = &chi_shortcut_rows[index];
    const uint64_t word = __atomic_load_n(&row->word, __ATOMIC_RELAXED);
    if (CH_LIKELY((word ^ __atomic_load_n(&row->check, __ATOMIC_RELAXED)) == (address ^ salt))) {
        return word;
    }
    return chi_shortcut_find(address, salt);
}

CH_INLINE uintptr_t chi_shortcut_cfa(uint64_t word) {
    return (uintptr_t)(word >> CHI_SHORTCUT_CFA_SHIFT & CHI_SHORTCUT_FIELD) * sizeof(uintptr_t);
}

/** Distance of the saved rbp below the CFA; 0: rbp is as it was. */
CH_INLINE uintptr_t chi_shortcut_slot(uint64_t word) {
    return (uintptr_t)(word >> CHI_SHORTCUT_SLOT_SHIFT) * sizeof(uintptr_t);
}

#pragma GCC visibility pop

#endif
