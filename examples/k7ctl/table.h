/* table.h: prints rows in columns as wide as their content. */
#ifndef K7CTL_TABLE_H
#define K7CTL_TABLE_H

#include <stdio.h>

enum { TABLE_SCRATCH = 96, TABLE_MOST_COLUMNS = 16 };

struct table {
    const char *const *titles;
    size_t columns; /* at most TABLE_MOST_COLUMNS */
    size_t always; /* the first so many are printed always, the others only where a row has something there */
    size_t rows;
    /* The text of one cell: borrowed, or written into scratch. NULL or empty: nothing there. */
    const char *(*cell)(const void *data, size_t row, size_t column, char scratch[TABLE_SCRATCH]);
    const void *data;
};

void table_print(FILE *out, const struct table *table);

#endif
