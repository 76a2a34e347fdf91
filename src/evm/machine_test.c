/* A machine's life: exact footprint, refusals, settings, reuse, the deepest call, every out-of-gas
 * point. */
#include "engines_fuzz.h"

#include "harness.h"

#include <pthread.h>
#include <stdlib.h>

static rig world;

/* A caller's block: `size` bytes at a page border between bytes that must stay as they are. */
static uint8_t *block_between_guards(size_t size) {
    uint8_t *raw = aligned_alloc(4096, size + 8192);
    if (raw != NULL) {
        memset(raw, 0xa5, size + 8192);
    }
    return raw;
}

TEST(machine_footprint_is_exact_and_its_sum) {
    chevm_options options = {.fork = CHEVM_OSAKA, .memory_bytes = 1 << 20};
    chevm_footprint_parts parts;
    CHECK_EQUAL(chevm_footprint(&options, &parts), CH_OK);
    size_t sum = 0;
    for (int i = 0; i < CHEVM_PART_COUNT; i++) {
        CHECK(parts.bytes[i] > 0);
        sum += parts.bytes[i];
    }
    CHECK_EQUAL(parts.total, sum);
    CHECK_EQUAL(parts.bytes[CHEVM_PART_STACK], 33554432);
    uint8_t *raw = block_between_guards(parts.total);
    if (!CHECK(raw != NULL)) {
        return;
    }
    chevm *vm = NULL;
    CHECK_EQUAL(chevm_init(&vm, raw + 4096, parts.total - 1, &options), CH_EFULL);
    CHECK_EQUAL(chevm_init(&vm, raw + 4097, parts.total, &options), CH_EALIGN);
    CHECK(vm == NULL);
    CHECK_EQUAL(chevm_init(&vm, raw + 4096, parts.total, &options), CH_OK);
    static uint8_t code[8 + CHEVM_CODE_PADDING] = {0x60, 0x20, 0x60, 0x00, 0xf3};
    chevm_result result;
    rig_init(&world, code, 5, 3);
    rig_run(&world, vm, 100000, NULL, 0, &result);
    CHECK_EQUAL(result.status, CHEVM_OK);
    CHECK_EQUAL(result.output_size, 32);
    chevm_fini(vm);
    for (size_t i = 0; i < 4096; i++) {
        if (!CHECK(raw[i] == 0xa5 && raw[4096 + parts.total + i] == 0xa5)) {
            break;
        }
    }
    free(raw);
}

TEST(machine_refuses_bad_options) {
    chevm *vm = NULL;
    chevm_footprint_parts parts;
    CHECK_EQUAL(chevm_footprint(NULL, &parts), CH_EINVAL);
    chevm_options options = {.fork = CHEVM_FORK_COUNT};
    CHECK_EQUAL(chevm_create(&vm, &options), CH_EINVAL);
    options = (chevm_options){.fork = CHEVM_OSAKA, .engine = (chevm_engine)2};
    CHECK_EQUAL(chevm_create(&vm, &options), CH_EINVAL);
    options = (chevm_options){.fork = CHEVM_OSAKA, .depth_max = 1025};
    CHECK_EQUAL(chevm_create(&vm, &options), CH_EINVAL);
    options = (chevm_options){.fork = CHEVM_OSAKA, .memory_bytes = UINT64_MAX};
    CHECK_EQUAL(chevm_create(&vm, &options), CH_ERANGE);
    CHECK(vm == NULL);
    chevm_destroy(NULL);
}

TEST(machine_worst_case_follows_the_call_rule_of_the_fork) {
    chevm_footprint_parts with, without;
    chevm_options options = {.fork = CHEVM_OSAKA, .gas_limit = 30000000};
    CHECK_EQUAL(chevm_footprint(&options, &with), CH_OK);
    options.fork = CHEVM_HOMESTEAD;
    CHECK_EQUAL(chevm_footprint(&options, &without), CH_OK);
    CHECK(with.bytes[CHEVM_PART_MEMORY] >= 26900000 && with.bytes[CHEVM_PART_MEMORY] < 28500000);
    CHECK(without.bytes[CHEVM_PART_MEMORY] >= 103000000 &&
          without.bytes[CHEVM_PART_MEMORY] < 106000000);
}

static chevm *machine(uint64_t memory_bytes) {
    chevm *vm = NULL;
    chevm_options options = {.fork = CHEVM_OSAKA, .memory_bytes = memory_bytes};
    CHECK_EQUAL(chevm_create(&vm, &options), CH_OK);
    return vm;
}

TEST(machine_reaches_depth_1024_and_no_deeper) {
    chevm *vm = machine(1 << 20);
    if (vm == NULL) {
        return;
    }
    CHECK_EQUAL(chevm_set_fork(vm, CHEVM_HOMESTEAD), CH_OK); /* all gas is handed on */
    /* Before EIP-150 asking for more gas than is left fails, so ask for what is left less a bit. */
    uint8_t less[] = {0x60, 0x00, 0x60, 0x00, 0x60, 0x00, 0x60, 0x00, 0x60, 0x00, 0x60, 0x00, 0x61,
                      0x01, 0x00, 0x5a, 0x03, 0xf1, 0x60, 0x00, 0x52, 0x60, 0x20, 0x60, 0x00, 0xf3};
    static uint8_t padded[sizeof less + CHEVM_CODE_PADDING];
    memcpy(padded, less, sizeof less);
    chevm_result result;
    rig_init(&world, padded, sizeof less, 3);
    rig_run(&world, vm, 10000000, NULL, 0, &result);
    CHECK_EQUAL(result.status, CHEVM_OK);
    chevm_stats stats;
    chevm_get_stats(vm, &stats);
    CHECK_EQUAL(stats.depth_peak, 1024);
    CHECK_EQUAL(stats.frames, 1025);
    chevm_destroy(vm);
}

/* MSTORE8(offset, 1) STOP */
static size_t store_at(uint8_t *code, uint32_t offset) {
    const uint8_t bytes[] = {0x60,
                             0x01,
                             0x63,
                             (uint8_t)(offset >> 24),
                             (uint8_t)(offset >> 16),
                             (uint8_t)(offset >> 8),
                             (uint8_t)offset,
                             0x53,
                             0x00};
    memcpy(code, bytes, sizeof bytes);
    return sizeof bytes;
}

TEST(machine_sized_for_30_million_gas_holds_all_memory_it_buys) {
    chevm *vm = NULL;
    chevm_options options = {.fork = CHEVM_OSAKA, .gas_limit = 30000000};
    if (!CHECK(chevm_create(&vm, &options) == CH_OK)) {
        return;
    }
    static uint8_t code[16 + CHEVM_CODE_PADDING];
    chevm_result result;
    size_t size = store_at(code, 3941407); /* last byte of the largest memory */
    rig_init(&world, code, size, 3);
    rig_run(&world, vm, 30000000, NULL, 0, &result);
    CHECK_EQUAL(result.status, CHEVM_OK);
    size = store_at(code, 3941408);
    rig_init(&world, code, size, 3);
    rig_run(&world, vm, 30000000, NULL, 0, &result);
    CHECK_EQUAL(result.status, CHEVM_OUT_OF_GAS);
    chevm_destroy(vm);
}

/* Each frame stores at `offset` and calls account 0, the same code, with all its gas. */
static size_t store_and_recurse(uint8_t *code, uint32_t offset) {
    static const uint8_t CALL[] = {0x60, 0x00, 0x60, 0x00, 0x60, 0x00, 0x60,
                                   0x00, 0x60, 0x00, 0x60, 0x00, 0x5a, 0xf1};
    size_t size = store_at(code, offset) - 1;
    memcpy(code + size, CALL, sizeof CALL);
    return size + sizeof CALL;
}

TEST(machine_sized_for_a_gas_limit_never_meets_its_memory_limit) {
    chevm *vm = NULL;
    chevm_options options = {.fork = CHEVM_OSAKA, .gas_limit = 30000000};
    if (!CHECK(chevm_create(&vm, &options) == CH_OK)) {
        return;
    }
    for (uint32_t offset = 31; offset < 4000000; offset += offset / 3 + 1000) {
        static uint8_t code[32 + CHEVM_CODE_PADDING];
        chevm_result result;
        size_t size = store_and_recurse(code, offset);
        rig_init(&world, code, size, 3);
        rig_run(&world, vm, 30000000, NULL, 0, &result);
        CHECK((int)result.status < CHEVM_STATUS_MACHINE);
    }
    chevm_stats stats;
    chevm_get_stats(vm, &stats);
    CHECK(stats.depth_peak > 400);
    CHECK(stats.memory_peak_bytes > 20000000);
    chevm_reset_stats(vm);
    chevm_get_stats(vm, &stats);
    CHECK_EQUAL(stats.depth_peak, 0);
    CHECK_EQUAL(stats.memory_peak_bytes, 0);
    CHECK_EQUAL(stats.executions, 0);
    chevm_destroy(vm);
}

/* A machine belongs to one thread, so it lives and dies in this one. Answers NULL if it failed. */
static void *run_deep(void *context) {
    static uint8_t code[32 + CHEVM_CODE_PADDING];
    chevm_options options = {.fork = CHEVM_OSAKA, .memory_bytes = 1 << 20};
    chevm *vm = NULL;
    chevm_result result;
    chevm_stats stats;
    if (chevm_create(&vm, &options) != CH_OK) {
        return NULL;
    }
    size_t size = store_and_recurse(code, 31);
    rig_init(&world, code, size, 3);
    rig_run(&world, vm, INT64_C(1) << 50, NULL, 0, &result);
    chevm_get_stats(vm, &stats);
    chevm_destroy(vm);
    bool deep = stats.depth_peak == 1024 && stats.frames == 1025;
    return result.status == CHEVM_OK && deep ? context : NULL;
}

TEST(machine_runs_1024_deep_on_a_small_c_stack) {
    pthread_attr_t attributes;
    pthread_t thread;
    int token = 0;
    void *answer = NULL;
    if (!CHECK(pthread_attr_init(&attributes) == 0)) {
        return;
    }
    CHECK(pthread_attr_setstacksize(&attributes, 256 * 1024) == 0);
    CHECK(pthread_create(&thread, &attributes, run_deep, &token) == 0);
    CHECK(pthread_join(thread, &answer) == 0);
    CHECK(answer == &token);
    pthread_attr_destroy(&attributes);
}

TEST(machine_memory_limit_is_a_named_outcome_and_undone) {
    chevm *vm = machine(65536);
    if (vm == NULL) {
        return;
    }
    /* SSTORE(1, 1); MSTORE(100000, 1) in a call of itself; the limit ends everything. */
    static uint8_t code[16 + CHEVM_CODE_PADDING] = {0x60, 0x01, 0x60, 0x01, 0x55, 0x60,
                                                    0x01, 0x62, 0x01, 0x86, 0xa0, 0x52};
    chevm_result result;
    rig_init(&world, code, 12, 3);
    rig_run(&world, vm, 1000000, NULL, 0, &result);
    CHECK_EQUAL(result.status, CHEVM_MEMORY_LIMIT_EXCEEDED);
    CHECK_EQUAL(result.gas_left, 0);
    chevm_address account = {{0}};
    account.bytes[19] = 1;
    chevm_u256 one, value;
    chevm_u256_set_u64(&one, 1);
    rig_get(&world, &account, &one, &value, 1);
    CHECK(chevm_u256_is_zero(&value));
    chevm_destroy(vm);
}

TEST(machine_settings_are_checked) {
    chevm *vm = machine(65536);
    if (vm == NULL) {
        return;
    }
    CHECK_EQUAL(chevm_set_fork(vm, CHEVM_FORK_COUNT), CH_EINVAL);
    CHECK_EQUAL(chevm_set_engine(vm, (chevm_engine)7), CH_EINVAL);
    CHECK_EQUAL(chevm_set_fusing(vm, (chevm_fusing)7), CH_EINVAL);
    CHECK_EQUAL(chevm_set_cache(vm, true), CH_OK);
    CHECK_EQUAL(chevm_get_fork(vm), CHEVM_OSAKA);
    chevm_destroy(vm);
}

TEST(machine_rejects_what_is_no_message) {
    chevm *vm = machine(65536);
    if (vm == NULL) {
        return;
    }
    static uint8_t code[1 + CHEVM_CODE_PADDING] = {0};
    chevm_result result;
    rig_init(&world, code, 1, 3);
    rig_run(&world, vm, -1, NULL, 0, &result);
    CHECK_EQUAL(result.status, CHEVM_REJECTED);
    chevm_destroy(vm);
}

/* Loops, memory, storage, calls and a creation in one program; see the bytes' comments. */
static const uint8_t MIXED[] = {
    0x60, 0x05,                                           /* counter */
    0x5b,                                                 /* loop: */
    0x80, 0x15, 0x61, 0x00, 0x36, 0x57,                   /* DUP1 ISZERO PUSH2 end JUMPI */
    0x80, 0x80, 0x55,                                     /* SSTORE(counter, counter) */
    0x80, 0x80, 0x60, 0x40, 0x02, 0x60, 0x07, 0x01, 0x52, /* MSTORE at growing places */
    0x60, 0x20, 0x60, 0x00, 0x20, 0x50,                   /* KECCAK256(0, 32) POP */
    0x60, 0x00, 0x60, 0x00, 0x60, 0x20, 0x60, 0x00,       /* CALL(account 4: no code) */
    0x60, 0x00, 0x60, 0x04, 0x61, 0x10, 0x00, 0xf1, 0x50, 0x60, 0x01, 0x90, 0x03, /* counter - 1 */
    0x61, 0x00, 0x02, 0x56,                                                       /* JUMP loop */
    0x00, 0x00, 0x5b,                                                             /* end: */
    0x60, 0x20, 0x60, 0x00, 0xa0,                                                 /* LOG0 */
    0x60, 0x20, 0x60, 0x00, 0xf3};

TEST(machine_every_gas_limit_gives_the_same_answer_on_every_build) {
    chevm *vm = machine(1 << 20);
    if (vm == NULL) {
        return;
    }
    static uint8_t code[sizeof MIXED + CHEVM_CODE_PADDING];
    memcpy(code, MIXED, sizeof MIXED);
    engines_outcome whole;
    engines_compare(vm, &world, code, sizeof MIXED, NULL, 0, 1000000, &whole);
    CHECK_EQUAL(whole.status, CHEVM_OK);
    int64_t need = 1000000 - whole.gas_left;
    CHECK(need > 20000);
    for (int64_t gas = 0; gas <= need + 2; gas += 1 + (int64_t)ch_test_random_below(40)) {
        engines_outcome outcome;
        engines_compare(vm, &world, code, sizeof MIXED, NULL, 0, gas, &outcome);
        if (!CHECK((outcome.status == CHEVM_OK) == (gas >= need))) {
            break;
        }
    }
    chevm_destroy(vm);
}
