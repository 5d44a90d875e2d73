/* spec_validate.c: what can be known to be wrong without a server. What K7's server accepts and means passes; what it would take for something else, or would leave
 * half-made or unprotected, does not. */
#include "base/error.h"
#include "base/quote.h"
#include "model/cidr.h"
#include "model/env.h"
#include "model/image.h"
#include "model/name.h"
#include "model/quantity.h"
#include "model/spec_fields.h"

#include <string.h>

enum { HOST_LABEL = 63, HOST_NAME = 253 };

static int wrong(const char *field, const char *value, const char *fault, k7_error **err)
{
    return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s: %s %s", field, K7I_QUOTE(value), fault);
}

static int check_quantity(const char *field, const char *text, k7_error **err)
{
    struct k7i_quantity quantity;
    int code = k7i_quantity_parse(field, text, &quantity, err);

    if (code == 0 && k7i_quantity_is_zero(&quantity))
        code = wrong(field, text, "must be more than zero", err);
    return code;
}

static int check_limits(const struct k7i_pairs *limits, k7_error **err)
{
    static const struct {
        const char *key, *field;
    } known[] = {
        { "cpu", "limits.cpu" },
        { "memory", "limits.memory" },
        { "ephemeral-storage", "limits.ephemeral-storage" },
    };

    for (size_t i = 0; i < limits->count; i++) {
        const struct k7i_pair *limit = &limits->items[i];
        const char *field = NULL;

        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
            if (strcmp(limit->key, known[k].key) == 0)
                field = known[k].field;
        if (!field)
            return wrong("limits", limit->key, "is none of cpu, memory, ephemeral-storage", err);
        int code = check_quantity(field, limit->value, err);
        if (code)
            return code;
    }
    return 0;
}

static int in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '*';
}

/* A label that, as the last one, makes a text an IPv4 address meant or mistyped: "3", "0x7f". */
static int is_number(const char *label, size_t len)
{
    size_t digits = strspn(label, "0123456789");

    if (digits >= len)
        return 1;
    return len > 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X') &&
           strspn(label + 2, "0123456789abcdefABCDEF") >= len - 2;
}

/* A domain name, perhaps with '*' in it (K7 contract, section 2.2.4). K7 takes everything that is no network for a name, so a mistyped network would pass
 * there and allow nothing, or the wrong thing. */
static int is_domain(const char *text)
{
    text += strspn(text, " "); /* K7 trims its entries */
    size_t len = strlen(text), labels = 0;

    while (len > 0 && text[len - 1] == ' ')
        len--;
    if (len > 0 && text[len - 1] == '.')
        len--;
    if (len == 0 || len > HOST_NAME)
        return 0;
    for (const char *label = text, *end = text + len; label <= end;) {
        size_t size = 0;

        while (label + size < end && label[size] != '.')
            if (!in_name(label[size++]))
                return 0;
        if (size == 0 || size > HOST_LABEL || label[0] == '-' || label[size - 1] == '-')
            return 0;
        if (label + size == end && is_number(label, size))
            return 0;
        label += size + 1;
        labels++;
    }
    return labels > 0;
}

static int check_egress(const struct k7i_strings *entries, k7_error **err)
{
    char normal[K7I_CIDR_TEXT];

    for (size_t i = 0; i < entries->count; i++)
        if (k7i_cidr_normalise(entries->items[i], normal) != 0 && !is_domain(entries->items[i]))
            return wrong("egress_whitelist", entries->items[i],
                         "is no network, no address and no domain name", err);
    return 0;
}

static int check_capabilities(const char *field, const struct k7i_strings *names, k7_error **err)
{
    char name[32];

    for (size_t i = 0; i < names->count; i++)
        if (k7i_spec_capability(names->items[i], name, sizeof name) != 0)
            return wrong(field, names->items[i], "is no Linux capability and not ALL", err);
    return 0;
}

static int has_port(const struct k7i_ports *ports, size_t count, int32_t port)
{
    for (size_t i = 0; i < count; i++)
        if (ports->items[i] == port)
            return 1;
    return 0;
}

static int check_ports(const char *field, const struct k7i_ports *ports, k7_error **err)
{
    unsigned char seen[65536 / 8] = { 0 };

    for (size_t i = 0; i < ports->count; i++) {
        int32_t port = ports->items[i];

        if (port < 1 || port > 65535)
            return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s: %d is not within 1 and 65535", field,
                            (int)port);
        if (seen[port / 8] & 1 << port % 8)
            return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s: %d is there twice", field, (int)port);
        seen[port / 8] = (unsigned char)(seen[port / 8] | 1 << port % 8);
    }
    return 0;
}

static int check_source(const char *source, k7_error **err)
{
    const char *colon = strchr(source, ':');
    size_t kind = colon ? (size_t)(colon - source) : 0;
    char normal[K7I_CIDR_TEXT];
    int code;

    if (kind == 7 && memcmp(source, "sandbox", kind) == 0)
        code = k7i_name_check_sandbox(colon + 1, NULL);
    else if (kind == 9 && memcmp(source, "namespace", kind) == 0)
        code = k7i_name_check_namespace(colon + 1, NULL);
    else if (kind == 4 && memcmp(source, "cidr", kind) == 0)
        code = k7i_cidr_normalise(colon + 1, normal);
    else
        code = -1;
    return code ? wrong("ingress_from", source, "is none of sandbox:NAME, namespace:NAME, cidr:CIDR", err)
                : 0;
}

static int check_ingress(const k7_spec *spec, k7_error **err)
{
    int code;

    if ((code = check_ports("ingress_ports", &spec->ingress_ports, err)) != 0 ||
        (code = check_ports("expose_ports", &spec->expose_ports, err)) != 0)
        return code;
    for (size_t i = 0; i < spec->expose_ports.count; i++)
        if (!has_port(&spec->ingress_ports, spec->ingress_ports.count, spec->expose_ports.items[i]))
            return k7i_fail(err, K7_ERR_INVALID_ARGUMENT,
                            "expose_ports: %d is not among ingress_ports, so nothing could reach it",
                            (int)spec->expose_ports.items[i]);
    if (spec->ingress_from.count > 0 && spec->ingress_ports.count == 0)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT,
                        "ingress_from needs ingress_ports: sources alone open nothing");
    for (size_t i = 0; i < spec->ingress_from.count; i++)
        if ((code = check_source(spec->ingress_from.items[i], err)) != 0)
            return code;
    return 0;
}

static int check_docker(const k7_spec *spec, k7_error **err)
{
    if (spec->sidecar && *spec->sidecar && strcmp(spec->sidecar, "docker") != 0)
        return wrong("sidecar", spec->sidecar, "is not \"docker\", the only one there is", err);
    if (spec->sidecar && *spec->sidecar && spec->docker == 1)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "docker and sidecar exclude each other: use docker");
    if (spec->docker_disk && spec->docker != 1)
        return wrong("docker_disk", spec->docker_disk, "needs docker", err);
    return spec->docker_disk ? check_quantity("docker_disk", spec->docker_disk, err) : 0;
}

static int check_env(const struct k7i_pairs *env, k7_error **err)
{
    int code = 0;

    for (size_t i = 0; i < env->count && code == 0; i++)
        code = k7i_env_check_key(env->items[i].key, err);
    return code;
}

static int check_names(const k7_spec *spec, k7_error **err)
{
    int code = spec->expose_ports.count > 0 ? k7i_name_check_exposed(spec->name, err)
                                            : k7i_name_check_sandbox(spec->name, err);

    if (code == 0 && spec->namespace_)
        code = k7i_name_check_namespace(spec->namespace_, err);
    if (code == 0 && !spec->image)
        code = k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "image is missing: a sandbox needs one");
    return code ? code : k7i_image_parse(spec->image, NULL, err);
}

int k7_spec_validate(const k7_spec *spec, k7_error **err)
{
    int code;

    if (err)
        *err = NULL;
    if (!spec)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "spec is NULL");
    if ((code = check_names(spec, err)) != 0 || (code = check_limits(&spec->limits, err)) != 0 ||
        (code = check_egress(&spec->egress_whitelist, err)) != 0 ||
        (code = check_capabilities("cap_drop", &spec->cap_drop, err)) != 0 ||
        (code = check_capabilities("cap_add", &spec->cap_add, err)) != 0 ||
        (code = check_ingress(spec, err)) != 0 || (code = check_docker(spec, err)) != 0 ||
        (code = check_env(&spec->env, err)) != 0)
        return code;
    return spec->root_disk_size ? check_quantity("root_disk_size", spec->root_disk_size, err) : 0;
}
