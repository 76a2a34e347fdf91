/* rules.c: .eh_frame read. The sorted index of .eh_frame_hdr gives the function's entry (FDE), that
 * its common part (CIE); the programs of both are run up to the address. Nothing outside the
 * mapping that holds .eh_frame is read, whatever the tables say. */
#include "rules.h"

#include <string.h>

#include "encoded.h"

#define REMEMBER_MAX   16u
#define OPERATION_HIGH 0xc0u
#define OPERATION_LOW  0x3fu

typedef struct entry {
    uintptr_t at;
    uintptr_t start; /* of the function */
    uintptr_t size;
    uintptr_t program;
    uintptr_t end;
} entry;

typedef struct common {
    uint64_t code_align;
    int64_t data_align;
    uint8_t encoding;
    bool augmented;
    bool signal_frame;
    uintptr_t program;
    uintptr_t end;
} common;

typedef struct machine {
    chi_rules *rules;
    const common *cie;
    uintptr_t at;    /* address the program has come to */
    uintptr_t limit; /* stop beyond */
    chi_rules initial;
    uint32_t remembered;
    struct {
        chi_saved registers[CHI_REGISTER_MAX];
        chi_saved cfa;
        uint32_t cfa_register;
    } stack[REMEMBER_MAX];
} machine;

/* The length in front of an entry; the reader returned goes over the rest of it. */
static chi_encoded open_entry(const chi_code *code, uintptr_t at) {
    chi_encoded from = {.at = at, .end = code->eh_high, .bad = at < code->eh_low};
    uint64_t size = chi_encoded_fixed(&from, 4);
    if (size == UINT32_MAX) {
        size = chi_encoded_fixed(&from, 8);
    }
    if (from.bad || size == 0 || size > from.end - from.at) {
        from.bad = true;
        return from;
    }
    from.end = from.at + (uintptr_t)size;
    return from;
}

/* "zR", "zPLR", "zRS": what is in the augmentation, and in which order. */
static bool read_augmentation(common *cie, chi_encoded *from, const char *letters) {
    cie->augmented = *letters == 'z';
    if (!cie->augmented) {
        return *letters == 0;
    }
    chi_encoded data = chi_encoded_sub(from);
    for (letters++; *letters != 0; letters++) {
        switch (*letters) {
        case 'R':
            cie->encoding = (uint8_t)chi_encoded_fixed(&data, 1);
            break;
        case 'S':
            cie->signal_frame = true;
            break;
        case 'L':
            (void)chi_encoded_fixed(&data, 1);
            break;
        case 'P': {
            const uint8_t encoding = (uint8_t)chi_encoded_fixed(&data, 1);
            (void)chi_encoded_pointer(&data, encoding, 0);
            break;
        }
        default: /* letters behind it are not known, their data is passed over */
            return !data.bad;
        }
    }
    return !data.bad;
}

static bool read_common(common *cie, const chi_code *code, uintptr_t at) {
    chi_encoded from = open_entry(code, at);
    const uint64_t id = chi_encoded_fixed(&from, 4);
    const uint64_t version = chi_encoded_fixed(&from, 1);
    const char *letters = (const char *)from.at;
    while (chi_encoded_fixed(&from, 1) != 0) {}
    cie->code_align = chi_encoded_uleb(&from);
    cie->data_align = chi_encoded_sleb(&from);
    const uint64_t column = version == 1 ? chi_encoded_fixed(&from, 1) : chi_encoded_uleb(&from);
    if (from.bad || id != 0 || (version != 1 && version != 3) || column != CHI_REGISTER_PC ||
        !read_augmentation(cie, &from, letters)) {
        return false;
    }
    cie->program = from.at;
    cie->end = from.end;
    return !from.bad;
}

static bool read_entry(entry *fde, common *cie, const chi_code *code) {
    chi_encoded from = open_entry(code, fde->at);
    const uintptr_t place = from.at;
    const uint64_t back = chi_encoded_fixed(&from, 4);
    if (from.bad || back == 0 || back > place - code->eh_low ||
        !read_common(cie, code, place - (uintptr_t)back)) {
        return false;
    }
    fde->start = chi_encoded_pointer(&from, cie->encoding, 0);
    fde->size = chi_encoded_pointer(&from, cie->encoding & 0x0f, 0);
    if (cie->augmented) {
        (void)chi_encoded_sub(&from);
    }
    fde->program = from.at;
    fde->end = from.end;
    return !from.bad;
}

/* The last pair whose function starts at or below the address; 0: none. */
static uintptr_t find_entry(const chi_code *code, uintptr_t address) {
    const int32_t *pairs = (const int32_t *)code->pairs;
    const int64_t wanted = (int64_t)(address - code->index);
    uint64_t low = 0;
    uint64_t high = code->pair_count;
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (pairs[2 * middle] <= wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? 0 : code->index + (uintptr_t)(intptr_t)pairs[2 * low - 1];
}

static void set(machine *m, uint64_t number, chi_saved_kind kind, int64_t value) {
    if (number < CHI_REGISTER_MAX) {
        m->rules->registers[number] = (chi_saved){(int32_t)kind, (int32_t)value};
    }
}

static void set_cfa(machine *m, uint64_t number, int64_t offset) {
    m->rules->cfa = (chi_saved){CHI_SAVED_IS, (int32_t)offset};
    m->rules->cfa_register = number < CHI_REGISTER_MAX ? (uint32_t)number : CHI_REGISTER_MAX;
}

static void restore(machine *m, uint64_t number) {
    if (number < CHI_REGISTER_MAX) {
        m->rules->registers[number] = m->initial.registers[number];
    }
}

static int64_t pass_term(machine *m, chi_encoded *from) {
    const int64_t distance = (int64_t)(from->at - m->rules->terms);
    (void)chi_encoded_sub(from);
    return distance;
}

static bool remember(machine *m) {
    if (m->remembered == REMEMBER_MAX) {
        return false;
    }
    memcpy(m->stack[m->remembered].registers, m->rules->registers, sizeof m->rules->registers);
    m->stack[m->remembered].cfa = m->rules->cfa;
    m->stack[m->remembered++].cfa_register = m->rules->cfa_register;
    return true;
}

static bool recall(machine *m) {
    if (m->remembered == 0) {
        return false;
    }
    m->remembered--;
    memcpy(m->rules->registers, m->stack[m->remembered].registers, sizeof m->rules->registers);
    m->rules->cfa = m->stack[m->remembered].cfa;
    m->rules->cfa_register = m->stack[m->remembered].cfa_register;
    return true;
}

/* Operations on the CFA. False: not one of them. */
static bool run_cfa(machine *m, chi_encoded *from, uint64_t operation) {
    const int64_t factor = m->cie->data_align;
    uint64_t number;
    switch (operation) {
    case 0x0c: /* register and offset */
        number = chi_encoded_uleb(from);
        set_cfa(m, number, (int64_t)chi_encoded_uleb(from));
        return true;
    case 0x12: /* the same, signed and factored */
        number = chi_encoded_uleb(from);
        set_cfa(m, number, chi_encoded_sleb(from) * factor);
        return true;
    case 0x0d: /* register */
        set_cfa(m, chi_encoded_uleb(from), m->rules->cfa.value);
        return true;
    case 0x0e: /* offset */
        set_cfa(m, m->rules->cfa_register, (int64_t)chi_encoded_uleb(from));
        return true;
    case 0x13: /* offset, signed and factored */
        set_cfa(m, m->rules->cfa_register, chi_encoded_sleb(from) * factor);
        return true;
    case 0x0f: /* term */
        m->rules->cfa = (chi_saved){CHI_SAVED_IS_TERM, (int32_t)pass_term(m, from)};
        return true;
    default:
        return false;
    }
}

/* Operations on one register, whose number comes first. False: not one of them. */
static bool run_register(machine *m, chi_encoded *from, uint64_t operation) {
    const int64_t factor = m->cie->data_align;
    if ((operation < 0x05 || operation > 0x09) && operation != 0x10 && operation != 0x11 &&
        (operation < 0x14 || operation > 0x16) && operation != 0x2f) {
        return false;
    }
    const uint64_t number = chi_encoded_uleb(from);
    switch (operation) {
    case 0x05:
        set(m, number, CHI_SAVED_AT, (int64_t)chi_encoded_uleb(from) * factor);
        break;
    case 0x06:
        restore(m, number);
        break;
    case 0x07:
        set(m, number, CHI_SAVED_UNDEFINED, 0);
        break;
    case 0x08:
        set(m, number, CHI_SAVED_SAME, 0);
        break;
    case 0x09:
        set(m, number, CHI_SAVED_REGISTER, (int64_t)chi_encoded_uleb(from));
        break;
    case 0x10:
        set(m, number, CHI_SAVED_AT_TERM, pass_term(m, from));
        break;
    case 0x11:
        set(m, number, CHI_SAVED_AT, chi_encoded_sleb(from) * factor);
        break;
    case 0x14:
        set(m, number, CHI_SAVED_IS, (int64_t)chi_encoded_uleb(from) * factor);
        break;
    case 0x15:
        set(m, number, CHI_SAVED_IS, chi_encoded_sleb(from) * factor);
        break;
    case 0x16:
        set(m, number, CHI_SAVED_IS_TERM, pass_term(m, from));
        break;
    default: /* 0x2f */
        set(m, number, CHI_SAVED_AT, -((int64_t)chi_encoded_uleb(from) * factor));
    }
    return true;
}

/* The rest: places, the stack of states, and what means nothing here. False: not known. */
static bool run_other(machine *m, chi_encoded *from, uint64_t operation) {
    switch (operation) {
    case 0x00: /* nothing */
        return true;
    case 0x01: /* to an address */
        m->at = chi_encoded_pointer(from, m->cie->encoding, 0);
        return true;
    case 0x02:
    case 0x03:
    case 0x04: /* further, by 1, 2 or 4 bytes */
        m->at +=
            (uintptr_t)(chi_encoded_fixed(from, (size_t)1 << (operation - 2)) * m->cie->code_align);
        return true;
    case 0x0a:
        return remember(m);
    case 0x0b:
        return recall(m);
    case 0x2e: /* size of arguments */
        (void)chi_encoded_uleb(from);
        return true;
    default:
        return false;
    }
}

static bool run(machine *m, uintptr_t program, uintptr_t end) {
    chi_encoded from = {.at = program, .end = end};
    while (from.at < end && !from.bad && m->at <= m->limit) {
        const uint64_t operation = chi_encoded_fixed(&from, 1);
        const uint64_t low = operation & OPERATION_LOW;
        switch (operation & OPERATION_HIGH) {
        case 0x40:
            m->at += (uintptr_t)(low * m->cie->code_align);
            break;
        case 0x80:
            set(m, low, CHI_SAVED_AT, (int64_t)chi_encoded_uleb(&from) * m->cie->data_align);
            break;
        case 0xc0:
            restore(m, low);
            break;
        default:
            if (!run_cfa(m, &from, operation) && !run_register(m, &from, operation) &&
                !run_other(m, &from, operation)) {
                return false;
            }
        }
    }
    return !from.bad;
}

bool chi_rules_find(chi_rules *rules, const chi_code *code, uintptr_t address) {
#ifndef __x86_64__
    return false;
#endif
    entry fde = {.at = find_entry(code, address)};
    common cie = {.encoding = 0};
    if (fde.at == 0 || !read_entry(&fde, &cie, code) || address - fde.start >= fde.size) {
        return false;
    }
    machine m;
    m.rules = rules;
    m.cie = &cie;
    m.at = fde.start;
    m.limit = address;
    m.remembered = 0;
    memset(rules, 0, sizeof *rules);
    memset(&m.initial, 0, sizeof m.initial);
    rules->signal_frame = cie.signal_frame;
    rules->terms = code->eh_low;
    rules->terms_end = code->eh_high;
    if (!run(&m, cie.program, cie.end)) {
        return false;
    }
    m.initial = *rules;
    return run(&m, fde.program, fde.end);
}
