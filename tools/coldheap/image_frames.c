/* image_frames.c: functions without a symbol, from the table of unwinding (.eh_frame) of programs
 * and shared libraries: stripped ones keep it, and it has a row for every function with its place
 * and size. Each becomes a local function named by its place, ".text+0x1234". See image.h.
 *
 * Source: LSB core specification, 10.6 (exception frames). */
#include "image.h"

#include "sort.h"
#include "store.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <string.h>

#define POINTER_PCREL_4 (DW_EH_PE_pcrel | DW_EH_PE_sdata4) /* what compilers write */

typedef struct range {
    uint64_t start;
    uint64_t end;
} range;

static int by_start(const void *left, const void *right) {
    const range *a = left;
    const range *b = right;
    return (a->start > b->start) - (a->start < b->start);
}

/* What the symbols cover already, ascending. */
static range *ranges_of_symbols(const image *in, size_t *count) {
    range *ranges = STORE_ARRAY(range, in->symbol_count);
    *count = 0;
    for (uint32_t i = 0; i < in->symbol_count; i++) {
        const image_symbol *symbol = &in->symbols[i];
        if (symbol->section != 0 && (symbol->type == STT_FUNC || symbol->type == STT_GNU_IFUNC)) {
            uint64_t size = symbol->size != 0 ? symbol->size : 1;
            ranges[(*count)++] = (range){symbol->address, symbol->address + size};
        }
    }
    sort_items(ranges, *count, sizeof *ranges, by_start);
    return ranges;
}

/* Whether a range that begins at or before `address` reaches beyond it. Ranges of aliases differ
 * in size at most, so a few steps back are enough. */
static bool is_covered(const range *ranges, size_t count, uint64_t address) {
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges[middle].start <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (size_t i = low; i > 0 && low - i < 8; i--) {
        if (address < ranges[i - 1].end) {
            return true;
        }
    }
    return false;
}

/* How the places in the rows of a CIE are written; 0 if it does not say. */
static uint8_t pointer_encoding(const Dwarf_CIE *cie) {
    const uint8_t *data = cie->augmentation_data;
    size_t left = data != NULL ? cie->augmentation_data_size : 0;
    const char *letter = cie->augmentation != NULL ? cie->augmentation : "";
    if (*letter != 'z') {
        return 0;
    }
    for (letter++; *letter != 0 && left > 0; letter++) {
        if (*letter == 'R') {
            return *data;
        }
        size_t size = *letter == 'P' ? 5 : *letter == 'L' ? 1 : *letter == 'S' ? 0 : left;
        if (size >= left || (*letter == 'P' && (*data & 7) != (DW_EH_PE_udata4 & 7))) {
            return 0;
        }
        data += size;
        left -= size;
    }
    return 0;
}

typedef struct frame_reader {
    image *out;
    const image_section *section;
    Elf_Data data;
    const unsigned char *ident;
    range *ranges;
    size_t range_count;
    image_symbol *made;
    size_t made_count;
    size_t made_room;
} frame_reader;

static void add_symbol(frame_reader *r, uint64_t address, uint64_t size) {
    const image_section *code = image_section_at(r->out, address);
    if (code == NULL || (code->flags & SHF_EXECINSTR) == 0 || size == 0 ||
        strncmp(code->name, ".plt", 4) == 0 || /* one row for all stubs */
        size > code->address + code->size - address ||
        is_covered(r->ranges, r->range_count, address)) {
        return;
    }
    if (r->made_count == r->made_room) {
        size_t room = r->made_room != 0 ? r->made_room * 2 : 1024;
        image_symbol *moved = STORE_ARRAY(image_symbol, room);
        if (r->made_count > 0) {
            memcpy(moved, r->made, r->made_count * sizeof *moved);
        }
        r->made = moved;
        r->made_room = room;
    }
    r->made[r->made_count++] =
        (image_symbol){.name = store_format("%s+0x%llx", code->name,
                                            (unsigned long long)(address - code->address)),
                       .address = address,
                       .size = size,
                       .section = (uint32_t)(code - r->out->sections),
                       .type = STT_FUNC,
                       .binding = STB_LOCAL,
                       .hidden = true};
}

/* One row: where the function is, relative to where that is written, and its size. */
static void read_row(frame_reader *r, const Dwarf_FDE *row) {
    Dwarf_CFI_Entry entry;
    Dwarf_Off next;
    int32_t distance;
    uint32_t size;
    const uint8_t *bytes = r->section->bytes;
    if (row->CIE_pointer >= r->section->size || row->end - row->start < 8 ||
        dwarf_next_cfi(r->ident, &r->data, true, row->CIE_pointer, &next, &entry) != 0 ||
        !dwarf_cfi_cie_p(&entry) || pointer_encoding(&entry.cie) != POINTER_PCREL_4) {
        return;
    }
    memcpy(&distance, row->start, sizeof distance);
    memcpy(&size, row->start + sizeof distance, sizeof size);
    uint64_t place = r->section->address + (uint64_t)(row->start - bytes);
    add_symbol(r, place + (uint64_t)(int64_t)distance, size);
}

static void append_symbols(image *out, const frame_reader *r) {
    if (r->made_count == 0 || r->made_count > UINT32_MAX - out->symbol_count) {
        return;
    }
    image_symbol *all = STORE_ARRAY(image_symbol, out->symbol_count + r->made_count);
    if (out->symbol_count > 0) {
        memcpy(all, out->symbols, out->symbol_count * sizeof *all);
    }
    memcpy(all + out->symbol_count, r->made, r->made_count * sizeof *all);
    out->symbols = all;
    out->symbol_count += (uint32_t)r->made_count;
    out->symbol_room = out->symbol_count;
}

void image_add_frames(image *out) {
    frame_reader r = {.out = out};
    for (uint32_t i = 1; r.section == NULL && i < out->section_count; i++) {
        bool fits =
            strcmp(out->sections[i].name, ".eh_frame") == 0 && out->sections[i].bytes != NULL;
        r.section = fits ? &out->sections[i] : NULL;
    }
    r.ident = (const unsigned char *)elf_getident(out->elf, NULL);
    if (r.section == NULL || r.ident == NULL) {
        return;
    }
    r.ranges = ranges_of_symbols(out, &r.range_count);
    r.data = (Elf_Data){.d_buf = (void *)(uintptr_t)r.section->bytes,
                        .d_type = ELF_T_BYTE,
                        .d_version = EV_CURRENT,
                        .d_size = r.section->size,
                        .d_align = 8};
    Dwarf_CFI_Entry entry;
    Dwarf_Off next;
    for (Dwarf_Off at = 0;
         dwarf_next_cfi(r.ident, &r.data, true, at, &next, &entry) == 0 && next > at; at = next) {
        if (!dwarf_cfi_cie_p(&entry)) {
            read_row(&r, &entry.fde);
        }
    }
    append_symbols(out, &r);
}
