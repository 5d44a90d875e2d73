/* test_leftover.c: whatever a step says of what it may have left, the error names it. */
#include "plan/loop.h"
#include "plan/op.h"
#include "support/object_server.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char doubt[] = ", if it was made";
static size_t text_len; /* of what the step says */

static enum k7i_verdict make_begin(struct k7i_op *op, struct k7i_request *request)
{
    (void)op;
    request->method = "POST";
    request->repeat = K7I_REPEAT_UNSENT;
    request->content_type = "application/json";
    k7i_buf_text(&request->target, "/object");
    k7i_buf_text(&request->body, "{}");
    return K7I_SEND;
}

static enum k7i_verdict refuse(struct k7i_op *op, const struct k7i_response *response)
{
    (void)response;
    return k7i_op_fail(op, K7_ERR_REJECTED, "no");
}

static void make_left(const struct k7i_op *op, struct k7i_buf *text)
{
    (void)op;
    for (size_t i = 0; i < text_len; i++)
        k7i_buf_char(text, 'x');
}

static const struct k7i_step undo = { .name = "unmake", .begin = make_begin };
static const struct k7i_step make = {
    .name = "make", .begin = make_begin, .reply = refuse, .undo = &undo, .leftover = make_left
};
static const struct k7i_step *const steps[] = { &make };
static const struct k7i_plan plan = { .operation = "create", .steps = steps, .step_count = 1 };

static void check_named(size_t len, int is_in_doubt)
{
    static const struct k7i_run settings = { .timeout_ms = 20000,
                                             .attempts = 1 }; /* and no time to take back */
    struct object_server *server = object_server_start();
    struct k7i_peer_settings of_peer = { .url = object_server_url(server), .response_limit = 65536 };
    struct k7i_peer *peer;
    struct k7i_loop *loop;
    struct k7i_op *op;

    text_len = len;
    ck_assert_int_eq(k7i_peer_new(&of_peer, &peer, NULL), 0);
    ck_assert_int_eq(k7i_loop_new(NULL, &loop, NULL), 0);
    ck_assert_int_eq(k7i_op_new(&plan, NULL, &op, NULL), 0);
    op->peer = peer;
    if (is_in_doubt)
        object_server_fault(server, 1, FAULT_CUT_AFTER);
    ck_assert_int_eq(k7i_op_run_blocking(op, loop, &settings, NULL), 0);
    ck_assert_uint_eq(k7_error_leftover_count(op->error), 1);
    const char *named = k7_error_leftover_at(op->error, 0);
    ck_assert_msg(named != NULL, "%zu bytes are not named", len);
    size_t rest = strlen(named);
    if (is_in_doubt) {
        ck_assert_uint_ge(rest, strlen(doubt));
        rest -= strlen(doubt);
        ck_assert_str_eq(named + rest, doubt);
    }
    if (len == 0 || len > K7I_LEFTOVER_LEN)
        ck_assert_int_eq(strncmp(named, "what the step \"make\" made", rest), 0);
    else
        ck_assert_uint_eq(rest, len);
    k7i_op_free(op);
    k7i_loop_free(loop);
    k7i_peer_free(peer);
    object_server_stop(server);
}

START_TEST(a_text_of_any_length_names_something)
{
    static const size_t lens[] = {
        0, 1, 490, 495, 496, 497, K7I_LEFTOVER_LEN - 1, K7I_LEFTOVER_LEN, K7I_LEFTOVER_LEN + 1, 5000
    };

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++)
        check_named(lens[i], _i);
}
END_TEST

/* --- what a later undo removes, too ---------------------------------------------------------------------------------------------- */

static enum k7i_verdict take_effect(struct k7i_op *op, struct k7i_request *request)
{
    (void)request;
    k7i_op_took_effect(op);
    return K7I_SKIP;
}

static enum k7i_verdict fail_at_once(struct k7i_op *op, struct k7i_request *request)
{
    (void)request;
    return k7i_op_fail(op, K7_ERR_REJECTED, "no");
}

static const struct k7i_step fails = { .name = "fails", .begin = fail_at_once };
static const struct k7i_step workload = {
    .name = "workload", .begin = take_effect, .undo = &fails, .leftover = make_left
};

static enum k7i_verdict undo_both(struct k7i_op *op, struct k7i_request *request)
{
    (void)request;
    ck_assert_int_eq(k7i_op_effect(op, &workload), K7I_EFFECT_DONE);
    k7i_op_undone(op, &workload);
    ck_assert_int_eq(k7i_op_effect(op, &workload), K7I_EFFECT_NONE);
    return K7I_SKIP;
}

static const struct k7i_step both = { .name = "both", .begin = undo_both };
static const struct k7i_step policy = {
    .name = "policy", .begin = take_effect, .undo = &both, .leftover = make_left
};

START_TEST(what_a_later_undo_removed_is_not_named)
{
    static const struct k7i_step *const both_and_more[] = { &policy, &workload, &fails };
    static const struct k7i_plan with_both = { .operation = "create",
                                               .steps = both_and_more,
                                               .step_count = 3 };
    static const struct k7i_run settings = { .timeout_ms = 20000,
                                             .cleanup_timeout_ms = 20000,
                                             .attempts = 1 };
    struct k7i_loop *loop;
    struct k7i_op *op;

    ck_assert_int_eq(k7i_loop_new(NULL, &loop, NULL), 0);
    ck_assert_int_eq(k7i_op_new(&with_both, NULL, &op, NULL), 0);
    ck_assert_int_eq(k7i_op_run_blocking(op, loop, &settings, NULL), 0);
    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_REJECTED);
    ck_assert_uint_eq(k7_error_leftover_count(op->error), 0);
    ck_assert_int_eq(k7_error_get_outcome(op->error), K7_OUTCOME_NOT_SENT);
    k7i_op_free(op);
    k7i_loop_free(loop);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan/leftover");
    TCase *tests = tcase_create("leftovers");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_text_of_any_length_names_something, 0, 2);
    tcase_add_test(tests, what_a_later_undo_removed_is_not_named);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
