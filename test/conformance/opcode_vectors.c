/* opcode_vectors.c: two operands in, one word out (fixtures.md 7, geth_opcodes): X is pushed first,
 * Y is on top. One case a file, every vector on every build. */
#include "rig.h"

#include "store.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name; /* file testcases_NAME.json */
    uint8_t op;
} OPCODES[] = {
    {"add", 0x01},  {"mul", 0x02}, {"sub", 0x03},     {"div", 0x04}, {"sdiv", 0x05}, {"mod", 0x06},
    {"smod", 0x07}, {"exp", 0x0a}, {"signext", 0x0b}, {"lt", 0x10},  {"gt", 0x11},   {"slt", 0x12},
    {"sgt", 0x13},  {"eq", 0x14},  {"and", 0x16},     {"or", 0x17},  {"xor", 0x18},  {"byte", 0x1a},
    {"shl", 0x1b},  {"shr", 0x1c}, {"sar", 0x1d},
};

static void check(rig *r, void *context, const chevm_result *result, const char *build) {
    const chevm_u256 *want = context;
    chevm_u256 have;
    if (result->status != CHEVM_OK || result->output_size != 32) {
        rig_complain(r, "%s: %s", build, chevm_status_phrase(result->status));
        return;
    }
    chevm_u256_from_be32(&have, result->output);
    if (!chevm_u256_equal(&have, want)) {
        rig_complain(r, "%s: wrong result", build);
    }
}

/* PUSH32 X PUSH32 Y op PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN */
static size_t program(uint8_t *code, const chevm_u256 *x, const chevm_u256 *y, uint8_t op) {
    static const uint8_t END[] = {0x60, 0x00, 0x52, 0x60, 0x20, 0x60, 0x00, 0xf3};
    code[0] = 0x7f;
    chevm_u256_to_be32(code + 1, x);
    code[33] = 0x7f;
    chevm_u256_to_be32(code + 34, y);
    code[66] = op;
    memcpy(code + 67, END, sizeof END);
    return 67 + sizeof END;
}

static void run_file(rig *r, const char *path, uint8_t op) {
    json_document document;
    size_t count = 0;
    if (json_open(&document, path) != 0) {
        rig_complain(r, "cannot be read");
        return;
    }
    for (const json_node *node = json_first(document.root); node != NULL; node = json_next(node)) {
        chevm_u256 x, y, want;
        /* The digits stand there without 0x. */
        if (json_text_u256(&document, node, store_format("0x%s", json_text(json_get(node, "X"))),
                           &x) != 0 ||
            json_text_u256(&document, node, store_format("0x%s", json_text(json_get(node, "Y"))),
                           &y) != 0 ||
            json_text_u256(&document, node,
                           store_format("0x%s", json_text(json_get(node, "Expected"))), &want)) {
            rig_complain(r, "malformed vector");
            return;
        }
        uint8_t code[128];
        world w;
        world_account account = {.code = {code, program(code, &x, &y, op)}};
        chevm_message message = {.gas = 1000000};
        world_init(&w);
        account.address.bytes[19] = 0xcc;
        message.recipient = message.code_address = account.address;
        w.accounts = &account;
        w.account_count = 1;
        rig_play(r, &w, &message, 0, check, &want);
        count++;
    }
    if (count == 0) {
        rig_complain(r, "no vectors");
    }
}

void opcode_vectors_run(rig *r, const char *root) {
    (void)root;
    if (rig_fixtures() == NULL) {
        rig_skip_suite(r, "opcode_vectors");
        return;
    }
    for (size_t i = 0; i < sizeof OPCODES / sizeof OPCODES[0]; i++) {
        ch_arena_point mark = store_mark();
        const char *path = store_format("%s/precompiles/geth_opcodes/testcases_%s.json",
                                        rig_fixtures(), OPCODES[i].name);
        if (rig_begin_case(r, OPCODES[i].name)) {
            run_file(r, path, OPCODES[i].op);
            rig_end_case(r);
        }
        store_release(mark);
    }
}
