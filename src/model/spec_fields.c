/* spec_fields.c: see spec_fields.h. */
#include "model/spec_fields.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/secret.h"
#include "base/text.h"

#include <string.h>

#define ROW(id, member, kind, ...) [id] = { #member, kind, offsetof(struct k7_spec, member), __VA_ARGS__ }

static const struct k7i_field fields[K7I_FIELDS] = {
    ROW(K7I_NAME, name, K7I_FIELD_TEXT, 0, 0),
    ROW(K7I_IMAGE, image, K7I_FIELD_TEXT, 0, 0),
    [K7I_NAMESPACE] = { "namespace", K7I_FIELD_TEXT, offsetof(struct k7_spec, namespace_), 0, 0 },
    ROW(K7I_ENV_FILE, env_file, K7I_FIELD_TEXT, 0, 0),
    ROW(K7I_EGRESS_WHITELIST, egress_whitelist, K7I_FIELD_EGRESS, 0, 0),
    ROW(K7I_LIMITS, limits, K7I_FIELD_PAIRS, 0, 0),
    ROW(K7I_BEFORE_SCRIPT, before_script, K7I_FIELD_TEXT, 0, 1),
    ROW(K7I_POD_NON_ROOT, pod_non_root, K7I_FIELD_FLAG, 0, 0),
    ROW(K7I_CONTAINER_NON_ROOT, container_non_root, K7I_FIELD_FLAG, 0, 0),
    ROW(K7I_CAP_DROP, cap_drop, K7I_FIELD_STRINGS, 0, 0),
    ROW(K7I_CAP_ADD, cap_add, K7I_FIELD_STRINGS, 0, 0),
    ROW(K7I_RUNTIME_CLASS_NAME, runtime_class_name, K7I_FIELD_TEXT, 0, 0),
    ROW(K7I_ROOT_DISK_SIZE, root_disk_size, K7I_FIELD_TEXT, 0, 0),
    ROW(K7I_BACKEND, backend, K7I_FIELD_TEXT, 0, 0),
    ROW(K7I_ENTRYPOINT, entrypoint, K7I_FIELD_STRINGS, 0, 1),
    ROW(K7I_CMD, cmd, K7I_FIELD_STRINGS, 0, 1),
    ROW(K7I_SIDECAR, sidecar, K7I_FIELD_TEXT, 0, 0),
    ROW(K7I_NODE_NAME, node_name, K7I_FIELD_TEXT, 0, 0),
    ROW(K7I_DOCKER, docker, K7I_FIELD_FLAG, 0, 0),
    ROW(K7I_DOCKER_DISK, docker_disk, K7I_FIELD_TEXT, 0, 0),
    ROW(K7I_INGRESS_PORTS, ingress_ports, K7I_FIELD_PORTS, 0, 0),
    ROW(K7I_EXPOSE_PORTS, expose_ports, K7I_FIELD_PORTS, 0, 0),
    ROW(K7I_INGRESS_FROM, ingress_from, K7I_FIELD_STRINGS, 0, 0),
    ROW(K7I_ENV, env, K7I_FIELD_PAIRS, 1, 1),
    ROW(K7I_BEFORE_SCRIPT_UNDER_LOCK, before_script_under_lock, K7I_FIELD_FLAG, 1, 0),
};

const struct k7i_field *k7i_field(enum k7i_field_id id)
{
    return &fields[id];
}

const struct k7i_field *k7i_field_find(const char *name)
{
    for (size_t i = 0; i < K7I_FIELDS; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

static void *member(const k7_spec *spec, const struct k7i_field *field)
{
    return (char *)(uintptr_t)spec + field->offset;
}

char **k7i_field_text(const k7_spec *spec, const struct k7i_field *field)
{
    return member(spec, field);
}

int *k7i_field_flag(const k7_spec *spec, const struct k7i_field *field)
{
    return member(spec, field);
}

struct k7i_strings *k7i_field_strings(const k7_spec *spec, const struct k7i_field *field)
{
    return member(spec, field);
}

struct k7i_ports *k7i_field_ports(const k7_spec *spec, const struct k7i_field *field)
{
    return member(spec, field);
}

struct k7i_pairs *k7i_field_pairs(const k7_spec *spec, const struct k7i_field *field)
{
    return member(spec, field);
}

int k7i_field_is_set(const k7_spec *spec, const struct k7i_field *field)
{
    switch (field->kind) {
    case K7I_FIELD_TEXT:
        return *k7i_field_text(spec, field) != NULL;
    case K7I_FIELD_FLAG:
        return *k7i_field_flag(spec, field) >= 0;
    case K7I_FIELD_STRINGS:
        return k7i_field_strings(spec, field)->given;
    case K7I_FIELD_EGRESS:
        return spec->egress_mode != K7_EGRESS_UNSET;
    case K7I_FIELD_PORTS:
        return k7i_field_ports(spec, field)->given;
    case K7I_FIELD_PAIRS:
        return k7i_field_pairs(spec, field)->given;
    }
    return 0;
}

static void free_pair(struct k7i_pair *pair)
{
    k7i_free(pair->key);
    k7i_secret_free(pair->value);
}

void k7i_field_unset(k7_spec *spec, const struct k7i_field *field)
{
    switch (field->kind) {
    case K7I_FIELD_TEXT:
        k7i_free(*k7i_field_text(spec, field));
        *k7i_field_text(spec, field) = NULL;
        break;
    case K7I_FIELD_FLAG:
        *k7i_field_flag(spec, field) = -1;
        break;
    case K7I_FIELD_EGRESS:
        spec->egress_mode = K7_EGRESS_UNSET;
        /* fall through */
    case K7I_FIELD_STRINGS: {
        struct k7i_strings *strings = k7i_field_strings(spec, field);
        for (size_t i = 0; i < strings->count; i++)
            k7i_free(strings->items[i]);
        k7i_free(strings->items);
        *strings = (struct k7i_strings){ 0 };
        break;
    }
    case K7I_FIELD_PORTS: {
        struct k7i_ports *ports = k7i_field_ports(spec, field);
        k7i_free(ports->items);
        *ports = (struct k7i_ports){ 0 };
        break;
    }
    case K7I_FIELD_PAIRS: {
        struct k7i_pairs *pairs = k7i_field_pairs(spec, field);
        for (size_t i = 0; i < pairs->count; i++)
            free_pair(&pairs->items[i]);
        k7i_free(pairs->items);
        *pairs = (struct k7i_pairs){ 0 };
        break;
    }
    }
}

void k7i_field_give_empty(k7_spec *spec, const struct k7i_field *field)
{
    k7i_field_unset(spec, field);
    switch (field->kind) {
    case K7I_FIELD_TEXT:
    case K7I_FIELD_FLAG:
        break;
    case K7I_FIELD_EGRESS:
        spec->egress_mode = K7_EGRESS_BLOCKED;
        /* fall through */
    case K7I_FIELD_STRINGS:
        k7i_field_strings(spec, field)->given = 1;
        break;
    case K7I_FIELD_PORTS:
        k7i_field_ports(spec, field)->given = 1;
        break;
    case K7I_FIELD_PAIRS:
        k7i_field_pairs(spec, field)->given = 1;
        break;
    }
}

static int check_text(const struct k7i_field *field, const char *text, k7_error **err)
{
    if (!k7i_text_is_utf8(text, strlen(text)))
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s: the text is not UTF-8", field->name);
    if (!field->any_text && k7i_text_has_control(text))
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s: %s has a control character", field->name,
                        K7I_QUOTE(text));
    return 0;
}

/* A checked copy; NULL with *err otherwise. */
static char *copy_text(const struct k7i_field *field, const char *text, k7_error **err, int *ret_code)
{
    *ret_code = check_text(field, text, err);
    if (*ret_code)
        return NULL;
    char *copy = k7i_strdup(text);
    if (!copy)
        *ret_code = k7i_fail_memory(err);
    return copy;
}

int k7i_field_set_text(k7_spec *spec, const struct k7i_field *field, const char *text, k7_error **err)
{
    char *copy = NULL;
    int code;

    if (text && !(copy = copy_text(field, text, err, &code)))
        return code;
    k7i_field_unset(spec, field);
    *k7i_field_text(spec, field) = copy;
    return 0;
}

/* Room for one more item: doubled whenever the count has reached a power of two, so that no capacity need be kept. NULL: out of memory, items kept. */
static void *grow(void *items, size_t count, size_t size)
{
    if (count & (count - 1))
        return items;
    return k7i_reallocarray(items, count ? count * 2 : 1, size);
}

int k7i_field_add_string(k7_spec *spec, const struct k7i_field *field, const char *text, k7_error **err)
{
    struct k7i_strings *strings = k7i_field_strings(spec, field);
    int code;
    char *copy = copy_text(field, text, err, &code);

    if (!copy)
        return code;
    char **items = grow(strings->items, strings->count, sizeof *items);
    if (!items) {
        k7i_free(copy);
        return k7i_fail_memory(err);
    }
    strings->items = items;
    items[strings->count++] = copy;
    strings->given = 1;
    if (field->kind == K7I_FIELD_EGRESS)
        spec->egress_mode = K7_EGRESS_LIST;
    return 0;
}

int k7i_field_add_port(k7_spec *spec, const struct k7i_field *field, int32_t port, k7_error **err)
{
    struct k7i_ports *ports = k7i_field_ports(spec, field);
    int32_t *items = grow(ports->items, ports->count, sizeof *items);

    if (!items)
        return k7i_fail_memory(err);
    ports->items = items;
    items[ports->count++] = port;
    ports->given = 1;
    return 0;
}

int k7i_field_add_pair(k7_spec *spec, const struct k7i_field *field, const char *key, const char *value,
                       k7_error **err)
{
    struct k7i_pairs *pairs = k7i_field_pairs(spec, field);
    int code;

    if ((code = check_text(field, key, err)) != 0 || (code = check_text(field, value, err)) != 0)
        return code;
    struct k7i_pair pair = { .key = k7i_strdup(key), .value = k7i_secret_dup(value) };
    struct k7i_pair *items = NULL;
    if (pair.key && pair.value)
        items = grow(pairs->items, pairs->count, sizeof *items);
    if (!items) {
        free_pair(&pair);
        return k7i_fail_memory(err);
    }
    pairs->items = items;
    items[pairs->count++] = pair;
    pairs->given = 1;
    return 0;
}

int k7i_field_put_pair(k7_spec *spec, const struct k7i_field *field, const char *key, const char *value,
                       k7_error **err)
{
    struct k7i_pairs *pairs = k7i_field_pairs(spec, field);

    for (size_t i = 0; i < pairs->count; i++) {
        if (strcmp(pairs->items[i].key, key) != 0)
            continue;
        int code = check_text(field, value, err);
        if (code)
            return code;
        char *copy = k7i_secret_dup(value);
        if (!copy)
            return k7i_fail_memory(err);
        k7i_secret_free(pairs->items[i].value);
        pairs->items[i].value = copy;
        return 0;
    }
    return k7i_field_add_pair(spec, field, key, value, err);
}

void k7i_field_remove_pair(k7_spec *spec, const struct k7i_field *field, const char *key)
{
    struct k7i_pairs *pairs = k7i_field_pairs(spec, field);

    for (size_t i = 0; i < pairs->count; i++) {
        if (strcmp(pairs->items[i].key, key) != 0)
            continue;
        free_pair(&pairs->items[i]);
        pairs->count--;
        memmove(&pairs->items[i], &pairs->items[i + 1], (pairs->count - i) * sizeof *pairs->items);
        if (pairs->count == 0) /* as if none had been set */
            k7i_field_unset(spec, field);
        return;
    }
}

int k7i_field_copy(k7_spec *to, const k7_spec *from, const struct k7i_field *field, k7_error **err)
{
    int code = 0;

    if (!k7i_field_is_set(from, field)) {
        k7i_field_unset(to, field);
        return 0;
    }
    switch (field->kind) {
    case K7I_FIELD_TEXT:
        return k7i_field_set_text(to, field, *k7i_field_text(from, field), err);
    case K7I_FIELD_FLAG:
        *k7i_field_flag(to, field) = *k7i_field_flag(from, field);
        return 0;
    case K7I_FIELD_STRINGS:
    case K7I_FIELD_EGRESS: {
        const struct k7i_strings *strings = k7i_field_strings(from, field);
        k7i_field_give_empty(to, field);
        for (size_t i = 0; i < strings->count && code == 0; i++)
            code = k7i_field_add_string(to, field, strings->items[i], err);
        if (field->kind == K7I_FIELD_EGRESS)
            to->egress_mode = from->egress_mode;
        return code;
    }
    case K7I_FIELD_PORTS: {
        const struct k7i_ports *ports = k7i_field_ports(from, field);
        k7i_field_give_empty(to, field);
        for (size_t i = 0; i < ports->count && code == 0; i++)
            code = k7i_field_add_port(to, field, ports->items[i], err);
        return code;
    }
    case K7I_FIELD_PAIRS: {
        const struct k7i_pairs *pairs = k7i_field_pairs(from, field);
        k7i_field_give_empty(to, field);
        for (size_t i = 0; i < pairs->count && code == 0; i++)
            code = k7i_field_add_pair(to, field, pairs->items[i].key, pairs->items[i].value, err);
        return code;
    }
    }
    return 0;
}
