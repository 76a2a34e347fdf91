/* pattern.c: --run on regcomp; see pattern.h. */
#include "pattern.h"

#include "codes.h"
#include "message.h"
#include "store.h"

#include <coldheap/hot.h>

#include <string.h>

#define SPECIAL ".[]{}()*+?|^$\\"

/* Classes that POSIX has no short name for: outside and inside of brackets. */
static const struct {
    char letter;
    const char *outside;
    const char *inside; /* NULL: cannot be said there */
} CLASSES[] = {
    {'d', "[0-9]", "0-9"},
    {'D', "[^0-9]", NULL},
    {'w', "[[:alnum:]_]", "[:alnum:]_"},
    {'W', "[^[:alnum:]_]", NULL},
    {'s', "[[:space:]]", "[:space:]"},
    {'S', "[^[:space:]]", NULL},
    {'n', "\n", "\n"},
    {'t', "\t", "\t"},
    {'r', "\r", "\r"},
};

#define CLASS_COUNT (sizeof CLASSES / sizeof CLASSES[0])
#define GROWTH      16u /* most bytes that two become */

static const char *class_of(char letter, bool inside) {
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        if (CLASSES[i].letter == letter) {
            return inside ? CLASSES[i].inside : CLASSES[i].outside;
        }
    }
    return NULL;
}

static bool is_word(char character) {
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
           (character >= 'A' && character <= 'Z');
}

/* Writes what the escape `\letter` means; the end of it, NULL if it means nothing. */
static char *write_escape(char *out, char letter, bool inside) {
    const char *class = class_of(letter, inside);
    if (class != NULL) {
        size_t size = strlen(class);
        memcpy(out, class, size);
        return out + size;
    }
    if (letter == 0 || is_word(letter)) {
        return NULL;
    }
    if (!inside && strchr(SPECIAL, letter) != NULL) {
        *out++ = '\\';
    }
    *out++ = letter;
    return out;
}

/* Copies `[`, a leading `^`, and a `]` that stands first, which is a member. */
static const char *open_bracket(char **out, const char *text) {
    *(*out)++ = *text++;
    if (*text == '^') {
        *(*out)++ = *text++;
    }
    if (*text == ']') {
        *(*out)++ = *text++;
    }
    return text;
}

/* Copies `[:name:]` and its kin within brackets as a whole. */
static const char *copy_named(char **out, const char *text) {
    const char end[3] = {text[1], ']', 0};
    const char *last = strstr(text + 2, end);
    size_t size = last != NULL ? (size_t)(last + 2 - text) : 1;
    memcpy(*out, text, size);
    *out += size;
    return text + size;
}

/* Rewrites into what regcomp knows; NULL for an escape without meaning. */
static const char *rewrite(const char *text) {
    char *result = store_alloc(strlen(text) * GROWTH + 1, 1);
    char *out = result;
    bool inside = false;
    while (*text != 0) {
        if (*text == '\\') {
            out = write_escape(out, text[1], inside);
            if (out == NULL) {
                return NULL;
            }
            text += 2;
        } else if (!inside && *text == '[') {
            text = open_bracket(&out, text);
            inside = true;
        } else if (inside && *text == '[' && text[1] != 0 && strchr(":.=", text[1]) != NULL) {
            text = copy_named(&out, text);
        } else {
            inside = inside && *text != ']';
            *out++ = *text++;
        }
    }
    *out = 0;
    return result;
}

int pattern_compile(pattern *target, const char *name, flag_text flag) {
    const char *text = rewrite(flag.text);
    if (text == NULL) {
        return message_argument(EXIT_FLAG, flag.position,
                                "bad value '%.80s' for --%s: an escape that means nothing",
                                flag.text, name);
    }
    int trouble = regcomp(&target->compiled, text, REG_EXTENDED | REG_NOSUB);
    if (trouble != 0) {
        char reason[128];
        (void)regerror(trouble, &target->compiled, reason, sizeof reason);
        return message_argument(EXIT_FLAG, flag.position, "bad value '%.80s' for --%s: %s",
                                flag.text, name, reason);
    }
    return EXIT_DONE;
}

bool pattern_matches(const pattern *in, const char *text) {
    CH_PERMIT_SCOPE("the C library's matcher uses the heap");
    return regexec(&in->compiled, text, 0, NULL, 0) == 0;
}

void pattern_quote(sink *out, const char *text) {
    sink_char(out, '^');
    for (; *text != 0; text++) {
        if (strchr(SPECIAL, *text) != NULL) {
            sink_char(out, '\\');
        }
        sink_char(out, *text);
    }
    sink_char(out, '$');
}
