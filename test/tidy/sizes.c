/* sizes.c: rules on lengths: lines, files, functions. Functions are found by braces: a brace at
 * depth 0 behind a closing parenthesis opens one. */
#include "tidy.h"

#include <string.h>

#define COLUMNS_MAX        100
#define FILE_LINES_MAX     600
#define FUNCTION_LINES_MAX 70

static void check_line(tidy_run *run, const tidy_source *source, size_t start, size_t end,
                       int line) {
    const char *text = source->text;
    int columns = 0;
    bool has_tab = false;
    for (size_t i = start; i < end; i++) {
        columns += ((unsigned char)text[i] & 0xc0) != 0x80; /* UTF-8 sequences count once */
        has_tab = has_tab || text[i] == '\t';
    }
    if (columns > COLUMNS_MAX && source->kind != TIDY_TEXT) {
        tidy_complain(run, source->path, line, "", "%d columns, at most %d", columns, COLUMNS_MAX);
    }
    if (has_tab && source->kind == TIDY_C) {
        tidy_complain(run, source->path, line, "", "tab; use four spaces");
    }
    if (end > start && (text[end - 1] == ' ' || text[end - 1] == '\t' || text[end - 1] == '\r')) {
        tidy_complain(run, source->path, line, "", "blank at the end of the line");
    }
}

void tidy_check_lines(tidy_run *run) {
    for (size_t i = 0; i < run->source_count; i++) {
        const tidy_source *source = &run->sources[i];
        size_t start = 0;
        int line = 1;
        for (size_t at = 0; at < source->size; at++) {
            if (source->text[at] == '\n') {
                check_line(run, source, start, at, line++);
                start = at + 1;
            }
        }
        if (start != source->size) {
            tidy_complain(run, source->path, line, "", "no line end at the end of the file");
        }
    }
}

void tidy_check_files(tidy_run *run) {
    for (size_t i = 0; i < run->source_count; i++) {
        const tidy_source *source = &run->sources[i];
        int lines = tidy_line_of(source, source->size) - 1;
        if (lines > FILE_LINES_MAX && source->kind != TIDY_TEXT) {
            tidy_complain(run, source->path, lines, "", "%d lines, at most %d", lines,
                          FILE_LINES_MAX);
        }
    }
}

/* Blanks # lines with their continuations in a copy made by the caller. */
static size_t skip_directive(const char *code, size_t at) {
    while (code[at] != 0 && code[at] != '\n') {
        at += code[at] == '\\' && code[at + 1] == '\n' ? 2u : 1u;
    }
    return at;
}

/* The word before the parenthesis that closes at `at`: the function's name, or the test's. */
static void name_before(const char *code, size_t at, char *name, size_t size) {
    int depth = 0;
    while (at > 0) {
        depth += code[at] == ')';
        depth -= code[at] == '(';
        if (depth == 0) {
            break;
        }
        at--;
    }
    size_t end = at;
    while (end > 0 && code[end - 1] == ' ') {
        end--;
    }
    size_t start = end;
    while (start > 0 && strchr(" \n*();", code[start - 1]) == NULL) {
        start--;
    }
    size_t length = end - start < size - 1 ? end - start : size - 1;
    memcpy(name, code + start, length);
    name[length] = 0;
    if (strcmp(name, "TEST") == 0 || strcmp(name, "BENCH_GROUP") == 0) {
        length = strcspn(code + at + 1, ")");
        length = length < size - 1 ? length : size - 1;
        memcpy(name, code + at + 1, length);
        name[length] = 0;
    }
}

static void check_functions_of(tidy_run *run, const tidy_source *source) {
    const char *code = source->code;
    char name[128] = "";
    size_t open = 0;
    size_t last = 0; /* last character that is not blank */
    int depth = 0;
    bool in_function = false;
    for (size_t at = 0; at < source->size; at++) {
        char c = code[at];
        if (c == '#' && (at == 0 || code[last] == '\n' || memchr(code + last, '\n', at - last))) {
            at = skip_directive(code, at);
            continue;
        }
        if (c == '{' && depth++ == 0) {
            in_function = code[last] == ')';
            open = at;
            if (in_function) {
                name_before(code, last, name, sizeof name);
            }
        } else if (c == '}' && depth > 0 && --depth == 0 && in_function) {
            int first = tidy_line_of(source, open);
            int lines = tidy_line_of(source, at) - first + 1;
            if (lines > FUNCTION_LINES_MAX) {
                tidy_complain(run, source->path, first, name, "%s has %d lines, at most %d", name,
                              lines, FUNCTION_LINES_MAX);
            }
        }
        if (c != ' ' && c != '\n') {
            last = at;
        }
    }
}

void tidy_check_functions(tidy_run *run) {
    for (size_t i = 0; i < run->source_count; i++) {
        if (run->sources[i].kind == TIDY_C) {
            check_functions_of(run, &run->sources[i]);
        }
    }
}
