/* slab_check.c: the self-check of slabs (slab.h): every table against every other. */
#include "mem/checked.h"
#include "mem/slab_parts.h"

/* The table of sizes, and the strides of a paged slab's classes; those of others are sealed. */
static bool classes_hold(const ch_slab *slab) {
    size_t units = (slab->config.largest_bytes >> CHI_SLAB_UNIT_SHIFT) + 1;
    size_t class_index = 0;
    for (size_t unit = 0; unit < units; unit++) {
        class_index += slab->counts[class_index].size_bytes < unit << CHI_SLAB_UNIT_SHIFT;
        if (class_index >= slab->config.class_count || slab->lookup[unit] != class_index) {
            return false;
        }
    }
    for (size_t i = 0; i < slab->config.class_count; i++) {
        const chi_slab_counts *counts = &slab->counts[i];
        size_t stride =
            slab->config.paged ? slab->bins[i].stride_bytes : slab->classes[i].stride_bytes;
        if (counts->size_bytes % 8 != 0 ||
            stride != chi_slab_stride_of(counts->size_bytes, slab->config.checked) ||
            (slab->config.paged && slab->bins[i].slots != CH_SLAB_PAGE_BYTES / stride)) {
            return false;
        }
    }
    return class_index + 1 == slab->config.class_count;
}

/* ---- Static ---------------------------------------------------------------------------------- */

/* Released blocks are not in use, used ones are not released, and there are no others. */
static bool blocks_hold(const ch_slab *slab, size_t i) {
    const chi_slab_class *owner = &slab->classes[i];
    size_t free_count = chi_slab_static_free(slab, i);
    size_t used = 0;
    uint64_t sum = 0; /* tells sets of slots apart */
    if (owner->fresh > slab->counts[i].count || free_count > owner->fresh ||
        (uintptr_t)owner->free_end != (uintptr_t)(owner->free_base + free_count)) {
        return false;
    }
    for (size_t slot = 0; slot < owner->fresh; slot++) {
        if (owner->used[slot] > 1) {
            return false;
        }
        used += owner->used[slot];
        sum += owner->used[slot] == 0 ? (slot + 1) * 0x9e3779b97f4a7c15u ^ slot << 7 : 0;
    }
    for (size_t k = 0; k < free_count; k++) {
        uint64_t slot = owner->free_base[k];
        if (slot >= owner->fresh || owner->used[slot] != 0) {
            return false;
        }
        sum -= (slot + 1) * 0x9e3779b97f4a7c15u ^ slot << 7;
    }
    return used + free_count == owner->fresh && sum == 0 && slab->counts[i].peak >= used &&
           slab->counts[i].peak <= slab->counts[i].count;
}

/* The map names the class of each step that a class lies in. */
static bool map_holds(const ch_slab *slab, size_t i) {
    const chi_slab_class *owner = &slab->classes[i];
    size_t bytes = slab->config.twin ? 0 : slab->counts[i].count * owner->stride_bytes;
    size_t start = bytes != 0 ? (size_t)(owner->base - slab->area) : 0;
    for (size_t at = start >> slab->map_shift;
         bytes != 0 && at <= (start + bytes - 1) >> slab->map_shift; at++) {
        if (slab->map[at] != i) {
            return false;
        }
    }
    return true;
}

/* ---- Pages ----------------------------------------------------------------------------------- */

/* Hints at blocks of one word of a page. */
static size_t hints_at(const chi_slab_bin *bin, size_t page_index, size_t word) {
    size_t count = 0;
    for (size_t k = 0; k < bin->hint_count; k++) {
        count += bin->hints[k] >> 16 == page_index && (uint16_t)bin->hints[k] / 64 == word;
    }
    return count;
}

/* Each hint is at a free block of the class, and none twice. */
static bool hints_hold(const ch_slab *slab, size_t i) {
    const chi_slab_bin *bin = &slab->bins[i];
    if (bin->hint_count > bin->hint_most || bin->drawn < bin->hint_count) {
        return false;
    }
    for (size_t k = 0; k < bin->hint_count; k++) {
        uint64_t page_index = bin->hints[k] >> 16;
        size_t slot = (uint16_t)bin->hints[k];
        if (page_index >= slab->pages_touched || slab->pages[page_index].class_index != i ||
            slot >= bin->slots ||
            (slab->pages[page_index].bits[slot / 64] >> slot % 64 & 1u) == 0) {
            return false;
        }
        for (size_t m = 0; m < k; m++) {
            if (bin->hints[m] == bin->hints[k]) {
                return false;
            }
        }
    }
    return true;
}

/* A word's free blocks without hint can be found. */
static bool word_holds(const ch_slab *slab, size_t page_index, size_t word) {
    const chi_slab_page *page = &slab->pages[page_index];
    bool marked = (page->summary[word / 64] >> word % 64 & 1u) != 0;
    uint64_t bits = page->bits[word];
    size_t here = page->slots - word * 64;
    if (here < 64 && bits >> here != 0) {
        return false;
    }
    return (marked && page->listed) ||
           ch_bits_count(bits) == hints_at(&slab->bins[page->class_index], page_index, word);
}

static bool page_holds(const ch_slab *slab, size_t page_index) {
    const chi_slab_page *page = &slab->pages[page_index];
    if (page->class_index == CHI_SLAB_NO_CLASS) {
        return page->live == 0 && page->slots == 0;
    }
    if (page->class_index >= slab->config.class_count) {
        return false;
    }
    const chi_slab_bin *bin = &slab->bins[page->class_index];
    uint32_t odd = page->stride_shift < 32 ? bin->stride_bytes >> page->stride_shift : 0;
    if (page->slots != bin->slots || odd * page->stride_inverse != 1 ||
        odd << page->stride_shift != bin->stride_bytes || page->listed > 1 ||
        page->base != slab->area + page_index * CH_SLAB_PAGE_BYTES ||
        page->bits != chi_slab_page_bits(slab, page_index, page->slots)) {
        return false;
    }
    size_t free_count = 0;
    for (size_t word = 0; word < 128; word++) {
        bool there = word < chi_slab_page_words(page);
        if (there ? !word_holds(slab, page_index, word)
                  : (page->summary[word / 64] >> word % 64 & 1u) != 0) {
            return false;
        }
        free_count += there ? ch_bits_count(page->bits[word]) : 0;
    }
    return page->live + free_count == page->slots;
}

/* A list of pages is as long as it must be, ends, and holds pages of that class only. */
static bool list_holds(const ch_slab *slab, uint32_t first, size_t class_index, size_t length) {
    bool stock = class_index == CHI_SLAB_NO_CLASS;
    uint32_t prev = CHI_SLAB_NONE;
    uint32_t at = first;
    for (; length > 0; length--) {
        if (at >= slab->pages_touched || slab->pages[at].class_index != class_index ||
            (!stock && (slab->pages[at].prev != prev || !slab->pages[at].listed))) {
            return false;
        }
        prev = at;
        at = slab->pages[at].next;
    }
    return at == CHI_SLAB_NONE;
}

static unsigned bin_broken(const ch_slab *slab, size_t k) {
    const chi_slab_bin *bin = &slab->bins[k];
    size_t live = 0;
    size_t pages = 0;
    size_t listed = 0;
    for (size_t i = 0; i < slab->pages_touched; i++) {
        const chi_slab_page *page = &slab->pages[i];
        bool ours = page->class_index == k;
        live += ours ? page->live : 0;
        pages += ours;
        listed += ours && page->listed;
    }
    if (!hints_hold(slab, k) || !list_holds(slab, bin->partial, k, listed) ||
        (bin->idle != CHI_SLAB_NONE && bin->idle >= slab->pages_touched)) {
        return 5;
    }
    bool counted = bin->drawn - bin->hint_count == live && bin->pages == pages;
    return counted && slab->counts[k].peak >= live ? 0 : 6;
}

static unsigned pages_broken(const ch_slab *slab) {
    size_t stock = 0;
    if (slab->pages_touched > slab->pages_committed ||
        slab->pages_committed > slab->config.page_count) {
        return 4;
    }
    for (size_t i = 0; i < slab->config.class_count; i++) {
        const chi_slab_bin *bin = &slab->bins[i];
        size_t most = chi_slab_hint_most(slab->config.page_count);
        if (bin->hint_most != most || bin->hints != slab->bins[0].hints + i * most ||
            bin->hint_count > most) {
            return 5;
        }
    }
    for (size_t i = 0; i < slab->pages_touched; i++) {
        if (!page_holds(slab, i)) {
            return 4;
        }
        stock += slab->pages[i].class_index == CHI_SLAB_NO_CLASS;
    }
    for (size_t k = 0; k < slab->config.class_count; k++) {
        unsigned broken = bin_broken(slab, k);
        if (broken != 0) {
            return broken;
        }
    }
    return list_holds(slab, slab->stock, CHI_SLAB_NO_CLASS, stock) ? 0 : 5;
}

/* ---- All of it ------------------------------------------------------------------------------- */

/* The fast paths are open exactly as the configuration says. */
static bool fast_holds(const ch_slab *slab) {
    ch_slab copy = *slab;
    chi_slab_set_fast(&copy);
    return copy.fast_sizes == slab->fast_sizes && copy.fast_bytes == slab->fast_bytes &&
           copy.paged_sizes == slab->paged_sizes && copy.paged_bytes == slab->paged_bytes;
}

static unsigned broken_invariant(const ch_slab *slab) {
    if (slab == NULL || !chi_slab_is_live(slab) || slab->seal != chi_slab_seal_of(slab) ||
        slab->owner != chi_thread_token() || !fast_holds(slab) || slab->tracked > 1 ||
        (slab->tracker != NULL && slab->tracked == 0)) {
        return 1;
    }
    if (!classes_hold(slab) || slab->class_seal != chi_slab_class_seal_of(slab)) {
        return 2;
    }
    for (size_t i = 0; !slab->config.paged && i < slab->config.class_count; i++) {
        if (!blocks_hold(slab, i) || !map_holds(slab, i)) {
            return 3;
        }
    }
    bool no_pages = slab->stock == CHI_SLAB_NONE && slab->pages_touched == 0;
    unsigned broken = slab->config.paged ? pages_broken(slab) : no_pages ? 0 : 5;
    if (broken != 0) {
        return broken;
    }
    if (!chi_slab_big_holds(slab)) {
        return 7;
    }
    return slab->config.twin && !chi_slab_where_holds(slab) ? 8 : 0;
}

ch_status ch_slab_check(const ch_slab *slab, unsigned *invariant) {
    unsigned broken = broken_invariant(slab);
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}
