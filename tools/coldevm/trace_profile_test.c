/* Weights follow the gas through calls, creations, failures and cases; events are nested and in
 * order; names and paths beyond the room go to the path above. */
#include "trace_profile.h"

#include "harness.h"

#include <stdio.h>
#include <string.h>

static trace_profile profile;
static char written[1 << 16];
static sink out;

static void open_all(profile_format format) {
    memset(written, 0, sizeof written);
    sink_open(&out, -1, "test", written, sizeof written);
    CHECK_EQUAL(trace_profile_open(&profile), 0);
    trace_profile_output(&profile, format, &out);
}

static void play_step(chevm_call_kind kind, uint32_t depth, uint8_t op, int64_t gas, int64_t cost) {
    const chevm_message message = {.kind = kind,
                                   .recipient = {.bytes = {[19] = (uint8_t)depth}},
                                   .code_address = {.bytes = {[0] = 0xab}}};
    chevm_trace_step step = {.depth = depth, .op = op, .gas = gas, .message = &message};
    profile.tracer.begin(profile.tracer.context, &step);
    step.gas_cost = cost;
    profile.tracer.end(profile.tracer.context, &step);
}

/* 1000 gas: a step of 3, a call of 110 that hands 100 on, whose callee fails and burns them, then a
 * creation of 50 that hands 60 of the rest on, of which 20 come back. */
static void play_frames(void) {
    play_step(CHEVM_KIND_CALL, 1, 0x60, 1000, 3);
    play_step(CHEVM_KIND_CALL, 1, 0xf4, 997, 110);
    play_step(CHEVM_KIND_DELEGATECALL, 2, 0x60, 100, 3);
    play_step(CHEVM_KIND_DELEGATECALL, 2, 0xfe, 97, 0);
    play_step(CHEVM_KIND_CALL, 1, 0xf0, 887, 50);
    play_step(CHEVM_KIND_CREATE, 2, 0x60, 60, 3);
    play_step(CHEVM_KIND_CREATE, 2, 0xf3, 57, 7);
    play_step(CHEVM_KIND_CALL, 1, 0x00, 797, 0);
}

TEST(folded_gas_is_that_of_each_path_and_adds_up) {
    open_all(PROFILE_FOLDED);
    trace_profile_begin(&profile, NULL, CHEVM_OSAKA);
    play_frames();
    trace_profile_end(&profile, 797);
    trace_profile_write(&profile);
#define TOP  "CALL_0x0000000000000000000000000000000000000001;"
#define LENT "DELEGATECALL_0xab00000000000000000000000000000000000000;"
#define MADE "CREATE_0x0000000000000000000000000000000000000002;"
    CHECK_TEXT(written,
               TOP "PUSH1 3\n" TOP "DELEGATECALL 10\n" TOP LENT "PUSH1 3\n" TOP LENT
                   "INVALID 97\n" TOP "CREATE 50\n" TOP MADE "PUSH1 3\n" TOP MADE "RETURN 37\n");
    CHECK_EQUAL(profile.used, 203);
    trace_profile_close(&profile);
}

TEST(cases_stand_end_to_end_below_their_names) {
    open_all(PROFILE_FOLDED);
    for (int i = 0; i < 2; i++) {
        trace_profile_begin(&profile, i == 0 ? "a;b c" : "other", CHEVM_OSAKA);
        play_step(CHEVM_KIND_CALL, 1, 0x60, 500, 3);
        play_step(CHEVM_KIND_CALL, 1, 0x0c, 497, 0);
        trace_profile_end(&profile, 0);
    }
    trace_profile_begin(&profile, "nothing ran", CHEVM_OSAKA);
    trace_profile_end(&profile, 77);
    trace_profile_write(&profile);
    CHECK_TEXT(written, "a_b_c;" TOP "PUSH1 3\na_b_c;" TOP "opcode_0xc_not_defined 497\nother;" TOP
                        "PUSH1 3\nother;" TOP "opcode_0xc_not_defined 497\n");
    trace_profile_close(&profile);
}

TEST(a_name_goes_with_the_fork) {
    open_all(PROFILE_FOLDED);
    for (int i = 0; i < 2; i++) {
        trace_profile_begin(&profile, NULL, i == 0 ? CHEVM_LONDON : CHEVM_PARIS);
        play_step(CHEVM_KIND_CALL, 1, 0x44, 10, 2);
        trace_profile_end(&profile, -1);
    }
    trace_profile_write(&profile);
    CHECK_TEXT(written, TOP "DIFFICULTY 2\n" TOP "PREVRANDAO 2\n");
    trace_profile_close(&profile);
}

/* Events of speedscope's evented profile: at never falls, what closes is what was opened last. */
TEST(events_are_sorted_and_nested) {
    open_all(PROFILE_SPEEDSCOPE);
    trace_profile_begin(&profile, "case", CHEVM_OSAKA);
    play_frames();
    trace_profile_end(&profile, 797);
    trace_profile_write(&profile);
    unsigned open[16];
    unsigned depth = 0;
    unsigned long long before = 0;
    unsigned count = 0;
    for (const char *at = strstr(written, "{\"type\":\"O\""); at != NULL; count++) {
        char kind = at[9];
        unsigned frame = 0;
        unsigned long long when = 0;
        CHECK_EQUAL(sscanf(at + 11, ",\"frame\":%u,\"at\":%llu}", &frame, &when), 2);
        CHECK(when >= before);
        before = when;
        if (kind == 'O' && CHECK(depth < 16)) {
            open[depth++] = frame;
        } else if (kind == 'C' && CHECK(depth > 0)) {
            CHECK_EQUAL(open[--depth], frame);
        }
        const char *next = strstr(at + 1, "{\"type\":\"");
        at = next != NULL && (next[9] == 'O' || next[9] == 'C') ? next : NULL;
    }
    CHECK_EQUAL(count, 8);
    CHECK_EQUAL(depth, 0);
    CHECK_EQUAL(before, 203);
    CHECK(strstr(written, "],\"endValue\":203}") != NULL);
    trace_profile_close(&profile);
}

TEST(a_frame_at_the_deepest_level_has_room) {
    open_all(PROFILE_CHROME);
    trace_profile_begin(&profile, "deep", CHEVM_OSAKA);
    for (uint32_t depth = 1; depth <= 1025; depth++) {
        play_step(CHEVM_KIND_CALL, depth, 0xf1, 5000 - (int64_t)depth, 5000 - (int64_t)depth);
    }
    CHECK_EQUAL(profile.frame_count, 1026);
    trace_profile_end(&profile, 0);
    CHECK_EQUAL(profile.used, 4999);
    CHECK(!profile.truncated);
    trace_profile_close(&profile);
}

TEST(paths_beyond_the_room_count_for_the_path_above) {
    char name[32];
    open_all(PROFILE_FOLDED);
    for (unsigned i = 0; i < (1u << 18) + 10; i++) {
        snprintf(name, sizeof name, "case %u", i);
        trace_profile_begin(&profile, name, CHEVM_OSAKA);
        play_step(CHEVM_KIND_CALL, 1, 0x60, 10, 3);
        trace_profile_end(&profile, -1);
    }
    CHECK(profile.truncated);
    CHECK_EQUAL(profile.used, 3 * ((1u << 18) + 10));
    uint64_t sum = 0;
    for (uint32_t i = 0; i < profile.node_count; i++) {
        sum += profile_nodes(&profile)[i].weights[PROFILE_GAS];
    }
    CHECK_EQUAL(sum, profile.used);
    trace_profile_close(&profile);
}
