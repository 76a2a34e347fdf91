/* page.h: one command of a tool, its help page, and finding commands by name. */
#ifndef TOOLS_COMMON_PAGE_H
#define TOOLS_COMMON_PAGE_H

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

/* One line of the page's list of exit codes. */
typedef struct exit_line {
    int code;
    const char *meaning;
} exit_line;

typedef struct page_settings {
    const command *const *commands; /* ends with NULL */
    flag_table globals;
    const exit_line *exits; /* ends with no meaning */
} page_settings;

/* page_find finds a command by name or alias; NULL if there is none. page_nearest gives the name
 * most like `name`. */
const command *page_find(const page_settings *in, const char *name);
const char *page_nearest(const page_settings *in, const char *name);

/* page_exits prints the exit codes, page_command the page of one command. */
void page_exits(const page_settings *in);
void page_command(const page_settings *in, const command *wanted);

#endif
