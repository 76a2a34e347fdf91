/* walk.c: edges and labels of the function that is walked through, and what its operands mean; see
 * walk.h. */
#include "walk.h"

#include "store.h"

#include <stdlib.h>
#include <string.h>

void walk_edge(walk *w, edge_kind kind, place target, uint64_t address) {
    edge *made = STORE_NEW(edge);
    *made = (edge){.kind = kind,
                   .stack_bytes = w->depth,
                   .target = target.code,
                   .name = target.code == NULL ? target.name : NULL,
                   .address = address,
                   .mark = kind == EDGE_MARK ? target.address : 0};
    *w->last = made;
    w->last = &made->next;
}

bool walk_is_inside(const walk *w, uint64_t address) {
    return address - w->of->address < w->end - w->of->address;
}

void walk_label(walk *w, uint64_t address) {
    uint64_t offset = address - w->of->address;
    w->label_count += !walk_is_label(w, address);
    w->labels[offset / 64] |= UINT64_C(1) << offset % 64;
    if (w->depths[offset] <= w->depth) {
        w->depths[offset] = w->depth + 1;
    }
    w->farthest = address > w->farthest ? address : w->farthest;
}

void walk_label_direct(walk *w, uint64_t address) {
    uint64_t offset = address - w->of->address;
    w->direct[offset / 64] |= UINT64_C(1) << offset % 64;
    walk_label(w, address);
}

bool walk_is_label(const walk *w, uint64_t address) {
    uint64_t offset = address - w->of->address;
    return (w->labels[offset / 64] >> offset % 64 & 1) != 0;
}

static size_t place_index(const walk *w, uint64_t address) {
    size_t low = 0;
    size_t high = w->place_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (w->places[middle] < address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool walk_is_place(const walk *w, uint64_t address) {
    size_t index = place_index(w, address);
    return index < w->place_count && w->places[index] == address;
}

#define PLACES_MAX 65536u

void walk_note_place(walk *w, uint64_t address) {
    size_t index = place_index(w, address);
    if (index < w->place_count && w->places[index] == address) {
        return;
    }
    if (w->place_count == w->place_room) {
        size_t room = w->place_room != 0 ? w->place_room * 2 : 64;
        uint64_t *moved = room <= PLACES_MAX ? realloc(w->places, room * sizeof *moved) : NULL;
        if (moved == NULL) {
            return; /* a table may be read too far: that is told, as code that is hidden */
        }
        w->places = moved;
        w->place_room = room;
    }
    memmove(w->places + index + 1, w->places + index, (w->place_count - index) * sizeof *w->places);
    w->places[index] = address;
    w->place_count++;
}

/* The place that an immediate or the displacement of a memory operand stands for. */
place walk_operand(walk *w, const cs_insn *insn, uint64_t value, bool *through_slot) {
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

bool walk_is_rip_relative(const cs_x86_op *operand) {
    return operand->type == X86_OP_MEM && operand->mem.base == X86_REG_RIP;
}

/* The address that a memory operand names if that does not depend on unknown registers. */
place walk_memory(walk *w, const cs_insn *insn, const cs_x86_op *operand, bool *through_slot) {
    uint64_t value = (uint64_t)operand->mem.disp;
    if (walk_is_rip_relative(operand)) {
        value += insn->address + insn->size;
    } else if (operand->mem.segment != X86_REG_INVALID) {
        *through_slot = false;
        return (place){0};
    }
    return walk_operand(w, insn, value, through_slot);
}

/* What a call or jump through memory, or a load from it, gets. */
place walk_loaded(walk *w, const cs_insn *insn, const cs_x86_op *operand) {
    bool through_slot;
    if (operand->mem.index != X86_REG_INVALID || operand->size != 8 ||
        !(walk_is_rip_relative(operand) || operand->mem.base == X86_REG_INVALID)) {
        return (place){0};
    }
    place slot = walk_memory(w, insn, operand, &through_slot);
    if (through_slot) {
        return place_settle(w->in, w->at, slot);
    }
    return slot.address != 0 ? place_content(w->in, w->at, slot.address) : (place){0};
}
