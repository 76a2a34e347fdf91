/* pool.c: set-up, and what the inline paths of pool.h leave: first use of a slot, empty pools,
 * flags, generations at their end, checked builds, and all that is wrong. */
#include <coldheap/pool.h>

#include <coldheap/hash.h>
#include <coldheap/zero.h>

#include "base/misuse.h"
#include "mem/checked.h"
#include "mem/name.h"
#include "mem/pool_parts.h"
#include "mem/track_parts.h"

#define POOL_MAGIC ((uintptr_t)0x4c4f4f50u)
#define SEAL_SEED  0x504f4f4c50u
#define FLAGS_ALL                                                                                  \
    (CH_POOL_RETIRE | CH_POOL_FIFO | CH_POOL_ZERO_ON_RELEASE | CH_POOL_ZERO_ON_ACQUIRE)
#define FLAGS_SLOW (CH_POOL_FIFO | CH_POOL_ZERO_ON_RELEASE | CH_POOL_ZERO_ON_ACQUIRE)

static uint32_t generation_last_of(const ch_pool_options *options) {
    unsigned bits = options->generation_bits != 0 ? options->generation_bits : 32;
    return UINT32_MAX >> (32 - bits);
}

bool chi_pool_options_are_valid(const ch_pool_options *options) {
    if (options == NULL || options->object_bytes == 0 ||
        options->object_bytes > CH_POOL_OBJECT_MAX || options->count == 0 ||
        options->count > CH_POOL_COUNT_MAX || !ch_align_is_valid(options->align)) {
        return false;
    }
    unsigned bits = options->generation_bits;
    if ((options->flags & ~FLAGS_ALL) != 0 || bits == 1 || bits > 32) {
        return false;
    }
    uint32_t start = options->generation_start;
    return (start & 1u) == 0 && start < generation_last_of(options);
}

size_t ch_pool_align(const ch_pool_options *options) {
    if (!chi_pool_options_are_valid(options)) {
        return 0;
    }
    return options->align > sizeof(uint32_t) ? options->align : sizeof(uint32_t);
}

size_t ch_pool_stride(const ch_pool_options *options) {
    size_t stride = 0;
    if (!chi_pool_options_are_valid(options)) {
        return 0;
    }
    size_t redzone = chi_checked() ? CHI_REDZONE_BYTES : 0;
    size_t align = options->align;
    if (redzone != 0 && align < CHI_GRANULE_BYTES) {
        align = CHI_GRANULE_BYTES;
    }
    return ch_size_round_up(&stride, options->object_bytes + redzone, align) ? stride : 0;
}

/* Bytes of the objects, rounded up for the tables behind them, and of everything; 0 on overflow. */
static size_t footprint_parts(const ch_pool_options *options, size_t *objects) {
    size_t tables = 0;
    size_t total = 0;
    size_t stride = ch_pool_stride(options);
    if (stride == 0 || !ch_size_mul(objects, stride, options->count) ||
        !ch_size_round_up(objects, *objects, sizeof(uint32_t)) ||
        !ch_size_mul(&tables, options->count, 2 * sizeof(uint32_t)) ||
        !ch_size_add(&total, *objects, tables)) {
        return 0;
    }
    return total;
}

size_t ch_pool_footprint(const ch_pool_options *options) {
    size_t objects = 0;
    return footprint_parts(options, &objects);
}

void chi_pool_begin(ch_pool *pool, uint32_t *tables, const ch_pool_options *options) {
    size_t stride = ch_pool_stride(options);
    unsigned shift = ch_bits_low(stride);
    size_t start = options->generation_start;
    if ((options->flags & CH_POOL_RETIRE) != 0 && start == CHI_GENERATION_RETIRED) {
        start += 2;
    }
    *pool = (ch_pool){
        .generations = tables,
        .free_slots = tables + options->count,
        .stride_bytes = stride,
        .stride_inverse = chi_pool_inverse(stride >> shift),
        .stride_shift = shift,
        .generation_last = generation_last_of(options),
        .tracked = chi_track_is_wanted(NULL),
        .owner = chi_thread_token(),
        .config = {.object_bytes = options->object_bytes,
                   .align = options->align,
                   .count = options->count,
                   .flags = options->flags,
                   .generation_start = start,
                   .checked = chi_checked()},
    };
    chi_name_set(pool->config.name, options->name);
}

static uint64_t seal_of(const ch_pool *pool) {
    return ch_hash_bytes(&pool->config, sizeof pool->config, SEAL_SEED ^ pool->generation_last);
}

void chi_pool_seal(ch_pool *pool) {
    pool->seal = seal_of(pool);
    pool->magic = POOL_MAGIC ^ (uintptr_t)pool; /* a copy of a pool is not a live one */
}

bool chi_pool_is_live(const ch_pool *pool) {
    return pool->magic == (POOL_MAGIC ^ (uintptr_t)pool);
}

bool chi_pool_seal_holds(const ch_pool *pool) {
    return chi_pool_is_live(pool) && pool->seal == seal_of(pool);
}

bool chi_pool_is_fast(const ch_pool *pool) {
    return (pool->config.flags & FLAGS_SLOW) == 0 && !pool->config.checked && !pool->tracked &&
           !chi_pool_is_twin(pool);
}

ch_status ch_pool_init(ch_pool *pool, void *memory, size_t size_bytes,
                       const ch_pool_options *options) {
    size_t objects = 0;
    size_t need = footprint_parts(options, &objects);
    if (pool == NULL || memory == NULL || need == 0) {
        return CH_EINVAL;
    }
    if (ch_align_padding(memory, ch_pool_align(options)) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < need) {
        return CH_EFULL;
    }
    chi_pool_begin(pool, (uint32_t *)(void *)((uint8_t *)memory + objects), options);
    pool->base = memory;
    if (pool->config.checked) {
        chi_open(memory, need); /* it may be closed, as a part of another object */
        chi_close(memory, objects);
        chi_group_begin(pool);
    }
    chi_pool_seal(pool);
    return CH_OK;
}

static void note_peak(ch_pool *pool) {
    size_t used = ch_pool_in_use(pool);
    if (used > pool->peak_count) {
        CH_PUBLISH(pool->peak_count, used);
    }
}

static void set_fresh(ch_pool *pool, size_t fresh) {
    CH_PUBLISH(pool->fresh, fresh);
    pool->fast_fresh = chi_pool_is_fast(pool) ? fresh : 0;
}

/* The generation that a slot left in use by a reset, or at its end, goes on from; the slot may have
 * to be retired. */
static uint32_t generation_after(ch_pool *pool, uint32_t generation) {
    if (generation != pool->generation_last) {
        return generation + 1;
    }
    pool->acquired_before += ((uint64_t)pool->generation_last + 1) / 2;
    return CHI_GENERATION_RETIRED; /* the wrapped value, and the mark of a retired slot */
}

static bool retires(const ch_pool *pool) {
    return (pool->config.flags & CH_POOL_RETIRE) != 0;
}

/* Takes the next slot that was not used since the last reset; SIZE_MAX if there is none. */
static size_t take_fresh(ch_pool *pool) {
    while (pool->fresh < pool->config.count) {
        size_t slot = pool->fresh;
        set_fresh(pool, slot + 1);
        if (slot == pool->touched) {
            pool->touched++;
            pool->generations[slot] = (uint32_t)pool->config.generation_start;
            if ((pool->config.flags & CH_POOL_ZERO_ON_RELEASE) != 0 && !chi_pool_is_twin(pool)) {
                void *object = chi_pool_object(pool, slot);
                if (pool->config.checked) {
                    chi_open(object, pool->config.object_bytes);
                }
                ch_zero(object, pool->config.object_bytes);
            }
            return slot;
        }
        uint32_t generation = pool->generations[slot];
        bool retired = retires(pool) && generation == CHI_GENERATION_RETIRED;
        if ((generation & 1u) != 0) { /* in use when the reset came */
            generation = generation_after(pool, generation);
            pool->generations[slot] = generation;
            retired = retires(pool) && generation == CHI_GENERATION_RETIRED;
            CH_PUBLISH(pool->retired_count, pool->retired_count + retired);
        }
        if (!retired) {
            return slot;
        }
        CH_PUBLISH(pool->retired_passed, pool->retired_passed + 1);
    }
    return SIZE_MAX;
}

/* Takes the slot to reuse: the last released one, or with CH_POOL_FIFO the first. */
static size_t take_held(ch_pool *pool) {
    if (pool->held_count == 0) {
        return SIZE_MAX;
    }
    size_t at = pool->held_count - 1;
    if ((pool->config.flags & CH_POOL_FIFO) != 0) {
        at = pool->held_first;
        pool->held_first = at + 1 == pool->config.count ? 0 : at + 1;
    }
    CH_PUBLISH(pool->held_count, pool->held_count - 1);
    return pool->free_slots[at];
}

/* Takes the spare slot, if there is one, as any other free slot: with an even generation. */
static size_t take_spare(ch_pool *pool) {
    if (pool->spare == NULL) {
        return SIZE_MAX;
    }
    CH_PUBLISH(pool->spare, NULL);
    pool->generations[pool->spare_slot]++;
    return pool->spare_slot;
}

static void put_back(ch_pool *pool, size_t slot) {
    size_t at = pool->held_count;
    if (chi_pool_is_fast(pool)) {
        size_t spare = take_spare(pool);
        if (spare != SIZE_MAX) {
            pool->free_slots[pool->free_count] = (uint32_t)spare;
            CH_PUBLISH(pool->free_count, pool->free_count + 1);
        }
        pool->free_slots[pool->free_count] = (uint32_t)slot;
        CH_PUBLISH(pool->free_count, pool->free_count + 1);
        return;
    }
    if ((pool->config.flags & CH_POOL_FIFO) != 0) {
        size_t to_end = pool->config.count - pool->held_first;
        at = at < to_end ? pool->held_first + at : at - to_end;
    }
    pool->free_slots[at] = (uint32_t)slot;
    CH_PUBLISH(pool->held_count, pool->held_count + 1);
}

static size_t take_slot(ch_pool *pool) {
    bool fifo = (pool->config.flags & CH_POOL_FIFO) != 0;
    size_t slot = take_spare(pool);
    if (slot != SIZE_MAX) {
        return slot;
    }
    if (!fifo && pool->free_count > 0) {
        CH_PUBLISH(pool->free_count, pool->free_count - 1);
        return pool->free_slots[pool->free_count];
    }
    slot = fifo ? take_fresh(pool) : take_held(pool);
    if (slot == SIZE_MAX) {
        slot = fifo ? take_held(pool) : take_fresh(pool);
    }
    return slot;
}

static void note(const ch_pool *pool, unsigned op, size_t size_bytes, const void *site,
                 const void *object) {
    if (pool->tracked) {
        chi_track(pool->tracker, CH_TRACK_POOL, op, size_bytes, site, object);
    }
}

/* All objects in use go back at once. */
static void note_all(const ch_pool *pool, const void *site) {
    size_t in_use = ch_pool_in_use(pool);
    if (in_use > 0) {
        note(pool, CH_TRACK_RELEASE, in_use * pool->config.object_bytes, site, NULL);
    }
}

static ch_status fail(ch_pool *pool, ch_status status, const void *site) {
    CH_PUBLISH(pool->failures, pool->failures + 1);
    note(pool, CH_TRACK_EXHAUSTED, pool->config.object_bytes, site, NULL);
    return status;
}

static ch_status acquire(ch_pool *pool, size_t *taken, const void *site) {
    size_t slot = take_slot(pool);
    pool->given = NULL;
    if (slot == SIZE_MAX) {
        return fail(pool, CH_EFULL, site);
    }
    if (chi_pool_is_twin(pool) && !chi_pool_twin_fetch(pool, slot)) {
        put_back(pool, slot);
        return fail(pool, CH_ENOMEM, site);
    }
    pool->generations[slot]++;
    note_peak(pool);
    void *object = chi_pool_object(pool, slot);
    size_t size_bytes = pool->config.object_bytes;
    if (pool->config.checked && !chi_pool_is_twin(pool)) {
        bool zeroed = (pool->config.flags & CH_POOL_ZERO_ON_RELEASE) != 0;
        chi_group_add(pool, object, size_bytes);
        (zeroed ? chi_open_defined : chi_open)(object, size_bytes);
    }
    if ((pool->config.flags & CH_POOL_ZERO_ON_ACQUIRE) != 0 ||
        (chi_pool_is_twin(pool) && (pool->config.flags & CH_POOL_ZERO_ON_RELEASE) != 0)) {
        ch_zero(object, size_bytes);
    }
    note(pool, CH_TRACK_ACQUIRE, size_bytes, site, object);
    *taken = slot;
    return CH_OK;
}

static bool wrong_thread(const ch_pool *pool) {
    return pool->owner != chi_thread_token();
}

void *ch_pool_acquire_slow(ch_pool *pool) {
    size_t slot = 0;
    if (!chi_pool_is_live(pool)) {
        return NULL;
    }
    if (wrong_thread(pool)) {
        (void)CHI_MISUSE_OF("ch_pool_acquire", pool, pool->config.name, NULL, CH_ETHREAD);
        return NULL;
    }
    return acquire(pool, &slot, CH_RETURN_ADDRESS()) == CH_OK ? chi_pool_object(pool, slot) : NULL;
}

ch_status ch_pool_acquire_try(ch_pool *pool, void **out) {
    size_t slot = 0;
    if (pool == NULL || out == NULL) {
        return CH_EINVAL;
    }
    if (!chi_pool_is_live(pool)) {
        return CH_ESTATE;
    }
    if (wrong_thread(pool)) {
        return CHI_MISUSE(pool, pool->config.name, NULL, CH_ETHREAD);
    }
    ch_status status = acquire(pool, &slot, CH_RETURN_ADDRESS());
    if (status == CH_OK) {
        *out = chi_pool_object(pool, slot);
    }
    return status;
}

void *ch_pool_acquire_handle(ch_pool *pool, ch_pool_handle *handle) {
    size_t slot = 0;
    if (!chi_pool_is_live(pool)) {
        return NULL;
    }
    if (wrong_thread(pool)) {
        (void)CHI_MISUSE(pool, pool->config.name, NULL, CH_ETHREAD);
        return NULL;
    }
    if (acquire(pool, &slot, CH_RETURN_ADDRESS()) != CH_OK) {
        return NULL;
    }
    *handle = (ch_pool_handle){.index = (uint32_t)slot, .generation = pool->generations[slot]};
    return chi_pool_object(pool, slot);
}

/* Yields CH_OK and the slot of an object in use, or what the pointer is instead. */
static ch_status find(const ch_pool *pool, const void *object, size_t *slot) {
    if (chi_pool_is_twin(pool)) {
        return chi_pool_twin_slot(pool, object, slot);
    }
    size_t offset = (uintptr_t)object - (uintptr_t)pool->base;
    if (offset >= pool->config.count * pool->stride_bytes) {
        return CH_EFOREIGN;
    }
    *slot = chi_pool_slot_of(pool, object);
    if (*slot >= pool->config.count) {
        return CH_EINTERIOR;
    }
    return chi_pool_is_used(pool, *slot) ? CH_OK : CH_EDOUBLE;
}

static void release(ch_pool *pool, size_t slot, const void *site) {
    pool->given = NULL;
    uint32_t generation = generation_after(pool, pool->generations[slot]);
    void *object = chi_pool_object(pool, slot);
    note(pool, CH_TRACK_RELEASE, pool->config.object_bytes, site, object);
    if (chi_pool_is_twin(pool)) {
        chi_pool_twin_return(pool, slot);
    } else if ((pool->config.flags & CH_POOL_ZERO_ON_RELEASE) != 0) {
        ch_zero(object, pool->config.object_bytes);
    }
    if (pool->config.checked && !chi_pool_is_twin(pool)) {
        chi_group_drop(pool, object);
        chi_close(object, pool->config.object_bytes);
    }
    pool->generations[slot] = generation;
    if (retires(pool) && generation == CHI_GENERATION_RETIRED) {
        CH_PUBLISH(pool->retired_count, pool->retired_count + 1);
        CH_PUBLISH(pool->retired_passed, pool->retired_passed + 1);
        return;
    }
    put_back(pool, slot);
}

ch_status ch_pool_release_slow(ch_pool *pool, void *object) {
    size_t slot = 0;
    if (!chi_pool_is_live(pool)) {
        return CH_ESTATE;
    }
    if (wrong_thread(pool)) {
        return CHI_MISUSE_OF("ch_pool_release", pool, pool->config.name, object, CH_ETHREAD);
    }
    ch_status status = find(pool, object, &slot);
    if (status != CH_OK) {
        return CHI_MISUSE_OF("ch_pool_release", pool, pool->config.name, object, status);
    }
    release(pool, slot, CH_RETURN_ADDRESS());
    return CH_OK;
}

static ch_status handle_status(const ch_pool *pool, ch_pool_handle handle) {
    if (handle.index >= pool->config.count) {
        return CH_EFOREIGN;
    }
    bool same = chi_pool_is_used(pool, handle.index) &&
                pool->generations[handle.index] == handle.generation;
    return same ? CH_OK : CH_ESTALE;
}

ch_status ch_pool_get_try(const ch_pool *pool, void **out, ch_pool_handle handle) {
    if (pool == NULL || out == NULL) {
        return CH_EINVAL;
    }
    if (!chi_pool_is_live(pool)) {
        return CH_ESTATE;
    }
    ch_status status = handle_status(pool, handle);
    if (status == CH_OK) {
        *out = chi_pool_object(pool, handle.index);
    }
    return status;
}

void *ch_pool_get_slow(const ch_pool *pool, ch_pool_handle handle) {
    void *object = NULL;
    return ch_pool_get_try(pool, &object, handle) == CH_OK ? object : NULL;
}

ch_status ch_pool_release_handle(ch_pool *pool, ch_pool_handle handle) {
    if (pool == NULL) {
        return CH_EINVAL;
    }
    if (!chi_pool_is_live(pool)) {
        return CH_ESTATE;
    }
    ch_status status = wrong_thread(pool) ? CH_ETHREAD : handle_status(pool, handle);
    if (status != CH_OK) {
        return CHI_MISUSE(pool, pool->config.name, NULL, status);
    }
    release(pool, handle.index, CH_RETURN_ADDRESS());
    return CH_OK;
}

size_t ch_pool_index_of(const ch_pool *pool, const void *object) {
    size_t slot = 0;
    bool live = pool != NULL && chi_pool_is_live(pool);
    return live && find(pool, object, &slot) == CH_OK ? slot : SIZE_MAX;
}

ch_pool_handle ch_pool_handle_of(const ch_pool *pool, const void *object) {
    size_t slot = ch_pool_index_of(pool, object);
    if (slot == SIZE_MAX) {
        return (ch_pool_handle){0};
    }
    return (ch_pool_handle){.index = (uint32_t)slot, .generation = pool->generations[slot]};
}

ch_status ch_pool_reset(ch_pool *pool) {
    if (pool == NULL) {
        return CH_EINVAL;
    }
    if (!chi_pool_is_live(pool)) {
        return CH_ESTATE;
    }
    if (wrong_thread(pool)) {
        return CHI_MISUSE(pool, pool->config.name, NULL, CH_ETHREAD);
    }
    size_t bytes = pool->fresh * pool->stride_bytes;
    note_all(pool, CH_RETURN_ADDRESS());
    if (chi_pool_is_twin(pool)) {
        chi_pool_twin_return_all(pool);
    } else if ((pool->config.flags & CH_POOL_ZERO_ON_RELEASE) != 0) {
        if (pool->config.checked) {
            chi_open_defined(pool->base, bytes);
        }
        ch_zero(pool->base, bytes);
    }
    if (pool->config.checked && !chi_pool_is_twin(pool)) {
        chi_group_keep(pool, pool->base, 0);
        chi_close(pool->base, bytes);
    }
    set_fresh(pool, 0);
    CH_PUBLISH(pool->spare, NULL);
    pool->given = NULL;
    CH_PUBLISH(pool->free_count, 0);
    CH_PUBLISH(pool->held_count, 0);
    CH_PUBLISH(pool->retired_passed, 0);
    pool->held_first = 0;
    return CH_OK;
}

ch_status ch_pool_fini(ch_pool *pool) {
    if (pool == NULL || !chi_pool_is_live(pool)) {
        return CH_OK;
    }
    note_all(pool, CH_RETURN_ADDRESS());
    pool->magic = 0;
    if (chi_pool_is_twin(pool)) {
        chi_pool_twin_return_all(pool);
    } else if (pool->config.checked) {
        chi_group_end(pool);
        chi_open_defined(pool->base, pool->config.count * pool->stride_bytes);
    }
    *pool = (ch_pool){0};
    return CH_OK;
}

static void track_as(ch_pool *pool, ch_tracker *tracker, bool tracked) {
    bool was_fast = chi_pool_is_fast(pool);
    pool->tracker = tracker;
    pool->tracked = tracked;
    bool fast = chi_pool_is_fast(pool);
    pool->given = NULL;
    if (was_fast && !fast) {
        size_t spare = take_spare(pool);
        size_t count = pool->free_count;
        CH_PUBLISH(pool->free_count, 0);
        CH_PUBLISH(pool->held_count, count);
        pool->spare_slot = 0;
        if (spare != SIZE_MAX) {
            put_back(pool, spare);
        }
    } else if (fast && !was_fast) {
        size_t count = pool->held_count;
        CH_PUBLISH(pool->held_count, 0);
        CH_PUBLISH(pool->free_count, count);
    }
    pool->fast_fresh = fast ? pool->fresh : 0;
}

ch_status ch_pool_track(ch_pool *pool, ch_tracker *tracker) {
    if (pool == NULL) {
        return CH_EINVAL;
    }
    if (!chi_pool_is_live(pool)) {
        return CH_ESTATE;
    }
    if (wrong_thread(pool)) {
        return CHI_MISUSE(pool, pool->config.name, tracker, CH_ETHREAD);
    }
    track_as(pool, tracker, chi_track_is_wanted(tracker));
    return CH_OK;
}
