/* source.c: loads the project's files and the exceptions, and blanks what is not code. */
#define _GNU_SOURCE
#include "tidy.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_SIZE 4096

bool tidy_starts(const char *text, const char *part) {
    return strncmp(text, part, strlen(part)) == 0;
}

bool tidy_ends(const char *text, const char *part) {
    size_t length = strlen(text);
    size_t part_length = strlen(part);
    return length >= part_length && strcmp(text + length - part_length, part) == 0;
}

bool tidy_is_program(const char *path) {
    static const char *const ends[] = {"_test", "_fuzz", "_bench", "_rig", "_rivals"};
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const char *hit = strstr(name, ends[i]);
        while (hit != NULL) {
            if (hit[strlen(ends[i])] == '.') {
                return true;
            }
            hit = strstr(hit + 1, ends[i]);
        }
    }
    return false;
}

static bool is_word_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool tidy_is_word_at(const tidy_source *source, size_t offset, const char *word) {
    return (offset == 0 || !is_word_char(source->code[offset - 1])) &&
           tidy_starts(source->code + offset, word) &&
           !is_word_char(source->code[offset + strlen(word)]);
}

int tidy_line_of(const tidy_source *source, size_t offset) {
    int line = 1;
    for (size_t i = 0; i < offset; i++) {
        line += source->text[i] == '\n';
    }
    return line;
}

void tidy_name(char *text, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, size, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= size) {
        fprintf(stderr, "tidy: name too long: %s\n", text);
        exit(2);
    }
}

const tidy_source *tidy_find(const tidy_run *run, const char *path) {
    for (size_t i = 0; i < run->source_count; i++) {
        if (strcmp(run->sources[i].path, path) == 0) {
            return &run->sources[i];
        }
    }
    return NULL;
}

static void *checked(void *block) {
    if (block == NULL) {
        fprintf(stderr, "tidy: out of memory\n");
        exit(2);
    }
    return block;
}

static char *read_file(const char *root, const char *path, size_t *size) {
    char full[PATH_SIZE];
    tidy_name(full, sizeof full, "%s/%s", root, path);
    FILE *file = fopen(full, "rb");
    if (file == NULL) {
        return NULL;
    }
    size_t room = 1 << 16;
    size_t used = 0;
    char *text = checked(malloc(room));
    size_t got;
    while ((got = fread(text + used, 1, room - used - 1, file)) > 0) {
        used += got;
        if (used + 1 == room) {
            room *= 2;
            text = checked(realloc(text, room));
        }
    }
    bool failed = ferror(file) != 0;
    fclose(file);
    text[used] = 0;
    *size = used;
    if (failed) {
        free(text);
        return NULL;
    }
    return text;
}

/* Where the literal or comment that starts at `at` ends (offset behind it); `at` if none starts. */
static size_t skip_end(const char *text, size_t size, size_t at) {
    size_t end = at;
    if (tidy_starts(text + at, "//")) {
        while (end < size && text[end] != '\n') {
            end++;
        }
    } else if (tidy_starts(text + at, "/*")) {
        const char *close = strstr(text + at + 2, "*/");
        end = close != NULL ? (size_t)(close - text) + 2 : size;
    } else if (text[at] == '"' || (text[at] == '\'' && (at == 0 || !is_word_char(text[at - 1])))) {
        end = at + 1;
        while (end < size && text[end] != text[at] && text[end] != '\n') {
            end += text[end] == '\\' && end + 1 < size ? 2u : 1u;
        }
        end = end < size ? end + 1 : size;
    }
    return end;
}

static char *blank(const char *text, size_t size) {
    char *code = checked(malloc(size + 1));
    memcpy(code, text, size + 1);
    bool is_include = false;
    for (size_t at = 0; at < size;) {
        if (at == 0 || text[at - 1] == '\n') {
            is_include = tidy_starts(text + at, "#include");
        }
        size_t end = is_include && text[at] == '"' ? at : skip_end(text, size, at);
        for (size_t i = at; i < end; i++) {
            code[i] = text[i] == '\n' ? '\n' : ' ';
        }
        at = end > at ? end : at + 1;
    }
    return code;
}

static bool kind_of(const char *path, tidy_kind *kind) {
    static const char *const code[] = {".c", ".h", ".inc"};
    static const char *const script[] = {".sh",      ".awk",    ".cmake",         ".mjs",
                                         "Makefile", ".ci/run", "CMakeLists.txt", ".map"};
    static const char *const text[] = {".md",  ".json", ".txt",  ".in", ".sol",
                                       ".yml", ".asm",  ".easm", ".gp", ".policy"};
    for (size_t i = 0; i < sizeof code / sizeof code[0]; i++) {
        if (tidy_ends(path, code[i])) {
            *kind = TIDY_C;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof script / sizeof script[0]; i++) {
        if (tidy_ends(path, script[i])) {
            *kind = TIDY_SCRIPT;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
        if (tidy_ends(path, text[i])) {
            *kind = TIDY_TEXT;
            return true;
        }
    }
    return false;
}

static bool add_source(tidy_run *run, const char *path) {
    tidy_source source = {0};
    if (!kind_of(path, &source.kind)) {
        return true;
    }
    source.text = read_file(run->root, path, &source.size);
    if (source.text == NULL) {
        fprintf(stderr, "tidy: %s: %s\n", path, strerror(errno));
        return false;
    }
    source.path = checked(strdup(path));
    source.code = source.kind == TIDY_C ? blank(source.text, source.size) : source.text;
    if ((run->source_count & (run->source_count + 1)) == 0) {
        size_t room = (run->source_count + 1) * 2;
        run->sources = checked(realloc(run->sources, room * sizeof *run->sources));
    }
    run->sources[run->source_count++] = source;
    return true;
}

static bool is_skipped(const char *path) {
    static const char *const skipped[] = {".git", "build", "fuzz/corpus", "node_modules"};
    for (size_t i = 0; i < sizeof skipped / sizeof skipped[0]; i++) {
        if (strcmp(path, skipped[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool walk(tidy_run *run, const char *folder) {
    char full[PATH_SIZE];
    tidy_name(full, sizeof full, "%s/%s", run->root, folder);
    struct dirent **entries = NULL;
    int count = scandir(full, &entries, NULL, alphasort);
    if (count < 0) {
        fprintf(stderr, "tidy: %s: %s\n", full, strerror(errno));
        return false;
    }
    bool good = true;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        char path[PATH_SIZE];
        struct stat info;
        tidy_name(path, sizeof path, "%s%s%s", folder, folder[0] != 0 ? "/" : "", name);
        tidy_name(full, sizeof full, "%s/%s", run->root, path);
        if (good && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !is_skipped(path) &&
            lstat(full, &info) == 0) {
            good = S_ISDIR(info.st_mode)   ? walk(run, path)
                   : S_ISREG(info.st_mode) ? add_source(run, path)
                                           : true;
        }
        free(entries[i]);
    }
    free(entries);
    return good;
}

/* "rule path[:subject] reason ..."; # starts a comment. A line without reason is no exception. */
static bool load_exceptions(tidy_run *run) {
    size_t size = 0;
    char *text = read_file(run->root, "test/tidy/exceptions.txt", &size);
    char *rest = text;
    char *row;
    for (int line = 1; text != NULL && (row = strsep(&rest, "\n")) != NULL; line++) {
        char rule[64];
        char path[512];
        int used = 0;
        if (row[0] == '#' || row[0] == 0) {
            continue;
        }
        if (sscanf(row, "%63s %511s %n", rule, path, &used) != 2 || used == 0 || row[used] == 0) {
            fprintf(stderr, "tidy: exceptions.txt:%d: want \"rule path[:subject] reason\"\n", line);
            free(text);
            return false;
        }
        char *colon = strchr(path, ':');
        if (colon != NULL) {
            *colon = 0;
        }
        run->exceptions =
            checked(realloc(run->exceptions, (run->exception_count + 1) * sizeof *run->exceptions));
        run->exceptions[run->exception_count++] = (tidy_exception){
            .rule = checked(strdup(rule)),
            .path = checked(strdup(path)),
            .subject = checked(strdup(colon != NULL ? colon + 1 : "")),
            .line = line,
        };
    }
    free(text);
    return true;
}

bool tidy_load(tidy_run *run) {
    return walk(run, "") && load_exceptions(run);
}

void tidy_unload(tidy_run *run) {
    for (size_t i = 0; i < run->source_count; i++) {
        tidy_source *source = &run->sources[i];
        if (source->code != source->text) {
            free(source->code);
        }
        free(source->text);
        free(source->path);
    }
    for (size_t i = 0; i < run->exception_count; i++) {
        free(run->exceptions[i].rule);
        free(run->exceptions[i].path);
        free(run->exceptions[i].subject);
    }
    free(run->sources);
    free(run->exceptions);
}
