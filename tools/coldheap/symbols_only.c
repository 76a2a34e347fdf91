/* symbols_only.c: undefined symbols against a list; see symbols_only.h. */
#include "symbols_only.h"

#include "codes.h"
#include "effects.h"
#include "message.h"
#include "store.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 1024u

typedef struct allowed allowed;
struct allowed {
    const char *symbol;
    const char *object;
    const char *reason;
    size_t line;
    uint64_t used;
    allowed *next;
};

/* ---- the list ---- */

static char *next_word(char **rest) {
    char *word = *rest + strspn(*rest, " \t\r\n");
    char *end = word + strcspn(word, " \t\r\n");
    *rest = end + (*end != 0);
    *end = 0;
    return word;
}

static int take_line(allowed ***last, const char *path, size_t number, char *text) {
    if (strlen(text) == LINE_BYTES - 1) {
        return message_error(EXIT_USAGE, path, number, "the line is longer than %u bytes",
                             LINE_BYTES - 2);
    }
    const char *symbol = next_word(&text);
    if (*symbol == 0 || *symbol == '#') {
        return EXIT_DONE;
    }
    const char *object = next_word(&text);
    char *reason = text + strspn(text, " \t");
    reason[strcspn(reason, "\r\n")] = 0;
    if (*object == 0 || *reason == 0) {
        return message_error(EXIT_USAGE, path, number, "the line wants: SYMBOL OBJECT REASON");
    }
    allowed *made = STORE_NEW(allowed);
    *made = (allowed){.symbol = store_text(symbol, strlen(symbol)),
                      .object = store_text(object, strlen(object)),
                      .reason = store_text(reason, strlen(reason)),
                      .line = number};
    **last = made;
    *last = &made->next;
    return EXIT_DONE;
}

static int read_list(allowed **out, const char *path) {
    char text[LINE_BYTES];
    allowed **last = out;
    int code = EXIT_DONE;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return message_error(EXIT_USAGE, path, 0, "%s", strerror(errno));
    }
    for (size_t number = 1; code == EXIT_DONE && fgets(text, sizeof text, file) != NULL; number++) {
        code = take_line(&last, path, number, text);
    }
    if (code == EXIT_DONE && ferror(file)) {
        code = message_error(EXIT_USAGE, path, 0, "%s", strerror(errno));
    }
    fclose(file);
    return code;
}

/* "a/liba.a(ring.o)" and "a/ring.o" are "ring.o", or "ring" without its suffix; build systems call
 * the object of ring.c also ring.c.o, which is "ring.c" then. */
static const char *object_name(const char *path) {
    const char *bracket = strrchr(path, '(');
    const char *slash = strrchr(path, '/');
    const char *start = bracket != NULL ? bracket + 1 : slash != NULL ? slash + 1 : path;
    size_t length = strcspn(start, bracket != NULL ? ")" : "");
    return store_text(start, length);
}

static const char *without_suffix(const char *name) {
    size_t length = strlen(name);
    bool has = length > 2 && strcmp(name + length - 2, ".o") == 0;
    return store_text(name, has ? length - 2 : length);
}

static bool is_allowed(allowed *list, const char *symbol, const char *object, const char *stem) {
    bool found = false;
    for (allowed *line = list; line != NULL; line = line->next) {
        if (fnmatch(line->symbol, symbol, 0) == 0 &&
            (fnmatch(line->object, object, 0) == 0 || fnmatch(line->object, stem, 0) == 0)) {
            line->used++;
            found = true;
        }
    }
    return found;
}

/* ---- the objects ---- */

typedef struct gate {
    const graph *in;
    const symbols_settings *settings;
    allowed *list;
    const char **defined; /* hash table of what the inputs define, code and data */
    size_t defined_bits;
    size_t object_count;
    size_t symbol_count;
    size_t refused;
} gate;

static size_t hash_of(const char *name) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name != 0; name++) {
        hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    }
    return (size_t)(hash ^ hash >> 29);
}

/* The place of a name in the table, which is never full: where it stands, or could. */
static const char **place_of(const gate *g, const char *name) {
    size_t mask = ((size_t)1 << g->defined_bits) - 1;
    size_t at = hash_of(name) & mask;
    while (g->defined[at] != NULL && strcmp(g->defined[at], name) != 0) {
        at = (at + 1) & mask;
    }
    return &g->defined[at];
}

static void note_defined(gate *g) {
    size_t count = 0;
    for (const image *at = g->in->images.first; at != NULL; at = at->next) {
        count += at->symbol_count;
    }
    while (((size_t)1 << g->defined_bits) < 2 * count + 2) {
        g->defined_bits++;
    }
    g->defined = STORE_ARRAY(const char *, (size_t)1 << g->defined_bits);
    for (const image *at = g->in->images.first; at != NULL; at = at->next) {
        for (uint32_t i = 0; i < at->symbol_count; i++) {
            const image_symbol *symbol = &at->symbols[i];
            if (!symbol->undefined && symbol->binding != STB_LOCAL && *symbol->name != 0) {
                *place_of(g, symbol->name) = symbol->name;
            }
        }
    }
}

/* Made by the linker; the first is nobody's, the others bound a section of the program's own. */
static bool is_the_linkers(const char *name) {
    return strcmp(name, "_GLOBAL_OFFSET_TABLE_") == 0 || strncmp(name, "__start_", 8) == 0 ||
           strncmp(name, "__stop_", 7) == 0;
}

static void refuse(gate *g, const char *object, const char *symbol) {
    const char *class = effects_allocates(symbol) ? "ALLOC" : "NOT-ALLOWED";
    g->refused++;
    sink_print(&sink_err, "VIOLATION %-24s %-12s %s\n", object, class, symbol);
    if (g->settings->json != NULL) {
        sink_text(g->settings->json, "{\"version\":1,\"object\":");
        sink_json_text(g->settings->json, object);
        sink_text(g->settings->json, ",\"symbol\":");
        sink_json_text(g->settings->json, symbol);
        sink_print(g->settings->json, ",\"class\":\"%s\"}\n", class);
    }
    if (g->settings->github) {
        sink_print(&sink_out, "::error title=%s::%.200s refers to %.200s\n", class, object, symbol);
    }
}

static void check_object(gate *g, const image *of) {
    const char *object = object_name(of->path);
    const char *stem = without_suffix(object);
    g->object_count++;
    for (uint32_t i = 0; i < of->symbol_count; i++) {
        const image_symbol *symbol = &of->symbols[i];
        if (!symbol->undefined || *symbol->name == 0 || symbol->binding == STB_LOCAL) {
            continue;
        }
        g->symbol_count++;
        bool fine = *place_of(g, symbol->name) != NULL || is_the_linkers(symbol->name) ||
                    effects_is_mark(symbol->name) ||
                    is_allowed(g->list, symbol->name, object, stem);
        if (!fine) {
            refuse(g, object, symbol->name);
        }
    }
}

static int tell_unused(const gate *g) {
    int code = EXIT_DONE;
    for (const allowed *line = g->list; line != NULL; line = line->next) {
        if (line->used == 0 && g->settings->strict) {
            code = message_error(EXIT_UNPROVEN, g->settings->allow, line->line,
                                 "the line served nothing");
        } else if (line->used == 0) {
            message_note("coldheap: %s:%zu: the line served nothing", g->settings->allow,
                         line->line);
        }
    }
    return code;
}

int symbols_check(const graph *in, const symbols_settings *settings) {
    gate g = {.in = in, .settings = settings};
    int code = settings->allow != NULL ? read_list(&g.list, settings->allow) : EXIT_DONE;
    if (code != EXIT_DONE) {
        return code;
    }
    note_defined(&g);
    for (const image *at = in->images.first; at != NULL; at = at->next) {
        check_object(&g, at);
    }
    if (g.object_count == 0) {
        return message_error(EXIT_NOT_ARMED, "prove", 0, "no object: nothing was checked");
    }
    code = tell_unused(&g);
    code = g.refused > 0 ? EXIT_FINDING : code;
    sink_print(
        &sink_out,
        "coldheap: %zu object%s, %zu symbols from elsewhere, %zu not allowed; names only, no "
        "code was looked at (status %d)\n",
        g.object_count, g.object_count == 1 ? "" : "s", g.symbol_count, g.refused, code);
    return code;
}
