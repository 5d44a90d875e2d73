/* cases_many.c: several at once: operations started on one loop, and calls over a batch. */
#include "cases.h"

#include <string.h>

enum { COUNT = 4 };

static const char *const names[COUNT] = { "one", "two", "three", "four" };

static void count_end(void *user, k7_op *op)
{
    (void)op;
    ++*(int *)user;
}

static void run_all(k7_loop *loop, int *ends, int expected)
{
    k7_error *error = NULL;

    ck_assert_int_eq(*ends, 0); /* never inside a start */
    while (k7_loop_op_count(loop) > 0)
        expect_done(k7_loop_wait(loop, -1, &error), error);
    ck_assert_int_eq(*ends, expected);
    *ends = 0;
}

START_TEST(started_operations_share_a_loop)
{
    k7_op *ops[COUNT] = { NULL };
    k7_sandboxes *list = NULL;
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;
    k7_loop *loop = NULL;
    k7_op *op = NULL;
    int ends = 0;

    expect_done(k7_loop_new(&loop, &error), error);
    for (int i = 0; i < COUNT; i++) {
        k7_spec *spec = new_spec("alpha", names[i]);

        expect_done(k7_sandbox_create_start(client, spec, NULL, loop, &ops[i], &error), error);
        expect_done(k7_op_set_on_done(ops[i], count_end, &ends, NULL, &error), error);
        k7_spec_free(spec);
    }
    run_all(loop, &ends, COUNT);
    for (int i = 0; i < COUNT; i++) {
        expect_done(k7_op_take_sandbox(ops[i], &sandbox, &error), error);
        ck_assert_str_eq(k7_sandbox_get_name(sandbox), names[i]);
        k7_sandbox_unref(sandbox);
        k7_op_free(ops[i]);
    }
    k7_query *query = NULL;
    expect_done(k7_query_new(&query, &error), error);
    expect_done(k7_query_set_namespace(query, in("alpha"), &error), error);
    expect_done(k7_sandbox_list_start(client, query, NULL, loop, &op, &error), error);
    k7_query_free(query);
    expect_done(k7_op_wait(op, &error), error);
    expect_done(k7_op_take_sandboxes(op, &list, &error), error);
    ck_assert_uint_eq(k7_sandboxes_count(list), COUNT);
    k7_sandboxes_unref(list);
    k7_op_free(op);
    for (int i = 0; i < COUNT; i++) {
        expect_done(k7_sandbox_delete_start(client, in("alpha"), names[i], NULL, NULL, loop, &ops[i], &error),
                    error);
        expect_done(k7_op_set_on_done(ops[i], count_end, &ends, NULL, &error), error);
    }
    run_all(loop, &ends, COUNT);
    for (int i = 0; i < COUNT; i++) {
        expect_done(k7_op_take_error(ops[i], &error), error);
        k7_op_free(ops[i]);
    }
    k7_loop_free(loop);
    ck_assert_uint_eq(count_in("alpha"), 0);
}
END_TEST

static void expect_all_done(k7_results *results, int with_sandboxes)
{
    ck_assert_uint_eq(k7_results_count(results), COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        const k7_sandbox *sandbox = k7_results_sandbox_at(results, i);

        ck_assert_msg(k7_results_outcome_at(results, i) == K7_ITEM_DONE, "%s: %s", names[i],
                      k7_error_get_message(k7_results_error_at(results, i)));
        ck_assert_str_eq(k7_results_name_at(results, i), names[i]);
        ck_assert_int_eq(sandbox != NULL, with_sandboxes);
        if (sandbox)
            ck_assert_str_eq(k7_sandbox_get_name(sandbox), names[i]);
    }
    k7_results_unref(results);
}

START_TEST(batch_is_created_got_and_deleted)
{
    k7_results *results = NULL;
    k7_batch *batch = NULL;
    k7_error *error = NULL;

    expect_done(k7_batch_new(&batch, &error), error);
    expect_done(k7_batch_set_at_once(batch, 2, &error), error);
    for (int i = 0; i < COUNT; i++) {
        k7_spec *spec = new_spec("alpha", names[i]);

        expect_done(k7_batch_add_spec(batch, spec, &error), error);
        k7_spec_free(spec);
    }
    expect_done(k7_sandbox_create_many(client, batch, NULL, &results, &error), error);
    expect_all_done(results, 1);
    expect_done(k7_sandbox_get_many(client, batch, NULL, &results, &error), error);
    expect_all_done(results, 1);
    expect_done(k7_sandbox_create_many(client, batch, NULL, &results, &error), error);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_FAILED), COUNT);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_int_eq(k7_error_get_code(k7_results_error_at(results, i)), K7_ERR_ALREADY_EXISTS);
    k7_results_unref(results);
    ck_assert_uint_eq(count_in("alpha"), COUNT);
    expect_done(k7_sandbox_delete_many(client, batch, NULL, NULL, &results, &error), error);
    expect_all_done(results, 0);
    ck_assert_uint_eq(count_in("alpha"), 0);
    k7_batch_free(batch);
}
END_TEST

TCase *cases_many(void)
{
    TCase *group = tcase_create("many");

    tcase_add_test(group, started_operations_share_a_loop);
    tcase_add_test(group, batch_is_created_got_and_deleted);
    return group;
}
