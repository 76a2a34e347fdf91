/* bufpool_model_test.c: random operations on buffer pools of every kind, all misuse mixed in,
 * against the reference of bufpool_rig.h, with ch_bufpool_check in between. */
#define _GNU_SOURCE
#include "mem/bufpool_rig.h"

#include "harness.h"
#include "mem/checked.h"
#include "model.h"

#define OPERATION(name, step)                                                                      \
    static bool name(void *context) {                                                              \
        return world_step(context, step, (uint32_t)ch_test_random());                              \
    }

OPERATION(acquire, STEP_ACQUIRE)
OPERATION(write_bytes, STEP_WRITE)
OPERATION(fill, STEP_FILL)
OPERATION(clear, STEP_CLEAR)
OPERATION(release, STEP_RELEASE)
OPERATION(release_again, STEP_RELEASE_AGAIN)
OPERATION(release_foreign, STEP_RELEASE_FOREIGN)
OPERATION(release_moved, STEP_RELEASE_MOVED)
OPERATION(reset, STEP_RESET)
OPERATION(refuse, STEP_REFUSE)
OPERATION(track, STEP_TRACK)
OPERATION(renew, STEP_RENEW)

static const ch_model_operation operations[] = {
    {"acquire", 150, acquire},
    {"write", 60, write_bytes},
    {"fill", 60, fill},
    {"clear", 20, clear},
    {"release", 130, release},
    {"release_again", 20, release_again},
    {"release_foreign", 10, release_foreign},
    {"release_moved", 10, release_moved},
    {"reset", 2, reset},
    {"refuse", 4, refuse},
    {"track", 3, track},
    {"renew", 1, renew},
};

static bool agrees(void *context) {
    return world_agrees(context);
}

static void run(const ch_bufpool_options *options, bool twin, uint64_t steps, uint64_t interval) {
    static const ch_bufpool_class CLASSES[] = {{16, 9}, {40, 6}, {64, 0}, {200, 8}, {512, 4}};
    static bufpool_world world;
    if (!CHECK(world_begin(&world, CLASSES, 5, options, twin))) {
        return;
    }
    CHECK(ch_model_run(&(ch_model){.operations = operations,
                                   .operation_count = sizeof operations / sizeof operations[0],
                                   .check = agrees,
                                   .context = &world,
                                   .steps = steps,
                                   .check_interval = interval}));
    CHECK(world_end(&world));
}

/* Memory checkers see as much in a tenth of it. */
static uint64_t steps_of(uint64_t steps) {
    return RIG_SLOW || chi_checked() ? steps / 10 : steps;
}

TEST(bufpool_agrees_with_its_model_over_1e6_operations) { /* M4 M7 M42 M43 M44 M45 M77 */
    run(&(ch_bufpool_options){.name = "lent"}, false, steps_of(1000000), 8);
}

TEST(bufpool_twin_agrees_with_its_model_over_1e6_operations) { /* M4 M7 M42 M43 M44 M77 */
    run(&(ch_bufpool_options){.name = "twin"}, true, steps_of(1000000), 8);
}

TEST(bufpool_of_every_kind_agrees_with_its_model_after_each_operation) { /* M4 M7 M42 M43 M44 M45
                                                                            M77 */
    for (unsigned i = 0; i < 8; i++) {
        ch_bufpool_options options = {.strict = (i & 1u) != 0, .keep_contents = (i & 2u) != 0};
        run(&options, (i & 4u) != 0, 20000, 1);
    }
}
