/** ch_allocator is the interface form of "something that gives bytes": for code that must not know
 *  which pattern stands behind it, for the chunk sources of arenas, and for the twins (patterns
 *  that take every block from an allocator, to be compared with the real ones). Not for hot paths
 *  that know their pattern: a call through a pointer costs more than an inlined bump. */
#ifndef CH_ALLOCATOR_H
#define CH_ALLOCATOR_H

#include <coldheap/base.h>
#include <coldheap/status.h>

typedef struct ch_allocator {
    /** Gives `size_bytes` >= 1 bytes aligned to `align`, not zeroed; NULL if it cannot. */
    void *(*alloc)(void *user, size_t size_bytes, size_t align);
    /** Changes the size of `block` in place. Returns false, nothing changed, if it cannot. The
     *  pointer may be NULL for an allocator that never can. */
    bool (*resize)(void *user, void *block, size_t old_bytes, size_t new_bytes);
    /** Takes `block` of `size_bytes` back. */
    ch_status (*free)(void *user, void *block, size_t size_bytes);
    void *user;
} ch_allocator;

#endif
