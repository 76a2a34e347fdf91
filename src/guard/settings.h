/** settings.h: what the run time was told to do. There is one place for it, filled once at load
 *  from the variable COLDHEAP: either by hand (COLDHEAP=mode=log,depth=8) or by the command, which
 *  hands over a file that all its processes share (COLDHEAP=session=PATH, see session.h). */
#ifndef CH_GUARD_SETTINGS_H
#define CH_GUARD_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "session.h"

#pragma GCC visibility push(hidden)

/** The process's own copy: the program may change the mode, unless `mode_fixed`. */
typedef struct chi_guard_config {
    chi_session_config config; /* mode: the one in force */
    int exit_status;           /* of a process with violations; 0: its own */
    int report_fd;
    bool mode_fixed;
    bool asked; /* COLDHEAP is set: not to be armed is an error */
} chi_guard_config;

extern chi_guard_config chi_guard_settings;

/** The rules, chi_guard_rule_count of them; those of the session are shared by all its processes,
 *  so hits and matches are added to atomically. */
extern chi_session_rule *chi_guard_rules;
extern size_t chi_guard_rule_count;

/** chi_guard_settings_load reads COLDHEAP.
 *  Returns: NULL, or what is wrong; chi_guard_settings_word is then the word meant, or "". */
const char *chi_guard_settings_load(void);
extern const char *chi_guard_settings_word;

/** chi_guard_settings_words is the part of it that reads words: "mode=log,depth=8". */
const char *chi_guard_settings_words(const char *text);

#pragma GCC visibility pop

#endif
