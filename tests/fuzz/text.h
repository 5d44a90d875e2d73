/* text.h: a fuzzer's bytes as NUL-terminated text, for functions that take such. */
#ifndef K7T_FUZZ_TEXT_H
#define K7T_FUZZ_TEXT_H

#include "fuzz.h"

#include <string.h>

static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    FUZZ_CHECK(text);
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

#endif
