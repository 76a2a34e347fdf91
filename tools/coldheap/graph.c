/* graph.c: functions by symbol, by address and by name; see graph.h. decode.c finds the edges. */
#include "graph.h"

#include "clone.h"
#include "codes.h"
#include "decode.h"
#include "effects.h"
#include "message.h"
#include "sort.h"
#include "store.h"
#include "walk.h"

#include <string.h>

/* The functions of one image, ascending by address; those found without a symbol are apart. */
typedef struct graph_image {
    function **functions;
    size_t count;
    function *nameless;
} graph_image;

static uint64_t hash_of(const char *name) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name != 0; name++) {
        hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    }
    return hash ^ hash >> 29;
}

static function **bucket_of(const graph *in, const char *name) {
    return &in->by_name[hash_of(name) & (((size_t)1 << in->by_name_bits) - 1)];
}

function *graph_find(const graph *in, const char *name) {
    if (in->by_name == NULL) {
        return NULL;
    }
    for (function *found = *bucket_of(in, name); found != NULL; found = found->next_of_name) {
        if (strcmp(found->name, name) == 0) {
            return found->same != NULL ? found->same : found;
        }
    }
    return NULL;
}

function *graph_find_any(const graph *in, const char *name) {
    char plain[CLONE_BYTES];
    function *found = graph_find(in, name);
    function *clone = NULL;
    for (size_t i = 0; found == NULL && i < in->used_count; i++) {
        function *of = in->functions[i];
        found = strcmp(of->name, name) == 0 ? of : NULL;
        bool is_clone = clone == NULL && strncmp(of->name, name, 2) == 0 &&
                        !clone_is_cold(of->name) && clone_origin(plain, of->name) &&
                        strcmp(plain, name) == 0;
        clone = is_clone ? of : clone;
    }
    return found != NULL ? found : clone;
}

function *graph_find_further(graph *in, const char *name) {
    function *found = graph_find(in, name);
    for (image_archive *from = in->libraries; found == NULL && from != NULL; from = from->next) {
        if (image_read_member(&in->images, from, name) && graph_index(in) == EXIT_DONE) {
            found = graph_find(in, name);
        }
    }
    return found;
}

/* ---- index ---- */

static bool is_code(const image *in, uint32_t section) {
    return section != 0 && (in->sections[section].flags & SHF_EXECINSTR) != 0;
}

/* Labels of assembly have no type; only those that others may call are functions for sure. */
static bool is_function(const image *in, const image_symbol *symbol) {
    if (!is_code(in, symbol->section) || *symbol->name == 0) {
        return false;
    }
    return symbol->type == STT_FUNC || symbol->type == STT_GNU_IFUNC ||
           (symbol->type == STT_NOTYPE && symbol->binding != STB_LOCAL);
}

static bool section_is(const image *in, const function *of, const char *name) {
    const image_section *section = image_section_at(in, of->address);
    return section != NULL && strcmp(section->name, name) == 0;
}

static function *make_function(graph *in, image *at, const image_symbol *symbol) {
    function *made = STORE_NEW(function);
    *made = (function){.name = symbol->name,
                       .in = at,
                       .address = symbol->address,
                       .size = symbol->size,
                       .index = (uint32_t)in->function_count++,
                       .resolver = symbol->type == STT_GNU_IFUNC,
                       .global = symbol->binding != STB_LOCAL,
                       .weak = symbol->binding == STB_WEAK};
    made->hot = section_is(at, made, "ch_hot_text");
    made->permit = section_is(at, made, "ch_permit_text");
    const image_section *section = image_section_at(at, symbol->address);
    made->stub = section != NULL && strncmp(section->name, ".plt", 4) == 0;
    return made;
}

/* Aliases share code: the name that others are most likely to know stands for all. */
static int by_place(const void *left, const void *right) {
    const function *a = *(function *const *)left;
    const function *b = *(function *const *)right;
    if (a->address != b->address) {
        return a->address < b->address ? -1 : 1;
    }
    int a_rank = a->global * 2 + (*a->name != '_');
    int b_rank = b->global * 2 + (*b->name != '_');
    return a_rank != b_rank ? b_rank - a_rank : strcmp(a->name, b->name);
}

/* The first function of a name wins, but a strong one over a weak one, and any over a library's.
 * Another as strong is its rival: which one is linked where cannot be told. */
static void enter_name(graph *in, function *of) {
    function *before = graph_find(in, of->name);
    if (before != NULL && (of->weak || !before->weak || of->in->library)) {
        bool rivals = !of->weak && !before->weak && !of->in->library && of->in != before->in;
        if (rivals) {
            of->rival = before->rival;
            before->rival = of;
        }
        return;
    }
    function **bucket = bucket_of(in, of->name);
    of->next_of_name = *bucket;
    *bucket = of;
}

static uint64_t end_of_section(const image *in, uint64_t address) {
    const image_section *section = image_section_at(in, address);
    return section != NULL ? section->address + section->size : address;
}

/* A name for the same code as `kept`: calls by that name must find the one that is decoded. */
static void alias(graph *in, function *of, function *kept) {
    of->same = kept;
    if (of->global) {
        enter_name(in, of);
    }
}

static void keep(graph *in, function *of) {
    if (in->used_count == in->used_room) {
        size_t room = in->used_room != 0 ? in->used_room * 2 : 1024;
        function **moved = STORE_ARRAY(function *, room);
        if (in->used_count > 0) {
            memcpy(moved, in->functions, in->used_count * sizeof *moved);
        }
        in->functions = moved;
        in->used_room = room;
    }
    in->functions[in->used_count++] = of;
}

static void index_image(graph *in, image *at, graph_image *out) {
    size_t room = 0;
    for (uint32_t i = 0; i < at->symbol_count; i++) {
        room += is_function(at, &at->symbols[i]);
    }
    function **all = STORE_ARRAY(function *, room);
    size_t count = 0;
    for (uint32_t i = 0; i < at->symbol_count; i++) {
        if (is_function(at, &at->symbols[i])) {
            all[count++] = make_function(in, at, &at->symbols[i]);
        }
    }
    sort_items(all, count, sizeof *all, by_place);
    out->functions = all;
    for (size_t i = 0; i < count; i++) {
        function *last = out->count > 0 ? all[out->count - 1] : NULL;
        if (last != NULL && last->address == all[i]->address) {
            last->size = last->size != 0 ? last->size : all[i]->size;
            alias(in, all[i], last);
            continue;
        }
        if (all[i]->global) {
            enter_name(in, all[i]);
        }
        all[out->count++] = all[i];
    }
    for (size_t i = 0; i < out->count; i++) {
        uint64_t end = end_of_section(at, all[i]->address);
        if (i + 1 < out->count && all[i + 1]->address < end) {
            end = all[i + 1]->address;
        }
        if (all[i]->size == 0 ||
            all[i]->address + all[i]->size > end_of_section(at, all[i]->address)) {
            all[i]->size = end - all[i]->address;
        }
        keep(in, all[i]);
    }
}

#define NAME_BITS 16u

int graph_index(graph *in) {
    if (in->by_name == NULL) {
        in->by_name_bits = NAME_BITS;
        in->by_name = STORE_ARRAY(function *, (size_t)1 << NAME_BITS);
    }
    if (in->images.count > in->per_image_room) {
        size_t room = in->images.count * 2;
        graph_image *moved = STORE_ARRAY(graph_image, room);
        if (in->per_image_room > 0) {
            memcpy(moved, in->per_image, in->per_image_room * sizeof *moved);
        }
        in->per_image = moved;
        in->per_image_room = room;
    }
    image *at = in->indexed != NULL ? in->indexed->next : in->images.first;
    for (; at != NULL; at = at->next) {
        if (at->machine != EM_X86_64) {
            return message_error(EXIT_NOT_ARMED, at->path, 0,
                                 "machine %u%s is not supported, only x86-64", at->machine,
                                 at->machine == EM_AARCH64 ? " (aarch64)" : "");
        }
        if (!at->library) {
            callinfo_beside(&in->calls, at->path, at->linked);
        }
        index_image(in, at, &in->per_image[at->index]);
        in->indexed = at;
    }
    return EXIT_DONE;
}

/* ---- by address ---- */

static function *find_at(const graph_image *among, uint64_t address) {
    size_t low = 0;
    size_t high = among->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (among->functions[middle]->address <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    function *found = low > 0 ? among->functions[low - 1] : NULL;
    return found != NULL && address - found->address < found->size ? found : NULL;
}

function *graph_starting_at(const graph *in, const image *at, uint64_t address) {
    function *found = find_at(&in->per_image[at->index], address);
    return found != NULL && found->address == address ? found : NULL;
}

const edge *graph_through_stub(graph *in, const edge *via) {
    function *target = via->target;
    if (target == NULL || !target->stub) {
        return via;
    }
    graph_decode(in, target);
    const edge *only = target->edges;
    return only != NULL && only->kind == EDGE_TAIL && only->next == NULL ? only : via;
}

function *graph_at(graph *in, image *at, uint64_t address) {
    graph_image *among = &in->per_image[at->index];
    function *found = find_at(among, address);
    for (function *other = among->nameless; found == NULL && other != NULL;
         other = other->next_of_name) {
        if (address == other->address) {
            return other;
        }
    }
    const image_section *section = found == NULL ? image_section_at(at, address) : NULL;
    if (section == NULL || (section->flags & SHF_EXECINSTR) == 0) {
        return found;
    }
    image_symbol symbol = {.name = store_format("%s+0x%llx", section->name,
                                                (unsigned long long)(address - section->address)),
                           .address = address,
                           .size = 0};
    found = make_function(in, at, &symbol);
    found->next_of_name = among->nameless;
    among->nameless = found;
    return found;
}

function *graph_each(const graph *in, size_t *position) {
    return *position < in->used_count ? in->functions[(*position)++] : NULL;
}

bool graph_has_whole_program(const graph *in) {
    const function *start = graph_find(in, "main");
    return start != NULL && !start->in->library;
}

function *graph_make_hub(graph *in, const char *name) {
    function *made = STORE_NEW(function);
    *made = (function){.name = name,
                       .in = in->images.first,
                       .index = (uint32_t)in->function_count++,
                       .hub = true,
                       .decoded = true};
    return made;
}

function *graph_add_known(graph *in, const char *name, uint32_t stack_bytes) {
    function *made = graph_make_hub(in, name);
    made->global = true;
    made->weak = true;
    made->frame_bytes = stack_bytes;
    enter_name(in, made);
    return made;
}

void graph_add_edge(function *to, edge_kind kind, function *target, const char *name) {
    edge *made = STORE_NEW(edge);
    *made = (edge){.kind = kind, .target = target, .name = name, .next = to->edges};
    to->edges = made;
}

void graph_decode(graph *in, function *of) {
    if (!of->decoded) {
        of->decoded = true;
        decode_function(in, of);
    }
}

/* Symbols that are not defined have no type: the one who defines it knows. */
static bool is_data(graph *in, const char *name) {
    if (graph_find_further(in, name) != NULL) {
        return false;
    }
    for (const image *at = in->images.first; at != NULL; at = at->next) {
        for (uint32_t i = 0; i < at->symbol_count; i++) {
            const image_symbol *symbol = &at->symbols[i];
            if (symbol->section != 0 && symbol->binding != STB_LOCAL &&
                strcmp(symbol->name, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

size_t graph_add_table(graph *in, function *to, image *at, const image_symbol *object) {
    size_t count = 0;
    const image_relocation *end = at->relocations + at->relocation_count;
    for (const image_relocation *entry = image_relocation_in(at, object->address, object->size);
         entry != NULL && entry < end && entry->address - object->address < object->size; entry++) {
        function *target = decode_target_of(in, at, entry);
        const image_symbol *symbol =
            entry->symbol != UINT32_MAX ? &at->symbols[entry->symbol] : NULL;
        bool elsewhere = target == NULL && symbol != NULL && symbol->section == 0 &&
                         symbol->type != STT_OBJECT && *symbol->name != 0 &&
                         !is_data(in, symbol->name);
        if (target != NULL || elsewhere) {
            graph_add_edge(to, EDGE_TAIL, target, elsewhere ? symbol->name : NULL);
            count++;
        }
    }
    const image_section *section = image_section_at(at, object->address);
    uint64_t left = section != NULL ? section->address + section->size - object->address : 0;
    uint64_t size = object->size < left ? object->size : left;
    for (uint64_t i = 0; at->linked && i + 8 <= size; i += 8) {
        function *target = graph_starting_at(in, at, place_word(section, object->address + i, 8));
        if (target != NULL) {
            graph_add_edge(to, EDGE_TAIL, target, NULL);
            count++;
        }
    }
    return count;
}

bool graph_uses(const graph *in, const char *name) {
    for (const image *at = in->images.first; at != NULL; at = at->next) {
        for (uint32_t i = 0; !at->library && i < at->symbol_count; i++) {
            if (at->symbols[i].section == 0 && strcmp(at->symbols[i].name, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

bool graph_is_stripped(const graph *in) {
    for (const image *at = in->images.first; at != NULL; at = at->next) {
        if (!at->library && at->linked && at->tables[0].count == 0) {
            return true;
        }
    }
    return false;
}

/* Calls that compilers write on their own account: of runtime checks, and of libgcc. */
static bool is_compilers_own(const char *name) {
    return strncmp(name, "__", 2) == 0 || strcmp(name, "mcount") == 0 || effects_none(name);
}

bool graph_compiler_lacks(const graph *in, const function *from, const char *name) {
    const callinfo_name *callees;
    if (is_compilers_own(name) || from->in->path == NULL ||
        !callinfo_callees(&in->calls, from->in->path, from->name, &callees)) {
        return false;
    }
    const function *target = graph_find_any(in, name);
    for (const callinfo_name *at = callees; at != NULL; at = at->next) {
        size_t length = clone_length(name);
        if (clone_length(at->name) == length && strncmp(at->name, name, length) == 0) {
            return false;
        }
    }
    for (const callinfo_name *at = callees; target != NULL && at != NULL; at = at->next) {
        if (graph_find_any(in, at->name) == target) {
            return false;
        }
    }
    return true;
}

/* ---- addresses that are taken ---- */

static void note_outside(graph *in, const char *name) {
    for (const graph_name *at = in->taken_outside; at != NULL; at = at->next) {
        if (strcmp(at->name, name) == 0) {
            return;
        }
    }
    graph_name *made = STORE_NEW(graph_name);
    *made = (graph_name){.name = name, .next = in->taken_outside};
    in->taken_outside = made;
}

/* What the unwinder, the marks and the tables of imports hold is not handed out. */
static bool holds_no_pointers(const image_section *place) {
    return (place->flags & SHF_EXECINSTR) != 0 || strncmp(place->name, ".eh_frame", 9) == 0 ||
           strcmp(place->name, ".gcc_except_table") == 0 || strcmp(place->name, "ch_marks") == 0 ||
           strncmp(place->name, ".got", 4) == 0 || strncmp(place->name, ".debug", 6) == 0;
}

/* A place inside a function, as computed gotos and tables of jumps have. */
static bool is_label(const image *at, const image_relocation *relocation, const function *target) {
    const image_symbol *symbol =
        relocation->symbol != UINT32_MAX ? &at->symbols[relocation->symbol] : NULL;
    if (symbol != NULL && symbol->section == 0) {
        return false;
    }
    uint64_t address = (uint64_t)relocation->addend + (symbol != NULL ? symbol->address : 0);
    return target->in == at && address != target->address;
}

/* Words in data that hold the address of a function. */
static void mark_taken_by_data(graph *in, image *at) {
    for (size_t i = 0; i < at->relocation_count; i++) {
        const image_relocation *relocation = &at->relocations[i];
        const image_section *place = image_section_at(at, relocation->address);
        if (place == NULL || holds_no_pointers(place)) {
            continue;
        }
        const image_symbol *symbol =
            relocation->symbol != UINT32_MAX ? &at->symbols[relocation->symbol] : NULL;
        function *target = decode_target_of(in, at, relocation);
        if (target != NULL) {
            target->taken = target->taken || !is_label(at, relocation, target);
        } else if (symbol != NULL && symbol->section == 0 && *symbol->name != 0 &&
                   symbol->type != STT_OBJECT && symbol->type != STT_TLS && !relocation->relative &&
                   !is_data(in, symbol->name)) {
            note_outside(in, symbol->name);
        }
    }
}

/* Programs without relocations: any aligned word of data that is the address of a function. */
static void mark_taken_by_words(graph *in, image *at) {
    for (uint32_t i = 1; at->linked && i < at->section_count; i++) {
        const image_section *place = &at->sections[i];
        if (place->bytes == NULL || holds_no_pointers(place) || place->type == SHT_RELA) {
            continue;
        }
        for (uint64_t offset = -place->address & 7; offset + 8 <= place->size; offset += 8) {
            uint64_t word;
            memcpy(&word, place->bytes + offset, sizeof word);
            function *found = word != 0 ? find_at(&in->per_image[at->index], word) : NULL;
            if (found != NULL && found->address == word) {
                found->taken = true;
            }
        }
    }
}

void graph_mark_taken(graph *in, const graph_name **outside) {
    if (!in->taken_is_known) {
        in->taken_is_known = true;
        for (image *at = in->images.first; at != NULL; at = at->next) {
            if (!at->library) {
                mark_taken_by_data(in, at);
                mark_taken_by_words(in, at);
            }
        }
        for (size_t i = 0; i < in->used_count; i++) {
            function *of = in->functions[i];
            if (of->in->library) {
                continue;
            }
            graph_decode(in, of);
            for (const edge *out = of->edges; out != NULL; out = out->next) {
                if (out->kind == EDGE_REFERENCE && out->target != NULL) {
                    out->target->taken = true;
                } else if (out->kind == EDGE_REFERENCE && out->name != NULL) {
                    note_outside(in, out->name);
                }
            }
        }
    }
    *outside = in->taken_outside;
}
