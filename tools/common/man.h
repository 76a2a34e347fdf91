/* man.h: a help page as a manual page in mdoc(7), from the same tables. */
#ifndef TOOLS_COMMON_MAN_H
#define TOOLS_COMMON_MAN_H

#include "page.h"

typedef struct man_settings {
    const char *summary; /* of the whole tool: what it does, without its name */
    const char *version;
    const char *date; /* "November 22, 2026" */
} man_settings;

/* man_command prints the page of one command, man_tool that of the tool with its list of commands,
 * to stdout. */
void man_command(const page_settings *in, const man_settings *settings, const command *wanted);
void man_tool(const page_settings *in, const man_settings *settings);

#endif
