/* test_patience.c: steps that do not give up after so many attempts, undo steps that judge their answers themselves, and steps that share functions. */
#include "plan/loop.h"
#include "plan/op.h"
#include "support/object_server.h"

#include <check.h>
#include <stdlib.h>

enum { TRIES = 3, LOST = 4 * TRIES }; /* libcurl repeats what it sent on a reused connection by itself */

static struct object_server *server;
static struct k7i_peer *peer;
static struct k7i_loop *loop;
static int undone; /* the status of each answer to an undo, as digits */

enum { POLICY = 1, SECRET };

static enum k7i_verdict ask(struct k7i_op *op, struct k7i_request *request, const char *method)
{
    k7i_buf_text(&request->target, k7i_op_step(op)->subject == POLICY ? "/policy" : "/secret");
    request->method = method;
    return K7I_SEND;
}

static enum k7i_verdict create(struct k7i_op *op, struct k7i_request *request)
{
    request->repeat = K7I_REPEAT_UNSENT;
    request->content_type = "application/json";
    k7i_buf_text(&request->body, "{}");
    return ask(op, request, "POST");
}

static enum k7i_verdict look(struct k7i_op *op, struct k7i_request *request)
{
    return ask(op, request, "GET");
}

static enum k7i_verdict removal(struct k7i_op *op, struct k7i_request *request)
{
    return ask(op, request, "DELETE");
}

static enum k7i_verdict removed(struct k7i_op *op, const struct k7i_response *response)
{
    (void)op;
    undone = undone * 1000 + response->status;
    return response->status == 404 ? K7I_NEXT : K7I_AGAIN; /* until it is seen to be gone */
}

static enum k7i_verdict stop(struct k7i_op *op, struct k7i_request *request)
{
    (void)request;
    return k7i_op_fail(op, K7_ERR_REJECTED, "not like that");
}

static void left(const struct k7i_op *op, struct k7i_buf *text)
{
    k7i_buf_printf(text, "subject %d", k7i_op_step(op)->subject);
}

static const struct k7i_step
    undo_policy = { .name = "remove",
                    .begin = removal,
                    .reply = removed,
                    .subject = POLICY,
                    .is_patient = 1 },
    undo_secret = { .name = "remove", .begin = removal, .subject = SECRET },
    policy = { .name = "policy", .begin = create, .undo = &undo_policy, .leftover = left, .subject = POLICY },
    secret = { .name = "secret", .begin = create, .undo = &undo_secret, .leftover = left, .subject = SECRET },
    watch = { .name = "watch", .begin = look, .subject = POLICY, .is_patient = 1 },
    fails = { .name = "fail", .begin = stop };

static void open_server(void)
{
    server = object_server_start();
    struct k7i_peer_settings settings = { .url = object_server_url(server),
                                          .response_limit = 65536,
                                          .connect_timeout_ms = 5000 };
    ck_assert_int_eq(k7i_peer_new(&settings, &peer, NULL), 0);
    ck_assert_int_eq(k7i_loop_new(NULL, &loop, NULL), 0);
    undone = 0;
}

static void close_server(void)
{
    k7i_loop_free(loop);
    k7i_peer_free(peer);
    object_server_stop(server);
}

static struct k7i_op *run_within(const struct k7i_plan *plan, int64_t timeout_ms, int64_t back_off_ms)
{
    const struct k7i_run settings = { .timeout_ms = timeout_ms,
                                      .cleanup_timeout_ms = timeout_ms,
                                      .attempts = TRIES,
                                      .back_off_ms = back_off_ms };
    struct k7i_op *op;

    ck_assert_int_eq(k7i_op_new(plan, NULL, &op, NULL), 0);
    op->peer = peer;
    ck_assert_int_eq(k7i_op_run_blocking(op, loop, &settings, NULL), 0);
    return op;
}

static struct k7i_op *run(const struct k7i_plan *plan)
{
    return run_within(plan, 60000, 1);
}

/* Retry-After: 0 is not obeyed without an end: where there is no time to back off, there is no other try. */
START_TEST(patience_is_not_haste)
{
    static const struct k7i_step *const steps[] = { &watch };
    static const struct k7i_plan plan = { .operation = "get", .steps = steps, .step_count = 1 };

    for (int n = 1; n < LOST; n++)
        object_server_fault(server, n, FAULT_503_ASKED);
    struct k7i_op *op = run_within(&plan, 1000, 60000);
    ck_assert_int_eq(k7_error_get_http_status(op->error), 503);
    ck_assert_int_eq(object_server_requests(server), 1);
    k7i_op_free(op);
}
END_TEST

START_TEST(a_watch_is_repeated_until_the_deadline)
{
    static const struct k7i_step *const steps[] = { &policy, &watch };
    static const struct k7i_plan plan = { .operation = "create", .steps = steps, .step_count = 2 };

    for (int n = 2; n < 2 + LOST; n++)
        object_server_fault(server, n, n % 2 ? FAULT_CUT_BEFORE : FAULT_503_ASKED);
    struct k7i_op *op = run(&plan);
    ck_assert_ptr_null(op->error);
    ck_assert_int_eq(object_server_requests(server), 2 + LOST);
    k7i_op_free(op);
}
END_TEST

START_TEST(a_patient_undo_outlives_an_outage)
{
    static const struct k7i_step *const steps[] = { &policy, &fails };
    static const struct k7i_plan plan = { .operation = "create", .steps = steps, .step_count = 2 };

    for (int n = 2; n < 2 + LOST; n++)
        object_server_fault(server, n, FAULT_CUT_BEFORE);
    struct k7i_op *op = run(&plan);
    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_REJECTED);
    ck_assert_uint_eq(k7_error_leftover_count(op->error), 0);
    ck_assert_int_eq(object_server_count(server), 0);
    ck_assert_int_eq(undone, 200404); /* the reply is asked about the 404, too */
    k7i_op_free(op);
}
END_TEST

START_TEST(one_that_does_not_gives_up_and_is_named)
{
    static const struct k7i_step *const steps[] = { &policy, &secret, &fails };
    static const struct k7i_plan plan = { .operation = "create", .steps = steps, .step_count = 3 };

    for (int n = 3; n < 3 + 2 * TRIES; n++)
        object_server_fault(server, n, FAULT_CUT_BEFORE);
    struct k7i_op *op = run(&plan);
    ck_assert_uint_eq(k7_error_leftover_count(op->error), 1);
    ck_assert_str_eq(k7_error_leftover_at(op->error, 0), "subject 2");
    ck_assert_int_eq(object_server_has(server, "secret"), 1);
    ck_assert_int_eq(object_server_has(server, "policy"), 0);
    ck_assert_int_eq(k7i_op_effect(op, &policy), K7I_EFFECT_NONE);
    ck_assert_int_eq(k7i_op_effect(op, &secret), K7I_EFFECT_DONE);
    k7i_op_free(op);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan/patience");
    TCase *tests = tcase_create("patience");

    tcase_add_checked_fixture(tests, open_server, close_server);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, patience_is_not_haste);
    tcase_add_test(tests, a_watch_is_repeated_until_the_deadline);
    tcase_add_test(tests, a_patient_undo_outlives_an_outage);
    tcase_add_test(tests, one_that_does_not_gives_up_and_is_named);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
