/* text.c: see text.h. */
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int k7i_text_is_utf8(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text, *end = p + len;

    while (p < end) {
        unsigned c = *p++;
        size_t more;
        unsigned least;

        if (c == 0)
            return 0;
        if (c < 0x80)
            continue;
        if (c >= 0xC2 && c <= 0xDF) {
            more = 1, least = 0x80, c &= 0x1F;
        } else if (c >= 0xE0 && c <= 0xEF) {
            more = 2, least = 0x800, c &= 0x0F;
        } else if (c >= 0xF0 && c <= 0xF4) {
            more = 3, least = 0x10000, c &= 0x07;
        } else {
            return 0;
        }
        if ((size_t)(end - p) < more)
            return 0;
        for (; more > 0; more--) {
            if ((*p & 0xC0) != 0x80)
                return 0;
            c = c << 6 | (*p++ & 0x3F);
        }
        if (c < least || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
            return 0;
    }
    return 1;
}

int k7i_text_has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return 1;
    return 0;
}

int k7i_text_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

int k7i_text_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

int k7i_text_to_int64(const char *text, long long *ret_value)
{
    char *end;

    if (*text != '-' &&
        (*text < '0' || *text > '9')) /* strtoll would skip white space and take a plus sign */
        return -1;
    errno = 0;
    *ret_value = strtoll(text, &end, 10);
    return errno || end == text || *end ? -1 : 0;
}

int k7i_text_is_hex(const char *text, size_t len)
{
    return strspn(text, "0123456789abcdefABCDEF") >= len && strlen(text) >= len;
}
