/* values.c: addresses in registers; see walk.h. */
#include "walk.h"

static known_value value_of_place(place found) {
    if (place_names_code(found)) {
        return (known_value){.kind = KNOWN_CODE, .code = found.code, .name = found.name};
    }
    return (known_value){.kind = found.address != 0 ? KNOWN_DATA : KNOWN_NOT,
                         .address = found.address};
}

/* mov (%base,%reg,1), 4 bytes, where one of the two is a table: an entry, before it is widened. */
static known_value narrow_entry(walk *w, const cs_x86_op *source) {
    const known_value *base = registers_get(&w->known, source->mem.base);
    const known_value *other = registers_get(&w->known, source->mem.index);
    if (base == NULL || base->kind != KNOWN_DATA) {
        base = other;
    }
    bool good = base != NULL && base->kind == KNOWN_DATA && source->mem.scale == 1 &&
                source->mem.disp == 0 && source->mem.index != X86_REG_INVALID;
    return good ? (known_value){.kind = KNOWN_ENTRY_4, .address = base->address} : (known_value){0};
}

/* mov reg, *: the address in a slot, a table's entry, another register, an immediate. */
static known_value moved(walk *w, const cs_insn *insn, const cs_x86_op *source) {
    bool through_slot;
    if (source->type == X86_OP_REG) {
        const known_value *value = registers_get(&w->known, source->reg);
        return value != NULL ? *value : (known_value){0};
    }
    if (source->type == X86_OP_IMM) {
        if (image_relocation_in(w->at, insn->address, insn->size) == NULL) {
            return (known_value){0};
        }
        return value_of_place(place_settle(w->in, w->at, walk_operand(w, insn, 0, &through_slot)));
    }
    if (source->size == 4) {
        return narrow_entry(w, source);
    }
    if (source->mem.index != X86_REG_INVALID && source->mem.scale == 8 && source->size == 8) {
        const known_value *base = registers_get(&w->known, source->mem.base);
        if (source->mem.base == X86_REG_INVALID) {
            uint64_t table = walk_memory(w, insn, source, &through_slot).address;
            return (known_value){.kind = table != 0 && !through_slot ? KNOWN_ENTRY_8 : KNOWN_NOT,
                                 .address = table};
        }
        if (base != NULL && base->kind == KNOWN_DATA) {
            return (known_value){.kind = KNOWN_ENTRY_8,
                                 .address = base->address + (uint64_t)source->mem.disp};
        }
        return (known_value){0};
    }
    return value_of_place(walk_loaded(w, insn, source));
}

/* movslq (%base,%reg,4): an entry of 4 bytes. */
static known_value widened(walk *w, const cs_x86_op *source) {
    if (source->type == X86_OP_REG) {
        const known_value *value = registers_get(&w->known, source->reg);
        return value != NULL && value->kind == KNOWN_ENTRY_4 ? *value : (known_value){0};
    }
    if (source->type == X86_OP_MEM && source->mem.index != X86_REG_INVALID &&
        source->mem.scale == 4 && source->mem.disp == 0) {
        const known_value *base = registers_get(&w->known, source->mem.base);
        if (base != NULL && base->kind == KNOWN_DATA) {
            return (known_value){.kind = KNOWN_ENTRY_4, .address = base->address};
        }
    }
    return (known_value){0};
}

/* A place in this function, which assembly adds distances to. */
static bool is_own_place(const walk *w, const known_value *value) {
    return value != NULL && value->kind == KNOWN_CODE && value->code == w->of;
}

/* An entry and its table added, either way round: the address to jump to. */
static known_value summed(const walk *w, unsigned left_register, unsigned right_register) {
    const known_value *left = registers_get(&w->known, left_register);
    const known_value *right = registers_get(&w->known, right_register);
    if (is_own_place(w, left) || is_own_place(w, right)) {
        return (known_value){.kind = KNOWN_INSIDE};
    }
    if (left == NULL || right == NULL) {
        return (known_value){0};
    }
    const known_value *entry = left->kind == KNOWN_ENTRY_4 ? left : right;
    const known_value *base = left->kind == KNOWN_ENTRY_4 ? right : left;
    bool good =
        entry->kind == KNOWN_ENTRY_4 && base->kind == KNOWN_DATA && entry->address == base->address;
    return (known_value){.kind = good ? KNOWN_JUMP_4 : KNOWN_NOT, .address = base->address};
}

static known_value added(const walk *w, const cs_x86 *x86) {
    return x86->operands[1].type == X86_OP_REG
               ? summed(w, x86->operands[0].reg, x86->operands[1].reg)
               : (known_value){0};
}

static known_value address_of(walk *w, const cs_insn *insn, const cs_x86_op *source) {
    bool through_slot;
    if (!walk_is_rip_relative(source)) {
        return source->mem.scale == 1 && source->mem.disp == 0
                   ? summed(w, source->mem.base, source->mem.index)
                   : (known_value){0};
    }
    place found = walk_memory(w, insn, source, &through_slot);
    known_value value = value_of_place(place_settle(w->in, w->at, found));
    if (value.kind == KNOWN_DATA) {
        walk_note_place(w, value.address);
    }
    return value;
}

static bool sets_register(const cs_x86 *x86) {
    return x86->op_count == 2 && x86->operands[0].type == X86_OP_REG;
}

/* The value that the first operand gets. */
static known_value value_after(walk *w, const cs_insn *insn) {
    const cs_x86 *x86 = &insn->detail->x86;
    switch (insn->id) {
    case X86_INS_LEA:
        return address_of(w, insn, &x86->operands[1]);
    case X86_INS_MOV:
    case X86_INS_MOVABS:
        return moved(w, insn, &x86->operands[1]);
    case X86_INS_MOVSXD:
        return widened(w, &x86->operands[1]);
    case X86_INS_ADD:
        return added(w, x86);
    default:
        return (known_value){0};
    }
}

/* A mention of code, or in a permitted function of data, where its scopes' marks may stand. */
static void refer(walk *w, const cs_insn *insn, place found) {
    if (place_names_code(found) && found.code != w->of) {
        walk_edge(w, EDGE_REFERENCE, found, insn->address);
    } else if (w->of->permit && found.address != 0) {
        walk_edge(w, EDGE_MARK, (place){.address = found.address}, insn->address);
    }
}

/* A number in a program without relocations that is the address of a function. */
static void refer_number(walk *w, const cs_insn *insn, uint64_t number) {
    const image_section *section =
        w->at->linked && number >= 4096 ? image_section_at(w->at, number) : NULL;
    if (section != NULL && (section->flags & SHF_EXECINSTR) != 0) {
        function *found = graph_starting_at(w->in, w->at, number);
        if (found != NULL) {
            refer(w, insn, (place){.code = found});
        }
    } else if (section != NULL && w->of->permit) {
        refer(w, insn, (place){.address = number});
    }
}

/* Every function that the instruction mentions: as a number, by its place, or in a table of
 * imports. */
static void refer_all(walk *w, const cs_insn *insn) {
    const cs_x86 *x86 = &insn->detail->x86;
    const image_relocation *relocation = image_relocation_in(w->at, insn->address, insn->size);
    for (uint8_t i = 0; i < x86->op_count; i++) {
        const cs_x86_op *operand = &x86->operands[i];
        bool through_slot;
        if (operand->type == X86_OP_IMM && relocation == NULL) {
            refer_number(w, insn, (uint64_t)operand->imm);
        } else if (operand->type == X86_OP_IMM && !relocation->relative) {
            refer(w, insn, place_settle(w->in, w->at, walk_operand(w, insn, 0, &through_slot)));
        } else if (operand->type == X86_OP_MEM && insn->id == X86_INS_LEA &&
                   (walk_is_rip_relative(operand) || relocation != NULL)) {
            refer(w, insn,
                  place_settle(w->in, w->at, walk_memory(w, insn, operand, &through_slot)));
        } else if (walk_is_rip_relative(operand) && operand->size == 8) {
            place found = walk_loaded(w, insn, operand);
            refer(w, insn, place_names_code(found) ? found : (place){0});
        }
    }
}

void values_follow(walk *w, const cs_insn *insn, uint16_t written) {
    const cs_x86 *x86 = &insn->detail->x86;
    const known_value *rax = registers_get(&w->known, X86_REG_RAX);
    if (insn->id == X86_INS_CDQE && rax != NULL && rax->kind == KNOWN_ENTRY_4) {
        return; /* still that entry, widened */
    }
    known_value value = {0};
    refer_all(w, insn);
    if (sets_register(x86)) {
        value = value_after(w, insn);
    }
    for (unsigned i = 0; written >> i != 0; i++) {
        if ((written >> i & 1) != 0) {
            w->known.values[i] = (known_value){0};
        }
    }
    if (value.kind != KNOWN_NOT) {
        registers_set(&w->known, x86->operands[0].reg, &value);
    }
}
