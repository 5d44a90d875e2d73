/* test_status.c: what API servers answer when they refuse, and the errors it becomes. data/status: answers of Kubernetes 1.34.4 (the namespace is "cap"). */
#include "transport/kubernetes/kubernetes.h"

#include <k7sandbox/k7sandbox.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct k7i_plan plan = { .operation = "create", .state_size = 1 };

static char *recorded(const char *name, size_t *ret_len)
{
    static char text[16384];
    char path[512];

    snprintf(path, sizeof path, DATA_DIR "/status/%s.json", name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    *ret_len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[*ret_len] = '\0';
    return text;
}

static struct k7i_op *refused(int status, const char *body, size_t len, const struct k7i_target *target)
{
    const struct k7i_response response = {
        .status = status, .body = body, .body_len = len, .retry_after_ms = -1
    };
    struct k7i_op *op;

    ck_assert_int_eq(k7i_op_new(&plan, NULL, &op, NULL), 0);
    ck_assert_int_eq(k7i_kube_refused(op, &response, target), K7I_FAIL);
    return op;
}

#define CREATE                                                                                               \
    {                                                                                                        \
        "create", K7I_KIND_DEPLOYMENT, "cap", "web"                                                          \
    }

static const struct {
    const char *name;
    int http_status;
    struct k7i_target target;
    int code;
    const char *words, *reason;
} rows[] = {
    { "unauthenticated", 401, CREATE, K7_ERR_UNAUTHENTICATED, "create Deployment cap/web: Unauthorized",
      "Unauthorized" },
    { "forbidden_create", 403, CREATE, K7_ERR_FORBIDDEN,
      "cannot create Deployment cap/web: forbidden: needs create on deployments.apps in the namespace cap: "
      "deployments.apps is forbidden: User \"powerless\" cannot create",
      "Forbidden" },
    { "forbidden_list_nodes",
      403,
      { "list", K7I_KIND_NODE, NULL, NULL },
      K7_ERR_FORBIDDEN,
      "cannot list Nodes: forbidden: needs list on nodes: ",
      "Forbidden" },
    { "forbidden_get_secret",
      403,
      { "get", K7I_KIND_SECRET, "cap", "web-env" },
      K7_ERR_FORBIDDEN,
      "forbidden: needs get on secrets in the namespace cap: ",
      "Forbidden" },
    { "missing_namespace", 404, CREATE, K7_ERR_NOT_FOUND, "namespaces \"absent\" not found", "NotFound" },
    { "missing", 404, CREATE, K7_ERR_NOT_FOUND, "deployments.apps \"web\" not found", "NotFound" },
    { "missing_group", 404, CREATE, K7_ERR_NOT_FOUND, "cap/web: 404 page not found", NULL },
    { "already_exists", 409, CREATE, K7_ERR_ALREADY_EXISTS, "\"web\" already exists", "AlreadyExists" },
    { "uid_conflict", 409, CREATE, K7_ERR_CONFLICT, "does not match the UID in record", "Conflict" },
    { "invalid", 422, CREATE, K7_ERR_REJECTED, "spec.template.spec.containers[0].image: Required value",
      "Invalid" },
    { "malformed", 400, CREATE, K7_ERR_REJECTED, "unexpected end of JSON input", "BadRequest" },
    { "bad_quantity", 400, CREATE, K7_ERR_REJECTED, "quantities must match", "BadRequest" },
    { "quota", 403, CREATE, K7_ERR_QUOTA_EXCEEDED, "exceeded quota: q, requested: count/deployments.apps=1",
      "Forbidden" },
    { "quota_needs_limits", 403, CREATE, K7_ERR_REJECTED, "failed quota: q: must specify cpu for: c",
      "Forbidden" },
    { "limit_range", 403, CREATE, K7_ERR_REJECTED, "maximum cpu usage per Container is 1, but limit is 8",
      "Forbidden" },
    { "pod_security", 403, CREATE, K7_ERR_REJECTED, "violates PodSecurity \"restricted:latest\"",
      "Forbidden" },
    { "admission_policy", 422, CREATE, K7_ERR_REJECTED, "denied request: no pod may be called p", "Invalid" },
    { "webhook_unreachable", 500, CREATE, K7_ERR_SERVER, "failed calling webhook \"check.example.com\"",
      "InternalError" },
    { "too_many_requests", 429, CREATE, K7_ERR_RATE_LIMITED, "Cannot evict pod", "TooManyRequests" },
    { "given_up", 504, CREATE, K7_ERR_UNAVAILABLE, "did not complete within the allotted timeout",
      "Timeout" },
    { "timeout", 504, CREATE, K7_ERR_UNAVAILABLE, "context deadline exceeded", "Timeout" },
    { "unavailable", 503, CREATE, K7_ERR_UNAVAILABLE, "cap/web: service unavailable", NULL },
    { "expired_continue",
      410,
      { "list", K7I_KIND_POD, NULL, NULL },
      K7_ERR_UNAVAILABLE,
      "cannot list Pods in all namespaces: The provided continue parameter is too old",
      "Expired" },
    { "terminating", 403, CREATE, K7_ERR_CONFLICT, "because it is being terminated", "Forbidden" },
};

START_TEST(refusals_become_errors)
{
    size_t len;
    const char *body = recorded(rows[_i].name, &len);
    struct k7i_op *op = refused(rows[_i].http_status, body, len, &rows[_i].target);
    const char *message = k7_error_get_message(op->error);

    ck_assert_msg(k7_error_get_code(op->error) == rows[_i].code, "%s: %s", rows[_i].name,
                  k7_error_code_name(k7_error_get_code(op->error)));
    ck_assert_msg(strstr(message, rows[_i].words) != NULL, "%s", message);
    ck_assert_ptr_null(strpbrk(message, "\n\r\t"));
    ck_assert_int_ne(message[strlen(message) - 1], ' ');
    ck_assert_int_eq(k7_error_get_http_status(op->error), rows[_i].http_status);
    ck_assert_int_eq(k7_error_get_outcome(op->error), K7_OUTCOME_REJECTED);
    if (rows[_i].reason)
        ck_assert_str_eq(k7_error_get_reason(op->error), rows[_i].reason);
    else
        ck_assert_ptr_null(k7_error_get_reason(op->error));
    k7i_op_free(op);
}
END_TEST

START_TEST(causes_are_the_servers_own_text)
{
    static const struct k7i_target target = CREATE;
    size_t len;
    const char *body = recorded("invalid", &len);
    struct k7i_op *op = refused(422, body, len, &target);

    ck_assert_ptr_nonnull(strstr(k7_error_get_server_text(op->error), "metadata.name: Invalid value"));
    ck_assert_ptr_nonnull(
        strstr(k7_error_get_server_text(op->error), "; spec.template.spec.containers[0].image: "));
    k7i_op_free(op);
}
END_TEST

START_TEST(retry_after_is_kept)
{
    static const struct k7i_target target = CREATE;
    static const char body[] =
        "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"too many\",\"reason\":"
        "\"TooManyRequests\",\"details\":{\"retryAfterSeconds\":3},\"code\":429}";
    struct k7i_response response = {
        .status = 429, .body = body, .body_len = sizeof body - 1, .retry_after_ms = -1
    };
    struct k7i_op *op = refused(429, body, sizeof body - 1, &target);

    ck_assert_int_eq(k7_error_get_retry_after_ms(op->error), 3000);
    ck_assert_int_eq(k7_error_is_retryable(op->error), 1);
    k7i_op_free(op);
    response.retry_after_ms = 1000; /* the header's */
    ck_assert_int_eq(k7i_op_new(&plan, NULL, &op, NULL), 0);
    k7i_kube_refused(op, &response, &target);
    ck_assert_int_eq(k7_error_get_retry_after_ms(op->error), 1000);
    k7i_op_free(op);
}
END_TEST

START_TEST(an_error_of_a_watch_reads_the_same)
{
    size_t len;
    const char *text = recorded("expired_watch", &len);
    struct k7i_status status;
    struct k7i_json *json;

    ck_assert_int_eq(k7i_json_parse(text, len, &json, NULL), 0);
    k7i_status_read_json(k7i_json_get(k7i_json_root(json), "object"), &status);
    ck_assert_str_eq(status.reason, "Expired");
    ck_assert_str_eq(status.message, "too old resource version: 1 (3769)");
    k7i_json_free(json);
}
END_TEST

/* A server that loses its store for a moment: 4 times, each pause longer, then its own words. The second is what it says of an etcd that is stopped. */
START_TEST(passing_failures_are_asked_again)
{
    static const struct k7i_target target = { "get", K7I_KIND_DEPLOYMENT, "demo", "web" };
    static const char *const words[] = {
        "etcdserver: request timed out",
        "rpc error: code = Unavailable desc = keepalive ping failed to receive ACK within timeout", "boom"
    };
    char body[300];
    int len = snprintf(body, sizeof body,
                       "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
                       "\"message\":\"%s\",\"code\":500}",
                       words[_i]);
    struct k7i_response response = {
        .status = 500, .body = body, .body_len = (size_t)len, .retry_after_ms = -1
    };
    struct k7i_op *op;
    int count = 0, is_passing = _i < 2;

    ck_assert_int_eq(k7i_op_new(&plan, NULL, &op, NULL), 0);
    for (int i = 0; is_passing && i < 4; i++)
        ck_assert_int_eq(k7i_kube_refused_or_again(op, &response, &target, &count), K7I_AGAIN);
    ck_assert_int_eq(k7i_kube_refused_or_again(op, &response, &target, &count), K7I_FAIL);
    ck_assert_int_eq(count, 0); /* what is to be undone is asked as often */
    ck_assert_int_eq(k7_error_get_code(op->error), is_passing ? K7_ERR_UNAVAILABLE : K7_ERR_SERVER);
    ck_assert_ptr_nonnull(strstr(k7_error_get_message(op->error), words[_i]));
    k7i_op_free(op);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transport_kubernetes/status");
    TCase *tests = tcase_create("status");

    tcase_add_loop_test(tests, refusals_become_errors, 0, (int)(sizeof rows / sizeof rows[0]));
    tcase_add_test(tests, causes_are_the_servers_own_text);
    tcase_add_test(tests, retry_after_is_kept);
    tcase_add_test(tests, an_error_of_a_watch_reads_the_same);
    tcase_add_loop_test(tests, passing_failures_are_asked_again, 0, 3);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
