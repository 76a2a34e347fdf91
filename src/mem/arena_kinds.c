/* arena_kinds.c: how an arena of each kind begins, grows by pages, shrinks and ends (arena.h);
 * chunks are arena_chunk.c's. */
#include <coldheap/hash.h>

#include "base/misuse.h"
#include "mem/arena_parts.h"
#include "mem/checked.h"
#include "mem/name.h"

#define KIB ((size_t)1024)
#define MIB (KIB * 1024)

#define FIRST_BYTES_DEFAULT (64 * KIB)
#define COMMIT_STEP_MAX     (64 * MIB)
#define CHUNK_MAX_DEFAULT   (64 * MIB)
#define GROWTH_DEFAULT      200u
#define GROWTH_LEAST        100u
#define GROWTH_MOST         1000u
#define SEAL_SEED           0x414e455241u
#define ARENA_MAGIC         ((uintptr_t)0x414e4552u)

static uint64_t seal_of(const ch_arena *arena) {
    return ch_hash_bytes(&arena->config, sizeof arena->config, SEAL_SEED);
}

bool chi_arena_options_are_valid(const ch_arena_options *options) {
    if (options == NULL) {
        return true;
    }
    unsigned growth = options->growth_percent;
    return (unsigned)options->zeroing <= (unsigned)CH_ZERO_ON_ALLOC &&
           (growth == 0 || (growth >= GROWTH_LEAST && growth <= GROWTH_MOST));
}

void chi_arena_begin(ch_arena *arena, enum chi_arena_kind kind, const ch_arena_options *options) {
    static const ch_arena_options defaults;
    options = options != NULL ? options : &defaults;
    *arena = (ch_arena){.owner = chi_thread_token()};
    chi_arena_config *config = &arena->config;
    size_t growth = options->growth_percent;
    size_t chunk_max = options->chunk_max_bytes;
    config->limit_bytes = options->limit_bytes;
    config->first_bytes = options->first_bytes != 0 ? options->first_bytes : FIRST_BYTES_DEFAULT;
    config->growth_percent = growth != 0 ? growth : GROWTH_DEFAULT;
    config->chunk_max_bytes = chunk_max != 0 ? chunk_max : CHUNK_MAX_DEFAULT;
    config->kind = kind;
    config->zeroing = (size_t)options->zeroing;
    config->checked = chi_checked();
    bool redzone = !options->no_redzone && kind != ARENA_TWIN; /* a source brings its own */
    config->redzone_bytes = redzone ? ch_arena_redzone_bytes() : 0;
    chi_name_set(config->name, options->name);
    arena->tracked = chi_track_is_wanted(NULL);
    arena->fast_drop_bytes = chi_arena_releases_inline(arena) ? CHI_TALLY_WINDOW : 0;
}

void chi_arena_seal(ch_arena *arena) {
    chi_arena_config *config = &arena->config;
    config->first_life = ch_hash_u64((uintptr_t)arena, (uintptr_t)config->base) | 1u;
    arena->life = config->first_life;
    chi_arena_set_index(arena, arena->chunk_index);
    chi_arena_fold(arena);
    arena->seal = seal_of(arena);
    arena->magic = ARENA_MAGIC ^ (uintptr_t)arena; /* a copy of an arena is not a live one */
}

bool chi_arena_is_live(const ch_arena *arena) {
    return arena->magic == (ARENA_MAGIC ^ (uintptr_t)arena);
}

bool chi_arena_seal_holds(const ch_arena *arena) {
    return chi_arena_is_live(arena) && arena->seal == seal_of(arena);
}

static bool is_plain(const ch_arena *arena) {
    return !arena->config.checked && !arena->tracked && arena->config.kind != ARENA_TWIN;
}

bool chi_arena_allocs_inline(const ch_arena *arena) {
    return is_plain(arena) && arena->config.zeroing != CH_ZERO_ON_ALLOC;
}

bool chi_arena_releases_inline(const ch_arena *arena) {
    return is_plain(arena) && arena->config.zeroing != CH_ZERO_ON_RELEASE;
}

uint64_t chi_arena_dropped(const ch_arena *arena) {
    size_t most = chi_arena_releases_inline(arena) ? CHI_TALLY_WINDOW : 0;
    return CH_PEEK(arena->dropped_bytes) + (most - CH_PEEK(arena->fast_drop_bytes));
}

void chi_arena_set_index(ch_arena *arena, uint64_t index) {
    arena->chunk_index = index;
    arena->place = arena->life + index;
    arena->fast_place = chi_arena_releases_inline(arena) ? arena->place : ~arena->place;
}

void chi_arena_fold(ch_arena *arena) {
    size_t drop_bytes = chi_arena_releases_inline(arena) ? CHI_TALLY_WINDOW : 0;
    uint64_t dropped = chi_arena_dropped(arena);
    CH_PUBLISH(arena->given_blocks, arena->given_blocks + (arena->tally >> 32));
    CH_PUBLISH(arena->given_bytes, arena->given_bytes + (uint32_t)arena->tally);
    CH_PUBLISH(arena->dropped_bytes, dropped);
    CH_PUBLISH(arena->tally, 0);
    CH_PUBLISH(arena->fast_drop_bytes, drop_bytes);
    bool gives = chi_arena_allocs_inline(arena) && arena->cursor != NULL;
    CH_PUBLISH(arena->fast_end, gives ? chi_tally_window(arena->cursor, arena->end) : NULL);
}

ch_status ch_arena_track(ch_arena *arena, ch_tracker *tracker) {
    if (arena == NULL) {
        return CH_EINVAL;
    }
    if (!chi_arena_is_live(arena)) {
        return CH_ESTATE;
    }
    if (arena->owner != chi_thread_token()) {
        return CHI_MISUSE(arena, arena->config.name, tracker, CH_ETHREAD);
    }
    chi_arena_fold(arena);
    arena->tracker = tracker;
    arena->tracked = chi_track_is_wanted(tracker);
    arena->fast_drop_bytes = chi_arena_releases_inline(arena) ? CHI_TALLY_WINDOW : 0;
    chi_arena_set_index(arena, arena->chunk_index);
    chi_arena_fold(arena);
    return CH_OK;
}

void chi_arena_given(ch_arena *arena, size_t size_bytes) {
    chi_arena_fold(arena);
    CH_PUBLISH(arena->given_blocks, arena->given_blocks + 1);
    CH_PUBLISH(arena->given_bytes, arena->given_bytes + size_bytes);
}

void chi_arena_set_end(ch_arena *arena, uint8_t *end) {
    CH_PUBLISH(arena->end, end);
    chi_arena_fold(arena);
}

void chi_arena_set_range(ch_arena *arena, uint8_t *base, uint8_t *end) {
    ARENA_MOVE(arena->chunk_base, base);
    ARENA_MOVE(arena->cursor, base);
    ARENA_MOVE(arena->peak_cursor, base);
    chi_arena_set_end(arena, end);
}

static void close_range(const ch_arena *arena, uint8_t *base, size_t size_bytes) {
    if (arena->config.checked) {
        chi_close(base, size_bytes);
    }
}

size_t ch_arena_align(void) {
    return 1;
}

size_t ch_arena_redzone_bytes(void) {
    return chi_checked() ? CHI_REDZONE_BYTES : 0;
}

size_t ch_arena_footprint(const ch_arena_options *options) {
    return options != NULL && chi_arena_options_are_valid(options) ? options->limit_bytes : 0;
}

static ch_status init_fixed(ch_arena *arena, void *memory, size_t size_bytes,
                            const ch_allocator *source, const ch_arena_options *options) {
    if (arena == NULL || memory == NULL || !chi_arena_options_are_valid(options)) {
        return CH_EINVAL;
    }
    if (size_bytes > UINTPTR_MAX - (uintptr_t)memory) {
        return CH_ERANGE;
    }
    if (options != NULL && options->limit_bytes > size_bytes) {
        return CH_EFULL;
    }
    chi_arena_begin(arena, ARENA_FIXED, options);
    if (arena->config.limit_bytes == 0) {
        arena->config.limit_bytes = size_bytes;
    }
    if (source != NULL) {
        arena->config.source = *source;
    }
    arena->config.base = memory;
    arena->chunk_index = 1;
    arena->chunk_count = 1;
    chi_arena_set_range(arena, memory, (uint8_t *)memory + arena->config.limit_bytes);
    close_range(arena, memory, arena->config.limit_bytes);
    if (arena->config.checked) {
        chi_group_begin(chi_arena_group(arena));
    }
    chi_arena_seal(arena);
    return CH_OK;
}

ch_status ch_arena_init(ch_arena *arena, void *memory, size_t size_bytes,
                        const ch_arena_options *options) {
    return init_fixed(arena, memory, size_bytes, NULL, options);
}

ch_status ch_arena_init_spill(ch_arena *arena, void *memory, size_t size_bytes,
                              const ch_allocator *source, const ch_arena_options *options) {
    return chi_source_is_valid(source) ? init_fixed(arena, memory, size_bytes, source, options)
                                       : CH_EINVAL;
}

/* Commits so that the cursor has `more` bytes above it; steps double up to 64 MiB. */
ch_status chi_arena_commit(ch_arena *arena, size_t more) {
    size_t limit = arena->config.limit_bytes;
    size_t have = arena->committed_bytes;
    size_t used = (size_t)(arena->cursor - arena->chunk_base);
    if (more > limit - used) {
        return CH_EFULL;
    }
    size_t step = have < COMMIT_STEP_MAX ? have : COMMIT_STEP_MAX;
    if (have == 0) {
        step = arena->config.first_bytes;
    }
    size_t target = step < limit - have ? have + step : limit;
    if (target < used + more) {
        target = used + more;
    }
    CH_PUBLISH(arena->source_calls, arena->source_calls + 1);
    ch_status status = ch_region_commit(arena->config.region, have, target - have);
    if (status != CH_OK) {
        return status;
    }
    close_range(arena, arena->chunk_base + have, target - have);
    arena->committed_bytes = target;
    chi_arena_set_end(arena, arena->chunk_base + target);
    return CH_OK;
}

static ch_status grow_region(ch_arena *arena, size_t size_bytes, size_t align) {
    size_t redzone = arena->config.redzone_bytes;
    uintptr_t above =
        (uintptr_t)arena->cursor + redzone; /* the range may end before it: no deref */
    size_t padding = redzone + ((size_t)(0u - above) & (align - 1));
    size_t more = 0;
    if (!ch_size_add(&more, size_bytes, padding)) {
        return CH_EFULL;
    }
    return chi_arena_commit(arena, more);
}

ch_status ch_arena_init_region(ch_arena *arena, ch_region *region,
                               const ch_arena_options *options) {
    if (arena == NULL || region == NULL || !chi_arena_options_are_valid(options)) {
        return CH_EINVAL;
    }
    if (ch_region_check(region, NULL) != CH_OK) {
        return CH_ESTATE;
    }
    if (options != NULL && options->limit_bytes > region->size_bytes) {
        return CH_EFULL;
    }
    ch_arena made;
    chi_arena_begin(&made, ARENA_REGION, options);
    if (made.config.limit_bytes == 0) {
        made.config.limit_bytes = region->size_bytes;
    }
    made.config.region = region;
    made.config.base = region->base;
    made.chunk_index = 1;
    made.chunk_count = 1;
    chi_arena_set_range(&made, region->base, region->base);
    ch_status status = chi_arena_commit(&made, 1);
    if (status != CH_OK) {
        return status;
    }
    *arena = made;
    if (arena->config.checked) {
        chi_group_begin(chi_arena_group(arena));
    }
    chi_arena_seal(arena);
    return CH_OK;
}

ch_status chi_arena_grow(ch_arena *arena, size_t size_bytes, size_t align) {
    switch ((enum chi_arena_kind)arena->config.kind) {
    case ARENA_FIXED:
        return CH_EFULL;
    case ARENA_REGION:
        return grow_region(arena, size_bytes, align);
    case ARENA_CHUNKED:
    case ARENA_TWIN:
        return chi_chunk_grow(arena, size_bytes, align);
    }
    return CH_ECORRUPT;
}

static ch_status trim_region(ch_arena *arena, size_t keep_bytes) {
    ch_region *region = arena->config.region;
    size_t used = (size_t)(arena->cursor - arena->chunk_base);
    size_t keep = keep_bytes > used ? keep_bytes : used;
    if (keep > arena->committed_bytes || !ch_size_round_up(&keep, keep, region->page_bytes) ||
        keep >= arena->committed_bytes) {
        return CH_OK;
    }
    size_t back = arena->committed_bytes - keep;
    size_t whole = back;
    if (!ch_size_round_up(&whole, back, region->page_bytes) || whole > region->size_bytes - keep) {
        whole = region->size_bytes - keep;
    }
    if (arena->config.checked) {
        chi_open_defined(arena->chunk_base + keep, back);
    }
    CH_PUBLISH(arena->source_calls, arena->source_calls + 1);
    ch_status status = ch_region_decommit(region, keep, whole);
    if (status != CH_OK) {
        close_range(arena, arena->chunk_base + keep, back);
        return status;
    }
    CH_PUBLISH(arena->peak_bytes, ch_arena_peak(arena));
    CH_PUBLISH(arena->peak_cursor, arena->cursor); /* it may have lain in the pages given back */
    arena->committed_bytes = keep;
    chi_arena_set_end(arena, arena->chunk_base + keep);
    return CH_OK;
}

ch_status ch_arena_trim(ch_arena *arena, size_t keep_bytes) {
    if (arena == NULL) {
        return CH_EINVAL;
    }
    if (!chi_arena_is_live(arena)) {
        return CH_ESTATE;
    }
    if (arena->config.kind == ARENA_REGION) {
        return trim_region(arena, keep_bytes);
    }
    if (arena->config.kind == ARENA_CHUNKED) {
        chi_chunk_drop_kept(arena, keep_bytes);
    }
    return CH_OK;
}

ch_status ch_arena_fini(ch_arena *arena) {
    if (arena == NULL || !chi_arena_is_live(arena)) {
        return CH_OK;
    }
    arena->magic = 0;
    while (chi_arena_spills(arena) && arena->chunk != NULL) {
        chi_spill_back(arena);
    }
    if (arena->config.kind == ARENA_CHUNKED || arena->config.kind == ARENA_TWIN) {
        chi_chunk_return_all(arena);
    } else if (arena->config.checked) {
        chi_group_end(chi_arena_group(arena));
        chi_open_defined(arena->chunk_base, (size_t)(arena->end - arena->chunk_base));
    }
    *arena = (ch_arena){0};
    return CH_OK;
}
