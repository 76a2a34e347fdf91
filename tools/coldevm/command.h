/* command.h: one command of coldevm: its name, its help page and what runs it. */
#ifndef COLDEVM_COMMAND_H
#define COLDEVM_COMMAND_H

#include "options.h"

typedef struct command {
    const char *name;
    const char *alias; /* NULL: none */
    const char *summary;
    const char *synopsis;
    const char *description;
    const char *examples;
    flag_table flags;
    int (*run)(const operand_list *operands); /* an exit code; NULL: not in this version */
} command;

extern const command command_run;
extern const command command_disasm;
extern const command command_footprint;
extern const command command_bench;

#endif
