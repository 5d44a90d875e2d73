/* test_outage.c: the API server is killed in the middle of an operation, and comes back: the operation succeeds, or fails and has left nothing, or what it names; and the same client
 * works on. It runs alone: everything else would fail meanwhile. */
#include "fixture.h"

#include <pthread.h>

enum { DEPLOYMENTS = 1100, MAKERS = 10 }; /* pages of a list hold at most 500 */

static k7_call *call;
static int kill_after; /* which request of the call, from 1; 0: none */
static int requests;
static pthread_t starter;
static int is_down;

/* The controllers would look for it ever more seldom, up to half a minute: started anew, they look at once. */
static void *start_again(void *unused)
{
    (void)unused;
    control("start kube-apiserver");
    control("restart kube-controller-manager");
    control("restart kube-scheduler");
    return NULL;
}

static void kill_now(void)
{
    control("kill kube-apiserver");
    is_down = 1;
    ck_assert_int_eq(pthread_create(&starter, NULL, start_again, NULL), 0);
}

static void on_trace(void *user, const k7_trace *trace)
{
    (void)user;
    (void)trace;
    if (++requests == kill_after)
        kill_now();
}

/* Until it answers again. */
static void await_server(void)
{
    if (is_down)
        pthread_join(starter, NULL);
    is_down = 0;
}

static void start(void)
{
    assert_ok(k7_call_new(&call, &err));
    assert_ok(k7_call_set_trace(call, on_trace, NULL, NULL, &err));
}

static void stop(void)
{
    k7_call_free(call);
}

static int try_create(k7_error **ret_error)
{
    k7_spec *spec = new_spec("demo", "\"egress_whitelist\":[],\"before_script\":\"true\"");

    assert_ok(k7_spec_add_env(spec, "GREETING", "hello", &err));
    requests = 0;
    int code = k7_sandbox_create(client, spec, call, NULL, ret_error);
    k7_spec_free(spec);
    await_server();
    return code;
}

static int exists(void)
{
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;
    int code = k7_sandbox_get(client, NULL, "demo", NULL, &sandbox, &error);

    ck_assert_msg(code == 0 || code == K7_ERR_NOT_FOUND, "%s", k7_error_get_message(error));
    k7_sandbox_unref(sandbox);
    k7_error_unref(error);
    return code == 0;
}

START_TEST(during_a_create)
{
    k7_error *error = NULL;

    kill_after = _i;
    int code = try_create(&error);
    ck_assert_int_ge(requests, kill_after);
    char *objects = peer_objects(namespace_, NULL);
    ck_assert_int_eq(exists(), strstr(objects, "Deployment demo") != NULL);
    if (code == 0) {
        ck_assert(exists());
    } else if (k7_error_leftover_count(error) == 0) {
        ck_assert_msg(!*objects, "%s; left:\n%s", k7_error_get_message(error), objects);
    } else {
        ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_UNKNOWN);
        for (size_t i = 0; i < k7_error_leftover_count(error); i++)
            assert_contains(k7_error_leftover_at(error, i), "demo");
    }
    free(objects);
    k7_error_unref(error);
    assert_ok(k7_sandbox_delete(client, NULL, "demo", NULL, NULL, &err));
    assert_nothing_left();
}
END_TEST

START_TEST(during_a_delete)
{
    k7_error *error = NULL;

    kill_after = 0;
    ck_assert_int_eq(try_create(&error), 0);
    requests = 0;
    kill_after = _i;
    int code = k7_sandbox_delete(client, NULL, "demo", NULL, call, &error);
    await_server();
    if (code == 0)
        assert_nothing_left();
    k7_error_unref(error);
    assert_ok(k7_sandbox_delete(client, NULL, "demo", NULL, NULL, &err));
    assert_nothing_left();
}
END_TEST

/* Paused, so that no controller makes anything of them. Every MAKERS-th, from this one. */
static void *make_some(void *first)
{
    char path[200], body[1024];

    snprintf(path, sizeof path, "/apis/apps/v1/namespaces/%s/deployments", namespace_);
    for (int i = *(const int *)first; i < DEPLOYMENTS; i += MAKERS) {
        int status;

        snprintf(
            body, sizeof body,
            "{\"metadata\":{\"name\":\"d%d\",\"labels\":{\"app\":\"d%d\",\"runtime\":\"kata\",\"katakate.org/"
            "sandbox\":\"d%d\"}},\"spec\":{\"paused\":true,\"replicas\":0,\"selector\":{\"matchLabels\":{\"app\":"
            "\"d%d\"}},\"template\":{\"metadata\":{\"labels\":{\"app\":\"d%d\",\"katakate.org/sandbox\":\"d%d\"}},"
            "\"spec\":{\"runtimeClassName\":\"kata\",\"containers\":[{\"name\":\"sandbox\",\"image\":\"i\"}]}}}}",
            i, i, i, i, i, i);
        json_object_put(peer_call("POST", path, body, &status));
        if (status != 201)
            ck_abort_msg("%s: %d", path, status);
    }
    return NULL;
}

static void make_deployments(void)
{
    pthread_t makers[MAKERS];
    int first[MAKERS];

    for (int i = 0; i < MAKERS; i++) {
        first[i] = i;
        ck_assert_int_eq(pthread_create(&makers[i], NULL, make_some, &first[i]), 0);
    }
    for (int i = 0; i < MAKERS; i++)
        pthread_join(makers[i], NULL);
}

static int list_all(k7_error **ret_error)
{
    k7_sandboxes *list = NULL;

    requests = 0;
    int code = k7_sandbox_list(client, NULL, call, &list, ret_error);
    await_server();
    if (code == 0)
        ck_assert_uint_eq(k7_sandboxes_count(list), DEPLOYMENTS);
    else
        ck_assert_ptr_null(list);
    k7_sandboxes_unref(list);
    return code;
}

START_TEST(during_a_list)
{
    make_deployments();
    kill_after = 0;
    assert_ok(list_all(&err));
    int pages = requests;
    ck_assert_int_ge(pages, 4); /* three of Deployments, one of Pods */
    for (kill_after = 1; kill_after < pages; kill_after++) {
        k7_error *error = NULL;

        if (list_all(&error) != 0)
            ck_assert_int_eq(k7_error_is_retryable(error), 1);
        k7_error_unref(error);
    }
    kill_after = 0;
    assert_ok(list_all(&err));
}
END_TEST

static TCase *tests(void)
{
    TCase *tests = tcase_create("outage");

    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_loop_test(tests, during_a_create, 1, 8);
    tcase_add_loop_test(tests, during_a_delete, 1, 5);
    tcase_add_test(tests, during_a_list);
    return tests;
}

int main(void)
{
    return run_suite_on_any_node("outage", 0, tests);
}
