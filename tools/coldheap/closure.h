/* closure.h: the files of code that a program starts with: itself, what it needs, the loader. The
 * program's own loader is asked for the list: it knows the search paths of this machine. */
#ifndef COLDHEAP_TOOL_CLOSURE_H
#define COLDHEAP_TOOL_CLOSURE_H

#include <stddef.h>

#define CLOSURE_MAX 512u

typedef struct closure {
    const char *paths[CLOSURE_MAX]; /* without symbolic links; [0] is the program */
    size_t count;
} closure;

/* closure_of lists the files of the program at `path`. What cannot be found is left out: the
 * program itself is always there. */
void closure_of(closure *out, const char *path);

#endif
