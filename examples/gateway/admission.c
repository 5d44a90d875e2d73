/* admission.c: target, route, key, scope and framing, in this order. What is cheap and says nothing about the store comes first. */
#include "admission.h"

#include <stdlib.h>
#include <string.h>

#include "routes.h"

/* The HTTP library answers beyond twice this by itself, without the envelope. */
#define HEAD_MAX_BYTES  (32 * 1024)
#define TOKEN_MAX_BYTES 4096
#define NAMESPACE_MAX   63

struct value {
    const char *text;
    size_t len;
    unsigned count; /* how often the header was there */
};

struct head {
    bool malformed; /* a name that is not a token: other programs on the way may read it as something else */
    struct value host;
    struct value api_key;
    struct value authorization;
    struct value content_length;
    struct value content_type;
    struct value content_encoding;
    struct value expect;
    struct value transfer_encoding;
};

static enum MHD_Result collect(void *user, enum MHD_ValueKind kind, const char *key, size_t key_size,
                               const char *value, size_t value_size)
{
    struct head *head = user;
    const struct {
        const char *name;
        struct value *place;
    } wanted[] = {
        { "Host", &head->host },
        { "X-API-Key", &head->api_key },
        { "Authorization", &head->authorization },
        { "Content-Length", &head->content_length },
        { "Content-Type", &head->content_type },
        { "Content-Encoding", &head->content_encoding },
        { "Expect", &head->expect },
        { "Transfer-Encoding", &head->transfer_encoding },
    };
    static const char token[] =
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    (void)kind;
    head->malformed = head->malformed || key_size == 0 || strspn(key, token) != key_size;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (key_size == strlen(wanted[i].name) && strcasecmp(key, wanted[i].name) == 0) {
            wanted[i].place->text = value == NULL ? "" : value;
            wanted[i].place->len = value == NULL ? 0 : value_size;
            wanted[i].place->count++;
        }
    }
    return MHD_YES;
}

static struct value trim(struct value value)
{
    while (value.len > 0 && (value.text[0] == ' ' || value.text[0] == '\t')) {
        value.text++;
        value.len--;
    }
    while (value.len > 0 && (value.text[value.len - 1] == ' ' || value.text[value.len - 1] == '\t')) {
        value.len--;
    }
    return value;
}

static bool check_target(struct request *request, const struct head *head, const char *version)
{
    const char *why = NULL;
    if (request->raw == NULL) {
        answer_error(&request->answer, 503, NULL, "out of memory");
        return false;
    }
    /* The HTTP library hands the target over as a string, so that a NUL byte in it would hide the rest. But it keeps the version right behind the target, in the
     * same buffer: at any other distance there was a NUL. */
    if ((uintptr_t)version - request->raw_address != strlen(request->raw) + 1) {
        answer_error(&request->answer, 400, NULL, "the request line has a NUL byte or no version");
        return false;
    }
    if (strcmp(version, MHD_HTTP_VERSION_1_1) != 0 && strcmp(version, MHD_HTTP_VERSION_1_0) != 0) {
        answer_error(&request->answer, 505, NULL, "only HTTP/1.1 and HTTP/1.0 are spoken here");
        return false;
    }
    if (head->malformed || head->host.count > 1 ||
        (head->host.count == 0 && strcmp(version, MHD_HTTP_VERSION_1_1) == 0)) {
        request->answer.close = true;
        answer_error(&request->answer, 400, NULL, "%s",
                     head->malformed ? "a header name has characters that must not be in one"
                                     : "there must be one Host header");
        return false;
    }
    int status = target_parse(request->raw, &request->target, &why);
    if (status != 0) {
        answer_error(&request->answer, status, status == 404 ? "NoSuchRoute" : NULL, "%s", why);
        return false;
    }
    const union MHD_ConnectionInfo *size =
        MHD_get_connection_info(request->http, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (size != NULL && size->header_size > HEAD_MAX_BYTES) {
        answer_error(&request->answer, 431, NULL, "the head of a request may have %d bytes", HEAD_MAX_BYTES);
        return false;
    }
    return true;
}

static bool check_route(struct request *request)
{
    request->route = route_find(request->method, &request->target, &request->name, request->answer.allow,
                                sizeof request->answer.allow);
    if (request->route == NULL && request->answer.allow[0] != '\0') {
        answer_error(&request->answer, 405, NULL, "Method Not Allowed");
    } else if (request->route == NULL) {
        answer_error(&request->answer, 404, "NoSuchRoute", "Not Found");
    }
    return request->route != NULL;
}

static bool check_capacity(struct request *request)
{
    int status = connection_excess(request->connection);
    request->answer.close = status != 0;
    if (request->route->is_open) {
        return true; /* a health check must not fail because others are many */
    }
    if (status != 0) {
        answer_error(&request->answer, status, NULL,
                     status == 429 ? "too many connections from this address" : "too many connections");
        return false;
    }
    if (atomic_load(&request->gateway->draining)) {
        answer_error(&request->answer, 503, NULL, "the gateway is shutting down");
        return false;
    }
    return true;
}

/* K7's rule: an X-API-Key that is not blank counts alone, else the bearer token. */
static struct value find_token(const struct head *head)
{
    static const char scheme[] = "Bearer ";
    struct value token = trim(head->api_key);
    if (token.len == 0) {
        token = trim(head->authorization);
        if (token.len < sizeof scheme - 1 || strncasecmp(token.text, scheme, sizeof scheme - 1) != 0) {
            return (struct value){ 0 };
        }
        token.text += sizeof scheme - 1;
        token.len -= sizeof scheme - 1;
        token = trim(token);
    }
    return token;
}

static bool check_key(struct request *request, const struct head *head)
{
    char why[512] = "";
    struct value token = find_token(head);
    if (token.len == 0) {
        answer_error(&request->answer, 401, NULL, "Missing API key");
        return false;
    }
    if (token.len > TOKEN_MAX_BYTES || head->api_key.count > 1 || head->authorization.count > 1) {
        answer_error(&request->answer, 401, NULL, "Invalid API key");
        return false;
    }
    switch (key_store_check(request->gateway->keys, token.text, token.len, &request->key, why, sizeof why)) {
    case KEY_ACCEPTED:
        return true;
    case KEY_UNKNOWN:
        answer_error(&request->answer, 401, NULL, "Invalid API key");
        break;
    case KEY_EXPIRED:
        answer_error(&request->answer, 401, NULL, "API key expired");
        break;
    case KEY_STORE_FAILED:
        answer_error(&request->answer, 500, NULL, "%s", why);
        break;
    }
    return false;
}

/* A DNS label (RFC 1123), as every namespace is. */
static bool is_namespace(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && len <= NAMESPACE_MAX && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len &&
           text[0] != '-' && text[len - 1] != '-';
}

static bool take_flag(struct request *request, const char *key, const char *value, bool *ret_flag)
{
    if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0) {
        answer_error(&request->answer, 400, NULL, "%s must be true or false", key);
        return false;
    }
    *ret_flag = strcmp(value, "true") == 0;
    return true;
}

static bool check_parameters(struct request *request)
{
    const struct target *target = &request->target;
    if (request->route->is_open) {
        return true; /* nothing there depends on them */
    }
    unsigned known = request->route->parameters;
    for (size_t i = 0; i < target->parameter_count; i++) {
        const char *key = target->parameters[i].key;
        const char *value = target->parameters[i].value;
        bool fine = value != NULL;
        if (!fine) {
            answer_error(&request->answer, 400, NULL, "the parameter %.64s has no value", key);
        } else if ((known & PARAMETER_NAMESPACE) && strcmp(key, "namespace") == 0) {
            request->namespace_ = value;
            fine = is_namespace(value);
            if (!fine) {
                answer_error(&request->answer, 400, NULL,
                             "the namespace must be a DNS label of at most 63 characters");
            }
        } else if ((known & PARAMETER_ALL_NAMESPACES) && strcmp(key, "all_namespaces") == 0) {
            fine = take_flag(request, key, value, &request->all_namespaces);
        } else if ((known & PARAMETER_STRICT) && strcmp(key, "strict") == 0) {
            fine = take_flag(request, key, value, &request->strict);
        } else {
            fine = false;
            answer_error(&request->answer, 400, NULL, "the query parameter %.64s is not known here%s", key,
                         strcmp(key, "namespace") == 0 ? "; the namespace belongs in the body" : "");
        }
        if (!fine) {
            return false;
        }
    }
    if (request->all_namespaces && request->namespace_ != NULL) {
        answer_error(&request->answer, 400, NULL, "namespace and all_namespaces exclude each other");
        return false;
    }
    if (request->namespace_ == NULL) {
        request->namespace_ = NAMESPACE_DEFAULT;
    }
    return true;
}

/* Where the namespace is in the body, create.c checks it. */
static bool check_scope(struct request *request)
{
    if (!(request->route->parameters & PARAMETER_NAMESPACE)) {
        return true;
    }
    if (request->all_namespaces && !key_allows_all_namespaces(request->key)) {
        answer_error(&request->answer, 403, NULL, "API key is not authorized for all-namespaces operations");
        return false;
    }
    if (!request->all_namespaces && !key_allows_namespace(request->key, request->namespace_)) {
        answer_error(&request->answer, 403, NULL, "API key is not authorized for namespace '%s'",
                     request->namespace_);
        return false;
    }
    return true;
}

static unsigned long long length_of(const struct head *head)
{
    return head->content_length.count == 0 ? 0 : strtoull(head->content_length.text, NULL, 10);
}

static bool is_json(struct value type)
{
    static const char json[] = "application/json";
    type = trim(type);
    return type.len >= sizeof json - 1 && strncasecmp(type.text, json, sizeof json - 1) == 0 &&
           (type.len == sizeof json - 1 || strchr("; \t", type.text[sizeof json - 1]) != NULL);
}

/* Two lengths, or a length and chunks, are read differently by different programs on the way: such a connection is not used again. */
static bool check_framing(struct request *request, const struct head *head)
{
    bool chunked = head->transfer_encoding.count == 1 &&
                   trim(head->transfer_encoding).len == strlen("chunked") &&
                   strncasecmp(trim(head->transfer_encoding).text, "chunked", strlen("chunked")) == 0;
    if (head->content_length.count + head->transfer_encoding.count > 1 ||
        (head->transfer_encoding.count == 1 && !chunked)) {
        request->answer.close = true;
        answer_error(&request->answer, 400, NULL, "the length of the body is not clear");
        return false;
    }
    unsigned long long length =
        head->content_length.count == 0 ? 0 : strtoull(head->content_length.text, NULL, 10);
    if (!request->route->has_body && (length > 0 || chunked)) {
        request->answer.close = true;
        answer_error(&request->answer, 400, NULL, "this request takes no body");
        return false;
    }
    if (length > BODY_MAX_BYTES) {
        request->answer.close = true;
        answer_error(&request->answer, 413, NULL, "a body may have %d bytes", BODY_MAX_BYTES);
        return false;
    }
    if (request->route->has_body && head->content_type.count > 0 &&
        (head->content_type.count > 1 || !is_json(head->content_type))) {
        answer_error(&request->answer, 415, NULL, "the body must be application/json");
        return false;
    }
    if (head->content_encoding.count > 0) {
        answer_error(&request->answer, 415, NULL, "the body must not be compressed");
        return false;
    }
    return true;
}

bool admit(struct request *request, const char *version)
{
    struct head head = { 0 };
    MHD_get_connection_values_n(request->http, MHD_HEADER_KIND, collect, &head);
    request->has_body = head.malformed || head.transfer_encoding.count > 0 || head.content_length.count > 1 ||
                        length_of(&head) > 0;
    request->holds_body = head.expect.count > 0 && strcasecmp(head.expect.text, "100-continue") == 0;
    return check_target(request, &head, version) && check_route(request) && check_capacity(request) &&
           (request->route->is_open || check_key(request, &head)) && check_parameters(request) &&
           (request->route->is_open || check_scope(request)) && check_framing(request, &head);
}
