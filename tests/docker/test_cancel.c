/* test_cancel.c: a create that is cancelled or runs out of time leaves nothing, wherever it stops. */
#include "fixture.h"

/* The longest way: companion or bridge, script, lock. */
static const char *const ways[] = {
    "\"egress_whitelist\":[]",
    "\"egress_whitelist\":[],\"before_script\":\"true\"",
    "\"before_script\":\"true\"",
};
enum { WAYS = sizeof ways / sizeof ways[0] };

static struct {
    k7_cancel *cancel;
    int events, stop_at; /* stop_at 0: never */
} watch;

static void count_event(void)
{
    if (++watch.events == watch.stop_at)
        k7_cancel_trigger(watch.cancel);
}

static void on_progress(void *user, const k7_progress *progress)
{
    (void)user;
    (void)progress;
    count_event(); /* a request is about to go out */
}

static void on_trace(void *user, const k7_trace *trace)
{
    (void)user;
    (void)trace;
    count_event(); /* its answer has come */
}

static k7_call *watched_call(int stop_at)
{
    k7_call *call;

    watch.events = 0;
    watch.stop_at = stop_at;
    assert_ok(k7_cancel_new(&watch.cancel, &err));
    assert_ok(k7_call_new(&call, &err));
    assert_ok(k7_call_set_cancel(call, watch.cancel, &err));
    assert_ok(k7_call_set_progress(call, on_progress, NULL, NULL, &err));
    assert_ok(k7_call_set_trace(call, on_trace, NULL, NULL, &err));
    return call;
}

static int networks(void)
{
    json_object *all = peer_call("GET", "/networks", NULL, NULL);
    int count = (int)json_object_array_length(all);

    json_object_put(all);
    return count;
}

START_TEST(cancelled_at_any_event_nothing_is_left)
{
    k7_spec *spec = new_spec("cancelled", ways[_i]);
    int result = K7_ERR_CANCELLED, at, networks_before;

    create("warm", ways[_i]); /* makes the shared bridge, which stays */
    networks_before = networks();
    for (at = 1; result != 0; at++) {
        k7_call *call = watched_call(at);
        k7_error *error = NULL;

        result = k7_sandbox_create(client, spec, call, NULL, &error);
        if (result != 0) {
            ck_assert_msg(result == K7_ERR_CANCELLED, "event %d: %s: %s", at, k7_error_code_name(result),
                          k7_error_get_message(error));
            ck_assert_uint_eq(k7_error_leftover_count(error), 0);
            ck_assert_msg(k7_error_get_outcome(error) == K7_OUTCOME_NOT_SENT, "event %d, step %s: outcome %d",
                          at, k7_error_get_step(error), k7_error_get_outcome(error));
            ck_assert_msg(peer_count(namespace_) == 1 + (engine_is_podman && _i == 1), "event %d, step %s",
                          at, k7_error_get_step(error));
            ck_assert_int_eq(networks(), networks_before);
        }
        k7_error_unref(error);
        k7_call_free(call);
        k7_cancel_unref(watch.cancel);
        ck_assert_int_lt(at, 100);
    }
    ck_assert_int_gt(at, 8); /* it was cancelled at every step before */
    k7_spec_free(spec);
}
END_TEST

START_TEST(out_of_time_at_any_moment_nothing_is_left)
{
    k7_spec *spec = new_spec("late", ways[1]);
    int result = K7_ERR_TIMEOUT;

    for (int64_t ms = 5; result != 0; ms += 5 + ms / 4) {
        k7_call *call;
        k7_error *error = NULL;

        assert_ok(k7_call_new(&call, &err));
        assert_ok(k7_call_set_timeout_ms(call, ms, &err));
        result = k7_sandbox_create(client, spec, call, NULL, &error);
        if (result != 0) {
            ck_assert_msg(result == K7_ERR_TIMEOUT, "%d ms: %s: %s", (int)ms, k7_error_code_name(result),
                          k7_error_get_message(error));
            ck_assert_uint_eq(k7_error_leftover_count(error), 0);
            ck_assert_msg(peer_count(namespace_) == 0, "%d ms, step %s", (int)ms, k7_error_get_step(error));
        }
        k7_error_unref(error);
        k7_call_free(call);
    }
    k7_spec_free(spec);
}
END_TEST

START_TEST(without_time_to_clean_up_the_leftovers_are_named)
{
    k7_spec *spec = new_spec(
        "left", "\"egress_whitelist\":[],\"before_script\":\"sleep 1000\",\"before_script_under_lock\":true");
    k7_call *call;
    k7_error *error = NULL;

    assert_ok(k7_call_new(&call, &err));
    assert_ok(k7_call_set_timeout_ms(call, 5000, &err));
    assert_ok(k7_call_set_cleanup_timeout_ms(call, 0, &err));
    ck_assert_int_eq(k7_sandbox_create(client, spec, call, NULL, &error), K7_ERR_TIMEOUT);
    ck_assert_uint_eq(k7_error_leftover_count(error), 1);
    assert_contains(k7_error_leftover_at(error, 0), container_of("left"));
    json_object *json = peer_inspect(container_of("left"));
    char id[16];
    snprintf(id, sizeof id, "%.12s", peer_text(json, "Id"));
    assert_contains(k7_error_leftover_at(error, 0), id);
    json_object_put(json);
    k7_error_unref(error);
    k7_call_free(call);
    k7_spec_free(spec);
    assert_ok(k7_sandbox_delete(client, NULL, "left", NULL, NULL, &err));
    ck_assert_int_eq(peer_count(namespace_), 0);
}
END_TEST

static TCase *make(void)
{
    TCase *tests = tcase_create("cancel");

    tcase_add_loop_test(tests, cancelled_at_any_event_nothing_is_left, 0, WAYS);
    tcase_add_test(tests, out_of_time_at_any_moment_nothing_is_left);
    tcase_add_test(tests, without_time_to_clean_up_the_leftovers_are_named);
    return tests;
}

int main(void)
{
    return run_suite("docker-cancel", make);
}
