/* test_rest_repeat.c: what is repeated, and what never is: by the requests that the server counted. */
#include "rest_fixture.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE      "Retry-After: 0\r\n"
#define A_DATE       "Date: Sun, 22 Nov 2026 10:00:00 GMT\r\nRetry-After: Sun, 22 Nov 2026 10:00:00 GMT\r\n"
#define A_DATE_FIRST "Retry-After: Sun, 22 Nov 2026 10:00:00 GMT\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\n"

START_TEST(a_program_can_name_itself)
{
    k7_config *config = new_config(scripted_server_url(server));

    close_client();
    set_key(config, "user_agent", "my-program/1.0");
    open_client(config);
    scripted_server_answer(server, 200, NULL, LIST_OF_ONE);
    expect_success(list());
    ck_assert_ptr_nonnull(
        strstr(scripted_server_request(server, 0).headers, "User-Agent: my-program/1.0\r\n"));
}
END_TEST

static int told;

/* The attempts of a list that is repeated once, over a connection that stays. */
static void on_each(void *user, const k7_trace *trace)
{
    static const int statuses[] = { 503, 200 };
    char url[128];

    (void)user;
    ck_assert_int_lt(told, 2);
    snprintf(url, sizeof url, "%s/api/v1/sandboxes?namespace=default", scripted_server_url(server));
    ck_assert_str_eq(k7_trace_get_operation(trace), "list");
    ck_assert_str_eq(k7_trace_get_step(trace), "list");
    ck_assert_str_eq(k7_trace_get_method(trace), "GET");
    ck_assert_str_eq(k7_trace_get_url(trace), url);
    ck_assert_int_eq(k7_trace_get_attempt(trace), told + 1);
    ck_assert_int_eq(k7_trace_get_http_status(trace), statuses[told]);
    ck_assert_int_eq(k7_trace_get_error_code(trace), 0);
    ck_assert_int_eq(k7_trace_is_connection_reused(trace), told);
    ck_assert_int_gt(k7_trace_get_duration_us(trace), 0);
    told++;
}

START_TEST(a_trace_tells_what_was_asked_and_answered)
{
    told = 0;
    ck_assert_int_eq(k7_call_set_trace(call, on_each, NULL, NULL, NULL), 0);
    scripted_server_answer(server, 503, AT_ONCE, "");
    scripted_server_answer(server, 200, NULL, LIST_OF_ONE);
    expect_success(list());
    ck_assert_int_eq(told, 2);
}
END_TEST

START_TEST(each_attempt_carries_the_trace_context)
{
    static const char context[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    ck_assert_int_eq(k7_call_set_traceparent(call, context, NULL), 0);
    scripted_server_answer(server, 503, AT_ONCE, "");
    scripted_server_answer_always(server, 200, NULL, LIST_OF_ONE);
    expect_success(list());
    for (int i = 0; i < 2; i++) {
        const char *line = strstr(scripted_server_request(server, i).headers, "traceparent: ");

        ck_assert_ptr_nonnull(line);
        ck_assert_int_eq(strncmp(line + strlen("traceparent: "), context, strlen(context)), 0);
    }
    ck_assert_int_eq(k7_call_set_traceparent(call, NULL, NULL), 0);
    expect_success(list());
    ck_assert_ptr_null(strstr(scripted_server_request(server, 2).headers, "traceparent"));
}
END_TEST

#define COUNT(table) (int)(sizeof table / sizeof table[0])

static void push(enum scripted_act_kind kind)
{
    scripted_server_push(server, &(struct scripted_act){ kind, NULL, 0 }, 1);
}

static const struct {
    int status;
    const char *headers;
} busy[] = { { 503, AT_ONCE },      { 429, AT_ONCE }, { 503, A_DATE },
             { 503, A_DATE_FIRST }, { 503, NULL },    { 429, NULL } };

START_TEST(a_list_is_repeated_while_the_server_is_busy)
{
    scripted_server_answer(server, busy[_i].status, busy[_i].headers, "");
    scripted_server_answer(server, busy[_i].status, busy[_i].headers, "");
    scripted_server_answer(server, 200, NULL, LIST_OF_ONE);
    expect_success(list());
    ck_assert_int_eq(scripted_server_bodies(server, "GET"), 3);
    ck_assert_int_eq(traces, 3);
    ck_assert_int_eq(retries, 2);
    ck_assert_int_eq(scripted_server_connections(server), 1);
}
END_TEST

START_TEST(a_list_is_not_repeated_for_ever)
{
    scripted_server_answer_always(server, 503, AT_ONCE, "");
    ck_assert_int_eq(list(), K7_ERR_UNAVAILABLE);
    ck_assert_int_eq(scripted_server_requests(server), 4);
    ck_assert_int_eq(k7_error_get_retry_after_ms(err), 0);
    ck_assert_int_eq(k7_error_is_retryable(err), 1);
}
END_TEST

START_TEST(what_the_server_asks_for_beyond_the_deadline_is_not_waited_for)
{
    scripted_server_answer_always(server, 429, "Retry-After: 3600\r\n", "");
    ck_assert_int_eq(list(), K7_ERR_RATE_LIMITED);
    ck_assert_int_eq(scripted_server_requests(server), 1);
    ck_assert_int_eq(k7_error_get_retry_after_ms(err), 3600000);
}
END_TEST

#define NOW "Date: Sun, 22 Nov 2026 10:00:00 GMT\r\n"

/* A date is counted from the server's own clock: this machine's may be wrong. */
static const struct {
    const char *headers;
    int64_t ms;
} dates[] = {
    { NOW "Retry-After: Sun, 22 Nov 2026 11:00:01 GMT\r\n", 3601000 },
    { "Retry-After: Sun, 22 Nov 2026 11:00:01 GMT\r\n" NOW, 3601000 },
    { NOW "Retry-After: Mon, 23 Nov 2026 10:00:00 GMT\r\n", 86400000 },
};

START_TEST(a_date_beyond_the_deadline_is_not_waited_for)
{
    scripted_server_answer_always(server, 503, dates[_i].headers, "");
    ck_assert_int_eq(list(), K7_ERR_UNAVAILABLE);
    ck_assert_int_eq(scripted_server_requests(server), 1);
    ck_assert_int_eq(k7_error_get_retry_after_ms(err), dates[_i].ms);
}
END_TEST

START_TEST(a_date_that_has_passed_is_not_waited_for)
{
    scripted_server_answer(server, 503, NOW "Retry-After: Sun, 22 Nov 2026 09:00:00 GMT\r\n", "");
    scripted_server_answer(server, 200, NULL, LIST_OF_ONE);
    expect_success(list());
    ck_assert_int_eq(scripted_server_requests(server), 2);
}
END_TEST

/* A create is repeated only where the server says that it did nothing: 429, and 503 with Retry-After. */
START_TEST(a_create_is_repeated_when_it_provably_did_nothing)
{
    scripted_server_answer(server, busy[_i].status, busy[_i].headers, "");
    scripted_server_answer(server, 201, NULL, CREATED);
    if (busy[_i].status == 503 && !busy[_i].headers) {
        ck_assert_int_eq(create(), K7_ERR_UNAVAILABLE);
        expect_error(K7_ERR_UNAVAILABLE, K7_OUTCOME_UNKNOWN);
        ck_assert_int_eq(scripted_server_bodies(server, "POST"), 1);
    } else {
        expect_success(create());
        ck_assert_int_eq(scripted_server_bodies(server, "POST"), 2);
        ck_assert_str_eq(scripted_server_request(server, 0).body, scripted_server_request(server, 1).body);
    }
}
END_TEST

static const int failures[] = { 500, 502, 503, 504, 408, 599 };

START_TEST(a_create_is_never_repeated_after_a_failure_of_the_server)
{
    scripted_server_answer_always(server, failures[_i], NULL, ENVELOPE("InternalServerError", "boom"));
    ck_assert_int_lt(create(), 0);
    expect_error(k7_error_get_code(err), K7_OUTCOME_UNKNOWN);
    ck_assert_int_eq(scripted_server_requests(server), 1);
    ck_assert_uint_eq(k7_error_leftover_count(err), 1);
    ck_assert_int_eq(k7_error_is_retryable(err), 0);
}
END_TEST

static const enum scripted_act_kind ends[] = { SCRIPTED_RESET, SCRIPTED_CLOSE };

START_TEST(a_create_is_never_repeated_after_a_lost_connection)
{
    push(ends[_i]);
    scripted_server_answer_always(server, 201, NULL, CREATED);
    ck_assert_int_eq(create(), K7_ERR_CONNECTION_LOST);
    expect_error(K7_ERR_CONNECTION_LOST, K7_OUTCOME_UNKNOWN);
    ck_assert_int_eq(scripted_server_requests(server), 1);
}
END_TEST

/* libcurl by itself sends any request again when a warm connection ends without an answer. */
START_TEST(a_create_on_a_warm_connection_is_carried_out_once)
{
    scripted_server_answer(server, 200, NULL, LIST_OF_ONE);
    push(ends[_i]);
    scripted_server_answer_always(server, 201, NULL, CREATED);
    expect_success(list());
    ck_assert_int_eq(create(), K7_ERR_CONNECTION_LOST);
    expect_error(K7_ERR_CONNECTION_LOST, K7_OUTCOME_UNKNOWN);
    ck_assert_int_eq(scripted_server_bodies(server, "POST"), 1);
    ck_assert_int_eq(scripted_server_request(server, 1).connection, 0);
    ck_assert_int_eq(scripted_server_requests(server), 2);
}
END_TEST

START_TEST(a_list_on_a_warm_connection_that_ends_is_repeated)
{
    scripted_server_answer(server, 200, NULL, LIST_OF_ONE);
    push(ends[_i]);
    scripted_server_answer(server, 200, NULL, LIST_OF_ONE);
    expect_success(list());
    expect_success(list());
    ck_assert_int_eq(scripted_server_bodies(server, "GET"), 3);
}
END_TEST

START_TEST(a_delete_that_was_lost_is_repeated)
{
    push(ends[_i]);
    scripted_server_answer(server, 200, NULL, DELETED);
    scripted_server_answer(server, 404, NULL, MISSING);
    expect_success(delete_demo());
    ck_assert_int_eq(scripted_server_bodies(server, "DELETE"), 2);
    ck_assert_int_eq(scripted_server_bodies(server, "GET"), 1);
}
END_TEST

START_TEST(a_delete_waits_until_the_sandbox_is_gone)
{
    scripted_server_answer(server, 200, NULL, DELETED);
    scripted_server_answer(server, 200, NULL, "{\"data\":{\"name\":\"demo\",\"status\":\"Terminating\"}}");
    scripted_server_answer(server, 200, NULL, "{\"data\":{\"name\":\"demo\",\"status\":\"Terminating\"}}");
    scripted_server_answer(server, 404, NULL, MISSING);
    expect_success(delete_demo());
    ck_assert_int_eq(scripted_server_bodies(server, "DELETE"), 1);
    ck_assert_int_eq(scripted_server_bodies(server, "GET"), 3);
}
END_TEST

START_TEST(delete_all_reports_each)
{
    k7_results *results = NULL;

    close_client();
    setup_attempts("1");
    scripted_server_answer(server, 200, NULL, "{\"data\":[{\"name\":\"a\"}]}");
    scripted_server_answer(server, 400, NULL,
                           ENVELOPE("BadRequest", "deployment: (403)\\nReason: Forbidden\\n"));
    ck_assert_int_eq(k7_sandbox_delete_all(client, NULL, call, &results, &err), 0);
    ck_assert_uint_eq(k7_results_count(results), 1);
    ck_assert_int_eq(k7_results_outcome_at(results, 0), K7_ITEM_FAILED);
    ck_assert_int_eq(k7_error_get_code(k7_results_error_at(results, 0)), K7_ERR_REJECTED);
    ck_assert_str_eq(scripted_server_request(server, 1).target, "/api/v1/sandboxes/a?namespace=default");
    k7_results_unref(results);
}
END_TEST

START_TEST(delete_all_never_reaches_the_collection)
{
    k7_results *results = NULL;

    scripted_server_answer(
        server, 200, NULL,
        "{\"data\":[{\"name\":\"..\"},{\"name\":\".\"},{\"name\":\"a/../../sandboxes\"}]}");
    scripted_server_answer_always(server, 404, NULL, "{\"detail\":\"Not Found\"}");
    ck_assert_int_eq(k7_sandbox_delete_all(client, NULL, call, &results, &err), 0);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_DONE), 0);
    for (int i = 1; i < scripted_server_requests(server); i++)
        ck_assert_str_eq(scripted_server_request(server, i).target,
                         "/api/v1/sandboxes/a%2F..%2F..%2Fsandboxes?namespace=default");
    k7_results_unref(results);
}
END_TEST

START_TEST(a_refused_connection_is_tried_again_and_nothing_was_sent)
{
    int port = scripted_server_port(server);
    char url[64];

    close_client();
    scripted_server_stop(server);
    server = NULL;
    snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    open_client(new_config(url));
    ck_assert_int_eq(create(), K7_ERR_CONNECT);
    expect_error(K7_ERR_CONNECT, K7_OUTCOME_NOT_SENT);
    ck_assert_int_eq(k7_error_is_retryable(err), 1);
    ck_assert_int_eq(traces, 4);
}
END_TEST

START_TEST(a_thousand_calls_need_one_connection)
{
    scripted_server_answer_always(server, 200, NULL, LIST_OF_ONE);
    for (int i = 0; i < 1000; i++)
        expect_success(list());
    ck_assert_int_eq(scripted_server_requests(server), 1000);
    ck_assert_int_eq(scripted_server_connections(server), 1);
}
END_TEST

/* uvicorn closes after 5 s: a connection that could be closing is not used. Only here does a test let time pass: age cannot come otherwise. */
START_TEST(an_old_connection_is_not_used_again)
{
    k7_config *config = new_config(scripted_server_url(server));
    struct timespec start, now;

    close_client();
    set_key(config, "rest.idle_ms", "1000");
    open_client(config);
    scripted_server_answer_always(server, 200, NULL, LIST_OF_ONE);
    expect_success(list());
    clock_gettime(CLOCK_MONOTONIC, &start);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < 1100);
    expect_success(list());
    ck_assert_int_eq(scripted_server_connections(server), 2);
}
END_TEST

/* libcurl counts whole seconds: what may be idle for less than one is not kept, and 0 does not mean for ever. */
START_TEST(a_connection_that_may_not_be_idle_is_not_used_again)
{
    static const char *const idle_ms[] = { "0", "1", "999" };
    k7_config *config = new_config(scripted_server_url(server));

    close_client();
    set_key(config, "rest.idle_ms", idle_ms[_i]);
    open_client(config);
    scripted_server_answer_always(server, 200, NULL, LIST_OF_ONE);
    expect_success(list());
    expect_success(list());
    ck_assert_int_eq(scripted_server_connections(server), 2);
}
END_TEST

static int tokens;

static int give_token(void *user, k7_token *token)
{
    char text[64];

    (void)user;
    snprintf(text, sizeof text, SECRET "-%d\n", ++tokens);
    return k7_token_set(token, text, -1);
}

START_TEST(a_refused_token_is_fetched_once_more)
{
    k7_config *config = new_config(scripted_server_url(server));

    close_client();
    ck_assert_int_eq(k7_config_set_token_provider(config, give_token, NULL, NULL, NULL), 0);
    open_client(config);
    scripted_server_answer(server, 401, NULL, ENVELOPE("Unauthorized", "expired"));
    scripted_server_answer(server, 200, NULL, LIST_OF_ONE);
    expect_success(list());
    ck_assert_ptr_nonnull(
        strstr(scripted_server_request(server, 1).headers, "Authorization: Bearer " SECRET "-2"));
    ck_assert_ptr_null(strstr(scripted_server_request(server, 1).headers, "X-API-Key"));
    scripted_server_answer_always(server, 401, NULL, ENVELOPE("Unauthorized", "no " SECRET "-4"));
    ck_assert_int_eq(list(), K7_ERR_UNAUTHENTICATED);
    expect_error(K7_ERR_UNAUTHENTICATED, K7_OUTCOME_REJECTED);
    ck_assert_int_eq(scripted_server_requests(server), 4);
}
END_TEST

static int refuse_token(void *user, k7_token *token)
{
    (void)user;
    k7_token_set_error(token, "the vault is sealed");
    return 0;
}

START_TEST(without_a_token_nothing_is_sent)
{
    k7_config *config = new_config(scripted_server_url(server));

    close_client();
    ck_assert_int_eq(k7_config_set_token_provider(config, refuse_token, NULL, NULL, NULL), 0);
    open_client(config);
    ck_assert_int_eq(create(), K7_ERR_CREDENTIAL);
    expect_error(K7_ERR_CREDENTIAL, K7_OUTCOME_NOT_SENT);
    expect_message("the vault is sealed");
    ck_assert_int_eq(scripted_server_connections(server), 0);
}
END_TEST

START_TEST(a_path_of_the_endpoint_comes_first)
{
    k7_config *config;
    char url[128];

    close_client();
    snprintf(url, sizeof url, "%s/k7/prod/", scripted_server_url(server));
    config = new_config(url);
    open_client(config);
    scripted_server_answer(server, 200, NULL, LIST_OF_ONE);
    expect_success(list());
    ck_assert_str_eq(scripted_server_request(server, 0).target,
                     "/k7/prod/api/v1/sandboxes?namespace=default");
}
END_TEST

/* A delete that was lost may have been carried out, whatever becomes of its repetition. */
static int give_one_token(void *user, k7_token *token)
{
    (void)user;
    if (++tokens == 1)
        return k7_token_set(token, SECRET, -1);
    k7_token_set_error(token, "the vault is sealed");
    return 0;
}

START_TEST(a_delete_whose_repetition_is_not_sent_is_an_unknown_outcome)
{
    k7_config *config = new_config(scripted_server_url(server));

    close_client();
    ck_assert_int_eq(k7_config_set_token_provider(config, give_one_token, NULL, NULL, NULL), 0);
    open_client(config);
    push(ends[_i]);
    ck_assert_int_eq(delete_demo(), K7_ERR_CREDENTIAL);
    expect_error(K7_ERR_CREDENTIAL, K7_OUTCOME_UNKNOWN);
    ck_assert_int_eq(scripted_server_bodies(server, "DELETE"), 1);
}
END_TEST

START_TEST(a_delete_whose_repetition_is_refused_is_an_unknown_outcome)
{
    push(ends[_i]);
    scripted_server_answer(server, 403, NULL, ENVELOPE("Forbidden", "no"));
    ck_assert_int_eq(delete_demo(), K7_ERR_FORBIDDEN);
    expect_error(K7_ERR_FORBIDDEN, K7_OUTCOME_UNKNOWN);
    ck_assert_int_eq(k7_error_is_retryable(err), 0);
}
END_TEST

/* With a token that is triggered when the first attempt has ended. */
static void expect_cancelled_delete(int outcome)
{
    ck_assert_int_eq(k7_cancel_new(&cancel_on_trace, NULL), 0);
    ck_assert_int_eq(k7_call_set_cancel(call, cancel_on_trace, NULL), 0);
    ck_assert_int_eq(delete_demo(), K7_ERR_CANCELLED);
    expect_error(K7_ERR_CANCELLED, outcome);
    ck_assert_int_eq(scripted_server_requests(server), 1);
    cancel_on_trace = k7_cancel_unref(cancel_on_trace);
}

/* After a lost connection, and after a 503 that does not say that nothing was done. */
START_TEST(a_delete_cancelled_before_its_repetition_is_an_unknown_outcome)
{
    if (_i < COUNT(ends))
        push(ends[_i]);
    else
        scripted_server_answer(server, 503, NULL, "");
    expect_cancelled_delete(K7_OUTCOME_UNKNOWN);
}
END_TEST

START_TEST(a_delete_cancelled_after_it_was_put_off_did_nothing)
{
    scripted_server_answer(server, 503, "Retry-After: 1\r\n", "");
    expect_cancelled_delete(K7_OUTCOME_NOT_SENT);
}
END_TEST

START_TEST(the_key_is_sent_as_the_api_wants_it)
{
    scripted_server_answer(server, 200, NULL, LIST_OF_ONE);
    expect_success(list());
    ck_assert_ptr_nonnull(strstr(scripted_server_request(server, 0).headers, "X-API-Key: " SECRET "\r\n"));
    ck_assert_ptr_null(strstr(scripted_server_request(server, 0).headers, "Authorization"));
    ck_assert_ptr_nonnull(strstr(scripted_server_request(server, 0).headers, "User-Agent: libk7sandbox/"));
    ck_assert_ptr_nonnull(strstr(scripted_server_request(server, 0).headers, "Accept: application/json"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rest repetition");
    TCase *tests = tcase_create("repetition");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup_repeating, teardown);
    tcase_add_loop_test(tests, a_list_is_repeated_while_the_server_is_busy, 0, COUNT(busy));
    tcase_add_test(tests, a_list_is_not_repeated_for_ever);
    tcase_add_test(tests, what_the_server_asks_for_beyond_the_deadline_is_not_waited_for);
    tcase_add_loop_test(tests, a_date_beyond_the_deadline_is_not_waited_for, 0, COUNT(dates));
    tcase_add_test(tests, a_date_that_has_passed_is_not_waited_for);
    tcase_add_loop_test(tests, a_create_is_repeated_when_it_provably_did_nothing, 0, COUNT(busy));
    tcase_add_loop_test(tests, a_create_is_never_repeated_after_a_failure_of_the_server, 0, COUNT(failures));
    tcase_add_loop_test(tests, a_create_is_never_repeated_after_a_lost_connection, 0, COUNT(ends));
    tcase_add_loop_test(tests, a_create_on_a_warm_connection_is_carried_out_once, 0, COUNT(ends));
    tcase_add_loop_test(tests, a_list_on_a_warm_connection_that_ends_is_repeated, 0, COUNT(ends));
    tcase_add_loop_test(tests, a_delete_that_was_lost_is_repeated, 0, COUNT(ends));
    tcase_add_test(tests, a_delete_waits_until_the_sandbox_is_gone);
    tcase_add_test(tests, delete_all_reports_each);
    tcase_add_test(tests, delete_all_never_reaches_the_collection);
    tcase_add_test(tests, a_refused_connection_is_tried_again_and_nothing_was_sent);
    tcase_add_test(tests, a_thousand_calls_need_one_connection);
    tcase_add_test(tests, an_old_connection_is_not_used_again);
    tcase_add_loop_test(tests, a_connection_that_may_not_be_idle_is_not_used_again, 0, 3);
    tcase_add_test(tests, a_refused_token_is_fetched_once_more);
    tcase_add_test(tests, without_a_token_nothing_is_sent);
    tcase_add_test(tests, a_path_of_the_endpoint_comes_first);
    tcase_add_loop_test(tests, a_delete_whose_repetition_is_not_sent_is_an_unknown_outcome, 0, COUNT(ends));
    tcase_add_loop_test(tests, a_delete_whose_repetition_is_refused_is_an_unknown_outcome, 0, COUNT(ends));
    tcase_add_loop_test(tests, a_delete_cancelled_before_its_repetition_is_an_unknown_outcome, 0,
                        COUNT(ends) + 1);
    tcase_add_test(tests, a_delete_cancelled_after_it_was_put_off_did_nothing);
    tcase_add_test(tests, the_key_is_sent_as_the_api_wants_it);
    tcase_add_test(tests, a_program_can_name_itself);
    tcase_add_test(tests, a_trace_tells_what_was_asked_and_answered);
    tcase_add_test(tests, each_attempt_carries_the_trace_context);
    suite_add_tcase(suite, tests);
    return run(suite);
}
