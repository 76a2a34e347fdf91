/* engines_fuzz.h: one program run by every build of the loop, which must agree on everything a
 * contract, a host or a tracer can see. Shared by the fuzz target and the test. */
#ifndef CHEVMI_ENGINES_FUZZ_H
#define CHEVMI_ENGINES_FUZZ_H

#include "host_rig.h"

#include <coldevm/managed.h>

/* What must be equal: outcome and a running hash of the trace (zero where the build is silent). */
typedef struct engines_outcome {
    chevm_status status;
    int64_t gas_left;
    int64_t refund;
    uint64_t output_hash;
    uint64_t world_hash;
    uint64_t trace_hash;
    uint64_t steps;
} engines_outcome;

static inline uint64_t engines_hash(uint64_t hash, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ at[i]) * 0x100000001b3u;
    }
    return hash;
}

/* Folds one traced instruction; memory only by size and its first words, to stay fast. */
static inline void engines_trace(void *context, const chevm_trace_step *step) {
    engines_outcome *outcome = context;
    uint64_t hash = outcome->trace_hash;
    const uint64_t numbers[] = {step->pc,
                                (uint64_t)step->gas,
                                (uint64_t)step->gas_cost,
                                step->depth,
                                step->op,
                                (uint64_t)step->refund,
                                step->stack_count,
                                step->memory_size,
                                step->return_data_size,
                                (uint64_t)step->status};
    hash = engines_hash(hash, numbers, sizeof numbers);
    size_t top = step->stack_count < 4 ? step->stack_count : 4;
    if (step->gas_cost == 0) { /* begin: operands are still in place */
        hash = engines_hash(hash, step->stack + step->stack_count - top, top * sizeof *step->stack);
    }
    outcome->trace_hash = hash;
    outcome->steps++;
}

static inline void engines_run(chevm *vm, rig *world, const uint8_t *code, size_t code_size,
                               const uint8_t *input, size_t input_size, int64_t gas,
                               engines_outcome *outcome) {
    chevm_result result;
    rig_init(world, code, code_size, 3);
    rig_run(world, vm, gas, input, input_size, &result);
    outcome->status = result.status;
    outcome->gas_left = result.gas_left;
    outcome->refund = result.gas_refund;
    outcome->output_hash = engines_hash(0, result.output, result.output_size);
    uint64_t hash = engines_hash(0, world->balance, sizeof world->balance);
    hash = engines_hash(hash, &world->logs, sizeof world->logs);
    for (unsigned i = 0; i < RIG_SLOTS; i++) {
        hash = engines_hash(hash, &world->slots[i].value, sizeof world->slots[i].value);
    }
    outcome->world_hash = hash;
    CH_REQUIRE(world->mark_count == 0);
    CH_REQUIRE(result.gas_left >= 0 && result.gas_left <= gas);
}

/* Builds and settings that are compared; the first is the reference. */
enum {
    ENGINES_PORTABLE,
    ENGINES_FAST,
    ENGINES_FUSED,
    ENGINES_PORTABLE_FUSED,
    ENGINES_MANAGED, /* fast, on a manager */
    ENGINES_COUNT
};

/* One of 1 MiB parts for the whole process: programs may find it exhausted. */
static inline ch_manager *engines_manager(void) {
    static ch_manager *manager;
    if (manager == NULL) {
        ch_manager_config config = ch_manager_high_performance();
        config.allocation_tracking = false;
        config.frame_bytes = chevm_frame_bytes();
        config.frame_align = chevm_frame_align();
        config.arena_sizes.temporary_arena_size = 1 << 20;
        CH_REQUIRE(ch_manager_init_region(&manager, &config, NULL) == CH_OK);
    }
    return manager;
}

static inline void engines_set(chevm *vm, unsigned which) {
    bool fused = which == ENGINES_FUSED || which == ENGINES_PORTABLE_FUSED;
    bool portable = which == ENGINES_PORTABLE || which == ENGINES_PORTABLE_FUSED;
    ch_status status = chevm_set_engine(vm, portable ? CHEVM_ENGINE_PORTABLE : CHEVM_ENGINE_FAST);
    CH_REQUIRE(status == CH_OK);
    status = chevm_set_fusing(vm, fused ? CHEVM_FUSE_AT_ONCE : CHEVM_FUSE_NEVER);
    CH_REQUIRE(status == CH_OK);
    status = which == ENGINES_MANAGED ? chevm_enable_manager(vm, engines_manager())
                                      : chevm_disable_manager(vm);
    CH_REQUIRE(status == CH_OK);
}

static inline void engines_require_same(const engines_outcome *a, const engines_outcome *b) {
    CH_REQUIRE(a->status == b->status);
    CH_REQUIRE(a->gas_left == b->gas_left);
    CH_REQUIRE(a->refund == b->refund);
    CH_REQUIRE(a->output_hash == b->output_hash);
    CH_REQUIRE(a->world_hash == b->world_hash);
}

/* Runs the program everywhere and requires agreement; *outcome is the reference's, with its trace.
 */
static inline void engines_compare(chevm *vm, rig *world, const uint8_t *code, size_t code_size,
                                   const uint8_t *input, size_t input_size, int64_t gas,
                                   engines_outcome *outcome) {
    engines_outcome outcomes[ENGINES_COUNT] = {0};
    for (unsigned which = 0; which < ENGINES_COUNT; which++) {
        engines_set(vm, which);
        engines_run(vm, world, code, code_size, input, input_size, gas, &outcomes[which]);
        bool exhausted = which == ENGINES_MANAGED && outcomes[which].status == CHEVM_OUT_OF_MEMORY;
        if (!exhausted) {
            engines_require_same(&outcomes[0], &outcomes[which]);
        }
    }
    engines_outcome traced[2] = {0};
    for (unsigned which = 0; which < 2; which++) {
        const chevm_tracer tracer = {engines_trace, engines_trace, &traced[which]};
        engines_set(vm, which);
        CH_REQUIRE(chevm_set_tracer(vm, &tracer) == CH_OK);
        engines_run(vm, world, code, code_size, input, input_size, gas, &traced[which]);
        CH_REQUIRE(chevm_set_tracer(vm, NULL) == CH_OK);
        engines_require_same(&outcomes[0], &traced[which]);
        CH_REQUIRE(traced[which].trace_hash == traced[0].trace_hash);
        CH_REQUIRE(traced[which].steps == traced[0].steps);
    }
    *outcome = traced[0];
}

#endif
