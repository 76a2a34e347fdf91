/** glob.h: patterns as a shell knows them, for names of sections, functions and files. fnmatch(3)
 *  may allocate; this cannot. */
#ifndef CH_GUARD_GLOB_H
#define CH_GUARD_GLOB_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/** chi_glob_match tells whether the whole of `text` fits `pattern`: `*` any characters, `?` one,
 *  `[a-z]` and `[!a-z]` one of a set, `\` takes the next character as it is. A set that does not
 *  end is taken literally.
 *  Cost:     at most length of pattern x length of text. */
bool chi_glob_match(const char *pattern, const char *text);

/** chi_glob_match_symbol does the same for the symbol of a function; what compilers append to the
 *  name of a clone (".constprop.0", ".isra.0", ".cold", ".lto_priv.0") may be left out of the
 *  pattern. */
bool chi_glob_match_symbol(const char *pattern, const char *symbol);

#pragma GCC visibility pop

#endif
