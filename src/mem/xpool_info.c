/* xpool_info.c: what a pool for threads tells about itself: figures, JSON, self-check (xpool.h). */
#include <coldheap/hash.h>

#include "base/text.h"
#include "mem/checked.h"
#include "mem/xpool_parts.h"

static size_t less(size_t a, size_t b) {
    return a > b ? a - b : 0; /* views of running threads may be torn */
}

ch_status ch_xpool_stats(const ch_xpool *pool, ch_xpool_figures *figures) {
    if (pool == NULL || figures == NULL) {
        return CH_EINVAL;
    }
    if (!chi_xpool_is_live(pool)) {
        return CH_ESTATE;
    }
    uint64_t sent = 0;
    ch_xpool_figures sums = {.capacity = chi_xpool_capacity(pool),
                             .threads_max = pool->config.threads_max,
                             .object_bytes = pool->config.object_bytes,
                             .stride_bytes = pool->config.stride_bytes};
    for (size_t index = 0; index < sums.threads_max; index++) {
        const ch_xpool_shard *shard = &pool->config.shards[index];
        sums.threads += CH_PEEK(shard->taken);
        sums.available += CH_PEEK(shard->free_count) + CH_PEEK(shard->held_count) +
                          (CH_PEEK(shard->spare) != NULL) +
                          (shard->per_thread - CH_PEEK(shard->fresh));
        sums.drained += CH_PEEK(shard->drained);
        sums.failures += CH_PEEK(shard->failures);
        sent += CH_PEEK(shard->sent);
    }
    size_t away = less(sums.capacity, sums.available);
    size_t returning = less((size_t)sent, (size_t)sums.drained);
    sums.returning = returning < away ? returning : away;
    sums.in_use = away - sums.returning;
    *figures = sums;
    return CH_OK;
}

size_t ch_xpool_stats_json(const ch_xpool *pool, char *out, size_t size) {
    ch_xpool_figures figures = {0};
    chi_text text;
    chi_text_begin(&text, out, size);
    if (ch_xpool_stats(pool, &figures) != CH_OK) {
        chi_text_put(&text, "null");
        return chi_text_end(&text);
    }
    const struct {
        const char *key;
        uint64_t value;
    } rows[] = {
        {"capacity", figures.capacity},         {"threads", figures.threads},
        {"threads_max", figures.threads_max},   {"available", figures.available},
        {"returning", figures.returning},       {"in_use", figures.in_use},
        {"drained", figures.drained},           {"failures", figures.failures},
        {"object_bytes", figures.object_bytes}, {"stride_bytes", figures.stride_bytes},
    };
    chi_text_put(&text, "{\"object\":\"xpool\",\"name\":");
    chi_text_put_json(&text, pool->config.name);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        chi_text_put_field(&text, rows[i].key, rows[i].value);
    }
    chi_text_put(&text, ",\"utilization\":");
    chi_text_put_ratio(&text, figures.in_use, figures.capacity);
    chi_text_put(&text, "}");
    return chi_text_end(&text);
}

static bool spare_holds(const ch_xpool_shard *shard, bool inline_path) {
    if (!inline_path) {
        return shard->spare == NULL && shard->given == NULL && shard->spare_slot == 0;
    }
    if (shard->given != NULL) {
        size_t given = chi_pool_slot((uintptr_t)shard->given - (uintptr_t)shard->base,
                                     shard->stride_inverse, shard->stride_shift);
        if (given - shard->index * shard->per_thread >= shard->fresh ||
            (shard->spare == NULL && given != shard->spare_slot)) {
            return false;
        }
    }
    return shard->spare_slot / shard->per_thread <= shard->index &&
           (shard->spare == NULL ||
            shard->spare == shard->base + shard->spare_slot * shard->stride_bytes);
}

static bool geometry_holds(const ch_xpool *pool, const ch_xpool_shard *shard, size_t index) {
    const chi_xpool_config *config = &pool->config;
    bool inline_path = shard->taken != 0 && !config->checked && !shard->tracked;
    bool shifts = shard->stride_shift < 8 * sizeof(size_t);
    size_t odd = shifts ? shard->stride_bytes >> shard->stride_shift : 0;
    size_t words = (config->per_thread + 31) / 32 * 32; /* lists start at pairs of cache lines */
    return shard->pool == pool && shard->index == index && shard->base == config->objects &&
           shard->states == config->states && shard->per_thread == config->per_thread &&
           shard->free_slots == config->free_slots + index * words && shard->taken <= 1 &&
           shard->lost <= 1 && shard->tracked <= (shard->taken != 0) &&
           (shard->tracker == NULL || shard->tracked) &&
           shard->stride_bytes == config->stride_bytes && (odd & 1u) != 0 &&
           odd << shard->stride_shift == shard->stride_bytes && odd * shard->stride_inverse == 1 &&
           shard->used_state == (index << 2 | CHI_XPOOL_USED) &&
           shard->slot_count == (inline_path ? chi_xpool_capacity(pool) : 0) &&
           (inline_path ? shard->held_count : shard->free_count) == 0 &&
           spare_holds(shard, inline_path) && shard->fresh <= shard->per_thread &&
           shard->ring_tail - shard->ring_head <= config->ring_slots;
}

static bool states_hold(const ch_xpool *pool, size_t index) {
    const uint16_t *states = pool->config.states + index * pool->config.per_thread;
    for (size_t i = 0; i < pool->config.per_thread; i++) {
        if ((size_t)states[i] >> 2 != index ||
            (states[i] & CHI_XPOOL_STATE) > CHI_XPOOL_RETURNING) {
            return false;
        }
    }
    return true;
}

/* The listed slots are free ones, and all of them below fresh; equal fingerprints of both sets show
 * that none is listed twice. */
static bool list_holds(const ch_xpool *pool, const ch_xpool_shard *shard) {
    size_t first = shard->index * shard->per_thread;
    size_t listed_count = shard->free_count + shard->held_count;
    size_t total = listed_count + (shard->spare != NULL);
    uint64_t listed = 0;
    uint64_t found = 0;
    size_t free_states = 0;
    if (total > shard->fresh) {
        return false;
    }
    for (size_t i = 0; i < total; i++) {
        size_t slot = i < listed_count ? shard->free_slots[i] : shard->spare_slot;
        if (slot - first >= shard->fresh || shard->states[slot] != shard->index << 2) {
            return false;
        }
        listed += ch_hash_bytes(&slot, sizeof slot, pool->seal);
    }
    for (size_t slot = first; slot < first + shard->per_thread; slot++) {
        if ((shard->states[slot] & CHI_XPOOL_STATE) != CHI_XPOOL_FREE) {
            if (slot - first >= shard->fresh) {
                return false;
            }
        } else if (slot - first < shard->fresh) {
            found += ch_hash_bytes(&slot, sizeof slot, pool->seal);
            free_states++;
        }
    }
    return listed == found && free_states == total;
}

static bool is_on_its_way(const ch_xpool *pool, const ch_xpool_shard *shard, size_t slot) {
    const uint32_t *ring = chi_xpool_ring(pool, shard->index);
    for (size_t i = 0; i < pool->config.ring_slots; i++) {
        if (ring[i] == slot + 1) {
            return true;
        }
    }
    for (size_t releaser = 0; releaser < pool->config.threads_max; releaser++) {
        const uint32_t *box = chi_xpool_outbox(pool, releaser, shard->index);
        for (size_t i = 0; i < box[0] && i < pool->config.batch; i++) {
            if (box[1 + i] == slot + 1) {
                return true;
            }
        }
    }
    return false;
}

static bool returns_hold(const ch_xpool *pool, const ch_xpool_shard *shard) {
    size_t first = shard->index * shard->per_thread;
    for (size_t releaser = 0; releaser < pool->config.threads_max; releaser++) {
        if (chi_xpool_outbox(pool, releaser, shard->index)[0] >= pool->config.batch) {
            return false; /* a full one is sent at once */
        }
    }
    for (size_t slot = first; slot < first + shard->per_thread && shard->lost == 0; slot++) {
        if ((shard->states[slot] & CHI_XPOOL_STATE) == CHI_XPOOL_RETURNING &&
            !is_on_its_way(pool, shard, slot)) {
            return false;
        }
    }
    return true;
}

static unsigned broken_invariant(const ch_xpool *pool) {
    for (size_t index = 0; index < pool->config.threads_max; index++) {
        const ch_xpool_shard *shard = &pool->config.shards[index];
        unsigned broken = !geometry_holds(pool, shard, index) ? 2
                          : !states_hold(pool, index)         ? 3
                          : !list_holds(pool, shard)          ? 4
                          : !returns_hold(pool, shard)        ? 5
                                                              : 0;
        if (broken != 0) {
            return broken;
        }
    }
    return 0;
}

ch_status ch_xpool_check(const ch_xpool *pool, unsigned *invariant) {
    unsigned broken = pool == NULL || !chi_xpool_seal_holds(pool) ? 1 : broken_invariant(pool);
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}
