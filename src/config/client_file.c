/* client_file.c: a strict reader of the part of TOML 1.0 that K7's client file needs: section [api] with url, key and ca as one-line strings. Everything
 * else is skipped, but read: a text that looks like a section inside a string of another one is not mistaken for it. */
#include "config/client_file.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"

#include <string.h>

enum { FILE_MAX = 64 * 1024, NESTING_MAX = 32, NAME_SIZE = 8 };

#define BARE_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

struct reader {
    const char *path, *at, *end;
    int line;
    struct k7i_client_file *file;
    k7_error **err;
};

/* A dotted key, as far as this reader cares: how many parts, and the first two when they are short. */
struct dotted {
    int count;
    char parts[2][NAME_SIZE];
};

static int refuse(struct reader *reader, const char *why)
{
    return k7i_fail(reader->err, K7_ERR_PARSE, "%s:%d: %s", reader->path, reader->line, why);
}

static void skip_blanks(struct reader *reader)
{
    while (*reader->at == ' ' || *reader->at == '\t')
        reader->at++;
}

/* At a line end or the end of the text: steps over it and returns 1. */
static int skip_line_end(struct reader *reader)
{
    if (reader->at[0] == '\r' && reader->at[1] == '\n')
        reader->at++;
    if (*reader->at != '\n')
        return reader->at == reader->end;
    reader->at++;
    reader->line++;
    return 1;
}

static int is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7F;
}

/* Blanks and a comment, then the line end. */
static int finish_line(struct reader *reader)
{
    skip_blanks(reader);
    if (*reader->at == '#')
        while (!is_control(*reader->at))
            reader->at++;
    return skip_line_end(reader) ? 0 : refuse(reader, "unexpected text at the end of the line");
}

/* Blanks, comments and line ends, as they may stand between the items of an array. */
static int skip_space(struct reader *reader)
{
    for (;;) {
        skip_blanks(reader);
        if (*reader->at != '#' && *reader->at != '\n' && *reader->at != '\r')
            return 0;
        if (finish_line(reader) != 0)
            return K7_ERR_PARSE;
        if (reader->at == reader->end)
            return 0;
    }
}

/* buf NULL: the string is skipped. */
static void put(struct k7i_buf *buf, char c)
{
    if (buf)
        k7i_buf_char(buf, c);
}

static void put_utf8(struct k7i_buf *buf, unsigned c)
{
    if (c < 0x80) {
        put(buf, (char)c);
        return;
    }
    if (c < 0x800) {
        put(buf, (char)(0xC0 | c >> 6));
    } else {
        if (c < 0x10000) {
            put(buf, (char)(0xE0 | c >> 12));
        } else {
            put(buf, (char)(0xF0 | c >> 18));
            put(buf, (char)(0x80 | (c >> 12 & 0x3F)));
        }
        put(buf, (char)(0x80 | (c >> 6 & 0x3F)));
    }
    put(buf, (char)(0x80 | (c & 0x3F)));
}

static int read_unicode(struct reader *reader, int digits, struct k7i_buf *buf)
{
    unsigned c = 0;

    for (int i = 0; i < digits; i++, reader->at++) {
        const char *digit = *reader->at ? strchr("0123456789abcdef", *reader->at | 0x20) : NULL;

        if (!digit || !k7i_text_is_hex(reader->at, 1))
            return refuse(reader, "a bad \\u escape in a string");
        c = c << 4 | (unsigned)(digit - "0123456789abcdef");
    }
    if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return refuse(reader, "a \\u escape that stands for no character");
    put_utf8(buf, c);
    return 0;
}

/* After a backslash. */
static int read_escape(struct reader *reader, struct k7i_buf *buf)
{
    static const char names[] = "btnfr\"\\", values[] = "\b\t\n\f\r\"\\";
    char c = *reader->at;
    const char *known = c ? strchr(names, c) : NULL;

    if (known) {
        reader->at++;
        put(buf, values[known - names]);
        return 0;
    }
    if (c != 'u' && c != 'U')
        return refuse(reader, "an unknown escape in a string");
    reader->at++;
    return read_unicode(reader, c == 'u' ? 4 : 8, buf);
}

/* A one-line string, from its quote on, into buf (NULL: skipped). */
static int read_string(struct reader *reader, struct k7i_buf *buf)
{
    char quote = *reader->at++;

    while (*reader->at != quote) {
        if (is_control(*reader->at))
            return refuse(reader, "a string does not end on its line, or there is a control character in it");
        if (*reader->at == '\\' && quote == '"') {
            reader->at++;
            if (read_escape(reader, buf) != 0)
                return K7_ERR_PARSE;
        } else {
            put(buf, *reader->at++);
        }
    }
    reader->at++;
    return buf && buf->failed ? k7i_fail_memory(reader->err) : 0;
}

/* A string of three quotes: only its end matters. */
static int skip_block(struct reader *reader)
{
    char quote = *reader->at;

    reader->at += 3;
    while (reader->at < reader->end) {
        if (reader->at[0] == quote && reader->at[1] == quote && reader->at[2] == quote) {
            reader->at += 3;
            for (int i = 0; i < 2 && *reader->at == quote; i++)
                reader->at++; /* one or two quotes may belong to the text */
            return 0;
        }
        if (*reader->at == '\\' && quote == '"' && reader->at[1])
            reader->at++;
        reader->line += *reader->at == '\n';
        reader->at++;
    }
    return refuse(reader, "a string of three quotes does not end");
}

static int is_block(const struct reader *reader)
{
    return (*reader->at == '"' || *reader->at == '\'') && reader->at[1] == *reader->at &&
           reader->at[2] == *reader->at;
}

static int skip_string(struct reader *reader)
{
    return is_block(reader) ? skip_block(reader) : read_string(reader, NULL);
}

/* Any value. Arrays and inline tables are read as brackets that match, with strings and bare words between. */
static int skip_value(struct reader *reader)
{
    char open[NESTING_MAX];
    int depth = 0;

    do {
        char c;

        if (depth > 0 && skip_space(reader) != 0)
            return K7_ERR_PARSE;
        c = *reader->at;
        if (c == '"' || c == '\'') {
            int code = skip_string(reader);

            if (code)
                return code;
        } else if (c == '[' || c == '{') {
            if (depth == NESTING_MAX)
                return refuse(reader, "nested too deeply");
            open[depth++] = c;
            reader->at++;
        } else if (depth > 0 && (c == ']' || c == '}')) {
            if (open[--depth] != (c == ']' ? '[' : '{'))
                return refuse(reader, "brackets that do not match");
            reader->at++;
        } else if (depth > 0 && (c == ',' || c == '=' || c == '.')) {
            reader->at++;
        } else {
            size_t len = strspn(reader->at, BARE_LETTERS "+.:");

            if (len == 0)
                return refuse(reader, depth > 0 ? "an array or inline table does not end, or there is "
                                                  "something else than values in it"
                                                : "a value is missing");
            reader->at += len;
            /* a date and a time may have a blank between them */
            if (depth == 0 && *reader->at == ' ' && strspn(reader->at + 1, "0123456789:") >= 5)
                reader->at += 1 + strspn(reader->at + 1, BARE_LETTERS "+.:");
        }
    } while (depth > 0);
    return 0;
}

/* A key: bare or quoted parts with dots between. */
static int read_key(struct reader *reader, struct dotted *key)
{
    for (;;) {
        struct k7i_buf part;
        int code = 0;

        k7i_buf_init(&part, FILE_MAX);
        skip_blanks(reader);
        if (is_block(reader)) {
            code = refuse(reader, "a key must be on one line");
        } else if (*reader->at == '"' || *reader->at == '\'') {
            code = read_string(reader, &part);
        } else {
            size_t len = strspn(reader->at, BARE_LETTERS);

            if (len == 0)
                code = refuse(reader, "expected NAME = VALUE, [SECTION] or a comment");
            k7i_buf_add(&part, reader->at, len);
            reader->at += len;
            if (part.failed)
                code = k7i_fail_memory(reader->err);
        }
        if (!code && key->count < 2 && part.len < NAME_SIZE)
            memcpy(key->parts[key->count], part.data, part.len + 1);
        k7i_buf_clear(&part);
        if (code)
            return code;
        key->count++;
        skip_blanks(reader);
        if (*reader->at != '.')
            return 0;
        reader->at++;
    }
}

static int is_api(const struct dotted *key)
{
    return key->count > 0 && strcmp(key->parts[0], "api") == 0;
}

/* Which field of [api] a full key is, or -1. */
static int field_of(const struct dotted *key)
{
    static const char *const names[K7I_CLIENT_FIELDS] = { "url", "key", "ca" };

    for (int i = 0; is_api(key) && i < K7I_CLIENT_FIELDS; i++)
        if (strcmp(key->parts[1], names[i]) == 0)
            return i;
    return -1;
}

static int read_field(struct reader *reader, int field)
{
    struct k7i_buf value;

    if (reader->file->fields[field].line > 0)
        return refuse(reader, "given twice in section [api]");
    if ((*reader->at != '"' && *reader->at != '\'') || is_block(reader))
        return refuse(reader, "url, key and ca of section [api] must be strings on one line, in quotes");
    reader->file->fields[field].line = reader->line;
    k7i_buf_init(&value, FILE_MAX);
    /* at once, so that no copy of a secret stays behind when the buffer grows: the text is never longer than the rest of its line */
    k7i_buf_reserve(&value, strcspn(reader->at, "\n"));
    int code = read_string(reader, &value);
    if (code)
        k7i_buf_wipe(&value);
    else
        reader->file->fields[field].value = k7i_buf_take(&value);
    if (!code && !reader->file->fields[field].value)
        code = k7i_fail_memory(reader->err);
    return code;
}

/* section: the section that the line is in; changed by a section's line. */
static int read_section(struct reader *reader, struct dotted *section, int *api_seen)
{
    int is_array = reader->at[1] == '[';

    reader->at += is_array ? 2 : 1;
    *section = (struct dotted){ 0 };
    int code = read_key(reader, section);
    if (code)
        return code;
    for (int i = 0; i < (is_array ? 2 : 1); i++)
        if (*reader->at++ != ']')
            return refuse(reader, "a section's line does not end with \"]\"");
    if (!is_api(section))
        return 0;
    if (is_array)
        return refuse(reader, "api must be one section, [api], not an array of them");
    if (section->count == 1 && (*api_seen)++)
        return refuse(reader, "section [api] is there twice");
    return field_of(section) >= 0 ? refuse(reader, "url, key and ca of section [api] must be strings") : 0;
}

static int read_assignment(struct reader *reader, const struct dotted *section)
{
    struct dotted key = *section;
    int code = read_key(reader, &key);

    if (code)
        return code;
    if (*reader->at++ != '=')
        return refuse(reader, "expected \"=\" after a name");
    skip_blanks(reader);
    if (is_api(&key) && key.count == 1)
        return refuse(reader, "api must be a section: [api]");
    int field = field_of(&key);
    if (field < 0)
        return skip_value(reader);
    if (key.count > 2)
        return refuse(reader, "url, key and ca of section [api] must be strings");
    return read_field(reader, field);
}

static int read_lines(struct reader *reader)
{
    struct dotted section = { 0 };
    int api_seen = 0;

    while (reader->at < reader->end) {
        int code = 0;

        skip_blanks(reader);
        if (*reader->at == '[')
            code = read_section(reader, &section, &api_seen);
        else if (reader->at < reader->end && !strchr("#\r\n", *reader->at))
            code = read_assignment(reader, &section);
        if (!code)
            code = finish_line(reader);
        if (code)
            return code;
    }
    return 0;
}

static int check_utf8(struct reader *reader)
{
    for (const char *line = reader->at; line < reader->end; reader->line++) {
        const char *end = memchr(line, '\n', (size_t)(reader->end - line));

        end = end ? end + 1 : reader->end;
        if (!k7i_text_is_utf8(line, (size_t)(end - line)))
            return refuse(reader, "not UTF-8 text");
        line = end;
    }
    reader->line = 1;
    return 0;
}

int k7i_client_file_parse(const char *path, const char *text, size_t len, struct k7i_client_file *ret_file,
                          k7_error **err)
{
    struct reader reader = { path, text, text + len, 1, ret_file, err };

    *ret_file = (struct k7i_client_file){ 0 };
    int code = check_utf8(&reader);
    if (!code)
        code = read_lines(&reader);
    if (code)
        k7i_client_file_clear(ret_file);
    return code;
}

int k7i_client_file_read(const char *path, struct k7i_client_file *ret_file, k7_error **err)
{
    struct k7i_buf content;
    k7_error *cause = NULL;
    int is_missing;

    *ret_file = (struct k7i_client_file){ 0 };
    int code = k7i_file_read(path, FILE_MAX, &content, &is_missing, &cause);
    if (code == K7_ERR_IO && is_missing) {
        k7_error_unref(cause);
        return 0;
    }
    if (code) {
        k7i_error_move(err, cause);
        return code;
    }
    code = k7i_client_file_parse(path, content.data, content.len, ret_file, err);
    k7i_buf_wipe(&content);
    return code;
}

void k7i_client_file_clear(struct k7i_client_file *file)
{
    for (int i = 0; i < K7I_CLIENT_FIELDS; i++)
        k7i_secret_free(file->fields[i].value);
    *file = (struct k7i_client_file){ 0 };
}
