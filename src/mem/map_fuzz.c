/* Any sequence of calls leaves a map, colliding or not, with exactly what was put and not removed:
 * the first bytes choose capacity and seed, every three further ones are a step and its argument.
 */
#define _GNU_SOURCE
#include "mem/map_rig.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static map_world world;
    enum { HEAD = 2, STEP = 3, CHECK_INTERVAL = 16 };
    if (size < HEAD) {
        return 0;
    }
    CH_REQUIRE(map_world_begin(&world, data[0], data[1]));
    for (size_t at = HEAD; at + STEP <= size; at += STEP) {
        uint32_t argument = (uint32_t)data[at + 1] | (uint32_t)data[at + 2] << 8;
        CH_REQUIRE(map_world_step(&world, (map_step)(data[at] % MAP_STEPS), argument));
        CH_REQUIRE((at - HEAD) / STEP % CHECK_INTERVAL != 0 || map_world_agrees(&world));
    }
    CH_REQUIRE(map_world_agrees(&world));
    map_world_end(&world);
    return 0;
}
