/* test_op.c: started operations over memory: and a custom transport: what they give, what is refused, how they are cancelled and freed. */
#include "started.h"

#include <pthread.h>
#include <string.h>

/* --- one operation --------------------------------------------------------------------------------------------------------------- */

START_TEST(every_operation_has_a_twin)
{
    k7_sandbox *sandbox = NULL;
    k7_sandboxes *list = NULL;
    k7_results *results = NULL;
    k7_op *op, *ops[2];

    open_all("memory:?latency_ms=1&start_ms=1&stop_ms=1");
    ops[0] = start_create("one", NULL);
    ops[1] = start_create("two", NULL);
    ck_assert_uint_eq(k7_loop_op_count(loop), 2);
    for (int i = 0; i < 2; i++) {
        ck_assert_str_eq(k7_op_get_operation(ops[i]), "create");
        ck_assert_int_eq(k7_op_wait(ops[i], NULL), 0);
        ck_assert_int_eq(k7_op_get_state(ops[i]), K7_OP_DONE);
        ck_assert_int_eq(k7_op_take_sandbox(ops[i], &sandbox, NULL), 0);
        ck_assert_str_eq(k7_sandbox_get_name(sandbox), i == 0 ? "one" : "two");
        k7_sandbox_unref(sandbox);
        k7_op_free(ops[i]);
    }
    op = start_get("one", NULL);
    ck_assert_int_eq(k7_op_wait(op, NULL), 0);
    ck_assert_int_eq(k7_op_take_sandbox(op, &sandbox, NULL), 0);
    ck_assert_int_eq(k7_sandbox_is_ready(sandbox), 1);
    k7_sandbox_unref(sandbox);
    k7_op_free(op);
    ck_assert_int_eq(k7_sandbox_delete_start(client, NULL, "two", NULL, NULL, loop, &op, NULL), 0);
    ck_assert_int_eq(k7_op_wait(op, NULL), 0);
    ck_assert_int_eq(k7_op_take_error(op, NULL), 0);
    k7_op_free(op);
    ck_assert_int_eq(k7_sandbox_list_start(client, NULL, NULL, loop, &op, NULL), 0);
    ck_assert_int_eq(k7_op_wait(op, NULL), 0);
    ck_assert_int_eq(k7_op_take_sandboxes(op, &list, NULL), 0);
    ck_assert_uint_eq(k7_sandboxes_count(list), 1);
    k7_sandboxes_unref(list);
    k7_op_free(op);
    ck_assert_int_eq(k7_sandbox_delete_all_start(client, NULL, NULL, loop, &op, NULL), 0);
    ck_assert_int_eq(k7_op_wait(op, NULL), 0);
    ck_assert_int_eq(k7_op_take_results(op, &results, NULL), 0);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_DONE), 1);
    k7_results_unref(results);
    k7_op_free(op);
    close_all();
}
END_TEST

START_TEST(nothing_happens_until_the_loop_runs_and_then_once)
{
    struct note note = { 0 };

    open_all("memory:");
    k7_op *op = start_get("nobody", NULL);
    struct pollfd poller = { .fd = k7_loop_get_fd(loop), .events = POLLIN };
    ck_assert_int_eq(poll(&poller, 1, 0), 1); /* a program that polls the descriptor alone hears of it, too */
    ck_assert_int_eq(k7_loop_get_timeout_ms(loop), 0);
    watch(op, &note);
    ck_assert_int_eq(k7_op_get_state(op), K7_OP_RUNNING);
    ck_assert_ptr_null(k7_op_get_error(op));
    ck_assert_int_eq(note.told, 0);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    expect_told(&note, K7_OP_FAILED, K7_ERR_NOT_FOUND);
    ck_assert_int_eq(poll(&poller, 1, 0), 0);
    ck_assert_int_eq(k7_loop_get_timeout_ms(loop), -1);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    ck_assert_int_eq(note.told, 1);
    k7_op_free(op);
    ck_assert_int_eq(note.freed, 1);
    close_all();
}
END_TEST

START_TEST(taking_is_typed_and_once)
{
    k7_sandbox *sandbox = NULL;
    k7_sandboxes *list = NULL;
    k7_results *results = NULL;
    k7_error *error = NULL, *again = NULL;
    struct note note = { 0 };

    open_all("memory:");
    k7_op *op = start_create("one", NULL);
    ck_assert_int_eq(k7_op_take_sandbox(op, &sandbox, NULL), K7_ERR_INVALID_ARGUMENT); /* it runs */
    ck_assert_int_eq(k7_op_take_error(op, NULL), K7_ERR_INVALID_ARGUMENT);
    k7_op_wait(op, NULL);
    ck_assert_int_eq(k7_op_set_on_done(op, note_end, &note, note_free, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(note.told, 0);
    ck_assert_int_eq(note.freed, 1); /* also of a call that failed */
    ck_assert_int_eq(k7_op_take_sandboxes(op, &list, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_op_take_results(op, &results, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_op_take_sandbox(op, NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_op_take_sandbox(op, &sandbox, NULL), 0);
    k7_sandbox_unref(sandbox);
    ck_assert_int_eq(k7_op_take_sandbox(op, &sandbox, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(sandbox);
    k7_op_free(op);
    op = start_get("nobody", NULL);
    k7_op_wait(op, NULL);
    ck_assert_int_eq(k7_op_take_sandbox(op, &sandbox, &error), K7_ERR_NOT_FOUND);
    ck_assert_int_eq(k7_op_take_error(op, &again), K7_ERR_NOT_FOUND); /* as often as one likes */
    ck_assert_ptr_eq(error, again);
    ck_assert_str_eq(k7_error_get_operation(error), "get");
    k7_op_free(op);
    ck_assert_int_eq(k7_error_get_code(error), K7_ERR_NOT_FOUND); /* it outlives the operation */
    k7_error_unref(error);
    k7_error_unref(again);
    close_all();
}
END_TEST

START_TEST(wrong_arguments_start_nothing)
{
    k7_error *error = NULL;
    k7_spec *spec = NULL;
    k7_op *op = (k7_op *)&spec;

    open_all("memory:");
    ck_assert_int_eq(k7_sandbox_get_start(client, NULL, "Not a name", NULL, loop, &op, &error),
                     K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(op);
    ck_assert_str_eq(k7_error_get_operation(error), "get");
    k7_error_unref(error);
    ck_assert_int_eq(k7_sandbox_get_start(client, NULL, "one", NULL, NULL, &op, NULL),
                     K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_sandbox_get_start(client, NULL, "one", NULL, loop, NULL, NULL),
                     K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_sandbox_create_start(client, NULL, NULL, loop, &op, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_uint_eq(k7_loop_op_count(loop), 0);
    close_all();
}
END_TEST

/* --- calls ----------------------------------------------------------------------------------------------------------------------- */

static void count_progress(void *user, const k7_progress *progress)
{
    struct note *note = user;

    (void)progress;
    note->told++;
}

START_TEST(call_is_copied_and_its_callback_freed_with_the_last_that_has_it)
{
    struct note note = { 0 };
    k7_cancel *cancel = NULL;
    k7_call *call = NULL;

    open_all("memory:?latency_ms=1");
    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_cancel_new(&cancel, NULL), 0);
    ck_assert_int_eq(k7_call_set_cancel(call, cancel, NULL), 0);
    ck_assert_int_eq(k7_call_set_progress(call, count_progress, &note, note_free, NULL), 0);
    k7_op *ops[] = { start_create("one", call), start_create("two", call) };
    k7_call_set_cancel(call, NULL, NULL); /* what was started has the token still */
    k7_op *third = start_create("three", call);
    k7_call_free(call);
    k7_cancel_trigger(cancel);
    k7_cancel_unref(cancel);
    ck_assert_int_eq(note.freed, 0);
    run_all();
    ck_assert_int_gt(note.told, 0);
    ck_assert_int_eq(note.freed, 1);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(k7_op_take_error(ops[i], NULL), K7_ERR_CANCELLED);
        k7_op_free(ops[i]);
    }
    ck_assert_int_eq(k7_op_get_state(third), K7_OP_DONE);
    k7_op_free(third);
    close_all();
}
END_TEST

START_TEST(client_lives_until_its_operations_have_ended)
{
    open_all("memory:?latency_ms=1");
    k7_op *op = start_create("one", NULL);
    client = k7_client_unref(client);
    run_all();
    ck_assert_int_eq(k7_op_get_state(op), K7_OP_DONE);
    k7_op_free(op);
    close_all();
}
END_TEST

/* --- cancelling and freeing ------------------------------------------------------------------------------------------------------ */

START_TEST(cancel_takes_back_and_tells)
{
    struct note note = { 0 };
    k7_sandboxes *list = NULL;

    open_all("memory:?clock=manual&start_ms=1000");
    k7_op *op = start_create("one", NULL);
    watch(op, &note);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0); /* stored, and not ready */
    ck_assert_int_eq(note.told, 0);
    k7_op_cancel(op);
    ck_assert_int_eq(note.told, 0);
    run_all();
    expect_told(&note, K7_OP_FAILED, K7_ERR_CANCELLED);
    ck_assert_int_eq(k7_error_get_outcome(k7_op_get_error(op)), K7_OUTCOME_NOT_SENT);
    k7_op_cancel(op); /* nothing */
    k7_op_free(op);
    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), 0);
    ck_assert_uint_eq(k7_sandboxes_count(list), 0);
    k7_sandboxes_unref(list);
    close_all();
}
END_TEST

START_TEST(second_cancel_abandons_what_takes_back)
{
    open_all("memory:?clock=manual&start_ms=1000&fail=delete:hang");
    k7_op *op = start_create("one", NULL);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    k7_op_cancel(op);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    ck_assert_int_eq(k7_op_get_state(op), K7_OP_RUNNING); /* it takes back */
    k7_op_cancel(op);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    ck_assert_int_eq(k7_op_take_error(op, NULL), K7_ERR_CANCELLED);
    ck_assert_uint_eq(k7_error_leftover_count(k7_op_get_error(op)), 1);
    k7_op_free(op);
    close_all();
}
END_TEST

START_TEST(freed_while_it_runs_it_is_taken_back_in_silence)
{
    struct note note = { 0 };
    k7_sandboxes *list = NULL;

    open_all("memory:?clock=manual&start_ms=1000");
    k7_op *op = start_create("one", NULL);
    watch(op, &note);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    k7_op_free(op);
    ck_assert_int_eq(note.freed, 1);
    ck_assert_uint_eq(k7_loop_op_count(loop), 1);
    run_all();
    ck_assert_int_eq(note.told, 0);
    ck_assert_int_eq(note.freed, 1);
    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), 0);
    ck_assert_uint_eq(k7_sandboxes_count(list), 0);
    k7_sandboxes_unref(list);
    close_all();
}
END_TEST

/* After a cancel, freeing is no second one: what is being taken back is not abandoned. */
START_TEST(freed_after_a_cancel_it_is_still_taken_back)
{
    k7_sandboxes *list = NULL;

    open_all("memory:?latency_ms=1&start_ms=100000");
    k7_op *op = start_create("one", NULL);
    while (k7_sandboxes_count(list) == 0) { /* until it is stored */
        list = k7_sandboxes_unref(list);
        ck_assert_int_eq(k7_loop_wait(loop, 1, NULL), 0);
        ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), 0);
    }
    k7_sandboxes_unref(list);
    k7_op_cancel(op);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    k7_op_free(op);
    run_all();
    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), 0);
    ck_assert_uint_eq(k7_sandboxes_count(list), 0);
    k7_sandboxes_unref(list);
    close_all();
}
END_TEST

START_TEST(loop_freed_with_operations_tells_each_and_names_what_is_left)
{
    struct note notes[4] = { 0 };
    k7_results *results = NULL;
    k7_op *ops[4];

    open_all("memory:?clock=manual&start_ms=1000&stop_ms=1000&fail=get:hang");
    ops[0] = start_create("one", NULL);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    ops[1] = start_get("one", NULL);
    ck_assert_int_eq(k7_sandbox_delete_all_start(client, NULL, NULL, loop, &ops[2], NULL), 0);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    ops[3] = start_create("two", NULL); /* not begun */
    for (int i = 0; i < 4; i++)
        watch(ops[i], &notes[i]);
    k7_op_free(start_get("one", NULL)); /* nobody hears of that one */
    k7_loop_free(loop);
    loop = NULL;
    expect_told(&notes[0], K7_OP_FAILED, K7_ERR_CANCELLED);
    expect_told(&notes[1], K7_OP_FAILED, K7_ERR_CANCELLED);
    expect_told(&notes[2], K7_OP_DONE, 0);
    expect_told(&notes[3], K7_OP_FAILED, K7_ERR_CANCELLED);
    ck_assert_uint_eq(k7_error_leftover_count(k7_op_get_error(ops[0])), 1);
    ck_assert_int_eq(k7_error_get_outcome(k7_op_get_error(ops[0])), K7_OUTCOME_UNKNOWN);
    ck_assert_uint_eq(k7_error_leftover_count(k7_op_get_error(ops[3])), 0);
    ck_assert_int_eq(k7_error_get_outcome(k7_op_get_error(ops[3])), K7_OUTCOME_NOT_SENT);
    ck_assert_int_eq(k7_op_take_results(ops[2], &results, NULL), 0);
    ck_assert_uint_eq(k7_results_count(results), 1);
    ck_assert_int_ne(k7_results_outcome_at(results, 0), K7_ITEM_DONE);
    k7_results_unref(results);
    for (int i = 0; i < 4; i++) {
        k7_op_cancel(ops[i]);
        ck_assert_int_eq(k7_op_wait(ops[i], NULL), 0);
        k7_op_free(ops[i]);
    }
    close_all();
}
END_TEST

/* --- a custom transport ---------------------------------------------------------------------------------------------------------- */

static k7_reply *kept;

static void keep(void *user, const k7_request *request, k7_reply *reply)
{
    (void)user, (void)request;
    kept = reply;
}

static void *answer(void *user)
{
    static const char text[] = "{\"name\": \"one\", \"namespace\": \"default\"}";

    (void)user;
    k7_reply_sandbox_json(kept, text, strlen(text));
    return NULL;
}

static void open_custom(void)
{
    k7_transport *transport = NULL;

    ck_assert_int_eq(k7_loop_new(&loop, NULL), 0);
    ck_assert_int_eq(k7_transport_new("mine", NULL, NULL, &transport, NULL), 0);
    ck_assert_int_eq(k7_transport_on(transport, "get", keep, NULL), 0);
    client = open_client("mine:", transport);
    k7_transport_unref(transport);
    kept = NULL;
}

START_TEST(custom_transport_answers_from_another_thread)
{
    k7_sandbox *sandbox = NULL;
    pthread_t thread;

    open_custom();
    k7_op *op = start_get("one", NULL);
    ck_assert_ptr_null(kept); /* it is asked by the loop */
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    ck_assert_ptr_nonnull(kept);
    ck_assert_int_eq(pthread_create(&thread, NULL, answer, NULL), 0);
    ck_assert_int_eq(k7_op_wait(op, NULL), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(k7_op_take_sandbox(op, &sandbox, NULL), 0);
    k7_sandbox_unref(sandbox);
    k7_op_free(op);
    close_all();
}
END_TEST

START_TEST(answer_after_loop_and_client_are_gone_is_dropped)
{
    open_custom();
    k7_op *op = start_get("one", NULL);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    k7_op_free(op);
    close_all();
    answer(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("op");
    TCase *group = tcase_create("op");

    tcase_add_test(group, every_operation_has_a_twin);
    tcase_add_test(group, nothing_happens_until_the_loop_runs_and_then_once);
    tcase_add_test(group, taking_is_typed_and_once);
    tcase_add_test(group, wrong_arguments_start_nothing);
    tcase_add_test(group, call_is_copied_and_its_callback_freed_with_the_last_that_has_it);
    tcase_add_test(group, client_lives_until_its_operations_have_ended);
    tcase_add_test(group, cancel_takes_back_and_tells);
    tcase_add_test(group, second_cancel_abandons_what_takes_back);
    tcase_add_test(group, freed_while_it_runs_it_is_taken_back_in_silence);
    tcase_add_test(group, freed_after_a_cancel_it_is_still_taken_back);
    tcase_add_test(group, loop_freed_with_operations_tells_each_and_names_what_is_left);
    tcase_add_test(group, custom_transport_answers_from_another_thread);
    tcase_add_test(group, answer_after_loop_and_client_are_gone_is_dropped);
    suite_add_tcase(suite, group);
    return run(suite);
}
