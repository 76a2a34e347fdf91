/* marks.c: see marks.h. */
#include "marks.h"

#include "demangle.h"
#include "store.h"

#include <coldheap/hot.h>

#include <string.h>

#define TEXT_BYTES_MAX 4096u

/* The layout of ch_hot_mark on the machines that image.h reads. */
#define MARK_BYTES  32u
#define MARK_LINE   24u
#define MARK_DENY   28u
#define POINTER_MAX 3u

/* ---- bytes ---- */

static uint64_t read_word(const uint8_t *bytes, size_t size) {
    uint64_t word = 0;
    for (size_t i = size; i > 0; i--) {
        word = word << 8 | bytes[i - 1];
    }
    return word;
}

/* The address that the pointer at `address` will hold. */
static uint64_t pointer_at(const image *in, uint64_t address, const uint8_t *bytes) {
    const image_relocation *relocation = image_relocation_in(in, address, 1);
    if (relocation == NULL) {
        return read_word(bytes, 8);
    }
    if (relocation->symbol == UINT32_MAX) {
        return (uint64_t)relocation->addend;
    }
    if (relocation->symbol >= in->symbol_count) {
        return 0;
    }
    return in->symbols[relocation->symbol].address + (uint64_t)relocation->addend;
}

/* The text at an address; NULL if there is none that ends. */
static const char *text_at(const image *in, uint64_t address) {
    const image_section *section = image_section_at(in, address);
    if (address == 0 || section == NULL || section->bytes == NULL) {
        return NULL;
    }
    const uint64_t offset = address - section->address;
    const uint64_t left = section->size - offset;
    const size_t room = left < TEXT_BYTES_MAX ? (size_t)left : TEXT_BYTES_MAX;
    const char *text = (const char *)section->bytes + offset;
    const size_t length = strnlen(text, room);
    return length < room ? store_text(text, length) : NULL;
}

/* ---- scopes ---- */

static bool read_mark(mark *out, const image *in, uint64_t address, const uint8_t *bytes) {
    const char *texts[POINTER_MAX];
    for (size_t i = 0; i < POINTER_MAX; i++) {
        texts[i] = text_at(in, pointer_at(in, address + 8 * i, bytes + 8 * i));
        if (texts[i] == NULL) {
            return false;
        }
    }
    const uint32_t deny = (uint32_t)read_word(bytes + MARK_DENY, 4);
    *out = (mark){.kind = (deny & CH_MARK_PERMIT) != 0 ? MARK_PERMIT : MARK_SCOPE,
                  .name = texts[0],
                  .file = texts[1],
                  .func = texts[2],
                  .object = in->base,
                  .line = (uint32_t)read_word(bytes + MARK_LINE, 4),
                  .ops = deny & ~CH_MARK_PERMIT};
    return true;
}

static size_t count_scopes(const image *in) {
    size_t count = 0;
    for (uint32_t i = 1; i < in->section_count; i++) {
        const image_section *section = &in->sections[i];
        if (section->name != NULL && strcmp(section->name, "ch_marks") == 0 &&
            section->bytes != NULL) {
            count += section->size / MARK_BYTES;
        }
    }
    return count;
}

static void read_scopes(marks *out, const image *in) {
    for (uint32_t i = 1; i < in->section_count; i++) {
        const image_section *section = &in->sections[i];
        if (section->name == NULL || strcmp(section->name, "ch_marks") != 0 ||
            section->bytes == NULL) {
            continue;
        }
        for (uint64_t at = 0; at + MARK_BYTES <= section->size; at += MARK_BYTES) {
            if (read_mark(&out->items[out->count], in, section->address + at,
                          section->bytes + at)) {
                out->count++;
            } else {
                out->broken++;
            }
        }
    }
}

/* ---- functions ---- */

static bool is_marked(const image *in, const image_symbol *symbol, marks_kind *kind) {
    if (symbol->section == 0 || symbol->section >= in->section_count ||
        (symbol->type != STT_FUNC && symbol->type != STT_GNU_IFUNC)) {
        return false;
    }
    const char *name = in->sections[symbol->section].name;
    const bool permit = name != NULL && strcmp(name, "ch_permit_text") == 0;
    *kind = permit ? MARK_PERMIT_FUNCTION : MARK_FUNCTION;
    return permit || (name != NULL && strcmp(name, "ch_hot_text") == 0);
}

/* A function stands in both tables of symbols. */
static bool is_known(const marks *in, size_t first, const char *name) {
    for (size_t i = first; i < in->count; i++) {
        if (strcmp(in->items[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void read_functions(marks *out, const image *in) {
    const size_t first = out->count;
    for (uint32_t i = 0; i < in->symbol_count; i++) {
        const image_symbol *symbol = &in->symbols[i];
        char readable[DEMANGLE_BYTES];
        marks_kind kind;
        if (!is_marked(in, symbol, &kind)) {
            continue;
        }
        const bool mangled = demangle(readable, symbol->name);
        const char *name = mangled ? store_text(readable, strlen(readable)) : symbol->name;
        if (is_known(out, first, name)) {
            continue;
        }
        mark *made = &out->items[out->count++];
        int line = 0;
        int column = 0;
        *made = (mark){.kind = kind, .name = name, .file = "", .func = "", .object = in->base};
        if (image_line(in, symbol->address, &made->file, &line, &column) && line > 0) {
            made->line = (uint32_t)line;
        }
    }
}

static size_t count_functions(const image *in) {
    size_t count = 0;
    marks_kind kind;
    for (uint32_t i = 0; i < in->symbol_count; i++) {
        count += is_marked(in, &in->symbols[i], &kind);
    }
    return count;
}

void marks_read(marks *out, const image_set *from) {
    size_t room = 0;
    for (const image *in = from->first; in != NULL; in = in->next) {
        room += count_scopes(in) + count_functions(in);
    }
    *out = (marks){.items = STORE_ARRAY(mark, room + 1)};
    for (const image *in = from->first; in != NULL; in = in->next) {
        read_scopes(out, in);
        read_functions(out, in);
    }
}
