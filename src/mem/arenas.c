/* arenas.c: see arenas.h. A layout and three arenas over it; whatever an arena can do itself is
 * left to arena.c. */
#include <coldheap/arenas.h>

#include <coldheap/hash.h>

#include "base/text.h"
#include "mem/name.h"

#define ARENAS_MAGIC ((uintptr_t)0x534e5241u)
#define SEAL_SEED    0x4152454e4153u

static const ch_arenas_sizes DEFAULTS = {.execution_bytes = CH_ARENAS_EXECUTION_BYTES,
                                         .temporary_bytes = CH_ARENAS_TEMPORARY_BYTES,
                                         .scratch_bytes = CH_ARENAS_SCRATCH_BYTES};

static const char *const KIND_NAMES[CH_ARENAS_KINDS] = {"execution", "temporary", "scratch"};

/* Where each arena starts, and where the last one ends. */
typedef struct layout {
    size_t sizes[CH_ARENAS_KINDS];
    size_t offsets[CH_ARENAS_KINDS];
    size_t total;
} layout;

static bool lay_out(layout *l, const ch_arenas_sizes *sizes) {
    sizes = sizes != NULL ? sizes : &DEFAULTS;
    *l = (layout){.sizes = {sizes->execution_bytes, sizes->temporary_bytes, sizes->scratch_bytes}};
    for (size_t kind = 0; kind < CH_ARENAS_KINDS; kind++) {
        if (l->sizes[kind] == 0) {
            continue;
        }
        if (!ch_size_round_up(&l->offsets[kind], l->total, CH_ARENAS_BORDER) ||
            !ch_size_add(&l->total, l->offsets[kind], l->sizes[kind])) {
            return false;
        }
    }
    return l->total != 0 && (unsigned)sizes->zeroing <= (unsigned)CH_ZERO_ON_ALLOC;
}

static bool is_live(const ch_arenas *set) {
    return set->magic == (ARENAS_MAGIC ^ (uintptr_t)set);
}

static uint64_t seal_of(const ch_arenas *set) {
    uint64_t seal = ch_hash_bytes(set->given, sizeof set->given, SEAL_SEED);
    seal += ch_hash_bytes(set->sizes, sizeof set->sizes, SEAL_SEED + 1);
    seal += ch_hash_bytes(set->name, sizeof set->name, SEAL_SEED + 2);
    return seal + ch_hash_bytes(&set->memory, sizeof set->memory, SEAL_SEED + 3);
}

static void begin(ch_arenas *set, const layout *l, const ch_arenas_sizes *sizes) {
    *set = (ch_arenas){0};
    chi_name_set(set->name, sizes != NULL ? sizes->name : NULL);
    for (size_t kind = 0; kind < CH_ARENAS_KINDS; kind++) {
        set->sizes[kind] = l->sizes[kind];
        set->given[kind] = l->sizes[kind] != 0 ? &set->arenas[kind] : NULL;
    }
}

static void finish(ch_arenas *set) {
    set->seal = seal_of(set);
    set->magic = ARENAS_MAGIC ^ (uintptr_t)set;
}

static ch_arena_options options_of(const ch_arenas_sizes *sizes, const layout *l, size_t kind) {
    return (ch_arena_options){.name = KIND_NAMES[kind],
                              .limit_bytes = l->sizes[kind],
                              .zeroing = sizes != NULL ? sizes->zeroing : CH_ZERO_NONE};
}

size_t ch_arenas_align(void) {
    return CH_ARENAS_BORDER;
}

size_t ch_arenas_footprint(const ch_arenas_sizes *sizes) {
    layout l;
    return lay_out(&l, sizes) ? l.total : 0;
}

ch_status ch_arenas_init(ch_arenas *set, void *memory, size_t size_bytes,
                         const ch_arenas_sizes *sizes) {
    layout l;
    if (set == NULL || memory == NULL || !lay_out(&l, sizes)) {
        return CH_EINVAL;
    }
    if (size_bytes > UINTPTR_MAX - (uintptr_t)memory) {
        return CH_ERANGE;
    }
    if ((uintptr_t)memory % CH_ARENAS_BORDER != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < l.total) {
        return CH_EFULL;
    }
    begin(set, &l, sizes);
    set->memory = memory;
    for (size_t kind = 0; kind < CH_ARENAS_KINDS; kind++) {
        ch_arena_options options = options_of(sizes, &l, kind);
        if (set->given[kind] != NULL) {
            ch_status status = ch_arena_init(set->given[kind], set->memory + l.offsets[kind],
                                             l.sizes[kind], &options);
            CH_REQUIRE(status == CH_OK); /* all that it checks was checked above */
        }
    }
    finish(set);
    return CH_OK;
}

ch_status ch_arenas_init_twin(ch_arenas *set, const ch_allocator *source,
                              const ch_arenas_sizes *sizes) {
    layout l;
    if (set == NULL || source == NULL || source->alloc == NULL || source->free == NULL ||
        !lay_out(&l, sizes)) {
        return CH_EINVAL;
    }
    begin(set, &l, sizes);
    for (size_t kind = 0; kind < CH_ARENAS_KINDS; kind++) {
        ch_arena_options options = options_of(sizes, &l, kind);
        if (set->given[kind] != NULL) {
            CH_REQUIRE(ch_arena_init_twin(set->given[kind], source, &options) == CH_OK);
        }
    }
    finish(set);
    return CH_OK;
}

ch_status ch_arenas_reset(ch_arenas *set, ch_arenas_kind kind) {
    if (set == NULL || (unsigned)kind >= (unsigned)CH_ARENAS_KINDS) {
        return CH_EINVAL;
    }
    if (!is_live(set)) {
        return CH_ESTATE;
    }
    return set->given[kind] != NULL ? ch_arena_reset(set->given[kind]) : CH_ENOENT;
}

ch_status ch_arenas_reset_all(ch_arenas *set) {
    if (set == NULL) {
        return CH_EINVAL;
    }
    for (unsigned kind = 0; kind < CH_ARENAS_KINDS; kind++) {
        ch_status status = ch_arenas_reset(set, (ch_arenas_kind)kind);
        if (status != CH_OK && status != CH_ENOENT) {
            return status;
        }
    }
    return CH_OK;
}

ch_status ch_arenas_usage(const ch_arenas *set, ch_arenas_kind kind, ch_arenas_figures *figures) {
    if (set == NULL || figures == NULL || (unsigned)kind >= (unsigned)CH_ARENAS_KINDS) {
        return CH_EINVAL;
    }
    if (!is_live(set)) {
        return CH_ESTATE;
    }
    ch_arena_figures all = {0};
    if (set->given[kind] != NULL) {
        (void)ch_arena_stats(set->given[kind], &all);
    }
    *figures = (ch_arenas_figures){.used_bytes = all.used_bytes,
                                   .peak_bytes = all.peak_bytes,
                                   .capacity_bytes = all.capacity_bytes,
                                   .allocations = all.allocations,
                                   .failures = all.failures_full + all.failures_invalid};
    return CH_OK;
}

static void put_kind(chi_text *text, const ch_arenas *set, ch_arenas_kind kind) {
    ch_arenas_figures figures = {0};
    (void)ch_arenas_usage(set, kind, &figures);
    chi_text_put(text, ",\"");
    chi_text_put(text, KIND_NAMES[kind]);
    chi_text_put(text, "\":{\"used_bytes\":");
    chi_text_put_u64(text, figures.used_bytes);
    chi_text_put_field(text, "peak_bytes", figures.peak_bytes);
    chi_text_put_field(text, "capacity_bytes", figures.capacity_bytes);
    chi_text_put_field(text, "allocations", figures.allocations);
    chi_text_put_field(text, "failures", figures.failures);
    chi_text_put(text, ",\"utilization\":");
    chi_text_put_ratio(text, figures.used_bytes, figures.capacity_bytes);
    chi_text_put(text, "}");
}

size_t ch_arenas_stats_json(const ch_arenas *set, char *out, size_t size) {
    chi_text text;
    chi_text_begin(&text, out, size);
    if (set == NULL || !is_live(set)) {
        chi_text_put(&text, "null");
        return chi_text_end(&text);
    }
    chi_text_put(&text, "{\"object\":\"arenas\",\"name\":");
    chi_text_put_json(&text, set->name);
    for (unsigned kind = 0; kind < CH_ARENAS_KINDS; kind++) {
        put_kind(&text, set, (ch_arenas_kind)kind);
    }
    chi_text_put(&text, "}");
    return chi_text_end(&text);
}

ch_status ch_arenas_track(ch_arenas *set, ch_tracker *tracker) {
    if (set == NULL) {
        return CH_EINVAL;
    }
    if (!is_live(set)) {
        return CH_ESTATE;
    }
    ch_status status = CH_OK;
    for (size_t kind = 0; kind < CH_ARENAS_KINDS && status == CH_OK; kind++) {
        if (set->given[kind] != NULL) {
            status = ch_arena_track(set->given[kind], tracker);
        }
    }
    return status;
}

/* Every arena that has a size is there, with exactly that size, at its border. */
static bool layout_holds(const ch_arenas *set) {
    size_t offset = 0;
    for (size_t kind = 0; kind < CH_ARENAS_KINDS; kind++) {
        const ch_arena *arena = set->given[kind];
        if (arena == NULL && set->sizes[kind] == 0) {
            continue;
        }
        if (arena != &set->arenas[kind] || arena->config.limit_bytes != set->sizes[kind] ||
            !ch_size_round_up(&offset, offset, CH_ARENAS_BORDER) ||
            (set->memory != NULL && arena->config.base != set->memory + offset)) {
            return false;
        }
        offset += set->sizes[kind];
    }
    return offset != 0;
}

static unsigned broken_arena(const ch_arenas *set) {
    for (unsigned kind = 0; kind < CH_ARENAS_KINDS; kind++) {
        unsigned inside = 0;
        if (set->given[kind] != NULL && ch_arena_check(set->given[kind], &inside) != CH_OK) {
            return 10 * (kind + 1) + inside;
        }
    }
    return 0;
}

ch_status ch_arenas_check(const ch_arenas *set, unsigned *invariant) {
    unsigned broken = 0;
    if (set == NULL || !is_live(set) || set->seal != seal_of(set)) {
        broken = 1;
    } else if (!layout_holds(set)) {
        broken = 2;
    } else {
        broken = broken_arena(set);
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}

ch_status ch_arenas_fini(ch_arenas *set) {
    if (set == NULL || !is_live(set)) {
        return CH_OK;
    }
    set->magic = 0;
    for (size_t kind = 0; kind < CH_ARENAS_KINDS; kind++) {
        (void)ch_arena_fini(&set->arenas[kind]);
    }
    *set = (ch_arenas){0};
    return CH_OK;
}
