/* evmc12_trace_test.c: the options trace and opcode.count, from set_option to the bytes in the
 * file. */
#define _GNU_SOURCE
#include "evmc12_rig.h"

#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "evmc12-trace-XXXXXX";
static char path[64];
static char text[65536];

static chevm12_vm *start(rig_world *world) {
    *world = (rig_world){.revision = 13, .warm = true};
    chevm12_vm *vm = evmc_create_coldevm();
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    CHECK(vm != NULL && mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/out", folder);
    return vm;
}

static const char *content(void) {
    FILE *file = fopen(path, "r");
    size_t size = 0;
    if (CHECK(file != NULL)) {
        size = fread(text, 1, sizeof text - 1, file);
        fclose(file);
    }
    text[size] = 0;
    CHECK(unlink(path) == 0 && rmdir(folder) == 0);
    return text;
}

TEST(lines_of_caller_and_callee_stand_in_order) {
    static const uint8_t inner[] = {0x5f, 0x5f, 0xfd};
    static const uint8_t outer[] = {0x5f, 0x5f, 0x5f, 0x5f, 0x60, 1, 0x61, 0x10, 0x00, 0xfa, 0x0c};
    rig_world world;
    chevm12_vm *vm = start(&world);
    world.vm = vm;
    world.accounts[0] = (rig_account){.name = 1, .code = inner, .code_size = sizeof inner};
    CHECK_EQUAL(vm->set_option(vm, "trace", path), CHEVM12_OPTION_SUCCESS);
    chevm12_result result = rig_run(vm, &world, 10000, outer, sizeof outer);
    CHECK_EQUAL(result.status_code, CHEVM12_UNDEFINED_INSTRUCTION);
    rig_release(&result);
    vm->destroy(vm);
    const char *at = content();
    static const char *const order[] = {
        "{\"pc\":0,\"op\":95,\"gas\":\"0x2710\",\"gasCost\":\"0x2\",\"memSize\":0,\"stack\":[],"
        "\"depth\":1,\"refund\":0,\"opName\":\"PUSH0\"}\n",
        "\"opName\":\"STATICCALL\"}\n{\"pc\":0,", "\"depth\":2,",
        "\"opName\":\"REVERT\",\"error\":\"execution reverted\"}\n{\"pc\":10,\"op\":12,",
        "\"stack\":[\"0x0\"],\"depth\":1,\"refund\":0,\"opName\":\"opcode 0xc not "
        "defined\",\"error\":"
        "\"invalid opcode: opcode 0xc not defined\"}\n"};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        at = strstr(at, order[i]);
        if (!CHECK(at != NULL)) {
            printf("# missing %s in\n# %s\n", order[i], text);
            return;
        }
    }
}

TEST(long_traces_leave_whole_and_stop_when_told) {
    static const uint8_t loop[] = {0x5b, 0x5f, 0x56};
    rig_world world;
    chevm12_vm *vm = start(&world);
    CHECK_EQUAL(vm->set_option(vm, "trace", path), CHEVM12_OPTION_SUCCESS);
    (void)rig_run(vm, &world, 5000, loop, sizeof loop);
    CHECK_EQUAL(vm->set_option(vm, "trace", "/nowhere/at/all"), CHEVM12_OPTION_INVALID_VALUE);
    vm->destroy(vm);
    FILE *file = fopen(path, "r");
    unsigned lines = 0;
    while (file != NULL && fgets(text, sizeof text, file) != NULL) {
        lines += text[0] == '{' && strstr(text, "}\n") != NULL;
    }
    if (file != NULL) {
        fclose(file);
    }
    /* JUMPDEST 1, PUSH0 2, JUMP 8: 11 gas a round; the last line is the failing one */
    CHECK_EQUAL(lines, 454 * 3 + 3);
    (void)content();
}

TEST(opcodes_are_counted_over_all_executes) {
    static const uint8_t code[] = {0x5f, 0x50, 0x5f, 0x50, 0x0c};
    rig_world world;
    chevm12_vm *vm = start(&world);
    CHECK_EQUAL(vm->set_option(vm, "opcode.count", ""), CHEVM12_OPTION_INVALID_VALUE);
    CHECK_EQUAL(vm->set_option(vm, "opcode.count", path), CHEVM12_OPTION_SUCCESS);
    for (unsigned i = 0; i < 3; i++) {
        (void)rig_run(vm, &world, 1000, code, sizeof code);
    }
    vm->destroy(vm);
    CHECK_TEXT(content(), "{\"0x0c\": 3, \"POP\": 6, \"PUSH0\": 6}\n");
}
