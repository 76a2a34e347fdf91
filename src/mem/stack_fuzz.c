/* stack_fuzz.c: the input chooses stack or twin and the zeroing, then every step and its arguments;
 * the stack must agree with its slow reference (stack_rig.h) after each. */
#include "stack_rig.h"

#include "fuzz.h"

static const uint8_t *input;
static size_t input_left;

/* The next one or two bytes of the input as a number below `limit`; 0 at its end. */
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
        rig_alloc_step, rig_alloc_step, rig_alloc_step,   rig_refused_step,
        rig_free_step,  rig_free_step,  rig_resize_step,  rig_bad_free_step,
        rig_mark_step,  rig_mark_step,  rig_release_step, rig_reset,
    };
    static stack_rig rig;
    input = data;
    input_left = size;
    const ch_misuse_hook *before = ch_on_misuse(&rig_hook);
    const stack_kind kind = (stack_kind)draw(STACK_KINDS);
    const ch_zeroing zeroing = (ch_zeroing)draw(3);
    CH_REQUIRE(rig_begin(&rig, kind, zeroing, draw));
    while (input_left > 0) {
        CH_REQUIRE(steps[draw(sizeof steps / sizeof steps[0])](&rig));
        CH_REQUIRE(rig_agrees(&rig));
    }
    CH_REQUIRE(rig_stop(&rig));
    ch_on_misuse(before);
    return 0;
}
