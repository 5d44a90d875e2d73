/* test_stream.c: answers that a step reads as they come: it ends them early, it begins anew with one that was lost, and it hears of silence. */
#include "plan/loop.h"
#include "plan/op.h"
#include "support/object_server.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct object_server *server;
static struct k7i_peer *peer;
static struct k7i_loop *loop;
static const struct k7i_run patient = {
    .timeout_ms = 20000, .cleanup_timeout_ms = 20000, .attempts = 3, .back_off_ms = 1
};

struct stream {
    char text[64]; /* since begin */
    size_t len;
    int begins, silences;
    enum k7i_verdict answer;     /* to all that comes */
    enum k7i_verdict to_silence; /* to the last silence; MORE to those before */
    int silences_borne, listens; /* listens: how many begins want to hear of silence */
};

static enum k7i_verdict stream_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct stream *stream = op->state;

    stream->len = 0;
    if (stream->begins++ < stream->listens)
        k7i_op_listen(op, 1);
    k7i_buf_text(&request->target, "/stream");
    return K7I_SEND;
}

static enum k7i_verdict stream_chunk(struct k7i_op *op, const void *data, size_t len)
{
    struct stream *stream = op->state;

    if (!data && stream->len == 0) /* the server has not answered yet: not the silence that is meant */
        return K7I_MORE;
    if (!data)
        return ++stream->silences > stream->silences_borne ? stream->to_silence : K7I_MORE;
    ck_assert_uint_le(stream->len + len, sizeof stream->text);
    memcpy(stream->text + stream->len, data, len);
    stream->len += len;
    if (stream->answer == K7I_FAIL)
        return k7i_op_fail(op, K7_ERR_IMAGE_PULL, "the stream says so");
    return stream->answer;
}

static const struct k7i_step stream_step = { .name = "stream", .begin = stream_begin, .chunk = stream_chunk };
static const struct k7i_step *const stream_steps[] = { &stream_step };
static const struct k7i_plan stream_plan = {
    .operation = "logs", .steps = stream_steps, .step_count = 1, .state_size = sizeof(struct stream)
};

static struct k7i_op *op;
static struct stream *state;

static void open_all(void)
{
    server = object_server_start();
    struct k7i_peer_settings settings = { .url = object_server_url(server), .response_limit = 65536 };
    ck_assert_int_eq(k7i_peer_new(&settings, &peer, NULL), 0);
    ck_assert_int_eq(k7i_loop_new(NULL, &loop, NULL), 0);
    ck_assert_int_eq(k7i_op_new(&stream_plan, NULL, &op, NULL), 0);
    op->peer = peer;
    state = op->state;
    state->answer = K7I_MORE;
}

static void close_all(void)
{
    k7i_op_free(op);
    k7i_loop_free(loop);
    k7i_peer_free(peer);
    object_server_stop(server);
}

static void run(void)
{
    ck_assert_int_eq(k7i_op_run_blocking(op, loop, &patient, NULL), 0);
}

static void assert_read(const char *text)
{
    ck_assert_uint_eq(state->len, strlen(text));
    ck_assert_mem_eq(state->text, text, state->len);
}

START_TEST(a_step_can_read_or_end_a_stream)
{
    static const enum k7i_verdict answers[] = { K7I_MORE, K7I_NEXT, K7I_DONE, K7I_FAIL };

    object_server_put(server, "stream", "twelve bytes");
    state->answer = answers[_i];
    run();
    ck_assert_int_eq(k7_error_get_code(op->error), answers[_i] == K7I_FAIL ? K7_ERR_IMAGE_PULL : 0);
    assert_read("twelve bytes");
}
END_TEST

START_TEST(a_status_that_is_no_success_does_not_reach_the_stream)
{
    run();
    ck_assert_int_eq(k7_error_get_http_status(op->error), 404);
    ck_assert_int_eq(k7_error_get_outcome(op->error), K7_OUTCOME_REJECTED);
    ck_assert_uint_eq(state->len, 0);
}
END_TEST

/* What the step has of a stream that was lost does not stand before the next one. */
START_TEST(a_lost_stream_is_begun_anew)
{
    object_server_put(server, "stream", "twelve bytes");
    object_server_fault(server, 1, FAULT_HALF_CUT);
    run();
    ck_assert_ptr_null(op->error);
    ck_assert_int_eq(state->begins, 2);
    assert_read("twelve bytes");
}
END_TEST

START_TEST(a_stream_is_lost_as_often_as_a_request_may_be_tried)
{
    object_server_put(server, "stream", "twelve bytes");
    for (int n = 1; n <= patient.attempts; n++)
        object_server_fault(server, n, FAULT_HALF_CUT);
    run();
    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_CONNECTION_LOST);
    ck_assert_int_eq(object_server_requests(server), patient.attempts);
}
END_TEST

START_TEST(a_step_that_listens_hears_of_silence)
{
    object_server_put(server, "stream", "twelve bytes");
    object_server_fault(server, 1, FAULT_HALF_HANG);
    state->listens = 1;
    state->silences_borne = 2;
    state->to_silence = K7I_AGAIN;
    run();
    ck_assert_ptr_null(op->error);
    ck_assert_int_eq(state->silences, 3);
    ck_assert_int_eq(object_server_requests(server), 2);
    assert_read("twelve bytes");
}
END_TEST

START_TEST(silence_can_end_a_step)
{
    object_server_put(server, "stream", "twelve bytes");
    object_server_fault(server, 1, FAULT_HALF_HANG);
    state->listens = 1;
    state->to_silence = K7I_NEXT;
    run();
    ck_assert_ptr_null(op->error);
    ck_assert_int_eq(object_server_requests(server), 1);
}
END_TEST

/* Else a call without a deadline would wait for ever where its caller wants to stop it. */
START_TEST(the_deadline_ends_a_silence_that_is_borne)
{
    struct k7i_run short_of_time = patient;

    object_server_put(server, "stream", "twelve bytes");
    object_server_fault(server, 1, FAULT_HALF_HANG);
    short_of_time.timeout_ms = 50;
    state->listens = 1;
    state->silences_borne = 1 << 30;
    ck_assert_int_eq(k7i_op_run_blocking(op, loop, &short_of_time, NULL), 0);
    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_TIMEOUT);
}
END_TEST

int main(void)
{
    static Suite *suite;
    TCase *tests = tcase_create("stream");

    suite = suite_create("stream");
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_loop_test(tests, a_step_can_read_or_end_a_stream, 0, 4);
    tcase_add_test(tests, a_status_that_is_no_success_does_not_reach_the_stream);
    tcase_add_test(tests, a_lost_stream_is_begun_anew);
    tcase_add_test(tests, a_stream_is_lost_as_often_as_a_request_may_be_tried);
    tcase_add_test(tests, a_step_that_listens_hears_of_silence);
    tcase_add_test(tests, silence_can_end_a_step);
    tcase_add_test(tests, the_deadline_ends_a_silence_that_is_borne);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
