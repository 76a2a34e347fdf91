/* slab_info.c: what a slab tells about itself: queries, figures, JSON, self-check (slab.h). */
#include "base/text.h"
#include "mem/checked.h"
#include "mem/slab_parts.h"

size_t ch_slab_class_of(const ch_slab *slab, size_t size_bytes) {
    bool served =
        slab != NULL && chi_slab_is_live(slab) && size_bytes <= slab->config.largest_bytes;
    return served ? chi_slab_route(slab, size_bytes) : SIZE_MAX;
}

size_t ch_slab_class_size(const ch_slab *slab, size_t class_index) {
    bool there = slab != NULL && chi_slab_is_live(slab) && class_index < slab->config.class_count;
    return there ? slab->classes[class_index].size_bytes : 0;
}

static void fill(const ch_slab *slab, ch_slab_class_figures *figures, size_t class_index) {
    const chi_slab_class *class = &slab->classes[class_index];
    uint64_t acquires = CH_PEEK(class->acquires);
    uint64_t borrows = CH_PEEK(class->borrows);
    *figures = (ch_slab_class_figures){
        .size_bytes = class->size_bytes,
        .pages = CH_PEEK(class->pages),
        .acquires = acquires,
        .failures = CH_PEEK(class->failures),
        .borrows = borrows,
        .requested_bytes = CH_PEEK(class->requested_bytes),
        .given_bytes = (acquires - borrows) * class->size_bytes + CH_PEEK(class->borrowed_bytes),
    };
    if (slab->config.paged) {
        figures->capacity = figures->pages * class->slots;
        figures->in_use = CH_PEEK(class->in_use);
        figures->peak = CH_PEEK(class->peak);
    } else if (chi_pool_is_live(&slab->pools[class_index])) {
        figures->capacity = ch_pool_capacity(&slab->pools[class_index]);
        figures->in_use = ch_pool_in_use(&slab->pools[class_index]);
        figures->peak = ch_pool_peak(&slab->pools[class_index]);
    }
}

ch_status ch_slab_class_stats(const ch_slab *slab, ch_slab_class_figures *figures,
                              size_t class_index) {
    if (slab == NULL || figures == NULL) {
        return CH_EINVAL;
    }
    if (!chi_slab_is_live(slab)) {
        return CH_ESTATE;
    }
    if (class_index >= slab->config.class_count) {
        return CH_ERANGE;
    }
    fill(slab, figures, class_index);
    return CH_OK;
}

static bool has_free_page(const ch_slab *slab) {
    bool found = slab->stock != CHI_SLAB_NONE || slab->pages_touched < slab->config.page_count;
    for (size_t i = 0; !found && slab->config.paged && i < slab->config.class_count; i++) {
        found = chi_slab_page_is_idle(slab, i);
    }
    return found;
}

ch_status ch_slab_stats(const ch_slab *slab, ch_slab_figures *figures) {
    if (slab == NULL || figures == NULL) {
        return CH_EINVAL;
    }
    if (!chi_slab_is_live(slab)) {
        return CH_ESTATE;
    }
    *figures = (ch_slab_figures){
        .class_count = slab->config.class_count,
        .largest_available =
            slab->config.paged && has_free_page(slab) ? slab->config.largest_bytes : 0,
        .pages = slab->config.page_count,
        .oversize_in_use = chi_slab_big_count(slab),
        .oversize_bytes = CH_PEEK(slab->oversize_bytes),
        .oversize_peak = CH_PEEK(slab->oversize_peak),
        .oversize_acquires = CH_PEEK(slab->oversize_acquires),
        .refused_oversize = CH_PEEK(slab->refused_oversize),
    };
    figures->in_use = figures->oversize_in_use;
    figures->acquires = figures->oversize_acquires;
    figures->failures = figures->refused_oversize + CH_PEEK(slab->refused_count);
    for (size_t i = 0; i < slab->config.class_count; i++) {
        ch_slab_class_figures one;
        fill(slab, &one, i);
        figures->in_use += one.in_use;
        figures->pages_used += one.pages - (slab->config.paged && chi_slab_page_is_idle(slab, i));
        figures->acquires += one.acquires;
        figures->failures += one.failures;
        figures->borrows += one.borrows;
        figures->requested_bytes += one.requested_bytes;
        figures->given_bytes += one.given_bytes;
        if (one.capacity > one.in_use && one.size_bytes > figures->largest_available) {
            figures->largest_available = one.size_bytes;
        }
    }
    return CH_OK;
}

typedef struct row {
    const char *key;
    uint64_t value;
} row;

static void put_rows(chi_text *text, const row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        chi_text_put_field(text, rows[i].key, rows[i].value);
    }
}

static void put_class(chi_text *text, const ch_slab_class_figures *figures) {
    const row rows[] = {
        {"capacity", figures->capacity},
        {"in_use", figures->in_use},
        {"peak", figures->peak},
        {"pages", figures->pages},
        {"acquires", figures->acquires},
        {"failures", figures->failures},
        {"borrows", figures->borrows},
        {"requested_bytes", figures->requested_bytes},
        {"given_bytes", figures->given_bytes},
    };
    chi_text_put(text, "{\"size_bytes\":");
    chi_text_put_u64(text, figures->size_bytes);
    put_rows(text, rows, sizeof rows / sizeof rows[0]);
    chi_text_put(text, ",\"utilization\":");
    chi_text_put_ratio(text, figures->in_use, figures->capacity);
    chi_text_put(text, "}");
}

size_t ch_slab_stats_json(const ch_slab *slab, char *out, size_t size) {
    ch_slab_figures figures = {0};
    chi_text text;
    chi_text_begin(&text, out, size);
    if (ch_slab_stats(slab, &figures) != CH_OK) {
        chi_text_put(&text, "null");
        return chi_text_end(&text);
    }
    const row rows[] = {
        {"in_use", figures.in_use},
        {"largest_available", figures.largest_available},
        {"pages", figures.pages},
        {"pages_used", figures.pages_used},
        {"acquires", figures.acquires},
        {"failures", figures.failures},
        {"borrows", figures.borrows},
        {"requested_bytes", figures.requested_bytes},
        {"given_bytes", figures.given_bytes},
        {"oversize_in_use", figures.oversize_in_use},
        {"oversize_bytes", figures.oversize_bytes},
        {"oversize_peak", figures.oversize_peak},
        {"oversize_acquires", figures.oversize_acquires},
        {"refused_oversize", figures.refused_oversize},
    };
    chi_text_put(&text, "{\"object\":\"slab\",\"name\":");
    chi_text_put_json(&text, slab->config.name);
    put_rows(&text, rows, sizeof rows / sizeof rows[0]);
    chi_text_put(&text, ",\"fill\":"); /* how much of what was given had been asked for */
    chi_text_put_ratio(&text, figures.requested_bytes, figures.given_bytes);
    chi_text_put(&text, ",\"classes\":[");
    for (size_t i = 0; i < figures.class_count; i++) {
        ch_slab_class_figures one;
        fill(slab, &one, i);
        chi_text_put(&text, i > 0 ? "," : "");
        put_class(&text, &one);
    }
    chi_text_put(&text, "]}");
    return chi_text_end(&text);
}

/* ---- Self-check ------------------------------------------------------------------------------ */

static bool classes_hold(const ch_slab *slab) {
    size_t units = (slab->config.largest_bytes >> CHI_SLAB_UNIT_SHIFT) + 1;
    size_t class_index = 0;
    for (size_t unit = 0; unit < units; unit++) {
        class_index += slab->classes[class_index].size_bytes < unit << CHI_SLAB_UNIT_SHIFT;
        if (class_index >= slab->config.class_count || slab->lookup[unit] != class_index) {
            return false;
        }
    }
    for (size_t i = 0; i < slab->config.class_count; i++) {
        const chi_slab_class *class = &slab->classes[i];
        uint32_t odd = class->stride_shift < 32 ? class->stride_bytes >> class->stride_shift : 0;
        if (class->size_bytes % 8 != 0 || class->stride_bytes < class->size_bytes ||
            odd * class->stride_inverse != 1 || odd << class->stride_shift != class->stride_bytes ||
            class->slots != CH_SLAB_PAGE_BYTES / class->stride_bytes) {
            return false;
        }
    }
    return class_index + 1 == slab->config.class_count;
}

static bool pools_hold(const ch_slab *slab) {
    unsigned invariant = 0;
    for (size_t i = 0; i < slab->config.class_count; i++) {
        const ch_pool *pool = &slab->pools[i];
        if (pool->magic == 0 && pool->config.count == 0) {
            continue;
        }
        if (ch_pool_check(pool, &invariant) != CH_OK ||
            pool->config.object_bytes != slab->classes[i].size_bytes) {
            return false;
        }
    }
    return true;
}

/* The map names the pool of each step that a pool lies in. */
static bool map_holds(const ch_slab *slab) {
    for (size_t i = 0; !slab->config.twin && i < slab->config.class_count; i++) {
        const ch_pool *pool = &slab->pools[i];
        size_t bytes = pool->config.count * pool->stride_bytes;
        size_t start = bytes != 0 ? (size_t)(pool->base - slab->area) : 0;
        for (size_t at = start >> slab->config.map_shift;
             bytes != 0 && at <= (start + bytes - 1) >> slab->config.map_shift; at++) {
            if (slab->map[at] != i) {
                return false;
            }
        }
    }
    return true;
}

static bool page_holds(const ch_slab *slab, size_t page_index) {
    const chi_slab_page *page = &slab->pages[page_index];
    if (page->class_index == CHI_SLAB_NO_CLASS) {
        return page->live == 0;
    }
    if (page->class_index >= slab->config.class_count) {
        return false;
    }
    uint32_t slots = slab->classes[page->class_index].slots;
    size_t free_count = 0;
    for (size_t word = 0; word < 128; word++) {
        bool there = word < slab->config.page_words;
        uint64_t bits = there ? chi_slab_page_bits(slab, page_index)[word] : 0;
        size_t here = slots > word * 64 ? slots - word * 64 : 0;
        bool summed = (page->summary[word / 64] >> word % 64 & 1u) != 0;
        if (summed != (bits != 0) || (here < 64 && bits >> here != 0)) {
            return false;
        }
        free_count += ch_bits_count(bits);
    }
    return page->live + free_count == slots;
}

/* A list of pages is as long as it must be, ends, and holds pages of that class only. */
static bool list_holds(const ch_slab *slab, uint32_t first, size_t class_index, size_t length) {
    bool stock = class_index == CHI_SLAB_NO_CLASS;
    uint32_t prev = CHI_SLAB_NONE;
    uint32_t at = first;
    for (; length > 0; length--) {
        if (at >= slab->pages_touched || slab->pages[at].class_index != class_index ||
            (!stock && (slab->pages[at].prev != prev ||
                        slab->pages[at].live == slab->classes[class_index].slots))) {
            return false;
        }
        prev = at;
        at = slab->pages[at].next;
    }
    return at == CHI_SLAB_NONE;
}

static unsigned pages_broken(const ch_slab *slab) {
    size_t stock = 0;
    if (slab->pages_touched > slab->pages_committed ||
        slab->pages_committed > slab->config.page_count) {
        return 4;
    }
    for (size_t i = 0; i < slab->pages_touched; i++) {
        if (!page_holds(slab, i)) {
            return 4;
        }
        stock += slab->pages[i].class_index == CHI_SLAB_NO_CLASS;
    }
    for (size_t k = 0; k < slab->config.class_count; k++) {
        const chi_slab_class *class = &slab->classes[k];
        size_t live = 0;
        size_t pages = 0;
        size_t partial = 0;
        for (size_t i = 0; i < slab->pages_touched; i++) {
            const chi_slab_page *page = &slab->pages[i];
            bool ours = page->class_index == k;
            live += ours ? page->live : 0;
            pages += ours;
            partial += ours && page->live < class->slots;
        }
        if (!list_holds(slab, class->partial, k, partial) ||
            (class->idle != CHI_SLAB_NONE && class->idle >= slab->pages_touched)) {
            return 5;
        }
        if (class->in_use != live || class->pages != pages || class->peak < live) {
            return 6;
        }
    }
    return list_holds(slab, slab->stock, CHI_SLAB_NO_CLASS, stock) ? 0 : 5;
}

static unsigned broken_invariant(const ch_slab *slab) {
    if (slab == NULL || !chi_slab_is_live(slab) || slab->seal != chi_slab_seal_of(slab) ||
        slab->owner != chi_thread_token()) {
        return 1;
    }
    if (!classes_hold(slab)) {
        return 2;
    }
    if (!slab->config.paged && (!pools_hold(slab) || !map_holds(slab))) {
        return 3;
    }
    unsigned broken = pages_broken(slab); /* static slabs have none */
    if (broken != 0) {
        return broken;
    }
    if (!chi_slab_big_holds(slab)) {
        return 7;
    }
    return slab->config.twin && !chi_slab_where_holds(slab) ? 8 : 0;
}

ch_status ch_slab_check(const ch_slab *slab, unsigned *invariant) {
    unsigned broken = broken_invariant(slab);
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}
