/* bufpool_info.c: what a buffer pool tells about itself: figures, JSON, self-check (bufpool.h). */
#include "base/text.h"
#include "mem/bufpool_parts.h"
#include "mem/checked.h"

static void fill(const ch_bufpool *pool, ch_bufpool_class_figures *figures, size_t i) {
    const chi_bufpool_counts *counts = &pool->counts[i];
    size_t free_count = chi_bufpool_free(pool, i);
    size_t fresh = CH_PEEK(counts->fresh);
    size_t in_use = fresh > free_count ? fresh - free_count : 0; /* torn views have no in_use */
    *figures = (ch_bufpool_class_figures){
        .size_bytes = pool->sizes[i],
        .capacity = pool->config.counts[i],
        .in_use = in_use,
        .available = pool->config.counts[i] - in_use,
        .peak = CH_PEEK(counts->peak),
        .acquires = chi_bufpool_acquires(pool, i),
        .requested_bytes = chi_bufpool_requested(pool, i),
        .failures = CH_PEEK(counts->failures),
        .fall_throughs = CH_PEEK(counts->fall_throughs),
    };
    figures->given_bytes = figures->acquires * figures->size_bytes;
    if (figures->capacity > 0) {
        figures->utilization = (double)in_use / (double)figures->capacity;
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
        .failures = CH_PEEK(pool->too_large),
        .too_large = CH_PEEK(pool->too_large),
        .source_calls = CH_PEEK(pool->source_calls),
    };
    for (size_t i = 0; i < pool->config.class_count; i++) {
        ch_bufpool_class_figures one;
        fill(pool, &one, i);
        figures->capacity += one.capacity;
        figures->in_use += one.in_use;
        figures->available += one.available;
        figures->acquires += one.acquires;
        figures->requested_bytes += one.requested_bytes;
        figures->given_bytes += one.given_bytes;
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
    chi_text_put_field(text, "acquires", figures->acquires);
    chi_text_put_field(text, "requested_bytes", figures->requested_bytes);
    chi_text_put_field(text, "given_bytes", figures->given_bytes);
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
    chi_text_put_field(&text, "requested_bytes", figures.requested_bytes);
    chi_text_put_field(&text, "given_bytes", figures.given_bytes);
    chi_text_put_field(&text, "failures", figures.failures);
    chi_text_put_field(&text, "too_large", figures.too_large);
    chi_text_put_field(&text, "fall_throughs", figures.fall_throughs);
    chi_text_put_field(&text, "source_calls", figures.source_calls);
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

/* ---- Self-check ------------------------------------------------------------------------------ */

static bool counts_hold(const ch_bufpool *pool, size_t i) {
    const chi_bufpool_class *lender = &pool->classes[i];
    const chi_bufpool_counts *counts = &pool->counts[i];
    bool fast = chi_bufpool_is_fast(pool);
    size_t free_count = chi_bufpool_free(pool, i);
    size_t stacked = free_count - (lender->spare != NULL);
    return lender->fast_bytes == (fast ? counts->fresh * sizeof(chi_buffer_slot) : 0) &&
           (uintptr_t)lender->free_end == (uintptr_t)(lender->free_base + (fast ? stacked : 0)) &&
           (fast ? counts->held_count == 0 : lender->spare == NULL) &&
           counts->fresh <= counts->touched && counts->touched <= pool->config.counts[i] &&
           free_count <= counts->fresh && counts->peak >= counts->fresh - free_count &&
           counts->peak <= pool->config.counts[i];
}

/* Whether it is one of the first `count` slots. */
static bool is_slot(const chi_bufpool_class *lender, const chi_buffer_slot *slot, size_t count) {
    size_t offset = (uintptr_t)slot - (uintptr_t)lender->slots;
    return offset < count * sizeof *slot && offset % sizeof *slot == 0;
}

/* Slots know where their buffers lie, and each free one where it stands: so none is free twice. */
static bool slots_hold(const ch_bufpool *pool, size_t i) {
    const chi_bufpool_class *lender = &pool->classes[i];
    size_t fresh = pool->counts[i].fresh;
    for (size_t number = 0; !pool->config.twin && number < fresh; number++) {
        if (lender->slots[number].data !=
            pool->config.bases[i] + number * pool->config.strides[i]) {
            return false;
        }
    }
    size_t stacked = chi_bufpool_free(pool, i) - (lender->spare != NULL);
    for (size_t place = 0; place < stacked; place++) {
        const chi_buffer_slot *slot = lender->free_base[place];
        if (!is_slot(lender, slot, fresh) || slot == lender->spare ||
            slot->place != (uint32_t)(uintptr_t)&lender->free_base[place]) {
            return false;
        }
    }
    return lender->spare == NULL || is_slot(lender, lender->spare, fresh);
}

/* Classes lie one behind the other, each with its tables behind it. */
static bool class_is_placed(const ch_bufpool *pool, size_t i, uintptr_t *end) {
    const chi_bufpool_class *lender = &pool->classes[i];
    size_t count = pool->config.counts[i];
    uintptr_t start =
        pool->config.twin ? (uintptr_t)lender->slots : (uintptr_t)pool->config.bases[i];
    bool placed = start >= *end &&
                  (uintptr_t)lender->slots >= start + count * pool->config.strides[i] &&
                  (uintptr_t)lender->free_base == (uintptr_t)(lender->slots + count);
    *end = (uintptr_t)(lender->free_base + count);
    return placed && lender->size_bytes == pool->sizes[i];
}

ch_status ch_bufpool_check(const ch_bufpool *pool, unsigned *invariant) {
    uintptr_t end = 0;
    unsigned broken = 0;
    if (pool == NULL || !chi_bufpool_is_live(pool) || pool->seal != chi_bufpool_seal_of(pool) ||
        pool->owner != chi_thread_token() || pool->tracked > 1 ||
        (pool->tracker != NULL && pool->tracked == 0)) {
        broken = 1;
    }
    for (size_t i = 0; broken == 0 && i <= CH_BUFPOOL_CLASSES_MAX; i++) {
        const chi_bufpool_class *lender = &pool->classes[i];
        if (i >= pool->config.class_count || pool->config.counts[i] == 0) {
            broken = lender->free_end == lender->free_base && lender->fast_bytes == 0 &&
                             lender->spare == NULL
                         ? 0
                         : 2;
        } else if (!counts_hold(pool, i)) {
            broken = 2;
        } else if (!slots_hold(pool, i)) {
            broken = 3;
        } else if (!class_is_placed(pool, i, &end)) {
            broken = 4;
        }
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}
