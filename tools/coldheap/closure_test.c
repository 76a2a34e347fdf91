/* closure_test.c: the files that a program starts with, beside what this process has mapped. */
#include "closure.h"

#include "store.h"

#include "harness.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has(const closure *files, const char *part) {
    for (size_t i = 0; i < files->count; i++) {
        if (strstr(files->paths[i], part) != NULL) {
            return true;
        }
    }
    return false;
}

/* Every file of code that is mapped here is in the list. */
static bool has_all_mapped(const closure *files) {
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[PATH_MAX + 128];
    bool all = maps != NULL;
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        char *path = strchr(line, '/');
        if (path != NULL && strstr(line, " r-xp ") != NULL) {
            path[strcspn(path, "\n")] = 0;
            all = all && has(files, path);
        }
    }
    if (maps != NULL) {
        (void)fclose(maps);
    }
    return all;
}

TEST(g23_closure_of_this_program) {
    char self[PATH_MAX];
    if (!CHECK_EQUAL(store_open(), 0) || !CHECK(realpath("/proc/self/exe", self) != NULL)) {
        return;
    }
    closure *files = STORE_NEW(closure);
    closure_of(files, self);
    CHECK(files->count >= 1);
    CHECK_TEXT(files->paths[0], self);
    CHECK(has_all_mapped(files));
    for (size_t i = 0; i < files->count; i++) {
        CHECK(files->paths[i][0] == '/');
        for (size_t j = 0; j < i; j++) {
            CHECK(strcmp(files->paths[i], files->paths[j]) != 0);
        }
    }
    store_close();
}

TEST(g23_closure_of_what_has_no_loader) {
    if (!CHECK_EQUAL(store_open(), 0)) {
        return;
    }
    closure *files = STORE_NEW(closure);
    closure_of(files, "/no/such/file");
    CHECK_EQUAL(files->count, 0);
    closure_of(files, "/etc/passwd");
    CHECK_EQUAL(files->count, 1);
    closure_of(files, "/dev/null");
    CHECK_EQUAL(files->count, 1);
    store_close();
}
