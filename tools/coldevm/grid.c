/* grid.c: see grid.h. */
#include "grid.h"

#include "store.h"
#include "text.h"

#include <string.h>

void grid_open(grid *made, size_t rows_max) {
    *made = (grid){.cells = STORE_ARRAY(const char *, (rows_max + 1) * GRID_COLUMNS_MAX)};
}

size_t grid_column_add(grid *to, const char *title, size_t width, bool left) {
    const size_t titled = strlen(title);
    CH_REQUIRE(to->column_count < GRID_COLUMNS_MAX);
    to->columns[to->column_count] = (grid_column){title, width > titled ? width : titled, left};
    return to->column_count++;
}

void grid_note(grid *in, size_t row, size_t column, const char *text) {
    in->cells[row * GRID_COLUMNS_MAX + column] = text;
}

void grid_set(grid *in, size_t row, size_t column, const char *text) {
    const size_t size = strlen(text);
    grid_note(in, row, column, text);
    if (size > in->columns[column].width) {
        in->columns[column].width = size;
    }
}

static void print_cell(const grid_column *in, sink *out, const char *text, bool last) {
    const size_t size = strlen(text);
    const int pad = size < in->width ? (int)(in->width - size) : 0;
    if (in->left) {
        sink_text(out, text);
        sink_print(out, "%*s", last ? 0 : pad, "");
    } else {
        sink_print(out, "%*s", pad, "");
        sink_text(out, text);
    }
}

static void print_row(const grid *in, sink *out, const char *const *cells) {
    size_t count = in->column_count;
    while (count > 0 && (cells[count - 1] == NULL || *cells[count - 1] == 0)) {
        count--;
    }
    for (size_t i = 0; i < count; i++) {
        sink_text(out, i > 0 ? "  " : "");
        print_cell(&in->columns[i], out, cells[i] != NULL ? cells[i] : "", i + 1 == count);
    }
    sink_char(out, '\n');
}

void grid_print(const grid *in, sink *out) {
    const char *titles[GRID_COLUMNS_MAX] = {NULL};
    for (size_t i = 0; i < in->column_count; i++) {
        titles[i] = in->columns[i].title;
    }
    print_row(in, out, titles);
    for (size_t i = 0; i < in->row_count; i++) {
        print_row(in, out, in->cells + i * GRID_COLUMNS_MAX);
    }
}

const char *grid_count(uint64_t number) {
    char text[TEXT_NUMBER_BYTES];
    text_grouped(text, number);
    return store_text(text, strlen(text));
}

const char *grid_rounded(double number) {
    return number >= 0.5 ? grid_count((uint64_t)(number + 0.5)) : "0";
}
