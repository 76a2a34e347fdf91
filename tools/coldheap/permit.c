/* permit.c: a scope is opened with the address of its ch_hot_mark: name, file and function, then
 * line and denied operations, of which the highest bit says that it permits (coldheap/hot.h). */
#include "permit.h"

#include "source.h"
#include "store.h"
#include "walk.h"

#include <coldheap/hot.h>

#include <stddef.h>
#include <string.h>

/* The text that a word of data points to; NULL if it points to none. */
static const char *text_at_word(const image *in, uint64_t address) {
    const image_relocation *relocation = image_relocation_in(in, address, 1);
    const image_section *section = image_section_at(in, address);
    uint64_t target = section != NULL ? place_word(section, address, 8) : 0;
    if (relocation != NULL) {
        const image_symbol *symbol =
            relocation->symbol != UINT32_MAX ? &in->symbols[relocation->symbol] : NULL;
        target = (uint64_t)relocation->addend + (symbol != NULL ? symbol->address : 0);
    }
    const image_section *place = image_section_at(in, target);
    if (place == NULL || place->bytes == NULL) {
        return NULL;
    }
    uint64_t offset = target - place->address;
    const char *text = (const char *)place->bytes + offset;
    return memchr(text, 0, place->size - offset) != NULL ? text : NULL;
}

/* Marks stand in a section of their own in C, anywhere by a name of their own in C++. */
static bool is_mark(const image *in, const image_section *section, uint64_t address) {
    if (strcmp(section->name, "ch_marks") == 0) {
        return true;
    }
    for (uint32_t i = 0; i < in->symbol_count; i++) {
        if (in->symbols[i].address == address && in->symbols[i].type == STT_OBJECT &&
            strstr(in->symbols[i].name, "chi_hot_mark_") != NULL) {
            return true;
        }
    }
    return false;
}

/* The address of the first mark that permits; 0 if there is none. */
static uint64_t find_mark(graph *in, function *of) {
    graph_decode(in, of);
    for (const edge *via = of->edges; via != NULL; via = via->next) {
        const image_section *section =
            via->kind == EDGE_MARK ? image_section_at(of->in, via->mark) : NULL;
        if (section == NULL || !is_mark(of->in, section, via->mark)) {
            continue;
        }
        uint64_t deny = place_word(section, via->mark + offsetof(ch_hot_mark, deny), 4);
        if ((deny & CH_MARK_PERMIT) != 0) {
            return via->mark;
        }
    }
    return 0;
}

bool permit_opens_scope(graph *in, function *of) {
    return find_mark(in, of) != 0;
}

/* The text in quotes behind CH_PERMIT_FN( in the source. */
static const char *reason_in_source(const function *of) {
    char text[SOURCE_BYTES];
    const char *last = NULL;
    if (!source_above(text, of->in, of->address)) {
        return NULL;
    }
    for (const char *at = text; (at = strstr(at, "CH_PERMIT_FN")) != NULL; at++) {
        last = at;
    }
    const char *start = last != NULL ? strchr(last, '"') : NULL;
    const char *end = start != NULL ? strchr(start + 1, '"') : NULL;
    return end != NULL ? store_text(start + 1, (size_t)(end - start - 1)) : NULL;
}

const char *permit_reason(graph *in, function *of) {
    const char *reason = reason_in_source(of);
    uint64_t mark = reason == NULL ? find_mark(in, of) : 0;
    reason = mark != 0 ? text_at_word(of->in, mark) : reason;
    return reason != NULL ? reason : "(the reason is in no source that can be read)";
}
