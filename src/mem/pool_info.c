/* pool_info.c: what a pool tells about itself: queries, figures, JSON, self-check; and its view as
 * an allocator (pool.h). */
#include <coldheap/hash.h>

#include "base/text.h"
#include "mem/checked.h"
#include "mem/pool_parts.h"

size_t ch_pool_capacity(const ch_pool *pool) {
    return pool->config.count;
}

size_t ch_pool_in_use(const ch_pool *pool) {
    return CH_PEEK(pool->fresh) - CH_PEEK(pool->retired_passed) - chi_pool_free_total(pool);
}

size_t ch_pool_available(const ch_pool *pool) {
    return pool->config.count - ch_pool_in_use(pool) - CH_PEEK(pool->retired_count);
}

size_t ch_pool_peak(const ch_pool *pool) {
    return CH_PEEK(pool->peak_count);
}

size_t ch_pool_retired(const ch_pool *pool) {
    return CH_PEEK(pool->retired_count);
}

uint64_t ch_pool_failures(const ch_pool *pool) {
    return CH_PEEK(pool->failures);
}

/* A slot has been acquired once for each odd generation from its start to the one it has. */
uint64_t ch_pool_acquisitions(const ch_pool *pool) {
    uint64_t sum = pool->acquired_before;
    for (size_t slot = 0; slot < pool->touched; slot++) {
        sum += ((uint64_t)pool->generations[slot] + 1) / 2 - pool->config.generation_start / 2;
    }
    return sum;
}

double ch_pool_utilization(const ch_pool *pool) {
    size_t capacity = ch_pool_capacity(pool);
    return capacity != 0 ? (double)ch_pool_in_use(pool) / (double)capacity : 0.0;
}

void *ch_pool_next_live(const ch_pool *pool, size_t *position) {
    while (*position < pool->fresh) {
        size_t slot = (*position)++;
        if (chi_pool_is_used(pool, slot)) {
            return chi_pool_object(pool, slot);
        }
    }
    return NULL;
}

ch_status ch_pool_stats(const ch_pool *pool, ch_pool_figures *figures) {
    if (pool == NULL || figures == NULL) {
        return CH_EINVAL;
    }
    if (!chi_pool_is_live(pool)) {
        return CH_ESTATE;
    }
    *figures = (ch_pool_figures){
        .capacity = ch_pool_capacity(pool),
        .in_use = ch_pool_in_use(pool),
        .available = ch_pool_available(pool),
        .peak = ch_pool_peak(pool),
        .retired = ch_pool_retired(pool),
        .object_bytes = pool->config.object_bytes,
        .stride_bytes = pool->stride_bytes,
        .failures = ch_pool_failures(pool),
        .source_calls = CH_PEEK(pool->source_calls),
    };
    return CH_OK;
}

size_t ch_pool_stats_json(const ch_pool *pool, char *out, size_t size) {
    ch_pool_figures figures = {0};
    chi_text text;
    chi_text_begin(&text, out, size);
    if (ch_pool_stats(pool, &figures) != CH_OK) {
        chi_text_put(&text, "null");
        return chi_text_end(&text);
    }
    const struct {
        const char *key;
        uint64_t value;
    } rows[] = {
        {"capacity", figures.capacity},         {"in_use", figures.in_use},
        {"available", figures.available},       {"peak", figures.peak},
        {"retired", figures.retired},           {"object_bytes", figures.object_bytes},
        {"stride_bytes", figures.stride_bytes}, {"failures", figures.failures},
        {"source_calls", figures.source_calls}, {"acquisitions", ch_pool_acquisitions(pool)},
    };
    chi_text_put(&text, "{\"object\":\"pool\",\"name\":");
    chi_text_put_json(&text, pool->config.name);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        chi_text_put_field(&text, rows[i].key, rows[i].value);
    }
    chi_text_put(&text, ",\"utilization\":");
    chi_text_put_ratio(&text, figures.in_use, figures.capacity);
    chi_text_put(&text, "}");
    return chi_text_end(&text);
}

static bool geometry_holds(const ch_pool *pool) {
    bool shifts = pool->stride_shift < 8 * sizeof(size_t);
    size_t odd = shifts ? pool->stride_bytes >> pool->stride_shift : 0;
    size_t objects = 0;
    bool placed = chi_pool_is_twin(pool)
                      ? pool->base == NULL
                      : ch_size_round_up(&objects, pool->config.count * pool->stride_bytes,
                                         sizeof(uint32_t)) &&
                            (uintptr_t)pool->generations == (uintptr_t)pool->base + objects;
    return placed && shifts && (odd & 1u) != 0 && odd * pool->stride_inverse == 1 &&
           odd << pool->stride_shift == pool->stride_bytes &&
           pool->stride_bytes >= pool->config.object_bytes &&
           pool->free_slots == pool->generations + pool->config.count &&
           (pool->generation_last & (pool->generation_last + 1)) == 0 &&
           pool->generation_last > pool->config.generation_start;
}

static bool spare_holds(const ch_pool *pool, bool fast) {
    size_t slot = pool->spare_slot;
    if (!fast) {
        return pool->spare == NULL && pool->given == NULL && slot == 0;
    }
    if (pool->given != NULL) {
        size_t given = chi_pool_slot_of(pool, pool->given);
        if (given >= pool->fresh || (pool->spare == NULL && given != slot) ||
            (pool->spare == NULL && !chi_pool_is_used(pool, slot))) {
            return false;
        }
    }
    return pool->spare == NULL
               ? slot < pool->config.count
               : slot < pool->fresh && pool->spare == pool->base + slot * pool->stride_bytes;
}

static bool counts_hold(const ch_pool *pool) {
    bool fast = chi_pool_is_fast(pool);
    bool fifo = (pool->config.flags & CH_POOL_FIFO) != 0;
    bool retires = (pool->config.flags & CH_POOL_RETIRE) != 0;
    return pool->tracked <= 1 && (pool->tracker == NULL || pool->tracked) &&
           (fifo || pool->held_first == 0) && (retires || pool->retired_count == 0) &&
           pool->fresh <= pool->touched && pool->touched <= pool->config.count &&
           pool->fast_fresh == (fast ? pool->fresh : 0) &&
           (fast ? pool->held_count : pool->free_count) == 0 && spare_holds(pool, fast) &&
           pool->held_first < pool->config.count && pool->retired_passed <= pool->retired_count &&
           pool->retired_count <= pool->touched && pool->retired_passed <= pool->fresh &&
           chi_pool_free_total(pool) <= pool->fresh - pool->retired_passed &&
           pool->owner == chi_thread_token();
}

/* Every free slot is below fresh and not in use; *sum gets a fingerprint of the set. */
static bool free_slots_hold(const ch_pool *pool, uint64_t *sum) {
    size_t total = pool->free_count + pool->held_count;
    size_t at = pool->held_first;
    for (size_t i = 0; i < total; i++) {
        size_t slot = pool->free_slots[at];
        if (slot >= pool->fresh || chi_pool_is_used(pool, slot)) {
            return false;
        }
        *sum += ch_hash_bytes(&slot, sizeof slot, pool->seal);
        at = at + 1 == pool->config.count ? 0 : at + 1;
    }
    return true;
}

/* The slots whose generation says "free" are exactly the listed ones; a slot listed twice would
 * have to be missing elsewhere, which the fingerprint shows. */
static bool generations_hold(const ch_pool *pool, uint64_t listed) {
    bool retires = (pool->config.flags & CH_POOL_RETIRE) != 0;
    uint64_t sum = 0;
    size_t used = 0;
    size_t retired = 0;
    for (size_t slot = 0; slot < pool->fresh; slot++) {
        uint32_t generation = pool->generations[slot];
        if (generation > pool->generation_last) {
            return false;
        }
        if ((generation & 1u) != 0) {
            used += chi_pool_is_used(pool, slot);
        } else if (retires && generation == CHI_GENERATION_RETIRED) {
            retired++;
        } else {
            sum += ch_hash_bytes(&slot, sizeof slot, pool->seal);
        }
    }
    return sum == listed && used == ch_pool_in_use(pool) && retired == pool->retired_passed;
}

ch_status ch_pool_check(const ch_pool *pool, unsigned *invariant) {
    unsigned broken = 0;
    uint64_t listed = 0;
    if (pool == NULL || !chi_pool_seal_holds(pool)) {
        broken = 1;
    } else if (!geometry_holds(pool)) {
        broken = 2;
    } else if (!counts_hold(pool)) {
        broken = 3;
    } else if (!free_slots_hold(pool, &listed)) {
        broken = 4;
    } else if (!generations_hold(pool, listed)) {
        broken = 5;
    } else if (pool->peak_count < ch_pool_in_use(pool) || pool->peak_count > pool->touched) {
        broken = 6;
    }
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}

static void *allocator_alloc(void *user, size_t size_bytes, size_t align) {
    const ch_pool *pool = user;
    bool fits = size_bytes <= pool->config.object_bytes && align <= pool->config.align;
    return fits ? ch_pool_acquire(user) : NULL;
}

static bool allocator_resize(void *user, void *block, size_t old_bytes, size_t new_bytes) {
    const ch_pool *pool = user;
    (void)block;
    (void)old_bytes;
    return new_bytes <= pool->config.object_bytes;
}

static ch_status allocator_free(void *user, void *block, size_t size_bytes) {
    (void)size_bytes;
    return ch_pool_release(user, block);
}

ch_allocator ch_pool_allocator(ch_pool *pool) {
    return (ch_allocator){
        .alloc = allocator_alloc, .resize = allocator_resize, .free = allocator_free, .user = pool};
}
