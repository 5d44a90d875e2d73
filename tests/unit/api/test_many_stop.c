/* test_many_stop.c: every item of a batch is accounted for, however and whenever the call ends. */
#include "api/client.h"
#include "batch.h"
#include "model/batch.h"
#include "transport/many.h"

START_TEST(cancel_accounts_for_every_item)
{
    open_all("memory:?clock=manual&start_ms=1000");
    add_specs(5);
    ck_assert_int_eq(k7_batch_set_at_once(batch, 2, NULL), 0);
    k7_op *op = start_create_many(NULL);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    ck_assert_uint_eq(count_there(), 2);
    k7_op_cancel(op);
    run_all();
    k7_results *results = take_results(op);
    expect_results(results, 0, 2, 3, 0);
    ck_assert_int_eq(k7_error_get_code(k7_results_error_at(results, 0)), K7_ERR_CANCELLED);
    ck_assert_uint_eq(k7_error_leftover_count(k7_results_error_at(results, 0)), 0);
    k7_results_unref(results);
    ck_assert_uint_eq(count_there(), 0); /* taken back */
    close_batch();
}
END_TEST

START_TEST(cancelled_before_it_begins_it_starts_none)
{
    open_all("memory:");
    add_specs(3);
    k7_op *op = start_create_many(NULL);
    k7_op_cancel(op);
    run_all();
    k7_results *results = take_results(op);
    expect_results(results, 0, 0, 3, 0);
    k7_results_unref(results);
    close_batch();
}
END_TEST

START_TEST(loop_freed_accounts_for_every_item)
{
    open_all("memory:?clock=manual&start_ms=1000");
    add_specs(5);
    ck_assert_int_eq(k7_batch_set_at_once(batch, 2, NULL), 0);
    k7_op *op = start_create_many(NULL);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    k7_loop_free(loop);
    loop = NULL;
    k7_results *results = take_results(op);
    expect_results(results, 0, 0, 3, 2);
    ck_assert_uint_eq(k7_error_leftover_count(k7_results_error_at(results, 1)), 1);
    k7_results_unref(results);
    close_batch();
}
END_TEST

START_TEST(deadline_is_for_all)
{
    k7_results *results = NULL;
    k7_call *call = NULL;

    open_all("memory:?fail=get:hang");
    add_specs(10);
    ck_assert_int_eq(k7_batch_set_at_once(batch, 4, NULL), 0);
    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_timeout_ms(call, 20, NULL), 0);
    ck_assert_int_eq(k7_sandbox_get_many(client, batch, call, &results, NULL), 0);
    k7_call_free(call);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_NOT_STARTED), 6);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(k7_error_get_code(k7_results_error_at(results, i)), K7_ERR_TIMEOUT);
    k7_results_unref(results);
    close_batch();
}
END_TEST

/* Between two starts nothing runs: a cancel and the end of the loop are heard of all the same. */
START_TEST(call_ends_also_between_two_starts)
{
    open_all("memory:");
    add_specs(3);
    ck_assert_int_eq(k7_batch_set_starts_per_second(batch, 1, NULL), 0);
    k7_op *op = start_create_many(NULL);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    ck_assert_int_eq(k7_op_get_state(op), K7_OP_RUNNING);
    ck_assert_uint_eq(count_there(), 1);
    ck_assert_int_gt(k7_loop_get_timeout_ms(loop), 0);
    if (_i == 0)
        k7_op_cancel(op);
    if (_i == 1) {
        k7_loop_free(loop);
        loop = NULL;
    }
    run_all();
    k7_results *results = take_results(op);
    expect_results(results, 1, 0, 2, 0);
    k7_results_unref(results);
    close_batch();
}
END_TEST

/* A clock that stands still until it is set. */
struct standing {
    struct k7i_clock clock;
    int64_t now_ms;
};

static int64_t read_standing(const struct k7i_clock *clock)
{
    return ((const struct standing *)clock)->now_ms; /* its first member */
}

/* The deadline, too. */
START_TEST(deadline_passes_between_two_starts)
{
    const struct k7i_run settings = { .timeout_ms = 500, .attempts = 1 };
    struct standing standing = { { read_standing }, 1000 };
    struct k7i_loop *inner = NULL;
    struct k7i_op *op = NULL;

    open_all("memory:");
    add_specs(3);
    ck_assert_int_eq(k7_batch_set_starts_per_second(batch, 1, NULL), 0);
    const struct k7i_args args = {
        .transport = client->transport, .batch = batch, .of_item = K7I_CREATE, .namespace_ = "default"
    };
    ck_assert_int_eq(k7i_loop_new(&standing.clock, &inner, NULL), 0);
    ck_assert_int_eq(k7i_op_new(k7i_plan_of(client->transport, K7I_CREATE_MANY), client->instance, &op, NULL),
                     0);
    ck_assert_int_eq(op->plan->prepare(op, &args, NULL), 0);
    ck_assert_int_eq(k7i_op_start(op, inner, &settings, NULL, NULL, NULL), 0);
    ck_assert_int_eq(k7i_loop_wait(inner, 0, NULL, NULL), 0);
    ck_assert_uint_eq(count_there(), 1);
    standing.now_ms += 499;
    ck_assert_int_eq(k7i_loop_wait(inner, 0, NULL, NULL), 0);
    ck_assert_int_eq(k7i_op_is_over(op), 0);
    standing.now_ms += 1;
    ck_assert_int_eq(k7i_loop_wait(inner, 0, NULL, NULL), 0);
    ck_assert_int_eq(k7i_op_is_over(op), 1);
    ck_assert_ptr_null(op->error);
    expect_results(op->result, 1, 0, 2, 0);
    k7i_op_free(op);
    k7i_loop_free(inner);
    close_batch();
}
END_TEST

/* --- one whose turn never came is said to be so --------------------------------------------------------------------------------- */

static void cancel_at_the_first(void *user, const k7_progress *progress)
{
    if (k7_progress_get_done(progress) == 1)
        k7_cancel_trigger(user);
}

/* The end of the first would make room for the third, but the call was cancelled by then. */
START_TEST(cancel_when_one_ends_begins_no_other)
{
    k7_results *results = NULL;
    k7_cancel *cancel = NULL;
    k7_call *call = NULL;

    open_all("memory:?fail=get:404*1,get:hang");
    add_specs(4);
    ck_assert_int_eq(k7_batch_set_at_once(batch, 2, NULL), 0);
    ck_assert_int_eq(k7_cancel_new(&cancel, NULL), 0);
    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_cancel(call, cancel, NULL), 0);
    ck_assert_int_eq(k7_call_set_progress(call, cancel_at_the_first, cancel, NULL, NULL), 0);
    ck_assert_int_eq(k7_sandbox_get_many(client, batch, call, &results, NULL), 0);
    expect_results(results, 0, 1, 2, 1);
    ck_assert_int_eq(k7_error_get_code(k7_results_error_at(results, 0)), K7_ERR_NOT_FOUND);
    ck_assert_int_eq(k7_error_get_code(k7_results_error_at(results, 1)), K7_ERR_CANCELLED);
    k7_results_unref(results);
    k7_call_free(call);
    k7_cancel_unref(cancel);
    close_batch();
}
END_TEST

static void cancel_and_answer(void *user, const k7_request *request, k7_reply *reply)
{
    (void)request;
    k7_cancel_trigger(user);
    k7_reply_done(reply);
}

/* All four have room, and the first is the only one that was begun when it cancels the call. */
START_TEST(cancel_while_the_first_begins_begins_no_other)
{
    k7_transport *transport = NULL;
    k7_results *results = NULL;
    k7_cancel *cancel = NULL;
    k7_call *call = NULL;

    ck_assert_int_eq(k7_cancel_new(&cancel, NULL), 0);
    ck_assert_int_eq(k7_transport_new("mine", cancel, NULL, &transport, NULL), 0);
    ck_assert_int_eq(k7_transport_on(transport, "delete", cancel_and_answer, NULL), 0);
    client = open_client("mine:", transport);
    k7_transport_unref(transport);
    add_specs(4);
    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_cancel(call, cancel, NULL), 0);
    ck_assert_int_eq(k7_sandbox_delete_many(client, batch, NULL, call, &results, NULL), 0);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_NOT_STARTED), 3);
    ck_assert_int_ne(k7_results_outcome_at(results, 0), K7_ITEM_NOT_STARTED);
    ck_assert_ptr_null(k7_results_error_at(results, 1));
    k7_results_unref(results);
    k7_call_free(call);
    k7_cancel_unref(cancel);
    close_batch();
}
END_TEST

/* A clock on which the deadline passes at one certain look at it. */
struct looks {
    struct k7i_clock clock;
    int left; /* until it has passed */
};

static int64_t look(const struct k7i_clock *clock)
{
    struct looks *looks = (struct looks *)clock; /* its first member */

    return looks->left > 0 && looks->left-- ? 0 : 1000;
}

START_TEST(deadline_at_any_moment_accounts_for_every_item)
{
    struct k7i_run settings = { .timeout_ms = 500, .attempts = 1 };
    int i = 1; /* at the first look it is set */

    open_all("memory:?fail=get:404*2");
    add_specs(6);
    ck_assert_int_eq(k7_batch_set_at_once(batch, 2, NULL), 0);
    struct k7i_args args = {
        .transport = client->transport, .batch = batch, .of_item = K7I_GET, .namespace_ = "default"
    };
    for (int left = 6; left > 0; i++) { /* until the call is over before the deadline */
        struct looks looks = { { look }, i };
        struct k7i_loop *inner = NULL;
        struct k7i_op *op = NULL;

        ck_assert_int_lt(i, 1000);
        ck_assert_int_eq(k7i_loop_new(&looks.clock, &inner, NULL), 0);
        ck_assert_int_eq(
            k7i_op_new(k7i_plan_of(client->transport, K7I_GET_MANY), client->instance, &op, NULL), 0);
        ck_assert_int_eq(op->plan->prepare(op, &args, NULL), 0);
        ck_assert_int_eq(k7i_op_run_blocking(op, inner, &settings, NULL), 0);
        ck_assert_ptr_null(op->error);
        const k7_results *results = op->result;
        left = 0;
        for (size_t item = 0; item < 6; item++) {
            int code = k7_error_get_code(k7_results_error_at(results, item));

            if (k7_results_outcome_at(results, item) == K7_ITEM_NOT_STARTED) {
                ck_assert_int_eq(code, 0);
                left++;
                continue;
            }
            ck_assert_int_eq(left, 0); /* they are begun in order */
            if (code != K7_ERR_TIMEOUT)
                ck_assert_int_eq(code, K7_ERR_NOT_FOUND);
        }
        k7i_op_free(op);
        k7i_loop_free(inner);
    }
    ck_assert_int_gt(i, 6);
    close_batch();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("many");
    TCase *group = tcase_create("stop");

    tcase_add_test(group, cancel_accounts_for_every_item);
    tcase_add_test(group, cancelled_before_it_begins_it_starts_none);
    tcase_add_test(group, loop_freed_accounts_for_every_item);
    tcase_add_test(group, deadline_is_for_all);
    tcase_add_loop_test(group, call_ends_also_between_two_starts, 0, 2);
    tcase_add_test(group, deadline_passes_between_two_starts);
    tcase_add_test(group, cancel_when_one_ends_begins_no_other);
    tcase_add_test(group, cancel_while_the_first_begins_begins_no_other);
    tcase_add_test(group, deadline_at_any_moment_accounts_for_every_item);
    suite_add_tcase(suite, group);
    return run(suite);
}
