/* pools.c: sets of pools (pools.h): layout, set-up, and what goes over all of them. */
#include <coldheap/pools.h>

#include <coldheap/hash.h>

#include "base/text.h"
#include "mem/pool_parts.h"

#define POOLS_MAGIC ((uintptr_t)0x534c4f50u)
#define SEAL_SEED   0x504f4f4c53u

typedef struct layout {
    size_t at[CH_POOLS_MAX];
    size_t bytes[CH_POOLS_MAX];
    size_t align;
    size_t total_bytes;
} layout;

static ch_pool_options options_of(const ch_pool_spec *spec) {
    return (ch_pool_options){.object_bytes = spec->object_bytes,
                             .align = spec->align,
                             .count = spec->count,
                             .flags = spec->flags,
                             .name = spec->name};
}

static bool lay_out(const ch_pool_spec *specs, size_t count, bool twin, layout *l) {
    *l = (layout){.align = CH_POOLS_BORDER};
    if (specs == NULL || count == 0 || count > CH_POOLS_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        ch_pool_options options = options_of(&specs[i]);
        size_t border = CH_POOLS_BORDER;
        if (options.count == 0) {
            continue;
        }
        if (!twin && options.align > border) {
            border = options.align;
        }
        l->align = border > l->align ? border : l->align;
        l->bytes[i] = twin ? ch_pool_twin_footprint(&options) : ch_pool_footprint(&options);
        if (l->bytes[i] == 0 || !ch_size_round_up(&l->at[i], l->total_bytes, border) ||
            !ch_size_add(&l->total_bytes, l->at[i], l->bytes[i])) {
            return false;
        }
    }
    return l->total_bytes > 0;
}

size_t ch_pools_align(const ch_pool_spec *specs, size_t count) {
    layout l;
    return lay_out(specs, count, false, &l) ? l.align : 0;
}

size_t ch_pools_footprint(const ch_pool_spec *specs, size_t count) {
    layout l;
    return lay_out(specs, count, false, &l) ? l.total_bytes : 0;
}

size_t ch_pools_twin_footprint(const ch_pool_spec *specs, size_t count) {
    layout l;
    return lay_out(specs, count, true, &l) ? l.total_bytes : 0;
}

static bool is_live(const ch_pools *set) {
    return set->magic == (POOLS_MAGIC ^ (uintptr_t)set);
}

/* What the pools themselves do not seal: how many there are, and which are absent. */
static uint64_t seal_of(const ch_pools *set) {
    size_t counts[CH_POOLS_MAX + 1] = {set->count};
    for (size_t i = 0; i < CH_POOLS_MAX; i++) {
        counts[i + 1] = set->pools[i].config.count;
    }
    return ch_hash_bytes(counts, sizeof counts, SEAL_SEED);
}

static ch_status init(ch_pools *set, void *memory, size_t size_bytes, const ch_pool_spec *specs,
                      size_t count, const ch_allocator *source) {
    layout l;
    if (set == NULL || memory == NULL || !lay_out(specs, count, source != NULL, &l)) {
        return CH_EINVAL;
    }
    if (ch_align_padding(memory, l.align) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < l.total_bytes) {
        return CH_EFULL;
    }
    *set = (ch_pools){.count = count};
    for (size_t i = 0; i < count; i++) {
        ch_pool_options options = options_of(&specs[i]);
        void *part = (uint8_t *)memory + l.at[i];
        ch_status status = CH_OK;
        if (options.count > 0) {
            status = source != NULL
                         ? ch_pool_init_twin(&set->pools[i], part, l.bytes[i], &options, source)
                         : ch_pool_init(&set->pools[i], part, l.bytes[i], &options);
        }
        CH_REQUIRE(status == CH_OK); /* its footprint was asked for */
    }
    set->seal = seal_of(set);
    set->magic = POOLS_MAGIC ^ (uintptr_t)set; /* a copy of a set is not a live one */
    return CH_OK;
}

ch_status ch_pools_init(ch_pools *set, void *memory, size_t size_bytes, const ch_pool_spec *specs,
                        size_t count) {
    return init(set, memory, size_bytes, specs, count, NULL);
}

ch_status ch_pools_init_twin(ch_pools *set, void *memory, size_t size_bytes,
                             const ch_pool_spec *specs, size_t count, const ch_allocator *source) {
    if (source == NULL || source->alloc == NULL || source->free == NULL) {
        return CH_EINVAL;
    }
    return init(set, memory, size_bytes, specs, count, source);
}

static ch_status find(const ch_pools *set, size_t kind) {
    if (set == NULL) {
        return CH_EINVAL;
    }
    if (!is_live(set)) {
        return CH_ESTATE;
    }
    if (kind >= set->count) {
        return CH_ERANGE;
    }
    return set->pools[kind].config.count > 0 ? CH_OK : CH_ENOENT;
}

ch_status ch_pools_get_try(ch_pools *set, ch_pool **out, size_t kind) {
    ch_status status = out != NULL ? find(set, kind) : CH_EINVAL;
    if (status == CH_OK) {
        *out = &set->pools[kind];
    }
    return status;
}

ch_status ch_pools_release_slow(const ch_pools *set, size_t kind) {
    return find(set, kind);
}

size_t ch_pools_available(const ch_pools *set, size_t kind) {
    return find(set, kind) == CH_OK ? ch_pool_available(&set->pools[kind]) : 0;
}

double ch_pools_utilization(const ch_pools *set, size_t kind) {
    return find(set, kind) == CH_OK ? ch_pool_utilization(&set->pools[kind]) : 0.0;
}

ch_status ch_pools_reset_kind(ch_pools *set, size_t kind) {
    ch_status status = find(set, kind);
    return status == CH_OK ? ch_pool_reset(&set->pools[kind]) : status;
}

ch_status ch_pools_reset(ch_pools *set) {
    ch_status first = set == NULL ? CH_EINVAL : is_live(set) ? CH_OK : CH_ESTATE;
    for (size_t i = 0; first == CH_OK && i < set->count; i++) {
        if (find(set, i) == CH_OK) {
            first = ch_pool_reset(&set->pools[i]);
        }
    }
    return first;
}

ch_status ch_pools_track(ch_pools *set, ch_tracker *tracker) {
    ch_status first = set == NULL ? CH_EINVAL : is_live(set) ? CH_OK : CH_ESTATE;
    for (size_t i = 0; first == CH_OK && i < set->count; i++) {
        if (find(set, i) == CH_OK) {
            first = ch_pool_track(&set->pools[i], tracker);
        }
    }
    return first;
}

ch_status ch_pools_fini(ch_pools *set) {
    if (set == NULL || !is_live(set)) {
        return CH_OK;
    }
    for (size_t i = 0; i < set->count; i++) {
        (void)ch_pool_fini(&set->pools[i]);
    }
    *set = (ch_pools){0};
    return CH_OK;
}

ch_status ch_pools_stats(const ch_pools *set, ch_pool_figures *figures, size_t kind) {
    ch_status status = figures != NULL ? find(set, kind) : CH_EINVAL;
    if (status == CH_ENOENT) {
        *figures = (ch_pool_figures){0};
        return CH_OK;
    }
    return status == CH_OK ? ch_pool_stats(&set->pools[kind], figures) : status;
}

/* Puts the JSON of a pool behind what is written already. */
static void put_pool(chi_text *text, const ch_pool *pool) {
    size_t used = text->length < text->size ? text->length : text->size;
    char *rest = text->size > used ? text->out + used : NULL;
    text->length += ch_pool_stats_json(pool, rest, text->size - used);
}

size_t ch_pools_stats_json(const ch_pools *set, char *out, size_t size) {
    chi_text text;
    chi_text_begin(&text, out, size);
    if (set == NULL || !is_live(set)) {
        chi_text_put(&text, "null");
        return chi_text_end(&text);
    }
    chi_text_put(&text, "{\"object\":\"pools\",\"pools\":[");
    for (size_t i = 0; i < set->count; i++) {
        chi_text_put(&text, i > 0 ? "," : "");
        put_pool(&text, &set->pools[i]);
    }
    chi_text_put(&text, "]}");
    return chi_text_end(&text);
}

ch_status ch_pools_check(const ch_pools *set, unsigned *invariant) {
    unsigned broken = 0;
    if (set == NULL || !is_live(set) || set->count > CH_POOLS_MAX || set->seal != seal_of(set)) {
        broken = 1;
    }
    for (size_t i = 0; broken == 0 && i < CH_POOLS_MAX; i++) {
        const ch_pool *pool = &set->pools[i];
        bool whole = pool->config.count > 0 ? ch_pool_check(pool, NULL) == CH_OK
                                            : pool->magic == 0 && pool->fast_fresh == 0;
        broken = whole ? 0 : 2;
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}
