/* test_create_fails.c: creates that cannot succeed, each for a reason of the cluster's own: the reason is told, and nothing is left; and creates that are stopped. */
#include "fixture.h"

#include <stdint.h>
#include <time.h>

static void fails(const char *fields, int code, const char *words)
{
    k7_error_unref(create_fails(client, "demo", fields, code, words));
}

/* With keys of the configuration, in pairs. */
static k7_client *client_with(const char *const *keys)
{
    k7_config *config = new_config();

    for (; *keys; keys += 2)
        assert_ok(k7_config_set(config, keys[0], keys[1], &err));
    return open_client(config);
}

/* ---- scripts ---- */

START_TEST(a_failing_script_tells_its_status_and_output)
{
    k7_error *error =
        create_fails(client, "demo", "\"before_script\":\"echo to stdout; echo to stderr >&2; exit 7\"",
                     K7_ERR_SCRIPT_FAILED, "before_script: it ended with exit code 7; its output: to std");

    for (const char **line = (const char *[]){ "to stdout", "to stderr", NULL }; *line; line++) {
        assert_contains(k7_error_get_message(error), *line); /* in whichever order the runtime read them */
        assert_contains(k7_error_get_server_text(error), *line);
    }
    ck_assert_str_eq(k7_error_get_reason(error), "Error");
    ck_assert_str_eq(k7_error_get_step(error), "ready");
    k7_error_unref(error);
}
END_TEST

static const struct {
    const char *fields, *words;
} failing[] = {
    { "\"before_script\":\"false\"", "exit code 1; its output: empty" },
    { "\"before_script\":\"echo $NOTHING\"", "NOTHING" },    /* set -u */
    { "\"before_script\":\"false\\ntrue\"", "exit code 1" }, /* set -e */
    { "\"before_script\":\"false | true\"", "exit code 1" }, /* pipefail, which busybox has */
    { "\"before_script\":\"if\"", "syntax error" },
    { "\"before_script\":\"exec no-such-program\"", "exit code 127; its output: " },
    { "\"before_script\":\"kill -9 $$\"", "exit code 137" },
    { "\"before_script\":\"i=0; while test $i -lt 3000; do echo line $i; i=$((i+1)); done; exit 3\"",
      "line 2999" },
    { "\"before_script\":\"id -u; exit 4\",\"pod_non_root\":true,\"egress_whitelist\":[]", "65532" },
};

START_TEST(whatever_way_a_script_fails_the_create_does)
{
    fails(failing[_i].fields, K7_ERR_SCRIPT_FAILED, failing[_i].words);
}
END_TEST

/* ---- what the cluster refuses ---- */

START_TEST(a_quota_is_told_in_the_servers_words)
{
    kubectl("create quota none --hard=pods=0");
    fails("\"env\":{\"A\":\"1\"},\"egress_whitelist\":[]", K7_ERR_QUOTA_EXCEEDED, "exceeded quota: none");
}
END_TEST

START_TEST(a_quota_of_policies_stops_the_first_request)
{
    kubectl("create quota none --hard=count/networkpolicies.networking.k8s.io=0");
    fails("", K7_ERR_QUOTA_EXCEEDED, "exceeded quota: none");
}
END_TEST

START_TEST(a_missing_runtime_class_is_named)
{
    fails("\"runtime_class_name\":\"no-such-class\",\"env\":{\"A\":\"1\"}", K7_ERR_REJECTED,
          "RuntimeClass \"no-such-class\" not found");
}
END_TEST

START_TEST(admission_is_told_in_its_own_words)
{
    kubectl("label namespace %s pod-security.kubernetes.io/enforce=restricted", namespace_);
    fails("", K7_ERR_REJECTED, "violates PodSecurity \"restricted:latest\"");
}
END_TEST

START_TEST(a_missing_namespace_is_said)
{
    const char *mine = namespace_;

    namespace_ = "no-such-namespace";
    k7_spec *spec = new_spec("demo", "");
    k7_error *error = NULL;
    ck_assert_int_eq(k7_sandbox_create(client, spec, NULL, NULL, &error), K7_ERR_NOT_FOUND);
    assert_contains(k7_error_get_message(error), "namespaces \"no-such-namespace\" not found");
    k7_error_unref(error);
    k7_spec_free(spec);
    namespace_ = mine;
}
END_TEST

START_TEST(a_missing_node_is_named)
{
    fails("\"node_name\":\"node9\"", K7_ERR_NOT_FOUND, "nodes \"node9\" not found");
}
END_TEST

START_TEST(a_missing_image_is_named)
{
    const char *real = image;

    image = "localhost/no-such-image:1";
    fails("\"env\":{\"A\":\"1\"},\"egress_whitelist\":[]", K7_ERR_IMAGE_PULL, "localhost/no-such-image:1");
    image = real;
}
END_TEST

/* ---- nodes ---- */

START_TEST(no_node_that_fits_is_told_at_once)
{
    k7_client *other = client_with((const char *[]){ "kubernetes.profile", "v0.4", NULL });

    k7_error_unref(create_fails(other, "demo", "", K7_ERR_START_FAILED,
                                "1 node(s) didn't match Pod's node affinity/selector"));
    k7_client_unref(other);
}
END_TEST

START_TEST(a_deadline_says_what_was_waited_for)
{
    k7_client *hurried = client_with((const char *[]){ "timeout_ms", "4000", NULL });
    k7_error *error = create_fails(hurried, "demo", "\"limits\":{\"cpu\":\"1000\"},\"egress_whitelist\":[]",
                                   K7_ERR_TIMEOUT, "Insufficient cpu");

    ck_assert_str_eq(k7_error_get_step(error), "ready");
    k7_error_unref(error);
    k7_client_unref(hurried);
}
END_TEST

/* ---- something in the way ---- */

static const struct {
    const char *make, *kind, *name;
} obstacles[] = {
    { "create secret generic demo-env --from-literal=their=own", "Secret", "demo-env" },
    { "create deployment demo --image=localhost/no-such-image:1 --replicas=0", "Deployment", "demo" },
    { "apply -f - <<'E'\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: demo-netpol}, spec: {podSelector: {}}}\nE\n",
      "NetworkPolicy", "demo-netpol" },
    { "apply -f - <<'E'\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: demo-deny-ingress}, spec: {podSelector: {}}}\nE\n",
      "NetworkPolicy", "demo-deny-ingress" },
};

/* After the script, too, when the workload is there already. */
START_TEST(what_is_in_the_way_is_named_and_stays)
{
    char words[200];

    kubectl("%s", obstacles[_i].make);
    snprintf(words, sizeof words, "%s %s/%s", obstacles[_i].kind, namespace_, obstacles[_i].name);
    fails("\"env\":{\"A\":\"1\"},\"egress_whitelist\":[]", K7_ERR_ALREADY_EXISTS, words);
    fails("\"env\":{\"A\":\"1\"},\"egress_whitelist\":[],\"before_script\":\"true\"", K7_ERR_ALREADY_EXISTS,
          words);
}
END_TEST

START_TEST(the_same_sandbox_twice_is_one)
{
    create("demo", "\"env\":{\"A\":\"1\"}");
    fails("\"env\":{\"A\":\"2\"}", K7_ERR_ALREADY_EXISTS, "exists");
    ck_assert_str_eq(kubectl("exec deploy/demo -- sh -c 'echo $A'"), "1");
}
END_TEST

/* ---- stopped ---- */

struct stop {
    int at, seen; /* the step, counted from 1 */
    char step[64];
    k7_cancel *cancel;
    int64_t until_ms; /* or: hold the call up until then */
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void stop_there(void *user, const k7_progress *progress)
{
    struct stop *stop = user;

    if (k7_progress_get_text(progress) || ++stop->seen != stop->at)
        return;
    snprintf(stop->step, sizeof stop->step, "%s", k7_progress_get_step(progress));
    if (stop->cancel)
        k7_cancel_trigger(stop->cancel);
    else
        while (now_ms() < stop->until_ms)
            ;
}

static const char stopped_fields[] =
    "\"env\":{\"A\":\"1\"},\"egress_whitelist\":[],\"before_script\":\"true\"";

/* 0: the call was over before. */
static int stopped_at(int step, int timeout_ms)
{
    struct stop stop = { .at = step };
    k7_spec *spec = new_spec("demo", stopped_fields);
    k7_error *error = NULL;
    k7_call *call;

    assert_ok(k7_call_new(&call, &err));
    assert_ok(k7_call_set_progress(call, stop_there, &stop, NULL, &err));
    assert_ok(k7_call_set_cleanup_timeout_ms(call, 60000, &err));
    if (timeout_ms > 0) {
        assert_ok(k7_call_set_timeout_ms(call, timeout_ms, &err));
        stop.until_ms = now_ms() + timeout_ms + 1;
    } else {
        assert_ok(k7_cancel_new(&stop.cancel, &err));
        assert_ok(k7_call_set_cancel(call, stop.cancel, &err));
    }
    int code = k7_sandbox_create(client, spec, call, NULL, &error);
    if (stop.seen >= step) {
        ck_assert_msg(code == (timeout_ms > 0 ? K7_ERR_TIMEOUT : K7_ERR_CANCELLED), "%s: %d: %s", stop.step,
                      code, k7_error_get_message(error));
        ck_assert_msg(k7_error_leftover_count(error) == 0, "%s: %s", stop.step,
                      k7_error_leftover_count(error) ? k7_error_leftover_at(error, 0) : "");
        assert_nothing_left();
    } else {
        ck_assert_msg(code == 0, "%d: %s", step, k7_error_get_message(error));
    }
    k7_error_unref(error);
    k7_cancel_unref(stop.cancel);
    k7_call_free(call);
    k7_spec_free(spec);
    return code != 0;
}

START_TEST(a_cancel_at_any_step_leaves_nothing)
{
    int step = 1;

    while (stopped_at(step, 0))
        step++;
    ck_assert_int_gt(step, 6); /* policy, Secret, Deployment, replica, ready, lock; the profile once */
}
END_TEST

/* The earlier steps take a fraction of the deadline; where they do not, the call ends earlier, and leaves nothing either. */
START_TEST(a_deadline_at_any_step_leaves_nothing)
{
    for (int step = 1; step <= 4; step++)
        stopped_at(step, 1500);
}
END_TEST

/* What somebody else does when the create comes to a step. */
struct meddler {
    const char *at, *does;
    int done;
};

static void meddle(void *user, const k7_progress *progress)
{
    struct meddler *meddler = user;

    if (meddler->done || strcmp(k7_progress_get_step(progress), meddler->at) != 0)
        return;
    meddler->done = 1;
    kubectl("%s", meddler->does);
}

static void fails_with(struct meddler meddler, const char *fields, int code, const char *words)
{
    k7_spec *spec = new_spec("demo", fields);
    k7_error *error = NULL;
    k7_call *call;

    assert_ok(k7_call_new(&call, &err));
    assert_ok(k7_call_set_progress(call, meddle, &meddler, NULL, &err));
    int result = k7_sandbox_create(client, spec, call, NULL, &error);
    ck_assert_msg(result == code, "%d: %s", result, k7_error_get_message(error));
    assert_contains(k7_error_get_message(error), words);
    ck_assert_uint_eq(k7_error_leftover_count(error), 0);
    assert_nothing_left();
    k7_error_unref(error);
    k7_call_free(call);
    k7_spec_free(spec);
}

START_TEST(one_that_somebody_deletes_is_not_waited_for)
{
    fails_with((struct meddler){ "ready", "delete deployment demo --wait=false" },
               "\"before_script\":\"sleep 1000\",\"env\":{\"A\":\"1\"}", K7_ERR_CONFLICT,
               "somebody deleted the sandbox 'demo'");
}
END_TEST

START_TEST(a_container_that_cannot_be_made_says_why)
{
    fails_with((struct meddler){ "deployment", "delete secret demo-env" }, "\"env\":{\"A\":\"1\"}",
               K7_ERR_START_FAILED, "secret \"demo-env\" not found");
}
END_TEST

/* ---- rights ---- */

START_TEST(without_rights_what_is_needed_is_said)
{
    char path[512];
    const char *profile = nodes_are_labelled ? "v0.4" : "v0.1";

    snprintf(path, sizeof path, "%s/kubeconfig/powerless", getenv("K7_TEST_CLUSTER_DIR"));
    setenv("KUBECONFIG", path, 1);
    k7_client *powerless = client_with((const char *[]){ NULL });
    k7_client *informed = client_with((const char *[]){ "kubernetes.profile", profile, NULL });
    snprintf(path, sizeof path, "%s/kubeconfig/admin", getenv("K7_TEST_CLUSTER_DIR"));
    setenv("KUBECONFIG", path, 1);
    k7_error_unref(create_fails(powerless, "demo", "", K7_ERR_FORBIDDEN,
                                "needs list on nodes, or set kubernetes.profile"));
    k7_error_unref(create_fails(informed, "demo", "", K7_ERR_FORBIDDEN,
                                "needs create on networkpolicies.networking.k8s.io in the namespace"));
    k7_client_unref(powerless);
    k7_client_unref(informed);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof(table)[0])

static TCase *make(void)
{
    TCase *tests = tcase_create("create fails");

    tcase_add_test(tests, a_failing_script_tells_its_status_and_output);
    tcase_add_loop_test(tests, whatever_way_a_script_fails_the_create_does, 0, ROWS(failing));
    tcase_add_test(tests, a_quota_is_told_in_the_servers_words);
    tcase_add_test(tests, a_quota_of_policies_stops_the_first_request);
    tcase_add_test(tests, a_missing_runtime_class_is_named);
    tcase_add_test(tests, admission_is_told_in_its_own_words);
    tcase_add_test(tests, a_missing_namespace_is_said);
    tcase_add_test(tests, a_missing_node_is_named);
    tcase_add_test(tests, a_missing_image_is_named);
    tcase_add_test(tests, a_container_that_cannot_be_made_says_why);
    if (!nodes_are_labelled)
        tcase_add_test(tests, no_node_that_fits_is_told_at_once);
    tcase_add_test(tests, a_deadline_says_what_was_waited_for);
    tcase_add_loop_test(tests, what_is_in_the_way_is_named_and_stays, 0, ROWS(obstacles));
    tcase_add_test(tests, the_same_sandbox_twice_is_one);
    tcase_add_test(tests, a_cancel_at_any_step_leaves_nothing);
    tcase_add_test(tests, a_deadline_at_any_step_leaves_nothing);
    tcase_add_test(tests, one_that_somebody_deletes_is_not_waited_for);
    tcase_add_test(tests, without_rights_what_is_needed_is_said);
    return tests;
}

int main(void)
{
    return run_suite("create-fails", 240, make);
}
