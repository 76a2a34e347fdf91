/* handles.c: the table of generation handles (handles.h). An entry in use has an odd generation; a
 * handle is good if it has the same. Entries above `fresh` were not used since the last reset, so
 * reset only sets a number; whoever was in use then gets a new generation when it comes round. */
#include <coldheap/handles.h>
#include <coldheap/hash.h>

#include "base/misuse.h"
#include "base/text.h"
#include "mem/checked.h"
#include "mem/name.h"

#define HANDLES_MAGIC ((uintptr_t)0x6c64616821637368u)
#define SEAL_SEED     0x68616e646c657321u

/* An even generation that no entry of a retiring table has otherwise once it was used. */
enum { RETIRED = 0, GENERATION_BITS = 32 };

static uint64_t generation_last_of(const ch_handles_options *options) {
    unsigned bits = options->generation_bits != 0 ? options->generation_bits : GENERATION_BITS;
    return bits >= 2 && bits <= GENERATION_BITS ? ((uint64_t)1 << bits) - 1 : 0;
}

static bool options_are_valid(const ch_handles_options *options) {
    return options != NULL && options->capacity >= 1 && options->capacity <= CH_HANDLES_COUNT_MAX &&
           (options->flags & ~CH_HANDLES_RETIRE) == 0 && (options->generation_start & 1u) == 0 &&
           options->generation_start < generation_last_of(options);
}

static bool is_live(const ch_handles *table) {
    return table->magic == (HANDLES_MAGIC ^ (uintptr_t)table);
}

static uint64_t seal_of(const ch_handles *table) {
    return ch_hash_bytes(&table->config, sizeof table->config, SEAL_SEED);
}

static bool retires(const ch_handles *table) {
    return (table->config.flags & CH_HANDLES_RETIRE) != 0;
}

/* Whether an entry that was used before, and is not in use, can never be used again. */
static bool is_spent(const ch_handles *table, uint32_t generation) {
    return retires(table) && (generation == RETIRED || generation == table->config.generation_last);
}

static uint32_t generation_after(const ch_handles *table, uint32_t generation) {
    return generation == table->config.generation_last ? 0 : generation + 1;
}

size_t ch_handles_align(const ch_handles_options *options) {
    return options_are_valid(options) ? CH_ALIGNOF(chi_handle_entry) : 0;
}

size_t ch_handles_footprint(const ch_handles_options *options) {
    size_t total = 0;
    bool fits = options_are_valid(options) &&
                ch_size_mul(&total, options->capacity, sizeof(chi_handle_entry));
    return fits ? total : 0;
}

ch_status ch_handles_init(ch_handles *table, void *memory, size_t size_bytes,
                          const ch_handles_options *options) {
    const size_t need = ch_handles_footprint(options);
    if (table == NULL || memory == NULL || need == 0) {
        return CH_EINVAL;
    }
    if (ch_align_padding(memory, ch_handles_align(options)) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < need) {
        return CH_EFULL;
    }
    if (chi_checked()) {
        chi_open(memory, need); /* it may be closed, as a part of another object */
    }
    *table = (ch_handles){
        .config = {.entries = memory,
                   .capacity = options->capacity,
                   .flags = options->flags,
                   .generation_start = options->generation_start,
                   .generation_last = (size_t)generation_last_of(options)},
        .free_first = options->capacity,
        .owner = chi_thread_token(),
    };
    chi_name_set(table->config.name, options->name);
    table->seal = seal_of(table);
    table->magic = HANDLES_MAGIC ^ (uintptr_t)table; /* a copy of a table is not a live one */
    return CH_OK;
}

/* Why a handle names nothing, or CH_OK. */
static ch_status status_of(const ch_handles *table, ch_handle handle) {
    if (handle.entry >= table->config.capacity) {
        return CH_EFOREIGN;
    }
    bool same = handle.entry < table->fresh && (handle.generation & 1u) != 0 &&
                table->config.entries[handle.entry].generation == handle.generation;
    return same ? CH_OK : CH_ESTALE;
}

/* What every call that changes the table asks first; wrong answers about a handle are misuse. */
static ch_status admit(const ch_handles *table, const char *call, const ch_handle *handle) {
    if (table == NULL) {
        return CH_EINVAL;
    }
    if (!is_live(table)) {
        return CH_ESTATE;
    }
    ch_status status = CH_OK;
    if (table->owner != chi_thread_token()) {
        status = CH_ETHREAD;
    } else if (handle != NULL) {
        status = status_of(table, *handle);
    }
    return status == CH_OK ? CH_OK : CHI_MISUSE_OF(call, table, table->config.name, NULL, status);
}

/* The next entry above `fresh` that can be used, or capacity. */
static size_t take_fresh(ch_handles *table) {
    while (table->fresh < table->config.capacity) {
        const size_t at = table->fresh;
        chi_handle_entry *entry = &table->config.entries[at];
        CH_PUBLISH(table->fresh, at + 1);
        if (at >= table->touched) {
            table->touched = at + 1;
            entry->generation = (uint32_t)table->config.generation_start;
            return at;
        }
        if (!is_spent(table, entry->generation)) {
            const bool odd = (entry->generation & 1u) != 0; /* was in use at the reset */
            entry->generation =
                odd ? generation_after(table, entry->generation) : entry->generation;
            return at;
        }
        entry->generation = RETIRED;
        CH_PUBLISH(table->retired_passed, table->retired_passed + 1);
    }
    return table->config.capacity;
}

static size_t take_free(ch_handles *table) {
    const size_t at = table->free_first;
    if (at < table->config.capacity) {
        table->free_first = table->config.entries[at].index;
    }
    return at;
}

ch_status ch_handles_acquire(ch_handles *table, ch_handle *handle, uint32_t index) {
    const ch_status status = handle == NULL ? CH_EINVAL : admit(table, __func__, NULL);
    if (status != CH_OK) {
        return status;
    }
    size_t at = take_free(table);
    if (at >= table->config.capacity) {
        at = take_fresh(table);
    }
    if (at >= table->config.capacity) {
        CH_PUBLISH(table->failures, table->failures + 1);
        return CH_EFULL;
    }
    chi_handle_entry *entry = &table->config.entries[at];
    entry->generation++;
    entry->index = index;
    table->last_count += retires(table) && entry->generation == table->config.generation_last;
    CH_PUBLISH(table->in_use, table->in_use + 1);
    if (table->in_use > table->peak_count) {
        CH_PUBLISH(table->peak_count, table->in_use);
    }
    *handle = (ch_handle){.entry = (uint32_t)at, .generation = entry->generation};
    return CH_OK;
}

ch_status ch_handles_get_slow(const ch_handles *table, uint32_t *index, ch_handle handle) {
    if (table == NULL || index == NULL) {
        return CH_EINVAL;
    }
    return is_live(table) ? status_of(table, handle) : CH_ESTATE;
}

ch_status ch_handles_move(ch_handles *table, ch_handle handle, uint32_t index) {
    const ch_status status = admit(table, __func__, &handle);
    if (status == CH_OK) {
        table->config.entries[handle.entry].index = index;
    }
    return status;
}

ch_status ch_handles_release(ch_handles *table, ch_handle handle) {
    const ch_status status = admit(table, __func__, &handle);
    if (status != CH_OK) {
        return status;
    }
    chi_handle_entry *entry = &table->config.entries[handle.entry];
    CH_PUBLISH(table->in_use, table->in_use - 1);
    if (is_spent(table, entry->generation)) {
        entry->generation = RETIRED;
        table->last_count--;
        CH_PUBLISH(table->retired_count, table->retired_count + 1);
        CH_PUBLISH(table->retired_passed, table->retired_passed + 1);
        return CH_OK;
    }
    entry->generation = generation_after(table, entry->generation);
    entry->index = (uint32_t)table->free_first;
    table->free_first = handle.entry;
    return CH_OK;
}

ch_handle ch_handles_next_live(const ch_handles *table, size_t *position) {
    while (*position < table->fresh) {
        const size_t at = (*position)++;
        const uint32_t generation = table->config.entries[at].generation;
        if ((generation & 1u) != 0) {
            return (ch_handle){.entry = (uint32_t)at, .generation = generation};
        }
    }
    return (ch_handle){0};
}

ch_status ch_handles_reset(ch_handles *table) {
    const ch_status status = admit(table, __func__, NULL);
    if (status != CH_OK) {
        return status;
    }
    CH_PUBLISH(table->retired_count, table->retired_count + table->last_count);
    CH_PUBLISH(table->retired_passed, 0);
    CH_PUBLISH(table->fresh, 0);
    CH_PUBLISH(table->in_use, 0);
    table->last_count = 0;
    table->free_first = table->config.capacity;
    return CH_OK;
}

ch_status ch_handles_fini(ch_handles *table) {
    if (table == NULL) {
        return CH_EINVAL;
    }
    if (!is_live(table)) {
        return CH_OK;
    }
    const ch_status status = admit(table, __func__, NULL);
    if (status == CH_OK) {
        table->magic = 0;
        *table = (ch_handles){0};
    }
    return status;
}

size_t ch_handles_capacity(const ch_handles *table) {
    return table->config.capacity;
}

size_t ch_handles_in_use(const ch_handles *table) {
    return CH_PEEK(table->in_use);
}

size_t ch_handles_available(const ch_handles *table) {
    return table->config.capacity - CH_PEEK(table->in_use) - CH_PEEK(table->retired_count);
}

ch_status ch_handles_stats(const ch_handles *table, ch_handles_figures *figures) {
    if (table == NULL || figures == NULL) {
        return CH_EINVAL;
    }
    if (!is_live(table)) {
        return CH_ESTATE;
    }
    *figures = (ch_handles_figures){
        .capacity = ch_handles_capacity(table),
        .in_use = ch_handles_in_use(table),
        .available = ch_handles_available(table),
        .peak = CH_PEEK(table->peak_count),
        .retired = CH_PEEK(table->retired_count),
        .failures = CH_PEEK(table->failures),
    };
    return CH_OK;
}

size_t ch_handles_stats_json(const ch_handles *table, char *out, size_t size) {
    ch_handles_figures figures = {0};
    chi_text text;
    chi_text_begin(&text, out, size);
    if (ch_handles_stats(table, &figures) != CH_OK) {
        chi_text_put(&text, "null");
        return chi_text_end(&text);
    }
    chi_text_put(&text, "{\"object\":\"handles\",\"name\":");
    chi_text_put_json(&text, table->config.name);
    chi_text_put_field(&text, "capacity", figures.capacity);
    chi_text_put_field(&text, "in_use", figures.in_use);
    chi_text_put_field(&text, "available", figures.available);
    chi_text_put_field(&text, "peak", figures.peak);
    chi_text_put_field(&text, "retired", figures.retired);
    chi_text_put_field(&text, "failures", figures.failures);
    chi_text_put(&text, ",\"utilization\":");
    chi_text_put_ratio(&text, figures.in_use, figures.capacity);
    chi_text_put(&text, "}");
    return chi_text_end(&text);
}

/* ---- Self-check -------------------------------------------------------------------------------
 */

static bool counts_hold(const ch_handles *table) {
    const size_t capacity = table->config.capacity;
    return table->fresh <= table->touched && table->touched <= capacity &&
           table->free_first <= capacity && table->retired_passed <= table->fresh &&
           table->retired_passed <= table->retired_count && table->retired_count <= capacity &&
           table->in_use <= table->fresh - table->retired_passed &&
           table->in_use <= capacity - table->retired_count && table->last_count <= table->in_use &&
           table->owner == chi_thread_token() &&
           (retires(table) || (table->retired_count == 0 && table->last_count == 0));
}

/* The list has exactly the entries that are neither in use nor retired: so many, each of them below
 * fresh and free, then the end. A loop would not end there. */
static bool free_entries_hold(const ch_handles *table) {
    size_t at = table->free_first;
    for (size_t left = table->fresh - table->in_use - table->retired_passed; left > 0; left--) {
        if (at >= table->fresh || (table->config.entries[at].generation & 1u) != 0 ||
            is_spent(table, table->config.entries[at].generation)) {
            return false;
        }
        at = table->config.entries[at].index;
    }
    return at == table->config.capacity;
}

static bool generations_hold(const ch_handles *table) {
    size_t used = 0;
    size_t last = 0;
    size_t retired = 0;
    for (size_t at = 0; at < table->fresh; at++) {
        const uint32_t generation = table->config.entries[at].generation;
        if (generation > table->config.generation_last) {
            return false;
        }
        used += generation & 1u;
        last += generation == table->config.generation_last;
        retired += generation == RETIRED;
    }
    return used == table->in_use &&
           (!retires(table) || (last == table->last_count && retired == table->retired_passed));
}

ch_status ch_handles_check(const ch_handles *table, unsigned *invariant) {
    unsigned broken = 0;
    if (table == NULL || !is_live(table) || table->seal != seal_of(table)) {
        broken = 1;
    } else if (!counts_hold(table)) {
        broken = 2;
    } else if (!free_entries_hold(table)) {
        broken = 3;
    } else if (!generations_hold(table)) {
        broken = 4;
    } else if (table->peak_count < table->in_use || table->peak_count > table->touched) {
        broken = 5;
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}
