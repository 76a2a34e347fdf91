/* The journal against a world that is copied whole at every step that may be undone; and every
 * capacity made to run out at every point. */
#include "journal.h"

#include "harness.h"
#include "journal_rig.h"
#include "model.h"
#include "state_rig.h"

#define MODEL_STEPS 200000u

static uint64_t draw_random(model *m, uint64_t limit) {
    (void)m;
    return ch_test_random_below(limit);
}

static void run_model(const chevm_state_options *options, uint64_t steps, uint64_t interval) {
    static const ch_model_operation operations[] = {
#define OPERATION(function, weight) {#function, (weight), function},
        MODEL_OPERATIONS(OPERATION)
#undef OPERATION
    };
    static model m;
    m = (model){.state = make_state(options), .draw = draw_random, .fork = CHEVM_FORK_NEWEST};
    m.context.origin = account(900);
    m.context.coinbase = account(901);
    CHECK(ch_model_run(&(ch_model){
        .operations = operations,
        .operation_count = sizeof operations / sizeof operations[0],
        .check = model_same,
        .context = &m,
        .steps = steps,
        .check_interval = interval,
    }));
    free_state(m.state);
}

TEST(journal_agrees_with_a_world_that_is_copied) {
    run_model(&small_options, MODEL_STEPS, 1);
}

TEST(journal_agrees_with_a_world_that_is_copied_over_long_runs) {
    run_model(&small_options, 10 * (uint64_t)MODEL_STEPS / 2, 97);
}
