/* callinfo.c: nodes and edges of the graph that gcc writes, line by line; see callinfo.h.
 *
 *   node: { title: "vm.c:run" label: "run\nvm.c:8:5\n48 bytes (static)" }
 *   edge: { sourcename: "vm.c:run" targetname: "__indirect_call" label: "vm.c:9:3" } */
#include "callinfo.h"

#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_BITS 12u

static size_t hash_of(const char *name) {
    size_t hash = 5381;
    for (; *name != 0; name++) {
        hash = hash * 33 ^ (unsigned char)*name;
    }
    return hash & (((size_t)1 << TABLE_BITS) - 1);
}

/* The quoted text after `key`, in place; NULL if there is none. */
static char *quoted(char *line, const char *key) {
    char *at = strstr(line, key);
    char *end = at != NULL ? strchr(at + strlen(key), '"') : NULL;
    if (end == NULL) {
        return NULL;
    }
    *end = 0;
    return at + strlen(key);
}

static callinfo_function *find(callinfo *in, const char *unit, const char *name) {
    for (callinfo_function *at = in->table[hash_of(name)]; at != NULL; at = at->next) {
        bool same_unit = (unit == NULL && at->unit == NULL) ||
                         (unit != NULL && at->unit != NULL && strcmp(unit, at->unit) == 0);
        if (same_unit && strcmp(at->name, name) == 0) {
            return at;
        }
    }
    callinfo_function *made = STORE_NEW(callinfo_function);
    made->name = store_text(name, strlen(name));
    made->unit = unit != NULL ? store_text(unit, strlen(unit)) : NULL;
    made->next = in->table[hash_of(name)];
    in->table[hash_of(name)] = made;
    return made;
}

static callinfo_function *find_titled(callinfo *in, char *title) {
    char *colon = strrchr(title, ':');
    if (colon == NULL) {
        return find(in, NULL, title);
    }
    *colon = 0;
    return find(in, title, colon + 1);
}

/* "path/file.c:12:3" as "file.c:12"; without a label the call may be anywhere. */
static void add_call(callinfo_function *of, const char *label) {
    callinfo_call *made = STORE_NEW(callinfo_call);
    if (label != NULL) {
        const char *slash = strrchr(label, '/');
        const char *base = slash != NULL ? slash + 1 : label;
        const char *colon = strchr(base, ':');
        const char *end = colon != NULL ? strchr(colon + 1, ':') : NULL;
        made->place = store_text(base, end != NULL ? (size_t)(end - base) : strlen(base));
    }
    made->next = of->calls;
    of->calls = made;
}

/* Functions that are only called stand there as ellipses. */
static void read_line(callinfo *in, char *line) {
    bool is_own = strstr(line, "shape : ellipse") == NULL;
    if (strncmp(line, "node:", 5) == 0 && is_own) {
        char *title = quoted(line, "title: \"");
        if (title != NULL) {
            find_titled(in, title);
        }
    } else if (strncmp(line, "edge:", 5) == 0 && strstr(line, "\"__indirect_call\"") != NULL) {
        char *label = quoted(line, "label: \"");
        char *source = quoted(line, "sourcename: \"");
        if (source != NULL) {
            add_call(find_titled(in, source), label);
        }
    }
}

void callinfo_beside(callinfo *in, const char *object_path) {
    size_t length = strlen(object_path);
    if (length < 2 || strcmp(object_path + length - 2, ".o") != 0) {
        return;
    }
    char *path = store_format("%.*s.ci", (int)(length - 2), object_path);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return;
    }
    if (in->table == NULL) {
        in->table = STORE_ARRAY(callinfo_function *, (size_t)1 << TABLE_BITS);
    }
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, file) >= 0) {
        read_line(in, line);
    }
    in->file_count++;
    free(line);
    fclose(file);
}

static bool calls_at(const callinfo_function *of, const char *place) {
    for (const callinfo_call *call = of->calls; call != NULL; call = call->next) {
        if (place == NULL || call->place == NULL || strcmp(call->place, place) == 0) {
            return true;
        }
    }
    return false;
}

static size_t plain_length(const char *name) {
    static const char *const CLONES[] = {".constprop", ".isra", ".part", ".cold", ".lto_priv"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof CLONES / sizeof CLONES[0]; i++) {
        const char *at = strstr(name, CLONES[i]);
        if (at != NULL && (size_t)(at - name) < length) {
            length = (size_t)(at - name);
        }
    }
    return length;
}

bool callinfo_excludes(const callinfo *in, const char *name, const char *place) {
    if (in->table == NULL) {
        return false;
    }
    char *plain = store_text(name, plain_length(name));
    bool seen = false;
    for (const callinfo_function *at = in->table[hash_of(plain)]; at != NULL; at = at->next) {
        if (strcmp(at->name, plain) == 0) {
            seen = true;
            if (calls_at(at, place)) {
                return false;
            }
        }
    }
    return seen;
}
