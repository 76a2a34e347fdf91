/* callinfo.c: nodes and edges of the graph that gcc writes, line by line; see callinfo.h.
 *
 *   node: { title: "vm.c:run" label: "run\nvm.c:8:5\n48 bytes (static)" }
 *   edge: { sourcename: "vm.c:run" targetname: "__indirect_call" label: "vm.c:9:3" } */
#include "callinfo.h"

#include "clone.h"
#include "store.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_BITS 12u

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

static size_t slot_of(const char *name, size_t length) {
    size_t hash = 5381;
    for (size_t i = 0; i < length; i++) {
        hash = hash * 33 ^ (unsigned char)name[i];
    }
    return hash & (((size_t)1 << TABLE_BITS) - 1);
}

static callinfo_function *look_up(const callinfo *in, const char *object, const char *name) {
    size_t length = clone_length(name);
    callinfo_function *at = in->table != NULL ? in->table[slot_of(name, length)] : NULL;
    while (at != NULL && (strncmp(at->name, name, length) != 0 || at->name[length] != 0 ||
                          strcmp(at->object, object) != 0)) {
        at = at->next;
    }
    return at;
}

/* "unit.c:name" is a function that the unit keeps to itself; what else it is called is the same. */
static const char *without_unit(const char *title) {
    const char *colon = strrchr(title, ':');
    return colon != NULL ? colon + 1 : title;
}

static callinfo_function *find(callinfo *in, const char *object, const char *title) {
    const char *name = without_unit(title);
    callinfo_function *found = look_up(in, object, name);
    if (found == NULL) {
        size_t length = clone_length(name);
        found = STORE_NEW(callinfo_function);
        found->name = store_text(name, length);
        found->object = object;
        found->next = in->table[slot_of(name, length)];
        in->table[slot_of(name, length)] = found;
    }
    return found;
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

static void add_callee(callinfo_function *of, const char *name) {
    for (const callinfo_name *at = of->callees; at != NULL; at = at->next) {
        if (strcmp(at->name, name) == 0) {
            return;
        }
    }
    callinfo_name *made = STORE_NEW(callinfo_name);
    *made = (callinfo_name){.name = store_text(name, strlen(name)), .next = of->callees};
    of->callees = made;
}

/* Functions that are only called stand there as ellipses. */
static void read_line(callinfo *in, const char *object, char *line) {
    bool is_own = strstr(line, "shape : ellipse") == NULL;
    if (strncmp(line, "node:", 5) == 0 && is_own) {
        char *title = quoted(line, "title: \"");
        if (title != NULL) {
            find(in, object, title);
        }
    } else if (strncmp(line, "edge:", 5) == 0) {
        char *label = quoted(line, "label: \"");
        char *target = quoted(line, "targetname: \"");
        char *source = quoted(line, "sourcename: \"");
        if (source != NULL && target != NULL) {
            callinfo_function *from = find(in, object, source);
            if (strcmp(target, "__indirect_call") == 0) {
                add_call(from, label);
            } else {
                add_callee(from, without_unit(target));
            }
        }
    }
}

static void read_file(callinfo *in, const char *object, const char *path) {
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
        read_line(in, object, line);
    }
    in->file_count++;
    free(line);
    fclose(file);
}

static void read_all(callinfo *in, const char *object, const char *pattern) {
    glob_t found;
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            read_file(in, object, found.gl_pathv[i]);
        }
        globfree(&found);
    }
}

void callinfo_beside(callinfo *in, const char *path, bool is_linked) {
    size_t length = strlen(path);
    if (is_linked) {
        read_all(in, path, store_format("%.3000s.ltrans*.ci", path));
    } else if (length >= 2 && strcmp(path + length - 2, ".o") == 0) {
        read_file(in, path, store_format("%.*s.ci", (int)(length - 2), path));
    }
}

static bool calls_at(const callinfo_function *of, const char *place) {
    for (const callinfo_call *call = of->calls; call != NULL; call = call->next) {
        if (place == NULL || call->place == NULL || strcmp(call->place, place) == 0) {
            return true;
        }
    }
    return false;
}

bool callinfo_excludes(const callinfo *in, const char *object, const char *name,
                       const char *place) {
    const callinfo_function *found = look_up(in, object, name);
    return found != NULL && !calls_at(found, place);
}

bool callinfo_callees(const callinfo *in, const char *object, const char *name,
                      const callinfo_name **callees) {
    const callinfo_function *found = look_up(in, object, name);
    *callees = found != NULL ? found->callees : NULL;
    return found != NULL;
}
