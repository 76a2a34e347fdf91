/* switch.c: tables of jumps, and what the compiler says; see walk.h. */
#include "walk.h"

#include <stdio.h>
#include <string.h>

/* An entry of a table of jumps: inside the function a label, outside an edge. False: no entry. */
static bool take_entry(walk *w, uint64_t from, uint64_t target) {
    if (walk_is_inside(w, target)) {
        walk_label(w, target);
        return true;
    }
    const image_section *section = image_section_at(w->at, target);
    if (section == NULL || (section->flags & SHF_EXECINSTR) == 0) {
        return false;
    }
    walk_edge(w, EDGE_TAIL, (place){.code = graph_at(w->in, w->at, target)}, from);
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
    *target = base + (uint64_t)(int64_t)(int32_t)(uint32_t)place_word(section, address, 4);
    return true;
}

static bool entry_of_8(walk *w, uint64_t address, uint64_t *target) {
    place found = place_content(w->in, w->at, address);
    *target = found.address;
    return found.address != 0;
}

#define TABLE_MAX 65536u

/* Reads a table of jumps to its end: the first entry that is no code, or where another function's
 * begins. A jump of the compiler never goes beyond its table. */
static bool take_table(walk *w, uint64_t from, uint64_t table, unsigned size) {
    size_t count = 0;
    size_t inside = 0;
    if (w->first && size == 4) {
        w->skipped = true; /* where the next one begins is not known yet */
        return true;
    }
    for (; count < TABLE_MAX; count++) {
        uint64_t target;
        uint64_t address = table + count * size;
        if (count > 0 && walk_is_place(w, address)) {
            break;
        }
        bool good =
            size == 4 ? entry_of_4(w, address, table, &target) : entry_of_8(w, address, &target);
        if (!good || (count > 0 && inside == count && !walk_is_inside(w, target) && size == 4)) {
            break;
        }
        inside += walk_is_inside(w, target);
        if (!take_entry(w, from, target)) {
            break;
        }
    }
    return count > 0;
}

/* jmp *table(,%reg,8), or *(%base,%reg,8) with a known base. */
bool switch_through_memory(walk *w, const cs_insn *insn, const cs_x86_op *operand) {
    bool through_slot = false;
    uint64_t table = 0;
    if (operand->mem.index == X86_REG_INVALID || operand->mem.scale != 8) {
        return false;
    }
    if (operand->mem.base == X86_REG_INVALID) {
        table = walk_memory(w, insn, operand, &through_slot).address;
    } else {
        const known_value *base = registers_get(&w->known, operand->mem.base);
        table = base != NULL && base->kind == KNOWN_DATA
                    ? base->address + (uint64_t)operand->mem.disp
                    : 0;
    }
    return table != 0 && !through_slot && take_table(w, insn->address, table, 8);
}

bool switch_through_register(walk *w, const cs_insn *insn, unsigned reg) {
    const known_value *value = registers_get(&w->known, reg);
    if (value == NULL) {
        return false;
    }
    if (value->kind == KNOWN_INSIDE) {
        w->untracked = true; /* to a place in this function: assembly does so */
        return true;
    }
    if (value->kind == KNOWN_JUMP_4) {
        return take_table(w, insn->address, value->address, 4);
    }
    return value->kind == KNOWN_ENTRY_8 && take_table(w, insn->address, value->address, 8);
}

/* With indirect branch tracking the compiler writes notrack before the jumps of a switch, and only
 * there: their labels have no landing pad. */
bool switch_is_marked(const cs_insn *insn) {
    return insn->detail->x86.prefix[1] == 0x3e || (insn->size > 1 && insn->bytes[0] == 0x3e);
}

/* The compiler's own list of computed calls has none on this line: it is a goto. A line that
 * inlined calls come from is another one. */
bool switch_is_goto(const walk *w, uint64_t address) {
    char place[256];
    const char *path;
    int line;
    int column;
    if (callinfo_excludes(&w->in->calls, w->at->path, w->of->name, NULL)) {
        return true;
    }
    if (!image_line(w->at, address, &path, &line, &column)) {
        return false;
    }
    const char *slash = strrchr(path, '/');
    (void)snprintf(place, sizeof place, "%s:%d", slash != NULL ? slash + 1 : path, line);
    return callinfo_excludes(&w->in->calls, w->at->path, w->of->name, place);
}
