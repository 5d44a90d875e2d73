/* test_delete_all.c: what becomes of each item when something fails, is lost, hangs, or the call is stopped. */
#include "api/client.h"
#include "../opened.h"

#include <stdio.h>
#include <string.h>

enum { SANDBOXES = 20 }; /* more than run at once */

static k7_client *open_with_sandboxes(const char *endpoint)
{
    k7_client *client = open_client(endpoint, NULL);

    for (int i = 0; i < SANDBOXES; i++) {
        k7_spec *spec = NULL;
        char name[16];

        snprintf(name, sizeof name, "n%02d", i);
        ck_assert_int_eq(k7_spec_new(name, "alpine", &spec, NULL), 0);
        ck_assert_int_eq(k7_sandbox_create(client, spec, NULL, NULL, NULL), 0);
        k7_spec_free(spec);
    }
    return client;
}

static size_t count(k7_client *client)
{
    k7_sandboxes *list = NULL;

    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), 0);
    size_t found = k7_sandboxes_count(list);
    k7_sandboxes_unref(list);
    return found;
}

static void expect_counts(const k7_results *results, size_t done, size_t failed, size_t not_started,
                          size_t unknown)
{
    ck_assert_uint_eq(k7_results_count(results), SANDBOXES);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_DONE), done);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_FAILED), failed);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_NOT_STARTED), not_started);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_UNKNOWN), unknown);
}

START_TEST(each_item_has_its_own_result)
{
    k7_client *client = open_with_sandboxes("memory:?fail=delete:403*3,delete:lost*2");
    k7_results *results = NULL;

    ck_assert_int_eq(k7_sandbox_delete_all(client, NULL, NULL, &results, NULL), 0);
    expect_counts(results, SANDBOXES - 5, 3, 0, 2);
    for (size_t i = 0; i < SANDBOXES; i++) {
        const k7_error *error = k7_results_error_at(results, i);

        ck_assert_int_eq(error == NULL, k7_results_outcome_at(results, i) == K7_ITEM_DONE);
        if (error)
            ck_assert_str_eq(k7_error_get_operation(error), "delete");
    }
    ck_assert_uint_eq(count(client), 3);
    k7_results_unref(results);
    k7_client_unref(client);
}
END_TEST

START_TEST(list_that_fails_deletes_nothing)
{
    k7_client *client = open_with_sandboxes("memory:?fail=list:503*1");
    k7_results *results = (k7_results *)client;
    k7_error *error = NULL;

    ck_assert_int_eq(k7_sandbox_delete_all(client, NULL, NULL, &results, &error), K7_ERR_UNAVAILABLE);
    ck_assert_ptr_null(results);
    ck_assert_str_eq(k7_error_get_operation(error), "delete_all");
    k7_error_unref(error);
    ck_assert_uint_eq(count(client), SANDBOXES);
    k7_client_unref(client);
}
END_TEST

/* Of the list only: nothing was begun that could be in doubt. */
START_TEST(lost_list_deletes_nothing_for_certain)
{
    k7_client *client = open_with_sandboxes("memory:?fail=list:lost*1");
    k7_results *results = NULL;
    k7_error *error = NULL;

    ck_assert_int_eq(k7_sandbox_delete_all(client, NULL, NULL, &results, &error), K7_ERR_CONNECTION_LOST);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_NOT_SENT);
    ck_assert_int_eq(k7_error_is_retryable(error), 1);
    k7_error_unref(error);
    ck_assert_uint_eq(count(client), SANDBOXES);
    k7_client_unref(client);
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

/* Once the set is known the call succeeds, at whatever moment the deadline passes. */
START_TEST(deadline_at_any_moment_after_the_list_leaves_the_results)
{
    k7_client *client = open_with_sandboxes("memory:?fail=delete:403");
    struct k7i_args args = { .transport = client->transport, .namespace_ = "default" };
    struct k7i_run run = { .timeout_ms = 500, .attempts = 1 };
    int succeeded = 0;

    for (int i = 0; i < 400; i++) {
        struct looks looks = { { look }, i };
        struct k7i_loop *loop = NULL;
        struct k7i_op *op = NULL;

        ck_assert_int_eq(k7i_loop_new(&looks.clock, &loop, NULL), 0);
        ck_assert_int_eq(k7i_op_new(client->transport->plans[K7I_DELETE_ALL], client->instance, &op, NULL),
                         0);
        ck_assert_int_eq(op->plan->prepare(op, &args, NULL), 0);
        ck_assert_int_eq(k7i_op_run_blocking(op, loop, &run, NULL), 0);
        succeeded += !op->error;
        ck_assert_msg(!op->error || strcmp(k7_error_get_step(op->error), "list") == 0, "at look %d: %s", i,
                      k7_error_get_message(op->error));
        k7i_op_free(op);
        k7i_loop_free(loop);
    }
    ck_assert_int_gt(succeeded, 0);
    k7_client_unref(client);
}
END_TEST

START_TEST(deadline_leaves_the_results)
{
    k7_client *client = open_with_sandboxes("memory:?fail=delete:hang*8"); /* as many as run at once */
    k7_results *results = NULL;
    k7_call *call = NULL;

    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_timeout_ms(call, 2000, NULL), 0);
    ck_assert_int_eq(k7_sandbox_delete_all(client, NULL, call, &results, NULL), 0);
    expect_counts(results, 0, 0, SANDBOXES - 8, 8);
    for (size_t i = 0; i < SANDBOXES; i++)
        if (k7_results_outcome_at(results, i) == K7_ITEM_UNKNOWN)
            ck_assert_int_eq(k7_error_get_code(k7_results_error_at(results, i)), K7_ERR_TIMEOUT);
    ck_assert_uint_eq(count(client), SANDBOXES);
    k7_results_unref(results);
    k7_call_free(call);
    k7_client_unref(client);
}
END_TEST

static void cancel_at_the_third(void *user, const k7_progress *progress)
{
    if (k7_progress_get_done(progress) == 3)
        k7_cancel_trigger(user);
}

START_TEST(cancel_leaves_the_results)
{
    k7_client *client = open_with_sandboxes("memory:?latency_ms=1");
    k7_cancel *cancel = NULL;
    k7_results *results = NULL;
    k7_call *call = NULL;

    ck_assert_int_eq(k7_cancel_new(&cancel, NULL), 0);
    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_cancel(call, cancel, NULL), 0);
    ck_assert_int_eq(k7_call_set_progress(call, cancel_at_the_third, cancel, NULL, NULL), 0);
    ck_assert_int_eq(k7_sandbox_delete_all(client, NULL, call, &results, NULL), 0);
    size_t done = k7_results_count_of(results, K7_ITEM_DONE);
    ck_assert_uint_ge(done, 3);
    ck_assert_uint_lt(done, SANDBOXES);
    expect_counts(results, done, 0, SANDBOXES - done, 0);
    ck_assert_uint_eq(count(client), SANDBOXES - done);
    k7_results_unref(results);
    k7_call_free(call);
    k7_cancel_unref(cancel);
    k7_client_unref(client);
}
END_TEST

static k7_cancel *cancel_of_the_list;

static void list_and_cancel(void *user, const k7_request *request, k7_reply *reply)
{
    static const char list[] = "[{\"name\":\"one\"},{\"name\":\"two\"}]";

    (void)user, (void)request;
    k7_cancel_trigger(cancel_of_the_list);
    k7_reply_list_json(reply, list, strlen(list));
}

static void never_delete(void *user, const k7_request *request, k7_reply *reply)
{
    (void)request;
    ++*(int *)user;
    k7_reply_done(reply);
}

/* The set is known, and nothing was begun: the results say just that. */
START_TEST(cancel_right_after_the_list_starts_nothing)
{
    k7_transport *transport = NULL;
    k7_client *client = NULL;
    k7_results *results = NULL;
    k7_call *call = NULL;
    int deletes = 0;

    ck_assert_int_eq(k7_transport_new("mine", &deletes, NULL, &transport, NULL), 0);
    ck_assert_int_eq(k7_transport_on(transport, "list", list_and_cancel, NULL), 0);
    ck_assert_int_eq(k7_transport_on(transport, "delete", never_delete, NULL), 0);
    client = open_client("mine:", transport);
    ck_assert_int_eq(k7_cancel_new(&cancel_of_the_list, NULL), 0);
    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_cancel(call, cancel_of_the_list, NULL), 0);
    ck_assert_int_eq(k7_sandbox_delete_all(client, NULL, call, &results, NULL), 0);
    ck_assert_uint_eq(k7_results_count(results), 2);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_NOT_STARTED), 2);
    ck_assert_str_eq(k7_results_name_at(results, 1), "two");
    ck_assert_int_eq(deletes, 0);
    k7_results_unref(results);
    k7_call_free(call);
    k7_cancel_unref(cancel_of_the_list);
    k7_client_unref(client);
    k7_transport_unref(transport);
}
END_TEST

START_TEST(results_may_be_left_out)
{
    k7_client *client = open_with_sandboxes("memory:?stop_ms=1");

    ck_assert_int_eq(k7_sandbox_delete_all(client, NULL, NULL, NULL, NULL), 0);
    ck_assert_uint_eq(count(client), 0);
    k7_client_unref(client);
}
END_TEST

int main(void)
{
    TCase *group = tcase_create("delete all");
    Suite *suite = suite_create("delete all");

    tcase_set_timeout(group, 60);
    tcase_add_test(group, each_item_has_its_own_result);
    tcase_add_test(group, list_that_fails_deletes_nothing);
    tcase_add_test(group, lost_list_deletes_nothing_for_certain);
    tcase_add_test(group, deadline_at_any_moment_after_the_list_leaves_the_results);
    tcase_add_test(group, deadline_leaves_the_results);
    tcase_add_test(group, cancel_leaves_the_results);
    tcase_add_test(group, cancel_right_after_the_list_starts_nothing);
    tcase_add_test(group, results_may_be_left_out);
    suite_add_tcase(suite, group);
    return run(suite);
}
