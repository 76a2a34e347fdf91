/* Any sequence of calls leaves a stack with exactly what its slow reference holds: the first byte
 * chooses the capacity, every three further ones are a step and its argument. */
#include "mem/lifo_rig.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static lifo_world world;
    enum { HEAD = 1, STEP = 3 };
    if (size < HEAD) {
        return 0;
    }
    CH_REQUIRE(lifo_world_begin(&world, data[0] % (LIFO_CAP_MAX + 1)));
    for (size_t at = HEAD; at + STEP <= size; at += STEP) {
        uint32_t argument = (uint32_t)data[at + 1] | (uint32_t)data[at + 2] << 8;
        CH_REQUIRE(lifo_world_step(&world, (lifo_step)(data[at] % LIFO_STEPS), argument));
        CH_REQUIRE(lifo_world_agrees(&world));
    }
    return 0;
}
