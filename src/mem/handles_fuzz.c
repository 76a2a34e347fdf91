/* Any sequence of calls leaves a handle table with exactly the handles that were given and not
 * released: the first bytes choose the options, every three further ones are a step and its
 * argument. */
#define _GNU_SOURCE
#include "mem/handles_rig.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static handles_world world;
    enum { HEAD = 2, STEP = 3 };
    if (size < HEAD) {
        return 0;
    }
    const ch_handles_options options = {.capacity = 1 + data[0] % HANDLES_CAP_MAX,
                                        .flags = data[1] & CH_HANDLES_RETIRE,
                                        .generation_bits = 2 + data[1] / 2 % 31};
    const ch_misuse_hook *before = ch_on_misuse(&rig_hook);
    CH_REQUIRE(handles_world_begin(&world, &options));
    for (size_t at = HEAD; at + STEP <= size; at += STEP) {
        uint32_t argument = (uint32_t)data[at + 1] | (uint32_t)data[at + 2] << 8;
        CH_REQUIRE(handles_world_step(&world, (handles_step)(data[at] % HANDLES_STEPS), argument));
        CH_REQUIRE(handles_world_agrees(&world));
    }
    CH_REQUIRE(ch_handles_fini(&world.table) == CH_OK);
    (void)ch_on_misuse(before);
    return 0;
}
