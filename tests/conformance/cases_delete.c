/* cases_delete.c: delete and delete-all. */
#include "cases.h"

#include <string.h>

START_TEST(deleted_sandbox_is_gone)
{
    create("default", "demo");
    create("default", "other");
    delete_quietly("default", "demo");
    ck_assert(!exists("default", "demo"));
    ck_assert(exists("default", "other"));
    ck_assert_uint_eq(count_in("default"), 1);
}
END_TEST

START_TEST(delete_is_idempotent)
{
    delete_quietly("default", "nobody");
    create("default", "demo");
    delete_quietly("default", "demo");
    delete_quietly("default", "demo");
}
END_TEST

static k7_delete_options *new_options(void)
{
    k7_delete_options *options = NULL;
    k7_error *error = NULL;

    expect_done(k7_delete_options_new(&options, &error), error);
    return options;
}

START_TEST(missing_is_an_error_on_demand)
{
    k7_delete_options *options = new_options();
    k7_error *error = NULL;

    expect_done(k7_delete_options_set_missing_is_error(options, 1, &error), error);
    ck_assert_int_eq(k7_sandbox_delete(client, NULL, "nobody", options, NULL, &error), K7_ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(k7_error_get_message(error), "nobody"));
    expect_error(error, K7_ERR_NOT_FOUND, "delete");
    error = NULL;
    create("default", "demo");
    expect_done(k7_sandbox_delete(client, NULL, "demo", options, NULL, &error), error);
    ck_assert(!exists("default", "demo"));
    k7_delete_options_free(options);
}
END_TEST

START_TEST(delete_need_not_wait)
{
    k7_delete_options *options = new_options();
    k7_error *error = NULL;

    create("default", "demo");
    expect_done(k7_delete_options_set_no_wait(options, 1, &error), error);
    expect_done(k7_sandbox_delete(client, NULL, "demo", options, NULL, &error), error);
    delete_quietly("default", "demo"); /* waits */
    ck_assert(!exists("default", "demo"));
    k7_delete_options_free(options);
}
END_TEST

START_TEST(another_uid_is_not_deleted)
{
    k7_delete_options *options = new_options();
    int code = target->abilities & HAS_CONDITION ? K7_ERR_CONFLICT : K7_ERR_UNSUPPORTED_ARGUMENT;
    k7_error *error = NULL;

    create("default", "demo");
    expect_done(k7_delete_options_set_uid(options, "0123456789abcdef", &error), error);
    ck_assert_int_eq(k7_sandbox_delete(client, NULL, "demo", options, NULL, &error), code);
    ck_assert_int_ne(k7_error_get_outcome(error), K7_OUTCOME_UNKNOWN);
    expect_error(error, code, "delete");
    ck_assert(exists("default", "demo"));
    k7_delete_options_free(options);
}
END_TEST

START_TEST(the_uid_is_deleted)
{
    k7_delete_options *options = new_options();
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;

    create("default", "demo");
    expect_done(k7_sandbox_get(client, NULL, "demo", NULL, &sandbox, &error), error);
    if (target->abilities & TELLS_UID) {
        ck_assert_ptr_nonnull(k7_sandbox_get_uid(sandbox));
        expect_done(k7_delete_options_set_uid(options, k7_sandbox_get_uid(sandbox), &error), error);
        expect_done(k7_sandbox_delete(client, NULL, "demo", options, NULL, &error), error);
        ck_assert(!exists("default", "demo"));
    } else {
        ck_assert_ptr_null(k7_sandbox_get_uid(sandbox));
    }
    k7_sandbox_unref(sandbox);
    k7_delete_options_free(options);
}
END_TEST

START_TEST(delete_all_reports_each_and_stays_in_its_namespace)
{
    static const char *const names[] = { "one", "two", "three" };
    k7_results *results = NULL;
    k7_error *error = NULL;

    for (size_t i = 0; i < 3; i++)
        create("alpha", names[i]);
    create("beta", "one");
    expect_done(k7_sandbox_delete_all(client, in("alpha"), NULL, &results, &error), error);
    ck_assert_uint_eq(k7_results_count(results), 3);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_DONE), 3);
    for (size_t i = 0; i < 3; i++) {
        int seen = 0;

        for (size_t j = 0; j < 3; j++)
            seen += strcmp(k7_results_name_at(results, j), names[i]) == 0;
        ck_assert_int_eq(seen, 1);
        ck_assert_int_eq(k7_results_outcome_at(results, i), K7_ITEM_DONE);
        ck_assert_ptr_null(k7_results_error_at(results, i));
    }
    ck_assert_int_eq(k7_results_outcome_at(results, 3), -1);
    k7_results_unref(results);
    ck_assert_uint_eq(count_in("alpha"), 0);
    ck_assert(exists("beta", "one"));
}
END_TEST

START_TEST(delete_all_of_nothing_has_no_results)
{
    k7_results *results = NULL;
    k7_error *error = NULL;

    create("beta", "one");
    expect_done(k7_sandbox_delete_all(client, in("alpha"), NULL, &results, &error), error);
    ck_assert_uint_eq(k7_results_count(results), 0);
    k7_results_unref(results);
    ck_assert(exists("beta", "one"));
}
END_TEST

TCase *cases_delete(void)
{
    TCase *group = tcase_create("delete");

    tcase_add_test(group, deleted_sandbox_is_gone);
    tcase_add_test(group, delete_is_idempotent);
    tcase_add_test(group, missing_is_an_error_on_demand);
    tcase_add_test(group, delete_need_not_wait);
    tcase_add_test(group, another_uid_is_not_deleted);
    tcase_add_test(group, the_uid_is_deleted);
    tcase_add_test(group, delete_all_reports_each_and_stays_in_its_namespace);
    tcase_add_test(group, delete_all_of_nothing_has_no_results);
    return group;
}
