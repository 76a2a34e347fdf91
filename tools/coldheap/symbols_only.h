/* symbols_only.h: the quick gate: what objects want from elsewhere, by name, against a list of what
 * they may have. For objects that are hot from end to end: no code is looked at, so nothing is said
 * about calls through pointers or system calls in assembly.
 *
 * The list has a line for each allowed name: SYMBOL OBJECT REASON. Both may be globs, OBJECT is
 * matched with the last part of the object's or member's name, with and without its suffix .o;
 * `#` begins a comment. Names that another input defines, marks of the guard and what the linker
 * itself makes need no line. */
#ifndef COLDHEAP_TOOL_SYMBOLS_ONLY_H
#define COLDHEAP_TOOL_SYMBOLS_ONLY_H

#include "graph.h"
#include "sink.h"

typedef struct symbols_settings {
    const char *allow; /* NULL: no list, so nothing is allowed */
    sink *json;        /* NULL: none */
    bool github;
    bool strict; /* a line that served nothing is an error */
} symbols_settings;

/* symbols_check prints a line for every name that is not allowed, and the verdict.
 * Returns: EXIT_DONE, EXIT_FINDING, EXIT_NOT_ARMED if there was nothing to check. */
int symbols_check(const graph *in, const symbols_settings *settings);

#endif
