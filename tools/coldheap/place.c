/* place.c: what symbols and words of data stand for; see walk.h. */
#include "decode.h"
#include "walk.h"

#include <string.h>

/* A weak definition gives way to a strong one in another object. */
static function *strong_one(const graph *in, const image *at, const image_symbol *symbol) {
    if (at->linked || symbol->binding != STB_WEAK) {
        return NULL;
    }
    function *found = graph_find(in, symbol->name);
    return found != NULL && !found->weak && !found->in->library && found->in != at ? found : NULL;
}

place place_of_symbol(graph *in, image *at, uint32_t index, int64_t offset) {
    if (index == UINT32_MAX) {
        return (place){.code = NULL, .address = (uint64_t)offset};
    }
    const image_symbol *symbol = &at->symbols[index];
    if (symbol->section == 0 && (symbol->type == STT_OBJECT || symbol->type == STT_TLS)) {
        return (place){0}; /* somebody else's data */
    }
    if (symbol->section == 0) {
        function *found = graph_find(in, symbol->name);
        return (place){.code = found, .name = found == NULL ? symbol->name : NULL};
    }
    function *strong = strong_one(in, at, symbol);
    return strong != NULL ? (place){.code = strong}
                          : (place){.address = symbol->address + (uint64_t)offset};
}

/* Data that turns out to be code is a function. */
place place_settle(graph *in, image *at, place found) {
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
    return place_settle(in, at, place_of_symbol(in, at, relocation->symbol, relocation->addend))
        .code;
}

static bool is_slot_section(const image_section *section) {
    return strncmp(section->name, ".got", 4) == 0;
}

uint64_t place_word(const image_section *section, uint64_t address, size_t size) {
    uint64_t word = 0;
    if (section->bytes != NULL && size <= section->size &&
        address - section->address <= section->size - size) {
        memcpy(&word, section->bytes + (address - section->address), size);
    }
    return word;
}

/* What the word at `address` holds from start to end: imports, constants. Nothing is known of words
 * that the program may change. */
place place_content(graph *in, image *at, uint64_t address) {
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
        return place_settle(in, at,
                            place_of_symbol(in, at, relocation->symbol, relocation->addend));
    }
    if (relocation == NULL && at->linked) {
        return place_settle(in, at, (place){.address = place_word(section, address, 8)});
    }
    return (place){0};
}

bool place_names_code(place target) {
    return target.code != NULL || target.name != NULL;
}
