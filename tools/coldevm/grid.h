/* grid.h: a table for people: columns as wide as what is in them, text left, numbers right. Cells
 * lie in the store. */
#ifndef COLDEVM_GRID_H
#define COLDEVM_GRID_H

#include "sink.h"

#define GRID_COLUMNS_MAX 16u

typedef struct grid_column {
    const char *title;
    size_t width; /* least; grows with what is in it */
    bool left;
} grid_column;

typedef struct grid {
    grid_column columns[GRID_COLUMNS_MAX];
    size_t column_count;
    const char **cells; /* NULL: empty */
    size_t row_count;
} grid;

/* grid_open makes an empty table for at most `rows_max` rows. */
void grid_open(grid *made, size_t rows_max);

/* grid_column_add returns the new column's number. */
size_t grid_column_add(grid *to, const char *title, size_t width, bool left);

void grid_set(grid *in, size_t row, size_t column, const char *text);

/* grid_note sets a cell that may be longer than its column: the last one of its row. */
void grid_note(grid *in, size_t row, size_t column, const char *text);

/* grid_print writes titles and rows; cells behind the last one of a row are not padded to. */
void grid_print(const grid *in, sink *out);

/* Numbers as cells: "1 234 567"; rounded to whole ones. */
const char *grid_count(uint64_t number);
const char *grid_rounded(double number);

#endif
