/* test_script.c: before_script: its order and the lock, its failure with its output, and readiness while it runs. */
#include "fixture.h"

#include <pthread.h>

#define LOCKED "\"egress_whitelist\":[]"
#define UNDER  LOCKED ",\"before_script_under_lock\":true"

/* Routes besides the loopback's own; a header line is always there. */
static const char count_routes[] = "echo $(($(wc -l </proc/net/route) - 1))";

START_TEST(the_script_has_the_network_and_the_sandbox_has_not)
{
    const char *container =
        create("order", LOCKED ",\"before_script\":\"echo $(($(wc -l </proc/net/route) - 1)) >/tmp/routes\"");

    ck_assert_int_gt(atoi(peer_exec(container, "cat /tmp/routes", NULL)), 0);
    ck_assert_str_eq(peer_exec(container, count_routes, NULL), "0");
    ck_assert_str_eq(
        peer_exec(
            container,
            "ls /sys/class/net | grep -vE '^(lo|tunl0|sit0|ip6tnl0|gre0|gretap0|erspan0|ip_vti0|ip6_vti0)$'",
            NULL),
        "");
}
END_TEST

START_TEST(a_locked_sandbox_stays_locked_when_it_is_started_again)
{
    const char *container = create("again", LOCKED ",\"before_script\":\"true\"");
    char path[256];
    int status;

    snprintf(path, sizeof path, "/containers/%s/stop?t=60", container);
    json_object_put(peer_call("POST", path, NULL, &status));
    ck_assert_int_eq(status, 204);
    snprintf(path, sizeof path, "/containers/%s/start", container);
    json_object_put(peer_call("POST", path, NULL, &status));
    if (engine_is_podman) /* its companion starts only once: no network is better than an open one */
        ck_assert_int_eq(status, 500);
    else
        ck_assert_str_eq(peer_exec(container, count_routes, NULL), "0");
    assert_ok(k7_sandbox_delete(client, NULL, "again", NULL, NULL, &err));
    ck_assert_int_eq(peer_count(namespace_), 0);
}
END_TEST

START_TEST(under_the_lock_the_script_has_no_network_either)
{
    const char *container =
        create("under", UNDER ",\"before_script\":\"echo $(($(wc -l </proc/net/route) - 1)) >/tmp/routes\"");

    ck_assert_str_eq(peer_exec(container, "cat /tmp/routes", NULL), "0");
    ck_assert_str_eq(peer_exec(container, count_routes, NULL), "0");
    ck_assert_int_eq(peer_count(namespace_), 1);
}
END_TEST

static const struct {
    const char *egress, *script;
    const char *words, *more_words;
} failures[] = {
    { LOCKED, "echo first line; echo last line >&2; exit 7", "exit status 7", "last line" },
    { UNDER, "echo the reason; exit 8", "exit status 8", "the reason" },
    { "\"egress_whitelist\":null", "echo the reason; exit 9", "exit status 9", "the reason" },
    { UNDER, "nosuchcommand", "exit status 127", "nosuchcommand" },
    { UNDER, "false # it must not be lost", "exit status 1", "" },
    { UNDER, "false; echo not reached", "exit status 1", "" },
    { UNDER, "if then", "exit status 2", "syntax error" },
    { UNDER, "kill -9 $$", "signal 9", "" },
    { UNDER, "printf 'no newline'; exit 3", "exit status 3", "no newline" },
    { UNDER, "echo $not_set", "exit status 2", "not_set" },
};

START_TEST(a_failing_script_fails_create_with_its_output)
{
    char fields[512];

    snprintf(fields, sizeof fields, "%s,\"before_script\":\"%s\"", failures[_i].egress, failures[_i].script);
    k7_error *error = create_fails(client, "failing", fields, K7_ERR_SCRIPT_FAILED, failures[_i].words);
    assert_contains(k7_error_get_message(error), failures[_i].more_words);
    ck_assert_ptr_null(strchr(k7_error_get_message(error), '\n'));
    ck_assert_ptr_null(strstr(k7_error_get_message(error), "not reached"));
    k7_error_unref(error);
}
END_TEST

START_TEST(only_the_end_of_much_output_is_kept)
{
    k7_error *error = create_fails(
        client, "much",
        UNDER ",\"before_script\":\"head -c 3000000 /dev/zero | tr '\\\\0' x; echo; echo the end; exit 5\"",
        K7_ERR_SCRIPT_FAILED, "exit status 5");

    assert_contains(k7_error_get_message(error), "the end");
    ck_assert_uint_le(strlen(k7_error_get_message(error)), 1500);
    ck_assert_uint_le(strlen(k7_error_get_server_text(error)), 4096);
    assert_contains(k7_error_get_server_text(error), "the end");
    k7_error_unref(error);
}
END_TEST

START_TEST(a_script_may_leave_something_running)
{
    const char *container = create("server", UNDER ",\"before_script\":\"sleep 1000 &\"");
    k7_sandbox *got;

    ck_assert_int_ge(atoi(peer_exec(container, "ps | grep -c '[s]leep 1000'", NULL)), 1);
    assert_ok(k7_sandbox_get(client, NULL, "server", NULL, &got, &err));
    ck_assert_int_eq(k7_sandbox_is_ready(got), 1);
    k7_sandbox_unref(got);
}
END_TEST

START_TEST(a_script_cannot_change_how_it_is_run)
{
    const char *container = create(
        "quotes", UNDER
        ",\"before_script\":\"echo \\\"it's $0 \\\\\\\"$@\\\\\\\" $(id -u)\\\" >/tmp/said; cat >>/tmp/said\"");

    ck_assert_str_eq(peer_exec(container, "cat /tmp/said", NULL), "it's k7 \"\" 0");
}
END_TEST

START_TEST(a_script_runs_as_the_sandbox_does)
{
    const char *container = create(
        "user", UNDER
        ",\"pod_non_root\":true,\"before_script\":\"id -u >/tmp/uid; grep CapBnd /proc/self/status >/tmp/caps\"");

    ck_assert_str_eq(peer_exec(container, "cat /tmp/uid", NULL), "65532");
    ck_assert_str_eq(peer_exec(container, "cat /tmp/caps", NULL), "CapBnd:\t0000000000000000");
}
END_TEST

START_TEST(a_script_that_is_too_long_is_refused)
{
    static char fields[140 * 1024];

    strcpy(fields, UNDER ",\"before_script\":\"");
    memset(fields + strlen(fields), '#', 130 * 1024);
    strcat(fields, "\"");
    k7_error_unref(create_fails(client, "long", fields, K7_ERR_UNSUPPORTED_ARGUMENT, "before_script"));
}
END_TEST

START_TEST(a_long_script_runs)
{
    static char fields[130 * 1024];

    strcpy(fields, UNDER ",\"before_script\":\"#");
    memset(fields + strlen(fields), 'x', 116 * 1024);
    strcat(fields, "\\necho $((6 * 7)) >/tmp/answer\"");
    ck_assert_str_eq(peer_exec(create("longer", fields), "cat /tmp/answer", NULL), "42");
}
END_TEST

/* ---- while it runs ---- */

struct running {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int started, result;
    k7_spec *spec;
};

static void on_trace(void *user, const k7_trace *trace)
{
    struct running *running = user;

    if (strcmp(k7_trace_get_step(trace), "start") != 0)
        return;
    pthread_mutex_lock(&running->mutex);
    running->started = 1;
    pthread_cond_signal(&running->changed);
    pthread_mutex_unlock(&running->mutex);
}

static void *create_in_thread(void *user)
{
    struct running *running = user;
    k7_call *call;

    k7_call_new(&call, NULL);
    k7_call_set_trace(call, on_trace, running, NULL, NULL);
    running->result = k7_sandbox_create(client, running->spec, call, NULL, NULL);
    k7_call_free(call);
    return NULL;
}

START_TEST(a_sandbox_is_not_ready_while_its_script_runs)
{
    struct running running = {
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, -1,
        new_spec("waits", LOCKED ",\"before_script\":\"while [ ! -e /tmp/go ]; do sleep 0.05; done\"")
    };
    pthread_t thread;
    k7_sandbox *got;
    k7_sandboxes *listed;

    pthread_create(&thread, NULL, create_in_thread, &running);
    pthread_mutex_lock(&running.mutex);
    while (!running.started)
        pthread_cond_wait(&running.changed, &running.mutex);
    pthread_mutex_unlock(&running.mutex);
    assert_ok(k7_sandbox_get(client, NULL, "waits", NULL, &got, &err));
    ck_assert_str_eq(k7_sandbox_get_status(got), "Running");
    ck_assert_int_eq(k7_sandbox_is_ready(got), 0);
    k7_sandbox_unref(got);
    assert_ok(k7_sandbox_list(client, NULL, NULL, &listed, &err));
    ck_assert_uint_eq(k7_sandboxes_count(listed), 1); /* and no companion */
    ck_assert_int_eq(k7_sandbox_is_ready(k7_sandboxes_at(listed, 0)), 0);
    k7_sandboxes_unref(listed);
    peer_exec(container_of("waits"), "touch /tmp/go", NULL);
    pthread_join(thread, NULL);
    ck_assert_int_eq(running.result, 0);
    k7_spec_free(running.spec);
    assert_ok(k7_sandbox_get(client, NULL, "waits", NULL, &got, &err));
    ck_assert_int_eq(k7_sandbox_is_ready(got), 1);
    k7_sandbox_unref(got);
}
END_TEST

static TCase *make(void)
{
    TCase *tests = tcase_create("script");

    tcase_add_test(tests, the_script_has_the_network_and_the_sandbox_has_not);
    tcase_add_test(tests, a_locked_sandbox_stays_locked_when_it_is_started_again);
    tcase_add_test(tests, under_the_lock_the_script_has_no_network_either);
    tcase_add_loop_test(tests, a_failing_script_fails_create_with_its_output, 0,
                        (int)(sizeof failures / sizeof failures[0]));
    tcase_add_test(tests, only_the_end_of_much_output_is_kept);
    tcase_add_test(tests, a_script_may_leave_something_running);
    tcase_add_test(tests, a_script_cannot_change_how_it_is_run);
    tcase_add_test(tests, a_script_runs_as_the_sandbox_does);
    tcase_add_test(tests, a_script_that_is_too_long_is_refused);
    tcase_add_test(tests, a_long_script_runs);
    tcase_add_test(tests, a_sandbox_is_not_ready_while_its_script_runs);
    return tests;
}

int main(void)
{
    return run_suite("docker-script", make);
}
