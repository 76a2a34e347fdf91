/* policy.c: the policy file; see policy.h. */
#include "policy.h"

#include "clone.h"
#include "codes.h"
#include "expression.h"
#include "message.h"
#include "store.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WORDS_MAX  4u
#define LINE_BYTES 4096u
#define LINES_MAX  100000u

/* One line split: words up to the reason, which stands in quotes. */
typedef struct split_line {
    char *words[WORDS_MAX + 1];
    size_t count;
    const char *reason;
} split_line;

static bool split(split_line *out, char *text) {
    *out = (split_line){.count = 0};
    for (char *at = text; *at != 0;) {
        if (isspace((unsigned char)*at)) {
            at++;
        } else if (*at == '#') {
            break;
        } else if (*at == '"') {
            char *end = strchr(at + 1, '"');
            if (end == NULL || out->reason != NULL) {
                return false;
            }
            *end = 0;
            out->reason = at + 1;
            at = end + 1;
        } else {
            if (out->count > WORDS_MAX || out->reason != NULL) {
                return false;
            }
            out->words[out->count++] = at;
            at += strcspn(at, " \t\r\n");
            if (*at != 0) {
                *at++ = 0;
            }
        }
    }
    return true;
}

static const char *read_effect(policy_line *line, const split_line *words) {
    line->kind = POLICY_EFFECT;
    bool good = words->count == 3 && strcmp(words->words[2], "none") == 0;
    return good ? NULL : "wants: effect NAME none \"reason\"";
}

static const char *read_call(policy_line *line, const split_line *words) {
    line->kind = POLICY_CALL;
    if (words->count != 4 || strcmp(words->words[2], "->") != 0) {
        return "wants: call FUNCTION|expr:EXPRESSION -> TARGET,... \"reason\"";
    }
    line->targets = store_text(words->words[3], strlen(words->words[3]));
    if (strncmp(line->name, "expr:", 5) == 0) {
        line->by_expression = true;
        line->name += 5;
    }
    return NULL;
}

#define BOUND_MAX 1000000000u

static const char *read_bound(policy_line *line, const split_line *words) {
    text_error error;
    bool is_stack = words->count == 4 && strcmp(words->words[2], "stack") == 0;
    bool good = words->count == 4 && (is_stack || strcmp(words->words[2], "depth") == 0) &&
                text_u64(is_stack ? &line->stack_bytes : &line->depth, words->words[3], BOUND_MAX,
                         &error) &&
                line->depth + line->stack_bytes > 0;
    line->kind = is_stack ? POLICY_STACK : POLICY_BOUND;
    return good ? NULL : "wants: bound FUNCTION depth|stack N \"reason\"";
}

static const char *read_cold(policy_line *line, const split_line *words) {
    line->kind = POLICY_COLD;
    return words->count == 2 ? NULL : "wants: cold FUNCTION \"reason\"";
}

static const char *read_line(policy_line *line, const split_line *words) {
    static const struct {
        const char *name;
        const char *(*read)(policy_line *line, const split_line *words);
    } KINDS[] = {
        {"effect", read_effect}, {"call", read_call}, {"bound", read_bound}, {"cold", read_cold}};
    if (words->count < 2) {
        return "has no name";
    }
    line->name = store_text(words->words[1], strlen(words->words[1]));
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        if (strcmp(words->words[0], KINDS[i].name) == 0) {
            return KINDS[i].read(line, words);
        }
    }
    return "begins with none of effect, call, bound, cold";
}

static int take_line(policy *out, policy_line ***last, char *text, size_t number) {
    split_line words;
    const char *wrong = "has more words than any line can";
    if (split(&words, text)) {
        if (words.count == 0 && words.reason == NULL) {
            return EXIT_DONE;
        }
        policy_line *line = STORE_NEW(policy_line);
        line->line = number;
        wrong = read_line(line, &words);
        if (wrong == NULL && (words.reason == NULL || *words.reason == 0)) {
            wrong = "gives no reason";
        }
        if (wrong == NULL) {
            line->reason = store_text(words.reason, strlen(words.reason));
            **last = line;
            *last = &line->next;
            return EXIT_DONE;
        }
    }
    return message_error(EXIT_USAGE, out->path, number, "the line %s", wrong);
}

int policy_read(policy *out, const char *path) {
    char text[LINE_BYTES];
    policy_line **last = &out->lines;
    int code = EXIT_DONE;
    out->path = path;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return message_error(EXIT_USAGE, path, 0, "%s", strerror(errno));
    }
    for (size_t number = 1; code == EXIT_DONE && fgets(text, sizeof text, file) != NULL; number++) {
        if (number > LINES_MAX) {
            code = message_error(EXIT_USAGE, path, number, "more than %u lines", LINES_MAX);
        } else if (strlen(text) == sizeof text - 1) {
            code = message_error(EXIT_USAGE, path, number, "the line is longer than %u bytes",
                                 LINE_BYTES - 2);
        } else {
            code = take_line(out, &last, text, number);
        }
    }
    if (code == EXIT_DONE && ferror(file)) {
        code = message_error(EXIT_USAGE, path, 0, "%s", strerror(errno));
    }
    fclose(file);
    return code;
}

policy_line *policy_find(const policy *in, policy_kind kind, const char *name) {
    for (policy_line *line = in->lines; line != NULL; line = line->next) {
        if (line->kind == kind && !line->by_expression && clone_fits(line->name, name)) {
            line->used++;
            return line;
        }
    }
    return NULL;
}

policy_line *policy_for_call(const policy *in, const char *name, const char *source, int column) {
    policy_line *found = policy_find(in, POLICY_CALL, name);
    for (policy_line *line = in->lines; found == NULL && line != NULL; line = line->next) {
        if (line->kind == POLICY_CALL && line->by_expression && source != NULL &&
            expression_is_called(source, column, line->name)) {
            line->used++;
            return line;
        }
    }
    return found;
}

static bool lists(const char *targets, const char *name) {
    size_t length = strlen(name);
    for (const char *at = targets; (at = strstr(at, name)) != NULL; at++) {
        bool whole = (at == targets || at[-1] == ',') && (at[length] == ',' || at[length] == 0);
        if (whole) {
            return true;
        }
    }
    return false;
}

policy_line *policy_for_assembly(const policy *in, const char *name, const char *target) {
    for (policy_line *line = in->lines; line != NULL; line = line->next) {
        if (line->kind == POLICY_CALL && !line->by_expression && clone_fits(line->name, name) &&
            lists(line->targets, target)) {
            line->used++;
            return line;
        }
    }
    return NULL;
}

const char *policy_text(const policy_line *of) {
    switch (of->kind) {
    case POLICY_EFFECT:
        return store_format("effect %.200s none", of->name);
    case POLICY_CALL:
        return store_format("call %s%.200s -> %.200s", of->by_expression ? "expr:" : "", of->name,
                            of->targets);
    case POLICY_BOUND:
        return store_format("bound %.200s depth %llu", of->name, (unsigned long long)of->depth);
    case POLICY_STACK:
        return store_format("bound %.200s stack %llu", of->name,
                            (unsigned long long)of->stack_bytes);
    case POLICY_COLD:
        return store_format("cold %.200s", of->name);
    }
    return "";
}
