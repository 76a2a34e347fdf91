/* format_svg.c: a flame graph as a picture that any browser shows: a box a function, as wide as
 * what was asked for below it, its callers under it. No script; the full text of a box is its
 * title. */
#include "formats.h"

#include "amount.h"

#include <string.h>

#define PICTURE_WIDTH 1200.0
#define MARGIN        10.0
#define ROW_HEIGHT    18u
#define HEAD_HEIGHT   40u
#define DEPTH_MAX     64u
#define NARROWEST     0.3 /* boxes below are left out */
#define LETTER_WIDTH  6.6

typedef struct picture {
    sink *out;
    const folded_stack *stacks;
    site_figure value;
    uint64_t sum;
    size_t rows;
} picture;

/* The stacks [first, end) share their first `offset` characters. */
typedef struct bundle {
    size_t first;
    size_t end;
    size_t offset;
    size_t depth;
    uint64_t before; /* sum of the values left of it */
} bundle;

static size_t frame_length(const char *text) {
    return strcspn(text, ";");
}

static size_t depth_of(const char *text) {
    size_t depth = 1;
    for (; *text != 0; text++) {
        depth += *text == ';';
    }
    return depth;
}

static const char *value_text(char text[AMOUNT_BYTES], const picture *in, uint64_t value) {
    return sites_figure_is_bytes(in->value) ? amount_bytes(text, value) : text_grouped(text, value);
}

static unsigned color_of(const char *name, size_t length) {
    unsigned hash = 2166136261u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    }
    return hash;
}

static void name_part(sink *out, const char *name, size_t length) {
    char part[2] = {0, 0};
    for (size_t i = 0; i < length; i++) {
        part[0] = name[i];
        sink_xml(out, part);
    }
}

/* Where a cut would fall inside a character of several bytes, it falls before it. */
static size_t fitting(const char *name, size_t length, double width) {
    size_t most = width < 3 * LETTER_WIDTH ? 0 : (size_t)((width - 6) / LETTER_WIDTH);
    size_t cut = length < most ? length : most;
    while (cut > 0 && cut < length && ((unsigned char)name[cut] & 0xc0) == 0x80) {
        cut--;
    }
    return cut;
}

static void box(const picture *in, const bundle *at, const char *name, size_t length,
                uint64_t value) {
    char amount[AMOUNT_BYTES];
    char share[AMOUNT_BYTES];
    double scale = (PICTURE_WIDTH - 2 * MARGIN) / (double)in->sum;
    double x = MARGIN + (double)at->before * scale;
    double width = (double)value * scale;
    double y = (double)(HEAD_HEIGHT + (in->rows - 1 - at->depth) * ROW_HEIGHT);
    unsigned color = color_of(name, length);
    if (width < NARROWEST) {
        return;
    }
    sink_text(in->out, "<g><title>");
    name_part(in->out, name, length);
    sink_print(in->out, ": %s, %s</title>", value_text(amount, in, value),
               amount_share(share, value, in->sum));
    sink_print(in->out,
               "<rect x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%u\" "
               "fill=\"rgb(%u,%u,%u)\"/>",
               x, y, width, ROW_HEIGHT - 1, 205 + color % 50, 90 + color / 50 % 130,
               50 + color / 6500 % 60);
    size_t fit = fitting(name, length, width);
    if (fit > 0) {
        sink_print(in->out, "<text x=\"%.1f\" y=\"%.0f\">", x + 3, y + 13);
        name_part(in->out, name, fit);
        sink_text(in->out, "</text>");
    }
    sink_text(in->out, "</g>\n");
}

/* Boxes of one row, each followed by those on it. */
static void draw(const picture *in, bundle at) {
    size_t i = at.first;
    while (i < at.end && at.depth < in->rows) {
        const char *text = in->stacks[i].text;
        if (strlen(text) < at.offset) { /* ends in the row below: nothing is on it */
            at.before += in->stacks[i++].value;
            continue;
        }
        const char *name = text + at.offset;
        size_t length = frame_length(name);
        bundle same = {.first = i,
                       .offset = at.offset + length + 1,
                       .depth = at.depth + 1,
                       .before = at.before};
        uint64_t value = 0;
        while (i < at.end && strlen(in->stacks[i].text) >= at.offset + length &&
               memcmp(in->stacks[i].text + at.offset, name, length) == 0 &&
               frame_length(in->stacks[i].text + at.offset) == length) {
            value += in->stacks[i++].value;
        }
        same.end = i;
        box(in, &at, name, length, value);
        draw(in, same);
        at.before += value;
    }
}

static void head(const picture *in, const record *of) {
    char amount[AMOUNT_BYTES];
    unsigned height = (unsigned)(HEAD_HEIGHT + in->rows * ROW_HEIGHT + 10);
    sink_print(in->out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%u\" "
               "viewBox=\"0 0 %.0f %u\" font-family=\"monospace\" font-size=\"11\">\n"
               "<rect width=\"100%%\" height=\"100%%\" fill=\"#fffdf7\"/>\n",
               PICTURE_WIDTH, height, PICTURE_WIDTH, height);
    sink_print(in->out, "<text x=\"%.0f\" y=\"24\" font-size=\"14\">%s: %s, ", MARGIN,
               sites_figure_name(in->value), value_text(amount, in, in->sum));
    sink_xml(in->out, of->command);
    sink_text(in->out, "</text>\n");
}

void format_svg(sink *out, const named_record *in, const format_settings *how) {
    size_t count;
    picture made = {.out = out, .value = how->value, .rows = 1};
    made.stacks = format_fold(in, how, &count);
    for (size_t i = 0; i < count; i++) {
        size_t depth = depth_of(made.stacks[i].text);
        made.sum += made.stacks[i].value;
        made.rows = depth > made.rows ? depth : made.rows;
    }
    made.rows = made.rows < DEPTH_MAX ? made.rows : DEPTH_MAX;
    head(&made, in->of);
    if (made.sum > 0) {
        draw(&made, (bundle){.end = count});
    }
    sink_text(out, "</svg>\n");
}
