/* text.h: a growable text with a mandatory limit, and JSON's way of writing a string. A run of additions is checked once, at the end. */
#ifndef GATEWAY_TEXT_H
#define GATEWAY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *bytes; /* NUL-terminated once something was added; NULL before */
    size_t len;
    size_t capacity;
    size_t max;  /* more than this fails */
    bool failed; /* the limit was exceeded or memory ran out; everything added later is dropped */
};

#define TEXT_INIT(limit)                                                                                     \
    {                                                                                                        \
        .max = (limit)                                                                                       \
    }

void text_add(struct text *text, const void *bytes, size_t len);
void text_add_string(struct text *text, const char *string);
void text_add_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a JSON string with its quotes; NULL becomes null. Control characters are escaped, and bytes that are not UTF-8 become U+FFFD. */
void text_add_json(struct text *text, const char *string);
/* The content is wiped, because bodies hold the values of environment variables. */
void text_clear(struct text *text);
/* Hands the content over to the caller, who frees it; NULL when it failed or nothing was added. */
char *text_take(struct text *text, size_t *ret_len);

#endif
