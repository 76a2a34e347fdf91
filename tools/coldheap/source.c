/* source.c: see source.h. */
#include "source.h"

#include <stdio.h>
#include <string.h>

bool source_line(char *text, size_t size, const image *in, uint64_t address) {
    const char *path;
    int wanted;
    int column;
    if (!image_line(in, address, &path, &wanted, &column)) {
        return false;
    }
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    bool found = false;
    for (int line = 1; !found && fgets(text, (int)size, file) != NULL;) {
        bool whole = strchr(text, '\n') != NULL;
        found = line == wanted;
        line += whole;
    }
    fclose(file);
    return found;
}

void source_place(char *text, size_t size, const image *in, uint64_t address) {
    const char *path;
    int line;
    int column = 0;
    if (!image_line(in, address, &path, &line, &column)) {
        (void)snprintf(text, size, "%s+0x%llx", in->base, (unsigned long long)address);
        return;
    }
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    if (column > 0) {
        (void)snprintf(text, size, "%s:%d:%d", base, line, column);
    } else {
        (void)snprintf(text, size, "%s:%d", base, line);
    }
}
