/* effects_use.h: the table of effects as `coldheap prove` uses it: opened when a name of the C
 * library is first asked for, and said so once. Without a folder where the table can be kept, or
 * without libc.a, nothing is known here, and what is called is looked into in libc.a itself. */
#ifndef COLDHEAP_TOOL_EFFECTS_USE_H
#define COLDHEAP_TOOL_EFFECTS_USE_H

#include "effects_table.h"

typedef struct effects_use {
    const image_archive *libc; /* NULL: the C library is not looked into at all */
    effects_table table;
    bool asked;
    bool opened;
} effects_use;

/* effects_use_find is what is known of a function of the C library; NULL if nothing. */
const effect_row *effects_use_find(effects_use *in, const char *name);

/* effects_use_check tells whether the archive is of the C library in use: a note if it is not. */
bool effects_use_check(const char *archive);

#endif
