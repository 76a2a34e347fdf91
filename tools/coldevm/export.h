/* export.h: what became of each case, in the formats that other programs show: junit, tap, jsonl,
 * github, prometheus (spec cli.md C11). Records come one by one, in their order; nothing is kept of
 * them. Totals that a format wants at its front are written there at the end. */
#ifndef COLDEVM_EXPORT_H
#define COLDEVM_EXPORT_H

#include "allocations.h"
#include "options.h"

#include <coldevm/u256.h>

/* One case, or a file or test that could not be read. Texts end with 0. */
typedef struct statetest_record {
    const char *name;
    const char *fork; /* "" if it is about a whole file or test */
    const char *file;
    const char *error; /* NULL: passed */
    const char *note;  /* NULL, or what the user should know once: an unknown name */
    chevm_u256 root;
    chevm_u256 trace_hash;
    uint64_t gas_used;
    uint64_t time_ns;
    uint64_t heap_calls;
    uint64_t peak_bytes;
    uint64_t bench_time_ns, bench_allocs, bench_bytes; /* --bench: per run */
    uint32_t index;
    int code; /* what it means for the process, EXIT_DONE if it passed */
    bool is_case;
    bool has_trace_hash;
    bool has_bench;
    bool has_allocations;
    allocation_counts allocations; /* of the judged run */
} statetest_record;

typedef struct export_totals {
    uint64_t passed, failed, errors; /* errors: could not be read; part of failed */
    uint64_t heap_calls;
    uint64_t gas_used;
    uint64_t time_ns;  /* of the cases */
    uint64_t start_ns; /* of the clock */
    uint64_t end_ns;
} export_totals;

#define EXPORT_BUFFER_BYTES 65536u

typedef struct export_file {
    const struct export_format *format;
    const char *path;
    sink out;
    uint64_t count;
    char buffer[EXPORT_BUFFER_BYTES];
} export_file;

typedef struct export_list {
    export_file *files; /* in the store */
    size_t count;
} export_list;

/* export_open reads the flags' FORMAT=FILE and opens the files; an exit code. */
int export_open(export_list *list, const flag_list *flags);
void export_record(export_list *list, const statetest_record *record);
int export_close(export_list *list, const export_totals *totals);

/* export_item writes a record's members, the keys of spec cli.md C4, between braces that are the
 * caller's: `separator` stands between them, `colon` behind a key. A part of them: those before
 * `state`, those behind it. */
void export_item_front(sink *out, const statetest_record *record, const char *separator,
                       const char *colon);
void export_item_back(sink *out, const statetest_record *record, const char *separator,
                      const char *colon);

#endif
