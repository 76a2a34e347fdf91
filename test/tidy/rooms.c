/* rooms.c: rules on rooms: a module has its test beside it; a header has its guard and says what it
 * is before it declares anything. */
#include "tidy.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

#define ROOMS "test/tidy/rooms.txt"

static bool is_module(const tidy_source *source) {
    return tidy_starts(source->path, "src/") && tidy_ends(source->path, ".c") &&
           !tidy_is_program(source->path);
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

/* One line of rooms.txt. */
static bool read_pair(const char *line, char *module, char *test) {
    return line[0] != '#' && sscanf(line, "%511s %511s", module, test) == 2;
}

/* Whether a line of rooms.txt names a test for the module. */
static bool has_named_test(const tidy_source *table, const char *path) {
    const char *line = table != NULL ? table->text : "";
    while (line[0] != 0) {
        char module[512];
        char test[512];
        if (read_pair(line, module, test) && fnmatch(module, path, 0) == 0) {
            return true;
        }
        line += strcspn(line, "\n") + 1;
    }
    return false;
}

/* Every line names modules that need it and a test that is there. */
static void check_table(tidy_run *run, const tidy_source *table) {
    const char *line = table != NULL ? table->text : "";
    for (int number = 1; line[0] != 0; number++) {
        char module[512];
        char test[512];
        bool used = false;
        if (read_pair(line, module, test)) {
            for (size_t i = 0; i < run->source_count; i++) {
                const tidy_source *source = &run->sources[i];
                used = used || (is_module(source) && fnmatch(module, source->path, 0) == 0 &&
                                !has_test(run, source->path));
            }
            if (!used || tidy_find(run, test) == NULL) {
                tidy_complain(run, ROOMS, number, "", "%s %s", used ? test : module,
                              used ? "is not there" : "needs no line");
            }
        }
        line += strcspn(line, "\n") + 1;
    }
}

void tidy_check_rooms(tidy_run *run) {
    const tidy_source *table = tidy_find(run, ROOMS);
    for (size_t i = 0; i < run->source_count; i++) {
        const tidy_source *source = &run->sources[i];
        if (is_module(source) && !has_test(run, source->path) &&
            !has_named_test(table, source->path)) {
            tidy_complain(run, source->path, 0, "", "has no test beside it nor in " ROOMS);
        }
    }
    check_table(run, table);
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
