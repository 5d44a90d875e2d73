/* json_write.c: writing JSON into a buffer. Does not use json-c, whose serialiser drops bytes silently when memory runs out. */
#include "format/json_value.h"

#include <inttypes.h>
#include <string.h>

void k7i_json_begin(struct k7i_json_writer *writer, struct k7i_buf *buf)
{
    *writer = (struct k7i_json_writer){ .buf = buf };
}

static void before_value(struct k7i_json_writer *writer)
{
    if (writer->comma)
        k7i_buf_char(writer->buf, ',');
    writer->comma = 1;
}

void k7i_json_open(struct k7i_json_writer *writer, char bracket)
{
    before_value(writer);
    k7i_buf_char(writer->buf, bracket);
    writer->comma = 0;
}

void k7i_json_close(struct k7i_json_writer *writer, char bracket)
{
    k7i_buf_char(writer->buf, bracket);
    writer->comma = 1;
}

/* The escape of a character that needs one, or NULL. */
static const char *escape_of(unsigned char c, char room[7])
{
    static const char hex[] = "0123456789abcdef";

    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        if (c >= 0x20)
            return NULL;
        memcpy(room, "\\u00", 4);
        room[4] = hex[c >> 4];
        room[5] = hex[c & 15];
        room[6] = '\0';
        return room;
    }
}

static void put_quoted(struct k7i_buf *buf, const char *text)
{
    const char *plain = text;
    char room[7];

    k7i_buf_char(buf, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        k7i_buf_add(buf, plain, (size_t)(text - plain));
        k7i_buf_text(buf, escape_of(c, room));
        plain = text + 1;
    }
    k7i_buf_add(buf, plain, (size_t)(text - plain));
    k7i_buf_char(buf, '"');
}

void k7i_json_key(struct k7i_json_writer *writer, const char *key)
{
    before_value(writer);
    put_quoted(writer->buf, key);
    k7i_buf_char(writer->buf, ':');
    writer->comma = 0;
}

void k7i_json_put_string(struct k7i_json_writer *writer, const char *text)
{
    before_value(writer);
    if (text)
        put_quoted(writer->buf, text);
    else
        k7i_buf_text(writer->buf, "null");
}

void k7i_json_put_int(struct k7i_json_writer *writer, int64_t value)
{
    before_value(writer);
    k7i_buf_printf(writer->buf, "%" PRId64, value);
}

void k7i_json_put_bool(struct k7i_json_writer *writer, int value)
{
    k7i_json_put_raw(writer, value ? "true" : "false");
}

void k7i_json_put_null(struct k7i_json_writer *writer)
{
    k7i_json_put_raw(writer, "null");
}

void k7i_json_put_raw(struct k7i_json_writer *writer, const char *json)
{
    before_value(writer);
    k7i_buf_text(writer->buf, json);
}

static int put_member(void *user, const char *key, const struct k7i_json_value *value)
{
    struct k7i_json_writer *writer = user;

    k7i_json_key(writer, key);
    k7i_json_put_value(writer, value);
    return 0;
}

void k7i_json_put_value(struct k7i_json_writer *writer, const struct k7i_json_value *value)
{
    switch (k7i_json_kind(value)) {
    case K7I_JSON_NULL:
        k7i_json_put_null(writer);
        break;
    case K7I_JSON_BOOL:
        k7i_json_put_bool(writer, k7i_json_bool(value));
        break;
    case K7I_JSON_INT:
        k7i_json_put_int(writer, k7i_json_int(value, 0));
        break;
    case K7I_JSON_DOUBLE:
        k7i_json_put_raw(writer, k7i_json_double_text(value));
        break;
    case K7I_JSON_STRING:
        k7i_json_put_string(writer, k7i_json_string(value));
        break;
    case K7I_JSON_ARRAY:
        k7i_json_open(writer, '[');
        for (size_t i = 0, n = k7i_json_count(value); i < n; i++)
            k7i_json_put_value(writer, k7i_json_at(value, i));
        k7i_json_close(writer, ']');
        break;
    case K7I_JSON_OBJECT:
        k7i_json_open(writer, '{');
        k7i_json_each(value, put_member, writer);
        k7i_json_close(writer, '}');
        break;
    }
}
