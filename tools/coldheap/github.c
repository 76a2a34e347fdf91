/* github.c: see github.h. */
#include "github.h"

#include "store.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_escaped(sink *out, const char *text, bool property) {
    for (; *text != 0; text++) {
        const unsigned char character = (unsigned char)*text;
        const bool special = character == '%' || character == '\r' || character == '\n' ||
                             (property && (character == ':' || character == ','));
        if (special) {
            sink_print(out, "%%%02X", character);
        } else {
            sink_char(out, (char)character);
        }
    }
}

/* The rest of `path` below the folder; the path itself if it is not there. */
static const char *relative(const char *path, const char *folder) {
    const size_t length = folder != NULL ? strlen(folder) : 0;
    const bool below = length > 0 && strncmp(path, folder, length) == 0 && path[length] == '/';
    return below ? path + length + 1 : path;
}

void github_annotation(sink *out, const char *level, const github_place *place, const char *title,
                       const char *message) {
    sink_print(out, "::%s ", level);
    if (place->file != NULL) {
        sink_text(out, "file=");
        print_escaped(out, relative(place->file, place->repository), true);
        sink_print(out, ",line=%u,", place->line);
    }
    sink_text(out, "title=");
    print_escaped(out, title, true);
    sink_text(out, "::");
    print_escaped(out, message, false);
    sink_char(out, '\n');
}

const char *github_repository(void) {
    const char *workspace = getenv("GITHUB_WORKSPACE");
    char path[PATH_MAX];
    if (workspace != NULL && *workspace == '/') {
        return store_text(workspace, strlen(workspace));
    }
    if (getcwd(path, sizeof path) == NULL) {
        return NULL;
    }
    for (;;) {
        if (access(store_format("%s/.git", path), F_OK) == 0) {
            return store_text(path, strlen(path));
        }
        char *slash = strrchr(path, '/');
        if (slash == NULL || slash == path) {
            return NULL;
        }
        *slash = 0;
    }
}
