/* Any sequence of calls on any slab, wrong ones included, is answered as the reference says: the
 * first bytes choose kind, policies and classes, every five further ones are a step and its
 * argument. */
#define _GNU_SOURCE
#include "mem/slab_rig.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static slab_world world;
    enum { HEAD = 8, STEP = 5, CHECK_INTERVAL = 16, CLASSES = 6 };
    if (size < HEAD) {
        return 0;
    }
    size_t sizes[CLASSES];
    size_t counts[CLASSES];
    size_t last = 0;
    world_kind kind = (world_kind)(data[0] % WORLD_KINDS);
    for (size_t i = 0; i < CLASSES; i++) {
        size_t step = kind == WORLD_PAGED ? (size_t)(1 + data[1 + i] % 80) * 64
                                          : (size_t)(1 + data[1 + i] % 32) * 8;
        sizes[i] = last += step;
        counts[i] = i == 0 ? 1 : data[1 + i] / 16;
    }
    ch_slab_options options = {.sizes = sizes,
                               .class_count = 1 + data[7] % CLASSES,
                               .counts = counts,
                               .empty = data[0] & 64u ? CH_SLAB_EMPTY_BORROW : CH_SLAB_EMPTY_ERROR,
                               .oversize = data[0] & 128u ? CH_SLAB_OVERSIZE_PARENT
                                                          : CH_SLAB_OVERSIZE_ERROR};
    CH_REQUIRE(world_begin(&world, &options, kind));
    for (size_t at = HEAD; at + STEP <= size; at += STEP) {
        uint32_t argument = (uint32_t)data[at + 1] | (uint32_t)data[at + 2] << 8 |
                            (uint32_t)data[at + 3] << 16 | (uint32_t)data[at + 4] << 24;
        CH_REQUIRE(world_step(&world, (slab_step)(data[at] % STEP_COUNT), argument));
        CH_REQUIRE((at - HEAD) / STEP % CHECK_INTERVAL != 0 || world_agrees(&world));
    }
    CH_REQUIRE(world_agrees(&world));
    CH_REQUIRE(world_end(&world));
    return 0;
}
