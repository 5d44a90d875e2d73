/* test_many.c: calls over a batch: the caps, partial failure, progress. */
#include "batch.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* --- all goes well --------------------------------------------------------------------------------------------------------------- */

static int64_t told, total;

static void note_progress(void *user, const k7_progress *progress)
{
    (void)user;
    if (k7_progress_get_done(progress) < 0)
        return; /* the step begins */
    ck_assert_int_eq(k7_progress_get_done(progress), ++told);
    total = k7_progress_get_total(progress);
    ck_assert_ptr_nonnull(strstr(k7_progress_get_text(progress), "sandbox-"));
}

START_TEST(each_is_created_got_and_deleted)
{
    enum { COUNT = 100 };
    k7_results *results = NULL;
    k7_call *call = NULL;

    open_all("memory:?latency_ms=1&start_ms=1&stop_ms=1");
    add_specs(COUNT);
    ck_assert_uint_eq(k7_batch_count(batch), COUNT);
    told = 0;
    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_progress(call, note_progress, NULL, NULL, NULL), 0);
    ck_assert_int_eq(k7_sandbox_create_many(client, batch, call, &results, NULL), 0);
    k7_call_free(call);
    ck_assert_int_eq(told, COUNT);
    ck_assert_int_eq(total, COUNT);
    expect_results(results, COUNT, 0, 0, 0);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_str_eq(k7_sandbox_get_name(k7_results_sandbox_at(results, i)),
                         k7_results_name_at(results, i));
    k7_results_unref(results);
    ck_assert_uint_eq(count_there(), COUNT);
    ck_assert_int_eq(k7_sandbox_get_many(client, batch, NULL, &results, NULL), 0);
    expect_results(results, COUNT, 0, 0, 0);
    ck_assert_int_eq(k7_sandbox_is_ready(k7_results_sandbox_at(results, COUNT - 1)), 1);
    k7_results_unref(results);
    ck_assert_int_eq(k7_sandbox_delete_many(client, batch, NULL, NULL, &results, NULL), 0);
    expect_results(results, COUNT, 0, 0, 0);
    ck_assert_ptr_null(k7_results_sandbox_at(results, 0));
    k7_results_unref(results);
    ck_assert_uint_eq(count_there(), 0);
    close_batch();
}
END_TEST

START_TEST(batch_is_copied_when_started)
{
    struct note note = { 0 };

    open_all("memory:?latency_ms=1");
    add_specs(20);
    k7_op *op = start_create_many(NULL);
    ck_assert_str_eq(k7_op_get_operation(op), "create_many");
    watch(op, &note);
    k7_batch_free(batch);
    batch = NULL;
    client = k7_client_unref(client);
    run_all();
    expect_told(&note, K7_OP_DONE, 0);
    k7_results *results = take_results(op);
    expect_results(results, 20, 0, 0, 0);
    k7_results_unref(results);
    close_batch();
}
END_TEST

START_TEST(names_may_be_of_any_namespace_and_missing_ones_fail_alone)
{
    k7_delete_options *options = NULL;
    k7_results *results = NULL;

    open_all("memory:");
    ck_assert_int_eq(k7_batch_new(&batch, NULL), 0);
    ck_assert_int_eq(k7_batch_add_name(batch, "elsewhere", "sandbox-0", NULL), 0);
    ck_assert_int_eq(k7_batch_add_name(batch, NULL, "sandbox-1", NULL), 0);
    k7_spec *spec = NULL;
    ck_assert_int_eq(k7_spec_new("sandbox-1", "alpine", &spec, NULL), 0);
    ck_assert_int_eq(k7_sandbox_create(client, spec, NULL, NULL, NULL), 0);
    k7_spec_free(spec);
    ck_assert_int_eq(k7_sandbox_get_many(client, batch, NULL, &results, NULL), 0);
    expect_results(results, 1, 1, 0, 0);
    ck_assert_int_eq(k7_error_get_code(k7_results_error_at(results, 0)), K7_ERR_NOT_FOUND);
    ck_assert_str_eq(k7_error_get_operation(k7_results_error_at(results, 0)), "get");
    k7_results_unref(results);
    ck_assert_int_eq(k7_delete_options_new(&options, NULL), 0);
    ck_assert_int_eq(k7_delete_options_set_missing_is_error(options, 1, NULL), 0);
    ck_assert_int_eq(k7_sandbox_delete_many(client, batch, options, NULL, &results, NULL), 0);
    expect_results(results, 1, 1, 0, 0);
    k7_results_unref(results);
    k7_delete_options_free(options);
    close_batch();
}
END_TEST

START_TEST(empty_batch_has_no_results)
{
    k7_results *results = NULL;

    open_all("memory:");
    add_specs(0);
    ck_assert_int_eq(k7_sandbox_create_many(client, batch, NULL, &results, NULL), 0);
    ck_assert_uint_eq(k7_results_count(results), 0);
    ck_assert_ptr_nonnull(results);
    k7_results_unref(results);
    close_batch();
}
END_TEST

/* --- not all ---------------------------------------------------------------------------------------------------------------------- */

START_TEST(failures_of_some_do_not_stop_the_others)
{
    k7_results *results = NULL;

    open_all("memory:?fail=create:403*3");
    add_specs(20);
    ck_assert_int_eq(k7_sandbox_create_many(client, batch, NULL, &results, NULL), 0);
    expect_results(results, 17, 3, 0, 0);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(k7_error_get_code(k7_results_error_at(results, i)), K7_ERR_FORBIDDEN);
    k7_results_unref(results);
    ck_assert_uint_eq(count_there(), 17);
    close_batch();
}
END_TEST

START_TEST(wrong_input_begins_nothing)
{
    k7_delete_options *options = NULL;
    k7_results *results = NULL;
    k7_spec *spec = NULL;
    k7_error *error = NULL;

    open_all("memory:");
    add_specs(2);
    ck_assert_int_eq(k7_batch_set_at_once(batch, 0, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_batch_set_at_once(batch, 257, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_batch_set_starts_per_second(batch, -1, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_batch_set_starts_per_second(batch, 1001, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_batch_add_name(batch, NULL, "Not a name", NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_batch_add_name(batch, "Not a name", "one", NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_spec_new("one", "alpine", &spec, NULL), 0);
    ck_assert_int_eq(k7_spec_set_limit(spec, "cpu", "500m", NULL), 0);
    ck_assert_int_eq(k7_spec_set_namespace(spec, "Not a name", NULL), 0);
    ck_assert_int_eq(k7_batch_add_spec(batch, spec, NULL), K7_ERR_INVALID_ARGUMENT);
    k7_spec_free(spec);
    ck_assert_uint_eq(k7_batch_count(batch), 2);
    ck_assert_int_eq(k7_batch_add_name(batch, NULL, "nameless", NULL), 0);
    ck_assert_int_eq(k7_sandbox_create_many(client, batch, NULL, &results, &error), K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(k7_error_get_message(error), "item 2, \"nameless\""));
    ck_assert_str_eq(k7_error_get_operation(error), "create_many");
    k7_error_unref(error);
    ck_assert_ptr_null(results);
    ck_assert_uint_eq(count_there(), 0);
    ck_assert_int_eq(k7_delete_options_new(&options, NULL), 0);
    ck_assert_int_eq(k7_delete_options_set_uid(options, "1234", NULL), 0);
    ck_assert_int_eq(k7_sandbox_delete_many(client, batch, options, NULL, &results, NULL),
                     K7_ERR_INVALID_ARGUMENT);
    k7_delete_options_free(options);
    close_batch();
}
END_TEST

/* --- the caps -------------------------------------------------------------------------------------------------------------------- */

enum { ROOM = 64 };

static k7_reply *asked[ROOM];
static int64_t remaining_ms[ROOM];
static int asked_count;

static void keep(void *user, const k7_request *request, k7_reply *reply)
{
    (void)user;
    remaining_ms[asked_count] = k7_request_get_remaining_ms(request);
    asked[asked_count++] = reply;
}

static void open_custom(void)
{
    k7_transport *transport = NULL;

    ck_assert_int_eq(k7_loop_new(&loop, NULL), 0);
    ck_assert_int_eq(k7_transport_new("mine", NULL, NULL, &transport, NULL), 0);
    ck_assert_int_eq(k7_transport_on(transport, "delete", keep, NULL), 0);
    client = open_client("mine:", transport);
    k7_transport_unref(transport);
    asked_count = 0;
}

START_TEST(no_more_at_once_than_allowed)
{
    enum { COUNT = 40 };
    static const int caps[] = { 1, 8, 13, 64 };
    int cap = caps[_i], expected = cap < COUNT ? cap : COUNT;
    k7_op *op = NULL;

    open_custom();
    add_specs(COUNT);
    ck_assert_int_eq(k7_batch_set_at_once(batch, cap, NULL), 0);
    ck_assert_int_eq(k7_sandbox_delete_many_start(client, batch, NULL, NULL, loop, &op, NULL), 0);
    for (int answered = 0; answered < COUNT; answered++) {
        ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
        ck_assert_int_eq(asked_count, answered + expected < COUNT ? answered + expected : COUNT);
        k7_reply_done(asked[answered]);
    }
    run_all();
    k7_results *results = take_results(op);
    expect_results(results, COUNT, 0, 0, 0);
    k7_results_unref(results);
    /* Each item has its operation's own deadline, though the call has none. */
    ck_assert_int_gt(remaining_ms[COUNT - 1], 60000);
    ck_assert_int_le(remaining_ms[COUNT - 1], 120000);
    close_batch();
}
END_TEST

START_TEST(item_has_no_more_time_than_is_left_for_all)
{
    k7_call *call = NULL;
    k7_op *op = NULL;

    open_custom();
    add_specs(1);
    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_timeout_ms(call, 60000, NULL), 0);
    ck_assert_int_eq(k7_sandbox_delete_many_start(client, batch, NULL, call, loop, &op, NULL), 0);
    k7_call_free(call);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    ck_assert_int_eq(asked_count, 1);
    ck_assert_int_gt(remaining_ms[0], 0);
    ck_assert_int_le(remaining_ms[0], 60000); /* a delete alone has 120000 */
    k7_reply_done(asked[0]);
    run_all();
    ck_assert_int_eq(k7_op_take_error(op, NULL), 0);
    k7_op_free(op);
    close_batch();
}
END_TEST

START_TEST(what_the_transport_lacks_is_unsupported)
{
    k7_results *results = NULL;
    k7_error *error = NULL;

    open_custom();
    add_specs(1);
    ck_assert_int_eq(k7_sandbox_create_many(client, batch, NULL, &results, &error),
                     K7_ERR_UNSUPPORTED_OPERATION);
    k7_error_unref(error);
    close_batch();
}
END_TEST

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

START_TEST(no_more_starts_in_a_second_than_allowed)
{
    k7_results *results = NULL;

    open_all("memory:");
    add_specs(6);
    ck_assert_int_eq(k7_batch_set_starts_per_second(batch, 50, NULL), 0);
    int64_t began_ms = now_ms();
    ck_assert_int_eq(k7_sandbox_create_many(client, batch, NULL, &results, NULL), 0);
    ck_assert_int_ge(now_ms() - began_ms, 100 - 1); /* five times 20 ms; the clock's fraction */
    expect_results(results, 6, 0, 0, 0);
    k7_results_unref(results);
    close_batch();
}
END_TEST

/* --- a dry run ------------------------------------------------------------------------------------------------------------------- */

static void count_shown(void *user, const k7_dry_request *request)
{
    ck_assert_str_eq(k7_dry_request_get_operation(request), "create");
    ++*(int *)user;
}

START_TEST(dry_run_shows_the_requests_of_each)
{
    k7_results *results = NULL;
    k7_call *call = NULL;
    int shown = 0;

    if (!k7_has_feature("rest"))
        return;
    open_all("http://127.0.0.1:1");
    add_specs(3);
    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_dry_run(call, count_shown, &shown, NULL, NULL), 0);
    ck_assert_int_eq(k7_sandbox_create_many(client, batch, call, &results, NULL), 0);
    ck_assert_int_ge(shown, 3);
    ck_assert_ptr_null(results);
    k7_call_free(call);
    close_batch();
}
END_TEST

START_TEST(dry_run_of_what_sends_no_requests_is_refused)
{
    k7_results *results = (k7_results *)&client;
    k7_call *call = NULL;
    int shown = 0;

    open_all("memory:");
    add_specs(2);
    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_dry_run(call, count_shown, &shown, NULL, NULL), 0);
    ck_assert_int_eq(k7_sandbox_create_many(client, batch, call, &results, NULL),
                     K7_ERR_UNSUPPORTED_ARGUMENT);
    ck_assert_ptr_null(results);
    ck_assert_int_eq(shown, 0);
    ck_assert_uint_eq(count_there(), 0);
    k7_call_free(call);
    close_batch();
}
END_TEST

START_TEST(limits_of_a_batch)
{
    ck_assert_int_eq(k7_batch_new(NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_batch_new(&batch, NULL), 0);
    ck_assert_int_eq(k7_batch_set_at_once(batch, 1, NULL), 0);
    ck_assert_int_eq(k7_batch_set_at_once(batch, 256, NULL), 0);
    ck_assert_int_eq(k7_batch_set_starts_per_second(batch, 1000, NULL), 0);
    ck_assert_int_eq(k7_batch_set_starts_per_second(batch, 0, NULL), 0);
    ck_assert_int_eq(k7_batch_set_at_once(NULL, 1, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_batch_add_spec(batch, NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_batch_add_name(batch, NULL, NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_uint_eq(k7_batch_count(batch), 0);
    ck_assert_uint_eq(k7_batch_count(NULL), 0);
    k7_batch_free(NULL);
    k7_batch_free(batch);
    batch = NULL;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("many");
    TCase *group = tcase_create("many");

    tcase_add_test(group, each_is_created_got_and_deleted);
    tcase_add_test(group, batch_is_copied_when_started);
    tcase_add_test(group, names_may_be_of_any_namespace_and_missing_ones_fail_alone);
    tcase_add_test(group, empty_batch_has_no_results);
    tcase_add_test(group, failures_of_some_do_not_stop_the_others);
    tcase_add_test(group, wrong_input_begins_nothing);
    tcase_add_loop_test(group, no_more_at_once_than_allowed, 0, 4);
    tcase_add_test(group, what_the_transport_lacks_is_unsupported);
    tcase_add_test(group, no_more_starts_in_a_second_than_allowed);
    tcase_add_test(group, dry_run_shows_the_requests_of_each);
    tcase_add_test(group, dry_run_of_what_sends_no_requests_is_refused);
    tcase_add_test(group, limits_of_a_batch);
    tcase_add_test(group, item_has_no_more_time_than_is_left_for_all);
    suite_add_tcase(suite, group);
    return run(suite);
}
