/* spec_json.c: see spec_json.h. Driven by the table of fields: what a field is decides how it is read and written. */
#include "model/spec_json.h"

#include "base/error.h"
#include "base/quote.h"
#include "format/json.h"
#include "model/env.h"
#include "model/spec_fields.h"

#include <string.h>

struct reading {
    const char *what, *text;
    size_t len;
    const char *key; /* of the root object: the field that is being read */
    k7_spec *spec;
    const struct k7i_field *field;
    int code;
    k7_error **err;
};

/* Makes the error for the field that is being read; part is NULL, or the item or member in it. */
static int fail(struct reading *reading, const char *part, const char *fault)
{
    struct k7i_quote room;

    return reading->code =
               k7i_fail(reading->err, K7_ERR_PARSE, "%s, line %d: %s%s%s %s", reading->what,
                        k7i_json_member_line(reading->text, reading->len, reading->key), reading->field->name,
                        part ? ": " : "", part ? k7i_quote(&room, part) : "", fault);
}

/* Passes on what a setter said, with the line. */
static int relay(struct reading *reading, int code, k7_error *cause)
{
    if (code == 0)
        return 0;
    reading->code = code;
    if (code == K7_ERR_NO_MEMORY) {
        k7i_error_move(reading->err, cause);
        return code;
    }
    reading->code = k7i_fail(reading->err, K7_ERR_PARSE, "%s, line %d: %s", reading->what,
                             k7i_json_member_line(reading->text, reading->len, reading->key),
                             k7_error_get_message(cause));
    k7_error_unref(cause);
    return reading->code;
}

static int read_text(struct reading *reading, const struct k7i_json_value *value)
{
    k7_error *cause = NULL;

    if (k7i_json_kind(value) != K7I_JSON_STRING)
        return fail(reading, NULL, "must be text (in quotes) or null");
    int code = k7i_field_set_text(reading->spec, reading->field, k7i_json_string(value), &cause);
    return relay(reading, code, cause);
}

static int read_flag(struct reading *reading, const struct k7i_json_value *value)
{
    if (k7i_json_kind(value) != K7I_JSON_BOOL)
        return fail(reading, NULL, "must be true, false or null");
    *k7i_field_flag(reading->spec, reading->field) = k7i_json_bool(value);
    return 0;
}

static int read_strings(struct reading *reading, const struct k7i_json_value *value)
{
    if (k7i_json_kind(value) != K7I_JSON_ARRAY)
        return fail(reading, NULL, "must be a list of texts or null");
    k7i_field_give_empty(reading->spec, reading->field);
    for (size_t i = 0, n = k7i_json_count(value); i < n; i++) {
        const char *text = k7i_json_string(k7i_json_at(value, i));
        k7_error *cause = NULL;

        if (!text)
            return fail(reading, NULL, "must be a list of texts: an item is something else");
        int code = k7i_field_add_string(reading->spec, reading->field, text, &cause);
        if (code)
            return relay(reading, code, cause);
    }
    return 0;
}

static int read_ports(struct reading *reading, const struct k7i_json_value *value)
{
    if (k7i_json_kind(value) != K7I_JSON_ARRAY)
        return fail(reading, NULL, "must be a list of numbers or null");
    k7i_field_give_empty(reading->spec, reading->field);
    for (size_t i = 0, n = k7i_json_count(value); i < n; i++) {
        const struct k7i_json_value *item = k7i_json_at(value, i);
        int64_t port = k7i_json_int(item, -1);
        k7_error *cause = NULL;

        if (k7i_json_kind(item) != K7I_JSON_INT)
            return fail(reading, NULL, "must be a list of whole numbers: an item is something else");
        if (port < INT32_MIN || port > INT32_MAX)
            return fail(reading, NULL, "has a number that is no port");
        int code = k7i_field_add_port(reading->spec, reading->field, (int32_t)port, &cause);
        if (code)
            return relay(reading, code, cause);
    }
    return 0;
}

static int read_pair(void *user, const char *key, const struct k7i_json_value *value)
{
    struct reading *reading = user;
    enum k7i_json_kind kind = k7i_json_kind(value);
    k7_error *cause = NULL;
    int code = 0;

    if (kind == K7I_JSON_INT || kind == K7I_JSON_DOUBLE || kind == K7I_JSON_BOOL)
        return fail(reading, key, "must be text: put its value in quotes");
    if (kind != K7I_JSON_STRING)
        return fail(reading, key, "must be text");
    if (reading->field == k7i_field(K7I_ENV))
        code = k7i_env_check_key(key, &cause);
    if (code == 0) /* the scan has seen to it that no key comes twice */
        code = k7i_field_add_pair(reading->spec, reading->field, key, k7i_json_string(value), &cause);
    return relay(reading, code, cause);
}

static int read_pairs(struct reading *reading, const struct k7i_json_value *value)
{
    if (k7i_json_kind(value) != K7I_JSON_OBJECT)
        return fail(reading, NULL, "must be a mapping of texts or null");
    k7i_field_give_empty(reading->spec, reading->field);
    return k7i_json_each(value, read_pair, reading);
}

static int unknown(struct reading *reading)
{
    /* K7 takes volumes, but never mounts them: accepting them would promise what nobody keeps. */
    const char *fault = strcmp(reading->key, "volumes") == 0 ? "is not supported: K7 never mounts volumes"
                                                             : "is not a field of a sandbox";

    return reading->code = k7i_fail(reading->err, K7_ERR_PARSE, "%s, line %d: %s %s", reading->what,
                                    k7i_json_member_line(reading->text, reading->len, reading->key),
                                    K7I_QUOTE(reading->key), fault);
}

static int read_field(void *user, const char *key, const struct k7i_json_value *value)
{
    struct reading *reading = user;

    reading->key = key;
    reading->field = k7i_field_find(key);
    if (!reading->field)
        return unknown(reading);
    if (k7i_json_kind(value) == K7I_JSON_NULL) { /* as if not given; but for egress it means something */
        if (reading->field->kind == K7I_FIELD_EGRESS)
            reading->spec->egress_mode = K7_EGRESS_OPEN;
        return 0;
    }
    switch (reading->field->kind) {
    case K7I_FIELD_TEXT:
        return read_text(reading, value);
    case K7I_FIELD_FLAG:
        return read_flag(reading, value);
    case K7I_FIELD_STRINGS:
    case K7I_FIELD_EGRESS:
        return read_strings(reading, value);
    case K7I_FIELD_PORTS:
        return read_ports(reading, value);
    case K7I_FIELD_PAIRS:
        return read_pairs(reading, value);
    }
    return 0;
}

int k7i_spec_begin_read(const char *what, const char *text, size_t len, k7_spec **ret_spec, k7_error **err)
{
    if (err)
        *err = NULL;
    if (ret_spec)
        *ret_spec = NULL;
    if (!ret_spec || !text)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s is NULL", text ? "ret_spec" : "text");
    if (len > K7I_SPEC_TEXT_LIMIT)
        return k7i_fail(err, K7_ERR_LIMIT, "%s: larger than %d bytes", what, K7I_SPEC_TEXT_LIMIT);
    return 0;
}

int k7i_spec_read(const char *what, const char *text, size_t len, k7_spec **ret_spec, k7_error **err)
{
    struct reading reading = { .what = what, .text = text, .len = len, .err = err };
    struct k7i_json *json;
    int code = k7i_json_parse(text, len, &json, err);

    if (code)
        return code;
    if (k7i_json_kind(k7i_json_root(json)) != K7I_JSON_OBJECT)
        code = k7i_fail(err, K7_ERR_PARSE, "%s: must be an object of fields", what);
    else if ((code = k7_spec_new(NULL, NULL, &reading.spec, err)) == 0)
        code = k7i_json_each(k7i_json_root(json), read_field, &reading);
    k7i_json_free(json);
    if (code)
        k7_spec_free(reading.spec);
    else
        *ret_spec = reading.spec;
    return code;
}

int k7_spec_from_json(const char *text, size_t len, k7_spec **ret_spec, k7_error **err)
{
    int code = k7i_spec_begin_read("spec", text, len, ret_spec, err);

    return code ? code : k7i_spec_read("spec", text, len, ret_spec, err);
}

static void write_strings(struct k7i_json_writer *writer, const struct k7i_strings *strings, int capabilities)
{
    char name[32];

    k7i_json_open(writer, '[');
    for (size_t i = 0; i < strings->count; i++) {
        int known = capabilities && k7i_spec_capability(strings->items[i], name, sizeof name) == 0;
        k7i_json_put_string(writer, known ? name : strings->items[i]);
    }
    k7i_json_close(writer, ']');
}

static void write_ports(struct k7i_json_writer *writer, const struct k7i_ports *ports)
{
    k7i_json_open(writer, '[');
    for (size_t i = 0; i < ports->count; i++)
        k7i_json_put_int(writer, ports->items[i]);
    k7i_json_close(writer, ']');
}

static void write_pairs(struct k7i_json_writer *writer, const struct k7i_pairs *pairs)
{
    k7i_json_open(writer, '{');
    for (size_t i = 0; i < pairs->count; i++) {
        k7i_json_key(writer, pairs->items[i].key);
        k7i_json_put_string(writer, pairs->items[i].value);
    }
    k7i_json_close(writer, '}');
}

static void write_field(struct k7i_json_writer *writer, const k7_spec *spec, const struct k7i_field *field,
                        int plain_capabilities)
{
    k7i_json_key(writer, field->name);
    switch (field->kind) {
    case K7I_FIELD_TEXT:
        k7i_json_put_string(writer, *k7i_field_text(spec, field));
        break;
    case K7I_FIELD_FLAG:
        k7i_json_put_bool(writer, *k7i_field_flag(spec, field));
        break;
    case K7I_FIELD_EGRESS:
        if (spec->egress_mode == K7_EGRESS_OPEN) {
            k7i_json_put_null(writer);
            break;
        }
        /* fall through */
    case K7I_FIELD_STRINGS:
        write_strings(writer, k7i_field_strings(spec, field),
                      plain_capabilities &&
                          (field == k7i_field(K7I_CAP_DROP) || field == k7i_field(K7I_CAP_ADD)));
        break;
    case K7I_FIELD_PORTS:
        write_ports(writer, k7i_field_ports(spec, field));
        break;
    case K7I_FIELD_PAIRS:
        write_pairs(writer, k7i_field_pairs(spec, field));
        break;
    }
}

void k7i_spec_write(const k7_spec *spec, struct k7i_buf *buf)
{
    struct k7i_json_writer writer;

    k7i_json_begin(&writer, buf);
    k7i_json_open(&writer, '{');
    for (int i = 0; i < K7I_FIELDS; i++) {
        const struct k7i_field *field = k7i_field((enum k7i_field_id)i);
        if (k7i_field_is_set(spec, field))
            write_field(&writer, spec, field, 0);
    }
    k7i_json_close(&writer, '}');
}

void k7i_spec_write_json(const k7_spec *spec, const char *namespace_, int extensions, struct k7i_buf *buf)
{
    struct k7i_json_writer writer;

    k7i_json_begin(&writer, buf);
    k7i_json_open(&writer, '{');
    for (int i = 0; i < K7I_FIELDS; i++) {
        const struct k7i_field *field = k7i_field((enum k7i_field_id)i);

        if (field->extension && !extensions)
            continue;
        if (i == K7I_NAMESPACE && !spec->namespace_ && namespace_) {
            k7i_json_key(&writer, field->name);
            k7i_json_put_string(&writer, namespace_);
        } else if (k7i_field_is_set(spec, field)) {
            write_field(&writer, spec, field, 1);
        }
    }
    k7i_json_close(&writer, '}');
}

int k7i_spec_end_write(struct k7i_buf *buf, char **ret_text, k7_error **err)
{
    int failed = buf->failed;

    if (failed == 0 && (*ret_text = k7i_buf_take(buf)) != NULL)
        return 0;
    k7i_buf_wipe(buf);
    if (failed == K7_ERR_LIMIT)
        return k7i_fail(err, K7_ERR_LIMIT, "the spec is larger than %d bytes", K7I_SPEC_BUF_LIMIT);
    return k7i_fail_memory(err);
}

int k7_spec_to_json(const k7_spec *spec, char **ret_text, k7_error **err)
{
    struct k7i_buf buf;

    if (err)
        *err = NULL;
    if (!ret_text)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "ret_text is NULL");
    *ret_text = NULL;
    if (!spec)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "spec is NULL");
    k7i_buf_init(&buf, K7I_SPEC_BUF_LIMIT);
    buf.secret = 1;
    k7i_spec_write(spec, &buf);
    return k7i_spec_end_write(&buf, ret_text, err);
}
