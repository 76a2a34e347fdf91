/* baseline.h: a run's figures by function and file, in a form that can be committed, and what
 * changed between two of them.
 *
 *    coldheap baseline 1
 *    kind heap allocs=12 bytes=480 live=0 peak=128
 *    site heap allocs=12 bytes=480 live=0 peak=128 function="parse_config" file="config.c"
 *
 * Rows are sorted, one a function, file (its last part) and kind: neither addresses nor lines nor
 * folders are in it, so that two builds of the same program give the same text. A peak that is only
 * known to be at most N is `peak<=N` and is not compared: it depends on the threads' timing. */
#ifndef COLDHEAP_TOOL_BASELINE_H
#define COLDHEAP_TOOL_BASELINE_H

#include "sink.h"
#include "sites.h"
#include "text.h"

typedef enum baseline_figure {
    BASELINE_ALLOCS,
    BASELINE_BYTES,
    BASELINE_LIVE,
    BASELINE_PEAK,
    BASELINE_FIGURES
} baseline_figure;

typedef struct baseline_row {
    uint32_t kind;
    bool is_total;        /* of the kind; function and file are empty */
    const char *function; /* never NULL */
    const char *file;
    uint64_t values[BASELINE_FIGURES];
    bool peak_is_bound;
    const char *path; /* of the file, and a line in it, for annotations; NULL: not known */
    uint32_t line;
} baseline_row;

typedef struct baseline {
    const char *name; /* of the file */
    baseline_row *rows;
    size_t count;
} baseline;

/* baseline_from sums a record up. */
void baseline_from(baseline *out, const named_record *in);

/* baseline_write prints it. */
void baseline_write(sink *out, const baseline *in);

/* baseline_load reads a baseline, or sums a record up; an exit code, the message out. */
int baseline_load(baseline *out, const char *path);

/* baseline_parse reads `text`, which it changes, as the contents of the file `name`. */
int baseline_parse(baseline *out, const char *name, char *text, size_t size);

/* baseline_order is the order of rows; 0: the same place. */
int baseline_order(const baseline_row *a, const baseline_row *b);
const char *baseline_figure_name(size_t figure);

/* ---- differences ---- */

typedef struct baseline_change {
    const baseline_row *before; /* NULL: new */
    const baseline_row *after;  /* NULL: gone */
    bool increased;             /* a figure grew by more than the tolerance */
    bool decreased;
    bool figure_increased[BASELINE_FIGURES];
} baseline_change;

typedef struct baseline_diff {
    baseline_change *changes; /* rows of which a figure differs, in the rows' order */
    size_t count;
    size_t increased; /* changes with an increase */
    size_t decreased; /* changes with decreases only */
} baseline_diff;

/* baseline_compare matches rows; `tolerance` is in hundredths of a percent. */
void baseline_compare(baseline_diff *out, const baseline *before, const baseline *after,
                      uint64_t tolerance);

/* baseline_diff_text prints a line a change, baseline_diff_json an object a line,
 * baseline_diff_github an annotation an increase. */
void baseline_diff_text(sink *out, const baseline_diff *of);
void baseline_diff_json(sink *out, const baseline_diff *of);
void baseline_diff_github(sink *out, const baseline_diff *of);

/* baseline_tolerance reads "5%", "0.25%" or "5" into hundredths of a percent. */
bool baseline_tolerance(uint64_t *out, const char *text, text_error *error);

#endif
