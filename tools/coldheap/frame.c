/* frame.c: pushes, pops and adjustments of the stack pointer; see walk.h. */
#include "walk.h"

static bool is_stack_pointer(const cs_x86_op *operand) {
    return operand->type == X86_OP_REG && operand->reg == X86_REG_RSP;
}

static void lower(walk *w, int64_t bytes) {
    int64_t depth = (int64_t)w->depth + bytes;
    w->depth = depth > 0 ? (uint32_t)(depth < INT32_MAX ? depth : INT32_MAX) : 0;
    if (w->depth > w->of->frame_bytes) {
        w->of->frame_bytes = w->depth;
    }
}

/* sub, add, and with the stack pointer first. */
static void adjust(walk *w, const cs_insn *insn, const cs_x86 *x86) {
    const cs_x86_op *amount = &x86->operands[1];
    if (amount->type != X86_OP_IMM) {
        w->of->unbounded = w->of->unbounded || insn->id != X86_INS_ADD;
    } else if (insn->id == X86_INS_AND) {
        lower(w, amount->imm < 0 ? -amount->imm - 8 : 0);
    } else {
        lower(w, insn->id == X86_INS_SUB ? amount->imm : -amount->imm);
    }
}

/* lea to or from the stack pointer: an adjustment, or the end of a probing loop. */
static void stack_by_lea(walk *w, const cs_x86 *x86) {
    const cs_x86_op *source = &x86->operands[1];
    if (is_stack_pointer(&x86->operands[0])) {
        if (source->mem.base == X86_REG_RSP) {
            lower(w, -source->mem.disp);
        } else if (source->mem.base == X86_REG_RBP) {
            w->depth = source->mem.disp < 0 ? (uint32_t)(8 - source->mem.disp) : 0;
        }
    } else if (source->mem.base == X86_REG_RSP && source->mem.index == X86_REG_INVALID &&
               source->mem.disp < 0) {
        w->probe = w->depth + (uint32_t)-source->mem.disp;
    }
}

void stack_follow(walk *w, const cs_insn *insn) {
    const cs_x86 *x86 = &insn->detail->x86;
    switch (insn->id) {
    case X86_INS_PUSH:
    case X86_INS_PUSHFQ:
        lower(w, 8);
        return;
    case X86_INS_POP:
    case X86_INS_POPFQ:
        lower(w, -8);
        return;
    case X86_INS_LEAVE:
        w->depth = 0;
        return;
    case X86_INS_MOV: /* rbp: the end of a frame; anything else was computed */
        if (is_stack_pointer(&x86->operands[0])) {
            bool restored =
                x86->operands[1].type == X86_OP_REG && x86->operands[1].reg == X86_REG_RBP;
            w->of->unbounded = w->of->unbounded || !restored;
        }
        return;
    case X86_INS_LEA:
        stack_by_lea(w, x86);
        return;
    case X86_INS_SUB:
    case X86_INS_ADD:
    case X86_INS_AND:
        if (is_stack_pointer(&x86->operands[0])) {
            adjust(w, insn, x86);
        }
        return;
    default:
        return;
    }
}

/* A jump back to where the stack was higher: pages are touched one by one down to a known end, or
 * the frame has no bound. */
void stack_close_loop(walk *w, const cs_insn *insn, const uint32_t *seen) {
    const cs_x86_op *operand = &insn->detail->x86.operands[0];
    if (operand->type != X86_OP_IMM) {
        return;
    }
    uint64_t target = (uint64_t)operand->imm;
    if (target >= insn->address || !walk_is_inside(w, target)) {
        return;
    }
    uint32_t before = seen[target - w->of->address];
    if (before == 0 || before - 1 >= w->depth || w->guessed) {
        return;
    }
    if (w->probe > w->depth) {
        lower(w, (int64_t)w->probe - w->depth);
    } else if (w->probe == 0) {
        w->of->unbounded = true;
    }
}
