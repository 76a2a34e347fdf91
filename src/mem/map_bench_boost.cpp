// map_bench_boost.cpp: boost::unordered_flat_map as a rival of the map bench. Built where a C++
// compiler and Boost 1.81 or newer are.
#include "mem/map_bench_rig.h"

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdlib>

using flat_map = boost::unordered_flat_map<std::uint64_t, std::uint64_t>;

CH_INLINE std::uint64_t boost_look(const void *map, std::uint64_t key) {
    const flat_map *m = static_cast<const flat_map *>(map);
    auto found = m->find(key);
    return found != m->end() ? found->second : 0;
}

CH_INLINE void boost_put(void *map, std::uint64_t key, std::uint64_t value) {
    static_cast<flat_map *>(map)->insert_or_assign(key, value);
}

CH_INLINE void boost_drop(void *map, std::uint64_t key, std::uint64_t) {
    static_cast<flat_map *>(map)->erase(key);
}

MAP_BODIES(boost)

static void boost_put_call(void *map, std::uint64_t key, std::uint64_t value) {
    boost_put(map, key, value);
}

// It keeps a slot for itself, so that `slots` as ours has them hold one entry less; asked for more
// it would double.
static void *boost_create(std::size_t slots, std::size_t capacity) {
    auto *map = new flat_map;
    map->reserve(capacity - 1);
    if (map->bucket_count() != slots - 1) {
        std::abort();
    }
    return map;
}

static void boost_destroy(void *map) {
    delete static_cast<flat_map *>(map);
}

const map_rival map_rival_boost = {"boost flat_map", boost_create, boost_destroy, boost_put_call,
                                   boost_hit,        boost_miss,   boost_churn};
