/* bench_picture.c: what was measured as an SVG bar chart: a group of bars per case, one bar per
 * rival, as long as its time beside the slowest of the case. Contracts differ by five orders of
 * magnitude, so only bars of one case share a scale; the times stand beside them. Written by hand:
 * the picture of `make demo` must not depend on a plotting program that may be absent, and bars are
 * all it needs. */
#include "bench.h"

#include "codes.h"
#include "store.h"
#include "text.h"

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

static double bar_room(void) {
    return WIDTH - LABEL_WIDTH - VALUE_WIDTH;
}

/* Time of the slowest rival of the case that row `first` begins. */
static double slowest(const bench_table *table, size_t first) {
    double most = 0;
    for (size_t i = 0; i < table->settings->rival_count; i++) {
        const bench_row *row = &table->rows[first + i];
        most = row->failure == NULL && row->min_ns > most ? row->min_ns : most;
    }
    return most > 0 ? most : 1;
}

static void put_axis(sink *out, double height) {
    for (unsigned percent = 0; percent <= 100; percent += 25) {
        double x = LABEL_WIDTH + bar_room() * percent / 100;
        sink_print(out,
                   "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#d5dae0\"/>\n",
                   x, HEAD_HEIGHT - 6, x, height - FOOT_HEIGHT);
        sink_print(
            out,
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#5a6673\">%u%%</text>\n", x,
            HEAD_HEIGHT - 10, percent);
    }
}

/* Three digits and a unit. */
static void put_time(sink *out, double nanoseconds) {
    static const char *const UNITS[] = {"ns", "µs", "ms", "s"};
    size_t unit = 0;
    while (nanoseconds >= 999.5 && unit < 3) {
        nanoseconds /= 1000;
        unit++;
    }
    sink_print(out, "%.3g %s", nanoseconds, UNITS[unit]);
}

static void put_bar(sink *out, const bench_row *row, size_t rival, double y, double most) {
    char calls[TEXT_NUMBER_BYTES];
    double length = row->failure == NULL ? row->min_ns * bar_room() / most : 0;
    sink_print(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
               LABEL_WIDTH, y, length > 1 ? length : 1, BAR_HEIGHT - 2,
               COLORS[rival % COLOR_COUNT]);
    sink_print(out, "<text x=\"%.1f\" y=\"%.1f\" fill=\"#20272e\">", LABEL_WIDTH + length + 6,
               y + BAR_HEIGHT - 4);
    sink_xml(out, row->rival->label);
    sink_text(out, ": ");
    if (row->failure != NULL) {
        sink_text(out, "FAIL, ");
        sink_xml(out, row->failure);
    } else {
        put_time(out, row->min_ns);
        sink_print(out, ", %s heap calls",
                   row->heap_is_known ? text_grouped(calls, row->heap_calls) : "?");
    }
    sink_text(out, "</text>\n");
}

static void put_head(sink *out, double height) {
    sink_print(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
               "viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" font-size=\"11\">\n",
               WIDTH, height, WIDTH, height);
    sink_text(out, "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
    sink_text(out, "<text x=\"16\" y=\"26\" font-size=\"18\" fill=\"#20272e\">Contracts on a cold "
                   "heap: time of one run</text>\n");
    sink_text(out,
              "<text x=\"16\" y=\"46\" font-size=\"12\" fill=\"#5a6673\">shorter is faster; a "
              "contract's slowest rival has full length; heap calls are those of one run</text>\n");
}

int bench_export_svg(const bench_table *table, const char *path) {
    sink out;
    size_t rivals = table->settings->rival_count;
    double group = (double)rivals * BAR_HEIGHT + GROUP_GAP;
    double height = HEAD_HEIGHT + (double)table->case_count * group + FOOT_HEIGHT;
    int code = sink_file(&out, path, store_alloc(BUFFER_BYTES, 1), BUFFER_BYTES);
    if (code != EXIT_DONE) {
        return code;
    }
    put_head(&out, height);
    put_axis(&out, height);
    for (size_t i = 0; i < table->row_count; i++) {
        double top = HEAD_HEIGHT + (double)(i / rivals) * group;
        if (i % rivals == 0) {
            sink_print(&out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\" fill=\"#20272e\">",
                       LABEL_WIDTH - 8, top + (double)rivals * BAR_HEIGHT / 2 + 4);
            sink_xml(&out, table->rows[i].from->name);
            sink_text(&out, "</text>\n");
        }
        put_bar(&out, &table->rows[i], i % rivals, top + (double)(i % rivals) * BAR_HEIGHT,
                slowest(table, i - i % rivals));
    }
    sink_text(&out, "</svg>\n");
    return sink_close(&out);
}
