/* words.c: rules on words: calls and headers that are banned, each with what to use instead; paths
 * of one machine; open ends; handlers that ask for the fork. */
#include "tidy.h"

#include <stdlib.h>
#include <string.h>

/* Where a word is banned. */
typedef enum scope {
    EVERYWHERE, /* all C files */
    LIBRARIES,  /* src/ and include/, but not the tests, fuzz targets and benches there */
} scope;

typedef struct banned {
    const char *word;
    scope scope;
    const char *instead;
} banned;

// clang-format off
static const banned CALLS[] = {
    {"strcpy",         EVERYWHERE, "snprintf or memcpy with the size"},
    {"strcat",         EVERYWHERE, "snprintf with the size"},
    {"strncpy",        EVERYWHERE, "memcpy with the length"},
    {"strncat",        EVERYWHERE, "snprintf with the size"},
    {"sprintf",        EVERYWHERE, "snprintf"},
    {"vsprintf",       EVERYWHERE, "vsnprintf"},
    {"gets",           EVERYWHERE, "fgets"},
    {"strtok",         EVERYWHERE, "strcspn, or strsep"},
    {"atoi",           EVERYWHERE, "strtoul with its end checked"},
    {"atol",           EVERYWHERE, "strtoul with its end checked"},
    {"atoll",          EVERYWHERE, "strtoull with its end checked"},
    {"atof",           EVERYWHERE, "strtod with its end checked"},
    {"rand",           EVERYWHERE, "ch_test_random, ch_bench_random or an own seeded stream"},
    {"srand",          EVERYWHERE, "a seed that is printed"},
    {"random",         EVERYWHERE, "an own seeded stream"},
    {"alloca",         EVERYWHERE, "a buffer of a named maximum, or ch_stack"},
    {"__builtin_alloca", EVERYWHERE, "a buffer of a named maximum, or ch_stack"},
    {"tmpnam",         EVERYWHERE, "mkstemp"},
    {"mktemp",         EVERYWHERE, "mkstemp"},
    {"assert",         EVERYWHERE, "CH_REQUIRE, CH_ASSERT or CHECK"},
    {"system",         EVERYWHERE, "fork and exec with arguments"},
    {"malloc",         LIBRARIES,  "the caller's memory: footprint and init"},
    {"calloc",         LIBRARIES,  "the caller's memory: footprint and init"},
    {"realloc",        LIBRARIES,  "a capacity fixed at init"},
    {"reallocarray",   LIBRARIES,  "a capacity fixed at init"},
    {"free",           LIBRARIES,  "fini, release or reset"},
    {"aligned_alloc",  LIBRARIES,  "the caller's memory: footprint and align"},
    {"posix_memalign", LIBRARIES,  "the caller's memory: footprint and align"},
    {"memalign",       LIBRARIES,  "the caller's memory: footprint and align"},
    {"strdup",         LIBRARIES,  "a copy into the caller's memory"},
    {"strndup",        LIBRARIES,  "a copy into the caller's memory"},
    {"qsort",          LIBRARIES,  "an own sort: glibc's may allocate"},
    {"printf",         LIBRARIES,  "a returned status; ch_fail for the last words"},
    {"fprintf",        LIBRARIES,  "a returned status; ch_fail for the last words"},
    {"snprintf",       LIBRARIES,  "an own formatter over a caller's buffer"},
    {"vsnprintf",      LIBRARIES,  "an own formatter over a caller's buffer"},
    {"puts",           LIBRARIES,  "a returned status"},
    {"putchar",        LIBRARIES,  "a returned status"},
    {"perror",         LIBRARIES,  "a returned status"},
    {"fopen",          LIBRARIES,  "work for tools/"},
    {"exit",           LIBRARIES,  "a returned status"},
    {"abort",          LIBRARIES,  "CH_REQUIRE or CH_ASSERT"},
    {"getenv",         LIBRARIES,  "a field of the configuration"},
    {"mmap",           LIBRARIES,  "src/base/os_linux.c"},
    {"munmap",         LIBRARIES,  "src/base/os_linux.c"},
    {"mremap",         LIBRARIES,  "src/base/os_linux.c"},
    {"madvise",        LIBRARIES,  "src/base/os_linux.c"},
    {"mprotect",       LIBRARIES,  "src/base/os_linux.c"},
    {"sbrk",           LIBRARIES,  "src/base/os_linux.c"},
};

static const banned HEADERS[] = {
    {"<assert.h>",     EVERYWHERE, "coldheap/base.h"},
    {"<alloca.h>",     EVERYWHERE, "a buffer of a named maximum"},
    {"<malloc.h>",     LIBRARIES,  "the caller's memory: footprint and init"},
    {"<stdio.h>",      LIBRARIES,  "a returned status"},
    {"<sys/mman.h>",   LIBRARIES,  "src/base/os_linux.c"},
};
// clang-format on

static bool is_library(const char *path) {
    return (tidy_starts(path, "src/") || tidy_starts(path, "include/")) && !tidy_is_program(path);
}

static bool is_banned_here(const banned *row, const tidy_source *source) {
    return row->scope == EVERYWHERE || is_library(source->path);
}

/* A call or a reference: the word with "(" behind it, or taken as a value; not a field, not a
 * declaration's part after "->" or ".". */
static bool is_call_at(const tidy_source *source, size_t at, const char *word) {
    const char *code = source->code;
    if (!tidy_is_word_at(source, at, word)) {
        return false;
    }
    if (at > 0 && (code[at - 1] == '.' || (at > 1 && code[at - 1] == '>' && code[at - 2] == '-'))) {
        return false;
    }
    size_t next = at + strlen(word);
    while (code[next] == ' ' || code[next] == '\n') {
        next++;
    }
    return code[next] == '(';
}

static void check_calls_of(tidy_run *run, const tidy_source *source) {
    for (size_t row = 0; row < sizeof CALLS / sizeof CALLS[0]; row++) {
        const banned *call = &CALLS[row];
        if (!is_banned_here(call, source)) {
            continue;
        }
        const char *hit = source->code;
        while ((hit = strstr(hit, call->word)) != NULL) {
            size_t at = (size_t)(hit - source->code);
            if (is_call_at(source, at, call->word)) {
                tidy_complain(run, source->path, tidy_line_of(source, at), call->word,
                              "%s is banned here; use %s", call->word, call->instead);
            }
            hit += strlen(call->word);
        }
    }
}

static void check_headers_of(tidy_run *run, const tidy_source *source) {
    for (size_t row = 0; row < sizeof HEADERS / sizeof HEADERS[0]; row++) {
        const banned *header = &HEADERS[row];
        char line[64];
        snprintf(line, sizeof line, "#include %s", header->word);
        const char *hit = is_banned_here(header, source) ? strstr(source->code, line) : NULL;
        if (hit != NULL) {
            tidy_complain(run, source->path, tidy_line_of(source, (size_t)(hit - source->code)),
                          header->word, "%s is banned here; use %s", header->word, header->instead);
        }
    }
}

void tidy_check_words(tidy_run *run) {
    for (size_t i = 0; i < run->source_count; i++) {
        if (run->sources[i].kind == TIDY_C) {
            check_calls_of(run, &run->sources[i]);
            check_headers_of(run, &run->sources[i]);
        }
    }
}

/* fork, then an order or equality operator, then one fork's name (CHEVM_FORK_COUNT bounds the enum
 * and is no fork). */
static bool is_fork_test_at(const char *code) {
    code += strlen("fork");
    code += strspn(code, " )");
    size_t operator_size = strspn(code, "<>=!");
    if (operator_size == 0 || operator_size > 2 || (operator_size == 1 && code[0] == '=')) {
        return false;
    }
    code += operator_size;
    code += strspn(code, " (");
    return tidy_starts(code, "CHEVM_") && !tidy_starts(code, "CHEVM_FORK_");
}

void tidy_check_fork_tests(tidy_run *run) {
    for (size_t i = 0; i < run->source_count; i++) {
        const tidy_source *source = &run->sources[i];
        if (!tidy_starts(source->path, "src/evm/") || source->kind != TIDY_C ||
            tidy_ends(source->path, "_test.c")) {
            continue;
        }
        const char *hit = source->code;
        while ((hit = strstr(hit, "fork")) != NULL) {
            if (is_fork_test_at(hit)) {
                tidy_complain(run, source->path, tidy_line_of(source, (size_t)(hit - source->code)),
                              "", "asks for the fork; make it a row of the rules");
            }
            hit += strlen("fork");
        }
    }
}

/* Split, so that this file does not hold them. */
static const char *const MACHINE_FOLDERS[] = {"wo"
                                              "rk",
                                              "fa"
                                              "rm",
                                              "ro"
                                              "ot",
                                              "ho"
                                              "me",
                                              "Us"
                                              "ers",
                                              "t"
                                              "mp"};

static void check_paths_of(tidy_run *run, const tidy_source *source) {
    static const char before[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "_./-}*)";
    for (size_t row = 0; row < sizeof MACHINE_FOLDERS / sizeof MACHINE_FOLDERS[0]; row++) {
        char folder[16];
        snprintf(folder, sizeof folder, "/%s/", MACHINE_FOLDERS[row]);
        const char *hit = source->text;
        while ((hit = strstr(hit, folder)) != NULL) {
            if (hit == source->text || strchr(before, hit[-1]) == NULL) {
                tidy_complain(run, source->path, tidy_line_of(source, (size_t)(hit - source->text)),
                              "", "path of one machine (%s)", folder);
            }
            hit++;
        }
    }
}

void tidy_check_paths(tidy_run *run) {
    for (size_t i = 0; i < run->source_count; i++) {
        check_paths_of(run, &run->sources[i]);
    }
}

static const char *const OPEN_WORDS[] = {"TO"
                                         "DO",
                                         "FIX"
                                         "ME",
                                         "XX"
                                         "X",
                                         "HA"
                                         "CK"};

static bool is_open_end(const char *text, const char *hit, const char *word) {
    const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    char next = hit[strlen(word)];
    if ((hit > text && strchr(letters, hit[-1]) != NULL) ||
        (next != 0 && strchr(letters, next) != NULL)) {
        return false;
    }
    return !(next == '(' && hit[strlen(word) + 1] == '#'); /* names its issue */
}

void tidy_check_open_ends(tidy_run *run) {
    for (size_t i = 0; i < run->source_count; i++) {
        const tidy_source *source = &run->sources[i];
        for (size_t row = 0; row < sizeof OPEN_WORDS / sizeof OPEN_WORDS[0]; row++) {
            const char *hit = source->text;
            while ((hit = strstr(hit, OPEN_WORDS[row])) != NULL) {
                if (is_open_end(source->text, hit, OPEN_WORDS[row])) {
                    tidy_complain(run, source->path,
                                  tidy_line_of(source, (size_t)(hit - source->text)), "",
                                  "%s without its issue: do it, or write %s(#N)", OPEN_WORDS[row],
                                  OPEN_WORDS[row]);
                }
                hit++;
            }
        }
    }
}
