/* formats.h: a record in the forms that other people's viewers read, and our own. Kinds of memory
 * are never mixed: profiles (dhat, pprof, collapsed) are of one kind. */
#ifndef COLDHEAP_TOOL_FORMATS_H
#define COLDHEAP_TOOL_FORMATS_H

#include "guard/session.h"
#include "sink.h"
#include "sites.h"

typedef struct format_settings {
    uint32_t kind;              /* of profiles */
    site_figure value;          /* collapsed, svg */
    const chi_session *session; /* prometheus: violations by section; NULL: none are known */
} format_settings;

typedef void (*format_function)(sink *out, const named_record *in, const format_settings *how);

typedef struct format_row {
    const char *name;
    format_function write;
    const char *help;
} format_row;

/* format_find knows a form by name; NULL: there is none. format_each steps through all, NULL at the
 * end. */
const format_row *format_find(const char *name);
const format_row *format_each(size_t index);

/* What they read is said in each file. */
void format_dhat(sink *out, const named_record *in, const format_settings *how);
void format_pprof(sink *out, const named_record *in, const format_settings *how);
void format_collapsed(sink *out, const named_record *in, const format_settings *how);
void format_prometheus(sink *out, const named_record *in, const format_settings *how);
void format_json(sink *out, const named_record *in, const format_settings *how);
void format_baseline(sink *out, const named_record *in, const format_settings *how);
void format_svg(sink *out, const named_record *in, const format_settings *how);

/* Stacks as texts "a;b;c", outermost first, sorted, each once; of sites with any of the value. */
typedef struct folded_stack {
    const char *text;
    uint64_t value;
} folded_stack;

const folded_stack *format_fold(const named_record *in, const format_settings *how, size_t *count);

#define FORMAT_REALLOC_NOTE "a realloc counts as one free and one allocation"

#endif
