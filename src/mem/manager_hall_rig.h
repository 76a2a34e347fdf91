/* manager_hall_rig.h: where tests of managers take place. */
#ifndef CHI_MANAGER_HALL_RIG_H
#define CHI_MANAGER_HALL_RIG_H

#include <coldheap/manager.h>

#include <string.h>
#include <sys/mman.h>

#include "harness.h"

/* A manager over memory of exactly its footprint, between two closed pages. */
typedef struct hall {
    uint8_t *map;
    size_t map_bytes;
    uint8_t *memory;
    size_t size_bytes;
    ch_manager *manager;
} hall;

static inline bool hall_open(hall *h, const ch_manager_config *config) {
    size_t need = ch_manager_footprint(config);
    size_t border = ch_manager_align(config);
    size_t room = (need + 4095) / 4096 * 4096;
    *h = (hall){.map_bytes = room + 8192, .size_bytes = need};
    h->map = mmap(NULL, h->map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!CHECK(need > 0 && h->map != MAP_FAILED)) {
        return false;
    }
    CHECK_EQUAL(mprotect(h->map + 4096, room, PROT_READ | PROT_WRITE), 0);
    h->memory = h->map + 4096 + (room - need) / border * border;
    return CHECK_EQUAL(ch_manager_init(&h->manager, h->memory, need, config), CH_OK);
}

static inline void hall_close(hall *h) {
    CHECK_EQUAL(ch_manager_fini(h->manager), CH_OK);
    memset(h->memory, 0, h->size_bytes); /* all of it is the caller's again, also to a tool */
    (void)munmap(h->map, h->map_bytes);
}

static inline bool lies_inside(const hall *h, const void *pointer, size_t size_bytes) {
    uintptr_t offset = (uintptr_t)pointer - (uintptr_t)h->memory;
    return offset <= h->size_bytes && size_bytes <= h->size_bytes - offset;
}

#endif
