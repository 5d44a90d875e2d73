/* yaml.c: see yaml.h. The only file that includes libyaml. */
#include "format/yaml.h"

#include "base/error.h"
#include "base/text.h"
#include "format/json_scan.h"
#include "format/yaml_scalar.h"

#include <string.h>
#include <yaml.h>

enum { ANCHORS = 64, ANCHOR_SIZE = 48 };

/* A value with an anchor, as a range of the JSON text; end 0: not complete yet. */
struct anchor {
    char name[ANCHOR_SIZE];
    size_t begin, end;
};

struct conversion {
    yaml_parser_t parser;
    const char *what;
    struct k7i_json_writer writer;
    size_t line; /* of the JSON text, from 0 */
    int depth;
    int with_aliases;
    size_t anchor_count;
    struct anchor anchors[ANCHORS];
    k7_error **err;
};

static int fail(struct conversion *conversion, const yaml_mark_t *mark, int code, const char *fault)
{
    return k7i_fail(conversion->err, code, "%s, line %zu, column %zu: %s", conversion->what, mark->line + 1,
                    mark->column + 1, fault);
}

static int next(struct conversion *conversion, yaml_event_t *event)
{
    yaml_parser_t *parser = &conversion->parser;

    if (yaml_parser_parse(parser, event))
        return 0;
    if (parser->error == YAML_MEMORY_ERROR)
        return k7i_fail_memory(conversion->err);
    if (parser->error == YAML_READER_ERROR)
        return k7i_fail(conversion->err, K7_ERR_PARSE, "%s: %s", conversion->what,
                        parser->problem ? parser->problem : "cannot be read");
    return fail(conversion, &parser->problem_mark, K7_ERR_PARSE,
                parser->problem ? parser->problem : "is no YAML");
}

/* Line breaks up to the line where something begins in the YAML text. */
static void keep_line(struct conversion *conversion, const yaml_mark_t *mark)
{
    for (; conversion->line < mark->line; conversion->line++)
        k7i_buf_char(conversion->writer.buf, '\n');
}

/* What YAML allows and JSON does not: a plus sign, and a point without digits before or after it. */
static void put_number(struct k7i_json_writer *writer, const char *text)
{
    const char *point;

    k7i_json_put_raw(writer, "");
    if (*text == '-')
        k7i_buf_char(writer->buf, '-');
    if (*text == '-' || *text == '+')
        text++;
    if (*text == '.')
        k7i_buf_char(writer->buf, '0');
    point = strchr(text, '.');
    if (point && (point[1] < '0' || point[1] > '9')) {
        k7i_buf_add(writer->buf, text, (size_t)(point - text) + 1);
        k7i_buf_char(writer->buf, '0');
        text = point + 1;
    }
    k7i_buf_text(writer->buf, text);
}

static int check_scalar(struct conversion *conversion, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;

    if (event->data.scalar.tag)
        return fail(conversion, &event->start_mark, K7_ERR_PARSE, "tags are not supported");
    if (strlen(text) != event->data.scalar.length || !k7i_text_is_utf8(text, event->data.scalar.length))
        return fail(conversion, &event->start_mark, K7_ERR_PARSE, "text with a NUL, or that is not UTF-8");
    return 0;
}

static int put_scalar(struct conversion *conversion, const yaml_event_t *event)
{
    struct k7i_json_writer *writer = &conversion->writer;
    const char *text = (const char *)event->data.scalar.value;
    enum k7i_yaml_kind kind =
        event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? k7i_yaml_kind(text) : K7I_YAML_TEXT;
    int code = check_scalar(conversion, event);

    if (code)
        return code;
    switch (kind) {
    case K7I_YAML_TEXT:
        k7i_json_put_string(writer, text);
        break;
    case K7I_YAML_NULL:
        k7i_json_put_null(writer);
        break;
    case K7I_YAML_TRUE:
    case K7I_YAML_FALSE:
        k7i_json_put_bool(writer, kind == K7I_YAML_TRUE);
        break;
    case K7I_YAML_NUMBER:
        put_number(writer, text);
        break;
    case K7I_YAML_AMBIGUOUS:
        return fail(
            conversion, &event->start_mark, K7_ERR_PARSE,
            "readers of YAML disagree on what this number is: write it in decimal, or in quotes if it is text");
    }
    return 0;
}

static int put_value(struct conversion *conversion, const yaml_event_t *event);

/* The keys and values of a mapping up to its end. */
static int put_members(struct conversion *conversion)
{
    yaml_event_t event;

    for (;;) {
        int code = next(conversion, &event);
        if (code)
            return code;
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            return 0;
        }
        if (event.type != YAML_SCALAR_EVENT)
            code = fail(conversion, &event.start_mark, K7_ERR_PARSE, "a key must be plain text");
        else if (event.data.scalar.anchor)
            code = fail(conversion, &event.start_mark, K7_ERR_PARSE, "anchors at keys are not supported");
        else if (conversion->with_aliases && strcmp((const char *)event.data.scalar.value, "<<") == 0)
            code = fail(conversion, &event.start_mark, K7_ERR_PARSE, "merge keys (\"<<\") are not supported");
        else if ((code = check_scalar(conversion, &event)) == 0) {
            keep_line(conversion, &event.start_mark);
            k7i_json_key(&conversion->writer, (const char *)event.data.scalar.value);
        }
        yaml_event_delete(&event);
        if (code || (code = next(conversion, &event)) != 0)
            return code;
        code = put_value(conversion, &event);
        yaml_event_delete(&event);
        if (code)
            return code;
    }
}

static int put_items(struct conversion *conversion)
{
    yaml_event_t event;

    for (;;) {
        int code = next(conversion, &event);
        if (code)
            return code;
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return 0;
        }
        keep_line(conversion, &event.start_mark);
        code = put_value(conversion, &event);
        yaml_event_delete(&event);
        if (code)
            return code;
    }
}

static int put_nested(struct conversion *conversion, const yaml_event_t *event)
{
    int mapping = event->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *tag = mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag;

    if (tag)
        return fail(conversion, &event->start_mark, K7_ERR_PARSE, "tags are not supported");
    if (conversion->depth == K7I_YAML_DEPTH)
        return fail(conversion, &event->start_mark, K7_ERR_LIMIT, "nested too deeply");
    conversion->depth++;
    k7i_json_open(&conversion->writer, mapping ? '{' : '[');
    int code = mapping ? put_members(conversion) : put_items(conversion);
    k7i_json_close(&conversion->writer, mapping ? '}' : ']');
    conversion->depth--;
    return code;
}

/* ---- anchors and aliases ---- */

static int add_anchor(struct conversion *conversion, const yaml_event_t *event, const char *name)
{
    struct anchor *anchor = &conversion->anchors[conversion->anchor_count];

    if (!conversion->with_aliases)
        return fail(conversion, &event->start_mark, K7_ERR_PARSE, "anchors are not supported");
    if (conversion->anchor_count == ANCHORS || strlen(name) >= ANCHOR_SIZE)
        return fail(conversion, &event->start_mark, K7_ERR_LIMIT, "too many anchors, or one has a long name");
    strcpy(anchor->name, name);
    anchor->begin = conversion->writer.buf->len;
    anchor->end = 0;
    conversion->anchor_count++;
    return 0;
}

/* Repeats the JSON text of an anchor's value, on one line. The buffer's limit bounds what aliases of aliases grow to. */
static int put_alias(struct conversion *conversion, const yaml_event_t *event)
{
    struct k7i_buf *json = conversion->writer.buf;
    const char *name = (const char *)event->data.alias.anchor;
    size_t i = conversion->anchor_count;

    if (!conversion->with_aliases)
        return fail(conversion, &event->start_mark, K7_ERR_PARSE, "aliases are not supported");
    while (i > 0 && strcmp(conversion->anchors[i - 1].name, name) != 0)
        i--;
    if (i == 0 || conversion->anchors[i - 1].end == 0)
        return fail(conversion, &event->start_mark, K7_ERR_PARSE,
                    i == 0 ? "an alias of an anchor that does not stand before it" : "a value within itself");
    const struct anchor *anchor = &conversion->anchors[i - 1];
    size_t at = anchor->begin + (json->data[anchor->begin] == ','); /* the comma is the writer's */
    k7i_json_put_raw(&conversion->writer, "");
    if (k7i_buf_reserve(json, anchor->end - at) != 0)
        return 0; /* the failure is the buffer's */
    for (size_t len; at < anchor->end; at += len + 1) {
        const char *line_end = memchr(json->data + at, '\n', anchor->end - at);

        len = line_end ? (size_t)(line_end - json->data) - at : anchor->end - at;
        k7i_buf_add(json, json->data + at, len); /* within what is reserved: it does not move */
    }
    return 0;
}

static const char *anchor_of(const yaml_event_t *event)
{
    return (const char *)(event->type == YAML_SCALAR_EVENT           ? event->data.scalar.anchor
                          : event->type == YAML_MAPPING_START_EVENT  ? event->data.mapping_start.anchor
                          : event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.anchor
                                                                     : NULL);
}

static int put_value(struct conversion *conversion, const yaml_event_t *event)
{
    const char *name = anchor_of(event);
    size_t anchor = conversion->anchor_count;
    int code = name ? add_anchor(conversion, event, name) : 0;

    if (code)
        return code;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        code = put_scalar(conversion, event);
        break;
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        code = put_nested(conversion, event);
        break;
    case YAML_ALIAS_EVENT:
        return put_alias(conversion, event);
    default:
        return fail(conversion, &event->start_mark, K7_ERR_PARSE, "a value is expected");
    }
    if (name)
        conversion->anchors[anchor].end = conversion->writer.buf->len;
    return code;
}

/* Takes the next event, which must be of one type. */
static int expect(struct conversion *conversion, yaml_event_type_t type, const char *fault)
{
    yaml_event_t event;
    int code = next(conversion, &event);

    if (code)
        return code;
    if (event.type != type)
        code = fail(conversion, &event.start_mark, K7_ERR_PARSE, fault);
    yaml_event_delete(&event);
    return code;
}

static int put_document(struct conversion *conversion)
{
    yaml_event_t event;
    int code;

    if ((code = expect(conversion, YAML_STREAM_START_EVENT, "is no YAML")) != 0 ||
        (code = expect(conversion, YAML_DOCUMENT_START_EVENT, "is empty: a mapping of fields is expected")) !=
            0 ||
        (code = next(conversion, &event)) != 0)
        return code;
    if (event.type != YAML_MAPPING_START_EVENT)
        code = fail(conversion, &event.start_mark, K7_ERR_PARSE, "a mapping of fields is expected");
    else
        code = put_value(conversion, &event);
    yaml_event_delete(&event);
    if (code || (code = expect(conversion, YAML_DOCUMENT_END_EVENT, "is no YAML")) != 0)
        return code;
    return expect(conversion, YAML_STREAM_END_EVENT, "there is more than one document");
}

/* Only equal keys, and numbers that nobody can hold, are left for the scan to find. */
static int check_json(struct conversion *conversion)
{
    const struct k7i_buf *json = conversion->writer.buf;
    struct k7i_json_counts counts;
    struct k7i_json_fault fault;

    if (json->failed == K7_ERR_LIMIT)
        return k7i_fail(conversion->err, K7_ERR_LIMIT, "%s: larger than %zu bytes", conversion->what,
                        json->limit);
    if (json->failed || k7i_json_scan(json->data, json->len, &counts, &fault) == K7_ERR_NO_MEMORY)
        return k7i_fail_memory(conversion->err);
    if (fault.code)
        return k7i_fail(conversion->err, fault.code, "%s, line %d: %s", conversion->what,
                        k7i_json_line(json->data, fault.offset), fault.reason);
    return 0;
}

int k7i_yaml_to_json(const char *what, const char *text, size_t len, int with_aliases, struct k7i_buf *json,
                     k7_error **err)
{
    struct conversion conversion = { .what = what, .with_aliases = with_aliases, .err = err };

    if (!yaml_parser_initialize(&conversion.parser))
        return k7i_fail_memory(err);
    yaml_parser_set_encoding(&conversion.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&conversion.parser, (const unsigned char *)text, len);
    k7i_json_begin(&conversion.writer, json);
    int code = put_document(&conversion);
    yaml_parser_delete(&conversion.parser);
    return code ? code : check_json(&conversion);
}
