/* quote.c: see quote.h. */
#include "base/quote.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum {
    SHOWN = 100
}; /* bytes written before a long value is cut: leaves room for one escape, the dots and the quote */

/* The length of the well-formed printable character at text; 0: to be escaped. */
static size_t printable(const char *text)
{
    unsigned char c = (unsigned char)*text;
    size_t len = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

    if (c < 0x20 || c == 0x7F || c == '"' || c == '\\')
        return 0;
    if (strnlen(text, len) < len || !k7i_text_is_utf8(text, len))
        return 0;
    if (c == 0xC2 && (unsigned char)text[1] < 0xA0) /* U+0080 … U+009F steer terminals, too */
        return 0;
    return len;
}

const char *k7i_quote(struct k7i_quote *room, const char *value)
{
    char *out = room->text;

    if (!value)
        return "nothing";
    *out++ = '"';
    while (*value && out - room->text < SHOWN) {
        size_t len = printable(value);

        if (len > 0) {
            memcpy(out, value, len);
            out += len;
            value += len;
        } else if (*value == '"' || *value == '\\') {
            *out++ = '\\';
            *out++ = *value++;
        } else if (*value == '\n') {
            *out++ = '\\';
            *out++ = 'n';
            value++;
        } else {
            out += snprintf(out, 5, "\\x%02X", (unsigned)(unsigned char)*value++);
        }
    }
    snprintf(out, sizeof room->text - (size_t)(out - room->text), *value ? "\"…" : "\"");
    return room->text;
}

void k7i_quote_tail(struct k7i_buf *text, const char *output, size_t len, size_t limit, int lines)
{
    const char *p = output, *end = output + len;

    while (end > p && strchr(" \t\r\n", end[-1]))
        end--;
    if ((size_t)(end - p) > limit) {
        p = end - limit;
        while (p < end && ((unsigned char)*p & 0xC0) == 0x80)
            p++;
    }
    while (p < end && strchr(" \t\r\n", *p))
        p++;
    while (p < end) {
        size_t n = 1;

        if (lines && (*p == '\n' || *p == '\t')) {
            k7i_buf_char(text, *p);
        } else if ((unsigned char)*p < 0x20 || *p == 0x7F) {
            k7i_buf_char(text, ' ');
        } else if ((unsigned char)*p < 0x80) {
            k7i_buf_char(text, *p);
        } else {
            for (n = 2; n <= 4 && (size_t)(end - p) >= n && !k7i_text_is_utf8(p, n); n++)
                ;
            if (n > 4 || (size_t)(end - p) < n) {
                n = 1;
                k7i_buf_char(text, '?');
            } else {
                k7i_buf_add(text, p, n);
            }
        }
        p += n;
    }
}
