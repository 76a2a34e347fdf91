/* effects.h: what is known of functions by their name alone. */
#ifndef COLDHEAP_TOOL_EFFECTS_H
#define COLDHEAP_TOOL_EFFECTS_H

#include <stdbool.h>

/* effects_allocates tells whether a name is the heap's or maps memory: malloc and its family, free,
 * operator new and delete, mmap and brk. */
bool effects_allocates(const char *name);

/* effects_none tells whether a name is the guard's own mark or note, which is absent or cold, or
 * one of the C library's leaves that copy and compare bytes. */
bool effects_none(const char *name);

/* effects_is_mark tells whether a name is the guard's own mark or note. */
bool effects_is_mark(const char *name);

/* effects_ends tells whether a call never comes back because the program dies in it. */
bool effects_ends(const char *name);

#endif
