/* memory_rig.h: the three kinds of EVM memory behind one name, for the tests, the fuzz target and
 * the bench of this room: a reserved region, plain bytes full of rubbish, and the malloc twin. */
#ifndef CHEVMI_MEMORY_RIG_H
#define CHEVMI_MEMORY_RIG_H

#include <coldevm/memory.h>
#include <coldheap/allocator.h>
#include <coldheap/region.h>

#include <stdlib.h>

typedef enum memory_kind { MEMORY_REGION, MEMORY_PLAIN, MEMORY_TWIN, MEMORY_KINDS } memory_kind;

typedef struct memory_rig {
    chevm_memory memory;
    ch_region region;
    uint8_t *bytes;
    ch_allocator allocator;
    size_t live;   /* blocks of the twin that are not freed */
    bool refusing; /* the twin's allocator says no */
} memory_rig;

static void *rig_alloc(void *user, size_t size, size_t align) {
    memory_rig *rig = user;
    if (rig->refusing) {
        return NULL;
    }
    rig->live++;
    return aligned_alloc(align, (size + align - 1) / align * align);
}

static ch_status rig_free(void *user, void *block, size_t size) {
    memory_rig *rig = user;
    (void)size;
    rig->live--;
    free(block);
    return CH_OK;
}

/* Sets up one kind with `limit` bytes; false if the machine has not got them. */
static bool rig_init(memory_rig *rig, memory_kind kind, size_t limit) {
    *rig = (memory_rig){0};
    chevm_memory_options options = {.limit_bytes = limit};
    if (kind == MEMORY_REGION) {
        const ch_region_options wish = {.size_bytes = limit + 4096, .name = "evm memory test"};
        options.zeroed = true;
        return ch_region_reserve(&rig->region, &wish) == CH_OK &&
               chevm_memory_init(&rig->memory, &rig->region, 4096, &options) == CH_OK;
    }
    if (kind == MEMORY_PLAIN) {
        rig->bytes = aligned_alloc(64, (limit + 63) / 64 * 64);
        if (rig->bytes == NULL) {
            return false;
        }
        memset(rig->bytes, 0xa5, limit);
        return chevm_memory_init_plain(&rig->memory, rig->bytes, limit, &options) == CH_OK;
    }
    rig->allocator = (ch_allocator){.alloc = rig_alloc, .free = rig_free, .user = rig};
    return chevm_memory_init_twin(&rig->memory, &rig->allocator, &options) == CH_OK;
}

static void rig_fini(memory_rig *rig) {
    chevm_memory_fini(&rig->memory);
    (void)ch_region_fini(&rig->region);
    if (rig->bytes != NULL) { /* a bench counts every call of free */
        free(rig->bytes);
    }
    rig->bytes = NULL;
}

#endif
