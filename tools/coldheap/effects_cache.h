/* effects_cache.h: a table of effects in a file, one row a line, so that it is derived once per C
 * library. The file is a cache: what does not fit, by build id, archive, version of this program,
 * or shape, is as good as no file. */
#ifndef COLDHEAP_TOOL_EFFECTS_CACHE_H
#define COLDHEAP_TOOL_EFFECTS_CACHE_H

#include "effects_table.h"

/* effects_cache_path is the file for this C library: `path` itself, or for NULL one in the user's
 * cache folder ($XDG_CACHE_HOME/coldheap, ~/.cache/coldheap); NULL for "" or without a folder. */
const char *effects_cache_path(const libc_identity *libc, const char *path);

/* effects_cache_read fills rows and origin if the file is of this C library and archive. */
bool effects_cache_read(effects_table *out, const char *path);

/* effects_cache_reserve tells whether a table could be kept: its folder is made, and writable. */
bool effects_cache_reserve(const libc_identity *libc, const char *path);

/* effects_cache_write replaces the file as a whole; one that cannot be written is told by a note.
 */
void effects_cache_write(const effects_table *in, const char *path);

#endif
