/* sandbox_json.c: sandboxes as the K7 API writes them (K7 contract, section 1.6, list and create), read and written.
 *
 * Reading is patient: a member that is unknown, or has another type than K7 gives it, counts as not said and is kept, so that k7_sandbox_to_json() gives it back as
 * it came. Only name and namespace must be what they are: everything else is done by them. */
#include "model/sandbox_object.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/quote.h"

#include <string.h>

enum {
    NAME,
    NAMESPACE,
    STATUS,
    READY,
    RESTARTS,
    AGE,
    IMAGE,
    ERROR_MESSAGE,
    REASON,
    BACKEND,
    NODE,
    NODE_PORTS,
    ENDPOINTS,
    UID,
    CREATED_UNIX,
    MEMBERS
};

static const char *const member_names[MEMBERS] = {
    "name",   "namespace", "status", "ready",      "restarts",  "age", "image",        "error_message",
    "reason", "backend",   "node",   "node_ports", "endpoints", "uid", "created_unix",
};

enum {
    KEPT_LIMIT = 1024 * 1024, /* of unknown members of one sandbox, in bytes of JSON */
    JSON_LIMIT = 16 * 1024 * 1024
};

struct reading {
    struct k7i_sandbox_parts parts;
    int32_t *node_ports;
    struct k7i_endpoint *endpoints;
    struct k7i_buf kept;
    struct k7i_json_writer writer;
    int failed; /* 0 or K7_ERR_NO_MEMORY */
};

static int member_of(const char *key)
{
    for (int i = 0; i < MEMBERS; i++)
        if (key[0] == member_names[i][0] && strcmp(key, member_names[i]) == 0)
            return i;
    return MEMBERS;
}

/* The readers of one kind each give 1 when the value was understood. */
static int read_text(const struct k7i_json_value *value, const char **ret_text)
{
    *ret_text = k7i_json_string(value);
    return *ret_text != NULL;
}

static int read_count(const struct k7i_json_value *value, int64_t *ret_count)
{
    *ret_count = k7i_json_int(value, -1);
    return *ret_count >= 0;
}

/* K7 writes "True" and "False"; its documentation's own client accepts booleans, too. */
static int read_ready(const struct k7i_json_value *value, int *ret_ready)
{
    const char *text = k7i_json_string(value);

    if (k7i_json_kind(value) == K7I_JSON_BOOL)
        *ret_ready = k7i_json_bool(value);
    else if (text && (strcmp(text, "True") == 0 || strcmp(text, "true") == 0))
        *ret_ready = 1;
    else if (text && (strcmp(text, "False") == 0 || strcmp(text, "false") == 0))
        *ret_ready = 0;
    else
        return 0;
    return 1;
}

static int is_port(const struct k7i_json_value *value)
{
    int64_t port = k7i_json_int(value, -1);

    return port >= 1 && port <= 65535;
}

static int read_node_ports(struct reading *reading, const struct k7i_json_value *value)
{
    size_t count = k7i_json_count(value);

    if (k7i_json_kind(value) != K7I_JSON_ARRAY)
        return 0;
    for (size_t i = 0; i < count; i++)
        if (!is_port(k7i_json_at(value, i)))
            return 0;
    reading->node_ports = k7i_calloc(count, sizeof *reading->node_ports);
    if (!reading->node_ports) {
        reading->failed = K7_ERR_NO_MEMORY;
        return 1;
    }
    for (size_t i = 0; i < count; i++)
        reading->node_ports[i] = (int32_t)k7i_json_int(k7i_json_at(value, i), 0);
    reading->parts.fields.node_ports = reading->node_ports;
    reading->parts.fields.node_port_count = count;
    reading->parts.fields.has_node_ports = 1;
    return 1;
}

static int read_endpoints(struct reading *reading, const struct k7i_json_value *value)
{
    size_t count = k7i_json_count(value);

    if (k7i_json_kind(value) != K7I_JSON_ARRAY)
        return 0;
    for (size_t i = 0; i < count; i++)
        if (!is_port(k7i_json_get(k7i_json_at(value, i), "port")))
            return 0;
    reading->endpoints = k7i_calloc(count, sizeof *reading->endpoints);
    if (!reading->endpoints) {
        reading->failed = K7_ERR_NO_MEMORY;
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        const struct k7i_json_value *item = k7i_json_at(value, i),
                                    *node_port = k7i_json_get(item, "node_port");

        reading->endpoints[i].port = (int32_t)k7i_json_int(k7i_json_get(item, "port"), 0);
        reading->endpoints[i].node_port = is_port(node_port) ? (int32_t)k7i_json_int(node_port, 0) : 0;
        reading->endpoints[i].url = k7i_json_get_string(item, "url");
    }
    reading->parts.endpoints = reading->endpoints;
    reading->parts.endpoint_count = count;
    return 1;
}

static int read_known(struct reading *reading, int member, const struct k7i_json_value *value)
{
    struct k7i_sandbox_fields *fields = &reading->parts.fields;

    switch (member) {
    case NAME:
        return read_text(value, &fields->name);
    case NAMESPACE:
        return read_text(value, &fields->namespace_);
    case STATUS:
        return read_text(value, &fields->status);
    case READY:
        return read_ready(value, &fields->ready);
    case RESTARTS:
        return read_count(value, &fields->restarts);
    case AGE:
        return read_text(value, &fields->age_text);
    case IMAGE:
        return read_text(value, &fields->image);
    case ERROR_MESSAGE:
        return read_text(value, &fields->error_message);
    case REASON: /* our gateway's */
        return read_text(value, &fields->reason);
    case BACKEND:
        return read_text(value, &fields->backend);
    case NODE:
        return read_text(value, &fields->node);
    case NODE_PORTS:
        return read_node_ports(reading, value);
    case ENDPOINTS:
        return read_endpoints(reading, value);
    /* Not of K7's servers, but of custom ones: understood, and given back like everything unknown. */
    case UID:
        read_text(value, &fields->uid);
        return 0;
    case CREATED_UNIX:
        read_count(value, &fields->created_unix);
        return 0;
    default:
        return 0;
    }
}

static int read_member(void *user, const char *key, const struct k7i_json_value *value)
{
    struct reading *reading = user;
    int member = member_of(key);

    if (member < UID && k7i_json_kind(value) == K7I_JSON_NULL)
        return 0;
    if (!read_known(reading, member, value)) {
        k7i_json_key(&reading->writer, key);
        k7i_json_put_value(&reading->writer, value);
        if (member < MEMBERS)
            reading->parts.kept_mask |= 1U << member;
    }
    return reading->failed;
}

static int check(const struct reading *reading, k7_error **err)
{
    unsigned kept = reading->parts.kept_mask;

    if (!reading->parts.fields.name || reading->parts.fields.name[0] == '\0')
        return k7i_fail(err, K7_ERR_PROTOCOL, "a sandbox without a name in the answer");
    if (kept & 1U << NAMESPACE)
        return k7i_fail(err, K7_ERR_PROTOCOL, "the namespace of sandbox %s is not text in the answer",
                        K7I_QUOTE(reading->parts.fields.name));
    return 0;
}

int k7i_sandbox_from_json(const struct k7i_json_value *object, const char *namespace_,
                          k7_sandbox **ret_sandbox, k7_error **err)
{
    struct reading reading = { .parts.fields = K7I_SANDBOX_FIELDS };
    int code;

    *ret_sandbox = NULL;
    if (k7i_json_kind(object) != K7I_JSON_OBJECT)
        return k7i_fail(err, K7_ERR_PROTOCOL, "a sandbox in the answer is not an object");
    k7i_buf_init(&reading.kept, KEPT_LIMIT);
    k7i_json_begin(&reading.writer, &reading.kept);
    k7i_json_each(object, read_member, &reading);
    if (reading.failed || reading.kept.failed == K7_ERR_NO_MEMORY) {
        code = k7i_fail_memory(err);
    } else if (reading.kept.failed) {
        code = k7i_fail(err, K7_ERR_LIMIT, "more than %d bytes of unknown members in a sandbox", KEPT_LIMIT);
    } else if ((code = check(&reading, err)) == 0) {
        if (!reading.parts.fields.namespace_)
            reading.parts.fields.namespace_ = namespace_;
        reading.parts.kept = reading.kept.len ? reading.kept.data : NULL;
        code = k7i_sandbox_make(&reading.parts, ret_sandbox, err);
    }
    k7i_buf_clear(&reading.kept);
    k7i_free(reading.node_ports);
    k7i_free(reading.endpoints);
    return code;
}

int k7i_sandboxes_from_json(const struct k7i_json_value *array, const char *namespace_,
                            k7_sandboxes **ret_list, k7_error **err)
{
    k7_sandboxes *list;

    *ret_list = NULL;
    if (k7i_json_kind(array) != K7I_JSON_ARRAY)
        return k7i_fail(err, K7_ERR_PROTOCOL, "the answer is not a list of sandboxes");
    int code = k7i_sandboxes_new(&list, err);
    if (code)
        return code;
    for (size_t i = 0, n = k7i_json_count(array); i < n && code == 0; i++) {
        k7_sandbox *sandbox;

        code = k7i_sandbox_from_json(k7i_json_at(array, i), namespace_, &sandbox, err);
        if (code == 0)
            code = k7i_sandboxes_add(list, sandbox, err);
    }
    if (code)
        k7_sandboxes_unref(list);
    else
        *ret_list = list;
    return code;
}

/* What K7's create answers with says nothing of a state. */
static int is_create_answer(const struct k7i_sandbox_parts *parts)
{
    const struct k7i_sandbox_fields *fields = &parts->fields;
    const unsigned state = 1U << STATUS | 1U << READY | 1U << RESTARTS | 1U << AGE | 1U << ERROR_MESSAGE;

    return !fields->status && fields->ready < 0 && fields->restarts < 0 && !fields->age_text &&
           !fields->error_message && !fields->reason && !(parts->kept_mask & state);
}

struct writing {
    struct k7i_json_writer writer;
    unsigned kept_mask;
};

/* Opens a member, unless it is among those that are given back as they came. */
static int begin_member(struct writing *writing, int member)
{
    if (writing->kept_mask & 1U << member)
        return 0;
    k7i_json_key(&writing->writer, member_names[member]);
    return 1;
}

static void put_text(struct writing *writing, int member, const char *text, const char *otherwise)
{
    if ((text || otherwise) && begin_member(writing, member))
        k7i_json_put_string(&writing->writer, text ? text : otherwise);
}

/* Every member that K7's clients read is there, with the values that K7 itself gives when it does not know. */
static void put_state(struct writing *writing, const struct k7i_sandbox_fields *fields)
{
    put_text(writing, STATUS, fields->status, "Unknown");
    if (begin_member(writing, READY))
        k7i_json_put_string(&writing->writer, fields->ready == 1 ? "True" : "False");
    if (begin_member(writing, RESTARTS)) /* K7's clients take a number only */
        k7i_json_put_int(&writing->writer, fields->restarts < 0 ? 0 : fields->restarts);
    put_text(writing, AGE, fields->age_text, "Unknown");
    put_text(writing, IMAGE, fields->image, "Unknown");
    put_text(writing, ERROR_MESSAGE, fields->error_message, "");
    put_text(writing, REASON, fields->reason, NULL);
    put_text(writing, BACKEND, fields->backend, NULL);
    put_text(writing, NODE, fields->node, NULL);
    if (fields->has_node_ports && begin_member(writing, NODE_PORTS)) {
        k7i_json_open(&writing->writer, '[');
        for (size_t i = 0; i < fields->node_port_count; i++)
            k7i_json_put_int(&writing->writer, fields->node_ports[i]);
        k7i_json_close(&writing->writer, ']');
    }
}

static void put_endpoints(struct writing *writing, const struct k7i_sandbox_parts *parts)
{
    struct k7i_json_writer *writer = &writing->writer;

    if (parts->endpoint_count == 0 || !begin_member(writing, ENDPOINTS))
        return;
    k7i_json_open(writer, '[');
    for (size_t i = 0; i < parts->endpoint_count; i++) {
        k7i_json_open(writer, '{');
        k7i_json_key(writer, "port");
        k7i_json_put_int(writer, parts->endpoints[i].port);
        k7i_json_key(writer, "node_port");
        k7i_json_put_int(writer, parts->endpoints[i].node_port);
        k7i_json_key(writer, "url");
        k7i_json_put_string(writer, parts->endpoints[i].url);
        k7i_json_close(writer, '}');
    }
    k7i_json_close(writer, ']');
}

int k7_sandbox_to_json(const k7_sandbox *sandbox, char **ret_text, k7_error **err)
{
    struct k7i_buf buf;

    if (err)
        *err = NULL;
    if (!ret_text)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "ret_text is NULL");
    *ret_text = NULL;
    if (!sandbox)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "sandbox is NULL");
    const struct k7i_sandbox_parts *parts = &sandbox->parts;
    struct writing writing = { .kept_mask = parts->kept_mask };

    k7i_buf_init(&buf, JSON_LIMIT);
    k7i_json_begin(&writing.writer, &buf);
    k7i_json_open(&writing.writer, '{');
    put_text(&writing, NAME, parts->fields.name, NULL);
    put_text(&writing, NAMESPACE, parts->fields.namespace_, NULL);
    if (is_create_answer(parts))
        put_text(&writing, IMAGE, parts->fields.image, NULL);
    else
        put_state(&writing, &parts->fields);
    put_endpoints(&writing, parts);
    if (parts->kept)
        k7i_json_put_raw(&writing.writer, parts->kept);
    k7i_json_close(&writing.writer, '}');
    if (buf.failed == K7_ERR_LIMIT) {
        k7i_buf_clear(&buf);
        return k7i_fail(err, K7_ERR_LIMIT, "the sandbox is larger than %d bytes as JSON", JSON_LIMIT);
    }
    *ret_text = k7i_buf_take(&buf);
    return *ret_text ? 0 : k7i_fail_memory(err);
}
