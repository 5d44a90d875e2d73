/* json.c: reading: the strict scan, then json-c. The only file that includes json-c.
 *
 * json-c is lenient and, when memory runs out, crashes or leaves members out without a word. So it sees only text that passed the scan, only after the
 * memory it will want could be had, and what it made is counted afterwards. */
#include "format/json.h"

#include "base/alloc.h"
#include "base/error.h"
#include "format/json_scan.h"
#include "format/json_value.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

enum {
    /* What json-c 0.15 … 0.17 allocates on a 64-bit machine, with malloc's own overhead, rounded up. */
    BYTES_OBJECT = 64 + 80 + 16 * 56,
    BYTES_ARRAY = 64 + 32 + 32 * 8,
    BYTES_MEMBER =
        3 * 56 + 32, /* a table is enlarged when two thirds full, while the old one is still there */
    BYTES_ITEM = 3 * 8,
    BYTES_SCALAR = 96,
    BYTES_PARSER = 16 * 1024,
    /* A text like "[{},{},…" would take 350 times its size, and whoever sends it decides that. Lists of sandboxes or containers take about 16 times theirs. */
    TIMES_ITS_SIZE = 64,
    BYTES_AT_LEAST = 4 * 1024 * 1024,
    BYTES_AT_MOST = 1024 * 1024 * 1024
};

struct k7i_json {
    json_object *root;
};

static const struct k7i_json_value *as_value(json_object *object)
{
    return (const struct k7i_json_value *)object;
}

/* json-c's getters take a pointer to what they do not change. */
static json_object *as_object(const struct k7i_json_value *value)
{
    return (json_object *)(uintptr_t)value;
}

/* K7_ERR_LIMIT when the text asks for too much memory, K7_ERR_NO_MEMORY when it cannot be had. */
static int check_memory(const struct k7i_json_counts *counts, size_t len, k7_error **err)
{
    uint64_t bytes = BYTES_PARSER + (uint64_t)counts->objects * BYTES_OBJECT +
                     (uint64_t)counts->arrays * BYTES_ARRAY + (uint64_t)counts->members * BYTES_MEMBER +
                     (uint64_t)counts->items * BYTES_ITEM + (uint64_t)counts->scalars * BYTES_SCALAR +
                     (uint64_t)counts->string_bytes * 2;

    if (bytes > BYTES_AT_MOST || (bytes > BYTES_AT_LEAST && bytes / TIMES_ITS_SIZE > len))
        return k7i_fail(err, K7_ERR_LIMIT,
                        "JSON: too many values: %zu bytes of text would take %" PRIu64 " of memory", len,
                        bytes);
    void *memory = k7i_alloc((size_t)bytes);
    k7i_free(memory);
    return memory ? 0 : k7i_fail_memory(err);
}

static void count(json_object *object, struct k7i_json_counts *counts)
{
    switch (json_object_get_type(object)) {
    case json_type_null:
        break;
    case json_type_object: {
        counts->objects++;
        struct json_object_iter member;
        json_object_object_foreachC(object, member)
        {
            counts->members++;
            count(member.val, counts);
        }
        break;
    }
    case json_type_array:
        counts->arrays++;
        for (size_t i = 0, n = json_object_array_length(object); i < n; i++) {
            counts->items++;
            count(json_object_array_get_idx(object, i), counts);
        }
        break;
    default:
        counts->scalars++;
    }
}

static int same_counts(const struct k7i_json_counts *a, const struct k7i_json_counts *b)
{
    return a->objects == b->objects && a->arrays == b->arrays && a->members == b->members &&
           a->items == b->items && a->scalars == b->scalars;
}

/* json-c's own parse of a text that is known to be right: what can fail is memory. */
static int read_tree(const char *text, size_t len, json_object **ret_root)
{
    json_tokener *tokener = json_tokener_new_ex(K7I_JSON_DEPTH + 1);

    if (!tokener)
        return -1;
    *ret_root = json_tokener_parse_ex(tokener, text, (int)len);
    if (json_tokener_get_error(tokener) ==
        json_tokener_continue) /* a number could go on: say that it does not */
        *ret_root = json_tokener_parse_ex(tokener, "", 1);
    int ok = json_tokener_get_error(tokener) == json_tokener_success;
    json_tokener_free(tokener);
    return ok ? 0 : -1;
}

int k7i_json_parse(const char *text, size_t len, struct k7i_json **ret_json, k7_error **err)
{
    struct k7i_json_counts wanted, got = { 0 };
    struct k7i_json_fault fault;

    *ret_json = NULL;
    if (k7i_json_scan(text, len, &wanted, &fault) != 0)
        return k7i_json_fail(text, &fault, err);
    int code = check_memory(&wanted, len, err);
    if (code)
        return code;
    struct k7i_json *json = k7i_calloc(1, sizeof *json);
    if (!json || read_tree(text, len, &json->root) != 0) {
        k7i_json_free(json);
        return k7i_fail_memory(err);
    }
    count(json->root, &got);
    if (!same_counts(&wanted, &got)) {
        k7i_json_free(json);
        return k7i_fail_memory(err);
    }
    *ret_json = json;
    return 0;
}

void k7i_json_free(struct k7i_json *json)
{
    if (!json)
        return;
    json_object_put(json->root);
    k7i_free(json);
}

/* json-c hands out its own memory as constant. */
static void wipe(json_object *object)
{
    switch (json_object_get_type(object)) {
    case json_type_string:
        explicit_bzero((char *)(uintptr_t)json_object_get_string(object),
                       (size_t)json_object_get_string_len(object));
        break;
    case json_type_object: {
        struct json_object_iter member;
        json_object_object_foreachC(object, member)
        {
            wipe(member.val);
        }
        break;
    }
    case json_type_array:
        for (size_t i = 0, n = json_object_array_length(object); i < n; i++)
            wipe(json_object_array_get_idx(object, i));
        break;
    default:
        break;
    }
}

void k7i_json_wipe(struct k7i_json *json)
{
    if (json)
        wipe(json->root);
    k7i_json_free(json);
}

const struct k7i_json_value *k7i_json_root(const struct k7i_json *json)
{
    return as_value(json->root);
}

int k7i_json_member_line(const char *text, size_t len, const char *key)
{
    return k7i_json_step_line(text, len, &(struct k7i_json_step){ .key = key });
}

int k7i_json_step_line(const char *text, size_t len, const struct k7i_json_step *step)
{
    size_t offset = k7i_json_find(text, len, step);

    return offset == len ? 0 : k7i_json_line(text, offset);
}

void k7i_json_step_text(const struct k7i_json_step *step, struct k7i_buf *text)
{
    if (step->up)
        k7i_json_step_text(step->up, text);
    if (step->key)
        k7i_buf_printf(text, "%s%s", step->up ? "." : "", step->key);
    else
        k7i_buf_printf(text, "[%zu]", step->index);
}

enum k7i_json_kind k7i_json_kind(const struct k7i_json_value *value)
{
    switch (json_object_get_type(as_object(value))) {
    case json_type_boolean:
        return K7I_JSON_BOOL;
    case json_type_int:
        return K7I_JSON_INT;
    case json_type_double:
        return K7I_JSON_DOUBLE;
    case json_type_string:
        return K7I_JSON_STRING;
    case json_type_array:
        return K7I_JSON_ARRAY;
    case json_type_object:
        return K7I_JSON_OBJECT;
    case json_type_null:
        break;
    }
    return K7I_JSON_NULL;
}

int k7i_json_bool(const struct k7i_json_value *value)
{
    return k7i_json_kind(value) == K7I_JSON_BOOL && json_object_get_boolean(as_object(value));
}

int64_t k7i_json_int(const struct k7i_json_value *value, int64_t otherwise)
{
    return k7i_json_kind(value) == K7I_JSON_INT ? json_object_get_int64(as_object(value)) : otherwise;
}

const char *k7i_json_string(const struct k7i_json_value *value)
{
    return k7i_json_kind(value) == K7I_JSON_STRING ? json_object_get_string(as_object(value)) : NULL;
}

size_t k7i_json_count(const struct k7i_json_value *value)
{
    switch (k7i_json_kind(value)) {
    case K7I_JSON_ARRAY:
        return json_object_array_length(as_object(value));
    case K7I_JSON_OBJECT:
        return (size_t)json_object_object_length(as_object(value));
    default:
        return 0;
    }
}

const struct k7i_json_value *k7i_json_at(const struct k7i_json_value *array, size_t i)
{
    if (k7i_json_kind(array) != K7I_JSON_ARRAY)
        return NULL;
    return as_value(json_object_array_get_idx(as_object(array), i));
}

int k7i_json_member(const struct k7i_json_value *object, const char *key,
                    const struct k7i_json_value **ret_value)
{
    json_object *member = NULL;
    int present = k7i_json_kind(object) == K7I_JSON_OBJECT &&
                  json_object_object_get_ex(as_object(object), key, &member);

    *ret_value = as_value(member);
    return present;
}

const struct k7i_json_value *k7i_json_get(const struct k7i_json_value *object, const char *key)
{
    const struct k7i_json_value *member;

    return k7i_json_member(object, key, &member) ? member : NULL;
}

const char *k7i_json_get_string(const struct k7i_json_value *object, const char *key)
{
    return k7i_json_string(k7i_json_get(object, key));
}

int k7i_json_each(const struct k7i_json_value *object,
                  int (*fn)(void *user, const char *key, const struct k7i_json_value *value), void *user)
{
    if (k7i_json_kind(object) != K7I_JSON_OBJECT)
        return 0;
    struct json_object_iter member;
    json_object_object_foreachC(as_object(object), member)
    {
        int result = fn(user, member.key, as_value(member.val));
        if (result)
            return result;
    }
    return 0;
}

/* json-c keeps the digits of a fraction as they were read; printing it ourselves would depend on the locale. */
const char *k7i_json_double_text(const struct k7i_json_value *value)
{
    return json_object_get_userdata(as_object(value));
}
