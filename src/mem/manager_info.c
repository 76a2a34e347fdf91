/* manager_info.c: what a manager tells about itself: figures, JSON, self-check (manager.h). All of
 * it is read from the parts; a manager counts nothing of its own. */
#include "base/text.h"
#include "mem/manager_parts.h"

static bool has(const ch_manager *manager, ch_manager_feature feature) {
    return ((manager->present >> feature) & 1u) != 0;
}

static void add_stack(const ch_manager *manager, ch_manager_figures *sum) {
    ch_stack_figures stack = {0};
    (void)ch_stack_stats(&manager->stack, &stack);
    sum->stack_allocations = ch_stack_allocations(&manager->stack);
    sum->peak_stack_usage = stack.peak_bytes;
    sum->current_stack_usage = stack.used_bytes;
    sum->stack_failures = stack.failures_full + stack.failures_invalid;
    sum->touched_bytes += stack.peak_bytes;
}

static void add_pool(ch_manager_figures *sum, const ch_pool *pool) {
    ch_pool_figures figures = {0};
    if (ch_pool_stats(pool, &figures) != CH_OK) {
        return; /* absent */
    }
    sum->pool_acquisitions += ch_pool_acquisitions(pool);
    sum->pool_failures += figures.failures;
    sum->pool_peak += figures.peak;
    sum->pool_in_use += figures.in_use;
    sum->touched_bytes += figures.peak * figures.stride_bytes;
}

static void add_buffers(const ch_manager *manager, ch_manager_figures *sum) {
    ch_bufpool_figures all = {0};
    (void)ch_bufpool_stats(&manager->buffers, &all);
    sum->buffer_acquisitions = all.acquires;
    sum->buffer_failures = all.failures;
    sum->fall_throughs = all.fall_throughs;
    sum->buffer_in_use = all.in_use;
    for (size_t i = 0; i < all.class_count; i++) {
        ch_bufpool_class_figures one = {0};
        (void)ch_bufpool_class_stats(&manager->buffers, &one, i);
        sum->buffer_peak += one.peak;
        sum->touched_bytes += one.peak * one.size_bytes;
    }
}

static void add_arena(ch_manager_figures *sum, const ch_arena *arena) {
    ch_arena_figures figures = {0};
    if (ch_arena_stats(arena, &figures) != CH_OK) {
        return; /* absent */
    }
    sum->arena_allocations += ch_arena_allocations(arena);
    sum->arena_failures += figures.failures_full + figures.failures_invalid;
    sum->arena_peak_bytes += figures.peak_bytes;
    sum->arena_used_bytes += figures.used_bytes;
    sum->touched_bytes += figures.peak_bytes;
}

/* Known if it was counted when the manager began and is now. */
static void add_heap(const ch_manager *manager, ch_manager_figures *sum) {
    uint64_t count = 0;
    sum->heap_known = chi_manager_heap_count(&count) && manager->heap_counted != 0;
    sum->heap_allocations = sum->heap_known ? count - manager->heap_start : 0;
}

ch_status ch_manager_stats(const ch_manager *manager, ch_manager_figures *figures) {
    if (manager == NULL || figures == NULL) {
        return CH_EINVAL;
    }
    if (!chi_manager_is_live(manager)) {
        return CH_ESTATE;
    }
    *figures = (ch_manager_figures){
        .footprint_bytes = manager->footprint_bytes,
        .touched_bytes = sizeof *manager + manager->parts[CH_MANAGER_PART_TRACKER].size_bytes,
    };
    add_heap(manager, figures);
    if (has(manager, CH_MANAGER_STACK)) {
        add_stack(manager, figures);
    }
    if (has(manager, CH_MANAGER_BUFFERS)) {
        add_buffers(manager, figures);
    }
    for (size_t i = 0; has(manager, CH_MANAGER_POOLS) && i < CH_KIND_COUNT; i++) {
        add_pool(figures, &manager->pools.pools[i]);
    }
    for (size_t i = 0; has(manager, CH_MANAGER_ARENAS) && i < CH_ARENAS_KINDS; i++) {
        add_arena(figures, &manager->arenas.arenas[i]);
    }
    return CH_OK;
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void put_figures(chi_text *text, const ch_manager_figures *f) {
    if (f->heap_known) {
        chi_text_put_field(text, "heap_allocations", f->heap_allocations);
    } else {
        chi_text_put(text, ",\"heap_allocations\":null");
    }
    chi_text_put_field(text, "stack_allocations", f->stack_allocations);
    chi_text_put_field(text, "pool_acquisitions", f->pool_acquisitions);
    chi_text_put_field(text, "buffer_acquisitions", f->buffer_acquisitions);
    chi_text_put_field(text, "arena_allocations", f->arena_allocations);
    chi_text_put_field(text, "peak_stack_usage", f->peak_stack_usage);
    chi_text_put_field(text, "current_stack_usage", f->current_stack_usage);
    chi_text_put_field(text, "stack_failures", f->stack_failures);
    chi_text_put_field(text, "pool_failures", f->pool_failures);
    chi_text_put_field(text, "buffer_failures", f->buffer_failures);
    chi_text_put_field(text, "arena_failures", f->arena_failures);
    chi_text_put_field(text, "fall_throughs", f->fall_throughs);
    chi_text_put_field(text, "pool_peak", f->pool_peak);
    chi_text_put_field(text, "buffer_peak", f->buffer_peak);
    chi_text_put_field(text, "arena_peak_bytes", f->arena_peak_bytes);
    chi_text_put_field(text, "pool_in_use", f->pool_in_use);
    chi_text_put_field(text, "buffer_in_use", f->buffer_in_use);
    chi_text_put_field(text, "arena_used_bytes", f->arena_used_bytes);
    chi_text_put_field(text, "footprint_bytes", f->footprint_bytes);
    chi_text_put_field(text, "touched_bytes", f->touched_bytes);
}

static void put_switches(chi_text *text, const ch_manager *manager) {
    static const char *const NAMES[CH_MANAGER_FEATURES] = {"zero_allocation", "stack",  "pools",
                                                           "buffers",         "arenas", "tracking"};
    const uint32_t on = chi_manager_effective(manager);
    chi_text_put(text, ",\"enabled\":{");
    for (unsigned i = 0; i < CH_MANAGER_FEATURES; i++) {
        chi_text_put(text, i > 0 ? "," : "");
        chi_text_put_json(text, NAMES[i]);
        chi_text_put(text, ((on >> i) & 1u) != 0 ? ":true" : ":false");
    }
    chi_text_put(text, "}");
}

/* Where the JSON of a part goes, and how many bytes it may have; the part adds its length. */
static char *rest_of(const chi_text *text, size_t *size) {
    size_t used = text->length < text->size ? text->length : text->size;
    *size = text->size - used;
    return *size > 0 ? text->out + used : NULL;
}

static void put_parts(chi_text *text, const ch_manager *manager) {
    size_t size;
    char *rest;
    chi_text_put(text, ",\"tracker\":");
    rest = rest_of(text, &size);
    text->length += ch_tracker_stats_json(&manager->tracker, rest, size);
    chi_text_put(text, ",\"stack\":");
    rest = rest_of(text, &size);
    text->length += ch_stack_stats_json(&manager->stack, rest, size);
    chi_text_put(text, ",\"pools\":");
    rest = rest_of(text, &size);
    text->length += ch_pools_stats_json(&manager->pools, rest, size);
    chi_text_put(text, ",\"buffers\":");
    rest = rest_of(text, &size);
    text->length += ch_bufpool_stats_json(&manager->buffers, rest, size);
    chi_text_put(text, ",\"arenas\":");
    rest = rest_of(text, &size);
    text->length += ch_arenas_stats_json(&manager->arenas, rest, size);
}

size_t ch_manager_stats_json(const ch_manager *manager, char *out, size_t size) {
    ch_manager_figures figures;
    chi_text text;
    chi_text_begin(&text, out, size);
    if (ch_manager_stats(manager, &figures) != CH_OK) {
        chi_text_put(&text, "null");
        return chi_text_end(&text);
    }
    chi_text_put(&text, "{\"object\":\"manager\",\"name\":");
    chi_text_put_json(&text, manager->name);
    put_figures(&text, &figures);
    put_switches(&text, manager);
    put_parts(&text, manager); /* an absent part was never set up: null */
    chi_text_put(&text, "}");
    return chi_text_end(&text);
}

/* ---- Self-check ---------------------------------------------------------------------------- */

static bool switches_hold(const ch_manager *m) {
    const uint32_t on = chi_manager_effective(m);
    const bool pools = ((on >> CH_MANAGER_POOLS) & 1u) != 0;
    const bool arenas = ((on >> CH_MANAGER_ARENAS) & 1u) != 0;
    const bool tracking = ((on >> CH_MANAGER_TRACKING) & 1u) != 0;
    bool right = (m->switched & ~m->present) == 0;
    right = right && (m->stack_given != NULL) == (((on >> CH_MANAGER_STACK) & 1u) != 0);
    right = right && (m->buffers_given != NULL) == (((on >> CH_MANAGER_BUFFERS) & 1u) != 0);
    right = right && (m->stack_given == NULL || m->stack_given == &m->stack);
    right = right && (m->buffers_given == NULL || m->buffers_given == &m->buffers);
    right = right && m->tracker_given == (tracking ? &m->tracker : NULL);
    for (size_t i = 0; right && i < CH_KIND_COUNT; i++) {
        bool there = pools && m->parts[CH_MANAGER_PART_POOLS + i].size_bytes > 0;
        right = m->pools_given[i] == (there ? &m->pools.pools[i] : NULL);
    }
    for (size_t i = 0; right && i < CH_ARENAS_KINDS; i++) {
        bool there = arenas && m->parts[CH_MANAGER_PART_ARENAS + i].size_bytes > 0;
        right = m->arenas_given[i] == (there ? &m->arenas.arenas[i] : NULL);
    }
    return right;
}

static unsigned broken_part(const ch_manager *manager) {
    unsigned inside = 0;
    if (has(manager, CH_MANAGER_TRACKING) &&
        ch_tracker_check(&manager->tracker, &inside) != CH_OK) {
        return 100 + inside;
    }
    if (has(manager, CH_MANAGER_STACK) && ch_stack_check(&manager->stack, &inside) != CH_OK) {
        return 200 + inside;
    }
    if (has(manager, CH_MANAGER_POOLS) && ch_pools_check(&manager->pools, &inside) != CH_OK) {
        return 300 + inside;
    }
    if (has(manager, CH_MANAGER_BUFFERS) && ch_bufpool_check(&manager->buffers, &inside) != CH_OK) {
        return 400 + inside;
    }
    if (has(manager, CH_MANAGER_ARENAS) && ch_arenas_check(&manager->arenas, &inside) != CH_OK) {
        return 500 + inside;
    }
    return 0;
}

ch_status ch_manager_check(const ch_manager *manager, unsigned *invariant) {
    unsigned broken;
    if (manager == NULL || !chi_manager_is_live(manager) ||
        manager->seal != chi_manager_seal_of(manager)) {
        broken = 1;
    } else {
        broken = switches_hold(manager) ? broken_part(manager) : 2;
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}
