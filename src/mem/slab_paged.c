/* slab_paged.c: the pages of a paged slab (slab.h).
 *
 * A page in a class has one bit for each of its blocks that is free, and a summary of the words
 * that hold any; the class lists its pages with free blocks. A page that becomes empty stays with
 * its class as the idle one, so that a single block taken and given in turn moves no page; a second
 * empty page, or need elsewhere, brings it back to the stock. */
#include "mem/checked.h"
#include "mem/slab_parts.h"

#define COMMIT_FIRST 16u   /* pages */
#define COMMIT_MOST  1024u /* 64 MiB */

static uint32_t block_count(const ch_slab *slab, const chi_slab_page *page) {
    return slab->classes[page->class_index].slots;
}

static void link_partial(ch_slab *slab, uint32_t page_index) {
    chi_slab_page *page = &slab->pages[page_index];
    chi_slab_class *class = &slab->classes[page->class_index];
    page->prev = CHI_SLAB_NONE;
    page->next = class->partial;
    if (class->partial != CHI_SLAB_NONE) {
        slab->pages[class->partial].prev = page_index;
    }
    class->partial = page_index;
}

static void unlink_partial(ch_slab *slab, uint32_t page_index) {
    const chi_slab_page *page = &slab->pages[page_index];
    if (page->prev != CHI_SLAB_NONE) {
        slab->pages[page->prev].next = page->next;
    } else {
        slab->classes[page->class_index].partial = page->next;
    }
    if (page->next != CHI_SLAB_NONE) {
        slab->pages[page->next].prev = page->prev;
    }
}

static void put_into_stock(ch_slab *slab, uint32_t page_index) {
    chi_slab_page *page = &slab->pages[page_index];
    chi_slab_class *class = &slab->classes[page->class_index];
    unlink_partial(slab, page_index);
    CH_PUBLISH(class->pages, class->pages - 1);
    page->class_index = CHI_SLAB_NO_CLASS;
    page->next = slab->stock;
    slab->stock = page_index;
}

bool chi_slab_page_is_idle(const ch_slab *slab, size_t class_index) {
    uint32_t idle = slab->classes[class_index].idle;
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
        return (uint32_t)slab->pages_touched++;
    }
    for (size_t i = 0; slab->stock == CHI_SLAB_NONE && i < slab->config.class_count; i++) {
        if (chi_slab_page_is_idle(slab, i)) {
            put_into_stock(slab, slab->classes[i].idle);
        }
    }
    uint32_t page_index = slab->stock;
    if (page_index != CHI_SLAB_NONE) {
        slab->stock = slab->pages[page_index].next;
    }
    return page_index;
}

/* Marks the first `count` bits of the page free and builds the summary. */
static void set_free_bits(const ch_slab *slab, uint32_t page_index, uint32_t count) {
    uint64_t *bits = chi_slab_page_bits(slab, page_index);
    chi_slab_page *page = &slab->pages[page_index];
    page->summary[0] = page->summary[1] = 0;
    for (size_t word = 0; word < slab->config.page_words; word++) {
        size_t before = word * 64;
        size_t here = count > before ? count - before : 0;
        bits[word] = here >= 64 ? UINT64_MAX : ((uint64_t)1 << here) - 1;
        page->summary[word / 64] |= (uint64_t)(bits[word] != 0) << word % 64;
    }
}

static CH_COLD uint32_t add_page(ch_slab *slab, size_t class_index) {
    chi_slab_class *class = &slab->classes[class_index];
    uint32_t page_index = find_page(slab);
    if (page_index == CHI_SLAB_NONE) {
        return page_index;
    }
    slab->pages[page_index].class_index = (uint32_t)class_index;
    slab->pages[page_index].live = 0;
    set_free_bits(slab, page_index, class->slots);
    link_partial(slab, page_index);
    CH_PUBLISH(class->pages, class->pages + 1);
    return page_index;
}

void *chi_slab_page_take(ch_slab *slab, size_t class_index) {
    chi_slab_class *class = &slab->classes[class_index];
    uint32_t page_index = class->partial;
    if (CH_UNLIKELY(page_index == CHI_SLAB_NONE)) {
        page_index = add_page(slab, class_index);
        if (page_index == CHI_SLAB_NONE) {
            return NULL;
        }
    }
    chi_slab_page *page = &slab->pages[page_index];
    size_t half = page->summary[0] == 0;
    size_t word = half * 64 + ch_bits_low(page->summary[half]);
    uint64_t *bits = chi_slab_page_bits(slab, page_index) + word;
    size_t slot = word * 64 + ch_bits_low(*bits);
    *bits &= *bits - 1;
    page->summary[half] &= ~((uint64_t)(*bits == 0) << word % 64);
    if (++page->live == class->slots) {
        unlink_partial(slab, page_index);
    }
    CH_PUBLISH(class->in_use, class->in_use + 1);
    if (class->in_use > class->peak) {
        CH_PUBLISH(class->peak, class->in_use);
    }
    return slab->area + page_index * CH_SLAB_PAGE_BYTES + slot * class->stride_bytes;
}

ch_status chi_slab_page_find(const ch_slab *slab, size_t offset, chi_slab_place *place) {
    size_t page_index = offset >> CHI_SLAB_PAGE_SHIFT;
    if (page_index >= slab->pages_touched) {
        return CH_EFOREIGN; /* nothing there was ever given out */
    }
    size_t class_index = slab->pages[page_index].class_index;
    if (class_index == CHI_SLAB_NO_CLASS) {
        return CH_EDOUBLE; /* all blocks of the page are released */
    }
    const chi_slab_class *class = &slab->classes[class_index];
    uint32_t slot = chi_slab_page_slot(class, offset);
    if (slot >= class->slots) {
        return CH_EINTERIOR;
    }
    *place = (chi_slab_place){.class_index = class_index, .slot = slot};
    uint64_t bits = chi_slab_page_bits(slab, page_index)[slot / 64];
    return (bits >> slot % 64 & 1u) == 0 ? CH_OK : CH_EDOUBLE;
}

static CH_NOINLINE void page_is_empty(ch_slab *slab, uint32_t page_index) {
    size_t class_index = slab->pages[page_index].class_index;
    chi_slab_class *class = &slab->classes[class_index];
    if (class->idle != page_index && chi_slab_page_is_idle(slab, class_index)) {
        put_into_stock(slab, page_index);
    } else {
        class->idle = page_index;
    }
}

void chi_slab_page_give(ch_slab *slab, size_t page_index, size_t slot) {
    chi_slab_page *page = &slab->pages[page_index];
    chi_slab_class *class = &slab->classes[page->class_index];
    size_t word = slot / 64;
    chi_slab_page_bits(slab, page_index)[word] |= (uint64_t)1 << slot % 64;
    page->summary[word / 64] |= (uint64_t)1 << word % 64;
    CH_PUBLISH(class->in_use, class->in_use - 1);
    if (page->live == block_count(slab, page)) {
        link_partial(slab, (uint32_t)page_index);
    }
    if (--page->live == 0) {
        page_is_empty(slab, (uint32_t)page_index);
    }
}

void chi_slab_page_reset(ch_slab *slab) {
    for (size_t i = 0; i < slab->config.class_count; i++) {
        chi_slab_class *class = &slab->classes[i];
        class->partial = class->idle = CHI_SLAB_NONE;
        CH_PUBLISH(class->in_use, 0);
        CH_PUBLISH(class->pages, 0);
    }
    slab->stock = CHI_SLAB_NONE;
    for (size_t i = slab->pages_touched; i-- > 0;) { /* so that the first is the first taken */
        slab->pages[i].class_index = CHI_SLAB_NO_CLASS;
        slab->pages[i].live = 0;
        slab->pages[i].next = slab->stock;
        slab->stock = (uint32_t)i;
    }
}
