/** pool.h: a pool of one type, as an include-template over ch_pool (coldheap/pool.h): the same
 *  object with options made from the type, and pointers of the right type.
 *
 *      #define CH_POOL_NAME frames              // prefix of the functions
 *      #define CH_POOL_TYPE frame
 *      #define CH_POOL_STRIDE 64                // optional: see below
 *      #include <coldheap/tmpl/pool.h>
 *
 *  The parameters are undefined at the end. What the instance `frames` offers:
 *
 *    frames_options(count)       options for count objects, to be changed further at will.
 *
 *    frames_init(p, memory, size, &options)   as ch_pool_init. CH_EINVAL also if the options are
 *                                not made for the type.
 *
 *    frames_fits(p)              whether the objects of a pool, for instance one of a set
 *                                (pools.h), are exactly as large as the type and aligned enough.
 *
 *    frames_acquire(p), frames_release(p, object), frames_acquire_handle(p, &handle),
 *    frames_get(p, handle)       as the functions of ch_pool.
 *
 *  All else (footprint, reset, fini, queries, check, release_handle) is ch_pool's own.
 *
 *  A release divides by a constant, CH_POOL_STRIDE: the distance of objects, sizeof(type) if not
 *  given. A pool with another one, because its align was raised, is served all the same, out of
 *  line. */
#include <string.h>

#include <coldheap/pool.h>
#include <coldheap/tmpl/join.h>

#ifndef CH_POOL_NAME
#error "pool.h: CH_POOL_NAME must be the prefix of the functions"
#endif
#ifndef CH_POOL_TYPE
#error "pool.h: CH_POOL_TYPE must be the type of the objects"
#endif
#ifndef CH_POOL_STRIDE
#define CH_POOL_STRIDE sizeof(CH_POOL_TYPE)
#endif

#define CHI_(suffix) CH_JOIN(CH_POOL_NAME, suffix)

static inline ch_pool_options CHI_(_options)(size_t count) {
    ch_pool_options options;
    memset(&options, 0, sizeof options); /* {0} is a warning in C++, {} an error in C17 */
    options.object_bytes = sizeof(CH_POOL_TYPE);
    options.align = CH_ALIGNOF(CH_POOL_TYPE);
    options.count = count;
    return options;
}

static inline ch_status CHI_(_init)(ch_pool *pool, void *memory, size_t size_bytes,
                                    const ch_pool_options *options) {
    if (options == NULL || options->object_bytes != sizeof(CH_POOL_TYPE) ||
        options->align < CH_ALIGNOF(CH_POOL_TYPE)) {
        return CH_EINVAL;
    }
    return ch_pool_init(pool, memory, size_bytes, options);
}

static inline bool CHI_(_fits)(const ch_pool *pool) {
    return pool != NULL && pool->config.object_bytes == sizeof(CH_POOL_TYPE) &&
           pool->config.align >= CH_ALIGNOF(CH_POOL_TYPE);
}

static inline CH_POOL_TYPE *CHI_(_acquire)(ch_pool *pool) {
    return (CH_POOL_TYPE *)ch_pool_acquire(pool);
}

static inline ch_status CHI_(_release)(ch_pool *pool, CH_POOL_TYPE *object) {
    return chi_pool_give_stride(pool, object, CH_POOL_STRIDE);
}

static inline CH_POOL_TYPE *CHI_(_acquire_handle)(ch_pool *pool, ch_pool_handle *handle) {
    return (CH_POOL_TYPE *)ch_pool_acquire_handle(pool, handle);
}

static inline CH_POOL_TYPE *CHI_(_get)(const ch_pool *pool, ch_pool_handle handle) {
    return (CH_POOL_TYPE *)ch_pool_get(pool, handle);
}

#undef CHI_
#undef CH_POOL_NAME
#undef CH_POOL_TYPE
#undef CH_POOL_STRIDE
