/* env.c: see env.h. K7 reads .env files with Python's str.splitlines() and str.strip(), so what ends a line and what is space is Python's notion. */
#include "model/env.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/secret.h"
#include "base/text.h"

#include <stdint.h>
#include <string.h>

enum { KEY_LIMIT = 253 }; /* of a key in a Kubernetes Secret, where K7 puts them */

static int key_begin(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static int key_rest(char c)
{
    return key_begin(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

static const char *key_fault(const char *key)
{
    if (!*key)
        return "is empty";
    if (!key_begin(*key))
        return "does not begin with a letter or '_'";
    if (strlen(key) > KEY_LIMIT)
        return "is longer than 253 characters";
    for (; *key; key++)
        if (!key_rest(*key))
            return "may hold only letters, digits, '_', '.' and '-'";
    return NULL;
}

int k7i_env_check_key(const char *key, k7_error **err)
{
    const char *fault = key_fault(key);

    return fault ? k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "env: the name %s %s", K7I_QUOTE(key), fault) : 0;
}

/* One character of text that is known to be UTF-8, and its length. */
static uint32_t character(const char *p, size_t *ret_len)
{
    const unsigned char *c = (const unsigned char *)p;

    if (c[0] < 0x80) {
        *ret_len = 1;
        return c[0];
    }
    *ret_len = c[0] < 0xE0 ? 2 : c[0] < 0xF0 ? 3 : 4;
    uint32_t value = c[0] & (0x7FU >> *ret_len);
    for (size_t i = 1; i < *ret_len; i++)
        value = value << 6 | (c[i] & 0x3F);
    return value;
}

static int ends_line(uint32_t c)
{
    return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

static int is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
           c == 0x3000;
}

/* A piece of the text. */
struct span {
    const char *begin, *end;
};

static struct span trim(struct span span)
{
    const char *p = span.begin, *end = span.begin;
    size_t len;

    while (p < span.end && is_space(character(p, &len)))
        p += len;
    span.begin = end = p;
    for (; p < span.end; p += len)
        if (!is_space(character(p, &len)))
            end = p + len;
    span.end = end;
    return span;
}

static struct span strip(struct span span, char quote)
{
    while (span.begin < span.end && *span.begin == quote)
        span.begin++;
    while (span.begin < span.end && span.end[-1] == quote)
        span.end--;
    return span;
}

/* The line at p, without its end; *p moves to the next one. */
static struct span next_line(const char **p, const char *end)
{
    struct span line = { *p, *p };
    size_t len;

    for (; line.end < end; line.end += len) {
        uint32_t c = character(line.end, &len);
        if (!ends_line(c))
            continue;
        if (c == '\r' && line.end + 1 < end && line.end[1] == '\n')
            len = 2;
        *p = line.end + len;
        return line;
    }
    *p = end;
    return line;
}

struct parsing {
    int (*fn)(void *user, const char *key, const char *value, k7_error **err);
    void *user;
    int line, found;
};

static int take(struct parsing *parsing, struct span key, struct span value, k7_error **err)
{
    char *key_text = k7i_strndup(key.begin, (size_t)(key.end - key.begin));
    char *value_text = k7i_strndup(value.begin, (size_t)(value.end - value.begin));
    const char *fault;
    int code;

    if (!key_text || !value_text)
        code = k7i_fail_memory(err);
    else if ((fault = key_fault(key_text)) !=
             NULL) /* not shown: it may be a line of a private key, which often ends with '=' */
        code = k7i_fail(err, K7_ERR_PARSE, "env, line %d: the name before '=' %s", parsing->line, fault);
    else
        code = parsing->fn(parsing->user, key_text, value_text, err);
    k7i_free(key_text);
    k7i_secret_free(value_text);
    parsing->found = 1;
    return code;
}

static int read_line(struct parsing *parsing, struct span line, k7_error **err)
{
    line = trim(line);
    if (line.begin == line.end || *line.begin == '#')
        return 0;
    const char *equals = memchr(line.begin, '=', (size_t)(line.end - line.begin));
    if (!equals)
        return 0;
    struct span key = trim((struct span){ line.begin, equals });
    struct span value = trim((struct span){ equals + 1, line.end });
    if (key.begin == key.end)
        return 0;
    return take(parsing, key, strip(strip(value, '"'), '\''), err);
}

/* The line of the first byte that is not UTF-8, or NUL. */
static int bad_line(const char *text, size_t len)
{
    int line = 1;

    for (size_t begin = 0; begin < len; line++) {
        const char *newline = memchr(text + begin, '\n', len - begin);
        size_t end = newline ? (size_t)(newline - text) : len;

        if (!k7i_text_is_utf8(text + begin, end - begin))
            return line;
        begin = end + 1;
    }
    return line;
}

int k7i_env_parse(const char *text, size_t len,
                  int (*fn)(void *user, const char *key, const char *value, k7_error **err), void *user,
                  k7_error **err)
{
    struct parsing parsing = { .fn = fn, .user = user };
    const char *p = text, *end = text + len;

    if (!k7i_text_is_utf8(text, len))
        return k7i_fail(err, K7_ERR_PARSE, "env, line %d: bytes that are not UTF-8", bad_line(text, len));
    while (p < end) {
        parsing.line++;
        int code = read_line(&parsing, next_line(&p, end), err);
        if (code)
            return code;
    }
    if (!parsing.found)
        return k7i_fail(err, K7_ERR_PARSE, "env: empty or invalid, no variable in it");
    return 0;
}
