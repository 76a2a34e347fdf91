/* bench_reduction.c: the malloc backend against the cold one, workload by workload (spec evm.md
 * E10): how many heap calls of a transaction are gone, and how much of its time; and all rows as
 * comma-separated values. A workload whose time moves by less than a tenth is called equal: cold
 * memory makes no difference there. */
#include "bench.h"

#include "codes.h"
#include "grid.h"
#include "store.h"

#include <string.h>

#define EQUAL_PERCENT 10.0

/* The same case and cache mode on both backends; NULL where one is missing or failed. */
typedef struct pair {
    const bench_row *cold, *heap;
} pair;

static bool same_mode(const bench_rival *a, const bench_rival *b) {
    return a->cache_off == b->cache_off;
}

/* The cold row of each malloc row. */
static pair pair_of(const bench_table *table, size_t index) {
    const size_t rivals = table->settings->rival_count;
    const bench_row *heap = &table->rows[index];
    if (!heap->rival->malloc_twin || heap->failure != NULL) {
        return (pair){NULL, NULL};
    }
    for (size_t i = index - index % rivals; i < index; i++) {
        const bench_rival *rival = table->rows[i].rival;
        if (!rival->malloc_twin && !rival->managed && rival->foreign == NULL &&
            same_mode(rival, heap->rival) && table->rows[i].failure == NULL) {
            return (pair){&table->rows[i], heap};
        }
    }
    return (pair){NULL, NULL};
}

/* Percent of `before` that is gone in `after`; 0 of nothing. */
static double gone(double before, double after) {
    return before > 0 ? 100 * (before - after) / before : 0;
}

static const char *verdict(double saved) {
    return saved >= EQUAL_PERCENT ? "faster" : saved > -EQUAL_PERCENT ? "equal" : "slower";
}

static void fill(grid *in, const pair *of) {
    const bench_row *cold = of->cold;
    const bench_row *heap = of->heap;
    const size_t line = in->row_count++;
    const bool known = cold->heap_is_known && heap->heap_is_known;
    const double saved = gone(heap->min_ns, cold->min_ns);
    const double fewer = gone((double)heap->heap_calls, (double)cold->heap_calls);
    size_t at = 0;
    grid_set(in, line, at++, cold->from->name);
    grid_set(in, line, at++, known ? grid_count(heap->heap_calls) : "?");
    grid_set(in, line, at++, known ? grid_count(cold->heap_calls) : "?");
    grid_set(in, line, at++, known ? store_format("%.1f %%", fewer) : "?");
    grid_set(in, line, at++, grid_rounded(heap->min_ns));
    grid_set(in, line, at++, grid_rounded(cold->min_ns));
    grid_set(in, line, at++, store_format("%.1f %%", saved));
    grid_set(in, line, at++, grid_count(heap->page_faults));
    grid_set(in, line, at++, grid_count(cold->page_faults));
    grid_set(in, line, at++, heap->peak_bytes != 0 ? grid_count(heap->peak_bytes) : "?");
    grid_set(in, line, at++, cold->peak_bytes != 0 ? grid_count(cold->peak_bytes) : "?");
    grid_set(in, line, at, verdict(saved));
}

void bench_print_reduction(const bench_table *table) {
    static const char *const TITLES[] = {"heap calls", "cold",   "fewer", "malloc ns",  "cold ns",
                                         "saved",      "faults", "cold",  "peak bytes", "cold"};
    grid lines;
    grid_open(&lines, table->row_count);
    (void)grid_column_add(&lines, "per transaction", 16, true);
    for (size_t i = 0; i < sizeof TITLES / sizeof TITLES[0]; i++) {
        (void)grid_column_add(&lines, TITLES[i], 6, false);
    }
    (void)grid_column_add(&lines, "verdict", 7, true);
    for (size_t i = 0; i < table->row_count; i++) {
        const pair found = pair_of(table, i);
        if (found.cold != NULL) {
            fill(&lines, &found);
        }
    }
    grid_print(&lines, &sink_out);
}

void bench_print_reduction_json(const bench_table *table) {
    const char *separator = "\n";
    sink_text(&sink_out, ",\n  \"reduction\": [");
    for (size_t i = 0; i < table->row_count; i++) {
        const pair of = pair_of(table, i);
        if (of.cold == NULL) {
            continue;
        }
        const double saved = gone(of.heap->min_ns, of.cold->min_ns);
        sink_print(&sink_out, "%s    {\"case\": ", separator);
        sink_json_text(&sink_out, of.cold->from->name);
        if (of.cold->heap_is_known && of.heap->heap_is_known) {
            sink_print(&sink_out, ", \"fewerPercent\": %.2f",
                       gone((double)of.heap->heap_calls, (double)of.cold->heap_calls));
        } else {
            sink_text(&sink_out, ", \"fewerPercent\": null");
        }
        sink_print(&sink_out, ", \"savedPercent\": %.2f, \"verdict\": \"%s\"}", saved,
                   verdict(saved));
        separator = ",\n";
    }
    sink_text(&sink_out, "\n  ]");
}

/* ---- Comma-separated values ------------------------------------------------------------------ */

/* Quoted; a quotation mark inside stands twice. */
static void put_text(sink *out, const char *text) {
    sink_char(out, '"');
    for (; *text != 0; text++) {
        if (*text == '"') {
            sink_char(out, '"');
        }
        sink_char(out, *text);
    }
    sink_char(out, '"');
}

static void put_row(sink *out, const bench_row *row) {
    put_text(out, row->from->name);
    sink_char(out, ',');
    put_text(out, row->rival->label);
    if (row->failure != NULL) {
        sink_text(out, ",false,,,,,,,,\n");
        return;
    }
    sink_print(out, ",true,%llu,%.1f,%.1f,%.1f,", (unsigned long long)row->gas, row->min_ns,
               row->median_ns, row->p99_ns);
    if (row->heap_is_known) {
        sink_u64(out, row->heap_calls);
    }
    sink_print(out, ",%llu,", (unsigned long long)row->page_faults);
    if (row->peak_bytes != 0) {
        sink_u64(out, row->peak_bytes);
    }
    sink_print(out, ",%08x\n", row->result);
}

int bench_export_csv(const bench_table *table, const char *path) {
    static char buffer[65536];
    sink out;
    int code = sink_file(&out, path, buffer, sizeof buffer);
    if (code != EXIT_DONE) {
        return code;
    }
    sink_text(&out, "case,backend,pass,gas,ns_per_run,median_ns,p99_ns,heap_calls,page_faults,"
                    "peak_bytes,result\n");
    for (size_t i = 0; i < table->row_count; i++) {
        put_row(&out, &table->rows[i]);
    }
    return sink_close(&out);
}
