/* decode.c: one function, instruction by instruction, in order of address. What a register holds is
 * followed as far as that is certain: addresses of functions and of tables, loaded and not yet
 * overwritten. At a place that is jumped to, only registers that hold one value in the whole
 * function are known. So calls through the table of imports, through a register that was loaded
 * from it, and the jumps of a switch are told from computed ones; all else is an indirect edge. */
#include "decode.h"

#include "vector.h"
#include "registers.h"
#include "store.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static csh engine;
static bool engine_is_open;
static cs_insn *buffer;

void decode_close(void) {
    if (engine_is_open) {
        cs_free(buffer, 1);
        cs_close(&engine);
        engine_is_open = false;
    }
}

static bool open_engine(void) {
    if (!engine_is_open && cs_open(CS_ARCH_X86, CS_MODE_64, &engine) == CS_ERR_OK) {
        cs_option(engine, CS_OPT_DETAIL, CS_OPT_ON);
        buffer = cs_malloc(engine);
        engine_is_open = buffer != NULL;
    }
    return engine_is_open;
}

/* ---- what an operand means ---- */

/* A place in this or another module, or a name that no input defines. */
typedef struct place {
    function *code;
    const char *name; /* of a function elsewhere */
    uint64_t address; /* of data in the same image; 0: none */
} place;

static place place_of_symbol(graph *in, image *at, uint32_t index, int64_t offset) {
    if (index == UINT32_MAX) {
        return (place){.code = NULL, .address = (uint64_t)offset};
    }
    const image_symbol *symbol = &at->symbols[index];
    if (symbol->section == 0) {
        function *found = graph_find(in, symbol->name);
        return (place){.code = found, .name = found == NULL ? symbol->name : NULL};
    }
    return (place){.address = symbol->address + (uint64_t)offset};
}

/* Data that turns out to be code is a function. */
static place settle(graph *in, image *at, place found) {
    if (found.code == NULL && found.name == NULL && found.address != 0) {
        const image_section *section = image_section_at(at, found.address);
        if (section != NULL && (section->flags & SHF_EXECINSTR) != 0) {
            found.code = graph_at(in, at, found.address);
        }
    }
    return found;
}

function *decode_target_of(graph *in, image *at, const image_relocation *relocation) {
    if (relocation->relative || relocation->through_slot) {
        return NULL;
    }
    return settle(in, at, place_of_symbol(in, at, relocation->symbol, relocation->addend)).code;
}

static bool is_slot_section(const image_section *section) {
    return strncmp(section->name, ".got", 4) == 0;
}

static uint64_t word_at(const image_section *section, uint64_t address, size_t size) {
    uint64_t word = 0;
    if (section->bytes != NULL && size <= section->size &&
        address - section->address <= section->size - size) {
        memcpy(&word, section->bytes + (address - section->address), size);
    }
    return word;
}

/* What the word at `address` holds from start to end: imports, constants. Nothing is known of words
 * that the program may change. */
static place content_of(graph *in, image *at, uint64_t address) {
    const image_section *section = image_section_at(at, address);
    const image_relocation *relocation = image_relocation_in(at, address, 1);
    if (section == NULL) {
        return (place){0};
    }
    bool fixed = is_slot_section(section) || (section->flags & SHF_WRITE) == 0 ||
                 strncmp(section->name, ".data.rel.ro", 12) == 0;
    if (!fixed) {
        return (place){0};
    }
    if (relocation != NULL && relocation->size == 8 && !relocation->relative) {
        return settle(in, at, place_of_symbol(in, at, relocation->symbol, relocation->addend));
    }
    if (relocation == NULL && at->linked) {
        return settle(in, at, (place){.address = word_at(section, address, 8)});
    }
    return (place){0};
}

/* ---- the walk ---- */

typedef struct walk {
    graph *in;
    function *of;
    image *at;
    edge **last;
    registers known;      /* here */
    registers constant;   /* in the whole function */
    uint64_t end;         /* of the function */
    const uint8_t *bytes; /* of the function */
    uint64_t *labels;     /* bit per byte: jumped to */
    uint32_t *depths;     /* per byte: stack when jumped to, plus 1 */
    uint64_t farthest;    /* highest label */
    uint32_t depth;
    uint32_t probe; /* a loop that touches the stack page by page goes down to here; 0: none */
    bool reached;   /* by falling through */
    bool guessed;   /* nothing seen leads here: padding, or the target of an unknown jump */
    bool calls;
} walk;

static void add_edge(walk *w, edge_kind kind, place target, uint64_t address) {
    edge *made = STORE_NEW(edge);
    *made = (edge){.kind = kind,
                   .stack_bytes = w->depth,
                   .target = target.code,
                   .name = target.code == NULL ? target.name : NULL,
                   .address = address};
    *w->last = made;
    w->last = &made->next;
}

static bool is_inside(const walk *w, uint64_t address) {
    return address - w->of->address < w->end - w->of->address;
}

static void set_label(walk *w, uint64_t address) {
    uint64_t offset = address - w->of->address;
    w->labels[offset / 64] |= UINT64_C(1) << offset % 64;
    if (w->depths[offset] == 0 || w->depths[offset] <= w->depth) {
        w->depths[offset] = w->depth + 1;
    }
    w->farthest = address > w->farthest ? address : w->farthest;
}

static bool is_label(const walk *w, uint64_t address) {
    uint64_t offset = address - w->of->address;
    return (w->labels[offset / 64] >> offset % 64 & 1) != 0;
}

/* The place that an immediate or the displacement of a memory operand stands for. */
static place operand_place(walk *w, const cs_insn *insn, uint64_t value, bool *through_slot) {
    const image_relocation *relocation = image_relocation_in(w->at, insn->address, insn->size);
    *through_slot = false;
    if (relocation == NULL) {
        return (place){.address = value};
    }
    *through_slot = relocation->through_slot;
    int64_t offset = relocation->addend;
    if (relocation->relative) {
        offset += (int64_t)(insn->address + insn->size - relocation->address);
    }
    if (relocation->through_slot) {
        offset = 0; /* the slot holds the symbol itself */
    }
    return place_of_symbol(w->in, w->at, relocation->symbol, offset);
}

static bool is_rip_relative(const cs_x86_op *operand) {
    return operand->type == X86_OP_MEM && operand->mem.base == X86_REG_RIP;
}

/* The address that a memory operand names if that does not depend on unknown registers. */
static place memory_place(walk *w, const cs_insn *insn, const cs_x86_op *operand,
                          bool *through_slot) {
    uint64_t value = (uint64_t)operand->mem.disp;
    if (is_rip_relative(operand)) {
        value += insn->address + insn->size;
    } else if (operand->mem.segment != X86_REG_INVALID) {
        *through_slot = false;
        return (place){0};
    }
    return operand_place(w, insn, value, through_slot);
}

/* What a call or jump through memory, or a load from it, gets. */
static place loaded(walk *w, const cs_insn *insn, const cs_x86_op *operand) {
    bool through_slot;
    if (operand->mem.index != X86_REG_INVALID || operand->size != 8 ||
        !(is_rip_relative(operand) || operand->mem.base == X86_REG_INVALID)) {
        return (place){0};
    }
    place slot = memory_place(w, insn, operand, &through_slot);
    if (through_slot) {
        return settle(w->in, w->at, slot);
    }
    return slot.address != 0 ? content_of(w->in, w->at, slot.address) : (place){0};
}

static bool names_code(place target) {
    return target.code != NULL || target.name != NULL;
}

/* ---- switches ---- */

/* An entry of a table of jumps: inside the function a label, outside an edge. False: no entry. */
static bool take_entry(walk *w, uint64_t from, uint64_t target) {
    if (is_inside(w, target)) {
        set_label(w, target);
        return true;
    }
    const image_section *section = image_section_at(w->at, target);
    if (section == NULL || (section->flags & SHF_EXECINSTR) == 0) {
        return false;
    }
    add_edge(w, EDGE_TAIL, (place){.code = graph_at(w->in, w->at, target)}, from);
    return true;
}

/* Distances of 4 bytes from `table`; `base` is what they are added to. */
static bool entry_of_4(walk *w, uint64_t address, uint64_t base, uint64_t *target) {
    const image_relocation *relocation = image_relocation_in(w->at, address, 1);
    const image_section *section = image_section_at(w->at, address);
    if (section == NULL || (section->flags & SHF_WRITE) != 0 ||
        section->address + section->size - address < 4) {
        return false;
    }
    if (relocation != NULL) {
        if (!relocation->relative || relocation->symbol == UINT32_MAX) {
            return false;
        }
        place found = place_of_symbol(w->in, w->at, relocation->symbol,
                                      relocation->addend - (int64_t)(address - base));
        *target = found.address;
        return found.address != 0;
    }
    if (!w->at->linked) {
        return false;
    }
    *target = base + (uint64_t)(int64_t)(int32_t)(uint32_t)word_at(section, address, 4);
    return true;
}

static bool entry_of_8(walk *w, uint64_t address, uint64_t *target) {
    place found = content_of(w->in, w->at, address);
    *target = found.address;
    return found.address != 0;
}

#define TABLE_MAX 65536u

/* Reads a table of jumps to its end: the first entry that is no code, or where another function's
 * begins. A jump of the compiler never goes beyond its table. */
static bool take_table(walk *w, uint64_t from, uint64_t table, unsigned size) {
    size_t count = 0;
    size_t inside = 0;
    for (; count < TABLE_MAX; count++) {
        uint64_t target;
        uint64_t address = table + count * size;
        bool good =
            size == 4 ? entry_of_4(w, address, table, &target) : entry_of_8(w, address, &target);
        if (!good || (count > 0 && inside == count && !is_inside(w, target) && size == 4)) {
            break;
        }
        inside += is_inside(w, target);
        if (!take_entry(w, from, target)) {
            break;
        }
    }
    return count > 0;
}

/* jmp *table(,%reg,8), or *(%base,%reg,8) with a known base. */
static bool take_memory_table(walk *w, const cs_insn *insn, const cs_x86_op *operand) {
    bool through_slot = false;
    uint64_t table = 0;
    if (operand->mem.index == X86_REG_INVALID || operand->mem.scale != 8) {
        return false;
    }
    if (operand->mem.base == X86_REG_INVALID) {
        table = memory_place(w, insn, operand, &through_slot).address;
    } else {
        const known_value *base = registers_get(&w->known, operand->mem.base);
        table = base != NULL && base->kind == KNOWN_DATA
                    ? base->address + (uint64_t)operand->mem.disp
                    : 0;
    }
    return table != 0 && !through_slot && take_table(w, insn->address, table, 8);
}

static bool take_register_table(walk *w, const cs_insn *insn, unsigned reg) {
    const known_value *value = registers_get(&w->known, reg);
    if (value == NULL) {
        return false;
    }
    if (value->kind == KNOWN_JUMP_4) {
        return take_table(w, insn->address, value->address, 4);
    }
    return value->kind == KNOWN_ENTRY_8 && take_table(w, insn->address, value->address, 8);
}

/* With indirect branch tracking the compiler writes notrack before the jumps of a switch, and only
 * there: their labels have no landing pad. */
static bool is_marked_switch(const cs_insn *insn) {
    return insn->detail->x86.prefix[1] == 0x3e || (insn->size > 1 && insn->bytes[0] == 0x3e);
}

/* The compiler's own list of computed calls has none on this line: it is a goto. A line that
 * inlined calls come from is another one. */
static bool is_no_call(const walk *w, uint64_t address) {
    char place[256];
    const char *path;
    int line;
    int column;
    if (callinfo_excludes(&w->in->calls, w->of->name, NULL)) {
        return true;
    }
    if (!image_line(w->at, address, &path, &line, &column)) {
        return false;
    }
    const char *slash = strrchr(path, '/');
    (void)snprintf(place, sizeof place, "%s:%d", slash != NULL ? slash + 1 : path, line);
    return callinfo_excludes(&w->in->calls, w->of->name, place);
}

/* ---- calls and jumps ---- */

static void call_or_tail(walk *w, const cs_insn *insn, bool is_call, place target) {
    if (names_code(target)) {
        add_edge(w, is_call ? EDGE_CALL : EDGE_TAIL, target, insn->address);
    } else {
        add_edge(w, is_call ? EDGE_INDIRECT_CALL : EDGE_INDIRECT_TAIL, target, insn->address);
    }
}

static void direct(walk *w, const cs_insn *insn, bool is_call, uint64_t value) {
    bool through_slot;
    place target = operand_place(w, insn, value, &through_slot);
    bool here = target.address != 0 && is_inside(w, target.address);
    if (here && !(is_call && target.address == w->of->address)) {
        set_label(w, target.address); /* a call inside is a jump that pushes: get-my-address */
        return;
    }
    call_or_tail(w, insn, is_call, settle(w->in, w->at, target));
}

static place register_target(walk *w, unsigned reg) {
    const known_value *value = registers_get(&w->known, reg);
    if (value == NULL || value->kind != KNOWN_CODE) {
        return (place){0};
    }
    return (place){.code = value->code, .name = value->name};
}

static void indirect(walk *w, const cs_insn *insn, bool is_call, const cs_x86_op *operand) {
    place target =
        operand->type == X86_OP_REG ? register_target(w, operand->reg) : loaded(w, insn, operand);
    if (!is_call && !names_code(target)) {
        bool is_switch = operand->type == X86_OP_REG ? take_register_table(w, insn, operand->reg)
                                                     : take_memory_table(w, insn, operand);
        if (is_switch || is_marked_switch(insn) || is_no_call(w, insn->address)) {
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

/* ---- values ---- */

static known_value value_of_place(place found) {
    if (names_code(found)) {
        return (known_value){.kind = KNOWN_CODE, .code = found.code, .name = found.name};
    }
    return (known_value){.kind = found.address != 0 ? KNOWN_DATA : KNOWN_NOT,
                         .address = found.address};
}

static void refer(walk *w, const cs_insn *insn, place found) {
    if (names_code(found) && found.code != w->of) {
        add_edge(w, EDGE_REFERENCE, found, insn->address);
    }
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
        place found = settle(w->in, w->at, operand_place(w, insn, 0, &through_slot));
        refer(w, insn, found);
        return value_of_place(found);
    }
    if (source->size == 4) {
        return narrow_entry(w, source);
    }
    if (source->mem.index != X86_REG_INVALID && source->mem.scale == 8 && source->size == 8) {
        const known_value *base = registers_get(&w->known, source->mem.base);
        if (source->mem.base == X86_REG_INVALID) {
            uint64_t table = memory_place(w, insn, source, &through_slot).address;
            return (known_value){.kind = table != 0 && !through_slot ? KNOWN_ENTRY_8 : KNOWN_NOT,
                                 .address = table};
        }
        if (base != NULL && base->kind == KNOWN_DATA) {
            return (known_value){.kind = KNOWN_ENTRY_8,
                                 .address = base->address + (uint64_t)source->mem.disp};
        }
        return (known_value){0};
    }
    place found = loaded(w, insn, source);
    refer(w, insn, found);
    return value_of_place(found);
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

/* add entry, table, either way round: the address to jump to. */
static known_value summed(walk *w, const cs_x86 *x86) {
    if (x86->operands[1].type != X86_OP_REG) {
        return (known_value){0};
    }
    const known_value *left = registers_get(&w->known, x86->operands[0].reg);
    const known_value *right = registers_get(&w->known, x86->operands[1].reg);
    if (left == NULL || right == NULL) {
        return (known_value){0};
    }
    const known_value *entry = left->kind == KNOWN_ENTRY_4 ? left : right;
    const known_value *base = left->kind == KNOWN_ENTRY_4 ? right : left;
    bool good =
        entry->kind == KNOWN_ENTRY_4 && base->kind == KNOWN_DATA && entry->address == base->address;
    return (known_value){.kind = good ? KNOWN_JUMP_4 : KNOWN_NOT, .address = base->address};
}

static known_value address_of(walk *w, const cs_insn *insn, const cs_x86_op *source) {
    bool through_slot;
    if (!is_rip_relative(source)) {
        return (known_value){0};
    }
    place found = settle(w->in, w->at, memory_place(w, insn, source, &through_slot));
    refer(w, insn, found);
    return value_of_place(found);
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
        return summed(w, x86);
    default:
        return (known_value){0};
    }
}

/* An address of code stored or compared without a register in between. */
static void refer_otherwise(walk *w, const cs_insn *insn) {
    bool through_slot;
    const image_relocation *relocation = image_relocation_in(w->at, insn->address, insn->size);
    if (relocation == NULL || relocation->relative) {
        return;
    }
    refer(w, insn, settle(w->in, w->at, operand_place(w, insn, 0, &through_slot)));
}

static void follow(walk *w, const cs_insn *insn) {
    const cs_x86 *x86 = &insn->detail->x86;
    const known_value *rax = registers_get(&w->known, X86_REG_RAX);
    if (insn->id == X86_INS_CDQE && rax != NULL && rax->kind == KNOWN_ENTRY_4) {
        return; /* still that entry, widened */
    }
    known_value value = {0};
    if (sets_register(x86)) {
        value = value_after(w, insn);
    } else {
        refer_otherwise(w, insn);
    }
    cs_regs read;
    cs_regs written;
    uint8_t read_count;
    uint8_t written_count;
    if (cs_regs_access(engine, insn, read, &read_count, written, &written_count) == CS_ERR_OK) {
        for (uint8_t i = 0; i < written_count; i++) {
            registers_set(&w->known, written[i], &(known_value){0});
        }
    }
    if (value.kind != KNOWN_NOT) {
        registers_set(&w->known, x86->operands[0].reg, &value);
    }
}

/* ---- stack ---- */

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

static void follow_stack(walk *w, const cs_insn *insn) {
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
static void close_loop(walk *w, const cs_insn *insn, const uint32_t *seen) {
    const cs_x86_op *operand = &insn->detail->x86.operands[0];
    if (operand->type != X86_OP_IMM) {
        return;
    }
    uint64_t target = (uint64_t)operand->imm;
    if (target >= insn->address || !is_inside(w, target)) {
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

/* ---- the function ---- */

static bool in_group(const cs_insn *insn, uint8_t group) {
    return cs_insn_group(engine, insn, group);
}

static bool ends_flow(const cs_insn *insn) {
    return insn->id == X86_INS_JMP || insn->id == X86_INS_HLT || insn->id == X86_INS_UD2 ||
           in_group(insn, CS_GRP_RET);
}

static void step(walk *w, const cs_insn *insn, const uint32_t *seen) {
    if (in_group(insn, CS_GRP_CALL)) {
        branch(w, insn, true);
    } else if (in_group(insn, CS_GRP_JUMP)) {
        branch(w, insn, false);
        close_loop(w, insn, seen);
    } else if (insn->id == X86_INS_SYSCALL || insn->id == X86_INS_SYSENTER ||
               (insn->id == X86_INS_INT && insn->detail->x86.operands[0].imm == 0x80)) {
        add_edge(w, EDGE_SYSCALL, (place){0}, insn->address);
        registers_after_call(&w->known);
    } else {
        follow(w, insn);
        follow_stack(w, insn);
    }
}

/* What is known on arrival at a place that is jumped to, or that nothing seen leads to. */
static void arrive(walk *w, uint64_t address) {
    uint64_t offset = address - w->of->address;
    if (!is_label(w, address) && w->reached) {
        return;
    }
    w->known = w->constant;
    if (!w->reached || w->guessed) {
        w->guessed = w->depths[offset] == 0;
        w->depth = w->guessed ? w->of->frame_bytes : w->depths[offset] - 1;
    }
}

/* Which registers get one known value and no other, but for being restored. */
static void note_constants(const walk *w, const cs_insn *insn, registers *constant, bool *broken) {
    cs_regs read;
    cs_regs written;
    uint8_t read_count;
    uint8_t count;
    if (insn->id == X86_INS_POP || in_group(insn, CS_GRP_CALL) ||
        cs_regs_access(engine, insn, read, &read_count, written, &count) != CS_ERR_OK) {
        return;
    }
    for (uint8_t i = 0; i < count; i++) {
        unsigned index = registers_index(written[i]);
        if (index == REGISTERS) {
            continue;
        }
        const known_value *value = &w->known.values[index];
        known_value *kept = &constant->values[index];
        bool same = kept->kind == value->kind && kept->code == value->code &&
                    kept->name == value->name && kept->address == value->address;
        bool address = value->kind == KNOWN_CODE || value->kind == KNOWN_DATA;
        if (!address || (kept->kind != KNOWN_NOT && !same)) {
            broken[index] = true;
        }
        *kept = *value;
    }
}

/* One pass over the function; *constant gets what the next one may rely on. */
static void pass(walk *w, registers *constant, uint32_t *seen) {
    bool broken[REGISTERS] = {false};
    uint64_t address = w->of->address;
    const uint8_t *bytes = w->bytes;
    size_t left = w->end - address;
    w->known = (registers){0};
    w->depth = 0;
    w->reached = true;
    w->guessed = false;
    w->of->frame_bytes = 0;
    while (left > 0) {
        uint64_t here = address;
        arrive(w, here);
        seen[here - w->of->address] = w->depth + 1;
        if (!cs_disasm_iter(engine, &bytes, &left, &address, buffer)) {
            size_t length = vector_length(bytes, left);
            if (length == 0) {
                add_edge(w, EDGE_UNDECODED, (place){0}, here);
                break;
            }
            bytes += length;
            left -= length;
            address += length;
            w->known = (registers){0};
            continue;
        }
        step(w, buffer, seen);
        note_constants(w, buffer, constant, broken);
        w->reached = !ends_flow(buffer);
        if (w->of->size == 0 && !w->reached && w->farthest <= here) {
            w->end = address; /* a function without a symbol ends here */
        }
        left = w->end > address ? left : 0;
    }
    for (unsigned i = 0; i < REGISTERS; i++) {
        if (broken[i] || i < 1) { /* rax is changed by every call */
            constant->values[i] = (known_value){0};
        }
    }
    registers_after_call(constant);
}

#define PASSES_MAX 6u

static size_t count_labels(const walk *w, size_t words) {
    size_t count = 0;
    for (size_t i = 0; i < words; i++) {
        count += (size_t)__builtin_popcountll(w->labels[i]);
    }
    return count;
}

static void decode_bytes(walk *w, size_t size) {
    size_t words = size / 64 + 1;
    size_t labels_before = SIZE_MAX;
    w->labels = calloc(words, sizeof *w->labels);
    w->depths = calloc(size, sizeof *w->depths);
    uint32_t *seen = calloc(size, sizeof *seen);
    if (w->labels == NULL || w->depths == NULL || seen == NULL) {
        add_edge(w, EDGE_UNDECODED, (place){0}, w->of->address);
        free(w->labels);
        free(w->depths);
        free(seen);
        return;
    }
    for (unsigned i = 0; i < PASSES_MAX; i++) {
        registers constant = {0};
        size_t labels = count_labels(w, words);
        bool last = labels == labels_before;
        labels_before = labels;
        w->of->edges = NULL;
        w->last = &w->of->edges;
        w->of->unbounded = false;
        w->calls = false;
        pass(w, &constant, seen);
        w->constant = constant;
        if (last) {
            break;
        }
    }
    if (!w->calls) {
        w->of->frame_bytes += 128; /* the red zone */
    }
    free(w->labels);
    free(w->depths);
    free(seen);
}

void decode_function(graph *in, function *of) {
    walk w = {.in = in, .of = of, .at = of->in, .last = &of->edges};
    const image_section *section = image_section_at(of->in, of->address);
    uint64_t offset = section != NULL ? of->address - section->address : 0;
    size_t size = section != NULL ? section->size - offset : 0;
    size = of->size != 0 && of->size < size ? of->size : size;
    if (section == NULL || section->bytes == NULL || size == 0 || size > UINT32_MAX ||
        !open_engine()) {
        add_edge(&w, EDGE_UNDECODED, (place){0}, of->address);
        return;
    }
    w.bytes = section->bytes + offset;
    w.end = of->address + size;
    decode_bytes(&w, size);
}
