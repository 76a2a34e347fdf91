/* rooms.c: rules on rooms: a module has its test beside it; a header has its guard and says what it
 * is before it declares anything. */
#include "tidy.h"

#include <ctype.h>
#include <string.h>

static bool is_module(const tidy_source *source) {
    return tidy_starts(source->path, "src/") && tidy_ends(source->path, ".c") &&
           !tidy_ends(source->path, "_test.c") && !tidy_ends(source->path, "_fuzz.c") &&
           !tidy_ends(source->path, "_bench.c");
}

/* keccak_plain.c is tested by keccak_plain_test.c or, as a part of its room, by keccak_test.c. */
static bool has_test(const tidy_run *run, const char *path) {
    size_t length = strlen(path) - strlen(".c");
    size_t folder_length = (size_t)(strrchr(path, '/') - path) + 1;
    while (length > folder_length) {
        char test[512];
        tidy_name(test, sizeof test, "%.*s_test.c", (int)length, path);
        if (tidy_find(run, test) != NULL) {
            return true;
        }
        do {
            length--;
        } while (length > folder_length && path[length] != '_');
    }
    return false;
}

void tidy_check_rooms(tidy_run *run) {
    for (size_t i = 0; i < run->source_count; i++) {
        const tidy_source *source = &run->sources[i];
        if (is_module(source) && !has_test(run, source->path)) {
            tidy_complain(run, source->path, 0, "", "has no test beside it");
        }
    }
}

/* include/coldheap/pool.h -> CH_POOL_H, .../tmpl/map.h -> CH_TMPL_MAP_H, coldevm/x.h -> CHEVM_X_H.
 */
static void guard_of(const char *path, char *guard, size_t size) {
    const char *name = strchr(path, '/') + 1;
    bool is_evm = tidy_starts(name, "coldevm/");
    name = strchr(name, '/') + 1;
    tidy_name(guard, size, "%s_%s", is_evm ? "CHEVM" : "CH", name);
    for (char *c = guard; *c != 0; c++) {
        *c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
    }
}

static bool is_template(const tidy_source *source) {
    return strstr(source->path, "/tmpl/") != NULL;
}

void tidy_check_guards(tidy_run *run) {
    for (size_t i = 0; i < run->source_count; i++) {
        const tidy_source *source = &run->sources[i];
        char guard[512];
        char opening[1100];
        if (!tidy_starts(source->path, "include/") || !tidy_ends(source->path, ".h")) {
            continue;
        }
        guard_of(source->path, guard, sizeof guard);
        tidy_name(opening, sizeof opening, "#ifndef %s\n#define %s\n", guard, guard);
        if (!is_template(source) && strstr(source->code, opening) == NULL) {
            tidy_complain(run, source->path, 1, "", "include guard is not %s", guard);
        }
        if (!tidy_starts(source->text, "/**")) {
            tidy_complain(run, source->path, 1, "", "does not begin with its contract (/** ...)");
        }
    }
}
