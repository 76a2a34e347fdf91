/* xpool.c: set-up, joining and leaving, and what the inline paths of xpool.h leave: empty lists,
 * releases by another thread, checked builds, and all that is wrong.
 *
 * States are the truth, lists only say where to look. Only an owner makes a state FREE again that
 * another thread made RETURNING, so the owner may take a number out of a ring, out of somebody's
 * outbox, or from both: the second time its state is no longer RETURNING, and it is dropped. */
#include <coldheap/xpool.h>

#include <coldheap/bits.h>
#include <coldheap/hash.h>

#include "base/misuse.h"
#include "mem/checked.h"
#include "mem/name.h"
#include "mem/track_parts.h"
#include "mem/xpool_parts.h"

#define XPOOL_MAGIC ((uintptr_t)0x4c4f5058u)
#define SEAL_SEED   0x58504f4f4cu

enum { LINE_PAIR = 128, LINE_WORDS = LINE_PAIR / 4 };

/* ---- Set-up ---------------------------------------------------------------------------------- */

/* Offsets in the memory; every part starts at a pair of cache lines. */
typedef struct layout {
    size_t stride;
    size_t ring_slots;
    size_t outbox_words;
    size_t free_words; /* of one shard's list */
    size_t outboxes;
    size_t rings;
    size_t lists;
    size_t states;
    size_t objects;
    size_t total;
} layout;

static bool options_are_valid(const ch_xpool_options *o) {
    return o != NULL && o->object_bytes != 0 && o->object_bytes <= CH_POOL_OBJECT_MAX &&
           ch_align_is_valid(o->align) && o->threads_max != 0 &&
           o->threads_max <= CH_XPOOL_THREADS_MAX && o->per_thread != 0 &&
           o->per_thread <= CH_POOL_COUNT_MAX / o->threads_max && o->batch <= CH_XPOOL_BATCH_MAX;
}

static size_t batch_of(const ch_xpool_options *options) {
    return options->batch != 0 ? options->batch : CH_XPOOL_BATCH;
}

/* Adds a part of count * each bytes after `total`, at a border. A pair of lines is left out before
 * it: parts of 2^n bytes would start at the same place of their pages, and a load from one of them
 * would wait for a store to another (xpool bench: own pair). False on overflow. */
static bool add_part(size_t *total, size_t *offset, size_t count, size_t each, size_t border) {
    size_t bytes = 0;
    return ch_size_add(offset, *total, LINE_PAIR) && ch_size_round_up(offset, *offset, border) &&
           ch_size_mul(&bytes, count, each) && ch_size_add(total, *offset, bytes);
}

static bool lay_out(layout *l, const ch_xpool_options *options) {
    if (!options_are_valid(options)) {
        return false;
    }
    size_t redzone = chi_checked() ? CHI_REDZONE_BYTES : 0;
    size_t align =
        redzone != 0 && options->align < CHI_GRANULE_BYTES ? CHI_GRANULE_BYTES : options->align;
    size_t border = align > LINE_PAIR ? align : LINE_PAIR;
    size_t threads = options->threads_max;
    size_t least = options->per_thread > LINE_WORDS ? options->per_thread : LINE_WORDS;
    *l = (layout){.total = threads * sizeof(ch_xpool_shard)};
    l->outbox_words = (1 + batch_of(options) + LINE_WORDS - 1) / LINE_WORDS * LINE_WORDS;
    l->ring_slots = least > 1 ? (size_t)2 << ch_bits_high(least - 1) : 1;
    return ch_size_round_up(&l->stride, options->object_bytes + redzone, align) &&
           ch_size_round_up(&l->free_words, options->per_thread, LINE_WORDS) &&
           add_part(&l->total, &l->outboxes, threads * threads, l->outbox_words * 4, LINE_PAIR) &&
           add_part(&l->total, &l->rings, threads * 4, l->ring_slots, LINE_PAIR) &&
           add_part(&l->total, &l->lists, threads * 4, l->free_words, LINE_PAIR) &&
           add_part(&l->total, &l->states, threads * sizeof(uint16_t), options->per_thread,
                    LINE_PAIR) &&
           add_part(&l->total, &l->objects, threads * options->per_thread, l->stride, border);
}

size_t ch_xpool_align(const ch_xpool_options *options) {
    if (!options_are_valid(options)) {
        return 0;
    }
    return options->align > LINE_PAIR ? options->align : LINE_PAIR;
}

size_t ch_xpool_footprint(const ch_xpool_options *options) {
    layout l;
    return lay_out(&l, options) ? l.total : 0;
}

static uint64_t seal_of(const ch_xpool *pool) {
    return ch_hash_bytes(&pool->config, sizeof pool->config, SEAL_SEED);
}

bool chi_xpool_is_live(const ch_xpool *pool) {
    return pool->magic == (XPOOL_MAGIC ^ (uintptr_t)pool);
}

bool chi_xpool_seal_holds(const ch_xpool *pool) {
    return chi_xpool_is_live(pool) && pool->seal == seal_of(pool);
}

static void init_shard(ch_xpool *pool, const layout *l, size_t index) {
    const chi_xpool_config *config = &pool->config;
    size_t shift = ch_bits_low(l->stride);
    size_t free_state = index << 2;
    config->shards[index] = (ch_xpool_shard){
        .base = config->objects,
        .states = config->states,
        .free_slots = config->free_slots + index * l->free_words,
        .stride_bytes = l->stride,
        .stride_inverse = chi_pool_inverse(l->stride >> shift),
        .stride_shift = shift,
        .used_state = free_state | CHI_XPOOL_USED,
        .per_thread = config->per_thread,
        .pool = pool,
        .index = index,
    };
    for (size_t slot = 0; slot < config->per_thread; slot++) {
        config->states[index * config->per_thread + slot] = (uint16_t)free_state;
    }
    for (size_t i = 0; i < config->ring_slots; i++) {
        chi_xpool_ring(pool, index)[i] = 0;
    }
    for (size_t other = 0; other < config->threads_max; other++) {
        chi_xpool_outbox(pool, index, other)[0] = 0;
    }
}

ch_status ch_xpool_init(ch_xpool *pool, void *memory, size_t size_bytes,
                        const ch_xpool_options *options) {
    layout l;
    uint8_t *base = memory;
    if (pool == NULL || memory == NULL || !lay_out(&l, options)) {
        return CH_EINVAL;
    }
    if ((uintptr_t)memory % ch_xpool_align(options) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < l.total) {
        return CH_EFULL;
    }
    *pool = (ch_xpool){.config = {.object_bytes = options->object_bytes,
                                  .align = options->align,
                                  .per_thread = options->per_thread,
                                  .threads_max = options->threads_max,
                                  .batch = batch_of(options),
                                  .ring_slots = l.ring_slots,
                                  .outbox_words = l.outbox_words,
                                  .checked = chi_checked(),
                                  .stride_bytes = l.stride,
                                  .objects = base + l.objects,
                                  .states = (uint16_t *)(void *)(base + l.states),
                                  .free_slots = (uint32_t *)(void *)(base + l.lists),
                                  .rings = (uint32_t *)(void *)(base + l.rings),
                                  .outboxes = (uint32_t *)(void *)(base + l.outboxes),
                                  .shards = (ch_xpool_shard *)memory}};
    chi_name_set(pool->config.name, options->name);
    if (pool->config.checked) {
        chi_open(memory, l.total); /* it may be closed, as a part of another object */
    }
    for (size_t index = 0; index < options->threads_max; index++) {
        init_shard(pool, &l, index);
    }
    if (pool->config.checked) {
        chi_close(pool->config.objects, l.total - l.objects);
    }
    pool->seal = seal_of(pool);
    pool->magic = XPOOL_MAGIC ^ (uintptr_t)pool;
    return CH_OK;
}

ch_status ch_xpool_fini(ch_xpool *pool) {
    if (pool == NULL || !chi_xpool_is_live(pool)) {
        return CH_OK;
    }
    if (pool->config.checked) {
        chi_open_defined(pool->config.objects,
                         chi_xpool_capacity(pool) * pool->config.stride_bytes);
    }
    for (size_t index = 0; index < pool->config.threads_max; index++) {
        pool->config.shards[index] = (ch_xpool_shard){.pool = NULL};
    }
    *pool = (ch_xpool){.magic = 0};
    return CH_OK;
}

/* ---- Joining and leaving --------------------------------------------------------------------- */

/* CH_OK if the calling thread may use the shard. */
static ch_status shard_status(const ch_xpool_shard *shard) {
    if (shard == NULL) {
        return CH_EINVAL;
    }
    if (shard->pool == NULL || CH_PEEK(shard->taken) == 0) {
        return CH_ESTATE;
    }
    return shard->owner == chi_thread_token() ? CH_OK : CH_ETHREAD;
}

#define REPORT(shard_, culprit_, status_)                                                          \
    CHI_MISUSE((shard_)->pool, (shard_)->pool->config.name, (culprit_), (status_))

/* Lists a free slot. Releases that raced may have listed one twice: then there may be no room. */
static void put_free(ch_xpool_shard *shard, size_t *count, size_t slot) {
    if (*count < shard->per_thread) {
        shard->free_slots[*count] = (uint32_t)slot;
        CH_PUBLISH(*count, *count + 1);
    }
}

/* With inline paths the list is theirs, and has a spare object on top. */
static void set_paths(ch_xpool_shard *shard, bool inline_paths) {
    size_t count = shard->free_count + shard->held_count;
    if (shard->spare != NULL) {
        CH_PUBLISH(shard->spare, NULL);
        put_free(shard, &count, shard->spare_slot);
    }
    CH_PUBLISH(shard->free_count, inline_paths ? count : 0);
    CH_PUBLISH(shard->held_count, inline_paths ? 0 : count);
    shard->given = NULL;
    shard->spare_slot = inline_paths ? shard->spare_slot : 0;
    shard->slot_count = inline_paths ? chi_xpool_capacity(shard->pool) : 0;
}

ch_status ch_xpool_join(ch_xpool *pool, ch_xpool_shard **shard) {
    if (pool == NULL || shard == NULL) {
        return CH_EINVAL;
    }
    if (!chi_xpool_is_live(pool)) {
        return CH_ESTATE;
    }
    for (size_t index = 0; index < pool->config.threads_max; index++) {
        ch_xpool_shard *one = &pool->config.shards[index];
        size_t nobody = 0;
        if (!__atomic_compare_exchange_n(&one->taken, &nobody, 1, false, __ATOMIC_ACQUIRE,
                                         __ATOMIC_RELAXED)) {
            continue;
        }
        one->owner = chi_thread_token();
        one->tracked = chi_track_is_wanted(NULL);
        set_paths(one, !pool->config.checked && !one->tracked);
        *shard = one;
        return CH_OK;
    }
    return CH_EFULL;
}

/* Puts what the outbox for `owner` holds into its ring. If that has no room, the owner is told to
 * look at the states instead. */
static void send(ch_xpool_shard *shard, size_t owner) {
    const chi_xpool_config *config = &shard->pool->config;
    ch_xpool_shard *target = &config->shards[owner];
    uint32_t *box = chi_xpool_outbox(shard->pool, shard->index, owner);
    uint32_t *ring = chi_xpool_ring(shard->pool, owner);
    size_t count = box[0];
    size_t tail = __atomic_load_n(&target->ring_tail, __ATOMIC_RELAXED);
    do {
        size_t used = tail - __atomic_load_n(&target->ring_head, __ATOMIC_ACQUIRE);
        if (used <= config->ring_slots && count > config->ring_slots - used) {
            __atomic_store_n(&target->lost, 1, __ATOMIC_RELEASE);
            __atomic_store_n(&box[0], 0, __ATOMIC_RELAXED);
            return;
        } /* more than all: the tail is older than the head, and the exchange fails */
    } while (!__atomic_compare_exchange_n(&target->ring_tail, &tail, tail + count, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    for (size_t i = 0; i < count; i++) {
        __atomic_store_n(&ring[(tail + i) & (config->ring_slots - 1)], box[1 + i],
                         __ATOMIC_RELEASE);
    }
    __atomic_store_n(&box[0], 0, __ATOMIC_RELAXED);
}

static void flush(ch_xpool_shard *shard) {
    for (size_t owner = 0; owner < shard->pool->config.threads_max; owner++) {
        if (chi_xpool_outbox(shard->pool, shard->index, owner)[0] != 0) {
            send(shard, owner);
        }
    }
}

ch_status ch_xpool_flush(ch_xpool_shard *shard) {
    ch_status status = shard_status(shard);
    if (status != CH_OK) {
        return status == CH_ETHREAD ? REPORT(shard, shard, status) : status;
    }
    flush(shard);
    return CH_OK;
}

ch_status ch_xpool_leave(ch_xpool_shard *shard) {
    ch_status status = shard_status(shard);
    if (status != CH_OK) {
        return status == CH_ETHREAD ? REPORT(shard, shard, status) : status;
    }
    flush(shard);
    set_paths(shard, false);
    shard->tracked = 0;
    shard->tracker = NULL;
    shard->owner = NULL;
    __atomic_store_n(&shard->taken, 0, __ATOMIC_RELEASE);
    return CH_OK;
}

ch_status ch_xpool_track(ch_xpool_shard *shard, ch_tracker *tracker) {
    ch_status status = shard_status(shard);
    if (status != CH_OK) {
        return status == CH_ETHREAD ? REPORT(shard, shard, status) : status;
    }
    shard->tracker = tracker;
    shard->tracked = chi_track_is_wanted(tracker);
    set_paths(shard, !shard->pool->config.checked && !shard->tracked);
    return CH_OK;
}

static void note(const ch_xpool_shard *shard, unsigned op, const void *site, const void *object) {
    if (shard->tracked) {
        chi_track(shard->tracker, CH_TRACK_POOL, op, shard->pool->config.object_bytes, site,
                  object);
    }
}

/* ---- Acquire --------------------------------------------------------------------------------- */

static size_t *count_of(ch_xpool_shard *shard) {
    return shard->slot_count == 0 ? &shard->held_count : &shard->free_count;
}

/* Own objects that came back, gathered before anybody is told. */
typedef struct returns {
    size_t listed;
    size_t drained;
} returns;

static returns returns_begin(ch_xpool_shard *shard) {
    return (returns){.listed = *count_of(shard)};
}

static void returns_end(ch_xpool_shard *shard, const returns *back) {
    CH_PUBLISH(*count_of(shard), back->listed);
    CH_PUBLISH(shard->drained, shard->drained + back->drained);
}

/* Makes an own object free that another thread released, if it is one. */
static void reclaim(ch_xpool_shard *shard, returns *back, size_t slot) {
    size_t state = shard->index << 2;
    if (slot - shard->index * shard->per_thread >= shard->per_thread ||
        back->listed >= shard->per_thread ||
        __atomic_load_n(&shard->states[slot], __ATOMIC_ACQUIRE) != (state | CHI_XPOOL_RETURNING)) {
        return;
    }
    CH_PUBLISH(shard->states[slot], (uint16_t)state);
    shard->free_slots[back->listed++] = (uint32_t)slot;
    back->drained++;
}

/* Takes at most a batch of numbers out of the ring; false if there were none. */
static bool drain(ch_xpool_shard *shard) {
    const chi_xpool_config *config = &shard->pool->config;
    uint32_t *ring = chi_xpool_ring(shard->pool, shard->index);
    returns back = returns_begin(shard);
    size_t mask = config->ring_slots - 1;
    size_t head = shard->ring_head;
    size_t end = head + config->batch;
    for (; head != end; head++) {
        uint32_t *place = &ring[head & mask];
        size_t number = __atomic_load_n(place, __ATOMIC_ACQUIRE);
        if (number == 0) {
            break;
        }
        __atomic_store_n(place, 0, __ATOMIC_RELAXED);
        reclaim(shard, &back, number - 1);
    }
    bool some = head != shard->ring_head;
    __atomic_store_n(&shard->ring_head, head, __ATOMIC_RELEASE);
    returns_end(shard, &back);
    return some;
}

/* Looks into every outbox for own objects. The numbers stay there; later they are dropped. */
static void peek(ch_xpool_shard *shard) {
    const chi_xpool_config *config = &shard->pool->config;
    returns back = returns_begin(shard);
    for (size_t releaser = 0; releaser < config->threads_max; releaser++) {
        const uint32_t *box = chi_xpool_outbox(shard->pool, releaser, shard->index);
        size_t count = __atomic_load_n(&box[0], __ATOMIC_ACQUIRE);
        for (size_t i = 0; i < count && i < config->batch; i++) {
            reclaim(shard, &back, (size_t)__atomic_load_n(&box[1 + i], __ATOMIC_RELAXED) - 1);
        }
    }
    returns_end(shard, &back);
}

static void look_at_states(ch_xpool_shard *shard) {
    if (__atomic_load_n(&shard->lost, __ATOMIC_RELAXED) != 0 &&
        __atomic_exchange_n(&shard->lost, 0, __ATOMIC_ACQUIRE) != 0) {
        returns back = returns_begin(shard);
        for (size_t i = 0; i < shard->per_thread; i++) {
            reclaim(shard, &back, shard->index * shard->per_thread + i);
        }
        returns_end(shard, &back);
    }
}

/* Fills an empty free list, from the nearest place that has something. */
static bool refill(ch_xpool_shard *shard) {
    size_t *count = count_of(shard);
    while (*count == 0 && drain(shard)) {}
    if (*count == 0 && shard->fresh < shard->per_thread) {
        shard->free_slots[0] = (uint32_t)(shard->index * shard->per_thread + shard->fresh);
        CH_PUBLISH(shard->fresh, shard->fresh + 1);
        CH_PUBLISH(*count, 1);
    }
    if (*count == 0) {
        peek(shard);
        look_at_states(shard);
    }
    return *count != 0;
}

/* Takes a slot that is listed as free. */
static bool take_slot(ch_xpool_shard *shard, size_t *slot) {
    size_t *count = count_of(shard);
    if (shard->spare != NULL) {
        *slot = shard->spare_slot;
        shard->given = NULL;
        CH_PUBLISH(shard->spare, NULL);
        return true;
    }
    if (*count == 0 && !refill(shard)) {
        return false;
    }
    *slot = shard->free_slots[*count - 1];
    CH_PUBLISH(*count, *count - 1);
    return true;
}

static ch_status take(ch_xpool_shard *shard, void **out, const void *site) {
    size_t slot = 0;
    while (take_slot(shard, &slot)) {
        void *object = shard->base + slot * shard->stride_bytes;
        if (CH_PEEK(shard->states[slot]) != shard->index << 2) {
            /* listed twice: two threads released it at one instant */
            (void)CHI_MISUSE_OF("ch_xpool_release", shard->pool, shard->pool->config.name, object,
                                CH_EDOUBLE);
            continue;
        }
        CH_PUBLISH(shard->states[slot], (uint16_t)shard->used_state);
        if (shard->pool->config.checked) {
            chi_open(object, shard->pool->config.object_bytes);
        }
        note(shard, CH_TRACK_ACQUIRE, site, object);
        *out = object;
        return CH_OK;
    }
    CH_PUBLISH(shard->failures, shard->failures + 1);
    note(shard, CH_TRACK_EXHAUSTED, site, NULL);
    return CH_EFULL;
}

void *ch_xpool_acquire_slow(ch_xpool_shard *shard) {
    void *object = NULL;
    ch_status status = shard_status(shard);
    if (status == CH_OK) {
        (void)take(shard, &object, CH_RETURN_ADDRESS());
    } else if (status == CH_ETHREAD) {
        (void)CHI_MISUSE_OF("ch_xpool_acquire", shard->pool, shard->pool->config.name, shard,
                            status);
    }
    return object;
}

ch_status ch_xpool_acquire_try(ch_xpool_shard *shard, void **out) {
    ch_status status = shard_status(shard);
    if (status == CH_ETHREAD) {
        return REPORT(shard, shard, status);
    }
    if (status != CH_OK || out == NULL) {
        return status != CH_OK ? status : CH_EINVAL;
    }
    return take(shard, out, CH_RETURN_ADDRESS());
}

/* ---- Release --------------------------------------------------------------------------------- */

ch_status ch_xpool_release_far(ch_xpool_shard *shard, size_t slot) {
    size_t state = CH_PEEK(shard->states[slot]);
    size_t owner = state >> 2;
    uint32_t *box = chi_xpool_outbox(shard->pool, shard->index, owner);
    size_t count = box[0];
    __atomic_store_n(&shard->states[slot], (uint16_t)(owner << 2 | CHI_XPOOL_RETURNING),
                     __ATOMIC_RELEASE);
    __atomic_store_n(&box[1 + count], (uint32_t)slot + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&box[0], (uint32_t)count + 1, __ATOMIC_RELEASE);
    CH_PUBLISH(shard->sent, shard->sent + 1);
    if (count + 1 == shard->pool->config.batch) {
        send(shard, owner);
    }
    return CH_OK;
}

/* The slot of an object, or why it is none. */
static ch_status slot_of(const ch_xpool *pool, const void *object, size_t *slot) {
    const ch_xpool_shard *any = &pool->config.shards[0];
    size_t offset = (uintptr_t)object - (uintptr_t)pool->config.objects;
    *slot = chi_pool_slot(offset, any->stride_inverse, any->stride_shift);
    if (*slot < chi_xpool_capacity(pool)) {
        return CH_OK;
    }
    return offset < chi_xpool_capacity(pool) * pool->config.stride_bytes ? CH_EINTERIOR
                                                                         : CH_EFOREIGN;
}

static void give(ch_xpool_shard *shard, size_t slot) {
    size_t *count = count_of(shard);
    if (CH_PEEK(shard->states[slot]) != shard->used_state || *count >= shard->per_thread) {
        (void)ch_xpool_release_far(shard, slot);
        return;
    }
    CH_PUBLISH(shard->states[slot], (uint16_t)(shard->index << 2));
    shard->free_slots[*count] = (uint32_t)slot;
    CH_PUBLISH(*count, *count + 1);
}

ch_status ch_xpool_release_slow(ch_xpool_shard *shard, void *object) {
    size_t slot = 0;
    ch_status status = shard_status(shard);
    if (status == CH_EINVAL || status == CH_ESTATE) {
        return status;
    }
    if (status == CH_OK) {
        status = slot_of(shard->pool, object, &slot);
    }
    if (status == CH_OK && (CH_PEEK(shard->states[slot]) & CHI_XPOOL_STATE) != CHI_XPOOL_USED) {
        status = CH_EDOUBLE;
    }
    if (status != CH_OK) {
        return CHI_MISUSE_OF("ch_xpool_release", shard->pool, shard->pool->config.name, object,
                             status);
    }
    if (shard->pool->config.checked) {
        chi_close(object, shard->pool->config.object_bytes);
    }
    note(shard, CH_TRACK_RELEASE, CH_RETURN_ADDRESS(), object);
    give(shard, slot);
    return CH_OK;
}

size_t ch_xpool_owner_of(const ch_xpool *pool, const void *object) {
    size_t slot = 0;
    if (pool == NULL || !chi_xpool_is_live(pool) || slot_of(pool, object, &slot) != CH_OK) {
        return SIZE_MAX;
    }
    return slot / pool->config.per_thread;
}
