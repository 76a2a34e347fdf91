/* Any sequence of calls on any pool, wrong ones included, is answered as the reference says: the
 * first bytes choose the pool, every three further ones are a step and its argument. */
#define _GNU_SOURCE
#include "mem/pool_rig.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static pool_world world;
    enum { HEAD = 6, STEP = 3, CHECK_INTERVAL = 16 };
    if (size < HEAD) {
        return 0;
    }
    ch_pool_options options = {.object_bytes = (size_t)1 + data[0],
                               .align = (size_t)1 << data[1] % 13,
                               .count = (size_t)1 + data[2] % WORLD_SLOTS,
                               .flags = data[3] & 15u,
                               .generation_bits = 2u + data[4] % 31u};
    uint32_t last = UINT32_MAX >> (32 - options.generation_bits);
    options.generation_start = data[5] % last & ~1u;
    CH_REQUIRE(world_begin(&world, &options, (data[3] & 16u) != 0));
    for (size_t at = HEAD; at + STEP <= size; at += STEP) {
        uint32_t argument = (uint32_t)data[at + 1] | (uint32_t)data[at + 2] << 8;
        CH_REQUIRE(world_step(&world, (pool_step)(data[at] % STEP_COUNT), argument));
        CH_REQUIRE((at - HEAD) / STEP % CHECK_INTERVAL != 0 || world_agrees(&world));
    }
    CH_REQUIRE(world_agrees(&world));
    CH_REQUIRE(world_end(&world));
    return 0;
}
