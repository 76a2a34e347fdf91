/* effects_table.h: a row for every function of the C library: its class, a way to what it does.
 *
 * A table belongs to one shared library, by build id. It is derived from the archive of the same
 * version, where every function has a name, and again from the shared library's own code. Where
 * both answer differently, the row is marked and the stronger answer stands: the archive loads
 * nothing at run time, so that there `backtrace` finds the unwinder without the heap. */
#ifndef COLDHEAP_TOOL_EFFECTS_TABLE_H
#define COLDHEAP_TOOL_EFFECTS_TABLE_H

#include "effects_class.h"
#include "effects_libc.h"

typedef struct effect_row {
    const char *name;
    effect_class class;
    effect_class archive; /* what the archive says; EFFECT_UNKNOWN if it has no such function */
    bool in_archive;
    bool differs;         /* the shared library's own code says otherwise */
    uint64_t stack_bytes; /* with all it calls, if stack_known; of both the larger */
    bool stack_known;
    const char *witness; /* "" for EFFECT_NONE */
} effect_row;

typedef struct effects_table {
    libc_identity libc;
    const char *origin; /* "derived", or the path of the cache */
    effect_row *rows;   /* ascending by name */
    size_t count;
} effects_table;

typedef struct effects_settings {
    const char *shared;  /* NULL: the C library that this program runs with */
    const char *archive; /* NULL: where compilers look */
    const char *cache;   /* NULL: the user's cache folder; "": none */
    bool renew;          /* whatever the cache says */
    bool only_kept;      /* only if it can be kept, and without messages of errors */
} effects_settings;

/* effects_table_open gives the table of the C library in use: out of the cache if that is of the
 * same build id and the same archive, else derived, and then put there.
 * Errors: EXIT_NOT_ARMED if there is no archive, EXIT_UNPROVEN if it is of another version, with
 * the message out. */
int effects_table_open(effects_table *out, const effects_settings *settings);

/* effects_table_find finds a function; NULL if the library has none of that name. */
const effect_row *effects_table_find(const effects_table *in, const char *name);

#endif
