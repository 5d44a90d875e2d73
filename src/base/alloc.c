/* alloc.c: the only place that calls the C library's allocator. */
#include "base/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *k7i_alloc(size_t size)
{
    return malloc(size ? size : 1);
}

void *k7i_calloc(size_t count, size_t size)
{
    return calloc(count ? count : 1, size ? size : 1);
}

void *k7i_realloc(void *memory, size_t size)
{
    return realloc(memory, size ? size : 1);
}

void *k7i_reallocarray(void *memory, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    return k7i_realloc(memory, count * size);
}

char *k7i_strdup(const char *text)
{
    return k7i_strndup(text, strlen(text));
}

char *k7i_strndup(const char *text, size_t len)
{
    char *copy = k7i_alloc(len + 1);

    if (copy) {
        memcpy(copy, text, len);
        copy[len] = '\0';
    }
    return copy;
}

char *k7i_sprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        return NULL;
    char *text = k7i_alloc((size_t)len + 1);
    if (text) {
        va_start(args, format);
        vsnprintf(text, (size_t)len + 1, format, args);
        va_end(args);
    }
    return text;
}

void k7i_free(void *memory)
{
    free(memory);
}
