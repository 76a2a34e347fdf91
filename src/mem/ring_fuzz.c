/* Any sequence of calls leaves a ring with exactly what its slow reference holds: the first byte
 * chooses the capacity, every three further ones are a step and its argument. */
#include "mem/ring_rig.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static ring_world world;
    enum { HEAD = 1, STEP = 3 };
    if (size < HEAD) {
        return 0;
    }
    CH_REQUIRE(ring_world_begin(&world, data[0] % (RING_CAP_MAX + 1)));
    for (size_t at = HEAD; at + STEP <= size; at += STEP) {
        uint32_t argument = (uint32_t)data[at + 1] | (uint32_t)data[at + 2] << 8;
        CH_REQUIRE(ring_world_step(&world, (ring_step)(data[at] % RING_STEPS), argument));
        CH_REQUIRE(ring_world_agrees(&world));
    }
    return 0;
}
