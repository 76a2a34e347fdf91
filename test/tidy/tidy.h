/** tidy.h: what the rules of the tidy test share: the files of the project, loaded once, and how a
 *  rule complains. A rule reads sources and complains; which complaints are forgiven stands, each
 * with its reason, in exceptions.txt, and a line there that forgives nothing is a complaint itself.
 */
#ifndef CH_TIDY_H
#define CH_TIDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum tidy_kind {
    TIDY_C,      /* .c .h .inc */
    TIDY_SCRIPT, /* shell, awk, CMake, make, JavaScript */
    TIDY_TEXT,   /* any other text */
} tidy_kind;

/** One file. `code` is `text` with comments, literals' contents and, for # lines, nothing blanked:
 *  same length, same lines, so that an offset means the same in both. Owned by the tree. */
typedef struct tidy_source {
    char *path; /* relative to the root, with / */
    char *text; /* NUL-terminated */
    char *code; /* same as text unless kind is TIDY_C */
    size_t size;
    tidy_kind kind;
} tidy_source;

typedef struct tidy_exception {
    char *rule;
    char *path; /* glob */
    char *subject;
    int line; /* in exceptions.txt */
    bool used;
} tidy_exception;

/** The whole run: the files, the exceptions, and where complaints go. */
typedef struct tidy_run {
    const char *root;
    FILE *out;
    tidy_source *sources;
    size_t source_count;
    tidy_exception *exceptions;
    size_t exception_count;
    const char *rule; /* the running one */
    unsigned complaint_count;
} tidy_run;

/** A rule looks at all sources of the run. */
typedef struct tidy_rule {
    const char *name;
    const char *promise; /* what holds if the rule is silent */
    void (*check)(tidy_run *run);
} tidy_rule;

/** tidy_main checks the project below `root` and prints TAP, one test a rule, to `out`.
 *  Returns: number of rules that complained; -1 if files cannot be read (message on stderr). */
int tidy_main(const char *root, FILE *out);

/** tidy_complain prints "path:line: message" unless exceptions.txt forgives this rule for the path
 *  (and the subject: a function, a word; "" if there is none). line 0: the whole file. */
void tidy_complain(tidy_run *run, const char *path, int line, const char *subject,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));

/** tidy_load fills sources and exceptions; false with a message if a file cannot be read. */
bool tidy_load(tidy_run *run);
void tidy_unload(tidy_run *run);

/** tidy_name prints into `text` and ends the program if it does not fit. */
void tidy_name(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** tidy_find returns the source of that path, NULL if there is none. */
const tidy_source *tidy_find(const tidy_run *run, const char *path);

/** tidy_line_of gives the line number of an offset into the source's text. */
int tidy_line_of(const tidy_source *source, size_t offset);

/** tidy_starts and tidy_ends tell whether `text` starts or ends with `part`. */
bool tidy_starts(const char *text, const char *part);
bool tidy_ends(const char *text, const char *part);

/** tidy_is_program tells whether the file belongs to a test, a fuzz target or a bench, by its name:
 *  X_test.c, X_fuzz.c, X_bench.c, and what they share: X_rig.h, X_fuzz.h, X_rivals.h. */
bool tidy_is_program(const char *path);

/** tidy_is_word_at tells whether the identifier `word` stands at `offset` of the code, whole. */
bool tidy_is_word_at(const tidy_source *source, size_t offset, const char *word);

/** The rules, by file. */
void tidy_check_layers(tidy_run *run); /* layers.c */
void tidy_check_words(tidy_run *run);  /* words.c */
void tidy_check_fork_tests(tidy_run *run);
void tidy_check_paths(tidy_run *run);
void tidy_check_open_ends(tidy_run *run);
void tidy_check_lines(tidy_run *run); /* sizes.c */
void tidy_check_files(tidy_run *run);
void tidy_check_functions(tidy_run *run);
void tidy_check_rooms(tidy_run *run); /* rooms.c */
void tidy_check_guards(tidy_run *run);

#endif
