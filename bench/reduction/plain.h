/** plain.h: pools, slabs and buffer pools as a program has them that knows only malloc: what the
 *  twins measure too, without the tables that tell a twin's blocks apart. A workload includes it
 *  last; with REDUCTION_PLAIN it replaces the names that workloads use, without it nothing.
 *
 *  Arenas and stacks keep their twins, which do what such a program must do anyway: remember what
 * to free later. */
#ifndef BENCH_PLAIN_H
#define BENCH_PLAIN_H

#include <coldheap/bufpool.h>
#include <coldheap/pool.h>
#include <coldheap/slab.h>

#ifdef REDUCTION_PLAIN

#include <stdlib.h>
#include <string.h>

typedef struct plain_pool {
    size_t object_bytes;
    bool zeroes;
} plain_pool;

static inline ch_status plain_pool_init(plain_pool *pool, const ch_pool_options *options) {
    pool->object_bytes = options->object_bytes;
    pool->zeroes = (options->flags & (CH_POOL_ZERO_ON_RELEASE | CH_POOL_ZERO_ON_ACQUIRE)) != 0;
    return CH_OK;
}

static inline void *plain_pool_acquire(const plain_pool *pool) {
    return pool->zeroes ? calloc(1, pool->object_bytes) : malloc(pool->object_bytes);
}

static inline ch_status plain_free(void *block) {
    free(block);
    return CH_OK;
}

/* A buffer's owner frees it by its address; contents are cleared as the pool clears them. */
static inline ch_status plain_buffer_acquire(bool keeps, ch_buffer *buffer, size_t size_bytes) {
    buffer->data = keeps ? malloc(size_bytes) : calloc(1, size_bytes);
    buffer->capacity = buffer->data != NULL ? size_bytes : 0;
    buffer->length = 0;
    return buffer->data != NULL ? CH_OK : CH_ENOMEM;
}

static inline ch_status plain_buffer_release(ch_buffer *buffer) {
    free(buffer->data);
    memset(buffer, 0, sizeof *buffer);
    return CH_OK;
}

#define ch_pool                                   plain_pool
#define ch_pool_footprint(options)                ((void)(options), (size_t)64)
#define ch_pool_twin_footprint(options)           ch_pool_footprint(options)
#define ch_pool_init(pool, memory, size, options) ((void)(memory), plain_pool_init(pool, options))
#define ch_pool_init_twin(pool, memory, size, options, source)                                     \
    ((void)(memory), plain_pool_init(pool, options))
#define ch_pool_acquire(pool)         plain_pool_acquire(pool)
#define ch_pool_release(pool, object) plain_free(object)
#define ch_pool_fini(pool)            ((void)(pool), CH_OK)

#define ch_slab_footprint(options)                             ((void)(options), (size_t)64)
#define ch_slab_twin_footprint(options)                        ch_slab_footprint(options)
#define ch_slab_init(slab, memory, size, options)              ((void)(memory), (void)(slab), CH_OK)
#define ch_slab_init_twin(slab, memory, size, options, source) ch_slab_init(slab, memory, size, 0)
#define ch_slab_acquire(slab, size)                            malloc(size)
#define ch_slab_release(slab, block)                           plain_free(block)
#define ch_slab_fini(slab)                                     ((void)(slab), CH_OK)

#define ch_bufpool_footprint(options)      ((void)(options), (size_t)64)
#define ch_bufpool_twin_footprint(options) ch_bufpool_footprint(options)
#define ch_bufpool_init(pool, memory, size, options)                                               \
    ((void)(memory), (pool)->config.clears = !(options)->keep_contents, CH_OK)
#define ch_bufpool_init_twin(pool, memory, size, options, source)                                  \
    ch_bufpool_init(pool, memory, size, options)
#define ch_bufpool_acquire(pool, buffer, size)                                                     \
    plain_buffer_acquire((pool)->config.clears == 0, buffer, size)
#define ch_bufpool_release(pool, buffer) plain_buffer_release(buffer)
#define ch_bufpool_fini(pool)            ((void)(pool), CH_OK)

#endif
#endif
