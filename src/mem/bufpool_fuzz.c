/* Any sequence of calls on any buffer pool, wrong ones included, is answered as the reference says:
 * the first bytes choose kind and classes, every five further ones are a step and its argument. */
#define _GNU_SOURCE
#include "mem/bufpool_rig.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bufpool_world world;
    enum { HEAD = 6, STEP = 5, CHECK_INTERVAL = 16 };
    ch_bufpool_class classes[WORLD_CLASSES];
    size_t last = 0;
    if (size < HEAD) {
        return 0;
    }
    for (size_t i = 0; i < WORLD_CLASSES; i++) {
        last += (size_t)1 + data[1 + i] % 100;
        classes[i] = (ch_bufpool_class){.size_bytes = last, .count = data[1 + i] / 32};
    }
    classes[0].count++;
    ch_bufpool_options options = {.strict = (data[0] & 1u) != 0,
                                  .keep_contents = (data[0] & 2u) != 0};
    size_t class_count = 1 + data[0] / 8 % WORLD_CLASSES;
    CH_REQUIRE(world_begin(&world, classes, class_count, &options, (data[0] & 4u) != 0));
    for (size_t at = HEAD; at + STEP <= size; at += STEP) {
        uint32_t argument = (uint32_t)data[at + 1] | (uint32_t)data[at + 2] << 8 |
                            (uint32_t)data[at + 3] << 16 | (uint32_t)data[at + 4] << 24;
        CH_REQUIRE(world_step(&world, (bufpool_step)(data[at] % STEP_COUNT), argument));
        CH_REQUIRE((at - HEAD) / STEP % CHECK_INTERVAL != 0 || world_agrees(&world));
    }
    CH_REQUIRE(world_agrees(&world));
    CH_REQUIRE(world_end(&world));
    return 0;
}
