/* slab_model_test.c: random operations on slabs of every kind and policy, all misuse mixed in,
 * against the reference of slab_rig.h, with ch_slab_check in between. */
#define _GNU_SOURCE
#include "mem/slab_rig.h"

#include "harness.h"
#include "mem/checked.h"
#include "model.h"

#define OPERATION(name, step)                                                                      \
    static bool name(void *context) {                                                              \
        return world_step(context, step, (uint32_t)ch_test_random());                              \
    }

OPERATION(acquire, STEP_ACQUIRE)
OPERATION(acquire_try, STEP_ACQUIRE_TRY)
OPERATION(release, STEP_RELEASE)
OPERATION(release_sized, STEP_RELEASE_SIZED)
OPERATION(release_wrong_size, STEP_RELEASE_WRONG_SIZE)
OPERATION(release_again, STEP_RELEASE_AGAIN)
OPERATION(release_foreign, STEP_RELEASE_FOREIGN)
OPERATION(release_interior, STEP_RELEASE_INTERIOR)
OPERATION(resize, STEP_RESIZE)
OPERATION(reset, STEP_RESET)
OPERATION(refuse, STEP_REFUSE)
OPERATION(track, STEP_TRACK)
OPERATION(renew, STEP_RENEW)

static const ch_model_operation operations[] = {
    {"acquire", 120, acquire},
    {"acquire_try", 90, acquire_try},
    {"release", 90, release},
    {"release_sized", 90, release_sized},
    {"release_wrong_size", 10, release_wrong_size},
    {"release_again", 20, release_again},
    {"release_foreign", 10, release_foreign},
    {"release_interior", 20, release_interior},
    {"resize", 20, resize},
    {"reset", 2, reset},
    {"refuse", 4, refuse},
    {"track", 3, track},
    {"renew", 1, renew},
};

static bool agrees(void *context) {
    return world_agrees(context);
}

static const size_t STATIC_SIZES[] = {8, 24, 64, 136, 200, 1024};
static const size_t STATIC_COUNTS[] = {7, 12, 5, 0, 9, 3};
static const size_t PAGED_SIZES[] = {512, 4096, 8192, 24576, 32768};

static void run(world_kind kind, ch_slab_empty empty, ch_slab_oversize oversize, uint64_t steps,
                uint64_t interval) {
    static slab_world world;
    ch_slab_options options = {
        .sizes = kind == WORLD_PAGED ? PAGED_SIZES : STATIC_SIZES,
        .class_count = kind == WORLD_PAGED ? 5 : 6,
        .counts = STATIC_COUNTS,
        .empty = empty,
        .oversize = oversize,
    };
    if (!CHECK(world_begin(&world, &options, kind))) {
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

TEST(slab_static_agrees_with_its_model_over_1e6_operations) { /* M4 M7 M37 M39 M40 M41 M77 */
    run(WORLD_STATIC, CH_SLAB_EMPTY_BORROW, CH_SLAB_OVERSIZE_PARENT, steps_of(1000000), 8);
}

TEST(slab_paged_agrees_with_its_model_over_1e6_operations) { /* M4 M7 M37 M39 M40 M41 M77 */
    run(WORLD_PAGED, CH_SLAB_EMPTY_BORROW, CH_SLAB_OVERSIZE_PARENT, steps_of(1000000), 64);
}

TEST(slab_twin_agrees_with_its_model_over_1e6_operations) { /* M4 M7 M37 M39 M40 M41 M77 */
    run(WORLD_TWIN, CH_SLAB_EMPTY_BORROW, CH_SLAB_OVERSIZE_PARENT, steps_of(1000000), 64);
}

TEST(slab_of_every_kind_and_policy_agrees_with_its_model_after_each_operation) { /* M4 M7 M37 M39
                                                                                    M40 M41 M77 */
    for (unsigned i = 0; i < WORLD_KINDS * 4; i++) {
        run((world_kind)(i / 4), i & 1u ? CH_SLAB_EMPTY_BORROW : CH_SLAB_EMPTY_ERROR,
            i & 2u ? CH_SLAB_OVERSIZE_PARENT : CH_SLAB_OVERSIZE_ERROR, 10000, 1);
    }
}

TEST(slab_with_regions_for_oversize_agrees_with_its_model) { /* M4 M7 M37 M39 M40 M41 M77 */
    run(WORLD_STATIC, CH_SLAB_EMPTY_ERROR, CH_SLAB_OVERSIZE_REGION, 10000, 1);
    run(WORLD_PAGED, CH_SLAB_EMPTY_ERROR, CH_SLAB_OVERSIZE_REGION, 10000, 1);
}
