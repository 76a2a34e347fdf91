/* slab_paged.c: the pages of a paged slab, and its fast paths (slab.h).
 *
 * Each block of a page in a class has a bit that tells whether it is free. A class keeps hints of
 * the blocks that were released last; only when it has none left, the bits are searched: those of
 * the pages in the class's list, by a summary of the words that may hold any. So a block without
 * hint lies in a marked word of a listed page, while marks and lists may promise too much.
 *
 * A page that becomes empty stays with its class as the idle one, so that a single block taken and
 * given in turn moves no page; a second empty page, or need elsewhere, brings it back to the stock,
 * and its hints are dropped. */
#include "mem/checked.h"
#include "mem/slab_parts.h"

#define COMMIT_FIRST 16u   /* pages */
#define COMMIT_MOST  1024u /* 64 MiB */
#define SLOT_BITS    16u   /* of a hint */

static void list_page(ch_slab *slab, uint32_t page_index) {
    chi_slab_page *page = &slab->pages[page_index];
    chi_slab_bin *bin = &slab->bins[page->class_index];
    page->listed = 1;
    page->prev = CHI_SLAB_NONE;
    page->next = bin->partial;
    if (bin->partial != CHI_SLAB_NONE) {
        slab->pages[bin->partial].prev = page_index;
    }
    bin->partial = page_index;
}

static void unlist_page(ch_slab *slab, uint32_t page_index) {
    chi_slab_page *page = &slab->pages[page_index];
    if (!page->listed) {
        return;
    }
    page->listed = 0;
    if (page->prev != CHI_SLAB_NONE) {
        slab->pages[page->prev].next = page->next;
    } else {
        slab->bins[page->class_index].partial = page->next;
    }
    if (page->next != CHI_SLAB_NONE) {
        slab->pages[page->next].prev = page->prev;
    }
}

static void drop_hints(chi_slab_bin *bin, uint32_t page_index) {
    size_t kept = 0;
    for (size_t i = 0; i < bin->hint_count; i++) {
        if (bin->hints[i] >> SLOT_BITS != page_index) {
            bin->hints[kept++] = bin->hints[i];
        }
    }
    CH_PUBLISH(bin->drawn, bin->drawn - (bin->hint_count - kept));
    CH_PUBLISH(bin->hint_count, kept);
}

/* Takes an empty page from its class. */
static void put_into_stock(ch_slab *slab, uint32_t page_index) {
    chi_slab_page *page = &slab->pages[page_index];
    chi_slab_bin *bin = &slab->bins[page->class_index];
    unlist_page(slab, page_index);
    drop_hints(bin, page_index);
    CH_PUBLISH(bin->pages, bin->pages - 1);
    page->class_index = CHI_SLAB_NO_CLASS;
    page->slots = 0;
    page->next = slab->stock;
    slab->stock = page_index;
}

bool chi_slab_page_is_idle(const ch_slab *slab, size_t class_index) {
    uint32_t idle = slab->bins[class_index].idle;
    return idle != CHI_SLAB_NONE && slab->pages[idle].class_index == class_index &&
           slab->pages[idle].live == 0;
}

static bool commit_more(ch_slab *slab) {
    size_t have = slab->pages_committed;
    size_t more = have < COMMIT_FIRST ? COMMIT_FIRST : have < COMMIT_MOST ? have : COMMIT_MOST;
    ch_region *region = slab->config.region;
    size_t at = (size_t)(slab->area - region->base) + have * CH_SLAB_PAGE_BYTES;
    if (more > slab->config.page_count - have) {
        more = slab->config.page_count - have;
    }
    if (ch_region_commit(region, at, more * CH_SLAB_PAGE_BYTES) != CH_OK) {
        return false;
    }
    slab->pages_committed = have + more;
    return true;
}

/* A page of no class: from the stock, one never used, or one that stands idle in a class. */
static uint32_t find_page(ch_slab *slab) {
    if (slab->stock == CHI_SLAB_NONE && slab->pages_touched < slab->config.page_count &&
        (slab->pages_touched < slab->pages_committed || commit_more(slab))) {
        if (slab->config.checked) {
            chi_close(slab->area + slab->pages_touched * CH_SLAB_PAGE_BYTES, CH_SLAB_PAGE_BYTES);
        }
        uint32_t fresh = (uint32_t)slab->pages_touched++;
        chi_slab_set_fast(slab);
        return fresh;
    }
    for (size_t i = 0; slab->stock == CHI_SLAB_NONE && i < slab->config.class_count; i++) {
        if (chi_slab_page_is_idle(slab, i)) {
            put_into_stock(slab, slab->bins[i].idle);
        }
    }
    uint32_t page_index = slab->stock;
    if (page_index != CHI_SLAB_NONE) {
        slab->stock = slab->pages[page_index].next;
    }
    return page_index;
}

/* Marks all blocks of the page free and builds the summary. */
static void set_free_bits(chi_slab_page *page) {
    page->summary[0] = page->summary[1] = 0;
    for (size_t word = 0; word < chi_slab_page_words(page); word++) {
        size_t before = word * 64;
        size_t here = page->slots - before;
        page->bits[word] = here >= 64 ? UINT64_MAX : ((uint64_t)1 << here) - 1;
        page->summary[word / 64] |= (uint64_t)1 << word % 64;
    }
}

static CH_COLD uint32_t add_page(ch_slab *slab, size_t class_index) {
    chi_slab_bin *bin = &slab->bins[class_index];
    uint32_t page_index = find_page(slab);
    if (page_index == CHI_SLAB_NONE) {
        return page_index;
    }
    unsigned shift = ch_bits_low(bin->stride_bytes);
    slab->pages[page_index] = (chi_slab_page){
        .base = slab->area + (size_t)page_index * CH_SLAB_PAGE_BYTES,
        .bits = chi_slab_page_bits(slab, page_index, bin->slots),
        .slots = bin->slots,
        .stride_inverse = (uint32_t)chi_slab_inverse(bin->stride_bytes >> shift),
        .stride_shift = (uint16_t)shift,
        .class_index = (uint8_t)class_index,
    };
    set_free_bits(&slab->pages[page_index]);
    list_page(slab, page_index);
    CH_PUBLISH(bin->pages, bin->pages + 1);
    return page_index;
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

static uint8_t *mark_used(chi_slab_page *page, size_t slot, size_t stride_bytes) {
    page->bits[slot / 64] &= ~((uint64_t)1 << slot % 64);
    page->live++;
    return page->base + slot * stride_bytes;
}

static void *take_hint(ch_slab *slab, chi_slab_bin *bin, size_t count) {
    uint64_t hint = bin->hints[count - 1];
    CH_PUBLISH(bin->hint_count, count - 1);
    return mark_used(&slab->pages[hint >> SLOT_BITS], (uint16_t)hint, bin->stride_bytes);
}

void *ch_slab_acquire_slow(ch_slab *slab, size_t size_bytes) {
    if (CH_LIKELY(size_bytes < slab->paged_sizes)) {
        chi_slab_bin *bin = &slab->bins[chi_slab_route(slab, size_bytes)];
        uint64_t asked = CHI_SLAB_TALLY_ONE | size_bytes;
        uint64_t tally = bin->tally + asked;
        size_t count = bin->hint_count;
        if (CH_LIKELY(tally >= asked && count != 0)) {
            CH_PUBLISH(bin->tally, tally);
            return take_hint(slab, bin, count);
        }
    }
    return chi_slab_acquire_any(slab, size_bytes, CH_RETURN_ADDRESS());
}

/* Takes the first free block of the page; SIZE_MAX if it has none. */
static size_t search(chi_slab_page *page) {
    for (size_t half = 0; half < 2;) {
        if (page->summary[half] == 0) {
            half++;
            continue;
        }
        size_t word = half * 64 + ch_bits_low(page->summary[half]);
        if (page->bits[word] != 0) {
            return word * 64 + ch_bits_low(page->bits[word]);
        }
        page->summary[half] &= page->summary[half] - 1; /* was taken by hints */
    }
    return SIZE_MAX;
}

/* A block without hint, of a page that the class has or gets. */
static void *draw(ch_slab *slab, size_t class_index) {
    chi_slab_bin *bin = &slab->bins[class_index];
    uint32_t page_index = bin->partial;
    size_t slot = SIZE_MAX;
    while (page_index != CHI_SLAB_NONE) {
        slot = search(&slab->pages[page_index]);
        if (slot != SIZE_MAX) {
            break;
        }
        unlist_page(slab, page_index);
        page_index = bin->partial;
    }
    if (page_index == CHI_SLAB_NONE) {
        page_index = add_page(slab, class_index);
        if (page_index == CHI_SLAB_NONE) {
            return NULL;
        }
        slot = 0;
    }
    CH_PUBLISH(bin->drawn, bin->drawn + 1);
    if (bin->drawn > slab->counts[class_index].peak) {
        CH_PUBLISH(slab->counts[class_index].peak, bin->drawn);
    }
    return mark_used(&slab->pages[page_index], slot, bin->stride_bytes);
}

void *chi_slab_page_take(ch_slab *slab, size_t class_index) {
    chi_slab_bin *bin = &slab->bins[class_index];
    size_t count = bin->hint_count;
    return count > 0 ? take_hint(slab, bin, count) : draw(slab, class_index);
}

ch_status chi_slab_page_find(const ch_slab *slab, size_t offset, chi_slab_place *place) {
    size_t page_index = offset >> CHI_SLAB_PAGE_SHIFT;
    if (page_index >= slab->pages_touched) {
        return CH_EFOREIGN; /* nothing there was ever given out */
    }
    const chi_slab_page *page = &slab->pages[page_index];
    if (page->class_index == CHI_SLAB_NO_CLASS) {
        return CH_EDOUBLE; /* all blocks of the page are released */
    }
    uint32_t slot = chi_slab_page_slot(page, offset);
    if (slot >= page->slots) {
        return CH_EINTERIOR;
    }
    *place = (chi_slab_place){.class_index = page->class_index, .slot = slot};
    return (page->bits[slot / 64] >> slot % 64 & 1u) == 0 ? CH_OK : CH_EDOUBLE;
}

static void page_is_empty(ch_slab *slab, uint32_t page_index) {
    size_t class_index = slab->pages[page_index].class_index;
    chi_slab_bin *bin = &slab->bins[class_index];
    if (bin->idle != page_index && chi_slab_page_is_idle(slab, class_index)) {
        put_into_stock(slab, page_index);
    } else {
        bin->idle = page_index;
    }
}

/* A released block that no hint has room for: the bits must lead to it. */
static void mark_free(ch_slab *slab, uint32_t page_index, size_t slot) {
    chi_slab_page *page = &slab->pages[page_index];
    chi_slab_bin *bin = &slab->bins[page->class_index];
    page->summary[slot / 4096] |= (uint64_t)1 << slot / 64 % 64;
    CH_PUBLISH(bin->drawn, bin->drawn - 1);
    if (!page->listed) {
        list_page(slab, page_index);
    }
}

static void put_hint(chi_slab_bin *bin, size_t count, size_t page_index, size_t slot) {
    bin->hints[count] = (uint64_t)page_index << SLOT_BITS | slot;
    CH_PUBLISH(bin->hint_count, count + 1);
}

/* The end of a release that left the page empty, or for which the class has no room for a hint. */
static CH_NOINLINE ch_status give_rare(ch_slab *slab, size_t page_index, size_t slot) {
    chi_slab_page *page = &slab->pages[page_index];
    chi_slab_bin *bin = &slab->bins[page->class_index];
    if (bin->hint_count < bin->hint_most) {
        put_hint(bin, bin->hint_count, page_index, slot);
    } else {
        mark_free(slab, (uint32_t)page_index, slot);
    }
    if (page->live == 0) {
        page_is_empty(slab, (uint32_t)page_index);
    }
    return CH_OK;
}

/* Gives a block in use back whose bit is in `word`. */
static inline ch_status give(ch_slab *slab, size_t page_index, uint64_t *word, size_t slot) {
    chi_slab_page *page = &slab->pages[page_index];
    chi_slab_bin *bin = &slab->bins[page->class_index];
    size_t count = bin->hint_count;
    uint32_t live = page->live - 1;
    *word |= (uint64_t)1 << slot % 64;
    page->live = live;
    if (CH_UNLIKELY(live == 0 || count >= bin->hint_most)) {
        return give_rare(slab, page_index, slot);
    }
    put_hint(bin, count, page_index, slot);
    return CH_OK;
}

ch_status ch_slab_release_slow(ch_slab *slab, void *block) {
    size_t offset = (uintptr_t)block - (uintptr_t)slab->area;
    if (CH_LIKELY(offset < slab->paged_bytes)) {
        size_t page_index = offset >> CHI_SLAB_PAGE_SHIFT;
        const chi_slab_page *page = &slab->pages[page_index];
        size_t slot = chi_slab_page_slot(page, offset);
        uint64_t *word = &page->bits[slot / 64];
        if (CH_LIKELY(slot < page->slots && (*word >> slot % 64 & 1u) == 0)) {
            return give(slab, page_index, word, slot);
        }
    }
    return chi_slab_release_any(slab, block, CH_RETURN_ADDRESS());
}

void chi_slab_page_give(ch_slab *slab, size_t page_index, size_t slot) {
    (void)give(slab, page_index, &slab->pages[page_index].bits[slot / 64], slot);
}

void chi_slab_page_reset(ch_slab *slab) {
    for (size_t i = 0; i < slab->config.class_count; i++) {
        chi_slab_bin *bin = &slab->bins[i];
        bin->partial = bin->idle = CHI_SLAB_NONE;
        CH_PUBLISH(bin->hint_count, 0);
        CH_PUBLISH(bin->drawn, 0);
        CH_PUBLISH(bin->pages, 0);
    }
    slab->stock = CHI_SLAB_NONE;
    for (size_t i = slab->pages_touched; i-- > 0;) { /* so that the first is the first taken */
        chi_slab_page *page = &slab->pages[i];
        page->class_index = CHI_SLAB_NO_CLASS;
        page->live = page->slots = page->listed = 0;
        page->next = slab->stock;
        slab->stock = (uint32_t)i;
    }
}
