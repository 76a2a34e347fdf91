/* trace_compare.h: are two traces the same, line by line, without keeping either? The first run
 * leaves a hash for each 1024 lines; the second is held against it; if they differ, three more runs
 * find the line and fetch both versions of it. Memory stays small however long the trace is.
 *
 *   run 1 RECORD   run 2 VERIFY   differ?  run 1 NARROW   run 2 FIND   run 1 FETCH */
#ifndef COLDEVM_TRACE_COMPARE_H
#define COLDEVM_TRACE_COMPARE_H

#include "pad.h"

#define COMPARE_CHUNK_LINES 1024u
#define COMPARE_LINE_BYTES  4096u /* what is kept of a line that differs */

typedef enum compare_phase {
    COMPARE_RECORD,
    COMPARE_VERIFY,
    COMPARE_NARROW,
    COMPARE_FIND,
    COMPARE_FETCH
} compare_phase;

typedef struct trace_compare {
    pad hashes; /* one per chunk of the first run */
    compare_phase phase;
    uint64_t chunk_hash;
    uint64_t chunk_count; /* of the first run */
    uint64_t line;        /* lines of this run so far */
    uint64_t differs;     /* VERIFY: first chunk that differs; FIND: first line (from 0) */
    bool different;
    bool full;                                 /* the trace was longer than can be compared */
    uint64_t line_hashes[COMPARE_CHUNK_LINES]; /* of that chunk, first run */
    char found[2][COMPARE_LINE_BYTES];         /* the line in the first and the second run */
} trace_compare;

int trace_compare_open(trace_compare *compare); /* an exit code */
void trace_compare_close(trace_compare *compare);

/* trace_compare_start begins a run, _line takes each line of it, _finish ends it. */
void trace_compare_start(trace_compare *compare, compare_phase phase);
void trace_compare_line(void *compare, const char *line, size_t size);
void trace_compare_finish(trace_compare *compare);

#endif
