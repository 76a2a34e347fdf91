/* options.c: the flag parser and the help writer; see options.h. */
#include "options.h"

#include "tool.h"
#include "message.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define HELP_INDENT 30u

typedef struct cursor {
    int argc;
    char **argv;
    int index;
} cursor;

static size_t name_length(const char *flag) {
    return strcspn(flag, "=");
}

static const flag_row *find_row(const char *flag, const flag_table tables[2]) {
    size_t length = name_length(flag);
    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; i < tables[t].count; i++) {
            const flag_row *row = &tables[t].rows[i];
            if (strlen(row->name) == length && memcmp(row->name, flag, length) == 0) {
                return row;
            }
        }
    }
    return NULL;
}

const char *options_nearest(const char *name, const flag_table tables[2]) {
    char wanted[TEXT_NAME_MAX + 1];
    size_t length = name_length(name);
    length = length < TEXT_NAME_MAX ? length : TEXT_NAME_MAX;
    memcpy(wanted, name, length);
    wanted[length] = 0;
    const char *best = "help";
    size_t best_distance = SIZE_MAX;
    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; i < tables[t].count; i++) {
            size_t distance = text_distance(wanted, tables[t].rows[i].name);
            if (distance < best_distance) {
                best_distance = distance;
                best = tables[t].rows[i].name;
            }
        }
    }
    return best;
}

int options_bad_value(int position, const flag_row *row, const char *text, const char *reason) {
    return message_argument(tool.usage, position, "bad value '%.80s' for --%s: %s", text, row->name,
                            reason);
}

static bool read_bool(bool *value, const char *text) {
    bool yes = text == NULL || strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    bool no = !yes && (strcmp(text, "false") == 0 || strcmp(text, "0") == 0);
    if (yes || no) {
        *value = yes;
    }
    return yes || no;
}

/* True if `text` is one of the words of "a|b|c". */
static bool is_choice(const char *choices, const char *text) {
    size_t length = strlen(text);
    for (const char *word = choices; *word != 0;) {
        size_t word_length = strcspn(word, "|");
        if (word_length == length && memcmp(word, text, length) == 0) {
            return true;
        }
        word += word_length + (word[word_length] == '|');
    }
    return false;
}

static int set_list(flag_list *list, const flag_row *row, const char *text, int position) {
    if (list->count == FLAG_LIST_MAX) {
        return options_bad_value(position, row, text, "given too often (16 times at most)");
    }
    list->items[list->count++] = (flag_text){text, position};
    return TOOL_DONE;
}

static int set_number(const flag_row *row, const char *text, int position) {
    text_error error;
    uint64_t most = row->most != 0 ? row->most : UINT64_MAX;
    bool good = row->kind == FLAG_U64 ? text_u64(row->target, text, most, &error)
                                      : text_seconds(row->target, text, (double)row->most, &error);
    return good ? TOOL_DONE : options_bad_value(position, row, text, error.reason);
}

static int read_other(const flag_row *row, const char *text, int position) {
    const flag_reader *reader = row->target;
    return reader->read(reader->value, row, text, position);
}

static int set_value(const flag_row *row, const char *text, int position) {
    switch (row->kind) {
    case FLAG_BOOL:
        return read_bool(row->target, text)
                   ? TOOL_DONE
                   : options_bad_value(position, row, text, "use true or false");
    case FLAG_WORD:
        *(flag_text *)row->target = (flag_text){text != NULL ? text : row->bare, position};
        return options_choice(row->name, *(flag_text *)row->target, row->value);
    case FLAG_MAYBE:
    case FLAG_TEXT:
        *(flag_text *)row->target = (flag_text){text != NULL ? text : row->bare, position};
        return TOOL_DONE;
    case FLAG_LIST:
        return set_list(row->target, row, text, position);
    case FLAG_OTHER:
        return read_other(row, text, position);
    case FLAG_U64:
    case FLAG_SECONDS:
        return set_number(row, text, position);
    }
    return tool.internal;
}

int options_choice(const char *name, flag_text flag, const char *choices) {
    if (flag.position == 0 || is_choice(choices, flag.text)) {
        return TOOL_DONE;
    }
    return message_argument(tool.usage, flag.position, "bad value '%.80s' for --%s: use %s",
                            flag.text, name, choices);
}

static bool is_optional(const flag_row *row) {
    return row->kind == FLAG_WORD || row->kind == FLAG_MAYBE;
}

/* Reads the flag at the cursor, behind its dashes, and its value, and moves the cursor on. */
static int read_flag(cursor *at, const flag_table tables[2], size_t dashes) {
    const char *flag = at->argv[at->index] + dashes;
    int position = at->index++;
    const flag_row *row = find_row(flag, tables);
    if (row == NULL) {
        return message_argument(tool.usage, position, "unknown flag --%.*s, nearest is --%s",
                                (int)(name_length(flag) < 80 ? name_length(flag) : 80), flag,
                                options_nearest(flag, tables));
    }
    const char *value = flag + name_length(flag);
    value = *value == '=' ? value + 1 : NULL;
    if (value == NULL && row->kind != FLAG_BOOL && !is_optional(row)) {
        if (at->index == at->argc) {
            return message_argument(tool.usage, position, "--%s needs a value", row->name);
        }
        value = at->argv[at->index++];
    }
    return set_value(row, value, position);
}

static bool is_flag(const char *text) {
    return text[0] == '-' && text[1] != 0;
}

static bool is_long_flag(const char *text) {
    return text[0] == '-' && text[1] == '-';
}

/* -h and -v, and names of one letter; anything else that begins with one dash is a mistake. */
static int read_short(cursor *at, const flag_table tables[2]) {
    const char *text = at->argv[at->index];
    if (name_length(text) == 2 && find_row(text + 1, tables) != NULL) {
        return read_flag(at, tables, 1);
    }
    int position = at->index++;
    if (strcmp(text, "-h") == 0 || strcmp(text, "-v") == 0) {
        const flag_row *row = find_row(text[1] == 'h' ? "help" : "version", tables);
        return set_value(row, NULL, position);
    }
    return message_argument(tool.usage, position, "unknown flag %.80s, nearest is --%s", text,
                            options_nearest(text + 1, tables));
}

static int read_any_flag(cursor *at, const flag_table tables[2]) {
    return is_long_flag(at->argv[at->index]) ? read_flag(at, tables, 2) : read_short(at, tables);
}

int options_parse(int argc, char **argv, int first, const flag_table tables[2],
                  operand_list *operands) {
    cursor at = {argc, argv, first};
    bool flags_ended = false;
    while (at.index < argc) {
        const char *text = argv[at.index];
        int code = TOOL_DONE;
        if (!flags_ended && strcmp(text, "--") == 0) {
            flags_ended = true;
            at.index++;
        } else if (!flags_ended && is_flag(text)) {
            code = read_any_flag(&at, tables);
        } else if (operands->count == OPERANDS_MAX) {
            code = message_argument(tool.usage, at.index, "more than %u operands", OPERANDS_MAX);
        } else {
            operands->positions[operands->count] = at.index;
            operands->texts[operands->count++] = argv[at.index++];
        }
        if (code != TOOL_DONE) {
            return code;
        }
    }
    return TOOL_DONE;
}

int options_leading(int argc, char **argv, flag_table table, int *next) {
    const flag_table tables[2] = {table, {NULL, 0}};
    cursor at = {argc, argv, 1};
    while (at.index < argc && is_flag(argv[at.index])) {
        int code = read_any_flag(&at, tables);
        if (code != TOOL_DONE) {
            return code;
        }
    }
    *next = at.index;
    return TOOL_DONE;
}

/* Prints `text`, wrapped at column 100, from column HELP_INDENT on. */
static void help_text(sink *out, const char *text, size_t column) {
    for (bool is_first = true; *text != 0; is_first = false) {
        size_t word = strcspn(text, " ");
        if (!is_first && column + 1 + word > 100) {
            sink_print(out, "\n%*s", (int)HELP_INDENT, "");
            column = HELP_INDENT;
        } else if (!is_first) {
            sink_char(out, ' ');
            column++;
        }
        sink_bytes(out, text, word);
        column += word;
        text += word + (text[word] == ' ');
    }
    sink_char(out, '\n');
}

size_t options_head(char *head, size_t size, flag_table table, size_t index) {
    const flag_row *row = &table.rows[index];
    size_t used = (size_t)snprintf(head, size, "--%s", row->name);
    for (size_t j = index + 1; j < table.count && table.rows[j].help == NULL; j++) {
        const char *name = table.rows[j].name;
        used +=
            (size_t)snprintf(head + used, size - used, ", %s%s", name[1] == 0 ? "-" : "--", name);
    }
    if (is_optional(row)) {
        used += (size_t)snprintf(head + used, size - used, "[=%s]", row->value);
    } else if (row->kind != FLAG_BOOL) {
        used += (size_t)snprintf(head + used, size - used, " %s", row->value);
    }
    return used;
}

void options_help(sink *out, flag_table table) {
    for (size_t i = 0; i < table.count; i++) {
        if (table.rows[i].help == NULL) {
            continue;
        }
        char head[200];
        size_t column = 2 + options_head(head, sizeof head, table, i);
        sink_print(out, "  %s", head);
        if (column + 2 > HELP_INDENT) {
            sink_char(out, '\n');
            column = 0;
        }
        sink_print(out, "%*s", (int)(HELP_INDENT - column), "");
        help_text(out, table.rows[i].help, HELP_INDENT);
    }
}
