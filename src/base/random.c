/* random.c: see random.h. */
#include "base/random.h"

#include <sys/random.h>

int k7i_random_hex(char *text, size_t digits)
{
    unsigned char bytes[32];

    for (size_t done = 0; done < digits;) {
        if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
            return -1;
        for (size_t i = 0; i < 2 * sizeof bytes && done < digits; i++)
            text[done++] = "0123456789abcdef"[i % 2 ? bytes[i / 2] & 15 : bytes[i / 2] >> 4];
    }
    text[digits] = '\0';
    return 0;
}

uint32_t k7i_random_below(uint32_t limit)
{
    uint32_t number;

    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        return 0;
    return number % limit; /* the bias does not matter for jitter */
}
