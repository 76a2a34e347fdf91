/* model.c: draws operations by weight and remembers the last ones for the report. */
#include "model.h"

#include <inttypes.h>
#include <stdio.h>

#include "harness.h"

#define OPERATIONS_MAX 64u
#define HISTORY_COUNT  16u

/* Where every access costs many times more, a tenth of the longest runs. */
#ifdef CH_TEST_SLOW
#define STEPS_SLOW 100000u
#else
#define STEPS_SLOW UINT64_MAX
#endif

static size_t draw(const ch_model *model, uint64_t weight_sum) {
    uint64_t left = ch_test_random_below(weight_sum);
    size_t index = 0;
    while (left >= model->operations[index].weight) {
        left -= model->operations[index].weight;
        index++;
    }
    return index;
}

static void report(const ch_model *model, const size_t *history, uint64_t step, const char *what) {
    uint64_t first = step + 1 > HISTORY_COUNT ? step + 1 - HISTORY_COUNT : 0;
    printf("# model: step %" PRIu64 ", %s: %s; steps before:", step,
           model->operations[history[step % HISTORY_COUNT]].name, what);
    for (uint64_t i = first; i < step; i++) {
        printf(" %s", model->operations[history[i % HISTORY_COUNT]].name);
    }
    printf("\n");
}

static bool all_drawn(const ch_model *model, const uint64_t *counts) {
    bool all = true;
    for (size_t i = 0; i < model->operation_count; i++) {
        if (counts[i] == 0) {
            printf("# model: %s was never drawn; more steps\n", model->operations[i].name);
            all = false;
        }
    }
    return all;
}

bool ch_model_run(const ch_model *model) {
    uint64_t counts[OPERATIONS_MAX] = {0};
    size_t history[HISTORY_COUNT] = {0};
    uint64_t interval = model->check_interval > 0 ? model->check_interval : 1;
    uint64_t weight_sum = 0;
    if (model->operation_count > OPERATIONS_MAX) {
        printf("# model: more than %u operations\n", OPERATIONS_MAX);
        return false;
    }
    for (size_t i = 0; i < model->operation_count; i++) {
        weight_sum += model->operations[i].weight;
    }
    const uint64_t steps = model->steps < STEPS_SLOW ? model->steps : model->steps / 10;
    for (uint64_t step = 0; step < steps; step++) {
        size_t index = draw(model, weight_sum);
        history[step % HISTORY_COUNT] = index;
        counts[index]++;
        if (!model->operations[index].run(model->context)) {
            report(model, history, step, "answers differ");
            return false;
        }
        bool is_due = step % interval == interval - 1 || step + 1 == model->steps;
        if (is_due && model->check != NULL && !model->check(model->context)) {
            report(model, history, step, "states differ after it");
            return false;
        }
    }
    return all_drawn(model, counts);
}
