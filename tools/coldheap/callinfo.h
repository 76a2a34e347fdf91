/* callinfo.h: what gcc knew of its own calls: the .ci files of -fcallgraph-info. They tell a
 * computed goto from a computed tail call, which machine code does not. */
#ifndef COLDHEAP_TOOL_CALLINFO_H
#define COLDHEAP_TOOL_CALLINFO_H

#include <stdbool.h>
#include <stddef.h>

typedef struct callinfo_function callinfo_function;
struct callinfo_function {
    const char *name; /* without its unit */
    const char *unit; /* NULL: known outside of it */
    bool computes;    /* has a call to a computed target */
    callinfo_function *next;
};

typedef struct callinfo {
    callinfo_function **table;
    size_t bits;
    size_t file_count;
} callinfo;

/* callinfo_beside reads the file that belongs to an object: its name with .ci for .o. Nothing if
 * there is none; lines of no known shape are passed over. */
void callinfo_beside(callinfo *in, const char *object_path);

/* callinfo_never_computes tells whether every function of that name in the files read was seen and
 * calls nothing that is computed. Suffixes of clones (.constprop.0, .part.1, .cold) are ignored. */
bool callinfo_never_computes(const callinfo *in, const char *name);

#endif
