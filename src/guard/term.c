/* term.c: a small stack machine, as DWARF defines it, with what call frame information may use. */
#include "term.h"

#define STACK_MAX 32u
#define STEP_MAX  256u

typedef struct term {
    const chi_registers *registers;
    chi_encoded from;
    uintptr_t first; /* of the term: jumps stay inside */
    uintptr_t stack[STACK_MAX];
    size_t depth;
    bool bad;
} term;

static void push(term *t, uintptr_t value) {
    if (t->depth == STACK_MAX) {
        t->bad = true;
        return;
    }
    t->stack[t->depth++] = value;
}

static uintptr_t pop(term *t) {
    if (t->depth == 0) {
        t->bad = true;
        return 0;
    }
    return t->stack[--t->depth];
}

static uintptr_t peek(term *t, uint64_t below) {
    if (below >= t->depth) {
        t->bad = true;
        return 0;
    }
    return t->stack[t->depth - 1 - below];
}

static uintptr_t known_register(term *t, uint64_t number) {
    if (number >= CHI_REGISTER_MAX || (t->registers->known >> number & 1) == 0) {
        t->bad = true;
        return 0;
    }
    return t->registers->values[number];
}

static void load(term *t, uint64_t size) {
    const uintptr_t address = pop(t);
    uintptr_t value = 0;
    if (size == 0 || size > 8 || !chi_registers_read(t->registers, &value, address)) {
        t->bad = true;
        return;
    }
    push(t, size == 8 ? value : value & ((UINT64_C(1) << (8 * size)) - 1));
}

static void jump(term *t, int64_t distance) {
    const uintptr_t target = t->from.at + (uintptr_t)distance;
    if (target < t->first || target > t->from.end) {
        t->bad = true;
        return;
    }
    t->from.at = target;
}

/* DW_OP_const1u (8) to DW_OP_consts (0x11). */
static uintptr_t constant(term *t, uint64_t operation) {
    if (operation == 0x10) {
        return (uintptr_t)chi_encoded_uleb(&t->from);
    }
    if (operation == 0x11) {
        return (uintptr_t)chi_encoded_sleb(&t->from);
    }
    const size_t size = (size_t)1 << ((operation - 8) / 2);
    return operation % 2 == 0 ? (uintptr_t)chi_encoded_fixed(&t->from, size)
                              : (uintptr_t)chi_encoded_fixed_signed(&t->from, size);
}

/* Two values to one: DW_OP_and (0x1a) to DW_OP_ne (0x2e), but for those below. */
static bool binary(term *t, uint64_t operation) {
    const uintptr_t right = pop(t);
    const uintptr_t left = pop(t);
    const int64_t a = (int64_t)left;
    const int64_t b = (int64_t)right;
    const bool shifts = right < 64;
    switch (operation) {
    case 0x1a:
        push(t, left & right);
        return true;
    case 0x1c:
        push(t, left - right);
        return true;
    case 0x1e:
        push(t, left * right);
        return true;
    case 0x21:
        push(t, left | right);
        return true;
    case 0x22:
        push(t, left + right);
        return true;
    case 0x24:
        push(t, shifts ? left << right : 0);
        return true;
    case 0x25:
        push(t, shifts ? left >> right : 0);
        return true;
    case 0x26:
        push(t, (uintptr_t)(a >> (shifts ? right : 63)));
        return true;
    case 0x27:
        push(t, left ^ right);
        return true;
    case 0x29:
        push(t, a == b);
        return true;
    case 0x2a:
        push(t, a >= b);
        return true;
    case 0x2b:
        push(t, a > b);
        return true;
    case 0x2c:
        push(t, a <= b);
        return true;
    case 0x2d:
        push(t, a < b);
        return true;
    case 0x2e:
        push(t, a != b);
        return true;
    default:
        return false;
    }
}

/* The stack itself, and one value to another. */
static bool shuffle(term *t, uint64_t operation) {
    uintptr_t a;
    uintptr_t b;
    switch (operation) {
    case 0x12:
        push(t, peek(t, 0));
        return true;
    case 0x13:
        (void)pop(t);
        return true;
    case 0x14:
        push(t, peek(t, 1));
        return true;
    case 0x15:
        push(t, peek(t, chi_encoded_fixed(&t->from, 1)));
        return true;
    case 0x16:
        a = pop(t);
        b = pop(t);
        push(t, a);
        push(t, b);
        return true;
    case 0x1f:
        push(t, 0 - pop(t));
        return true;
    case 0x20:
        push(t, ~pop(t));
        return true;
    case 0x23:
        push(t, pop(t) + (uintptr_t)chi_encoded_uleb(&t->from));
        return true;
    default:
        return false;
    }
}

static bool control(term *t, uint64_t operation) {
    int64_t distance;
    switch (operation) {
    case 0x03:
        push(t, (uintptr_t)chi_encoded_fixed(&t->from, 8));
        return true;
    case 0x06:
        load(t, 8);
        return true;
    case 0x94:
        load(t, chi_encoded_fixed(&t->from, 1));
        return true;
    case 0x28:
        distance = chi_encoded_fixed_signed(&t->from, 2);
        if (pop(t) != 0) {
            jump(t, distance);
        }
        return true;
    case 0x2f:
        jump(t, chi_encoded_fixed_signed(&t->from, 2));
        return true;
    case 0x96:
        return true;
    default:
        return false;
    }
}

static bool operate(term *t, uint64_t operation) {
    if (operation >= 0x30 && operation <= 0x4f) {
        push(t, (uintptr_t)(operation - 0x30));
        return true;
    }
    if (operation >= 0x50 && operation <= 0x6f) {
        push(t, known_register(t, operation - 0x50));
        return true;
    }
    if (operation >= 0x70 && operation <= 0x8f) {
        const uintptr_t base = known_register(t, operation - 0x70);
        push(t, base + (uintptr_t)chi_encoded_sleb(&t->from));
        return true;
    }
    if (operation >= 0x08 && operation <= 0x11) {
        push(t, constant(t, operation));
        return true;
    }
    return shuffle(t, operation) || control(t, operation) ||
           (operation >= 0x1a && operation <= 0x2e && binary(t, operation));
}

bool chi_registers_read(const chi_registers *registers, uintptr_t *value, uintptr_t address) {
    if (address < registers->low || address >= registers->high ||
        registers->high - address < sizeof *value) {
        return false;
    }
    *value = (uintptr_t)(chi_encoded_fixed(&(chi_encoded){.at = address, .end = registers->high},
                                           sizeof *value));
    return true;
}

bool chi_term(uintptr_t *value, const chi_registers *registers, chi_encoded from,
              const uintptr_t *start) {
    term t;
    t.registers = registers;
    t.from = chi_encoded_sub(&from);
    t.first = t.from.at;
    t.depth = 0;
    t.bad = from.bad;
    if (start != NULL) {
        push(&t, *start);
    }
    for (unsigned steps = 0; !t.bad && t.from.at < t.from.end; steps++) {
        const uint64_t operation = chi_encoded_fixed(&t.from, 1);
        if (steps == STEP_MAX || !operate(&t, operation) || t.from.bad) {
            return false;
        }
    }
    *value = pop(&t);
    return !t.bad;
}

static bool work_out(uintptr_t *value, const chi_registers *registers, const chi_rules *rules,
                     const chi_saved *saved, const uintptr_t *cfa) {
    const chi_encoded from = {.at = rules->terms + (uintptr_t)(intptr_t)saved->value,
                              .end = rules->terms_end};
    uintptr_t address;
    switch ((chi_saved_kind)saved->kind) {
    case CHI_SAVED_AT:
        address = *cfa + (uintptr_t)(intptr_t)saved->value;
        return chi_registers_read(registers, value, address);
    case CHI_SAVED_AT_TERM:
        return chi_term(&address, registers, from, cfa) &&
               chi_registers_read(registers, value, address);
    case CHI_SAVED_IS:
        *value = *cfa + (uintptr_t)(intptr_t)saved->value;
        return true;
    case CHI_SAVED_IS_TERM:
        return chi_term(value, registers, from, cfa);
    case CHI_SAVED_REGISTER:
        if (saved->value < 0 || saved->value >= (int32_t)CHI_REGISTER_MAX ||
            (registers->known >> saved->value & 1) == 0) {
            return false;
        }
        *value = registers->values[saved->value];
        return true;
    case CHI_SAVED_SAME:
    case CHI_SAVED_UNDEFINED:
        break;
    }
    return false;
}

static bool find_cfa(uintptr_t *cfa, const chi_registers *registers, const chi_rules *rules) {
    if (rules->cfa.kind == CHI_SAVED_IS_TERM) {
        return work_out(cfa, registers, rules, &rules->cfa, NULL);
    }
    if (rules->cfa.kind != CHI_SAVED_IS || rules->cfa_register >= CHI_REGISTER_MAX ||
        (registers->known >> rules->cfa_register & 1) == 0) {
        return false;
    }
    *cfa = registers->values[rules->cfa_register] + (uintptr_t)(intptr_t)rules->cfa.value;
    return true;
}

bool chi_registers_step(chi_registers *registers, const chi_rules *rules, bool *outermost) {
    chi_registers before = *registers;
    uintptr_t cfa;
    *outermost = rules->registers[CHI_REGISTER_PC].kind == CHI_SAVED_UNDEFINED;
    if (*outermost || !find_cfa(&cfa, &before, rules)) {
        return false;
    }
    for (uint32_t i = 0; i < CHI_REGISTER_MAX; i++) {
        const chi_saved *saved = &rules->registers[i];
        const uint32_t bit = UINT32_C(1) << i;
        if (saved->kind == CHI_SAVED_SAME) {
            continue;
        }
        registers->known &= ~bit;
        if (work_out(&registers->values[i], &before, rules, saved, &cfa)) {
            registers->known |= bit;
        }
    }
    if (rules->registers[CHI_REGISTER_RSP].kind == CHI_SAVED_SAME) {
        registers->values[CHI_REGISTER_RSP] = cfa;
        registers->known |= UINT32_C(1) << CHI_REGISTER_RSP;
    }
    const uint32_t needed = UINT32_C(1) << CHI_REGISTER_PC | UINT32_C(1) << CHI_REGISTER_RSP;
    return rules->registers[CHI_REGISTER_PC].kind != CHI_SAVED_SAME &&
           (registers->known & needed) == needed;
}
