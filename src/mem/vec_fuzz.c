/* Any sequence of calls leaves a vector with exactly what its slow reference holds: the first byte
 * chooses the capacity, every two further ones are a step and its argument. */
#include "mem/vec_rig.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static vec_world world;
    enum { HEAD = 1, STEP = 2 };
    if (size < HEAD) {
        return 0;
    }
    CH_REQUIRE(vec_world_begin(&world, data[0] % (VEC_CAP_MAX + 1)));
    for (size_t at = HEAD; at + STEP <= size; at += STEP) {
        CH_REQUIRE(vec_world_step(&world, (vec_step)(data[at] % VEC_STEPS), data[at + 1]));
        CH_REQUIRE(vec_world_agrees(&world));
    }
    return 0;
}
