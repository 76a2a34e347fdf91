/* preflight.h: can the guard arm itself in this program? Asked before it is started, so that a
 * program in which nothing could be checked is refused with the reason, and never run for an empty
 * pass (G20). What only a running program can tell (an allocator of its own, a function that does
 * not exist) is found out by the run time's self-test and told in the session.
 *
 *   file                                              answer
 *   static, static-PIE, Go, Free Pascal               refused, unless the guard is linked in
 *   set-user-id, set-group-id, capabilities           refused: the loader preloads nothing there
 *   other machine, 32 bits                            refused
 *   JVM, V8, Go with a loader, je_ _rjem_ mi_ tc_ rp  partial: refused unless that is accepted
 *   script                                            the answer for its interpreter
 *   ASan, TSan, MSan, LSan                            hooks are preloaded instead */
#ifndef COLDHEAP_TOOL_PREFLIGHT_H
#define COLDHEAP_TOOL_PREFLIGHT_H

#include "program.h"

typedef struct preflight {
    const char *path;    /* what is started: the program, or the script */
    const char *script;  /* the script, if that is what was asked for; else NULL */
    program of;          /* the program, or the script's interpreter */
    const char *refusal; /* why nothing can be checked; NULL: try it */
    const char *partial; /* what will not be seen; NULL: nothing known */
} preflight;

/* preflight_look judges what a shell would run for `name`; an exit code, its message out: 126 or
 * 127 if there is nothing that could be run. */
int preflight_look(preflight *out, const char *name);

/* preflight_hooks tells whether the run time for sanitizers is needed, and what must be preloaded
 * before it (NULL: nothing). */
bool preflight_hooks(const preflight *in, const char **before);

#endif
