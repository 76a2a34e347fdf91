/* tool.h: how the rooms that both commands share end the program. The numbers differ from command
 * to command; each defines its own `tool`. */
#ifndef TOOLS_COMMON_TOOL_H
#define TOOLS_COMMON_TOOL_H

typedef struct tool_identity {
    const char *name; /* of the command, for messages and mappings */
    int usage;        /* bad flag or value */
    int file;         /* file or stream trouble */
    int internal;     /* an error of the tool itself */
    int limit;        /* out of the tool's own memory */
} tool_identity;

extern const tool_identity tool;

enum { TOOL_DONE = 0 };

#endif
