/* graph.c: functions by symbol, by address and by name; see graph.h. decode.c finds the edges. */
#include "graph.h"

#include "codes.h"
#include "decode.h"
#include "message.h"
#include "sort.h"
#include "store.h"

#include <string.h>

/* The functions of one image, ascending by address; those found without a symbol are apart. */
typedef struct graph_image {
    function **functions;
    size_t count;
    function *nameless;
    bool indexed;
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
    function *found = graph_find(in, name);
    size_t position = 0;
    for (function *of; found == NULL && (of = graph_each(in, &position)) != NULL;) {
        found = strcmp(of->name, name) == 0 ? of : NULL;
    }
    return found;
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

/* The first function of a name wins, but a strong one over a weak one. */
static void enter_name(graph *in, function *of) {
    function *before = graph_find(in, of->name);
    if (before != NULL && (of->weak || !before->weak || of->in->library)) {
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

/* The functions of a further image, for graph_each. */
static void append_each(graph *in, const graph_image *of) {
    if (of->count > in->each_room - in->each_count) {
        size_t room = (in->each_count + of->count) * 2;
        function **moved = STORE_ARRAY(function *, room);
        if (in->each_count > 0) {
            memcpy(moved, in->each, in->each_count * sizeof *moved);
        }
        in->each = moved;
        in->each_room = room;
    }
    if (of->count > 0) {
        memcpy(in->each + in->each_count, of->functions, of->count * sizeof *in->each);
        in->each_count += of->count;
    }
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
    }
    out->indexed = true;
    append_each(in, out);
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
    for (image *at = in->images.first; at != NULL; at = at->next) {
        if (at->machine != EM_X86_64) {
            return message_error(EXIT_NOT_ARMED, at->path, 0,
                                 "machine %u is not supported, only x86-64", at->machine);
        }
        if (!in->per_image[at->index].indexed) {
            if (!at->library) {
                callinfo_beside(&in->calls, at->path);
            }
            index_image(in, at, &in->per_image[at->index]);
        }
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
    return *position < in->each_count ? in->each[(*position)++] : NULL;
}

void graph_decode(graph *in, function *of) {
    if (!of->decoded) {
        of->decoded = true;
        decode_function(in, of);
    }
}

/* ---- addresses that are taken ---- */

/* Words in data that hold the address of a function. */
static void mark_taken_by_data(graph *in, image *at) {
    for (size_t i = 0; i < at->relocation_count; i++) {
        const image_relocation *relocation = &at->relocations[i];
        const image_section *place = image_section_at(at, relocation->address);
        if (place == NULL || (place->flags & SHF_EXECINSTR) != 0 ||
            strncmp(place->name, ".eh_frame", 9) == 0 || strcmp(place->name, "ch_marks") == 0 ||
            strncmp(place->name, ".got", 4) == 0) {
            continue;
        }
        function *target = decode_target_of(in, at, relocation);
        if (target != NULL) {
            target->taken = true;
        }
    }
}

void graph_decode_all(graph *in) {
    size_t position = 0;
    for (image *at = in->images.first; at != NULL; at = at->next) {
        mark_taken_by_data(in, at);
    }
    for (function *of; (of = graph_each(in, &position)) != NULL;) {
        graph_decode(in, of);
        for (const edge *out = of->edges; out != NULL; out = out->next) {
            if (out->kind == EDGE_REFERENCE && out->target != NULL) {
                out->target->taken = true;
            }
        }
    }
}
