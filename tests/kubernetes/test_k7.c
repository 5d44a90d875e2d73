/* test_k7.c: sandboxes that K7 made are ours to list, read and delete; those that we made are K7's. */
#include "fixture.h"
#include "k7.h"

/* tests/kubernetes/k7_tools; the output as JSON, or NULL when there is none. */
static json_object *k7_tools(const char *command, const char *name)
{
    char line[600], output[16384];

    snprintf(line, sizeof line, "%s/k7_tools %s %s %s 2>&1", HERE, command, namespace_, name);
    FILE *pipe = popen(line, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t len = fread(output, 1, sizeof output - 1, pipe);
    output[len] = '\0';
    ck_assert_msg(pclose(pipe) == 0, "%s: %s", line, output);
    return len ? json_tokener_parse(output) : NULL;
}

static int is_pod_of(json_object *event, const void *name)
{
    return strcmp(peer_text(event, "object|metadata|labels|app"), name) == 0;
}

static int is_ready_pod_of(json_object *event, const void *name)
{
    return is_pod_of(event, name) &&
           strcmp(peer_text(event, "object|status|containerStatuses|0|ready"), "true") == 0;
}

static void await_pod(const char *name, int (*wanted)(json_object *event, const void *user))
{
    char path[200];

    snprintf(path, sizeof path, "/api/v1/namespaces/%s/pods", namespace_);
    json_object_put(peer_await(path, wanted, name));
}

/* A sandbox of K7's, running where it can. */
static int make(const char *name, enum k7_version version)
{
    int runs = version == K7_0_1 || nodes_are_labelled;

    k7_make(namespace_, name, version);
    await_pod(name, runs ? is_ready_pod_of : is_pod_of);
    return runs;
}

static k7_sandbox *get(const char *name)
{
    k7_sandbox *sandbox;

    assert_ok(k7_sandbox_get(client, NULL, name, NULL, &sandbox, &err));
    return sandbox;
}

START_TEST(what_k7_made_is_listed_read_and_deleted)
{
    int runs = make("demo", (enum k7_version)_i);
    k7_sandboxes *list;

    k7_sandbox *sandbox = get("demo");
    ck_assert_str_eq(k7_sandbox_get_name(sandbox), "demo");
    ck_assert_str_eq(k7_sandbox_get_namespace(sandbox), namespace_);
    ck_assert_str_eq(k7_sandbox_get_status(sandbox), runs ? "Running" : "Pending");
    ck_assert_int_eq(k7_sandbox_is_ready(sandbox), runs);
    ck_assert_str_eq(k7_sandbox_get_image(sandbox), image);
    ck_assert_str_eq(k7_sandbox_get_backend(sandbox),
                     _i == K7_0_1 ? "unknown" : "kata-firecracker-devmapper");
    if (!runs)
        assert_contains(k7_sandbox_get_error_message(sandbox), "didn't match Pod's node affinity/selector");
    else
        ck_assert_str_eq(k7_sandbox_get_error_message(sandbox), "");
    assert_ok(k7_sandbox_list(client, NULL, NULL, &list, &err));
    ck_assert_uint_eq(k7_sandboxes_count(list), 1);
    ck_assert_str_eq(k7_sandbox_get_uid(k7_sandboxes_at(list, 0)), k7_sandbox_get_uid(sandbox));
    k7_sandboxes_unref(list);
    k7_sandbox_unref(sandbox);
    assert_ok(k7_sandbox_delete(client, NULL, "demo", NULL, NULL, &err));
    assert_nothing_left();
}
END_TEST

START_TEST(what_k7_made_is_deleted_with_all_others)
{
    k7_results *results;

    k7_make(namespace_, "one", K7_0_1);
    k7_make(namespace_, "two", K7_0_4);
    await_pod("one", is_pod_of);
    await_pod("two", is_pod_of);
    assert_ok(k7_sandbox_delete_all(client, NULL, NULL, &results, &err));
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_DONE), 2);
    k7_results_unref(results);
    assert_nothing_left();
}
END_TEST

static void assert_same(json_object *ours, json_object *theirs, const char *member)
{
    ck_assert_msg(json_object_equal(peer_at(ours, member), peer_at(theirs, member)), "%s: ours %s, K7's %s",
                  member, peer_text(ours, member), peer_text(theirs, member));
}

START_TEST(what_we_made_is_k7s_with_the_same_fields)
{
    static const char *const members[] = { "name",     "namespace", "status",  "ready",
                                           "restarts", "image",     "backend", "node" };
    char *text;

    create("demo", "\"egress_whitelist\":[]");
    create("other", "\"limits\":{\"memory\":\"256Mi\"}");
    json_object *list = k7_tools("list", "");
    ck_assert_uint_eq(json_object_array_length(list), 2);
    for (size_t i = 0; i < 2; i++) {
        json_object *theirs = json_object_array_get_idx(list, i);
        k7_sandbox *sandbox = get(peer_text(theirs, "name"));

        assert_ok(k7_sandbox_to_json(sandbox, &text, &err));
        json_object *ours = json_tokener_parse(text);
        for (size_t k = 0; k < sizeof members / sizeof members[0]; k++)
            if (strcmp(members[k], "backend") != 0 || nodes_are_labelled)
                assert_same(ours, theirs, members[k]);
        json_object_put(ours);
        k7_free(text);
        k7_sandbox_unref(sandbox);
    }
    json_object_put(list);
}
END_TEST

/* K7 knows the names of objects, nothing else; ours must all have those. */
START_TEST(k7s_delete_of_what_we_made_leaves_nothing)
{
    k7_spec *spec = new_spec("demo", "\"egress_whitelist\":[\"10.200.0.0/16\"],\"before_script\":\"true\"");

    assert_ok(k7_spec_add_env(spec, "GREETING", "hello", &err));
    assert_ok(k7_sandbox_create(client, spec, NULL, NULL, &err));
    k7_spec_free(spec);
    k7_tools("delete", "demo");
    kubectl("wait --for=delete pod --all --timeout=90s");
    kubectl("wait --for=delete replicaset --all --timeout=90s");
    assert_nothing_left();
}
END_TEST

/* K7 takes it for a sandbox, and deletes it; we do not. */
START_TEST(a_foreign_deployment_of_the_runtime_class_is_nobodys_sandbox)
{
    k7_sandboxes *list;
    k7_sandbox *sandbox = NULL;
    k7_results *results;
    k7_error *error = NULL;
    char manifest[1024];

    snprintf(manifest, sizeof manifest,
             "---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: foreign}, spec: {replicas: 0,"
             " selector: {matchLabels: {app: foreign}}, template: {metadata: {labels: {app: foreign}},"
             " spec: {runtimeClassName: kata, containers: [{name: c, image: '%s'}]}}}}\n",
             image);
    kubectl_with(manifest, "apply -f -");
    json_object *theirs = k7_tools("list", "");
    ck_assert_uint_eq(json_object_array_length(theirs), 1);
    json_object_put(theirs);
    assert_ok(k7_sandbox_list(client, NULL, NULL, &list, &err));
    ck_assert_uint_eq(k7_sandboxes_count(list), 0);
    k7_sandboxes_unref(list);
    ck_assert_int_eq(k7_sandbox_get(client, NULL, "foreign", NULL, &sandbox, &error), K7_ERR_NOT_FOUND);
    k7_error_unref(error);
    assert_ok(k7_sandbox_delete_all(client, NULL, NULL, &results, &err));
    ck_assert_uint_eq(k7_results_count(results), 0);
    k7_results_unref(results);
    error = NULL;
    k7_sandbox_delete(client, NULL, "foreign", NULL, NULL, &error);
    k7_error_unref(error);
    assert_contains(kubectl("get deployment foreign -o name"), "foreign");
}
END_TEST

static TCase *tests(void)
{
    TCase *tests = tcase_create("k7");

    tcase_add_loop_test(tests, what_k7_made_is_listed_read_and_deleted, K7_0_1, K7_0_4 + 1);
    tcase_add_test(tests, what_k7_made_is_deleted_with_all_others);
    tcase_add_test(tests, what_we_made_is_k7s_with_the_same_fields);
    tcase_add_test(tests, k7s_delete_of_what_we_made_leaves_nothing);
    tcase_add_test(tests, a_foreign_deployment_of_the_runtime_class_is_nobodys_sandbox);
    return tests;
}

int main(void)
{
    return run_suite("k7", 0, tests);
}
