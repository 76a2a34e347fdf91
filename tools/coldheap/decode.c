/* decode.c: one function, instruction by instruction, in order of address. What a register holds is
 * followed as far as that is certain: addresses of functions and of tables, loaded and not yet
 * overwritten. At a place that is jumped to, only registers that hold one value in the whole
 * function are known. So calls through the table of imports, through a register that was loaded
 * from it, and the jumps of a switch are told from computed ones; all else is an indirect edge. */
#include "decode.h"

#include "code.h"
#include "walk.h"

#include <stdlib.h>
#include <string.h>

void decode_close(void) {
    code_close();
}

/* ---- calls and jumps ---- */

static void call_or_tail(walk *w, const cs_insn *insn, bool is_call, place target) {
    if (place_names_code(target)) {
        walk_edge(w, is_call ? EDGE_CALL : EDGE_TAIL, target, insn->address);
    } else {
        walk_edge(w, is_call ? EDGE_INDIRECT_CALL : EDGE_INDIRECT_TAIL, target, insn->address);
    }
}

static void direct(walk *w, const cs_insn *insn, bool is_call, uint64_t value) {
    bool through_slot;
    place target = walk_operand(w, insn, value, &through_slot);
    bool here = target.address != 0 && walk_is_inside(w, target.address);
    if (here && !(is_call && target.address == w->of->address)) {
        walk_label_direct(w,
                          target.address); /* a call inside is a jump that pushes: get-my-address */
        return;
    }
    call_or_tail(w, insn, is_call, place_settle(w->in, w->at, target));
}

static place register_target(walk *w, unsigned reg) {
    const known_value *value = registers_get(&w->known, reg);
    if (value == NULL || value->kind != KNOWN_CODE) {
        return (place){0};
    }
    return (place){.code = value->code, .name = value->name};
}

static void indirect(walk *w, const cs_insn *insn, bool is_call, const cs_x86_op *operand) {
    place target = operand->type == X86_OP_REG ? register_target(w, operand->reg)
                                               : walk_loaded(w, insn, operand);
    if (!is_call && !place_names_code(target)) {
        bool is_switch = operand->type == X86_OP_REG
                             ? switch_through_register(w, insn, operand->reg)
                             : switch_through_memory(w, insn, operand);
        if (is_switch) {
            return;
        }
        if (switch_is_marked(insn) || switch_is_goto(w, insn->address)) {
            w->untracked = true;
            return;
        }
    }
    call_or_tail(w, insn, is_call, target);
}

static void branch(walk *w, const cs_insn *insn, bool is_call) {
    const cs_x86_op *operand = &insn->detail->x86.operands[0];
    if (insn->detail->x86.op_count == 0) {
        return;
    }
    if (operand->type == X86_OP_IMM) {
        direct(w, insn, is_call, (uint64_t)operand->imm);
    } else {
        indirect(w, insn, is_call, operand);
    }
    if (is_call) {
        w->calls = true;
        registers_after_call(&w->known);
    }
}

/* ---- the function ---- */

static void step(walk *w, const instruction *at, const uint32_t *seen) {
    const cs_insn *insn = &at->insn;
    if (at->is_call || at->is_jump) {
        branch(w, insn, at->is_call);
        if (at->is_jump) {
            stack_close_loop(w, insn, seen);
        }
    } else if (insn->id == X86_INS_SYSCALL || insn->id == X86_INS_SYSENTER ||
               (insn->id == X86_INS_INT && insn->detail->x86.operands[0].imm == 0x80)) {
        walk_edge(w, EDGE_SYSCALL, (place){0}, insn->address);
        registers_after_call(&w->known);
    } else {
        values_follow(w, insn, at->written);
        stack_follow(w, insn);
    }
}

/* Jumps go to unknown places, and this may be one: what would be called is only known if it is so
 * in the whole function. Tables are told by the code around them: a wrong one gives labels at most.
 */
static void forget_code(walk *w) {
    for (unsigned i = 0; i < REGISTERS; i++) {
        const known_value *value = &w->known.values[i];
        if (value->kind == KNOWN_CODE && value->code != w->of) {
            w->known.values[i] = w->constant.values[i];
        }
    }
}

/* What is known on arrival at a place that is jumped to, or that nothing seen leads to. Jumps know
 * the depth of the stack better than a way from above that may not exist: a call before it need not
 * return. */
static void arrive(walk *w, uint64_t address) {
    uint64_t offset = address - w->of->address;
    bool is_label = walk_is_label(w, address);
    if (is_label || !w->reached) {
        w->known = w->constant;
    } else if (w->untracked) {
        forget_code(w);
    }
    if (w->reached && !(is_label && (w->guessed || w->doubtful))) {
        return;
    }
    uint32_t depth = w->depths[offset] != 0 ? w->depths[offset] : w->depths_before[offset];
    w->guessed = depth == 0;
    w->depth = w->guessed ? w->of->frame_bytes : depth - 1;
}

/* Which registers get one known value and no other, but for being restored. */
static void note_constants(const walk *w, const instruction *at, registers *constant,
                           uint16_t *broken) {
    if (at->insn.id == X86_INS_POP || at->is_call) {
        return;
    }
    for (unsigned index = 0; at->written >> index != 0; index++) {
        if ((at->written >> index & 1) == 0) {
            continue;
        }
        const known_value *value = &w->known.values[index];
        known_value *kept = &constant->values[index];
        bool same = kept->kind == value->kind && kept->code == value->code &&
                    kept->name == value->name && kept->address == value->address;
        bool address = value->kind == KNOWN_CODE || value->kind == KNOWN_DATA;
        if (!address || (kept->kind != KNOWN_NOT && !same)) {
            *broken |= (uint16_t)(1u << index);
        }
        *kept = *value;
    }
}

static void start_pass(walk *w) {
    w->known = (registers){0};
    w->depth = 0;
    w->reached = true;
    w->guessed = false;
    w->doubtful = false;
    w->probe = 0;
    w->of->frame_bytes = 0;
    code_rewind();
}

/* One pass over the function; *constant gets what the next one may rely on. */
static void pass(walk *w, registers *constant, uint32_t *seen) {
    uint16_t broken = 1; /* rax is changed by every call */
    uint64_t address = w->of->address;
    start_pass(w);
    while (address < w->end) {
        arrive(w, address);
        seen[address - w->of->address] = w->depth + 1;
        const instruction *at = code_next();
        if (at == NULL) {
            walk_edge(w, EDGE_UNDECODED, (place){0}, address);
            break;
        }
        if (at->is_known) {
            step(w, at, seen);
        } else {
            w->known = (registers){0};
        }
        note_constants(w, at, constant, &broken);
        w->reached = !at->ends_flow;
        w->doubtful = at->is_call || (w->doubtful && at->insn.id == X86_INS_NOP);
        if (w->of->size == 0 && !w->reached && w->farthest <= address) {
            w->end = address + at->insn.size; /* a function without a symbol ends here */
        }
        address += at->insn.size;
    }
    for (unsigned i = 0; i < REGISTERS; i++) {
        if ((broken >> i & 1) != 0) {
            constant->values[i] = (known_value){0};
        }
    }
    registers_after_call(constant);
}

#define PASSES_MAX 8u

/* A label between instructions: the code there was not looked at. Past a lock prefix is fine, and
 * so are entries of tables: where the next table begins they are read with a wrong base. */
static void check_labels(walk *w, size_t size, const uint32_t *seen) {
    for (size_t offset = 0; offset < size && w->of->address + offset < w->end; offset++) {
        uint64_t address = w->of->address + offset;
        bool hidden = (w->direct[offset / 64] >> offset % 64 & 1) != 0 && seen[offset] == 0 &&
                      !(offset > 0 && w->bytes[offset - 1] == 0xf0 && seen[offset - 1] != 0);
        if (hidden) {
            walk_edge(w, EDGE_UNDECODED, (place){0}, address);
            return;
        }
    }
}

/* Tables of one decoding, per byte of the function. */
typedef struct tables {
    uint64_t *labels;
    uint64_t *direct;
    uint32_t *depths;
    uint32_t *depths_before;
    uint32_t *seen;
} tables;

static bool open_tables(tables *out, size_t size) {
    out->labels = calloc(size / 64 + 1, sizeof *out->labels);
    out->direct = calloc(size / 64 + 1, sizeof *out->direct);
    out->depths = calloc(size, sizeof *out->depths);
    out->depths_before = calloc(size, sizeof *out->depths_before);
    out->seen = calloc(size, sizeof *out->seen);
    return out->labels != NULL && out->direct != NULL && out->depths != NULL &&
           out->depths_before != NULL && out->seen != NULL;
}

static void close_tables(tables *of) {
    free(of->labels);
    free(of->direct);
    free(of->depths);
    free(of->depths_before);
    free(of->seen);
}

/* Passes until labels, depths and constants are those of the pass before. */
static bool settle(walk *w, tables *all, size_t size) {
    registers constant = {0};
    size_t bytes = size * sizeof *all->depths;
    memcpy(all->depths_before, all->depths, bytes);
    memset(all->depths, 0, bytes);
    memset(all->seen, 0, bytes);
    uint64_t label_count = w->label_count;
    bool untracked = w->untracked;
    w->of->edges = NULL;
    w->last = &w->of->edges;
    w->of->unbounded = false;
    w->calls = false;
    w->skipped = false;
    pass(w, &constant, all->seen);
    bool settled = !w->skipped && label_count == w->label_count && untracked == w->untracked &&
                   (w->frozen || registers_same(&constant, &w->constant)) &&
                   memcmp(all->depths, all->depths_before, bytes) == 0;
    w->constant = w->frozen ? (registers){0} : constant;
    return settled;
}

static void decode_bytes(walk *w, size_t size) {
    tables all;
    bool settled = false;
    if (open_tables(&all, size)) {
        w->labels = all.labels;
        w->direct = all.direct;
        w->depths = all.depths;
        w->depths_before = all.depths_before;
        for (unsigned i = 0; i < 2 * PASSES_MAX && !settled; i++) {
            w->first = i == 0;
            w->frozen = i >= PASSES_MAX; /* constants that come and go are none */
            settled = settle(w, &all, size);
        }
        if (!settled) {
            walk_edge(w, EDGE_UNDECODED, (place){0}, w->of->address);
        }
        check_labels(w, size, all.seen);
    } else {
        walk_edge(w, EDGE_UNDECODED, (place){0}, w->of->address);
    }
    if (!w->calls) {
        w->of->frame_bytes += 128; /* the red zone */
    }
    close_tables(&all);
    free(w->places);
}

void decode_function(graph *in, function *of) {
    walk w = {.in = in, .of = of, .at = of->in, .last = &of->edges};
    const image_section *section = image_section_at(of->in, of->address);
    uint64_t offset = section != NULL ? of->address - section->address : 0;
    size_t size = section != NULL ? section->size - offset : 0;
    size = of->size != 0 && of->size < size ? of->size : size;
    if (section == NULL || section->bytes == NULL || size == 0 || size > UINT32_MAX ||
        !code_open(section->bytes + offset, of->address, size)) {
        walk_edge(&w, EDGE_UNDECODED, (place){0}, of->address);
        return;
    }
    w.bytes = section->bytes + offset;
    w.end = of->address + size;
    decode_bytes(&w, size);
}
