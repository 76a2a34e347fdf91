/* near.c: a last look at the files that are mapped, when the program is refused anyway. */
#define _GNU_SOURCE
#include "near.h"

#include <string.h>

#include "functions.h"
#include "maps.h"
#include "ranges.h"

#define TEXT_MAX 64u
#define FAR      8u

typedef struct search {
    const chi_session_rule *rule;
    char core[TEXT_MAX]; /* the glob without its signs */
    unsigned files;
    unsigned stripped;
    unsigned distance[CHI_NEAR_MAX];
    char names[CHI_NEAR_MAX][TEXT_MAX];
    char path[CHI_PATH_BYTES];
} search;

static unsigned least(unsigned a, unsigned b, unsigned c) {
    const unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

unsigned chi_near_distance(const char *wanted, const char *text) {
    unsigned row[TEXT_MAX + 1];
    const size_t width = strnlen(wanted, TEXT_MAX);
    if (width >= 3 && strstr(text, wanted) != NULL) {
        return 0;
    }
    for (unsigned i = 0; i <= width; i++) {
        row[i] = i;
    }
    for (unsigned y = 0; text[y] != 0 && y < TEXT_MAX; y++) {
        unsigned diagonal = row[0];
        row[0] = y + 1;
        for (size_t x = 0; x < width; x++) {
            const unsigned changed = diagonal + (wanted[x] != text[y]);
            diagonal = row[x + 1];
            row[x + 1] = least(changed, row[x] + 1, diagonal + 1);
        }
    }
    return row[width];
}

static void copy_name(char *to, const char *name) {
    const size_t length = strnlen(name, TEXT_MAX - 1);
    memcpy(to, name, length);
    to[length] = 0;
}

static void offer(search *s, const char *name) {
    unsigned distance = chi_near_distance(s->core, name);
    size_t place = 0;
    while (place < CHI_NEAR_MAX && s->distance[place] <= distance) {
        if (strncmp(s->names[place], name, TEXT_MAX - 1) == 0) {
            return;
        }
        place++;
    }
    if (place == CHI_NEAR_MAX || distance >= FAR || distance * 2 > strlen(s->core)) {
        return;
    }
    for (size_t i = CHI_NEAR_MAX - 1; i > place; i--) {
        memcpy(s->names[i], s->names[i - 1], TEXT_MAX);
        s->distance[i] = s->distance[i - 1];
    }
    copy_name(s->names[place], name);
    s->distance[place] = distance;
}

static void look(search *s, const char *path) {
    chi_functions functions;
    chi_function function;
    uint64_t at = 0;
    if (!chi_functions_open(&functions, path)) {
        return;
    }
    if (chi_ranges_module_fits(s->rule, path, functions.soname)) {
        s->files++;
        s->stripped += functions.stripped;
        while (chi_functions_next(&functions, &function, &at)) {
            offer(s, function.name);
        }
    }
    chi_functions_close(&functions);
}

static bool visit(void *context, const chi_map_line *line) {
    search *s = (search *)context;
    if (line->executable && line->path[0] == '/' && strcmp(line->path, s->path) != 0) {
        memcpy(s->path, line->path, strlen(line->path) + 1);
        look(s, line->path);
    }
    return true;
}

typedef struct line {
    char *text;
    size_t size;
    size_t used;
} line;

static void put(line *l, const char *text) {
    for (; *text != 0 && l->used + 1 < l->size; text++) {
        l->text[l->used++] = *text;
    }
    l->text[l->used] = 0;
}

void chi_near_explain(char *why, size_t why_size, const chi_session_rule *rule) {
    search s;
    memset(&s, 0, sizeof s);
    s.rule = rule;
    for (size_t i = 0; i < CHI_NEAR_MAX; i++) {
        s.distance[i] = FAR;
    }
    size_t used = 0;
    for (const char *c = rule->function; *c != 0 && used + 1 < TEXT_MAX; c++) {
        if (*c != '*' && *c != '?') {
            s.core[used++] = *c;
        }
    }
    (void)chi_maps_each(visit, &s);
    line l = {.text = why, .size = why_size};
    put(&l, "no such function: ");
    put(&l, rule->function);
    if (s.files == 0) {
        put(&l, ", no such file: ");
        put(&l, rule->module);
    } else if (s.stripped > 0) {
        put(&l, s.files == 1 ? " (stripped)" : " (some files are stripped)");
    }
    for (size_t i = 0; i < CHI_NEAR_MAX && s.names[i][0] != 0; i++) {
        put(&l, i == 0 ? "; near: " : ", ");
        put(&l, s.names[i]);
    }
}
