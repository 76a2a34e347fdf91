/* arena_info.c: what an arena tells about itself: queries, figures, JSON, self-check (arena.h). */
#include "base/text.h"
#include "mem/arena_parts.h"
#include "mem/checked.h"

/* What is in use in the chunks before, and up to the cursor and up to its peak in this one. */
typedef struct place {
    size_t before_bytes;
    size_t used_bytes;
    size_t peak_bytes;
} place;

enum { LOOKS_MAX = 64 };

/* Another thread may look while the owner goes from one chunk to the next: it looks again until it
 * saw no move. Where the owner moves faster than that, the chunk counts as empty. */
static place place_of(const ch_arena *arena) {
    for (unsigned look = 0; look < LOOKS_MAX; look++) {
        const uint64_t moves = __atomic_load_n(&arena->moves, __ATOMIC_ACQUIRE);
        const size_t before = __atomic_load_n(&arena->before_bytes, __ATOMIC_ACQUIRE);
        const uint8_t *base = __atomic_load_n(&arena->chunk_base, __ATOMIC_ACQUIRE);
        const uint8_t *highest = __atomic_load_n(&arena->peak_cursor, __ATOMIC_ACQUIRE);
        const uint8_t *cursor = __atomic_load_n(&arena->cursor, __ATOMIC_ACQUIRE);
        if (moves % 2 == 0 && moves == CH_PEEK(arena->moves)) {
            return (place){before, (size_t)(cursor - base),
                           (size_t)((highest > cursor ? highest : cursor) - base)};
        }
    }
    return (place){.before_bytes = CH_PEEK(arena->before_bytes)};
}

size_t ch_arena_used(const ch_arena *arena) {
    const place now = place_of(arena);
    return now.before_bytes + now.used_bytes;
}

size_t ch_arena_capacity(const ch_arena *arena) {
    size_t limit = arena->config.limit_bytes;
    return limit != 0 ? limit : CH_PEEK(arena->acquired_bytes);
}

size_t ch_arena_remaining(const ch_arena *arena) {
    size_t used = ch_arena_used(arena);
    size_t capacity = ch_arena_capacity(arena);
    return used < capacity ? capacity - used : 0;
}

size_t ch_arena_remaining_for(const ch_arena *arena, size_t align) {
    size_t room = (size_t)(arena->end - arena->cursor);
    if (!ch_align_is_valid(align) || !chi_arena_is_live(arena)) {
        return 0;
    }
    if (arena->config.kind == ARENA_TWIN) {
        return ch_arena_remaining(arena);
    }
    if (arena->config.kind == ARENA_REGION) {
        room = ch_arena_remaining(arena);
    }
    size_t redzone = arena->config.redzone_bytes;
    size_t least = arena->config.checked ? CHI_GRANULE_BYTES : 1;
    uintptr_t above = (uintptr_t)arena->cursor + redzone;
    size_t padding = redzone + ((size_t)(0u - above) & ((align > least ? align : least) - 1));
    return padding < room ? room - padding : 0;
}

double ch_arena_utilization(const ch_arena *arena) {
    size_t capacity = ch_arena_capacity(arena);
    return capacity != 0 ? (double)ch_arena_used(arena) / (double)capacity : 0.0;
}

size_t ch_arena_peak(const ch_arena *arena) {
    const place now = place_of(arena);
    const size_t before = CH_PEEK(arena->peak_bytes);
    const size_t here = now.before_bytes + now.peak_bytes;
    return before > here ? before : here;
}

void ch_arena_peak_reset(ch_arena *arena) {
    CH_PUBLISH(arena->peak_cursor, arena->cursor);
    CH_PUBLISH(arena->peak_bytes, 0);
}

uint64_t ch_arena_allocations(const ch_arena *arena) {
    return CH_PEEK(arena->given_blocks) + (CH_PEEK(arena->tally) >> 32);
}

static uint64_t total_bytes(const ch_arena *arena) {
    return CH_PEEK(arena->given_bytes) + (uint32_t)CH_PEEK(arena->tally);
}

/* All bytes by which the cursor ever moved up. */
static uint64_t moved_bytes(const ch_arena *arena) {
    return ch_arena_used(arena) + chi_arena_dropped(arena);
}

ch_status ch_arena_stats(const ch_arena *arena, ch_arena_figures *figures) {
    if (arena == NULL || figures == NULL) {
        return CH_EINVAL;
    }
    if (!chi_arena_is_live(arena)) {
        return CH_ESTATE;
    }
    *figures = (ch_arena_figures){
        .used_bytes = ch_arena_used(arena),
        .capacity_bytes = ch_arena_capacity(arena),
        .remaining_bytes = ch_arena_remaining(arena),
        .peak_bytes = ch_arena_peak(arena),
        .allocations = ch_arena_allocations(arena),
        .total_bytes = total_bytes(arena),
        .failures_full = CH_PEEK(arena->failures_full),
        .failures_invalid = CH_PEEK(arena->failures_invalid),
        .chunks = CH_PEEK(arena->chunk_count),
        .source_calls = CH_PEEK(arena->source_calls),
    };
    uint64_t moved = moved_bytes(arena); /* another thread may see it before the blocks */
    figures->padding_bytes = moved > figures->total_bytes ? moved - figures->total_bytes : 0;
    return CH_OK;
}

size_t ch_arena_stats_json(const ch_arena *arena, char *out, size_t size) {
    ch_arena_figures figures = {0};
    chi_text text;
    chi_text_begin(&text, out, size);
    if (ch_arena_stats(arena, &figures) != CH_OK) {
        chi_text_put(&text, "null");
        return chi_text_end(&text);
    }
    const struct {
        const char *key;
        uint64_t value;
    } rows[] = {
        {"used_bytes", figures.used_bytes},
        {"capacity_bytes", figures.capacity_bytes},
        {"remaining_bytes", figures.remaining_bytes},
        {"peak_bytes", figures.peak_bytes},
        {"padding_bytes", figures.padding_bytes},
        {"allocations", figures.allocations},
        {"total_bytes", figures.total_bytes},
        {"failures_full", figures.failures_full},
        {"failures_invalid", figures.failures_invalid},
        {"chunks", figures.chunks},
        {"source_calls", figures.source_calls},
    };
    chi_text_put(&text, "{\"object\":\"arena\",\"name\":");
    chi_text_put_json(&text, arena->config.name);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        chi_text_put_field(&text, rows[i].key, rows[i].value);
    }
    chi_text_put(&text, ",\"utilization\":");
    chi_text_put_ratio(&text, figures.used_bytes, figures.capacity_bytes);
    chi_text_put(&text, "}");
    return chi_text_end(&text);
}

static bool cursor_is_inside(const ch_arena *arena) {
    uintptr_t base = (uintptr_t)arena->chunk_base;
    uintptr_t cursor = (uintptr_t)arena->cursor;
    return base <= cursor && cursor <= (uintptr_t)arena->end;
}

/* fast_end is the end, or one window above a place where the cursor was. */
static bool fast_end_holds(const ch_arena *arena) {
    uintptr_t fast = (uintptr_t)arena->fast_end;
    uintptr_t end = (uintptr_t)arena->end;
    if (fast == 0 || !chi_arena_allocs_inline(arena)) {
        bool high = end > UINTPTR_MAX - CHI_TALLY_TOP;
        return fast == 0 && (high || !chi_arena_allocs_inline(arena));
    }
    uintptr_t base = (uintptr_t)arena->chunk_base;
    return fast == end || (base < fast && fast < end && fast - base >= CHI_TALLY_WINDOW);
}

static bool copies_agree(const ch_arena *arena) {
    bool releases = chi_arena_releases_inline(arena);
    uint64_t place = releases ? arena->place : ~arena->place;
    size_t drop_most = releases ? CHI_TALLY_WINDOW : 0;
    return fast_end_holds(arena) && arena->fast_place == place &&
           arena->fast_drop_bytes <= drop_most && arena->tracked <= 1 &&
           (arena->tracker == NULL || arena->tracked != 0);
}

/* What was given out and what came back are never more than the cursor moved. */
static bool totals_hold(const ch_arena *arena) {
    uint64_t window = 3 * (uint64_t)CHI_TALLY_WINDOW;
    return total_bytes(arena) <= moved_bytes(arena) && (uint32_t)arena->tally <= window &&
           arena->tally >> 32 <= (uint32_t)arena->tally &&
           arena->given_blocks <= arena->given_bytes;
}

/* True if the range of an arena with a source ends where its chunk does; a twin that came back to a
 * block by a release ends at that block's cursor then. */
static bool chunk_end_holds(const ch_arena *arena) {
    const chi_chunk *chunk = arena->chunk;
    if (chunk == NULL) {
        return arena->end == NULL && arena->chunk_base == NULL;
    }
    return arena->end == (const uint8_t *)chunk + chunk->size_bytes ||
           (arena->config.kind == ARENA_TWIN && arena->end == chunk->left);
}

static bool limits_hold(const ch_arena *arena) {
    const chi_arena_config *config = &arena->config;
    size_t end = (size_t)((uintptr_t)arena->end - (uintptr_t)arena->chunk_base);
    switch ((enum chi_arena_kind)config->kind) {
    case ARENA_FIXED:
        return arena->chunk_base == config->base && end == config->limit_bytes &&
               arena->committed_bytes == 0;
    case ARENA_REGION:
        return arena->chunk_base == config->base && end == arena->committed_bytes &&
               end <= config->limit_bytes && arena->acquired_bytes == 0;
    case ARENA_CHUNKED:
        return chunk_end_holds(arena) && arena->committed_bytes == 0 &&
               (config->limit_bytes == 0 || arena->acquired_bytes <= config->limit_bytes);
    case ARENA_TWIN:
        return chunk_end_holds(arena) && arena->committed_bytes == 0 &&
               (config->limit_bytes == 0 || ch_arena_used(arena) <= config->limit_bytes);
    }
    return false;
}

static bool chunk_follows(const ch_arena *arena, const chi_chunk *chunk, size_t before) {
    const uint8_t *left = chunk == arena->chunk ? arena->cursor : chunk->left;
    return chunk->before_bytes == before && left >= chunk->base &&
           left <= (const uint8_t *)chunk + chunk->size_bytes &&
           (chunk->prev == NULL || chunk->prev->next == chunk) &&
           (chunk->next == NULL || chunk->next->prev == chunk);
}

static bool chunks_hold(const ch_arena *arena) {
    const chi_chunk *chunk = arena->chunk;
    bool one_range = arena->config.kind == ARENA_FIXED || arena->config.kind == ARENA_REGION;
    if (chi_arena_spills(arena)) {
        return chi_spill_holds(arena);
    }
    if (chunk == NULL || one_range) {
        bool twin = arena->config.kind == ARENA_TWIN;
        return chunk == NULL && arena->before_bytes == 0 && arena->acquired_bytes == 0 &&
               arena->chunk_count == (twin ? 0 : 1) && arena->chunk_index == (twin ? 0 : 1);
    }
    while (chunk->prev != NULL) {
        chunk = chunk->prev;
    }
    size_t held = 0;
    size_t before = 0;
    uint64_t count = 0;
    bool below = true; /* the current chunk has not been passed */
    for (; chunk != NULL; chunk = chunk->next) {
        if (below && (!chunk_follows(arena, chunk, before) || chunk->index != count + 1)) {
            return false;
        }
        held += chunk->size_bytes;
        count++;
        if (chunk == arena->chunk) {
            below = false;
        } else if (below) {
            before += (size_t)(chunk->left - chunk->base);
        }
    }
    return held == arena->acquired_bytes && count == arena->chunk_count &&
           before == arena->before_bytes && arena->chunk->index == arena->chunk_index &&
           arena->chunk->base == arena->chunk_base;
}

ch_status ch_arena_check(const ch_arena *arena, unsigned *invariant) {
    unsigned broken = 0;
    if (arena == NULL || !chi_arena_seal_holds(arena)) {
        broken = 1;
    } else if (!cursor_is_inside(arena)) {
        broken = 2;
    } else if (!copies_agree(arena)) {
        broken = 3;
    } else if (arena->life != chi_arena_life_of(arena, arena->resets) ||
               arena->place != arena->life + arena->chunk_index ||
               arena->owner != chi_thread_token()) {
        broken = 4;
    } else if (!limits_hold(arena)) {
        broken = 5;
    } else if (!chunks_hold(arena)) {
        broken = 6;
    } else if (arena->peak_cursor < arena->chunk_base || arena->peak_cursor > arena->end) {
        broken = 7;
    } else if (!totals_hold(arena)) {
        broken = 8;
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}
