/* table.c: two passes over the cells, the widths and then the text, so nothing is kept. */
#include "table.h"
#include "text.h"

static void print_cell(FILE *out, const char *text, size_t width, int last)
{
    size_t used = text_width(text);
    text_print(out, text);
    if (last)
        fputc('\n', out);
    else
        fprintf(out, "%*s", (int)(width - used + 2), "");
}

void table_print(FILE *out, const struct table *table)
{
    size_t widths[TABLE_MOST_COLUMNS], last = 0;
    char scratch[TABLE_SCRATCH];
    for (size_t column = 0; column < table->columns; column++) {
        size_t title = text_width(table->titles[column]);
        widths[column] = column < table->always ? title : 0;
        for (size_t row = 0; row < table->rows; row++) {
            size_t width = text_width(table->cell(table->data, row, column, scratch));
            if (width > 0 && widths[column] < title)
                widths[column] = title;
            if (width > widths[column])
                widths[column] = width;
        }
        if (widths[column] > 0)
            last = column;
    }
    for (size_t row = 0; row <= table->rows; row++)
        for (size_t column = 0; column <= last; column++) {
            if (widths[column] == 0)
                continue;
            const char *text =
                row == 0 ? table->titles[column] : table->cell(table->data, row - 1, column, scratch);
            print_cell(out, text != NULL && text[0] != '\0' ? text : "-", widths[column], column == last);
        }
}
