/* text.h: text that came from elsewhere, made safe to show: nothing that a server wrote can move the cursor, change colours, hide or reverse text. */
#ifndef K7CTL_TEXT_H
#define K7CTL_TEXT_H

#include <stdio.h>

/* How many columns text takes when printed; one per character. NULL: 0. */
size_t text_width(const char *text);
/* Prints text; control and invisible characters, and bytes that are not UTF-8, appear as \n, \x1b, \u202e. NULL: nothing. */
void text_print(FILE *out, const char *text);
/* The same, into a buffer, at most width columns; the result is always terminated. Returns the columns used. */
size_t text_clip(char *buffer, size_t size, const char *text, size_t width);

/* A JSON string with its quotes; the same characters are written as \uXXXX. NULL: null. */
void text_print_json(FILE *out, const char *text);
/* JSON text as the library wrote it, made safe in the same way: its meaning does not change. */
void text_print_json_value(FILE *out, const char *json);

#endif
