/* bufpool_info.c: what a buffer pool tells about itself: figures, JSON, self-check (bufpool.h). */
#include "base/text.h"
#include "mem/bufpool_parts.h"
#include "mem/checked.h"

static void fill(const ch_bufpool *pool, ch_bufpool_class_figures *figures, size_t i) {
    const ch_pool *slots = &pool->pools[i];
    *figures = (ch_bufpool_class_figures){
        .size_bytes = pool->config.sizes[i],
        .failures = CH_PEEK(pool->failures[i]),
        .fall_throughs = CH_PEEK(pool->fall_throughs[i]),
    };
    if (chi_pool_is_live(slots)) {
        figures->capacity = ch_pool_capacity(slots);
        figures->in_use = ch_pool_in_use(slots);
        figures->available = ch_pool_available(slots);
        figures->peak = ch_pool_peak(slots);
        figures->utilization = ch_pool_utilization(slots);
    }
}

ch_status ch_bufpool_class_stats(const ch_bufpool *pool, ch_bufpool_class_figures *figures,
                                 size_t class_index) {
    if (pool == NULL || figures == NULL) {
        return CH_EINVAL;
    }
    if (!chi_bufpool_is_live(pool)) {
        return CH_ESTATE;
    }
    if (class_index >= pool->config.class_count) {
        return CH_ERANGE;
    }
    fill(pool, figures, class_index);
    return CH_OK;
}

ch_status ch_bufpool_stats(const ch_bufpool *pool, ch_bufpool_figures *figures) {
    if (pool == NULL || figures == NULL) {
        return CH_EINVAL;
    }
    if (!chi_bufpool_is_live(pool)) {
        return CH_ESTATE;
    }
    *figures = (ch_bufpool_figures){
        .class_count = pool->config.class_count,
        .acquires = CH_PEEK(pool->acquires),
        .failures = CH_PEEK(pool->too_large),
        .too_large = CH_PEEK(pool->too_large),
    };
    for (size_t i = 0; i < pool->config.class_count; i++) {
        ch_bufpool_class_figures one;
        fill(pool, &one, i);
        figures->capacity += one.capacity;
        figures->in_use += one.in_use;
        figures->available += one.available;
        figures->failures += one.failures;
        figures->fall_throughs += one.fall_throughs;
    }
    return CH_OK;
}

static void put_class(chi_text *text, const ch_bufpool_class_figures *figures) {
    chi_text_put(text, "{\"size_bytes\":");
    chi_text_put_u64(text, figures->size_bytes);
    chi_text_put_field(text, "capacity", figures->capacity);
    chi_text_put_field(text, "in_use", figures->in_use);
    chi_text_put_field(text, "available", figures->available);
    chi_text_put_field(text, "peak", figures->peak);
    chi_text_put_field(text, "failures", figures->failures);
    chi_text_put_field(text, "fall_throughs", figures->fall_throughs);
    chi_text_put(text, ",\"utilization\":");
    chi_text_put_ratio(text, figures->in_use, figures->capacity);
    chi_text_put(text, "}");
}

size_t ch_bufpool_stats_json(const ch_bufpool *pool, char *out, size_t size) {
    ch_bufpool_figures figures = {0};
    chi_text text;
    chi_text_begin(&text, out, size);
    if (ch_bufpool_stats(pool, &figures) != CH_OK) {
        chi_text_put(&text, "null");
        return chi_text_end(&text);
    }
    chi_text_put(&text, "{\"object\":\"bufpool\",\"name\":");
    chi_text_put_json(&text, pool->config.name);
    chi_text_put_field(&text, "capacity", figures.capacity);
    chi_text_put_field(&text, "in_use", figures.in_use);
    chi_text_put_field(&text, "available", figures.available);
    chi_text_put_field(&text, "acquires", figures.acquires);
    chi_text_put_field(&text, "failures", figures.failures);
    chi_text_put_field(&text, "too_large", figures.too_large);
    chi_text_put_field(&text, "fall_throughs", figures.fall_throughs);
    chi_text_put(&text, ",\"utilization\":");
    chi_text_put_ratio(&text, figures.in_use, figures.capacity);
    chi_text_put(&text, ",\"classes\":[");
    for (size_t i = 0; i < figures.class_count; i++) {
        ch_bufpool_class_figures one;
        fill(pool, &one, i);
        chi_text_put(&text, i > 0 ? "," : "");
        put_class(&text, &one);
    }
    chi_text_put(&text, "]}");
    return chi_text_end(&text);
}

/* Pools lie one behind the other and hold buffers of their class. */
static bool pool_is_placed(const ch_bufpool *pool, size_t i, const uint8_t **end) {
    const ch_pool *slots = &pool->pools[i];
    const uint8_t *tables_end = (const uint8_t *)(slots->free_slots + slots->config.count);
    const uint8_t *start = slots->base != NULL ? slots->base : (const uint8_t *)slots->config.where;
    if (slots->config.object_bytes != pool->config.sizes[i] || start < *end) {
        return false;
    }
    *end = tables_end;
    return true;
}

ch_status ch_bufpool_check(const ch_bufpool *pool, unsigned *invariant) {
    const uint8_t *end = NULL;
    unsigned broken = 0;
    if (pool == NULL || !chi_bufpool_is_live(pool) || pool->seal != chi_bufpool_seal_of(pool) ||
        pool->owner != chi_thread_token()) {
        broken = 1;
    }
    for (size_t i = 0; broken == 0 && i <= CH_BUFPOOL_CLASSES_MAX; i++) {
        const ch_pool *slots = &pool->pools[i];
        bool absent = slots->magic == 0 && slots->config.count == 0 && slots->free_count == 0 &&
                      slots->fast_fresh == 0;
        if (absent) {
            continue;
        }
        if (i >= pool->config.class_count || ch_pool_check(slots, NULL) != CH_OK) {
            broken = 2;
        } else if (!pool_is_placed(pool, i, &end)) {
            broken = 3;
        }
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}
