/* Unit tests of calls and cancel tokens while they are made ready: what is refused, who is freed and when. */
#include "plan/call.h"
#include "plan/cancel.h"
#include <k7sandbox/k7sandbox.h>

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

static k7_call *call;
static k7_error *err;

static void set_up(void)
{
    ck_assert_int_eq(k7_call_new(&call, &err), 0);
}

static void tear_down(void)
{
    k7_call_free(call);
    err = k7_error_unref(err);
}

static void expect_refused(int code, const char *words)
{
    ck_assert_int_eq(code, K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_error_get_code(err), code);
    ck_assert_msg(strstr(k7_error_get_message(err), words) != NULL, "%s", k7_error_get_message(err));
    err = k7_error_unref(err);
}

/* Not set, none, and a number are three different things; 0 would be a call that cannot succeed. */
START_TEST(a_deadline_is_a_time_or_never)
{
    ck_assert_int_eq(call->timeout_ms, 0);
    ck_assert_int_eq(k7_call_set_timeout_ms(call, 1, &err), 0);
    ck_assert_int_eq(k7_call_set_timeout_ms(call, INT64_MAX, &err), 0);
    ck_assert_int_eq(k7_call_set_timeout_ms(call, K7_NEVER, &err), 0);
    ck_assert_int_eq(call->timeout_ms, K7_NEVER);
    ck_assert_int_eq(k7_call_set_timeout_ms(call, 500, &err), 0);
    expect_refused(k7_call_set_timeout_ms(call, 0, &err), "timeout_ms 0");
    expect_refused(k7_call_set_timeout_ms(call, -2, &err), "timeout_ms -2");
    expect_refused(k7_call_set_timeout_ms(call, INT64_MIN, &err), "1 or more");
    ck_assert_int_eq(call->timeout_ms, 500);
}
END_TEST

START_TEST(time_to_clean_up_may_be_none_but_not_endless)
{
    ck_assert_int_eq(call->cleanup_timeout_ms, -1);
    ck_assert_int_eq(k7_call_set_cleanup_timeout_ms(call, 0, &err), 0);
    ck_assert_int_eq(call->cleanup_timeout_ms, 0);
    expect_refused(k7_call_set_cleanup_timeout_ms(call, K7_NEVER, &err), "-1");
    ck_assert_int_eq(call->cleanup_timeout_ms, 0);
}
END_TEST

static const struct {
    const char *text;
    int good;
} contexts[] = {
    { "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 1 },
    { "", 0 },
    { "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 0 },
    { "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x", 0 },
    { "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", 0 },
    { "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01", 0 },
    { "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01", 0 },
    { "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-\r\n", 0 },
};

START_TEST(a_trace_context_cannot_be_something_else)
{
    int code = k7_call_set_traceparent(call, contexts[_i].text, &err);

    ck_assert_pstr_eq(call->traceparent, contexts[_i].good ? contexts[_i].text : NULL);
    if (contexts[_i].good)
        ck_assert_int_eq(code, 0);
    else
        expect_refused(code, "traceparent");
    ck_assert_int_eq(k7_call_set_traceparent(call, NULL, &err), 0);
    ck_assert_ptr_null(call->traceparent);
}
END_TEST

/* --- callbacks --- */

static void on_progress(void *user, const k7_progress *progress)
{
    (void)user, (void)progress;
}

static void on_trace(void *user, const k7_trace *trace)
{
    (void)user, (void)trace;
}

static void on_dry_run(void *user, const k7_dry_request *request)
{
    (void)user, (void)request;
}

static int on_interrupt(void *user)
{
    (void)user;
    return 0;
}

static void count(void *user)
{
    ++*(int *)user;
}

static int set_callback(k7_call *of, int kind, int *user)
{
    void (*free_user)(void *) = user ? count : NULL;

    return kind == 0   ? k7_call_set_progress(of, on_progress, user, free_user, &err)
           : kind == 1 ? k7_call_set_trace(of, on_trace, user, free_user, &err)
           : kind == 2 ? k7_call_set_dry_run(of, on_dry_run, user, free_user, &err)
                       : k7_call_set_on_interrupt(of, on_interrupt, user, free_user, &err);
}

START_TEST(each_user_is_freed_once)
{
    int first = 0, second = 0, nowhere = 0;

    ck_assert_int_eq(set_callback(call, _i, &first), 0);
    ck_assert_int_eq(first, 0);
    ck_assert_int_eq(set_callback(call, _i, &second), 0);
    ck_assert_int_eq(first, 1);
    ck_assert_int_eq(set_callback(call, _i, NULL), 0);
    ck_assert_int_eq(second, 1);
    second = 0;
    ck_assert_int_eq(set_callback(call, _i, &second), 0);
    expect_refused(set_callback(NULL, _i, &nowhere), "call");
    ck_assert_int_eq(nowhere, 1);
    k7_call_free(call);
    call = NULL;
    ck_assert_int_eq(first, 1);
    ck_assert_int_eq(second, 1);
}
END_TEST

/* --- tokens --- */

START_TEST(a_token_outlives_whoever_gave_it)
{
    k7_cancel *cancel, *other;

    ck_assert_int_eq(k7_cancel_new(&cancel, &err), 0);
    ck_assert_int_eq(k7_cancel_new(&other, &err), 0);
    ck_assert_int_eq(k7_call_set_cancel(call, cancel, &err), 0);
    ck_assert_int_eq(k7_call_set_cancel(call, cancel, &err), 0); /* itself in its own place */
    ck_assert_ptr_null(k7_cancel_unref(cancel));
    k7_cancel_trigger(call->cancel);
    ck_assert_int_eq(k7_cancel_count(call->cancel), 1);
    ck_assert_int_eq(k7_call_set_cancel(call, other, &err), 0);
    ck_assert_int_eq(k7_cancel_count(call->cancel), 0);
    ck_assert_int_eq(k7_call_set_cancel(call, NULL, &err), 0);
    ck_assert_ptr_null(call->cancel);
    k7_cancel_unref(other);
}
END_TEST

START_TEST(a_trigger_is_counted_and_seen_and_keeps_errno)
{
    k7_cancel *cancel;

    ck_assert_int_eq(k7_cancel_new(&cancel, &err), 0);
    struct pollfd seen = { .fd = k7i_cancel_fd(cancel), .events = POLLIN };
    ck_assert_int_eq(poll(&seen, 1, 0), 0);
    errno = ERANGE;
    for (int i = 1; i <= 1000; i++) {
        k7_cancel_trigger(cancel);
        ck_assert_int_eq(k7_cancel_count(cancel), i);
    }
    ck_assert_int_eq(errno, ERANGE);
    ck_assert_int_eq(poll(&seen, 1, 0), 1);
    k7_cancel_unref(cancel);
    k7_cancel_trigger(NULL);
    ck_assert_int_eq(k7_cancel_count(NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan/call");
    TCase *tests = tcase_create("call");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_deadline_is_a_time_or_never);
    tcase_add_test(tests, time_to_clean_up_may_be_none_but_not_endless);
    tcase_add_loop_test(tests, a_trace_context_cannot_be_something_else, 0,
                        (int)(sizeof contexts / sizeof contexts[0]));
    tcase_add_loop_test(tests, each_user_is_freed_once, 0, 4);
    tcase_add_test(tests, a_token_outlives_whoever_gave_it);
    tcase_add_test(tests, a_trigger_is_counted_and_seen_and_keeps_errno);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
