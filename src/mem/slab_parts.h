/* slab_parts.h: what slab.c (routing), slab_setup.c, slab_static.c, slab_paged.c, slab_big.c,
 * slab_info.c and slab_check.c share. */
#ifndef CHI_SLAB_PARTS_H
#define CHI_SLAB_PARTS_H

#include <coldheap/bits.h>
#include <coldheap/slab.h>

#define CHI_SLAB_NONE       UINT32_MAX /* no page */
#define CHI_SLAB_BIG        SIZE_MAX   /* the class of oversize blocks */
#define CHI_SLAB_PAGE_SHIFT 16u
#define CHI_SLAB_NO_CLASS   0xffu
#define CHI_SLAB_UNIT_SHIFT 3u /* sizes are looked up in units of 8 bytes */

/* One page of 64 KiB: its class, and which of its 64-bit words of free bits may not be 0. A word
 * whose free blocks all have hints need not be marked, nor its page be listed. */
struct chi_slab_page {
    uint8_t *base;
    uint64_t *bits; /* 1: free */
    uint64_t summary[2];
    uint32_t next; /* in the list of its class's pages, or in the stock */
    uint32_t prev;
    uint32_t live;  /* blocks in use */
    uint32_t slots; /* 0 in a page of no class */
    uint32_t stride_inverse;
    uint16_t stride_shift;
    uint8_t class_index;
    uint8_t listed;
    uint64_t word; /* all free bits of a page of at most 64 blocks */
};
_Static_assert(sizeof(void *) != 8 || sizeof(chi_slab_page) == 64, "one cache line");

/* Where a block is, as chi_slab_find sees it. */
typedef struct chi_slab_place {
    size_t class_index; /* CHI_SLAB_BIG: oversize */
    size_t slot;        /* in its class or page */
} chi_slab_place;

bool chi_slab_is_live(const ch_slab *slab);

/* Checksums of the configuration with all addresses, and of what these lead to and never changes.
 */
uint64_t chi_slab_seal_of(const ch_slab *slab);
uint64_t chi_slab_class_seal_of(const ch_slab *slab);

/* chi_slab_set_fast opens the fast paths to callers, or sends every call the long way. */
void chi_slab_set_fast(ch_slab *slab);

/* The class that serves a size that is no more than the largest. */
static inline size_t chi_slab_route(const ch_slab *slab, size_t size_bytes) {
    return slab->lookup[(size_bytes + 7) >> CHI_SLAB_UNIT_SHIFT];
}

/* The alignment of all blocks of a class: what divides its size, up to CH_SLAB_ALIGN_MAX. */
static inline size_t chi_slab_align_of(size_t size_bytes) {
    size_t align = size_bytes & (0 - size_bytes);
    return align < CH_SLAB_ALIGN_MAX ? align : CH_SLAB_ALIGN_MAX;
}

/* The distance of blocks of a class, with the redzone of checked builds. */
size_t chi_slab_stride_of(size_t size_bytes, bool checked);

/* Acquires of a class and the bytes asked for by them. */
static inline uint64_t *chi_slab_tally(const ch_slab *slab, size_t i) {
    return slab->config.paged ? &slab->bins[i].tally : &slab->classes[i].tally;
}

static inline uint64_t chi_slab_acquires(const ch_slab *slab, size_t i) {
    return CH_PEEK(slab->counts[i].acquires) +
           CH_PEEK(*chi_slab_tally(slab, i)) / CHI_SLAB_TALLY_ONE;
}

static inline uint64_t chi_slab_requested(const ch_slab *slab, size_t i) {
    return CH_PEEK(slab->counts[i].requested_bytes) +
           CH_PEEK(*chi_slab_tally(slab, i)) % CHI_SLAB_TALLY_ONE;
}

/* Blocks in use of a class; another thread's torn view may have none. */
size_t chi_slab_in_use(const ch_slab *slab, size_t i);

/* chi_slab_find yields CH_OK and the place of a block in use, or what the pointer is instead. */
ch_status chi_slab_find(const ch_slab *slab, const void *block, chi_slab_place *place);

/* Static and twin: a block of a class (CH_EFULL, or CH_ENOMEM by a twin's source); what an address
 * in the area or, in a twin, anywhere is; back with a block in use; everything back; in use. */
ch_status chi_slab_static_take(ch_slab *slab, void **out, size_t class_index);
ch_status chi_slab_static_find(const ch_slab *slab, const void *block, chi_slab_place *place);
void chi_slab_static_give(ch_slab *slab, void *block, const chi_slab_place *place);
void chi_slab_static_reset(ch_slab *slab);

static inline size_t chi_slab_static_free(const ch_slab *slab, size_t i) {
    const chi_slab_class *owner = &slab->classes[i];
    uintptr_t bytes = (uintptr_t)CH_PEEK(owner->free_end) - (uintptr_t)owner->free_base;
    return bytes / sizeof *owner->free_base;
}

/* What slab.c does where no fast path serves; `site` is the caller's. */
void *chi_slab_acquire_any(ch_slab *slab, size_t size_bytes, const void *site);
ch_status chi_slab_release_any(ch_slab *slab, void *block, const void *site);

/* Paged: a block of a class, NULL if no page is to be had; the slot of a byte of the area, or what
 * it is instead; back with a block in use; everything back. */
void *chi_slab_page_take(ch_slab *slab, size_t class_index);
ch_status chi_slab_page_find(const ch_slab *slab, size_t offset, chi_slab_place *place);
void chi_slab_page_give(ch_slab *slab, size_t page_index, size_t slot);
void chi_slab_page_reset(ch_slab *slab);
bool chi_slab_page_is_idle(const ch_slab *slab, size_t class_index);

/* Where the free bits of a page are: beside the rest of it, in one cache line, if they are few. */
static inline uint64_t *chi_slab_page_bits(const ch_slab *slab, size_t page_index, size_t slots) {
    return slots <= 64 ? &slab->pages[page_index].word
                       : slab->free_bits + page_index * slab->config.page_words;
}

/* How many words they are. */
static inline size_t chi_slab_page_words(const chi_slab_page *page) {
    return (page->slots + 63) / 64;
}

/* Paged: the hints that each class has room for: as many as pages, within bounds. */
static inline size_t chi_slab_hint_most(size_t page_count) {
    return page_count < 8 ? 8 : page_count > 256 ? 256 : page_count;
}

/* The slot of a byte of a page, above any slot if it is no start of one (slab.h: chi_slab_slot). */
static inline uint32_t chi_slab_page_slot(const chi_slab_page *page, size_t offset) {
    uint32_t product = (uint32_t)(offset & (CH_SLAB_PAGE_BYTES - 1)) * page->stride_inverse;
    return product >> page->stride_shift | product << ((32u - page->stride_shift) & 31u);
}

/* The inverse of an odd number modulo 2^64. */
static inline uint64_t chi_slab_inverse(uint64_t odd) {
    uint64_t inverse = odd; /* right in its lowest 3 bits; every step doubles that */
    for (unsigned bits = 3; bits < 64; bits *= 2) {
        inverse *= 2 - odd * inverse;
    }
    return inverse;
}

/* Oversize blocks: memory of their map and its set-up; acquire; the size asked for, 0 if it is none
 * in use; whether the pointer is inside one; release one; release all; count; self-check. */
size_t chi_slab_big_footprint(size_t count);
void chi_slab_big_begin(ch_slab *slab, void *memory, size_t count);
ch_status chi_slab_big_acquire(ch_slab *slab, void **out, size_t size_bytes);
size_t chi_slab_big_size(const ch_slab *slab, const void *block);
bool chi_slab_big_covers(const ch_slab *slab, const void *pointer);
ch_status chi_slab_big_release(ch_slab *slab, void *block);
void chi_slab_big_reset(ch_slab *slab);
size_t chi_slab_big_count(const ch_slab *slab);
bool chi_slab_big_holds(const ch_slab *slab);

/* A twin's blocks, those in use and the last ones of free slots: memory of the map from address to
 * place and its set-up; a slot gets a block; the place of a block; self-check. */
size_t chi_slab_where_footprint(size_t count);
void chi_slab_where_begin(ch_slab *slab, void *memory, size_t count);
void chi_slab_where_note(ch_slab *slab, void *block, const chi_slab_place *place);
bool chi_slab_where_is(const ch_slab *slab, const void *block, chi_slab_place *place);
bool chi_slab_where_holds(const ch_slab *slab);

#endif
