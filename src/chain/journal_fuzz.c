/* Any sequence of operations on a state: the copying reference agrees after every step, the
 * self-test holds, and rolling back at the end leads to where the input began. */
#include <coldheap/base.h>

#include "fuzz.h"
#include "journal_frames_rig.h"

#define STATE_BYTES (768u << 10)

typedef struct source {
    const uint8_t *bytes;
    size_t rest;
} source;

static uint64_t draw_byte(model *m, uint64_t limit) {
    source *const from = m->source;
    if (from->rest == 0) {
        return 0;
    }
    from->rest--;
    return *from->bytes++ % limit;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool (*const operations[])(void *) = {
#define OPERATION(function, weight) function,
        MODEL_OPERATIONS(OPERATION)
#undef OPERATION
    };
    static CH_ALIGNED(64) uint8_t memory[STATE_BYTES];
    static const chevm_state_options options = {
        .account_count = 32,
        .slot_count = 64,
        .transient_count = 64,
        .code_count = 8,
        .code_bytes = 1024,
        .journal_bytes = 131072,
        .log_count = 32,
        .log_bytes = 8192,
        .mark_count = MODEL_MARKS,
        .precompile_bytes = 1,
    };
    static model m;
    source from = {data, size};
    m = (model){.draw = draw_byte, .source = &from, .fork = CHEVM_FORK_NEWEST};
    m.context.origin.bytes[0] = 0xbb;
    CH_REQUIRE(chevm_state_init(&m.state, memory, sizeof memory, &options) == CH_OK);
    while (from.rest != 0) {
        const uint64_t pick = m.draw(&m, sizeof operations / sizeof operations[0]);
        CH_REQUIRE(operations[pick](&m));
        CH_REQUIRE(model_same(&m));
    }
    CH_REQUIRE(model_rollback(&m));
    CH_REQUIRE(model_same(&m));
    chevm_state_reset(m.state);
    CH_REQUIRE(chevm_state_check(m.state, NULL) == CH_OK);
    chevm_state_fini(m.state);
    return 0;
}
