/* text.c: the growable text. It knows nothing of HTTP or sandboxes. */
#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct text *text, size_t more)
{
    if (text->failed || more > text->max - text->len) {
        text->failed = true;
        return false;
    }
    if (text->len + more < text->capacity) {
        return true;
    }
    size_t capacity = text->capacity < 256 ? 256 : text->capacity;
    while (capacity <= text->len + more) {
        capacity *= 2;
    }
    /* not realloc: the old block may hold secrets, and must be wiped */
    char *bytes = malloc(capacity);
    if (bytes == NULL) {
        text->failed = true;
        return false;
    }
    if (text->bytes != NULL) {
        memcpy(bytes, text->bytes, text->len);
        explicit_bzero(text->bytes, text->len);
        free(text->bytes);
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void text_add(struct text *text, const void *bytes, size_t len)
{
    if (!reserve(text, len)) {
        return;
    }
    if (len > 0) {
        memcpy(text->bytes + text->len, bytes, len);
    }
    text->len += len;
    text->bytes[text->len] = '\0';
}

void text_add_string(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_add_format(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (len < 0 || !reserve(text, (size_t)len)) {
        text->failed = true;
        return;
    }
    va_start(arguments, format);
    vsnprintf(text->bytes + text->len, (size_t)len + 1, format, arguments);
    va_end(arguments);
    text->len += (size_t)len;
}

/* The length of the UTF-8 sequence at `s` (RFC 3629: no overlong forms, no surrogates), or 0. */
static size_t utf8_sequence(const unsigned char *s)
{
    if (s[0] < 0x80) {
        return 1;
    }
    size_t len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80) { /* also the end of the string */
            return 0;
        }
    }
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
        (s[0] == 0xf4 && s[1] > 0x8f)) {
        return 0;
    }
    return len;
}

void text_add_json(struct text *text, const char *string)
{
    if (string == NULL) {
        text_add_string(text, "null");
        return;
    }
    text_add(text, "\"", 1);
    const unsigned char *at = (const unsigned char *)string;
    const unsigned char *plain = at; /* what can be copied as it is starts here */
    while (*at != '\0') {
        size_t len = utf8_sequence(at);
        if (len > 0 && *at >= 0x20 && *at != '"' && *at != '\\' && *at != 0x7f) {
            at += len;
            continue;
        }
        text_add(text, plain, (size_t)(at - plain));
        if (*at == '"' || *at == '\\') {
            text_add_format(text, "\\%c", *at);
        } else if (*at == '\n') {
            text_add_string(text, "\\n");
        } else if (len == 0) {
            text_add_string(text, "\\ufffd");
        } else {
            text_add_format(text, "\\u%04x", (unsigned)*at);
        }
        plain = ++at;
    }
    text_add(text, plain, (size_t)(at - plain));
    text_add(text, "\"", 1);
}

void text_clear(struct text *text)
{
    if (text->bytes != NULL) {
        explicit_bzero(text->bytes, text->len);
        free(text->bytes);
    }
    *text = (struct text)TEXT_INIT(text->max);
}

char *text_take(struct text *text, size_t *ret_len)
{
    *ret_len = 0;
    if (text->failed) {
        text_clear(text);
        return NULL;
    }
    char *bytes = text->bytes;
    *ret_len = text->len;
    *text = (struct text)TEXT_INIT(text->max);
    return bytes;
}
