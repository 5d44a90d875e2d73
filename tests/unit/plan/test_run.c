/* test_run.c: the runner against a real server that fails on demand: a create of four objects, each step and each undo refused, lost or hanging. Every
 * case ends with all four, with nothing left, or with what is left named. */
#include "plan/loop.h"
#include "plan/op.h"
#include "support/object_server.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 4, TRIES = 3 };

static struct object_server *server;
static struct k7i_peer *peer;

struct state {
    const char *create_id;
    int replies;
};

static const char *const names[STEPS] = { "policy", "secret", "deployment", "service" };

static enum k7i_verdict make(struct k7i_request *request, int i, const char *method, struct k7i_op *op)
{
    k7i_buf_printf(&request->target, "/%s", names[i]);
    request->method = method;
    if (strcmp(method, "POST") == 0) {
        request->repeat = K7I_REPEAT_UNSENT;
        request->content_type = "application/json";
        k7i_buf_text(&request->body, ((struct state *)op->state)->create_id);
    }
    return K7I_SEND;
}

static enum k7i_verdict created(struct k7i_op *op, const struct k7i_response *response)
{
    if (response->status == 201)
        return K7I_NEXT;
    if (response->status == 409)
        return k7i_op_fail(op, K7_ERR_ALREADY_EXISTS, "it is there");
    return k7i_op_fail(op, response->status < 500 ? K7_ERR_REJECTED : K7_ERR_SERVER, "status %d",
                       response->status);
}

static enum k7i_verdict settled(struct k7i_op *op, const struct k7i_response *response)
{
    if (response->status == 200)
        return strcmp(response->body, ((struct state *)op->state)->create_id) == 0 ? K7I_NEXT : K7I_NONE;
    if (response->status == 404)
        return K7I_NONE;
    return k7i_op_fail(op, K7_ERR_SERVER, "status %d", response->status);
}

#define STEP(i, step_name)                                                                                   \
    static enum k7i_verdict create_##i(struct k7i_op *op, struct k7i_request *request)                       \
    {                                                                                                        \
        return make(request, i, "POST", op);                                                                 \
    }                                                                                                        \
    static enum k7i_verdict look_##i(struct k7i_op *op, struct k7i_request *request)                         \
    {                                                                                                        \
        return make(request, i, "GET", op);                                                                  \
    }                                                                                                        \
    static enum k7i_verdict remove_##i(struct k7i_op *op, struct k7i_request *request)                       \
    {                                                                                                        \
        return make(request, i, "DELETE", op);                                                               \
    }                                                                                                        \
    static void left_##i(const struct k7i_op *op, struct k7i_buf *text)                                      \
    {                                                                                                        \
        (void)op;                                                                                            \
        k7i_buf_text(text, names[i]);                                                                        \
    }                                                                                                        \
    static const struct k7i_step settle_##i = { .name = "look", .begin = look_##i, .reply = settled };       \
    static const struct k7i_step undo_##i = { .name = "remove", .begin = remove_##i };                       \
    static const struct k7i_step step_##i = { .name = step_name,                                             \
                                              .begin = create_##i,                                           \
                                              .reply = created,                                              \
                                              .settle = &settle_##i,                                         \
                                              .undo = &undo_##i,                                             \
                                              .leftover = left_##i }
STEP(0, "policy");
STEP(1, "secret");
STEP(2, "deployment");
STEP(3, "service");

static const struct k7i_step *const steps[STEPS] = { &step_0, &step_1, &step_2, &step_3 };
static const struct k7i_plan plan = {
    .operation = "create", .steps = steps, .step_count = STEPS, .state_size = sizeof(struct state)
};

static void open_peer(void)
{
    server = object_server_start();
    struct k7i_peer_settings settings = { .url = object_server_url(server),
                                          .response_limit = 65536,
                                          .connect_timeout_ms = 5000 };
    ck_assert_int_eq(k7i_peer_new(&settings, &peer, NULL), 0);
}

static void close_peer(void)
{
    k7i_peer_free(peer);
    object_server_stop(server);
}

static struct k7i_op *new_op(void)
{
    struct k7i_op *op;

    ck_assert_int_eq(k7i_op_new(&plan, NULL, &op, NULL), 0);
    op->peer = peer;
    ((struct state *)op->state)->create_id = "id-1";
    return op;
}

static const struct k7i_run patient = {
    .timeout_ms = 20000, .cleanup_timeout_ms = 20000, .attempts = TRIES, .back_off_ms = 1
};

static struct k7i_op *run(struct k7i_loop *loop, const struct k7i_run *settings)
{
    struct k7i_op *op = new_op();

    ck_assert_int_eq(k7i_op_run_blocking(op, loop, settings, NULL), 0);
    return op;
}

static struct k7i_loop *new_loop(void)
{
    struct k7i_loop *loop;

    ck_assert_int_eq(k7i_loop_new(NULL, &loop, NULL), 0);
    return loop;
}

/* What must hold after any create: all four made once and kept, or none kept but those that the error names. */
static void check_end(const struct k7i_op *op, const char *context)
{
    int kept = object_server_count(server);

    if (!op->error) {
        ck_assert_msg(kept == STEPS, "%s: success with %d objects", context, kept);
        return;
    }
    for (int i = 0; i < STEPS; i++) {
        int named = 0;

        for (size_t k = 0; k < k7_error_leftover_count(op->error); k++)
            named |= strncmp(k7_error_leftover_at(op->error, k), names[i], strlen(names[i])) == 0;
        ck_assert_msg(!object_server_has(server, names[i]) || named, "%s: %s is left and not named (%s)",
                      context, names[i], k7_error_get_message(op->error));
    }
    if (k7_error_leftover_count(op->error) == 0)
        ck_assert_msg(k7_error_get_outcome(op->error) != K7_OUTCOME_UNKNOWN,
                      "%s: all is taken back, yet unknown", context);
    else
        ck_assert_msg(k7_error_get_outcome(op->error) == K7_OUTCOME_UNKNOWN,
                      "%s: something is left, yet known", context);
}

START_TEST(four_requests_on_one_connection)
{
    struct k7i_loop *loop = new_loop();
    struct k7i_op *op = run(loop, &patient);

    ck_assert_ptr_null(op->error);
    ck_assert_int_eq(object_server_count(server), STEPS);
    ck_assert_int_eq(object_server_requests(server), STEPS);
    ck_assert_int_eq(object_server_connections(server), 1);
    k7i_op_free(op);
    k7i_loop_free(loop);
}
END_TEST

/* Faults that answer or cut: at every request of the plan, then also at every later one (settling and undoing). */
START_TEST(every_pair_of_faults_leaves_nothing_unnamed)
{
    struct k7i_loop *loop = new_loop();
    enum fault first = (enum fault)(_i + 1);

    for (int n = 1; n <= STEPS; n++) {
        for (int second = FAULT_NONE; second <= FAULT_CUT_AFTER; second++) {
            for (int m = n + 1; m <= n + 6; m++) {
                char context[128];

                object_server_forget(server);
                object_server_fault(server, n, first);
                object_server_fault(server, m, (enum fault)second);
                struct k7i_op *op = run(loop, &patient);
                snprintf(context, sizeof context, "fault %d at %d, fault %d at %d", first, n, second, m);
                check_end(op, context);
                for (int i = 0; i < STEPS; i++)
                    ck_assert_msg(object_server_made(server, names[i]) <= 1, "%s: %s made twice", context,
                                  names[i]);
                k7i_op_free(op);
                if (second == FAULT_NONE)
                    break;
            }
        }
    }
    k7i_loop_free(loop);
}
END_TEST

START_TEST(a_hanging_request_ends_at_the_deadline)
{
    struct k7i_loop *loop = new_loop();
    struct k7i_run settings = patient;

    settings.timeout_ms = 100;
    for (int n = 1; n <= STEPS; n++) {
        object_server_forget(server);
        object_server_fault(server, n, _i ? FAULT_HANG_AFTER : FAULT_HANG_BEFORE);
        struct k7i_op *op = run(loop, &settings);
        ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_TIMEOUT);
        ck_assert_str_eq(k7_error_get_step(op->error), names[n - 1]);
        ck_assert_int_eq(object_server_count(server), 0);
        ck_assert_int_eq(k7_error_get_outcome(op->error), K7_OUTCOME_NOT_SENT);
        k7i_op_free(op);
    }
    k7i_loop_free(loop);
}
END_TEST

START_TEST(a_hanging_undo_ends_at_the_cleanup_deadline_and_is_named)
{
    struct k7i_loop *loop = new_loop();
    struct k7i_run settings = patient;

    settings.cleanup_timeout_ms = 100;
    object_server_fault(server, 3, FAULT_REFUSE);
    object_server_fault(server, 4, FAULT_HANG_BEFORE);
    struct k7i_op *op = run(loop, &settings);
    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_REJECTED);
    ck_assert_uint_eq(k7_error_leftover_count(op->error), 2);
    ck_assert_str_eq(k7_error_leftover_at(op->error, 0), "policy");
    ck_assert_str_eq(k7_error_leftover_at(op->error, 1), "secret");
    check_end(op, "hanging undo");
    k7i_op_free(op);
    k7i_loop_free(loop);
}
END_TEST

START_TEST(no_cleanup_time_names_everything)
{
    struct k7i_loop *loop = new_loop();
    struct k7i_run settings = patient;

    settings.cleanup_timeout_ms = 0;
    object_server_fault(server, 4, FAULT_REFUSE);
    struct k7i_op *op = run(loop, &settings);
    ck_assert_uint_eq(k7_error_leftover_count(op->error), 3);
    ck_assert_int_eq(object_server_requests(server), 4);
    check_end(op, "no clean-up");
    k7i_op_free(op);
    k7i_loop_free(loop);
}
END_TEST

struct trigger {
    k7_cancel *cancel;
    int at[2];
};

static void *trigger_when_asked(void *user)
{
    struct trigger *trigger = user;

    for (int i = 0; i < 2 && trigger->at[i]; i++) {
        object_server_await(server, trigger->at[i]);
        k7_cancel_trigger(trigger->cancel);
    }
    return NULL;
}

static struct k7i_op *run_cancelled(struct k7i_loop *loop, int first, int second)
{
    struct k7i_run settings = patient;
    struct trigger trigger = { .at = { first, second } };
    pthread_t thread;

    ck_assert_int_eq(k7_cancel_new(&trigger.cancel, NULL), 0);
    settings.cancel = trigger.cancel;
    settings.timeout_ms = K7_NEVER;
    settings.cleanup_timeout_ms = 600000;
    pthread_create(&thread, NULL, trigger_when_asked, &trigger);
    struct k7i_op *op = run(loop, &settings);
    pthread_join(thread, NULL);
    k7_cancel_unref(trigger.cancel);
    return op;
}

START_TEST(cancel_while_waiting_takes_back)
{
    struct k7i_loop *loop = new_loop();

    for (int n = 1; n <= STEPS; n++) {
        object_server_forget(server);
        object_server_fault(server, n, _i ? FAULT_HANG_AFTER : FAULT_HANG_BEFORE);
        struct k7i_op *op = run_cancelled(loop, n, 0);
        ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_CANCELLED);
        ck_assert_int_eq(object_server_count(server), 0);
        ck_assert_uint_eq(k7_error_leftover_count(op->error), 0);
        k7i_op_free(op);
    }
    k7i_loop_free(loop);
}
END_TEST

START_TEST(a_second_cancel_abandons_the_undo)
{
    struct k7i_loop *loop = new_loop();

    object_server_fault(server, 3, FAULT_HANG_AFTER); /* the create of the third */
    object_server_fault(server, 4, FAULT_HANG_AFTER); /* its settling */
    struct k7i_op *op = run_cancelled(loop, 3, 4);
    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_CANCELLED);
    ck_assert_uint_eq(k7_error_leftover_count(op->error), 3);
    check_end(op, "second cancel");
    k7i_op_free(op);
    k7i_loop_free(loop);
}
END_TEST

/* Without waiting for it, a look would come before the server has acted, and find nothing to take back. */
START_TEST(an_answer_under_way_is_awaited_where_the_step_says_so)
{
    static const struct k7i_step patient_step = { .name = "policy",
                                                  .begin = create_0,
                                                  .reply = created,
                                                  .settle = &settle_0,
                                                  .undo = &undo_0,
                                                  .leftover = left_0,
                                                  .await_answer = 1 };
    static const struct k7i_step *const one[] = { &patient_step };
    static const struct k7i_plan patient_plan = {
        .operation = "create", .steps = one, .step_count = 1, .state_size = sizeof(struct state)
    };
    struct k7i_loop *loop = new_loop();
    struct k7i_run settings = patient;
    struct k7i_op *op;

    ck_assert_int_eq(k7_cancel_new(&settings.cancel, NULL), 0);
    ck_assert_int_eq(k7i_op_new(&patient_plan, NULL, &op, NULL), 0);
    op->peer = peer;
    ((struct state *)op->state)->create_id = "id-1";
    object_server_fault(server, 1, FAULT_LATE);
    ck_assert_int_eq(k7i_op_start(op, loop, &settings, NULL, NULL, NULL), 0);
    while (object_server_requests(server) < 1)
        k7i_loop_wait(loop, 1, NULL, NULL);
    k7_cancel_trigger(settings.cancel);
    k7i_loop_wait(loop, 10000, NULL, NULL);
    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_CANCELLED);
    ck_assert(!k7i_op_is_over(op));
    ck_assert_int_eq(object_server_requests(server), 1);
    object_server_let_go(server);
    while (!k7i_op_is_over(op))
        k7i_loop_wait(loop, -1, NULL, NULL);
    ck_assert_int_eq(object_server_requests(server),
                     2); /* the answer was enough: no look, only the removal */
    ck_assert_int_eq(object_server_made(server, "policy"), 1);
    ck_assert_int_eq(object_server_count(server), 0);
    ck_assert_int_eq(k7_error_get_outcome(op->error), K7_OUTCOME_NOT_SENT);
    k7i_op_free(op);
    k7_cancel_unref(settings.cancel);
    k7i_loop_free(loop);
}
END_TEST

START_TEST(a_token_triggered_before_sends_nothing)
{
    struct k7i_loop *loop = new_loop();
    struct k7i_run settings = patient;
    k7_cancel *cancel;

    ck_assert_int_eq(k7_cancel_new(&cancel, NULL), 0);
    k7_cancel_trigger(cancel);
    k7_cancel_trigger(cancel);
    settings.cancel = cancel;
    struct k7i_op *op = run(loop, &settings);
    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_CANCELLED);
    ck_assert_int_eq(k7_error_get_outcome(op->error), K7_OUTCOME_NOT_SENT);
    ck_assert_int_eq(object_server_requests(server), 0);
    k7i_op_free(op);
    k7_cancel_unref(cancel);
    k7i_loop_free(loop);
}
END_TEST

START_TEST(somebody_elses_object_is_neither_adopted_nor_removed)
{
    struct k7i_loop *loop = new_loop();

    object_server_put(server, "deployment", "other-id");
    object_server_fault(server, 3, FAULT_CUT_BEFORE);
    struct k7i_op *op = run(loop, &patient);
    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_ALREADY_EXISTS);
    ck_assert_int_eq(object_server_count(server), 1);
    ck_assert(object_server_has(server, "deployment"));
    k7i_op_free(op);
    k7i_loop_free(loop);
}
END_TEST

static int calls_done;

static void count_done(void *user, struct k7i_op *op)
{
    (void)op;
    calls_done += *(int *)user;
}

START_TEST(completion_comes_once_and_never_from_start)
{
    struct k7i_loop *loop = new_loop();
    struct k7i_op *ops[20];
    int one = 1;

    calls_done = 0;
    for (int i = 0; i < 20; i++) {
        ops[i] = new_op();
        ck_assert_int_eq(k7i_op_start(ops[i], loop, &patient, count_done, &one, NULL), 0);
    }
    ck_assert_int_eq(calls_done, 0);
    while (calls_done < 20)
        ck_assert_int_eq(k7i_loop_wait(loop, -1, NULL, NULL), 0);
    for (int i = 0; i < 20; i++) {
        ck_assert(k7i_op_is_over(ops[i]));
        k7i_op_free(ops[i]);
    }
    ck_assert_int_eq(k7i_loop_process(loop, NULL), 0);
    ck_assert_int_eq(calls_done, 20);
    k7i_loop_free(loop);
}
END_TEST

START_TEST(an_unreachable_server_is_tried_again_and_then_told)
{
    struct k7i_loop *loop = new_loop();
    struct k7i_peer *nobody;
    struct k7i_peer_settings settings = { .url = "http://127.0.0.1:1", .response_limit = 1000 };
    struct k7i_op *op = new_op();

    ck_assert_int_eq(k7i_peer_new(&settings, &nobody, NULL), 0);
    op->peer = nobody;
    ck_assert_int_eq(k7i_op_run_blocking(op, loop, &patient, NULL), 0);
    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_CONNECT);
    ck_assert_int_eq(k7_error_get_outcome(op->error), K7_OUTCOME_NOT_SENT);
    ck_assert_int_eq(k7_error_is_retryable(op->error), 1);
    k7i_op_free(op);
    k7i_peer_free(nobody);
    k7i_loop_free(loop);
}
END_TEST

static const struct k7i_step read_step = { .name = "read", .begin = look_0 };
static const struct k7i_step *const read_steps[] = { &read_step, &read_step };
static const struct k7i_plan reading_plan = { .operation = "list",
                                              .steps = read_steps,
                                              .step_count = 2,
                                              .only_reads = 1,
                                              .state_size = sizeof(struct state) };

/* _i: which of its two requests is lost for good */
START_TEST(a_lost_answer_of_reading_is_unknown_and_may_be_asked_for_again)
{
    struct k7i_loop *loop = new_loop();
    struct k7i_op *op;

    object_server_put(server, names[0], "x");
    for (int n = 1; n <= 2 * TRIES; n++) /* libcurl repeats what it sent on a reused connection by itself */
        object_server_fault(server, _i + n, FAULT_CUT_BEFORE);
    ck_assert_int_eq(k7i_op_new(&reading_plan, NULL, &op, NULL), 0);
    op->peer = peer;
    ck_assert_int_eq(k7i_op_run_blocking(op, loop, &patient, NULL), 0);
    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_CONNECTION_LOST);
    ck_assert_int_eq(k7_error_get_outcome(op->error), K7_OUTCOME_UNKNOWN);
    ck_assert_int_eq(k7_error_is_retryable(op->error), 1);
    k7i_op_free(op);
    k7i_loop_free(loop);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan/run");
    TCase *tests = tcase_create("runner");

    tcase_add_checked_fixture(tests, open_peer, close_peer);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, four_requests_on_one_connection);
    tcase_add_loop_test(tests, every_pair_of_faults_leaves_nothing_unnamed, 0, FAULT_CUT_AFTER);
    tcase_add_loop_test(tests, a_hanging_request_ends_at_the_deadline, 0, 2);
    tcase_add_test(tests, a_hanging_undo_ends_at_the_cleanup_deadline_and_is_named);
    tcase_add_test(tests, no_cleanup_time_names_everything);
    tcase_add_loop_test(tests, cancel_while_waiting_takes_back, 0, 2);
    tcase_add_test(tests, a_second_cancel_abandons_the_undo);
    tcase_add_test(tests, an_answer_under_way_is_awaited_where_the_step_says_so);
    tcase_add_test(tests, a_token_triggered_before_sends_nothing);
    tcase_add_test(tests, somebody_elses_object_is_neither_adopted_nor_removed);
    tcase_add_test(tests, completion_comes_once_and_never_from_start);
    tcase_add_loop_test(tests, a_lost_answer_of_reading_is_unknown_and_may_be_asked_for_again, 0, 2);
    tcase_add_test(tests, an_unreachable_server_is_tried_again_and_then_told);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
