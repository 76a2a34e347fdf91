/* bench_table.c: what was measured as a table for people, and as JSON. */
#include "bench.h"

#include "grid.h"
#include "store.h"

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
    at.name = grid_column_add(to, "case", 16, true);
    at.backend = grid_column_add(to, "backend", 7, true);
    at.gas = view.wide ? grid_column_add(to, "gas", 3, false) : SIZE_MAX;
    at.time = grid_column_add(to, "ns/run", 9, false);
    at.rate = grid_column_add(to, "Mgas/s", 7, false);
    at.heap = grid_column_add(to, "heap calls", 10, false);
    at.faults = grid_column_add(to, "page faults", 11, false);
    at.reserved = view.wide ? grid_column_add(to, "reserved bytes", 14, false) : SIZE_MAX;
    at.peak = grid_column_add(to, "peak bytes", 10, false);
    at.result = grid_column_add(to, "result", 8, true);
    at.ratio_count = 0;
    bool both = settings->rivals[0].mode != NULL;
    for (size_t i = 0; view.ratios && i < (both ? 2u : 1u); i++) {
        const bench_rival *own = &settings->rivals[i];
        at.ratio_own[i] = i;
        at.ratio[i] =
            grid_column_add(to, both ? store_format("x %s", own->mode) : "ratio", 5, false);
        at.ratio_count++;
    }
    return at;
}

static void fill_row(grid *in, const layout *at, const bench_table *table, const bench_row *row,
                     size_t line) {
    grid_set(in, line, at->name, row->from->name);
    grid_set(in, line, at->backend, row->rival->label);
    if (row->failure != NULL) {
        grid_set(in, line, at->time, "FAIL");
        grid_note(in, line, at->rate, row->failure);
        return;
    }
    grid_set(in, line, at->time, grid_rounded(row->min_ns));
    grid_set(in, line, at->rate, grid_rounded(bench_mgas(row)));
    grid_set(in, line, at->heap, row->heap_is_known ? grid_count(row->heap_calls) : "?");
    grid_set(in, line, at->faults, grid_count(row->page_faults));
    grid_set(in, line, at->peak, row->peak_bytes != 0 ? grid_count(row->peak_bytes) : "?");
    grid_set(in, line, at->result, store_format("%08x", row->result));
    if (at->gas != SIZE_MAX) {
        grid_set(in, line, at->gas, grid_count(row->gas));
        grid_set(in, line, at->reserved,
                 row->reserved_bytes != 0 ? grid_count(row->reserved_bytes) : "?");
    }
    size_t rival = (size_t)(row - table->rows) % table->settings->rival_count;
    for (size_t i = 0; i < at->ratio_count && rival >= at->ratio_count; i++) {
        grid_set(in, line, at->ratio[i],
                 store_format("%.2f", bench_ratio(table, row, at->ratio_own[i])));
    }
}

/* Two lines for each rival: mean over the cases, and the case where we are least ahead. */
static void fill_means(grid *in, const layout *at, const bench_table *table, size_t rival) {
    const char *least_case = "";
    size_t line = in->row_count;
    grid_set(in, line, at->name, "geometric mean");
    grid_set(in, line, at->backend, table->settings->rivals[rival].label);
    grid_set(in, line + 1, at->name, "least");
    grid_set(in, line + 1, at->backend, table->settings->rivals[rival].label);
    for (size_t i = 0; i < at->ratio_count; i++) {
        double least = 0;
        double mean = bench_mean(table, rival, at->ratio_own[i], &least, &least_case);
        grid_set(in, line, at->ratio[i], mean > 0 ? store_format("%.3f", mean) : "-");
        grid_set(in, line + 1, at->ratio[i], mean > 0 ? store_format("%.3f", least) : "-");
    }
    in->row_count += 2;
}

void bench_print(const bench_table *table, bench_view view) {
    grid lines;
    size_t rivals = table->settings->rival_count;
    grid_open(&lines, table->row_count + 2 * rivals);
    layout at = lay_out(&lines, table, view);
    for (size_t i = 0; i < table->row_count; i++) {
        fill_row(&lines, &at, table, &table->rows[i], lines.row_count++);
    }
    for (size_t i = at.ratio_count; view.ratios && table->case_count > 1 && i < rivals; i++) {
        fill_means(&lines, &at, table, i);
    }
    grid_print(&lines, &sink_out);
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
        grid_set(in, line, 0, i == 0 ? row->from->name : "");
        grid_set(in, line, 1, ch_track_kind_name(kind));
        grid_set(in, line, 2, known ? grid_count(counts->count[kind]) : "?");
        grid_set(in, line, 3, known ? grid_count(counts->bytes[kind]) : "?");
        grid_set(in, line, 4, known ? store_format("%.1f %%", shares[kind]) : "?");
    }
}

void bench_print_allocations(const bench_table *table) {
    grid lines;
    const size_t rivals = table->settings->rival_count;
    grid_open(&lines, table->case_count * CH_TRACK_KINDS);
    (void)grid_column_add(&lines, "case", 16, true);
    (void)grid_column_add(&lines, "memory", 6, true);
    (void)grid_column_add(&lines, "count", 9, false);
    (void)grid_column_add(&lines, "bytes", 11, false);
    (void)grid_column_add(&lines, "share", 7, false);
    for (size_t i = 0; i < table->row_count; i += rivals) {
        if (table->rows[i].failure == NULL) {
            fill_allocations(&lines, &table->rows[i]);
        }
    }
    grid_print(&lines, &sink_out);
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
    sink_text(&sink_out, "\n  ]");
    if (settings->reduction) {
        bench_print_reduction_json(table);
    }
    sink_text(&sink_out, "\n}\n");
}
