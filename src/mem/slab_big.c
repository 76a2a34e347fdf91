/* slab_big.c: the maps of a slab: oversize blocks by address, with what it takes to give them back,
 * and a twin's blocks by address, with their class and slot (slab.h). A pointer is looked up, never
 * read through, so a foreign one is safe to ask about. */
#include "mem/checked.h"
#include "mem/slab_parts.h"

typedef struct big_block {
    size_t size_bytes;
    ch_region region; /* with CH_SLAB_OVERSIZE_REGION */
} big_block;

#define CH_MAP_NAME  chi_slab_bigs
#define CH_MAP_KEY   uintptr_t
#define CH_MAP_VALUE big_block
#include <coldheap/tmpl/map.h>

#define CH_MAP_NAME  chi_slab_wheres
#define CH_MAP_KEY   uintptr_t
#define CH_MAP_VALUE uint64_t
#include <coldheap/tmpl/map.h>

#define BIG_SEED   0x62696731u
#define WHERE_SEED 0x77686572u
#define BORDER     ((size_t)CH_SLAB_ALIGN_MAX)

#define BIG_HEAD   ((sizeof(chi_slab_bigs) + BORDER - 1) & ~(BORDER - 1))
#define WHERE_HEAD ((sizeof(chi_slab_wheres) + BORDER - 1) & ~(BORDER - 1))

size_t chi_slab_big_footprint(size_t count) {
    size_t total = 0;
    size_t map = chi_slab_bigs_footprint(count);
    return map != 0 && ch_size_add(&total, map, BIG_HEAD) ? total : 0;
}

void chi_slab_big_begin(ch_slab *slab, void *memory, size_t count) {
    ch_map_options options = {.capacity = count, .seed = BIG_SEED};
    chi_slab_bigs *bigs = memory;
    ch_status status = chi_slab_bigs_init(bigs, (uint8_t *)memory + BIG_HEAD,
                                          chi_slab_bigs_footprint(count), &options);
    CH_REQUIRE(status == CH_OK);
    slab->big = bigs;
}

size_t chi_slab_big_count(const ch_slab *slab) {
    return slab->big != NULL ? chi_slab_bigs_count(slab->big) : 0;
}

static ch_status map_region(const ch_slab *slab, ch_region *region, size_t size_bytes) {
    ch_region_options options = {.size_bytes = size_bytes, .name = slab->config.name};
    ch_status status = ch_region_reserve(region, &options);
    if (status != CH_OK) {
        return status;
    }
    if (ch_region_commit(region, 0, size_bytes) != CH_OK) {
        (void)ch_region_fini(region);
        return CH_ENOMEM;
    }
    if (slab->config.checked) {
        chi_close(region->base + size_bytes, region->size_bytes - size_bytes);
    }
    return CH_OK;
}

ch_status chi_slab_big_acquire(ch_slab *slab, void **out, size_t size_bytes) {
    bool fresh = false;
    big_block block = {.size_bytes = size_bytes};
    if (chi_slab_big_count(slab) >= slab->config.oversize_count) {
        return CH_EFULL;
    }
    void *memory;
    if (slab->config.oversize == CH_SLAB_OVERSIZE_REGION) {
        ch_status status = map_region(slab, &block.region, size_bytes);
        if (status != CH_OK) {
            return status;
        }
        memory = block.region.base;
    } else {
        const ch_allocator *parent = &slab->config.parent;
        memory = parent->alloc(parent->user, size_bytes, CH_SLAB_ALIGN_MAX);
        if (memory == NULL) {
            return CH_ENOMEM;
        }
    }
    uintptr_t key = (uintptr_t)memory;
    big_block *entry = chi_slab_bigs_upsert(slab->big, &key, &fresh);
    CH_REQUIRE(entry != NULL && fresh); /* else the parent gave a block twice */
    *entry = block;
    CH_PUBLISH(slab->oversize_bytes, slab->oversize_bytes + size_bytes);
    CH_PUBLISH(slab->oversize_acquires, slab->oversize_acquires + 1);
    if (chi_slab_big_count(slab) > slab->oversize_peak) {
        CH_PUBLISH(slab->oversize_peak, chi_slab_big_count(slab));
    }
    *out = memory;
    return CH_OK;
}

size_t chi_slab_big_size(const ch_slab *slab, const void *block) {
    uintptr_t key = (uintptr_t)block;
    const big_block *found = slab->big != NULL ? chi_slab_bigs_get(slab->big, &key) : NULL;
    return found != NULL ? found->size_bytes : 0;
}

bool chi_slab_big_covers(const ch_slab *slab, const void *pointer) {
    size_t position = 0;
    bool covered = false;
    const chi_slab_bigs_entry *entry;
    while (slab->big != NULL && (entry = chi_slab_bigs_next(slab->big, &position)) != NULL) {
        covered = covered || (uintptr_t)pointer - entry->key < entry->value.size_bytes;
    }
    return covered;
}

static ch_status give_back(const ch_slab *slab, uintptr_t key, big_block *block) {
    const ch_allocator *parent = &slab->config.parent;
    if (slab->config.oversize == CH_SLAB_OVERSIZE_PARENT) {
        return parent->free(parent->user, (void *)key, block->size_bytes);
    }
    if (slab->config.checked) {
        chi_open_defined((void *)key, block->region.size_bytes);
    }
    return ch_region_fini(&block->region);
}

ch_status chi_slab_big_release(ch_slab *slab, void *block) {
    uintptr_t key = (uintptr_t)block;
    big_block *found = chi_slab_bigs_get(slab->big, &key);
    big_block copy = *found;
    (void)chi_slab_bigs_remove(slab->big, &key);
    CH_PUBLISH(slab->oversize_bytes, slab->oversize_bytes - copy.size_bytes);
    return give_back(slab, key, &copy);
}

void chi_slab_big_reset(ch_slab *slab) {
    size_t position = 0;
    chi_slab_bigs_entry *entry;
    if (slab->big == NULL) {
        return;
    }
    while ((entry = chi_slab_bigs_next(slab->big, &position)) != NULL) {
        (void)give_back(slab, entry->key, &entry->value);
    }
    chi_slab_bigs_clear(slab->big);
    CH_PUBLISH(slab->oversize_bytes, 0);
}

bool chi_slab_big_holds(const ch_slab *slab) {
    size_t position = 0;
    size_t bytes = 0;
    const chi_slab_bigs_entry *entry;
    unsigned invariant = 0;
    if (slab->big == NULL) {
        return slab->oversize_bytes == 0 && slab->oversize_peak == 0;
    }
    if (chi_slab_bigs_check(slab->big, &invariant) != CH_OK) {
        return false;
    }
    while ((entry = chi_slab_bigs_next(slab->big, &position)) != NULL) {
        if (entry->value.size_bytes <= slab->config.largest_bytes) {
            return false;
        }
        bytes += entry->value.size_bytes;
    }
    return bytes == slab->oversize_bytes && chi_slab_big_count(slab) <= slab->oversize_peak &&
           slab->oversize_peak <= slab->config.oversize_count;
}

/* ---- A twin's blocks ------------------------------------------------------------------------- */

size_t chi_slab_where_footprint(size_t count) {
    size_t total = 0;
    size_t map = count <= SIZE_MAX / 2 ? chi_slab_wheres_footprint(2 * count) : 0;
    return map != 0 && ch_size_add(&total, map, WHERE_HEAD) ? total : 0;
}

void chi_slab_where_begin(ch_slab *slab, void *memory, size_t count) {
    ch_map_options options = {.capacity = 2 * count, .seed = WHERE_SEED};
    chi_slab_wheres *wheres = memory;
    ch_status status = chi_slab_wheres_init(wheres, (uint8_t *)memory + WHERE_HEAD,
                                            chi_slab_wheres_footprint(2 * count), &options);
    CH_REQUIRE(status == CH_OK);
    slab->where = wheres;
}

#define WHERE_SHIFT 32u /* the class stands above the slot */

static uint64_t where_of(const chi_slab_place *place) {
    return (uint64_t)place->class_index << WHERE_SHIFT | place->slot;
}

/* Enters the blocks that slots have now, those in use last: an address belongs to the slot that got
 * it last. */
static CH_COLD void rebuild(ch_slab *slab) {
    chi_slab_wheres_clear(slab->where);
    for (unsigned in_use = 0; in_use < 2; in_use++) {
        for (size_t i = 0; i < slab->config.class_count; i++) {
            const chi_slab_class *owner = &slab->classes[i];
            for (size_t slot = 0; slot < slab->counts[i].touched; slot++) {
                uintptr_t key = (uintptr_t)slab->counts[i].objects[slot];
                uint64_t value = where_of(&(chi_slab_place){.class_index = i, .slot = slot});
                bool used = slot < owner->fresh && owner->used[slot] == 1;
                if (key != 0 && used == (in_use != 0)) {
                    (void)chi_slab_wheres_put(slab->where, &key, &value);
                }
            }
        }
    }
}

/* What a slot had before stays in the map, which has twice the room: forgetting it each time would
 * cost as much as all else. But an address that moves is forgotten by the slot that had it. */
void chi_slab_where_note(ch_slab *slab, void *block, const chi_slab_place *place) {
    uintptr_t key = (uintptr_t)block;
    bool fresh = false;
    slab->counts[place->class_index].objects[place->slot] = NULL;
    uint64_t *value = chi_slab_wheres_upsert(slab->where, &key, &fresh);
    if (value == NULL) {
        rebuild(slab);
        value = chi_slab_wheres_upsert(slab->where, &key, &fresh);
        CH_REQUIRE(value != NULL);
    }
    if (!fresh) {
        void **old = &slab->counts[*value >> WHERE_SHIFT].objects[(uint32_t)*value];
        *old = *old == block ? NULL : *old;
    }
    *value = where_of(place);
    slab->counts[place->class_index].objects[place->slot] = block;
}

bool chi_slab_where_is(const ch_slab *slab, const void *block, chi_slab_place *place) {
    uintptr_t key = (uintptr_t)block;
    const uint64_t *found = chi_slab_wheres_get(slab->where, &key);
    if (found == NULL) {
        return false;
    }
    size_t class_index = (size_t)(*found >> WHERE_SHIFT);
    size_t slot = (uint32_t)*found;
    *place = (chi_slab_place){.class_index = class_index, .slot = slot};
    return slab->counts[class_index].objects[slot] == block;
}

/* Each block in use is found where it is, and the map names no slot that there never was. */
bool chi_slab_where_holds(const ch_slab *slab) {
    unsigned invariant = 0;
    size_t position = 0;
    const chi_slab_wheres_entry *entry;
    if (chi_slab_wheres_check(slab->where, &invariant) != CH_OK) {
        return false;
    }
    while ((entry = chi_slab_wheres_next(slab->where, &position)) != NULL) {
        uint64_t i = entry->value >> WHERE_SHIFT;
        if (i >= slab->config.class_count || (uint32_t)entry->value >= slab->counts[i].touched) {
            return false;
        }
    }
    for (size_t i = 0; i < slab->config.class_count; i++) {
        const chi_slab_class *owner = &slab->classes[i];
        for (size_t slot = 0; slot < owner->fresh; slot++) {
            chi_slab_place place = {0, 0};
            if (owner->used[slot] == 1 &&
                (slot >= slab->counts[i].touched ||
                 !chi_slab_where_is(slab, slab->counts[i].objects[slot], &place) ||
                 place.class_index != i || place.slot != slot)) {
                return false;
            }
        }
    }
    return true;
}
