/* suppress.h: the file of `check --suppress`: what is allowed although it is denied, one rule a
 * line, and which functions only pass a request on:
 *
 *   allow section=tick op=free stack=log_flush why="once per second" max=3
 *   wrapper my_xmalloc
 *
 * All conditions of a line must hold; section and stack (any function on the way) are globs, op is
 * one or more of alloc, free, realloc, heap, map, syscall, fault between commas, max is how many
 * calls of a run the line allows (absent: any number). `#` begins a comment. A line with an error
 * ends the command: no rule is ever dropped in silence. */
#ifndef COLDHEAP_TOOL_SUPPRESS_H
#define COLDHEAP_TOOL_SUPPRESS_H

#include "launch.h"

typedef struct wrapper_name wrapper_name;
struct wrapper_name {
    const char *name; /* a glob */
    wrapper_name *next;
};

/* suppress_read adds the lines of a file to the rules of the session and to the names of wrappers;
 * an exit code, its message out with the line that is wrong. */
int suppress_read(launch *session, wrapper_name **wrappers, const char *path);

/* suppress_ops reads operations as above into CH_OP_ bits; false for a word that is none. */
bool suppress_ops(uint32_t *ops, const char *text);

#endif
