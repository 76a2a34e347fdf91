/* foreign.c: see foreign.h. One row per struct that a caller makes room for. */
#include <coldheap/foreign.h>

#include <string.h>

#include <coldheap/arena.h>
#include <coldheap/arenas.h>
#include <coldheap/bitset.h>
#include <coldheap/bufpool.h>
#include <coldheap/handles.h>
#include <coldheap/manager.h>
#include <coldheap/pool.h>
#include <coldheap/pools.h>
#include <coldheap/region.h>
#include <coldheap/slab.h>
#include <coldheap/stack.h>
#include <coldheap/xpool.h>

#define ROW(type)                                                                                  \
    { #type, sizeof(ch_##type), CH_ALIGNOF(ch_##type) }

static const struct row {
    const char *name;
    size_t bytes;
    size_t align;
} ROWS[] = {
    ROW(arena),   ROW(arena_point), ROW(arenas),  ROW(bitset), ROW(buffer),
    ROW(bufpool), ROW(handles),     ROW(manager), ROW(pool),   ROW(pools),
    ROW(region),  ROW(slab),        ROW(stack),   ROW(xpool),  ROW(xpool_shard),
};

static const struct row *find(const char *name) {
    for (size_t i = 0; name != NULL && i < sizeof ROWS / sizeof ROWS[0]; i++) {
        if (strcmp(ROWS[i].name, name) == 0) {
            return &ROWS[i];
        }
    }
    return NULL;
}

size_t ch_object_bytes(const char *name) {
    const struct row *row = find(name);
    return row != NULL ? row->bytes : 0;
}

size_t ch_object_align(const char *name) {
    const struct row *row = find(name);
    return row != NULL ? row->align : 0;
}
