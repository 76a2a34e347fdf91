/* engines_fuzz.c: any byte string is a program; all builds of the loop agree on it. Even inputs are
 * run as they are, odd ones are grown into programs that go deeper: operands are pushed before they
 * are missed, jumps go to real targets, and the sequences that fuse stand next to each other. */
#include "engines_fuzz.h"

#include "fuzz.h"
#include "ops.h"

enum { CODE_MAX = 4096, LABELS_MAX = 64 };

typedef struct grower {
    const uint8_t *data;
    size_t left;
    uint8_t code[CODE_MAX + CHEVM_CODE_PADDING];
    size_t size;
    unsigned height;
    uint16_t labels[LABELS_MAX];
    unsigned label_count;
} grower;

static const struct {
    uint8_t in, out;
} SHAPES[256] = {
#define SHAPE(code, name, in, out, imm, fork, price) [code] = {(in), (out)},
    CHEVMI_OPS(SHAPE, CHEVMI_OP_NONE)
#undef SHAPE
};

static uint8_t take(grower *g) {
    if (g->left == 0) {
        return 0;
    }
    g->left--;
    return *g->data++;
}

static void emit(grower *g, uint8_t byte) {
    if (g->size < CODE_MAX) {
        g->code[g->size++] = byte;
    }
}

static void push_small(grower *g, uint8_t value) {
    emit(g, CHEVMI_OP_PUSH1);
    emit(g, value);
    g->height++;
}

/* One instruction with what it needs; immediates come from the input. */
static void instruction(grower *g, uint8_t op) {
    unsigned need = SHAPES[op].in;
    while (g->height < need && g->size + 2 < CODE_MAX) {
        push_small(g, take(g));
    }
    emit(g, op);
    for (unsigned i = 0; i < chevm_op_immediate(op); i++) {
        emit(g, take(g));
    }
    g->height = g->height - (need < g->height ? need : g->height) + SHAPES[op].out;
}

static void sequence(grower *g, const uint8_t *ops, size_t count) {
    for (size_t i = 0; i < count; i++) {
        instruction(g, ops[i]);
    }
}

static void label(grower *g) {
    if (g->label_count < LABELS_MAX) {
        g->labels[g->label_count++] = (uint16_t)g->size;
    }
    emit(g, CHEVMI_OP_JUMPDEST);
}

/* A jump back to a label, or a little forward. */
static void jump(grower *g, uint8_t choice) {
    if (g->label_count == 0) {
        label(g);
    }
    uint16_t target = g->labels[choice % g->label_count];
    emit(g, CHEVMI_OP_PUSH2);
    emit(g, (uint8_t)(target >> 8));
    emit(g, (uint8_t)target);
    emit(g, choice & 0x80 ? CHEVMI_OP_JUMP : CHEVMI_OP_JUMPI);
    g->height -= g->height > 0 && !(choice & 0x80);
}

static void grow(grower *g) {
    static const uint8_t MASK[] = {0x60, 0x60, 0x60, 0x1b, 0x03, 0x16};
    static const uint8_t COMPARES[] = {0x10, 0x11, 0x12, 0x13, 0x14, 0x15};
    static const uint8_t ARITHMETIC[] = {0x01, 0x02, 0x03, 0x16, 0x17, 0x18, 0x10, 0x51, 0x52};
    while (g->left > 0 && g->size + 96 < CODE_MAX) {
        uint8_t choice = take(g);
        switch (choice % 8) {
        case 0:
            label(g);
            break;
        case 1:
            instruction(g, COMPARES[take(g) % 6]);
            if (choice & 0x40) {
                instruction(g, CHEVMI_OP_ISZERO);
            }
            jump(g, take(g));
            break;
        case 2:
            instruction(g, (uint8_t)(CHEVMI_OP_DUP1 + take(g) % 16));
            instruction(g, ARITHMETIC[take(g) % sizeof ARITHMETIC]);
            break;
        case 3:
            sequence(g, MASK, sizeof MASK);
            break;
        case 4:
            instruction(g, (uint8_t)(CHEVMI_OP_SWAP1 + take(g) % 16));
            instruction(g, CHEVMI_OP_POP);
            break;
        case 5:
            push_small(g, take(g));
            instruction(g, ARITHMETIC[take(g) % sizeof ARITHMETIC]);
            break;
        default: {
            uint8_t op = take(g);
            if (op != CHEVMI_OP_JUMP && op != CHEVMI_OP_JUMPI) {
                instruction(g, op);
            }
        }
        }
    }
    while (g->left > 0) { /* nothing of the input is lost on full code */
        (void)take(g);
    }
}

static chevm *vm;
static rig world;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 4) {
        return 0;
    }
    if (vm == NULL) {
        chevm_options options = {
            .fork = CHEVM_OSAKA, .memory_bytes = 4u << 20, .cache_bytes = 1 << 20};
        CH_REQUIRE(chevm_create(&vm, &options) == CH_OK);
    }
    chevm_fork fork = (chevm_fork)(data[0] % CHEVM_FORK_COUNT);
    CH_REQUIRE(chevm_set_fork(vm, fork) == CH_OK);
    int64_t gas = ((int64_t)data[1] << 8 | data[2]) * (data[3] & 2 ? 16 : 1);
    static grower g;
    g = (grower){.data = data + 4, .left = size - 4};
    if (data[3] & 1) {
        grow(&g);
    } else {
        g.size = g.left < CODE_MAX ? g.left : CODE_MAX;
        memcpy(g.code, g.data, g.size);
    }
    engines_outcome outcome;
    engines_compare(vm, &world, g.code, g.size, data, size < 256 ? size : 256, gas, &outcome);
    return 0;
}
