/* glob.c: see glob.h. One star is remembered at a time: when the text stops fitting, the last star
 * takes one character more. That is enough, because an earlier star never has to give any back. */
#include "glob.h"

#include <stddef.h>
#include <string.h>

/* The end of the set that begins at `set` ("["), behind its "]"; NULL if it has none. */
static const char *set_end(const char *set) {
    const char *c = set + 1;
    c += *c == '!' || *c == '^';
    c += *c == ']';
    while (*c != 0 && *c != ']') {
        c++;
    }
    return *c == ']' ? c + 1 : NULL;
}

static bool in_set(const char *set, const char *end, unsigned char wanted) {
    const char *c = set + 1;
    const bool inverted = *c == '!' || *c == '^';
    c += inverted;
    bool found = false;
    while (c < end - 1) {
        const unsigned char low = (unsigned char)*c;
        if (c[1] == '-' && c + 2 < end - 1) {
            found = found || (wanted >= low && wanted <= (unsigned char)c[2]);
            c += 3;
        } else {
            found = found || wanted == low;
            c++;
        }
    }
    return found != inverted;
}

/* Fits one element of the pattern to one character; returns what is behind it, NULL if it does not
 * fit. */
static const char *fit_one(const char *pattern, char c) {
    const char *end;
    switch (*pattern) {
    case 0:
        return NULL;
    case '?':
        return pattern + 1;
    case '[':
        end = set_end(pattern);
        if (end != NULL) {
            return in_set(pattern, end, (unsigned char)c) ? end : NULL;
        }
        break;
    case '\\':
        pattern += pattern[1] != 0;
        break;
    default:
        break;
    }
    return *pattern == c ? pattern + 1 : NULL;
}

/* Matches the first `length` characters of the text. */
static bool match(const char *pattern, const char *text, size_t length) {
    const char *const end = text + length;
    const char *star = NULL;
    const char *retry = NULL;
    while (text < end) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
            continue;
        }
        const char *next = fit_one(pattern, *text);
        if (next != NULL) {
            pattern = next;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == 0;
}

bool chi_glob_match(const char *pattern, const char *text) {
    return match(pattern, text, strlen(text));
}

/* Names of functions have no dot of their own, but for the first character. */
bool chi_glob_match_symbol(const char *pattern, const char *symbol) {
    const char *suffix = symbol[0] != 0 ? strchr(symbol + 1, '.') : NULL;
    return chi_glob_match(pattern, symbol) ||
           (suffix != NULL && match(pattern, symbol, (size_t)(suffix - symbol)));
}
