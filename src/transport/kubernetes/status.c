/* status.c: Kubernetes Status objects (API conventions, "Response Status Kind") and the errors they become. */
#include "transport/kubernetes/kubernetes.h"

#include "base/error.h"
#include "base/text.h"
#include "transport/kubernetes/record_protobuf.h"

#include <stdio.h>
#include <string.h>

/* Copies on one line, cut at a character's edge. */
static void keep(char *to, size_t size, const char *from)
{
    size_t len = from ? strlen(from) : 0;

    while (len > 0 && (from[len - 1] == '\n' || from[len - 1] == ' '))
        len--;
    if (len >= size) {
        len = size - 1;
        while (len > 0 && ((unsigned char)from[len] & 0xC0) == 0x80)
            len--;
    }
    for (size_t i = 0; i < len; i++)
        to[i] = (unsigned char)from[i] < 0x20 || from[i] == 0x7F ? ' ' : from[i];
    to[len] = '\0';
}

void k7i_status_add_cause(struct k7i_buf *causes, const char *field, const char *message)
{
    k7i_buf_printf(causes, "%s%s%s%s", causes->len ? "; " : "", field ? field : "",
                   field && message ? ": " : "", message ? message : "");
}

enum { CAUSES_LIMIT = 16384 };

static void fill(struct k7i_status *status, const struct k7i_status_texts *texts, struct k7i_buf *causes)
{
    *status = (struct k7i_status){ .retry_after_ms = -1 };
    keep(status->reason, sizeof status->reason, texts->reason);
    keep(status->message, sizeof status->message, texts->message);
    keep(status->causes, sizeof status->causes, causes->data);
    if (texts->retry_after_s > 0 && texts->retry_after_s < INT32_MAX)
        status->retry_after_ms = texts->retry_after_s * 1000;
    k7i_buf_clear(causes);
}

void k7i_status_read_json(const struct k7i_json_value *object, struct k7i_status *ret_status)
{
    const struct k7i_json_value *details = k7i_json_get(object, "details"),
                                *list = k7i_json_get(details, "causes");
    const struct k7i_status_texts texts = { k7i_json_get_string(object, "message"),
                                            k7i_json_get_string(object, "reason"),
                                            k7i_json_int(k7i_json_get(details, "retryAfterSeconds"), 0) };
    struct k7i_buf causes;

    k7i_buf_init(&causes, CAUSES_LIMIT);
    for (size_t i = 0, n = k7i_json_count(list); i < n && !causes.failed; i++) {
        const struct k7i_json_value *cause = k7i_json_at(list, i);

        k7i_status_add_cause(&causes, k7i_json_get_string(cause, "field"),
                             k7i_json_get_string(cause, "message"));
    }
    fill(ret_status, &texts, &causes);
}

static int read_protobuf(const struct k7i_response *response, struct k7i_status *ret_status)
{
    struct k7i_status_texts texts;
    struct k7i_buf copy, causes;
    int code = -1;

    if (response->body_len < K7I_MAGIC_LEN || memcmp(response->body, K7I_MAGIC, K7I_MAGIC_LEN) != 0)
        return -1;
    k7i_buf_init(&copy, response->body_len);
    k7i_buf_init(&causes, CAUSES_LIMIT);
    k7i_buf_add(&copy, response->body, response->body_len);
    if (!copy.failed && (code = k7i_status_read_protobuf(copy.data, copy.len, &texts, &causes)) == 0)
        fill(ret_status, &texts, &causes);
    k7i_buf_clear(&causes);
    k7i_buf_clear(&copy);
    return code;
}

/* Where the API server gives a request up, its Status comes without "kind", as text/plain. */
static int is_status(const struct k7i_json_value *root)
{
    const char *kind = k7i_json_get_string(root, "kind");

    return kind ? strcmp(kind, "Status") == 0
                : k7i_text_equal(k7i_json_get_string(root, "status"), "Failure");
}

int k7i_status_read(const struct k7i_response *response, struct k7i_status *ret_status)
{
    struct k7i_json *json = NULL;

    *ret_status = (struct k7i_status){ .retry_after_ms = -1 };
    if (read_protobuf(response, ret_status) == 0)
        return 0;
    if (k7i_json_parse(response->body, response->body_len, &json, NULL) == 0 &&
        is_status(k7i_json_root(json))) {
        k7i_status_read_json(k7i_json_root(json), ret_status);
        k7i_json_free(json);
        return 0;
    }
    k7i_json_free(json);
    keep(ret_status->message, sizeof ret_status->message,
         response->body && k7i_text_is_utf8(response->body, response->body_len) ? response->body : "");
    return -1;
}

int k7i_kube_parse(const struct k7i_response *response, const struct k7i_target *target,
                   struct k7i_json **ret_json, k7_error **err)
{
    k7_error *cause = NULL;
    int code = k7i_json_parse(response->body, response->body_len, ret_json, &cause);

    if (code == K7_ERR_PARSE) {
        code = k7i_fail(err, K7_ERR_PROTOCOL, "the API server's answer to \"%s %s\" is not JSON: %s",
                        target->verb, k7i_kind_resource(target->kind), k7_error_get_message(cause));
        k7_error_unref(cause);
    } else {
        k7i_error_move(err, cause);
    }
    return code;
}

/* The reasons that tell more than the HTTP status. */
static int code_of(int http_status, const struct k7i_status *status)
{
    static const struct {
        int http_status;
        const char *reason, *words;
        int code;
    } rows[] = {
        { 403, "", "exceeded quota", K7_ERR_QUOTA_EXCEEDED },
        { 403, "", "\" cannot ", K7_ERR_FORBIDDEN }, /* RBAC: User "u" cannot create resource … */
        { 403, "", "because it is being terminated", K7_ERR_CONFLICT }, /* the namespace */
        { 403, "Forbidden", "", K7_ERR_REJECTED },                      /* admission, in its own words */
        { 403, "", "", K7_ERR_FORBIDDEN },
        { 401, "", "", K7_ERR_UNAUTHENTICATED },
        { 404, "", "", K7_ERR_NOT_FOUND },
        { 409, "AlreadyExists", "", K7_ERR_ALREADY_EXISTS },
        { 409, "", "", K7_ERR_CONFLICT },
        { 408, "", "", K7_ERR_UNAVAILABLE },
        { 410, "", "", K7_ERR_UNAVAILABLE }, /* Expired: what was being read is no longer kept */
        { 429, "", "", K7_ERR_RATE_LIMITED },
        { 500, "", "etcdserver: ", K7_ERR_UNAVAILABLE },
        { 500, "", "code = Unavailable", K7_ERR_UNAVAILABLE }, /* gRPC's words, about etcd */
        { 500, "ServerTimeout", "", K7_ERR_UNAVAILABLE },
        { 502, "", "", K7_ERR_UNAVAILABLE },
        { 503, "", "", K7_ERR_UNAVAILABLE },
        { 504, "", "", K7_ERR_UNAVAILABLE },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].http_status == http_status &&
            (!*rows[i].reason || strcmp(rows[i].reason, status->reason) == 0) &&
            strstr(status->message, rows[i].words))
            return rows[i].code;
    return http_status >= 500 ? K7_ERR_SERVER : http_status >= 400 ? K7_ERR_REJECTED : K7_ERR_PROTOCOL;
}

/* "create Deployment demo/web", "list Pods in all namespaces" */
static void describe(const struct k7i_target *target, struct k7i_buf *text)
{
    k7i_buf_printf(text, "%s %s%s", target->verb, k7i_kind_title(target->kind), target->name ? " " : "s");
    if (target->name)
        k7i_buf_printf(text, "%s%s%s", target->namespace_ ? target->namespace_ : "",
                       target->namespace_ ? "/" : "", target->name);
    else if (target->kind != K7I_KIND_NODE)
        k7i_buf_printf(text, target->namespace_ ? " in the namespace %s" : " in all namespaces",
                       target->namespace_);
}

enum k7i_verdict k7i_kube_refused_status(struct k7i_op *op, int http_status, const struct k7i_status *status,
                                         const struct k7i_target *target)
{
    int code = code_of(http_status, status);
    struct k7i_buf text;
    k7_error *error = NULL;

    k7i_buf_init(&text, 8192);
    k7i_buf_text(&text, "cannot ");
    describe(target, &text);
    if (code == K7_ERR_FORBIDDEN && *status->message)
        k7i_buf_printf(&text, ": forbidden: needs %s on %s%s%s", target->verb,
                       k7i_kind_resource(target->kind),
                       target->kind == K7I_KIND_NODE ? ""
                       : target->namespace_          ? " in the namespace "
                                                     : " in all namespaces",
                       target->kind != K7I_KIND_NODE && target->namespace_ ? target->namespace_ : "");
    if (*status->message)
        k7i_buf_printf(&text, ": %s", status->message);
    else
        k7i_buf_printf(&text, ": the API server answered with HTTP status %d", http_status);
    if (text.failed) {
        k7i_fail_memory(&error);
    } else {
        k7i_fail(&error, code, "%s", text.data);
        k7i_error_set_http_status(error, http_status);
        k7i_error_set_outcome(error, K7_OUTCOME_REJECTED);
        k7i_error_set_retry_after_ms(error, status->retry_after_ms);
        k7i_error_set_reason(error, *status->reason ? status->reason : NULL);
        if (*status->causes)
            k7i_error_set_server_text(error, status->causes, strlen(status->causes));
        else if (*status->message)
            k7i_error_set_server_text(error, status->message, strlen(status->message));
    }
    k7i_buf_clear(&text);
    return k7i_op_fail_with(op, error);
}

enum k7i_verdict k7i_kube_refused(struct k7i_op *op, const struct k7i_response *response,
                                  const struct k7i_target *target)
{
    struct k7i_status status;

    k7i_status_read(response, &status);
    if (response->retry_after_ms >= 0)
        status.retry_after_ms = response->retry_after_ms;
    return k7i_kube_refused_status(op, response->status, &status, target);
}

int k7i_kube_is_passing(const struct k7i_response *response)
{
    struct k7i_status status;

    if (response->status == 502 || response->status == 504) /* 502: a proxy, while the API server restarts */
        return 1;
    if (response->status != 500)
        return 0;
    k7i_status_read(response, &status);
    return strstr(status.message, "etcdserver: request timed out") ||
           strstr(status.message, "etcdserver: leader changed") ||
           strstr(status.message, "code = Unavailable") || strcmp(status.reason, "ServerTimeout") == 0;
}

enum k7i_verdict k7i_kube_refused_or_again(struct k7i_op *op, const struct k7i_response *response,
                                           const struct k7i_target *target, int *count)
{
    enum { TIMES = 4, PAUSE_MS = 250 };

    if (*count >= TIMES || !k7i_kube_is_passing(response)) {
        *count = 0; /* what is to be undone begins anew */
        return k7i_kube_refused(op, response, target);
    }
    return k7i_op_pause(op, (int64_t)PAUSE_MS << (*count)++);
}
