/* stack_info.c: what a stack tells about itself: queries, figures, JSON, self-check (stack.h). */
#include "base/text.h"
#include "mem/checked.h"
#include "mem/stack_parts.h"

size_t ch_stack_used(const ch_stack *stack) {
    if (stack->config.twin) {
        return CH_PEEK(stack->used_bytes);
    }
    return (size_t)(CH_PEEK(stack->cursor) - stack->config.base);
}

size_t ch_stack_capacity(const ch_stack *stack) {
    return stack->config.capacity_bytes;
}

size_t ch_stack_available(const ch_stack *stack) {
    return ch_stack_capacity(stack) - ch_stack_used(stack);
}

size_t ch_stack_peak(const ch_stack *stack) {
    if (stack->config.twin) {
        return CH_PEEK(stack->peak_bytes);
    }
    const uint8_t *cursor = CH_PEEK(stack->cursor);
    const uint8_t *peak = CH_PEEK(stack->peak_cursor);
    return (size_t)((peak > cursor ? peak : cursor) - stack->config.base);
}

size_t ch_stack_watermark_count(const ch_stack *stack) {
    return CH_PEEK(stack->mark_count);
}

uint64_t ch_stack_allocations(const ch_stack *stack) {
    return CH_PEEK(stack->given_blocks) + (CH_PEEK(stack->tally) >> 32);
}

ch_status ch_stack_stats(const ch_stack *stack, ch_stack_figures *figures) {
    if (stack == NULL || figures == NULL) {
        return CH_EINVAL;
    }
    if (!chi_stack_is_live(stack)) {
        return CH_ESTATE;
    }
    *figures = (ch_stack_figures){
        .used_bytes = ch_stack_used(stack),
        .capacity_bytes = ch_stack_capacity(stack),
        .available_bytes = ch_stack_available(stack),
        .peak_bytes = ch_stack_peak(stack),
        .watermarks = ch_stack_watermark_count(stack),
        .watermarks_max = stack->config.watermarks_max,
        .allocations = ch_stack_allocations(stack),
        .total_bytes = CH_PEEK(stack->given_bytes) + (uint32_t)CH_PEEK(stack->tally),
        .failures_full = CH_PEEK(stack->failures_full),
        .failures_invalid = CH_PEEK(stack->failures_invalid),
        .source_calls = CH_PEEK(stack->source_calls),
    };
    return CH_OK;
}

size_t ch_stack_stats_json(const ch_stack *stack, char *out, size_t size) {
    ch_stack_figures figures = {0};
    chi_text text;
    chi_text_begin(&text, out, size);
    if (ch_stack_stats(stack, &figures) != CH_OK) {
        chi_text_put(&text, "null");
        return chi_text_end(&text);
    }
    const struct {
        const char *key;
        uint64_t value;
    } rows[] = {
        {"used_bytes", figures.used_bytes},
        {"capacity_bytes", figures.capacity_bytes},
        {"available_bytes", figures.available_bytes},
        {"peak_bytes", figures.peak_bytes},
        {"watermarks", figures.watermarks},
        {"watermarks_max", figures.watermarks_max},
        {"allocations", figures.allocations},
        {"total_bytes", figures.total_bytes},
        {"failures_full", figures.failures_full},
        {"failures_invalid", figures.failures_invalid},
        {"source_calls", figures.source_calls},
    };
    chi_text_put(&text, "{\"object\":\"stack\",\"name\":");
    chi_text_put_json(&text, stack->config.name);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        chi_text_put_field(&text, rows[i].key, rows[i].value);
    }
    chi_text_put(&text, ",\"utilization\":");
    chi_text_put_ratio(&text, figures.used_bytes, figures.capacity_bytes);
    chi_text_put(&text, "}");
    return chi_text_end(&text);
}

static bool cursor_holds(const ch_stack *stack) {
    const chi_stack_config *config = &stack->config;
    if (config->twin) {
        return stack->cursor == NULL && stack->used_bytes <= config->capacity_bytes &&
               stack->peak_bytes >= stack->used_bytes;
    }
    uintptr_t base = (uintptr_t)config->base;
    uintptr_t end = (uintptr_t)config->end;
    uintptr_t cursor = (uintptr_t)stack->cursor;
    uintptr_t peak = (uintptr_t)stack->peak_cursor;
    return base <= cursor && cursor <= end && base <= peak && peak <= end &&
           stack->used_bytes == 0 && stack->block_count == 0;
}

/* fast_end is the end, or one window above a place where the cursor was. */
static bool fast_end_holds(const ch_stack *stack) {
    const chi_stack_config *config = &stack->config;
    uintptr_t fast = (uintptr_t)stack->fast_end;
    uintptr_t end = (uintptr_t)config->end;
    bool plain = chi_stack_is_plain(stack) && config->zeroing == CH_ZERO_NONE;
    if (fast == 0 || !plain) {
        return fast == 0 && (!plain || end > UINTPTR_MAX - CHI_TALLY_TOP);
    }
    uintptr_t base = (uintptr_t)config->base;
    return fast == end || (base < fast && fast < end && fast - base >= CHI_TALLY_WINDOW);
}

static bool copies_agree(const ch_stack *stack) {
    const chi_stack_config *config = &stack->config;
    bool plain = chi_stack_is_plain(stack);
    size_t marks = plain && config->zeroing == CH_ZERO_NONE ? config->watermarks_max : 0;
    bool inline_free = plain && config->zeroing != CH_ZERO_ON_RELEASE;
    const uint8_t *floor = inline_free ? stack->floor : CHI_STACK_NO_FLOOR;
    if (stack->tracked > 1 || (stack->tracker != NULL && stack->tracked == 0)) {
        return false;
    }
    return fast_end_holds(stack) && stack->fast_marks == marks && stack->fast_floor == floor &&
           stack->owner == chi_thread_token();
}

/* Resizes may grow blocks of no byte, so bytes say nothing about blocks; the word of the inline
 * paths does. */
static bool totals_hold(const ch_stack *stack) {
    uint64_t blocks = stack->tally >> 32;
    return blocks <= (uint32_t)stack->tally &&
           (uint32_t)stack->tally <= 3 * (uint64_t)CHI_TALLY_WINDOW;
}

/* Reads a link, which checked builds keep closed. */
static chi_stack_link read_link(const ch_stack *stack, uint8_t *block) {
    const chi_stack_link *link = chi_stack_link_of(block);
    if (stack->config.checked) {
        chi_open_defined(link, sizeof *link);
    }
    chi_stack_link read = *link;
    if (stack->config.checked) {
        chi_close(link, sizeof *link);
    }
    return read;
}

/* Follows the links down to the base: each block lies above the end of the one below. */
static bool chain_holds(const ch_stack *stack) {
    uintptr_t base = (uintptr_t)stack->config.base;
    uintptr_t limit = (uintptr_t)stack->cursor;
    uint8_t *top = stack->top;
    if (top == NULL) {
        return limit == base;
    }
    while (top != NULL) {
        uintptr_t start = (uintptr_t)top;
        if (start % 8 != 0 || start > limit || start < base + CH_STACK_LINK_BYTES) {
            return false;
        }
        chi_stack_link link = read_link(stack, top);
        uintptr_t before = (uintptr_t)link.cursor_before;
        if (before < base || before > start - CH_STACK_LINK_BYTES ||
            start - before >= CH_STACK_LINK_BYTES + CH_ALIGN_MAX) {
            return false;
        }
        limit = before;
        top = link.top_before;
    }
    return limit == base;
}

static bool twin_chain_holds(const ch_stack *stack) {
    size_t used = 0;
    size_t count = 0;
    for (const uint8_t *at = stack->top; at != NULL && count <= stack->block_count; count++) {
        used += chi_stack_twin_size(at);
        at = chi_stack_twin_below(at);
    }
    return used == stack->used_bytes && count == stack->block_count;
}

static bool marks_hold(const ch_stack *stack) {
    const chi_stack_config *config = &stack->config;
    if (stack->mark_count > config->watermarks_max) {
        return false;
    }
    uintptr_t lowest = (uintptr_t)config->base;
    for (size_t i = 0; i < stack->mark_count; i++) {
        uintptr_t cursor = (uintptr_t)config->marks[i].cursor_before;
        uintptr_t top = (uintptr_t)config->marks[i].top_before;
        if (!config->twin &&
            (cursor < lowest || cursor > (uintptr_t)stack->cursor || top > cursor)) {
            return false;
        }
        lowest = cursor;
    }
    return (uintptr_t)stack->floor == lowest;
}

ch_status ch_stack_check(const ch_stack *stack, unsigned *invariant) {
    unsigned broken = 0;
    if (stack == NULL || !chi_stack_seal_holds(stack)) {
        broken = 1;
    } else if (!cursor_holds(stack)) {
        broken = 2;
    } else if (!copies_agree(stack)) {
        broken = 3;
    } else if (!(stack->config.twin ? twin_chain_holds(stack) : chain_holds(stack))) {
        broken = 4;
    } else if (!marks_hold(stack)) {
        broken = 5;
    } else if (!totals_hold(stack)) {
        broken = 6;
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}
