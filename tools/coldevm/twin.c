/* twin.c: malloc, aligned_alloc and free as a ch_allocator; see twin.h. */
#include "twin.h"

#include <stddef.h>
#include <stdlib.h>

static void *take(void *user, size_t size, size_t align) {
    twin *heap = user;
    void *block = NULL;
    if (align <= _Alignof(max_align_t)) {
        block = malloc(size);
    } else if (size <= SIZE_MAX - align) {
        block = aligned_alloc(align, (size + align - 1) / align * align);
    }
    if (block != NULL) {
        heap->live_bytes += size;
        heap->peak_bytes =
            heap->live_bytes > heap->peak_bytes ? heap->live_bytes : heap->peak_bytes;
    }
    return block;
}

static ch_status give_back(void *user, void *block, size_t size) {
    twin *heap = user;
    free(block);
    heap->live_bytes -= size;
    return CH_OK;
}

void twin_init(twin *heap) {
    *heap = (twin){{take, NULL, give_back, heap}, 0, 0};
}

void twin_restart(twin *heap) {
    heap->peak_bytes = heap->live_bytes;
}
