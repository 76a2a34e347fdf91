/* bench_picture.c: what was measured as an SVG bar chart: a group of bars per case, one bar per rival,
 * as long as its Mgas/s. Written by hand: the picture of `make demo` must not depend on a plotting
 * program that may be absent, and bars are all it needs (docs/design tells the choice). */
#include "bench.h"

#include "codes.h"
#include "store.h"
#include "text.h"

#include <math.h>
#include <string.h>

#define BUFFER_BYTES 65536u
#define WIDTH        960.0
#define LABEL_WIDTH  210.0 /* names of the cases, left of the bars */
#define VALUE_WIDTH  260.0 /* numbers, right of the longest bar */
#define BAR_HEIGHT   15.0
#define GROUP_GAP    12.0
#define HEAD_HEIGHT  86.0
#define FOOT_HEIGHT  30.0

/* Told apart without colour too: each bar carries its rival's name. */
static const char *const COLORS[] = {"#1f6fb4", "#d9822b", "#3c9a5f", "#8a5fb0",
                                     "#b4433f", "#6b7785", "#2aa3a3", "#a08a1e"};

#define COLOR_COUNT (sizeof COLORS / sizeof COLORS[0])

static void put_escaped(sink *out, const char *text) {
    for (; *text != 0; text++) {
        switch (*text) {
        case '<':
            sink_text(out, "&lt;");
            break;
        case '>':
            sink_text(out, "&gt;");
            break;
        case '&':
            sink_text(out, "&amp;");
            break;
        case '"':
            sink_text(out, "&quot;");
            break;
        default:
            sink_char(out, (unsigned char)*text < 0x20 ? ' ' : *text);
        }
    }
}

static double largest_rate(const bench_table *table) {
    double most = 0;
    for (size_t i = 0; i < table->row_count; i++) {
        double rate = table->rows[i].failure == NULL ? bench_mgas(&table->rows[i]) : 0;
        most = rate > most ? rate : most;
    }
    return most > 0 ? most : 1;
}

/* The next of 1, 2, 5, 10, 20 ... that cuts `most` into at most six. */
static double tick_step(double most) {
    double step = pow(10, floor(log10(most / 6)));
    while (most / step > 6) {
        double lead = step / pow(10, floor(log10(step) + 1e-9));
        step *= lead > 1.5 && lead < 3 ? 2.5 : 2;
    }
    return step;
}

static void put_axis(sink *out, double most, double height) {
    double step = tick_step(most);
    double scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / most;
    for (unsigned i = 0; i <= 6 && (double)i * step <= most; i++) {
        double x = LABEL_WIDTH + (double)i * step * scale;
        sink_print(out,
                   "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#d5dae0\"/>\n",
                   x, HEAD_HEIGHT - 6, x, height - FOOT_HEIGHT);
        sink_print(
            out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#5a6673\">%g</text>\n",
            x, HEAD_HEIGHT - 10, (double)i * step);
    }
}

static void put_bar(sink *out, const bench_row *row, size_t rival, double y, double most) {
    char time[TEXT_NUMBER_BYTES];
    double rate = row->failure == NULL ? bench_mgas(row) : 0;
    double length = rate * (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / most;
    double text_y = y + BAR_HEIGHT - 4;
    sink_print(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
               LABEL_WIDTH, y, length > 1 ? length : 1, BAR_HEIGHT - 2,
               COLORS[rival % COLOR_COUNT]);
    sink_print(out, "<text x=\"%.1f\" y=\"%.1f\" fill=\"#20272e\">", LABEL_WIDTH + length + 6,
               text_y);
    put_escaped(out, row->rival->label);
    if (row->failure != NULL) {
        sink_text(out, ": FAIL, ");
        put_escaped(out, row->failure);
    } else {
        sink_print(out, "  %s", text_duration(time, (uint64_t)(row->min_ns + 0.5)));
        if (row->heap_is_known) {
            char calls[TEXT_NUMBER_BYTES];
            sink_print(out, ", %s heap calls", text_grouped(calls, row->heap_calls));
        }
    }
    sink_text(out, "</text>\n");
}

static void put_head(sink *out, double height) {
    sink_print(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
               "viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" font-size=\"11\">\n",
               WIDTH, height, WIDTH, height);
    sink_text(out, "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
    sink_print(out,
               "<text x=\"%.0f\" y=\"26\" font-size=\"18\" fill=\"#20272e\">Contracts on a cold "
               "heap: million gas per second</text>\n",
               16.0);
    sink_text(out, "<text x=\"16\" y=\"46\" font-size=\"12\" fill=\"#5a6673\">longer is faster; "
                   "beside each bar the time and the heap calls of one run; gas is execution "
                   "gas</text>\n");
}

int bench_export_svg(const bench_table *table, const char *path) {
    sink out;
    size_t rivals = table->settings->rival_count;
    double group = (double)rivals * BAR_HEIGHT + GROUP_GAP;
    double height = HEAD_HEIGHT + (double)table->case_count * group + FOOT_HEIGHT;
    double most = largest_rate(table);
    int code = sink_file(&out, path, store_alloc(BUFFER_BYTES, 1), BUFFER_BYTES);
    if (code != EXIT_DONE) {
        return code;
    }
    put_head(&out, height);
    put_axis(&out, most, height);
    for (size_t i = 0; i < table->row_count; i++) {
        double top = HEAD_HEIGHT + (double)(i / rivals) * group;
        if (i % rivals == 0) {
            sink_print(&out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\" fill=\"#20272e\">",
                       LABEL_WIDTH - 8, top + (double)rivals * BAR_HEIGHT / 2 + 4);
            put_escaped(&out, table->rows[i].from->name);
            sink_text(&out, "</text>\n");
        }
        put_bar(&out, &table->rows[i], i % rivals, top + (double)(i % rivals) * BAR_HEIGHT, most);
    }
    sink_text(&out, "</svg>\n");
    return sink_close(&out);
}
