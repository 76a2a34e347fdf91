/* layers.c: the rule that includes point down. Reads layers.txt, gives every file of src/ and
 * include/ its layer, and looks at each of their #include lines. */
#define _GNU_SOURCE
#include "tidy.h"

#include <fnmatch.h>
#include <string.h>

#define LAYERS_MAX  16
#define HEADERS_MAX 64
#define NAME_SIZE   64
#define PATH_SIZE   512
#define TABLE       "test/tidy/layers.txt"

typedef struct layer {
    char name[NAME_SIZE];
    bool may[LAYERS_MAX]; /* include the layer of that index */
} layer;

typedef struct header {
    char path[PATH_SIZE]; /* glob */
    int layer;
} header;

static layer layers[LAYERS_MAX];
static int layer_count;
static header headers[HEADERS_MAX];
static int header_count;

enum { NO_LAYER = -1 };

static int find_layer(const char *name, size_t length) {
    for (int i = 0; i < layer_count; i++) {
        if (strlen(layers[i].name) == length && memcmp(layers[i].name, name, length) == 0) {
            return i;
        }
    }
    return NO_LAYER;
}

/* One line of the table; false if it cannot be understood. */
static bool read_row(char *row) {
    char *rest = row;
    const char *kind = strsep(&rest, " ");
    char *word;
    char *words[LAYERS_MAX + 2];
    int count = 0;
    while ((word = strsep(&rest, " ")) != NULL && count < LAYERS_MAX + 2) {
        if (word[0] != 0) {
            words[count++] = word;
        }
    }
    if (strcmp(kind, "layer") == 0 && count > 0 && layer_count < LAYERS_MAX) {
        layer *new = &layers[layer_count];
        memset(new, 0, sizeof *new);
        tidy_name(new->name, sizeof new->name, "%s", words[0]);
        for (int i = 1; i < count; i++) {
            int lower = find_layer(words[i], strlen(words[i]));
            if (lower == NO_LAYER) {
                return false;
            }
            new->may[lower] = true;
        }
        new->may[layer_count++] = true;
        return true;
    }
    if (strcmp(kind, "header") == 0 && count == 2 && header_count < HEADERS_MAX) {
        header *new = &headers[header_count++];
        tidy_name(new->path, sizeof new->path, "%s", words[0]);
        new->layer = find_layer(words[1], strlen(words[1]));
        return new->layer != NO_LAYER;
    }
    return false;
}

static void read_table(tidy_run *run) {
    const tidy_source *table = tidy_find(run, TABLE);
    layer_count = 0;
    header_count = 0;
    if (table == NULL) {
        tidy_complain(run, TABLE, 0, "", "is not there");
        return;
    }
    const char *start = table->text;
    for (int line = 1; *start != 0; line++) {
        char row[PATH_SIZE];
        size_t length = strcspn(start, "\n");
        tidy_name(row, sizeof row, "%.*s", (int)length, start);
        if (row[0] != 0 && row[0] != '#' && !read_row(row)) {
            tidy_complain(run, TABLE, line, "", "unknown line, layer, or too many of them");
        }
        start += length + (start[length] == '\n');
    }
}

/* The layer of the module src/LAYER/NAME.c whose NAME the header has. */
static int layer_of_module(const tidy_run *run, const char *header_path) {
    const char *slash = strrchr(header_path, '/');
    int length = (int)(strlen(slash + 1) - strlen(".h"));
    for (int i = 0; i < layer_count; i++) {
        char module[PATH_SIZE];
        tidy_name(module, sizeof module, "src/%s/%.*s.c", layers[i].name, length, slash + 1);
        if (tidy_find(run, module) != NULL) {
            return i;
        }
    }
    return NO_LAYER;
}

static int layer_of_path(const tidy_run *run, const char *path) {
    if (tidy_starts(path, "src/")) {
        const char *folder = path + strlen("src/");
        return find_layer(folder, strcspn(folder, "/"));
    }
    for (int i = 0; i < header_count; i++) {
        if (fnmatch(headers[i].path, path, 0) == 0) {
            return headers[i].layer;
        }
    }
    return tidy_starts(path, "include/") ? layer_of_module(run, path) : NO_LAYER;
}

/* Finds the project's file that the include names; empty path if it is a foreign one. Returns false
 * if a quoted include names nothing that can be found from here. */
static bool resolve(const tidy_run *run, const char *from, const char *name, bool quoted,
                    char *path) {
    static const char *const harness[] = {"test/harness", "bench/harness", "fuzz"};
    path[0] = 0;
    if (!quoted) {
        if (tidy_starts(name, "coldheap/") || tidy_starts(name, "coldevm/")) {
            tidy_name(path, PATH_SIZE, "include/%s", name);
            return tidy_find(run, path) != NULL;
        }
        return true;
    }
    tidy_name(path, PATH_SIZE, "%.*s/%s", (int)(strrchr(from, '/') - from), from, name);
    if (tidy_find(run, path) != NULL) {
        return true;
    }
    tidy_name(path, PATH_SIZE, "src/%s", name);
    if (tidy_find(run, path) != NULL) {
        return true;
    }
    for (size_t i = 0; tidy_is_program(from) && i < sizeof harness / sizeof harness[0]; i++) {
        tidy_name(path, PATH_SIZE, "%s/%s", harness[i], name);
        if (tidy_find(run, path) != NULL) {
            path[0] = 0;
            return true;
        }
    }
    return false;
}

static void check_include(tidy_run *run, const tidy_source *source, int own, const char *line,
                          size_t offset) {
    char name[PATH_SIZE];
    char path[PATH_SIZE];
    line += strlen("#include");
    line += strspn(line, " ");
    bool quoted = line[0] == '"';
    size_t length = strcspn(line + 1, quoted ? "\"\n" : ">\n");
    if ((!quoted && line[0] != '<') || length >= PATH_SIZE) {
        return; /* a macro names it */
    }
    memcpy(name, line + 1, length);
    name[length] = 0;
    int number = tidy_line_of(source, offset);
    if (!resolve(run, source->path, name, quoted, path)) {
        tidy_complain(run, source->path, number, name, "%s is not there", name);
        return;
    }
    if (path[0] == 0) {
        return;
    }
    int other = layer_of_path(run, path);
    if (other == NO_LAYER) {
        tidy_complain(run, source->path, number, name, "%s has no layer in " TABLE, path);
    } else if (!layers[own].may[other]) {
        tidy_complain(run, source->path, number, name, "%s may not include %s (%s)",
                      layers[own].name, path, layers[other].name);
    }
}

static void check_includes_of(tidy_run *run, const tidy_source *source) {
    int own = layer_of_path(run, source->path);
    if (own == NO_LAYER) {
        tidy_complain(run, source->path, 0, "", "has no layer in " TABLE);
        return;
    }
    const char *hit = source->code;
    while ((hit = strstr(hit, "#include")) != NULL) {
        if (hit == source->code || hit[-1] == '\n') {
            check_include(run, source, own, hit, (size_t)(hit - source->code));
        }
        hit += strlen("#include");
    }
}

void tidy_check_layers(tidy_run *run) {
    read_table(run);
    for (size_t i = 0; i < run->source_count; i++) {
        const tidy_source *source = &run->sources[i];
        if (source->kind == TIDY_C &&
            (tidy_starts(source->path, "src/") || tidy_starts(source->path, "include/"))) {
            check_includes_of(run, source);
        }
    }
}
