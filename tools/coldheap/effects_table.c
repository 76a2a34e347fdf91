/* effects_table.c: rows from two derivations; see effects_table.h. */
#include "effects_table.h"

#include "codes.h"
#include "effects_cache.h"
#include "effects_derive.h"
#include "effects_pair.h"
#include "message.h"
#include "sort.h"
#include "store.h"

#include <string.h>

static int by_name(const void *left, const void *right) {
    return strcmp(((const effect_row *)left)->name, ((const effect_row *)right)->name);
}

const effect_row *effects_table_find(const effects_table *in, const char *name) {
    size_t low = 0;
    size_t high = in->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(in->rows[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < in->count && strcmp(in->rows[low].name, name) == 0 ? &in->rows[low] : NULL;
}

/* ---- the archive, and the compiler's two beside it ---- */

static int add_library(graph *in, const char *path) {
    image_archive *archive = STORE_NEW(image_archive);
    int code = image_open_archive(archive, path);
    if (code == EXIT_DONE) {
        archive->next = in->libraries;
        in->libraries = archive;
    }
    return code;
}

static int read_archive(graph *in, const libc_identity *libc) {
    static const char *const COMPILER[] = {"libgcc.a", "libgcc_eh.a"};
    int code = EXIT_DONE;
    for (size_t i = 0; code == EXIT_DONE && i < sizeof COMPILER / sizeof COMPILER[0]; i++) {
        const char *path = libgcc_path(COMPILER[i]);
        code = path != NULL ? add_library(in, path) : EXIT_DONE;
    }
    if (code == EXIT_DONE) {
        code = add_library(in, libc->archive_path);
    }
    if (code == EXIT_DONE) {
        code = image_read_library(&in->images, in->libraries);
    }
    return code == EXIT_DONE ? graph_index(in) : code;
}

static void close_graph(graph *in) {
    image_close(&in->images);
    for (image_archive *at = in->libraries, *next; at != NULL; at = next) {
        next = at->next;
        image_close_archive(at);
    }
}

/* ---- rows ---- */

static bool is_public(const image_symbol *symbol) {
    return symbol->section != 0 && symbol->binding != STB_LOCAL && !symbol->hidden &&
           (symbol->type == STT_FUNC || symbol->type == STT_GNU_IFUNC);
}

/* A row per name that the shared library exports; versions of one name share it. */
static void list_names(effects_table *out, const image *shared) {
    size_t used = 0;
    out->rows = STORE_ARRAY(effect_row, shared->symbol_count);
    for (uint32_t i = 0; i < shared->symbol_count; i++) {
        bool is_old = strchr(shared->symbols[i].name, '@') != NULL; /* for old programs only */
        if (is_public(&shared->symbols[i]) && !is_old) {
            out->rows[used++] = (effect_row){.name = shared->symbols[i].name};
        }
    }
    sort_items(out->rows, used, sizeof *out->rows, by_name);
    for (size_t i = 0; i < used; i++) {
        if (out->count == 0 || strcmp(out->rows[out->count - 1].name, out->rows[i].name) != 0) {
            out->rows[out->count++] = out->rows[i];
        }
    }
}

/* Only of what calls nothing that is computed: else it is a part of the truth. */
static void answer_stack(effect_row *row, effects_map *in, const function *of) {
    uint64_t stack = of != NULL && effect_class_is_clean(row->class) ? effects_stack(in, of) : 0;
    row->stack_known = row->stack_known && stack != EFFECTS_STACK_UNKNOWN;
    row->stack_bytes = stack > row->stack_bytes ? stack : row->stack_bytes;
}

static void answer(effect_row *row, effects_map *archive, effects_map *shared) {
    const function *there = graph_find(archive->in, row->name);
    const function *here = graph_find(shared->in, row->name);
    effect_class own = here != NULL ? effects_class_of(shared, here) : EFFECT_UNKNOWN;
    row->in_archive = there != NULL;
    row->archive = there != NULL ? effects_class_of(archive, there) : EFFECT_UNKNOWN;
    row->differs = own != row->archive;
    bool by_own = here != NULL && (there == NULL || own > row->archive);
    row->class = by_own ? own : row->archive;
    row->stack_known = effect_class_is_clean(row->class);
    answer_stack(row, archive, there);
    answer_stack(row, shared, here);
    row->stack_bytes = row->stack_known ? row->stack_bytes : 0;
    row->witness = "";
    if (row->class != EFFECT_NONE && (here != NULL || there != NULL)) {
        row->witness =
            effects_witness(by_own ? shared : archive, by_own ? here : there, row->class);
    }
}

static int derive(effects_table *out, graph *shared) {
    graph archive = {.libraries = NULL};
    effects_map of_archive;
    effects_map of_shared;
    int code = read_archive(&archive, &out->libc);
    if (code == EXIT_DONE) {
        code = graph_index(shared);
    }
    if (code == EXIT_DONE) {
        (void)effects_pair(shared, &archive);
        effects_derive(&of_archive, &archive);
        effects_derive(&of_shared, shared);
        list_names(out, shared->images.first);
        for (size_t i = 0; i < out->count; i++) {
            answer(&out->rows[i], &of_archive, &of_shared);
        }
        out->origin = "derived";
    }
    close_graph(&archive);
    return code;
}

static int check_archive(const libc_identity *libc) {
    if (libc->archive_path == NULL) {
        return message_error(EXIT_NOT_ARMED, "libc.a", 0,
                             "not here (Debian: libc6-dev): effects cannot be derived");
    }
    if (!libc_versions_fit(libc)) {
        return message_error(EXIT_UNPROVEN, libc->archive_path, 0,
                             "is of another C library than %s: \"%.80s\", \"%.80s\"",
                             libc->shared_path,
                             libc->archive_version != NULL ? libc->archive_version : "?",
                             libc->version != NULL ? libc->version : "?");
    }
    return EXIT_DONE;
}

/* Out of the cache, or derived and put there. */
static int fill(effects_table *out, graph *shared, const effects_settings *settings) {
    if (!settings->renew && effects_cache_read(out, settings->cache)) {
        return EXIT_DONE;
    }
    if (settings->only_kept && !effects_cache_reserve(&out->libc, settings->cache)) {
        return EXIT_UNPROVEN;
    }
    int code = derive(out, shared);
    if (code == EXIT_DONE) {
        effects_cache_write(out, settings->cache);
    }
    return code;
}

int effects_table_open(effects_table *out, const effects_settings *settings) {
    graph shared = {.libraries = NULL};
    *out = (effects_table){.origin = NULL};
    int code = libc_identify(&out->libc, &shared.images, settings->shared, settings->archive);
    if (code == EXIT_DONE && settings->only_kept && !libc_versions_fit(&out->libc)) {
        code = EXIT_UNPROVEN;
    } else if (code == EXIT_DONE) {
        code = check_archive(&out->libc);
    }
    code = code == EXIT_DONE ? fill(out, &shared, settings) : code;
    close_graph(&shared);
    return code;
}
