/* bufpool.c: set-up of buffer pools, and what the inline paths of bufpool.h leave: first use of a
 * buffer, falling through, checked builds, twins, and all that is wrong. */
#include <coldheap/bufpool.h>

#include <coldheap/hash.h>

#include "base/misuse.h"
#include "mem/bufpool_parts.h"
#include "mem/checked.h"
#include "mem/name.h"

#define BUFPOOL_MAGIC ((uintptr_t)0x46465542u)
#define SEAL_SEED     0x4255464645u

static const ch_bufpool_class DEFAULT_CLASSES[] = {{64, 500}, {256, 250}, {1024, 100}, {4096, 25}};
enum { DEFAULT_COUNT = sizeof DEFAULT_CLASSES / sizeof DEFAULT_CLASSES[0] };

typedef struct layout {
    const ch_bufpool_class *classes;
    size_t class_count;
    size_t at[CH_BUFPOOL_CLASSES_MAX];
    size_t bytes[CH_BUFPOOL_CLASSES_MAX];
    size_t total_bytes;
} layout;

static ch_pool_options pool_options(const ch_bufpool_class *class, const char *name) {
    size_t align = class->size_bytes & (0 - class->size_bytes);
    return (ch_pool_options){.object_bytes = class->size_bytes,
                             .align = align < CH_BUFFER_ALIGN_MAX ? align : CH_BUFFER_ALIGN_MAX,
                             .count = class->count,
                             .name = name};
}

static bool lay_out_class(layout *l, size_t i, bool twin) {
    const ch_bufpool_class *class = &l->classes[i];
    ch_pool_options options = pool_options(class, NULL);
    l->bytes[i] = 0;
    if (class->count == 0) {
        return true;
    }
    l->bytes[i] = twin ? ch_pool_twin_footprint(&options) : ch_pool_footprint(&options);
    return l->bytes[i] != 0 && ch_size_round_up(&l->at[i], l->total_bytes, CH_BUFFER_ALIGN_MAX) &&
           ch_size_add(&l->total_bytes, l->at[i], l->bytes[i]);
}

static bool lay_out(const ch_bufpool_options *options, bool twin, layout *l) {
    bool custom = options != NULL && options->classes != NULL;
    size_t last = 0;
    *l = (layout){.classes = custom ? options->classes : DEFAULT_CLASSES,
                  .class_count = custom ? options->class_count : DEFAULT_COUNT};
    if (l->class_count == 0 || l->class_count > CH_BUFPOOL_CLASSES_MAX) {
        return false;
    }
    for (size_t i = 0; i < l->class_count; i++) {
        const ch_bufpool_class *class = &l->classes[i];
        if (class->size_bytes <= last || class->size_bytes > CH_POOL_OBJECT_MAX ||
            class->count > CH_BUFPOOL_COUNT_MAX || !lay_out_class(l, i, twin)) {
            return false;
        }
        last = class->size_bytes;
    }
    return l->total_bytes > 0;
}

size_t ch_bufpool_align(void) {
    return CH_BUFFER_ALIGN_MAX;
}

size_t ch_bufpool_footprint(const ch_bufpool_options *options) {
    layout l;
    return lay_out(options, false, &l) ? l.total_bytes : 0;
}

size_t ch_bufpool_twin_footprint(const ch_bufpool_options *options) {
    layout l;
    return lay_out(options, true, &l) ? l.total_bytes : 0;
}

bool chi_bufpool_is_live(const ch_bufpool *pool) {
    return pool->magic == (BUFPOOL_MAGIC ^ (uintptr_t)pool);
}

uint64_t chi_bufpool_seal_of(const ch_bufpool *pool) {
    return ch_hash_bytes(&pool->config, sizeof pool->config, SEAL_SEED);
}

static ch_status init(ch_bufpool *pool, void *memory, size_t size_bytes,
                      const ch_bufpool_options *options, const ch_allocator *source) {
    static const ch_bufpool_options plain = {0};
    layout l;
    if (pool == NULL || memory == NULL || !lay_out(options, source != NULL, &l)) {
        return CH_EINVAL;
    }
    if (ch_align_padding(memory, CH_BUFFER_ALIGN_MAX) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes < l.total_bytes) {
        return CH_EFULL;
    }
    options = options != NULL ? options : &plain;
    *pool = (ch_bufpool){.owner = chi_thread_token()};
    pool->config.class_count = l.class_count;
    pool->config.strict = options->strict;
    pool->config.clears = !options->keep_contents;
    chi_name_set(pool->config.name, options->name);
    for (size_t i = 0; i <= CH_BUFPOOL_CLASSES_MAX; i++) {
        pool->config.sizes[i] = i < l.class_count ? l.classes[i].size_bytes : SIZE_MAX;
    }
    for (size_t i = 0; i < l.class_count; i++) {
        if (l.classes[i].count == 0) {
            continue;
        }
        ch_pool_options one = pool_options(&l.classes[i], options->name);
        void *part = (uint8_t *)memory + l.at[i];
        ch_status status = source != NULL
                               ? ch_pool_init_twin(&pool->pools[i], part, l.bytes[i], &one, source)
                               : ch_pool_init(&pool->pools[i], part, l.bytes[i], &one);
        CH_REQUIRE(status == CH_OK); /* its footprint was asked for */
    }
    pool->seal = chi_bufpool_seal_of(pool);
    pool->magic = BUFPOOL_MAGIC ^ (uintptr_t)pool; /* a copy of a pool is not a live one */
    return CH_OK;
}

ch_status ch_bufpool_init(ch_bufpool *pool, void *memory, size_t size_bytes,
                          const ch_bufpool_options *options) {
    return init(pool, memory, size_bytes, options, NULL);
}

ch_status ch_bufpool_init_twin(ch_bufpool *pool, void *memory, size_t size_bytes,
                               const ch_bufpool_options *options, const ch_allocator *source) {
    if (source == NULL || source->alloc == NULL || source->free == NULL) {
        return CH_EINVAL;
    }
    return init(pool, memory, size_bytes, options, source);
}

/* ---- Acquire and release --------------------------------------------------------------------- */

static ch_status take_of_class(ch_bufpool *pool, ch_buffer *buffer, size_t i) {
    void *data = NULL;
    if (!chi_pool_is_live(&pool->pools[i])) {
        return CH_EFULL; /* absent */
    }
    ch_status status = ch_pool_acquire_try(&pool->pools[i], &data);
    if (status != CH_OK) {
        return status;
    }
    ch_pool_handle handle = ch_pool_handle_of(&pool->pools[i], data);
    if (pool->config.clears) { /* it may never have been in use, or left so by a reset */
        ch_zero(data, pool->config.sizes[i]);
    }
    *buffer = (ch_buffer){
        .data = data,
        .capacity = pool->config.sizes[i],
        .handle = {.pool = pool,
                   .index = (uint32_t)(i << CHI_BUFFER_SLOT_BITS | handle.index),
                   .generation = handle.generation},
    };
    return CH_OK;
}

static ch_status take(ch_bufpool *pool, ch_buffer *buffer, size_t size_bytes) {
    size_t wanted = 0;
    ch_status first = CH_OK;
    while (pool->config.sizes[wanted] < size_bytes) {
        wanted++;
    }
    if (wanted == pool->config.class_count) {
        CH_PUBLISH(pool->too_large, pool->too_large + 1);
        return CH_ERANGE;
    }
    size_t end = pool->config.strict ? wanted + 1 : pool->config.class_count;
    for (size_t i = wanted; i < end; i++) {
        ch_status status = take_of_class(pool, buffer, i);
        if (status == CH_OK) {
            CH_PUBLISH(pool->acquires, pool->acquires + 1);
            CH_PUBLISH(pool->fall_throughs[wanted], pool->fall_throughs[wanted] + (i != wanted));
            return CH_OK;
        }
        first = i == wanted ? status : first;
    }
    CH_PUBLISH(pool->failures[wanted], pool->failures[wanted] + 1);
    return first;
}

ch_status ch_bufpool_acquire_slow(ch_bufpool *pool, ch_buffer *buffer, size_t size_bytes) {
    if (!chi_bufpool_is_live(pool)) {
        return CH_ESTATE;
    }
    if (pool->owner != chi_thread_token()) {
        return CHI_MISUSE_OF("ch_bufpool_acquire", pool, pool->config.name, NULL, CH_ETHREAD);
    }
    return take(pool, buffer, size_bytes);
}

/* CH_OK if the buffer is on loan, else what is wrong with it. */
static ch_status find(const ch_bufpool *pool, const ch_buffer *buffer, size_t *class_index,
                      size_t *slot) {
    *class_index = buffer->handle.index >> CHI_BUFFER_SLOT_BITS;
    *slot = buffer->handle.index & (((uint32_t)1 << CHI_BUFFER_SLOT_BITS) - 1);
    if (buffer->handle.pool != pool || *class_index >= pool->config.class_count) {
        return CH_EFOREIGN;
    }
    void *data = NULL;
    const ch_pool *slots = &pool->pools[*class_index];
    ch_pool_handle handle = {.index = (uint32_t)*slot, .generation = buffer->handle.generation};
    ch_status status =
        chi_pool_is_live(slots) ? ch_pool_get_try(slots, &data, handle) : CH_EFOREIGN;
    if (status == CH_OK && data != buffer->data) {
        status = CH_EINTERIOR;
    }
    return status;
}

ch_status ch_bufpool_release_slow(ch_bufpool *pool, uint8_t *data, const ch_bufpool *lender,
                                  uint32_t index, uint32_t generation) {
    const ch_buffer buffer = {.data = data,
                              .handle = {.pool = lender, .index = index, .generation = generation}};
    size_t class_index = 0;
    size_t slot = 0;
    if (!chi_bufpool_is_live(pool)) {
        return CH_ESTATE;
    }
    bool stranger = pool->owner != chi_thread_token();
    ch_status status = stranger ? CH_ETHREAD : find(pool, &buffer, &class_index, &slot);
    if (status != CH_OK) {
        return CHI_MISUSE_OF("ch_bufpool_release", pool, pool->config.name, data, status);
    }
    if (pool->config.clears) {
        ch_zero(data, pool->config.sizes[class_index]);
    }
    return ch_pool_release(&pool->pools[class_index], data);
}

bool ch_bufpool_is_lent(const ch_bufpool *pool, const ch_buffer *buffer) {
    size_t class_index = 0;
    size_t slot = 0;
    return pool != NULL && buffer != NULL && chi_bufpool_is_live(pool) &&
           find(pool, buffer, &class_index, &slot) == CH_OK;
}

/* ---- All of it ------------------------------------------------------------------------------- */

ch_status ch_bufpool_reset(ch_bufpool *pool) {
    if (pool == NULL) {
        return CH_EINVAL;
    }
    if (!chi_bufpool_is_live(pool)) {
        return CH_ESTATE;
    }
    if (pool->owner != chi_thread_token()) {
        return CHI_MISUSE(pool, pool->config.name, NULL, CH_ETHREAD);
    }
    for (size_t i = 0; i < pool->config.class_count; i++) {
        if (chi_pool_is_live(&pool->pools[i])) {
            (void)ch_pool_reset(&pool->pools[i]);
        }
    }
    return CH_OK;
}

ch_status ch_bufpool_fini(ch_bufpool *pool) {
    if (pool == NULL || !chi_bufpool_is_live(pool)) {
        return CH_OK;
    }
    pool->magic = 0;
    for (size_t i = 0; i < pool->config.class_count; i++) {
        (void)ch_pool_fini(&pool->pools[i]);
    }
    *pool = (ch_bufpool){0};
    return CH_OK;
}
