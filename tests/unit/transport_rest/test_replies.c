/* test_replies.c: what the answers of every K7 version mean. */
#include "fixture.h"

#include <k7sandbox/library.h>

#define MESSAGE(code, message) "{\"error\":{\"code\":\"" code "\",\"message\":\"" message "\"}}"
#define DETAIL_NOT_FOUND       "{\"detail\":\"Not Found\"}"
#define NO_SUCH_ROUTE                                                                                        \
    "{\"error\":{\"code\":\"NotFound\",\"message\":\"Not Found\",\"reason\":\"NoSuchRoute\"}}"
#define INFO_0_1                                                                                             \
    "{\"name\":\"demo\",\"namespace\":\"team-a\",\"status\":\"Running\",\"ready\":\"True\",\"restarts\":0,"  \
    "\"age\":\"0:05:42\",\"image\":\"alpine\",\"error_message\":\"\"}"
#define INFO_0_3                                                                                                  \
    "{\"name\":\"demo\",\"namespace\":\"team-a\",\"status\":\"Pending\",\"ready\":false,\"restarts\":2,"          \
    "\"age\":\"1 day, 0:00:05\",\"image\":\"alpine\",\"error_message\":\"\",\"backend\":\"k7d\",\"node\":\"n1\"," \
    "\"node_ports\":[31234],\"colour\":\"blue\"}"
#define ADMISSION                                                                                                           \
    "Failed to create deployment: (403)\\nReason: Forbidden\\nHTTP response headers: HTTPHeaderDict({'Audit-Id': "          \
    "'1'})\\nHTTP response body: {\\\"message\\\":\\\"deployments.apps \\\\\\\"demo\\\\\\\" is forbidden: exceeded quota: " \
    "team\\\"}\\n"

enum { CREATE, LIST, GET, DELETE };

static const struct row {
    int operation, status;
    const char *body;
    int code; /* 0: not an error */
    enum k7i_verdict verdict;
    const char *text;   /* in the message */
    const char *reason; /* NULL: not looked at */
} rows[] = {
    /* create */
    { CREATE, 201, "{\"data\":{\"name\":\"demo\",\"namespace\":\"team-a\",\"image\":\"alpine\"}}", 0,
      K7I_DONE },
    { CREATE, 201, "", 0, K7I_DONE },
    { CREATE, 204, "", 0, K7I_DONE },
    { CREATE, 201, "{\"name\":\"demo\"}", 0, K7I_DONE },
    { CREATE, 200, "{\"status\":\"ok\"}", K7_ERR_PROTOCOL },
    { CREATE, 201, "{\"data\":null}", K7_ERR_PROTOCOL, .text = "no data" },
    { CREATE, 201, "{\"data\":{\"name\":\"other\"}}", K7_ERR_PROTOCOL, .text = "another sandbox" },
    { CREATE, 201, "<html>", K7_ERR_PROTOCOL, .text = "not the JSON" },
    { CREATE, 201, MESSAGE("Conflict", "no"), K7_ERR_CONFLICT, .text = "no", .reason = "Conflict" },
    { CREATE, 400, MESSAGE("BadRequest", "Sandbox demo already exists"), K7_ERR_ALREADY_EXISTS,
      .text = "Sandbox demo already exists (HTTP 400)", .reason = "BadRequest" },
    { CREATE, 400, MESSAGE("BadRequest", "Sandbox demo2 already exists"), K7_ERR_REJECTED },
    { CREATE, 400, "{\"error\":{\"code\":\"BadRequest\",\"message\":\"there\",\"reason\":\"AlreadyExists\"}}",
      K7_ERR_ALREADY_EXISTS, .reason = "AlreadyExists" },
    { CREATE, 400, MESSAGE("BadRequest", "Invalid resource limits"), K7_ERR_REJECTED,
      .text = "cannot create sandbox \"demo\" in namespace \"team-a\": Invalid resource limits (HTTP 400)" },
    { CREATE, 400, MESSAGE("BadRequest", "Failed to create deployment: (409)\\nReason: Conflict\\n"),
      K7_ERR_ALREADY_EXISTS },
    { CREATE, 400, MESSAGE("BadRequest", "Failed to create deployment: (404)\\nReason: Not Found\\n"),
      K7_ERR_REJECTED, .text = "(404) Reason: Not Found (HTTP" },
    { CREATE, 400, MESSAGE("BadRequest", "Failed to create secret: (503)\\nReason: Service Unavailable\\n"),
      K7_ERR_UNAVAILABLE },
    { CREATE, 400, MESSAGE("BadRequest", ADMISSION), K7_ERR_QUOTA_EXCEEDED,
      .text = "(403) Reason: Forbidden: deployments.apps \"demo\" is forbidden: exceeded quota: team (HTTP" },
    { CREATE, 400, MESSAGE("BadRequest", "before_script failed: exit 3"), K7_ERR_SCRIPT_FAILED },
    { CREATE, 400, MESSAGE("BadRequest", "Timed out waiting for sandbox container to start"),
      K7_ERR_START_FAILED },
    { CREATE, 400, MESSAGE("BadRequest", "No node available supporting backend 'k7d'. Available: <none>"),
      K7_ERR_START_FAILED },
    { CREATE, 400,
      MESSAGE("BadRequest", "HTTPSConnectionPool(host='10.43.0.1', port=443): Max retries exceeded with url: "
                            "/api/v1/namespaces/team-a/secrets (Caused by ...)"),
      K7_ERR_UNAVAILABLE },
    { CREATE, 400, MESSAGE("BadRequest", ""), 0, K7I_NEXT },
    { CREATE, 400, "", K7_ERR_REJECTED, .text = "did not say why" },
    { CREATE, 401, MESSAGE("Unauthorized", "Invalid API key"), K7_ERR_UNAUTHENTICATED,
      .text = "Invalid API key" },
    { CREATE, 401, "", K7_ERR_UNAUTHENTICATED, .text = "set rest.api_key" },
    { CREATE, 403, MESSAGE("Forbidden", "API key is not authorized for namespace 'team-a'"),
      K7_ERR_FORBIDDEN },
    { CREATE, 403, MESSAGE("QuotaExceeded", "20 of 20 sandboxes"), K7_ERR_QUOTA_EXCEEDED,
      .text = "20 of 20 sandboxes", .reason = "QuotaExceeded" },
    { CREATE, 404, DETAIL_NOT_FOUND, K7_ERR_PROTOCOL, .text = "no K7 API" },
    { CREATE, 409, MESSAGE("Conflict", "Sandbox demo already exists"), K7_ERR_ALREADY_EXISTS },
    { CREATE, 409, MESSAGE("Conflict", "being deleted"), K7_ERR_CONFLICT },
    { CREATE, 400, "{\"error\":{\"code\":\"BadRequest\",\"message\":\"no\",\"reason\":\"ImagePullFailed\"}}",
      K7_ERR_IMAGE_PULL },
    { CREATE, 422,
      "{\"detail\":[{\"loc\":[\"body\",\"name\"],\"msg\":\"field required\",\"type\":\"missing\"},"
      "{\"loc\":[\"body\",0],\"msg\":\"bad\"}]}",
      K7_ERR_REJECTED, .text = "body.name: field required; body.0: bad (HTTP 422)" },
    { CREATE, 429, "", K7_ERR_RATE_LIMITED, .text = "too many requests" },
    { CREATE, 500, MESSAGE("InternalServerError", "boom"), K7_ERR_SERVER, .text = "boom",
      .reason = "InternalServerError" },
    { CREATE, 502, "<html>Bad Gateway</html>", K7_ERR_UNAVAILABLE },
    { CREATE, 503, "", K7_ERR_UNAVAILABLE },
    { CREATE, 599, "", K7_ERR_SERVER },
    /* list */
    { LIST, 200, "{\"data\":[" INFO_0_1 "," INFO_0_3 "]}", 0, K7I_NEXT },
    { LIST, 200, "[" INFO_0_1 "]", 0, K7I_NEXT },
    { LIST, 200, "", K7_ERR_PROTOCOL, .text = "no list" },
    { LIST, 204, "", K7_ERR_PROTOCOL, .text = "no list" },
    { LIST, 200, "{\"data\":null}", K7_ERR_PROTOCOL },
    { LIST, 200, "{\"data\":{}}", K7_ERR_PROTOCOL },
    { LIST, 200, "{\"data\":[{}]}", K7_ERR_PROTOCOL },
    { LIST, 200, "{\"data\":[1]}", K7_ERR_PROTOCOL },
    { LIST, 200, "{\"data\":[", K7_ERR_PROTOCOL },
    { LIST, 200, MESSAGE("Forbidden", "no"), K7_ERR_FORBIDDEN },
    { LIST, 200, "{\"error\":\"database is down\"}", K7_ERR_SERVER, .text = "database is down" },
    { LIST, 403, MESSAGE("Forbidden", "API key is namespace-scoped; pass an explicit allowed namespace"),
      K7_ERR_FORBIDDEN },
    { LIST, 404, DETAIL_NOT_FOUND, K7_ERR_PROTOCOL },
    { LIST, 404, "<html>nginx</html>", K7_ERR_PROTOCOL, .text = "no K7 API" },
    { LIST, 405, "{\"detail\":\"Method Not Allowed\"}", K7_ERR_PROTOCOL, .text = "not a K7 API" },
    { LIST, 500, "oops", K7_ERR_SERVER },
    { LIST, 504, MESSAGE("Error", "Kubernetes is slow"), K7_ERR_UNAVAILABLE, .text = "Kubernetes is slow" },
    /* get */
    { GET, 200, "{\"data\":" INFO_0_1 "}", 0, K7I_NEXT },
    { GET, 200, "{\"data\":" INFO_0_3 "}", 0, K7I_NEXT },
    { GET, 200, "{\"data\":{\"name\":\"other\"}}", K7_ERR_PROTOCOL },
    { GET, 404, MESSAGE("NotFound", "Sandbox demo not found in namespace team-a"), 0, K7I_NEXT },
    { GET, 404, DETAIL_NOT_FOUND, K7_ERR_PROTOCOL, .text = "no K7 API" },
    { GET, 404, NO_SUCH_ROUTE, K7_ERR_PROTOCOL, .text = "no K7 API" },
    { GET, 404, "", K7_ERR_PROTOCOL },
    /* delete */
    { DELETE, 200, "{\"data\":{\"message\":\"Sandbox demo deleted successfully\"}}", 0, K7I_NEXT },
    { DELETE, 204, "", 0, K7I_NEXT },
    { DELETE, 200, "<html>welcome</html>", K7_ERR_PROTOCOL },
    { DELETE, 404, MESSAGE("NotFound", "Sandbox demo not found"), 0, K7I_DONE },
    { DELETE, 404, DETAIL_NOT_FOUND, K7_ERR_PROTOCOL },
    { DELETE, 404, NO_SUCH_ROUTE, K7_ERR_PROTOCOL },
    { DELETE, 400, MESSAGE("BadRequest", "deployment: (403)\\nReason: Forbidden\\n"), K7_ERR_REJECTED },
    { DELETE, 400, MESSAGE("BadRequest", "deployment: (500)\\nReason: Internal Server Error\\n; secret: ..."),
      K7_ERR_UNAVAILABLE },
    { DELETE, 409, MESSAGE("Conflict", "being deleted"), K7_ERR_CONFLICT },
};

static struct fixture f;

static void open_operation(int operation)
{
    static const struct k7i_plan *const plans[] = { &k7i_rest_create_plan, &k7i_rest_list_plan,
                                                    &k7i_rest_get_plan, &k7i_rest_delete_plan };
    struct k7i_args args = { .namespace_ = "team-a", .name = operation == LIST ? NULL : "demo" };
    k7_spec *spec = NULL;

    ck_assert_int_eq(k7_spec_new("demo", "alpine", &spec, NULL), 0);
    args.spec = spec;
    fixture_open(&f, plans[operation], &args);
    k7_spec_free(spec);
}

START_TEST(answers_mean_what_they_say)
{
    static const char *const steps[] = { "create", "list", "get", "delete" };
    const struct row *row = &rows[_i];
    enum k7i_verdict verdict;

    open_operation(row->operation);
    verdict = fixture_reply(&f, steps[row->operation], row->status, row->body);
    ck_assert_msg(k7_error_get_code(f.op->error) == row->code, "%d %s: %d instead of %d: %s", row->status,
                  row->body, k7_error_get_code(f.op->error), row->code, k7_error_get_message(f.op->error));
    ck_assert_int_eq(verdict, row->code ? K7I_FAIL : row->verdict);
    if (row->text)
        ck_assert_msg(strstr(k7_error_get_message(f.op->error), row->text) != NULL, "\"%s\" is not in \"%s\"",
                      row->text, k7_error_get_message(f.op->error));
    if (row->reason)
        ck_assert_str_eq(k7_error_get_reason(f.op->error), row->reason);
    if (row->code)
        ck_assert_int_eq(k7_error_get_http_status(f.op->error), row->status);
    fixture_close(&f);
}
END_TEST

START_TEST(redirects_are_errors_that_name_the_location)
{
    static const int statuses[] = { 301, 302, 303, 307, 308 };
    struct k7i_response response = { .status = statuses[_i],
                                     .body = "",
                                     .location = "https://elsewhere/api/v1/sandboxes",
                                     .retry_after_ms = -1 };

    open_operation(LIST);
    ck_assert_int_eq(fixture_step(&f, "list")->reply(f.op, &response), K7I_FAIL);
    ck_assert_int_eq(k7_error_get_code(f.op->error), K7_ERR_PROTOCOL);
    ck_assert_ptr_nonnull(
        strstr(k7_error_get_message(f.op->error), "redirects to https://elsewhere/api/v1/sandboxes"));
    fixture_close(&f);
}
END_TEST

START_TEST(every_field_of_every_version_is_read)
{
    k7_sandboxes *list;
    k7_sandbox *old, *new;
    char *text = NULL;

    open_operation(LIST);
    fixture_reply(&f, "list", 200, "{\"data\":[" INFO_0_1 "," INFO_0_3 "]}");
    list = f.op->result;
    ck_assert_uint_eq(k7_sandboxes_count(list), 2);
    old = k7_sandboxes_at(list, 0);
    new = k7_sandboxes_at(list, 1);
    ck_assert_int_eq(k7_sandbox_is_ready(old), 1);
    ck_assert_str_eq(k7_sandbox_get_age_text(old), "0:05:42");
    ck_assert_ptr_null(k7_sandbox_get_backend(old));
    ck_assert_int_eq(k7_sandbox_is_ready(new), 0);
    ck_assert_int_eq(k7_sandbox_get_restarts(new), 2);
    ck_assert_str_eq(k7_sandbox_get_node(new), "n1");
    ck_assert_int_eq(k7_sandbox_node_port_at(new, 0), 31234);
    ck_assert_int_eq(k7_sandbox_to_json(new, &text, NULL), 0);
    ck_assert_ptr_nonnull(strstr(text, "\"colour\":\"blue\""));
    k7_free(text);
    fixture_close(&f);
}
END_TEST

START_TEST(create_tells_its_endpoints)
{
    open_operation(CREATE);
    fixture_reply(&f, "create", 201,
                  "{\"data\":{\"name\":\"demo\",\"namespace\":\"team-a\",\"image\":\"alpine\",\"endpoints\":"
                  "[{\"port\":80,\"node_port\":31234,\"url\":\"http://10.0.0.1:31234\"}]}}");
    ck_assert_uint_eq(k7_sandbox_endpoint_count(f.op->result), 1);
    ck_assert_str_eq(k7_sandbox_endpoint_url_at(f.op->result, 0), "http://10.0.0.1:31234");
    fixture_close(&f);
}
END_TEST

START_TEST(create_without_data_describes_what_was_asked)
{
    open_operation(CREATE);
    fixture_reply(&f, "create", 201, "");
    ck_assert_str_eq(k7_sandbox_get_name(f.op->result), "demo");
    ck_assert_str_eq(k7_sandbox_get_namespace(f.op->result), "team-a");
    ck_assert_str_eq(k7_sandbox_get_image(f.op->result), "alpine");
    ck_assert_ptr_null(k7_sandbox_get_status(f.op->result));
    fixture_close(&f);
}
END_TEST

/* --- the second look --- */

static const struct {
    int status;
    const char *body;
    int outage, checked_again;
} checks[] = {
    { 404, MESSAGE("NotFound", "Snapshot k7sandbox-outage-check not found in namespace team-a"), 0, 1 },
    { 404, DETAIL_NOT_FOUND, 0, 0 },
    { 404, MESSAGE("NotFound", "there is nothing here"), 0, 0 },
    { 403, MESSAGE("Forbidden", "API key is not authorized"), 0, 1 },
    { 500, MESSAGE("InternalServerError", "(403)\\nReason: Forbidden\\n"), 0, 1 },
    { 500, MESSAGE("InternalServerError", "HTTPSConnectionPool: Max retries exceeded"), 1, 1 },
    { 503, "", 1, 1 },
};
enum { CHECKS = sizeof checks / sizeof checks[0] };

START_TEST(an_empty_list_is_believed_only_where_kubernetes_answers)
{
    open_operation(LIST);
    fixture_reply(&f, "list", 200, "{\"data\":[]}");
    ck_assert_int_eq(fixture_reply(&f, "check for an outage", checks[_i].status, checks[_i].body),
                     checks[_i].outage ? K7I_FAIL : K7I_NEXT);
    ck_assert_int_eq(k7_error_get_code(f.op->error), checks[_i].outage ? K7_ERR_UNAVAILABLE : 0);
    fixture_again(&f, &k7i_rest_list_plan, &(struct k7i_args){ .namespace_ = "team-a" });
    fixture_reply(&f, "list", 200, "{\"data\":[]}");
    ck_assert_int_eq(fixture_begin(&f, "check for an outage"),
                     checks[_i].checked_again ? K7I_SEND : K7I_SKIP);
    fixture_close(&f);
}
END_TEST

START_TEST(not_found_is_believed_only_where_kubernetes_answers)
{
    open_operation(GET);
    fixture_reply(&f, "get", 404, MESSAGE("NotFound", "Sandbox demo not found in namespace team-a"));
    ck_assert_int_eq(fixture_reply(&f, "check for an outage", checks[_i].status, checks[_i].body), K7I_FAIL);
    ck_assert_int_eq(k7_error_get_code(f.op->error),
                     checks[_i].outage ? K7_ERR_UNAVAILABLE : K7_ERR_NOT_FOUND);
    fixture_close(&f);
}
END_TEST

/* --- a refusal without a reason --- */

static const struct {
    int status;
    const char *body;
    int code;
    enum k7i_verdict undo;
} whys[] = {
    { 200, "{\"data\":" INFO_0_1 "}", K7_ERR_ALREADY_EXISTS, K7I_SKIP },
    { 200, "{\"data\":" INFO_0_3 "}", K7_ERR_ALREADY_EXISTS, K7I_SKIP },
    { 200, "{\"data\":{\"name\":\"demo\",\"age\":\"0:00:01\"}}", K7_ERR_REJECTED, K7I_FAIL },
    { 200, "{\"data\":{\"name\":\"demo\"}}", K7_ERR_REJECTED, K7I_FAIL },
    { 404, MESSAGE("NotFound", "Sandbox demo not found in namespace team-a"), K7_ERR_REJECTED, K7I_SKIP },
    { 500, "", K7_ERR_REJECTED, K7I_FAIL },
};

START_TEST(an_empty_refusal_is_looked_into)
{
    open_operation(CREATE);
    fixture_begin(&f, "create");
    ck_assert_int_eq(fixture_reply(&f, "create", 400, MESSAGE("BadRequest", "")), K7I_NEXT);
    ck_assert_int_eq(fixture_begin(&f, "look why"), K7I_SEND);
    ck_assert_str_eq(f.text, "GET /api/v1/sandboxes/demo?namespace=team-a\n");
    ck_assert_int_eq(fixture_reply(&f, "look why", whys[_i].status, whys[_i].body), K7I_FAIL);
    ck_assert_int_eq(k7_error_get_code(f.op->error), whys[_i].code);
    ck_assert_int_eq(k7_error_get_http_status(f.op->error), 400);
    ck_assert_int_eq(fixture_begin_step(&f, fixture_step(&f, "create")->undo), whys[_i].undo);
    fixture_close(&f);
}
END_TEST

/* --- what a server has --- */

static const struct {
    const char *spec;
    int status;
    const char *body;
    int code;
    const char *text;
} features[] = {
    { "{\"env\":{\"A\":\"1\"}}", 200, "{\"message\":\"K7 Sandbox API\",\"version\":\"0.4.0\"}",
      K7_ERR_UNSUPPORTED_ARGUMENT, "env: " },
    { "{\"env\":{\"A\":\"1\"}}", 404, "{\"detail\":\"Not Found\"}", K7_ERR_UNSUPPORTED_ARGUMENT, "env: " },
    { "{\"env\":{\"A\":\"1\"}}", 200, "<html>", K7_ERR_UNSUPPORTED_ARGUMENT, "env: " },
    { "{\"env\":{\"A\":\"1\"}}", 200, "{\"server\":\"k7-gateway/0.1\",\"features\":[\"env\"]}", 0, NULL },
    { "{\"env\":{\"A\":\"1\"}}", 500, "", K7_ERR_SERVER, "HTTP 500" },
    { "{\"before_script_under_lock\":true}", 200, "{\"server\":\"k7-gateway/0.1\",\"features\":[\"env\"]}",
      K7_ERR_UNSUPPORTED_ARGUMENT, "before_script_under_lock: " },
    { "{\"before_script_under_lock\":true}", 200,
      "{\"server\":\"k7-gateway/0.1\",\"features\":[\"env\",\"before_script_under_lock\"]}", 0, NULL },
    { "{\"docker\":true}", 200, "{\"version\":\"0.2.2\"}", K7_ERR_UNSUPPORTED_ARGUMENT,
      "docker: this needs K7 0.3 or later, and the server is K7 0.2.2" },
    { "{\"docker\":true}", 200, "{\"version\":\"0.3.0\"}", 0, NULL },
    { "{\"docker\":true}", 200, "{\"version\":\"0.10.0\"}", 0, NULL },
    { "{\"docker\":true}", 200, "{\"version\":\"0.1.0\",\"server\":\"k7-gateway/0.1.0\"}", 0, NULL },
    { "{\"docker\":true}", 200, "{\"message\":\"K7 Sandbox API\"}", 0, NULL },
    { "{\"docker\":true}", 404, "", 0, NULL },
    { "{\"backend\":\"k7d\"}", 200, "{\"version\":\"0.0.3\"}", K7_ERR_UNSUPPORTED_ARGUMENT, "needs K7 0.2" },
};

START_TEST(what_a_server_would_ignore_is_refused)
{
    k7_spec *spec = NULL;

    ck_assert_int_eq(k7_spec_from_json(features[_i].spec, strlen(features[_i].spec), &spec, NULL), 0);
    fixture_open(&f, &k7i_rest_create_plan,
                 &(struct k7i_args){ .spec = spec, .namespace_ = "team-a", .name = "demo" });
    ck_assert_int_eq(fixture_reply(&f, "features", features[_i].status, features[_i].body),
                     features[_i].code ? K7I_FAIL : K7I_NEXT);
    ck_assert_int_eq(k7_error_get_code(f.op->error), features[_i].code);
    if (features[_i].text)
        ck_assert_ptr_nonnull(strstr(k7_error_get_message(f.op->error), features[_i].text));
    k7_spec_free(spec);
    fixture_close(&f);
}
END_TEST

/* --- deleting --- */

static const struct {
    int status;
    const char *body;
    enum k7i_verdict verdict;
} gone[] = {
    { 404, MESSAGE("NotFound", "Sandbox demo not found in namespace team-a"), K7I_DONE },
    { 200, "{\"data\":" INFO_0_1 "}", K7I_AGAIN },
    { 403, MESSAGE("Forbidden", "no"), K7I_DONE },
    { 404, DETAIL_NOT_FOUND, K7I_FAIL },
    { 200, "<html>", K7I_FAIL },
    { 500, "", K7I_FAIL },
};

START_TEST(deleting_ends_when_the_sandbox_is_gone)
{
    open_operation(DELETE);
    fixture_begin(&f, "delete");
    ck_assert_int_eq(fixture_reply(&f, "wait until gone", gone[_i].status, gone[_i].body), gone[_i].verdict);
    fixture_close(&f);
}
END_TEST

START_TEST(deleting_does_not_wait_for_somebodys_new_sandbox)
{
    open_operation(DELETE);
    fixture_begin(&f, "delete");
    k7i_rest_state_of(f.op)->sent_us -= INT64_C(60) * 1000000; /* a minute ago */
    ck_assert_int_eq(
        fixture_reply(&f, "wait until gone", 200, "{\"data\":{\"name\":\"demo\",\"age\":\"0:00:07\"}}"),
        K7I_DONE);
    fixture_close(&f);
}
END_TEST

START_TEST(deleting_what_must_exist_fails_when_it_does_not)
{
    fixture_open(&f, &k7i_rest_delete_plan,
                 &(struct k7i_args){ .namespace_ = "team-a", .name = "demo", .missing_is_error = 1 });
    ck_assert_int_eq(fixture_reply(&f, "look", 404, MESSAGE("NotFound", "Sandbox demo not found")), K7I_NEXT);
    ck_assert_int_eq(fixture_begin(&f, "check for an outage"), K7I_SEND);
    fixture_reply(&f, "check for an outage", 404, MESSAGE("NotFound", "Snapshot k7sandbox-outage-check"));
    ck_assert_int_eq(k7_error_get_code(f.op->error), K7_ERR_NOT_FOUND);
    fixture_close(&f);
}
END_TEST

/* --- secrets and strange text --- */

START_TEST(a_credential_that_the_server_sends_back_is_struck_out)
{
    static const char body[] = "<pre>X-API-Key: s3cret-key</pre>";
    struct k7i_response response = { .status = 302,
                                     .body = body,
                                     .body_len = sizeof body - 1,
                                     .location = "https://x/?key=s3cret-key",
                                     .retry_after_ms = -1 };

    open_operation(LIST);
    k7i_rest_server_keep_secret(&f.rest.server, "s3cret-key");
    fixture_step(&f, "list")->reply(f.op, &response);
    ck_assert_ptr_null(strstr(k7_error_get_message(f.op->error), "s3cret"));
    ck_assert_str_eq(k7_error_get_server_text(f.op->error), "<pre>X-API-Key: **********</pre>");
    fixture_close(&f);
    open_operation(LIST);
    k7i_rest_server_keep_secret(&f.rest.server, "s3cret-key");
    fixture_reply(&f, "list", 400,
                  "{\"error\":{\"code\":\"s3cret-key\",\"message\":\"bad header s3cret-key\"}}");
    ck_assert_ptr_null(strstr(k7_error_get_message(f.op->error), "s3cret"));
    ck_assert_ptr_null(strstr(k7_error_get_reason(f.op->error), "s3cret"));
    fixture_close(&f);
}
END_TEST

START_TEST(no_part_of_a_credential_stays_where_a_text_is_cut)
{
    char body[1024], padding[512];

    for (int before = 380; before < 401; before++) {
        memset(padding, 'x', sizeof padding);
        snprintf(body, sizeof body,
                 "{\"error\":{\"code\":\"BadRequest\",\"message\":\"%.*ss3cret-key and more\"}}", before,
                 padding);
        open_operation(LIST);
        k7i_rest_server_keep_secret(&f.rest.server, "s3cret-key");
        fixture_reply(&f, "list", 400, body);
        ck_assert_ptr_null(strstr(k7_error_get_message(f.op->error), "s3c"));
        fixture_close(&f);
    }
}
END_TEST

START_TEST(a_servers_text_becomes_one_line_of_utf8)
{
    open_operation(LIST);
    fixture_reply(&f, "list", 500, "{\"detail\":\"one\\n\\ttwo\\u001b[31m three\"}");
    ck_assert_ptr_nonnull(strstr(k7_error_get_message(f.op->error), ": one two [31m three (HTTP 500)"));
    fixture_close(&f);
    open_operation(LIST);
    fixture_reply(&f, "list", 500, "\xff\xfe\x01 garbage");
    ck_assert_str_eq(k7_error_get_server_text(f.op->error), "??? garbage");
    fixture_close(&f);
}
END_TEST

START_TEST(retry_after_is_passed_on)
{
    struct k7i_response response = { .status = 429, .body = "", .retry_after_ms = 7000 };

    open_operation(CREATE);
    fixture_step(&f, "create")->reply(f.op, &response);
    ck_assert_int_eq(k7_error_get_retry_after_ms(f.op->error), 7000);
    ck_assert_int_eq(k7_error_is_retryable(f.op->error), 1);
    fixture_close(&f);
}
END_TEST

#define COUNT(table) (int)(sizeof table / sizeof table[0])

int main(void)
{
    Suite *suite = suite_create("rest replies");
    TCase *tests = tcase_create("replies");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tests, answers_mean_what_they_say, 0, COUNT(rows));
    tcase_add_loop_test(tests, redirects_are_errors_that_name_the_location, 0, 5);
    tcase_add_test(tests, every_field_of_every_version_is_read);
    tcase_add_test(tests, create_tells_its_endpoints);
    tcase_add_test(tests, create_without_data_describes_what_was_asked);
    tcase_add_loop_test(tests, an_empty_list_is_believed_only_where_kubernetes_answers, 0, CHECKS);
    tcase_add_loop_test(tests, not_found_is_believed_only_where_kubernetes_answers, 0, CHECKS);
    tcase_add_loop_test(tests, an_empty_refusal_is_looked_into, 0, COUNT(whys));
    tcase_add_loop_test(tests, what_a_server_would_ignore_is_refused, 0, COUNT(features));
    tcase_add_loop_test(tests, deleting_ends_when_the_sandbox_is_gone, 0, COUNT(gone));
    tcase_add_test(tests, deleting_does_not_wait_for_somebodys_new_sandbox);
    tcase_add_test(tests, deleting_what_must_exist_fails_when_it_does_not);
    tcase_add_test(tests, a_credential_that_the_server_sends_back_is_struck_out);
    tcase_add_test(tests, no_part_of_a_credential_stays_where_a_text_is_cut);
    tcase_add_test(tests, a_servers_text_becomes_one_line_of_utf8);
    tcase_add_test(tests, retry_after_is_passed_on);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
