/* clone.h: the names that compilers give to parts and copies of functions. */
#ifndef COLDHEAP_TOOL_CLONE_H
#define COLDHEAP_TOOL_CLONE_H

#include <stdbool.h>
#include <stddef.h>

#define CLONE_BYTES 512u

/* clone_length is the length of `name` without suffixes as .constprop.0, .isra.1, .part.2, .cold,
 * .lto_priv.3, .llvm.123: the function that it was made of. */
size_t clone_length(const char *name);

/* clone_origin copies that to `plain`, of CLONE_BYTES; false if `name` is no clone, or too long. */
bool clone_origin(char *plain, const char *name);

/* clone_fits tells whether `glob` fits the name, mangled or as people write it, or that of the
 * function that it is a clone of. */
bool clone_fits(const char *glob, const char *name);

/* clone_is_cold tells whether it is the part of a function that is moved away, as .cold. */
bool clone_is_cold(const char *name);

#endif
