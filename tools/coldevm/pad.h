/* pad.h: one contiguous buffer that grows in place, in address space reserved before the start, so
 * that growing while sealed is no heap call and nothing already written moves. */
#ifndef COLDEVM_PAD_H
#define COLDEVM_PAD_H

#include <coldheap/region.h>

typedef struct pad {
    ch_region region;
    char *bytes;
    size_t committed_bytes;
} pad;

/* pad_open reserves `most_bytes`; an exit code, with its message out. pad_close gives it back. */
int pad_open(pad *buffer, size_t most_bytes, const char *name);
void pad_close(pad *buffer);

/* pad_need makes the first `size` bytes usable; false if that is more than was reserved or the
 * system refuses. */
bool pad_grow(pad *buffer, size_t size);

CH_INLINE bool pad_need(pad *buffer, size_t size) {
    return CH_LIKELY(size <= buffer->committed_bytes) || pad_grow(buffer, size);
}

#endif
