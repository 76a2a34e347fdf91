/* source.c: see source.h. */
#include "source.h"

#include "store.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *source_root;

/* Files that were looked for, by the name that the debug information has for them. */
typedef struct source_file source_file;
struct source_file {
    const char *name;
    char *text; /* NULL: none there; lines end with 0 */
    const char **lines;
    size_t line_count;
    source_file *next;
};

static source_file *files;

#define FILE_BYTES_MAX ((size_t)64 << 20)

static FILE *open_below(const char *name) {
    FILE *file = NULL;
    if (source_root != NULL) {
        for (const char *part = name + (*name == '/'); file == NULL && part != NULL;) {
            file = fopen(store_format("%s/%s", source_root, part), "re");
            part = *name == '/' ? strchr(part, '/') : NULL;
            part = part != NULL ? part + 1 : NULL;
        }
    }
    return file != NULL ? file : fopen(name, "re");
}

static void split_lines(source_file *of, size_t size) {
    size_t count = 1;
    for (size_t i = 0; i < size; i++) {
        count += of->text[i] == '\n';
    }
    of->lines = STORE_ARRAY(const char *, count);
    of->lines[of->line_count++] = of->text;
    for (size_t i = 0; i < size; i++) {
        if (of->text[i] == '\n') {
            of->text[i] = 0;
            of->lines[of->line_count++] = of->text + i + 1;
        }
    }
}

static void read_source(source_file *of) {
    struct stat status;
    FILE *file = open_below(of->name);
    if (file == NULL) {
        return;
    }
    bool good = fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode) &&
                (uint64_t)status.st_size <= FILE_BYTES_MAX;
    if (good) {
        of->text = STORE_ARRAY(char, (size_t)status.st_size + 1);
        split_lines(of, fread(of->text, 1, (size_t)status.st_size, file));
    }
    fclose(file);
}

static const source_file *find_source(const char *name) {
    for (const source_file *at = files; at != NULL; at = at->next) {
        if (strcmp(at->name, name) == 0) {
            return at;
        }
    }
    source_file *made = STORE_NEW(source_file);
    made->name = store_text(name, strlen(name));
    made->next = files;
    files = made;
    read_source(made);
    return made;
}

/* Lines first to last, from 1, one behind the other with a space in between. */
static void join_lines(char text[SOURCE_BYTES], const source_file *of, size_t first, size_t last) {
    size_t used = 0;
    text[0] = 0;
    for (size_t line = first; line <= last && used < SOURCE_BYTES; line++) {
        int added = snprintf(text + used, SOURCE_BYTES - used, "%s%s", used > 0 ? " " : "",
                             of->lines[line - 1]);
        used += added > 0 ? (size_t)added : 0;
    }
}

#define STATEMENT_LINES 6u

bool source_statement(char text[SOURCE_BYTES], const image *in, uint64_t address, int *column) {
    const char *path;
    int line;
    *column = 0;
    if (!image_line(in, address, &path, &line, column) || line < 1) {
        return false;
    }
    const source_file *found = find_source(path);
    size_t first = (size_t)line;
    if (first > found->line_count) {
        return false;
    }
    size_t last = first;
    while (last < found->line_count && last - first + 1 < STATEMENT_LINES &&
           strpbrk(found->lines[last - 1], ";{}") == NULL) {
        last++;
    }
    join_lines(text, found, first, last);
    return true;
}

#define ABOVE_LINES 8u

bool source_above(char text[SOURCE_BYTES], const image *in, uint64_t address) {
    const char *path;
    int line;
    int column;
    if (!image_line(in, address, &path, &line, &column) || line < 1) {
        return false;
    }
    const source_file *found = find_source(path);
    size_t last = (size_t)line;
    if (last > found->line_count) {
        return false;
    }
    join_lines(text, found, last > ABOVE_LINES ? last - ABOVE_LINES + 1 : 1, last);
    return true;
}

const char *source_relative(const char *name) {
    static char folder[4096];
    if (folder[0] == 0 && getcwd(folder, sizeof folder) == NULL) {
        folder[0] = 0;
    }
    size_t length = strlen(folder);
    bool inside = length > 1 && strncmp(name, folder, length) == 0 && name[length] == '/';
    return inside ? name + length + 1 : name;
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
