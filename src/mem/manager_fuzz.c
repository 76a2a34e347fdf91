/* Any sequence of calls on a small manager is answered and counted as the reference says. */
#define _GNU_SOURCE
#include "mem/manager_rig.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static manager_world world;
    enum { HEAD = 1, STEP = 3 };
    if (size < HEAD) {
        return 0;
    }
    CH_REQUIRE(world_begin(&world, (data[0] & 1u) != 0));
    for (size_t at = HEAD; at + STEP <= size; at += STEP) {
        uint32_t argument = (uint32_t)data[at + 1] | (uint32_t)data[at + 2] << 8;
        CH_REQUIRE(world_step(&world, (manager_step)(data[at] % STEP_COUNT), argument));
        CH_REQUIRE(world_agrees(&world));
    }
    CH_REQUIRE(world_end(&world));
    return 0;
}
