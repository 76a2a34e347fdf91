/* evmc12_test.c: libcoldevm called as an EVMC host calls it: results and their ownership, options,
 * re-entrance, threads, limits. What the VM asks of its host is in evmc12_host_test.c. */
#include "evmc12_rig.h"

#include "harness.h"

#include <pthread.h>
#include <stdio.h>

#define PRAGUE     13u
#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

/* Sanitizers make mappings twenty times as dear, and shadow every page of a slot. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(SANITIZED)
#define LIVES 3000u
#else
#define SANITIZED 0
#define LIVES     100000u
#endif

/* PUSH1 value, PUSH1 0, MSTORE, PUSH1 32, PUSH1 0, RETURN: one word of output. */
#define RETURN_WORD(value) 0x60, (value), 0x60, 0, 0x52, 0x60, 32, 0x60, 0, 0xf3

static rig_world world;

static chevm12_vm *start(void) {
    world = (rig_world){.revision = PRAGUE};
    chevm12_vm *vm = evmc_create_coldevm();
    CHECK(vm != NULL);
    return vm;
}

/* For tests with many slots or instances. */
static chevm12_vm *start_many(void) {
    chevm12_vm *vm = start();
    if (SANITIZED) {
        CHECK_EQUAL(vm->set_option(vm, "memory", "65536"), CHEVM12_OPTION_SUCCESS);
    }
    return vm;
}

TEST(instance_says_what_it_is) {
    chevm12_vm *vm = evmc_create();
    CHECK_EQUAL(vm->abi_version, 12);
    CHECK_TEXT(vm->name, "coldevm");
    CHECK(vm->version[0] >= '0' && vm->version[0] <= '9');
    CHECK_EQUAL(vm->get_capabilities(vm), CHEVM12_CAPABILITY_EVM1);
    chevm12_vm *other = evmc_create();
    CHECK(other != vm);
    vm->destroy(vm);
    other->destroy(other);
}

TEST(result_rules_hold_for_every_ending) {
    static const struct {
        int32_t status;
        uint32_t revision;
        uint8_t size;
        uint8_t code[16];
    } cases[] = {
        {CHEVM12_SUCCESS, PRAGUE, 1, {0x00}},
        {CHEVM12_SUCCESS, PRAGUE, 0, {0}},
        {CHEVM12_SUCCESS, PRAGUE, 10, {RETURN_WORD(7)}},
        {CHEVM12_SUCCESS, PRAGUE, 5, {0x60, 0, 0x60, 0, 0xf3}}, /* no bytes */
        {CHEVM12_REVERT, PRAGUE, 5, {0x60, 5, 0x60, 0, 0xfd}},
        {CHEVM12_REVERT, PRAGUE, 5, {0x60, 0, 0x60, 0, 0xfd}},
        {CHEVM12_UNDEFINED_INSTRUCTION, 3, 5, {0x60, 5, 0x60, 0, 0xfd}}, /* before Byzantium */
        {CHEVM12_OUT_OF_GAS, PRAGUE, 4, {0x5b, 0x60, 0, 0x56}},
        {CHEVM12_OUT_OF_GAS, PRAGUE, 8, {0x64, 255, 255, 255, 255, 255, 0x51, 0}},
        {CHEVM12_OUT_OF_GAS, PRAGUE, 2, {0x38, 0x51}}, /* then falls off: see gas below */
        {CHEVM12_INVALID_INSTRUCTION, PRAGUE, 1, {0xfe}},
        {CHEVM12_UNDEFINED_INSTRUCTION, PRAGUE, 1, {0x0c}},
        {CHEVM12_STACK_OVERFLOW, PRAGUE, 4, {0x5b, 0x38, 0x5f, 0x56}},
        {CHEVM12_STACK_UNDERFLOW, PRAGUE, 1, {0x01}},
        {CHEVM12_BAD_JUMP_DESTINATION, PRAGUE, 3, {0x60, 9, 0x56}},
        {CHEVM12_INVALID_MEMORY_ACCESS, PRAGUE, 7, {0x60, 1, 0x60, 0, 0x60, 0, 0x3e}},
        {CHEVM12_UNDEFINED_INSTRUCTION, 10, 1, {0x5f}}, /* PUSH0 before Shanghai */
        {CHEVM12_SUCCESS, 11, 1, {0x5f}},
        {CHEVM12_UNDEFINED_INSTRUCTION, 13, 2, {0x5f, 0x1e}}, /* CLZ before Osaka */
        {CHEVM12_SUCCESS, 14, 2, {0x5f, 0x1e}},
        {CHEVM12_SUCCESS, 15, 2, {0x5f, 0x1e}},
        {CHEVM12_REJECTED, 16, 1, {0x00}},
        {CHEVM12_REJECTED, UINT32_MAX, 1, {0x00}},
    };
    chevm12_vm *vm = start();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        world.revision = cases[i].revision;
        const int64_t gas = i == 9 ? 4 : 100000;
        chevm12_result result = rig_run(vm, &world, gas, cases[i].code, cases[i].size);
        const bool good = result.status_code == CHEVM12_SUCCESS;
        CHECK(result.status_code == cases[i].status);
        CHECK(good || result.status_code == CHEVM12_REVERT || result.gas_left == 0);
        CHECK(good || result.gas_refund == 0);
        CHECK((result.output_data == NULL) == (result.output_size == 0));
        static const uint8_t zero[24];
        CHECK_BYTES(&result.create_address, zero, 24);
        rig_release(&result);
    }
    vm->destroy(vm);
}

TEST(unfit_messages_are_rejected) {
    chevm12_vm *vm = start();
    const uint8_t stop[] = {0};
    chevm12_message message = rig_message(10);
    chevm12_message bad = message;
    bad.kind = CHEVM12_EOFCREATE;
    CHECK(vm->execute(vm, &rig_host, &world, 13, &bad, stop, 1).status_code == CHEVM12_REJECTED);
    bad.kind = 99;
    CHECK(vm->execute(vm, &rig_host, &world, 13, &bad, stop, 1).status_code == CHEVM12_REJECTED);
    bad = message;
    bad.gas = -1;
    CHECK(vm->execute(vm, &rig_host, &world, 13, &bad, stop, 1).status_code == CHEVM12_REJECTED);
    bad = message;
    bad.depth = 1025;
    CHECK(vm->execute(vm, &rig_host, &world, 13, &bad, stop, 1).status_code == CHEVM12_REJECTED);
    bad.depth = -1;
    CHECK(vm->execute(vm, &rig_host, &world, 13, &bad, stop, 1).status_code == CHEVM12_REJECTED);
    bad = message;
    bad.input_size = 4;
    CHECK(vm->execute(vm, &rig_host, &world, 13, &bad, stop, 1).status_code == CHEVM12_REJECTED);
    CHECK(vm->execute(vm, &rig_host, &world, 13, &message, NULL, 1).status_code ==
          CHEVM12_REJECTED);
    CHECK(vm->execute(vm, NULL, NULL, 13, &message, stop, 1).status_code == CHEVM12_REJECTED);
    CHECK(vm->execute(vm, &rig_host, NULL, 13, &message, stop, 1).status_code == CHEVM12_SUCCESS);
    vm->destroy(vm);
}

TEST(creation_runs_the_code_argument_and_returns_what_to_deploy) {
    chevm12_vm *vm = start();
    chevm12_message message = {.kind = CHEVM12_CREATE, .gas = 65536};
    message.recipient.bytes[3] = 9;
    /* CALLDATASIZE and ADDRESS as the initcode sees them */
    const uint8_t code[] = {0x36, 0x5f, 0x52, 0x30, 0x60, 32, 0x52, 0x60, 64, 0x5f, 0xf3};
    chevm12_result result = vm->execute(vm, &rig_host, &world, PRAGUE, &message, code, sizeof code);
    CHECK_EQUAL(result.status_code, CHEVM12_SUCCESS);
    CHECK_EQUAL(result.output_size, 64);
    CHECK(result.output_data[31] == 0 && result.output_data[32 + 12 + 3] == 9);
    rig_release(&result);
    vm->destroy(vm);
}

/* ---- Ownership ---------------------------------------------------------------------------------
 */

TEST(outputs_live_until_released_in_any_order) {
    enum { KEPT = 60 };
    chevm12_vm *vm = start();
    chevm12_result kept[KEPT];
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < KEPT; i++) {
            kept[i] = rig_run(vm, &world, 1000, BYTES(RETURN_WORD((uint8_t)(i + round))));
            CHECK_EQUAL(kept[i].output_size, 32);
        }
        for (unsigned left = KEPT; left > 0; left--) {
            for (unsigned i = 0; i < left; i++) { /* the others are untouched */
                CHECK(kept[i].output_data[31] != 0 || kept[i].output_data[30] == 0);
            }
            const unsigned pick = (unsigned)ch_test_random_below(left);
            chevm12_result copy = kept[pick]; /* a host may release from a copy */
            memset(&kept[pick], 0xff, sizeof kept[pick]);
            copy.release(&copy);
            kept[pick] = kept[left - 1];
        }
    }
    for (unsigned i = 0; i < KEPT; i++) {
        kept[i] = rig_run(vm, &world, 1000, BYTES(RETURN_WORD((uint8_t)i)));
    }
    for (unsigned i = 0; i < KEPT; i++) {
        CHECK_EQUAL(kept[i].output_data[31], i);
        rig_release(&kept[i]);
    }
    vm->destroy(vm);
}

TEST(slots_run_out_with_a_status_and_come_back) {
    chevm12_vm *vm = start();
    CHECK_EQUAL(vm->set_option(vm, "slots", "3"), CHEVM12_OPTION_SUCCESS);
    chevm12_result kept[3];
    for (unsigned i = 0; i < 3; i++) {
        kept[i] = rig_run(vm, &world, 1000, BYTES(RETURN_WORD(1)));
        CHECK_EQUAL(kept[i].output_size, 32);
    }
    chevm12_result none = rig_run(vm, &world, 1000, BYTES(RETURN_WORD(1)));
    CHECK(none.status_code == CHEVM12_OUT_OF_MEMORY && none.release == NULL);
    CHECK(none.gas_left == 0 && none.output_data == NULL);
    rig_release(&kept[1]);
    none = rig_run(vm, &world, 1000, BYTES(0x00));
    CHECK_EQUAL(none.status_code, CHEVM12_SUCCESS);
    kept[1] = rig_run(vm, &world, 1000, BYTES(RETURN_WORD(2)));
    CHECK_EQUAL(kept[1].output_data[31], 2);
    for (unsigned i = 0; i < 3; i++) {
        rig_release(&kept[i]);
    }
    vm->destroy(vm);
}

static void release_twice(void *context) {
    chevm12_result result = *(chevm12_result *)context;
    result.release(&result);
    result.release(&result);
}

TEST(releasing_twice_is_caught) {
    chevm12_vm *vm = start();
    chevm12_result result = rig_run(vm, &world, 1000, BYTES(RETURN_WORD(1)));
    char text[256];
    CHECK(ch_test_child_dies(release_twice, &result, text, sizeof text));
    CHECK(strstr(text, "kept") != NULL);
    rig_release(&result);
    vm->destroy(vm);
}

static void destroy_early(void *context) {
    chevm12_vm *vm = context;
    vm->destroy(vm);
}

TEST(destroying_with_an_output_kept_is_caught_in_checked_builds) {
#if defined(CH_DEBUG)
    chevm12_vm *vm = start();
    chevm12_result result = rig_run(vm, &world, 1000, BYTES(RETURN_WORD(1)));
    char said[256];
    CHECK(ch_test_child_dies(destroy_early, vm, said, sizeof said));
    CHECK(strstr(said, "chevmi_slots_held") != NULL);
    rig_release(&result);
    destroy_early(vm);
#else
    (void)destroy_early;
    ch_test_skip("release build: not looked at");
#endif
}

TEST(memory_beyond_the_slot_is_out_of_memory) {
    chevm12_vm *vm = start();
    CHECK_EQUAL(vm->set_option(vm, "memory", "65536"), CHEVM12_OPTION_SUCCESS);
    /* PUSH3 offset, MLOAD, then RETURN(0, 65536) or fail */
    chevm12_result fits =
        rig_run(vm, &world, 1000000, BYTES(0x62, 0, 0xff, 0xe0, 0x51, 0x62, 1, 0, 0, 0x5f, 0xf3));
    CHECK_EQUAL(fits.status_code, CHEVM12_SUCCESS);
    CHECK_EQUAL(fits.output_size, 65536);
    uint8_t sum = 0;
    for (size_t i = 0; i < fits.output_size; i++) {
        sum |= fits.output_data[i];
    }
    CHECK_EQUAL(sum, 0);
    rig_release(&fits);
    chevm12_result full = rig_run(vm, &world, 1000000, BYTES(0x62, 0, 0xff, 0xe1, 0x51));
    CHECK_EQUAL(full.status_code, CHEVM12_OUT_OF_MEMORY);
    CHECK_EQUAL(full.gas_left, 0);
    vm->destroy(vm);
}

/* ---- Options -----------------------------------------------------------------------------------
 */

TEST(options_answer_as_the_specification_says) {
    chevm12_vm *vm = start();
    const uint32_t fine = CHEVM12_OPTION_SUCCESS;
    const uint32_t no_name = CHEVM12_OPTION_INVALID_NAME;
    const uint32_t no_value = CHEVM12_OPTION_INVALID_VALUE;
    CHECK_EQUAL(vm->set_option(vm, "engine", "portable"), fine);
    CHECK_EQUAL(vm->set_option(vm, "engine", "fast"), fine);
    CHECK_EQUAL(vm->set_option(vm, "engine", "quick"), no_value);
    CHECK_EQUAL(vm->set_option(vm, "engine", NULL), no_value);
    CHECK_EQUAL(vm->set_option(vm, "memory", "1048576"), fine);
    CHECK_EQUAL(vm->set_option(vm, "memory", "4095"), no_value);
    CHECK_EQUAL(vm->set_option(vm, "memory", "17179869185"), no_value);
    CHECK_EQUAL(vm->set_option(vm, "memory", "18446744073709551616"), no_value);
    CHECK_EQUAL(vm->set_option(vm, "memory", "0x10000"), no_value);
    CHECK_EQUAL(vm->set_option(vm, "memory", "-5"), no_value);
    CHECK_EQUAL(vm->set_option(vm, "memory", ""), no_value);
    CHECK_EQUAL(vm->set_option(vm, "slots", "2000"), fine);
    CHECK_EQUAL(vm->set_option(vm, "slots", "0"), no_value);
    CHECK_EQUAL(vm->set_option(vm, "slots", "1048577"), no_value);
    CHECK_EQUAL(vm->set_option(vm, "slots", "7x"), no_value);
    CHECK_EQUAL(vm->set_option(vm, "verbose", "1"), no_name);
    CHECK_EQUAL(vm->set_option(vm, "", ""), no_name);
    CHECK_EQUAL(vm->set_option(vm, "nonsense", NULL), no_name);
    CHECK_EQUAL(vm->set_option(vm, NULL, NULL), no_name);
    CHECK_EQUAL(rig_run(vm, &world, 1000, BYTES(0x00)).status_code, CHEVM12_SUCCESS);
    CHECK_EQUAL(vm->set_option(vm, "slots", "2000"), no_value); /* sizes are fixed now */
    CHECK_EQUAL(vm->set_option(vm, "memory", "1048576"), no_value);
    CHECK_EQUAL(vm->set_option(vm, "engine", "portable"), fine);
    chevm12_result result = rig_run(vm, &world, 1000, BYTES(RETURN_WORD(9)));
    CHECK_EQUAL(result.output_data[31], 9);
    rig_release(&result);
    vm->destroy(vm);
}

TEST(sizes_may_grow_and_shrink_before_the_first_execute) {
    static const char *const memories[] = {"4096", "16777216", "1073741824", "17179869184", "4096"};
    static const char *const counts[] = {"1", "1089", "40", "2", "5000"};
    chevm12_vm *vm = start();
    for (size_t i = 0; i < 5; i++) {
        CHECK_EQUAL(vm->set_option(vm, "slots", "1"), CHEVM12_OPTION_SUCCESS);
        CHECK_EQUAL(vm->set_option(vm, "memory", memories[i]), CHEVM12_OPTION_SUCCESS);
        CHECK_EQUAL(vm->set_option(vm, "slots", counts[i]), CHEVM12_OPTION_SUCCESS);
    }
    chevm12_result result = rig_run(vm, &world, 1000, BYTES(RETURN_WORD(9)));
    CHECK_EQUAL(result.output_data[31], 9);
    rig_release(&result);
    vm->destroy(vm);
    vm = start(); /* every stride has its release */
    CHECK_EQUAL(vm->set_option(vm, "slots", "2"), CHEVM12_OPTION_SUCCESS);
    CHECK_EQUAL(vm->set_option(vm, "memory", "17179869184"), CHEVM12_OPTION_SUCCESS);
    result = rig_run(vm, &world, 1000, BYTES(RETURN_WORD(9)));
    CHECK_EQUAL(result.output_data[31], 9);
    rig_release(&result);
    vm->destroy(vm);
}

/* ---- Recursion and threads ---------------------------------------------------------------------
 */

/* CALL(GAS, account 1, 0, no input, no output), then return what depth says: calls itself for ever.
 */
static const uint8_t recursive[] = {0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x60, 1,   0x5a,
                                    0xf1, 0x5f, 0x52, 0x60, 32,   0x5f, 0xf3};

TEST(recursion_through_the_host_reaches_depth_1024) {
    chevm12_vm *vm = start_many();
    world.vm = vm;
    world.warm = true;
    world.accounts[0] = (rig_account){.name = 1, .code = recursive, .code_size = sizeof recursive};
    for (unsigned round = 0; round < 3; round++) {
        world.calls = 0;
        world.depth_most = 0;
        chevm12_result result =
            rig_run(vm, &world, INT64_C(1000000000000), recursive, sizeof recursive);
        CHECK_EQUAL(result.status_code, CHEVM12_SUCCESS);
        CHECK_EQUAL(result.output_data[31], 1);
        CHECK_EQUAL(world.calls, 1024);
        CHECK_EQUAL(world.depth_most, 1024);
        rig_release(&result);
    }
    printf("# C stack the VM uses from execute to call: %lu bytes\n",
           (unsigned long)world.stack_most);
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(CH_DEBUG)
    CHECK(world.stack_most <= 1024 + 32); /* 32: frame links of the test host itself */
#endif
    vm->destroy(vm);
}

static void *run_many(void *context) {
    chevm12_vm *vm = context;
    rig_world mine = {.revision = PRAGUE, .vm = vm, .warm = true};
    static const uint8_t inner[] = {RETURN_WORD(5)};
    /* STATICCALL(GAS, account 1, nothing), RETURNDATACOPY(0, 0, 32), RETURN(0, 32) */
    static const uint8_t outer[] = {0x5f, 0x5f, 0x5f, 0x5f, 0x60, 1,  0x5a, 0xfa, 0x60,
                                    32,   0x5f, 0x5f, 0x3e, 0x60, 32, 0x5f, 0xf3};
    mine.accounts[0] = (rig_account){.name = 1, .code = inner, .code_size = sizeof inner};
    chevm12_result kept = {0};
    uintptr_t wrong = 0;
    for (unsigned i = 0; i < 20000; i++) {
        chevm12_result result = rig_run(vm, &mine, 100000, outer, sizeof outer);
        wrong += result.status_code != CHEVM12_SUCCESS || result.output_size != 32 ||
                 result.output_data[31] != 5;
        rig_release(&kept);
        kept = result;
    }
    rig_release(&kept);
    return (void *)wrong;
}

TEST(threads_share_one_instance) {
    chevm12_vm *vm = start_many();
    pthread_t threads[4];
    for (unsigned i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, run_many, vm) == 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        void *wrong = NULL;
        CHECK(pthread_join(threads[i], &wrong) == 0 && wrong == NULL);
    }
    vm->destroy(vm);
}

/* Mappings of this process. */
static unsigned mapping_count(void) {
    FILE *file = fopen("/proc/self/maps", "r");
    unsigned lines = 0;
    for (int c; file != NULL && (c = fgetc(file)) != EOF;) {
        lines += c == '\n';
    }
    if (file != NULL) {
        fclose(file);
    }
    return lines;
}

static unsigned long resident_pages(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long total = 0;
    unsigned long resident = 0;
    if (file == NULL || fscanf(file, "%lu %lu", &total, &resident) != 2) {
        resident = 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return resident;
}

TEST(a_hundred_thousand_instances_leave_nothing_behind) {
    unsigned mappings = 0;
    unsigned long resident = 0;
    for (unsigned i = 0; i < LIVES; i++) {
        chevm12_vm *vm = start_many();
        chevm12_result result = rig_run(vm, &world, 1000, BYTES(RETURN_WORD(3)));
        if (!CHECK(result.output_size == 32 && result.output_data[31] == 3)) {
            return;
        }
        rig_release(&result);
        vm->destroy(vm);
        if (i == 1000) {
            mappings = mapping_count();
            resident = resident_pages();
        }
    }
    CHECK(mapping_count() <= mappings);
    CHECK(resident_pages() <= resident + 64);
}
