/* Any sequence of calls leaves a bit set with exactly what its slow reference holds: the first byte
 * chooses the size, every two further ones are a step and its argument. */
#include "mem/bitset_rig.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bitset_world world;
    enum { HEAD = 1, STEP = 2 };
    if (size < HEAD) {
        return 0;
    }
    CH_REQUIRE(bitset_world_begin(&world, data[0] % (BITS_MAX + 1)));
    for (size_t at = HEAD; at + STEP <= size; at += STEP) {
        CH_REQUIRE(bitset_world_step(&world, (bitset_step)(data[at] % BITSET_STEPS), data[at + 1]));
        CH_REQUIRE(bitset_world_agrees(&world));
    }
    return 0;
}
