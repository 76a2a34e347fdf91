/** code.h: the executable mappings of the process and what is known of each: where the unwinding
 *  tables of its file lie, if it has any. Filled from the process map at load, and again whenever
 *  an address turns up that is in no row; so neither the loader's lock nor its list is needed, and
 *  static programs, the kernel's own page and code made at run time are mappings like others.
 *
 *  Rows are written and read without a lock: a row that changes while it is read counts as not
 *  there, a row that two threads add at once is there twice. */
#ifndef CH_GUARD_CODE_H
#define CH_GUARD_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

#define CHI_CODE_MAX 1024u

/** One executable mapping. */
typedef struct chi_code {
    uintptr_t start;
    uintptr_t end;
    uintptr_t bias;   /* address - bias = ELF address; only if `header` is not 0 */
    uintptr_t header; /* of the ELF file, in memory; 0: not from an ELF file */
    uintptr_t eh_low; /* the readable mapping that holds .eh_frame; both 0: no tables */
    uintptr_t eh_high;
    uintptr_t index; /* the header of .eh_frame_hdr, which its pairs are relative to */
    uintptr_t pairs; /* (start of function, FDE), sorted */
    uint64_t pair_count;
    uint64_t inode;
} chi_code;

/** chi_code_find copies the row that holds `address`; where there is none it looks at the process
 *  map once more. Returns: false if nothing executable is mapped there. */
bool chi_code_find(chi_code *code, uintptr_t address);

/** chi_code_refresh brings the table in line with the process map. */
void chi_code_refresh(void);

/** chi_code_forget empties the table: the next look fills it again. */
void chi_code_forget(void);

extern uint32_t chi_code_generation_now;

/** chi_code_generation changes when something known may have become wrong: what is derived from
 *  the table is to be thrown away then. */
static inline uint32_t chi_code_generation(void) {
    return __atomic_load_n(&chi_code_generation_now, __ATOMIC_ACQUIRE);
}

/** chi_code_changed begins a new generation: files have been unmapped. */
void chi_code_changed(void);

#pragma GCC visibility pop

#endif
