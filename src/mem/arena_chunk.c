/* arena_chunk.c: arenas whose bytes come from a source: chunked ones, which keep their chunks, and
 * twins, whose chunks hold one block each and go back at once (arena.h). */
#include "mem/arena_parts.h"
#include "mem/checked.h"

#define CHUNK_LEAST (sizeof(chi_chunk) + CHI_CHUNK_ALIGN)

static void give_back(ch_arena *arena, chi_chunk *chunk) {
    size_t size_bytes = chunk->size_bytes;
    if (arena->config.checked) {
        chi_group_end(chunk);
        chi_open_defined(chunk, size_bytes);
    }
    CH_PUBLISH(arena->acquired_bytes, arena->acquired_bytes - size_bytes);
    CH_PUBLISH(arena->chunk_count, arena->chunk_count - 1);
    CH_PUBLISH(arena->source_calls, arena->source_calls + 1);
    (void)arena->config.source.free(arena->config.source.user, chunk, size_bytes);
}

/* `head_bytes` of the chunk are header, the rest is for blocks. */
static chi_chunk *fetch(ch_arena *arena, size_t size_bytes, size_t head_bytes, size_t align) {
    const ch_allocator *source = &arena->config.source;
    CH_PUBLISH(arena->source_calls, arena->source_calls + 1);
    chi_chunk *chunk = source->alloc(source->user, size_bytes, align);
    if (chunk == NULL) {
        return NULL;
    }
    *chunk = (chi_chunk){.size_bytes = size_bytes, .base = (uint8_t *)chunk + head_bytes};
    CH_PUBLISH(arena->acquired_bytes, arena->acquired_bytes + size_bytes);
    CH_PUBLISH(arena->chunk_count, arena->chunk_count + 1);
    if (arena->config.checked) {
        chi_group_begin(chunk);
        chi_close(chunk->base, size_bytes - head_bytes);
    }
    return chunk;
}

/* Makes `chunk` current, after the present one. */
static void enter(ch_arena *arena, chi_chunk *chunk) {
    chi_chunk *last = arena->chunk;
    size_t used = ch_arena_used(arena);
    CH_PUBLISH(arena->peak_bytes, ch_arena_peak(arena));
    if (last != NULL) {
        last->left = arena->cursor;
    }
    chunk->before_bytes = used;
    chunk->index = arena->chunk_index + 1;
    chi_arena_move_begin(arena);
    ARENA_MOVE(arena->before_bytes, used);
    chi_arena_set_index(arena, chunk->index);
    arena->chunk = chunk;
    chi_arena_set_range(arena, chunk->base, (uint8_t *)chunk + chunk->size_bytes);
    chi_arena_move_end(arena);
}

void chi_chunk_back(ch_arena *arena) {
    chi_chunk *left = arena->chunk;
    chi_chunk *prev = left->prev;
    chi_arena_move_begin(arena);
    arena->chunk = prev;
    chi_arena_set_index(arena, prev != NULL ? prev->index : 0);
    ARENA_MOVE(arena->before_bytes, prev != NULL ? prev->before_bytes : 0);
    if (prev != NULL) {
        uint8_t *cursor = prev->left;
        bool twin = arena->config.kind == ARENA_TWIN;
        uint8_t *end = twin ? cursor : (uint8_t *)prev + prev->size_bytes;
        chi_arena_set_range(arena, prev->base, end);
        ARENA_MOVE(arena->cursor, cursor);
        ARENA_MOVE(arena->peak_cursor, cursor);
        chi_arena_fold(arena);
    } else {
        chi_arena_set_range(arena, NULL, NULL);
    }
    chi_arena_move_end(arena);
    if (arena->config.kind == ARENA_TWIN) {
        if (prev != NULL) {
            prev->next = NULL;
        }
        give_back(arena, left);
    }
}

/* Sizes a chunk that holds exactly one block, which starts after `head` bytes; false if the sum
 * overflows. */
static bool exact_chunk(const ch_arena *arena, size_t size_bytes, size_t align, size_t *head,
                        size_t *total) {
    return ch_size_round_up(head, sizeof(chi_chunk) + arena->config.redzone_bytes, align) &&
           ch_size_add(total, *head, size_bytes);
}

static bool fits(const ch_arena *arena, chi_chunk *chunk, size_t size_bytes, size_t align) {
    uint8_t *end = (uint8_t *)chunk + chunk->size_bytes;
    uint8_t *start = NULL;
    return chi_arena_place(chunk->base, end, arena->config.redzone_bytes, size_bytes, align,
                           &start);
}

static void unlink_chunk(chi_chunk *chunk) {
    chunk->prev->next = chunk->next; /* kept chunks have a chunk before them: the current one */
    if (chunk->next != NULL) {
        chunk->next->prev = chunk->prev;
    }
}

static void link_after_current(ch_arena *arena, chi_chunk *chunk) {
    chi_chunk *current = arena->chunk;
    chunk->prev = current;
    chunk->next = current != NULL ? current->next : NULL;
    if (chunk->next != NULL) {
        chunk->next->prev = chunk;
    }
    if (current != NULL) {
        current->next = chunk;
    }
}

static bool reuse_kept(ch_arena *arena, size_t size_bytes, size_t align) {
    for (chi_chunk *chunk = arena->chunk->next; chunk != NULL; chunk = chunk->next) {
        if (fits(arena, chunk, size_bytes, align)) {
            unlink_chunk(chunk);
            link_after_current(arena, chunk);
            enter(arena, chunk);
            return true;
        }
    }
    return false;
}

void chi_chunk_drop_kept(ch_arena *arena, size_t keep_bytes) {
    chi_chunk *chunk = arena->chunk != NULL ? arena->chunk->next : NULL;
    while (chunk != NULL && arena->acquired_bytes > keep_bytes) {
        chi_chunk *next = chunk->next;
        unlink_chunk(chunk);
        give_back(arena, chunk);
        chunk = next;
    }
}

static size_t kept_bytes(const ch_arena *arena) {
    size_t sum = 0;
    const chi_chunk *chunk = arena->chunk != NULL ? arena->chunk->next : NULL;
    for (; chunk != NULL; chunk = chunk->next) {
        sum += chunk->size_bytes;
    }
    return sum;
}

/* Chooses the size of the next chunk: the growing one, cut at the limit, or exactly the request. */
static ch_status size_next(ch_arena *arena, size_t need, size_t *size_bytes, bool *regular) {
    size_t limit = arena->config.limit_bytes != 0 ? arena->config.limit_bytes : SIZE_MAX;
    size_t room = limit - arena->acquired_bytes;
    if (need > room) {
        if (need > room + kept_bytes(arena)) {
            return CH_EFULL;
        }
        chi_chunk_drop_kept(arena, 0); /* each is too small for this request: use their share */
        room = limit - arena->acquired_bytes;
    }
    *regular = need <= arena->next_chunk_bytes;
    *size_bytes = *regular ? arena->next_chunk_bytes : need;
    if (*size_bytes > room) {
        *size_bytes = room;
    }
    return CH_OK;
}

static size_t chunk_align(size_t align) {
    return align > CHI_CHUNK_ALIGN ? align : CHI_CHUNK_ALIGN;
}

/* The chunk size after `size_bytes`: growth_percent of it, at most chunk_max_bytes. */
static size_t grown(const chi_arena_config *config, size_t size_bytes) {
    size_t max = config->chunk_max_bytes;
    size_t growth = config->growth_percent;
    if (size_bytes / 100 > max / growth) {
        return max;
    }
    size_t hundreds = size_bytes / 100 * growth;
    size_t rest = size_bytes % 100 * growth / 100;
    return rest < max - hundreds ? hundreds + rest : max;
}

static ch_status grow_chunked(ch_arena *arena, size_t size_bytes, size_t align) {
    if (arena->chunk != NULL && reuse_kept(arena, size_bytes, align)) {
        return CH_OK;
    }
    size_t head = 0;
    size_t need = 0;
    size_t total = 0;
    bool regular = false;
    if (!exact_chunk(arena, size_bytes, align, &head, &need)) {
        return CH_EFULL;
    }
    ch_status status = size_next(arena, need, &total, &regular);
    if (status != CH_OK) {
        return status;
    }
    chi_chunk *chunk = fetch(arena, total, sizeof(chi_chunk), chunk_align(align));
    if (chunk == NULL) {
        return CH_EFULL;
    }
    if (regular) {
        arena->next_chunk_bytes = grown(&arena->config, arena->next_chunk_bytes);
    }
    link_after_current(arena, chunk);
    enter(arena, chunk);
    return CH_OK;
}

static ch_status grow_twin(ch_arena *arena, size_t size_bytes, size_t align) {
    size_t head = 0;
    size_t total = 0;
    if (!exact_chunk(arena, size_bytes, align, &head, &total)) {
        return CH_EFULL;
    }
    chi_chunk *chunk = fetch(arena, total, head, chunk_align(align));
    if (chunk == NULL) {
        return CH_EFULL;
    }
    link_after_current(arena, chunk);
    enter(arena, chunk);
    return CH_OK;
}

ch_status chi_chunk_grow(ch_arena *arena, size_t size_bytes, size_t align) {
    bool twin = arena->config.kind == ARENA_TWIN;
    return twin ? grow_twin(arena, size_bytes, align) : grow_chunked(arena, size_bytes, align);
}

void chi_chunk_return_all(ch_arena *arena) {
    chi_chunk_drop_kept(arena, 0);
    while (arena->chunk != NULL) {
        chi_chunk *chunk = arena->chunk;
        arena->chunk = chunk->prev;
        give_back(arena, chunk);
    }
}

bool chi_chunk_resize_block(ch_arena *arena, size_t old_bytes, size_t new_bytes) {
    const ch_allocator *source = &arena->config.source;
    chi_chunk *chunk = arena->chunk;
    size_t more = new_bytes - old_bytes;
    size_t total = 0;
    if (chunk == NULL || source->resize == NULL || !ch_size_add(&total, chunk->size_bytes, more)) {
        return false;
    }
    CH_PUBLISH(arena->source_calls, arena->source_calls + 1);
    if (!source->resize(source->user, chunk, chunk->size_bytes, total)) {
        return false;
    }
    CH_PUBLISH(arena->acquired_bytes, arena->acquired_bytes + more);
    chunk->size_bytes = total;
    chi_arena_set_end(arena, (uint8_t *)chunk + total);
    return true;
}

ch_status ch_arena_init_chunked(ch_arena *arena, const ch_allocator *source,
                                const ch_arena_options *options) {
    if (arena == NULL || !chi_source_is_valid(source) || !chi_arena_options_are_valid(options)) {
        return CH_EINVAL;
    }
    ch_arena made;
    chi_arena_begin(&made, ARENA_CHUNKED, options);
    const chi_arena_config *config = &made.config;
    if (config->first_bytes < CHUNK_LEAST || config->chunk_max_bytes < config->first_bytes) {
        return CH_EINVAL;
    }
    made.config.source = *source;
    made.next_chunk_bytes = config->first_bytes;
    ch_status status = grow_chunked(&made, 0, 1);
    if (status != CH_OK) {
        return status;
    }
    *arena = made;
    chi_arena_seal(arena);
    return CH_OK;
}

ch_status ch_arena_init_twin(ch_arena *arena, const ch_allocator *source,
                             const ch_arena_options *options) {
    if (arena == NULL || !chi_source_is_valid(source) || !chi_arena_options_are_valid(options)) {
        return CH_EINVAL;
    }
    chi_arena_begin(arena, ARENA_TWIN, options);
    arena->config.source = *source;
    chi_arena_seal(arena);
    return CH_OK;
}
