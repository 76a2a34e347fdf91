/* slab_info.c: what a slab tells about itself: queries, figures, JSON (slab.h). */
#include "base/text.h"
#include "mem/slab_parts.h"

size_t ch_slab_class_of(const ch_slab *slab, size_t size_bytes) {
    bool served =
        slab != NULL && chi_slab_is_live(slab) && size_bytes <= slab->config.largest_bytes;
    return served ? chi_slab_route(slab, size_bytes) : SIZE_MAX;
}

size_t ch_slab_class_size(const ch_slab *slab, size_t class_index) {
    bool there = slab != NULL && chi_slab_is_live(slab) && class_index < slab->config.class_count;
    return there ? slab->counts[class_index].size_bytes : 0;
}

size_t chi_slab_in_use(const ch_slab *slab, size_t i) {
    size_t taken =
        slab->config.paged ? CH_PEEK(slab->bins[i].drawn) : CH_PEEK(slab->classes[i].fresh);
    size_t back =
        slab->config.paged ? CH_PEEK(slab->bins[i].hint_count) : chi_slab_static_free(slab, i);
    return taken > back ? taken - back : 0;
}

static void fill(const ch_slab *slab, ch_slab_class_figures *figures, size_t class_index) {
    const chi_slab_counts *counts = &slab->counts[class_index];
    uint64_t acquires = chi_slab_acquires(slab, class_index);
    uint64_t borrows = CH_PEEK(counts->borrows);
    *figures = (ch_slab_class_figures){
        .size_bytes = counts->size_bytes,
        .capacity = counts->count,
        .in_use = chi_slab_in_use(slab, class_index),
        .peak = CH_PEEK(counts->peak),
        .acquires = acquires,
        .failures = CH_PEEK(counts->failures),
        .borrows = borrows,
        .requested_bytes = chi_slab_requested(slab, class_index),
        .given_bytes = (acquires - borrows) * counts->size_bytes + CH_PEEK(counts->borrowed_bytes),
    };
    if (slab->config.paged) {
        figures->pages = CH_PEEK(slab->bins[class_index].pages);
        figures->capacity = figures->pages * slab->bins[class_index].slots;
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
        .source_calls = CH_PEEK(slab->source_calls),
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
        {"source_calls", figures.source_calls},
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
