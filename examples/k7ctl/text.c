/* text.c: see text.h. Knows UTF-8 and nothing of the program. */
#include "text.h"
#include <stdint.h>
#include <string.h>

#define NOT_UTF8 UINT32_MAX

/* The character at *text, which moves on; NOT_UTF8 for a byte that begins none (overlong forms, surrogates and what is cut off included). */
static uint32_t next_character(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    uint32_t least, character;
    int more;
    *text += 1;
    if (p[0] < 0x80)
        return p[0];
    if (p[0] >= 0xc2 && p[0] < 0xe0) {
        more = 1, least = 0x80, character = p[0] & 0x1fu;
    } else if (p[0] >= 0xe0 && p[0] < 0xf0) {
        more = 2, least = 0x800, character = p[0] & 0x0fu;
    } else if (p[0] >= 0xf0 && p[0] < 0xf5) {
        more = 3, least = 0x10000, character = p[0] & 0x07u;
    } else {
        return NOT_UTF8;
    }
    for (int i = 1; i <= more; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return NOT_UTF8;
        character = character << 6 | (p[i] & 0x3fu);
    }
    if (character < least || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
        return NOT_UTF8;
    *text += more;
    return character;
}

/* Control characters, and those that show as nothing or reorder their neighbours (Unicode's bidirectional controls, zero width characters, tags). */
static int is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
           c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff) || c == NOT_UTF8;
}

enum { SHOWN = 16 }; /* room for one character as shown */

/* One character as shown, with the text moved on; returns its columns. */
static size_t show_character(const char **text, char shown[SHOWN])
{
    const char *start = *text;
    uint32_t c = next_character(text);
    if (c == NOT_UTF8)
        snprintf(shown, SHOWN, "\\x%02x", (unsigned)(unsigned char)*start);
    else if (c == '\n' || c == '\t' || c == '\r')
        snprintf(shown, SHOWN, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
    else if (is_unsafe(c))
        snprintf(shown, SHOWN, c < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)c);
    else {
        size_t len = (size_t)(*text - start);
        memcpy(shown, start, len);
        shown[len] = '\0';
        return 1;
    }
    return strlen(shown);
}

size_t text_width(const char *text)
{
    char shown[SHOWN];
    size_t width = 0;
    while (text != NULL && *text != '\0')
        width += show_character(&text, shown);
    return width;
}

void text_print(FILE *out, const char *text)
{
    char shown[SHOWN];
    while (text != NULL && *text != '\0') {
        show_character(&text, shown);
        fputs(shown, out);
    }
}

size_t text_clip(char *buffer, size_t size, const char *text, size_t width)
{
    char shown[SHOWN];
    size_t used = 0, columns = 0;
    while (text != NULL && *text != '\0') {
        size_t more = show_character(&text, shown), len = strlen(shown);
        if (columns + more > width || used + len >= size)
            break;
        memcpy(buffer + used, shown, len);
        used += len;
        columns += more;
    }
    buffer[used] = '\0';
    return columns;
}

static void print_json_character(FILE *out, const char **text, int in_string)
{
    const char *start = *text;
    uint32_t c = next_character(text);
    if (c == NOT_UTF8)
        fputs("\\ufffd", out);
    else if (in_string && (c == '"' || c == '\\'))
        fprintf(out, "\\%c", (int)c);
    else if (is_unsafe(c) && (in_string || c >= 0x7f)) {
        if (c > 0xffff)
            fprintf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + ((c - 0x10000) >> 10)),
                    (unsigned)(0xdc00 + ((c - 0x10000) & 0x3ff)));
        else
            fprintf(out, "\\u%04x", (unsigned)c);
    } else
        fwrite(start, 1, (size_t)(*text - start), out);
}

void text_print_json(FILE *out, const char *text)
{
    if (text == NULL) {
        fputs("null", out);
        return;
    }
    fputc('"', out);
    while (*text != '\0')
        print_json_character(out, &text, 1);
    fputc('"', out);
}

/* Characters from U+007F on stand only within strings there, so an escape may take the place of each. */
void text_print_json_value(FILE *out, const char *json)
{
    while (*json != '\0')
        print_json_character(out, &json, 0);
}
