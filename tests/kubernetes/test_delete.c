/* test_delete.c: delete on a real cluster: what K7 made goes, in the right order and soon; what is somebody else's stays. */
#include "k7_objects.h"

#include <pthread.h>

/* ---- deleting, and listening to it ---- */

struct heard {
    char text[8192];                   /* what progress said, a line each */
    void (*at_step)(const char *step); /* or NULL */
};

static void hear(void *user, const k7_progress *progress)
{
    struct heard *heard = user;
    size_t len = strlen(heard->text);

    if (k7_progress_get_text(progress))
        snprintf(heard->text + len, sizeof heard->text - len, "%s\n", k7_progress_get_text(progress));
    else if (heard->at_step)
        heard->at_step(k7_progress_get_step(progress));
}

static k7_call *new_call(struct heard *heard)
{
    k7_call *call;

    assert_ok(k7_call_new(&call, &err));
    assert_ok(k7_call_set_progress(call, hear, heard, NULL, &err));
    return call;
}

static void delete (const char *name, struct heard *heard)
{
    struct heard unheard = { .text = "" };
    k7_call *call = new_call(heard ? heard : &unheard);

    assert_ok(k7_sandbox_delete(client, namespace_, name, NULL, call, &err));
    k7_call_free(call);
}

static k7_error *delete_fails(const char *name, const k7_delete_options *options, int code, const char *words)
{
    k7_error *error = NULL;
    char *before = peer_objects(namespace_, NULL);
    int result = k7_sandbox_delete(client, namespace_, name, options, NULL, &error);
    char *after = peer_objects(namespace_, NULL);

    ck_assert_msg(result == code, "%s, not %s: %s", k7_error_code_name(result), k7_error_code_name(code),
                  k7_error_get_message(error));
    assert_contains(k7_error_get_message(error), words);
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
    return error;
}

static void count_is(int wanted)
{
    int count;
    char *objects = peer_objects(namespace_, &count);

    ck_assert_msg(count == wanted, "%d, not %d:\n%s", count, wanted, objects);
    free(objects);
}

/* ---- order and time ---- */

static char first_pod[128];

static int is_ending(json_object *event, const void *unused)
{
    (void)unused;
    return strcmp(peer_text(event, "object|metadata|name"), first_pod) == 0 &&
           *peer_text(event, "object|metadata|deletionTimestamp") &&
           strcmp(peer_text(event, "type"), "MODIFIED") == 0;
}

static void *see_it_end(void *path)
{
    return peer_await(path, is_ending, NULL);
}

static void policies_outlive_pods(const char *step)
{
    if (strcmp(step, "delete ingress policy") != 0)
        return;
    ck_assert_str_eq(kubectl("get pods -o name"), "");
    assert_contains(kubectl("get networkpolicies -o name"), "web-netpol");
    assert_contains(kubectl("get networkpolicies -o name"), "web-deny-ingress");
}

/* K7's pods have 30 s, of which their sleep uses all. */
START_TEST(pods_end_soon_and_policies_after_them)
{
    struct heard heard = { .at_step = policies_outlive_pods };
    char path[200];
    pthread_t watcher;
    void *event;

    k7_create("web", 1, 1);
    count_is(6);
    snprintf(first_pod, sizeof first_pod, "%s", kubectl("get pods -o jsonpath={.items[0].metadata.name}"));
    snprintf(path, sizeof path, "/api/v1/namespaces/%s/pods", namespace_);
    pthread_create(&watcher, NULL, see_it_end, path);
    delete ("web", &heard);
    pthread_join(watcher, &event);
    ck_assert_int_eq(json_object_get_int(peer_at(event, "object|metadata|deletionGracePeriodSeconds")), 1);
    json_object_put(event);
    ck_assert_str_eq(heard.text, "");
    assert_nothing_left();
}
END_TEST

START_TEST(all_pods_of_a_rollout_end)
{
    k7_create("web", 3, 0);
    kubectl("set env deployment/web ROLLED=out"); /* a second ReplicaSet: its pods come as the others go */
    kubectl("wait --for=jsonpath={.status.updatedReplicas} deployment/web --timeout=100s");
    delete ("web", NULL);
    assert_nothing_left();
}
END_TEST

START_TEST(paused_sandboxes_go)
{
    k7_create("web", 1, 1);
    kubectl("scale deployment/web --replicas=0");
    kubectl("wait --for=delete pod -l app=web --timeout=100s");
    delete ("web", NULL);
    assert_nothing_left();
}
END_TEST

START_TEST(no_wait_still_leaves_no_policy_before_a_pod)
{
    struct heard heard = { .at_step = policies_outlive_pods };
    k7_delete_options *options;
    k7_call *call = new_call(&heard);

    k7_create("web", 1, 1);
    assert_ok(k7_delete_options_new(&options, &err));
    assert_ok(k7_delete_options_set_no_wait(options, 1, &err));
    assert_ok(k7_sandbox_delete(client, namespace_, "web", options, call, &err));
    k7_delete_options_free(options);
    k7_call_free(call);
    kubectl("wait --for=delete deployment/web --timeout=100s");
    assert_nothing_left();
}
END_TEST

/* ---- whose it is ---- */

START_TEST(a_foreign_deployment_stays)
{
    kubectl_with(k7_objects("web", 1, 1), "apply -f -");
    kubectl("label deployment/web runtime- katakate.org/sandbox=other --overwrite");
    kubectl("patch deployment/web --type=json -p "
            "'[{\"op\":\"remove\",\"path\":\"/spec/template/spec/runtimeClassName\"}]'");
    kubectl("rollout status deployment/web --timeout=100s");
    kubectl("wait --for=delete pod -l app=web --field-selector=status.phase!=Running --timeout=100s");
    kubectl("get deployment/web");
    k7_error *error = NULL;
    ck_assert_int_eq(k7_sandbox_delete(client, namespace_, "web", NULL, NULL, &error), K7_ERR_CONFLICT);
    assert_contains(k7_error_get_message(error), "/web is no sandbox: nothing was deleted");
    k7_error_unref(error);
    kubectl("get deployment/web secret/web-env networkpolicy/web-netpol networkpolicy/web-deny-ingress");
    ck_assert_str_ne(kubectl("get pods -o name"), "");
    kubectl("delete deployment/web --grace-period=0 --cascade=background");
}
END_TEST

START_TEST(what_only_has_the_name_stays)
{
    struct heard heard = { .text = "" };

    k7_create("web", 1, 0);
    kubectl_with(
        "{apiVersion: v1, kind: Secret, metadata: {name: web-env}, stringData: {PASSWORD: hidden}}\n---\n"
        "{apiVersion: v1, kind: Service, metadata: {name: web-expose}, spec: {selector: {app: web}, ports: [{port: 80}]}}\n"
        "---\n"
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web-netpol},"
        " spec: {podSelector: {matchLabels: {katakate.org/sandbox: other}}}}\n---\n"
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web-deny-ingress},"
        " spec: {podSelector: {matchLabels: {katakate.org/sandbox: web},"
        " matchExpressions: [{key: app, operator: Exists}]}}}\n",
        "replace --force -f -");
    delete ("web", &heard);
    count_is(4);
    kubectl("get secret/web-env service/web-expose networkpolicy/web-netpol networkpolicy/web-deny-ingress");
    assert_contains(heard.text, "left alone: NetworkPolicy ");
    assert_contains(heard.text, "/web-netpol: not recognisable as the sandbox's\n");
    assert_contains(heard.text, "/web-deny-ingress: not recognisable");
    assert_contains(heard.text, "/web-expose: not recognisable");
    ck_assert_ptr_null(strstr(heard.text, "hidden"));
}
END_TEST

START_TEST(a_service_of_the_sandbox_goes)
{
    k7_create("web", 1, 0);
    kubectl_with(
        "{apiVersion: v1, kind: Service, metadata: {name: web-expose, labels: {katakate.org/sandbox: web}},"
        " spec: {type: NodePort, selector: {app: web}, ports: [{port: 80}]}}\n",
        "apply -f -");
    delete ("web", NULL);
    assert_nothing_left();
}
END_TEST

/* K7 deletes the Deployment first, and leaves the rest where that fails; kubectl may leave pods. */
START_TEST(what_a_deployment_left_behind_goes)
{
    struct heard heard = { .text = "" };
    k7_delete_options *options;

    k7_create("web", 1, 1);
    kubectl("annotate secret/web-env k7.katakate.org/create-id=x");
    kubectl("delete deployment/web --cascade=orphan");
    kubectl("delete replicaset -l app=web --cascade=orphan");
    count_is(4);
    assert_ok(k7_delete_options_new(&options, &err));
    assert_ok(k7_delete_options_set_missing_is_error(options, 1, &err));
    assert_ok(k7_sandbox_delete(client, namespace_, "web", options, NULL, &err));
    assert_nothing_left();
    k7_delete_options_free(options);

    kubectl_with(k7_objects("web", 1, 1), "apply -f -");
    kubectl("delete deployment/web --cascade=foreground --grace-period=1");
    delete ("web", &heard);
    count_is(1); /* nothing tells whose a Secret of K7's is, without its Deployment */
    assert_contains(heard.text, "left alone: Secret ");
    assert_contains(heard.text, "/web-env: not recognisable as the sandbox's");
}
END_TEST

START_TEST(pods_that_are_made_again_are_told_of)
{
    k7_error *error = NULL;

    k7_create("web", 1, 0);
    kubectl("delete deployment/web --cascade=orphan"); /* its ReplicaSet goes on */
    ck_assert_int_eq(k7_sandbox_delete(client, namespace_, "web", NULL, NULL, &error), K7_ERR_CONFLICT);
    assert_contains(k7_error_get_message(error), "come back as they are deleted");
    k7_error_unref(error);
    assert_contains(kubectl("get networkpolicies -o name"), "web-deny-ingress");
    kubectl("delete replicaset -l app=web");
    delete ("web", NULL);
    assert_nothing_left();
}
END_TEST

/* ---- uid, missing ---- */

START_TEST(another_uid_deletes_nothing)
{
    k7_delete_options *options;

    k7_create("web", 1, 1);
    assert_ok(k7_delete_options_new(&options, &err));
    assert_ok(k7_delete_options_set_uid(options, "00000000-0000-0000-0000-000000000000", &err));
    k7_error_unref(delete_fails("web", options, K7_ERR_CONFLICT, "is another one by now"));
    assert_ok(
        k7_delete_options_set_uid(options, kubectl("get deployment/web -o jsonpath={.metadata.uid}"), &err));
    assert_ok(k7_sandbox_delete(client, namespace_, "web", options, NULL, &err));
    k7_delete_options_free(options);
    assert_nothing_left();
}
END_TEST

START_TEST(missing_is_an_error_where_wanted)
{
    k7_delete_options *options;

    delete ("web", NULL);
    assert_ok(k7_delete_options_new(&options, &err));
    assert_ok(k7_delete_options_set_missing_is_error(options, 1, &err));
    k7_error_unref(delete_fails("web", options, K7_ERR_NOT_FOUND, "no sandbox 'web' in the namespace"));
    k7_delete_options_free(options);
}
END_TEST

/* ---- what happens in between ---- */

static void make_it_anew(const char *step)
{
    static int done;

    if (strcmp(step, "delete Deployment") != 0 || done++)
        return;
    kubectl("delete deployment/web --grace-period=1 --cascade=foreground");
    kubectl(
        "delete --ignore-not-found secret/web-env networkpolicy/web-netpol networkpolicy/web-deny-ingress");
    k7_create("web", 1, 1);
}

START_TEST(another_one_of_the_same_name_stays)
{
    struct heard heard = { .at_step = make_it_anew };

    k7_create("web", 1, 1);
    delete ("web", &heard);
    count_is(6);
    ck_assert_str_eq(kubectl("get pods -o jsonpath={.items[*].metadata.deletionTimestamp}"), "");
    delete ("web", NULL);
    assert_nothing_left();
}
END_TEST

START_TEST(a_pod_that_does_not_end_is_named)
{
    k7_error *error = NULL;
    k7_call *call;

    k7_create("web", 1, 1);
    const char *pod = kubectl("get pods -o jsonpath={.items[0].metadata.name}");
    kubectl("patch pod %s -p '{\"metadata\":{\"finalizers\":[\"example.com/hold\"]}}'", pod);
    assert_ok(k7_call_new(&call, &err));
    assert_ok(k7_call_set_timeout_ms(call, 8000, &err));
    ck_assert_int_eq(k7_sandbox_delete(client, namespace_, "web", NULL, call, &error), K7_ERR_TIMEOUT);
    assert_contains(k7_error_get_message(error), pod);
    assert_contains(k7_error_get_message(error), "has not ended");
    k7_error_unref(error);
    k7_call_free(call);
    assert_contains(kubectl("get networkpolicies -o name"), "web-deny-ingress");
    kubectl("patch pod %s --type=merge -p '{\"metadata\":{\"finalizers\":null}}'", pod);
    delete ("web", NULL); /* where it was left */
    assert_nothing_left();
}
END_TEST

/* ---- ours, and many ---- */

/* K7 deletes by name only (K7 contract, section 4). */
START_TEST(k7_deletes_ours)
{
    create("web", "\"egress_whitelist\":[],\"env\":{\"GREETING\":\"hello\"}");
    kubectl("delete --cascade=background --wait=false deployment/web secret/web-env networkpolicy/web-netpol "
            "networkpolicy/web-deny-ingress");
    kubectl("wait --for=delete pod -l app=web --timeout=100s");
    assert_nothing_left();
}
END_TEST

START_TEST(ours_go_without_a_replacement)
{
    struct heard heard = { .at_step = policies_outlive_pods };

    create("web", "\"egress_whitelist\":[],\"env\":{\"GREETING\":\"hello\"}");
    delete ("web", &heard);
    ck_assert_str_eq(heard.text, "");
    assert_nothing_left();
    /* The ReplicaSet tells of every pod that it makes. */
    ck_assert_str_eq(
        kubectl("get events --field-selector reason=SuccessfulCreate -o jsonpath={.items[*].count}"), "1");
}
END_TEST

START_TEST(delete_all_leaves_what_is_no_sandbox)
{
    k7_results *results;

    create("ours", "\"egress_whitelist\":[]");
    k7_create("k7-one", 1, 1);
    k7_create("k7-two", 1, 0);
    kubectl("create deployment foreign --image=%s -- sleep 1000", image);
    assert_ok(k7_sandbox_delete_all(client, namespace_, NULL, &results, &err));
    ck_assert_uint_eq(k7_results_count(results), 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_msg(k7_results_outcome_at(results, i) == K7_ITEM_DONE, "%s: %s",
                      k7_results_name_at(results, i), k7_error_get_message(k7_results_error_at(results, i)));
    k7_results_unref(results);
    ck_assert_str_eq(kubectl("get pods -l app!=foreign -o name"), "");
    ck_assert_str_eq(kubectl("get networkpolicies,secrets -o name"), "");
    kubectl("wait --for=delete deployment/ours deployment/k7-one deployment/k7-two --timeout=100s");
    kubectl("wait --for=condition=Available deployment/foreign --timeout=100s");
    kubectl("delete deployment/foreign --cascade=foreground --grace-period=1");
}
END_TEST

static TCase *tests(void)
{
    TCase *tests = tcase_create("delete");

    tcase_add_test(tests, pods_end_soon_and_policies_after_them);
    tcase_add_test(tests, all_pods_of_a_rollout_end);
    tcase_add_test(tests, paused_sandboxes_go);
    tcase_add_test(tests, no_wait_still_leaves_no_policy_before_a_pod);
    tcase_add_test(tests, a_foreign_deployment_stays);
    tcase_add_test(tests, what_only_has_the_name_stays);
    tcase_add_test(tests, a_service_of_the_sandbox_goes);
    tcase_add_test(tests, what_a_deployment_left_behind_goes);
    tcase_add_test(tests, pods_that_are_made_again_are_told_of);
    tcase_add_test(tests, another_uid_deletes_nothing);
    tcase_add_test(tests, missing_is_an_error_where_wanted);
    tcase_add_test(tests, another_one_of_the_same_name_stays);
    tcase_add_test(tests, a_pod_that_does_not_end_is_named);
    tcase_add_test(tests, k7_deletes_ours);
    tcase_add_test(tests, ours_go_without_a_replacement);
    tcase_add_test(tests, delete_all_leaves_what_is_no_sandbox);
    return tests;
}

int main(void)
{
    return run_suite("delete", 180, tests);
}
