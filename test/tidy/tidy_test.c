/* A small project is written into a folder of its own, clean but for one thing; the rule that
 * stands for this thing, and no other, must complain. */
#define _GNU_SOURCE
#include "harness.h"
#include "tidy.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUT_SIZE 8192

static char folder[64];
static char output[OUTPUT_SIZE];

static const char LAYERS[] = "layer base\nlayer mem base\nlayer evm base mem\n";
static const char HEADER[] =
    "/** arena.h: bytes. */\n#ifndef CH_ARENA_H\n#define CH_ARENA_H\n#endif\n";

/* Writes ROOT/path, making the folders above it. */
static void put(const char *path, const char *text) {
    char full[256];
    snprintf(full, sizeof full, "%s/%s", folder, path);
    for (char *slash = strchr(full + strlen(folder) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(full, 0777);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void begin(void) {
    snprintf(folder, sizeof folder, "tidy-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    put("test/tidy/layers.txt", LAYERS);
    put("include/coldheap/arena.h", HEADER);
    put("src/mem/arena.c", "#include <coldheap/arena.h>\n\nint chi_arena;\n");
    put("src/mem/arena_test.c", "#include <coldheap/arena.h>\n");
}

/* Runs tidy over the project, keeps what it prints and removes the folder. */
static int finish(void) {
    FILE *out = tmpfile();
    if (!CHECK(out != NULL)) {
        return -1;
    }
    int failed = tidy_main(folder, out);
    rewind(out);
    output[fread(output, 1, sizeof output - 1, out)] = 0;
    fclose(out);
    char command[128];
    snprintf(command, sizeof command, "%s", folder);
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", command, (char *)NULL);
        _exit(1);
    }
    return failed;
}

/* The project with `text` at `path` breaks exactly the named rule, on that line. */
static void check_breaks(const char *rule, const char *path, const char *text, int line) {
    char want[128];
    char place[256];
    begin();
    put(path, text);
    int failed = finish();
    snprintf(want, sizeof want, " - %s: ", rule);
    snprintf(place, sizeof place, "# %s:%d: ", path, line);
    const char *verdict = strstr(output, "not ok");
    bool right = failed == 1 && verdict != NULL && strstr(output, place) != NULL &&
                 strncmp(strchr(verdict + 7, ' '), want, strlen(want)) == 0;
    if (!CHECK(right)) {
        printf("# wanted %s at %s:%d, got:\n%s", rule, path, line, output);
    }
}

TEST(tidy_clean_project_has_no_complaint) {
    begin();
    CHECK_EQUAL(finish(), 0);
    CHECK(strstr(output, "not ok") == NULL);
}

TEST(tidy_layers_catches_an_include_that_points_up) {
    begin();
    put("src/mem/arena.c", "int a;\n#include \"evm/code.h\"\n");
    put("src/evm/code.h", "int chevmi_code;\n");
    CHECK_EQUAL(finish(), 1);
    CHECK(strstr(output, "# src/mem/arena.c:2: mem may not include src/evm/code.h (evm)") != NULL);
}

TEST(tidy_layers_catches_what_is_not_there_or_has_no_layer) {
    check_breaks("layers", "src/mem/arena.c", "#include \"ghost.h\"\n", 1);
    check_breaks("layers", "src/other/x.h", "int chi_x;\n", 0);
    check_breaks("layers", "include/coldheap/lost.h",
                 "/** lost.h */\n#ifndef CH_LOST_H\n#define CH_LOST_H\n#endif\n", 0);
}

TEST(tidy_words_catches_banned_calls_and_headers) {
    check_breaks("words", "src/mem/arena.c", "\nvoid *x;\nvoid f(void) {\n    x = malloc(1);\n}\n",
                 4);
    check_breaks("words", "src/mem/arena.c", "#include <stdio.h>\n", 1);
    check_breaks("words", "test/x.c", "void f(char *a) {\n    strcpy(a, \"b\");\n}\n", 2);
}

TEST(tidy_words_leaves_comments_strings_fields_and_tools_alone) {
    begin();
    put("src/mem/arena.c", "/* malloc(1) */\nconst char *x = \"free(x)\"; // free(x)\n"
                           "void f(struct twin *t) {\n    t->free(x);\n    my_malloc(1);\n}\n");
    put("tools/x.c", "void f(void) {\n    free(malloc(1));\n}\n");
    CHECK_EQUAL(finish(), 0);
}

TEST(tidy_forks_catches_a_handler_that_asks) {
    check_breaks("forks", "src/evm/x.h", "int f(int fork) {\n    return fork >= CHEVM_BERLIN;\n}\n",
                 2);
    check_breaks("forks", "src/evm/x.h",
                 "int f(vm *v) {\n    return (v->fork) == CHEVM_BERLIN;\n}\n", 2);
    begin();
    put("src/evm/x.h", "int f(int fork) {\n    return fork < CHEVM_FORK_COUNT;\n}\n");
    CHECK_EQUAL(finish(), 0);
}

TEST(tidy_paths_catches_a_machine_path) {
    check_breaks("paths", "docs/x.md",
                 "see\n/ho"
                 "me/me/x\n",
                 2);
}

TEST(tidy_open_ends_want_their_issue) {
    check_breaks("open-ends", "docs/x.md",
                 "TO"
                 "DO: later\n",
                 1);
    begin();
    put("docs/x.md", "TO"
                     "DO(#12): later\n");
    CHECK_EQUAL(finish(), 0);
}

TEST(tidy_lines_catches_length_tab_trailing_blank_and_missing_end) {
    char line[128];
    memset(line, 'x', sizeof line);
    snprintf(line + 101, 2, "\n");
    check_breaks("lines", "scripts/x.sh", line, 1);
    check_breaks("lines", "src/mem/arena.c", "\tint x;\n", 1);
    check_breaks("lines", "docs/x.md", "a\nb \n", 2);
    check_breaks("lines", "docs/x.md", "a\nb", 2);
}

TEST(tidy_files_and_functions_have_a_length) {
    static char text[4096];
    memset(text, '\n', 601);
    text[601] = 0;
    check_breaks("files", "src/mem/arena.c", text, 601);
    snprintf(text, sizeof text, "int f(void) {\n");
    size_t used = strlen(text);
    memset(text + used, '\n', 69);
    snprintf(text + used + 69, 4, "}\n");
    check_breaks("functions", "src/mem/arena.c", text, 1);
    begin();
    text[used] = '}'; /* and now the same text is a short function with blank lines behind it */
    snprintf(text + used + 60, 2, "\n");
    put("src/mem/arena.c", text);
    CHECK_EQUAL(finish(), 0);
}

TEST(tidy_rooms_catches_a_module_without_test) {
    check_breaks("rooms", "src/mem/pool.c", "int chi_pool;\n", 0);
    begin();
    put("src/mem/arena_twin.c", "int chi_twin;\n"); /* a part of the room arena */
    put("src/mem/pool.c", "int chi_pool;\n");
    put("test/tidy/rooms.txt", "# why\nsrc/mem/poo*.c src/mem/arena_test.c\n");
    CHECK_EQUAL(finish(), 0);
    check_breaks("rooms", "test/tidy/rooms.txt", "src/mem/g*.c src/mem/arena_test.c\n", 1);
    check_breaks("rooms", "test/tidy/rooms.txt", "src/mem/arena.c src/mem/arena_test.c\n", 1);
    check_breaks("rooms", "test/tidy/rooms.txt", "src/mem/ghost.c src/mem/arena_test.c\n", 1);
}

TEST(tidy_guards_catches_a_wrong_guard_and_a_missing_contract) {
    check_breaks("guards", "include/coldheap/arena.h",
                 "/** a */\n#ifndef ARENA_H\n#define ARENA_H\n#endif\n", 1);
    check_breaks("guards", "include/coldheap/arena.h",
                 "#ifndef CH_ARENA_H\n#define CH_ARENA_H\n#endif\n", 1);
}

TEST(tidy_exceptions_forgive_and_must_be_used) {
    begin();
    put("src/mem/pool.c", "int chi_pool;\n");
    put("test/tidy/exceptions.txt", "rooms src/mem/pool.c tested elsewhere\n"
                                    "format src/mem/pool.c for format.sh, not for a rule here\n");
    CHECK_EQUAL(finish(), 0);
    check_breaks("exceptions", "test/tidy/exceptions.txt", "# why\nrooms src/mem/pool.c gone\n", 2);
}

TEST(tidy_exception_without_reason_is_refused) {
    begin();
    put("test/tidy/exceptions.txt", "rooms src/mem/pool.c\n");
    CHECK_EQUAL(finish(), -1);
}
