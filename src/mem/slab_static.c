/* slab_static.c: blocks of static slabs and of their twins, the long way (slab.h). Each class has a
 * byte per block that tells whether it is in use, and a stack of the released ones; blocks from
 * `fresh` on were not used since the last reset. A twin's slots remember the last block that they
 * had, so that most acquires find its address in the map already. */
#include "mem/checked.h"
#include "mem/slab_parts.h"

static void note_peak(ch_slab *slab, size_t i) {
    size_t in_use = slab->classes[i].fresh - chi_slab_static_free(slab, i);
    if (in_use > slab->counts[i].peak) {
        CH_PUBLISH(slab->counts[i].peak, in_use);
    }
}

/* A free slot, marked as used; SIZE_MAX if there is none. */
static size_t take_slot(ch_slab *slab, size_t i) {
    chi_slab_class *owner = &slab->classes[i];
    size_t slot = owner->fresh;
    if (chi_slab_static_free(slab, i) > 0) {
        slot = owner->free_end[-1];
        CH_PUBLISH(owner->free_end, owner->free_end - 1);
    } else if (slot < slab->counts[i].count) {
        CH_PUBLISH(owner->fresh, slot + 1);
    } else {
        return SIZE_MAX;
    }
    owner->used[slot] = 1;
    note_peak(slab, i);
    return slot;
}

static void put_slot(ch_slab *slab, size_t i, size_t slot) {
    chi_slab_class *owner = &slab->classes[i];
    owner->used[slot] = 0;
    *owner->free_end = (uint32_t)slot;
    CH_PUBLISH(owner->free_end, owner->free_end + 1);
}

/* A block for a slot from a twin's source. */
static void *fetch(ch_slab *slab, const chi_slab_place *place) {
    const ch_allocator *source = &slab->config.source;
    chi_slab_counts *counts = &slab->counts[place->class_index];
    CH_PUBLISH(slab->source_calls, slab->source_calls + 1);
    for (; counts->touched <= place->slot; counts->touched++) {
        counts->objects[counts->touched] = NULL;
    }
    void *block =
        source->alloc(source->user, counts->size_bytes, chi_slab_align_of(counts->size_bytes));
    if (block != NULL && block != counts->objects[place->slot]) {
        chi_slab_where_note(slab, block, place);
    }
    return block;
}

ch_status chi_slab_static_take(ch_slab *slab, void **out, size_t class_index) {
    chi_slab_place place = {.class_index = class_index, .slot = take_slot(slab, class_index)};
    if (place.slot == SIZE_MAX) {
        return CH_EFULL;
    }
    if (slab->config.twin) {
        void *block = fetch(slab, &place);
        if (block == NULL) {
            put_slot(slab, class_index, place.slot);
            return CH_ENOMEM;
        }
        *out = block;
        return CH_OK;
    }
    const chi_slab_class *owner = &slab->classes[class_index];
    uint8_t *block = owner->base + place.slot * owner->stride_bytes;
    if (slab->config.checked) {
        chi_group_add(slab, block, slab->counts[class_index].size_bytes);
        chi_open(block, slab->counts[class_index].size_bytes);
    }
    *out = block;
    return CH_OK;
}

static bool is_used(const ch_slab *slab, const chi_slab_place *place) {
    const chi_slab_class *owner = &slab->classes[place->class_index];
    return place->slot < owner->fresh && owner->used[place->slot] == 1;
}

/* What an address is that no slot of a twin remembers; O(blocks), the caller's program is broken
 * anyway. */
static ch_status explain(const ch_slab *slab, uintptr_t address) {
    ch_status status = CH_EFOREIGN;
    for (size_t i = 0; i < slab->config.class_count; i++) {
        const chi_slab_counts *counts = &slab->counts[i];
        for (size_t slot = 0; slot < counts->touched; slot++) {
            uintptr_t start = (uintptr_t)counts->objects[slot];
            if (start != 0 && address - start < counts->size_bytes) {
                status = CH_EINTERIOR;
            }
        }
    }
    return status;
}

ch_status chi_slab_static_find(const ch_slab *slab, const void *block, chi_slab_place *place) {
    if (slab->config.twin) {
        if (!chi_slab_where_is(slab, block, place)) {
            return explain(slab, (uintptr_t)block);
        }
        return is_used(slab, place) ? CH_OK : CH_EDOUBLE;
    }
    size_t i = slab->map[((uintptr_t)block - (uintptr_t)slab->area) >> slab->map_shift];
    const chi_slab_class *owner = &slab->classes[i];
    size_t offset = (uintptr_t)block - (uintptr_t)owner->base;
    if (offset >= slab->counts[i].count * owner->stride_bytes) {
        return CH_EFOREIGN;
    }
    *place = (chi_slab_place){.class_index = i, .slot = chi_slab_slot(owner, offset)};
    if (place->slot >= slab->counts[i].count) {
        return CH_EINTERIOR;
    }
    return is_used(slab, place) ? CH_OK : CH_EDOUBLE;
}

void chi_slab_static_give(ch_slab *slab, void *block, const chi_slab_place *place) {
    size_t size_bytes = slab->counts[place->class_index].size_bytes;
    if (slab->config.twin) {
        const ch_allocator *source = &slab->config.source;
        CH_PUBLISH(slab->source_calls, slab->source_calls + 1);
        (void)source->free(source->user, block, size_bytes);
    } else if (slab->config.checked) {
        chi_group_drop(slab, block);
        chi_close(block, size_bytes);
    }
    put_slot(slab, place->class_index, place->slot);
}

static void return_all(ch_slab *slab, size_t i) {
    for (size_t slot = 0; slot < slab->classes[i].fresh; slot++) {
        chi_slab_place place = {.class_index = i, .slot = slot};
        if (is_used(slab, &place)) {
            chi_slab_static_give(slab, slab->counts[i].objects[slot], &place);
        }
    }
}

void chi_slab_static_reset(ch_slab *slab) {
    for (size_t i = 0; i < slab->config.class_count; i++) {
        chi_slab_class *owner = &slab->classes[i];
        if (slab->config.twin) {
            return_all(slab, i);
        } else if (slab->config.checked) {
            chi_close(owner->base, owner->fresh * owner->stride_bytes);
        }
        CH_PUBLISH(owner->fresh, 0);
        CH_PUBLISH(owner->free_end, owner->free_base);
    }
    if (slab->config.checked) {
        chi_group_keep(slab, slab->area, 0);
    }
}
