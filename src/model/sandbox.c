/* sandbox.c: sandboxes and lists of them: making, sharing, reading. Knows no JSON. */
#include "model/sandbox_object.h"

#include "base/alloc.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text members of the fields, in one place for measuring and copying. */
static const char **text_at(struct k7i_sandbox_fields *fields, size_t i)
{
    const char **const texts[] = { &fields->name,    &fields->namespace_,    &fields->image,
                                   &fields->status,  &fields->error_message, &fields->reason,
                                   &fields->node,    &fields->backend,       &fields->uid,
                                   &fields->age_text };

    return i < sizeof texts / sizeof texts[0] ? texts[i] : NULL;
}

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

/* Copies *text to *place, moves *place behind it, and lets *text point at the copy. */
static void move_text(const char **text, char **place)
{
    size_t size = text_size(*text);

    if (size == 0)
        return;
    memcpy(*place, *text, size);
    *text = *place;
    *place += size;
}

int k7i_sandbox_make(const struct k7i_sandbox_parts *parts, k7_sandbox **ret_sandbox, k7_error **err)
{
    struct k7i_sandbox_parts copy = *parts;
    struct k7i_sandbox_fields *fields = &copy.fields;
    size_t endpoints_size = copy.endpoint_count * sizeof *copy.endpoints;
    size_t ports_size = fields->node_port_count * sizeof *fields->node_ports;
    size_t size = sizeof(k7_sandbox) + endpoints_size + ports_size + text_size(copy.kept);
    const char **text;

    *ret_sandbox = NULL;
    for (size_t i = 0; (text = text_at(fields, i)) != NULL; i++)
        size += text_size(*text);
    for (size_t i = 0; i < copy.endpoint_count; i++)
        size += text_size(copy.endpoints[i].url);
    k7_sandbox *sandbox = k7i_alloc(size);
    if (!sandbox)
        return k7i_fail_memory(err);

    struct k7i_endpoint *endpoints = (struct k7i_endpoint *)(sandbox + 1);
    int32_t *node_ports = (int32_t *)(endpoints + copy.endpoint_count);
    char *place = (char *)(node_ports + fields->node_port_count);
    if (endpoints_size)
        memcpy(endpoints, copy.endpoints, endpoints_size);
    if (ports_size)
        memcpy(node_ports, fields->node_ports, ports_size);
    for (size_t i = 0; (text = text_at(fields, i)) != NULL; i++)
        move_text(text, &place);
    for (size_t i = 0; i < copy.endpoint_count; i++)
        move_text(&endpoints[i].url, &place);
    move_text(&copy.kept, &place);
    copy.endpoints = endpoints;
    fields->node_ports = node_ports;
    sandbox->parts = copy;
    atomic_init(&sandbox->references, 1);
    *ret_sandbox = sandbox;
    return 0;
}

int k7i_sandbox_new(const struct k7i_sandbox_fields *fields, k7_sandbox **ret_sandbox, k7_error **err)
{
    const struct k7i_sandbox_parts parts = { .fields = *fields };

    return k7i_sandbox_make(&parts, ret_sandbox, err);
}

void k7i_sandbox_format_age(int64_t seconds, char *ret_text, size_t size)
{
    int64_t days = seconds / 86400, rest = seconds % 86400;

    if (rest < 0) { /* as Python: "-1 day, 23:59:59" is one second before now */
        days--;
        rest += 86400;
    }
    int n = 0;
    if (days != 0)
        n = snprintf(ret_text, size, "%" PRId64 " day%s, ", days, days == 1 || days == -1 ? "" : "s");
    if (n >= 0 && (size_t)n < size)
        snprintf(ret_text + n, size - (size_t)n, "%d:%02d:%02d", (int)(rest / 3600), (int)(rest / 60 % 60),
                 (int)(rest % 60));
}

k7_sandbox *k7_sandbox_ref(k7_sandbox *sandbox)
{
    if (sandbox)
        atomic_fetch_add(&sandbox->references, 1);
    return sandbox;
}

k7_sandbox *k7_sandbox_unref(k7_sandbox *sandbox)
{
    if (sandbox && atomic_fetch_sub(&sandbox->references, 1) == 1)
        k7i_free(sandbox);
    return NULL;
}

const char *k7_sandbox_get_name(const k7_sandbox *sandbox)
{
    return sandbox ? sandbox->parts.fields.name : NULL;
}

const char *k7_sandbox_get_namespace(const k7_sandbox *sandbox)
{
    return sandbox ? sandbox->parts.fields.namespace_ : NULL;
}

const char *k7_sandbox_get_image(const k7_sandbox *sandbox)
{
    return sandbox ? sandbox->parts.fields.image : NULL;
}

const char *k7_sandbox_get_status(const k7_sandbox *sandbox)
{
    return sandbox ? sandbox->parts.fields.status : NULL;
}

const char *k7_sandbox_get_error_message(const k7_sandbox *sandbox)
{
    if (!sandbox)
        return NULL;
    return sandbox->parts.fields.error_message ? sandbox->parts.fields.error_message : "";
}

const char *k7_sandbox_get_reason(const k7_sandbox *sandbox)
{
    return sandbox ? sandbox->parts.fields.reason : NULL;
}

const char *k7_sandbox_get_node(const k7_sandbox *sandbox)
{
    return sandbox ? sandbox->parts.fields.node : NULL;
}

const char *k7_sandbox_get_backend(const k7_sandbox *sandbox)
{
    return sandbox ? sandbox->parts.fields.backend : NULL;
}

const char *k7_sandbox_get_uid(const k7_sandbox *sandbox)
{
    return sandbox ? sandbox->parts.fields.uid : NULL;
}

const char *k7_sandbox_get_age_text(const k7_sandbox *sandbox)
{
    return sandbox ? sandbox->parts.fields.age_text : NULL;
}

int k7_sandbox_is_ready(const k7_sandbox *sandbox)
{
    return sandbox ? sandbox->parts.fields.ready : -1;
}

int64_t k7_sandbox_get_restarts(const k7_sandbox *sandbox)
{
    return sandbox ? sandbox->parts.fields.restarts : -1;
}

int64_t k7_sandbox_get_created_unix(const k7_sandbox *sandbox)
{
    return sandbox ? sandbox->parts.fields.created_unix : -1;
}

size_t k7_sandbox_node_port_count(const k7_sandbox *sandbox)
{
    return sandbox ? sandbox->parts.fields.node_port_count : 0;
}

int32_t k7_sandbox_node_port_at(const k7_sandbox *sandbox, size_t i)
{
    return i < k7_sandbox_node_port_count(sandbox) ? sandbox->parts.fields.node_ports[i] : 0;
}

size_t k7_sandbox_endpoint_count(const k7_sandbox *sandbox)
{
    return sandbox ? sandbox->parts.endpoint_count : 0;
}

int32_t k7_sandbox_endpoint_port_at(const k7_sandbox *sandbox, size_t i)
{
    return i < k7_sandbox_endpoint_count(sandbox) ? sandbox->parts.endpoints[i].port : 0;
}

int32_t k7_sandbox_endpoint_node_port_at(const k7_sandbox *sandbox, size_t i)
{
    return i < k7_sandbox_endpoint_count(sandbox) ? sandbox->parts.endpoints[i].node_port : 0;
}

const char *k7_sandbox_endpoint_url_at(const k7_sandbox *sandbox, size_t i)
{
    return i < k7_sandbox_endpoint_count(sandbox) ? sandbox->parts.endpoints[i].url : NULL;
}
