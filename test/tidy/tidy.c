/* tidy.c: runs the rules over the project and prints TAP, one test a rule. The last one holds the
 * exceptions themselves to account. */
#define _GNU_SOURCE
#include "tidy.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <string.h>

static void check_exceptions(tidy_run *run);

static const tidy_rule RULES[] = {
    {"layers", "includes point down only, and every public header has a layer", tidy_check_layers},
    {"words", "no banned call or header", tidy_check_words},
    {"forks", "no handler asks which fork it is", tidy_check_fork_tests},
    {"paths", "no path of one machine", tidy_check_paths},
    {"open-ends", "nothing is left open without its issue", tidy_check_open_ends},
    {"lines", "lines have at most 100 columns, no tabs, no trailing blanks", tidy_check_lines},
    {"files", "files have at most 600 lines", tidy_check_files},
    {"functions", "functions have at most 70 lines", tidy_check_functions},
    {"rooms", "every module has its test", tidy_check_rooms},
    {"guards", "headers have the include guard of their name and a contract", tidy_check_guards},
    {"exceptions", "every exception is used", check_exceptions},
};

static bool is_forgiven(tidy_run *run, const char *path, const char *subject) {
    bool forgiven = false;
    for (size_t i = 0; i < run->exception_count; i++) {
        tidy_exception *exception = &run->exceptions[i];
        if (strcmp(exception->rule, run->rule) == 0 && fnmatch(exception->path, path, 0) == 0 &&
            (exception->subject[0] == 0 || strcmp(exception->subject, subject) == 0)) {
            exception->used = true;
            forgiven = true;
        }
    }
    return forgiven;
}

void tidy_complain(tidy_run *run, const char *path, int line, const char *subject,
                   const char *format, ...) {
    if (is_forgiven(run, path, subject)) {
        return;
    }
    run->complaint_count++;
    fprintf(run->out, "# %s:%d: ", path, line);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(run->out, format, arguments);
    va_end(arguments);
    fprintf(run->out, "\n");
}

/* Exceptions of format.sh are used as long as their file is there. */
static bool is_for_format(const tidy_run *run, const tidy_exception *exception) {
    return strcmp(exception->rule, "format") == 0 && tidy_find(run, exception->path) != NULL;
}

static void check_exceptions(tidy_run *run) {
    for (size_t i = 0; i < run->exception_count; i++) {
        const tidy_exception *exception = &run->exceptions[i];
        if (!exception->used && !is_for_format(run, exception)) {
            tidy_complain(run, "test/tidy/exceptions.txt", exception->line, "",
                          "%s %s forgives nothing; remove it", exception->rule, exception->path);
        }
    }
}

int tidy_main(const char *root, FILE *out) {
    tidy_run run = {.root = root, .out = out};
    const size_t rule_count = sizeof RULES / sizeof RULES[0];
    int failed = 0;
    if (!tidy_load(&run)) {
        tidy_unload(&run);
        return -1;
    }
    fprintf(out, "TAP version 14\n1..%zu\n", rule_count);
    for (size_t i = 0; i < rule_count; i++) {
        run.rule = RULES[i].name;
        run.complaint_count = 0;
        RULES[i].check(&run);
        failed += run.complaint_count > 0;
        fprintf(out, "%sok %zu - %s: %s\n", run.complaint_count > 0 ? "not " : "", i + 1,
                RULES[i].name, RULES[i].promise);
    }
    tidy_unload(&run);
    return failed;
}
