/* test_refusals.c: what an API server refuses for reasons of its own that have nothing to do with the request: policies of admission, and too many requests. */
#include "fixture.h"

#include <unistd.h>

#define FULL "\"env\":{\"A\":\"1\"},\"egress_whitelist\":[]"

/* ---- admission policies ---- */

/* A ValidatingAdmissionPolicy of this namespace that allows the operation on the resource as long as `rule` (CEL) is true. */
static void make_policy(const char *operation, const char *group, const char *resource, const char *rule,
                        const char *reason)
{
    char text[2048];

    snprintf(
        text, sizeof text,
        "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, metadata: {name: %s-%s},"
        " spec: {matchConstraints: {resourceRules: [{apiGroups: ['%s'], apiVersions: [v1], operations: [%s],"
        " resources: [%s]}]}, validations: [{expression: \"%s\", reason: %s,"
        " message: 'nothing of this kind on Sundays'}]}}\n---\n"
        "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, metadata: {name: %s-%s},"
        " spec: {policyName: %s-%s, validationActions: [Deny], matchResources: {namespaceSelector:"
        " {matchLabels: {kubernetes.io/metadata.name: %s}}}}}\n",
        namespace_, resource, group, operation, resource, rule, reason, namespace_, resource, namespace_,
        resource, namespace_);
    kubectl_with(text, "apply -f -");
}

/* The API server's admission hears of a policy a moment after it is there: asks until it is refused. */
static void await_refusal(const char *method, const char *path, const char *body)
{
    int status;

    do {
        json_object_put(peer_call(method, path, body, &status));
    } while (status < 400 || status == 409);
}

static void deny_deployments(const char *reason)
{
    char path[200];

    make_policy("CREATE", "apps", "deployments", "false", reason);
    snprintf(path, sizeof path, "/apis/apps/v1/namespaces/%s/deployments?dryRun=All", namespace_);
    await_refusal(
        "POST", path,
        "{\"metadata\":{\"name\":\"probe\"},\"spec\":{\"selector\":{\"matchLabels\":{\"app\":\"a\"}},"
        "\"template\":{\"metadata\":{\"labels\":{\"app\":\"a\"}},"
        "\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"a\"}]}}}}");
}

/* Else the namespace stays for ever. */
static void allow_deletion(const char *resource)
{
    kubectl("delete validatingadmissionpolicybinding,validatingadmissionpolicy %s-%s", namespace_, resource);
}

/* For what is there, and must not be deleted. */
static void deny_deletion(const char *api, const char *group, const char *resource, const char *name)
{
    char path[200];

    make_policy("DELETE", group, resource, "false", "Forbidden");
    snprintf(path, sizeof path, "/%s/namespaces/%s/%s/%s?dryRun=All", api, namespace_, resource, name);
    await_refusal("DELETE", path, NULL);
}

static const struct {
    const char *reason;
    int http_status;
} reasons[] = { { "Forbidden", 403 }, { "Invalid", 422 } };

START_TEST(a_policys_denial_is_told_in_its_own_words)
{
    deny_deployments(reasons[_i].reason);
    k7_error *error = create_fails(client, "demo", FULL, K7_ERR_REJECTED,
                                   "denied request: nothing of this kind on Sundays");

    assert_contains(k7_error_get_message(error), "ValidatingAdmissionPolicy '");
    assert_contains(k7_error_get_message(error), "cannot create Deployment");
    ck_assert_int_eq(k7_error_get_http_status(error), reasons[_i].http_status);
    ck_assert_str_eq(k7_error_get_reason(error), reasons[_i].reason);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_REJECTED);
    ck_assert_int_eq(k7_error_is_retryable(error), 0);
    k7_error_unref(error);
    assert_nothing_left();
}
END_TEST

START_TEST(a_denied_deletion_is_told_and_takes_nothing)
{
    k7_error *error = NULL;

    create("demo", FULL);
    deny_deletion("apis/apps/v1", "apps", "deployments", "demo");
    char *before = peer_objects(namespace_, NULL);
    int code = k7_sandbox_delete(client, NULL, "demo", NULL, NULL, &error);
    char *after = peer_objects(namespace_, NULL);

    ck_assert_msg(code == K7_ERR_REJECTED, "%d: %s", code, k7_error_get_message(error));
    assert_contains(k7_error_get_message(error), "nothing of this kind on Sundays");
    ck_assert_str_eq(before, after);
    allow_deletion("deployments");
    k7_error_unref(error);
    free(before);
    free(after);
}
END_TEST

/* The Deployment is refused, and what was made before it cannot be taken back either. */
START_TEST(what_a_policy_keeps_from_being_taken_back_is_named)
{
    k7_spec *spec = new_spec("demo", FULL);
    k7_error *error = NULL;

    kubectl("create secret generic probe");
    deny_deletion("api/v1", "", "secrets", "probe");
    deny_deployments("Forbidden");
    int code = k7_sandbox_create(client, spec, NULL, NULL, &error);
    ck_assert_msg(code == K7_ERR_REJECTED, "%d: %s", code, k7_error_get_message(error));
    assert_contains(k7_error_get_message(error), "cannot create Deployment");
    ck_assert_uint_eq(k7_error_leftover_count(error), 1);
    assert_contains(k7_error_leftover_at(error, 0), "Secret");
    assert_contains(k7_error_leftover_at(error, 0), "/demo-env");
    ck_assert_str_eq(kubectl("get deployment,pod,networkpolicy -o name"), "");
    ck_assert_str_eq(kubectl("get secret demo-env -o name"), "secret/demo-env");
    allow_deletion("secrets");
    k7_error_unref(error);
    k7_spec_free(spec);
}
END_TEST

/* ---- too many requests ---- */

static char user[80];  /* who has a priority level of his own, with one seat */
static CURL *occupier; /* has it */

static CURL *new_request(const char *path)
{
    CURL *easy = curl_easy_init();
    char url[300];

    snprintf(url, sizeof url, "%s/api/v1/namespaces/%s/%s", getenv("K7_TEST_CLUSTER_URL"), namespace_, path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("K7_TEST_CLUSTER_CA"));
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    return easy;
}

static size_t discard(char *data, size_t size, size_t count, void *unused)
{
    (void)data, (void)unused;
    return size * count;
}

/* Each answer tells by which FlowSchema its request was judged. */
static size_t note_schema(char *line, size_t size, size_t count, void *schema)
{
    char text[100];

    snprintf(text, sizeof text, "%.*s", (int)(size * count), line);
    sscanf(text, "X-Kubernetes-Pf-Flowschema-Uid: %63s", (char *)schema);
    return size * count;
}

/* What the API server answers to a request of the user's. ret_schema: room for 64. */
static long ask_as_user(char *ret_schema)
{
    CURL *easy = new_request("pods");
    struct curl_slist *headers = peer_authorization();
    char text[200];
    long status = 0;

    snprintf(text, sizeof text, "Impersonate-User: %s", user);
    headers = curl_slist_append(headers, text);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, note_schema);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, ret_schema);
    ck_assert_int_eq(curl_easy_perform(easy), CURLE_OK);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    return status;
}

/* Returns when the API server knows the user's priority level. */
static void make_priority(void)
{
    char text[2048], schema[64] = "";

    snprintf(user, sizeof user, "visitor-%s", namespace_);
    snprintf(
        text, sizeof text,
        "{apiVersion: flowcontrol.apiserver.k8s.io/v1, kind: PriorityLevelConfiguration, metadata: {name: %s},"
        " spec: {type: Limited, limited: {nominalConcurrencyShares: 0, lendablePercent: 0, borrowingLimitPercent: 0,"
        " limitResponse: {type: Reject}}}}\n---\n"
        "{apiVersion: flowcontrol.apiserver.k8s.io/v1, kind: FlowSchema, metadata: {name: %s},"
        " spec: {priorityLevelConfiguration: {name: %s}, matchingPrecedence: 2, rules: [{subjects: [{kind: User,"
        " user: {name: %s}}], resourceRules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'],"
        " clusterScope: true}]}]}}\n---\n"
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: %s},"
        " roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin},"
        " subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %s}]}\n",
        user, user, user, user, user, user);
    kubectl_with(text, "apply -f -");
    const char *uid = kubectl("get flowschema %s -o jsonpath={.metadata.uid}", user);
    do {
        ask_as_user(schema);
    } while (strcmp(schema, uid) != 0);
}

/* A level without shares lets one request through at a time: one whose body does not come. Returns when others are refused. */
static void occupy(void)
{
    char head[1024], schema[64];
    size_t sent;

    make_priority();
    occupier = new_request("secrets");
    curl_easy_setopt(occupier, CURLOPT_CONNECT_ONLY, 1L);
    ck_assert_int_eq(curl_easy_perform(occupier), CURLE_OK);
    snprintf(head, sizeof head,
             "POST /api/v1/namespaces/%s/secrets HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n"
             "Impersonate-User: %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n",
             namespace_, getenv("K7_TEST_CLUSTER_TOKEN"), user);
    ck_assert_int_eq(curl_easy_send(occupier, head, strlen(head), &sent), CURLE_OK);
    ck_assert_uint_eq(sent, strlen(head));
    while (ask_as_user(schema) != 429)
        ;
}

/* Returns when others are let through. */
static void leave(void)
{
    char schema[64];

    curl_easy_cleanup(occupier);
    while (ask_as_user(schema) == 429)
        ;
}

static k7_client *open_as_user(void)
{
    char path[] = "/tmp/k7-refusals-XXXXXX";
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    dprintf(
        fd,
        "{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],"
        " clusters: [{name: c, cluster: {server: '%s', certificate-authority: '%s'}}],"
        " users: [{name: u, user: {token: '%s', as: %s}}]}\n",
        getenv("K7_TEST_CLUSTER_URL"), getenv("K7_TEST_CLUSTER_CA"), getenv("K7_TEST_CLUSTER_TOKEN"), user);
    close(fd);
    k7_client *opened = open_with(path);
    unlink(path);
    return opened;
}

struct visit {
    int refused;   /* answers with 429 */
    int make_room; /* after the first of them */
};

static void note(void *user_data, const k7_trace *trace)
{
    struct visit *visit = user_data;

    if (k7_trace_get_http_status(trace) == 429 && ++visit->refused == 1 && visit->make_room)
        leave();
}

static k7_call *new_call(struct visit *visit)
{
    k7_call *call;

    assert_ok(k7_call_new(&call, &err));
    assert_ok(k7_call_set_trace(call, note, visit, NULL, &err));
    return call;
}

static void assert_rate_limited(int code, k7_error *error)
{
    ck_assert_msg(code == K7_ERR_RATE_LIMITED, "%d: %s", code, k7_error_get_message(error));
    assert_contains(k7_error_get_message(error), "oo many requests");
    ck_assert_int_eq(k7_error_get_http_status(error), 429);
    ck_assert_int_ge(k7_error_get_retry_after_ms(error), 1000); /* longer the more it refuses */
    ck_assert_int_eq(k7_error_is_retryable(error), 1);
    k7_error_unref(error);
}

START_TEST(too_many_requests_are_tried_again_and_told)
{
    occupy();
    k7_client *crowded = open_as_user();
    struct visit visit = { 0 };
    k7_call *call = new_call(&visit);
    k7_spec *spec = new_spec("demo", FULL);
    k7_sandboxes *sandboxes = NULL;
    k7_error *error = NULL;

    int code = k7_sandbox_list(crowded, NULL, call, &sandboxes, &error);
    assert_rate_limited(code, error);
    ck_assert_int_ge(visit.refused, 2);
    error = NULL;
    code = k7_sandbox_create(crowded, spec, call, NULL, &error);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_REJECTED);
    ck_assert_uint_eq(k7_error_leftover_count(error), 0);
    assert_rate_limited(code, error);
    leave();
    assert_nothing_left();
    k7_spec_free(spec);
    k7_call_free(call);
    k7_client_unref(crowded);
}
END_TEST

START_TEST(what_was_refused_for_a_moment_succeeds)
{
    occupy();
    k7_client *crowded = open_as_user();
    struct visit visit = { .make_room = 1 };
    k7_call *call = new_call(&visit);
    k7_spec *spec = new_spec("demo", FULL);

    assert_ok(k7_sandbox_create(crowded, spec, call, NULL, &err));
    ck_assert_int_eq(visit.refused, 1);
    k7_spec_free(spec);
    k7_call_free(call);
    k7_client_unref(crowded);
}
END_TEST

static TCase *make(void)
{
    TCase *tests = tcase_create("refusals");

    tcase_add_loop_test(tests, a_policys_denial_is_told_in_its_own_words, 0,
                        (int)(sizeof reasons / sizeof reasons[0]));
    tcase_add_test(tests, a_denied_deletion_is_told_and_takes_nothing);
    tcase_add_test(tests, what_a_policy_keeps_from_being_taken_back_is_named);
    tcase_add_test(tests, too_many_requests_are_tried_again_and_told);
    tcase_add_test(tests, what_was_refused_for_a_moment_succeeds);
    return tests;
}

int main(void)
{
    return run_suite("refusals", 240, make);
}
