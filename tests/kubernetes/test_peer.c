/* test_peer.c: the cluster is what the other tests take it for, and what they look at it with sees everything. */
#include "fixture.h"

START_TEST(nodes_have_the_label_of_the_profile)
{
    const char *labelled =
        kubectl("get nodes -o name -l k7.katakate.org/backend-kata-firecracker-devmapper=true");

    ck_assert_str_eq(labelled, nodes_are_labelled ? "node/node1" : "");
    ck_assert_str_eq(kubectl("get runtimeclass kata -o jsonpath={.handler}"), "kata");
}
END_TEST

static int is_ready(json_object *event, const void *unused)
{
    json_object *conditions = peer_at(event, "object|status|conditions");

    (void)unused;
    for (size_t i = 0; conditions && i < json_object_array_length(conditions); i++) {
        json_object *condition = json_object_array_get_idx(conditions, i);

        if (strcmp(peer_text(condition, "type"), "Ready") == 0 &&
            strcmp(peer_text(condition, "status"), "True") == 0)
            return 1;
    }
    return 0;
}

START_TEST(what_is_there_is_seen)
{
    char manifest[4096], path[200], *objects;
    int count;

    assert_nothing_left();
    snprintf(
        manifest, sizeof manifest,
        "---\n{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {x: text}}\n---\n"
        "{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {ports: [{port: 1}]}}\n---\n"
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: c}, spec: {podSelector: {}}}\n---\n"
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: {l: v}},"
        " template: {metadata: {labels: {l: v}}, spec: {runtimeClassName: kata, terminationGracePeriodSeconds: 1,"
        " containers: [{name: e, image: '%s', command: [sleep, '1000']}]}}}}\n",
        image);
    kubectl_with(manifest, "apply -f -");
    snprintf(path, sizeof path, "/api/v1/namespaces/%s/pods", namespace_);
    json_object *event = peer_await(path, is_ready, NULL);
    ck_assert_str_eq(peer_text(event, "object|spec|containers|0|name"), "e");
    json_object_put(event);
    ck_assert_str_eq(kubectl("exec deploy/d -- sh -c 'echo hello'"), "hello");
    objects = peer_objects(namespace_, &count);
    ck_assert_msg(count == 6, "%s", objects);
    for (const char **kind = (const char *[]){ "Secret a ", "Service b ", "NetworkPolicy c ", "Deployment d ",
                                               "ReplicaSet d-", "Pod d-", NULL };
         *kind; kind++)
        assert_contains(objects, *kind);
    free(objects);
    kubectl("delete --wait --cascade=foreground secret/a service/b networkpolicy/c deployment/d");
    assert_nothing_left();
}
END_TEST

START_TEST(kubectl_that_fails_is_noticed)
{
    const char *output;

    ck_assert_int_ne(kubectl_try(&output, "get pod missing"), 0);
    assert_contains(output, "not found");
}
END_TEST

static TCase *tests(void)
{
    TCase *tests = tcase_create("peer");

    tcase_add_test(tests, nodes_have_the_label_of_the_profile);
    tcase_add_test(tests, what_is_there_is_seen);
    tcase_add_test(tests, kubectl_that_fails_is_noticed);
    return tests;
}

int main(void)
{
    return run_suite("peer", 0, tests);
}
