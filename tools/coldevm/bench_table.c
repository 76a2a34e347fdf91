/* bench_table.c: what was measured as a table for people, and as JSON. */
#include "bench.h"

#include "store.h"
#include "text.h"

#include <math.h>
#include <string.h>

/* ---- Ratios ---------------------------------------------------------------------------------- */

double bench_ratio(const bench_table *table, const bench_row *row, size_t own) {
    size_t rivals = table->settings->rival_count;
    size_t index = (size_t)(row - table->rows);
    const bench_row *ours = &table->rows[index - index % rivals + own];
    if (row->failure != NULL || ours->failure != NULL || ours->min_ns <= 0) {
        return 0;
    }
    return row->min_ns / ours->min_ns;
}

double bench_mean(const bench_table *table, size_t rival, size_t own, double *least,
                  const char **least_case) {
    size_t rivals = table->settings->rival_count;
    double sum = 0;
    size_t count = 0;
    *least = 0;
    for (size_t i = rival; i < table->row_count; i += rivals) {
        double ratio = bench_ratio(table, &table->rows[i], own);
        if (ratio <= 0) {
            continue;
        }
        if (count == 0 || ratio < *least) {
            *least = ratio;
            *least_case = table->rows[i].from->name;
        }
        sum += log(ratio);
        count++;
    }
    return count > 0 ? exp(sum / (double)count) : 0;
}

double bench_mgas(const bench_row *row) {
    return row->min_ns > 0 ? (double)row->gas * 1000 / row->min_ns : 0;
}

/* ---- Table ----------------------------------------------------------------------------------- */

#define COLUMNS_MAX 16u

typedef struct column {
    const char *title;
    size_t width; /* least; grows with what is in it */
    bool left;
} column;

typedef struct grid {
    column columns[COLUMNS_MAX];
    size_t column_count;
    const char **cells; /* NULL: empty */
    size_t row_count;
} grid;

static size_t add_column(grid *to, const char *title, size_t width, bool left) {
    to->columns[to->column_count] = (column){title, width, left};
    return to->column_count++;
}

static void set_cell(grid *in, size_t row, size_t column, const char *text) {
    in->cells[row * COLUMNS_MAX + column] = text;
    size_t size = strlen(text);
    if (size > in->columns[column].width) {
        in->columns[column].width = size;
    }
}

static void print_cell(const column *in, const char *text, bool last) {
    size_t size = strlen(text);
    int pad = size < in->width ? (int)(in->width - size) : 0;
    if (in->left) {
        sink_text(&sink_out, text);
        sink_print(&sink_out, "%*s", last ? 0 : pad, "");
    } else {
        sink_print(&sink_out, "%*s", pad, "");
        sink_text(&sink_out, text);
    }
}

/* Cells behind the last one of a row are not padded to. */
static void print_row(const grid *in, const char *const *cells) {
    size_t count = in->column_count;
    while (count > 0 && (cells[count - 1] == NULL || *cells[count - 1] == 0)) {
        count--;
    }
    for (size_t i = 0; i < count; i++) {
        sink_text(&sink_out, i > 0 ? "  " : "");
        print_cell(&in->columns[i], cells[i] != NULL ? cells[i] : "", i + 1 == count);
    }
    sink_char(&sink_out, '\n');
}

static void print_grid(const grid *in) {
    const char *titles[COLUMNS_MAX] = {NULL};
    for (size_t i = 0; i < in->column_count; i++) {
        titles[i] = in->columns[i].title;
    }
    print_row(in, titles);
    for (size_t i = 0; i < in->row_count; i++) {
        print_row(in, in->cells + i * COLUMNS_MAX);
    }
}

static const char *grouped(uint64_t number) {
    char text[TEXT_NUMBER_BYTES];
    text_grouped(text, number);
    return store_text(text, strlen(text));
}

static const char *rounded(double number) {
    return number >= 0.5 ? grouped((uint64_t)(number + 0.5)) : "0";
}

/* Where each value stands; SIZE_MAX where the view leaves it out. */
typedef struct layout {
    size_t name, backend, gas, time, rate, heap, faults, reserved, peak, result;
    size_t ratio[2]; /* against our first row, or our cached and analysed ones */
    size_t ratio_own[2];
    size_t ratio_count;
} layout;

static layout lay_out(grid *to, const bench_table *table, bench_view view) {
    layout at;
    const bench_settings *settings = table->settings;
    at.name = add_column(to, "case", 16, true);
    at.backend = add_column(to, "backend", 7, true);
    at.gas = view.wide ? add_column(to, "gas", 3, false) : SIZE_MAX;
    at.time = add_column(to, "ns/run", 9, false);
    at.rate = add_column(to, "Mgas/s", 7, false);
    at.heap = add_column(to, "heap calls", 10, false);
    at.faults = add_column(to, "page faults", 11, false);
    at.reserved = view.wide ? add_column(to, "reserved bytes", 14, false) : SIZE_MAX;
    at.peak = add_column(to, "peak bytes", 10, false);
    at.result = add_column(to, "result", 8, true);
    at.ratio_count = 0;
    bool both = settings->rivals[0].mode != NULL;
    for (size_t i = 0; view.ratios && i < (both ? 2u : 1u); i++) {
        const bench_rival *own = &settings->rivals[i];
        at.ratio_own[i] = i;
        at.ratio[i] = add_column(to, both ? store_format("x %s", own->mode) : "ratio", 5, false);
        at.ratio_count++;
    }
    return at;
}

static void fill_row(grid *in, const layout *at, const bench_table *table, const bench_row *row,
                     size_t line) {
    set_cell(in, line, at->name, row->from->name);
    set_cell(in, line, at->backend, row->rival->label);
    if (row->failure != NULL) {
        set_cell(in, line, at->time, "FAIL");
        in->cells[line * COLUMNS_MAX + at->rate] = row->failure;
        return;
    }
    set_cell(in, line, at->time, rounded(row->min_ns));
    set_cell(in, line, at->rate, rounded(bench_mgas(row)));
    set_cell(in, line, at->heap, row->heap_is_known ? grouped(row->heap_calls) : "?");
    set_cell(in, line, at->faults, grouped(row->page_faults));
    set_cell(in, line, at->peak, row->peak_bytes != 0 ? grouped(row->peak_bytes) : "?");
    set_cell(in, line, at->result, store_format("%08x", row->result));
    if (at->gas != SIZE_MAX) {
        set_cell(in, line, at->gas, grouped(row->gas));
        set_cell(in, line, at->reserved,
                 row->reserved_bytes != 0 ? grouped(row->reserved_bytes) : "?");
    }
    size_t rival = (size_t)(row - table->rows) % table->settings->rival_count;
    for (size_t i = 0; i < at->ratio_count && rival >= at->ratio_count; i++) {
        set_cell(in, line, at->ratio[i],
                 store_format("%.2f", bench_ratio(table, row, at->ratio_own[i])));
    }
}

/* Two lines for each rival: mean over the cases, and the case where we are least ahead. */
static void fill_means(grid *in, const layout *at, const bench_table *table, size_t rival) {
    const char *least_case = "";
    size_t line = in->row_count;
    set_cell(in, line, at->name, "geometric mean");
    set_cell(in, line, at->backend, table->settings->rivals[rival].label);
    set_cell(in, line + 1, at->name, "least");
    set_cell(in, line + 1, at->backend, table->settings->rivals[rival].label);
    for (size_t i = 0; i < at->ratio_count; i++) {
        double least = 0;
        double mean = bench_mean(table, rival, at->ratio_own[i], &least, &least_case);
        set_cell(in, line, at->ratio[i], mean > 0 ? store_format("%.3f", mean) : "-");
        set_cell(in, line + 1, at->ratio[i], mean > 0 ? store_format("%.3f", least) : "-");
    }
    in->row_count += 2;
}

void bench_print(const bench_table *table, bench_view view) {
    grid lines = {.column_count = 0};
    size_t rivals = table->settings->rival_count;
    size_t most = table->row_count + 2 * rivals;
    lines.cells = STORE_ARRAY(const char *, most *COLUMNS_MAX);
    layout at = lay_out(&lines, table, view);
    for (size_t i = 0; i < table->row_count; i++) {
        fill_row(&lines, &at, table, &table->rows[i], lines.row_count++);
    }
    for (size_t i = at.ratio_count; view.ratios && table->case_count > 1 && i < rivals; i++) {
        fill_means(&lines, &at, table, i);
    }
    print_grid(&lines);
}

/* A line for each kind of memory that there is; the case's name at the first. */
static void fill_allocations(grid *in, const bench_row *row) {
    const allocation_counts *counts = &row->allocations;
    double shares[CH_TRACK_KINDS];
    allocations_shares(shares, counts);
    for (unsigned i = 0; i < CH_TRACK_KINDS; i++) {
        const unsigned kind = allocation_order[i];
        const bool known = kind != CH_TRACK_HEAP || counts->heap_known;
        const size_t line = in->row_count++;
        set_cell(in, line, 0, i == 0 ? row->from->name : "");
        set_cell(in, line, 1, ch_track_kind_name(kind));
        set_cell(in, line, 2, known ? grouped(counts->count[kind]) : "?");
        set_cell(in, line, 3, known ? grouped(counts->bytes[kind]) : "?");
        set_cell(in, line, 4, known ? store_format("%.1f %%", shares[kind]) : "?");
    }
}

void bench_print_allocations(const bench_table *table) {
    grid lines = {.column_count = 0};
    const size_t rivals = table->settings->rival_count;
    lines.cells =
        STORE_ARRAY(const char *, table->case_count *CH_TRACK_KINDS *COLUMNS_MAX + COLUMNS_MAX);
    (void)add_column(&lines, "case", 16, true);
    (void)add_column(&lines, "memory", 6, true);
    (void)add_column(&lines, "count", 9, false);
    (void)add_column(&lines, "bytes", 11, false);
    (void)add_column(&lines, "share", 7, false);
    for (size_t i = 0; i < table->row_count; i += rivals) {
        if (table->rows[i].failure == NULL) {
            fill_allocations(&lines, &table->rows[i]);
        }
    }
    print_grid(&lines);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void print_json_count(const char *name, bool known, uint64_t count) {
    if (known) {
        sink_print(&sink_out, ", \"%s\": %llu", name, (unsigned long long)count);
    } else {
        sink_print(&sink_out, ", \"%s\": null", name);
    }
}

static void print_json_row(const bench_table *table, const bench_row *row) {
    sink_text(&sink_out, "    {\"case\": ");
    sink_json_text(&sink_out, row->from->name);
    sink_text(&sink_out, ", \"backend\": ");
    sink_json_text(&sink_out, row->rival->label);
    sink_print(&sink_out, ", \"fork\": \"%s\"", chevm_fork_name(row->from->world.fork));
    if (row->failure != NULL) {
        sink_text(&sink_out, ", \"pass\": false, \"error\": ");
        sink_json_text(&sink_out, row->failure);
        sink_char(&sink_out, '}');
        return;
    }
    sink_print(&sink_out,
               ", \"pass\": true, \"gas\": %llu, \"nsPerRun\": %.1f, \"medianNs\": %.1f, "
               "\"p99Ns\": %.1f, \"clock\": \"%s\", \"rounds\": %zu, \"runs\": %llu, "
               "\"mgasPerSecond\": %.3f",
               (unsigned long long)row->gas, row->min_ns, row->median_ns, row->p99_ns,
               row->by_cpu ? "thread" : "wall", row->round_count,
               (unsigned long long)row->rounds[0].runs, bench_mgas(row));
    print_json_count("heapCalls", row->heap_is_known, row->heap_calls);
    print_json_count("pageFaults", true, row->page_faults);
    print_json_count("reservedBytes", row->reserved_bytes != 0, row->reserved_bytes);
    print_json_count("peakBytes", row->peak_bytes != 0, row->peak_bytes);
    sink_print(&sink_out, ", \"result\": \"%08x\", \"ratio\": {", row->result);
    const char *separator = "";
    for (size_t own = 0; own < table->settings->own_count; own++) {
        if (row->rival != &table->settings->rivals[own]) {
            sink_text(&sink_out, separator);
            sink_json_text(&sink_out, table->settings->rivals[own].label);
            sink_print(&sink_out, ": %.4f", bench_ratio(table, row, own));
            separator = ", ";
        }
    }
    sink_char(&sink_out, '}');
    if (table->settings->allocations && row->rival == &table->settings->rivals[0]) {
        sink_text(&sink_out, ", \"allocations\": ");
        allocations_json(&sink_out, &row->allocations);
    }
    sink_char(&sink_out, '}');
}

static void print_json_mean(const bench_table *table, size_t rival, size_t own) {
    double least = 0;
    const char *least_case = "";
    double mean = bench_mean(table, rival, own, &least, &least_case);
    sink_text(&sink_out, "    {\"rival\": ");
    sink_json_text(&sink_out, table->settings->rivals[rival].label);
    sink_text(&sink_out, ", \"ours\": ");
    sink_json_text(&sink_out, table->settings->rivals[own].label);
    sink_print(&sink_out, ", \"geometricMean\": %.4f, \"least\": %.4f, \"leastCase\": ", mean,
               least);
    sink_json_text(&sink_out, least_case);
    sink_char(&sink_out, '}');
}

void bench_print_json(const bench_table *table) {
    const bench_settings *settings = table->settings;
    sink_text(&sink_out, "{\n  \"rows\": [\n");
    for (size_t i = 0; i < table->row_count; i++) {
        print_json_row(table, &table->rows[i]);
        sink_text(&sink_out, i + 1 < table->row_count ? ",\n" : "\n");
    }
    sink_text(&sink_out, "  ],\n  \"means\": [");
    const char *separator = "\n";
    for (size_t rival = 0; rival < settings->rival_count; rival++) {
        for (size_t own = 0; own < settings->own_count; own++) {
            if (rival != own) {
                sink_text(&sink_out, separator);
                print_json_mean(table, rival, own);
                separator = ",\n";
            }
        }
    }
    sink_text(&sink_out, "\n  ]\n}\n");
}
