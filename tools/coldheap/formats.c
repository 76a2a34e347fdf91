/* formats.c: the list of formats, and the smallest of them; see formats.h. */
#include "formats.h"

#include "baseline.h"
#include "store.h"

#include <string.h>

static const format_row ROWS[] = {
    {"dhat", format_dhat, "JSON for the viewer of Valgrind's DHAT"},
    {"pprof", format_pprof, "heap profile, text, for google-pprof and jeprof"},
    {"collapsed", format_collapsed, "stacks for flame graphs"},
    {"prometheus", format_prometheus, "metrics, text exposition format"},
    {"json", format_json, "one object a line, everything"},
    {"baseline", format_baseline, "sums by function and file, for `diff`"},
    {"svg", format_svg, "a flame graph as a picture"},
};

const format_row *format_each(size_t index) {
    return index < sizeof ROWS / sizeof ROWS[0] ? &ROWS[index] : NULL;
}

const format_row *format_find(const char *name) {
    const format_row *row = NULL;
    for (size_t i = 0; (row = format_each(i)) != NULL && strcmp(row->name, name) != 0; i++) {}
    return row;
}

void format_baseline(sink *out, const named_record *in, const format_settings *how) {
    baseline sums;
    (void)how;
    baseline_from(&sums, in);
    baseline_write(out, &sums);
}
