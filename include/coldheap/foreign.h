/** foreign.h: what callers need that cannot read C headers: the room that an object's struct takes.
 *
 *  The one idea: structs are visible in C so that fast paths inline, but private; another language
 *  keeps them as opaque bytes of this size and alignment and calls functions only. Each inline
 *  function of an object also exists as a symbol of its name in the libraries. Templates (tmpl/)
 *  have no symbols: make an instance in a C file and wrap what you need. */
#ifndef CH_FOREIGN_H
#define CH_FOREIGN_H

#include <coldheap/base.h>

CH_API_BEGIN

/** ch_object_bytes returns sizeof of the struct ch_NAME ("arena", "pool", ...) in this library; 0
 *  for a name it does not know or NULL. It may grow with each version: ask, do not copy. */
size_t ch_object_bytes(const char *name);

/** ch_object_align returns the alignment of the struct ch_NAME; 0 as above. */
size_t ch_object_align(const char *name);

CH_API_END

#endif
