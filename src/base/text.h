/* text.h: checks and comparisons of UTF-8 text that every layer needs. */
#ifndef K7I_BASE_TEXT_H
#define K7I_BASE_TEXT_H

#include <stddef.h>

int k7i_text_is_utf8(const char *text, size_t len); /* well-formed, no NUL, no surrogates (RFC 3629) */
int k7i_text_has_control(const char *text);         /* a byte below 0x20, or 0x7F */
int k7i_text_starts(const char *text, const char *prefix);
int k7i_text_equal(const char *a, const char *b);              /* NULL equals NULL only */
int k7i_text_to_int64(const char *text, long long *ret_value); /* the whole text, decimal; 0, or -1 */
int k7i_text_is_hex(const char *text, size_t len);

#endif
