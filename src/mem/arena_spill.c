/* arena_spill.c: fixed arenas that take from a source what does not fit (arena.h). A spilled block
 * has a chunk of its own; chunk_index counts them, so that a mark knows how many there were and the
 * inline release, which compares that number, comes here whenever one must go back. */
#include "mem/arena_parts.h"
#include "mem/checked.h"

static size_t block_bytes(const chi_chunk *chunk) {
    return chunk->size_bytes - (size_t)(chunk->base - (const uint8_t *)chunk);
}

/* Peaks are kept as a sum before the spilled bytes change, since peak_cursor cannot tell later what
 * was spilled when it was set. */
static void set_spilled(ch_arena *arena, size_t spilled_bytes) {
    CH_PUBLISH(arena->peak_bytes, ch_arena_peak(arena));
    CH_PUBLISH(arena->peak_cursor, arena->cursor);
    CH_PUBLISH(arena->before_bytes, spilled_bytes);
}

ch_status chi_spill_take(ch_arena *arena, void **out, size_t size_bytes, size_t align) {
    const ch_allocator *source = &arena->config.source;
    size_t head = 0;
    size_t total = 0;
    if (!ch_size_round_up(&head, sizeof(chi_chunk) + arena->config.redzone_bytes, align) ||
        !ch_size_add(&total, head, size_bytes)) {
        total = SIZE_MAX; /* the source may want to know; it cannot give that much */
    }
    CH_PUBLISH(arena->source_calls, arena->source_calls + 1);
    chi_chunk *chunk =
        source->alloc(source->user, total, align > CHI_CHUNK_ALIGN ? align : CHI_CHUNK_ALIGN);
    if (chunk == NULL) {
        return CH_EFULL;
    }
    *chunk = (chi_chunk){.prev = arena->chunk,
                         .size_bytes = total,
                         .base = (uint8_t *)chunk + head,
                         .left = arena->cursor,
                         .before_bytes = arena->before_bytes,
                         .index = arena->chunk_index + 1};
    if (arena->config.checked) {
        chi_close((uint8_t *)chunk + sizeof *chunk, head - sizeof *chunk);
    }
    if (arena->config.zeroing == CH_ZERO_ON_ALLOC) {
        ch_zero(chunk->base, size_bytes);
    }
    set_spilled(arena, arena->before_bytes + size_bytes);
    CH_PUBLISH(arena->acquired_bytes, arena->acquired_bytes + total);
    CH_PUBLISH(arena->chunk_count, arena->chunk_count + 1);
    chi_arena_set_index(arena, chunk->index);
    chi_arena_given(arena, size_bytes);
    arena->chunk = chunk;
    *out = chunk->base;
    return CH_OK;
}

void chi_spill_back(ch_arena *arena) {
    const ch_allocator *source = &arena->config.source;
    chi_chunk *chunk = arena->chunk;
    size_t total = chunk->size_bytes;
    set_spilled(arena, chunk->before_bytes);
    arena->chunk = chunk->prev;
    chi_arena_set_index(arena, chunk->index - 1);
    CH_PUBLISH(arena->acquired_bytes, arena->acquired_bytes - total);
    CH_PUBLISH(arena->chunk_count, arena->chunk_count - 1);
    CH_PUBLISH(arena->source_calls, arena->source_calls + 1);
    if (arena->config.checked) {
        chi_open_defined(chunk, total);
    }
    if (arena->config.zeroing == CH_ZERO_ON_RELEASE) {
        ch_zero(chunk->base, block_bytes(chunk));
    }
    (void)source->free(source->user, chunk, total);
}

bool chi_spill_holds(const ch_arena *arena) {
    uint64_t index = arena->chunk_index;
    size_t held = 0;
    size_t spilled = arena->before_bytes;
    for (const chi_chunk *chunk = arena->chunk; chunk != NULL; chunk = chunk->prev) {
        if (chunk->index != index || index < 2 ||
            chunk->before_bytes + block_bytes(chunk) != spilled ||
            chunk->left < arena->config.base || chunk->left > arena->end) {
            return false;
        }
        held += chunk->size_bytes;
        spilled = chunk->before_bytes;
        index--;
    }
    return index == 1 && spilled == 0 && held == arena->acquired_bytes &&
           arena->chunk_count == arena->chunk_index;
}
