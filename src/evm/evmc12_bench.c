/* evmc12_bench.c: what crossing the EVMC border costs: an execute that does nothing, one that
 * returns a word and is released, and one that calls through the host and comes back in. No heap
 * call in any. */
#include "evmc12_rig.h"

#include "bench.h"

static const uint8_t stop_code[] = {0x00};
static const uint8_t word_code[] = {0x60, 7, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3};
/* STATICCALL(GAS, account 1, nothing), RETURNDATACOPY(0, 0, 32), RETURN(0, 32) */
static const uint8_t call_code[] = {0x5f, 0x5f, 0x5f, 0x5f, 0x60, 1,  0x5a, 0xfa, 0x60,
                                    32,   0x5f, 0x5f, 0x3e, 0x60, 32, 0x5f, 0xf3};

/* CALL(GAS, account 1, nothing): itself, down to depth 1024 */
static const uint8_t deep_code[] = {0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x60, 1, 0x5a, 0xf1};

typedef struct crossing {
    chevm12_vm *vm;
    const uint8_t *code;
    size_t code_size;
    rig_world world;
} crossing;

static uint64_t cross_deep(void *context, uint64_t iterations) {
    crossing *c = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        chevm12_result result =
            rig_run(c->vm, &c->world, INT64_C(1) << 40, deep_code, sizeof deep_code);
        sum += (uint64_t)result.gas_left;
    }
    return sum;
}

static uint64_t cross(void *context, uint64_t iterations) {
    crossing *c = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < iterations; i++) {
        chevm12_result result = rig_run(c->vm, &c->world, 100000, c->code, c->code_size);
        sum += (uint64_t)result.gas_left + result.output_size;
        rig_release(&result);
    }
    return sum;
}

static void run(const uint8_t *code, size_t code_size) {
    static crossing fast;
    static crossing portable;
    crossing *const both[] = {&fast, &portable};
    for (size_t i = 0; i < 2; i++) {
        *both[i] = (crossing){.vm = evmc_create_coldevm(), .code = code, .code_size = code_size};
        both[i]->world = (rig_world){.revision = 13, .vm = both[i]->vm, .warm = true};
        both[i]->world.accounts[0] =
            (rig_account){.name = 1, .code = word_code, .code_size = sizeof word_code};
    }
    (void)portable.vm->set_option(portable.vm, "engine", "portable");
    ch_bench_add("fast", cross, &fast);
    ch_bench_expect_no_heap();
    ch_bench_add("portable", cross, &portable);
    ch_bench_expect_no_heap();
    ch_bench_run();
    fast.vm->destroy(fast.vm);
    portable.vm->destroy(portable.vm);
}

BENCH_GROUP(execute_nothing) {
    run(stop_code, sizeof stop_code);
}

BENCH_GROUP(execute_a_word_and_release) {
    run(word_code, sizeof word_code);
}

BENCH_GROUP(execute_a_call_through_the_host) {
    run(call_code, sizeof call_code);
}

BENCH_GROUP(execute_to_depth_1024) {
    crossing deep = {.vm = evmc_create_coldevm()};
    deep.world = (rig_world){.revision = 13, .vm = deep.vm, .warm = true};
    deep.world.accounts[0] =
        (rig_account){.name = 1, .code = deep_code, .code_size = sizeof deep_code};
    ch_bench_check_iterations(1);
    ch_bench_add("fast", cross_deep, &deep);
    ch_bench_expect_no_heap();
    ch_bench_run();
    deep.vm->destroy(deep.vm);
}
