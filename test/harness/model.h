/** model.h: the shape of a model test: a table of operations, each of which does the same to an
 * object and to a slow reference and compares what both answer; drawn at random, with a deep check
 * after each.
 *
 *      typedef struct world { ch_arena arena; reference reference; } world;
 *
 *      static bool alloc(void *context) { world *w = context; ... return answers_are_equal; }
 *      static bool same(void *context)  { ... return object_equals_reference; }
 *
 *      TEST(arena_agrees_with_its_model) {
 *          static const ch_model_operation operations[] = {
 *              {"alloc", 8, alloc}, {"mark", 2, mark}, {"release", 2, release}, {"reset", 1,
 * reset},
 *          };
 *          world w = ...;
 *          CHECK(ch_model_run(&(ch_model){.operations = operations, .operation_count = 4,
 *                                         .check = same, .context = &w, .steps = 100000}));
 *      }
 *
 *  Arguments of an operation come from ch_test_random, so --seed repeats the whole run. Operations
 * must do the illegal, the full and the empty too, and compare the status. Nothing is shrunk: on a
 * failure the step, the operation and the ones before it are printed. */
#ifndef CH_TEST_MODEL_H
#define CH_TEST_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ch_model_operation {
    const char *name;
    unsigned weight;            /* how often, relative to the others; >= 1 */
    bool (*run)(void *context); /* false: object and reference answered differently */
} ch_model_operation;

typedef struct ch_model {
    const ch_model_operation *operations;
    size_t operation_count;       /* 1 .. 64 */
    bool (*check)(void *context); /* false: object and reference differ; may be NULL */
    void *context;
    uint64_t steps;
    uint64_t check_interval; /* steps between two deep checks; 0 means 1. The last step has one */
} ch_model;

/** ch_model_run draws and runs `steps` operations. Returns true if all agreed and every operation
 * was drawn at least once (else the step count is too small for the table). */
bool ch_model_run(const ch_model *model);

#endif
