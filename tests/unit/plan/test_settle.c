/* test_settle.c: a create whose answer was lost: what is looked for while it goes on, and again when it ends for another reason. */
#include "plan/loop.h"
#include "plan/op.h"
#include "support/object_server.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct object_server *server;
static struct k7i_peer *peer;
static struct k7i_loop *loop;

struct state {
    int looks; /* that were answered */
};

static enum k7i_verdict ask(struct k7i_request *request, const char *method)
{
    k7i_buf_text(&request->target, "/policy");
    request->method = method;
    return K7I_SEND;
}

static enum k7i_verdict create(struct k7i_op *op, struct k7i_request *request)
{
    (void)op;
    request->repeat = K7I_REPEAT_UNSENT;
    request->content_type = "application/json";
    k7i_buf_text(&request->body, "mine");
    return ask(request, "POST");
}

static enum k7i_verdict created(struct k7i_op *op, const struct k7i_response *response)
{
    return response->status == 201 ? K7I_NEXT
                                   : k7i_op_fail(op, K7_ERR_REJECTED, "status %d", response->status);
}

static enum k7i_verdict look(struct k7i_op *op, struct k7i_request *request)
{
    (void)op;
    return ask(request, "GET");
}

static enum k7i_verdict looked(struct k7i_op *op, const struct k7i_response *response)
{
    ((struct state *)op->state)->looks++;
    return response->status == 200 && strcmp(response->body, "mine") == 0 ? K7I_NEXT : K7I_NONE;
}

static enum k7i_verdict removal(struct k7i_op *op, struct k7i_request *request)
{
    (void)op;
    return ask(request, "DELETE");
}

static void left(const struct k7i_op *op, struct k7i_buf *text)
{
    (void)op;
    k7i_buf_text(text, "policy");
}

static const struct k7i_step settle = { .name = "look", .begin = look, .reply = looked },
                             undo = { .name = "remove", .begin = removal },
                             policy = { .name = "policy",
                                        .begin = create,
                                        .reply = created,
                                        .settle = &settle,
                                        .undo = &undo,
                                        .leftover = left };
static const struct k7i_step *const steps[] = { &policy };
static const struct k7i_plan plan = {
    .operation = "create", .steps = steps, .step_count = 1, .state_size = sizeof(struct state)
};

static void open_server(void)
{
    server = object_server_start();
    struct k7i_peer_settings settings = { .url = object_server_url(server),
                                          .response_limit = 65536,
                                          .connect_timeout_ms = 5000 };
    ck_assert_int_eq(k7i_peer_new(&settings, &peer, NULL), 0);
    ck_assert_int_eq(k7i_loop_new(NULL, &loop, NULL), 0);
}

static void close_server(void)
{
    k7i_loop_free(loop);
    k7i_peer_free(peer);
    object_server_stop(server);
}

static struct k7i_op *start(int64_t cleanup_timeout_ms, int64_t back_off_ms, k7_cancel *cancel)
{
    const struct k7i_run settings = { .timeout_ms = K7_NEVER,
                                      .cleanup_timeout_ms = cleanup_timeout_ms,
                                      .attempts = 3,
                                      .back_off_ms = back_off_ms,
                                      .cancel = cancel };
    struct k7i_op *op;

    ck_assert_int_eq(k7i_op_new(&plan, NULL, &op, NULL), 0);
    op->peer = peer;
    ck_assert_int_eq(k7i_op_start(op, loop, &settings, NULL, NULL, NULL), 0);
    return op;
}

/* Lost, and not there when it is looked for; then the server acts on it after all. */
static void come_late(const struct k7i_op *op)
{
    while (((const struct state *)op->state)->looks == 0)
        ck_assert_int_eq(k7i_loop_wait(loop, -1, NULL, NULL), 0);
    object_server_put(server, "policy", "mine");
}

static void run(const struct k7i_op *op)
{
    while (!k7i_op_is_over(op))
        ck_assert_int_eq(k7i_loop_wait(loop, -1, NULL, NULL), 0);
}

START_TEST(cancel_after_a_look_in_vain_looks_again)
{
    k7_cancel *cancel = NULL;

    ck_assert_int_eq(k7_cancel_new(&cancel, NULL), 0);
    object_server_fault(server, 1, FAULT_CUT_BEFORE);
    struct k7i_op *op = start(60000, 600000, cancel);
    come_late(op);
    k7_cancel_trigger(cancel);
    run(op);
    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_CANCELLED);
    ck_assert_int_eq(k7_error_get_outcome(op->error), K7_OUTCOME_NOT_SENT);
    ck_assert_int_eq(object_server_requests(server), 4); /* create, two looks, the removal */
    ck_assert_int_eq(object_server_count(server), 0);
    k7i_op_free(op);
    k7_cancel_unref(cancel);
}
END_TEST

START_TEST(without_time_to_look_again_it_is_named)
{
    k7_cancel *cancel = NULL;

    ck_assert_int_eq(k7_cancel_new(&cancel, NULL), 0);
    object_server_fault(server, 1, FAULT_CUT_BEFORE);
    struct k7i_op *op = start(0, 600000, cancel);
    come_late(op);
    k7_cancel_trigger(cancel);
    run(op);
    ck_assert_int_eq(k7_error_get_outcome(op->error), K7_OUTCOME_UNKNOWN);
    ck_assert_uint_eq(k7_error_leftover_count(op->error), 1);
    ck_assert_str_eq(k7_error_leftover_at(op->error, 0), "policy, if it was made");
    k7i_op_free(op);
    k7_cancel_unref(cancel);
}
END_TEST

START_TEST(refusal_after_a_look_in_vain_looks_again)
{
    object_server_fault(server, 1, FAULT_CUT_BEFORE);
    object_server_fault(server, 3, FAULT_REFUSE);
    struct k7i_op *op = start(60000, 1, NULL);
    come_late(op);
    run(op);
    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_REJECTED);
    ck_assert_int_eq(object_server_requests(server), 5); /* two creates, two looks, the removal */
    ck_assert_int_eq(object_server_count(server), 0);
    k7i_op_free(op);
}
END_TEST

START_TEST(a_loop_that_ends_while_a_step_is_settled_is_why_the_call_ended)
{
    object_server_fault(server, 1, FAULT_CUT_AFTER);
    object_server_fault(server, 2, FAULT_HANG_BEFORE);
    struct k7i_op *op = start(60000, 1, NULL);
    while (object_server_requests(server) < 2)
        k7i_loop_wait(loop, 1, NULL, NULL);
    k7i_loop_end(loop);
    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_CANCELLED);
    ck_assert_uint_eq(k7_error_leftover_count(op->error), 1);
    k7i_op_free(op);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan/settle");
    TCase *tests = tcase_create("settle");

    tcase_add_checked_fixture(tests, open_server, close_server);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, cancel_after_a_look_in_vain_looks_again);
    tcase_add_test(tests, without_time_to_look_again_it_is_named);
    tcase_add_test(tests, refusal_after_a_look_in_vain_looks_again);
    tcase_add_test(tests, a_loop_that_ends_while_a_step_is_settled_is_why_the_call_ended);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
