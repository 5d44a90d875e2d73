/* yaml_write.c: writing YAML through libyaml's emitter. Built only with the feature yaml. */
#include "format/json_value.h"
#include "format/yaml.h"
#include "format/yaml_scalar.h"

#include <k7sandbox/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

struct emission {
    yaml_emitter_t emitter;
    struct k7i_buf *buf;
    int failed; /* memory ran out in libyaml */
};

static int write_piece(void *user, unsigned char *data, size_t len)
{
    struct emission *emission = user;

    k7i_buf_add(emission->buf, data, len);
    return emission->buf->failed == 0;
}

/* Emits what an initialiser made; ok is the initialiser's result. The emitter takes the event in any case. */
static void emit(struct emission *emission, yaml_event_t *event, int ok)
{
    if (!ok)
        emission->failed = 1;
    else if (emission->failed)
        yaml_event_delete(event);
    else if (!yaml_emitter_emit(&emission->emitter, event))
        emission->failed = 1;
}

/* Whether text can stand as a literal block ("|"), which is how a person writes a script: no line ends in space, none is hidden. */
static int reads_well_as_block(const char *text)
{
    if (!strchr(text, '\n') || *text == '\n' || *text == ' ')
        return 0;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if ((*p < 0x20 && *p != '\n') || *p >= 0x7F)
            return 0;
        if (*p == ' ' && (p[1] == '\n' || p[1] == '\0'))
            return 0;
        if (*p == '\n' && p[1] == '\n' &&
            p[2] == '\0') /* only one line break at the end is sure to be kept */
            return 0;
    }
    return 1;
}

static yaml_scalar_style_t style_of(const char *text)
{
    if (reads_well_as_block(text))
        return YAML_LITERAL_SCALAR_STYLE;
    if (k7i_yaml_needs_quotes(text) || strpbrk(text, "\n\t\r"))
        return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    return YAML_ANY_SCALAR_STYLE;
}

static void put_text(struct emission *emission, const char *text, yaml_scalar_style_t style)
{
    yaml_event_t event;
    int ok = yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), 1,
                                          1, style);

    emit(emission, &event, ok);
}

static void put_value(struct emission *emission, const struct k7i_json_value *value);

static int put_member(void *user, const char *key, const struct k7i_json_value *value)
{
    struct emission *emission = user;

    put_text(emission, key,
             k7i_yaml_needs_quotes(key) ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_ANY_SCALAR_STYLE);
    put_value(emission, value);
    return 0;
}

static void put_mapping(struct emission *emission, const struct k7i_json_value *value)
{
    yaml_event_t event;

    emit(emission, &event,
         yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
    k7i_json_each(value, put_member, emission);
    emit(emission, &event, yaml_mapping_end_event_initialize(&event));
}

static void put_sequence(struct emission *emission, const struct k7i_json_value *value)
{
    yaml_event_t event;

    emit(emission, &event,
         yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
    for (size_t i = 0, n = k7i_json_count(value); i < n; i++)
        put_value(emission, k7i_json_at(value, i));
    emit(emission, &event, yaml_sequence_end_event_initialize(&event));
}

static void put_value(struct emission *emission, const struct k7i_json_value *value)
{
    char number[24];

    switch (k7i_json_kind(value)) {
    case K7I_JSON_NULL:
        put_text(emission, "null", YAML_PLAIN_SCALAR_STYLE);
        break;
    case K7I_JSON_BOOL:
        put_text(emission, k7i_json_bool(value) ? "true" : "false", YAML_PLAIN_SCALAR_STYLE);
        break;
    case K7I_JSON_INT:
        snprintf(number, sizeof number, "%" PRId64, k7i_json_int(value, 0));
        put_text(emission, number, YAML_PLAIN_SCALAR_STYLE);
        break;
    case K7I_JSON_DOUBLE:
        put_text(emission, k7i_json_double_text(value), YAML_PLAIN_SCALAR_STYLE);
        break;
    case K7I_JSON_STRING:
        put_text(emission, k7i_json_string(value), style_of(k7i_json_string(value)));
        break;
    case K7I_JSON_ARRAY:
        put_sequence(emission, value);
        break;
    case K7I_JSON_OBJECT:
        put_mapping(emission, value);
        break;
    }
}

void k7i_yaml_from_json(const struct k7i_json_value *value, struct k7i_buf *yaml)
{
    struct emission emission = { .buf = yaml };
    yaml_event_t event;

    if (!yaml_emitter_initialize(&emission.emitter)) {
        yaml->failed = K7_ERR_NO_MEMORY;
        return;
    }
    yaml_emitter_set_output(&emission.emitter, write_piece, &emission);
    yaml_emitter_set_unicode(&emission.emitter, 1);
    yaml_emitter_set_width(&emission.emitter, -1);
    emit(&emission, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
    emit(&emission, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
    put_value(&emission, value);
    emit(&emission, &event, yaml_document_end_event_initialize(&event, 1));
    emit(&emission, &event, yaml_stream_end_event_initialize(&event));
    yaml_emitter_delete(&emission.emitter);
    if (emission.failed && !yaml->failed)
        yaml->failed = K7_ERR_NO_MEMORY;
}
