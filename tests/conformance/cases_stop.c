/* cases_stop.c: the deadline and the cancel token, before and during calls. */
#include "cases.h"

#include <pthread.h>
#include <semaphore.h>
#include <string.h>

static k7_client *slow;
static k7_spec *spec;
static k7_call *call;
static k7_cancel *cancel;

/* A create that does not end by itself before the test does. */
static void prepare(void)
{
    k7_error *error = NULL;

    slow = client;
    if (!(target->abilities & RUNS_SCRIPTS)) {
        k7_client_unref(client);
        target->close();
        slow = client = target->open(1);
        ck_assert_ptr_nonnull(client);
    }
    spec = new_spec("default", "slow");
    if (target->abilities & RUNS_SCRIPTS)
        expect_done(k7_spec_set_before_script(spec, "sleep 60", &error), error);
    expect_done(k7_call_new(&call, &error), error);
    expect_done(k7_cancel_new(&cancel, &error), error);
    expect_done(k7_call_set_cancel(call, cancel, &error), error);
    if (!(target->abilities & TAKES_BACK)) /* the answer, which could be taken back, will not come */
        expect_done(k7_call_set_cleanup_timeout_ms(call, 500, &error), error);
}

static void expect_ended(int code)
{
    k7_error *error = NULL;
    k7_sandbox *sandbox = NULL;

    ck_assert_int_eq(k7_sandbox_create(slow, spec, call, &sandbox, &error), code);
    ck_assert_ptr_null(sandbox);
    ck_assert_ptr_nonnull(k7_error_get_step(error));
    if (target->abilities & TAKES_BACK) {
        ck_assert_uint_eq(k7_error_leftover_count(error), 0);
        ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_NOT_SENT);
    } else if (k7_error_leftover_count(error) > 0) { /* the server may yet make it, or take it back */
        ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_UNKNOWN);
        ck_assert_ptr_nonnull(strstr(k7_error_leftover_at(error, 0), "slow"));
    }
    expect_error(error, code, "create");
    if (target->abilities & TAKES_BACK)
        ck_assert(!exists("default", "slow"));
    else /* what is still under way there may make it after this, too */
        delete_quietly("default", "slow");
    k7_cancel_unref(cancel);
    k7_call_free(call);
    k7_spec_free(spec);
}

START_TEST(deadline_ends_a_create_and_takes_it_back)
{
    k7_error *error = NULL;

    prepare();
    expect_done(k7_call_set_timeout_ms(call, 500, &error), error);
    expect_ended(K7_ERR_TIMEOUT);
}
END_TEST

START_TEST(call_with_a_triggered_token_fails_at_once)
{
    k7_sandboxes *list = NULL;
    k7_results *results = NULL;
    k7_error *error = NULL;

    prepare();
    k7_cancel_trigger(cancel);
    ck_assert_int_eq(k7_sandbox_list(client, NULL, call, &list, &error), K7_ERR_CANCELLED);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_NOT_SENT);
    expect_error(error, K7_ERR_CANCELLED, "list");
    error = NULL;
    ck_assert_int_eq(k7_sandbox_delete_all(client, NULL, call, &results, &error), K7_ERR_CANCELLED);
    expect_error(error, K7_ERR_CANCELLED, "delete_all");
    error = NULL;
    ck_assert_int_eq(k7_sandbox_create(client, spec, call, NULL, &error), K7_ERR_CANCELLED);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_NOT_SENT);
    expect_error(error, K7_ERR_CANCELLED, "create");
    ck_assert(!exists("default", "slow"));
    k7_cancel_unref(cancel);
    k7_call_free(call);
    k7_spec_free(spec);
}
END_TEST

static void trigger(void *user, const k7_progress *progress)
{
    ck_assert_str_eq(k7_progress_get_operation(progress), "create");
    if (k7_cancel_count(user) == 0)
        k7_cancel_trigger(user);
}

START_TEST(cancel_from_a_callback_takes_the_create_back)
{
    k7_error *error = NULL;

    prepare();
    expect_done(k7_call_set_progress(call, trigger, cancel, NULL, &error), error);
    expect_ended(K7_ERR_CANCELLED);
}
END_TEST

static sem_t begun;

static void tell(void *user, const k7_progress *progress)
{
    (void)user, (void)progress;
    sem_post(&begun);
}

static void *trigger_once_begun(void *user)
{
    sem_wait(&begun);
    k7_cancel_trigger(user);
    return NULL;
}

START_TEST(cancel_from_another_thread_takes_the_create_back)
{
    k7_error *error = NULL;
    pthread_t thread;

    prepare();
    sem_init(&begun, 0, 0);
    expect_done(k7_call_set_progress(call, tell, NULL, NULL, &error), error);
    ck_assert_int_eq(pthread_create(&thread, NULL, trigger_once_begun, k7_cancel_ref(cancel)), 0);
    expect_ended(K7_ERR_CANCELLED);
    pthread_join(thread, NULL);
    k7_cancel_unref(cancel);
    sem_destroy(&begun);
}
END_TEST

TCase *cases_stop(void)
{
    TCase *group = tcase_create("stop");

    tcase_add_test(group, deadline_ends_a_create_and_takes_it_back);
    tcase_add_test(group, call_with_a_triggered_token_fails_at_once);
    tcase_add_test(group, cancel_from_a_callback_takes_the_create_back);
    tcase_add_test(group, cancel_from_another_thread_takes_the_create_back);
    return group;
}
