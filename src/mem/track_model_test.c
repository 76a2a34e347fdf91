/* track_model_test.c: random notes on trackers with small tables, against the reference of
 * track_rig.h, with ch_tracker_check in between. */
#define _GNU_SOURCE
#include "mem/track_rig.h"

#include "harness.h"
#include "mem/checked.h"
#include "mem/mem_rig.h"
#include "model.h"

#define OPERATION(name, step)                                                                      \
    static bool name(void *context) {                                                              \
        return world_step(context, step, (uint32_t)ch_test_random());                              \
    }

OPERATION(acquire, STEP_ACQUIRE)
OPERATION(release, STEP_RELEASE)
OPERATION(exhausted, STEP_EXHAUSTED)
OPERATION(release_all, STEP_RELEASE_ALL)
OPERATION(acquire_unnamed, STEP_ACQUIRE_UNNAMED)
OPERATION(turn, STEP_SWITCH)
OPERATION(wrong, STEP_WRONG)
OPERATION(reset, STEP_RESET)
OPERATION(renew, STEP_RENEW)

static const ch_model_operation operations[] = {
    {"acquire", 300, acquire},
    {"release", 250, release},
    {"exhausted", 40, exhausted},
    {"release_all", 3, release_all},
    {"acquire_unnamed", 3, acquire_unnamed},
    {"switch", 3, turn},
    {"wrong", 10, wrong},
    {"reset", 5, reset},
    {"renew", 3, renew},
};

static bool agrees(void *context) {
    return world_agrees(context);
}

static void run(bool counters_only, uint64_t steps) {
    static track_world world;
    if (!CHECK(world_begin(&world, counters_only))) {
        return;
    }
    CHECK(ch_model_run(&(ch_model){.operations = operations,
                                   .operation_count = sizeof operations / sizeof operations[0],
                                   .check = agrees,
                                   .context = &world,
                                   .steps = steps}));
    CHECK(world_end(&world));
}

TEST(track_agrees_with_its_model_over_1e6_notes) { /* M71 M72 M7 M77 */
    run(false, ch_test_cases(1000000, RIG_SLOW || chi_checked() ? 100000 : 1000000));
}

TEST(track_without_tables_agrees_with_its_model) { /* M71 */
    run(true, 100000);
}
