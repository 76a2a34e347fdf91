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

/* A function that is called by its name, without the unit. */
typedef struct callinfo_name {
    const char *name;
    struct callinfo_name *next;
} callinfo_name;

typedef struct callinfo_function callinfo_function;
struct callinfo_function {
    const char *name;     /* without its unit, and without the suffixes of clones */
    const char *object;   /* path of what it was compiled into */
    callinfo_call *calls; /* to computed targets */
    callinfo_name *callees;
    callinfo_function *next;
};

typedef struct callinfo {
    callinfo_function **table;
    size_t bits;
    size_t file_count;
} callinfo;

/* callinfo_beside reads the file that belongs to an object, its name with .ci for .o, or those that
 * belong to a program linked with -flto: its name with .ltrans*.ci, .ltrans*.ltrans.ci. Nothing if
 * there is none; lines of no known shape are passed over. */
void callinfo_beside(callinfo *in, const char *path, bool is_linked);

/* callinfo_excludes tells whether the function of that name in the object was seen and has no
 * computed call at `place` ("file.c:12"; NULL: anywhere). Clones (.constprop.0, .part.1, .cold)
 * count as what they were made of. */
bool callinfo_excludes(const callinfo *in, const char *object, const char *name, const char *place);

/* callinfo_callees gives the names that a function of an object calls; false if it was not seen. */
bool callinfo_callees(const callinfo *in, const char *object, const char *name,
                      const callinfo_name **callees);

#endif
