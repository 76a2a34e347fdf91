/* slab_parts.h: what slab.c (routing), slab_setup.c, slab_paged.c, slab_big.c and slab_info.c
 * share. */
#ifndef CHI_SLAB_PARTS_H
#define CHI_SLAB_PARTS_H

#include <coldheap/bits.h>
#include <coldheap/slab.h>

#include "mem/pool_parts.h"

#define CHI_SLAB_NONE       UINT32_MAX /* no page */
#define CHI_SLAB_BIG        SIZE_MAX   /* the class of oversize blocks */
#define CHI_SLAB_PAGE_SHIFT 16u
#define CHI_SLAB_NO_CLASS   0xffu
#define CHI_SLAB_UNIT_SHIFT 3u /* sizes are looked up in units of 8 bytes */

/* One page of 64 KiB: its class, and which of its 64-bit words of free bits are not 0. */
struct chi_slab_page {
    uint64_t summary[2];
    uint32_t next; /* in the list of its class's pages with free blocks, or in the stock */
    uint32_t prev;
    uint32_t live; /* blocks in use */
    uint32_t class_index;
};

/* Where a block is, as chi_slab_find sees it. */
typedef struct chi_slab_place {
    size_t class_index; /* CHI_SLAB_BIG: oversize */
    size_t slot;        /* in its pool or page */
} chi_slab_place;

bool chi_slab_is_live(const ch_slab *slab);
uint64_t chi_slab_seal_of(const ch_slab *slab);

/* The class that serves a size that is no more than the largest. */
static inline size_t chi_slab_route(const ch_slab *slab, size_t size_bytes) {
    return slab->lookup[(size_bytes + 7) >> CHI_SLAB_UNIT_SHIFT];
}

/* The alignment of all blocks of a class: what divides its size, up to CH_SLAB_ALIGN_MAX. */
static inline size_t chi_slab_align_of(size_t size_bytes) {
    size_t align = size_bytes & (0 - size_bytes);
    return align < CH_SLAB_ALIGN_MAX ? align : CH_SLAB_ALIGN_MAX;
}

/* chi_slab_find yields CH_OK and the place of a block in use, or what the pointer is instead. */
ch_status chi_slab_find(const ch_slab *slab, const void *block, chi_slab_place *place);

/* Paged: a block of a class, NULL if no page is to be had; the slot of a byte of the area, or what
 * it is instead; back with a block in use; everything back; a page's free bits. */
void *chi_slab_page_take(ch_slab *slab, size_t class_index);
ch_status chi_slab_page_find(const ch_slab *slab, size_t offset, chi_slab_place *place);
void chi_slab_page_give(ch_slab *slab, size_t page_index, size_t slot);
void chi_slab_page_reset(ch_slab *slab);
bool chi_slab_page_is_idle(const ch_slab *slab, size_t class_index);

static inline uint64_t *chi_slab_page_bits(const ch_slab *slab, size_t page_index) {
    return slab->free_bits + page_index * slab->config.page_words;
}

/* The slot of a byte of a page, above any slot if it is no start of one (pool.h: chi_pool_slot). */
static inline uint32_t chi_slab_page_slot(const chi_slab_class *class, size_t offset) {
    uint32_t product = (uint32_t)(offset & (CH_SLAB_PAGE_BYTES - 1)) * class->stride_inverse;
    return product >> class->stride_shift | product << ((32 - class->stride_shift) & 31u);
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

/* A twin's blocks: memory of the map from address to class and its set-up; note and forget one;
 * forget all; the class, CHI_SLAB_BIG if it is none; count; self-check. */
size_t chi_slab_where_footprint(size_t count);
void chi_slab_where_begin(ch_slab *slab, void *memory, size_t count);
void chi_slab_where_note(ch_slab *slab, const void *block, size_t class_index);
void chi_slab_where_forget(ch_slab *slab, const void *block);
void chi_slab_where_reset(ch_slab *slab);
size_t chi_slab_where_class(const ch_slab *slab, const void *block);
bool chi_slab_where_holds(const ch_slab *slab);

#endif
