/* test_create.c: what a create makes, as the API server stored it, compared with the golden files made from the K7 contract; and what runs in the pod. */
#include "fixture.h"

/* ---- golden files ---- */

static char *replaced(const char *text, const char *from, const char *to)
{
    char *result = malloc(4 * strlen(text) + 4096), *at = result;

    for (const char *found; (found = strstr(text, from)) != NULL; text = found + strlen(from))
        at += sprintf(at, "%.*s%s", (int)(found - text), text, to);
    strcpy(at, text);
    return result;
}

/* With the test's namespace and image, and the create-id that this object has. */
static json_object *golden(const char *name, json_object *stored)
{
    json_object *annotations = peer_at(stored, "metadata|annotations"), *id = NULL;
    char path[512], *texts[2];

    json_object_object_get_ex(annotations, "k7.katakate.org/create-id", &id);
    ck_assert_msg(id && json_object_get_string_len(id) == 32, "%s",
                  json_object_to_json_string_ext(stored, JSON_C_TO_STRING_PRETTY));
    snprintf(path, sizeof path, "%s/../unit/transport_kubernetes/data/%s.json", HERE, name);
    json_object *file = json_object_from_file(path);
    ck_assert_msg(file != NULL, "%s", path);
    json_object_object_add(peer_at(file, "metadata"), "namespace", json_object_new_string(namespace_));
    texts[0] = replaced(json_object_to_json_string(file), "alpine:3", image);
    texts[1] = replaced(texts[0], "0123456789abcdef0123456789abcdef", json_object_get_string(id));
    json_object *result = json_tokener_parse(texts[1]);
    ck_assert_msg(result != NULL, "%s", texts[1]);
    for (int i = 0; i < 2; i++)
        free(texts[i]);
    json_object_put(file);
    return result;
}

/* Kubernetes leaves out what is nothing. */
static int is_nothing(json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_array:
        return json_object_array_length(value) == 0;
    case json_type_object:
        return json_object_object_length(value) == 0;
    case json_type_int:
        return json_object_get_int64(value) == 0;
    default:
        return 0;
    }
}

/* Whatever the golden object has, the stored one has; arrays have nothing more. */
static void assert_within(const char *path, json_object *expected, json_object *stored)
{
    char below[512];

    if (!stored && is_nothing(expected))
        return;
    if (stored && json_object_get_type(expected) == json_type_object) {
        struct json_object_iterator at = json_object_iter_begin(expected),
                                    end = json_object_iter_end(expected);

        for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
            const char *key = json_object_iter_peek_name(&at);
            json_object *member = NULL;

            snprintf(below, sizeof below, "%s/%s", path, key);
            json_object_object_get_ex(stored, key, &member);
            assert_within(below, json_object_iter_peek_value(&at), member);
        }
    } else if (stored && json_object_get_type(expected) == json_type_array) {
        ck_assert_msg(json_object_get_type(stored) == json_type_array &&
                          json_object_array_length(stored) == json_object_array_length(expected),
                      "%s: %s", path, json_object_to_json_string(stored));
        for (size_t i = 0; i < json_object_array_length(expected); i++) {
            snprintf(below, sizeof below, "%s/%zu", path, i);
            assert_within(below, json_object_array_get_idx(expected, i),
                          json_object_array_get_idx(stored, i));
        }
    } else {
        ck_assert_msg(json_object_equal(expected, stored), "%s: %s is stored, not %s", path,
                      json_object_to_json_string(stored), json_object_to_json_string(expected));
    }
}

/* No annotation, label or selector more than in the golden object: K7's tools and people read these. */
static void assert_no_more(const char *path, json_object *expected, json_object *stored)
{
    json_object *want = peer_at(expected, path), *have = peer_at(stored, path);

    if (!have)
        return;
    struct json_object_iterator at = json_object_iter_begin(have), end = json_object_iter_end(have);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *key = json_object_iter_peek_name(&at);

        ck_assert_msg(json_object_object_get_ex(want, key, NULL) ||
                          strcmp(key, "deployment.kubernetes.io/revision") == 0,
                      "%s: %s is stored, too: %s", path, key,
                      json_object_to_json_string(json_object_iter_peek_value(&at)));
    }
}

static void assert_stored(const char *resource, const char *name, const char *golden_name)
{
    static const char *const closed[] = { "metadata|labels",
                                          "metadata|annotations",
                                          "spec|selector|matchLabels",
                                          "spec|template|metadata|labels",
                                          "spec|template|metadata|annotations",
                                          "spec|template|spec|nodeSelector",
                                          "spec|podSelector",
                                          "data" };
    json_object *stored = json_tokener_parse(kubectl("get %s %s -o json", resource, name));
    json_object *expected = golden(golden_name, stored), *spec = peer_at(expected, "spec|template|spec");

    if (spec) /* node1 belongs to no tenant */
        json_object_object_del(spec, "tolerations");
    assert_within(golden_name, expected, stored);
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
        assert_no_more(closed[i], expected, stored);
    json_object_put(expected);
    json_object_put(stored);
}

static const char *profile(const char *rest)
{
    static char name[64];

    snprintf(name, sizeof name, "%s-%s", nodes_are_labelled ? "v0.4" : "v0.1", rest);
    return name;
}

START_TEST(a_plain_sandbox_is_stored_as_k7_makes_it)
{
    int count;

    create("demo", "");
    assert_stored("deployment", "demo", profile("deployment"));
    assert_stored("networkpolicy", "demo-deny-ingress", "ingress-denied");
    char *objects = peer_objects(namespace_, &count);
    ck_assert_msg(count == 4, "%s", objects); /* these two, a ReplicaSet and a Pod */
    free(objects);
    kubectl("wait --for=condition=Ready --timeout=0 pod -l app=demo");
    ck_assert_str_eq(kubectl("exec deploy/demo -- sh -c 'ls /var/run/secrets 2>/dev/null | wc -l'"), "0");
    ck_assert_str_eq(kubectl("exec deploy/demo -- sh -c 'cat /proc/1/cmdline | tr \"\\\\0\" \" \"'"),
                     "sleep 365d");
}
END_TEST

START_TEST(one_with_everything_is_stored_as_k7_makes_it)
{
    create(
        "demo",
        "\"before_script\":\"echo \\\"$(date) $$\\\" # 'done' &\",\"env\":{\"A\":\"1\",\"B_2\":\"x=\\\"y\\\"\\n'z'\","
        "\"EMPTY\":\"\"},\"limits\":{\"cpu\":\"500m\",\"memory\":\"512Mi\",\"ephemeral-storage\":\"1Gi\"},"
        "\"pod_non_root\":true,\"container_non_root\":true,\"cap_drop\":[\"net_raw\",\"CAP_MKNOD\"],"
        "\"cap_add\":[\"chown\"],\"node_name\":\"node1\",\"egress_whitelist\":[\"10.1.2.3/8\",\"192.0.2.7\","
        "\"2001:db8::1/32\"],\"ingress_ports\":[80,443],\"ingress_from\":[\"sandbox:web\",\"namespace:tools\","
        "\"cidr:10.1.2.3/16\"]");
    assert_stored("deployment", "demo", profile("everything"));
    assert_stored("networkpolicy", "demo-deny-ingress", "ingress-sources");
    assert_stored("networkpolicy", "demo-netpol", "egress-list");
    json_object *secret = json_tokener_parse(kubectl("get secret demo-env -o json"));
    json_object *expected = golden("secret", secret);
    json_object_object_del(expected, "stringData");
    assert_within("secret", expected, secret);
    ck_assert_str_eq(json_object_to_json_string_ext(peer_at(secret, "data"), JSON_C_TO_STRING_PLAIN),
                     "{\"A\":\"MQ==\",\"B_2\":\"eD0ieSIKJ3on\",\"EMPTY\":\"\"}");
    json_object_put(expected);
    json_object_put(secret);
    ck_assert_str_eq(kubectl("exec deploy/demo -- sh -c 'printf %%s \"$A|$B_2|$EMPTY|$(id -u)\"'"),
                     "1|x=\"y\"\n'z'||65532");
}
END_TEST

/* ---- before_script ---- */

static const char *mark(const char *name)
{
    static char path[100];

    snprintf(path, sizeof path, nodes_are_labelled ? "/tmp/k7_before_done_%s" : "/tmp/k7_before_done", name);
    return path;
}

static const char *const scripts[] = {
    "echo ran >/tmp/out",
    "echo ran >/tmp/out # a comment",
    "echo ran >/tmp/out; sleep 1000 &",
    "cat - >/tmp/in; echo ran >/tmp/out; exit 0; echo not here",
    "A() { echo ran; }; B=$(A); test $$ -gt 0; echo $(A) >/tmp/out", /* Kubernetes would replace $(A) and $$ */
    "set +u; echo ran$NOTHING >/tmp/out; trap 'echo end' EXIT",
};

START_TEST(a_script_has_run_when_the_sandbox_is_ready)
{
    char fields[2000], escaped[1000], *to = escaped;

    for (const char *from = scripts[_i]; *from; *to++ = *from++)
        if (*from == '"' || *from == '\\')
            *to++ = '\\';
    *to = '\0';
    snprintf(fields, sizeof fields, "\"before_script\":\"%s\",\"env\":{\"A\":\"wrong\"}", escaped);
    create("demo", fields);
    ck_assert_str_eq(kubectl("exec deploy/demo -- cat /tmp/out"), "ran");
    kubectl("exec deploy/demo -- test -f %s", mark("demo"));
    ck_assert_str_eq(
        kubectl("get pods -l app=demo -o jsonpath={.items[0].status.containerStatuses[0].restartCount}"),
        "0");
}
END_TEST

static int has_restarted(json_object *event, const void *unused)
{
    json_object *status = peer_at(event, "object|status|containerStatuses|0");

    (void)unused;
    return peer_int(status, "restartCount") == 1 && json_object_get_boolean(peer_at(status, "ready"));
}

/* Process 1 is safe from what is inside with it: the runtime kills it. */
START_TEST(a_restart_runs_the_script_again)
{
    char path[200], command[400];

    create("demo", "\"before_script\":\"echo ran >>/tmp/out\"");
    const char *id =
        kubectl("get pods -l app=demo -o jsonpath={.items[0].status.containerStatuses[0].containerID}");
    ck_assert_int_eq(strncmp(id, "containerd://", 13), 0);
    snprintf(command, sizeof command, "ctr -a %s -n k8s.io task kill -s KILL %s",
             getenv("K7_TEST_CLUSTER_CONTAINERD"), id + 13);
    ck_assert_int_eq(system(command), 0);
    snprintf(path, sizeof path, "/api/v1/namespaces/%s/pods", namespace_);
    json_object_put(peer_await(path, has_restarted, NULL));
    ck_assert_str_eq(kubectl("exec deploy/demo -- cat /tmp/out"), "ran");
    kubectl("exec deploy/demo -- test -f %s", mark("demo"));
}
END_TEST

/* ---- the order ---- */

struct seen {
    char at_deployment[1024]; /* what was there when the Deployment was about to be made */
    char at_lock[1024];
};

static void look(void *user, const k7_progress *progress)
{
    struct seen *seen = user;
    const char *step = k7_progress_get_step(progress);
    char *to = strcmp(step, "deployment") == 0    ? seen->at_deployment
               : strcmp(step, "lock egress") == 0 ? seen->at_lock
                                                  : NULL;

    if (!to || k7_progress_get_text(progress))
        return;
    char *objects = peer_objects(namespace_, NULL);
    snprintf(to, sizeof seen->at_lock, "%s", objects);
    free(objects);
}

static void create_watched(const char *fields, struct seen *seen)
{
    k7_spec *spec = new_spec("demo", fields);
    k7_call *call;

    memset(seen, 0, sizeof *seen);
    assert_ok(k7_call_new(&call, &err));
    assert_ok(k7_call_set_progress(call, look, seen, NULL, &err));
    assert_ok(k7_sandbox_create(client, spec, call, NULL, &err));
    k7_call_free(call);
    k7_spec_free(spec);
}

START_TEST(what_restricts_is_there_before_the_pod)
{
    struct seen seen;

    create_watched(
        "\"egress_whitelist\":[],\"env\":{\"A\":\"1\"},\"before_script\":\"true\",\"before_script_under_lock\":true",
        &seen);
    assert_contains(seen.at_deployment, "NetworkPolicy demo-deny-ingress ");
    assert_contains(seen.at_deployment, "NetworkPolicy demo-netpol ");
    assert_contains(seen.at_deployment, "Secret demo-env ");
    ck_assert_ptr_null(strstr(seen.at_deployment, "Deployment demo "));
    ck_assert_str_eq(seen.at_lock, "");
}
END_TEST

START_TEST(a_script_comes_before_the_lock)
{
    struct seen seen;

    create_watched("\"egress_whitelist\":[],\"before_script\":\"true\"", &seen);
    assert_contains(seen.at_deployment, "NetworkPolicy demo-deny-ingress ");
    ck_assert_ptr_null(strstr(seen.at_deployment, "demo-netpol"));
    assert_contains(seen.at_lock, "Pod demo-");
    ck_assert_ptr_null(strstr(seen.at_lock, "demo-netpol"));
    assert_stored("networkpolicy", "demo-netpol", "egress-nothing");
}
END_TEST

START_TEST(the_result_is_what_get_says)
{
    k7_spec *spec = new_spec("demo", "");
    k7_sandbox *made, *got;

    assert_ok(k7_sandbox_create(client, spec, NULL, &made, &err));
    assert_ok(k7_sandbox_get(client, namespace_, "demo", NULL, &got, &err));
    ck_assert_int_eq(k7_sandbox_is_ready(made), 1);
    ck_assert_str_eq(k7_sandbox_get_status(made), "Running");
    ck_assert_str_eq(k7_sandbox_get_uid(made), k7_sandbox_get_uid(got));
    ck_assert_str_eq(k7_sandbox_get_backend(made), k7_sandbox_get_backend(got));
    ck_assert_str_eq(k7_sandbox_get_node(made), "node1");
    ck_assert_str_eq(k7_sandbox_get_image(made), image);
    ck_assert_int_eq(k7_sandbox_get_created_unix(made), k7_sandbox_get_created_unix(got));
    k7_sandbox_unref(made);
    k7_sandbox_unref(got);
    k7_spec_free(spec);
}
END_TEST

/* A chosen profile needs no look at the nodes, so no right to it. */
START_TEST(the_other_profile_can_be_chosen)
{
    k7_config *config = new_config();

    assert_ok(k7_config_set(config, "kubernetes.profile", "v0.1", &err));
    k7_client_unref(client);
    client = open_client(config);
    create("demo", "");
    assert_stored("deployment", "demo", "v0.1-deployment");
}
END_TEST

static TCase *make(void)
{
    TCase *tests = tcase_create("create");

    tcase_add_test(tests, a_plain_sandbox_is_stored_as_k7_makes_it);
    tcase_add_test(tests, one_with_everything_is_stored_as_k7_makes_it);
    tcase_add_loop_test(tests, a_script_has_run_when_the_sandbox_is_ready, 0,
                        sizeof scripts / sizeof scripts[0]);
    tcase_add_test(tests, a_restart_runs_the_script_again);
    tcase_add_test(tests, what_restricts_is_there_before_the_pod);
    tcase_add_test(tests, a_script_comes_before_the_lock);
    tcase_add_test(tests, the_result_is_what_get_says);
    tcase_add_test(tests, the_other_profile_can_be_chosen);
    return tests;
}

int main(void)
{
    return run_suite("create", 0, make);
}
