/* options.h: flags as data. A command describes its flags in a table of rows; one parser reads
 * `--name value` and `--name=value`, suggests the nearest name for an unknown flag, and one writer
 * prints the help page from the same rows. There is no other list of flags.
 *
 * Switches (FLAG_BOOL) and flags with an optional value (FLAG_WORD, FLAG_MAYBE) take it only after
 * `=`.
 * A name of one letter is written with one dash. Flags and operands may be mixed; `--` ends the
 * flags, a single `-` is an operand. */
#ifndef TOOLS_COMMON_OPTIONS_H
#define TOOLS_COMMON_OPTIONS_H

#include "sink.h"

typedef enum flag_kind {
    FLAG_BOOL,    /* bool: --name, --name=true|false|1|0 */
    FLAG_WORD,    /* flag_text: --name means its `absent` word, --name=word that word */
    FLAG_MAYBE,   /* flag_text: --name means its `absent` text, --name=TEXT that text */
    FLAG_TEXT,    /* flag_text */
    FLAG_LIST,    /* flag_list: may be given several times */
    FLAG_U64,     /* uint64_t, at most `most` */
    FLAG_SECONDS, /* double, at most `most` */
    FLAG_OTHER    /* flag_reader: what only one command knows */
} flag_kind;

/* A text flag's value and the place on the command line, for later messages; 0 = not given. */
typedef struct flag_text {
    const char *text;
    int position;
} flag_text;

#define FLAG_LIST_MAX 16u

typedef struct flag_list {
    flag_text items[FLAG_LIST_MAX];
    size_t count;
} flag_list;

typedef struct flag_row flag_row;

/* The target of a FLAG_OTHER: `read` turns the text into *value and returns an exit code. */
typedef struct flag_reader {
    int (*read)(void *value, const flag_row *row, const char *text, int position);
    void *value;
} flag_reader;

struct flag_row {
    const char *name; /* without dashes */
    flag_kind kind;
    void *target;
    const char *value; /* what the value is called in the help: "N"; FLAG_WORD: "this|that" */
    uint64_t most;     /* FLAG_U64, FLAG_SECONDS: largest value; 0 = only the type's bound */
    const char *bare;  /* FLAG_WORD, FLAG_MAYBE: the word that the flag without value stands for */
    const char *help;  /* NULL: another spelling of the row before, not listed alone */
};

typedef struct flag_table {
    const flag_row *rows;
    size_t count;
} flag_table;

#define FLAG_TABLE(rows) ((flag_table){(rows), sizeof(rows) / sizeof(rows)[0]})

#define OPERANDS_MAX 4096u

typedef struct operand_list {
    const char **texts;
    int *positions;
    size_t count;
} operand_list;

/* options_parse reads argv[first..argc) by the rows of two tables, the command's and the global
 * one. Returns: an exit code; if it is not TOOL_DONE the message is out. */
int options_parse(int argc, char **argv, int first, const flag_table tables[2],
                  operand_list *operands);

/* options_leading reads global flags only, up to the first operand, whose index it returns in
 * *next (argc if there is none). */
int options_leading(int argc, char **argv, flag_table table, int *next);

/* options_choice checks that `flag` holds one of the words of `choices` ("a|b|c"). */
int options_choice(const char *name, flag_text flag, const char *choices);

/* options_bad_value says why a flag's value is refused; the exit code for it. */
int options_bad_value(int position, const flag_row *row, const char *text, const char *reason);

/* options_nearest returns the row name nearest to `name` over both tables. */
const char *options_nearest(const char *name, const flag_table tables[2]);

/* options_head writes "--name, --other VALUE" for the row at `index` and returns its length. */
size_t options_head(char *head, size_t size, flag_table table, size_t index);

/* options_help prints the rows of a table, one or two lines each. */
void options_help(sink *out, flag_table table);

#endif
