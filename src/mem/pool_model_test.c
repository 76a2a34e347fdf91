/* pool_model_test.c: random operations on pools of every kind, all misuse mixed in, against the
 * reference of pool_rig.h, with ch_pool_check after each. */
#define _GNU_SOURCE
#include "mem/pool_rig.h"

#include "harness.h"
#include "mem/checked.h"
#include "mem/mem_rig.h"
#include "model.h"

#define OPERATION(name, step)                                                                      \
    static bool name(void *context) {                                                              \
        return world_step(context, step, (uint32_t)ch_test_random());                              \
    }

OPERATION(acquire, STEP_ACQUIRE)
OPERATION(acquire_try, STEP_ACQUIRE_TRY)
OPERATION(acquire_handle, STEP_ACQUIRE_HANDLE)
OPERATION(release, STEP_RELEASE)
OPERATION(release_handle, STEP_RELEASE_HANDLE)
OPERATION(release_again, STEP_RELEASE_AGAIN)
OPERATION(release_foreign, STEP_RELEASE_FOREIGN)
OPERATION(release_interior, STEP_RELEASE_INTERIOR)
OPERATION(release_stale, STEP_RELEASE_STALE)
OPERATION(get, STEP_GET)
OPERATION(reset, STEP_RESET)
OPERATION(refuse, STEP_REFUSE)
OPERATION(renew, STEP_RENEW)
OPERATION(track, STEP_TRACK)

static const ch_model_operation operations[] = {
    {"acquire", 90, acquire},
    {"acquire_try", 30, acquire_try},
    {"acquire_handle", 60, acquire_handle},
    {"release", 90, release},
    {"release_handle", 60, release_handle},
    {"release_again", 20, release_again},
    {"release_foreign", 20, release_foreign},
    {"release_interior", 20, release_interior},
    {"release_stale", 30, release_stale},
    {"get", 30, get},
    {"reset", 6, reset},
    {"refuse", 4, refuse},
    {"renew", 1, renew},
    {"track", 3, track},
};

static bool agrees(void *context) {
    return world_agrees(context);
}

static void run(const ch_pool_options *options, bool twin, uint64_t steps) {
    static pool_world world;
    if (!CHECK(world_begin(&world, options, twin))) {
        return;
    }
    CHECK(ch_model_run(&(ch_model){.operations = operations,
                                   .operation_count = sizeof operations / sizeof operations[0],
                                   .check = agrees,
                                   .context = &world,
                                   .steps = steps}));
    CHECK(world_end(&world));
}

/* Memory checkers see as much in a tenth of it. */
static uint64_t steps_of(uint64_t steps) {
    return RIG_SLOW || chi_checked() ? steps / 10 : steps;
}

TEST(pool_agrees_with_its_model_over_1e6_operations) { /* M4 M7 M30 M31 M33 M77 */
    run(&(ch_pool_options){.object_bytes = 40, .align = 8, .count = WORLD_SLOTS}, false,
        steps_of(1000000));
}

TEST(pool_twin_agrees_with_its_model_over_1e6_operations) { /* M4 M7 M30 M31 M33 M77 */
    run(&(ch_pool_options){.object_bytes = 40, .align = 8, .count = WORLD_SLOTS}, true,
        steps_of(1000000));
}

TEST(pool_agrees_with_its_model_whatever_the_flags) { /* M31 M32 M33 */
    for (unsigned flags = 0; flags < 16; flags++) {
        ch_pool_options options = {.object_bytes = 1 + ch_test_random_below(100),
                                   .align = (size_t)1 << ch_test_random_below(8),
                                   .count = 1 + ch_test_random_below(WORLD_SLOTS),
                                   .flags = flags,
                                   .generation_bits = 8,
                                   .generation_start = 2 * (flags % 4)};
        run(&options, false, steps_of(40000));
        run(&options, true, steps_of(40000));
    }
}
