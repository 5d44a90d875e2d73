/* test_children.c: a step that runs other operations: each joined once, a few at a time, also when the call is cancelled or out of time;
 * completion from another thread. */
#include "plan/loop.h"
#include "plan/op.h"
#include "support/object_server.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHILDREN = 20 };

static struct object_server *server;
static struct k7i_peer *peer;
static struct k7i_loop *loop;
static const struct k7i_run patient = {
    .timeout_ms = 20000, .cleanup_timeout_ms = 20000, .attempts = 3, .back_off_ms = 1
};

static void open_all(void)
{
    server = object_server_start();
    struct k7i_peer_settings settings = { .url = object_server_url(server), .response_limit = 65536 };
    ck_assert_int_eq(k7i_peer_new(&settings, &peer, NULL), 0);
    ck_assert_int_eq(k7i_loop_new(NULL, &loop, NULL), 0);
}

static void close_all(void)
{
    k7i_loop_free(loop);
    k7i_peer_free(peer);
    object_server_stop(server);
}

/* A child makes one object, and takes it back when it fails. */

static enum k7i_verdict child_begin(struct k7i_op *op, struct k7i_request *request)
{
    k7i_buf_printf(&request->target, "/child%d", *(int *)op->state);
    request->method = "POST";
    request->repeat = K7I_REPEAT_UNSENT;
    request->content_type = "application/json";
    k7i_buf_text(&request->body, "{}");
    return K7I_SEND;
}

static enum k7i_verdict child_undo_begin(struct k7i_op *op, struct k7i_request *request)
{
    k7i_buf_printf(&request->target, "/child%d", *(int *)op->state);
    request->method = "DELETE";
    return K7I_SEND;
}

static enum k7i_verdict child_reply(struct k7i_op *op, const struct k7i_response *response)
{
    return response->status == 201 ? K7I_NEXT
                                   : k7i_op_fail(op, K7_ERR_REJECTED, "status %d", response->status);
}

static enum k7i_verdict child_settled(struct k7i_op *op, const struct k7i_response *response)
{
    (void)op;
    return response->status == 200 ? K7I_NEXT : K7I_NONE;
}

static enum k7i_verdict child_settle_begin(struct k7i_op *op, struct k7i_request *request)
{
    k7i_buf_printf(&request->target, "/child%d", *(int *)op->state);
    return K7I_SEND;
}

static const struct k7i_step child_undo = { .name = "remove", .begin = child_undo_begin };
static const struct k7i_step child_settle = { .name = "look",
                                              .begin = child_settle_begin,
                                              .reply = child_settled };
static const struct k7i_step child_step = {
    .name = "make", .begin = child_begin, .reply = child_reply, .settle = &child_settle, .undo = &child_undo
};
static const struct k7i_step *const child_steps[] = { &child_step };
static const struct k7i_plan child_plan = {
    .operation = "create", .steps = child_steps, .step_count = 1, .state_size = sizeof(int)
};

/* The parent */

struct family {
    int joined[CHILDREN], code[CHILDREN], running, most_running, forgive;
};

static enum k7i_verdict parent_begin(struct k7i_op *op, struct k7i_request *request)
{
    (void)op;
    (void)request;
    return K7I_FORK;
}

static enum k7i_verdict parent_child(struct k7i_op *op, size_t i, struct k7i_op **ret_child)
{
    struct family *family = op->state;

    if (i == CHILDREN)
        return K7I_DONE;
    ck_assert_int_eq(k7i_op_new(&child_plan, NULL, ret_child, NULL), 0);
    (*ret_child)->peer = peer;
    *(int *)(*ret_child)->state = (int)i;
    if (++family->running > family->most_running)
        family->most_running = family->running;
    return K7I_NEXT;
}

static void parent_joined(struct k7i_op *op, size_t i, struct k7i_op *child)
{
    struct family *family = op->state;

    family->running--;
    family->joined[i]++;
    family->code[i] = k7_error_get_code(child->error);
}

static enum k7i_verdict parent_reply(struct k7i_op *op, const struct k7i_response *response)
{
    ck_assert_ptr_null(response);
    return ((struct family *)op->state)->forgive ? K7I_DONE : K7I_NEXT;
}

static const struct k7i_step parent_step = { .name = "each",
                                             .begin = parent_begin,
                                             .child = parent_child,
                                             .joined = parent_joined,
                                             .reply = parent_reply };
static const struct k7i_step *const parent_steps[] = { &parent_step };
static const struct k7i_plan parent_plan = {
    .operation = "delete_all", .steps = parent_steps, .step_count = 1, .state_size = sizeof(struct family)
};

static struct k7i_op *new_parent(int forgive)
{
    struct k7i_op *op;

    ck_assert_int_eq(k7i_op_new(&parent_plan, NULL, &op, NULL), 0);
    ((struct family *)op->state)->forgive = forgive;
    return op;
}

START_TEST(every_child_is_joined_once_and_few_run_at_once)
{
    struct k7i_op *op = new_parent(0);
    struct family *family = op->state;

    object_server_fault(server, 5, FAULT_REFUSE);
    ck_assert_int_eq(k7i_op_run_blocking(op, loop, &patient, NULL), 0);
    ck_assert_ptr_null(op->error);
    int refused = 0;
    for (int i = 0; i < CHILDREN; i++) {
        ck_assert_int_eq(family->joined[i], 1);
        refused += family->code[i] == K7_ERR_REJECTED;
    }
    ck_assert_int_eq(refused, 1);
    ck_assert_int_eq(object_server_count(server), CHILDREN - 1);
    ck_assert_int_eq(family->most_running, K7I_CHILDREN_AT_ONCE);
    k7i_op_free(op);
}
END_TEST

static void *trigger_when_all_hang(void *cancel)
{
    object_server_await(
        server,
        K7I_CHILDREN_AT_ONCE); /* a request that came later would be carried out after it was looked for */
    k7_cancel_trigger(cancel);
    return NULL;
}

/* _i: whether the parent's result stands although the call was cancelled */
START_TEST(cancel_ends_the_children_and_takes_back_what_was_lost)
{
    struct k7i_op *op = new_parent(_i);
    struct family *family = op->state;
    struct k7i_run settings = patient;
    pthread_t thread;

    ck_assert_int_eq(k7_cancel_new(&settings.cancel, NULL), 0);
    settings.timeout_ms = K7_NEVER;
    for (int n = 1; n <= 8; n++)
        object_server_fault(server, n, n % 2 ? FAULT_HANG_AFTER : FAULT_HANG_BEFORE);
    pthread_create(&thread, NULL, trigger_when_all_hang, settings.cancel);
    ck_assert_int_eq(k7i_op_run_blocking(op, loop, &settings, NULL), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(k7_error_get_code(op->error), _i ? 0 : K7_ERR_CANCELLED);
    int joined = 0;
    for (int i = 0; i < CHILDREN; i++) {
        joined += family->joined[i];
        ck_assert_int_eq(family->code[i], i < K7I_CHILDREN_AT_ONCE ? K7_ERR_CANCELLED : 0);
    }
    ck_assert_int_eq(joined, K7I_CHILDREN_AT_ONCE);
    ck_assert_int_eq(object_server_count(server), 0);
    k7_cancel_unref(settings.cancel);
    k7i_op_free(op);
}
END_TEST

START_TEST(the_deadline_ends_the_children)
{
    struct k7i_op *op = new_parent(0);
    struct k7i_run settings = patient;

    settings.timeout_ms = 100;
    for (int n = 1; n <= 8; n++)
        object_server_fault(server, n, FAULT_HANG_AFTER);
    ck_assert_int_eq(k7i_op_run_blocking(op, loop, &settings, NULL), 0);
    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_TIMEOUT);
    ck_assert_int_eq(object_server_count(server), 0);
    k7i_op_free(op);
}
END_TEST

/* Completion from another thread */

static pthread_t completer;

static void *complete(void *waker)
{
    k7i_waker_wake(waker);
    k7i_waker_unref(waker);
    return NULL;
}

static enum k7i_verdict outside_begin(struct k7i_op *op, struct k7i_request *request)
{
    int *begun = op->state;

    (void)request;
    if ((*begun)++)
        return K7I_DONE;
    pthread_create(&completer, NULL, complete, k7i_op_waker(op));
    return K7I_WAIT;
}

static const struct k7i_step outside_step = { .name = "outside", .begin = outside_begin };
static const struct k7i_step *const outside_steps[] = { &outside_step };
static const struct k7i_plan outside_plan = {
    .operation = "get", .steps = outside_steps, .step_count = 1, .state_size = sizeof(int)
};

START_TEST(another_thread_completes_a_waiting_step)
{
    struct k7i_op *op;

    ck_assert_int_eq(k7i_op_new(&outside_plan, NULL, &op, NULL), 0);
    ck_assert_int_eq(k7i_op_run_blocking(op, loop, &patient, NULL), 0);
    ck_assert_ptr_null(op->error);
    ck_assert_int_eq(*(int *)op->state, 2);
    pthread_join(completer, NULL);
    k7i_op_free(op);
}
END_TEST

START_TEST(waking_after_the_end_does_nothing)
{
    struct k7i_waker *waker;
    struct k7i_op *op;

    ck_assert_int_eq(k7i_op_new(&outside_plan, NULL, &op, NULL), 0);
    ck_assert_int_eq(k7i_op_start(op, loop, &patient, NULL, NULL, NULL), 0);
    waker = k7i_op_waker(op);
    while (!k7i_op_is_over(op))
        k7i_loop_wait(loop, -1, NULL, NULL);
    pthread_join(completer, NULL);
    k7i_op_free(op);
    k7i_waker_wake(waker);
    k7i_waker_unref(waker);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan/children");
    TCase *tests = tcase_create("children, wakers");

    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, every_child_is_joined_once_and_few_run_at_once);
    tcase_add_loop_test(tests, cancel_ends_the_children_and_takes_back_what_was_lost, 0, 2);
    tcase_add_test(tests, the_deadline_ends_the_children);
    tcase_add_test(tests, another_thread_completes_a_waiting_step);
    tcase_add_test(tests, waking_after_the_end_does_nothing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
