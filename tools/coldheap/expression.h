/* expression.h: which expressions a text of C or C++ calls: the `vm->host->run` of
 * `x = vm->host->run(vm, table[i](y));`. Text is taken as it stands; macros are not expanded. */
#ifndef COLDHEAP_TOOL_EXPRESSION_H
#define COLDHEAP_TOOL_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>

/* expression_next finds the next called expression at or after *position, and moves that on.
 * Returns: its length, its start in *start; 0 at the end. */
size_t expression_next(const char *text, size_t *position, size_t *start);

/* expression_fits tells whether a called expression, or its end from a `.`, `->` or `::` on, is
 * `glob`; in that only `*` is special. */
bool expression_fits(const char *expression, size_t length, const char *glob);

/* expression_is_called tells whether `text` calls what fits `glob`. If an expression starts at
 * `column` (from 1; 0: not known), only that one counts and what stands in its brackets: it may
 * have been inlined. */
bool expression_is_called(const char *text, int column, const char *glob);

/* expression_at gives the expression called at `column`, else the only one in the text.
 * Returns: its length, its start in *start; 0 if that cannot be told. */
size_t expression_at(const char *text, int column, size_t *start);

#endif
