/** ranges.h: functions that are hot without being marked: by name, by address, by their section, or
 *  because a policy assumes something of them. A heap call with any frame in one is a violation.
 *
 *  The one idea: functions are looked up once per file that is mapped, when code.c first sees it;
 *  the ranges found lie in a fixed table, and shortcut.h keeps for each return address whether it
 * is in one. Without rules nothing of this ever runs. */
#ifndef CH_GUARD_RANGES_H
#define CH_GUARD_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session.h"

#pragma GCC visibility push(hidden)

#define CHI_RANGES_MAX      4096u
#define CHI_RANGE_MARKED    UINT32_MAX /* the rule of functions in section ch_hot_text */
#define CHI_RANGE_NAME_SIZE 96u

typedef struct chi_range {
    uint32_t state; /* CHI_ROW_ */
    uint32_t rule;  /* index, or CHI_RANGE_MARKED */
    uintptr_t start;
    uintptr_t end;
    char name[CHI_RANGE_NAME_SIZE];
} chi_range;

/** chi_ranges_begin takes the rules from the settings and looks through everything that is mapped.
 *  Called once, by one thread. */
void chi_ranges_begin(void);

/** chi_ranges_scan looks for functions of a file that has just been mapped, from `low` to `high`;
 *  address - `bias` = ELF address. */
void chi_ranges_scan(const char *path, uintptr_t bias, uintptr_t low, uintptr_t high);

/** chi_ranges_forget drops what lies in a mapping that is gone. */
void chi_ranges_forget(uintptr_t start, uintptr_t end);

/** chi_ranges_find returns the number of the range that holds `address`, or CHI_RANGES_MAX. */
size_t chi_ranges_find(uintptr_t address);

/** chi_ranges_get returns range `number`, or NULL if it has gone. */
const chi_range *chi_ranges_get(size_t number);

/** chi_ranges_rule returns the rule of a range; NULL: the function is marked. */
chi_session_rule *chi_ranges_rule(const chi_range *range);

/** chi_ranges_blind tells whether our own frames cannot be passed, so that no call would ever be
 *  found below a range: a program with the run time in it that has no .eh_frame_hdr. */
bool chi_ranges_blind(void);

/** chi_ranges_module_fits tells whether a rule is about the file. */
bool chi_ranges_module_fits(const chi_session_rule *rule, const char *path, const char *soname);

/** chi_ranges_missing finds the first HOT rule that no function matched, and says why: in which
 *  file it looked, and which names there are nearest. */
bool chi_ranges_missing(char *why, size_t why_size);

#pragma GCC visibility pop

#endif
