/* test_rest_answers.c: answers that are late, cut, too large, too deep, or no answers at all. */
#include "rest_fixture.h"

#include <time.h>

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

static void push_text(const char *text)
{
    scripted_server_push(server, (struct scripted_act[]){ { SCRIPTED_SEND, text, 0 }, { SCRIPTED_CLOSE } },
                         2);
}

START_TEST(slow_bytes_are_waited_for)
{
    static const char answer[] = HEAD "Content-Length: 11\r\n\r\n{\"data\":[]}";
    struct scripted_act acts[2 * sizeof answer];
    size_t count = 0;

    for (size_t i = 0; i + 1 < sizeof answer; i++) {
        acts[count++] = (struct scripted_act){ SCRIPTED_SEND, &answer[i], 1 };
        acts[count++] = (struct scripted_act){ SCRIPTED_WAIT, NULL, 0 };
        scripted_server_release(server);
    }
    scripted_server_push(server, acts, count);
    scripted_server_answer(server, 404, NULL, "{\"detail\":\"Not Found\"}");
    expect_success(list());
    ck_assert_int_eq(scripted_server_connections(server), 1);
}
END_TEST

static const char *const cut[] = {
    "",
    "HTTP/1.1 200 O",
    HEAD,
    HEAD "Content-Length: 1000\r\n\r\n",
    HEAD "Content-Length: 1000\r\n\r\n{\"data\":[",
    HEAD "Content-Length: 1000\r\n\r\n{\"data\":[]}",
    HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"dat",
};

START_TEST(a_cut_answer_is_a_lost_connection)
{
    push_text(cut[_i]);
    ck_assert_int_eq(list(), K7_ERR_CONNECTION_LOST);
    expect_error(K7_ERR_CONNECTION_LOST, k7_error_get_outcome(err));
    ck_assert_int_eq(k7_error_is_retryable(err), 1);
    ck_assert_int_eq(scripted_server_requests(server), 1);
}
END_TEST

START_TEST(a_cut_answer_to_create_is_an_unknown_outcome)
{
    push_text(cut[_i]);
    ck_assert_int_eq(create(), K7_ERR_CONNECTION_LOST);
    expect_error(K7_ERR_CONNECTION_LOST, K7_OUTCOME_UNKNOWN);
    ck_assert_int_eq(k7_error_is_retryable(err), 0);
    ck_assert_uint_eq(k7_error_leftover_count(err), 1);
    ck_assert_str_eq(k7_error_leftover_at(err, 0),
                     "sandbox \"demo\" in namespace \"default\", if it was made");
    ck_assert_int_eq(scripted_server_requests(server), 1);
}
END_TEST

static const char *const garbage[] = {
    "",
    "null",
    "[1,2",
    "{\"data\":[}",
    "{\"data\":[{\"name\":\"a\"},{\"name\":\"b\",}]}",
    "{\"data\":[{\"name\":\"a\",\"name\":\"b\"}]}",
    "{\"data\":[{\"name\":\"\xc3\x28\"}]}",
    "{\"data\":[{\"name\":\"a\\u0000b\"}]}",
    "{\"data\":[NaN]}",
    "{\"data\":[]} trailing",
    "<!DOCTYPE html><title>Welcome to nginx</title>",
    "{\"data\":\"none\"}",
    "{\"items\":[]}",
};

START_TEST(garbage_is_a_protocol_error_never_an_empty_list)
{
    scripted_server_answer(server, 200, NULL, garbage[_i]);
    ck_assert_int_eq(list(), K7_ERR_PROTOCOL);
    expect_error(K7_ERR_PROTOCOL, K7_OUTCOME_REJECTED);
}
END_TEST

START_TEST(deep_nesting_is_a_limit)
{
    scripted_server_push(
        server,
        (struct scripted_act[]){ { SCRIPTED_SEND, HEAD "Content-Length: 1000000\r\n\r\n", 0 },
                                 { SCRIPTED_FILL, "[", 1000000 } },
        2);
    ck_assert_int_eq(list(), K7_ERR_LIMIT);
    expect_error(K7_ERR_LIMIT, K7_OUTCOME_REJECTED);
}
END_TEST

START_TEST(ten_megabytes_of_headers_are_a_limit)
{
    scripted_server_push(server,
                         (struct scripted_act[]){ { SCRIPTED_SEND, HEAD "X-Long: ", 0 },
                                                  { SCRIPTED_FILL, "x", 10 * 1024 * 1024 },
                                                  { SCRIPTED_SEND, "\r\nContent-Length: 0\r\n\r\n", 0 } },
                         3);
    ck_assert_int_eq(list(), K7_ERR_LIMIT);
    expect_error(K7_ERR_LIMIT, k7_error_get_outcome(err));
}
END_TEST

START_TEST(ten_megabytes_of_short_headers_are_a_limit)
{
    enum { LINES = 100000 };
    static const char line[] =
        "X-Header-Line: 0123456789012345678901234567890123456789012345678901234567890123456789"
        "01234567890123\r\n";
    size_t len = sizeof line - 1;
    char *lines = malloc(LINES * len);

    for (size_t i = 0; i < LINES; i++)
        memcpy(lines + i * len, line, len);
    scripted_server_push(
        server, (struct scripted_act[]){ { SCRIPTED_SEND, HEAD, 0 }, { SCRIPTED_SEND, lines, LINES * len } },
        2);
    free(lines);
    ck_assert_int_eq(list(), K7_ERR_LIMIT);
}
END_TEST

static const struct {
    const char *answer;
    int code;
} lengths[] = {
    { HEAD "Content-Length: 5\r\n\r\n" LIST_OF_ONE, K7_ERR_PROTOCOL },
    { HEAD "Content-Length: banana\r\n\r\n" LIST_OF_ONE, K7_ERR_PROTOCOL },
    { HEAD "Content-Length: -1\r\n\r\n" LIST_OF_ONE, K7_ERR_PROTOCOL },
    /* libcurl 7.88 has one number for this and for a broken connection */
    { HEAD "Transfer-Encoding: chunked\r\n\r\nxyz\r\n" LIST_OF_ONE, K7_ERR_CONNECTION_LOST },
    { "SSH-2.0-OpenSSH_9.2p1\r\n", K7_ERR_PROTOCOL },
    { "HTTP/1.1 99999 What\r\n\r\n", K7_ERR_PROTOCOL },
};

START_TEST(wrong_lengths_are_protocol_errors)
{
    push_text(lengths[_i].answer);
    ck_assert_msg(list() == lengths[_i].code, "%s: %s", lengths[_i].answer, k7_error_get_message(err));
    expect_error(lengths[_i].code, k7_error_get_outcome(err));
}
END_TEST

START_TEST(an_answer_without_a_length_ends_with_the_connection)
{
    push_text(HEAD "\r\n" LIST_OF_ONE);
    expect_success(list());
}
END_TEST

/* RFC 9112, section 7.1.2: fields after the last chunk. They are not the answer's headers. */
START_TEST(an_answer_with_trailers_is_an_answer)
{
    char answer[1024];

    snprintf(answer, sizeof answer,
             HEAD
             "Transfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n0\r\nX-Checksum: 1\r\nRetry-After: 1\r\n\r\n",
             strlen(LIST_OF_ONE), LIST_OF_ONE);
    push_text(answer);
    expect_success(list());
    push_text("HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nRetry-After: 1\r\n\r\n");
    ck_assert_int_eq(list(), K7_ERR_REJECTED);
    ck_assert_int_eq(k7_error_get_retry_after_ms(err), -1);
}
END_TEST

START_TEST(a_body_beyond_the_limit_is_a_limit)
{
    k7_config *config = new_config(scripted_server_url(server));

    close_client();
    set_key(config, "max_response_bytes", "1024");
    open_client(config);
    scripted_server_push(server,
                         (struct scripted_act[]){ { SCRIPTED_SEND, HEAD "\r\n\"", 0 },
                                                  { SCRIPTED_FILL, "x", 10 * 1024 * 1024 },
                                                  { SCRIPTED_CLOSE } },
                         3);
    ck_assert_int_eq(list(), K7_ERR_LIMIT);
    expect_message("1024");
}
END_TEST

static const struct {
    int status;
    const char *body;
    int code;
    const char *message;
} shapes[] = {
    { 400, ENVELOPE("BadRequest", "Sandbox demo already exists"), K7_ERR_ALREADY_EXISTS, "already exists" },
    { 401, ENVELOPE("Unauthorized", "Invalid API key"), K7_ERR_UNAUTHENTICATED, "Invalid API key" },
    { 403, ENVELOPE("QuotaExceeded", "sandboxes: 20 of 20"), K7_ERR_QUOTA_EXCEEDED, "20 of 20" },
    { 404, "{\"detail\":\"Not Found\"}", K7_ERR_PROTOCOL, "no K7 API" },
    { 422,
      "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"value is not a valid dict\",\"type\":\"type_error.dict\"}]}",
      K7_ERR_REJECTED, "body: value is not a valid dict" },
};

START_TEST(a_refusal_of_any_shape_is_an_error_that_says_why)
{
    scripted_server_answer(server, shapes[_i].status, NULL, shapes[_i].body);
    ck_assert_int_eq(create(), shapes[_i].code);
    expect_error(shapes[_i].code, K7_OUTCOME_REJECTED);
    expect_message(shapes[_i].message);
    ck_assert_int_eq(k7_error_get_http_status(err), shapes[_i].status);
    ck_assert_str_eq(k7_error_get_server_text(err), shapes[_i].body);
    ck_assert_str_eq(k7_error_get_operation(err), "create");
    ck_assert_uint_eq(k7_error_leftover_count(err), 0);
    ck_assert_int_eq(scripted_server_bodies(server, "POST"), 1);
}
END_TEST

START_TEST(an_empty_list_of_a_server_without_kubernetes_is_an_error)
{
    scripted_server_answer(server, 200, NULL, "{\"data\":[]}");
    scripted_server_answer(server, 500, NULL, ENVELOPE("InternalServerError", "connection refused"));
    ck_assert_int_eq(list(), K7_ERR_UNAVAILABLE);
    expect_message("cannot reach Kubernetes");
}
END_TEST

START_TEST(a_silent_refusal_of_a_name_in_use_is_explained)
{
    scripted_server_answer(server, 400, NULL, ENVELOPE("BadRequest", ""));
    scripted_server_answer(
        server, 200, NULL,
        "{\"data\":{\"name\":\"demo\",\"namespace\":\"default\",\"age\":\"1 day, 0:00:00\"}}");
    ck_assert_int_eq(create(), K7_ERR_ALREADY_EXISTS);
    expect_error(K7_ERR_ALREADY_EXISTS, K7_OUTCOME_REJECTED);
    ck_assert_uint_eq(k7_error_leftover_count(err), 0);
    ck_assert_int_eq(scripted_server_bodies(server, "DELETE"), 0);
}
END_TEST

START_TEST(a_silent_refusal_that_may_have_left_a_sandbox_names_it)
{
    scripted_server_answer(server, 400, NULL, ENVELOPE("BadRequest", ""));
    scripted_server_answer(server, 200, NULL, "{\"data\":{\"name\":\"demo\",\"age\":\"0:00:00\"}}");
    ck_assert_int_eq(create(), K7_ERR_REJECTED);
    expect_error(K7_ERR_REJECTED, K7_OUTCOME_UNKNOWN);
    ck_assert_uint_eq(k7_error_leftover_count(err), 1);
    ck_assert_int_eq(scripted_server_bodies(server, "DELETE"), 0);
}
END_TEST

START_TEST(what_a_gateway_left_is_passed_on)
{
    scripted_server_answer(
        server, 400, NULL,
        "{\"error\":{\"code\":\"BadRequest\",\"message\":\"before_script failed\",\"reason\":"
        "\"ScriptFailed\",\"outcome\":\"unknown\",\"leftovers\":[\"container k7_default_demo\","
        "\"network n\"]}}");
    ck_assert_int_eq(create(), K7_ERR_SCRIPT_FAILED);
    expect_error(K7_ERR_SCRIPT_FAILED, K7_OUTCOME_UNKNOWN);
    ck_assert_uint_eq(k7_error_leftover_count(err), 1);
    ck_assert_str_eq(k7_error_leftover_at(err, 0), "container k7_default_demo; network n");
}
END_TEST

START_TEST(a_welcome_page_does_not_get_somebodys_sandbox_deleted)
{
    scripted_server_answer(server, 200, NULL, "<html>please log in</html>");
    ck_assert_int_eq(create(), K7_ERR_PROTOCOL);
    expect_error(K7_ERR_PROTOCOL, K7_OUTCOME_UNKNOWN);
    ck_assert_int_eq(scripted_server_requests(server), 1);
}
END_TEST

START_TEST(a_redirect_is_named_and_not_followed)
{
    static const int statuses[] = { 301, 302, 303, 307, 308 };
    struct scripted_server *other = scripted_server_start(NULL);
    char header[128];

    snprintf(header, sizeof header, "Location: %s/api/v1/sandboxes\r\n", scripted_server_url(other));
    scripted_server_answer(server, statuses[_i], header, "");
    ck_assert_int_eq(create(), K7_ERR_PROTOCOL);
    expect_error(K7_ERR_PROTOCOL, K7_OUTCOME_REJECTED);
    expect_message(scripted_server_url(other));
    ck_assert_int_eq(scripted_server_connections(other), 0);
    ck_assert_int_eq(scripted_server_requests(server), 1);
    scripted_server_stop(other);
}
END_TEST

START_TEST(a_key_that_the_server_sends_back_stays_secret)
{
    scripted_server_answer(server, 400, NULL, ENVELOPE(SECRET, "bad header X-API-Key: " SECRET));
    ck_assert_int_eq(list(), K7_ERR_REJECTED);
    expect_error(K7_ERR_REJECTED, K7_OUTCOME_REJECTED);
    scripted_server_answer(server, 302, "Location: https://example.com/?" SECRET "\r\n", SECRET);
    ck_assert_int_eq(list(), K7_ERR_PROTOCOL);
    expect_error(K7_ERR_PROTOCOL, K7_OUTCOME_REJECTED);
}
END_TEST

#define COUNT(table) (int)(sizeof table / sizeof table[0])

int main(void)
{
    Suite *suite = suite_create("rest answers");
    TCase *tests = tcase_create("answers");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup_once, teardown);
    tcase_add_test(tests, slow_bytes_are_waited_for);
    tcase_add_loop_test(tests, a_cut_answer_is_a_lost_connection, 0, COUNT(cut));
    tcase_add_loop_test(tests, a_cut_answer_to_create_is_an_unknown_outcome, 0, COUNT(cut));
    tcase_add_loop_test(tests, garbage_is_a_protocol_error_never_an_empty_list, 0, COUNT(garbage));
    tcase_add_test(tests, deep_nesting_is_a_limit);
    tcase_add_test(tests, ten_megabytes_of_headers_are_a_limit);
    tcase_add_test(tests, ten_megabytes_of_short_headers_are_a_limit);
    tcase_add_loop_test(tests, wrong_lengths_are_protocol_errors, 0, COUNT(lengths));
    tcase_add_test(tests, an_answer_without_a_length_ends_with_the_connection);
    tcase_add_test(tests, an_answer_with_trailers_is_an_answer);
    tcase_add_test(tests, a_body_beyond_the_limit_is_a_limit);
    tcase_add_loop_test(tests, a_refusal_of_any_shape_is_an_error_that_says_why, 0, COUNT(shapes));
    tcase_add_test(tests, an_empty_list_of_a_server_without_kubernetes_is_an_error);
    tcase_add_test(tests, a_silent_refusal_of_a_name_in_use_is_explained);
    tcase_add_test(tests, a_silent_refusal_that_may_have_left_a_sandbox_names_it);
    tcase_add_test(tests, what_a_gateway_left_is_passed_on);
    tcase_add_test(tests, a_welcome_page_does_not_get_somebodys_sandbox_deleted);
    tcase_add_loop_test(tests, a_redirect_is_named_and_not_followed, 0, 5);
    tcase_add_test(tests, a_key_that_the_server_sends_back_stays_secret);
    suite_add_tcase(suite, tests);
    return run(suite);
}
