/* trace_line_test.c: the lines and words of spec cli.md C6 and C7, letter by letter. */
#include "trace_line.h"

#include "harness.h"

#include <string.h>

static char buffer[1 << 17];

/* The whole line of a step whose end is the same step. */
static const char *line_of(const chevmi_trace_show *show, const chevm_trace_step *step) {
    memset(buffer, '#', sizeof buffer);
    const size_t bound = chevmi_trace_bound(show, step);
    const size_t tail = chevmi_trace_begin(buffer, show, CHEVM_CANCUN, step);
    size_t size = 0;
    char *line = chevmi_trace_end(buffer, tail, CHEVM_CANCUN, step, &size);
    CHECK(line >= buffer && line + size <= buffer + bound);
    CHECK(buffer[bound] == '#');
    line[size] = 0;
    return line;
}

TEST(line_has_the_fields_in_order) {
    const chevm_u256 stack[] = {
        {{3, 0, 0, 0}}, {{0, 0, 0, 0}}, {{0, 5, 0, 0}}, {{1, 0, 0, UINT64_MAX}}};
    const uint8_t bytes[] = {0x00, 0xab};
    chevm_trace_step step = {.pc = 7,
                             .gas = 0x18694,
                             .gas_cost = 6,
                             .depth = 1,
                             .op = 82,
                             .stack = stack,
                             .stack_count = 2,
                             .memory = bytes,
                             .memory_size = 2,
                             .return_data = bytes,
                             .return_data_size = 1};
    const chevmi_trace_show plain = {.stack = true};
    CHECK_TEXT(
        line_of(&plain, &step),
        "{\"pc\":7,\"op\":82,\"gas\":\"0x18694\",\"gasCost\":\"0x6\",\"memSize\":2,\"stack\":["
        "\"0x3\",\"0x0\"],\"depth\":1,\"refund\":0,\"opName\":\"MSTORE\"}\n");
    const chevmi_trace_show all = {.memory = true, .stack = true, .return_data = true};
    step.stack_count = 4;
    step.refund = -4800;
    CHECK_TEXT(
        line_of(&all, &step),
        "{\"pc\":7,\"op\":82,\"gas\":\"0x18694\",\"gasCost\":\"0x6\",\"memory\":\"0x00ab\","
        "\"memSize\":2,\"stack\":[\"0x3\",\"0x0\",\"0x50000000000000000\","
        "\"0xffffffffffffffff00000000000000000000000000000000000000000000000"
        "1\"],\"returnData\":\"0x00\",\"depth\":1,\"refund\":-4800,\"opName\":\"MSTORE\"}\n");
    const chevmi_trace_show none = {0};
    step.status = CHEVM_OUT_OF_GAS;
    step.refund = 0;
    CHECK_TEXT(
        line_of(&none, &step),
        "{\"pc\":7,\"op\":82,\"gas\":\"0x18694\",\"gasCost\":\"0x6\",\"memSize\":2,\"depth\":1,"
        "\"refund\":0,\"opName\":\"MSTORE\",\"error\":\"out of gas\"}\n");
}

TEST(longest_line_fits_its_bound) {
    static chevm_u256 stack[CHEVM_STACK_MAX];
    memset(stack, 0xff, sizeof stack);
    const chevm_trace_step step = {.pc = UINT64_MAX,
                                   .gas = INT64_MAX,
                                   .gas_cost = INT64_MAX,
                                   .depth = 1025,
                                   .op = 0x0c,
                                   .refund = INT64_MIN,
                                   .stack = stack,
                                   .stack_count = CHEVM_STACK_MAX,
                                   .memory_size = SIZE_MAX,
                                   .status = CHEVM_UNDEFINED_OPCODE};
    const chevmi_trace_show show = {.stack = true};
    const char *line = line_of(&show, &step);
    CHECK(strstr(line, "\"refund\":-9223372036854775808,") != NULL);
    CHECK(strstr(line,
                 "\"opName\":\"opcode 0xc not defined\",\"error\":\"invalid opcode: opcode 0xc "
                 "not defined\"}\n") != NULL);
    CHECK(chevmi_trace_bound(&show, &step) <= chevmi_trace_bound_most(&show, 0));
    const chevmi_trace_show all = {true, true, true};
    CHECK(chevmi_trace_bound_most(&all, 1000) == chevmi_trace_bound_most(&all, 0) + 4000);
    CHECK(chevmi_trace_bound_most(&all, SIZE_MAX) == SIZE_MAX / 4);
}

TEST(words_name_what_the_instruction_met) {
    char text[CHEVMI_PHRASE_BYTES];
    CHECK_TEXT(chevmi_status_phrase(text, CHEVM_STACK_UNDERFLOW, CHEVM_CANCUN, 0x01, 1),
               "stack underflow (1 <=> 2)");
    CHECK_TEXT(chevmi_status_phrase(text, CHEVM_UNDEFINED_OPCODE, CHEVM_LONDON, 0x5f, 0),
               "invalid opcode: opcode 0x5f not defined");
    CHECK_TEXT(chevmi_status_phrase(text, CHEVM_INVALID_OPCODE, CHEVM_LONDON, 0xfe, 0),
               "invalid opcode: INVALID");
    CHECK_TEXT(chevmi_status_phrase(text, CHEVM_REVERT, CHEVM_LONDON, 0xfd, 2),
               "execution reverted");
    CHECK(chevmi_status_phrase(text, CHEVM_OK, CHEVM_LONDON, 0, 0) == NULL);
    CHECK(chevmi_status_phrase(text, CHEVM_CALL_DEPTH, CHEVM_LONDON, 0xf1, 7) == NULL);
    CHECK_TEXT(chevmi_op_phrase(text, CHEVM_LONDON, 0x44), "DIFFICULTY");
    CHECK_TEXT(chevmi_op_phrase(text, CHEVM_PARIS, 0x44), "PREVRANDAO");
}
