/* pattern.h: the regular expressions of --run: POSIX extended, unanchored, plus \d \w \s \D \W \S;
 * a backslash before punctuation or a blank makes it literal, as Python's re.escape writes it. */
#ifndef COLDEVM_PATTERN_H
#define COLDEVM_PATTERN_H

#include "options.h"

#include <regex.h>

typedef struct pattern {
    regex_t compiled;
} pattern;

/* pattern_compile reads the flag's text; an exit code, the message out. */
int pattern_compile(pattern *target, const char *name, flag_text flag);

/* pattern_matches may be called from several threads. The C library's matcher uses the heap; that
 * is permitted to it, also while the process is sealed: names are matched between transactions. */
bool pattern_matches(const pattern *in, const char *text);

/* pattern_quote writes the expression that matches exactly `text`, anchored at both ends. */
void pattern_quote(sink *out, const char *text);

#endif
