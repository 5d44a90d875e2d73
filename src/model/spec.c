/* spec.c: the public functions that build and read a spec. What they have in common is in spec_fields.c; reading and writing text, and validation, are elsewhere. */
#include "model/spec_fields.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/secret.h"

#include <string.h>

/* The checks that every public function begins with. */
static int begin(const void *object, const char *what, k7_error **err)
{
    if (err)
        *err = NULL;
    return object ? 0 : k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s is NULL", what);
}

int k7_spec_new(const char *name, const char *image, k7_spec **ret_spec, k7_error **err)
{
    int code = begin(ret_spec, "ret_spec", err);

    if (code)
        return code;
    *ret_spec = NULL;
    k7_spec *spec = k7i_calloc(1, sizeof *spec);
    if (!spec)
        return k7i_fail_memory(err);
    for (int i = 0; i < K7I_FIELDS; i++)
        k7i_field_unset(spec, k7i_field((enum k7i_field_id)i));
    if ((code = k7i_field_set_text(spec, k7i_field(K7I_NAME), name, err)) != 0 ||
        (code = k7i_field_set_text(spec, k7i_field(K7I_IMAGE), image, err)) != 0) {
        k7_spec_free(spec);
        return code;
    }
    *ret_spec = spec;
    return 0;
}

int k7_spec_dup(const k7_spec *spec, k7_spec **ret_spec, k7_error **err)
{
    k7_spec *copy;
    int code = begin(ret_spec, "ret_spec", err);

    if (code)
        return code;
    *ret_spec = NULL;
    if ((code = begin(spec, "spec", err)) != 0 || (code = k7_spec_new(NULL, NULL, &copy, err)) != 0)
        return code;
    for (int i = 0; i < K7I_FIELDS && code == 0; i++)
        code = k7i_field_copy(copy, spec, k7i_field((enum k7i_field_id)i), err);
    if (code)
        k7_spec_free(copy);
    else
        *ret_spec = copy;
    return code;
}

int k7i_spec_dup_for_show(const k7_spec *spec, k7_spec **ret_spec, k7_error **err)
{
    int code = k7_spec_dup(spec, ret_spec, err);

    for (size_t i = 0; !code && i < spec->env.count; i++) {
        struct k7i_pair *pair = &(*ret_spec)->env.items[i];

        k7i_secret_free(pair->value);
        if (!(pair->value = k7i_secret_dup("{value}")))
            code = k7i_fail_memory(err);
    }
    if (code) {
        k7_spec_free(*ret_spec);
        *ret_spec = NULL;
    }
    return code;
}

void k7_spec_free(k7_spec *spec)
{
    if (!spec)
        return;
    for (int i = 0; i < K7I_FIELDS; i++)
        k7i_field_unset(spec, k7i_field((enum k7i_field_id)i));
    k7i_free(spec);
}

int k7_spec_is_set(const k7_spec *spec, const char *name)
{
    const struct k7i_field *field = name ? k7i_field_find(name) : NULL;

    if (!field)
        return -1;
    return spec && k7i_field_is_set(spec, field);
}

size_t k7_spec_field_count(void)
{
    return K7I_FIELDS;
}

const char *k7_spec_field_at(size_t i)
{
    return i < K7I_FIELDS ? k7i_field((enum k7i_field_id)i)->name : NULL;
}

int k7_spec_unset(k7_spec *spec, const char *name, k7_error **err)
{
    int code;

    if ((code = begin(spec, "spec", err)) != 0 || (code = begin(name, "field", err)) != 0)
        return code;
    const struct k7i_field *field = k7i_field_find(name);
    if (!field)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "there is no field %s", K7I_QUOTE(name));
    k7i_field_unset(spec, field);
    return 0;
}

const char *k7i_spec_namespace(const k7_spec *spec, const char *otherwise)
{
    return spec->namespace_ ? spec->namespace_ : otherwise;
}

int k7i_spec_has_script(const k7_spec *spec)
{
    return spec->before_script && spec->before_script[strspn(spec->before_script, " \t\r\n\f\v")];
}

static int set_text(k7_spec *spec, enum k7i_field_id id, const char *text, k7_error **err)
{
    int code = begin(spec, "spec", err);

    return code ? code : k7i_field_set_text(spec, k7i_field(id), text, err);
}

static int set_flag(k7_spec *spec, enum k7i_field_id id, int yes, k7_error **err)
{
    int code = begin(spec, "spec", err);

    if (code)
        return code;
    if (yes < -1 || yes > 1)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s: %d is none of 0, 1, -1", k7i_field(id)->name, yes);
    *k7i_field_flag(spec, k7i_field(id)) = yes;
    return 0;
}

/* NULL is an error where a list is added to: unsetting by accident could open what was to be closed. */
static int add_string(k7_spec *spec, enum k7i_field_id id, const char *text, k7_error **err)
{
    int code;

    if ((code = begin(spec, "spec", err)) != 0 || (code = begin(text, k7i_field(id)->name, err)) != 0)
        return code;
    return k7i_field_add_string(spec, k7i_field(id), text, err);
}

static int add_port(k7_spec *spec, enum k7i_field_id id, int32_t port, k7_error **err)
{
    int code = begin(spec, "spec", err);

    return code ? code : k7i_field_add_port(spec, k7i_field(id), port, err);
}

static size_t count_of(const struct k7i_strings *strings)
{
    return strings->count;
}

static const char *string_at(const struct k7i_strings *strings, size_t i)
{
    return i < strings->count ? strings->items[i] : NULL;
}

#define TEXT(field, member, id)                                                                              \
    int k7_spec_set_##field(k7_spec *spec, const char *text, k7_error **err)                                 \
    {                                                                                                        \
        return set_text(spec, id, text, err);                                                                \
    }                                                                                                        \
    const char *k7_spec_get_##field(const k7_spec *spec)                                                     \
    {                                                                                                        \
        return spec ? spec->member : NULL;                                                                   \
    }
TEXT(name, name, K7I_NAME)
TEXT(image, image, K7I_IMAGE)
TEXT(namespace, namespace_, K7I_NAMESPACE)
TEXT(env_file, env_file, K7I_ENV_FILE)
TEXT(before_script, before_script, K7I_BEFORE_SCRIPT)
TEXT(backend, backend, K7I_BACKEND)
TEXT(runtime_class_name, runtime_class_name, K7I_RUNTIME_CLASS_NAME)
TEXT(root_disk_size, root_disk_size, K7I_ROOT_DISK_SIZE)
TEXT(sidecar, sidecar, K7I_SIDECAR)
TEXT(node_name, node_name, K7I_NODE_NAME)
TEXT(docker_disk, docker_disk, K7I_DOCKER_DISK)
#undef TEXT

#define FLAG(field, id)                                                                                      \
    int k7_spec_set_##field(k7_spec *spec, int yes, k7_error **err)                                          \
    {                                                                                                        \
        return set_flag(spec, id, yes, err);                                                                 \
    }                                                                                                        \
    int k7_spec_get_##field(const k7_spec *spec)                                                             \
    {                                                                                                        \
        return spec && spec->field == 1;                                                                     \
    }
FLAG(pod_non_root, K7I_POD_NON_ROOT)
FLAG(container_non_root, K7I_CONTAINER_NON_ROOT)
FLAG(docker, K7I_DOCKER)
FLAG(before_script_under_lock, K7I_BEFORE_SCRIPT_UNDER_LOCK)
#undef FLAG

#define STRINGS(item, member, id)                                                                            \
    int k7_spec_add_##item(k7_spec *spec, const char *text, k7_error **err)                                  \
    {                                                                                                        \
        return add_string(spec, id, text, err);                                                              \
    }                                                                                                        \
    size_t k7_spec_##item##_count(const k7_spec *spec)                                                       \
    {                                                                                                        \
        return spec ? count_of(&spec->member) : 0;                                                           \
    }                                                                                                        \
    const char *k7_spec_##item##_at(const k7_spec *spec, size_t i)                                           \
    {                                                                                                        \
        return spec ? string_at(&spec->member, i) : NULL;                                                    \
    }
STRINGS(egress, egress_whitelist, K7I_EGRESS_WHITELIST)
STRINGS(cap_drop, cap_drop, K7I_CAP_DROP)
STRINGS(cap_add, cap_add, K7I_CAP_ADD)
STRINGS(entrypoint, entrypoint, K7I_ENTRYPOINT)
STRINGS(cmd, cmd, K7I_CMD)
STRINGS(ingress_from, ingress_from, K7I_INGRESS_FROM)
#undef STRINGS

#define PORTS(item, member, id)                                                                              \
    int k7_spec_add_##item(k7_spec *spec, int32_t port, k7_error **err)                                      \
    {                                                                                                        \
        return add_port(spec, id, port, err);                                                                \
    }                                                                                                        \
    size_t k7_spec_##item##_count(const k7_spec *spec)                                                       \
    {                                                                                                        \
        return spec ? spec->member.count : 0;                                                                \
    }                                                                                                        \
    int32_t k7_spec_##item##_at(const k7_spec *spec, size_t i)                                               \
    {                                                                                                        \
        return spec && i < spec->member.count ? spec->member.items[i] : 0;                                   \
    }
PORTS(ingress_port, ingress_ports, K7I_INGRESS_PORTS)
PORTS(expose_port, expose_ports, K7I_EXPOSE_PORTS)
#undef PORTS

static int set_egress(k7_spec *spec, int mode, k7_error **err)
{
    int code = begin(spec, "spec", err);

    if (code)
        return code;
    k7i_field_unset(spec, k7i_field(K7I_EGRESS_WHITELIST));
    spec->egress_mode = mode;
    return 0;
}

int k7_spec_set_egress_open(k7_spec *spec, k7_error **err)
{
    return set_egress(spec, K7_EGRESS_OPEN, err);
}

int k7_spec_set_egress_blocked(k7_spec *spec, k7_error **err)
{
    return set_egress(spec, K7_EGRESS_BLOCKED, err);
}

int k7_spec_unset_egress(k7_spec *spec, k7_error **err)
{
    return set_egress(spec, K7_EGRESS_UNSET, err);
}

int k7_spec_get_egress_mode(const k7_spec *spec)
{
    return spec ? spec->egress_mode : K7_EGRESS_UNSET;
}

int k7_spec_set_cap_drop_none(k7_spec *spec, k7_error **err)
{
    int code = begin(spec, "spec", err);

    if (code == 0)
        k7i_field_give_empty(spec, k7i_field(K7I_CAP_DROP));
    return code;
}

static const struct k7i_pair *find_pair(const struct k7i_pairs *pairs, const char *key)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].key, key) == 0)
            return &pairs->items[i];
    return NULL;
}

int k7_spec_set_limit(k7_spec *spec, const char *key, const char *value, k7_error **err)
{
    const struct k7i_field *field = k7i_field(K7I_LIMITS);
    int code;

    if ((code = begin(spec, "spec", err)) != 0 || (code = begin(key, "key", err)) != 0)
        return code;
    if (value)
        return k7i_field_put_pair(spec, field, key, value, err);
    k7i_field_remove_pair(spec, field, key);
    return 0;
}

const char *k7_spec_get_limit(const k7_spec *spec, const char *key)
{
    const struct k7i_pair *pair = spec && key ? find_pair(&spec->limits, key) : NULL;

    return pair ? pair->value : NULL;
}

size_t k7_spec_limit_count(const k7_spec *spec)
{
    return spec ? spec->limits.count : 0;
}

const char *k7_spec_limit_key_at(const k7_spec *spec, size_t i)
{
    return spec && i < spec->limits.count ? spec->limits.items[i].key : NULL;
}

size_t k7_spec_env_count(const k7_spec *spec)
{
    return spec ? spec->env.count : 0;
}

const char *k7_spec_env_key_at(const k7_spec *spec, size_t i)
{
    return spec && i < spec->env.count ? spec->env.items[i].key : NULL;
}

const char *k7_spec_env_value_at(const k7_spec *spec, size_t i)
{
    return spec && i < spec->env.count ? spec->env.items[i].value : NULL;
}
