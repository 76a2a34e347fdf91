/* command.h: the commands of coldevm, one file each. */
#ifndef COLDEVM_COMMAND_H
#define COLDEVM_COMMAND_H

#include "page.h"

/* How far geth's evm is imitated; main sets geth before a command runs. */
typedef struct command_modes {
    bool geth;          /* by --compat, COLDEVM_COMPAT, or the program's name */
    bool keeps_failure; /* failing tests exit 1 all the same */
} command_modes;

extern command_modes command_mode;

extern const command command_statetest;
extern const command command_run;
extern const command command_disasm;
extern const command command_footprint;
extern const command command_bench;

#endif
