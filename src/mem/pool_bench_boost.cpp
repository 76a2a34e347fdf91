// pool_bench_boost.cpp: boost::pool as a rival of the pool bench. Built where a C++ compiler and
// Boost's headers are.
#include "mem/pool_bench_rig.h"

#include <boost/pool/pool.hpp>

using pool = boost::pool<boost::default_user_allocator_malloc_free>;

CH_INLINE void *boost_take(void *allocator) {
    return static_cast<pool *>(allocator)->malloc();
}

CH_INLINE void boost_give(void *allocator, void *object) {
    static_cast<pool *>(allocator)->free(object);
}

POOL_BENCH_BODIES(boost)

static void *take(void *allocator) {
    return boost_take(allocator);
}

static void give(void *allocator, void *object) {
    boost_give(allocator, object);
}

const pool_bench_rival *pool_bench_boost() {
    static pool objects(POOL_BENCH_BYTES, POOL_BENCH_LIVE);
    static const pool_bench_rival rival = {"boost::pool", POOL_BENCH_BODIES_OF(boost), take, give,
                                           &objects};
    return &rival;
}
