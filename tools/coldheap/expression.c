/* expression.c: from each opening bracket back to where its callee starts; see expression.h. */
#include "expression.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

static bool is_word(char character) {
    return isalnum((unsigned char)character) || character == '_';
}

/* Keywords that stand before brackets. */
static bool is_keyword(const char *text, size_t length) {
    static const char *const WORDS[] = {"if",     "while",   "for",      "switch", "return",
                                        "sizeof", "alignof", "_Alignof", "catch",  "defined"};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (strlen(WORDS[i]) == length && memcmp(WORDS[i], text, length) == 0) {
            return true;
        }
    }
    return false;
}

/* A name without a small letter is a macro's: what it calls is not seen here. */
static bool is_macro(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (!isupper((unsigned char)text[i]) && !isdigit((unsigned char)text[i]) &&
            text[i] != '_') {
            return false;
        }
    }
    return length > 1;
}

static size_t back_over_space(const char *text, size_t end) {
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t')) {
        end--;
    }
    return end;
}

/* From behind a closing bracket to its opening one; `end` itself if there is none. */
static size_t back_over_brackets(const char *text, size_t end) {
    char close = text[end - 1];
    char open = close == ')' ? '(' : '[';
    size_t depth = 0;
    for (size_t at = end; at > 0; at--) {
        depth += text[at - 1] == close;
        depth -= text[at - 1] == open;
        if (depth == 0) {
            return at - 1;
        }
    }
    return end;
}

/* Before what stands at `at`: `.`, `->` or `::`; its length, 0 if there is none. */
static size_t joint_before(const char *text, size_t at) {
    if (at >= 2 && (memcmp(text + at - 2, "->", 2) == 0 || memcmp(text + at - 2, "::", 2) == 0)) {
        return 2;
    }
    return at >= 1 && text[at - 1] == '.' ? 1 : 0;
}

/* The start of the expression that ends at `end`: words, indexes, calls, joined. */
static size_t back_over_expression(const char *text, size_t end) {
    size_t at = end;
    for (;;) {
        size_t before = at;
        while (at > 0 && (text[at - 1] == ')' || text[at - 1] == ']')) {
            size_t open = back_over_brackets(text, at);
            if (open == at) {
                return before;
            }
            at = open;
        }
        while (at > 0 && is_word(text[at - 1])) {
            at--;
        }
        size_t joint = joint_before(text, back_over_space(text, at));
        if (joint == 0) {
            return at;
        }
        at = back_over_space(text, back_over_space(text, at) - joint);
    }
}

size_t expression_next(const char *text, size_t *position, size_t *start) {
    for (const char *open; (open = strchr(text + *position, '(')) != NULL;) {
        size_t at = (size_t)(open - text);
        *position = at + 1;
        size_t end = back_over_space(text, at);
        *start = back_over_expression(text, end);
        bool called = *start < end && !is_keyword(text + *start, end - *start) &&
                      !is_macro(text + *start, end - *start) &&
                      !isdigit((unsigned char)text[*start]);
        if (called) {
            return end - *start;
        }
    }
    return 0;
}

/* `glob` with * for any characters, against the whole of `length` characters. */
static bool glob_fits(const char *text, size_t length, const char *glob) {
    size_t at = 0;
    const char *star = NULL;
    size_t retry = 0;
    while (at < length) {
        if (*glob == '*') {
            star = ++glob;
            retry = at;
        } else if (*glob == text[at]) {
            glob++;
            at++;
        } else if (star != NULL) {
            glob = star;
            at = ++retry;
        } else {
            return false;
        }
    }
    while (*glob == '*') {
        glob++;
    }
    return *glob == 0;
}

bool expression_fits(const char *expression, size_t length, const char *glob) {
    if (length >= 2 && expression[0] == '(' && expression[length - 1] == ')') {
        size_t inner = 1 + (expression[1] == '*'); /* (*f)(x) calls f */
        if (length > inner + 1 && expression_fits(expression + inner, length - inner - 1, glob)) {
            return true;
        }
    }
    for (size_t at = 0; at < length; at++) {
        bool starts = at == 0 || joint_before(expression, at) != 0;
        if (starts && glob_fits(expression + at, length - at, glob)) {
            return true;
        }
    }
    return false;
}

size_t expression_at(const char *text, int column, size_t *start) {
    size_t position = 0;
    size_t only = 0;
    size_t only_start = 0;
    size_t exact = 0;
    size_t count = 0;
    size_t length;
    size_t first;
    while ((length = expression_next(text, &position, &first)) > 0) {
        if (column > 0 && first + 1 == (size_t)column) {
            exact = length; /* the longest: f()->g, not f */
            *start = first;
        }
        if (count++ == 0) {
            only = length;
            only_start = first;
        }
    }
    if (exact == 0 && count == 1) {
        *start = only_start;
        return only;
    }
    return exact;
}

/* Any called expression that starts in [from, to) fits. */
static bool any_fits(const char *text, size_t from, size_t to, const char *glob) {
    size_t position = from;
    size_t start;
    for (size_t length; (length = expression_next(text, &position, &start)) > 0;) {
        if (start >= to) {
            return false;
        }
        if (start >= from && expression_fits(text + start, length, glob)) {
            return true;
        }
    }
    return false;
}

/* Where the brackets that open behind `at` close. */
static size_t end_of_brackets(const char *text, size_t at) {
    size_t depth = 0;
    for (; text[at] != 0; at++) {
        depth += text[at] == '(';
        if (text[at] == ')' && --depth == 0) {
            break;
        }
    }
    return at;
}

bool expression_is_called(const char *text, int column, const char *glob) {
    size_t start = 0;
    size_t length = column > 0 ? expression_at(text, column, &start) : 0;
    if (length == 0 || start + 1 != (size_t)column) {
        return any_fits(text, 0, SIZE_MAX, glob);
    }
    const char *open = strchr(text + start + length, '(');
    return expression_fits(text + start, length, glob) ||
           (open != NULL && any_fits(text, (size_t)(open - text) + 1,
                                     end_of_brackets(text, (size_t)(open - text)), glob));
}
