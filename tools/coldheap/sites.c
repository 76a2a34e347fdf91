/* sites.c: see sites.h. */
#include "sites.h"

#include "sort.h"
#include "store.h"

#include "guard/state.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PLACE_BYTES 512u

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != 0 ? slash + 1 : path;
}

/* The working folder with a slash at its end; empty if it is not known. */
static const char *working_folder(void) {
    static char folder[4096];
    if (folder[0] == 0 && getcwd(folder, sizeof folder - 1) != NULL) {
        size_t length = strlen(folder);
        if (folder[length - 1] != '/') {
            folder[length] = '/';
            folder[length + 1] = 0;
        }
    }
    return folder;
}

static const char *relative_path(const char *path) {
    const char *folder = working_folder();
    size_t length = strlen(folder);
    return length > 1 && strncmp(path, folder, length) == 0 ? path + length : path;
}

/* Clones that the compiler made of a function are that function: parse.part.0, parse [clone ...].
 */
static const char *without_clone(const char *name) {
    static const char *const ENDS[] = {" [clone ", ".constprop.", ".part.", ".isra.",
                                       ".cold",    ".lto_priv.",  ".llvm."};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
        const char *end = strstr(name, ENDS[i]);
        if (end != NULL && end > name && (size_t)(end - name) < length) {
            length = (size_t)(end - name);
        }
    }
    return name[length] != 0 ? store_text(name, length) : name;
}

static const char *call_name(uint32_t call) {
#define CALL_TEXT(name, text) text,
    static const char *const TEXTS[] = {CHI_CALL_ROWS(CALL_TEXT)};
#undef CALL_TEXT
    return call < sizeof TEXTS / sizeof TEXTS[0] ? TEXTS[call] : "";
}

/* The run time stands between the C library and main; it is not the program's. */
static bool is_run_time(const record_module *module) {
    return module != NULL && strncmp(last_part(module->path), "libcoldheap-", 12) == 0;
}

static backtrace trace_of(const record *in, const record_site *site) {
    backtrace_address addresses[CHI_TRACK_FRAMES_MAX];
    size_t used = 0;
    for (uint32_t i = 0; i < site->frame_count; i++) {
        const record_module *module = record_module_at(in, site->frames[i]);
        backtrace_address *to = &addresses[used];
        *to = (backtrace_address){.module = NULL, .offset = site->frames[i]};
        if (module != NULL) {
            to->module = resolve_open(module->path, module->build_id, module->build_id_size);
            to->offset = site->frames[i] - module->bias;
        }
        used += !is_run_time(module) || site->frame_count == 1;
    }
    return backtrace_make(addresses, used);
}

/* Rows that stand for what has no place: see track_record.h. */
static void name_others(named_site *out) {
    static const char *const NAMES[] = {"(sites without a row)", "(from before tracking)",
                                        "(given back in bulk)"};
    uint32_t index = out->site->index;
    out->function = NAMES[index < CHI_TRACK_SITE_FIRST ? index : CHI_TRACK_SITE_FIRST];
    out->symbol = out->function;
    out->file = "";
    out->key_file = "";
    out->operation = "";
}

static const char *operation_of(const named_site *of) {
    char text[PLACE_BYTES];
    if (of->site->kind != 0) {
        return "";
    }
    const char *name =
        backtrace_operation(text, sizeof text, call_name(of->site->call), &of->trace);
    return store_text(name, strlen(name));
}

void sites_name_one(named_site *out, const record *in, const record_site *site) {
    static const resolve_frame UNKNOWN = {"", "", "", 0, 0, false};
    *out = (named_site){.site = site};
    if (!record_is_real(site) || site->frame_count == 0) {
        name_others(out);
        return;
    }
    out->trace = trace_of(in, site);
    bool is_known = out->trace.call_site < out->trace.count;
    const backtrace_line *line = is_known ? &out->trace.lines[out->trace.call_site] : NULL;
    const resolve_frame *frame = is_known && line->frame != NULL ? line->frame : &UNKNOWN;
    const char *module = is_known && line->module != NULL ? resolve_name(line->module) : "";
    out->function = frame->function[0] != 0 ? without_clone(frame->function) : "?";
    out->symbol = frame->symbol[0] != 0 ? frame->symbol : out->function;
    out->file = relative_path(frame->file);
    out->key_file = frame->file[0] != 0 ? last_part(frame->file) : module;
    out->line = frame->line;
    out->operation = operation_of(out);
}

static bool has_numbers(const record_numbers *of) {
    return (of->count | of->frees | of->exhausted) != 0;
}

void sites_name(named_record *out, const record *in) {
    *out = (named_record){.of = in, .sites = STORE_ARRAY(named_site, in->site_count)};
    for (size_t i = 0; i < in->site_count; i++) {
        if (has_numbers(&in->sites[i].of)) {
            sites_name_one(&out->sites[out->count++], in, &in->sites[i]);
        }
    }
}

void sites_place(char *text, size_t size, const named_site *of) {
    char place[PLACE_BYTES];
    if (of->trace.count == 0) {
        (void)snprintf(text, size, "%s", of->function);
        return;
    }
    const backtrace_line *line = &of->trace.lines[of->trace.call_site];
    if (of->line != 0) {
        (void)snprintf(place, sizeof place, "%s:%u", of->file, of->line);
    } else {
        backtrace_place(place, sizeof place, line);
    }
    (void)snprintf(text, size, "%s (%s)", of->function, place);
}

/* ---- figures ---- */

static const struct {
    const char *name;
    bool is_bytes;
} FIGURES[FIGURE_COUNT] = {
    [FIGURE_ALLOCS] = {"allocs", false},  [FIGURE_FREES] = {"frees", false},
    [FIGURE_BYTES] = {"bytes", true},     [FIGURE_LIVE] = {"live", true},
    [FIGURE_BLOCKS] = {"blocks", false},  [FIGURE_PEAK] = {"peak", true},
    [FIGURE_LARGEST] = {"largest", true}, [FIGURE_EXHAUSTED] = {"exhausted", false},
    [FIGURE_GROWTH] = {"growth", true},
};

site_figure sites_figure_find(const char *word, size_t length) {
    int found = 0;
    while (found < FIGURE_COUNT && (strlen(FIGURES[found].name) != length ||
                                    memcmp(FIGURES[found].name, word, length) != 0)) {
        found++;
    }
    return (site_figure)found;
}

const char *sites_figure_name(site_figure of) {
    return FIGURES[of].name;
}

bool sites_figure_is_bytes(site_figure of) {
    return FIGURES[of].is_bytes;
}

uint64_t sites_figure(const record_numbers *in, site_figure of) {
    const uint64_t values[FIGURE_COUNT] = {
        [FIGURE_ALLOCS] = in->count,          [FIGURE_FREES] = in->frees,
        [FIGURE_BYTES] = in->bytes,           [FIGURE_LIVE] = in->live_bytes,
        [FIGURE_BLOCKS] = in->live_blocks,    [FIGURE_PEAK] = in->peak_bytes,
        [FIGURE_LARGEST] = in->largest_bytes, [FIGURE_EXHAUSTED] = in->exhausted,
        [FIGURE_GROWTH] = in->growth_bytes,
    };
    return values[of];
}

/* ---- order ---- */

typedef struct sort_item {
    uint64_t value;
    const named_site *site;
} sort_item;

static int by_value(const void *left, const void *right) {
    const sort_item *a = left;
    const sort_item *b = right;
    if (a->value != b->value) {
        return a->value > b->value ? -1 : 1;
    }
    int order = strcmp(a->site->function, b->site->function);
    order = order != 0 ? order : strcmp(a->site->key_file, b->site->key_file);
    if (order == 0 && a->site->line != b->site->line) {
        order = a->site->line < b->site->line ? -1 : 1;
    }
    if (order == 0 && a->site != b->site) {
        order = a->site < b->site ? -1 : 1;
    }
    return order;
}

const named_site **sites_sort(const named_record *in, site_figure by, size_t *count) {
    sort_item *items = STORE_ARRAY(sort_item, in->count + 1);
    const named_site **sorted = STORE_ARRAY(const named_site *, in->count + 1);
    size_t used = 0;
    for (size_t i = 0; i < in->count; i++) {
        uint64_t value = sites_figure(&in->sites[i].site->of, by);
        if (value > 0) {
            items[used++] = (sort_item){value, &in->sites[i]};
        }
    }
    sort_items(items, used, sizeof *items, by_value);
    for (size_t i = 0; i < used; i++) {
        sorted[i] = items[i].site;
    }
    *count = used;
    return sorted;
}
