/* xpool_fuzz.c: the input chooses the shape of a pool for threads, then every step on its shards;
 * the pool must agree with the list of objects in use (xpool_rig.h) after each. */
#include "xpool_rig.h"

#include "fuzz.h"

static const uint8_t *input;
static size_t input_left;

static uint64_t draw(uint64_t limit) {
    uint64_t value = 0;
    for (unsigned i = 0; i < 2 && input_left > 0 && (i == 0 || limit > 256); i++) {
        value = value << 8 | *input++;
        input_left--;
    }
    return value % limit;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool (*const steps[])(void *) = {
        xrig_acquire_step, xrig_acquire_step, xrig_acquire_step, xrig_release_step,
        xrig_release_step, xrig_join_step,    xrig_join_step,    xrig_leave_step,
        xrig_flush_step,   xrig_misuse_step,  xrig_track_step,
    };
    static xrig rig;
    input = data;
    input_left = size;
    const ch_xpool_options options = {.object_bytes = 1 + (size_t)draw(70),
                                      .align = (size_t)1 << draw(9),
                                      .per_thread = 1 + (size_t)draw(25),
                                      .threads_max = 1 + (size_t)draw(XRIG_SHARDS),
                                      .batch = (size_t)draw(9)};
    CH_REQUIRE(xrig_begin(&rig, &options, draw));
    while (input_left > 0) {
        CH_REQUIRE(steps[draw(sizeof steps / sizeof steps[0])](&rig));
        CH_REQUIRE(xrig_agrees(&rig));
    }
    CH_REQUIRE(xrig_end(&rig));
    return 0;
}
