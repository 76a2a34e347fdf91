/* Any sequence of calls leaves a ring between many threads with exactly what its slow reference
 * holds: the first byte chooses capacity and kind, every two further ones are a step and its
 * argument. */
#include "mem/mpmc_rig.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static mpmc_world world;
    enum { HEAD = 1, STEP = 2 };
    if (size < HEAD) {
        return 0;
    }
    CH_REQUIRE(mpmc_world_begin(&world, data[0], data[0] >= 128));
    for (size_t at = HEAD; at + STEP <= size; at += STEP) {
        CH_REQUIRE(mpmc_world_step(&world, (mpmc_step)(data[at] % MPMC_STEPS), data[at + 1]));
        CH_REQUIRE(mpmc_world_agrees(&world));
    }
    return 0;
}
