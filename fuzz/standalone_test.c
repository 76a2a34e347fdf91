/* The driver seen from outside: a corpus that passes, a planted bug that is found, saved, and found
 * again with the line that was printed. */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"

static char text[16384];

static int run(const char *first, const char *second, const char *third, const char *fourth,
               const char *fifth) {
    const char *const argv[] = {FUZZ_SAMPLE, first, second, third, fourth, fifth, NULL};
    return ch_test_run_program(argv, text, sizeof text);
}

static void put(const char *path, const char *content) {
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(content, file) >= 0 && fclose(file) == 0);
}

TEST(fuzz_driver_runs_a_corpus_folder_and_random_inputs) {
    char folder[] = "fuzz-test-XXXXXX";
    char first[64];
    char second[64];
    if (!CHECK(mkdtemp(folder) != NULL)) {
        return;
    }
    snprintf(first, sizeof first, "%s/a", folder);
    snprintf(second, sizeof second, "%s/b", folder);
    put(first, "abc");
    put(second, "");
    CHECK_EQUAL(run("--runs", "0", "--seed", "3", folder), 0);
    CHECK(strstr(text, "# seed 3\n") != NULL);
    CHECK(strstr(text, "ok 1 - corpus of 2 inputs and the empty one\n") != NULL);
    CHECK(strstr(text, "ok 2 - random inputs: 0\n") != NULL);
    unlink(first);
    unlink(second);
    rmdir(folder);
}

TEST(fuzz_driver_finds_saves_and_repeats_a_planted_bug) {
    CHECK(run("--runs", "1000000", "--seed", "1", NULL) != 0);
    const char *line = strstr(text, "reproduce: ");
    if (!CHECK(line != NULL) || !CHECK(strstr(line, " fuzz-crash-") != NULL)) {
        return;
    }
    char saved[64];
    snprintf(saved, sizeof saved, "%.*s", 27, strstr(line, " fuzz-crash-") + 1);
    FILE *file = fopen(saved, "r");
    if (CHECK(file != NULL)) {
        CHECK_EQUAL(fgetc(file), '!');
        fclose(file);
    }
    CHECK(run(saved, NULL, NULL, NULL, NULL) != 0);
    CHECK(strstr(text, saved) != NULL);
    unlink(saved);
}

TEST(fuzz_driver_refuses_bad_usage) {
    CHECK_EQUAL(run("--runs", "x", NULL, NULL, NULL), 2);
    CHECK_EQUAL(run("--rans", "1", NULL, NULL, NULL), 2);
    CHECK_EQUAL(run("no/such/corpus", NULL, NULL, NULL, NULL), 2);
}
