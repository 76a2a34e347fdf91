// vec_bench_std.cpp: std::vector with its room reserved, as a rival of the vector bench. push_back
// checks too: it grows when the room is used up.
#include "mem/vec_bench_rig.h"

#include <cstddef>
#include <cstdint>
#include <vector>

using narrow = std::vector<std::uint64_t>;
using wide = std::vector<vec_word>;

CH_INLINE bool std_push_8(void *vec, std::uint64_t value) {
    static_cast<narrow *>(vec)->push_back(value);
    return true;
}

CH_INLINE bool std_push_32(void *vec, const vec_word *value) {
    static_cast<wide *>(vec)->push_back(*value);
    return true;
}

CH_INLINE std::uint64_t std_pop_8(void *vec) {
    narrow *v = static_cast<narrow *>(vec);
    if (v->empty()) {
        return UINT64_MAX;
    }
    std::uint64_t value = v->back();
    v->pop_back();
    return value;
}

template <class vector> CH_INLINE std::uint64_t empty_of(void *vec) {
    vector *v = static_cast<vector *>(vec);
    std::uint64_t count = v->size();
    v->clear();
    return count;
}

CH_INLINE std::uint64_t std_empty_8(void *vec) {
    return empty_of<narrow>(vec);
}

CH_INLINE std::uint64_t std_empty_32(void *vec) {
    return empty_of<wide>(vec);
}

VEC_BODIES(std)

template <class vector> static void *create() {
    auto *vec = new vector;
    vec->reserve(VEC_BENCH_ROOM);
    return vec;
}

template <class vector> static void destroy(void *vec) {
    delete static_cast<vector *>(vec);
}

const vec_rival vec_rival_std = {"std::vector", create<narrow>, create<wide>,  destroy<narrow>,
                                 destroy<wide>, std_pushes_8,   std_pushes_32, std_pairs_8};
