/* check_flags.h: the flags of `coldheap check`, and what they mean for the session: the settings of
 * the run times, the rules, and the demands on the run. */
#ifndef COLDHEAP_TOOL_CHECK_FLAGS_H
#define COLDHEAP_TOOL_CHECK_FLAGS_H

#include "launch.h"
#include "outcome.h"

#define CHECK_FLAG_COUNT 24u
extern const flag_row check_flag_rows[];

/* What the command itself does with. */
typedef struct check_options {
    const char *json;     /* NULL: none */
    const char *valgrind; /* its tool; NULL: not under valgrind */
    const char *runtime;  /* folder of the run time; NULL: beside this command */
    uint64_t reports_max;
    bool github;
} check_options;

/* check_flags_apply reads the flags into the session; an exit code, its message out. */
int check_flags_apply(launch *session, outcome_demands *demands, check_options *options);

#endif
