/* pool_twin.c: a pool whose objects come one by one from a ch_allocator (pool.h). Slots, handles
 * and generations are the real pool's; a map from address to slot lets a release by pointer know
 * what it got without reading foreign memory. */
#include "mem/pool_parts.h"

#define CH_MAP_NAME  chi_pool_where
#define CH_MAP_KEY   uintptr_t
#define CH_MAP_VALUE uint32_t
#include <coldheap/tmpl/map.h>

#define TWIN_ALIGN 16u
#define WHERE_SEED 0x7477696eu

typedef struct twin_layout {
    size_t where_bytes; /* the map, its header first */
    size_t objects_at;
    size_t tables_at;
    size_t total_bytes;
} twin_layout;

static bool lay_out(const ch_pool_options *options, twin_layout *layout) {
    size_t objects = 0;
    size_t tables = 0;
    if (!chi_pool_options_are_valid(options) || ch_pool_stride(options) == 0) {
        return false;
    }
    size_t head = (sizeof(chi_pool_where) + TWIN_ALIGN - 1) & ~(size_t)(TWIN_ALIGN - 1);
    size_t map = chi_pool_where_footprint(options->count);
    layout->where_bytes = map;
    return map != 0 && ch_size_add(&layout->objects_at, head, map) &&
           ch_size_round_up(&layout->objects_at, layout->objects_at, sizeof(void *)) &&
           ch_size_mul(&objects, options->count, sizeof(void *)) &&
           ch_size_add(&layout->tables_at, layout->objects_at, objects) &&
           ch_size_mul(&tables, options->count, 2 * sizeof(uint32_t)) &&
           ch_size_add(&layout->total_bytes, layout->tables_at, tables);
}

size_t ch_pool_twin_footprint(const ch_pool_options *options) {
    twin_layout layout;
    return lay_out(options, &layout) ? layout.total_bytes : 0;
}

ch_status ch_pool_init_twin(ch_pool *pool, void *memory, size_t size_bytes,
                            const ch_pool_options *options, const ch_allocator *source) {
    twin_layout layout;
    if (pool == NULL || memory == NULL || source == NULL || source->alloc == NULL ||
        source->free == NULL || !lay_out(options, &layout)) {
        return CH_EINVAL;
    }
    if (ch_align_padding(memory, TWIN_ALIGN) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < layout.total_bytes) {
        return CH_EFULL;
    }
    uint8_t *bytes = memory;
    chi_pool_where *where = memory;
    size_t head = (sizeof *where + TWIN_ALIGN - 1) & ~(size_t)(TWIN_ALIGN - 1);
    ch_map_options map = {.capacity = options->count, .seed = WHERE_SEED};
    ch_status status = chi_pool_where_init(where, bytes + head, layout.where_bytes, &map);
    if (status != CH_OK) {
        return status;
    }
    chi_pool_begin(pool, (uint32_t *)(void *)(bytes + layout.tables_at), options);
    pool->config.objects = (void **)(void *)(bytes + layout.objects_at);
    pool->config.where = where;
    pool->config.source = *source;
    for (size_t slot = 0; slot < options->count; slot++) {
        pool->config.objects[slot] = NULL; /* it held none yet */
    }
    chi_pool_seal(pool);
    return CH_OK;
}

bool chi_pool_twin_fetch(ch_pool *pool, size_t slot) {
    const ch_allocator *source = &pool->config.source;
    uint32_t number = (uint32_t)slot;
    CH_PUBLISH(pool->source_calls, pool->source_calls + 1);
    void *object = source->alloc(source->user, pool->config.object_bytes, pool->config.align);
    if (object == NULL) {
        return false;
    }
    uintptr_t address = (uintptr_t)object;
    pool->config.objects[slot] = object;
    return chi_pool_where_put(pool->config.where, &address, &number) == CH_OK;
}

void chi_pool_twin_return(ch_pool *pool, size_t slot) {
    const ch_allocator *source = &pool->config.source;
    void *object = pool->config.objects[slot];
    uintptr_t address = (uintptr_t)object;
    (void)chi_pool_where_remove(pool->config.where, &address);
    CH_PUBLISH(pool->source_calls, pool->source_calls + 1);
    (void)source->free(source->user, object, pool->config.object_bytes);
}

/* What a pointer is that names no object in use; O(slots), the caller's program is broken anyway. A
 * slot remembers its last object, also over a reset, to tell what the real pool would. */
static ch_status explain(const ch_pool *pool, uintptr_t address) {
    ch_status status = CH_EFOREIGN;
    for (size_t slot = 0; slot < pool->touched; slot++) {
        uintptr_t start = (uintptr_t)pool->config.objects[slot];
        if (start == 0 || address - start >= pool->config.object_bytes) {
            continue;
        }
        if (chi_pool_is_used(pool, slot)) {
            return CH_EINTERIOR;
        }
        if (status != CH_EDOUBLE) {
            status = address == start ? CH_EDOUBLE : CH_EINTERIOR;
        }
    }
    return status;
}

ch_status chi_pool_twin_slot(const ch_pool *pool, const void *object, size_t *slot) {
    uintptr_t address = (uintptr_t)object;
    const uint32_t *found = chi_pool_where_get(pool->config.where, &address);
    if (found == NULL) {
        return explain(pool, address);
    }
    *slot = *found;
    return CH_OK;
}

void chi_pool_twin_return_all(ch_pool *pool) {
    for (size_t slot = 0; slot < pool->fresh; slot++) {
        if (chi_pool_is_used(pool, slot)) {
            chi_pool_twin_return(pool, slot);
        }
    }
}
