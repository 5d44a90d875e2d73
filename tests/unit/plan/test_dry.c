/* test_dry.c: a dry run shows the requests of a plan, in order, and sends none; what answers would tell is assumed. */
#include "base/alloc.h"
#include "plan/call.h"
#include "plan/loop.h"
#include "plan/op.h"
#include "support/object_server.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct object_server *server;
static struct k7i_peer *peer;
static struct k7i_loop *loop;
static struct k7_call call;
static char shown[1024];

struct state {
    char uid[16];
    int count;
};

static enum k7i_verdict make_begin(struct k7i_op *op, struct k7i_request *request)
{
    ck_assert(k7i_op_is_dry(op));
    k7i_buf_text(&request->target, "/thing?a=b%20c");
    k7i_request_header(request, "X-Secret", "s3cret");
    request->method = "POST";
    request->repeat = K7I_REPEAT_UNSENT;
    request->content_type = "application/json";
    k7i_buf_text(&request->body, "{}");
    return K7I_SEND;
}

static enum k7i_verdict never_reply(struct k7i_op *op, const struct k7i_response *response)
{
    (void)response;
    return k7i_op_fail(op, K7_ERR_PROTOCOL, "there is no answer to read");
}

static enum k7i_verdict never_chunk(struct k7i_op *op, const void *data, size_t len)
{
    (void)data, (void)len;
    return k7i_op_fail(op, K7_ERR_PROTOCOL, "there is no stream to read");
}

static enum k7i_verdict make_assume(struct k7i_op *op)
{
    struct state *state = op->state;

    strcpy(state->uid, "{uid}");
    return ++state->count < 2 ? K7I_AGAIN : K7I_NEXT;
}

static enum k7i_verdict skip_begin(struct k7i_op *op, struct k7i_request *request)
{
    (void)op, (void)request;
    return K7I_SKIP;
}

static enum k7i_verdict watch_begin(struct k7i_op *op, struct k7i_request *request)
{
    k7i_buf_text(&request->target, "/watch/");
    k7i_request_segment(request, ((struct state *)op->state)->uid);
    return K7I_SEND;
}

static enum k7i_verdict undo_begin(struct k7i_op *op, struct k7i_request *request)
{
    (void)op, (void)request;
    ck_abort_msg("there is nothing to undo");
    return K7I_SKIP;
}

static const struct k7i_step undo = { .name = "undo", .begin = undo_begin };
static const struct k7i_step make = { .name = "make",
                                      .begin = make_begin,
                                      .reply = never_reply,
                                      .assume = make_assume,
                                      .settle = &undo,
                                      .undo = &undo };
static const struct k7i_step skip = { .name = "skip", .begin = skip_begin };
static const struct k7i_step watch = {
    .name = "watch", .begin = watch_begin, .chunk = never_chunk, .reply = never_reply
};
static const struct k7i_step *const steps[] = { &make, &skip, &watch };
static const struct k7i_plan plan = {
    .operation = "create", .steps = steps, .step_count = 3, .state_size = sizeof(struct state)
};

/* ---- children ---- */

static enum k7i_verdict fork_begin(struct k7i_op *op, struct k7i_request *request)
{
    (void)op, (void)request;
    return K7I_FORK;
}

static enum k7i_verdict fork_child(struct k7i_op *op, size_t i, struct k7i_op **ret_child)
{
    if (i == 2)
        return K7I_DONE;
    ck_assert_int_eq(k7i_op_new(op->instance, NULL, ret_child, NULL), 0);
    (*ret_child)->peer = peer;
    return K7I_NEXT;
}

static void never_joined(struct k7i_op *op, size_t i, struct k7i_op *child)
{
    (void)i, (void)child;
    k7i_op_fail(op, K7_ERR_PROTOCOL, "there is no result to take");
}

static const struct k7i_step fork_step = {
    .name = "fork", .begin = fork_begin, .child = fork_child, .joined = never_joined, .reply = never_reply
};
static const struct k7i_step *const fork_steps[] = { &fork_step, &watch };
static const struct k7i_plan fork_plan = {
    .operation = "delete_all", .steps = fork_steps, .step_count = 2, .state_size = sizeof(struct state)
};

static enum k7i_verdict fail_begin(struct k7i_op *op, struct k7i_request *request)
{
    (void)request;
    return k7i_op_fail(op, K7_ERR_INVALID_ARGUMENT, "it cannot be asked");
}

static const struct k7i_step fail = { .name = "fail", .begin = fail_begin };
static const struct k7i_step *const failing_steps[] = { &make, &fail };
static const struct k7i_plan failing_plan = {
    .operation = "create", .steps = failing_steps, .step_count = 2, .state_size = sizeof(struct state)
};

/* ---- running ---- */

static void show(void *user, const k7_dry_request *request)
{
    struct k7i_buf line;

    ck_assert_ptr_eq(user, shown);
    k7i_buf_init(&line, sizeof shown - 1);
    k7i_buf_printf(&line, "%s %s/%s %s %s %s\n", shown, k7_dry_request_get_operation(request),
                   k7_dry_request_get_step(request), k7_dry_request_get_method(request),
                   strstr(k7_dry_request_get_url(request), "://")
                       ? strchr(k7_dry_request_get_url(request) + 8, '/')
                       : "?",
                   k7_dry_request_get_body(request) ? k7_dry_request_get_body(request) : "-");
    strcpy(shown, line.data);
    k7i_buf_clear(&line);
}

static void setup(void)
{
    server = object_server_start();
    struct k7i_peer_settings settings = { .url = object_server_url(server), .response_limit = 65536 };
    ck_assert_int_eq(k7i_peer_new(&settings, &peer, NULL), 0);
    ck_assert_int_eq(k7i_loop_new(NULL, &loop, NULL), 0);
    call = (struct k7_call){ .dry_run = show, .dry_run_user = shown };
    shown[0] = '\0';
}

static void teardown(void)
{
    ck_assert_int_eq(object_server_requests(server), 0);
    ck_assert_int_eq(object_server_connections(server), 0);
    k7i_loop_free(loop);
    k7i_peer_free(peer);
    object_server_stop(server);
}

static struct k7i_op *run(const struct k7i_plan *which, const struct k7i_plan *of_children)
{
    const struct k7i_run settings = {
        .timeout_ms = 20000, .cleanup_timeout_ms = 20000, .attempts = 3, .call = &call
    };
    struct k7i_op *op;

    ck_assert_int_eq(k7i_op_new(which, (void *)of_children, &op, NULL), 0);
    op->peer = peer;
    ck_assert_int_eq(k7i_op_run_blocking(op, loop, &settings, NULL), 0);
    return op;
}

START_TEST(requests_are_shown_in_order_with_what_was_assumed)
{
    struct k7i_op *op = run(&plan, NULL);

    ck_assert_ptr_null(op->error);
    ck_assert_ptr_null(op->result);
    ck_assert_str_eq(
        shown,
        " create/make POST /thing?a=b%20c {}\n create/make POST /thing?a=b%20c {}\n create/watch GET /watch/{uid} -\n");
    k7i_op_free(op);
}
END_TEST

START_TEST(children_show_theirs)
{
    struct k7i_op *op = run(&fork_plan, &plan);

    ck_assert_ptr_null(op->error);
#define MAKE  " create/make POST /thing?a=b%20c {}\n"
#define WATCH " create/watch GET /watch/{uid} -\n"
    ck_assert_str_eq(shown, MAKE MAKE MAKE MAKE WATCH WATCH " delete_all/watch GET /watch/ -\n");
    k7i_op_free(op);
}
END_TEST

START_TEST(a_failure_is_one_and_nothing_is_taken_back)
{
    struct k7i_op *op = _i ? run(&fork_plan, &failing_plan) : run(&failing_plan, NULL);

    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_error_get_outcome(op->error), K7_OUTCOME_NOT_SENT);
    ck_assert_uint_eq(k7_error_leftover_count(op->error), 0);
    k7i_op_free(op);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan/dry");
    TCase *tests = tcase_create("dry");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, requests_are_shown_in_order_with_what_was_assumed);
    tcase_add_test(tests, children_show_theirs);
    tcase_add_loop_test(tests, a_failure_is_one_and_nothing_is_taken_back, 0, 2);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
