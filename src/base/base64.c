/* base64.c: see base64.h. */
#include "base/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";

enum { URL_SHIFT = 2 }; /* from + and / to - and _ */

void k7i_base64_encode(const void *data, size_t len, int url, struct k7i_buf *text)
{
    const unsigned char *p = data;

    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        unsigned bits = (unsigned)p[i] << 16 | (left > 1 ? (unsigned)p[i + 1] << 8 : 0) |
                        (left > 2 ? (unsigned)p[i + 2] : 0);
        char group[4] = { '=', '=', '=', '=' };

        for (size_t k = 0; k < (left > 2 ? 4 : left + 1); k++) {
            unsigned digit = bits >> (18 - 6 * k) & 63;

            group[k] = digits[digit + (url && digit > 61 ? URL_SHIFT : 0)];
        }
        k7i_buf_add(text, group, sizeof group);
    }
}

int k7i_base64_decode(const char *text, struct k7i_buf *data)
{
    unsigned bits = 0, count = 0, pads = 0;

    for (; *text; text++) {
        const char *digit = strchr(digits, *text);

        if (*text == '\n' || *text == '\r')
            continue;
        if (*text == '=' && count >= 2 && pads < 4 - count) {
            pads++;
            continue;
        }
        if (!digit || digit - digits > 63 || pads > 0)
            return -1;
        bits = bits << 6 | (unsigned)(digit - digits);
        if (++count == 4) {
            const char bytes[3] = { (char)(bits >> 16), (char)(bits >> 8), (char)bits };

            k7i_buf_add(data, bytes, sizeof bytes);
            bits = count = 0;
        }
    }
    if (count == 0)
        return 0;
    if (count + pads != 4)
        return -1;
    const char bytes[2] = { (char)(bits >> (count == 2 ? 4 : 10)), (char)(bits >> 2) };
    k7i_buf_add(data, bytes, count - 1);
    return 0;
}
