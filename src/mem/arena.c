/* arena.c: blocks, marks and releases of arenas (arena.h). The inline path gives out what lies
 * below fast_end; everything else comes here: growth, zeroing, twins, checked builds, misuse. */
#include <coldheap/arena.h>

#include "base/misuse.h"
#include "mem/arena_parts.h"
#include "mem/checked.h"

static void note_peak(ch_arena *arena) {
    size_t peak = ch_arena_peak(arena);
    CH_PUBLISH(arena->peak_bytes, peak);
}

static ch_status fail(ch_arena *arena, ch_status status) {
    if (status == CH_EFULL || status == CH_ENOMEM) {
        CH_PUBLISH(arena->failures_full, arena->failures_full + 1);
    } else {
        CH_PUBLISH(arena->failures_invalid, arena->failures_invalid + 1);
    }
    return status;
}

static bool wrong_thread(const ch_arena *arena) {
    return arena->owner != chi_thread_token();
}

bool chi_arena_place(uint8_t *cursor, const uint8_t *end, size_t redzone, size_t size_bytes,
                     size_t align, uint8_t **start) {
    size_t room = (size_t)(end - cursor);
    if (cursor == NULL || redzone > room) {
        return false;
    }
    size_t padding = redzone + ch_align_padding(cursor + redzone, align);
    if (padding > room || size_bytes > room - padding) {
        return false;
    }
    *start = cursor + padding;
    return true;
}

static bool place(const ch_arena *arena, size_t size_bytes, size_t align, uint8_t **start) {
    return chi_arena_place(arena->cursor, arena->end, arena->config.redzone_bytes, size_bytes,
                           align, start);
}

static bool below_limit(const ch_arena *arena, size_t size_bytes) {
    return arena->config.kind != ARENA_TWIN || arena->config.limit_bytes == 0 ||
           size_bytes <= arena->config.limit_bytes - ch_arena_used(arena);
}

/* Size 0: an aligned address, and nothing moves. Where blocks come from a source the address need
 * not lie anywhere. */
static ch_status point_at_nothing(ch_arena *arena, void **out, size_t align) {
    uint8_t *start = NULL;
    if (place(arena, 0, align, &start)) {
        *out = start;
    } else if (arena->config.source.alloc != NULL) {
        *out = (void *)(uintptr_t)align;
    } else if (arena->config.kind == ARENA_REGION) {
        ch_status status = chi_arena_grow(arena, 0, align);
        if (status != CH_OK || !place(arena, 0, align, &start)) {
            return fail(arena, status != CH_OK ? status : CH_EFULL);
        }
        *out = start;
    } else {
        return fail(arena, CH_EFULL);
    }
    return CH_OK;
}

static ch_status take(ch_arena *arena, void **out, size_t size_bytes, size_t align) {
    if (!ch_align_is_valid(align)) {
        return fail(arena, CH_EALIGN);
    }
    if (arena->config.checked && align < CHI_GRANULE_BYTES) {
        align = CHI_GRANULE_BYTES;
    }
    if (size_bytes == 0) {
        return point_at_nothing(arena, out, align);
    }
    uint8_t *start = NULL;
    bool twin = arena->config.kind == ARENA_TWIN;
    if (!below_limit(arena, size_bytes)) {
        return fail(arena, CH_EFULL);
    }
    if (twin || !place(arena, size_bytes, align, &start)) {
        if (chi_arena_spills(arena)) {
            ch_status spilled = chi_spill_take(arena, out, size_bytes, align);
            return spilled == CH_OK ? CH_OK : fail(arena, spilled);
        }
        ch_status status = chi_arena_grow(arena, size_bytes, align);
        if (status != CH_OK || !place(arena, size_bytes, align, &start)) {
            return fail(arena, status != CH_OK ? status : CH_EFULL);
        }
    }
    CH_PUBLISH(arena->cursor, start + size_bytes);
    chi_arena_given(arena, size_bytes);
    if (arena->config.checked) {
        chi_open(start, size_bytes);
        chi_group_add(chi_arena_group(arena), start, size_bytes);
    }
    if (arena->config.zeroing == CH_ZERO_ON_ALLOC) {
        ch_zero(start, size_bytes);
    }
    *out = start;
    return CH_OK;
}

static void note(const ch_arena *arena, unsigned op, size_t size_bytes, const void *site,
                 const void *block) {
    if (arena->tracked) {
        chi_track(arena->tracker, CH_TRACK_ARENA, op, size_bytes, site, block);
    }
}

ch_status chi_arena_take(ch_arena *arena, void **out, size_t size_bytes, size_t align,
                         const void *site) {
    ch_status status = wrong_thread(arena) ? CH_ETHREAD : take(arena, out, size_bytes, align);
    if (status == CH_OK && size_bytes != 0) {
        note(arena, CH_TRACK_ACQUIRE, size_bytes, site, *out);
    } else if (status == CH_EFULL || status == CH_ENOMEM) {
        note(arena, CH_TRACK_EXHAUSTED, size_bytes, site, NULL);
    }
    return status;
}

static bool is_misuse(ch_status status) {
    return status == CH_EALIGN || status == CH_ETHREAD;
}

void *ch_arena_alloc_slow(ch_arena *arena, size_t size_bytes, size_t align) {
    void *block = NULL;
    if (!chi_arena_is_live(arena)) {
        return NULL;
    }
    ch_status status = chi_arena_take(arena, &block, size_bytes, align, CH_RETURN_ADDRESS());
    if (is_misuse(status)) {
        (void)CHI_MISUSE(arena, arena->config.name, NULL, status);
    }
    return block;
}

ch_status ch_arena_alloc_try(ch_arena *arena, void **out, size_t size_bytes, size_t align) {
    if (arena == NULL || out == NULL) {
        return CH_EINVAL;
    }
    if (!chi_arena_is_live(arena)) {
        return CH_ESTATE;
    }
    ch_status status = chi_arena_take(arena, out, size_bytes, align, CH_RETURN_ADDRESS());
    return is_misuse(status) ? CHI_MISUSE(arena, arena->config.name, NULL, status) : status;
}

static void *take_array(ch_arena *arena, size_t count, size_t size_bytes, size_t align,
                        const void *site) {
    size_t total = 0;
    void *block = NULL;
    if (!ch_size_mul(&total, count, size_bytes)) {
        if (chi_arena_is_live(arena)) {
            (void)fail(arena, CH_EINVAL);
        }
        return NULL;
    }
    if (!arena->tracked) {
        return ch_arena_alloc(arena, total, align);
    }
    ch_status status = chi_arena_take(arena, &block, total, align, site);
    if (is_misuse(status)) {
        (void)CHI_MISUSE(arena, arena->config.name, NULL, status);
    }
    return block;
}

void *ch_arena_alloc_array(ch_arena *arena, size_t count, size_t size_bytes, size_t align) {
    return take_array(arena, count, size_bytes, align, CH_RETURN_ADDRESS());
}

void *ch_arena_calloc(ch_arena *arena, size_t count, size_t size_bytes, size_t align) {
    void *block = take_array(arena, count, size_bytes, align, CH_RETURN_ADDRESS());
    if (block != NULL && arena->config.zeroing != CH_ZERO_ON_ALLOC) {
        ch_zero(block, count * size_bytes);
    }
    return block;
}

/* True if `block` of `size_bytes` is the last thing given out in the current chunk. */
static bool is_last(const ch_arena *arena, const void *block, size_t size_bytes) {
    uintptr_t start = (uintptr_t)block;
    uintptr_t base = (uintptr_t)arena->chunk_base;
    uintptr_t cursor = (uintptr_t)arena->cursor;
    return block != NULL && start >= base && start <= cursor && cursor - start == size_bytes;
}

static void tell_resized(ch_arena *arena, uint8_t *block, size_t old_bytes, size_t new_bytes) {
    const void *group = chi_arena_group(arena);
    if (new_bytes > old_bytes) {
        chi_open(block + old_bytes, new_bytes - old_bytes);
    } else {
        chi_close(block + new_bytes, old_bytes - new_bytes);
    }
    if (old_bytes == 0) {
        chi_group_add(group, block, new_bytes);
    } else if (new_bytes == 0) {
        chi_group_drop(group, block);
    } else {
        chi_group_change(group, block, new_bytes);
    }
}

static ch_status make_larger(ch_arena *arena, size_t old_bytes, size_t new_bytes) {
    size_t more = new_bytes - old_bytes;
    if (!below_limit(arena, more)) {
        return CH_EFULL;
    }
    if (arena->config.kind == ARENA_TWIN) {
        return chi_chunk_resize_block(arena, old_bytes, new_bytes) ? CH_OK : CH_EFULL;
    }
    if (more <= (size_t)(arena->end - arena->cursor)) {
        return CH_OK;
    }
    if (arena->config.kind != ARENA_REGION) {
        return CH_EFULL; /* another chunk would not be in place */
    }
    return chi_arena_commit(arena, more);
}

static ch_status resize_last(ch_arena *arena, uint8_t *block, size_t old_bytes, size_t new_bytes) {
    if (!is_last(arena, block, old_bytes)) {
        return CH_EORDER;
    }
    if (new_bytes > old_bytes) {
        ch_status status = make_larger(arena, old_bytes, new_bytes);
        if (status != CH_OK) {
            return fail(arena, status);
        }
    } else {
        note_peak(arena);
        CH_PUBLISH(arena->dropped_bytes, arena->dropped_bytes + (old_bytes - new_bytes));
        if (arena->config.zeroing == CH_ZERO_ON_RELEASE) {
            ch_zero(block + new_bytes, old_bytes - new_bytes);
        }
    }
    CH_PUBLISH(arena->cursor, block + new_bytes);
    if (new_bytes > old_bytes) {
        CH_PUBLISH(arena->given_bytes, arena->given_bytes + (new_bytes - old_bytes));
    }
    if (arena->config.checked && new_bytes != old_bytes) {
        tell_resized(arena, block, old_bytes, new_bytes);
    }
    if (new_bytes > old_bytes && arena->config.zeroing == CH_ZERO_ON_ALLOC) {
        ch_zero(block + old_bytes, new_bytes - old_bytes);
    }
    return CH_OK;
}

ch_status ch_arena_extend(ch_arena *arena, void *block, size_t old_bytes, size_t new_bytes) {
    if (arena == NULL) {
        return CH_EINVAL;
    }
    if (!chi_arena_is_live(arena)) {
        return CH_ESTATE;
    }
    return resize_last(arena, block, old_bytes, new_bytes);
}

ch_status ch_arena_trim_last(ch_arena *arena, void *block, size_t old_bytes, size_t new_bytes) {
    return new_bytes <= old_bytes ? ch_arena_extend(arena, block, old_bytes, new_bytes) : CH_EINVAL;
}

/* Moves the cursor down inside the current chunk. */
static void lower_cursor(ch_arena *arena, uint8_t *target) {
    size_t given = (size_t)(arena->cursor - target);
    if (arena->config.checked) {
        chi_open_defined(target, given); /* padding and redzones, for the zeroing below */
    }
    if (arena->config.zeroing == CH_ZERO_ON_RELEASE) {
        ch_zero(target, given);
    }
    if (arena->config.checked) {
        chi_group_keep(chi_arena_group(arena), arena->chunk_base,
                       (size_t)(target - arena->chunk_base));
        chi_close(target, given);
    }
    CH_PUBLISH(arena->cursor, target);
}

/* Index of the chunk that was current at `point`; none that exists, if the point is stale. */
static uint64_t index_of(const ch_arena *arena, const ch_arena_point *point) {
    return point->place - arena->life;
}

/* Tells whether `point` is a place of this arena's present content. */
static bool point_is_below(const ch_arena *arena, const ch_arena_point *point) {
    uint64_t lowest = arena->config.kind == ARENA_TWIN ? 0 : 1;
    uint64_t index = index_of(arena, point);
    if (point->arena != arena || index > arena->chunk_index || index < lowest) {
        return false;
    }
    const uint8_t *base = arena->chunk_base;
    const uint8_t *left = arena->cursor;
    if (index < arena->chunk_index && !chi_arena_spills(arena)) {
        const chi_chunk *chunk = arena->chunk;
        while (chunk != NULL && chunk->index > index) {
            chunk = chunk->prev;
        }
        base = chunk != NULL ? chunk->base : NULL;
        left = chunk != NULL ? chunk->left : NULL;
    }
    uintptr_t cursor = (uintptr_t)point->cursor;
    return cursor >= (uintptr_t)base && cursor <= (uintptr_t)left;
}

static void go_back(ch_arena *arena, uint8_t *cursor, uint64_t index, const void *site) {
    size_t used = ch_arena_used(arena);
    note_peak(arena);
    while (arena->chunk_index > index) {
        if (chi_arena_spills(arena)) {
            chi_spill_back(arena);
            continue;
        }
        lower_cursor(arena, arena->chunk_base);
        chi_chunk_back(arena);
    }
    if (arena->cursor != cursor) {
        lower_cursor(arena, cursor);
    }
    size_t dropped = used - ch_arena_used(arena);
    CH_PUBLISH(arena->dropped_bytes, arena->dropped_bytes + dropped);
    chi_arena_fold(arena);
    if (dropped != 0) {
        note(arena, CH_TRACK_RELEASE, dropped, site, NULL);
    }
}

/* The mark comes in three words: as a struct it would be built in memory on the inline path. */
ch_status ch_arena_release_slow(ch_arena *arena, uint8_t *cursor, uint64_t place,
                                const ch_arena *marked) {
    const ch_arena_point point = {cursor, place, marked};
    if (!chi_arena_is_live(arena)) {
        return CH_ESTATE;
    }
    if (wrong_thread(arena)) {
        return CHI_MISUSE(arena, arena->config.name, point.cursor, CH_ETHREAD);
    }
    if (!point_is_below(arena, &point)) {
        return CHI_MISUSE(arena, arena->config.name, point.cursor, CH_EORDER);
    }
    go_back(arena, point.cursor, index_of(arena, &point), CH_RETURN_ADDRESS());
    return CH_OK;
}

ch_status ch_arena_reset(ch_arena *arena) {
    if (arena == NULL) {
        return CH_EINVAL;
    }
    if (!chi_arena_is_live(arena)) {
        return CH_ESTATE;
    }
    if (wrong_thread(arena)) {
        return CHI_MISUSE(arena, arena->config.name, NULL, CH_ETHREAD);
    }
    uint8_t *start = arena->config.base;
    if (arena->config.kind == ARENA_CHUNKED) {
        chi_chunk *first = arena->chunk;
        while (first->prev != NULL) {
            first = first->prev;
        }
        start = first->base;
    }
    go_back(arena, start, arena->config.kind == ARENA_TWIN ? 0 : 1, CH_RETURN_ADDRESS());
    arena->resets++;
    arena->life = chi_arena_life_of(arena, arena->resets);
    chi_arena_set_index(arena, arena->chunk_index);
    return CH_OK;
}

ch_status ch_arena_adopt(ch_arena *arena) {
    if (arena == NULL) {
        return CH_EINVAL;
    }
    if (!chi_arena_is_live(arena)) {
        return CH_ESTATE;
    }
    arena->owner = chi_thread_token();
    return CH_OK;
}

static void *allocator_alloc(void *user, size_t size_bytes, size_t align) {
    ch_arena *arena = user;
    void *block = NULL;
    if (!chi_arena_is_live(arena)) {
        return NULL;
    }
    ch_status status = chi_arena_take(arena, &block, size_bytes, align, CH_RETURN_ADDRESS());
    if (is_misuse(status)) {
        (void)CHI_MISUSE(arena, arena->config.name, NULL, status);
    }
    return block;
}

static bool allocator_resize(void *user, void *block, size_t old_bytes, size_t new_bytes) {
    return ch_arena_extend(user, block, old_bytes, new_bytes) == CH_OK;
}

static ch_status allocator_free(void *user, void *block, size_t size_bytes) {
    ch_status status = ch_arena_extend(user, block, size_bytes, 0);
    return status == CH_EORDER ? CH_OK : status;
}

ch_allocator ch_arena_allocator(ch_arena *arena) {
    return (ch_allocator){.alloc = allocator_alloc,
                          .resize = allocator_resize,
                          .free = allocator_free,
                          .user = arena};
}
