/* suppress.c: see suppress.h. */
#include "suppress.h"

#include "codes.h"
#include "message.h"
#include "store.h"
#include "text.h"

#include <coldheap/hot.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 2048u

typedef struct reader {
    launch *session;
    wrapper_name **wrappers;
    const char *path;
    size_t line;
} reader;

bool suppress_ops(uint32_t *ops, const char *text) {
    static const struct {
        const char *name;
        uint32_t ops;
    } names[] = {{"alloc", CH_OP_ALLOC}, {"free", CH_OP_FREE}, {"realloc", CH_OP_REALLOC},
                 {"heap", CH_OP_HEAP},   {"map", CH_OP_MAP},   {"syscall", CH_OP_SYSCALL},
                 {"fault", CH_OP_FAULT}};
    uint32_t found = 0;
    for (;;) {
        const size_t length = strcspn(text, ",");
        size_t i = 0;
        const size_t count = sizeof names / sizeof names[0];
        while (i < count &&
               (strlen(names[i].name) != length || memcmp(names[i].name, text, length) != 0)) {
            i++;
        }
        if (i == count) {
            return false;
        }
        found |= names[i].ops;
        if (text[length] == 0) {
            *ops = found;
            return true;
        }
        text += length + 1;
    }
}

static int refuse(const reader *at, const char *reason, const char *what) {
    return message_error(EXIT_USAGE, at->path, at->line, "%s%.100s", reason, what);
}

/* Takes one word from *text; a part of it may stand in quotes, which are left out. Returns: NULL at
 * the end of the line, and for a quote without end with *text NULL. */
static char *take_word(char **text) {
    char *from = *text + strspn(*text, " \t\r\n");
    char *to = from;
    char *word = from;
    bool quoted = false;
    if (*from == 0 || *from == '#') {
        return NULL;
    }
    for (; *from != 0 && (quoted || strchr(" \t\r\n", *from) == NULL); from++) {
        if (*from == '"') {
            quoted = !quoted;
        } else {
            *to++ = *from;
        }
    }
    if (quoted) {
        *text = NULL;
        return NULL;
    }
    *text = from + (*from != 0);
    *to = 0;
    return word;
}

static int set_text(const reader *at, char *field, const char *value, const char *name) {
    if (strlen(value) >= CHI_SESSION_NAME_BYTES) {
        return refuse(at, "too long: ", name);
    }
    if (*field != 0) {
        return refuse(at, "given twice: ", name);
    }
    launch_cut(field, CHI_SESSION_NAME_BYTES, value);
    return EXIT_DONE;
}

static int set_condition(const reader *at, chi_session_rule *rule, const char *name,
                         const char *value) {
    text_error error;
    if (*value == 0) {
        return refuse(at, "nothing behind ", name);
    }
    if (strcmp(name, "section") == 0) {
        return set_text(at, rule->section, value, name);
    }
    if (strcmp(name, "stack") == 0) {
        return set_text(at, rule->stack, value, name);
    }
    if (strcmp(name, "why") == 0) {
        return set_text(at, rule->why, value, name);
    }
    if (strcmp(name, "op") == 0) {
        return suppress_ops(&rule->ops, value)
                   ? EXIT_DONE
                   : refuse(at, "op is alloc, free, realloc, heap, map, syscall or fault, not ",
                            value);
    }
    if (strcmp(name, "max") == 0) {
        return text_u64(&rule->max, value, UINT64_MAX, &error) && rule->max > 0
                   ? EXIT_DONE
                   : refuse(at, "max is a number from 1 on, not ", value);
    }
    return refuse(at, "a condition is section=, op=, stack=, why= or max=, not ", name);
}

static int read_allow(const reader *at, char *rest) {
    chi_session_rule *rule = launch_rule(at->session, CHI_RULE_ALLOW);
    int code = rule != NULL ? EXIT_DONE : EXIT_USAGE;
    for (char *word; code == EXIT_DONE && (word = take_word(&rest)) != NULL;) {
        char *value = strchr(word, '=');
        if (value == NULL) {
            return refuse(at, "a condition is NAME=VALUE, not ", word);
        }
        *value = 0;
        code = set_condition(at, rule, word, value + 1);
    }
    if (code == EXIT_DONE && rest == NULL) {
        return refuse(at, "a quote without end", "");
    }
    if (code != EXIT_DONE) {
        return code;
    }
    rule->line = (uint32_t)at->line;
    return rule->section[0] != 0 || rule->stack[0] != 0 || rule->ops != 0
               ? EXIT_DONE
               : refuse(at, "a rule without a condition would allow everything", "");
}

static int read_wrapper(const reader *at, char *rest) {
    const char *name = take_word(&rest);
    if (name == NULL || take_word(&rest) != NULL || rest == NULL) {
        return refuse(at, "wrapper has one name", "");
    }
    wrapper_name *made = STORE_NEW(wrapper_name);
    made->name = store_text(name, strlen(name));
    made->next = *at->wrappers;
    *at->wrappers = made;
    return EXIT_DONE;
}

static int read_line(const reader *at, char *text) {
    const char *word = take_word(&text);
    if (word == NULL) {
        return text != NULL ? EXIT_DONE : refuse(at, "a quote without end", "");
    }
    if (strcmp(word, "allow") == 0) {
        return read_allow(at, text);
    }
    return strcmp(word, "wrapper") == 0
               ? read_wrapper(at, text)
               : refuse(at, "a line begins with allow or wrapper, not ", word);
}

int suppress_read(launch *session, wrapper_name **wrappers, const char *path) {
    reader at = {session, wrappers, path, 0};
    char text[LINE_BYTES];
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return message_error(EXIT_USAGE, path, 0, "%s", strerror(errno));
    }
    int code = EXIT_DONE;
    while (code == EXIT_DONE && fgets(text, sizeof text, file) != NULL) {
        at.line++;
        code = strlen(text) + 1 == sizeof text && text[sizeof text - 2] != '\n'
                   ? refuse(&at, "longer than 2,046 characters", "")
                   : read_line(&at, text);
    }
    if (code == EXIT_DONE && ferror(file) != 0) {
        code = message_error(EXIT_USAGE, path, 0, "%s", strerror(errno));
    }
    fclose(file);
    return code;
}
