/* manager_model_test.c: random calls on a small manager against the reference of manager_rig.h:
 * every figure equals the model's after each call. */
#define _GNU_SOURCE
#include "mem/manager_rig.h"

#include "harness.h"
#include "mem/checked.h"
#include "model.h"

#define OPERATION(name, step)                                                                      \
    static bool name(void *context) {                                                              \
        return world_step(context, step, (uint32_t)ch_test_random());                              \
    }

OPERATION(stack_alloc, STEP_STACK_ALLOC)
OPERATION(stack_free, STEP_STACK_FREE)
OPERATION(stack_mark, STEP_STACK_MARK)
OPERATION(stack_release, STEP_STACK_RELEASE)
OPERATION(pool_acquire, STEP_POOL_ACQUIRE)
OPERATION(pool_release, STEP_POOL_RELEASE)
OPERATION(buffer_acquire, STEP_BUFFER_ACQUIRE)
OPERATION(buffer_release, STEP_BUFFER_RELEASE)
OPERATION(arena_alloc, STEP_ARENA_ALLOC)
OPERATION(arenas_reset, STEP_ARENAS_RESET)
OPERATION(switch_off, STEP_SWITCH_OFF)
OPERATION(switch_on, STEP_SWITCH_ON)
OPERATION(reset, STEP_RESET)

static const ch_model_operation operations[] = {
    {"stack_alloc", 30, stack_alloc},
    {"stack_free", 25, stack_free},
    {"stack_mark", 6, stack_mark},
    {"stack_release", 6, stack_release},
    {"pool_acquire", 40, pool_acquire},
    {"pool_release", 30, pool_release},
    {"buffer_acquire", 40, buffer_acquire},
    {"buffer_release", 30, buffer_release},
    {"arena_alloc", 30, arena_alloc},
    {"arenas_reset", 6, arenas_reset},
    {"switch_off", 8, switch_off},
    {"switch_on", 16, switch_on},
    {"reset", 5, reset},
};

static bool agrees(void *context) {
    return world_agrees(context);
}

static void run(bool tracking, uint64_t steps) {
    static manager_world world;
    if (!CHECK(world_begin(&world, tracking))) {
        return;
    }
    CHECK(ch_model_run(&(ch_model){.operations = operations,
                                   .operation_count = sizeof operations / sizeof operations[0],
                                   .check = agrees,
                                   .context = &world,
                                   .steps = steps}));
    CHECK(world_end(&world));
}

TEST(manager_figures_equal_the_models_over_1e6_calls) { /* M59 M58 M7 M77 */
    run(false, ch_test_cases(1000000, RIG_SLOW || chi_checked() ? 100000 : 1000000));
}

TEST(manager_with_tracker_agrees_with_its_model) { /* M59 M71 */
    run(true, 100000);
}
