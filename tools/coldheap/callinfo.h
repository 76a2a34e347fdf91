/* callinfo.h: what gcc knew of its own calls: the .ci files of -fcallgraph-info. They tell a
 * computed goto from a computed tail call, which machine code does not. */
#ifndef COLDHEAP_TOOL_CALLINFO_H
#define COLDHEAP_TOOL_CALLINFO_H

#include <stdbool.h>
#include <stddef.h>

typedef struct callinfo_call {
    const char *place; /* "file.c:12", the last part of the path only */
    struct callinfo_call *next;
} callinfo_call;

typedef struct callinfo_function callinfo_function;
struct callinfo_function {
    const char *name;            /* without its unit */
    const char *unit;            /* NULL: known outside of it */
    struct callinfo_call *calls; /* to computed targets */
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

/* callinfo_excludes tells whether every function of that name in the files read was seen and has no
 * computed call at `place` ("file.c:12"; NULL: anywhere). Suffixes of clones (.constprop.0,
 * .part.1, .cold) are ignored. */
bool callinfo_excludes(const callinfo *in, const char *name, const char *place);

#endif
