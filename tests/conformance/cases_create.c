/* cases_create.c: what create makes, and what it refuses. */
#include "cases.h"

#include <pthread.h>
#include <string.h>

START_TEST(created_sandbox_is_described_and_found)
{
    k7_spec *spec = new_spec("default", "demo");
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;

    expect_done(k7_sandbox_create(client, spec, NULL, &sandbox, &error), error);
    ck_assert_str_eq(k7_sandbox_get_name(sandbox), "demo");
    ck_assert_str_eq(k7_sandbox_get_namespace(sandbox), in("default"));
    ck_assert_str_eq(k7_sandbox_get_image(sandbox), target_image());
    k7_sandbox_unref(sandbox);
    expect_done(k7_sandbox_get(client, NULL, "demo", NULL, &sandbox, &error), error);
    ck_assert_str_eq(k7_sandbox_get_name(sandbox), "demo");
    ck_assert_str_eq(k7_sandbox_get_namespace(sandbox), in("default"));
    ck_assert_str_eq(k7_sandbox_get_image(sandbox), target_image());
    ck_assert_str_eq(k7_sandbox_get_status(sandbox), "Running");
    ck_assert_int_eq(k7_sandbox_is_ready(sandbox), 1);
    k7_sandbox_unref(sandbox);
    k7_spec_free(spec);
}
END_TEST

START_TEST(result_of_create_may_be_left_out)
{
    create("default", "demo");
    ck_assert(exists("default", "demo"));
}
END_TEST

START_TEST(existing_name_is_refused_and_unharmed)
{
    k7_spec *spec = new_spec("default", "demo");
    k7_sandbox *before = NULL, *after = NULL, *second = (k7_sandbox *)spec;
    k7_error *error = NULL;

    create("default", "demo");
    expect_done(k7_sandbox_get(client, NULL, "demo", NULL, &before, &error), error);
    ck_assert_int_eq(k7_sandbox_create(client, spec, NULL, &second, &error), K7_ERR_ALREADY_EXISTS);
    ck_assert_ptr_null(second);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_REJECTED);
    ck_assert_int_eq(k7_error_is_retryable(error), 0);
    ck_assert_uint_eq(k7_error_leftover_count(error), 0);
    expect_error(error, K7_ERR_ALREADY_EXISTS, "create");
    error = NULL;
    expect_done(k7_sandbox_get(client, NULL, "demo", NULL, &after, &error), error);
    if (target->abilities & TELLS_UID)
        ck_assert_str_eq(k7_sandbox_get_uid(before), k7_sandbox_get_uid(after));
    ck_assert_uint_eq(count_in("default"), 1);
    k7_sandbox_unref(before);
    k7_sandbox_unref(after);
    k7_spec_free(spec);
}
END_TEST

START_TEST(name_is_free_again_after_delete)
{
    create("default", "demo");
    delete_quietly("default", "demo");
    create("default", "demo");
    ck_assert(exists("default", "demo"));
}
END_TEST

static void *create_same(void *ret_code)
{
    k7_spec *spec = NULL;

    if ((*(int *)ret_code = k7_spec_new("race", target_image(), &spec, NULL)) == 0 &&
        (*(int *)ret_code = k7_spec_set_egress_blocked(spec, NULL)) == 0)
        *(int *)ret_code = k7_sandbox_create(client, spec, NULL, NULL, NULL);
    k7_spec_free(spec);
    return NULL;
}

START_TEST(of_creates_at_once_with_one_name_one_wins)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    int codes[THREADS], won = 0;

    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, create_same, &codes[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        won += codes[i] == 0;
        ck_assert_msg(codes[i] == 0 || codes[i] == K7_ERR_ALREADY_EXISTS, "%s", k7_error_code_name(codes[i]));
    }
    ck_assert_int_eq(won, 1);
    ck_assert(exists("default", "race"));
}
END_TEST

START_TEST(failing_script_fails_the_create_and_leaves_nothing)
{
    k7_spec *spec = new_spec("default", "demo");
    k7_error *error = NULL;

    expect_done(k7_spec_set_before_script(spec, "echo before the end\nexit 3", &error), error);
    ck_assert_int_eq(k7_sandbox_create(client, spec, NULL, NULL, &error), K7_ERR_SCRIPT_FAILED);
    ck_assert_ptr_nonnull(strchr(k7_error_get_message(error), '3'));
    if (target->abilities & RUNS_SCRIPTS)
        ck_assert_msg(strstr(k7_error_get_message(error), "before the end") != NULL, "%s",
                      k7_error_get_message(error));
    ck_assert_uint_eq(k7_error_leftover_count(error), 0);
    ck_assert_int_ne(k7_error_get_outcome(error), K7_OUTCOME_UNKNOWN);
    expect_error(error, K7_ERR_SCRIPT_FAILED, "create");
    ck_assert(!exists("default", "demo"));
    k7_spec_free(spec);
}
END_TEST

START_TEST(unknown_image_fails_the_create_and_leaves_nothing)
{
    k7_spec *spec = new_spec("default", "demo");
    k7_error *error = NULL;

    if (target->abilities & PULLS_IMAGES) {
        expect_done(k7_spec_set_image(spec, "localhost:1/no/such:1", &error), error);
        ck_assert_int_eq(k7_sandbox_create(client, spec, NULL, NULL, &error), K7_ERR_IMAGE_PULL);
        expect_error(error, K7_ERR_IMAGE_PULL, "create");
        ck_assert(!exists("default", "demo"));
    }
    k7_spec_free(spec);
}
END_TEST

static void count_request(void *user, const k7_trace *trace)
{
    (void)trace;
    ++*(int *)user;
}

START_TEST(invalid_spec_is_refused_before_anything_is_sent)
{
    k7_spec *spec = new_spec("default", "demo");
    k7_call *call = NULL;
    k7_error *error = NULL;
    int requests = 0;

    expect_done(k7_call_new(&call, &error), error);
    expect_done(k7_call_set_trace(call, count_request, &requests, NULL, &error), error);
    expect_done(k7_spec_set_limit(spec, "memory", "lots", &error), error);
    ck_assert_int_eq(k7_sandbox_create(client, spec, call, NULL, &error), K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(k7_error_get_message(error), "lots"));
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_NOT_SENT);
    expect_error(error, K7_ERR_INVALID_ARGUMENT, "create");
    ck_assert_int_eq(requests, 0);
    ck_assert(!exists("default", "demo"));
    k7_call_free(call);
    k7_spec_free(spec);
}
END_TEST

TCase *cases_create(void)
{
    TCase *group = tcase_create("create");

    tcase_add_test(group, created_sandbox_is_described_and_found);
    tcase_add_test(group, result_of_create_may_be_left_out);
    tcase_add_test(group, existing_name_is_refused_and_unharmed);
    tcase_add_test(group, name_is_free_again_after_delete);
    tcase_add_test(group, of_creates_at_once_with_one_name_one_wins);
    tcase_add_test(group, failing_script_fails_the_create_and_leaves_nothing);
    tcase_add_test(group, unknown_image_fails_the_create_and_leaves_nothing);
    tcase_add_test(group, invalid_spec_is_refused_before_anything_is_sent);
    return group;
}
