/* What compilers and linkers make of the marks. Every compiler found is asked: COMPILERS names
 * them, "gcc clang g++ ...". */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "child.h"
#include "harness.h"

#define FOLDER "guard_build_test.d"
#define FLAGS  "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I" INCLUDE_FOLDER

static char output[65536];

/* Runs a shell line in the test's folder. */
static int shell(const char *format, const char *a, const char *b, const char *c) {
    char line[2048];
    size_t used = (size_t)snprintf(line, sizeof line, "cd " FOLDER " && ");
    snprintf(line + used, sizeof line - used, format, a, b, c);
    const char *argv[] = {"/bin/sh", "-c", line, NULL};
    const int status = ch_test_run_program(argv, output, sizeof output);
    if (status != 0) {
        printf("# %s: status %d: %s\n", line, status, output);
    }
    return status;
}

static bool is_cxx(const char *compiler) {
    return strstr(compiler, "++") != NULL;
}

static const char *language(const char *compiler) {
    return is_cxx(compiler) ? "-x c++ -std=c++17" : "-std=c17";
}

static void for_each_compiler(void (*body)(const char *compiler)) {
    char names[] = COMPILERS;
    mkdir(FOLDER, 0700);
    mkdir(FOLDER "/with", 0700);
    mkdir(FOLDER "/without", 0700);
    size_t count = 0;
    char *rest = names;
    for (char *name; (name = strsep(&rest, " ")) != NULL;) {
        body(name);
        count++;
    }
    CHECK(count >= 1);
}

/* Takes the marks out of a line, and keeps the line. */
static void strip_marks(char *line) {
    static const char *const before_function[] = {"CH_HOT_FN ", "CH_PERMIT_FN(\"prints\") "};
    const size_t indent = strspn(line, " ");
    if (strncmp(line + indent, "CH_HOT_SCOPE", 12) == 0 ||
        strncmp(line + indent, "CH_PERMIT_SCOPE", 15) == 0 ||
        strncmp(line, "#include <coldheap", 18) == 0) {
        memcpy(line, "\n", 2);
    }
    for (size_t i = 0; i < 2; i++) {
        const size_t length = strlen(before_function[i]);
        if (strncmp(line, before_function[i], length) == 0) {
            memmove(line, line + length, strlen(line + length) + 1);
        }
    }
}

static void write_samples(void) {
    FILE *source = fopen(MARKED_SOURCE, "r");
    FILE *with = fopen(FOLDER "/with/sample.c", "w");
    FILE *without = fopen(FOLDER "/without/sample.c", "w");
    if (!CHECK(source != NULL && with != NULL && without != NULL)) {
        exit(1);
    }
    char line[512];
    while (fgets(line, sizeof line, source) != NULL) {
        fputs(line, with);
        strip_marks(line);
        CHECK(strstr(line, "SCOPE(") == NULL && strstr(line, "SCOPE_OPS(") == NULL);
        fputs(line, without);
    }
    fclose(source);
    fclose(with);
    fclose(without);
}

static void compare_code(const char *compiler) {
    static const char *const levels[] = {"-O0", "-O2", "-O3 -fPIC"};
    write_samples();
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        char how[256];
        snprintf(how, sizeof how, "%s %s", language(compiler), levels[i]);
        CHECK_EQUAL(
            shell("cd without && %s %s -c sample.c -o ../without.o -w%s", compiler, how, ""), 0);
        CHECK_EQUAL(shell("cd with && %s %s -DCH_GUARD=0 -c sample.c -o ../with.o " FLAGS "%s",
                          compiler, how, ""),
                    0);
        CHECK_EQUAL(shell("cmp with.o without.o%s%s%s", "", "", ""), 0);
        /* The comparison can fail: with the marks alive the code is another. */
        CHECK_EQUAL(shell("cd with && %s %s -DCH_GUARD=1 -c sample.c -o ../live.o " FLAGS "%s",
                          compiler, how, ""),
                    0);
        CHECK_EQUAL(shell("! cmp -s live.o without.o%s%s%s", "", "", ""), 0);
    }
}

TEST(g01_without_guard_identical_code) {
    for_each_compiler(compare_code);
}

static void compile_all(const char *compiler) {
    static const char *const guards[] = {"0", "1", "2"};
    for (size_t i = 0; i < 3; i++) {
        CHECK_EQUAL(shell("%s %s -O2 -fsyntax-only " FLAGS " -DCH_GUARD=%s " MARKED_SOURCE,
                          compiler, language(compiler), guards[i]),
                    0);
        CHECK_EQUAL(shell("%s %s -O2 -fsyntax-only " FLAGS " -DCH_GUARD=%s " ARMED_SOURCE, compiler,
                          language(compiler), guards[i]),
                    0);
    }
}

TEST(g01_headers_compile_in_all_builds) {
    for_each_compiler(compile_all);
}

TEST(g01_hot_header_includes_two_headers_only) {
    FILE *header = fopen(INCLUDE_FOLDER "/coldheap/hot.h", "r");
    if (!CHECK(header != NULL)) {
        return;
    }
    char line[512];
    size_t includes = 0;
    while (fgets(line, sizeof line, header) != NULL) {
        if (strncmp(line, "#include", 8) == 0) {
            includes++;
            CHECK(strcmp(line, "#include <stddef.h>\n") == 0 ||
                  strcmp(line, "#include <stdint.h>\n") == 0);
        }
    }
    CHECK_EQUAL(includes, 2);
    fclose(header);
}

/* ---- G7, G9: where marks lie ---- */

static void write_file(const char *name, const char *text) {
    FILE *file = fopen(name, "w");
    if (!CHECK(file != NULL)) {
        exit(1);
    }
    fputs(text, file);
    fclose(file);
}

static void write_sections_sample(void) {
    write_file(FOLDER "/dropped.c",
               "#include <coldheap/hot.h>\n"
               "int dropped(int x);\n"
               "int dropped(int x) { CH_HOT_SCOPE(\"dropped\"); return x; }\n");
    write_file(FOLDER "/kept.c",
               "#include <coldheap/hot.h>\n"
               "CH_HOT_FN static int hot(int x) {\n"
               "    CH_HOT_SCOPE(\"kept\");\n"
               "    { CH_PERMIT_SCOPE(\"why\"); x++; }\n"
               "    return x;\n"
               "}\n"
               "int main(int argc, char **argv) { (void)argv; return hot(argc) - 2; }\n");
}

/* In C the marks of each object that the linker keeps are rows of section ch_marks, and the marked
 * function lies in ch_hot_text; in C++ marks are plain statics. */
static void find_sections(const char *compiler) {
    static const struct {
        const char *flags, *marks;
    } links[] = {{"-O2", "000060"},
                 {"-O0 -fno-pie -no-pie", "000060"},
                 {"-O2 -fPIC -pie", "000060"},
                 {"-O2 -ffunction-sections -fdata-sections -Wl,--gc-sections", "000040"},
                 {"-O2 -ffunction-sections -Wl,--gc-sections -Wl,-z,start-stop-gc", "000040"},
                 {"-O2 -flto", ""}}; /* may drop the function without being asked */
    write_sections_sample();
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        char how[256];
        snprintf(how, sizeof how, "%s %s", language(compiler), links[i].flags);
        CHECK_EQUAL(shell("%s %s " FLAGS " kept.c dropped.c -o sections%s", compiler, how, ""), 0);
        CHECK_EQUAL(shell("./sections%s%s%s", "", "", ""), 0);
        CHECK_EQUAL(shell("readelf -SW sections | grep -q ' ch_hot_text '%s%s%s", "", "", ""), 0);
        if (is_cxx(compiler)) {
            CHECK_EQUAL(shell("! readelf -SW sections | grep ch_marks%s%s%s", "", "", ""), 0);
        } else {
            CHECK_EQUAL(shell("readelf -SW sections | grep ' ch_marks ' | grep -q '%s'%s%s",
                              links[i].marks, "", ""),
                        0);
        }
    }
}

TEST(g09_marks_of_kept_code_are_in_their_section) {
    for_each_compiler(find_sections);
}

#ifdef GUARD_ARCHIVE

#define WHOLE_LINK " -Wl,-u,ch_hot_enter " GUARD_ARCHIVE " -ldl -lpthread"

static void link_without_run_time(const char *compiler) {
    CHECK_EQUAL(shell("%s %s -DCH_GUARD=1 " FLAGS " " ARMED_SOURCE " -o armed%s", compiler,
                      language(compiler), ""),
                0);
    CHECK_EQUAL(shell("./armed%s%s%s", "", "", ""), 0);
    CHECK_TEXT(output, "not armed\n");
    CHECK_EQUAL(shell("! %s %s -DCH_GUARD=2 " FLAGS " " ARMED_SOURCE " -o armed 2>log && "
                      "grep -q ch_hot_enter log%s",
                      compiler, language(compiler), ""),
                0);
}

TEST(g01_strong_references_need_the_run_time) {
    for_each_compiler(link_without_run_time);
}

static void link_with_run_time(const char *compiler) {
    static const char *const guards[] = {"1", "2"};
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQUAL(shell("%s %s -DCH_GUARD=%s " FLAGS " " ARMED_SOURCE
                          " -x none -o armed" WHOLE_LINK,
                          compiler, language(compiler), guards[i]),
                    0);
        CHECK_EQUAL(shell("./armed%s%s%s", "", "", ""), 0);
        CHECK_TEXT(output, "armed\n");
    }
}

TEST(g11_archive_arms) {
    for_each_compiler(link_with_run_time);
}

/* A weak reference pulls in no archive member, but the start of every dynamic program wants
 * __libc_start_main, and the archive has it: such a program is armed even without the option. */
static void link_without_option(const char *compiler) {
    CHECK_EQUAL(shell("%s %s -DCH_GUARD=1 " FLAGS " " ARMED_SOURCE
                      " -x none -o armed " GUARD_ARCHIVE " -ldl -lpthread%s",
                      compiler, language(compiler), ""),
                0);
    CHECK_EQUAL(shell("./armed%s%s%s", "", "", ""), 0);
    CHECK_TEXT(output, "armed\n");
}

TEST(g11_archive_without_option) {
    for_each_compiler(link_without_option);
}

static void preload_by_position(const char *compiler) {
    static const char *const codes[] = {"-fPIE -pie", "-fPIC -pie", "-fno-pie -no-pie"};
    for (size_t i = 0; i < 3; i++) {
        char how[256];
        snprintf(how, sizeof how, "%s %s", language(compiler), codes[i]);
        CHECK_EQUAL(shell("%s %s " FLAGS " " ARMED_SOURCE " -o armed%s", compiler, how, ""), 0);
        CHECK_EQUAL(shell("LD_PRELOAD=" PRELOAD " ./armed%s%s%s", "", "", ""), 0);
        /* clang without PIE: the known gap of hot.h, and said so by the program. */
        const bool gap = strstr(compiler, "clang") != NULL && i == 2;
        CHECK_TEXT(output, gap ? "not armed\n" : "armed\n");
    }
}

TEST(g11_preload_arms_every_kind_of_executable) {
    for_each_compiler(preload_by_position);
}

/* ---- G14: the off path in machine code ---- */

/* Disassembles one function of the preload library into `output`. */
static bool disassemble(const char *function) {
    return CHECK_EQUAL(shell("objdump -d --no-show-raw-insn --disassemble=%s " PRELOAD "%s%s",
                             function, "", ""),
                       0) &&
           CHECK(strstr(output, ">:\n") != NULL);
}

static size_t occurrences(const char *text, const char *word) {
    size_t count = 0;
    for (const char *hit = text; (hit = strstr(hit, word)) != NULL; hit++) {
        count++;
    }
    return count;
}

TEST(g14_no_lock_no_tls_call) {
    static const char *const functions[] = {"malloc",   "calloc",       "realloc",     "free",
                                            "memalign", "ch_hot_enter", "ch_hot_leave"};
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (!disassemble(functions[i])) {
            return;
        }
        CHECK_EQUAL(occurrences(output, "lock "), 0);
        CHECK_EQUAL(occurrences(output, "cmpxchg"), 0);
        CHECK_EQUAL(occurrences(output, "__tls_get_addr"), 0);
    }
}

#ifdef OPTIMISED

/* From the entry to the jump into the allocator: one thread-local word, one static word. */
TEST(g14_off_path_is_two_reads_and_a_jump) {
    static const char *const functions[] = {"malloc", "calloc", "realloc", "memalign"};
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (!disassemble(functions[i])) {
            return;
        }
        char *code = strstr(output, ">:\n");
        char *end = strstr(code, "jmp    *");
        if (end == NULL) { /* clang 14 writes it so */
            end = strstr(code, "jmpq   *");
        }
        if (!CHECK(end != NULL)) {
            printf("# %s\n", output);
            return;
        }
        *end = 0;
        CHECK_EQUAL(occurrences(code, "%fs:"), 1);
        CHECK_EQUAL(occurrences(code, "call "), 0);
        CHECK(occurrences(code, "\n") <= 8);
    }
}

#endif
#endif
