/* test_readers.c: lists are read in protobuf or in JSON: the same objects of the same server give the same sandboxes, field by field. */
#include "fixture.h"
#include "proxy.h"

/* The Deployment of a sandbox as K7 makes it. more: members of the pod's spec; container: of its container; both begin with a comma, or are "". */
static void deploy(const char *name, int replicas, const char *metadata, const char *more,
                   const char *container)
{
    char path[200], body[4096];
    int status;

    snprintf(path, sizeof path, "/apis/apps/v1/namespaces/%s/deployments", namespace_);
    snprintf(body, sizeof body,
             "{\"metadata\":{\"name\":\"%s\"%s,\"labels\":{\"app\":\"%s\",\"runtime\":\"kata\","
             "\"katakate.org/sandbox\":\"%s\"}},\"spec\":{\"replicas\":%d,\"selector\":{\"matchLabels\":"
             "{\"app\":\"%s\"}},\"template\":{\"metadata\":{\"labels\":{\"app\":\"%s\","
             "\"katakate.org/sandbox\":\"%s\"}},\"spec\":{\"terminationGracePeriodSeconds\":1,"
             "\"containers\":[{\"name\":\"sandbox\"%s}]%s}}}}",
             name, metadata, name, name, replicas, name, name, name, container, more);
    json_object *answer = peer_call("POST", path, body, &status);
    ck_assert_msg(status == 201, "%s: %d: %s", name, status, json_object_to_json_string(answer));
    json_object_put(answer);
}

static int is_sandboxes(json_object *event, const char *name)
{
    return strcmp(peer_text(event, "object|metadata|labels|app"), name) == 0;
}

static int is_ready(json_object *event, const void *name)
{
    return is_sandboxes(event, name) &&
           json_object_get_boolean(peer_at(event, "object|status|containerStatuses|0|ready"));
}

static int has_ended_before(json_object *event, const void *name)
{
    return is_sandboxes(event, name) &&
           *peer_text(event, "object|status|containerStatuses|0|lastState|terminated|message");
}

static int is_waiting(json_object *event, const void *name)
{
    const char *reason = peer_text(event, "object|status|containerStatuses|0|state|waiting|reason");

    return is_sandboxes(event, name) && *reason && strcmp(reason, "ContainerCreating") != 0;
}

static int is_unscheduled(json_object *event, const void *name)
{
    return is_sandboxes(event, name) &&
           strcmp(peer_text(event, "object|status|conditions|0|reason"), "Unschedulable") == 0;
}

static int is_refused(json_object *event, const void *name)
{
    json_object *conditions = peer_at(event, "object|status|conditions");

    return strcmp(peer_text(event, "object|metadata|name"), name) == 0 && conditions &&
           strstr(json_object_to_json_string(conditions), "ReplicaFailure");
}

static void await(const char *collection, int (*wanted)(json_object *event, const void *user),
                  const char *name)
{
    char path[200];

    snprintf(path, sizeof path, "%s/namespaces/%s/%s", *collection == 'd' ? "/apis/apps/v1" : "/api/v1",
             namespace_, collection);
    json_object_put(peer_await(path, wanted, name));
}

#define IMAGE ",\"image\":\"localhost/k7-busybox:1\""
#define SLEEP IMAGE ",\"command\":[\"/bin/sh\",\"-c\",\"sleep 365d\"]"

/* One sandbox of each kind that lists tell apart, and Deployments that are none. */
static void make_all_kinds(void)
{
    create("ours", "\"env\":{\"A\":\"1\"},\"before_script\":\"true\"");
    deploy(
        "crash", 1, "", "",
        IMAGE
        ",\"command\":[\"/bin/sh\",\"-c\",\"echo gr\xC3\xBC\xC3\x9F \xF0\x9F\x8C\x8D >/dev/termination-log; exit 3\"]");
    deploy("pull", 1, "", "", ",\"image\":\"localhost/no-such-image:1\"");
    deploy("two-pods", 2, ",\"annotations\":{\"k7.katakate.org/backend\":\"k7d\"}", "", SLEEP);
    deploy("two-containers", 1, "", "", IMAGE "},{\"name\":\"second\"" SLEEP);
    deploy("unscheduled", 1, "", ",\"nodeSelector\":{\"no-such-label\":\"true\"}", SLEEP);
    deploy("refused", 1, "", ",\"runtimeClassName\":\"no-such-class\"", SLEEP);
    deploy("paused", 0, "", "", SLEEP);
    deploy("going", 1, ",\"finalizers\":[\"test.example/stay\"]", "", SLEEP);
    deploy("foreign", 0, "", "", SLEEP);
    kubectl("label deployment foreign --overwrite katakate.org/sandbox=ours");
    await("pods", has_ended_before, "crash");
    await("pods", is_waiting, "pull");
    await("pods", is_ready, "two-pods");
    await("pods", is_ready, "going");
    await("pods", is_unscheduled, "unscheduled");
    await("deployments", is_refused, "refused");
    kubectl("delete deployment going --wait=false");
}

/* The versions of everything that is listed; free() it. */
static char *versions(void)
{
    static const char *const kinds[][2] = { { "apis/apps/v1", "deployments" }, { "api/v1", "pods" } };
    char *all = strdup("");

    for (int i = 0; i < 2; i++) {
        char path[200], *longer;

        snprintf(path, sizeof path, "/%s/namespaces/%s/%s", kinds[i][0], namespace_, kinds[i][1]);
        json_object *list = peer_get(path), *items = peer_at(list, "items");
        for (size_t k = 0; k < json_object_array_length(items); k++) {
            json_object *item = json_object_array_get_idx(items, k);

            ck_assert(asprintf(&longer, "%s %s:%s", all, peer_text(item, "metadata|uid"),
                               peer_text(item, "metadata|resourceVersion")) > 0);
            free(all);
            all = longer;
        }
        json_object_put(list);
    }
    return all;
}

static void assert_same_text(const char *name, const char *field, const char *a, const char *b)
{
    ck_assert_msg(a == b || (a && b && strcmp(a, b) == 0), "%s: %s: \"%s\" in protobuf, \"%s\" in JSON", name,
                  field, a ? a : "(null)", b ? b : "(null)");
}

static void assert_same_number(const char *name, const char *field, int64_t a, int64_t b)
{
    ck_assert_msg(a == b, "%s: %s: %lld in protobuf, %lld in JSON", name, field, (long long)a, (long long)b);
}

/* As an object of K7's, without its age, which goes on. To be freed. */
static char *object_of(const k7_sandbox *sandbox)
{
    char *text;

    assert_ok(k7_sandbox_to_json(sandbox, &text, &err));
    json_object *object = json_tokener_parse(text);
    k7_free(text);
    json_object_object_del(object, "age");
    text = strdup(json_object_to_json_string(object));
    json_object_put(object);
    return text;
}

static void assert_same(const k7_sandbox *a, const k7_sandbox *b)
{
    static const struct {
        const char *field;
        const char *(*get)(const k7_sandbox *sandbox);
    } texts[] = {
        { "name", k7_sandbox_get_name },     { "namespace", k7_sandbox_get_namespace },
        { "image", k7_sandbox_get_image },   { "status", k7_sandbox_get_status },
        { "reason", k7_sandbox_get_reason }, { "error_message", k7_sandbox_get_error_message },
        { "node", k7_sandbox_get_node },     { "backend", k7_sandbox_get_backend },
        { "uid", k7_sandbox_get_uid },
    };
    const char *name = k7_sandbox_get_name(a);
    char *one = object_of(a), *other = object_of(b);

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_same_text(name, texts[i].field, texts[i].get(a), texts[i].get(b));
    assert_same_number(name, "ready", k7_sandbox_is_ready(a), k7_sandbox_is_ready(b));
    assert_same_number(name, "restarts", k7_sandbox_get_restarts(a), k7_sandbox_get_restarts(b));
    assert_same_number(name, "created", k7_sandbox_get_created_unix(a), k7_sandbox_get_created_unix(b));
    assert_same_text(name, "object", one, other);
    free(one);
    free(other);
}

static k7_sandboxes *list(k7_client *on)
{
    k7_sandboxes *sandboxes;

    assert_ok(k7_sandbox_list(on, NULL, NULL, &sandboxes, &err));
    return sandboxes;
}

/* Both clients' lists of the same versions: what changes meanwhile begins anew. */
static void list_both(k7_client *protobuf, k7_client *json, k7_sandboxes **ret_a, k7_sandboxes **ret_b)
{
    char *before = versions(), *after;

    for (;;) {
        *ret_a = list(protobuf);
        *ret_b = list(json);
        after = versions();
        if (strcmp(before, after) == 0)
            break;
        k7_sandboxes_unref(*ret_a);
        k7_sandboxes_unref(*ret_b);
        free(before);
        before = after;
    }
    free(before);
    free(after);
}

static const struct {
    const char *name, *status, *reason;
} expected[] = {
    { "crash", NULL, NULL },
    { "going", NULL, "Terminating" },
    { "ours", "Running", NULL },
    { "paused", NULL, NULL },
    { "pull", NULL, NULL },
    { "refused", NULL, "FailedCreate" },
    { "two-containers", NULL, NULL },
    { "two-pods", "Running", NULL },
    { "unscheduled", NULL, "Unschedulable" },
};
enum { EXPECTED = sizeof expected / sizeof expected[0] };

START_TEST(both_readers_see_the_same)
{
    const struct proxy_plan no_protobuf = { .n = 1, .act = PROXY_NO_PROTOBUF, .and_later = 1 };
    struct proxy *plain = proxy_start(), *refusing = proxy_start();
    k7_sandboxes *a, *b;

    proxy_set_plan(refusing, &no_protobuf);
    k7_client *protobuf = open_with(proxy_kubeconfig(plain)), *json = open_with(proxy_kubeconfig(refusing));
    make_all_kinds();
    k7_sandboxes_unref(list(protobuf));
    k7_sandboxes_unref(list(json));
    ck_assert_int_eq(proxy_requests(plain), 2);
    ck_assert_int_eq(proxy_requests(refusing), 4); /* each refused, and asked for in JSON */
    list_both(protobuf, json, &a, &b);
    ck_assert_uint_eq(k7_sandboxes_count(a), EXPECTED);
    ck_assert_uint_eq(k7_sandboxes_count(b), EXPECTED);
    for (size_t i = 0; i < EXPECTED; i++) {
        const k7_sandbox *one = k7_sandboxes_at(a, i);

        ck_assert_str_eq(k7_sandbox_get_name(one), expected[i].name);
        if (expected[i].status)
            ck_assert_str_eq(k7_sandbox_get_status(one), expected[i].status);
        if (expected[i].reason)
            assert_contains(k7_sandbox_get_reason(one), expected[i].reason);
        assert_same(one, k7_sandboxes_at(b, i));
    }
    kubectl("patch deployment going --type=merge -p '{\"metadata\":{\"finalizers\":null}}'");
    k7_sandboxes_unref(a);
    k7_sandboxes_unref(b);
    k7_client_unref(protobuf);
    k7_client_unref(json);
    proxy_stop(plain);
    proxy_stop(refusing);
}
END_TEST

static TCase *make(void)
{
    TCase *tests = tcase_create("readers");

    tcase_add_test(tests, both_readers_see_the_same);
    return tests;
}

int main(void)
{
    return run_suite("readers", 240, make);
}
