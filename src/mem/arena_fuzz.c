/* arena_fuzz.c: the input chooses kind and zeroing of an arena, then every step and its arguments;
 * the arena must agree with its slow reference (arena_rig.h) after each. */
#include "arena_rig.h"

#include "fuzz.h"

static const uint8_t *input;
static size_t input_left;

/* The next two bytes of the input as a number below `limit`; 0 at its end. */
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
        rig_alloc_step,   rig_alloc_step, rig_alloc_step,       rig_refused_step,
        rig_extend_step,  rig_mark_step,  rig_mark_step,        rig_peak_step,
        rig_release_step, rig_reset,      rig_bad_release_step, rig_trim_step,
    };
    static arena_rig rig;
    input = data;
    input_left = size;
    const ch_misuse_hook *before = ch_on_misuse(&rig_hook);
    const arena_kind kind = (arena_kind)draw(ARENA_KINDS);
    const ch_zeroing zeroing = (ch_zeroing)draw(3);
    CH_REQUIRE(rig_begin(&rig, kind, zeroing, draw));
    while (input_left > 0) {
        CH_REQUIRE(steps[draw(sizeof steps / sizeof steps[0])](&rig));
        CH_REQUIRE(rig_agrees(&rig));
    }
    CH_REQUIRE(rig_end(&rig));
    ch_on_misuse(before);
    return 0;
}
