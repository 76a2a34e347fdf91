/* arena_parts.h: what arena.c (blocks, marks), arena_kinds.c (set-up, pages), arena_chunk.c
 * (chunks, twins) and arena_info.c (queries, checks) share. */
#ifndef CHI_ARENA_PARTS_H
#define CHI_ARENA_PARTS_H

#include <coldheap/arena.h>

#include "mem/track_parts.h"

enum chi_arena_kind { ARENA_FIXED = 1, ARENA_REGION, ARENA_CHUNKED, ARENA_TWIN };

/* Header of a chunk, at its first byte. Chunks form a list in order of use; those after the current
 * one are kept for later. A twin's chunks hold one block each and are never kept. */
typedef struct chi_chunk {
    struct chi_chunk *prev;
    struct chi_chunk *next;
    size_t size_bytes;   /* header included */
    uint8_t *base;       /* first byte for blocks */
    uint8_t *left;       /* cursor when a later chunk became current */
    size_t before_bytes; /* in use in all chunks before this one */
    uint64_t index;
} chi_chunk;

#define CHI_CHUNK_ALIGN 16u

/* chi_arena_options_are_valid checks what all kinds have in common; NULL is valid. */
bool chi_arena_options_are_valid(const ch_arena_options *options);

/* chi_arena_begin fills a fresh arena of a kind; range and seal are the caller's next steps. */
void chi_arena_begin(ch_arena *arena, enum chi_arena_kind kind, const ch_arena_options *options);

/* chi_arena_seal closes the configuration; the arena is live from here on, until fini. */
void chi_arena_seal(ch_arena *arena);
bool chi_arena_is_live(const ch_arena *arena);
bool chi_arena_seal_holds(const ch_arena *arena);

/* chi_arena_set_range makes [base, end) the current chunk's bytes with the cursor at base;
 * chi_arena_set_end moves the end. Both keep the fast-path copies right. */
void chi_arena_set_range(ch_arena *arena, uint8_t *base, uint8_t *end);
void chi_arena_set_end(ch_arena *arena, uint8_t *end);

/* chi_arena_move_begin and chi_arena_move_end enclose a change of the current chunk, so that other
 * threads never take the cursor of one with the base of another. Between them the owner must not
 * ask for figures of the place, and what is part of it is stored by ARENA_MOVE, never before the
 * begin. */
#define ARENA_MOVE(place, value) __atomic_store_n(&(place), (value), __ATOMIC_RELEASE)
static inline void chi_arena_move_begin(ch_arena *arena) {
    CH_PUBLISH(arena->moves, arena->moves + 1);
}
static inline void chi_arena_move_end(ch_arena *arena) {
    ARENA_MOVE(arena->moves, arena->moves + 1);
}

/* chi_arena_fold moves what the inline paths counted into the totals and opens their next window;
 * the range and its end must be right. chi_arena_given counts one block besides. */
void chi_arena_fold(ch_arena *arena);
void chi_arena_given(ch_arena *arena, size_t size_bytes);

/* chi_arena_dropped returns the bytes by which the cursor ever came back. */
uint64_t chi_arena_dropped(const ch_arena *arena);

/* chi_arena_set_index makes chunk `index` the current one for marks and releases. */
void chi_arena_set_index(ch_arena *arena, uint64_t index);

/* chi_arena_allocs_inline and chi_arena_releases_inline tell whether the inline paths may work. */
bool chi_arena_allocs_inline(const ch_arena *arena);
bool chi_arena_releases_inline(const ch_arena *arena);

/* chi_arena_life_of gives the life after so many resets: far apart, so that no place of one life is
 * a place of another. */
static inline uint64_t chi_arena_life_of(const ch_arena *arena, uint64_t resets) {
    return arena->config.first_life + resets * 0x9e3779b97f4a7c15u;
}

/* chi_arena_take is ch_arena_alloc_try of a live arena, for a caller at `site`. */
ch_status chi_arena_take(ch_arena *arena, void **out, size_t size_bytes, size_t align,
                         const void *site);

/* chi_arena_place finds where a block lands between cursor and end; false if it does not fit. */
bool chi_arena_place(uint8_t *cursor, const uint8_t *end, size_t redzone, size_t size_bytes,
                     size_t align, uint8_t **start);

/* chi_arena_grow makes room for a block, or says why not (CH_EFULL, CH_ENOMEM) with nothing
 * changed. chi_arena_commit does so for a region arena, in bytes above the cursor. */
ch_status chi_arena_grow(ch_arena *arena, size_t size_bytes, size_t align);
ch_status chi_arena_commit(ch_arena *arena, size_t more_bytes);

/* chi_chunk_grow enters a kept chunk or fetches one from the source. */
ch_status chi_chunk_grow(ch_arena *arena, size_t size_bytes, size_t align);

/* chi_chunk_back makes the chunk before the current one current again, at its end; a twin's chunk
 * goes back to the source. */
void chi_chunk_back(ch_arena *arena);

/* chi_chunk_drop_kept returns chunks that are not in use until at most `keep_bytes` are held. */
void chi_chunk_drop_kept(ch_arena *arena, size_t keep_bytes);

/* chi_chunk_return_all returns every chunk. */
void chi_chunk_return_all(ch_arena *arena);

/* chi_chunk_resize_block lets a twin's source change the last block in place. */
bool chi_chunk_resize_block(ch_arena *arena, size_t old_bytes, size_t new_bytes);

/* chi_arena_spills is true for a fixed arena with a source. chi_spill_take gets one block from
 * there; chi_spill_back gives the last one back. */
static inline bool chi_arena_spills(const ch_arena *arena) {
    return arena->config.kind == ARENA_FIXED && arena->config.source.alloc != NULL;
}
ch_status chi_spill_take(ch_arena *arena, void **out, size_t size_bytes, size_t align);
void chi_spill_back(ch_arena *arena);

/* chi_spill_holds verifies the list of spilled blocks. */
bool chi_spill_holds(const ch_arena *arena);

/* chi_source_is_valid is true if a source can give and take. */
static inline bool chi_source_is_valid(const ch_allocator *source) {
    return source != NULL && source->alloc != NULL && source->free != NULL;
}

/* chi_arena_group names the current chunk to memory checkers. */
static inline const void *chi_arena_group(const ch_arena *arena) {
    bool own = arena->chunk != NULL && arena->config.kind != ARENA_FIXED;
    return own ? (const void *)arena->chunk : (const void *)arena;
}

#endif
