/* twin.h: the heap behind a ch_allocator, counting bytes: what the malloc backend of a machine and
 * of a state takes its blocks from. */
#ifndef COLDEVM_TWIN_H
#define COLDEVM_TWIN_H

#include <coldheap/allocator.h>

typedef struct twin {
    ch_allocator allocator;
    size_t live_bytes;
    size_t peak_bytes;
} twin;

void twin_init(twin *heap);

/* twin_restart makes what is live now the new peak. */
void twin_restart(twin *heap);

#endif
