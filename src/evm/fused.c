/* fused.c: finds the sequences of fused.h in a code and writes the fused copy. */
#include "fused.h"

#include "ops.h"

#include <string.h>

bool chevmi_is_fused(uint8_t op) {
    switch (op) {
#define FUSED_CASE(code, name) case CHEVMI_FUSED_##name:
        CHEVMI_FUSED_OPS(FUSED_CASE)
#undef FUSED_CASE
        return true;
    default:
        return false;
    }
}

/* One place in a code that is being fused. */
typedef struct place {
    const uint8_t *bytes; /* original, at this instruction */
    uint8_t *out;         /* fused copy, same place */
    uint64_t at;
    uint64_t size;
    const uint8_t *jumps;
} place;

enum {
    ADD = CHEVMI_OP_ADD,
    POP = CHEVMI_OP_POP,
    DUP1 = CHEVMI_OP_DUP1,
    DUP16 = CHEVMI_OP_DUP16,
    SWAP1 = CHEVMI_OP_SWAP1,
    SWAP16 = CHEVMI_OP_SWAP16,
    PUSH1 = CHEVMI_OP_PUSH1,
    PUSH2 = CHEVMI_OP_PUSH2
};

static bool within(uint8_t op, uint8_t first, uint8_t last) {
    return op >= first && op <= last;
}

/* PUSH2 target JUMP/JUMPI at offset `push`: writes op and the distance of a valid, near target. */
static uint64_t fuse_jump(const place *p, uint64_t push, uint8_t jump, uint8_t op) {
    const uint8_t *b = p->bytes + push;
    if (b[0] != PUSH2 || b[3] != jump) {
        return 0;
    }
    uint64_t target = (uint64_t)b[1] << 8 | b[2];
    if (target >= p->size || ((p->jumps[target >> 3] >> (target & 7)) & 1) == 0) {
        return 0;
    }
    int64_t distance = (int64_t)target - (int64_t)p->at;
    if (distance < INT16_MIN || distance > INT16_MAX) {
        return 0;
    }
    int16_t near = (int16_t)distance;
    p->out[0] = op;
    memcpy(p->out + 1, &near, sizeof near);
    return push + 4;
}

/* Fused opcode of a comparison in front of a jump; 0: none. */
static uint8_t compare_jump(uint8_t op, bool negated) {
    switch (op) {
    case CHEVMI_OP_EQ:
        return negated ? CHEVMI_FUSED_EQ_ISZERO_PUSH2_JUMPI : CHEVMI_FUSED_EQ_PUSH2_JUMPI;
    case CHEVMI_OP_LT:
        return negated ? CHEVMI_FUSED_LT_ISZERO_PUSH2_JUMPI : CHEVMI_FUSED_LT_PUSH2_JUMPI;
    case CHEVMI_OP_GT:
        return negated ? CHEVMI_FUSED_GT_ISZERO_PUSH2_JUMPI : CHEVMI_FUSED_GT_PUSH2_JUMPI;
    case CHEVMI_OP_SLT:
        return negated ? CHEVMI_FUSED_SLT_ISZERO_PUSH2_JUMPI : CHEVMI_FUSED_SLT_PUSH2_JUMPI;
    case CHEVMI_OP_SGT:
        return negated ? CHEVMI_FUSED_SGT_ISZERO_PUSH2_JUMPI : CHEVMI_FUSED_SGT_PUSH2_JUMPI;
    default:
        return 0;
    }
}

static uint64_t match_compare(const place *p) {
    uint8_t plain = compare_jump(p->bytes[0], false);
    if (plain == 0) {
        return 0;
    }
    if (p->bytes[1] == CHEVMI_OP_ISZERO) {
        return fuse_jump(p, 2, CHEVMI_OP_JUMPI, compare_jump(p->bytes[0], true));
    }
    return fuse_jump(p, 1, CHEVMI_OP_JUMPI, plain);
}

static uint64_t write_operand(const place *p, uint8_t op, uint8_t operand, uint64_t length) {
    p->out[0] = op;
    p->out[1] = operand;
    return length;
}

/* DUPn and what follows. */
static uint64_t match_dup(const place *p) {
    const uint8_t *b = p->bytes;
    uint8_t n = (uint8_t)(b[0] - DUP1 + 1);
    if (n == 1 && b[1] == CHEVMI_OP_PUSH4 && b[6] == CHEVMI_OP_EQ) {
        uint64_t length = fuse_jump(p, 7, CHEVMI_OP_JUMPI, CHEVMI_FUSED_DUP1_PUSH4_EQ_PUSH2_JUMPI);
        if (length > 0) {
            uint32_t selector =
                (uint32_t)b[2] << 24 | (uint32_t)b[3] << 16 | (uint32_t)b[4] << 8 | (uint32_t)b[5];
            memcpy(p->out + 3, &selector, sizeof selector);
            return length;
        }
    }
    switch (b[1]) {
    case CHEVMI_OP_ADD:
        return write_operand(p, CHEVMI_FUSED_DUP_ADD, n, 2);
    case CHEVMI_OP_AND:
        return write_operand(p, CHEVMI_FUSED_DUP_AND, n, 2);
    case CHEVMI_OP_OR:
        return write_operand(p, CHEVMI_FUSED_DUP_OR, n, 2);
    case CHEVMI_OP_XOR:
        return write_operand(p, CHEVMI_FUSED_DUP_XOR, n, 2);
    case CHEVMI_OP_SUB:
        return write_operand(p, CHEVMI_FUSED_DUP_SUB, n, 2);
    case CHEVMI_OP_MUL:
        return write_operand(p, CHEVMI_FUSED_DUP_MUL, n, 2);
    case CHEVMI_OP_LT: /* leave the compare for its jump */
        return b[2] == PUSH2 || b[2] == CHEVMI_OP_ISZERO
                   ? 0
                   : write_operand(p, CHEVMI_FUSED_DUP_LT, n, 2);
    case CHEVMI_OP_MLOAD:
        return write_operand(p, CHEVMI_FUSED_DUP_MLOAD, n, 2);
    case CHEVMI_OP_MSTORE:
        return write_operand(p, CHEVMI_FUSED_DUP_MSTORE, n, 2);
    case PUSH1:
        p->out[2] = b[2];
        return write_operand(p, CHEVMI_FUSED_DUP_PUSH1, n, 3);
    default:
        break;
    }
    if (within(b[1], DUP1, DUP16)) {
        uint8_t m = (uint8_t)(b[1] - DUP1);
        return write_operand(p, CHEVMI_FUSED_DUP_DUP, (uint8_t)((n - 1) << 4 | m), 2);
    }
    return 0;
}

/* PUSH1 and what follows; the immediate stays where it is. */
static uint64_t match_push1(const place *p) {
    const uint8_t *b = p->bytes;
    static const struct {
        uint8_t follower;
        uint8_t fused;
    } PAIRS[] = {
        {CHEVMI_OP_ADD, CHEVMI_FUSED_PUSH1_ADD},     {CHEVMI_OP_SHL, CHEVMI_FUSED_PUSH1_SHL},
        {CHEVMI_OP_SHR, CHEVMI_FUSED_PUSH1_SHR},     {CHEVMI_OP_AND, CHEVMI_FUSED_PUSH1_AND},
        {CHEVMI_OP_MLOAD, CHEVMI_FUSED_PUSH1_MLOAD}, {CHEVMI_OP_MSTORE, CHEVMI_FUSED_PUSH1_MSTORE}};
    if (b[1] == 1 && b[2] == PUSH1 && b[3] == 1 && b[4] == PUSH1 && b[6] == CHEVMI_OP_SHL &&
        b[7] == CHEVMI_OP_SUB) {
        return write_operand(p, CHEVMI_FUSED_LOW_MASK, b[5], 8);
    }
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        if (b[2] == PAIRS[i].follower) {
            p->out[0] = PAIRS[i].fused;
            return 3;
        }
    }
    if (b[2] == PUSH1) {
        p->out[0] = b[4] == CHEVMI_OP_SHL ? CHEVMI_FUSED_PUSH1_PUSH1_SHL : CHEVMI_FUSED_PUSH1_PUSH1;
        return b[4] == CHEVMI_OP_SHL ? 5 : 4;
    }
    if (within(b[2], DUP1, DUP16)) {
        p->out[0] = CHEVMI_FUSED_PUSH1_DUP;
        p->out[2] = (uint8_t)(b[2] - DUP1 + 1);
        return 3;
    }
    return 0;
}

/* PUSH2, PUSH4, PUSH8 and what follows. */
static uint64_t match_push(const place *p) {
    const uint8_t *b = p->bytes;
    if (b[0] == PUSH2) {
        uint64_t length = fuse_jump(p, 0, CHEVMI_OP_JUMP, CHEVMI_FUSED_PUSH2_JUMP);
        length = length > 0 ? length : fuse_jump(p, 0, CHEVMI_OP_JUMPI, CHEVMI_FUSED_PUSH2_JUMPI);
        if (length > 0 || (b[3] != CHEVMI_OP_MLOAD && b[3] != CHEVMI_OP_MSTORE)) {
            return length;
        }
        uint16_t value = (uint16_t)(b[1] << 8 | b[2]);
        p->out[0] = b[3] == CHEVMI_OP_MLOAD ? CHEVMI_FUSED_PUSH2_MLOAD : CHEVMI_FUSED_PUSH2_MSTORE;
        memcpy(p->out + 1, &value, sizeof value);
        return 4;
    }
    unsigned count = (unsigned)(b[0] - PUSH1 + 1);
    if ((count != 4 && count != 8) || b[count + 1] != CHEVMI_OP_AND) {
        return 0;
    }
    uint64_t value = 0;
    for (unsigned i = 1; i <= count; i++) {
        value = value << 8 | b[i];
    }
    if (count == 4) {
        uint32_t narrow = (uint32_t)value;
        memcpy(p->out + 1, &narrow, sizeof narrow);
    } else {
        memcpy(p->out + 1, &value, sizeof value);
    }
    p->out[0] = count == 4 ? CHEVMI_FUSED_PUSH4_AND : CHEVMI_FUSED_PUSH8_AND;
    return count + 2;
}

/* Two or three plain instructions without operands. */
static uint64_t match_plain(const place *p) {
    const uint8_t *b = p->bytes;
    switch (b[0]) {
    case CHEVMI_OP_ISZERO:
        return fuse_jump(p, 1, CHEVMI_OP_JUMPI, CHEVMI_FUSED_ISZERO_PUSH2_JUMPI);
    case POP:
        return b[1] == POP ? write_operand(p, CHEVMI_FUSED_POP_POP, b[1], 2) : 0;
    case CHEVMI_OP_AND:
        return b[1] == CHEVMI_OP_OR ? write_operand(p, CHEVMI_FUSED_AND_OR, b[1], 2) : 0;
    case CHEVMI_OP_SHR:
        return b[1] == CHEVMI_OP_AND ? write_operand(p, CHEVMI_FUSED_SHR_AND, b[1], 2) : 0;
    case ADD:
        if (b[1] == ADD) {
            return write_operand(p, CHEVMI_FUSED_ADD_ADD, b[1], 2);
        }
        if (b[1] == CHEVMI_OP_MLOAD) {
            return write_operand(p, CHEVMI_FUSED_ADD_MLOAD, b[1], 2);
        }
        return b[1] == SWAP1 && b[2] == POP ? write_operand(p, CHEVMI_FUSED_ADD_SWAP1_POP, b[1], 3)
                                            : 0;
    default:
        return match_compare(p);
    }
}

/* Fuses the sequence at `p` if there is one; returns its length, else 0. */
static uint64_t match(const place *p) {
    uint8_t op = p->bytes[0];
    if (op == PUSH1) {
        return match_push1(p);
    }
    if (within(op, PUSH2, CHEVMI_OP_PUSH32)) {
        return match_push(p);
    }
    if (within(op, DUP1, DUP16)) {
        return match_dup(p);
    }
    if (within(op, SWAP1, SWAP16)) {
        uint8_t n = (uint8_t)(op - SWAP1 + 1);
        return p->bytes[1] == POP ? write_operand(p, CHEVMI_FUSED_SWAP_POP, n, 2) : 0;
    }
    return match_plain(p);
}

static uint64_t instruction_length(uint8_t op) {
    return within(op, PUSH1, CHEVMI_OP_PUSH32) ? (uint64_t)op - PUSH1 + 2 : 1;
}

/* True if every instruction of the `length` bytes at `bytes` exists in the fork. */
static bool all_defined(const uint8_t *bytes, uint64_t length, const bool *defined) {
    for (uint64_t at = 0; at < length; at += instruction_length(bytes[at])) {
        if (!defined[bytes[at]]) {
            return false;
        }
    }
    return true;
}

void chevmi_fuse_bytes(uint8_t *fused, const uint8_t *bytes, uint64_t size, const uint8_t *jumps,
                       const bool *defined) {
    place p = {.size = size, .jumps = jumps};
    while (p.at < size) {
        p.bytes = bytes + p.at;
        p.out = fused + p.at;
        uint64_t length = match(&p);
        if (length > 0 && !all_defined(p.bytes, length, defined)) {
            memcpy(p.out, p.bytes, length);
            length = 0;
        }
        uint8_t op = p.bytes[0];
        if (length == 0) {
            if (chevmi_is_fused(op)) {
                p.out[0] = CHEVMI_FUSED_UNDEFINED;
            }
            length = instruction_length(op);
        }
        p.at += length;
    }
}
