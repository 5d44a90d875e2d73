/* quote.h: how a value from outside is shown in an error: in quotes, cut when long, control characters and bytes that are not UTF-8 escaped, so that it stays one
 * line and cannot steer a terminal. Never for secrets. */
#ifndef K7I_BASE_QUOTE_H
#define K7I_BASE_QUOTE_H

#include "base/buf.h"

struct k7i_quote {
    char text[144];
};

/* The value in quotes, at most about 100 bytes of it; NULL gives "nothing". Points into *room. */
const char *k7i_quote(struct k7i_quote *room, const char *value);
/* For one use within a full expression, such as an argument of k7i_fail(). */
#define K7I_QUOTE(value) k7i_quote(&(struct k7i_quote){ { 0 } }, (value))

/* Appends the end of a program's output, at most `limit` bytes, without white space around it and control characters in it; line breaks only with `lines`. */
void k7i_quote_tail(struct k7i_buf *text, const char *output, size_t len, size_t limit, int lines);

#endif
